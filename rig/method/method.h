/* method.h -- a test method as plain values: stages with speed, end, longest stay and where a time-out goes.  SI
 * inside. Read from YAML; keys: docs/reference/rig-files.md. */
#ifndef RIG_METHOD_METHOD_H
#define RIG_METHOD_METHOD_H
#include "rig/safety/budget.h"

enum stage_kind { STAGE_HOME, STAGE_TARE, STAGE_APPROACH, STAGE_INSERT, STAGE_HOLD, STAGE_RETRACT, STAGE_PROMPT,
                  STAGE_KINDS };
extern const char *const stage_names[]; /* "home", ..., NULL */
enum timeout_to { TIMEOUT_TRIP, TIMEOUT_RETRACT };

struct stage {
    enum stage_kind kind;
    double longest;          /* s */
    enum timeout_to timeout;
    double speed;            /* m/s; tare and hold have none */
    double time;             /* s: tare, hold */
    double distance;         /* m: retract */
    /* approach */
    double rapid, clearance, contact_force, search;
    long   contact_samples;
    /* insert: one of these is NaN */
    double to_force, to_travel;
    double max_travel;
    char   text[120];        /* prompt: what the operator does before arming anew */
};
enum { METHOD_STAGES = 12 };
struct method {
    char name[64], file[256], sha256[65];
    long version;
    char needles_name[64];
    long needles_count;
    double needles_length, needles_area; /* m, m2 */
    double tip_diameter, base_diameter;  /* m; NaN where the method does not say */
    double surface, surface_error;       /* m below home */
    double stiffness;                    /* N/m, an upper bound; NaN: 1 / machine compliance is taken */
    double force_push, force_pull;       /* N: the method's own limits */
    size_t n;
    struct stage stage[METHOD_STAGES];
};

/* Reads a method, with overrides as in bench_read.  ERR_PARSE, ERR_RANGE, ERR_IO with the place. */
int method_read(struct method *m, struct config **doc, const char *path, const char *const overrides[], size_t n,
                struct err *e);

/* Refuses what no bench could run: numbers that are absurd or do not fit each other.  root: the method's document, for
 * the places.  method_read does it. */
int method_judge(const struct method *m, struct cnode root, struct err *e);
/* Refuses, with the numbers, a method this bench must not run: limits outside the bench's, speeds the drive cannot do,
 * targets outside the soft limits, a way run on unseen beyond the hard ones, stays too short for their moves, or a
 * limit plus the worst overshoot above what the weakest part bears. */
int method_check(const struct method *m, struct cnode root, const struct bench *b, const struct safety_limits *l,
                 struct err *e);
/* Where the search for the surface begins, m below home. */
double method_search_start(const struct method *m, const struct stage *approach);
/* Of a move from rest to rest, s. */
double method_move_time(const struct bench *b, double travel, double speed);
/* The bench's limits with the method's tighter ones in place. */
struct safety_limits method_limits(const struct method *m, const struct safety_limits *l);

/* What drives towards the sample, or takes time: the parts a method is planned by. */
struct method_phase {
    size_t stage;
    const char *name;        /* "rapid", "search", "insert", ... */
    double speed;            /* asked for, m/s; 0: stands */
    double travel, time;     /* the most it can take, m and s */
    double target;           /* the deepest it can get below home, m */
    bool   presses;          /* towards the sample: the budget counts */
    struct budget budget;
};
enum { METHOD_PHASES = 2 * METHOD_STAGES };
/* Fills the phases in order; returns how many. */
size_t method_phases(const struct method *m, const struct bench *b, const struct safety_limits *l,
                     struct method_phase out[METHOD_PHASES]);

/* The largest overshoot over all stages, and the stage. */
struct method_overshoot { struct budget budget; size_t stage; double speed, k; };
void method_worst(const struct method *m, const struct bench *b, const struct safety_limits *l,
                  struct method_overshoot *out);
/* First stage of a kind, or NULL. */
const struct stage *method_stage(const struct method *m, enum stage_kind kind);
#endif
