/* factor.h -- LDL' of the symmetric positive definite core  M + gamma A  (CHOLMOD, simplicial, AMD; the only door to it),
 * analysed once per pattern, and the bordered solve on top of it. */
#ifndef SOLVER_INTEGRATE_FACTOR_H
#define SOLVER_INTEGRATE_FACTOR_H
#include "solver/system/system.h"

struct factor;
/* Analyses the pattern of s->A.  s is lent and must outlive the factor.  ERR_NOMEM. */
int  factor_new(struct factor **out, const struct system *s, struct err *e);
void factor_free(struct factor *f);
/* Factorises mass_weight M + stiff_weight A.  Returns 0, or ERR_NUMERIC when a pivot is not positive (A alone is singular
 * when no drug can leave), or ERR_NOMEM. */
int  factor_set(struct factor *f, double mass_weight, double stiff_weight);
/* x := (what was factorised)^-1 x over the core. */
int  factor_solve(struct factor *f, double *x);
/* Newton's system (I - gamma J) x = v for the whole y = [core | border], solved as (M + gamma A) x = M v with the border by
 * its Schur complement.  factor_set(f, 1, g) must have been called with g near gamma: the difference is refined away.
 * v is overwritten by x. */
int  factor_newton(struct factor *f, double gamma, double *v);
/* Entries of L, for statistics. */
size_t factor_entries(const struct factor *f);
#endif
