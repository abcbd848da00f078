/* vector.h -- loops over dense vectors, vectorised for the processor at hand.  Sums run over eight partial sums in a
 * fixed order, so that every clone gives the same digits. */
#ifndef BASE_MATH_VECTOR_H
#define BASE_MATH_VECTOR_H
#include <stddef.h>

void   vector_axpby(size_t n, double a, const double *x, double b, const double *y, double *z); /* z = a x + b y */
void   vector_scale(size_t n, double c, const double *x, double *z);                            /* z = c x */
void   vector_times(size_t n, const double *x, const double *y, double *z);                     /* z_i = x_i y_i */
void   vector_add(size_t n, double a, const double *x, double *y);                              /* y += a x */
void   vector_divide(size_t n, const double *y, double *x);                                     /* x_i /= y_i */
void   vector_rotate(size_t n, double c, double s, double *x, double *y); /* x, y = c x - s y, s x + c y */
double vector_dot(size_t n, const double *x, const double *y);
/* out += B a for one diagonal of a symmetric matrix and its mirror image: v[j] couples j and j + offset, j < n,
 * offset > 0. */
void   vector_add_diagonals(size_t n, size_t offset, const double *v, const double *a, double *out);
/* w_i = e_i / (r |y_i| + t_i). */
void   vector_weights(size_t n, const double *e, double r, const double *y, const double *t, double *w);
double vector_sumsq(size_t n, const double *x, const double *w);                                /* sum (x_i w_i)^2 */
#endif
