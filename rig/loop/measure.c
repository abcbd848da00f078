/* measure.c -- see measure.h. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "rig/loop/measure.h"
#include "rig/loop/runner.h"

#define RECOVER_SLICE 5e-3 /* s */
enum { TIMES_AS_OFTEN = 4, RECOVERIES = 200 };

struct reader {               /* one link's thread */
    const struct bench *bench;
    size_t link;
    struct bus *bus;
    struct measured_device *device;
    atomic_bool quit;
    pthread_t thread;
};

static void count_failure(struct measured_device *m, enum bus_failure f, const struct err *e)
{
    m->timeouts += f == BUS_TIMEOUT;
    m->garbled += f == BUS_GARBLED;
    m->exceptions += f == BUS_EXCEPTION;
    m->lost += f == BUS_LOST;
    if (!m->trouble[0])
        snprintf(m->trouble, sizeof m->trouble, "%.199s", e->msg);
}

/* A line that failed is made clean first, or the next answer would be measured wrong. */
static void make_clean(struct bus *bus, double late_reply)
{
    struct err ignored = {0};
    for (int i = 0; (bus->is_dirty || !bus->is_open) && i < RECOVERIES; i++)
        if (bus_recover(bus, late_reply, RECOVER_SLICE, &ignored) < 0)
            break;
}

static int read_group(struct reader *r, size_t device, const struct map_group *g)
{
    const struct bench_device *d = &r->bench->device[device];
    struct measured_device *m = &r->device[device];
    uint16_t regs[BUS_MAX_READ];
    struct err e = {0};
    struct bus_request q = {d->name, d->unit, g->function, g->address, g->count, d->timeout,
                            fmax(d->map.gap, d->map.gap_after)};
    make_clean(r->bus, d->map.late_reply);
    double start = bus_now(r->bus);
    int rc = bus_read(r->bus, &q, regs, &e);
    m->requests++;
    if (rc)
        count_failure(m, r->bus->failure, &e);
    else
        latency_add(&m->read, bus_now(r->bus) - start);
    return rc;
}

static void read_sample(struct reader *r, size_t device)
{
    const struct device_map *m = &r->bench->device[device].map;
    double start = bus_now(r->bus);
    int rc = 0;
    for (size_t g = 0; g < m->groups && rc == 0; g++)
        rc = read_group(r, device, &m->group[g]);
    if (rc == 0)
        latency_add(&r->device[device].sample, bus_now(r->bus) - start);
}

/* Reads its devices in turn, each at a multiple of its poll, or as fast as the line allows. */
static void *reader_main(void *arg)
{
    struct reader *r = arg;
    double due[BENCH_DEVICES] = {0.0};
    while (!atomic_load(&r->quit)) {
        double next = INFINITY;
        for (size_t d = 0; d < BENCH_DEVICES; d++) {
            if (r->bench->device[d].link != r->link)
                continue;
            if (bus_now(r->bus) >= due[d]) {
                due[d] = bus_now(r->bus) + r->bench->device[d].poll / TIMES_AS_OFTEN;
                read_sample(r, d);
            }
            next = fmin(next, due[d]);
        }
        bus_idle(r->bus, fmin(next, bus_now(r->bus) + 0.05));
    }
    return NULL;
}

/* How much of a link's time the bench's own polls would take. */
static double share(const struct bench *b, const struct measurement *m, size_t link)
{
    double busy = 0.0;
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        if (b->device[d].link == link)
            busy += latency_quantile(&m->device[d].sample, 0.5) / b->device[d].poll;
    return busy;
}

int measure_bench(const struct bench *b, struct bus *const bus[], double seconds, struct measurement *out,
                  struct err *e)
{
    struct reader reader[BENCH_LINKS];
    size_t started = 0;
    int rc = 0;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < b->links && rc == 0; i++) {
        reader[i].bench = b;
        reader[i].link = i;
        reader[i].bus = bus[i];
        reader[i].device = out->device; /* each device is on one link: no two threads share one */
        atomic_init(&reader[i].quit, false);
        if (pthread_create(&reader[i].thread, NULL, reader_main, &reader[i]) != 0)
            rc = err_set(e, ERR_FAILED, "cannot start a thread for link '%s'", b->link[i].name);
        else
            started++;
    }
    if (rc == 0)
        runner_measure(b->tick_period, seconds, &out->lateness, &out->ticks, &out->skipped);
    for (size_t i = 0; i < started; i++) {
        atomic_store(&reader[i].quit, true);
        pthread_join(reader[i].thread, NULL);
    }
    for (size_t i = 0; i < b->links; i++)
        out->busy[i] = share(b, out, i);
    return rc;
}
