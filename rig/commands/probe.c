/* probe.c -- mnrig probe: who answers on a bench, what it says now, how fast; writes nothing and moves nothing. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "rig/commands/commands.h"
#include "rig/commands/options.h"
#include "rig/commands/session.h"
#include "rig/device/load_cell.h"

const char probe_help[] =
    "usage: mnrig probe --bench BENCH [--set PATH=VALUE]... [--port N]\n"
    "\n"
    "Reads every device of a bench: identity, values, failures by kind, latency.  Writes nothing, moves nothing.\n"
    "\n"
    "  --bench BENCH      bench file\n"
    "  --set PATH=VALUE   override a key of the bench file, e.g. links/line/rtu=/dev/ttyUSB1\n"
    "  --port N           TCP port of every TCP link\n"
    "\n"
    "example: mnrig probe --bench config/benches/virtual_tcp.yaml\n"
    "exit status: 0 all answer, 2 usage, 3 a file, 5 somebody does not answer";

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

static int probe_group(struct session *s, size_t device, const struct map_group *g, struct probe *p, struct err *e)
{
    const struct bench_device *d = &s->bench.device[device];
    struct bus *bus = link_bus(s->link[d->link]);
    struct bus_request r = {d->name, d->unit, g->function, g->address, g->count, d->timeout,
                            fmax(d->map.gap, d->map.gap_after)};
    struct err ignored = {0};
    for (int i = 0; (bus->is_dirty || !bus->is_open) && i < 200; i++)
        if (bus_recover(bus, d->map.late_reply, 5e-3, &ignored) < 0)
            break;
    double start = bus_now(bus);
    int rc = bus_read(bus, &r, p->sample + g->at, e);
    p->requests++;
    if (rc == 0)
        latency_add(&p->took, bus_now(bus) - start);
    p->timeouts += rc && bus->failure == BUS_TIMEOUT;
    p->garbled += rc && bus->failure == BUS_GARBLED;
    p->exceptions += rc && bus->failure == BUS_EXCEPTION;
    p->lost += rc && bus->failure == BUS_LOST;
    return rc;
}

/* Reads whole samples; the first failure is told when no sample ever came. */
static int probe_device(struct session *s, size_t device, struct err *e)
{
    const struct bench_device *d = &s->bench.device[device];
    struct probe p = {0};
    struct err first = {0};
    for (int i = 0; i < READS && !(i == TRIES && !p.has_sample); i++) {
        int rc = 0;
        for (size_t k = 0; k < d->map.groups && rc == 0; k++) {
            struct err now = {0};
            rc = probe_group(s, device, &d->map.group[k], &p, &now);
            if (rc && !first.code)
                first = now;
        }
        p.has_sample = p.has_sample || rc == 0;
    }
    printf("  %s: %s, unit %u on %s\n", d->name, d->map.name, d->unit, link_bus(s->link[d->link])->name);
    printf("    %u requests: %u time-outs, %u garbled, %u refused, %u lost; p50 %.3g ms, p99 %.3g ms, max %.3g ms\n",
           p.requests, p.timeouts, p.garbled, p.exceptions, p.lost, 1e3 * latency_quantile(&p.took, 0.5),
           1e3 * latency_quantile(&p.took, 0.99), 1e3 * p.took.max);
    if (p.has_sample)
        show_values(&d->map, p.sample);
    else
        *e = first;
    return p.has_sample ? 0 : ERR_COMM;
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
    struct run_identity id = {0};
    o.port = (int)number;
    rc = session_read(&s, &o, e);
    if (rc == 0)
        rc = session_open(&s, e);
    bool id_is_asked = rc == 0;
    if (rc == 0) {
        printf("bench %s (%s)\n", s.bench.name, s.bench.file);
        bench_identity_read(session_axis_bus(&s), &id);
        if (id.is_virtual)
            printf("  virtual bench: mnbench, seed %lu, specimen %u, %u needles\n", (unsigned long)id.seed, id.specimen,
                   id.needles);
        else
            printf("  no virtual bench's identity block: taken for a real one\n");
    }
    for (size_t i = 0; i < BENCH_DEVICES && s.links == s.bench.links && id_is_asked; i++) {
        struct err now = {0};
        int one = probe_device(&s, i, &now); /* a silent device does not hide the other */
        if (one && rc == 0) {
            *e = now;
            rc = one;
        }
    }
    session_close(&s);
    return rc;
}
