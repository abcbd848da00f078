/* test_rearm.c -- what follows a trip or a stop: steps away, reset, a new edge for the way back; prompts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tests/rig/simulation.h"
#include "tests/rig/suites.h"

#define PRESS "methods/press_10N_hold_5s.yaml"
#define TCP "benches/virtual_tcp.yaml"
#define SECOND "benches/virtual_em2rs_tlb.yaml"

/* An operator's run, armed. */
static struct simulation *begin(const char *bench, const char *faults)
{
    struct simulation *s = NULL;
    struct err e = {0};
    if (simulation_new(&s, bench, PRESS, faults, &e)) {
        printf("\n%s\n%s\n", e.msg, e.hint);
        CU_FAIL_FATAL("the simulation could not be made");
    }
    s->rig.is_unattended = false;
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_ARM);
    return s;
}

static void until(struct simulation *s, enum rig_state state)
{
    double end = s->pace.clock.now + 60.0;
    while (s->rig.state != state && s->pace.clock.now < end)
        simulation_tick(s, KEY_NONE);
    CU_ASSERT_EQUAL(s->rig.state, state);
}

static void until_stands(struct simulation *s, enum rig_state state)
{
    until(s, state);
    for (int i = 0; i < 500 && s->rig.stopper.is_active; i++)
        simulation_tick(s, KEY_NONE);
    CU_ASSERT_FALSE(s->rig.stopper.is_active);
}

static void ended_as(struct simulation *s, const char *state, const char *cause)
{
    char text[240];
    until(s, RIG_ENDED);
    CU_ASSERT_STRING_EQUAL(rig_outcome(&s->rig, text, sizeof text), state);
    ASSERT_HAS(text, cause);
}

static void had_event(const struct simulation *s, const char *text)
{
    recorder_commit(s->recorder);
    char *events = simulation_text(s, "events.csv");
    CU_ASSERT_PTR_NOT_NULL_FATAL(events);
    ASSERT_HAS(events, text);
    free(events);
}

static struct simulation *trip_by_force(double limit)
{
    struct simulation *s = begin(TCP, NULL);
    s->rig.limits.force_push = limit; /* the specimen goes beyond it by itself */
    until_stands(s, RIG_TRIPPED);
    CU_ASSERT_EQUAL(s->rig.latch.first, SAFETY_FORCE_PUSH);
    s->rig.limits.force_push = 0.8 * s->rig.force.force; /* however it relaxes, only steps make it clear */
    return s;
}

static void after_a_force_trip_steps_make_it_clear_and_a_new_edge_goes_back(void)
{
    struct simulation *s = trip_by_force(6.9);
    double limit = s->rig.limits.force_push;
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_ARM); /* still beyond the limit: refused */
    simulation_run(s, 0.5);
    CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
    for (int i = 0; i < 20 && s->rig.force.force > limit - 0.1; i++) {
        simulation_tick(s, KEY_UNLOAD);
        until_stands(s, RIG_TRIPPED);
    }
    CU_ASSERT_TRUE(s->rig.unload_steps > 0);
    double at = s->rig.axis.position, clear = s->rig.latch.clear_since;
    CU_ASSERT_TRUE(s->pace.clock.now - clear < 0.45);
    simulation_tick(s, KEY_ARM); /* not clear for half a second yet: discarded */
    simulation_run(s, 0.4);
    CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
    simulation_run(s, 0.6);
    simulation_tick(s, KEY_ARM);
    CU_ASSERT_TRUE(s->rig.latch.is_armed);
    ended_as(s, "tripped", "force_push"); /* the first cause stays */
    ASSERT_ABS(at - s->rig.axis.position, 8e-3, 30e-6); /* the retract stage's distance, no stage before it */
    CU_ASSERT_TRUE(s->rig.went_back);
    struct err e = {0};
    CU_ASSERT_EQUAL(rig_result(&s->rig, &e), ERR_SAFETY);
    ASSERT_HAS(e.msg, "then unloaded, went back");
    simulation_free(s);
}

static void the_limits_hold_on_the_way_back_and_the_first_cause_is_kept(void)
{
    struct simulation *s = trip_by_force(6.9);
    while (s->rig.force.force > s->rig.limits.force_push - 0.2) {
        simulation_tick(s, KEY_UNLOAD);
        until_stands(s, RIG_TRIPPED);
    }
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_ARM);
    until(s, RIG_RUNNING);
    CU_ASSERT_STRING_EQUAL(sequence_stage(&s->rig.sequence), "retract");
    s->world->plant.cell.jump = 11.3;
    until_stands(s, RIG_TRIPPED);
    CU_ASSERT_EQUAL(s->rig.first_trip.first, SAFETY_FORCE_PUSH);
    ASSERT_ABS(s->rig.first_trip.limit, 6.9, 1e-12);
    double kept = s->rig.first_trip.value;
    CU_ASSERT_TRUE(kept < 10.0); /* not the jump's */
    simulation_tick(s, KEY_QUIT);
    ended_as(s, "tripped", "force_push");
    simulation_free(s);
}

static void a_stage_that_failed_needs_a_reset_before_the_edge(void)
{
    struct simulation *s = begin(TCP, NULL);
    s->method.stage[3].longest = 0.4; /* insert */
    s->method.stage[3].timeout = TIMEOUT_TRIP;
    until_stands(s, RIG_TRIPPED);
    CU_ASSERT_EQUAL(s->rig.latch.first, SAFETY_SEQUENCE);
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_ARM);
    simulation_run(s, 1.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
    simulation_tick(s, KEY_RESET);
    simulation_run(s, 0.6);
    simulation_tick(s, KEY_ARM);
    ended_as(s, "tripped", "stage insert took longer");
    CU_ASSERT_TRUE(s->rig.went_back);
    simulation_free(s);
}

static void a_stop_removes_permission_and_a_new_edge_goes_back_as_stopped(void)
{
    struct simulation *s = begin(TCP, NULL);
    while (s->rig.force.force < 2.0 && s->pace.clock.now < 40.0)
        simulation_tick(s, KEY_NONE);
    simulation_tick(s, KEY_STOP);
    until_stands(s, RIG_STOPPED);
    simulation_tick(s, KEY_NONE);
    CU_ASSERT_FALSE(s->rig.latch.is_armed);
    simulation_tick(s, KEY_ARM); /* half a second from the standstill on */
    simulation_run(s, 0.6);
    CU_ASSERT_EQUAL(s->rig.state, RIG_STOPPED);
    double at = s->rig.axis.position;
    simulation_tick(s, KEY_ARM);
    ended_as(s, "stopped", "by the operator");
    CU_ASSERT_EQUAL(rig_result(&s->rig, NULL), ERR_STOPPED);
    ASSERT_ABS(at - s->rig.axis.position, 8e-3, 30e-6);
    simulation_free(s);
}

static void after_an_estop_the_alarm_is_reset_and_the_way_back_is_open(void)
{
    struct simulation *s = begin(TCP, "when force > 2.2 N: estop\n");
    until_stands(s, RIG_TRIPPED);
    simulation_run(s, 1.0);
    CU_ASSERT_FALSE(s->rig.axis.enabled);
    simulation_tick(s, KEY_UNLOAD); /* not after this cause */
    simulation_tick(s, KEY_RESET);  /* not while it is pressed */
    simulation_run(s, 1.0);
    CU_ASSERT_TRUE(s->rig.axis.alarm_estop);
    s->world->plant.estop_pressed = false;
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_ARM); /* the drive's own alarm still stands */
    CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
    simulation_tick(s, KEY_RESET);
    simulation_run(s, 1.0);
    CU_ASSERT_FALSE(s->rig.axis.alarm_estop);
    simulation_tick(s, KEY_ARM);
    ended_as(s, "tripped", "estop");
    CU_ASSERT_TRUE(s->rig.went_back);
    CU_ASSERT_EQUAL(s->rig.unload_steps, 0);
    simulation_free(s);
}

static void a_way_back_from_an_unknown_position_is_refused(void)
{
    struct simulation *s = begin(TCP, NULL);
    while (s->rig.force.force < 2.0 && s->pace.clock.now < 40.0)
        simulation_tick(s, KEY_NONE);
    simulation_tick(s, KEY_STOP);
    until_stands(s, RIG_STOPPED);
    s->world->drive.homed = false; /* as after a loss of power */
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_ARM);
    until_stands(s, RIG_TRIPPED);
    ASSERT_HAS(s->rig.trip_text, "retract refused: the axis is not homed");
    simulation_free(s);
}

/* Key repeats of a held key, one a tick for two seconds: each step is short, and ends before the next begins. */
static void a_held_key_gives_short_steps_one_after_the_other(void)
{
    static const char *const benches[] = {TCP, SECOND};
    for (size_t k = 0; k < 2; k++) {
        struct simulation *s = begin(benches[k], NULL);
        s->rig.limits.force_push = 6.9;
        until_stands(s, RIG_TRIPPED);
        double moving = 0.0, longest = 0.0, was = s->world->plant.axis.actual, from = was, furthest = 0.0;
        for (int i = 0; i < 100; i++) {
            simulation_tick(s, KEY_UNLOAD);
            double at = s->world->plant.axis.actual;
            bool moves = was - at > 2e-6; /* not the servo settling */
            moving = moves ? moving + s->bench.tick_period : 0.0;
            from = moves ? from : at;
            longest = fmax(longest, moving);
            furthest = fmax(furthest, from - at);
            CU_ASSERT_TRUE(at <= was + 1e-6); /* never towards the sample */
            was = at;
        }
        CU_ASSERT_TRUE(s->rig.unload_steps >= 3);
        CU_ASSERT_TRUE(longest <= UNLOAD_LONGEST + 2.0 * s->bench.tick_period);
        CU_ASSERT_TRUE(furthest <= s->bench.unload_step + 25e-6);
        simulation_free(s);
    }
}

static void a_step_that_lasts_longer_than_its_permit_is_stopped(void)
{
    struct simulation *s = trip_by_force(6.9);
    s->bench.unload_speed = 0.2e-3; /* slower than the file's reader would let it be: 0.9 s a step */
    double at = s->world->plant.axis.actual;
    simulation_tick(s, KEY_UNLOAD);
    until_stands(s, RIG_TRIPPED);
    double way = at - s->world->plant.axis.actual;
    CU_ASSERT_TRUE(way > 0.0 && way < 0.2e-3 * (UNLOAD_LONGEST + 0.1));
    simulation_free(s);
}

static void insert_prompt(struct simulation *s, size_t before)
{
    struct method *m = &s->method;
    memmove(&m->stage[before + 1], &m->stage[before], (m->n - before) * sizeof m->stage[0]);
    m->stage[before] = (struct stage){.kind = STAGE_PROMPT, .longest = 30.0, .text = "put the specimen on"};
    m->n++;
}

static void a_prompt_removes_permission_until_a_new_edge(void)
{
    struct simulation *s = begin(TCP, NULL);
    insert_prompt(s, 2);
    until(s, RIG_PROMPTING);
    simulation_run(s, 1.0);
    ASSERT_HAS(s->rig.message, "put the specimen on: a = arm and go on");
    CU_ASSERT_FALSE(s->rig.latch.is_armed);
    CU_ASSERT_FALSE(s->rig.axis.enabled); /* somebody may reach in */
    s->world->plant.door_open = true;
    simulation_run(s, 2.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_PROMPTING); /* that is what it is for: no trip */
    ASSERT_HAS(s->rig.message, "door");
    simulation_tick(s, KEY_ARM);
    simulation_run(s, 1.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_PROMPTING);
    s->world->plant.door_open = false;
    simulation_run(s, 1.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_PROMPTING); /* nothing goes on by itself */
    simulation_tick(s, KEY_ARM);
    ended_as(s, "done", "");
    simulation_free(s);
}

static void nobody_at_a_prompt_ends_the_run_and_unattended_it_goes_on(void)
{
    struct simulation *s = begin(TCP, NULL);
    insert_prompt(s, 2);
    ended_as(s, "aborted", "nobody armed within 30 s of the prompt");
    simulation_free(s);
    s = begin(TCP, NULL);
    insert_prompt(s, 2);
    until(s, RIG_PROMPTING);
    s->rig.is_unattended = true;
    ended_as(s, "done", "");
    had_event(s, "prompting");
    simulation_free(s);
}

static void what_follows_a_trip_is_the_benchs_choice(void)
{
    struct simulation *s = trip_by_force(6.9);
    s->rig.limits.action[SAFETY_FORCE_PUSH] = ACTION_STOP;
    simulation_tick(s, KEY_UNLOAD);
    simulation_run(s, 1.0);
    CU_ASSERT_EQUAL(s->rig.unload_steps, 0);
    CU_ASSERT_TRUE(s->rig.axis.enabled);
    had_event(s, "\"refused\",\"not after this cause\"");
    s->rig.limits.action[SAFETY_FORCE_PUSH] = ACTION_DISABLE;
    simulation_run(s, 1.0);
    CU_ASSERT_FALSE(s->rig.axis.enabled);
    simulation_free(s);
}

static void an_approach_of_an_axis_that_lost_its_home_is_refused(void)
{
    struct simulation *s = begin(TCP, NULL);
    while (s->rig.sequence.stage < 1 && s->pace.clock.now < 40.0)
        simulation_tick(s, KEY_NONE);
    s->world->drive.homed = false;
    until_stands(s, RIG_TRIPPED);
    ASSERT_HAS(s->rig.trip_text, "approach refused: the axis is not homed");
    CU_ASSERT_TRUE(s->world->plant.axis.actual < 1e-4);
    simulation_free(s);
}

/* The specimen is still pressed from before a loss of power: not homed, and the register reads as it likes. */
static struct simulation *pressed_without_home(size_t pair, double reading)
{
    static const char *const benches[] = {TCP, SECOND};
    struct simulation *s = NULL;
    struct err e = {0};
    if (simulation_new(&s, benches[pair], PRESS, NULL, &e))
        CU_FAIL_FATAL("the simulation could not be made");
    s->rig.is_unattended = false;
    struct carriage *a = &s->world->plant.axis;
    for (int i = 0; i < 60000 && plant_force(&s->world->plant) < 5.3; i++) { /* 0.25 um a step */
        a->at = a->actual = a->target = fmax(a->actual, 10e-3) + 0.25e-6;
        vbench_advance(s->world, 0.5e-3);
    }
    int32_t steps = (int32_t)lround((reading - a->actual) / s->bench.axis.mech.lead * s->bench.axis.mech.steps_per_rev);
    s->world->drive.offset = s->world->em2rs.offset = steps;
    simulation_run(s, 1.0);
    return s;
}

static void before_homing_steps_go_away_whatever_the_position_reads(void)
{
    static const double readings[] = {-2.0e-3, 4.7e-3, 31.0e-3};
    for (size_t k = 0; k < 6; k++) {
        struct simulation *s = pressed_without_home(k % 2, readings[k / 2]);
        struct plant *p = &s->world->plant;
        ASSERT_ABS(s->rig.axis.position, readings[k / 2], 2e-6);
        CU_ASSERT_FALSE(s->rig.axis.homed);
        for (int i = 0; i < 2 && !s->rig.latch.is_armed; i++) { /* a drive that waited long has an alarm to reset */
            simulation_tick(s, KEY_ARM);
            simulation_run(s, 1.0 * !s->rig.latch.is_armed);
        }
        until(s, RIG_RUNNING);
        simulation_tick(s, KEY_STOP);
        until_stands(s, RIG_STOPPED);
        double at = p->axis.actual, force = plant_force(p), most = force;
        CU_ASSERT_TRUE(force > 3.0);
        for (int i = 0; i < 12; i++) {
            simulation_tick(s, KEY_UNLOAD);
            until_stands(s, RIG_STOPPED);
            simulation_run(s, 0.3);
            most = fmax(most, plant_force(p));
        }
        ASSERT_ABS(at - p->axis.actual, 12.0 * s->bench.unload_step, 40e-6);
        CU_ASSERT_TRUE(plant_force(p) < 0.2 && most < force + 0.1);
        simulation_free(s);
    }
}

/* Pressed, and the drive says "homed" of an earlier day; the search for home passes the hard limit of that old zero. */
static struct simulation *pressed_with_an_old_home(size_t pair)
{
    struct simulation *s = pressed_without_home(pair, -0.7e-3);
    s->world->drive.homed = s->world->em2rs.homed = true;
    for (int i = 0; i < 2 && !s->rig.latch.is_armed; i++) {
        simulation_tick(s, KEY_ARM);
        simulation_run(s, 1.0 * !s->rig.latch.is_armed);
    }
    until(s, RIG_RUNNING);
    while (s->rig.state == RIG_RUNNING) {
        s->world->em2rs.homed = true; /* this one drops the bit itself when it is sent home; the other is not judged */
        simulation_tick(s, pair == 0 && s->rig.axis.position < -1.1e-3 ? KEY_STOP : KEY_NONE); /* while it homes */
    }
    until_stands(s, pair == 0 ? RIG_STOPPED : RIG_TRIPPED);
    CU_ASSERT_EQUAL(s->rig.latch.first, SAFETY_TRAVEL); /* or stopped, and then it was judged */
    CU_ASSERT_TRUE(s->rig.axis.homed);
    return s;
}

static void an_old_home_sends_no_step_downwards_and_no_way_back(void)
{
    for (size_t k = 0; k < 2; k++) {
        struct simulation *s = pressed_with_an_old_home(k);
        const struct carriage *a = &s->world->plant.axis;
        double at = a->actual;
        simulation_tick(s, KEY_UNLOAD);
        simulation_run(s, 1.0);
        ASSERT_ABS(at - a->actual, s->bench.unload_step, 5e-6);
        at = a->actual;
        s->rig.limits.hard_from = -20e-3; /* nothing else stands against it */
        simulation_run(s, 1.0);
        simulation_tick(s, KEY_ARM);
        simulation_run(s, 2.0);
        had_event(s, "arm,\"refused\",\"it was not homed in this run: end it; a new one homes\"");
        ASSERT_ABS(a->actual, at, 1e-6);
        simulation_free(s);
    }
}

static void before_homing_there_is_no_step_at_the_home_switch(void)
{
    struct simulation *s = begin(TCP, NULL);
    while (s->rig.sequence.stage < 1 && s->pace.clock.now < 40.0)
        simulation_tick(s, KEY_NONE);
    simulation_tick(s, KEY_STOP);
    until_stands(s, RIG_STOPPED);
    CU_ASSERT_TRUE(s->rig.axis.input[INPUT_HOME]);
    s->world->drive.homed = false;
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_UNLOAD);
    simulation_run(s, 0.5);
    CU_ASSERT_EQUAL(s->rig.unload_steps, 0);
    had_event(s, "\"refused\",\"it stands at the home switch\"");
    simulation_free(s);
}

/* The bench's sense of the axis is wrong: every step presses.  Together they may add 5 % of the limit, no more. */
static void over_all_steps_the_force_may_rise_once(void)
{
    struct simulation *s = trip_by_force(6.9);
    double at = s->world->plant.axis.actual, force = plant_force(&s->world->plant), most = force;
    s->rig.limits.force_push = 6.9;
    s->bench.axis.direction = -1.0;
    s->world->drive.offset = (int32_t)lround(-2.0 * at / 0.5e-6); /* reads the same position, mirrored */
    s->rig.motion.is_free = s->rig.motion.has_from = false;
    simulation_run(s, 0.5);
    for (int i = 0; i < 12; i++) {
        simulation_tick(s, KEY_UNLOAD);
        simulation_run(s, 0.8);
        most = fmax(most, plant_force(&s->world->plant));
    }
    CU_ASSERT_TRUE(s->rig.unload_steps >= 1 && s->rig.unload_steps <= 4);
    CU_ASSERT_TRUE(most > force && most < force + 0.05 * 6.9 + 0.6);
    had_event(s, "\"the force rises\"");
    had_event(s, "\"refused\",\"the force has risen since the first step\"");
    simulation_free(s);
}

CU_TestInfo rearm_tests[] = {
    {"an_old_home_sends_no_step_downwards_and_no_way_back", an_old_home_sends_no_step_downwards_and_no_way_back},
    {"before_homing_steps_go_away_whatever_the_position_reads",
     before_homing_steps_go_away_whatever_the_position_reads},
    {"before_homing_there_is_no_step_at_the_home_switch", before_homing_there_is_no_step_at_the_home_switch},
    {"over_all_steps_the_force_may_rise_once", over_all_steps_the_force_may_rise_once},
    {"an_approach_of_an_axis_that_lost_its_home_is_refused", an_approach_of_an_axis_that_lost_its_home_is_refused},
    {"what_follows_a_trip_is_the_benchs_choice", what_follows_a_trip_is_the_benchs_choice},
    {"after_a_force_trip_steps_make_it_clear_and_a_new_edge_goes_back",
     after_a_force_trip_steps_make_it_clear_and_a_new_edge_goes_back},
    {"the_limits_hold_on_the_way_back_and_the_first_cause_is_kept",
     the_limits_hold_on_the_way_back_and_the_first_cause_is_kept},
    {"a_stage_that_failed_needs_a_reset_before_the_edge", a_stage_that_failed_needs_a_reset_before_the_edge},
    {"a_stop_removes_permission_and_a_new_edge_goes_back_as_stopped",
     a_stop_removes_permission_and_a_new_edge_goes_back_as_stopped},
    {"after_an_estop_the_alarm_is_reset_and_the_way_back_is_open",
     after_an_estop_the_alarm_is_reset_and_the_way_back_is_open},
    {"a_way_back_from_an_unknown_position_is_refused", a_way_back_from_an_unknown_position_is_refused},
    {"a_held_key_gives_short_steps_one_after_the_other", a_held_key_gives_short_steps_one_after_the_other},
    {"a_step_that_lasts_longer_than_its_permit_is_stopped", a_step_that_lasts_longer_than_its_permit_is_stopped},
    {"a_prompt_removes_permission_until_a_new_edge", a_prompt_removes_permission_until_a_new_edge},
    {"nobody_at_a_prompt_ends_the_run_and_unattended_it_goes_on",
     nobody_at_a_prompt_ends_the_run_and_unattended_it_goes_on},
    CU_TEST_INFO_NULL};
