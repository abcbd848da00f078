/* test_motion.c -- an axis that moves although nothing asked it to, in every state in which nothing is commanded. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "rig/loop/motion.h"
#include "rig/loop/states.h"
#include "rig/safety/latch.h"
#include "tests/rig/simulation.h"
#include "tests/rig/suites.h"

#define PRESS "methods/press_10N_hold_5s.yaml"
static const char *const benches[] = {"benches/virtual_tcp.yaml", "benches/virtual_em2rs_tlb.yaml"};
enum { BENCHES = 2 };

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
    return s;
}

static void until(struct simulation *s, enum rig_state state)
{
    double end = s->pace.clock.now + 60.0;
    while (s->rig.state != state && s->pace.clock.now < end)
        simulation_tick(s, KEY_NONE);
    CU_ASSERT_EQUAL(s->rig.state, state);
}

static void until_stands(struct simulation *s)
{
    for (int i = 0; i < 500 && s->rig.stopper.is_active; i++)
        simulation_tick(s, KEY_NONE);
    CU_ASSERT_FALSE(s->rig.stopper.is_active);
}

static void until_stage(struct simulation *s, const char *stage)
{
    double end = s->pace.clock.now + 60.0;
    while (strcmp(sequence_stage(&s->rig.sequence), stage) != 0 && s->pace.clock.now < end)
        simulation_tick(s, KEY_NONE);
    CU_ASSERT_STRING_EQUAL(sequence_stage(&s->rig.sequence), stage);
}

static void had_event(const struct simulation *s, const char *text)
{
    recorder_commit(s->recorder);
    char *events = simulation_text(s, "events.csv");
    CU_ASSERT_PTR_NOT_NULL_FATAL(events);
    ASSERT_HAS(events, text);
    free(events);
}

static uint64_t stops(const struct simulation *s)
{
    struct link_stats t;
    link_statistics(s->link[s->bench.device[BENCH_AXIS].link], &t);
    return t.stops;
}

/* Somebody else lets the drive jog. */
static void jog(struct simulation *s, double speed) { carriage_jog(&s->world->plant.axis, speed, 0.1); }

/* The time until the next STOP leaves, s. */
static double stop_after(struct simulation *s)
{
    double from = s->pace.clock.now;
    uint64_t before = stops(s);
    while (stops(s) == before && s->pace.clock.now < from + 5.0)
        simulation_tick(s, KEY_NONE);
    return s->pace.clock.now - from;
}

static void while_waiting_it_is_stopped_at_once_and_arming_is_refused_until_it_stands(void)
{
    for (size_t k = 0; k < BENCHES; k++) {
        struct simulation *s = begin(benches[k], NULL);
        const struct bench_device *d = &s->bench.device[BENCH_AXIS];
        jog(s, 3e-3);
        CU_ASSERT_TRUE(stop_after(s) <= d->poll + 2.5 * s->bench.tick_period);
        ASSERT_HAS(s->rig.message, "THE AXIS MOVES, nothing asked it to: press the E-stop");
        simulation_tick(s, KEY_ARM);
        CU_ASSERT_EQUAL(s->rig.state, RIG_WAITING);
        had_event(s, "arm,\"refused\",\"the axis does not stand, and nothing asked it to move\"");
        had_event(s, "note,unexpected motion,");
        until_stands(s);
        simulation_run(s, 0.4);
        simulation_tick(s, KEY_ARM); /* stands, but for no half second */
        CU_ASSERT_EQUAL(s->rig.state, RIG_WAITING);
        had_event(s, "\"refused\",\"not clear for 0.5 s yet\"");
        simulation_run(s, 1.0);
        simulation_tick(s, KEY_ARM);
        CU_ASSERT_TRUE(s->rig.latch.is_armed);
        simulation_free(s);
    }
}

/* 20 um/s, told by the encoder only, unmoved by STOP: 0.4 um a look.  It is seen by how far it has come. */
static void a_creep_that_no_bit_tells_is_found_by_how_far_it_came(void)
{
    for (size_t k = 0; k < BENCHES; k++) {
        struct simulation *s = begin(benches[k], NULL);
        double from = s->world->plant.axis.actual;
        s->world->plant.axis.creep = 20e-6;
        stop_after(s);
        double way = s->world->plant.axis.actual - from;
        CU_ASSERT_TRUE(way > s->rig.limits.still - 1e-6 && way < s->rig.limits.still + 4e-6);
        uint64_t before = stops(s);
        simulation_run(s, 5.0);
        CU_ASSERT_TRUE(stops(s) > before + 5); /* and again */
        simulation_free(s);
    }
}

static void it_trips_while_the_drive_is_switched_on_and_in_stages_that_stand(void)
{
    static const char *const stages[] = {"tare", "hold"};
    for (size_t k = 0; k < BENCHES; k++)
        for (size_t i = 0; i < 2; i++) {
            struct simulation *s = begin(benches[k], NULL);
            simulation_tick(s, KEY_ARM);
            until_stage(s, stages[i]);
            simulation_run(s, 0.25);
            jog(s, 0.4e-3);
            stop_after(s);
            CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
            CU_ASSERT_EQUAL(s->rig.latch.first, SAFETY_MOTION);
            ASSERT_HAS(s->rig.trip_text, "unexpected_motion: ");
            ASSERT_HAS(s->rig.trip_text, "nothing asked it to");
            until_stands(s);
            simulation_tick(s, KEY_NONE);
            ASSERT_HAS(s->rig.message, "press the E-stop");
            simulation_tick(s, KEY_QUIT);
            CU_ASSERT_EQUAL(rig_result(&s->rig, NULL), ERR_SAFETY);
            simulation_free(s);
        }
}

static void after_a_trip_the_first_cause_is_kept_and_stop_is_sent_again(void)
{
    for (size_t k = 0; k < BENCHES; k++) {
        struct simulation *s = begin(benches[k], NULL);
        simulation_tick(s, KEY_ARM);
        s->rig.limits.force_push = 6.9;
        until(s, RIG_TRIPPED);
        until_stands(s);
        simulation_run(s, 0.5);
        for (int n = 1; n <= 2; n++) {
            jog(s, -0.6e-3);
            stop_after(s);
            CU_ASSERT_EQUAL(s->rig.motion.times, (unsigned)n);
            ASSERT_HAS(s->rig.message, "THE AXIS MOVES");
            simulation_tick(s, KEY_UNLOAD); /* not while it moves */
            CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
            until_stands(s);
            simulation_run(s, 0.5);
            CU_ASSERT_FALSE(motion_is_seen(&s->rig));
        }
        CU_ASSERT_EQUAL(s->rig.latch.first, SAFETY_FORCE_PUSH);
        CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
        ASSERT_HAS(s->rig.message, "the axis MOVED, nothing asked it to: press the E-stop");
        had_event(s, "note,unexpected motion,");
        simulation_tick(s, KEY_UNLOAD); /* a step is still possible, and is no unexpected motion */
        CU_ASSERT_EQUAL(s->rig.state, RIG_UNLOADING);
        until(s, RIG_TRIPPED);
        simulation_run(s, 1.0);
        CU_ASSERT_EQUAL(s->rig.motion.times, 2);
        CU_ASSERT_EQUAL(s->rig.unload_steps, 1);
        simulation_free(s);
    }
}

static void after_a_stop_by_the_operator_it_is_stopped_again(void)
{
    struct simulation *s = begin(benches[0], NULL);
    simulation_tick(s, KEY_ARM);
    until_stage(s, "approach");
    simulation_run(s, 0.5);
    simulation_tick(s, KEY_STOP);
    until_stands(s);
    simulation_run(s, 0.5);
    jog(s, 0.5e-3);
    CU_ASSERT_TRUE(stop_after(s) < 0.1);
    CU_ASSERT_EQUAL(s->rig.state, RIG_STOPPED);
    until_stands(s);
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_ARM);
    CU_ASSERT_TRUE(s->rig.latch.is_armed);
    simulation_free(s);
}

/* In a prompt the drive is off and a hand may turn the screw: it is said, no trip, and no arming before it stands. */
static void in_a_prompt_a_hand_at_the_screw_is_told_and_blocks_the_edge(void)
{
    struct simulation *s = begin(benches[0], NULL);
    struct method *m = &s->method;
    memmove(&m->stage[3], &m->stage[2], (m->n - 2) * sizeof m->stage[0]);
    m->stage[2] = (struct stage){.kind = STAGE_PROMPT, .longest = 60.0, .text = "put the specimen on"};
    m->n++;
    simulation_tick(s, KEY_ARM);
    until(s, RIG_PROMPTING);
    simulation_run(s, 1.0);
    s->world->plant.axis.creep = 1e-3;
    simulation_run(s, 4.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_PROMPTING);
    CU_ASSERT_FALSE(s->rig.stopper.has_given_up);
    ASSERT_HAS(s->rig.message, "THE AXIS MOVES");
    simulation_tick(s, KEY_ARM);
    CU_ASSERT_EQUAL(s->rig.state, RIG_PROMPTING);
    s->world->plant.axis.creep = 0.0;
    simulation_run(s, 2.0);
    simulation_tick(s, KEY_ARM);
    CU_ASSERT_TRUE(s->rig.latch.is_armed);
    simulation_free(s);
}

/* Old samples say nothing: an axis that falls silent while it stands is axis_age, never motion. */
static void only_fresh_samples_are_judged(void)
{
    struct simulation *s = begin(benches[0], NULL);
    s->world->axis_silent = true;
    jog(s, 2e-3);
    simulation_run(s, 2.0);
    CU_ASSERT_EQUAL(s->rig.motion.times, 0);
    simulation_free(s);
    s = begin(benches[0], NULL);
    s->bench.axis.settle = 7.0; /* however long the file says: half a second at most */
    jog(s, 1e-3);
    CU_ASSERT_TRUE(stop_after(s) < MOTION_ALLOWANCE_MAX + 0.1);
    simulation_free(s);
}

static void an_unattended_run_does_not_start_on_an_axis_that_obeys_no_stop(void)
{
    struct simulation *s = begin(benches[0], NULL);
    s->world->plant.axis.creep = 300e-6;
    simulation_run(s, 1.0);
    s->rig.is_unattended = true;
    simulation_run(s, 20.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_ENDED);
    char text[240];
    CU_ASSERT_STRING_EQUAL(rig_outcome(&s->rig, text, sizeof text), "tripped");
    ASSERT_HAS(text, "unexpected_motion");
    simulation_free(s);
}

static void the_band_is_eight_counts_and_no_more_than_the_tolerance(void)
{
    struct simulation *s = begin(benches[0], NULL);
    ASSERT_REL(s->limits.still, 4e-6, 1e-5);
    simulation_free(s);
}

CU_TestInfo motion_tests[] = {
    {"while_waiting_it_is_stopped_at_once_and_arming_is_refused_until_it_stands",
     while_waiting_it_is_stopped_at_once_and_arming_is_refused_until_it_stands},
    {"a_creep_that_no_bit_tells_is_found_by_how_far_it_came", a_creep_that_no_bit_tells_is_found_by_how_far_it_came},
    {"it_trips_while_the_drive_is_switched_on_and_in_stages_that_stand",
     it_trips_while_the_drive_is_switched_on_and_in_stages_that_stand},
    {"after_a_trip_the_first_cause_is_kept_and_stop_is_sent_again",
     after_a_trip_the_first_cause_is_kept_and_stop_is_sent_again},
    {"after_a_stop_by_the_operator_it_is_stopped_again", after_a_stop_by_the_operator_it_is_stopped_again},
    {"in_a_prompt_a_hand_at_the_screw_is_told_and_blocks_the_edge",
     in_a_prompt_a_hand_at_the_screw_is_told_and_blocks_the_edge},
    {"only_fresh_samples_are_judged", only_fresh_samples_are_judged},
    {"an_unattended_run_does_not_start_on_an_axis_that_obeys_no_stop",
     an_unattended_run_does_not_start_on_an_axis_that_obeys_no_stop},
    {"the_band_is_eight_counts_and_no_more_than_the_tolerance",
     the_band_is_eight_counts_and_no_more_than_the_tolerance},
    CU_TEST_INFO_NULL};
