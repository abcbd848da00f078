/* latency.h -- counts of times in geometric bins, for quantiles, the maximum and a small histogram without keeping
 * every value. */
#ifndef RIG_LOOP_LATENCY_H
#define RIG_LOOP_LATENCY_H
#include <stddef.h>
#include <stdint.h>

enum { LATENCY_BINS = 160, /* 20 a decade from 1 us: up to 100 s, each 12 % wide */
       LATENCY_STEPS = 24 };
struct latency { uint64_t count, bin[LATENCY_BINS]; double max; };
void   latency_add(struct latency *l, double seconds);
/* Upper edge of the bin that holds the quantile q of 0..1, s (never above max); 0 when nothing was counted. */
double latency_quantile(const struct latency *l, double q);

/* n times above the step before and up to `edge`, s.  Edges are 1, 2 and 5 of each decade from 1 us, to the bins'
 * 0.3 %; steps without any are left out.  Returns how many. */
struct latency_step { double edge; uint64_t n; };
size_t latency_histogram(const struct latency *l, struct latency_step out[LATENCY_STEPS]);
#endif
