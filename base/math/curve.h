/* curve.h -- questions to a measured curve y(x): where it crosses a level, how steep it is, its area, its sudden drops.
 * Pure functions on arrays of n points in the order they were taken.  x need not be evenly spaced; where a function
 * needs x to be ascending it says so.  Points with a NaN in x or y are skipped. */
#ifndef BASE_MATH_CURVE_H
#define BASE_MATH_CURVE_H
#include <stddef.h>

/* x at the first place where y comes from below level to level or above, by linear interpolation between two
 * neighbours; the first point's x when y already starts at or above it.  NaN when level is never reached. */
double curve_rise_to(const double x[], const double y[], size_t n, double level);
/* The same from above down to level or below. */
double curve_fall_to(const double x[], const double y[], size_t n, double level);
/* y at x = at, linear between neighbours; x ascending (not strictly; of points with equal x the last counts).
 * NaN outside the range of x. */
double curve_value(const double x[], const double y[], size_t n, double at);
/* Mean of y over from .. to (from < to) along straight lines between neighbours; x ascending.  NaN where a part of it
 * lies outside the range of x. */
double curve_mean(const double x[], const double y[], size_t n, double from, double to);
/* Least-squares slope dy/dx of the points with lo <= x <= hi; NaN with fewer than two different x in the window.
 * *intercept (may be NULL): y of that line at x = 0. */
double curve_slope(const double x[], const double y[], size_t n, double lo, double hi, double *intercept);
/* Integral of y dx along the points (trapezoids), with its sign: going back over the same x takes away.
 * Force over travel gives work, J.  0 with fewer than two points. */
double curve_work(const double x[], const double y[], size_t n);

/* A fall from a peak to the valley behind it. */
struct curve_drop { size_t peak, valley; double size; /* y[peak] - y[valley] > 0 */ };
/* Falls of at least threshold (> 0): a fall ends when y has risen again by at least threshold above its lowest
 * point, or at the end of the curve; smaller wiggles belong to the fall or rise around them.  Stores the first max
 * of them in drops[]; returns how many there are. */
size_t curve_drops(const double x[], const double y[], size_t n, double threshold, struct curve_drop drops[],
                   size_t max);
#endif
