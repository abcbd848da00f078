/* test_transport.c -- libmodbus and the link above it against peers that spoil their replies, over TCP and over a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/text/units.h"
#include "rig/bus/memory.h"
#include "rig/bus/pdu.h"
#include "rig/loop/link.h"
#include "rig/safety/limits.h"
#include "rig/virtual/serial.h"
#include "tests/rig/rough.h"
#include "tests/rig/suites.h"

/* ---- one request ---- */

static struct rough_manner first_spoilt(const struct rough *r, unsigned n, uint8_t unit, const uint8_t *pdu)
{
    (void)unit, (void)pdu;
    return n == 0 ? (struct rough_manner){r->kind, r->delay} : (struct rough_manner){ROUGH_FINE, 0.0};
}

static struct bus *bus_to(const struct rough *r)
{
    struct bus *b = NULL;
    struct err e = {0};
    struct bus_address a = {.kind = r->is_line ? BUS_KIND_RTU : BUS_KIND_TCP, .host = "127.0.0.1", .port = r->port,
                            .baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'N', .connect_timeout = 1.0};
    snprintf(a.path, sizeof a.path, "%s", r->path);
    signal(SIGPIPE, SIG_IGN);
    if (bus_modbus_new(&b, &a, &e) || bus_open(b, &e)) {
        printf("\n%s\n", e.msg);
        CU_FAIL_FATAL("no bus");
    }
    return b;
}

/* The failure of a first request whose reply is spoilt, and its message; then the link must be good again. */
static enum bus_failure fails(bool is_line, enum rough_kind kind, bool writes, const char *says)
{
    struct rough r = {.is_line = is_line, .manner = first_spoilt, .kind = kind, .delay = 0.18};
    uint16_t regs[5] = {0xE1};
    struct bus_request q = {"axis", 3, writes ? BUS_WRITE_ONE : BUS_READ_HOLDING, 124, writes ? 1 : 5, 0.12, 0.0};
    struct err e = {0};
    CU_ASSERT_TRUE_FATAL(rough_start(&r));
    struct bus *b = bus_to(&r);
    double start = bus_now(b);
    int rc = writes ? bus_write(b, &q, regs, &e) : bus_read(b, &q, regs, &e);
    double took = bus_now(b) - start;
    enum bus_failure f = rc ? b->failure : BUS_NO_FAILURE;
    CU_ASSERT_TRUE(took < 0.3);
    if (rc)
        ASSERT_HAS(e.msg, says);
    if (rc && e.code == ERR_COMM)
        ASSERT_HAS(e.msg, "'axis' (unit 3, function");
    rc = 1;
    for (int i = 0; (b->is_dirty || !b->is_open) && rc && i < 200; i++)
        rc = bus_recover(b, 0.1, 5e-3, NULL);
    q.function = BUS_READ_HOLDING;
    q.address = 700;
    q.count = 5;
    q.timeout = 2.0; /* it may still be trickling to the link that was closed */
    CU_ASSERT_EQUAL(bus_read(b, &q, regs, &e), 0);
    CU_ASSERT_EQUAL(regs[4], 704);
    bus_free(b);
    rough_stop(&r);
    return f;
}

static void over_tcp_every_spoilt_reply_is_named_and_survived(void)
{
    CU_ASSERT_EQUAL(fails(false, ROUGH_FINE, false, ""), BUS_NO_FAILURE);
    CU_ASSERT_EQUAL(fails(false, ROUGH_SPLIT, false, ""), BUS_NO_FAILURE);
    CU_ASSERT_EQUAL(fails(false, ROUGH_SILENT, false, "no reply from"), BUS_TIMEOUT);
    CU_ASSERT_EQUAL(fails(false, ROUGH_LATE, false, "no reply from"), BUS_TIMEOUT);
    CU_ASSERT_EQUAL(fails(false, ROUGH_TRICKLE, false, "no reply from"), BUS_TIMEOUT);
    CU_ASSERT_EQUAL(fails(false, ROUGH_SHORT, false, "no reply from"), BUS_TIMEOUT);
    CU_ASSERT_EQUAL(fails(false, ROUGH_WRONG_UNIT, false, "the answer of another unit"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(false, ROUGH_UNIT_0, false, "the answer of another unit"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(false, ROUGH_WRONG_LENGTH, false, "tells another length"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(false, ROUGH_WRONG_PROTOCOL, false, "another protocol id"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(false, ROUGH_WRONG_ID, false, "transaction id of another request"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(false, ROUGH_FOREIGN_ECHO, true, "the echo of a write to another address"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(false, ROUGH_REFUSES, false, "exception 3, illegal data value"), BUS_EXCEPTION);
    CU_ASSERT_EQUAL(fails(false, ROUGH_HANGS_UP, false, "link lost to"), BUS_LOST);
    enum bus_failure junk = fails(false, ROUGH_JUNK, false, "'axis'");
    CU_ASSERT_TRUE(junk == BUS_GARBLED || junk == BUS_TIMEOUT);
}

static void over_a_line_every_spoilt_reply_is_named_and_survived(void)
{
    CU_ASSERT_EQUAL(fails(true, ROUGH_FINE, false, ""), BUS_NO_FAILURE);
    CU_ASSERT_EQUAL(fails(true, ROUGH_SPLIT, false, ""), BUS_NO_FAILURE);
    CU_ASSERT_EQUAL(fails(true, ROUGH_TWICE, false, ""), BUS_NO_FAILURE);
    CU_ASSERT_EQUAL(fails(true, ROUGH_SILENT, false, "no reply from"), BUS_TIMEOUT);
    CU_ASSERT_EQUAL(fails(true, ROUGH_LATE, false, "no reply from"), BUS_TIMEOUT);
    CU_ASSERT_EQUAL(fails(true, ROUGH_TRICKLE, false, "no reply from"), BUS_TIMEOUT);
    CU_ASSERT_EQUAL(fails(true, ROUGH_SHORT, false, "no reply from"), BUS_TIMEOUT);
    CU_ASSERT_EQUAL(fails(true, ROUGH_WRONG_UNIT, false, "the frame of another unit"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(true, ROUGH_UNIT_0, false, "the frame of another unit"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(true, ROUGH_WRONG_LENGTH, false, "another number of values"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(true, ROUGH_BAD_CHECKSUM, false, "unusable reply"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(true, ROUGH_FOREIGN_ECHO, true, "the echo of a write to another address"), BUS_GARBLED);
    CU_ASSERT_EQUAL(fails(true, ROUGH_REFUSES, false, "exception 3, illegal data value"), BUS_EXCEPTION);
    enum bus_failure junk = fails(true, ROUGH_JUNK, false, "'axis'");
    CU_ASSERT_TRUE(junk == BUS_GARBLED || junk == BUS_TIMEOUT);
}

/* The echo of MOVE comes while STOP waits for its own, which is lost. */
static struct rough_manner late_move_lost_stop(const struct rough *r, unsigned n, uint8_t unit, const uint8_t *pdu)
{
    (void)r, (void)unit, (void)pdu;
    return n == 0 ? (struct rough_manner){ROUGH_LATE, 0.12} : (struct rough_manner){ROUGH_SILENT, 0.0};
}

static void a_late_echo_of_a_move_is_no_ack_of_a_lost_stop(void)
{
    struct rough r = {.is_line = true, .manner = late_move_lost_stop};
    CU_ASSERT_TRUE_FATAL(rough_start(&r));
    struct bus *b = bus_to(&r);
    struct bus_request q = {"axis", 1, BUS_WRITE_ONE, 124, 1, 0.06, 0.0};
    uint16_t move = 0x67, stop = 0xE1;
    struct err e = {0};
    CU_ASSERT_EQUAL(bus_write(b, &q, &move, &e), ERR_COMM);
    q.timeout = 0.2;
    e = (struct err){0};
    CU_ASSERT_EQUAL(bus_write(b, &q, &stop, &e), ERR_COMM);
    CU_ASSERT_EQUAL(b->failure, BUS_GARBLED);
    ASSERT_HAS(e.msg, "the echo of another value than was written");
    bus_free(b);
    rough_stop(&r);
}

/* ---- PDUs by hand ---- */

static void requests_and_replies_are_the_bytes_of_the_specification(void)
{
    uint8_t out[PDU_MAX];
    uint16_t got[16], regs[10] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 0};
    int exception = 9;
    /* Modbus Application Protocol 6.1: coils 20-38; 6.11: coils 20-29 are CD 01 */
    struct bus_request r = {"io", 1, BUS_READ_COILS, 19, 19, 0.1, 0.0};
    const uint8_t ask[] = {0x01, 0x00, 0x13, 0x00, 0x13}, tell[] = {0x01, 0x03, 0xCD, 0x6B, 0x05};
    CU_ASSERT_EQUAL(pdu_request(&r, NULL, out), 5);
    CU_ASSERT_EQUAL(memcmp(out, ask, 5), 0);
    uint16_t coils[24];
    CU_ASSERT_PTR_NULL(pdu_reply(&r, NULL, tell, 5, coils, &exception));
    CU_ASSERT_EQUAL(exception, 0);
    CU_ASSERT_EQUAL(coils[0], 1);
    CU_ASSERT_EQUAL(coils[1], 0);
    CU_ASSERT_EQUAL(coils[18], 1);
    r = (struct bus_request){"io", 1, BUS_WRITE_COILS, 19, 10, 0.1, 0.0};
    const uint8_t many[] = {0x0F, 0x00, 0x13, 0x00, 0x0A, 0x02, 0xCD, 0x01};
    CU_ASSERT_EQUAL(pdu_request(&r, regs, out), 8);
    CU_ASSERT_EQUAL(memcmp(out, many, 8), 0);
    r = (struct bus_request){"io", 1, BUS_WRITE_COIL, 172, 1, 0.1, 0.0};
    const uint8_t one[] = {0x05, 0x00, 0xAC, 0xFF, 0x00};
    CU_ASSERT_EQUAL(pdu_request(&r, regs, out), 5);
    CU_ASSERT_EQUAL(memcmp(out, one, 5), 0);
    CU_ASSERT_PTR_NULL(pdu_reply(&r, regs, one, 5, NULL, &exception));
    r = (struct bus_request){"x", 1, BUS_READ_HOLDING, 107, 3, 0.1, 0.0};
    const uint8_t three[] = {0x03, 0x06, 0x02, 0x2B, 0x00, 0x00, 0x00, 0x64}, no[] = {0x83, 0x02};
    CU_ASSERT_PTR_NULL(pdu_reply(&r, NULL, three, 8, got, &exception));
    CU_ASSERT_EQUAL(got[0], 555);
    CU_ASSERT_EQUAL(got[2], 100);
    CU_ASSERT_PTR_NULL(pdu_reply(&r, NULL, no, 2, got, &exception));
    CU_ASSERT_EQUAL(exception, 2);
    ASSERT_HAS(pdu_reply(&r, NULL, three, 7, got, &exception), "does not fit its own byte count");
    ASSERT_HAS(pdu_reply(&r, NULL, tell, 5, got, &exception), "the answer to another function");
    ASSERT_HAS(pdu_reply(&r, NULL, no, 0, got, &exception), "nothing in it");
    ASSERT_HAS(pdu_reply(&r, NULL, no, 1, got, &exception), "without a code");
}

/* ---- a link ---- */

static struct bench bench_of(const char *file)
{
    struct bench b;
    struct config *doc = NULL;
    struct err e = {0};
    units_init(NULL);
    if (bench_read(&b, &doc, file, NULL, 0, &e))
        printf("\n%s\n", e.msg);
    config_close(doc);
    return b;
}

static struct rough_manner some_late(const struct rough *r, unsigned n, uint8_t unit, const uint8_t *pdu)
{
    (void)unit, (void)pdu;
    return n > 6 && n % 11 == 0 ? (struct rough_manner){ROUGH_LATE, r->delay + 0.004 * (n % 7)}
                                : (struct rough_manner){ROUGH_FINE, 0.0};
}

/* Every register holds its address: what is published must be the registers that were asked for. */
static void over_libmodbus_a_late_reply_is_never_another_registers_value(void)
{
    static struct bench b;
    struct rough r = {.is_line = true, .manner = some_late, .delay = 0.022};
    struct err e = {0};
    struct link *l = NULL;
    struct link_outbox out = {0};
    struct link_stats t;
    struct link_inbox in = {.talk_until = 1e12};
    size_t wrong = 0;
    b = bench_of("config/benches/virtual_rtu.yaml");
    for (size_t d = 0; d < BENCH_DEVICES; d++) {
        b.device[d].timeout = 0.02;
        b.device[d].map.verifies = 0;
    }
    CU_ASSERT_TRUE_FATAL(rough_start(&r));
    struct bus *bus = bus_to(&r);
    CU_ASSERT_EQUAL_FATAL(link_new(&l, &b, 0, bus, &e), 0);
    CU_ASSERT_EQUAL_FATAL(link_prepare(l, &e), 0);
    link_post(l, &in);
    for (double end = bus_now(bus) + 2.0; bus_now(bus) < end;) {
        bus_idle(bus, fmin(link_step(l), bus_now(bus) + 0.01));
        link_look(l, &out);
        wrong += out.sample[BENCH_AXIS].is_valid && out.sample[BENCH_AXIS].regs[23] != 23;
        wrong += out.sample[BENCH_FORCE].is_valid && out.sample[BENCH_FORCE].regs[0] != 0x3300;
    }
    link_statistics(l, &t);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(t.device[0].timeouts + t.device[1].timeouts >= 4);
    CU_ASSERT_TRUE(out.sample[BENCH_AXIS].count >= 8);
    link_free(l);
    rough_stop(&r);
}

static void a_server_that_was_restarted_hears_stop_first(void)
{
    static struct bench b;
    struct rough r = {.is_line = false};
    struct err e = {0};
    struct link *l = NULL;
    struct link_outbox out = {0};
    struct link_inbox in = {.talk_until = 1e12};
    b = bench_of("config/benches/virtual_tcp.yaml");
    b.device[BENCH_AXIS].map.verifies = 0;
    CU_ASSERT_TRUE_FATAL(rough_start(&r));
    struct bus *bus = bus_to(&r);
    CU_ASSERT_EQUAL_FATAL(link_new(&l, &b, 0, bus, &e), 0);
    CU_ASSERT_EQUAL_FATAL(link_prepare(l, &e), 0);
    link_post(l, &in);
    for (int i = 0; i < 10; i++)
        bus_idle(bus, link_step(l));
    rough_stop(&r);
    for (int i = 0; i < 3; i++)
        bus_idle(bus, fmin(link_step(l), bus_now(bus) + 0.02));
    link_look(l, &out);
    CU_ASSERT_FALSE(out.is_up);
    unsigned generation = out.generation;
    CU_ASSERT_TRUE_FATAL(rough_start(&r)); /* at the same port */
    for (double end = bus_now(bus) + 3.0; bus_now(bus) < end && atomic_load(&r.requests) < 6;)
        bus_idle(bus, fmin(link_step(l), bus_now(bus) + 0.02));
    link_look(l, &out);
    CU_ASSERT_TRUE(out.is_up);
    CU_ASSERT_EQUAL(out.generation, generation + 1); /* a run that was armed before is not armed now */
    const uint8_t stop[6] = {1, 6, 0, 124, 0, 0xE1}, canary0[6] = {1, 3, 392 >> 8, 392 & 255, 0, 2},
                  canary1[6] = {1, 3, 394 >> 8, 394 & 255, 0, 4};
    CU_ASSERT_EQUAL(memcmp(r.log[0], stop, 6), 0);
    CU_ASSERT_EQUAL(memcmp(r.log[1], canary0, 6), 0); /* then: is it still the same drive? */
    CU_ASSERT_EQUAL(memcmp(r.log[2], canary1, 6), 0);
    link_free(l);
    rough_stop(&r);
}

/* ---- a dead device beside a living one, in virtual time ---- */

struct line_world {
    bool force_is_dead;
    double stop_seen, now;
    unsigned canary_counts[2], stops_posted, words;
    double word_seen, gap;
};

static int line_pdu(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    struct line_world *w = self;
    unsigned count = (unsigned)pdu[3] << 8 | pdu[4];
    (void)n, (void)cap;
    if (unit == 2 && w->force_is_dead)
        return 0;
    if (pdu[0] == BUS_WRITE_ONE) {
        if (pdu[4] == 0xE1 && isnan(w->stop_seen))
            w->stop_seen = w->now;
        if (pdu[4] == 0x67) {
            w->gap = w->words++ ? fmax(w->gap, w->now - w->word_seen) : 0.0;
            w->word_seen = w->now;
        }
        memcpy(reply, pdu, 5);
        return 5;
    }
    if (unit == 1 && (count == 2 || count == 4))
        w->canary_counts[count == 4]++;
    memset(reply, 0, 2 + 2 * count);
    reply[0] = pdu[0];
    reply[1] = (uint8_t)(2 * count);
    return (int)(2 + 2 * count);
}

static void line_advance(void *self, double s) { ((struct line_world *)self)->now += s; }

static struct link *line_link(struct memory_clock *c, struct bus **bus, struct line_world *w)
{
    static struct bench b;
    const struct memory_line line = {115200, 11, 1e-3};
    struct link *l = NULL;
    struct link_inbox in = {.talk_until = 1e9};
    b = bench_of("config/benches/virtual_rtu.yaml");
    *w = (struct line_world){.stop_seen = NAN};
    *c = (struct memory_clock){.now = 0.0, .peer = {line_pdu, line_advance, w}};
    CU_ASSERT_EQUAL_FATAL(bus_memory_new(bus, c, &line, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(link_new(&l, &b, 0, *bus, NULL), 0);
    link_post(l, &in);
    while (c->now < 0.3)
        memory_clock_until(c, link_step(l));
    return l;
}

static void a_dead_device_does_not_delay_stop_to_another(void)
{
    struct memory_clock c;
    struct bus *bus;
    struct line_world w;
    struct link_stats t;
    struct link_outbox out;
    double worst = 0.0;
    struct link *l = line_link(&c, &bus, &w);
    struct link_inbox in = {.talk_until = 1e9};
    w.force_is_dead = true;
    while (c.now < 3.0)
        memory_clock_until(&c, link_step(l));
    link_statistics(l, &t);
    uint64_t before = t.device[BENCH_FORCE].timeouts;
    for (int i = 0; i < 40; i++) { /* at 40 moments */
        for (double until = c.now + 0.1037; c.now < until;)
            memory_clock_until(&c, fmin(link_step(l), until));
        w.stop_seen = NAN;
        double asked = c.now;
        in.stop++;
        link_post(l, &in);
        while (isnan(w.stop_seen))
            link_step(l);
        worst = fmax(worst, w.stop_seen - asked);
    }
    /* STOP waits for the one transaction under way: half of its own 5 ms and at most a slice of a drain */
    CU_ASSERT_TRUE(worst < 0.010);
    link_statistics(l, &t);
    CU_ASSERT_TRUE(t.device[BENCH_FORCE].timeouts - before < 6); /* asked every 2 s only: 4.2 s */
    link_look(l, &out);
    CU_ASSERT_EQUAL(out.failures_in_row[BENCH_AXIS], 0);
    CU_ASSERT_TRUE(c.now - out.sample[BENCH_AXIS].sent < 0.1); /* the axis is read on */
    w.force_is_dead = false;
    for (double until = c.now + 2.5; c.now < until;)
        memory_clock_until(&c, link_step(l));
    link_look(l, &out);
    CU_ASSERT_EQUAL(out.failures_in_row[BENCH_FORCE], 0); /* and the dead one comes back by itself */
    CU_ASSERT_TRUE(c.now - out.sample[BENCH_FORCE].sent < 0.1);
    link_free(l);
}

static void a_link_reopened_believes_each_device_after_its_own_canaries(void)
{
    struct memory_clock c;
    struct bus *bus;
    struct line_world w;
    struct link_outbox out;
    struct link *l = line_link(&c, &bus, &w);
    w.force_is_dead = true;
    bus_memory_faults(bus)->is_cut = true;
    while (c.now < 0.5)
        memory_clock_until(&c, link_step(l));
    bus_memory_faults(bus)->is_cut = false;
    while (c.now < 2.0)
        memory_clock_until(&c, link_step(l));
    link_look(l, &out);
    CU_ASSERT_TRUE(out.is_up);
    CU_ASSERT_TRUE(c.now - out.sample[BENCH_AXIS].sent < 0.15); /* although the other device is silent */
    CU_ASSERT_TRUE(out.sample[BENCH_FORCE].sent < 0.5);
    link_free(l);
}

static void the_canaries_of_a_device_alternate(void)
{
    struct memory_clock c;
    struct bus *bus;
    struct line_world w;
    struct link *l = line_link(&c, &bus, &w);
    w.canary_counts[0] = w.canary_counts[1] = 0;
    for (int i = 0; i < 80; i++) {
        bus_memory_faults(bus)->drop_replies = 1;
        for (double until = c.now + 0.3037; c.now < until;)
            memory_clock_until(&c, link_step(l));
    }
    CU_ASSERT_TRUE(w.canary_counts[0] + w.canary_counts[1] >= 8);
    CU_ASSERT_TRUE(abs((int)w.canary_counts[0] - (int)w.canary_counts[1]) <= 1);
    link_free(l);
}

/* Posts a STOP while a link waits: the clock tells when time passes. */
struct late_stop { struct link *link; struct link_inbox in; double at; bool is_posted; };

static void post_when_due(void *self, double t)
{
    struct late_stop *s = self;
    if (s->is_posted || t < s->at)
        return;
    s->in.stop++;
    link_post(s->link, &s->in);
    s->is_posted = true;
}

static void a_stop_does_not_wait_for_the_time_out_of_a_device_that_just_died(void)
{
    struct memory_clock c;
    struct bus *bus;
    struct line_world w;
    struct link *l = line_link(&c, &bus, &w);
    struct link_stats t = {0};
    w.force_is_dead = true;
    while (t.device[BENCH_FORCE].timeouts == 0) { /* up to the first request that is not answered */
        struct late_stop s = {.link = l, .in = {.talk_until = 1e9, .stop = w.stops_posted}, .at = c.now + 1e-3};
        double began = c.now;
        c.meanwhile = post_when_due;
        c.self = &s;
        w.stop_seen = NAN;
        memory_clock_until(&c, link_step(l));
        c.meanwhile = NULL;
        w.stops_posted = s.in.stop;
        link_statistics(l, &t);
        if (t.device[BENCH_FORCE].timeouts == 0)
            continue;
        CU_ASSERT_TRUE_FATAL(s.is_posted);
        printf(" [given up after %.1f ms]", (c.now - began) * 1e3);
        CU_ASSERT_TRUE(c.now - began < 0.02); /* not the 80 ms of its time-out */
        for (int i = 0; i < 50 && isnan(w.stop_seen); i++)
            memory_clock_until(&c, link_step(l));
        CU_ASSERT_TRUE(w.stop_seen - began < 0.025);
    }
    link_free(l);
}

static void go_on(struct memory_clock *c, struct link *l, double seconds)
{
    for (double until = c->now + seconds; c->now < until;)
        memory_clock_until(c, fmin(fmax(link_step(l), c->now + 1e-6), until));
}

static void a_dead_mans_word_is_sent_again_until_stop_or_the_end_of_permission(void)
{
    static struct bench b;
    struct memory_clock c;
    struct bus *bus;
    struct line_world w;
    struct link *first = line_link(&c, &bus, &w), *l = NULL;
    struct link_inbox in = {.talk_until = 1e9, .may_move = true, .order = 1,
                            .command = {.order = AXIS_MOVE, .target = 1e-3, .speed = 1e-3}};
    const struct memory_line line = {115200, 11, 1e-3};
    link_free(first);
    b = bench_of("config/benches/virtual_rtu.yaml");
    struct map_command *move = &b.device[BENCH_AXIS].map.command[map_find_command(&b.device[BENCH_AXIS].map, "move")];
    move->write[0] = move->write[move->n - 1]; /* the trigger alone */
    move->n = 1;
    move->repeat_within = 0.05;
    CU_ASSERT_EQUAL_FATAL(bus_memory_new(&bus, &c, &line, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(link_new(&l, &b, 0, bus, NULL), 0);
    link_post(l, &(struct link_inbox){.talk_until = 1e9});
    go_on(&c, l, 0.3);
    for (int way = 0; way < 2; way++) { /* ended by a STOP, by the end of permission */
        in.order += (unsigned)way;
        in.may_move = true;
        w.words = 0;
        link_post(l, &in);
        go_on(&c, l, 1.0);
        CU_ASSERT_TRUE(w.words >= 30 && w.words <= 45);
        CU_ASSERT_TRUE(w.gap < 0.05);
        in.stop += way == 0;
        in.may_move = false;
        link_post(l, &in);
        go_on(&c, l, 0.06);
        unsigned words = w.words;
        go_on(&c, l, 0.5);
        CU_ASSERT_EQUAL(w.words, words);
    }
    link_free(l);
}

static bool is_always_urgent(void *owner)
{
    (void)owner;
    return true;
}

static void a_wait_is_given_up_for_something_urgent_over_tcp_and_a_line(void)
{
    for (int line = 0; line < 2; line++) {
        struct rough r = {.is_line = line == 1, .manner = first_spoilt, .kind = ROUGH_SILENT};
        struct bus_request q = {"force", 3, BUS_READ_HOLDING, 124, 5, 1.7, 0.0};
        uint16_t regs[5];
        struct err e = {0};
        CU_ASSERT_TRUE_FATAL(rough_start(&r));
        struct bus *b = bus_to(&r);
        b->is_urgent = is_always_urgent;
        b->patience = 0.04;
        double start = bus_now(b);
        CU_ASSERT_EQUAL(bus_read(b, &q, regs, &e), ERR_COMM);
        CU_ASSERT_EQUAL(b->failure, BUS_TIMEOUT);
        CU_ASSERT_TRUE(b->is_dirty);
        CU_ASSERT_TRUE(bus_now(b) - start >= 0.04 && bus_now(b) - start < 0.8);
        for (int i = 0; b->is_dirty && i < 200; i++)
            bus_recover(b, 0.1, 5e-3, NULL);
        CU_ASSERT_EQUAL(bus_read(b, &q, regs, &e), 0); /* a device that answers is waited for */
        bus_free(b);
        rough_stop(&r);
    }
}

/* TIOCEXCL: whoever opens the line after mnrig gets EBUSY (root alone does not, so the mark itself is asked for). */
static void a_serial_line_is_taken_for_exclusive_use(void)
{
    struct bus_address a = {.kind = BUS_KIND_RTU, .baud = 115200, .data_bits = 8, .parity = 'N', .stop_bits = 2,
                            .connect_timeout = 1.0};
    int bench_end = -1, other = -1, taken = -1;
    struct bus *bus = NULL;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(serial_open_pty(&bench_end, &other, a.path, sizeof a.path, &e), 0);
    CU_ASSERT_EQUAL(ioctl(other, TIOCGEXCL, &taken), 0);
    CU_ASSERT_EQUAL(taken, 0);
    CU_ASSERT_EQUAL_FATAL(bus_modbus_new(&bus, &a, &e), 0);
    CU_ASSERT_EQUAL_FATAL(bus_open(bus, &e), 0);
    CU_ASSERT_EQUAL(ioctl(other, TIOCGEXCL, &taken), 0);
    CU_ASSERT_NOT_EQUAL(taken, 0);
    int second = geteuid() == 0 ? -1 : open(a.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    CU_ASSERT_TRUE(second < 0 && (geteuid() == 0 || errno == EBUSY));
    bus_free(bus);
    close(other);
    close(bench_end);
}

CU_TestInfo transport_tests[] = {
    {"a_serial_line_is_taken_for_exclusive_use", a_serial_line_is_taken_for_exclusive_use},
    {"over_tcp_every_spoilt_reply_is_named_and_survived", over_tcp_every_spoilt_reply_is_named_and_survived},
    {"over_a_line_every_spoilt_reply_is_named_and_survived", over_a_line_every_spoilt_reply_is_named_and_survived},
    {"a_late_echo_of_a_move_is_no_ack_of_a_lost_stop", a_late_echo_of_a_move_is_no_ack_of_a_lost_stop},
    {"requests_and_replies_are_the_bytes_of_the_specification",
     requests_and_replies_are_the_bytes_of_the_specification},
    {"over_libmodbus_a_late_reply_is_never_another_registers_value",
     over_libmodbus_a_late_reply_is_never_another_registers_value},
    {"a_server_that_was_restarted_hears_stop_first", a_server_that_was_restarted_hears_stop_first},
    {"a_dead_device_does_not_delay_stop_to_another", a_dead_device_does_not_delay_stop_to_another},
    {"a_stop_does_not_wait_for_the_time_out_of_a_device_that_just_died",
     a_stop_does_not_wait_for_the_time_out_of_a_device_that_just_died},
    {"a_dead_mans_word_is_sent_again_until_stop_or_the_end_of_permission",
     a_dead_mans_word_is_sent_again_until_stop_or_the_end_of_permission},
    {"a_wait_is_given_up_for_something_urgent_over_tcp_and_a_line",
     a_wait_is_given_up_for_something_urgent_over_tcp_and_a_line},
    {"a_link_reopened_believes_each_device_after_its_own_canaries",
     a_link_reopened_believes_each_device_after_its_own_canaries},
    {"the_canaries_of_a_device_alternate", the_canaries_of_a_device_alternate},
    CU_TEST_INFO_NULL};
