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
    /* Instead of rig_tick, for who drives the controller by itself (rig/prove); NULL: rig_tick. */
    bool (*tick)(void *self, double now, double lateness, enum rig_key key);
};
double runner_now(void);
/* What the operator asks for now: a key, or what a signal stands for. */
enum rig_key runner_key(const struct rig *r, const struct runner_door *door);
/* Of the calling thread and of those that it starts from now on: timers without slack.  is_realtime: also SCHED_FIFO,
 * and the whole program locked into memory.  ERR_FAILED, with what to do, when that is not permitted. */
int runner_prepare(bool is_realtime, struct err *e);
/* Runs until rig_tick says that it has ended.  The links' threads run already. */
void runner_run(struct rig *r, const struct runner_door *door);
/* The same loop without a tick, for so many seconds: only how late it wakes is counted. */
void runner_measure(double period, double seconds, struct latency *lateness, uint64_t *ticks, uint64_t *skipped);
#endif
