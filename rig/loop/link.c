/* link.c -- see link.h: the mailbox, the drive's orders, the polls, the thread. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "rig/loop/link_parts.h"

#define SILENT_NAP 5e-3
#define EXPECT_PAUSE 5e-3 /* s between two looks at a bit that a command waits for */

/* Is a STOP waiting that was not sent yet?  Asked while a reply does not come. */
static bool is_urgent(void *owner)
{
    struct link *l = owner;
    pthread_mutex_lock(&l->lock);
    bool waits = l->inbox.stop != l->stop_handled;
    pthread_mutex_unlock(&l->lock);
    return waits && !l->is_stopping;
}

int link_new(struct link **out, const struct bench *b, size_t index, struct bus *bus, struct err *e)
{
    struct link *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(e, ERR_NOMEM, "out of memory for a link");
    l->bench = b;
    l->index = index;
    l->bus = bus;
    bus->is_urgent = is_urgent;
    bus->owner = l;
    l->has_axis = b->device[BENCH_AXIS].link == index;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wake, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&l->lock, NULL);
    *out = l;
    return 0;
}

void link_free(struct link *l)
{
    if (!l)
        return;
    link_quit(l);
    bus_free(l->bus);
    pthread_cond_destroy(&l->wake);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

struct bus *link_bus(struct link *l) { return l->bus; }

static void finish_order(struct link *l, bool failed, const char *why)
{
    pthread_mutex_lock(&l->lock);
    l->outbox.order_done = l->order_taken;
    l->outbox.order_failed = failed;
    l->outbox.order_time = bus_now(l->bus);
    if (failed)
        snprintf(l->outbox.trouble, sizeof l->outbox.trouble, "%.199s", why);
    else
        latency_add(&l->stats.order[l->order_kind], l->outbox.order_time - l->order_began);
    pthread_mutex_unlock(&l->lock);
    l->steps = 0;
}

/* A dead man's word is sent again until another order, a STOP, or the end of permission. */
static void keep_repeating(struct link *l)
{
    const struct device_map *m = &l->bench->device[BENCH_AXIS].map;
    int c = map_find_command(m, axis_order_names[l->order_kind]), at = l->steps;
    if (c < 0 || m->command[c].repeat_within <= 0.0)
        return;
    while (at > 0 && !l->step[--at].is_write) /* the trigger is the last write */
        ;
    l->repeat = l->step[at];
    l->repeat_every = 0.5 * m->command[c].repeat_within;
    l->repeat_due = bus_now(l->bus) + l->repeat_every;
}

/* Sends it again when it is time; true when it was. */
static bool repeats(struct link *l, const struct link_inbox *in, double now)
{
    struct err ignored = {0};
    if (l->repeat_every == 0.0 || now < l->repeat_due)
        return false;
    if (l->proofs[BENCH_AXIS] || (axis_is_motion(l->order_kind) && !in->may_move)) {
        l->repeat_every = 0.0; /* the drive stops by itself */
        return false;
    }
    link_write(l, BENCH_AXIS, &l->repeat, &ignored);
    l->repeat_due = now + l->repeat_every;
    return true;
}

/* STOP cancels the order under way and the one still queued. */
static void handle_stop(struct link *l, const struct link_inbox *in)
{
    link_send_stop(l);
    l->repeat_every = 0.0;
    if (l->steps > 0 || in->order != l->order_taken) {
        l->order_taken = in->order;
        finish_order(l, true, "cancelled by STOP");
    }
    l->stop_handled = in->stop;
    pthread_mutex_lock(&l->lock);
    l->outbox.stop_sent = in->stop;
    pthread_mutex_unlock(&l->lock);
}

/* Switching off cancels orders as STOP does.  False when it is not wanted. */
static bool handle_off(struct link *l, const struct link_inbox *in)
{
    if (!link_switch_off(l))
        return false;
    l->repeat_every = 0.0;
    if (l->steps > 0 || in->order != l->order_taken) {
        l->order_taken = in->order;
        finish_order(l, true, "cancelled: the drive is switched off");
    }
    return true;
}

/* ---- the drive's orders ---- */

static void take_order(struct link *l, const struct link_inbox *in)
{
    struct err e = {0};
    l->order_taken = in->order;
    l->order_kind = in->command.order;
    l->order_began = bus_now(l->bus);
    l->step_at = 0;
    l->repeat_every = 0.0;
    l->steps = axis_build(l->bench, &in->command, l->step, &e);
    if (l->steps < 1)
        finish_order(l, true, e.msg);
    else
        l->step_due = l->order_began + l->step[0].wait;
}

static void next_step(struct link *l)
{
    if (++l->step_at == l->steps) {
        keep_repeating(l);
        finish_order(l, false, "");
        return;
    }
    const struct map_step *s = &l->step[l->step_at];
    l->step_due = bus_now(l->bus) + s->wait;
    l->step_until = l->step_due + s->within;
}

/* Does the register hold what the step wants, in the bits that matter? */
static bool is_as_wanted(const struct map_step *s, const uint16_t *regs)
{
    if (s->mask)
        return (regs[0] & s->mask) == s->regs[0];
    return memcmp(regs, s->regs, s->count * sizeof *regs) == 0;
}

static int look(struct link *l, const struct map_step *s, bool *wanted, struct err *e)
{
    uint16_t regs[BUS_MAX_READ];
    struct bus_request r = link_request(l, BENCH_AXIS, s->function, s->address, s->count);
    int rc = link_read(l, &r, BENCH_AXIS, regs, e);
    *wanted = rc == 0 && is_as_wanted(s, regs);
    return rc;
}

static void do_step(struct link *l, const struct link_inbox *in)
{
    struct err e = {0};
    const struct map_step *s = &l->step[l->step_at];
    bool wanted = true;
    if (l->proofs[BENCH_AXIS] || (axis_is_motion(in->command.order) && !in->may_move)) {
        finish_order(l, true, "permission withdrawn, or the line failed meanwhile");
        return;
    }
    int rc = s->is_write ? link_write(l, BENCH_AXIS, s, &e) : look(l, s, &wanted, &e);
    if (rc == 0 && !wanted && bus_now(l->bus) < l->step_until) {
        l->step_due = bus_now(l->bus) + EXPECT_PAUSE;
        return;
    }
    if (rc == 0 && !wanted && s->mask)
        rc = err_set(&e, ERR_COMM, "the drive did not acknowledge at address 0x%04X within %.0f ms", s->address,
                     s->within * 1e3);
    else if (rc == 0 && !wanted)
        rc = err_set(&e, ERR_COMM, "the drive holds another value than was written at address 0x%04X", s->address);
    if (rc)
        finish_order(l, true, e.msg); /* never retried blindly: its fate is unknown */
    else
        next_step(l);
}

/* ---- polling ---- */

/* Reads the next group of a device.  A sample is published when all its groups were read one after the other; its age
 * is that of the first. */
static void poll_group(struct link *l, size_t device)
{
    const struct device_map *m = &l->bench->device[device].map;
    const struct map_group *g = &m->group[l->round[device]];
    struct link_sample *p = &l->partial[device];
    struct err e = {0};
    struct bus_request r = link_request(l, device, g->function, g->address, g->count);
    if (l->round[device] == 0) {
        p->sent = bus_now(l->bus);
        l->begun[device]++;
    }
    if (link_read(l, &r, device, p->regs + g->at, &e)) {
        l->round[device] = 0;
        return;
    }
    if (++l->round[device] < m->groups)
        return;
    l->round[device] = 0;
    p->is_valid = true;
    p->received = bus_now(l->bus);
    p->count++;
    pthread_mutex_lock(&l->lock);
    l->outbox.sample[device] = *p;
    pthread_mutex_unlock(&l->lock);
}

/* May another sample of the device begin?  One that is under way, and proofs, always go on. */
static bool is_of_use(const struct link *l, size_t device)
{
    int most = 1 + (int)(l->bench->tick_period / l->bench->device[device].poll);
    return !l->has_axis || l->tick == 0 || l->round[device] || l->proofs[device] || l->begun[device] < most;
}

static void count_tick(struct link *l, unsigned tick)
{
    if (tick != l->tick)
        memset(l->begun, 0, sizeof l->begun);
    l->tick = tick;
}

/* The device whose poll is most overdue; its next due time is kept on a grid, missed periods are skipped. */
static double poll_due(struct link *l, double now)
{
    size_t best = BENCH_DEVICES;
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        if (l->bench->device[d].link == l->index && is_of_use(l, d) &&
            (best == BENCH_DEVICES || l->due[d] < l->due[best]))
            best = d;
    if (best == BENCH_DEVICES)
        return now + SILENT_NAP;
    if (l->due[best] > now)
        return l->due[best];
    if (l->proofs[best])
        link_prove(l, best);
    else
        poll_group(l, best);
    if (l->round[best] || (l->proofs[best] && !l->bus->is_dirty))
        return bus_now(l->bus); /* the rest of its sample, or its next proof, follows at once */
    double period = l->bench->device[best].poll;
    l->due[best] = fmax(l->due[best] + period, now - fmod(now - l->due[best], period) + period);
    l->due[best] = fmax(l->due[best], now + l->patience[best]);
    return bus_now(l->bus);
}

static double go_silent(struct link *l, bool is_quiet, double now)
{
    if (!l->is_silent && !is_quiet)
        link_send_stop(l);
    l->is_silent = true;
    return now + SILENT_NAP;
}

double link_step(struct link *l)
{
    pthread_mutex_lock(&l->lock);
    struct link_inbox in = l->inbox;
    pthread_mutex_unlock(&l->lock);
    double now = bus_now(l->bus);
    if (now < in.mute_until)
        return in.mute_until;
    if (in.stop != l->stop_handled && l->bus->is_open) {
        handle_stop(l, &in);
        return bus_now(l->bus);
    }
    if (in.off != l->off_handled && handle_off(l, &in))
        return bus_now(l->bus);
    if (l->has_axis && !l->bus->is_open && (in.stop != l->stop_handled || in.off != l->off_handled))
        return link_reopen(l, now); /* these two need no permit */
    if (now >= in.talk_until || in.is_quiet)
        return l->bus->is_open ? go_silent(l, in.is_quiet, now) : now + SILENT_NAP;
    l->is_silent = false;
    count_tick(l, in.tick);
    if (!l->bus->is_open)
        return link_reopen(l, now);
    if (l->bus->is_dirty)
        return link_recover(l);
    if (in.order != l->order_taken && l->proofs[BENCH_AXIS]) {
        link_prove(l, BENCH_AXIS);
        return bus_now(l->bus);
    }
    if (l->steps == 0 && in.order != l->order_taken)
        take_order(l, &in);
    if (l->steps > 0 && now >= l->step_due) {
        do_step(l, &in);
        return bus_now(l->bus);
    }
    if (repeats(l, &in, now))
        return bus_now(l->bus);
    if (l->recheck_due > 0.0 && now >= l->recheck_due) {
        l->recheck_due = now + RECHECK_PERIOD;
        if (link_recheck(l))
            return bus_now(l->bus);
    }
    return fmin(poll_due(l, now), in.talk_until); /* the end of the permit is noticed in time */
}

/* ---- mailbox and thread ---- */

void link_post(struct link *l, const struct link_inbox *in)
{
    pthread_mutex_lock(&l->lock);
    bool is_new = in->stop != l->inbox.stop || in->off != l->inbox.off || in->order != l->inbox.order || in->quit;
    l->inbox = *in;
    if (is_new)
        pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
}

void link_look(struct link *l, struct link_outbox *out)
{
    pthread_mutex_lock(&l->lock);
    *out = l->outbox;
    pthread_mutex_unlock(&l->lock);
}

void link_statistics(struct link *l, struct link_stats *out)
{
    pthread_mutex_lock(&l->lock);
    *out = l->stats;
    pthread_mutex_unlock(&l->lock);
}

static bool has_pending(struct link *l)
{
    pthread_mutex_lock(&l->lock);
    bool pending =
        l->inbox.stop != l->stop_handled || l->inbox.off != l->off_handled || l->inbox.order != l->order_taken;
    pthread_mutex_unlock(&l->lock);
    return pending;
}

static void *link_main(void *arg)
{
    struct link *l = arg;
    double next = 0.0;
    for (;;) {
        pthread_mutex_lock(&l->lock);
        struct timespec until = {(time_t)next, (long)(fmod(next, 1.0) * 1e9)};
        int rc = 0;
        while (rc == 0 && !l->inbox.quit && l->inbox.stop == l->stop_handled && l->inbox.off == l->off_handled &&
               l->inbox.order == l->order_taken)
            rc = pthread_cond_timedwait(&l->wake, &l->lock, &until);
        bool quit = l->inbox.quit;
        pthread_mutex_unlock(&l->lock);
        if (quit)
            return NULL;
        next = link_step(l);
        double now = bus_now(l->bus);
        if (next > now && has_pending(l)) /* it cannot be sent yet (link down, no permit): do not spin on it */
            bus_idle(l->bus, fmin(next, now + SILENT_NAP));
    }
}

int link_start(struct link *l, struct err *e)
{
    if (pthread_create(&l->thread, NULL, link_main, l) != 0)
        return err_set(e, ERR_FAILED, "cannot start the thread of %s", l->bus->name);
    l->is_running = true;
    return 0;
}

void link_quit(struct link *l)
{
    if (!l->is_running)
        return;
    pthread_mutex_lock(&l->lock);
    l->inbox.quit = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    l->is_running = false;
}
