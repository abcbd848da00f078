/* outside.h -- the whole program mnrig in virtual time: the linker (--wrap) gives it memory buses in place of real
 * ones, and the pace of tests/rig/pace.h in place of threads and clock.  Behind the buses is the virtual bench, watched
 * step by step: what is told here is the truth, not what mnrig measured. */
#ifndef TESTS_FAULTS_OUTSIDE_H
#define TESTS_FAULTS_OUTSIDE_H
#include "rig/virtual/vbench.h"
#include "tests/rig/pace.h"

enum { OUTSIDE_TICKS = 1500 };       /* as many as a run may have here, unless it is told otherwise */
struct outside {
    struct vbench *world;
    struct pace pace;
    struct bus *bus[BENCH_LINKS];
    size_t buses;
    uint64_t most_ticks;             /* a run that has not ended by then hangs */
    bool has_run, hangs;             /* ticks were run; the run did not end by itself */
    long memory_early, memory_late;  /* kB resident: at a tenth of the ticks, at the end */
    /* as it was at the end of the run */
    struct safety_latch latch;
    enum rig_state ended_from;
    bool stop_not_proven;
    uint64_t ticks;
    /* the truth */
    double peak_force;               /* N, of |force| */
    double highest, lowest;          /* m, of the axis */
    struct map_step stop;            /* what STOP is on this bench */
    bool last_was_stop;              /* the last word to the axis, and when, s */
    double last_at;
    bool was_told, was_told_stop;    /* the axis was told something after the trip; it was STOP, or it just had been */
};
/* The one that the wrapped functions use. */
struct outside *outside(void);
/* A fresh bench; settings: a file of mnbench.  gap: how far below home the skin is, m. */
int  outside_begin(const char *settings, double gap, struct err *e);
/* Lets the bench go on without mnrig. */
void outside_wait(double seconds);
void outside_end(void);
#endif
