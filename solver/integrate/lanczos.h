/* lanczos.h -- a segment that is linear with constant coefficients, without steps: the whole curve from one basis.
 *
 *     M a' = f - A a,   u = a - A^-1 f  (f = 0: u = a, A may be singular),   u(t) = M^-1/2 V exp(-t L) V' M^1/2 u(0)
 *
 * V: Lanczos vectors of M^1/2 (M + s A)^-1 M^1/2, fully reorthogonalised; L = (T^-1 - I)/s of its tridiagonal T.
 * Running integrals are those of the exponentials; plasma and its second compartment, which only receive, are
 * convolutions with them.  The basis grows until its last LANCZOS_STRIDE vectors change nothing at the times that
 * count. */
#ifndef SOLVER_INTEGRATE_LANCZOS_H
#define SOLVER_INTEGRATE_LANCZOS_H
#include "solver/integrate/factor.h"

enum { LANCZOS_STRIDE = 5, LANCZOS_FIRST = 15, LANCZOS_MAX = 60 };

#define LINEAR_SHARE 1e-1 /* of rtol: to which the linear path settles */
#define LANCZOS_SAFETY 10.0 /* of what a run states for that: bases that agree may share an error */
#define LANCZOS_SMALL_SHARE 1e-3 /* of its largest value: an integral below this is held to the tolerance of that */
#define LANCZOS_SPECK                                                                                                  \
    1e-6 /* of all drug (of the largest rate): smaller amounts (rates) are held to the tolerance of that */

struct lanczos;
/* Whether a system has this form: no sites, metabolite, sources, closing channels, or blood that feeds back. */
bool lanczos_suits(const struct system *s);
/* Builds the basis from y0 and the integrals q0[QUADS_MAX] at the segment's start.  t[n_t]: times after it, ascending,
 * > 0, the last is the end: state (relative to the start) and integrals (relative to themselves) settle there to
 * tolerance. s and f are lent and used during the call only, s also by lanczos_at.  ERR_NUMERIC: not within LANCZOS_MAX
 * vectors, or a pivot not positive; ERR_NOMEM. */
int lanczos_new(struct lanczos **out, const struct system *s, struct factor *f, const double *y0, const double *q0,
                const double *t, size_t n_t, double tolerance, struct err *e);
/* State and integrals at a time after the segment's start. */
void lanczos_at(const struct lanczos *l, double t, double *y, double *q);
size_t lanczos_size(const struct lanczos *l); /* vectors used = solves */
void lanczos_free(struct lanczos *l);          /* NULL is legal */
#endif
