/* test_obey.c -- a drive that does not do what it was told, or is not what it was: each is stopped, and told as it is. */
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

CU_TestInfo obey_tests[] = {
    {"a_drive_that_is_not_heard_any_more_is_switched_off_blind", a_drive_that_is_not_heard_any_more_is_switched_off_blind},
    {"a_link_that_comes_back_brings_stop_first_and_then_off", a_link_that_comes_back_brings_stop_first_and_then_off},
    {"switching_off_is_said_again_until_it_is_seen", switching_off_is_said_again_until_it_is_seen},
    CU_TEST_INFO_NULL};
