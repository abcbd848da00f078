/* rig.c -- measures the controller beside the bare thing, in turn, for "make bench": transactions through struct bus
 * against libmodbus alone, the tick at 200 Hz against a loop that only wakes, the recorder's cost.  Prints a line of
 * names and values for each block; nothing here can fail a test. */
#include <math.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/text/units.h"
#include "rig/commands/session.h"
#include "rig/loop/runner.h"
#include "rig/record/recorder.h"

enum { BLOCKS = 24, SHORT_BLOCKS = 300, TRANSACTIONS = 50, REGISTERS = 24, ROWS = 100 };
#define BLOCK_SECONDS 1.0 /* of the tick */

static double cpu_of_thread(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void die(const char *what, const struct err *e)
{
    fprintf(stderr, "%s: %s\n", what, e ? e->msg : "");
    exit(1);
}

/* ---- transactions ---- */

static double through_bus(struct bus *b)
{
    uint16_t regs[BUS_MAX_READ];
    const struct bus_request r = {"drive", 1, BUS_READ_HOLDING, 0, REGISTERS, 0.5, 0.0};
    struct err e = {0};
    double start = runner_now();
    for (int i = 0; i < TRANSACTIONS; i++)
        if (bus_read(b, &r, regs, &e))
            die("bus", &e);
    return TRANSACTIONS / (runner_now() - start);
}

static double bare(modbus_t *m)
{
    uint16_t regs[BUS_MAX_READ];
    double start = runner_now();
    for (int i = 0; i < TRANSACTIONS; i++)
        if (modbus_read_registers(m, 0, REGISTERS, regs) != REGISTERS)
            die("libmodbus", NULL);
    return TRANSACTIONS / (runner_now() - start);
}

static void transactions(int port)
{
    struct bus_address a = {.kind = BUS_KIND_TCP, .host = "127.0.0.1", .port = port, .connect_timeout = 1.0};
    struct bus *b = NULL;
    struct err e = {0};
    modbus_t *m = modbus_new_tcp("127.0.0.1", port);
    if (bus_modbus_new(&b, &a, &e) || bus_open(b, &e))
        die("bus", &e);
    if (!m || modbus_set_slave(m, 1) || modbus_connect(m))
        die("libmodbus", NULL);
    for (int i = 0; i < SHORT_BLOCKS; i++) { /* who goes first alternates; short, for what else the machine does */
        double ours = i % 2 ? through_bus(b) : 0.0, theirs = bare(m);
        if (i % 2 == 0)
            ours = through_bus(b);
        printf("block bus %.6g bare %.6g ratio %.6g\n", ours, theirs, ours / theirs);
    }
    modbus_close(m);
    modbus_free(m);
    bus_free(b);
}

/* ---- the tick ---- */

struct quitter { double end; };
static enum rig_key quit_in_time(void *self)
{
    const struct quitter *q = self;
    return runner_now() >= q->end ? KEY_QUIT : KEY_NONE;
}
static void show_nothing(void *self, const struct rig *r) { (void)self, (void)r; }

struct tick_bench {
    struct session s;
    struct method method;
    struct config *method_doc;
    struct rig rig;
};

/* The whole controller, waiting to be armed: links, judgement, recorder.  Late means: later than a whole tick. */
static void tick_block(struct tick_bench *t, const char *folder)
{
    static const volatile sig_atomic_t no_signal = 0;
    struct recorder *rec = NULL;
    struct record_sums sums;
    struct err e = {0};
    struct quitter q = {runner_now() + BLOCK_SECONDS};
    struct runner_door door = {.key = quit_in_time, .show = show_nothing, .self = &q, .stop_signal = &no_signal};
    struct latency bare_late = {0};
    uint64_t ticks = 0, skipped = 0;
    if (recorder_open(&rec, folder, &e) || recorder_start(rec, &e))
        die("recorder", &e);
    rig_init(&t->rig, &t->s.bench, &t->s.limits, &t->method, t->s.link, rec, runner_now());
    double cpu = cpu_of_thread();
    runner_run(&t->rig, &door);
    cpu = cpu_of_thread() - cpu;
    recorder_close(rec, &sums, &e);
    runner_measure(t->s.bench.tick_period, BLOCK_SECONDS, &bare_late, &ticks, &skipped);
    printf("block ticks %llu missed %llu p99_us %.6g max_us %.6g cpu_us %.6g bare_ticks %llu bare_missed %llu "
           "bare_p99_us %.6g bare_max_us %.6g\n",
           (unsigned long long)t->rig.ticks, (unsigned long long)t->rig.skipped,
           1e6 * latency_quantile(&t->rig.lateness, 0.99), 1e6 * t->rig.lateness.max,
           1e6 * cpu / (double)t->rig.ticks, (unsigned long long)ticks, (unsigned long long)skipped,
           1e6 * latency_quantile(&bare_late, 0.99), 1e6 * bare_late.max);
}

static void ticks(int port, const char *folder)
{
    struct tick_bench *t = calloc(1, sizeof *t);
    struct session_options o = {.bench_path = "config/benches/virtual_tcp.yaml", .port = port, .n = 3,
                                .overrides = {"tick/period=5 ms", "devices/axis/poll=5 ms", "devices/force/poll=5 ms"}};
    struct err e = {0};
    if (!t || session_read(&t->s, &o, &e) ||
        method_read(&t->method, &t->method_doc, "config/methods/press_10N_hold_5s.yaml", NULL, 0, &e) ||
        session_open(&t->s, &e) || runner_prepare(false, &e))
        die("session", &e);
    for (size_t i = 0; i < t->s.links; i++)
        if (link_prepare(t->s.link[i], &e) || link_start(t->s.link[i], &e))
            die("link", &e);
    for (int i = 0; i < BLOCKS; i++) {
        char path[400];
        snprintf(path, sizeof path, "%.300s/block-%d", folder, i);
        if (mkdir(path, 0777) != 0)
            die(path, NULL);
        tick_block(t, path);
    }
    session_close(&t->s);
    config_close(t->method_doc);
    free(t);
}

/* ---- the recorder ---- */

static void recording(const char *folder)
{
    struct recorder *rec = NULL;
    struct record_sums sums;
    struct err e = {0};
    struct record_row row = {.position = 12.3456e-3, .travel = 1.1e-3, .raw_travel = 1.14e-3, .force = 9.8765,
                             .net_force = 9.8754, .axis_age = 0.013, .force_age = 0.012, .axis_status = 16809993u,
                             .inputs = 9, .state = "insert"};
    if (recorder_open(&rec, folder, &e))
        die("recorder", &e);
    for (int i = 0; i < BLOCKS; i++) {
        double start = cpu_of_thread();
        for (int k = 0; k < ROWS; k++) {
            row.time += 5e-3;
            recorder_row(rec, &row);
        }
        double tick = cpu_of_thread() - start;
        start = cpu_of_thread();
        recorder_pump(rec);
        recorder_commit(rec);
        printf("block row_us %.6g writer_us %.6g\n", 1e6 * tick / ROWS, 1e6 * (cpu_of_thread() - start) / ROWS);
    }
    recorder_close(rec, &sums, &e);
}

int main(int argc, char **argv)
{
    struct err e = {0};
    if (units_init(&e))
        die("units", &e);
    if (argc == 3 && !strcmp(argv[1], "transactions"))
        transactions(atoi(argv[2]));
    else if (argc == 4 && !strcmp(argv[1], "ticks"))
        ticks(atoi(argv[2]), argv[3]);
    else if (argc == 3 && !strcmp(argv[1], "recorder"))
        recording(argv[2]);
    else
        fprintf(stderr, "usage: rig transactions PORT | ticks PORT FOLDER | recorder FOLDER\n");
    units_release();
    return argc < 3 ? 2 : 0;
}
