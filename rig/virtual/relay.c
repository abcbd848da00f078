/* relay.c -- see relay.h. */
#include <math.h>
#include <string.h>
#include "rig/virtual/relay.h"

#define JUST_AFTER 1e-6 /* s */

/* ---- faults ---- */

static void arm(struct relay_hub *h, const struct fault *f, double now)
{
    if (f->action == FAULT_RESET) {
        h->resets++;
    } else if (f->action == FAULT_REFUSE) {
        h->refuse_until = fmax(h->refuse_until, now + f->amount);
    } else if (h->n_armed < FAULT_MAX) {
        h->armed[h->n_armed++] = (struct relay_armed){f, f->times};
    }
}

void relay_hub_tick(struct relay_hub *h, double now)
{
    struct fault_scene scene = {now - h->start, 0.0, 0.0, "", h->traffic};
    const struct fault *f;
    while ((f = fault_due(&h->script, &scene, true)) != NULL)
        arm(h, f, now);
}

int relay_check(const struct fault_script *s, enum mangle_framing client, enum mangle_framing server, struct err *e)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct fault *f = &s->fault[i];
        bool is_tcp = (f->side == FAULT_ON_REQUEST ? server : client) == MANGLE_TCP;
        if (f->is_of_line && f->action == FAULT_WRONG_TRANSACTION && !is_tcp)
            return err_set(e, ERR_PARSE, "wrong transaction: RTU has none");
    }
    return 0;
}

/* The armed faults of this direction, each with one time less. */
static size_t take_armed(struct relay_hub *h, enum fault_side side, const struct fault *out[FAULT_MAX])
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < h->n_armed; i++) {
        struct relay_armed a = h->armed[i];
        if (a.fault->side == side) {
            out[n++] = a.fault;
            a.left--;
        }
        if (a.left > 0)
            h->armed[kept++] = a;
    }
    h->n_armed = kept;
    return n;
}

/* ---- parcels ---- */

static void remove_parcel(struct relay *r, size_t i)
{
    r->n_queue--;
    memmove(&r->queue[i], &r->queue[i + 1], (r->n_queue - i) * sizeof r->queue[0]);
}

static void release_late(struct relay *r, double now)
{
    for (size_t i = 0; i < r->n_queue; i++)
        if (r->queue[i].late) {
            r->queue[i].late = false;
            r->queue[i].start = now;
        }
}

static void release_reordered(struct relay *r, enum relay_side to, double after)
{
    for (size_t i = 0; i < r->n_queue; i++)
        if (r->queue[i].reordered && r->queue[i].to == to) {
            r->queue[i].reordered = false;
            r->queue[i].start = after;
        }
}

static void push(struct relay *r, enum relay_side to, const struct mangled *m, double start)
{
    if (m->n == 0)
        return;
    if (r->n_queue == RELAY_QUEUE)
        remove_parcel(r, 0); /* nobody takes them: a wire does not wait */
    struct relay_parcel *p = &r->queue[r->n_queue++];
    double own = to == RELAY_CLIENT ? r->set.byte_time : 0.0;
    p->to = to;
    p->late = m->late;
    p->reordered = m->reordered;
    p->start = start + m->delay;
    p->interval = fmax(own, m->interval);
    p->n = m->n;
    p->sent = 0;
    memcpy(p->bytes, m->bytes, m->n);
    if (!p->late && !p->reordered)
        release_reordered(r, to, p->start + (double)p->n * p->interval + JUST_AFTER);
}

/* ---- messages ---- */

static void note(const struct relay *r, enum fault_side direction, const struct frame *f, const uint8_t *bytes,
                 size_t n, const char *done, double now)
{
    struct relay_record record = {now - r->hub->start, r->connection, r->number, direction, f, bytes, n, done};
    if (r->hub->note)
        r->hub->note(r->hub->user, &record);
}

static void count(struct relay *r, enum relay_side from, const struct frame *f)
{
    struct fault_traffic *t = &r->hub->traffic;
    t->pdu = NULL;
    if (from == RELAY_SERVER) {
        t->replies++;
        t->exceptions += f && f->pdu[0] & 0x80;
        return;
    }
    r->number = ++t->requests;
    if (f) {
        r->transaction = f->transaction;
        t->writes += fault_is_write(f->pdu, f->n);
        t->pdu = f->pdu;
        t->n = f->n;
        t->unit = f->unit;
    }
}

static void dispatch(struct relay *r, enum relay_side from, const struct mangled *m, double start)
{
    enum relay_side to = from == RELAY_CLIENT ? RELAY_SERVER : RELAY_CLIENT;
    if (m->dropped)
        return;
    push(r, m->back ? from : to, m, start);
    if (m->twice)
        push(r, m->back ? from : to, m, start);
}

/* One message: a frame, or (f NULL) bytes that are none. */
static void handle(struct relay *r, enum relay_side from, const struct frame *f, const uint8_t *bytes, size_t n,
                   double now)
{
    const struct fault *fault[FAULT_MAX];
    enum fault_side direction = from == RELAY_CLIENT ? FAULT_ON_REQUEST : FAULT_ON_REPLY;
    enum mangle_framing framing = from == RELAY_CLIENT ? r->set.server : r->set.client;
    struct mangled m;
    count(r, from, f);
    relay_hub_tick(r->hub, now);
    r->hub->traffic.pdu = NULL; /* it points into the buffer */
    if (from == RELAY_CLIENT)
        release_late(r, now);
    size_t n_fault = take_armed(r->hub, direction, fault);
    if (f) {
        struct frame out = *f;
        if (from == RELAY_SERVER && r->set.server == MANGLE_RTU)
            out.transaction = r->transaction;
        if (from == RELAY_CLIENT && r->set.client == MANGLE_RTU)
            out.transaction = (uint16_t)r->number;
        mangle_frame(&m, framing, &out);
    } else {
        mangle_raw(&m, framing, bytes, n);
    }
    mangle_apply(&m, fault, n_fault);
    if (m.back && r->set.client != framing) { /* wrapped for the server, but it goes back */
        m.framing = r->set.client;
        struct frame back = {m.unit, r->transaction, m.pdu, m.pdu_n};
        struct mangled again;
        mangle_frame(&again, r->set.client, &back);
        memcpy(m.bytes, again.bytes, again.n);
        m.n = again.n;
    }
    note(r, direction, f, bytes, n, m.done, now);
    bool waits = from == RELAY_CLIENT && r->set.client == MANGLE_RTU;
    dispatch(r, from, &m, waits ? fmax(now, r->in[from].heard + r->set.silence) : now);
}

/* ---- framing ---- */

/* Length of the RTU frame that begins here, 0 while that can't be told, -1 when its function is not known. */
static int rtu_length(enum relay_side from, const uint8_t *b, size_t n)
{
    if (n < 3)
        return 0;
    bool request = from == RELAY_CLIENT;
    switch (b[1]) {
    case 1: case 2: case 3: case 4: return request ? 8 : 5 + b[2];
    case 5: case 6:                 return 8;
    case 15: case 16:               return !request ? 8 : n < 7 ? 0 : 9 + b[6];
    default:                        return b[1] & 0x80 && !request ? 5 : -1;
    }
}

/* Bytes of the message at the start of the inbox: a frame (found true) or none; 0: not all there. */
static size_t find(const struct relay *r, enum relay_side side, struct frame *f, bool *found, double now)
{
    const uint8_t *b = r->in[side].bytes;
    size_t n = r->in[side].n;
    *found = false;
    if ((side == RELAY_CLIENT ? r->set.client : r->set.server) == MANGLE_TCP) {
        int used = mbap_split(b, n, f);
        *found = used > 0;
        return used == FRAME_BAD ? n : (size_t)used;
    }
    int length = rtu_length(side, b, n);
    if (length > 0 && (size_t)length <= n && rtu_split(b, (size_t)length, f) != FRAME_BAD) {
        *found = true;
        return (size_t)length;
    }
    if (n > 0 && (now - r->in[side].heard >= RELAY_JUNK_TIME || n == RELAY_IN)) {
        *found = rtu_split(b, n, f) != FRAME_BAD;
        return n;
    }
    return 0;
}

static void scan(struct relay *r, enum relay_side side, double now)
{
    struct frame f;
    bool found;
    size_t used;
    while (r->in[side].n > 0 && (used = find(r, side, &f, &found, now)) > 0) {
        handle(r, side, found ? &f : NULL, r->in[side].bytes, used, now);
        r->in[side].n -= used;
        memmove(r->in[side].bytes, r->in[side].bytes + used, r->in[side].n);
    }
}

void relay_init(struct relay *r, struct relay_hub *h, const struct relay_settings *set)
{
    memset(r, 0, sizeof *r);
    r->hub = h;
    r->set = *set;
    r->connection = ++h->traffic.connections;
}

void relay_take(struct relay *r, enum relay_side from, const uint8_t *bytes, size_t n, double now)
{
    double byte_time = from == RELAY_CLIENT ? r->set.byte_time : 0.0;
    while (n > 0) {
        size_t room = RELAY_IN - r->in[from].n, take = n < room ? n : room;
        memcpy(r->in[from].bytes + r->in[from].n, bytes, take);
        r->in[from].n += take;
        r->in[from].heard = fmax(r->in[from].heard, now) + (double)take * byte_time;
        bytes += take;
        n -= take;
        scan(r, from, now);
    }
}

void relay_tick(struct relay *r, double now)
{
    scan(r, RELAY_CLIENT, now);
    scan(r, RELAY_SERVER, now);
}

/* ---- out ---- */

/* The parcel of a side whose turn it is, the earliest: one that has begun began before all others.  NULL when all are
 * held. */
static struct relay_parcel *next_parcel(struct relay *r, enum relay_side to)
{
    struct relay_parcel *best = NULL;
    for (size_t i = 0; i < r->n_queue; i++) {
        struct relay_parcel *p = &r->queue[i];
        if (p->to != to || p->late || p->reordered)
            continue;
        if (!best || p->start < best->start)
            best = p;
    }
    return best;
}

static size_t bytes_due(const struct relay_parcel *p, double now)
{
    if (now < p->start)
        return 0;
    double n = p->interval > 0.0 ? floor((now - p->start) / p->interval + 1e-6) : (double)p->n;
    return n < (double)p->n ? (size_t)n : p->n;
}

size_t relay_give(struct relay *r, enum relay_side to, uint8_t *out, size_t cap, double now)
{
    size_t given = 0;
    struct relay_parcel *p;
    while (given < cap && (p = next_parcel(r, to)) != NULL) {
        size_t due = bytes_due(p, now), n = due > p->sent ? due - p->sent : 0;
        if (n == 0)
            break;
        n = n < cap - given ? n : cap - given;
        memcpy(out + given, p->bytes + p->sent, n);
        p->sent += n;
        given += n;
        if (p->sent == p->n)
            remove_parcel(r, (size_t)(p - r->queue));
    }
    return given;
}

double relay_wake(const struct relay *r)
{
    double wake = HUGE_VAL;
    for (size_t i = 0; i < r->n_queue; i++) {
        const struct relay_parcel *p = &r->queue[i];
        if (!p->late && !p->reordered)
            wake = fmin(wake, p->start + (double)(p->sent + 1) * p->interval);
    }
    for (int side = 0; side < 2; side++)
        if (r->in[side].n > 0 && (side == RELAY_CLIENT ? r->set.client : r->set.server) == MANGLE_RTU)
            wake = fmin(wake, r->in[side].heard + RELAY_JUNK_TIME);
    return wake;
}

bool relay_is_empty(const struct relay *r, enum relay_side to)
{
    for (size_t i = 0; i < r->n_queue; i++)
        if (r->queue[i].to == to && !r->queue[i].late && !r->queue[i].reordered)
            return false;
    return true;
}
