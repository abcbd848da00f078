/* test_transmitter.c -- the virtual load-cell transmitter. */
#include <math.h>
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

static double gross_N(struct vbench *v)
{
    return 1e-4 * kit_read_s32(v, 2, 0x3300);
}

static void reading_follows_the_true_force(void)
{
    struct vbench *v = kit_bench(5);
    kit_home(v);
    kit_move(v, 12.4, 5.0);
    for (int i = 0; i < 20; i++) {
        vbench_advance(v, 0.1);
        ASSERT_ABS(gross_N(v), plant_force(&v->plant), 0.012); /* 5 sd of noise, and drift */
    }
    vbench_free(v);
}

static void tare_and_zero_shift_net_and_gross(void)
{
    struct vbench *v = kit_bench(5);
    v->plant.cell.jump = 3.217;
    vbench_advance(v, 0.5);
    CU_ASSERT_EQUAL(kit_write(v, 2, 0x2061, 8), 0);
    ASSERT_ABS(1e-4 * kit_read_s32(v, 2, 0x3302), 0.0, 1e-4);
    ASSERT_ABS(gross_N(v), 3.217, 0.01);
    CU_ASSERT_EQUAL(kit_write(v, 2, 0x2061, 4), 0);
    CU_ASSERT_EQUAL(kit_write(v, 2, 0x2061, 2), 0);
    ASSERT_ABS(gross_N(v), 0.0, 1e-4);
    CU_ASSERT_EQUAL(kit_write(v, 2, 0x2061, 1), 0);
    ASSERT_ABS(gross_N(v), 3.217, 0.01);
    vbench_free(v);
}

static void hold_freezes_until_reset(void)
{
    struct vbench *v = kit_bench(5);
    vbench_advance(v, 0.5);
    CU_ASSERT_EQUAL(kit_write(v, 2, 0x2061, 0x20), 0);
    v->plant.cell.jump = 7.0;
    vbench_advance(v, 0.5);
    ASSERT_ABS(gross_N(v), 0.0, 0.02);
    CU_ASSERT_EQUAL(kit_write(v, 2, 0x2061, 0x10), 0);
    ASSERT_ABS(gross_N(v), 7.0, 0.02);
    vbench_free(v);
}

static void slower_filter_is_quieter_and_later(void)
{
    struct vbench *v = kit_bench(5);
    CU_ASSERT_EQUAL(kit_write(v, 2, 0x2106, 7), 0);
    vbench_advance(v, 1.0);
    v->plant.cell.jump = 10.0;
    vbench_advance(v, 0.1067); /* half of 128 conversions */
    ASSERT_ABS(gross_N(v), 5.0, 0.1);
    vbench_advance(v, 0.2);
    ASSERT_ABS(gross_N(v), 10.0, 0.005);
    vbench_free(v);
}

static void zero_drifts_two_millinewton_a_minute(void)
{
    struct vbench *v = kit_bench(5);
    CU_ASSERT_EQUAL(kit_write(v, 2, 0x2106, 7), 0);
    vbench_advance(v, 600.0);
    ASSERT_ABS(gross_N(v), 0.020, 0.002);
    vbench_free(v);
}

static void stable_bit_needs_a_quiet_reading(void)
{
    struct vbench *v = kit_bench(5);
    uint16_t q = 0;
    vbench_advance(v, 1.0);
    kit_read(v, 2, 0x2060, 1, &q);
    CU_ASSERT_EQUAL(q, 0x10);
    v->plant.cell.extra_drift = 1.0;
    vbench_advance(v, 1.0);
    kit_read(v, 2, 0x2060, 1, &q);
    CU_ASSERT_EQUAL(q, 0);
    vbench_free(v);
}

static void adc_never_stands_still(void)
{
    struct vbench *v = kit_bench(5);
    int repeats = 0;
    int32_t was = 0;
    for (int i = 0; i < 200; i++) {
        vbench_advance(v, 0.002);
        int32_t now = kit_read_s32(v, 2, 0x202A);
        repeats += now == was;
        was = now;
    }
    CU_ASSERT(repeats < 4);
    vbench_free(v);
}

CU_TestInfo virtual_transmitter_tests[] = {
    {"reading follows the true force", reading_follows_the_true_force},
    {"tare and zero shift net and gross", tare_and_zero_shift_net_and_gross},
    {"hold freezes until reset", hold_freezes_until_reset},
    {"slower filter is quieter and later", slower_filter_is_quieter_and_later},
    {"zero drifts 2 mN a minute", zero_drifts_two_millinewton_a_minute},
    {"stable bit needs a quiet reading", stable_bit_needs_a_quiet_reading},
    {"ADC never stands still", adc_never_stands_still},
    CU_TEST_INFO_NULL,
};
