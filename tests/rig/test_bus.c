/* test_bus.c -- the buses: line timing, late replies over memory, and libmodbus against peers with bad manners. */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/units.h"
#include "rig/bus/memory.h"
#include "rig/commands/commands.h"
#include "rig/loop/link.h"
#include "rig/safety/limits.h"
#include "tests/rig/peer.h"
#include "tests/rig/suites.h"

/* ---- the line's timing, from the formula worked by hand
 * ------------------------------------------------------------------ */

static void a_transaction_takes_the_time_of_the_formula(void)
{
    struct bus_request r = {.function = BUS_READ_HOLDING, .count = 8};
    /* 8E1: 11 bits; 11 (13 + 16) / 115200 + 3.5 ms = 6.269 ms: 160 /s */
    ASSERT_REL(bus_serial_time(115200, 11, &r, 0.0), 6.269e-3, 1e-3);
    ASSERT_ABS(1.0 / bus_serial_time(115200, 11, &r, 0.0), 160.0, 1.0);
    ASSERT_ABS(1.0 / bus_serial_time(9600, 11, &r, 0.0), 24.0, 0.6);
    r.count = 125;
    ASSERT_ABS(1.0 / bus_serial_time(115200, 11, &r, 0.0), 35.0, 0.6);
    r = (struct bus_request){.function = BUS_WRITE_ONE, .count = 1};
    ASSERT_REL(bus_serial_time(115200, 11, &r, 0.0), 5.0e-3, 0.01);
    ASSERT_REL(bus_serial_time(9600, 11, &r, 0.0), 26.4e-3, 0.01);
    ASSERT_REL(bus_t35(9600), 38.5 / 9600.0, 1e-12);
    ASSERT_REL(bus_t35(38400), 1.75e-3, 1e-12);
}

/* ---- over memory
 * --------------------------------------------------------------------------------------------------------- */

/* Registers that hold their own address: a reply of another address shows at once. */
static int echo_address(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    (void)self;
    unsigned address = (unsigned)pdu[1] << 8 | pdu[2], count = (unsigned)pdu[3] << 8 | pdu[4];
    if (unit == 9 || n < 5)
        return 0;
    if (pdu[0] == BUS_WRITE_ONE) {
        memcpy(reply, pdu, 5);
        return 5;
    }
    if (cap < 2 + 2 * count)
        return 0;
    if (unit == 7) {
        reply[0] = pdu[0] | 0x80;
        reply[1] = 4;
        return 2;
    }
    reply[0] = pdu[0];
    reply[1] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        reply[2 + 2 * i] = (uint8_t)((address + i) >> 8);
        reply[3 + 2 * i] = (uint8_t)((address + i) & 0xFF);
    }
    return (int)(2 + 2 * count);
}

static struct bus *serial_memory(struct memory_clock *c)
{
    struct bus *b = NULL;
    const struct memory_line line = {115200, 11, 1e-3};
    *c = (struct memory_clock){.now = 0.0, .peer = {echo_address, NULL, NULL}};
    CU_ASSERT_EQUAL_FATAL(bus_memory_new(&b, c, &line, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(bus_open(b, NULL), 0);
    return b;
}

static void time_passes_as_on_the_line(void)
{
    struct memory_clock c;
    struct bus *b = serial_memory(&c);
    struct bus_request r = {"dev", 1, BUS_READ_HOLDING, 20, 24, 0.1, 0.0};
    uint16_t regs[24];
    CU_ASSERT_EQUAL(bus_read(b, &r, regs, NULL), 0);
    CU_ASSERT_EQUAL(regs[3], 23);
    ASSERT_REL(bus_now(b), bus_serial_time(115200, 11, &r, 1e-3), 1e-12);
    bus_free(b);
}

static void a_late_reply_is_taken_for_a_later_one_unless_drained(void)
{
    struct memory_clock c;
    struct bus *b = serial_memory(&c);
    struct bus_request r20 = {"dev", 1, BUS_READ_HOLDING, 20, 2, 0.05, 0.0}, r30 = r20;
    uint16_t regs[2];
    r30.address = 30;
    bus_memory_faults(b)->delay_replies = 1;
    bus_memory_faults(b)->delay = 0.06;
    CU_ASSERT_EQUAL(bus_read(b, &r20, regs, NULL), ERR_COMM);
    CU_ASSERT_TRUE(b->is_dirty);
    memory_clock_until(&c, c.now + 0.05);
    CU_ASSERT_EQUAL(bus_read(b, &r30, regs, NULL), 0);
    CU_ASSERT_EQUAL(regs[0], 20); /* the trap: address 20's data for address 30, and no error */
    int rc = 1;
    for (int i = 0; i < 100 && rc == 1; i++)
        rc = bus_recover(b, 0.06, 5e-3, NULL);
    CU_ASSERT_EQUAL(rc, 0);
    CU_ASSERT_EQUAL(bus_read(b, &r30, regs, NULL), 0);
    CU_ASSERT_EQUAL(regs[0], 30);
    bus_free(b);
}

static void failures_name_device_unit_function_address_and_exception(void)
{
    struct memory_clock c;
    struct bus *b = serial_memory(&c);
    struct bus_request r = {"axis", 9, BUS_READ_HOLDING, 0x3300, 5, 0.05, 0.0};
    uint16_t regs[5];
    struct err e = {0};
    CU_ASSERT_EQUAL(bus_read(b, &r, regs, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "no reply from 'axis' (unit 9, function 3 read holding registers, address 0x3300, 5 registers, "
                      "memory) within 50 ms");
    CU_ASSERT_EQUAL(b->failure, BUS_TIMEOUT);
    e = (struct err){0};
    r.unit = 7;
    CU_ASSERT_EQUAL(bus_read(b, &r, regs, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "refused: exception 4, device failure");
    CU_ASSERT_EQUAL(b->failure, BUS_EXCEPTION);
    e = (struct err){0};
    bus_memory_faults(b)->is_cut = true;
    CU_ASSERT_EQUAL(bus_read(b, &r, regs, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "link lost to 'axis'");
    CU_ASSERT_FALSE(b->is_open);
    e = (struct err){0};
    CU_ASSERT_EQUAL(bus_read(b, &r, regs, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "the link is down");
    bus_free(b);
}

/* ---- a link against late replies, random ones
 * ---------------------------------------------------------------------------- */

static struct bench rtu_bench(void)
{
    struct bench b;
    struct config *doc = NULL;
    struct err e = {0};
    units_init(NULL);
    if (bench_read(&b, &doc, "config/benches/virtual_rtu.yaml", NULL, 0, &e))
        printf("\n%s\n", e.msg);
    config_close(doc);
    return b;
}

/* Writes change nothing and reads repeat addresses, so verification cannot pass: the link is used unprepared; its
 * canaries' constants are learned by hand through its first opening (all zero), hence the peer answers canaries with
 * zeros. */
static int zeros_for_canaries(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    int m = echo_address(self, unit, pdu, n, reply, cap);
    unsigned count = (unsigned)pdu[3] << 8 | pdu[4];
    if (m > 2 && pdu[0] == BUS_READ_HOLDING && count != 24 && count != 5)
        memset(reply + 2, 0, (size_t)m - 2);
    return m;
}

/* A link over memory, not prepared, with both devices of the serial bench on it. */
struct rig_line { struct bench bench; struct memory_clock clock; struct bus *bus; struct link *link; };
typedef int answer_fn(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap);

static struct link *make_line(struct rig_line *k, answer_fn *answers, void *self, const struct link_inbox *in)
{
    const struct memory_line line = {115200, 11, 1e-3};
    *k = (struct rig_line){.bench = rtu_bench(), .clock = {.now = 0.0, .peer = {answers, NULL, self}}};
    CU_ASSERT_EQUAL_FATAL(bus_memory_new(&k->bus, &k->clock, &line, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(link_new(&k->link, &k->bench, 0, k->bus, NULL), 0);
    link_post(k->link, in);
    return k->link;
}

static void step(struct rig_line *k) { memory_clock_until(&k->clock, link_step(k->link)); }

static void a_link_never_publishes_another_requests_registers(void)
{
    static struct rig_line k;
    struct link_outbox out;
    struct link_inbox in = {.talk_until = 1e9};
    struct link *l = make_line(&k, zeros_for_canaries, NULL, &in);
    srand(4711);
    for (int i = 0; i < 9000; i++) {
        if (!k.bus->is_dirty && rand() % 23 == 0) {
            bus_memory_faults(k.bus)->delay_replies = 1;
            /* up to late_reply after the time-out */
            bus_memory_faults(k.bus)->delay = 0.05 + 0.00001 * (rand() % 5000);
        }
        step(&k);
        link_look(l, &out);
        if (out.sample[BENCH_AXIS].is_valid && out.sample[BENCH_AXIS].regs[1] != 1)
            CU_FAIL("the axis' registers are another request's");
        if (out.sample[BENCH_FORCE].is_valid && out.sample[BENCH_FORCE].regs[0] != 0x3300)
            CU_FAIL("the force's registers are another request's");
    }
    struct link_stats t;
    link_statistics(l, &t);
    CU_ASSERT_TRUE(t.device[BENCH_AXIS].timeouts + t.device[BENCH_FORCE].timeouts > 50);
    CU_ASSERT_TRUE(out.sample[BENCH_AXIS].count > 300);
    link_free(l);
}

/* Counts the requests for the force; each answer carries its number in its third register. */
static int numbered(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    unsigned *count = self;
    int m = zeros_for_canaries(self, unit, pdu, n, reply, cap);
    if (m == 12 && unit == 2) {
        ++*count;
        reply[6] = (uint8_t)(*count >> 8);
        reply[7] = (uint8_t)(*count & 0xFF);
    }
    return m;
}

static void a_reply_that_outlives_the_drain_is_caught_by_the_canary(void)
{
    static struct rig_line k;
    unsigned count = 0;
    struct link_outbox out = {0};
    struct link_inbox in = {.talk_until = 1e9};
    size_t stale = 0;
    struct link *l = make_line(&k, numbered, &count, &in);
    for (int round = 0; round < 80; round++) {
        for (double end = k.clock.now + 0.5 + 0.003 * round; k.clock.now < end;)
            step(&k);
        link_look(l, &out);
        bus_memory_faults(k.bus)->delay_replies = 1;
        bus_memory_faults(k.bus)->delay = 0.1140 + 0.00005 * round; /* arrives just after time-out and drain, 120 ms */
        for (double end = k.clock.now + 0.5; k.clock.now < end;) {
            uint64_t before = out.sample[BENCH_FORCE].count;
            step(&k);
            link_look(l, &out);
            const struct link_sample *f = &out.sample[BENCH_FORCE];
            stale += f->count != before && f->regs[2] != count;
        }
    }
    CU_ASSERT_EQUAL(stale, 0);
    link_free(l);
}

static void an_order_without_permission_writes_nothing(void)
{
    static struct rig_line k;
    struct link_outbox out;
    struct link_stats t;
    struct link_inbox in = {.talk_until = 1e9, .order = 1, .command = {AXIS_MOVE, 3.3e-3, 1e-3}, .may_move = false};
    struct link *l = make_line(&k, zeros_for_canaries, NULL, &in);
    for (int i = 0; i < 20; i++)
        step(&k);
    link_look(l, &out);
    link_statistics(l, &t);
    CU_ASSERT_EQUAL(out.order_done, 1);
    CU_ASSERT_TRUE(out.order_failed);
    CU_ASSERT_EQUAL(t.device[BENCH_AXIS].write.count, t.stops); /* STOPs of the opening only */
    const struct device_stats *d = &t.device[BENCH_AXIS];
    CU_ASSERT_EQUAL(d->garbled + d->timeouts + d->exceptions, 0); /* nor was anything tried */
    link_free(l);
}

static void a_stop_overtakes_a_drain(void)
{
    static struct rig_line k;
    struct link_inbox in = {.talk_until = 1e9};
    struct link_stats t;
    struct link *l = make_line(&k, zeros_for_canaries, NULL, &in);
    for (int i = 0; i < 20; i++)
        step(&k);
    link_statistics(l, &t);
    uint64_t before = t.stops; /* the opening's */
    bus_memory_faults(k.bus)->drop_replies = 1;
    while (!k.bus->is_dirty)
        step(&k);
    double asked = k.clock.now;
    in.stop = 1;
    link_post(l, &in);
    link_step(l); /* in the middle of the drain */
    link_statistics(l, &t);
    CU_ASSERT_EQUAL(t.stops, before + 1);
    CU_ASSERT_TRUE(k.clock.now - asked < 0.012);
    link_free(l);
}

/* ---- libmodbus
 * ----------------------------------------------------------------------------------------------------------- */

static struct bus *tcp_bus(int port)
{
    struct bus *b = NULL;
    struct bus_address a = {.kind = BUS_KIND_TCP, .host = "localhost", .port = port, .connect_timeout = 1.0};
    struct err e = {0};
    signal(SIGPIPE, SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(bus_modbus_new(&b, &a, &e), 0);
    CU_ASSERT_EQUAL_FATAL(bus_open(b, &e), 0);
    return b;
}

static enum bus_failure read_from(enum peer_manners manners, double *took, struct err *e)
{
    static struct script s;
    struct peer p;
    uint16_t regs[5];
    struct bus_request r = {"force", 2, BUS_READ_HOLDING, 0x3300, 5, 0.12, 0.0};
    CU_ASSERT_TRUE_FATAL(script_read(&s, "force_sample"));
    CU_ASSERT_TRUE_FATAL(peer_start(&p, &s, manners));
    struct bus *b = tcp_bus(p.port);
    double start = bus_now(b);
    int rc = bus_read(b, &r, regs, e);
    *took = bus_now(b) - start;
    enum bus_failure f = rc ? b->failure : BUS_NO_FAILURE;
    if (rc == 0)
        CU_ASSERT_EQUAL(regs[1], 0xE202);
    bus_free(b);
    peer_stop(&p);
    return f;
}

static void a_polite_peer_is_read(void)
{
    double took;
    struct err e = {0};
    CU_ASSERT_EQUAL(read_from(PEER_POLITE, &took, &e), BUS_NO_FAILURE);
}

static void the_deadline_is_total_even_when_bytes_trickle(void)
{
    double took;
    struct err e = {0};
    CU_ASSERT_EQUAL(read_from(PEER_TRICKLES, &took, &e), BUS_TIMEOUT); /* 17 bytes, 30 ms each */
    CU_ASSERT_TRUE(took >= 0.11 && took < 0.3);
    ASSERT_HAS(e.msg, "no reply from 'force' (unit 2, function 3 read holding registers, address 0x3300, 5 registers, "
                      "tcp localhost:");
    ASSERT_HAS(e.msg, "within 120 ms");
}

static void bad_manners_become_named_failures(void)
{
    double took;
    struct err e = {0};
    CU_ASSERT_EQUAL(read_from(PEER_SILENT, &took, &e), BUS_TIMEOUT);
    e = (struct err){0};
    CU_ASSERT_EQUAL(read_from(PEER_SHORT, &took, &e), BUS_TIMEOUT);
    e = (struct err){0};
    CU_ASSERT_EQUAL(read_from(PEER_HANGS_UP, &took, &e), BUS_LOST);
    ASSERT_HAS(e.msg, "link lost to 'force'");
    e = (struct err){0};
    CU_ASSERT_EQUAL(read_from(PEER_REFUSES, &took, &e), BUS_EXCEPTION);
    ASSERT_HAS(e.msg, "exception 2, illegal data address");
    e = (struct err){0};
    CU_ASSERT_EQUAL(read_from(PEER_WRONG_ID, &took, &e), BUS_GARBLED);
    ASSERT_HAS(e.msg, "unusable reply from 'force'");
}

static void nobody_listening_and_strange_settings_are_refused(void)
{
    struct bus *b = NULL;
    struct peer p;
    struct err e = {0};
    CU_ASSERT_TRUE_FATAL(peer_start(&p, NULL, PEER_SILENT));
    struct bus_address a = {.kind = BUS_KIND_TCP, .host = "127.0.0.1", .port = p.port, .connect_timeout = 1.0};
    peer_stop(&p); /* a port that was free a moment ago */
    CU_ASSERT_EQUAL_FATAL(bus_modbus_new(&b, &a, &e), 0);
    CU_ASSERT_EQUAL(bus_open(b, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "cannot open tcp 127.0.0.1:");
    ASSERT_HAS(e.hint, "mnbench serve");
    bus_free(b);
    e = (struct err){0};
    snprintf(a.host, sizeof a.host, "no-such-host.invalid");
    CU_ASSERT_EQUAL(bus_modbus_new(&b, &a, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "host 'no-such-host.invalid' cannot be resolved");
    e = (struct err){0};
    struct bus_address line = {
        .kind = BUS_KIND_RTU, .path = "/dev/no-such-tty", .baud = 14400, .parity = 'E', .data_bits = 8, .stop_bits = 1};
    CU_ASSERT_EQUAL(bus_modbus_new(&b, &line, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "baud rate 14400 of /dev/no-such-tty is not a listed one");
    e = (struct err){0};
    line.baud = 19200;
    CU_ASSERT_EQUAL_FATAL(bus_modbus_new(&b, &line, &e), 0);
    CU_ASSERT_EQUAL(bus_open(b, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "cannot open rtu /dev/no-such-tty 19200 8E1");
    bus_free(b);
}

static void unattended_is_refused_without_the_identity_block(void)
{
    static struct script s;
    struct peer p;
    struct err e = {0};
    char port[8];
    char *words[] = {"run",
                     "--bench",
                     "config/benches/virtual_tcp.yaml",
                     "--method",
                     "config/methods/press_10N_hold_5s.yaml",
                     "--batch",
                     "b",
                     "--specimen",
                     "s",
                     "--unattended",
                     "-o",
                     "/nonexistent/never-made",
                     "--port",
                     port,
                     NULL};
    units_init(NULL);
    CU_ASSERT_TRUE_FATAL(script_read(&s, "drive_state"));
    CU_ASSERT_TRUE_FATAL(peer_start(&p, &s, PEER_REFUSES)); /* somebody answers, but is no mnbench */
    snprintf(port, sizeof port, "%d", p.port);
    CU_ASSERT_EQUAL(run_run(14, words, &e), ERR_ARG);
    ASSERT_HAS(e.msg, "--unattended refused: bench 'virtual_tcp' did not show the virtual bench's identity block");
    ASSERT_HAS(e.hint, "never run without an operator");
    peer_stop(&p);
}

CU_TestInfo bus_tests[] = {
    {"unattended_is_refused_without_the_identity_block", unattended_is_refused_without_the_identity_block},
    {"a_transaction_takes_the_time_of_the_formula", a_transaction_takes_the_time_of_the_formula},
    {"time_passes_as_on_the_line", time_passes_as_on_the_line},
    {"a_late_reply_is_taken_for_a_later_one_unless_drained", a_late_reply_is_taken_for_a_later_one_unless_drained},
    {"failures_name_device_unit_function_address_and_exception",
     failures_name_device_unit_function_address_and_exception},
    {"a_link_never_publishes_another_requests_registers", a_link_never_publishes_another_requests_registers},
    {"a_reply_that_outlives_the_drain_is_caught_by_the_canary",
     a_reply_that_outlives_the_drain_is_caught_by_the_canary},
    {"an_order_without_permission_writes_nothing", an_order_without_permission_writes_nothing},
    {"a_stop_overtakes_a_drain", a_stop_overtakes_a_drain},
    {"a_polite_peer_is_read", a_polite_peer_is_read},
    {"the_deadline_is_total_even_when_bytes_trickle", the_deadline_is_total_even_when_bytes_trickle},
    {"bad_manners_become_named_failures", bad_manners_become_named_failures},
    {"nobody_listening_and_strange_settings_are_refused", nobody_listening_and_strange_settings_are_refused},
    CU_TEST_INFO_NULL};
