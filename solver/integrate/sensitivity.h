/* sensitivity.h -- how the results of a problem change with its parameters.  Of each parameter the caller gives the two
 * neighbours of the problem, a little above and below, on the same mesh (mesh_like); the answer is the difference of
 * the results between the two.
 *
 *   Linear problems: two more runs on the linear path, whose results do not depend on steps.
 *   Others: CVODES forward sensitivities.  The difference s = y_up - y_down obeys
 *       ds/dt = F_up(t, y + s/2) - F_down(t, y - s/2)
 *   so one integration, with one step sequence and one factorisation, carries the state and all differences; events and
 *   outputs act on y + s/2 and y - s/2 by the code of any run.  Holds to second order in the distance, like a central
 *   difference, and without its noise.  Where a time depends on the parameter (an event, a vehicle that runs out of
 *   undissolved drug) two more runs are made as for linear problems. */
#ifndef SOLVER_INTEGRATE_SENSITIVITY_H
#define SOLVER_INTEGRATE_SENSITIVITY_H
#include "solver/integrate/simulate.h"

struct neighbours { const struct problem *up, *down; }; /* both with mesh_like = the problem between them */

/* How the differences were found. */
enum sensitivity_way { SENSITIVITY_RUNS, SENSITIVITY_FORWARD };

/* Integrates p into *out (no error estimates) and writes n x n_out x COLS_MAX differences up - down, in the order of
 * by. way may be NULL.  Errors as simulate. */
int simulate_differences(const struct problem *p, const struct neighbours *by, size_t n, struct solution *out,
                         double *difference, enum sensitivity_way *way, struct err *e);
#endif
