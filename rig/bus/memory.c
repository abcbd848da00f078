/* memory.c -- see memory.h.  Late replies behave as on a real serial line: the next read takes them for its own when
 * function and length fit, which is what the drain and the canary are there for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "rig/bus/memory.h"
#include "rig/bus/pdu.h"

enum { LATE_MAX = 8 };
struct late_reply { double arrives; size_t n; uint8_t pdu[PDU_MAX]; };
struct memory_bus {
    struct bus base;
    struct memory_clock *clock;
    struct memory_line line;
    struct memory_faults faults;
    size_t lates;
    struct late_reply late[LATE_MAX];
    double silent_since;
};

static struct memory_bus *self_of(struct bus *b) { return (struct memory_bus *)b; }

void memory_clock_until(struct memory_clock *c, double t)
{
    if (t > c->now && c->meanwhile)
        c->meanwhile(c->self, t);
    if (!(t > c->now))
        return;
    if (c->peer.advance)
        c->peer.advance(c->peer.self, t - c->now);
    c->now = t;
}

static int memory_open(struct bus *b, struct err *e)
{
    struct memory_bus *m = self_of(b);
    m->lates = 0;
    if (m->faults.is_cut) {
        memory_clock_until(m->clock, m->clock->now + 1e-3);
        return err_set(e, ERR_COMM, "cannot open %s: cut", b->name);
    }
    return 0;
}

static void memory_close(struct bus *b) { self_of(b)->lates = 0; }

static double transaction_time(const struct memory_bus *m, const struct bus_request *r)
{
    return m->line.baud ? bus_serial_time(m->line.baud, m->line.bits_per_byte, r, m->line.turnaround)
                        : m->line.turnaround;
}

static void keep_late(struct memory_bus *m, const uint8_t *reply, size_t n, double arrives)
{
    if (m->lates == LATE_MAX)
        return;
    struct late_reply *l = &m->late[m->lates++];
    l->arrives = arrives;
    l->n = n;
    memcpy(l->pdu, reply, n);
}

/* The oldest late reply that has arrived by then; returns its length, 0 when there is none. */
static size_t take_late(struct memory_bus *m, double by, uint8_t *reply)
{
    if (m->lates == 0 || m->late[0].arrives > by)
        return 0;
    size_t n = m->late[0].n;
    memcpy(reply, m->late[0].pdu, n);
    m->lates--;
    memmove(&m->late[0], &m->late[1], m->lates * sizeof m->late[0]);
    return n;
}

static int time_out(struct memory_bus *m, const struct bus_request *r, double sent, struct err *e)
{
    struct bus *b = &m->base;
    double deadline = sent + r->timeout;
    memory_clock_until(m->clock, b->is_urgent ? fmin(deadline, sent + b->patience) : deadline);
    while (b->is_urgent && m->clock->now < deadline && !b->is_urgent(b->owner))
        memory_clock_until(m->clock, fmin(deadline, m->clock->now + BUS_URGENT_SLICE));
    return bus_fail(&m->base, r, BUS_TIMEOUT, "", e);
}

static int break_off(struct memory_bus *m, const struct bus_request *r, struct err *e)
{
    if (m->faults.resets > 0) {
        m->faults.resets--;
        bus_close(&m->base);
        return bus_fail(&m->base, r, BUS_LOST, "Connection reset by peer", e);
    }
    m->faults.foreign_replies--;
    return bus_fail(&m->base, r, BUS_GARBLED, "the answer of another unit", e);
}

/* Sends a PDU and waits for the reply; the reply's length through *got. */
static int exchange(struct memory_bus *m, const struct bus_request *r, const uint8_t *pdu, size_t n, uint8_t *reply,
                    size_t *got, struct err *e)
{
    double sent = m->clock->now;
    if (m->faults.is_cut) {
        m->base.is_open = false;
        return bus_fail(&m->base, r, BUS_LOST, "cut", e);
    }
    if (m->faults.drop_requests > 0) {
        m->faults.drop_requests--;
        return time_out(m, r, sent, e);
    }
    uint8_t own[PDU_MAX];
    double t = transaction_time(m, r);
    memory_clock_until(m->clock, sent + 0.5 * t); /* the device sees the request half-way through */
    int answered = m->clock->peer.pdu(m->clock->peer.self, r->unit, pdu, n, own, sizeof own);
    size_t early = m->base.is_serial ? take_late(m, sent + t, reply) : 0;
    if (answered <= 0 && !early)
        return time_out(m, r, sent, e);
    if (answered > 0 && m->faults.drop_replies > 0) {
        m->faults.drop_replies--;
        return time_out(m, r, sent, e);
    }
    if (answered > 0 && (m->faults.resets > 0 || m->faults.foreign_replies > 0)) {
        memory_clock_until(m->clock, sent + t);
        return break_off(m, r, e);
    }
    if (answered > 0 && m->faults.delay_replies > 0) {
        m->faults.delay_replies--;
        keep_late(m, own, (size_t)answered, sent + t + m->faults.delay);
        if (!early)
            return time_out(m, r, sent, e);
    } else if (early && answered > 0) { /* the true answer now queues up behind the late one */
        keep_late(m, own, (size_t)answered, sent + t);
    }
    memory_clock_until(m->clock, sent + t);
    if (early) {
        *got = early;
        return 0;
    }
    memcpy(reply, own, (size_t)answered);
    *got = (size_t)answered;
    return 0;
}

static int talk(struct bus *b, const struct bus_request *r, const uint16_t *sent, uint16_t *read, struct err *e)
{
    uint8_t pdu[PDU_MAX], reply[PDU_MAX];
    size_t n = 0;
    int rc = exchange(self_of(b), r, pdu, pdu_request(r, sent, pdu), reply, &n, e);
    return rc ? rc : bus_judge(b, r, sent, reply, n, read, e);
}

static int memory_read(struct bus *b, const struct bus_request *r, uint16_t *regs, struct err *e)
{
    return talk(b, r, NULL, regs, e);
}

static int memory_write(struct bus *b, const struct bus_request *r, const uint16_t *regs, struct err *e)
{
    return talk(b, r, regs, NULL, e);
}

static int memory_recover(struct bus *b, double silent_for, double slice, struct err *e)
{
    struct memory_bus *m = self_of(b);
    if (!b->is_serial) {
        bus_close(b);
        return bus_open(b, e);
    }
    if (!b->is_open)
        return bus_open(b, e);
    uint8_t junk[PDU_MAX];
    double end = m->clock->now + slice, step = 1e-3;
    while (m->clock->now < end) {
        if (take_late(m, m->clock->now, junk))
            m->silent_since = 0.0;
        if (m->silent_since >= silent_for) {
            m->silent_since = 0.0;
            return 0;
        }
        memory_clock_until(m->clock, m->clock->now + step);
        m->silent_since += step;
    }
    return 1;
}

static double memory_now(struct bus *b) { return self_of(b)->clock->now; }
static void memory_idle(struct bus *b, double until) { memory_clock_until(self_of(b)->clock, until); }
static void memory_free(struct bus *b) { free(b); }

static const struct bus_ops MEMORY_OPS = {memory_open, memory_close, memory_read, memory_write,
                                          memory_recover, memory_now, memory_idle, memory_free};

int bus_memory_new(struct bus **out, struct memory_clock *clock, const struct memory_line *line, struct err *e)
{
    struct memory_bus *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(e, ERR_NOMEM, "out of memory for a bus");
    m->base.ops = &MEMORY_OPS;
    m->base.is_serial = line->baud != 0;
    snprintf(m->base.name, sizeof m->base.name, "memory");
    m->clock = clock;
    m->line = *line;
    *out = &m->base;
    return 0;
}

struct memory_faults *bus_memory_faults(struct bus *b) { return &self_of(b)->faults; }
