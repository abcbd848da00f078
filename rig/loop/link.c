/* link.c -- see link.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "rig/loop/link.h"

#define BACKOFF_FIRST 0.1 /* s between attempts to open a lost link; the first attempt is immediate */
#define BACKOFF_MAX 2.0
#define DRAIN_SLICE 5e-3  /* s: a drain gives way to a STOP after each slice */
#define SILENT_NAP 5e-3
enum { STOPS_ON_OPEN = 3, PREPARE_TRIES = 3 };

struct link {
    const struct bench *bench;
    size_t index;
    bool has_axis;
    struct bus *bus;
    pthread_t thread;
    bool is_running;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct link_inbox inbox;      /* under lock */
    struct link_outbox outbox;    /* under lock */
    struct link_stats stats;      /* under lock */
    /* the I/O side's own */
    double   due[BENCH_DEVICES];
    uint16_t known[BENCH_DEVICES][MAP_CANARIES][BUS_MAX_READ]; /* what the canaries read at start */
    bool     is_suspect[BENCH_DEVICES]; /* a canary must pass before the device is believed again */
    double   late_reply;          /* of the device that failed last, s */
    unsigned canary;              /* alternates the two */
    double   next_try, backoff;
    bool     is_silent;
    unsigned stop_handled, order_taken;
    int      steps, step_at;      /* of the command under way; 0 when none */
    struct map_step step[MAP_STEPS];
};

int link_new(struct link **out, const struct bench *b, size_t index, struct bus *bus, struct err *e)
{
    struct link *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(e, ERR_NOMEM, "out of memory for a link");
    l->bench = b;
    l->index = index;
    l->bus = bus;
    l->has_axis = b->device[BENCH_AXIS].link == index;
    l->backoff = BACKOFF_FIRST;
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

/* ---- one transaction, with its bookkeeping
 * ------------------------------------------------------------------------------- */

static struct bus_request request(const struct link *l, size_t device, uint8_t function, uint16_t address,
                                  uint16_t count)
{
    const struct bench_device *d = &l->bench->device[device];
    return (struct bus_request){d->name, d->unit, function, address, count, d->timeout, d->map.gap};
}

static void note(struct link *l, size_t device, bool is_write, double took, int rc, const struct err *e)
{
    pthread_mutex_lock(&l->lock);
    struct link_stats *s = &l->stats;
    s->transactions++;
    s->timeouts += rc && l->bus->failure == BUS_TIMEOUT;
    s->garbled += rc && l->bus->failure == BUS_GARBLED;
    s->exceptions += rc && l->bus->failure == BUS_EXCEPTION;
    s->lost += rc && l->bus->failure == BUS_LOST;
    if (rc == 0)
        latency_add(is_write ? &s->writes[device] : &s->reads[device], took);
    if (rc) {
        l->outbox.failures_in_row[device]++;
        snprintf(l->outbox.trouble, sizeof l->outbox.trouble, "%.199s", e->msg);
    } else if (!is_write) {
        l->outbox.failures_in_row[device] = 0;
    }
    l->outbox.is_up = l->bus->is_open;
    pthread_mutex_unlock(&l->lock);
    if (rc && l->bus->is_dirty) {
        l->is_suspect[device] = true;
        l->late_reply = l->bench->device[device].map.late_reply;
    }
}

static int do_read(struct link *l, size_t device, uint8_t function, uint16_t address, uint16_t count, uint16_t *regs,
                   struct err *e)
{
    struct bus_request r = request(l, device, function, address, count);
    double start = bus_now(l->bus);
    int rc = bus_read(l->bus, &r, regs, e);
    note(l, device, false, bus_now(l->bus) - start, rc, e);
    return rc;
}

static int do_write(struct link *l, size_t device, const struct map_step *s, struct err *e)
{
    struct bus_request r = request(l, device, s->function, s->address, s->count);
    double start = bus_now(l->bus);
    int rc = bus_write(l->bus, &r, s->regs, e);
    note(l, device, true, bus_now(l->bus) - start, rc, e);
    return rc;
}

/* ---- stop
 * --------------------------------------------------------------------------------------------------------------- */

/* Sends STOP once.  Its reply proves nothing (libmodbus does not compare a write's echo), so it is not looked at. */
static void send_stop(struct link *l)
{
    struct map_step s[MAP_STEPS];
    struct err e = {0};
    if (!l->has_axis || axis_build_stop(l->bench, s, &e) < 1)
        return;
    do_write(l, BENCH_AXIS, &s[0], &e);
    pthread_mutex_lock(&l->lock);
    l->stats.stops++;
    l->outbox.stop_time = bus_now(l->bus);
    pthread_mutex_unlock(&l->lock);
}

static void finish_order(struct link *l, bool failed, const char *why)
{
    pthread_mutex_lock(&l->lock);
    l->outbox.order_done = l->order_taken;
    l->outbox.order_failed = failed;
    l->outbox.order_time = bus_now(l->bus);
    if (failed)
        snprintf(l->outbox.trouble, sizeof l->outbox.trouble, "%.199s", why);
    pthread_mutex_unlock(&l->lock);
    l->steps = 0;
}

/* STOP cancels the order under way and the one still queued. */
static void handle_stop(struct link *l, const struct link_inbox *in)
{
    send_stop(l);
    if (l->steps > 0 || in->order != l->order_taken) {
        l->order_taken = in->order;
        finish_order(l, true, "cancelled by STOP");
    }
    l->stop_handled = in->stop;
    pthread_mutex_lock(&l->lock);
    l->outbox.stop_sent = in->stop;
    pthread_mutex_unlock(&l->lock);
}

/* ---- opening, recovering
 * ------------------------------------------------------------------------------------------------ */

static int check_canary(struct link *l, size_t device, unsigned which, struct err *e)
{
    const struct map_canary *c = &l->bench->device[device].map.canary[which];
    uint16_t regs[BUS_MAX_READ];
    int rc = do_read(l, device, c->function, c->address, c->count, regs, e);
    if (rc == 0 && memcmp(regs, l->known[device][which], c->count * sizeof *regs) != 0)
        rc = err_set(e, ERR_COMM,
                     "'%s': register 0x%04X is not what it was at start: a reply of another request, or another device",
                     l->bench->device[device].name, c->address);
    return rc;
}

/* What a device says is believed again once a canary passed; until then the other devices of the line go on. */
static void prove_device(struct link *l, size_t device)
{
    struct err e = {0};
    if (check_canary(l, device, l->canary++ % MAP_CANARIES, &e) == 0) {
        l->is_suspect[device] = false;
        return;
    }
    l->bus->is_dirty = true; /* the canary's own failure starts the drain anew */
    l->late_reply = l->bench->device[device].map.late_reply;
    pthread_mutex_lock(&l->lock);
    l->stats.canaries_failed++;
    l->outbox.failures_in_row[device]++;
    snprintf(l->outbox.trouble, sizeof l->outbox.trouble, "%.199s", e.msg);
    pthread_mutex_unlock(&l->lock);
}

/* After opening anew: STOP first, then is it the same device? */
static int greet(struct link *l, struct err *e)
{
    for (int i = 0; i < STOPS_ON_OPEN && l->has_axis && l->bus->is_open; i++) {
        send_stop(l);
        if (!l->bus->is_dirty)
            break;
    }
    int rc = l->bus->is_open && !l->bus->is_dirty ? 0 : err_set(e, ERR_COMM, "%s: no answer to STOP", l->bus->name);
    for (size_t d = 0; d < BENCH_DEVICES && rc == 0; d++)
        for (unsigned k = 0; k < MAP_CANARIES && rc == 0 && l->bench->device[d].link == l->index; k++)
            rc = check_canary(l, d, k, e);
    return rc;
}

static double reopen(struct link *l, double now)
{
    struct err e = {0};
    if (now < l->next_try)
        return l->next_try;
    int rc = bus_open(l->bus, &e);
    if (rc == 0)
        rc = greet(l, &e);
    pthread_mutex_lock(&l->lock);
    l->outbox.is_up = rc == 0;
    l->outbox.generation += rc == 0;
    l->stats.opened += rc == 0;
    pthread_mutex_unlock(&l->lock);
    if (rc == 0) {
        l->backoff = BACKOFF_FIRST;
        memset(l->is_suspect, 0, sizeof l->is_suspect);
        return bus_now(l->bus);
    }
    bus_close(l->bus);
    l->next_try = bus_now(l->bus) + l->backoff;
    l->backoff = fmin(2.0 * l->backoff, BACKOFF_MAX);
    return l->next_try;
}

/* A link that may still hold a late reply: a serial line is drained, a TCP link opened anew. */
static double recover(struct link *l)
{
    struct err ignored = {0};
    if (l->bus->is_serial) {
        bus_recover(l->bus, l->late_reply, DRAIN_SLICE, &ignored);
        return bus_now(l->bus);
    }
    bus_close(l->bus);
    l->next_try = bus_now(l->bus);
    pthread_mutex_lock(&l->lock);
    l->outbox.is_up = false;
    pthread_mutex_unlock(&l->lock);
    return l->next_try;
}

/* ---- the drive's orders
 * ------------------------------------------------------------------------------------------------- */

static void take_order(struct link *l, const struct link_inbox *in)
{
    struct err e = {0};
    l->order_taken = in->order;
    l->step_at = 0;
    l->steps = axis_build(l->bench, &in->command, l->step, &e);
    if (l->steps < 1)
        finish_order(l, true, e.msg);
}

static void do_step(struct link *l, const struct link_inbox *in)
{
    struct err e = {0};
    struct map_step *s = &l->step[l->step_at];
    uint16_t regs[BUS_MAX_READ];
    if (l->is_suspect[BENCH_AXIS] || (axis_is_motion(in->command.order) && !in->may_move)) {
        finish_order(l, true, "permission withdrawn, or the line failed meanwhile");
        return;
    }
    int rc = s->is_write ? do_write(l, BENCH_AXIS, s, &e)
                         : do_read(l, BENCH_AXIS, s->function, s->address, s->count, regs, &e);
    if (rc == 0 && !s->is_write && memcmp(regs, s->regs, s->count * sizeof *regs) != 0)
        rc = err_set(&e, ERR_COMM, "the drive holds another value than was written at address 0x%04X", s->address);
    if (rc)
        finish_order(l, true, e.msg); /* never retried blindly: its fate is unknown */
    else if (++l->step_at == l->steps)
        finish_order(l, false, "");
}

/* ---- polling
 * ------------------------------------------------------------------------------------------------------------ */

static void poll_device(struct link *l, size_t device)
{
    const struct map_group *g = &l->bench->device[device].map.group[0];
    struct err e = {0};
    uint16_t regs[BUS_MAX_READ];
    double sent = bus_now(l->bus);
    if (do_read(l, device, g->function, g->address, g->count, regs, &e))
        return;
    pthread_mutex_lock(&l->lock);
    struct link_sample *s = &l->outbox.sample[device];
    s->is_valid = true;
    s->sent = sent;
    s->received = bus_now(l->bus);
    s->count++;
    memcpy(s->regs, regs, g->count * sizeof *regs);
    pthread_mutex_unlock(&l->lock);
}

/* The device whose poll is most overdue; its next due time is kept on a grid, missed periods are skipped. */
static double poll_due(struct link *l, double now)
{
    size_t best = BENCH_DEVICES;
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        if (l->bench->device[d].link == l->index && (best == BENCH_DEVICES || l->due[d] < l->due[best]))
            best = d;
    if (best == BENCH_DEVICES)
        return now + 1.0;
    if (l->due[best] > now)
        return l->due[best];
    if (l->is_suspect[best])
        prove_device(l, best);
    else
        poll_device(l, best);
    double period = l->bench->device[best].poll;
    l->due[best] = fmax(l->due[best] + period, now - fmod(now - l->due[best], period) + period);
    return bus_now(l->bus);
}

static double go_silent(struct link *l, double now)
{
    if (!l->is_silent)
        send_stop(l);
    l->is_silent = true;
    return now + SILENT_NAP;
}

double link_step(struct link *l)
{
    pthread_mutex_lock(&l->lock);
    struct link_inbox in = l->inbox;
    pthread_mutex_unlock(&l->lock);
    double now = bus_now(l->bus);
    if (in.stop != l->stop_handled && l->bus->is_open) {
        handle_stop(l, &in);
        return bus_now(l->bus);
    }
    if (now > in.talk_until)
        return l->bus->is_open ? go_silent(l, now) : now + SILENT_NAP;
    l->is_silent = false;
    if (!l->bus->is_open)
        return reopen(l, now);
    if (l->bus->is_dirty)
        return recover(l);
    if (in.order != l->order_taken && l->is_suspect[BENCH_AXIS]) {
        prove_device(l, BENCH_AXIS);
        return bus_now(l->bus);
    }
    if (l->steps == 0 && in.order != l->order_taken)
        take_order(l, &in);
    if (l->steps > 0) {
        do_step(l, &in);
        return bus_now(l->bus);
    }
    return poll_due(l, now);
}

/* ---- start
 * -------------------------------------------------------------------------------------------------------------- */

/* Before the tick lives there is time: a few tries, with recovery in between. */
static int patient_read(struct link *l, size_t device, const struct bus_request *r, uint16_t *regs, struct err *e)
{
    int rc = ERR_COMM;
    for (int i = 0; i < PREPARE_TRIES && rc; i++) {
        struct err now = {0}, ignored = {0};
        double late = l->bench->device[device].map.late_reply;
        for (int k = 0; l->bus->is_dirty && k < 1000 && bus_recover(l->bus, late, DRAIN_SLICE, &ignored) == 1; k++)
            ;
        rc = do_read(l, device, r->function, r->address, r->count, regs, &now);
        if (rc && (i + 1 == PREPARE_TRIES || l->bus->failure == BUS_EXCEPTION)) {
            *e = now;
            return rc;
        }
    }
    return rc;
}

static int verify_one(struct link *l, size_t device, const struct map_verify *v, struct err *e)
{
    struct map_parameter p[BENCH_PARAMETERS];
    struct map_step s = {.is_write = true, .address = v->number.address};
    uint16_t got[2] = {0, 0};
    bench_parameters(l->bench, p);
    double want = map_expected(v, p, BENCH_PARAMETERS);
    int rc = reg_put(s.regs, v->number.type, v->number.order, want, e);
    s.count = (uint16_t)reg_type_size(v->number.type);
    s.function = s.count == 1 ? BUS_WRITE_ONE : BUS_WRITE_MANY;
    if (rc == 0 && v->is_written)
        rc = do_write(l, device, &s, e);
    struct bus_request r = request(l, device, BUS_READ_HOLDING, s.address, s.count);
    if (rc == 0)
        rc = patient_read(l, device, &r, got, e);
    if (rc == 0 && memcmp(got, s.regs, s.count * sizeof *got) != 0) {
        err_set(e, ERR_COMM, "'%s': %s (register %u) reads %.10g, expected %.10g", l->bench->device[device].name,
                v->name, s.address, reg_get(got, v->number.type, v->number.order), want);
        err_hint(e, "the drive's own safety settings must be what the bench file says before anything moves");
        rc = ERR_COMM;
    }
    return rc;
}

static int prepare_device(struct link *l, size_t device, struct err *e)
{
    const struct device_map *m = &l->bench->device[device].map;
    int rc = 0;
    for (size_t i = 0; i < m->verifies && rc == 0; i++)
        rc = verify_one(l, device, &m->verify[i], e);
    for (unsigned k = 0; k < MAP_CANARIES && rc == 0; k++) {
        const struct map_canary *c = &m->canary[k];
        struct bus_request r = request(l, device, c->function, c->address, c->count);
        rc = patient_read(l, device, &r, l->known[device][k], e);
    }
    return rc;
}

int link_prepare(struct link *l, struct err *e)
{
    int rc = bus_open(l->bus, e);
    for (size_t d = 0; d < BENCH_DEVICES && rc == 0; d++)
        if (l->bench->device[d].link == l->index)
            rc = prepare_device(l, d, e);
    memset(l->is_suspect, 0, sizeof l->is_suspect);
    l->outbox.is_up = rc == 0;
    memset(l->outbox.failures_in_row, 0, sizeof l->outbox.failures_in_row);
    l->outbox.generation++;
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        l->due[d] = bus_now(l->bus);
    return rc;
}

/* ---- mailbox and thread
 * ------------------------------------------------------------------------------------------------- */

void link_post(struct link *l, const struct link_inbox *in)
{
    pthread_mutex_lock(&l->lock);
    bool is_new = in->stop != l->inbox.stop || in->order != l->inbox.order || in->quit;
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
    bool pending = l->inbox.stop != l->stop_handled || l->inbox.order != l->order_taken;
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
        while (rc == 0 && !l->inbox.quit && l->inbox.stop == l->stop_handled && l->inbox.order == l->order_taken)
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
