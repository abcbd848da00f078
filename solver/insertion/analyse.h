/* analyse.h -- what a measured force-travel curve says: contact, insertion events, stiffness, work, plateau, contact of
 * the base plate, relaxation in the hold, pull-off; each with its standard uncertainty.
 * Pure functions on arrays in SI.  Travel is not depth.  Rules and their limits: docs/explanation/insertion.md. */
#ifndef SOLVER_INSERTION_ANALYSE_H
#define SOLVER_INSERTION_ANALYSE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "solver/insertion/prony.h"

enum run_phase { RUN_OTHER, RUN_APPROACH, RUN_INSERT, RUN_HOLD, RUN_RETRACT };
struct run_curve { /* rows in the order they were taken; force net of the tare, position towards the sample */
    size_t n;
    const double *t, *x, *F; /* s, m, N; no NAN */
    const enum run_phase *phase;
};
struct analysis_settings {
    double contact_force;            /* N; NAN: 5 times the noise, at least 10 mN */
    double drop_threshold;           /* N; NAN: 8 times the noise, at least 10 mN */
    double compliance, compliance_u; /* m/N */
    double force_accuracy;           /* relative, of the load cell */
    double position_u;               /* m: resolution and backlash of one reading */
    size_t relax_terms;              /* 0: as many as the data bear */
};
struct measured {
    double value, u;
}; /* NAN: not seen */
struct insertion_event {
    struct measured force, travel, size;
    double time;
    size_t valley; /* row where the drop ends */
};

enum { DROPS_KEPT = 100 };
struct analysis {
    double noise, baseline;               /* N: sd and mean of the force in free air */
    double contact_force, drop_threshold; /* N, as used */
    size_t contact_row;                   /* first row at or beyond contact */
    struct measured contact;              /* m, position */
    struct measured speed;                /* m/s of the press */
    size_t n_events;                      /* found; the first DROPS_KEPT are kept */
    struct insertion_event event[DROPS_KEPT];
    struct measured peak_force, end_travel;
    struct measured stiffness, stiffness_after_base; /* N/m of the travel: before the first event, after base contact */
    struct measured base_force, base_travel;
    struct measured plateau; /* N between the first event and base contact; u: sd of the force there */
    struct measured work;    /* J to the end of the press */
    bool has_hold;
    struct measured hold_start, hold_end;                 /* N */
    double hold_time;                                     /* s */
    struct prony_fit hold;                                /* terms 0: not fitted */
    struct measured pull_off, pull_off_travel, work_back; /* N (<= 0), m, J given back on the way up */
    double *travel, *force; /* n each, yours: corrected travel (NAN before contact) and force less baseline */
};
/* ERR_RANGE when there is no free approach or no contact; ERR_NOMEM.  *a is then {0}. */
int analyse_curve(const struct run_curve *c, const struct analysis_settings *s, struct analysis *a, struct err *e);
void analysis_release(struct analysis *a); /* {0} is legal */
#endif
