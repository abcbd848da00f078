/* probe.c -- mnrig probe: who answers on a bench, what it says now, how fast; writes nothing and moves nothing. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "rig/commands/commands.h"
#include "rig/commands/options.h"
#include "rig/commands/session.h"
#include "rig/device/load_cell.h"

const char probe_help[] = "usage: mnrig probe --bench BENCH [--set PATH=VALUE]... [--port N]\n"
                          "\n"
                          "Reads every device of a bench: identity, values, failures by kind, latency; also of those "
                          "that answer when others do\n"
                          "not.  Writes nothing, moves nothing.\n"
                          "\n"
                          "  --bench BENCH      bench file\n"
                          "  --set PATH=VALUE   override a key of the bench file, e.g. links/line/rtu=/dev/ttyUSB1\n"
                          "  --port N           TCP port of every TCP link\n"
                          "\n"
                          "example: mnrig probe --bench config/benches/virtual_tcp.yaml\n"
                          "exit status: 0 every reply came, 1 all answer but replies were lost, 2 usage, 3 a file, 5 "
                          "somebody does not answer";

enum { READS = 50, TRIES = 3 };

static void show_values(const struct device_map *m, const uint16_t *sample)
{
    for (size_t i = 0; i < m->values; i++) {
        const struct map_value *v = &m->value[i];
        double si = 1.0;
        const char *unit = v->number.unit;
        bool is_raw = v->number.scale == 0.0; /* never resolved */
        double shown = is_raw ? (double)map_raw(m, i, sample) : map_decode(m, i, sample);
        if (unit[0] && !is_raw)
            si = v->number.is_reciprocal ? v->number.scale / v->number.per : v->number.scale * v->number.per;
        printf("    %-16s %14.6g %-8s raw 0x%08lX", v->name, shown / si, unit, (unsigned long)map_raw(m, i, sample));
        for (size_t k = 0; k < m->bits; k++)
            if (m->bit[k].value == i && map_bit_is_set(m, k, sample))
                printf(" %s", m->bit[k].name);
        printf("\n");
    }
}

/* Everything that can go wrong is counted; the device counts as silent when not one whole sample came. */
struct probe {
    struct latency took;
    unsigned requests, timeouts, garbled, exceptions, lost;
    bool has_sample;
    uint16_t sample[MAP_REGISTERS];
};

static int probe_read(struct session *s, size_t device, const struct bus_request *r, uint16_t *regs, struct probe *p,
                      struct err *e)
{
    const struct bench_device *d = &s->bench.device[device];
    struct bus *bus = link_bus(s->link[d->link]);
    struct err ignored = {0};
    for (int i = 0; (bus->is_dirty || !bus->is_open) && i < 200; i++)
        if (bus_recover(bus, d->map.late_reply, 5e-3, &ignored) < 0)
            break;
    double start = bus_now(bus);
    int rc = bus_read(bus, r, regs, e);
    p->requests++;
    if (rc == 0)
        latency_add(&p->took, bus_now(bus) - start);
    p->timeouts += rc && bus->failure == BUS_TIMEOUT;
    p->garbled += rc && bus->failure == BUS_GARBLED;
    p->exceptions += rc && bus->failure == BUS_EXCEPTION;
    p->lost += rc && bus->failure == BUS_LOST;
    return rc;
}

static struct bus_request request_to(const struct bench_device *d, uint8_t function, uint16_t address, uint16_t count)
{
    return (struct bus_request){
        d->name, d->unit, function, address, count, d->timeout, fmax(d->map.gap, d->map.gap_after)};
}

/* One whole sample. */
static int read_sample(struct session *s, size_t device, struct probe *p, struct err *e)
{
    const struct bench_device *d = &s->bench.device[device];
    int rc = 0;
    for (size_t k = 0; k < d->map.groups && rc == 0; k++) {
        const struct map_group *g = &d->map.group[k];
        struct bus_request r = request_to(d, g->function, g->address, g->count);
        rc = probe_read(s, device, &r, p->sample + g->at, p, e);
    }
    return rc;
}

/* What tells this device from another one: serial numbers, settings. */
static void show_constants(struct session *s, size_t device, struct probe *p)
{
    const struct bench_device *d = &s->bench.device[device];
    uint16_t regs[BUS_MAX_READ];
    struct err ignored = {0};
    printf("    constants       ");
    for (size_t k = 0; k < d->map.canaries; k++) {
        const struct map_canary *c = &d->map.canary[k];
        struct bus_request r = request_to(d, c->function, c->address, c->count);
        int rc = probe_read(s, device, &r, regs, p, &ignored);
        printf(" 0x%04X:", c->address);
        for (unsigned i = 0; i < c->count && rc == 0; i++)
            printf(" %04X", regs[i]);
        if (rc)
            printf(" no reply");
    }
    printf("\n");
}

static void show_counters(const struct probe *p)
{
    printf("    %u requests: %u time-outs, %u garbled, %u refused, %u lost", p->requests, p->timeouts, p->garbled,
           p->exceptions, p->lost);
    if (p->took.count)
        printf("; p50 %.3g ms, p99 %.3g ms, max %.3g ms", 1e3 * latency_quantile(&p->took, 0.5),
               1e3 * latency_quantile(&p->took, 0.99), 1e3 * p->took.max);
    printf("\n");
}

/* Reads whole samples.  ERR_COMM: not one came, with the first failure; ERR_FAILED: some replies did not. */
static int probe_device(struct session *s, size_t device, struct err *e)
{
    const struct bench_device *d = &s->bench.device[device];
    struct probe p = {0};
    struct err first = {0};
    printf("  %s: %s, unit %u on %s\n", d->name, d->map.name, d->unit, link_bus(s->link[d->link])->name);
    if (!link_bus(s->link[d->link])->is_open && bus_open(link_bus(s->link[d->link]), e)) {
        printf("    the link cannot be opened\n");
        return ERR_COMM;
    }
    for (int i = 0; i < READS && !(i == TRIES && !p.has_sample); i++) {
        struct err now = {0};
        int rc = read_sample(s, device, &p, &now);
        p.has_sample = p.has_sample || rc == 0;
        if (rc && !first.code)
            first = now;
    }
    if (p.has_sample)
        show_constants(s, device, &p);
    show_counters(&p);
    if (!p.has_sample) {
        printf("    no whole sample\n");
        *e = first;
        return ERR_COMM;
    }
    show_values(&d->map, p.sample);
    unsigned bad = p.timeouts + p.garbled + p.exceptions + p.lost;
    return bad ? err_set(e, ERR_FAILED, "'%s': %u of %u replies did not come as they should", d->name, bad, p.requests)
               : 0;
}

static void show_identity(struct session *s)
{
    struct run_identity id = {0};
    struct bus *bus = session_axis_bus(s);
    struct err ignored = {0};
    if (!bus->is_open && bus_open(bus, &ignored))
        return;
    bench_identity_read(bus, &id);
    if (id.is_virtual)
        printf("  virtual bench: mnbench, seed %lu, specimen %u, %u needles\n", (unsigned long)id.seed, id.specimen,
               id.needles);
    else
        printf("  no virtual bench's identity block: taken for a real one\n");
}

int probe_run(int argc, char **argv, struct err *e)
{
    struct session_options o = {0};
    const char *port = NULL;
    long number = 0;
    size_t words = 0;
    const struct option_spec specs[] = {{"bench", .text = &o.bench_path},
                                        {"set", .list = o.overrides, .n = &o.n, .max = SESSION_OVERRIDES},
                                        {"port", .text = &port}, {.name = NULL}};
    int rc = options_read(specs, argc, argv, NULL, 0, &words, e);
    if (rc == 0 && !o.bench_path)
        rc = err_set(e, ERR_ARG, "--bench is needed");
    if (rc == 0 && port)
        rc = options_integer("port", port, 1, 65535, &number, e);
    if (rc)
        return rc;
    struct session s;
    o.port = (int)number;
    rc = session_read(&s, &o, e);
    if (rc == 0)
        rc = session_take(&s, e);
    bool is_taken = rc == 0;
    if (is_taken) {
        printf("bench %s (%s)\n", s.bench.name, s.bench.file);
        show_identity(&s);
    }
    for (size_t i = 0; i < BENCH_DEVICES && is_taken; i++) {
        struct err now = {0};
        int one = probe_device(&s, i, &now); /* a silent device does not hide the other */
        if (one && (rc == 0 || (rc == ERR_FAILED && one == ERR_COMM))) {
            *e = now;
            rc = one;
        }
    }
    session_close(&s);
    return rc;
}
