/* latency.c -- see latency.h. */
#include <math.h>
#include "rig/loop/latency.h"

enum { BINS_A_DECADE = 20 };

void latency_add(struct latency *l, double seconds)
{
    double place = seconds > 1e-6 ? BINS_A_DECADE * log10(seconds / 1e-6) : 0.0;
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
            return fmin(l->max, 1e-6 * pow(10.0, (i + 1) / (double)BINS_A_DECADE));
    return 0.0;
}

size_t latency_histogram(const struct latency *l, struct latency_step out[LATENCY_STEPS])
{
    static const struct { int bins; double edge; } part[] = {{6, 2.0}, {14, 5.0}, {20, 10.0}}; /* 2 = 10^(6/20) ... */
    size_t n = 0;
    int at = 0;
    for (int step = 0; at < LATENCY_BINS; step++) {
        int end = step / 3 * BINS_A_DECADE + part[step % 3].bins;
        uint64_t sum = 0;
        for (; at < end && at < LATENCY_BINS; at++)
            sum += l->bin[at];
        if (sum > 0)
            out[n++] = (struct latency_step){1e-6 * pow(10.0, step / 3) * part[step % 3].edge, sum};
    }
    return n;
}
