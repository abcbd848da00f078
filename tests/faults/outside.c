/* outside.c -- see outside.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "rig/commands/session.h"
#include "rig/loop/runner.h"
#include "rig/record/runfile.h"
#include "rig/virtual/settings.h"
#include "tests/faults/door.h"
#include "tests/faults/outside.h"

enum { COMMIT_TICKS = 10 }; /* 200 ms, as the recorder's thread does */
#define ON_THE_WIRE 5e-3    /* s: what is heard so soon was on its way when the latch tripped */
static struct outside out;  /* the wrapped functions have no other way to it */

struct outside *outside(void) { return &out; }

/* ---- the bench, and what is done to a transaction ---- */

static void watch_truth(void)
{
    out.peak_force = fmax(out.peak_force, fabs(plant_force(&out.world->plant)));
    out.highest = fmin(out.highest, out.world->plant.axis.actual);
    out.lowest = fmax(out.lowest, out.world->plant.axis.actual);
}

static void advance(void *self, double seconds)
{
    bool is_ours = door_watch()->is_ours;
    (void)self;
    door_watch()->is_ours = false;
    for (; seconds > PLANT_STEP; seconds -= PLANT_STEP) {
        vbench_advance(out.world, PLANT_STEP);
        watch_truth();
    }
    vbench_advance(out.world, seconds);
    watch_truth();
    door_watch()->is_ours = is_ours;
}

/* Is STOP the first word that the axis is told once it has to stop?  (The sequence may have begun to stop it, a tick
 * before the latch trips.) */
static void watch_writes(uint8_t unit, const uint8_t *pdu)
{
    const struct rig *r = out.pace.rig;
    bool is_many = pdu[0] == BUS_WRITE_MANY;
    if (unit != VBENCH_AXIS || !r || !(is_many || pdu[0] == BUS_WRITE_ONE))
        return;
    const uint8_t *first = pdu + (is_many ? 6 : 3);
    unsigned to = (unsigned)pdu[1] << 8 | pdu[2], word = (unsigned)first[0] << 8 | first[1];
    bool is_stop = to == out.stop.address && word == out.stop.regs[0];
    bool was_stop = out.last_was_stop && out.last_at >= r->stopper.began;
    bool has_tripped = !r->latch.is_armed && r->state > RIG_ENABLING;
    out.last_was_stop = is_stop;
    out.last_at = out.pace.clock.now;
    if (out.was_told || !has_tripped || (!is_stop && out.pace.clock.now < r->latch.at + ON_THE_WIRE))
        return;
    out.was_told = true;
    out.was_told_stop = is_stop || was_stop;
}

static int answer(uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    watch_writes(unit, pdu);
    door_watch()->is_ours = false;
    int m = vbench_pdu(out.world, unit, pdu, n, reply, cap);
    door_watch()->is_ours = true;
    return m;
}

static void cut_all(void)
{
    for (size_t i = 0; i < out.buses; i++)
        bus_memory_faults(out.bus[i])->is_cut = true;
}

/* The reply of one transaction that fails. */
static int spoil(enum way way, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    struct memory_faults *f = bus_memory_faults(out.bus[unit == VBENCH_FORCE ? out.buses - 1 : 0]);
    if (way == WAY_TIMEOUT)
        return 0; /* the device does not hear it */
    if (way == WAY_EXCEPTION) {
        reply[0] = pdu[0] | 0x80;
        reply[1] = 4;
        return 2;
    }
    int m = answer(unit, pdu, n, reply, cap);
    f->delay = 0.09; /* s: longer than any time-out of the serial bench */
    f->drop_replies += way == WAY_LOST_REPLY;
    f->delay_replies += way == WAY_LATE_REPLY;
    f->foreign_replies += way == WAY_WRONG_UNIT;
    f->resets += way == WAY_RESET;
    if (way == WAY_CUT) {
        f->drop_replies++;
        cut_all();
    }
    for (int i = 0; way == WAY_JUNK && i < m; i++)
        reply[i] = (uint8_t)(0x5D + 37 * i);
    return way == WAY_SHORT && m > 1 ? m / 2 : m;
}

static int hear(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    (void)self;
    if (!door_strikes(DOOR_BUS, unit == VBENCH_AXIS ? "axis" : unit == VBENCH_FORCE ? "force" : "identity", ""))
        return answer(unit, pdu, n, reply, cap);
    return spoil(door_watch()->way, unit, pdu, n, reply, cap);
}

int outside_begin(const char *settings, double gap, struct err *e)
{
    struct plant_settings set;
    out = (struct outside){.highest = INFINITY, .lowest = -INFINITY, .most_ticks = OUTSIDE_TICKS};
    int rc = settings_open(&set, settings, e);
    set.gap = gap;
    set.array.rows = set.array.columns = 4; /* the same laws as with 100 needles, in a fraction of the time */
    if (rc == 0) rc = vbench_new(&out.world, &set, 41, e);
    out.pace.clock = (struct memory_clock){.peer = {hear, advance, NULL}};
    return rc;
}

void outside_wait(double seconds) { advance(NULL, seconds); }

void outside_end(void)
{
    vbench_free(out.world);
    out.world = NULL;
}

/* ---- in place of sockets, threads and clock ---- */

int __real_run_folder_make(char *name, size_t size, const char *parent, int64_t unix_time, const char *batch,
                           const char *specimen, const char *method, struct err *e);
int __wrap_run_folder_make(char *name, size_t size, const char *parent, int64_t unix_time, const char *batch,
                           const char *specimen, const char *method, struct err *e);
int __wrap_bus_modbus_new(struct bus **b, const struct bus_address *a, struct err *e);
int __wrap_link_start(struct link *l, struct err *e);
int __wrap_recorder_start(struct recorder *r, struct err *e);
double __wrap_runner_now(void);
void __wrap_runner_run(struct rig *r, const struct runner_door *door);

int __wrap_run_folder_make(char *name, size_t size, const char *parent, int64_t unix_time, const char *batch,
                           const char *specimen, const char *method, struct err *e)
{
    door_watch()->phase = PHASE_BEGIN;
    return __real_run_folder_make(name, size, parent, unix_time, batch, specimen, method, e);
}

int __wrap_bus_modbus_new(struct bus **b, const struct bus_address *a, struct err *e)
{
    bool serial = a->kind == BUS_KIND_RTU;
    struct memory_line line = {serial ? a->baud : 0, serial ? 11 : 0, serial ? 1e-3 : 5e-4};
    door_watch()->phase = PHASE_OPEN;
    int rc = bus_memory_new(b, &out.pace.clock, &line, e);
    if (rc == 0)
        out.bus[out.buses++] = *b;
    return rc;
}

int __wrap_link_start(struct link *l, struct err *e)
{
    (void)l, (void)e;
    return 0;
}

int __wrap_recorder_start(struct recorder *r, struct err *e)
{
    (void)r, (void)e;
    return 0;
}

double __wrap_runner_now(void) { return out.pace.clock.now; }

static enum phase phase_of(const struct rig *r)
{
    static const struct { const char *stage; enum phase phase; } stages[] = {
        {"home", PHASE_HOME}, {"tare", PHASE_TARE}, {"approach", PHASE_APPROACH}, {"insert", PHASE_INSERT},
        {"hold", PHASE_HOLD}, {"retract", PHASE_RETRACT}};
    if (r->state <= RIG_ENABLING)
        return PHASE_WAIT;
    for (size_t i = 0; r->state == RIG_RUNNING && i < sizeof stages / sizeof *stages; i++)
        if (strcmp(sequence_stage(&r->sequence), stages[i].stage) == 0)
            return stages[i].phase;
    return PHASE_END;
}

static long resident(void)
{
    long pages = 0;
    char text[100] = "";
    bool is_ours = door_watch()->is_ours;
    door_watch()->is_ours = false;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fgets(text, sizeof text, f))
        pages = strtol(strchr(text, ' ') ? strchr(text, ' ') : text, NULL, 10);
    if (f)
        fclose(f);
    door_watch()->is_ours = is_ours;
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

void __wrap_runner_run(struct rig *r, const struct runner_door *door)
{
    bool goes_on = true;
    struct map_step step[MAP_STEPS];
    struct err ignored = {0};
    pace_start(&out.pace, r, r->link, r->recorder);
    axis_build_stop(r->bench, step, &ignored);
    out.stop = step[0];
    out.has_run = true;
    while (goes_on && out.pace.ticks < out.most_ticks) {
        door_watch()->phase = phase_of(r);
        goes_on = pace_tick(&out.pace, door->key(door->self));
        door->show(door->self, r);
        if (out.pace.ticks % COMMIT_TICKS == 0)
            recorder_commit(r->recorder);
        if (out.pace.ticks == out.most_ticks / 10)
            out.memory_early = resident();
    }
    out.memory_late = resident();
    door_watch()->phase = PHASE_END;
    out.hangs = goes_on;
    out.latch = r->latch;
    out.ended_from = r->ended_from;
    out.stop_not_proven = r->stopper.has_given_up;
    out.ticks = r->ticks;
    out.pace.rig = NULL;
}
