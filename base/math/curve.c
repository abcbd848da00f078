/* curve.c -- see curve.h. */
#include <math.h>
#include <stdbool.h>
#include "base/math/curve.h"

static bool is_point(double x, double y) { return !isnan(x) && !isnan(y); }

/* Where sign * y first reaches sign * level from below. */
static double reach(const double x[], const double y[], size_t n, double level, double sign)
{
    size_t last = n; /* the point before; n: none yet */
    for (size_t i = 0; i < n; i++) {
        if (!is_point(x[i], y[i]))
            continue;
        if (sign * y[i] >= sign * level)
            return last == n ? x[i] : x[last] + (x[i] - x[last]) * (level - y[last]) / (y[i] - y[last]);
        last = i;
    }
    return NAN;
}

double curve_rise_to(const double x[], const double y[], size_t n, double level) { return reach(x, y, n, level, 1.0); }
double curve_fall_to(const double x[], const double y[], size_t n, double level) { return reach(x, y, n, level, -1.0); }

double curve_value(const double x[], const double y[], size_t n, double at)
{
    size_t below = n;
    for (size_t i = 0; i < n; i++) {
        if (!is_point(x[i], y[i]))
            continue;
        if (x[i] > at)
            return below == n ? NAN : y[below] + (y[i] - y[below]) * (at - x[below]) / (x[i] - x[below]);
        below = i;
    }
    return below < n && x[below] == at ? y[below] : NAN;
}

double curve_mean(const double x[], const double y[], size_t n, double from, double to)
{
    double last_x = from, last_y = curve_value(x, y, n, from), end = curve_value(x, y, n, to), area = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i]) || !(x[i] > from && x[i] < to)) continue;
        area += 0.5 * (last_y + y[i]) * (x[i] - last_x);
        last_x = x[i];
        last_y = y[i];
    }
    return (area + 0.5 * (last_y + end) * (to - last_x)) / (to - from);
}

double curve_slope(const double x[], const double y[], size_t n, double lo, double hi, double *intercept)
{
    double sx = 0.0, sy = 0.0, m = 0.0, sxx = 0.0, sxy = 0.0;
    for (size_t i = 0; i < n; i++)
        if (is_point(x[i], y[i]) && x[i] >= lo && x[i] <= hi) {
            sx += x[i];
            sy += y[i];
            m += 1.0;
        }
    double mx = sx / m, my = sy / m;
    for (size_t i = 0; i < n; i++) /* about the means: no digits are lost far from zero */
        if (is_point(x[i], y[i]) && x[i] >= lo && x[i] <= hi) {
            sxx += (x[i] - mx) * (x[i] - mx);
            sxy += (x[i] - mx) * (y[i] - my);
        }
    double slope = m >= 2.0 && sxx > 0.0 ? sxy / sxx : NAN;
    if (intercept)
        *intercept = my - slope * mx;
    return slope;
}

double curve_work(const double x[], const double y[], size_t n)
{
    double work = 0.0;
    size_t last = n;
    for (size_t i = 0; i < n; i++) {
        if (!is_point(x[i], y[i]))
            continue;
        if (last < n)
            work += 0.5 * (y[i] + y[last]) * (x[i] - x[last]);
        last = i;
    }
    return work;
}

struct fall { size_t peak, valley; bool is_open; };

static size_t close_fall(const struct fall *f, const double y[], struct curve_drop drops[], size_t max, size_t found)
{
    if (found < max)
        drops[found] = (struct curve_drop){f->peak, f->valley, y[f->peak] - y[f->valley]};
    return found + 1;
}

size_t curve_drops(const double x[], const double y[], size_t n, double threshold, struct curve_drop drops[],
                   size_t max)
{
    struct fall f = {n, n, false};
    size_t found = 0;
    for (size_t i = 0; i < n && threshold > 0.0; i++) {
        if (!is_point(x[i], y[i]))
            continue;
        if (f.peak == n || (!f.is_open && y[i] > y[f.peak])) {
            f.peak = f.valley = i; /* climbing: the peak moves along */
        } else if (f.is_open && y[i] - y[f.valley] >= threshold) {
            found = close_fall(&f, y, drops, max, found);
            f = (struct fall){i, i, false};
        } else if (y[i] < y[f.valley]) {
            f.valley = i;
            f.is_open = y[f.peak] - y[i] >= threshold;
        }
    }
    return f.is_open ? close_fall(&f, y, drops, max, found) : found;
}
