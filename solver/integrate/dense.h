/* dense.h -- loops over small dense column-major blocks, vectorised for the processor at hand.  The order of every sum
 * is fixed and no operation is fused, so that every clone gives the same digits.  Rows come in groups of DENSE_LANES:
 * blocks are padded with rows of zeros. */
#ifndef SOLVER_INTEGRATE_DENSE_H
#define SOLVER_INTEGRATE_DENSE_H
#include <stdbool.h>
#include <stddef.h>

enum { DENSE_LANES = 8 };
static inline size_t dense_padded(size_t n) { return (n + DENSE_LANES - 1) / DENSE_LANES * DENSE_LANES; }

static inline size_t dense_groups(size_t n) { return (n + 3) / 4 * 4; } /* columns are taken four at a time */

/* C -= A B', where B is the first cols rows of A: on and below the diagonal of C (rows x cols); above it within a group
 * of rows C is overwritten.  A is rows x depth, its columns ld apart; those of C are ldc apart.  rows: padded. */
void dense_subtract(size_t rows, size_t cols, size_t depth, const double *a, size_t ld, double *c, size_t ldc);
/* The first w columns of a Cholesky factor of a front: p (ld x w, ld padded) holds the lower columns of the matrix and
 * gets those of L; inverse[w] gets 1/L_kk.  Returns 0, or -1 when a pivot is not positive. */
int  dense_cholesky(size_t ld, size_t w, double *p, double *inverse);
/* [L11; L21] := [L11^-1; L21 L11^-1], zeros above the diagonal.  Both halves of a solve are then one product.
 * v: scratch, padded(w) x groups(w). */
void dense_invert(size_t ld, size_t w, double *p, const double *inverse, double *v);
/* t[rows] = Q x and x[w] = Q' t, Q rows x w without gaps, rows padded.  lower: what lies above the diagonal is zero. */
void dense_times(size_t rows, size_t w, const double *q, bool lower, const double *x, double *t);
void dense_transposed_times(size_t rows, size_t w, const double *q, bool lower, const double *t, double *x);
#endif
