/* scenario.h -- one case of a file of tests/scenarios: what is done to a run, and what must have come of it.  The
 * format is tests/scenarios/README.md.  scenario_file.c reads it; scenario_judge.c measures on the virtual bench's
 * truth log, which the controller never sees. */
#ifndef TESTS_RIG_SCENARIO_H
#define TESTS_RIG_SCENARIO_H
#include "tests/rig/simulation.h"

#define SCENARIO_FOLDER "tests/scenarios"

/* What the transmitter says once the fault is there. */
enum scenario_reading { READING_TRUE, READING_FROZEN, READING_FULL_SCALE, READING_OFFSET };

/* What the drive says of its position from then on. */
enum scenario_position { POSITION_TRUE, POSITION_JUMPED, POSITION_RESTARTED };

struct scenario {
    char name[64], bench[100], method[100], cause[40], row[40]; /* row: of the matrix, where it is not the cause */
    bool stop_reaches;      /* the drive hears the STOP */
    bool is_stopped;        /* ends as stopped by the operator, not as tripped */
    bool loses_rows;        /* the disk takes no more: the record ends early, and says so */
    enum scenario_reading reading;
    double offset;          /* N, of READING_OFFSET */
    enum scenario_position position;
    double jump;            /* m, of POSITION_JUMPED */
    double total, latency;  /* s: cause -> deceleration begins; the drive's own part of it */
    double way;             /* s: STOP's way to the drive, behind one transaction under way */
    double ignored;         /* s for which the drive has heard a STOP and does not obey */
    double decel;           /* m/s2, of the stop */
    double stiffness;       /* N/m */
};

/* In which a case happens: home, rapid and search (of approach), insert, hold, retract; unload: a step away after a
 * force trip; back: armed anew after it, for the way back. */
enum scenario_state { IN_HOME, IN_RAPID, IN_SEARCH, IN_INSERT, IN_HOLD, IN_RETRACT, IN_UNLOAD, IN_BACK,
                      SCENARIO_MOVING, IN_TARE = SCENARIO_MOVING };
/* "home", ..., NULL.  In the tare it stands, as in the hold: the matrix counts both as one. */
extern const char *const scenario_states[];
/* Does a force trip come before it? */
static inline bool scenario_is_after_trip(enum scenario_state s) { return s == IN_UNLOAD || s == IN_BACK; }
/* The method's stage in which it trips, or has tripped. */
const char *scenario_stage(enum scenario_state s);

/* A limit that is drawn in when a stage begins, as if it had stood in the files. */
struct scenario_limit {
    const char *name, *unit;
    size_t offset;
    bool is_above;
    enum { OF_POSITION, OF_FORCE, OF_PLAN, OF_STAGE } of;
};

struct scenario_case {
    enum scenario_state state;
    char fault[160], event[60], cause[40], row[40];
    bool is_stopped;        /* as the file says, or the case itself */
    const struct scenario_limit *limit;
    double at;              /* the limit, SI */
    double after;           /* s: an event, after its stage began */
    double wait;            /* s: what this case adds to the file's total */
    double speed;           /* m/s at the fault */
    double run_on, overshoot; /* m, N: the bounds */
};

enum { SCENARIO_CASES = 32 };
/* Reads a file of SCENARIO_FOLDER and its cases.  ERR_PARSE, ERR_IO; ERR_RANGE: it states more than its own sum. */
int scenario_read(const char *name, struct scenario *f, struct scenario_case cases[SCENARIO_CASES], size_t *n,
                  struct err *e);
/* The row of the matrix that a case fills. */
const char *scenario_row(const struct scenario *f, const struct scenario_case *c);

struct scenario_result {
    double fault;           /* s: when it happened */
    double stop, stand;     /* s after it: STOP at the drive (NaN when it never came), the axis stands */
    double run_on;          /* m travelled after it */
    double overshoot;       /* N: largest |force| after it, beyond what it was then */
    size_t samples;         /* logged rows held against the truth */
    char detail[120];       /* of the first row that is not true */
};

/* Measures a run that has ended (its logs closed) and judges it.  event_time: when the runner itself did something,
 * else NaN.  NULL, or the invariant that is broken. */
const char *scenario_judge(const struct simulation *s, const struct scenario *f, const struct scenario_case *c,
                           double event_time, struct scenario_result *out);
#endif
