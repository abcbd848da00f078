/* registers.h -- a device's register map as data: groups read in one request, values in them, bits in values, commands
 * made of writes that end in a trigger, registers verified at start.  Read from YAML (docs/reference/rig-files.md): a
 * new device needs a file, not C.  No bus in here. */
#ifndef RIG_DEVICE_REGISTERS_H
#define RIG_DEVICE_REGISTERS_H
#include "base/text/config.h"
#include "rig/bus/bus.h"
#include "rig/bus/convert.h"

enum { MAP_NAME = 24, MAP_GROUPS = 6, MAP_VALUES = 32, MAP_BITS = 48, MAP_COMMANDS = 12, MAP_WRITES = 8, MAP_VERIFY = 8,
       MAP_CANARIES = 2 };

enum { MAP_REGISTERS = 256 }; /* of all groups of a device together */

/* How one number lies in registers.  value = raw * scale + offset; the scale is the SI value of one `unit` divided by
 * `per` ("240 counts per rev/s"); step, count and rev come from the bench's mechanics (device_map_resolve).
 * Reciprocal, for a drive that wants ramps as times: value = unit * per / raw.  lo, hi: the counts that the device
 * takes in a write, all that the type holds where the map says nothing. */
struct map_number {
    uint16_t address;
    enum reg_type type;
    enum word_order order;
    double per;
    char   unit[MAP_NAME];
    bool   is_reciprocal;
    double from;             /* the value of 0 counts, in the map's unit */
    double scale, offset;    /* SI */
    double lo, hi;
};
struct map_place { int line, col; }; /* in the map's file */
struct map_group {
    char name[MAP_NAME];
    struct map_place place;
    uint8_t function;
    uint16_t address, count;
    bool is_atomic;
    size_t at;               /* where its registers stand in a sample */
};
struct map_value {
    char name[MAP_NAME];
    size_t group;
    struct map_number number;
    struct map_place place;
    unsigned shift, width;   /* only these bits of the register; width 0: all */
    char sign[MAP_NAME], decimals[MAP_NAME]; /* negative when this bit is set; divided by 10^(this value); "" none */
    int sign_bit, decimals_value;            /* their places, -1 none */
};
struct map_bit   { char name[MAP_NAME]; size_t value; unsigned bit; struct map_place place; };
struct map_write {
    struct map_number number;
    char   parameter[MAP_NAME]; /* empty: the constant */
    double constant;
    struct map_place place;
    bool   is_coil;          /* one coil; else registers */
    double pulse;            /* s: what acts on its edge: 0, the value, 0 with so long in between; 0: as it is */
};
struct map_command {
    char name[MAP_NAME];
    struct map_place place;
    bool is_one_request;     /* parameters and trigger travel together: nothing is read back in between */
    bool is_idempotent;      /* may be sent again when its fate is unknown */
    double repeat_within;    /* s: a dead man's word must come again so soon; 0: no */
    long endurance;          /* so many times the memory behind it bears; 0: no bound */
    char expect[MAP_NAME];   /* a bit that acknowledges it; "" none */
    int  expect_bit;
    bool expect_set;
    double expect_within;    /* s */
    size_t n;
    struct map_write write[MAP_WRITES]; /* parameters, then the trigger (the last) */
};
struct map_verify {
    char name[MAP_NAME];
    struct map_number number;
    struct map_place place;
    char parameter[MAP_NAME];
    double constant;
    bool is_written;
};
/* Where the drive's watchdog is set, said apart from `verify` so that lint can hold one against the other. */
struct map_watchdog {
    bool has_switch, has_time;       /* a register that switches it on; else its time does */
    uint16_t switch_address, time_address;
    double on_lo, on_hi;             /* counts of the switch that mean on */
};
struct map_canary { uint8_t function; uint16_t address, count; struct map_place place; };
enum freshness_kind { FRESH_COUNTER, FRESH_RAW, FRESH_EXPECTED_CHANGE, FRESH_NOT_DETECTABLE };
enum watchdog_kind { WATCHDOG_DRIVE, WATCHDOG_EXTERNAL, WATCHDOG_LEASH, WATCHDOG_NONE };

struct device_map {
    char name[64], file[256], source[200];
    bool is_axis;            /* kind: axis, else load_cell */
    int  max_read, max_write;
    double latency;          /* the device's own delay before it answers, s */
    double late_reply;       /* a reply may be this late, s */
    double gap, gap_after;   /* silence it needs before and after a request, s */
    bool   wants_dummy;      /* its first frame after power-up is lost: one goes for nothing */
    enum freshness_kind freshness; /* how a device that repeats itself is found: rig/safety/freshness.h */
    char fresh_value[MAP_NAME];    /* counter, raw: this value */
    double fresh_within;           /* s without a change that is still good; infinite when not detectable */
    enum watchdog_kind watchdog;
    struct map_watchdog watchdog_set;
    struct map_place root_place, watchdog_place, commands_place;
    char fed_by[120];        /* which traffic feeds the watchdog */
    size_t groups, values, bits, commands, verifies, canaries;
    struct map_group   group[MAP_GROUPS];
    struct map_value   value[MAP_VALUES];
    struct map_bit     bit[MAP_BITS];
    struct map_command command[MAP_COMMANDS];
    struct map_verify  verify[MAP_VERIFY];
    struct map_canary  canary[MAP_CANARIES];
};

/* Reads a device file; ERR_PARSE / ERR_RANGE / ERR_IO with the place.  `doc` must outlive nothing: all is copied. */
int device_map_read(struct device_map *m, struct config *doc, struct err *e);
/* The mechanics that turn revolutions, steps and encoder counts into metres. */
struct mechanics { double lead; double steps_per_rev, counts_per_rev; };
/* Fills every scale; mech NULL for a device without an axis.  ERR_PARSE names a unit that cannot be
 * converted. */
int device_map_resolve(struct device_map *m, const struct mechanics *mech, struct err *e);

/* Does the number measure what `si` is ("m", "m/s2", "1" for none)?  No unit is "1". */
bool map_measures(const struct map_number *n, const char *si);

/* Look-ups by name; -1 when there is none. */
int map_find_value(const struct device_map *m, const char *name);
int map_find_bit(const struct device_map *m, const char *name);
int map_find_command(const struct device_map *m, const char *name);

/* Value i in SI units out of a sample (the registers of all groups), and its raw bits. */
double   map_decode(const struct device_map *m, size_t value, const uint16_t *sample);
uint32_t map_raw(const struct device_map *m, size_t value, const uint16_t *sample);
/* Is the bit set? */
bool     map_bit_is_set(const struct device_map *m, size_t bit, const uint16_t *sample);

/* A named number, for the parameters of a command or of a verification (SI units). */
struct map_parameter { const char *name; double value; };

/* One bus transaction of a command. */
struct map_step {
    bool is_write;           /* else: read, and compare with regs */
    uint8_t function;
    uint16_t address, count;
    uint16_t mask;           /* compared are these bits of the first register; 0: all of all */
    double wait, within;     /* s before the step; how long it may be tried until it fits */
    uint16_t regs[2 * MAP_WRITES];
};
enum { MAP_STEPS = 2 * MAP_WRITES + 4 };
/* The transactions of a command: parameter blocks (contiguous registers or coils in one request), their read-back, the
 * trigger, the acknowledgement it waits for.
 * Returns the number of steps, or ERR_RANGE (a value that the device does not take, a missing parameter). */
int map_build(const struct device_map *m, size_t command, const struct map_parameter *p, size_t n,
              struct map_step steps[MAP_STEPS], struct err *e);
/* What the device makes of a parameter: the value rounded to the map's counts, SI.  NaN when the command lacks it or
 * the device does not take it. */
double map_achievable(const struct device_map *m, size_t command, const char *parameter, double value);
/* Does the device take this value, SI, rounded to its counts?  If not, `why` says what it takes, in the map's unit. */
bool map_holds(const struct map_number *n, double value, char why[], size_t size);
/* A verification's expected value in counts; NaN when its parameter is missing. */
double map_expected(const struct map_verify *v, const struct map_parameter *p, size_t n);
#endif
