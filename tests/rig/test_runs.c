/* test_runs.c -- whole runs in virtual time against the virtual bench, judged on its truth log. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/table.h"
#include "rig/loop/leash.h"
#include "rig/loop/states.h"
#include "rig/loop/stop.h"
#include "rig/safety/budget.h"
#include "tests/rig/simulation.h"
#include "tests/rig/suites.h"

#define PRESS_FORCE "methods/press_10N_hold_5s.yaml"
#define PRESS_TRAVEL "methods/press_1200um_hold_5s.yaml"
#define TCP "benches/virtual_tcp.yaml"
#define RTU "benches/virtual_rtu.yaml"
#define SECOND "benches/virtual_em2rs_tlb.yaml"

static struct simulation *begin(const char *bench, const char *method, const char *faults)
{
    struct simulation *s = NULL;
    struct err e = {0};
    if (simulation_new(&s, bench, method, faults, &e)) {
        printf("\n%s\n%s\n", e.msg, e.hint);
        CU_FAIL_FATAL("the simulation could not be made");
    }
    return s;
}

static void ended_as(const struct simulation *s, const char *state, const char *cause)
{
    char text[240];
    CU_ASSERT_STRING_EQUAL(rig_outcome(&s->rig, text, sizeof text), state);
    ASSERT_HAS(text, cause);
}

struct truth_columns { size_t rows; double *time, *position, *force; };

static struct truth_columns truth(struct simulation *s)
{
    struct truth_columns c = {0};
    struct table t = {0};
    char path[400];
    uint64_t rows;
    struct err e = {0};
    CU_ASSERT_EQUAL(simulation_close_logs(s, &rows, &e), 0);
    snprintf(path, sizeof path, "%s/truth.csv", s->logs);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, &e), 0);
    c.rows = t.rows;
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "time_s", false, &c.time, &e), 0);
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "position_um", false, &c.position, &e), 0);
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "force_N", false, &c.force, &e), 0);
    table_release(&t);
    return c;
}

static void release(struct truth_columns *c)
{
    free(c->time);
    free(c->position);
    free(c->force);
}

static double largest(const struct truth_columns *c)
{
    double top = 0.0;
    for (size_t i = 0; i < c->rows; i++)
        top = fmax(top, fabs(c->force[i]));
    return top;
}

/* What the budgets promise for a stage's speed on this bench. */
static double promised(const struct simulation *s, double speed)
{
    struct budget b;
    budget_judge(&s->bench, &s->limits, s->method.stiffness, speed, INFINITY, &b);
    return b.worst;
}

/* The most that the axis and the cell really felt, N. */
static void true_force_stays(struct simulation *s, double bound)
{
    struct truth_columns c = truth(s);
    CU_ASSERT_TRUE(largest(&c) <= bound);
    release(&c);
}

static void until_force(struct simulation *s, double newtons)
{
    while (s->rig.force.force < newtons && s->pace.clock.now < 60.0)
        simulation_tick(s, KEY_NONE);
}

static void until_tripped(struct simulation *s)
{
    while (s->rig.state != RIG_TRIPPED && s->pace.clock.now < 60.0)
        simulation_tick(s, KEY_NONE);
}

/* As an operator would: waits for all clear, arms. */
static struct simulation *begin_by_hand(const char *faults)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, faults);
    s->rig.is_unattended = false;
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_ARM);
    return s;
}

static struct simulation *a_run_is_done(const char *bench, const char *method)
{
    struct simulation *s = begin(bench, method, NULL);
    simulation_run(s, 60.0);
    ended_as(s, "done", "");
    return s;
}

/* A run with these faults ends like this, without the axis having been unloaded or with. */
static void a_run_trips(const char *faults, const char *cause)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, faults);
    simulation_run(s, 60.0);
    ended_as(s, "tripped", cause);
    simulation_free(s);
}

/* The first register written to the drive at or after t (s) is its STOP; when that was, s. */
static double stop_is_first_after(struct simulation *s, double t)
{
    struct table w = {0};
    char path[400];
    bool is_second = strcmp(s->bench.device[BENCH_AXIS].map.name, "leadshine_em2rs") == 0;
    struct err e = {0};
    double when = NAN;
    snprintf(path, sizeof path, "%s/writes.csv", s->logs);
    CU_ASSERT_EQUAL_FATAL(table_read(&w, path, &e), 0);
    for (size_t i = 0; i < w.rows && isnan(when); i++)
        if (atof(table_cell(&w, i, 0)) >= t && strcmp(table_cell(&w, i, 1), "1") == 0) {
            when = atof(table_cell(&w, i, 0));
            CU_ASSERT_EQUAL(strtol(table_cell(&w, i, 3), NULL, 0), is_second ? 0x6002 : 124);
            CU_ASSERT_EQUAL(strtol(table_cell(&w, i, 4), NULL, 0), is_second ? 0x40 : 0xE1);
        }
    CU_ASSERT_FALSE(isnan(when));
    table_release(&w);
    return when;
}

static void a_press_to_force_ends_done_and_the_log_is_true(void)
{
    struct simulation *s = a_run_is_done(TCP, PRESS_FORCE);
    CU_ASSERT_EQUAL(rig_result(&s->rig, NULL), 0);
    ASSERT_ABS(s->rig.sequence.peak_force, 10.0, 0.8);
    CU_ASSERT_TRUE(s->rig.sequence.peak_force >= 10.0 - 0.01);
    struct truth_columns c = truth(s);
    CU_ASSERT_TRUE(largest(&c) >= 10.0 && largest(&c) <= 10.0 + promised(s, 0.5e-3));
    /* the recorded peak is the true one within noise, quantum and rate x age */
    ASSERT_ABS(s->rig.sequence.peak_force, largest(&c), 0.01 + 40e3 * 0.5e-3 * 0.03);
    struct table t = {0};
    char path[400];
    struct err e = {0};
    snprintf(path, sizeof path, "%s/samples.csv", s->folder);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, &e), 0);
    CU_ASSERT_EQUAL(t.rows, s->rig.ticks);
    CU_ASSERT_FALSE(table_has(&t, "depth_um"));
    CU_ASSERT_TRUE(table_has(&t, "travel_um"));
    /* each row's force is the true one of some moment no older than the stated age, within noise */
    double *time = NULL, *force = NULL, *age = NULL;
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "time_s", false, &time, &e), 0);
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "force_N", true, &force, &e), 0);
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "force_age_ms", true, &age, &e), 0);
    size_t wrong = 0, k = 0;
    for (size_t i = 0; i < t.rows; i++) {
        double at = time[i] + s->rig.start, lo = INFINITY, hi = -INFINITY;
        if (isnan(force[i]))
            continue;
        while (k > 0 && (k == c.rows || c.time[k] > at - age[i] * 1e-3 - 0.02))
            k--;
        for (; k < c.rows && c.time[k] <= at + 1e-3; k++)
            if (c.time[k] >= at - age[i] * 1e-3 - 0.02) {
                lo = fmin(lo, c.force[k]);
                hi = fmax(hi, c.force[k]);
            }
        if (lo <= hi && !(force[i] >= lo - 0.03 && force[i] <= hi + 0.03))
            wrong++;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(time);
    free(force);
    free(age);
    table_release(&t);
    release(&c);
    simulation_free(s);
}

static void a_zero_that_moved_during_the_run_is_a_warning_of_the_record(void)
{
    for (int drifts = 0; drifts < 2; drifts++) {
        struct simulation *s = begin(TCP, PRESS_FORCE, drifts ? "at 10 s: drift force 0.05 N/s\n" : NULL);
        simulation_run(s, 60.0);
        ended_as(s, "done", "");
        recorder_commit(s->recorder);
        char *events = simulation_text(s, "events.csv");
        CU_ASSERT_EQUAL(strstr(events, "note,zero moved,") != NULL, drifts == 1);
        CU_ASSERT_EQUAL(fabs(s->rig.sequence.zero_return) > 0.05, drifts == 1);
        ASSERT_REL(sequence_zero_bound(&s->rig.sequence), 0.05, 1e-12);
        free(events);
        simulation_free(s);
    }
}

static void a_press_to_travel_takes_off_the_machines_give(void)
{
    struct simulation *s = a_run_is_done(TCP, PRESS_TRAVEL);
    ASSERT_ABS(s->rig.sequence.travel_end, 1200e-6, 4e-6);
    simulation_free(s);
}

static void the_same_run_works_on_a_shared_serial_line(void)
{
    struct simulation *s = a_run_is_done(RTU, PRESS_FORCE);
    ASSERT_ABS(s->rig.sequence.peak_force, 10.0, 1.2);
    simulation_free(s);
}

static void the_second_pair_presses_to_force_and_to_travel(void)
{
    struct simulation *s = a_run_is_done(SECOND, PRESS_FORCE);
    ASSERT_ABS(s->rig.sequence.peak_force, 10.0, 2.0);
    simulation_free(s);
    s = a_run_is_done(SECOND, PRESS_TRAVEL);
    ASSERT_ABS(s->rig.sequence.travel_end, 1200e-6, 4e-6);
    simulation_free(s);
}

/* The drive has no watchdog: what it was given last is all the way it goes when the PC is dead. */
static void without_a_watchdog_the_axis_runs_on_for_its_leash_and_no_further(void)
{
    struct simulation *s = begin(SECOND, PRESS_FORCE, NULL);
    until_force(s, 5.0);
    CU_ASSERT_TRUE(leash_holds(&s->rig)); /* the move's end is 3 mm below: further than the leash */
    double at = s->world->plant.axis.actual, from = s->pace.clock.now;
    bus_memory_faults(s->bus[0])->is_cut = true; /* not even the STOP of the dying link gets through */
    s->pace.is_dead = true;
    while (s->pace.clock.now < from + 10.0)
        simulation_tick(s, KEY_NONE);
    double run_on = s->world->plant.axis.actual - at;
    printf(" [ran on %.1f um of 175]", run_on * 1e6);
    CU_ASSERT_TRUE(run_on > 0.0 && run_on <= 0.5e-3 * 0.35 + 1e-6);
    CU_ASSERT_FALSE(carriage_is_moving(&s->world->plant.axis));
    true_force_stays(s, 5.2 + promised(s, 0.5e-3));
    simulation_free(s);
}

static void on_the_second_pair_a_force_beyond_the_limit_stops_and_unloads(void)
{
    struct simulation *s = begin(SECOND, PRESS_FORCE, "when force > 6.3 N: jump force +11.7 N\n");
    simulation_run(s, 90.0);
    ended_as(s, "tripped", "force");
    CU_ASSERT_TRUE(s->rig.stopper.is_proven);
    CU_ASSERT_TRUE(s->rig.unload_steps > 0);
    true_force_stays(s, 6.3 + promised(s, 0.5e-3));
    stop_is_first_after(s, s->rig.latch.at - 1e-9);
    simulation_free(s);
}

static void force_beyond_the_limit_stops_the_axis_and_unloads(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, "when force > 6.3 N: jump force +11.7 N\n");
    simulation_run(s, 60.0);
    ended_as(s, "tripped", "force");
    CU_ASSERT_EQUAL(rig_result(&s->rig, NULL), ERR_SAFETY);
    CU_ASSERT_TRUE(s->rig.stopper.is_proven);
    CU_ASSERT_TRUE(s->rig.unload_steps > 0);
    struct truth_columns c = truth(s);
    CU_ASSERT_TRUE(largest(&c) <= 15.0 + promised(s, 0.5e-3));
    CU_ASSERT_TRUE(largest(&c) <=
                   6.3 + promised(s, 0.5e-3)); /* the jump stands for the limit: the truth went on from 6.3 N */
    CU_ASSERT_TRUE(stop_is_first_after(s, s->rig.latch.at - 1e-9) - s->rig.latch.at < 0.03);
    CU_ASSERT_TRUE(c.position[c.rows - 1] < 12000.0 - 4000.0); /* unloaded: well above the skin */
    char *events = simulation_text(s, "events.csv");
    ASSERT_HAS(events, "unloading");
    free(events);
    release(&c);
    simulation_free(s);
}

static void the_real_force_limit_holds_on_the_true_force(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    s->limits.force_push = 7.4; /* the specimen goes beyond it by itself */
    s->rig.limits.force_push = 7.4;
    simulation_run(s, 60.0);
    ended_as(s, "tripped", "force_push");
    struct truth_columns c = truth(s);
    CU_ASSERT_TRUE(largest(&c) > 7.3);
    CU_ASSERT_TRUE(largest(&c) <= 7.4 + promised(s, 0.5e-3));
    release(&c);
    simulation_free(s);
}

static void the_estop_stops_the_run_and_allows_no_unload(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, "when force > 4.1 N: estop\n");
    simulation_run(s, 60.0);
    ended_as(s, "tripped", "estop");
    CU_ASSERT_EQUAL(s->rig.unload_steps, 0);
    true_force_stays(s, 4.1 + promised(s, 0.5e-3));
    stop_is_first_after(s, s->rig.latch.at - 1e-9);
    simulation_free(s);
}

static void a_pulled_cable_trips_and_the_drives_watchdog_stops_the_axis(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    until_force(s, 5.0);
    double cut = s->pace.clock.now, before = s->rig.axis.position;
    bus_memory_faults(s->bus[0])->is_cut = true;
    simulation_run(s, 20.0);
    ended_as(s, "tripped", "link");
    CU_ASSERT_TRUE(s->rig.latch.at - cut <= 0.06);
    CU_ASSERT_TRUE(s->rig.stopper.has_given_up);
    struct err e = {0};
    CU_ASSERT_EQUAL(rig_result(&s->rig, &e), ERR_SAFETY);
    ASSERT_HAS(e.msg, "NOT seen to stop");
    CU_ASSERT_EQUAL(s->rig.unload_steps, 0);
    struct truth_columns c = truth(s);
    CU_ASSERT_TRUE(largest(&c) <= 5.0 + promised(s, 0.5e-3));
    /* it ran on for no longer than the watchdog and its deceleration */
    CU_ASSERT_TRUE(c.position[c.rows - 1] * 1e-6 - before <= budget_travel(0.5e-3, 0.3 + 0.06, 0.1));
    release(&c);
    simulation_free(s);
}

static void a_link_that_comes_back_is_told_stop_first_and_motion_never_resumes(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    until_force(s, 5.0);
    bus_memory_faults(s->bus[0])->is_cut = true;
    double end = s->pace.clock.now + 0.1;
    while (s->pace.clock.now < end)
        simulation_tick(s, KEY_NONE);
    bus_memory_faults(s->bus[0])->is_cut = false;
    simulation_run(s, 20.0);
    ended_as(s, "tripped", "link");
    true_force_stays(s, 5.0 + promised(s, 0.5e-3));
    stop_is_first_after(s, end);
    char *writes = simulation_text(s, "writes.csv"), *last = writes ? strrchr(writes, '\n') : NULL;
    CU_ASSERT_PTR_NOT_NULL(last);
    free(writes);
    simulation_free(s);
}

static void a_silent_load_cell_trips_on_age(void)
{
    struct simulation *s = begin(RTU, PRESS_FORCE, "when force > 3.7 N: silence force\n");
    simulation_run(s, 60.0);
    char text[240];
    CU_ASSERT_STRING_EQUAL(rig_outcome(&s->rig, text, sizeof text), "tripped");
    CU_ASSERT_TRUE(s->rig.latch.first == SAFETY_FORCE_AGE || s->rig.latch.first == SAFETY_BUS_FAILURES);
    CU_ASSERT_TRUE(s->rig.stopper.is_proven); /* the axis on the same line is still reached */
    true_force_stays(s, 3.7 + promised(s, 0.5e-3));
    simulation_free(s);
}

/* What budget (a) allows for the decision and STOP's way is what a hung tick takes: a period, the lateness that is
 * allowed, one transaction under way, STOP. */
static void a_dead_tick_leaves_the_drive_to_its_watchdog(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    struct budget_times t;
    budget_bench_times(&s->bench, &s->limits, &t);
    until_force(s, 5.0);
    s->pace.is_dead = true;
    double from = s->pace.clock.now;
    while (s->pace.clock.now < from + 3.0)
        simulation_tick(s, KEY_NONE);
    struct link_stats t0, t1;
    link_statistics(s->link[0], &t0);
    while (s->pace.clock.now < from + 5.0)
        simulation_tick(s, KEY_NONE);
    link_statistics(s->link[0], &t1);
    /* nothing is said that would feed the watchdog, but for one STOP, when the permit ran out */
    CU_ASSERT_EQUAL(t0.device[BENCH_AXIS].requests, t1.device[BENCH_AXIS].requests);
    true_force_stays(s, 5.2 + promised(s, 0.5e-3));
    double after = stop_is_first_after(s, from) - from;
    ASSERT_REL(t.decide, 0.02 + 0.1, 1e-12);
    CU_ASSERT_TRUE(after >= t.decide && after <= t.decide + 2e-3); /* over this memory a transaction takes 0.5 ms */
    simulation_free(s);
}

static void a_hung_tick_on_a_shared_line_is_stopped_within_the_budget_too(void)
{
    struct simulation *s = begin(SECOND, PRESS_FORCE, NULL);
    struct budget_times t;
    budget_bench_times(&s->bench, &s->limits, &t);
    until_force(s, 5.0);
    s->pace.is_dead = true;
    double from = s->pace.clock.now;
    while (s->pace.clock.now < from + 1.0)
        simulation_tick(s, KEY_NONE);
    true_force_stays(s, 5.2 + promised(s, 0.5e-3));
    CU_ASSERT_TRUE(stop_is_first_after(s, from) - from <= t.decide + t.stop_frame);
    simulation_free(s);
}

static void a_late_tick_trips(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    until_force(s, 2.0);
    s->pace.late = 0.15;
    simulation_run(s, 30.0);
    ended_as(s, "tripped", "lateness");
    simulation_free(s);
}

static void a_stop_by_the_operator_ends_as_stopped(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    until_force(s, 2.0);
    simulation_tick(s, KEY_STOP);
    simulation_run(s, 30.0);
    ended_as(s, "stopped", "by the operator");
    CU_ASSERT_EQUAL(rig_result(&s->rig, NULL), ERR_STOPPED);
    CU_ASSERT_TRUE(s->rig.stopper.is_proven);
    simulation_free(s);
}

static void with_an_operator_nothing_starts_without_the_key(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    s->rig.is_unattended = false;
    simulation_tick(s, KEY_ARM); /* before half a second of all clear: discarded */
    simulation_run(s, 5.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_WAITING);
    simulation_tick(s, KEY_ARM);
    simulation_run(s, 1.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_RUNNING);
    simulation_tick(s, KEY_STOP);
    simulation_run(s, 1.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_STOPPED); /* stands and waits for u or q */
    simulation_tick(s, KEY_QUIT);
    CU_ASSERT_EQUAL(s->rig.state, RIG_ENDED);
    simulation_free(s);
}

static void an_operator_unloads_step_by_step(void)
{
    struct simulation *s = begin_by_hand("when force > 6.3 N: jump force +11.7 N\n");
    until_tripped(s);
    simulation_run(s, 1.0);
    double at = s->rig.axis.position;
    simulation_tick(s, KEY_UNLOAD);
    simulation_run(s, 3.0);
    CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
    ASSERT_ABS(at - s->rig.axis.position, s->bench.unload_step, 25e-6); /* one step, no more */
    CU_ASSERT_EQUAL(s->rig.latch.first, SAFETY_FORCE_PUSH); /* the first cause stays */
    simulation_free(s);
}

/* One look of the stopper at an axis sample. */
static void looks_at(struct rig *r, double sent, bool moving, double position)
{
    struct link_sample *a = &r->outbox[r->bench->device[BENCH_AXIS].link].sample[BENCH_AXIS];
    a->sent = sent;
    a->count++;
    r->axis.moving = moving;
    r->axis.position = position;
    stop_step(r);
}

static void a_stop_is_proven_only_by_two_fresh_equal_positions(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    struct rig *r = &s->rig;
    struct link_outbox *o = &r->outbox[r->bench->device[BENCH_AXIS].link];
    simulation_run(s, 0.1);
    stop_begin(r);
    o->stop_sent = 1;
    o->stop_time = 10.0;
    looks_at(r, 9.98, false, 3e-3); /* asked for before the STOP had left */
    looks_at(r, 9.99, false, 3e-3);
    CU_ASSERT_TRUE(r->stopper.is_active);
    looks_at(r, 10.02, true, 3e-3);
    looks_at(r, 10.04, false, 3.1e-3);
    CU_ASSERT_TRUE(r->stopper.is_active);
    looks_at(r, 10.06, false, 3.15e-3); /* "not moving", but it moved */
    CU_ASSERT_TRUE(r->stopper.is_active);
    looks_at(r, 10.08, false, 3.15e-3);
    CU_ASSERT_FALSE(r->stopper.is_active);
    CU_ASSERT_TRUE(r->stopper.is_proven);
    simulation_free(s);
}

/* A drive that says yes to STOP and to switching off, and does neither. */
struct deaf_drive {
    struct memory_peer real;
    struct simulation *s;
    unsigned stops, moves_after, reads_after; /* moves after the first STOP; reads after mnrig gave up */
};

static int deaf_pdu(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    enum { OP_STOP = 0xE1, OP_OFF = 0x9E, OP_ABSOLUTE = 0x67 };
    struct deaf_drive *d = self;
    bool is_opcode = unit == 1 && n >= 5 && pdu[0] == 6;
    if (unit == 1 && pdu[0] != 6 && pdu[0] != 16 && d->s->rig.stopper.has_given_up)
        d->reads_after++;
    if (is_opcode && pdu[4] == OP_ABSOLUTE && d->stops)
        d->moves_after++;
    if (!is_opcode || (pdu[4] != OP_STOP && pdu[4] != OP_OFF))
        return d->real.pdu(d->real.self, unit, pdu, n, reply, cap);
    d->stops += pdu[4] == OP_STOP;
    memcpy(reply, pdu, 5);
    return 5;
}

static void deaf_advance(void *self, double seconds)
{
    const struct deaf_drive *d = self;
    if (d->real.advance) d->real.advance(d->real.self, seconds);
}

static void an_ignored_stop_trips_and_nothing_moves_the_axis_or_feeds_its_watchdog_afterwards(void)
{
    struct simulation *s = begin_by_hand(NULL);
    struct deaf_drive d = {.real = s->pace.clock.peer, .s = s};
    until_force(s, 3.0);
    s->pace.clock.peer = (struct memory_peer){deaf_pdu, deaf_advance, &d};
    simulation_run(s, 60.0); /* the first STOP is the stage's own, at its force; nobody ends the run */
    CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
    CU_ASSERT_TRUE(s->rig.has_tripped);
    CU_ASSERT_TRUE(s->rig.stopper.has_given_up);
    CU_ASSERT_TRUE(d.stops >= 1 && d.stops <= 3);
    CU_ASSERT_EQUAL(d.moves_after, 0);
    CU_ASSERT_EQUAL(d.reads_after, 0);
    s->pace.clock.peer = d.real;
    simulation_free(s);
}

/* The operator's space after mnrig gave up, and a trip while an earlier STOP is not proven. */
static void space_and_a_trip_send_stop_at_once_whatever_was_sent_before(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    struct rig *r = &s->rig;
    simulation_run(s, 0.1);
    unsigned *count = &r->inbox[r->bench->device[BENCH_AXIS].link].stop, before;
    stop_begin(r);
    before = *count;
    r->now += 0.02;
    stop_for_trip(r);
    CU_ASSERT_EQUAL(*count, before + 1);
    r->stopper.is_active = false;
    r->stopper.has_given_up = true;
    r->stopper.gave_up = r->now - 7.3; /* the watchdog had its time */
    r->state = RIG_TRIPPED;
    states_step(r, KEY_STOP);
    CU_ASSERT_EQUAL(*count, before + 2);
    CU_ASSERT_TRUE(r->stopper.is_active);
    simulation_free(s);
}

static void a_link_reopened_between_two_ticks_still_trips(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    until_force(s, 3.0);
    bus_memory_faults(s->bus[0])->is_cut = true;
    while (s->bus[0]->is_open)
        memory_clock_until(&s->pace.clock, fmin(link_step(s->link[0]), s->pace.clock.now + 1e-3));
    bus_memory_faults(s->bus[0])->is_cut = false;
    while (!s->bus[0]->is_open)
        memory_clock_until(&s->pace.clock, fmin(link_step(s->link[0]), s->pace.clock.now + 1e-3));
    simulation_run(s, 20.0);
    ended_as(s, "tripped", "link");
    simulation_free(s);
}

/* Trips at 6.3 N, stands, and begins one step away by the operator's key. */
static struct simulation *begin_unloading(void)
{
    struct simulation *s = begin_by_hand("when force > 6.3 N: jump force +11.7 N\n");
    until_tripped(s);
    simulation_run(s, 1.0);
    simulation_tick(s, KEY_UNLOAD);
    CU_ASSERT_EQUAL(s->rig.state, RIG_UNLOADING);
    return s;
}

static void unloading_stops_when_the_force_rises_or_the_axis_goes_the_wrong_way(void)
{
    struct simulation *s = begin_unloading();
    s->rig.away.step = fabs(s->rig.force.force) - 0.05 * s->rig.limits.force_push - 0.5;
    simulation_tick(s, KEY_NONE);
    CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
    CU_ASSERT_TRUE(s->rig.stopper.is_active);
    simulation_free(s);
    s = begin_unloading();
    s->rig.unload_position = s->rig.axis.position - 0.1e-3; /* as if it had come down from there */
    simulation_tick(s, KEY_NONE);
    CU_ASSERT_EQUAL(s->rig.state, RIG_TRIPPED);
    CU_ASSERT_TRUE(s->rig.stopper.is_active);
    simulation_free(s);
}

/* 13.3 - 12 mm, less 4 um/N of 10 N net: 1.26 mm. */
static void travel_is_position_minus_contact_minus_compliance_times_net_force(void)
{
    static struct bench b;
    b.axis.compliance = 4e-6;
    struct sequence q = {.bench = &b, .contact = 12e-3, .tare = 0.1};
    ASSERT_REL(sequence_travel(&q, 13.3e-3, 10.1), 1.26e-3, 1e-9);
    ASSERT_REL(sequence_raw_travel(&q, 13.3e-3), 1.3e-3, 1e-9);
}

static void missing_skin_ends_as_not_completed(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    s->method.surface = 8e-3; /* the specimen is 12 mm below home: the search ends in air */
    simulation_run(s, 40.0);
    ended_as(s, "aborted", "no contact within 3 mm");
    CU_ASSERT_EQUAL(rig_result(&s->rig, NULL), ERR_FAILED);
    ASSERT_ABS(s->rig.axis.position, (8.0 - 1.0 - 0.5 + 3.0 - 8.0) * 1e-3, 30e-6); /* retracted */
    simulation_free(s);
}

static void an_open_door_and_a_closed_limit_are_seen(void)
{
    a_run_trips("when force > 2.2 N: open door\n", "door");
    a_run_trips("when position > 9 mm: limit\n", "");
}

static void saturation_and_an_alarm_trip(void)
{
    a_run_trips("when force > 2.2 N: saturate\n", "saturation");
    struct simulation *s = begin(TCP, PRESS_FORCE, "when force > 2.2 N: alarm 0x80\n");
    simulation_run(s, 40.0);
    ended_as(s, "tripped", "drive_alarm: alarm word 0x00000080");
    CU_ASSERT_EQUAL(s->rig.unload_steps, 0);
    simulation_free(s);
}

static void a_frozen_cell_a_stalled_axis_and_a_stiffer_specimen_are_found(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, "when force > 3.3 N: freeze force\n");
    simulation_run(s, 60.0);
    ended_as(s, "tripped", "force_frozen: ");
    CU_ASSERT_EQUAL(s->rig.unload_steps, 0); /* what is measured is in doubt */
    true_force_stays(s, 3.3 + promised(s, 0.5e-3));
    simulation_free(s);
    s = begin(SECOND, PRESS_FORCE, "when force > 3.3 N: stall\n"); /* this drive tells no following error at first */
    simulation_run(s, 60.0);
    CU_ASSERT_TRUE(s->rig.latch.first == SAFETY_AXIS_FROZEN || s->rig.latch.first == SAFETY_DRIVE_ALARM ||
                   s->rig.latch.first == SAFETY_SEQUENCE);
    simulation_free(s);
    s = begin(TCP, PRESS_FORCE, NULL);
    s->rig.limits.weakest_load = 12.5; /* as if it bore little: the measured rate says that it would be passed */
    simulation_run(s, 60.0);
    ended_as(s, "tripped", "overshoot: ");
    CU_ASSERT_TRUE(s->rig.unload_steps > 0);
    true_force_stays(s, 12.5);
    simulation_free(s);
}

static void a_second_master_is_found_by_what_it_wrote(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, NULL);
    until_force(s, 2.0);
    const uint8_t write[] = {16, 394 >> 8, 394 & 255, 0, 2, 4, 0, 0, 0x07, 0xD0}; /* watchdog 2 s */
    uint8_t reply[VBENCH_PDU_MAX];
    CU_ASSERT_EQUAL(vbench_pdu(s->world, 1, write, sizeof write, reply, sizeof reply), 5);
    double at = s->pace.clock.now;
    simulation_run(s, 20.0);
    ended_as(s, "tripped", "foreign_write: 'axis': watchdog_time (register 394) now reads 2000, at start 300");
    ended_as(s, "tripped", "foreign_write");
    CU_ASSERT_TRUE(s->rig.latch.at - at <= 4.1); /* four registers, one a second */
    simulation_free(s);
}

static void after_an_open_door_the_drive_is_switched_off(void)
{
    struct simulation *s = begin_by_hand("when force > 2.2 N: open door\n");
    until_tripped(s);
    simulation_run(s, 2.0);
    CU_ASSERT_TRUE(s->rig.released);
    CU_ASSERT_FALSE(s->rig.axis.enabled);
    simulation_free(s);
}

static void an_unplugged_cell_is_found_before_the_approach(void)
{
    struct simulation *s = begin(TCP, PRESS_FORCE, "at 0.1 s: freeze force\n");
    simulation_run(s, 40.0);
    ended_as(s, "tripped", "is the cell plugged in?");
    CU_ASSERT_TRUE(s->rig.axis.position < 1e-3);
    simulation_free(s);
    a_run_trips("at 0.1 s: jump force +0.81 N\n", "force at the tare is 0.8");
}

CU_TestInfo runs_tests[] = {
    {"a_zero_that_moved_during_the_run_is_a_warning_of_the_record",
     a_zero_that_moved_during_the_run_is_a_warning_of_the_record},
    {"a_press_to_force_ends_done_and_the_log_is_true", a_press_to_force_ends_done_and_the_log_is_true},
    {"a_press_to_travel_takes_off_the_machines_give", a_press_to_travel_takes_off_the_machines_give},
    {"the_same_run_works_on_a_shared_serial_line", the_same_run_works_on_a_shared_serial_line},
    {"the_second_pair_presses_to_force_and_to_travel", the_second_pair_presses_to_force_and_to_travel},
    {"without_a_watchdog_the_axis_runs_on_for_its_leash_and_no_further",
     without_a_watchdog_the_axis_runs_on_for_its_leash_and_no_further},
    {"on_the_second_pair_a_force_beyond_the_limit_stops_and_unloads",
     on_the_second_pair_a_force_beyond_the_limit_stops_and_unloads},
    {"force_beyond_the_limit_stops_the_axis_and_unloads", force_beyond_the_limit_stops_the_axis_and_unloads},
    {"the_real_force_limit_holds_on_the_true_force", the_real_force_limit_holds_on_the_true_force},
    {"the_estop_stops_the_run_and_allows_no_unload", the_estop_stops_the_run_and_allows_no_unload},
    {"a_pulled_cable_trips_and_the_drives_watchdog_stops_the_axis",
     a_pulled_cable_trips_and_the_drives_watchdog_stops_the_axis},
    {"a_link_that_comes_back_is_told_stop_first_and_motion_never_resumes",
     a_link_that_comes_back_is_told_stop_first_and_motion_never_resumes},
    {"a_silent_load_cell_trips_on_age", a_silent_load_cell_trips_on_age},
    {"a_dead_tick_leaves_the_drive_to_its_watchdog", a_dead_tick_leaves_the_drive_to_its_watchdog},
    {"a_hung_tick_on_a_shared_line_is_stopped_within_the_budget_too",
     a_hung_tick_on_a_shared_line_is_stopped_within_the_budget_too},
    {"a_late_tick_trips", a_late_tick_trips},
    {"a_stop_by_the_operator_ends_as_stopped", a_stop_by_the_operator_ends_as_stopped},
    {"with_an_operator_nothing_starts_without_the_key", with_an_operator_nothing_starts_without_the_key},
    {"an_operator_unloads_step_by_step", an_operator_unloads_step_by_step},
    {"a_stop_is_proven_only_by_two_fresh_equal_positions", a_stop_is_proven_only_by_two_fresh_equal_positions},
    {"an_ignored_stop_trips_and_nothing_moves_the_axis_or_feeds_its_watchdog_afterwards",
     an_ignored_stop_trips_and_nothing_moves_the_axis_or_feeds_its_watchdog_afterwards},
    {"space_and_a_trip_send_stop_at_once_whatever_was_sent_before",
     space_and_a_trip_send_stop_at_once_whatever_was_sent_before},
    {"a_link_reopened_between_two_ticks_still_trips", a_link_reopened_between_two_ticks_still_trips},
    {"unloading_stops_when_the_force_rises_or_the_axis_goes_the_wrong_way",
     unloading_stops_when_the_force_rises_or_the_axis_goes_the_wrong_way},
    {"travel_is_position_minus_contact_minus_compliance_times_net_force",
     travel_is_position_minus_contact_minus_compliance_times_net_force},
    {"missing_skin_ends_as_not_completed", missing_skin_ends_as_not_completed},
    {"an_open_door_and_a_closed_limit_are_seen", an_open_door_and_a_closed_limit_are_seen},
    {"saturation_and_an_alarm_trip", saturation_and_an_alarm_trip},
    {"a_frozen_cell_a_stalled_axis_and_a_stiffer_specimen_are_found",
     a_frozen_cell_a_stalled_axis_and_a_stiffer_specimen_are_found},
    {"a_second_master_is_found_by_what_it_wrote", a_second_master_is_found_by_what_it_wrote},
    {"after_an_open_door_the_drive_is_switched_off", after_an_open_door_the_drive_is_switched_off},
    {"an_unplugged_cell_is_found_before_the_approach", an_unplugged_cell_is_found_before_the_approach},
    CU_TEST_INFO_NULL};
