/* latency.h -- counts of times in geometric bins, for p50, p99 and max without keeping every value. */
#ifndef RIG_LOOP_LATENCY_H
#define RIG_LOOP_LATENCY_H
#include <stdint.h>

enum { LATENCY_BINS = 160 }; /* 20 a decade from 1 us: up to 100 s, each 12 % wide */
struct latency { uint64_t count, bin[LATENCY_BINS]; double max; };
void   latency_add(struct latency *l, double seconds);
/* Upper edge of the bin that holds the quantile q of 0..1, s (never above max); 0 when nothing was counted. */
double latency_quantile(const struct latency *l, double q);
#endif
