/* endpoint.h -- the single numbers of a run, as a laboratory reports them: J_ss, lag, Kp, maxima, enhancement.
 * Definitions and symbols: docs/reference/equations.md. */
#ifndef SOLVER_RESULTS_ENDPOINT_H
#define SOLVER_RESULTS_ENDPOINT_H
#include "solver/results/quantity.h"

enum { ENDPOINTS_MAX = 40, ENDPOINT_WARNINGS = 8 };
struct endpoint {
    const char *name, *unit;
    double value, error; /* in unit; NAN: none / no estimate */
    char remark[160];    /* why there is none, or how it was made; may be empty */
};
struct endpoints {
    size_t n, n_warnings;
    struct endpoint item[ENDPOINTS_MAX];
    char warning[ENDPOINT_WARNINGS][240];
};

/* intact: the solution of study_intact, or NULL when the skin is intact anyway. */
void endpoints_compute(const struct study *s, const struct solution *sol, const struct solution *intact,
                       struct endpoints *out);
/* When the channels count as closed: after s, at that openness, or NAN and why. */
void endpoints_add_closed(struct endpoints *e, double after, double openness, const char *why);
/* The names that a study may have, NULL-terminated: those that a result has depend on vehicle, body and window. */
extern const char *const endpoint_names[];
/* By name, or NULL. */
const struct endpoint *endpoint_find(const struct endpoints *e, const char *name);
#endif
