/* test_relay.c -- the fault proxy's pure part: bytes in with a time, bytes out when due. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rig/virtual/relay.h"
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

#define TCP_ASK "00 01 00 00 00 06 01 03 00 0A 00 02"
#define TCP_TELL "00 01 00 00 00 07 01 03 04 00 01 E2 40"
#define RTU_ASK "01 03 00 0A 00 02 E4 09"
#define RTU_TELL "01 03 04 00 01 E2 40 E2 A3"

struct world { struct relay_hub hub; struct relay relay; };

static struct world *between(enum mangle_framing client, enum mangle_framing server, const char *script)
{
    struct world *w = calloc(1, sizeof *w);
    struct relay_settings set = {.client = client, .server = server};
    struct err e = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    if (fault_parse(&w->hub.script, "f", script, &e)) {
        printf("\n%s", e.msg);
        CU_FAIL("script");
    }
    relay_init(&w->relay, &w->hub, &set);
    return w;
}

static void say(struct world *w, enum relay_side from, const char *hex, double now)
{
    uint8_t b[300];
    size_t n = kit_hex(hex, b, sizeof b);
    relay_take(&w->relay, from, b, n, now);
}

#define gets(w, to, hex, now) gets_at((w), (to), (hex), (now), __LINE__)
static void gets_at(struct world *w, enum relay_side to, const char *hex, double now, int line)
{
    uint8_t want[300], got[900];
    relay_hub_tick(&w->hub, now);
    relay_tick(&w->relay, now);
    size_t n = kit_hex(hex, want, sizeof want), n_got = relay_give(&w->relay, to, got, sizeof got, now);
    bool same = n == n_got && memcmp(want, got, n) == 0;
    if (!same) {
        printf("\n%s:%d: at %g s got", __FILE__, line, now);
        for (size_t i = 0; i < n_got; i++)
            printf(" %02X", got[i]);
        printf(", want %s", hex);
    }
    CU_assertImplementation(same, (unsigned)line, hex, __FILE__, "", CU_FALSE);
}

static void messages_pass_unchanged_without_faults(void)
{
    struct world *w = between(MANGLE_TCP, MANGLE_TCP, "");
    say(w, RELAY_CLIENT, "00 01 00 00 00", 0.0);
    gets(w, RELAY_SERVER, "", 0.0); /* whole messages only */
    say(w, RELAY_CLIENT, "06 01 03 00 0A 00 02", 0.001);
    gets(w, RELAY_SERVER, TCP_ASK, 0.001);
    say(w, RELAY_SERVER, TCP_TELL, 0.002);
    gets(w, RELAY_CLIENT, TCP_TELL, 0.002);
    say(w, RELAY_CLIENT, "47 45 54 20 2F 20", 0.003); /* no frame: goes on as it is */
    gets(w, RELAY_SERVER, "47 45 54 20 2F 20", 0.003);
    CU_ASSERT_EQUAL(w->hub.traffic.requests, 2);
    CU_ASSERT_EQUAL(w->hub.traffic.replies, 1);
    free(w);
    w = between(MANGLE_RTU, MANGLE_RTU, "");
    say(w, RELAY_CLIENT, RTU_ASK, 0.0);
    gets(w, RELAY_SERVER, RTU_ASK, 0.0);
    say(w, RELAY_SERVER, "01 03 04 00 01 E2", 0.001);
    gets(w, RELAY_CLIENT, "", 0.020); /* a slow sender is waited for */
    say(w, RELAY_SERVER, "40 E2 A3", 0.021);
    gets(w, RELAY_CLIENT, RTU_TELL, 0.021);
    say(w, RELAY_CLIENT, "01 03 00 0A 00 02 E4 08", 0.030); /* bad CRC */
    gets(w, RELAY_SERVER, "", 0.050);
    gets(w, RELAY_SERVER, "01 03 00 0A 00 02 E4 08", 0.056);
    free(w);
}

static void framings_are_translated(void)
{
    struct world *w = between(MANGLE_RTU, MANGLE_TCP, "");
    say(w, RELAY_CLIENT, RTU_ASK, 0.0);
    gets(w, RELAY_SERVER, TCP_ASK, 0.0); /* transaction 1: the first */
    say(w, RELAY_SERVER, TCP_TELL, 0.0);
    gets(w, RELAY_CLIENT, RTU_TELL, 0.0);
    free(w);
    w = between(MANGLE_TCP, MANGLE_RTU, "when requests > 1: exception request 6");
    say(w, RELAY_CLIENT, "BE EF 00 00 00 06 01 03 00 0A 00 02", 0.0);
    gets(w, RELAY_SERVER, RTU_ASK, 0.0);
    say(w, RELAY_SERVER, RTU_TELL, 0.0);
    gets(w, RELAY_CLIENT, "BE EF 00 00 00 07 01 03 04 00 01 E2 40", 0.0);
    say(w, RELAY_CLIENT, "BE F0 00 00 00 06 01 03 00 0A 00 02", 0.0);
    gets(w, RELAY_CLIENT, "BE F0 00 00 00 03 01 83 06", 0.0);
    free(w);
}

/* One request and its reply under a script; what the server and the client then have. */
static void spoils(enum mangle_framing f, const char *script, const char *server, const char *client)
{
    struct world *w = between(f, f, script);
    say(w, RELAY_CLIENT, f == MANGLE_TCP ? TCP_ASK : RTU_ASK, 0.0);
    gets(w, RELAY_SERVER, server, 0.0);
    if (*server)
        say(w, RELAY_SERVER, f == MANGLE_TCP ? TCP_TELL : RTU_TELL, 0.0);
    gets(w, RELAY_CLIENT, client, 0.0);
    free(w);
}

static void each_fault_spoils_as_it_says(void)
{
    spoils(MANGLE_TCP, "at request 1: drop request", "", "");
    spoils(MANGLE_TCP, "at request 1: drop reply", TCP_ASK, "");
    spoils(MANGLE_TCP, "at request 1: cut reply 9", TCP_ASK, "00 01 00 00 00 07 01 03 04");
    spoils(MANGLE_TCP, "at request 1: junk before reply de AD 7", TCP_ASK, "DE AD 07 " TCP_TELL);
    spoils(MANGLE_TCP, "at request 1: junk after request 00", TCP_ASK " 00", TCP_TELL);
    spoils(MANGLE_TCP, "at request 1: flip reply 12", TCP_ASK, "00 01 00 00 00 07 01 03 04 00 01 E2 41");
    spoils(MANGLE_TCP, "at request 1: wrong unit reply 9", TCP_ASK, "00 01 00 00 00 07 09 03 04 00 01 E2 40");
    spoils(MANGLE_TCP, "at request 1: wrong transaction reply", TCP_ASK, "00 02 00 00 00 07 01 03 04 00 01 E2 40");
    spoils(MANGLE_TCP, "at request 1: exception request 4", "", "00 01 00 00 00 03 01 83 04");
    spoils(MANGLE_TCP, "at request 1: exception reply 2", TCP_ASK, "00 01 00 00 00 03 01 83 02");
    spoils(MANGLE_TCP, "at request 1: duplicate reply", TCP_ASK, TCP_TELL " " TCP_TELL);
    spoils(MANGLE_TCP, "at request 1: duplicate request", TCP_ASK " " TCP_ASK, TCP_TELL);
    /* RTU: the CRC fits what a frame was made into, not what its bytes were */
    spoils(MANGLE_RTU, "at request 1: wrong unit reply 2", RTU_ASK, "02 03 04 00 01 E2 40 D1 A3");
    spoils(MANGLE_RTU, "at request 1: exception reply 4", RTU_ASK, "01 83 04 40 F3");
    spoils(MANGLE_RTU, "at request 1: flip reply 6", RTU_ASK, "01 03 04 00 01 E2 41 E2 A3");
    /* several at once, in whatever order they stand */
    spoils(MANGLE_TCP, "at request 1: cut reply 8\nat request 1: wrong unit reply 7\n", TCP_ASK,
           "00 01 00 00 00 07 07 03");
}

static void delay_and_trickle_take_their_time(void)
{
    struct world *w = between(MANGLE_TCP, MANGLE_TCP,
                              "at request 1: delay reply 80 ms\nat request 2: trickle reply 5 ms");
    say(w, RELAY_CLIENT, TCP_ASK, 1.0);
    gets(w, RELAY_SERVER, TCP_ASK, 1.0);
    say(w, RELAY_SERVER, TCP_TELL, 1.0);
    gets(w, RELAY_CLIENT, "", 1.0799);
    ASSERT_ABS(relay_wake(&w->relay), 1.08, 1e-9);
    gets(w, RELAY_CLIENT, TCP_TELL, 1.0801);
    CU_ASSERT(relay_wake(&w->relay) == HUGE_VAL);
    say(w, RELAY_CLIENT, TCP_ASK, 2.0);
    gets(w, RELAY_SERVER, TCP_ASK, 2.0);
    say(w, RELAY_SERVER, TCP_TELL, 2.0);
    gets(w, RELAY_CLIENT, "", 2.0049);
    gets(w, RELAY_CLIENT, "00", 2.0051);
    gets(w, RELAY_CLIENT, "01", 2.0101);
    gets(w, RELAY_CLIENT, "00 00 00 07 01 03 04 00 01 E2", 2.0601);
    gets(w, RELAY_CLIENT, "40", 2.0651);
    free(w);
}

static void late_reply_comes_when_the_client_asks_again(void)
{
    struct world *w = between(MANGLE_RTU, MANGLE_RTU, "at request 1: late reply");
    say(w, RELAY_CLIENT, RTU_ASK, 0.0);
    gets(w, RELAY_SERVER, RTU_ASK, 0.0);
    say(w, RELAY_SERVER, RTU_TELL, 0.01);
    gets(w, RELAY_CLIENT, "", 5.0);
    CU_ASSERT(relay_wake(&w->relay) == HUGE_VAL);
    say(w, RELAY_CLIENT, "01 03 00 0B 00 02 B5 C9", 6.0);
    gets(w, RELAY_CLIENT, RTU_TELL, 6.0); /* in the place of the second's */
    gets(w, RELAY_SERVER, "01 03 00 0B 00 02 B5 C9", 6.0);
    free(w);
}

static void reordered_replies_change_places(void)
{
    struct world *w = between(MANGLE_TCP, MANGLE_TCP, "at request 1: reorder reply");
    say(w, RELAY_CLIENT, TCP_ASK, 0.0);
    say(w, RELAY_CLIENT, "00 02 00 00 00 06 01 03 00 0B 00 01", 0.0);
    gets(w, RELAY_SERVER, TCP_ASK " 00 02 00 00 00 06 01 03 00 0B 00 01", 0.0);
    say(w, RELAY_SERVER, TCP_TELL, 0.0);
    gets(w, RELAY_CLIENT, "", 0.5);
    say(w, RELAY_SERVER, "00 02 00 00 00 05 01 03 02 12 34", 0.6);
    gets(w, RELAY_CLIENT, "00 02 00 00 00 05 01 03 02 12 34 " TCP_TELL, 0.6001);
    free(w);
}

/* How many of ten exchanges came back. */
static int answered_of_ten(const char *script)
{
    struct world *w = between(MANGLE_TCP, MANGLE_TCP, script);
    int n = 0;
    for (int i = 0; i < 10; i++) {
        uint8_t got[100];
        double now = 0.1 * i;
        say(w, RELAY_CLIENT, i == 6 ? "00 01 00 00 00 06 01 06 00 7C 00 E1" : TCP_ASK, now);
        relay_hub_tick(&w->hub, now);
        if (relay_give(&w->relay, RELAY_SERVER, got, sizeof got, now) > 0)
            say(w, RELAY_SERVER, i == 3 ? "00 01 00 00 00 03 01 83 02" : TCP_TELL, now);
        n += relay_give(&w->relay, RELAY_CLIENT, got, sizeof got, now) > 0;
    }
    free(w);
    return n;
}

static void triggers_choose_the_message(void)
{
    CU_ASSERT_EQUAL(answered_of_ten(""), 10);
    CU_ASSERT_EQUAL(answered_of_ten("at request 10: drop reply"), 9);
    CU_ASSERT_EQUAL(answered_of_ten("at request 11: drop reply"), 10);
    CU_ASSERT_EQUAL(answered_of_ten("at request 4: drop reply x 5"), 5);
    CU_ASSERT_EQUAL(answered_of_ten("at request 4: drop request x 100"), 3);
    CU_ASSERT_EQUAL(answered_of_ten("at 0.45 s: drop reply x 100"), 5);
    CU_ASSERT_EQUAL(answered_of_ten("when replies > 6: drop request x 100"), 7);
    CU_ASSERT_EQUAL(answered_of_ten("when exceptions > 0: drop request x 100"), 4);
    CU_ASSERT_EQUAL(answered_of_ten("when writes > 0: drop reply x 100"), 6);
    CU_ASSERT_EQUAL(answered_of_ten("when connections > 0: drop reply x 2"), 8);
    CU_ASSERT_EQUAL(answered_of_ten("when connections > 1: drop reply x 2"), 10);
    CU_ASSERT_EQUAL(answered_of_ten("when write 1 124 0xE1: drop reply x 100"), 6);
    CU_ASSERT_EQUAL(answered_of_ten("when write 1 124: drop reply x 100"), 6);
    CU_ASSERT_EQUAL(answered_of_ten("when write 1 124 0xE2: drop reply x 100"), 10);
    CU_ASSERT_EQUAL(answered_of_ten("when write 2 124 0xE1: drop reply x 100"), 10);
    CU_ASSERT_EQUAL(answered_of_ten("when read 1 10: drop reply x 3"), 7);
    CU_ASSERT_EQUAL(answered_of_ten("when read 1 11: drop reply x 3"), 10);
    /* the device's fault is left alone */
    CU_ASSERT_EQUAL(answered_of_ten("at 1 ms: estop\nat request 2: drop reply"), 9);
}

static void write_of_several_registers_is_seen_by_any_of_them(void)
{
    struct world *w = between(MANGLE_TCP, MANGLE_TCP, "when write 1 0x6207 0x10: drop request\n"
                                                      "when write 1 0x6208: drop request\n");
    say(w, RELAY_CLIENT, "00 01 00 00 00 0B 01 10 62 06 00 02 04 00 00 00 10", 0.0);
    gets(w, RELAY_SERVER, "", 0.0);
    say(w, RELAY_CLIENT, "00 01 00 00 00 0B 01 10 62 06 00 02 04 00 00 00 10", 0.0);
    gets(w, RELAY_SERVER, "00 01 00 00 00 0B 01 10 62 06 00 02 04 00 00 00 10", 0.0);
    free(w);
}

static void reset_and_refusal_are_told_to_the_owner(void)
{
    struct world *w = between(MANGLE_TCP, MANGLE_TCP, "at 0.5 s: reset\nat request 1: refuse 2 s");
    relay_hub_tick(&w->hub, 0.49);
    CU_ASSERT_EQUAL(w->hub.resets, 0);
    relay_hub_tick(&w->hub, 0.5);
    relay_hub_tick(&w->hub, 0.6);
    CU_ASSERT_EQUAL(w->hub.resets, 1);
    ASSERT_ABS(w->hub.refuse_until, 0.0, 0.0);
    say(w, RELAY_CLIENT, TCP_ASK, 0.75);
    ASSERT_ABS(w->hub.refuse_until, 2.75, 1e-12);
    free(w);
}

static void paced_line_takes_its_time_both_ways(void)
{
    struct world *w = between(MANGLE_RTU, MANGLE_TCP, "");
    w->relay.set.byte_time = 11.0 / 9600.0;
    w->relay.set.silence = 38.5 / 9600.0;
    say(w, RELAY_CLIENT, RTU_ASK, 0.0);
    double heard = 8 * 11.0 / 9600.0 + 38.5 / 9600.0; /* 13.2 ms */
    gets(w, RELAY_SERVER, "", heard - 1e-5);
    gets(w, RELAY_SERVER, TCP_ASK, heard + 1e-5);
    say(w, RELAY_SERVER, TCP_TELL, heard);
    gets(w, RELAY_CLIENT, "01 03", heard + 2.5 * 11.0 / 9600.0);
    gets(w, RELAY_CLIENT, "04 00 01 E2 40 E2", heard + 8.9 * 11.0 / 9600.0);
    gets(w, RELAY_CLIENT, "A3", heard + 9.1 * 11.0 / 9600.0);
    free(w);
}

static void nobody_taking_replies_loses_the_oldest(void)
{
    struct world *w = between(MANGLE_TCP, MANGLE_TCP, "");
    for (int i = 0; i < 40; i++) {
        char tell[60];
        snprintf(tell, sizeof tell, "00 %02X 00 00 00 07 01 03 04 00 01 E2 40", (unsigned)i);
        say(w, RELAY_SERVER, tell, 0.0);
    }
    uint8_t got[2000];
    CU_ASSERT_EQUAL(relay_give(&w->relay, RELAY_CLIENT, got, sizeof got, 0.0), RELAY_QUEUE * 13);
    CU_ASSERT_EQUAL(got[1], 40 - RELAY_QUEUE);
    free(w);
}

static void transaction_faults_need_tcp(void)
{
    struct fault_script s = {0};
    struct err e = {0};
    CU_ASSERT_EQUAL(fault_parse(&s, "f", "at 1 s: wrong transaction reply", NULL), 0);
    CU_ASSERT_EQUAL(relay_check(&s, MANGLE_TCP, MANGLE_RTU, NULL), 0);
    CU_ASSERT_EQUAL(relay_check(&s, MANGLE_RTU, MANGLE_TCP, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "wrong transaction: RTU has none");
}

CU_TestInfo virtual_relay_tests[] = {
    {"messages pass unchanged without faults", messages_pass_unchanged_without_faults},
    {"framings are translated", framings_are_translated},
    {"each fault spoils as it says", each_fault_spoils_as_it_says},
    {"delay and trickle take their time", delay_and_trickle_take_their_time},
    {"late reply comes when the client asks again", late_reply_comes_when_the_client_asks_again},
    {"reordered replies change places", reordered_replies_change_places},
    {"triggers choose the message", triggers_choose_the_message},
    {"write of several registers is seen by any of them", write_of_several_registers_is_seen_by_any_of_them},
    {"reset and refusal are told to the owner", reset_and_refusal_are_told_to_the_owner},
    {"paced line takes its time both ways", paced_line_takes_its_time_both_ways},
    {"nobody taking replies loses the oldest", nobody_taking_replies_loses_the_oldest},
    {"transaction faults need TCP", transaction_faults_need_tcp},
    CU_TEST_INFO_NULL,
};
