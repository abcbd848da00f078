/* scenario.h -- one case of a file of tests/scenarios: what is done to a run, and what must have come of it.  The
 * format is tests/scenarios/README.md.  scenario_judge.c measures on the virtual bench's truth log, which the
 * controller never sees. */
#ifndef TESTS_RIG_SCENARIO_H
#define TESTS_RIG_SCENARIO_H
#include "tests/rig/simulation.h"

/* What the transmitter says once the fault is there. */
enum scenario_reading { READING_TRUE, READING_FROZEN, READING_FULL_SCALE, READING_OFFSET };

struct scenario {
    char name[64], bench[100], method[100], cause[40];
    bool stop_reaches;      /* the drive hears the STOP */
    bool is_stopped;        /* ends as stopped by the operator, not as tripped */
    bool loses_rows;        /* the disk takes no more: the record ends early, and says so */
    enum scenario_reading reading;
    double offset;          /* N, of READING_OFFSET */
    double total, latency;  /* s: cause -> deceleration begins; the drive's own part of it */
    double way;             /* s: STOP's way to the drive, behind one transaction under way */
    double decel;           /* m/s2, of the stop */
    double stiffness;       /* N/m */
};

/* A limit that is drawn in when a stage begins, as if it had stood in the files. */
struct scenario_limit { const char *name; size_t offset; bool is_above; enum { OF_POSITION, OF_FORCE, OF_PLAN } of; };

struct scenario_case {
    char state[24], fault[160], then[80], event[40], cause[40]; /* then: a second fault; what follows is judged */
    const struct scenario_limit *limit;
    double at;              /* the limit, m or N */
    double after;           /* s: an event, after its stage began */
    double wait;            /* s: what this case adds to the file's total */
    double speed;           /* m/s at the fault */
    double run_on, overshoot; /* m, N: the bounds */
};

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
