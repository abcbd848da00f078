/* test_unload.c -- what a step away from the sample relies on: each refusal, with its message. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tests/rig/simulation.h"
#include "tests/rig/suites.h"

#define PRESS "methods/press_10N_hold_5s.yaml"
#define TCP "benches/virtual_tcp.yaml"

/* Pressed with 2 N, then stopped by the operator: nothing has tripped, so only what is measured can refuse. */
static struct simulation *stopped(void)
{
    struct simulation *s = NULL;
    struct err e = {0};
    if (simulation_new(&s, TCP, PRESS, NULL, &e))
        CU_FAIL_FATAL("the simulation could not be made");
    s->rig.is_unattended = false;
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_ARM);
    while (s->rig.force.force < 2.0 && s->pace.clock.now < 40.0)
        simulation_tick(s, KEY_NONE);
    simulation_tick(s, KEY_STOP);
    simulation_run(s, 1.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_STOPPED);
    CU_ASSERT_TRUE(s->rig.stopper.is_proven);
    return s;
}

static void estop(struct simulation *s) { s->world->plant.estop_pressed = true; }
static void door(struct simulation *s) { s->world->plant.door_open = true; }
static void alarm(struct simulation *s) { drive_raise(&s->world->drive, &s->world->plant, 0x80); }
static void off(struct simulation *s) { s->world->drive.enabled = false; }
static void old(struct simulation *s) { s->rig.limits.max_age[BENCH_FORCE] = 1e-3; }
static void link_lost(struct simulation *s) { s->rig.generation[1]++; }
static void bus(struct simulation *s) { s->rig.limits.bus_failures = 0; }
static void foreign(struct simulation *s)
{
    const uint8_t one[] = {BUS_WRITE_ONE, 395 >> 8, 395 & 0xFF, 0x03, 0xE7}; /* the watchdog's time, 999 ms */
    uint8_t reply[VBENCH_PDU_MAX];
    vbench_pdu(s->world, VBENCH_AXIS, one, sizeof one, reply, sizeof reply);
}
static void saturated(struct simulation *s) { s->world->plant.cell.saturated = true; }
static void no_force(struct simulation *s) { s->bench.cell.slope = NAN; }
static void infinite_force(struct simulation *s) { s->bench.cell.slope = INFINITY; }
static void no_position(struct simulation *s) /* between two samples: a new one would be motion, and STOP comes first */
{
    s->bench.device[BENCH_AXIS].poll = 0.2;
    simulation_run(s, 0.06);
    s->bench.axis.direction = NAN;
}
static void axis_frozen(struct simulation *s) { s->rig.limits.max_frozen[BENCH_AXIS] = -1.0; }
static void force_frozen(struct simulation *s) { s->rig.limits.max_frozen[BENCH_FORCE] = -1.0; }
static void sign(struct simulation *s) { s->rig.polarity_wrong = true; }
static void late(struct simulation *s) { s->rig.limits.max_lateness = -1.0; }
static void disk(struct simulation *s) { s->disk_is_full = true; }
static void creeps(struct simulation *s) { carriage_jog(&s->world->plant.axis, -0.5e-3, 0.1); }
static void given_up(struct simulation *s) { s->rig.stopper.has_given_up = true; }

static const struct doubt { void (*make)(struct simulation *s); double wait; const char *why; } doubts[] = {
    {estop, 0.5, "E-stop"},
    {door, 0.5, "the door is open"},
    {alarm, 0.5, "drive alarm"},
    {off, 0.5, "the drive is off"},
    {old, 0.1, "no fresh samples"},
    {link_lost, 0.1, "a link was lost"},
    {bus, 0.1, "too many transactions fail"},
    {foreign, 6.0, "somebody else writes to the drive"},
    {saturated, 0.5, "the cell is out of its range"},
    {no_force, 0.1, "the force is unknown"},
    {infinite_force, 0.1, "the force is unknown"},
    {no_position, 0.0, "the position is unknown"},
    {axis_frozen, 0.1, "the position repeats itself"},
    {force_frozen, 0.1, "the force repeats itself"},
    {sign, 0.1, "the sign of the force is in doubt"},
    {late, 0.1, "this PC is late"},
    {disk, 0.5, "the recorder failed"},
    {creeps, 0.04, "the axis moves by itself"},
    {given_up, 0.02, "the axis was not seen to stop"},
};

/* The reason that stands in the record; the disk's own failure cannot be read there. */
static void is_refused(struct simulation *s, const struct doubt *d)
{
    char line[160];
    recorder_commit(s->recorder);
    char *events = simulation_text(s, "events.csv");
    snprintf(line, sizeof line, "note,unload,\"refused\",\"%s\"", d->why);
    if (d->make != disk)
        ASSERT_HAS(events, line);
    free(events);
    CU_ASSERT_EQUAL(s->rig.unload_steps, 0);
    CU_ASSERT_NOT_EQUAL(s->rig.state, RIG_UNLOADING);
}

static void each_doubt_refuses_a_step_with_its_message(void)
{
    for (size_t i = 0; i < sizeof doubts / sizeof *doubts; i++) {
        struct simulation *s = stopped();
        double at = s->world->plant.axis.actual;
        doubts[i].make(s);
        simulation_run(s, doubts[i].wait);
        simulation_tick(s, KEY_UNLOAD);
        is_refused(s, &doubts[i]);
        if (doubts[i].make != creeps)
            ASSERT_ABS(s->world->plant.axis.actual, at, 2e-6);
        simulation_free(s);
    }
}

static void without_a_doubt_it_is_allowed(void)
{
    struct simulation *s = stopped();
    simulation_tick(s, KEY_UNLOAD);
    CU_ASSERT_EQUAL(s->rig.state, RIG_UNLOADING);
    simulation_free(s);
}

/* A force that stops being a number in the middle of a step: no comparison may pass it. */
static void a_step_is_stopped_when_the_force_is_no_number_any_more(void)
{
    struct simulation *s = stopped();
    double at = s->world->plant.axis.actual;
    simulation_tick(s, KEY_UNLOAD);
    simulation_run(s, 0.06);
    s->bench.cell.slope = NAN;
    simulation_run(s, 1.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_STOPPED);
    CU_ASSERT_TRUE(at - s->world->plant.axis.actual < 0.6 * s->bench.unload_step);
    recorder_commit(s->recorder);
    char *events = simulation_text(s, "events.csv");
    ASSERT_HAS(events, "the force is unknown");
    free(events);
    simulation_free(s);
}

CU_TestInfo unload_tests[] = {
    {"each_doubt_refuses_a_step_with_its_message", each_doubt_refuses_a_step_with_its_message},
    {"without_a_doubt_it_is_allowed", without_a_doubt_it_is_allowed},
    {"a_step_is_stopped_when_the_force_is_no_number_any_more", a_step_is_stopped_when_the_force_is_no_number_any_more},
    CU_TEST_INFO_NULL};
