/* probe.c -- mnrig probe: who answers on a bench, what it says now, how fast; writes nothing and moves nothing. */
#include <stdio.h>
#include <string.h>
#include "rig/commands/commands.h"
#include "rig/commands/options.h"
#include "rig/commands/session.h"
#include "rig/device/load_cell.h"

const char probe_help[] =
    "usage: mnrig probe --bench BENCH [--set PATH=VALUE]... [--port N]\n"
    "\n"
    "Reads every device of a bench: identity, values, latency.  Writes nothing, moves nothing.\n"
    "\n"
    "  --bench BENCH      bench file\n"
    "  --set PATH=VALUE   override a key of the bench file, e.g. links/line/rtu=/dev/ttyUSB1\n"
    "  --port N           TCP port of every TCP link\n"
    "\n"
    "example: mnrig probe --bench config/benches/virtual_tcp.yaml\n"
    "exit status: 0 all answer, 2 usage, 3 a file, 5 somebody does not answer";

enum { READS = 50 };

static void show_values(const struct device_map *m, const uint16_t *regs)
{
    for (size_t i = 0; i < m->values; i++) {
        const struct map_value *v = &m->value[i];
        double per = v->number.per;
        double shown =
            reg_get(regs + (v->number.address - m->group[v->group].address), v->number.type, v->number.order) / per;
        printf("    %-16s %14.6g %-8s raw 0x%08lX", v->name, shown, v->number.unit, (unsigned long)map_raw(m, i, regs));
        for (size_t k = 0; k < m->bits; k++)
            if (m->bit[k].value == i && (map_raw(m, i, regs) >> m->bit[k].bit & 1u))
                printf(" %s", m->bit[k].name);
        printf("\n");
    }
}

static int probe_device(struct session *s, size_t device, struct err *e)
{
    const struct bench_device *d = &s->bench.device[device];
    const struct map_group *g = &d->map.group[0];
    struct bus *bus = link_bus(s->link[d->link]);
    struct bus_request r = {d->name, d->unit, g->function, g->address, g->count, d->timeout, d->map.gap};
    uint16_t regs[BUS_MAX_READ];
    struct latency took = {0};
    for (int i = 0; i < READS; i++) {
        double start = bus_now(bus);
        int rc = bus_read(bus, &r, regs, e);
        if (rc)
            return rc;
        latency_add(&took, bus_now(bus) - start);
    }
    printf("  %s: %s, unit %u on %s\n", d->name, d->map.name, d->unit, bus->name);
    printf("    %d reads of %u registers: p50 %.3g ms, p99 %.3g ms, max %.3g ms\n", READS, g->count,
           1e3 * latency_quantile(&took, 0.5), 1e3 * latency_quantile(&took, 0.99), 1e3 * took.max);
    show_values(&d->map, regs);
    return 0;
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
    if (rc == 0) {
        printf("bench %s (%s)\n", s.bench.name, s.bench.file);
        bench_identity_read(session_axis_bus(&s), &id);
        if (id.is_virtual)
            printf("  virtual bench: mnbench, seed %lu, specimen %u, %u needles\n", (unsigned long)id.seed, id.specimen,
                   id.needles);
        else
            printf("  no virtual bench's identity block: taken for a real one\n");
    }
    for (size_t i = 0; i < BENCH_DEVICES && rc == 0; i++)
        rc = probe_device(&s, i, e);
    session_close(&s);
    return rc;
}
