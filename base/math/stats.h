/* stats.h -- summaries of samples and of agreement between a prediction and a measurement.
 * Pure functions on arrays.  Every one returns NaN when n is below the number it states, and when any value it looks
 * at is NaN or outside its domain: a missing value must be taken out by the caller, who knows what it means. */
#ifndef BASE_MATH_STATS_H
#define BASE_MATH_STATS_H
#include <stddef.h>

double stats_mean(const double x[], size_t n);            /* n >= 1 */
double stats_sd(const double x[], size_t n);              /* n >= 2; sample standard deviation, divisor n - 1 */
double stats_geometric_mean(const double x[], size_t n);  /* n >= 1; every x > 0 */
/* Quantile p in 0..1 by linear interpolation between order statistics: h = (n - 1) p (Hyndman and Fan's type 7, the
 * default of R and numpy).  n >= 1.  x is not changed; NaN also when out of memory. */
double stats_quantile(const double x[], size_t n, double p);
/* Agreement of predicted p with observed o, pair by pair. */
double stats_rmse(const double p[], const double o[], size_t n); /* n >= 1; sqrt(mean((p - o)^2)) */
double stats_bias(const double p[], const double o[], size_t n); /* n >= 1; mean(p - o): > 0 predicts too much */
/* Coefficient of determination 1 - sum((o - p)^2) / sum((o - mean o)^2): n >= 2 and o not all equal; may be
 * negative. */
double stats_r2(const double p[], const double o[], size_t n);
/* Geometric mean of p/o: 1 is unbiased, 2 predicts twofold too much.  n >= 1; all p, o > 0. */
double stats_mean_fold(const double p[], const double o[], size_t n);
/* Geometric mean of max(p/o, o/p) >= 1: the typical factor by which a prediction is off, either way.  n >= 1; all p,
 * o > 0. */
double stats_mean_fold_error(const double p[], const double o[], size_t n);
/* Share (0..1) of pairs with o/k <= p <= o k, k >= 1.  n >= 1; all p, o > 0. */
double stats_within_fold(const double p[], const double o[], size_t n, double k);
/* Wilson's score interval of a share (0..1) found in n >= 1 trials; z: 1.959964 for 95 %. */
void stats_share_interval(double share, double n, double z, double *low, double *high);
#endif
