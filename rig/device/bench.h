/* bench.h -- a bench file as plain values: links, devices with their maps, the axis' mechanics, the load cell's
 * calibration, the interlocks, the tick.  The `limits:` part belongs to rig/safety.  SI inside.  Keys:
 * docs/reference/rig-files.md. */
#ifndef RIG_DEVICE_BENCH_H
#define RIG_DEVICE_BENCH_H
#include "rig/device/registers.h"

enum { BENCH_LINKS = 2, BENCH_DEVICES = 2, BENCH_AXIS = 0, BENCH_FORCE = 1 }; /* the devices, in this order */

struct bench_link { char name[MAP_NAME]; struct bus_address address; };
struct bench_device {
    char   name[MAP_NAME];     /* "axis", "force" */
    size_t link;
    uint8_t unit;
    double timeout;            /* total, of one transaction, s */
    double poll;               /* period of its groups, s */
    struct device_map map;
};
enum on_disable { ON_DISABLE_HOLDS, ON_DISABLE_BRAKES, ON_DISABLE_FALLS };
struct bench_axis {
    struct mechanics mech;
    double direction;          /* +1: the drive's positive counts go towards the sample; -1: away */
    double stroke;             /* way between the axis' ends, m */
    double accel, decel;       /* of moves, m/s2 */
    double stop_decel;         /* of STOP, m/s2: written to the drive and used in the budgets */
    double latency;            /* command received -> deceleration begins, worst case, s */
    double settle;             /* a move shows as "moving" within this time, s */
    double position_tolerance; /* a finished move ends this near its target, m */
    double compliance;         /* machine: travel = position - contact - compliance * force, m/N */
    double speed_error;        /* largest relative error of an achievable speed */
    double watchdog_time;      /* s; of a leash: how far ahead a target may be */
    char   no_watchdog[120];   /* why a drive without any may be used all the same; "" refuses it */
    double watchdog_action;    /* the drive's code; NaN when its watchdog takes none */
    enum on_disable on_disable;
};
struct bench_cell {
    double slope, zero;        /* F = slope * (reading - zero), push > 0; from the calibration */
    double capacity;           /* N */
    char   calibrated[40];     /* date and by whom */
    double filter_delay, period; /* of the transmitter, s */
    double noise_low, noise_high; /* commissioned SD, N: an unplugged cell is too quiet or too loud */
    double max_offset;         /* |F| at the tare may be at most this, N */
};
struct bench_input { int value, bit; bool active; }; /* of the axis device; bit == active level means "true" */
enum { INPUT_ESTOP_HEALTHY, INPUT_HOME, INPUT_LOWER_LIMIT, INPUT_DOOR_CLOSED, BENCH_INPUTS };
extern const char *const bench_input_names[]; /* "estop_healthy", ... */

struct bench_proof {         /* `mnrig prove`: what a run asks for, and how the axis is tried */
    double max_age;          /* s: a run refuses an older proof */
    double speed, depth;     /* m/s; m below home: trial moves in free air */
    bool   virtual_needs_none; /* on a bench that shows mnbench's identity block */
};

#define UNLOAD_LONGEST 0.2 /* s: no key event permits a longer motion (terminals tell no key-up, lines queue repeats) */

/* A seek for the home switch may go this far, away from the sample, before the drive gives up, m. */
#define BENCH_HOME_SEARCH 1.0

struct bench {
    char name[64], file[256], sha256[65];
    size_t links;
    struct bench_link link[BENCH_LINKS];
    struct bench_device device[BENCH_DEVICES];
    struct bench_axis axis;
    struct bench_cell cell;
    struct bench_input input[BENCH_INPUTS];
    bool   has_position_error; /* the drive tells its following error */
    double tick_period;        /* s */
    double unload_speed, unload_step; /* m/s, m */
    struct bench_proof proof;
};

/* Reads a bench and its device files (looked up beside it).  overrides: "a/b=value" texts.  doc stays open for the
 * caller (limits, hash); close it with config_close.  ERR_PARSE, ERR_RANGE, ERR_IO with the place. */
int bench_read(struct bench *b, struct config **doc, const char *path, const char *const overrides[], size_t n,
               struct err *e);
/* What a transaction with a device takes when all is well, s: on a serial line as its bytes and the device's delay say;
 * over TCP 12 ms. */
double bench_transaction_time(const struct bench *b, size_t device, uint8_t function, uint16_t count);
/* For so long a STOP waits for a reply that does not come; a device that answers answers earlier. */
double bench_patience(const struct bench *b, size_t device, uint8_t function, uint16_t count);
/* The parameters that verifications and commands of the axis take from the bench. */
enum { BENCH_PARAMETERS = 3 };
void bench_parameters(const struct bench *b, struct map_parameter p[BENCH_PARAMETERS]);
#endif
