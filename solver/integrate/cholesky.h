/* cholesky.h -- L L' of sparse symmetric positive definite matrices of one pattern.  CHOLMOD (its only door) orders the
 * unknowns by AMD and groups the columns of L; the numbers are ours: a front is a group of columns with the rows
 * below, dense; it is factorised as a whole and what it subtracts from later columns is handed to its parent. */
#ifndef SOLVER_INTEGRATE_CHOLESKY_H
#define SOLVER_INTEGRATE_CHOLESKY_H
#include <stdbool.h>
#include <stddef.h>
#include "base/shelf.h"

struct cholesky;
/* Analyses the pattern of n columns: lower triangle, rows ascending, diagonal first (copied); or takes the analysis of
 * the same pattern from the shelf (lent until cholesky_free, which puts it there; NULL: none).  ERR_NOMEM. */
int    cholesky_new(struct cholesky **out, size_t n, const int *colptr, const int *row, struct shelf *shelf);
void   cholesky_free(struct cholesky *c); /* NULL is legal */
bool   cholesky_suits(const struct cholesky *c, size_t n, const int *colptr, const int *row);
/* Factorises the matrix with these entries, in the order of the pattern.  ERR_NUMERIC when a pivot is not positive. */
int    cholesky_set(struct cholesky *c, const double *entry);
/* x := (the matrix)^-1 x. */
void   cholesky_solve(struct cholesky *c, double *x);
size_t cholesky_entries(const struct cholesky *c); /* of L, stored zeros of the fronts not counted */
#endif
