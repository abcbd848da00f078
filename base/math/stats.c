/* stats.c -- see stats.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/stats.h"

double stats_mean(const double x[], size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n > 0 ? sum / (double)n : NAN;
}

/* Two passes: the sum of squares minus the square of the sum loses every digit of a small spread. */
double stats_sd(const double x[], size_t n)
{
    double mean = stats_mean(x, n), sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return n > 1 ? sqrt(sum / (double)(n - 1)) : NAN;
}

double stats_geometric_mean(const double x[], size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] > 0.0 ? log(x[i]) : NAN;
    return n > 0 ? exp(sum / (double)n) : NAN;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double stats_quantile(const double x[], size_t n, double p)
{
    if (n == 0 || !(p >= 0.0 && p <= 1.0))
        return NAN;
    double *sorted = malloc(n * sizeof *sorted);
    if (!sorted)
        return NAN;
    double h = (double)(n - 1) * p, q = NAN;
    size_t i = (size_t)h, next = i + 1 < n ? i + 1 : i;
    memcpy(sorted, x, n * sizeof *sorted);
    if (!isnan(stats_mean(x, n))) { /* qsort needs an order, NaN has none */
        qsort(sorted, n, sizeof *sorted, by_value);
        q = sorted[i] + (h - (double)i) * (sorted[next] - sorted[i]);
    }
    free(sorted);
    return q;
}

double stats_rmse(const double p[], const double o[], size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (p[i] - o[i]) * (p[i] - o[i]);
    return n > 0 ? sqrt(sum / (double)n) : NAN;
}

double stats_bias(const double p[], const double o[], size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += p[i] - o[i];
    return n > 0 ? sum / (double)n : NAN;
}

double stats_r2(const double p[], const double o[], size_t n)
{
    double mean = stats_mean(o, n), residual = 0.0, total = 0.0;
    for (size_t i = 0; i < n; i++) {
        residual += (o[i] - p[i]) * (o[i] - p[i]);
        total += (o[i] - mean) * (o[i] - mean);
    }
    return n > 1 && total > 0.0 ? 1.0 - residual / total : NAN;
}

static double log_fold(double p, double o) { return p > 0.0 && o > 0.0 ? log(p / o) : NAN; }

double stats_mean_fold(const double p[], const double o[], size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += log_fold(p[i], o[i]);
    return n > 0 ? exp(sum / (double)n) : NAN;
}

double stats_mean_fold_error(const double p[], const double o[], size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += fabs(log_fold(p[i], o[i]));
    return n > 0 ? exp(sum / (double)n) : NAN;
}

double stats_within_fold(const double p[], const double o[], size_t n, double k)
{
    double inside = 0.0;
    if (n == 0 || !(k >= 1.0))
        return NAN;
    for (size_t i = 0; i < n; i++) {
        if (!(p[i] > 0.0 && o[i] > 0.0))
            return NAN;
        inside += p[i] <= o[i] * k && p[i] >= o[i] / k;
    }
    return inside / (double)n;
}

void stats_share_interval(double share, double n, double z, double *low, double *high)
{
    double z2 = z * z / n, centre = (share + 0.5 * z2) / (1.0 + z2);
    double half = z / (1.0 + z2) * sqrt(share * (1.0 - share) / n + 0.25 * z2 / n);
    *low = fmax(0.0, centre - half);
    *high = fmin(1.0, centre + half);
}
