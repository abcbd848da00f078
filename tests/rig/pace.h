/* pace.h -- virtual time: the tick and each link run when they are due, side by side as their threads would, on the
 * clock of the memory buses.  One call stack: a link that waits for its reply lets the others run meanwhile. */
#ifndef TESTS_RIG_PACE_H
#define TESTS_RIG_PACE_H
#include "rig/bus/memory.h"
#include "rig/loop/tick.h"

struct pace {
    struct memory_clock clock;       /* of the buses; its peer is the caller's to set */
    struct rig *rig;
    struct link *const *link;
    struct recorder *recorder;
    double deadline;                 /* of the last tick, s */
    double wants[BENCH_LINKS];       /* when each link is due, s */
    bool is_busy[BENCH_LINKS], in_tick, goes_on;
    uint64_t ticks;                  /* run so far */
    enum rig_key key;                /* for the next tick */
    bool is_late_once;               /* the next tick comes 150 ms late */
    bool is_dead;                    /* the tick no longer runs (links do) */
};
/* From now on.  All is lent; the clock keeps its time and its peer. */
void pace_start(struct pace *p, struct rig *r, struct link *const *link, struct recorder *recorder);
/* One tick (and what the links do until it); false once the run has ended. */
bool pace_tick(struct pace *p, enum rig_key key);
#endif
