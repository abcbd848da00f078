/* bench_check.h -- what contradicts itself in a bench: one endpoint twice, two devices with one unit, an input on the
 * bit of another one.  Pure. */
#ifndef RIG_DEVICE_BENCH_CHECK_H
#define RIG_DEVICE_BENCH_CHECK_H
#include "rig/device/bench.h"

/* root: the bench's document.  ERR_RANGE with the place. */
int bench_check(const struct bench *b, struct cnode root, struct err *e);
/* ERR_RANGE at `at` when a command or a verification of the axis cannot carry this value of a parameter ("speed",
 * "target", ...), SI: the drive would refuse it, cut it off or wrap it. */
int bench_holds(const struct bench *b, const char *parameter, double value, struct cnode at, struct err *e);
/* The same of a value that is read from the axis: must hold everything from least to most, SI. */
int bench_reads(const struct bench *b, const char *value, double least, double most, struct cnode at, struct err *e);
#endif
