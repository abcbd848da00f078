/* test_tlb.c -- the second pair's transmitter: frames typed by hand, the sign in the status, zero, tare, EEPROM. */
#include <math.h>
#include <string.h>
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

/* A noiseless bench whose reading has shown this force (N) for 2 s since power-on. */
static struct vbench *showing(double force)
{
    struct vbench *v = kit_second_pair(5, 0.0);
    v->plant.cell.jump = force;
    vbench_advance(v, 2.0);
    return v;
}

static void frames_typed_from_the_manuals(void)
{
    struct vbench *v = showing(0.0);
    ASSERT_REPLY(v, 2, "03 00 06 00 01", "03 02 18 00"); /* stable, zero */
    ASSERT_REPLY(v, 2, "03 00 0D 00 01", "03 02 04 0F"); /* N, 0.001 */
    ASSERT_REPLY(v, 2, "03 00 10 00 02", "03 04 00 00 00 00");
    v->plant.cell.jump = 1.234;
    vbench_advance(v, 2.0);
    ASSERT_REPLY(v, 2, "03 00 06 00 07", "03 0E 08 00 00 00 04 D2 00 00 04 D2 00 00 04 D2");
    v->plant.cell.jump = 0.2;
    vbench_advance(v, 2.0);
    ASSERT_REPLY(v, 2, "03 00 06 00 07", "03 0E 08 00 00 00 00 C8 00 00 00 C8 00 00 04 D2"); /* the peak stays */
    ASSERT_REPLY(v, 2, "10 00 48 00 02 04 00 00 01 F4", "10 00 48 00 02");                   /* preset tare 0.5 N */
    ASSERT_REPLY(v, 2, "03 00 48 00 02", "03 04 00 00 01 F4");
    ASSERT_REPLY(v, 2, "10 00 05 00 01 02 00 82", "10 00 05 00 01");
    /* gross +0.200, net -0.300: bits 8 and 10 */
    ASSERT_REPLY(v, 2, "03 00 06 00 05", "03 0A 0D 00 00 00 00 C8 00 00 01 2C");
    ASSERT_REPLY(v, 2, "10 00 12 00 04 08 00 00 03 E8 00 01 86 A0", "10 00 12 00 04"); /* set-points 1 and 2 */
    ASSERT_REPLY(v, 2, "03 00 12 00 06", "03 0C 00 00 03 E8 00 01 86 A0 00 00 00 00");
    vbench_free(v);
}

static void sign_stands_in_the_status_alone(void)
{
    struct vbench *v = showing(-2.5);
    ASSERT_REPLY(v, 2, "03 00 06 00 07", "03 0E 0B 80 00 00 09 C4 00 00 09 C4 00 00 09 C4");
    v->plant.cell.jump = 2.5;
    vbench_advance(v, 2.0);
    ASSERT_REPLY(v, 2, "03 00 06 00 07", "03 0E 08 00 00 00 09 C4 00 00 09 C4 00 00 09 C4");
    v->plant.cell.jump = -0.0004; /* less than half a division has no sign */
    vbench_advance(v, 2.0);
    ASSERT_REPLY(v, 2, "03 00 06 00 03", "03 06 18 00 00 00 00 00");
    vbench_free(v);
}

static void refused_requests_get_their_exception(void)
{
    struct vbench *v = showing(0.0);
    ASSERT_REPLY(v, 2, "04 00 06 00 01", "84 01"); /* knows 3 and 16 */
    ASSERT_REPLY(v, 2, "06 00 05 00 08", "86 01");
    ASSERT_REPLY(v, 2, "03 00 00 00 21", "83 03"); /* 33 registers */
    ASSERT_REPLY(v, 2, "03 00 00 00 20", "83 02"); /* 32, but not all are there */
    ASSERT_REPLY(v, 2, "03 00 19 00 01", "83 02");
    ASSERT_REPLY(v, 2, "10 00 06 00 01 02 00 00", "90 02");
    ASSERT_REPLY(v, 2, "10 00 13 00 02 04 00 00 00 00", "90 02"); /* half of one, half of the next */
    ASSERT_REPLY(v, 2, "10 00 05 00 01 02 00 01", "90 03");
    char many[300] = "10 00 12 00 21 42"; /* 33 registers */
    for (int i = 0; i < 66; i++)
        strcat(many, " 00");
    ASSERT_REPLY(v, 2, many, "90 03");
    vbench_free(v);
}

static void zero_needs_a_small_and_stable_weight(void)
{
    struct vbench *v = showing(0.75);
    ASSERT_REPLY(v, 2, "10 00 05 00 01 02 00 08", "10 00 05 00 01");
    ASSERT_REPLY(v, 2, "03 00 06 00 03", "03 06 18 00 00 00 00 00");
    v->plant.cell.extra_drift = 0.5;
    vbench_advance(v, 0.4);
    ASSERT_REPLY(v, 2, "10 00 05 00 01 02 00 08", "90 03"); /* walks */
    v->plant.cell.extra_drift = 0.0;
    v->plant.cell.jump = 1.2;
    vbench_advance(v, 2.0);
    ASSERT_REPLY(v, 2, "10 00 05 00 01 02 00 08", "90 03"); /* 1.4 N > 2 % of 50 N */
    vbench_free(v);
}

static void eeprom_writes_are_counted_where_something_changed(void)
{
    struct vbench *v = showing(0.0);
    ASSERT_REPLY(v, 2, "10 00 05 00 01 02 00 63", "10 00 05 00 01");
    ASSERT_REPLY(v, 247, "03 F0 0F 00 02", "03 04 00 00 00 00"); /* nothing to store */
    ASSERT_REPLY(v, 2, "10 00 12 00 02 04 00 00 03 E8", "10 00 12 00 02");
    for (int i = 0; i < 3; i++)
        ASSERT_REPLY(v, 2, "10 00 05 00 01 02 00 63", "10 00 05 00 01");
    ASSERT_REPLY(v, 247, "03 F0 0F 00 02", "03 04 00 00 00 01");
    ASSERT_REPLY(v, 1, "06 18 01 22 11", "06 18 01 22 11"); /* the drive stores whatever it is told to */
    ASSERT_REPLY(v, 1, "06 18 01 22 11", "06 18 01 22 11");
    ASSERT_REPLY(v, 247, "03 F0 0F 00 02", "03 04 00 00 00 03");
    vbench_free(v);
}

static void over_the_capacity_is_told(void)
{
    struct vbench *v = showing(0.0);
    v->plant.cell.jump = -52.0;
    vbench_advance(v, 2.0);
    ASSERT_REPLY(v, 2, "03 00 06 00 03", "03 06 09 84 00 00 CB 20");
    v->plant.cell.saturated = true;
    vbench_advance(v, 2.0);
    ASSERT_REPLY(v, 2, "03 00 06 00 03", "03 06 08 0C 00 00 EA 60"); /* 60 N */
    vbench_free(v);
}

static void reading_follows_the_true_force_both_ways(void)
{
    struct vbench *v = kit_second_pair(5, 2e-3);
    v->plant.skin.force = 0.0;
    for (int i = 0; i < 40; i++) {
        uint16_t w[3];
        v->plant.cell.jump = i % 2 ? -1.7 : 3.1;
        vbench_advance(v, 0.1);
        CU_ASSERT_EQUAL(kit_read(v, 2, 6, 3, w), 0);
        double size = 1e-3 * (w[1] * 65536.0 + w[2]);
        ASSERT_ABS(w[0] & 0x80 ? -size : size, v->plant.cell.jump, 0.012);
    }
    vbench_free(v);
}

static void only_the_transmitter_waits_before_it_answers(void)
{
    struct vbench *v = kit_second_pair(5, 0.0), *first = kit_bench(5);
    ASSERT_ABS(vbench_reply_delay(v, 2), 5e-3, 1e-12);
    ASSERT_ABS(vbench_reply_delay(v, 1), 0.0, 1e-12);
    ASSERT_ABS(vbench_reply_delay(v, 247), 0.0, 1e-12);
    ASSERT_ABS(vbench_reply_delay(first, 2), 0.0, 1e-12);
    vbench_free(v);
    vbench_free(first);
}

CU_TestInfo virtual_tlb_tests[] = {
    {"frames typed from the manuals", frames_typed_from_the_manuals},
    {"sign stands in the status alone", sign_stands_in_the_status_alone},
    {"refused requests get their exception", refused_requests_get_their_exception},
    {"zero needs a small and stable weight", zero_needs_a_small_and_stable_weight},
    {"EEPROM writes are counted where something changed", eeprom_writes_are_counted_where_something_changed},
    {"over the capacity is told", over_the_capacity_is_told},
    {"reading follows the true force both ways", reading_follows_the_true_force_both_ways},
    {"only the transmitter waits before it answers", only_the_transmitter_waits_before_it_answers},
    CU_TEST_INFO_NULL,
};
