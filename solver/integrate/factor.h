/* factor.h -- L L' of the symmetric positive definite cores  M + gamma A + sites, analysed once per pattern, and
 * Newton's solve for the whole state on top of it. */
#ifndef SOLVER_INTEGRATE_FACTOR_H
#define SOLVER_INTEGRATE_FACTOR_H
#include "solver/system/system.h"

struct factor;
/* A factor for s, whose patterns are analysed unless *io (NULL: none) has the same; *io is freed when it does not
 * serve. s is lent until the next factor_open; nothing is factorised yet.  ERR_NOMEM: *io is then NULL. */
int  factor_open(struct factor **io, const struct system *s, struct err *e);
void factor_free(struct factor *f);
/* Factorises M + gamma A at the system's theta, with the laws as last linearised.  Returns 0, or ERR_NUMERIC when a
 * pivot is not positive, or ERR_NOMEM. */
int  factor_set(struct factor *f, double gamma);
/* Newton's system (I - gamma J) x = v for the whole y; factor_set must have been called with a gamma and theta near the
 * present ones: the difference is removed by conjugate gradients.  v is overwritten by x. */
int  factor_newton(struct factor *f, double gamma, double *v);
/* Factorises the drug's A alone (ERR_NUMERIC when it is singular: no drug can leave). */
int  factor_set_steady(struct factor *f);
/* x := (what was factorised last)^-1 x for the drug's core. */
int  factor_solve_core(struct factor *f, double *x);
/* Entries of L, for statistics. */
size_t factor_entries(const struct factor *f);
#endif
