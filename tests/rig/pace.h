/* pace.h -- virtual time: the tick and each link run when they are due, side by side as their threads would, on the
 * clock of the memory buses.  Each link has a stack of its own: while it waits for a reply the tick and the other link
 * go on, and it goes on itself at the very moment the reply is there. */
#ifndef TESTS_RIG_PACE_H
#define TESTS_RIG_PACE_H
#include <ucontext.h>
#include "rig/bus/memory.h"
#include "rig/loop/tick.h"

enum { PACE_STACK = 256 * 1024 };
struct pace_link {
    ucontext_t context;
    double wants;                    /* when it is due, s */
    bool is_waiting;                 /* inside a transaction: a STOP or an order does not wake it */
    void *fiber;                     /* the thread sanitizer's name for it */
    unsigned char stack[PACE_STACK];
};
struct pace {
    struct memory_clock clock;       /* of the buses; its peer is the caller's to set */
    struct rig *rig;
    bool (*tick)(void *self, double now, double lateness, enum rig_key key); /* instead of rig_tick; NULL: rig_tick */
    void *self;
    struct link *const *link;
    struct recorder *recorder;
    double deadline;                 /* of the last tick, s */
    bool goes_on;
    uint64_t ticks;                  /* run so far */
    enum rig_key key;                /* for the next tick */
    double late;                     /* the next tick comes so late, s; then 0 again */
    bool is_dead;                    /* the tick no longer runs (links do) */
    size_t running;                  /* the link that runs now; BENCH_LINKS: the tick, or who calls */
    ucontext_t caller;
    void *caller_fiber;
    struct pace_link thread[BENCH_LINKS];
};
/* From now on.  All is lent; the clock keeps its time and its peer.  A pace must not be moved afterwards. */
void pace_start(struct pace *p, struct rig *r, struct link *const *link, struct recorder *recorder);
/* One tick (and what the links do until it); false once the run has ended. */
bool pace_tick(struct pace *p, enum rig_key key);
#endif
