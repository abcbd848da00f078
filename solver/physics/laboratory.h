/* laboratory.h -- what a laboratory computes from its receptor readings. */
#ifndef SOLVER_PHYSICS_LABORATORY_H
#define SOLVER_PHYSICS_LABORATORY_H
#include <stddef.h>

/* Cumulative amount after reading n-1 of C[n], each reading followed by taking v out of V and replacing it with blank:
 *     Q = V C[n-1] + v sum_{i<n-1} C[i]                                                     (E11)
 * V and v in m3, C in kg/m3, result in kg (or any consistent units). 0 for n = 0. */
double lab_cumulative(double V, double v, const double *C, size_t n);

/* Straight line through the readings (t[i], Q[i]) with from <= t <= to: slope J_lab and lag_lab = its zero crossing
 * (E12).  Returns the number of points used; slope and lag are NAN when fewer than two. */
size_t lab_line(const double *t, const double *Q, size_t n, double from, double to, double *slope, double *lag);
#endif
