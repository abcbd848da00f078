/* runner.c -- see runner.h. */
#include <errno.h>
#include <math.h>
#include <sys/prctl.h>
#include <time.h>
#include "rig/loop/runner.h"

double runner_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void sleep_until(double t)
{
    struct timespec at = {(time_t)t, (long)(fmod(t, 1.0) * 1e9)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/* A signal stops first, and quits once the axis stands. */
static enum rig_key key_now(const struct rig *r, const struct runner_door *door)
{
    if (!*door->stop_signal)
        return door->key(door->self);
    return r->state == RIG_TRIPPED || r->state == RIG_STOPPED ? KEY_QUIT : KEY_STOP;
}

void runner_run(struct rig *r, const struct runner_door *door)
{
    double period = r->bench->tick_period, deadline = runner_now() + period;
    prctl(PR_SET_TIMERSLACK, 1UL);
    for (;;) {
        sleep_until(deadline);
        double now = runner_now();
        bool goes_on = rig_tick(r, now, now - deadline, key_now(r, door));
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
