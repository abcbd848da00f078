/* tridiagonal.h -- eigenvalues and vectors of a small symmetric tridiagonal matrix, by implicit QL. */
#ifndef SOLVER_INTEGRATE_TRIDIAGONAL_H
#define SOLVER_INTEGRATE_TRIDIAGONAL_H
#include <stddef.h>

/* d[n]: diagonal, becomes the eigenvalues, in no order.  e[n]: e[i] couples i and i + 1, the last is not read;
 * destroyed.  z: n columns, each ld apart, become the vectors of length 1.  Returns 0 or ERR_NUMERIC (it does not
 * settle: NaN). */
int tridiagonal_eigen(size_t n, double *d, double *e, double *z, size_t ld);
#endif
