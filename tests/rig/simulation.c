/* simulation.c -- see simulation.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/text/units.h"
#include "rig/virtual/settings.h"
#include "tests/rig/simulation.h"

enum { BUSY = 6 }; /* the exception "server device busy" */

static int world_pdu(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    struct simulation *s = self;
    int length = vbench_pdu(s->world, unit, pdu, n, reply, cap);
    if (unit == VBENCH_FORCE && s->cell_delay > 0.0)
        memory_clock_until(&s->pace.clock, s->pace.clock.now + s->cell_delay);
    if (length < 2 || s->refusals == 0 || unit != VBENCH_AXIS || fault_is_write(pdu, n))
        return length;
    s->refusals--;
    reply[0] = (uint8_t)(pdu[0] | 0x80u);
    reply[1] = BUSY;
    return 2;
}

static void world_advance(void *self, double seconds)
{
    const struct simulation *s = self;
    vbench_advance(s->world, seconds);
}

static int make_folders(struct simulation *s, struct err *e)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(s->folder, sizeof s->folder, "%.200s/mnrig-test-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(s->folder))
        return err_set(e, ERR_IO, "cannot make a folder for the test");
    snprintf(s->logs, sizeof s->logs, "%s/world", s->folder);
    return 0;
}

static int make_world(struct simulation *s, const char *faults, struct err *e)
{
    struct plant_settings set;
    bool is_second = strcmp(s->bench.device[BENCH_AXIS].map.name, "leadshine_em2rs") == 0;
    int rc =
        settings_open(&set, is_second ? "config/benches/mnbench_em2rs_tlb.yaml" : "config/benches/mnbench.yaml", e);
    if (rc == 0) rc = vbench_new(&s->world, &set, 41, e);
    if (rc == 0) rc = vbench_log_to(s->world, s->logs, e);
    if (rc == 0 && faults) rc = fault_parse(&s->world->faults, "faults", faults, e);
    s->pace.clock = (struct memory_clock){.now = 0.0, .peer = {world_pdu, world_advance, s}};
    return rc;
}

static int make_links(struct simulation *s, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; i < s->bench.links && rc == 0; i++) {
        const struct bus_address *a = &s->bench.link[i].address;
        bool serial = a->kind == BUS_KIND_RTU;
        struct memory_line line = {serial ? a->baud : 0, serial ? 11 : 0, serial ? 1e-3 : 5e-4};
        rc = bus_memory_new(&s->bus[i], &s->pace.clock, &line, e);
        if (rc == 0) rc = link_new(&s->link[i], &s->bench, i, s->bus[i], e);
        if (rc == 0) rc = link_prepare(s->link[i], e);
    }
    return rc;
}

static ssize_t disk_write(void *self, int handle, const char *bytes, size_t n)
{
    const struct simulation *s = self;
    if (!s->disk_is_full)
        return RECORD_DISK.write(RECORD_DISK.self, handle, bytes, n);
    errno = ENOSPC;
    return -1;
}

int simulation_new(struct simulation **out, const char *bench, const char *method, const char *faults, struct err *e)
{
    char path[300];
    struct simulation *s = calloc(1, sizeof *s);
    *out = s;
    if (!s)
        return err_set(e, ERR_NOMEM, "out of memory");
    s->disk = RECORD_DISK;
    s->disk.self = s;
    s->disk.write = disk_write;
    int rc = units_init(e);
    if (rc == 0) rc = make_folders(s, e);
    snprintf(path, sizeof path, "config/%s", bench);
    if (rc == 0) rc = bench_read(&s->bench, &s->bench_doc, path, NULL, 0, e);
    if (rc == 0) rc = safety_limits_read(&s->limits, s->bench_doc, &s->bench, e);
    snprintf(path, sizeof path, "config/%s", method);
    if (rc == 0) rc = method_read(&s->method, &s->method_doc, path, NULL, 0, e);
    if (rc == 0) rc = method_check(&s->method, config_root(s->method_doc), &s->bench, &s->limits, e);
    if (rc == 0) s->limits = method_limits(&s->method, &s->limits);
    if (rc == 0) rc = make_world(s, faults, e);
    if (rc == 0) rc = make_links(s, e);
    if (rc == 0) rc = recorder_open_by(&s->recorder, s->folder, &s->disk, e);
    if (rc)
        return rc;
    rig_init(&s->rig, &s->bench, &s->limits, &s->method, s->link, s->recorder, s->pace.clock.now);
    s->rig.is_unattended = true;
    pace_start(&s->pace, &s->rig, s->link, s->recorder);
    return 0;
}

bool simulation_tick(struct simulation *s, enum rig_key key) { return pace_tick(&s->pace, key); }

void simulation_run(struct simulation *s, double seconds)
{
    double end = s->pace.clock.now + seconds;
    while (s->pace.clock.now < end && simulation_tick(s, KEY_NONE))
        ;
}

int simulation_close_logs(struct simulation *s, uint64_t *rows, struct err *e)
{
    struct record_sums sums = {0};
    int rc = s->recorder ? recorder_close(s->recorder, &sums, e) : 0;
    *rows = sums.rows;
    s->recorder = NULL;
    int world = s->world ? vbench_close_logs(s->world, e) : 0;
    return rc ? rc : world;
}

char *simulation_text(const struct simulation *s, const char *name)
{
    char path[700];
    bool is_world = strcmp(name, "truth.csv") == 0 || strcmp(name, "writes.csv") == 0;
    snprintf(path, sizeof path, "%s/%s", is_world ? s->logs : s->folder, name);
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 24);
    if (f && text && fread(text, 1, (1 << 24) - 1, f) == 0)
        text[0] = '\0';
    if (f)
        fclose(f);
    return text;
}

void simulation_free(struct simulation *s)
{
    char command[400];
    uint64_t rows;
    struct err ignored = {0};
    if (!s)
        return;
    simulation_close_logs(s, &rows, &ignored);
    for (size_t i = 0; i < BENCH_LINKS; i++)
        if (s->link[i])
            link_free(s->link[i]);
        else
            bus_free(s->bus[i]);
    vbench_free(s->world);
    config_close(s->bench_doc);
    config_close(s->method_doc);
    snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
    if (s->folder[0] && system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", s->folder);
    free(s);
}
