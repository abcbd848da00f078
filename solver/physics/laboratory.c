/* laboratory.c -- see laboratory.h. */
#include <math.h>
#include "solver/physics/laboratory.h"

double lab_cumulative(double V, double v, const double *C, size_t n)
{
    double taken = 0.0;
    for (size_t i = 0; i + 1 < n; i++)
        taken += v * C[i];
    return n ? V * C[n - 1] + taken : 0.0;
}

size_t lab_line(const double *t, const double *Q, size_t n, double from, double to, double *slope, double *lag)
{
    double st = 0.0, sq = 0.0, stt = 0.0, stq = 0.0;
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        if (t[i] >= from && t[i] <= to) {
            st += t[i];
            sq += Q[i];
            used++;
        }
    *slope = *lag = NAN;
    if (used < 2)
        return used;
    double mt = st / (double)used, mq = sq / (double)used;
    for (size_t i = 0; i < n; i++)
        if (t[i] >= from && t[i] <= to) {
            stt += (t[i] - mt) * (t[i] - mt);
            stq += (t[i] - mt) * (Q[i] - mq);
        }
    *slope = stq / stt;
    *lag = mt - mq / *slope;
    return used;
}
