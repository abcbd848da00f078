/* latency.c -- see latency.h. */
#include <math.h>
#include "rig/loop/latency.h"

void latency_add(struct latency *l, double seconds)
{
    double place = seconds > 1e-6 ? 20.0 * log10(seconds / 1e-6) : 0.0;
    int i = place < LATENCY_BINS - 1 ? (int)place : LATENCY_BINS - 1;
    l->bin[i]++;
    l->count++;
    l->max = fmax(l->max, seconds);
}

double latency_quantile(const struct latency *l, double q)
{
    uint64_t want = (uint64_t)ceil(q * (double)l->count), seen = 0;
    for (int i = 0; i < LATENCY_BINS && l->count > 0; i++)
        if ((seen += l->bin[i]) >= want)
            return fmin(l->max, 1e-6 * pow(10.0, (i + 1) / 20.0));
    return 0.0;
}
