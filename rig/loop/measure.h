/* measure.h -- how fast a bench answers and how late this PC is: reads of every device, several times as often as a
 * run would, while a loop wakes at the tick's period and does nothing.  Nothing is ever written. */
#ifndef RIG_LOOP_MEASURE_H
#define RIG_LOOP_MEASURE_H
#include "rig/device/bench.h"
#include "rig/loop/latency.h"

struct measured_device {
    struct latency read;      /* one transaction that succeeded */
    struct latency sample;    /* all groups of the device one after the other, waits for its line included */
    uint64_t requests, timeouts, garbled, exceptions, lost;
    char trouble[200];        /* the first failure */
};
struct measurement {
    struct measured_device device[BENCH_DEVICES];
    struct latency lateness;  /* of the loop's wake-ups */
    uint64_t ticks, skipped;
    double busy[BENCH_LINKS]; /* share of the time that the link was waiting for an answer, at the polls of the bench */
};
/* Takes about `seconds`.  bus[i]: the open bus of link i; nobody else may use it meanwhile.  ERR_FAILED: no thread. */
int measure_bench(const struct bench *b, struct bus *const bus[], double seconds, struct measurement *out,
                  struct err *e);
#endif
