/* runner.h -- the tick in real time: absolute deadlines of CLOCK_MONOTONIC; a missed deadline is skipped and counted,
 * never caught up. */
#ifndef RIG_LOOP_RUNNER_H
#define RIG_LOOP_RUNNER_H
#include <signal.h>
#include "rig/loop/tick.h"

struct runner_door {            /* the outside of the loop */
    enum rig_key (*key)(void *self);
    void (*show)(void *self, const struct rig *r);
    void *self;
    const volatile sig_atomic_t *stop_signal; /* not 0: a controlled stop, then the end */
};
double runner_now(void);
/* What the operator asks for now: a key, or what a signal stands for. */
enum rig_key runner_key(const struct rig *r, const struct runner_door *door);
/* Runs until rig_tick says that it has ended.  The links' threads run already. */
void runner_run(struct rig *r, const struct runner_door *door);
#endif
