/* bench_check.h -- what contradicts itself in a bench: one endpoint twice, two devices with one unit, an input on the
 * bit of another one.  Pure. */
#ifndef RIG_DEVICE_BENCH_CHECK_H
#define RIG_DEVICE_BENCH_CHECK_H
#include "rig/device/bench.h"

/* root: the bench's document.  ERR_RANGE with the place. */
int bench_check(const struct bench *b, struct cnode root, struct err *e);
#endif
