/* runner.c -- see runner.h. */
#include <errno.h>
#include <math.h>
#include <sys/prctl.h>
#include <time.h>
#include "rig/loop/runner.h"

#define SUSPEND_GAP 0.01 /* s: less is the two clocks being read one after the other */

double runner_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* How long the machine has been suspended since it was started: the monotonic clock stands still then, this one not. */
static double suspended(void)
{
    struct timespec boot;
    clock_gettime(CLOCK_BOOTTIME, &boot);
    return (double)boot.tv_sec + 1e-9 * (double)boot.tv_nsec - runner_now();
}

static void sleep_until(double t)
{
    struct timespec at = {(time_t)t, (long)(fmod(t, 1.0) * 1e9)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/* A signal stops first, and quits once the axis stands. */
enum rig_key runner_key(const struct rig *r, const struct runner_door *door)
{
    if (!*door->stop_signal)
        return door->key(door->self);
    return r->state == RIG_TRIPPED || r->state == RIG_STOPPED ? KEY_QUIT : KEY_STOP;
}

void runner_run(struct rig *r, const struct runner_door *door)
{
    double period = r->bench->tick_period, deadline = runner_now() + period, asleep = suspended();
    prctl(PR_SET_TIMERSLACK, 1UL);
    for (;;) {
        sleep_until(deadline);
        double now = runner_now();
        double gap = suspended() - asleep; /* a suspend is lateness that the monotonic clock does not show */
        asleep += gap;
        bool goes_on = rig_tick(r, now, now - deadline + (gap > SUSPEND_GAP ? gap : 0.0), runner_key(r, door));
        door->show(door->self, r);
        if (!goes_on)
            return;
        deadline += period;
        now = runner_now();
        if (now > deadline) { /* too late for some: they are skipped and counted */
            double missed = floor((now - deadline) / period) + 1.0;
            r->skipped += (uint64_t)missed;
            deadline += missed * period;
        }
    }
}
