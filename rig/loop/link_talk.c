/* link_talk.c -- see link_parts.h: one transaction with its bookkeeping, STOP, opening anew and proving devices. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "rig/loop/link_parts.h"

#define BACKOFF_FIRST 0.1 /* s between attempts to open a lost link; the first attempt is immediate */
#define BACKOFF_MAX 2.0
#define STOP_WORKS 5e-3  /* s beyond the drive's latency until a STOP surely was carried out */
enum { STOPS_ON_OPEN = 3 };

struct bus_request link_request(struct link *l, size_t device, uint8_t function, uint16_t address, uint16_t count)
{
    const struct bench_device *d = &l->bench->device[device];
    double gap = fmax(d->map.gap, l->gap_after);
    l->gap_after = d->map.gap_after;
    return (struct bus_request){d->name, d->unit, function, address, count, d->timeout, gap};
}

static void count(struct device_stats *s, enum bus_failure f)
{
    s->timeouts += f == BUS_TIMEOUT;
    s->garbled += f == BUS_GARBLED;
    s->exceptions += f == BUS_EXCEPTION;
    s->lost += f == BUS_LOST;
}

/* A device that keeps failing is asked ever less often, so that it does not hold up the others of its line. */
static void lose_patience(struct link *l, size_t device, int failures)
{
    if (failures >= SUSPEND_AFTER)
        l->patience[device] = fmin(fmax(2.0 * l->patience[device], BACKOFF_FIRST), BACKOFF_MAX);
}

static void note(struct link *l, size_t device, bool is_write, double took, int rc, const struct err *e)
{
    pthread_mutex_lock(&l->lock);
    struct device_stats *s = &l->stats.device[device];
    s->requests++;
    if (rc) {
        count(s, l->bus->failure);
        snprintf(l->outbox.trouble, sizeof l->outbox.trouble, "%.199s", e->msg);
        lose_patience(l, device, ++l->outbox.failures_in_row[device]);
    } else {
        latency_add(is_write ? &s->write : &s->read, took);
        if (!is_write) {
            l->outbox.failures_in_row[device] = 0;
            l->patience[device] = 0.0;
        }
    }
    l->outbox.is_up = l->bus->is_open;
    pthread_mutex_unlock(&l->lock);
    if (rc && l->bus->is_dirty) {
        if (l->proofs[device] == 0)
            l->proofs[device] = 1;
        l->late_reply = l->bench->device[device].map.late_reply;
    }
}

static double patience_with(const struct link *l, size_t device, const struct bus_request *r)
{
    return l->is_stopping ? r->timeout : bench_patience(l->bench, device, r->function, r->count);
}

int link_read(struct link *l, const struct bus_request *r, size_t device, uint16_t *regs, struct err *e)
{
    double start = bus_now(l->bus);
    l->bus->patience = patience_with(l, device, r);
    int rc = bus_read(l->bus, r, regs, e);
    note(l, device, false, bus_now(l->bus) - start, rc, e);
    return rc;
}

int link_write(struct link *l, size_t device, const struct map_step *s, struct err *e)
{
    struct bus_request r = link_request(l, device, s->function, s->address, s->count);
    double start = bus_now(l->bus);
    l->bus->patience = patience_with(l, device, &r);
    int rc = bus_write(l->bus, &r, s->regs, e);
    note(l, device, true, bus_now(l->bus) - start, rc, e);
    return rc;
}

void link_send_stop(struct link *l)
{
    struct map_step s[MAP_STEPS];
    struct err e = {0};
    if (!l->has_axis || axis_build_stop(l->bench, s, &e) < 1)
        return;
    double start = bus_now(l->bus);
    l->is_stopping = true;
    int rc = link_write(l, BENCH_AXIS, &s[0], &e);
    l->is_stopping = false;
    pthread_mutex_lock(&l->lock);
    l->stats.stops++;
    l->outbox.stop_time = bus_now(l->bus);
    l->outbox.stop_acknowledged = rc == 0;
    if (rc == 0)
        latency_add(&l->stats.stop, l->outbox.stop_time - start);
    pthread_mutex_unlock(&l->lock);
}

bool link_switch_off(struct link *l)
{
    struct map_step s[MAP_STEPS];
    struct err e = {0};
    pthread_mutex_lock(&l->lock);
    unsigned wanted = l->inbox.off;
    pthread_mutex_unlock(&l->lock);
    if (wanted == l->off_handled || !l->has_axis || !l->bus->is_open)
        return false;
    int n = axis_build(l->bench, &(struct axis_command){.order = AXIS_DISABLE}, s, &e), failed = n < 1;
    bus_idle(l->bus, l->outbox.stop_time + l->bench->axis.latency + STOP_WORKS); /* a STOP drops what is queued then */
    double start = bus_now(l->bus);
    for (int i = 0; i < n; i++)
        if (s[i].is_write)
            failed += link_write(l, BENCH_AXIS, &s[i], &e) != 0;
    l->off_handled = wanted;
    pthread_mutex_lock(&l->lock);
    l->outbox.off_sent = wanted;
    l->outbox.off_acknowledged = failed == 0;
    l->outbox.off_time = bus_now(l->bus);
    if (failed == 0)
        latency_add(&l->stats.order[AXIS_DISABLE], l->outbox.off_time - start);
    pthread_mutex_unlock(&l->lock);
    return true;
}

static int check_canary(struct link *l, size_t device, unsigned which, struct err *e)
{
    const struct map_canary *c = &l->bench->device[device].map.canary[which];
    uint16_t regs[BUS_MAX_READ];
    struct bus_request r = link_request(l, device, c->function, c->address, c->count);
    int rc = link_read(l, &r, device, regs, e);
    if (rc == 0 && memcmp(regs, l->known[device][which], c->count * sizeof *regs) != 0)
        rc = err_set(e, ERR_COMM,
                     "'%s': register 0x%04X is not what it was at start: a reply of another request, or another device",
                     l->bench->device[device].name, c->address);
    return rc;
}

void link_prove(struct link *l, size_t device)
{
    struct err e = {0};
    if (check_canary(l, device, l->canary[device]++ % MAP_CANARIES, &e) == 0) {
        l->proofs[device]--;
        return;
    }
    l->bus->is_dirty = true; /* the canary's own failure starts the drain anew */
    l->late_reply = l->bench->device[device].map.late_reply;
    pthread_mutex_lock(&l->lock);
    l->stats.device[device].canaries_failed++;
    lose_patience(l, device, ++l->outbox.failures_in_row[device]);
    snprintf(l->outbox.trouble, sizeof l->outbox.trouble, "%.199s", e.msg);
    pthread_mutex_unlock(&l->lock);
}

/* The next of the verified registers of all devices of the link; false when there is none. */
static bool next_verified(struct link *l, size_t *device, size_t *which)
{
    size_t all = 0;
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        all += l->bench->device[d].link == l->index ? l->bench->device[d].map.verifies : 0;
    if (all == 0)
        return false;
    *which = l->recheck++ % all;
    for (*device = 0; l->bench->device[*device].link != l->index ||
                      *which >= l->bench->device[*device].map.verifies; ++*device)
        *which -= l->bench->device[*device].link == l->index ? l->bench->device[*device].map.verifies : 0;
    return true;
}

bool link_recheck(struct link *l)
{
    size_t d, i;
    if (!next_verified(l, &d, &i))
        return false;
    if (l->proofs[d])
        return true; /* it is not believed now; its turn comes again */
    const struct device_map *m = &l->bench->device[d].map;
    const struct map_number *n = &m->verify[i].number;
    struct bus_request r = link_request(l, d, BUS_READ_HOLDING, n->address, (uint16_t)reg_type_size(n->type));
    uint16_t got[2] = {0, 0};
    struct err e = {0};
    if (link_read(l, &r, d, got, &e) || memcmp(got, l->verified[d][i], r.count * sizeof *got) == 0)
        return true;
    pthread_mutex_lock(&l->lock);
    l->outbox.foreign_writes++;
    snprintf(l->outbox.trouble, sizeof l->outbox.trouble,
             "'%s': %s (register %u) now reads %.10g, at start %.10g: somebody else writes to this device",
             l->bench->device[d].name, m->verify[i].name, n->address, reg_get(got, n->type, n->order),
             reg_get(l->verified[d][i], n->type, n->order));
    pthread_mutex_unlock(&l->lock);
    return true;
}

/* After opening anew: STOP first, and off when that waits.  Then every device must prove that it is the one of the
 * start; one that is silent does not keep the others of its line from being believed. */
static int greet(struct link *l, struct err *e)
{
    for (int i = 0; i < STOPS_ON_OPEN && l->has_axis && l->bus->is_open; i++) {
        link_send_stop(l);
        if (!l->bus->is_dirty)
            break;
    }
    link_switch_off(l);
    for (size_t d = 0; d < BENCH_DEVICES; d++) {
        l->proofs[d] = PROOFS_ON_OPEN;
        l->round[d] = 0;
    }
    bool is_usable = l->bus->is_open && (l->bus->is_serial || !l->bus->is_dirty);
    return is_usable ? 0 : err_set(e, ERR_COMM, "%s: no answer to STOP", l->bus->name);
}

double link_reopen(struct link *l, double now)
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
        return bus_now(l->bus);
    }
    bus_close(l->bus);
    l->backoff = fmax(l->backoff, BACKOFF_FIRST);
    l->next_try = bus_now(l->bus) + l->backoff;
    l->backoff = fmin(2.0 * l->backoff, BACKOFF_MAX);
    pthread_mutex_lock(&l->lock);
    snprintf(l->outbox.trouble, sizeof l->outbox.trouble, "%.199s", e.msg);
    pthread_mutex_unlock(&l->lock);
    return l->next_try;
}

double link_recover(struct link *l)
{
    struct err ignored = {0};
    if (l->bus->is_serial) { /* after a late reply the line is drained; a TCP link is opened anew */
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
