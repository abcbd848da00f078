/* kernels.h -- loops over dense vectors, vectorised for the processor at hand.  Sums run over eight partial sums in a fixed
 * order, so that every clone gives the same digits. */
#ifndef SOLVER_INTEGRATE_KERNELS_H
#define SOLVER_INTEGRATE_KERNELS_H
#include <stddef.h>

void   vector_axpby(size_t n, double a, const double *x, double b, const double *y, double *z); /* z = a x + b y */
void   vector_scale(size_t n, double c, const double *x, double *z);                            /* z = c x */
void   vector_times(size_t n, const double *x, const double *y, double *z);                     /* z_i = x_i y_i */
void   vector_add(size_t n, double a, const double *x, double *y);                              /* y += a x */
void   vector_rotate(size_t n, double c, double s, double *x, double *y); /* x, y = c x - s y, s x + c y */
double vector_dot(size_t n, const double *x, const double *y);
double vector_sumsq(size_t n, const double *x, const double *w);                                /* sum (x_i w_i)^2 */
#endif
