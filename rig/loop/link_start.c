/* link_start.c -- see link_parts.h: what happens on a link before the first tick: verification by read-back, canaries.
 */
#include <math.h>
#include <string.h>
#include "rig/loop/link_parts.h"

enum { PREPARE_TRIES = 3 };

/* Before the tick lives there is time: a few tries, with recovery in between. */
static int patient_read(struct link *l, size_t device, const struct bus_request *r, uint16_t *regs, struct err *e)
{
    int rc = ERR_COMM;
    for (int i = 0; i < PREPARE_TRIES && rc; i++) {
        struct err now = {0}, ignored = {0};
        double late = l->bench->device[device].map.late_reply;
        for (int k = 0; l->bus->is_dirty && k < 1000 && bus_recover(l->bus, late, DRAIN_SLICE, &ignored) == 1; k++)
            ;
        rc = link_read(l, r, device, regs, &now);
        if (rc && (i + 1 == PREPARE_TRIES || l->bus->failure == BUS_EXCEPTION)) {
            *e = now;
            return rc;
        }
    }
    return rc;
}

static int verify_one(struct link *l, size_t device, const struct map_verify *v, uint16_t *keep,
                      struct err *e)
{
    struct map_parameter p[BENCH_PARAMETERS];
    struct map_step s = {.is_write = true, .address = v->number.address};
    uint16_t got[2] = {0, 0};
    bench_parameters(l->bench, p);
    double want = map_expected(v, p, BENCH_PARAMETERS);
    int rc = reg_put_within(s.regs, v->number.type, v->number.order, want, v->number.lo, v->number.hi, e);
    s.count = (uint16_t)reg_type_size(v->number.type);
    s.function = s.count == 1 ? BUS_WRITE_ONE : BUS_WRITE_MANY;
    if (rc == 0 && v->is_written)
        rc = link_write(l, device, &s, e);
    struct bus_request r = link_request(l, device, BUS_READ_HOLDING, s.address, s.count);
    if (rc == 0)
        rc = patient_read(l, device, &r, got, e);
    if (rc == 0 && memcmp(got, s.regs, s.count * sizeof *got) != 0) {
        err_set(e, ERR_COMM, "'%s': %s (register %u) reads %.10g, expected %.10g", l->bench->device[device].name,
                v->name, s.address, reg_get(got, v->number.type, v->number.order), want);
        err_hint(e, "the drive's own safety settings must be what the bench file says before anything moves");
        rc = ERR_COMM;
    }
    memcpy(keep, got, sizeof got);
    return rc;
}

/* Some devices drop the first frame after power-up: one goes for nothing, whatever comes of it. */
static void wake_up(struct link *l, size_t device)
{
    const struct map_canary *c = &l->bench->device[device].map.canary[0];
    uint16_t regs[BUS_MAX_READ];
    struct err ignored = {0};
    struct bus_request r = link_request(l, device, c->function, c->address, c->count);
    link_read(l, &r, device, regs, &ignored);
}

static int prepare_device(struct link *l, size_t device, struct err *e)
{
    const struct device_map *m = &l->bench->device[device].map;
    int rc = 0;
    if (m->wants_dummy)
        wake_up(l, device);
    for (size_t i = 0; i < m->verifies && rc == 0; i++)
        rc = verify_one(l, device, &m->verify[i], l->verified[device][i], e);
    for (unsigned k = 0; k < MAP_CANARIES && rc == 0; k++) {
        const struct map_canary *c = &m->canary[k];
        struct bus_request r = link_request(l, device, c->function, c->address, c->count);
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
    memset(l->proofs, 0, sizeof l->proofs);
    memset(l->patience, 0, sizeof l->patience);
    l->outbox.is_up = rc == 0;
    memset(l->outbox.failures_in_row, 0, sizeof l->outbox.failures_in_row);
    l->outbox.generation++;
    l->recheck_due = bus_now(l->bus) + RECHECK_PERIOD;
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        l->due[d] = bus_now(l->bus);
    return rc;
}

void link_constants(const struct link *l, size_t device, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t k = 0; k < MAP_CANARIES; k++)
        for (size_t i = 0; i < l->bench->device[device].map.canary[k].count && n + 6 < size; i++)
            n += (size_t)snprintf(out + n, size - n, "%s%04X", n ? " " : "", (unsigned)l->known[device][k][i]);
}
