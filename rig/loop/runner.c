/* runner.c -- see runner.h. */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include "rig/loop/runner.h"

enum { REALTIME_PRIORITY = 50 }; /* above ordinary programs, below the kernel's own threads of a real-time kernel */
#define STACKS (40u << 20) /* bytes: more than the stacks of the threads that follow, which will be locked too */

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

static int refuse(const char *what, struct err *e)
{
    err_set(e, ERR_FAILED, "--realtime: %s is not permitted: %s", what, strerror(errno));
    err_hint(e, "as root: setcap cap_sys_nice,cap_ipc_lock+ep on the mnrig file, or rtprio 50 and memlock unlimited in "
                "/etc/security/limits.conf; without --realtime it runs too, and late ticks are counted");
    return ERR_FAILED;
}

int runner_prepare(bool is_realtime, struct err *e)
{
    struct sched_param p = {.sched_priority = REALTIME_PRIORITY};
    prctl(PR_SET_TIMERSLACK, 1UL);
    if (!is_realtime)
        return 0;
    if (sched_setscheduler(0, SCHED_FIFO, &p) != 0)
        return refuse("SCHED_FIFO", e);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        return refuse("locking memory", e);
    void *room = mmap(NULL, STACKS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return refuse("locking 40 MB of memory", e);
    munmap(room, STACKS);
    return 0;
}

/* The next deadline that is still to come; those that were missed are counted, never caught up. */
static double next_deadline(double deadline, double period, double now, uint64_t *skipped)
{
    deadline += period;
    if (now <= deadline)
        return deadline;
    double missed = floor((now - deadline) / period) + 1.0;
    *skipped += (uint64_t)missed;
    return deadline + missed * period;
}

void runner_run(struct rig *r, const struct runner_door *door)
{
    double period = r->bench->tick_period, deadline = runner_now() + period, asleep = suspended();
    for (;;) {
        sleep_until(deadline);
        double now = runner_now();
        double gap = suspended() - asleep; /* a suspend is lateness that the monotonic clock does not show */
        asleep += gap;
        double late = now - deadline + (gap > SUSPEND_GAP ? gap : 0.0);
        enum rig_key key = runner_key(r, door);
        bool goes_on = door->tick ? door->tick(door->self, now, late, key) : rig_tick(r, now, late, key);
        door->show(door->self, r);
        if (!goes_on)
            return;
        deadline = next_deadline(deadline, period, runner_now(), &r->skipped);
    }
}

void runner_measure(double period, double seconds, struct latency *lateness, uint64_t *ticks, uint64_t *skipped)
{
    double deadline = runner_now() + period, end = runner_now() + seconds;
    while (deadline < end) {
        sleep_until(deadline);
        double now = runner_now();
        latency_add(lateness, now - deadline);
        (*ticks)++;
        deadline = next_deadline(deadline, period, now, skipped);
    }
}
