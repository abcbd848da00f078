/* test_obey.c -- a drive that does not do what it was told, or is not what it was: each is stopped, and told as it is.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tests/rig/simulation.h"
#include "tests/rig/suites.h"

#define PRESS "methods/press_10N_hold_5s.yaml"
static const char *const benches[] = {"benches/virtual_tcp.yaml", "benches/virtual_em2rs_tlb.yaml",
                                      "benches/virtual_rtu.yaml"};
enum { TCP, SECOND, RTU, BENCHES };

static struct simulation *begin(size_t bench, bool by_hand)
{
    struct simulation *s = NULL;
    struct err e = {0};
    if (simulation_new(&s, benches[bench], PRESS, NULL, &e)) {
        printf("\n%s\n%s\n", e.msg, e.hint);
        CU_FAIL_FATAL("the simulation could not be made");
    }
    s->rig.is_unattended = !by_hand;
    simulation_run(s, 1.0);
    if (by_hand)
        simulation_tick(s, KEY_ARM);
    return s;
}

static void until_force(struct simulation *s, double newton)
{
    double end = s->pace.clock.now + 40.0;
    while (plant_force(&s->world->plant) < newton && s->pace.clock.now < end)
        simulation_tick(s, KEY_NONE);
    CU_ASSERT_TRUE(plant_force(&s->world->plant) >= newton);
}

static bool is_on(const struct simulation *s, size_t bench)
{
    return bench == SECOND ? s->world->em2rs.enabled : s->world->drive.enabled;
}

static struct memory_faults *axis_line(struct simulation *s)
{
    return bus_memory_faults(s->bus[s->bench.device[BENCH_AXIS].link]);
}

/* events.csv has the texts in this order. */
static void has_in_order(const struct simulation *s, const char *const texts[], size_t n)
{
    recorder_commit(s->recorder);
    char *events = simulation_text(s, "events.csv");
    CU_ASSERT_PTR_NOT_NULL_FATAL(events);
    const char *at = events;
    for (size_t i = 0; i < n; i++) {
        const char *next = strstr(at, texts[i]);
        if (!next)
            printf("\n%s: '%s' is not after the others in:\n%s\n", s->bench.name, texts[i], events);
        CU_ASSERT_PTR_NOT_NULL(next);
        at = next ? next : at;
    }
    free(events);
}

static void has_not(const struct simulation *s, const char *text)
{
    char *events = simulation_text(s, "events.csv");
    CU_ASSERT_PTR_NOT_NULL_FATAL(events);
    CU_ASSERT_PTR_NULL(strstr(events, text));
    free(events);
}

/* ---- switching off ---- */

static void a_drive_that_is_not_heard_any_more_is_switched_off_blind(void)
{
    static const char *const course[] = {"escalate,\"10 STOPs not proven\"", "command,disable,\"ordered\"",
                                         "note,disable,\"sent after"};
    for (size_t k = 0; k < BENCHES; k++) {
        struct simulation *s = begin(k, false);
        until_force(s, 3.0);
        axis_line(s)->drop_replies = 1000000; /* requests still get there */
        simulation_run(s, 30.0);
        CU_ASSERT_EQUAL(s->rig.state, RIG_ENDED);
        CU_ASSERT_FALSE(is_on(s, k));
        has_in_order(s, course, 3);
        has_not(s, "acknowledged after");
        has_not(s, "seen after");
        simulation_free(s);
    }
}

/* A recorded write to the axis after a time: opcode or control word; 0 at the end. */
static unsigned next_write(char **at, double after)
{
    double t;
    unsigned unit, function, address, value;
    while (*at && (*at = strchr(*at, '\n'))) {
        ++*at;
        bool is_one = sscanf(*at, "%lf,%u,%u,%u,%u", &t, &unit, &function, &address, &value) == 5;
        if (is_one && t > after && unit == 1)
            return value;
    }
    return 0;
}

static void a_link_that_comes_back_brings_stop_first_and_then_off(void)
{
    static const char *const course[] = {"command,disable,\"ordered\"", "not proven: the drive's own watchdog",
                                         "note,disable,\"sent after", "note,disable,\"acknowledged after"};
    struct simulation *s = begin(TCP, true);
    until_force(s, 3.0);
    axis_line(s)->is_cut = true;
    simulation_run(s, 5.0);
    CU_ASSERT_TRUE(s->rig.stopper.has_given_up);
    CU_ASSERT_TRUE(is_on(s, TCP));
    has_not(s, "sent after"); /* nothing could be */
    double back = s->pace.clock.now;
    axis_line(s)->is_cut = false;
    simulation_run(s, 3.0);
    CU_ASSERT_FALSE(is_on(s, TCP));
    has_in_order(s, course, 4);
    simulation_tick(s, KEY_QUIT);
    uint64_t rows;
    struct err e = {0};
    CU_ASSERT_EQUAL(simulation_close_logs(s, &rows, &e), 0);
    char *writes = simulation_text(s, "writes.csv"), *at = writes;
    CU_ASSERT_EQUAL(next_write(&at, back), 0xE1);
    unsigned second = next_write(&at, back);
    while (second == 0xE1)
        second = next_write(&at, back);
    CU_ASSERT_EQUAL(second, 0x9E);
    unsigned more = 0, last = 0;
    for (unsigned w; (w = next_write(&at, back)); last = w)
        more += w != 0xE1;
    CU_ASSERT_EQUAL(more, 0); /* nothing but STOP afterwards */
    CU_ASSERT_TRUE(last == 0 || last == 0xE1);
    free(writes);
    simulation_free(s);
}

/* The one reply to it is lost in the end of a run that went well: it is said again. */
static void switching_off_is_said_again_until_it_is_seen(void)
{
    static const char *const course[] = {"command,disable,\"ordered\"", "note,disable,\"sent after",
                                         "note,disable,\"acknowledged after", "note,disable,\"seen after"};
    for (size_t k = 0; k < BENCHES; k++) {
        struct simulation *s = begin(k, false);
        while (s->rig.state != RIG_FINISHING && s->pace.clock.now < 60.0)
            simulation_tick(s, KEY_NONE);
        axis_line(s)->drop_requests = 1;
        simulation_run(s, 10.0);
        CU_ASSERT_EQUAL(s->rig.state, RIG_ENDED);
        CU_ASSERT_FALSE(is_on(s, k));
        has_in_order(s, course, 4);
        simulation_free(s);
    }
}

/* ---- what the axis must stay while a method runs ---- */

static void until_stage(struct simulation *s, const char *stage, bool moving)
{
    double end = s->pace.clock.now + 60.0;
    while ((s->rig.state != RIG_RUNNING || strcmp(sequence_stage(&s->rig.sequence), stage) != 0 ||
            (moving && !s->rig.axis.moving)) && s->pace.clock.now < end)
        simulation_tick(s, KEY_NONE);
    CU_ASSERT_STRING_EQUAL(sequence_stage(&s->rig.sequence), stage);
    simulation_run(s, 0.25);
}

enum change { GOES_OFF, LOSES_HOME, JUMPS, WRAPS, RESTARTS };

static void change(struct simulation *s, size_t bench, enum change what)
{
    struct drive *d = &s->world->drive;
    struct em2rs *m = &s->world->em2rs;
    bool second = bench == SECOND;
    switch (what) {
    case GOES_OFF:
        d->enabled = false;
        m->enable_setting = 0;
        break;
    case LOSES_HOME: *(second ? &m->homed : &d->homed) = false; break;
    case JUMPS: *(second ? &m->offset : &d->offset) -= 6000; break;
    case RESTARTS: /* after a loss of power, where it stands */
        d->enabled = d->homed = m->homed = false;
        m->enable_setting = 0;
        *(second ? &m->offset : &d->offset) = -(int32_t)lround(s->world->plant.axis.actual / 0.5e-6);
        break;
    case WRAPS: *(second ? &m->offset : &d->offset) = INT32_MAX; break;
    }
}

/* The position is the register's still: STOP, then what is told; a jump or a lost home lets nothing move by position.
 */
static void what_the_axis_must_stay_trips_in_every_stage(void)
{
    static const char *const stages[] = {"tare", "approach", "insert", "hold", "retract"};
    static const enum axis_loss loss[] = {LOSS_OFF, LOSS_HOME, LOSS_JUMP, LOSS_JUMP, LOSS_OFF};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < 5; i++)
            for (int c = GOES_OFF; c <= RESTARTS; c++) {
                struct simulation *s = begin(k, true);
                until_stage(s, stages[i], i == 1 || i == 2 || i == 4);
                double force = plant_force(&s->world->plant);
                change(s, k, (enum change)c);
                simulation_run(s, 0.4);
                CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
                CU_ASSERT_EQUAL(s->rig.first_trip.first, SAFETY_LOST);
                CU_ASSERT_EQUAL(s->rig.watch.loss, loss[c]);
                ASSERT_HAS(s->rig.trip_text, axis_loss_words[loss[c]]);
                CU_ASSERT_TRUE(plant_force(&s->world->plant) < force + 1.0);
                simulation_run(s, 4.0);
                double at = s->world->plant.axis.actual;
                simulation_tick(s, KEY_RESET);
                simulation_run(s, 1.0);
                simulation_tick(s, KEY_ARM);
                CU_ASSERT_EQUAL(s->rig.latch.is_armed, c == GOES_OFF);
                if (c != GOES_OFF)
                    ASSERT_ABS(s->world->plant.axis.actual, at, 2e-6);
                simulation_free(s);
            }
}

/* ---- a drive that obeys nothing is left to its watchdog ---- */

/* Whoever hammers on the space bar does not feed the watchdog that has to stop the axis: no STOP and no look leaves
 * before the link was silent for 1.5 times its time; then one is tried again, and the standstill is proven. */
static void space_does_not_keep_a_drives_watchdog_from_firing(void)
{
    static const char *const course[] = {"not proven: the drive's own watchdog", "operator,stop", "note,stop,\"waits",
                                         "command,stop", "note,stop proven"};
    struct simulation *s = begin(TCP, true);
    struct carriage *a = &s->world->plant.axis;
    until_force(s, 0.5);
    s->world->plant.ignores_stop = true;
    simulation_tick(s, KEY_STOP);
    for (double end = s->pace.clock.now + 5.0; !s->rig.stopper.has_given_up && s->pace.clock.now < end;)
        simulation_tick(s, KEY_NONE);
    CU_ASSERT_TRUE_FATAL(s->rig.stopper.has_given_up);
    double left = s->pace.clock.now, stood = NAN;
    carriage_move(a, a->actual - 5e-3, 1e-3, 0.1, 0.1); /* goes on, up: 5 s of it */
    for (int i = 0; s->pace.clock.now < left + 4.4; i++) {
        simulation_tick(s, i % 3 ? KEY_NONE : KEY_STOP);
        if (isnan(stood) && fabs(a->actual_speed) < 1e-6)
            stood = s->pace.clock.now;
    }
    /* only that can have stopped it: from the end of the last permit to talk on, and its ramp */
    double permit = s->bench.tick_period + s->rig.limits.max_lateness;
    CU_ASSERT_TRUE(stood - left < permit + s->bench.axis.watchdog_time + 0.05);
    has_in_order(s, course, 5);
    simulation_free(s);
}

/* ---- orders that are echoed, and not carried out ---- */

struct liar {
    struct memory_peer real;
    bool (*ignores)(uint8_t unit, const uint8_t *pdu, size_t n);
};

static int liar_pdu(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    const struct liar *l = self;
    if (!l->ignores(unit, pdu, n))
        return l->real.pdu(l->real.self, unit, pdu, n, reply, cap);
    memcpy(reply, pdu, 5); /* the echo of functions 6 and 16 */
    return 5;
}

static void liar_advance(void *self, double seconds)
{
    const struct liar *l = self;
    l->real.advance(l->real.self, seconds);
}

static void lie(struct simulation *s, struct liar *l, bool (*ignores)(uint8_t, const uint8_t *, size_t))
{
    *l = (struct liar){s->pace.clock.peer, ignores};
    s->pace.clock.peer = (struct memory_peer){liar_pdu, liar_advance, l};
}

static bool is_home(uint8_t unit, const uint8_t *pdu, size_t n)
{
    if (unit != 1 || n != 5 || pdu[0] != 6)
        return false;
    bool scl = pdu[1] == 0 && pdu[2] == 124 && pdu[4] == 0x6E, second = pdu[1] == 0x60 && pdu[2] == 2 && pdu[4] == 0x20;
    return scl || second;
}

/* Stands 6 mm below home, its register reads 0, and it was homed once. */
static void an_order_to_home_that_is_not_carried_out_is_no_home(void)
{
    for (size_t k = 0; k < 2; k++) {
        struct simulation *s = begin(k, true);
        struct liar l;
        lie(s, &l, is_home);
        s->world->drive.homed = s->world->em2rs.homed = true;
        simulation_run(s, 5.0);
        CU_ASSERT_FALSE(s->rig.axis.input[INPUT_HOME]);
        ASSERT_ABS(s->rig.axis.position, 0.0, 1e-6);
        CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
        ASSERT_HAS(s->rig.trip_text, "the bit never fell and the home switch never closed");
        CU_ASSERT_TRUE(plant_force(&s->world->plant) < 0.1);
        simulation_free(s);
    }
}

static bool is_target(uint8_t unit, const uint8_t *pdu, size_t n)
{
    return unit == 1 && n > 5 && pdu[0] == 16 && (pdu[1] == 1 || pdu[1] == 0x62);
}

/* A retract whose drive goes down instead, into the sample, and one that goes past its target. */
static void an_axis_that_does_not_go_where_it_was_sent_is_stopped(void)
{
    for (size_t k = 0; k < 4; k++) {
        struct simulation *s = begin(k % 2, true);
        struct carriage *a = &s->world->plant.axis;
        until_stage(s, "retract", true);
        double at = a->actual, aim = k < 2 ? 20e-3 : -0.4e-3;
        for (int i = 0; i < 500 && s->rig.state == RIG_RUNNING; i++) {
            carriage_move(a, aim, 2e-3, 0.1, 0.1);
            simulation_tick(s, KEY_NONE);
        }
        CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
        ASSERT_HAS(s->rig.trip_text, axis_loss_words[LOSS_COURSE]);
        simulation_run(s, 1.0);
        if (k < 2)
            CU_ASSERT_TRUE(a->actual < at + 1.5e-3);
        CU_ASSERT_TRUE(a->actual > 0.2e-3);
        simulation_free(s);
    }
}

static bool is_off(uint8_t unit, const uint8_t *pdu, size_t n)
{
    if (unit != 1 || n != 5 || pdu[0] != 6)
        return false;
    return (pdu[1] == 0 && pdu[2] == 124 && pdu[4] == 0x9E) || (pdu[1] == 0 && pdu[2] == 0x0F && pdu[4] == 0);
}

/* Acknowledged, and the drive stays on: at the end of a run that went well. */
static void a_drive_that_stays_on_after_a_good_run_is_told(void)
{
    static const char *const course[] = {"command,disable,\"ordered\"", "note,disable,\"acknowledged after",
                                         "note,disable,\"not seen after"};
    for (size_t k = 0; k < 3; k++) {
        struct simulation *s = begin(k % 2, false);
        struct liar l;
        struct err e = {0};
        until_stage(s, "retract", false);
        if (k < 2)
            lie(s, &l, is_off);
        simulation_run(s, 10.0);
        CU_ASSERT_EQUAL(rig_result(&s->rig, &e), 0);
        CU_ASSERT_EQUAL(is_on(s, k % 2), k < 2);
        CU_ASSERT_EQUAL(rig_is_left_on(&s->rig), k < 2);
        if (k < 2)
            has_in_order(s, course, 3);
        simulation_free(s);
    }
}

/* Somebody will reach in: the operator is told, whatever else there is to say. */
static void a_drive_that_stays_on_at_a_prompt_is_told(void)
{
    for (size_t k = 0; k < 2; k++) {
        struct simulation *s = begin(k, true);
        struct method *m = &s->method;
        struct liar l;
        memmove(&m->stage[3], &m->stage[2], (m->n++ - 2) * sizeof m->stage[0]);
        m->stage[2] = (struct stage){.kind = STAGE_PROMPT, .longest = 30.0, .text = "put the specimen on"};
        lie(s, &l, is_off);
        for (int i = 0; i < 2000 && s->rig.state != RIG_PROMPTING; i++)
            simulation_tick(s, KEY_NONE);
        simulation_run(s, 0.5);
        ASSERT_HAS(s->rig.message, "put the specimen on"); /* it is told again, and again */
        simulation_run(s, 2.0);
        CU_ASSERT_TRUE(is_on(s, k));
        CU_ASSERT_EQUAL(s->rig.state, RIG_PROMPTING);
        ASSERT_HAS(s->rig.message, "THE DRIVE IS STILL ON although it was told to switch off: press the E-stop");
        simulation_tick(s, KEY_QUIT);
        simulation_free(s);
    }
}

/* A retract whose target is echoed, and not taken over: the drive would go for the one before, into the sample. */
static void a_target_that_is_not_taken_over_lets_nothing_move(void)
{
    for (size_t k = 0; k < 2; k++) {
        struct simulation *s = begin(k, true);
        struct liar l;
        until_stage(s, "hold", false);
        simulation_run(s, 3.0);
        double force = plant_force(&s->world->plant), at = s->world->plant.axis.actual;
        lie(s, &l, is_target);
        simulation_run(s, 8.0);
        CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
        ASSERT_HAS(s->rig.trip_text, "the drive did not take the order of stage retract"); /* read back */
        CU_ASSERT_TRUE(s->world->plant.axis.actual < at + 5e-6);
        CU_ASSERT_TRUE(plant_force(&s->world->plant) < force + 0.1);
        simulation_free(s);
    }
}

/* A home search that goes down. */
static void homing_towards_the_sample_is_stopped_before_it_gets_there(void)
{
    for (size_t k = 0; k < 2; k++) {
        struct simulation *s = begin(k, true);
        struct carriage *a = &s->world->plant.axis;
        until_stage(s, "home", true);
        a->at = a->actual = 4e-3;
        CU_ASSERT_EQUAL(s->rig.state, RIG_RUNNING);
        carriage_move(a, 30e-3, 3e-3, 0.1, 0.1);
        simulation_run(s, 1.0);
        CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
        ASSERT_HAS(s->rig.trip_text, axis_loss_words[LOSS_COURSE]);
        CU_ASSERT_TRUE(a->actual < 5e-3);
        simulation_free(s);
    }
}

/* 10 um/s towards the sample: each STOP is "proven" between two looks. */
static void an_axis_that_creeps_on_after_proven_stops_is_switched_off(void)
{
    static const char *const course[] = {"trip,unexpected_motion", "command,disable,\"ordered\",\"it goes on moving",
                                         "note,disable,\"seen after"};
    for (size_t k = 0; k < 2; k++) {
        struct simulation *s = begin(k, true);
        until_stage(s, "hold", false);
        simulation_run(s, 0.5);
        s->world->plant.axis.creep = 10e-6;
        simulation_run(s, 8.0);
        CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
        CU_ASSERT_FALSE(is_on(s, k));
        has_in_order(s, course, 3);
        simulation_free(s);
    }
}

/* Somebody slows the transmitter's filter down: nothing of the force shows that. */
static void a_setting_of_the_cell_that_changes_in_the_run_trips(void)
{
    static const uint8_t slow[] = {6, 0x21, 0x06, 0, 7};
    uint8_t reply[260];
    struct simulation *s = begin(TCP, true);
    until_force(s, 2.0);
    struct memory_peer *p = &s->pace.clock.peer;
    p->pdu(p->self, 2, slow, sizeof slow, reply, sizeof reply);
    simulation_run(s, 1.3);
    CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
    CU_ASSERT_EQUAL(s->rig.first_trip.first, SAFETY_FOREIGN);
    ASSERT_HAS(s->rig.trip_text, "'force': filter (register 8454) now reads 7, at start");
    simulation_free(s);
}

CU_TestInfo obey_tests[] = {
    {"a_setting_of_the_cell_that_changes_in_the_run_trips", a_setting_of_the_cell_that_changes_in_the_run_trips},
    {"space_does_not_keep_a_drives_watchdog_from_firing", space_does_not_keep_a_drives_watchdog_from_firing},
    {"a_drive_that_stays_on_after_a_good_run_is_told", a_drive_that_stays_on_after_a_good_run_is_told},
    {"a_drive_that_stays_on_at_a_prompt_is_told", a_drive_that_stays_on_at_a_prompt_is_told},
    {"an_axis_that_creeps_on_after_proven_stops_is_switched_off",
     an_axis_that_creeps_on_after_proven_stops_is_switched_off},
    {"what_the_axis_must_stay_trips_in_every_stage", what_the_axis_must_stay_trips_in_every_stage},
    {"an_order_to_home_that_is_not_carried_out_is_no_home", an_order_to_home_that_is_not_carried_out_is_no_home},
    {"an_axis_that_does_not_go_where_it_was_sent_is_stopped", an_axis_that_does_not_go_where_it_was_sent_is_stopped},
    {"a_target_that_is_not_taken_over_lets_nothing_move", a_target_that_is_not_taken_over_lets_nothing_move},
    {"homing_towards_the_sample_is_stopped_before_it_gets_there",
     homing_towards_the_sample_is_stopped_before_it_gets_there},
    {"a_drive_that_is_not_heard_any_more_is_switched_off_blind",
     a_drive_that_is_not_heard_any_more_is_switched_off_blind},
    {"a_link_that_comes_back_brings_stop_first_and_then_off", a_link_that_comes_back_brings_stop_first_and_then_off},
    {"switching_off_is_said_again_until_it_is_seen", switching_off_is_said_again_until_it_is_seen},
    CU_TEST_INFO_NULL};
