/* cases.h -- problems that several suites share. */
#ifndef TESTS_SOLVER_CASES_H
#define TESTS_SOLVER_CASES_H
#include "solver/integrate/simulate.h"

/* One slab of thickness L, D, K; C0 = 1, infinite donor, sink. */
struct problem slab(double L, double D, double K);
/* Drug 'A', 'B' or 'C' of the reference problem in 15/85/1000 um skin; C0 = 1. */
struct problem reference_skin(char drug);
/* Adds a frustum of the given depth and radii at n needles per cm2, with the drug's channel D and K = 1. */
void add_channel(struct problem *p, char drug, enum channel_fill fill, double depth, double r_surface, double r_tip,
                 double n_per_cm2);
/* Output times in seconds; t_end is the last. */
void set_times(struct problem *p, size_t n, const double *t, double unit);
/* simulate / simulate_with_error that fail the test with the message when they fail; returns false then. */
bool solve(const struct problem *p, struct solution *s);
bool solve_with_error(const struct problem *p, struct solution *s);
#endif
