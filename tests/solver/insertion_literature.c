/* insertion_literature.c -- the model against published observations, row by row of docs/explanation/insertion.md.
 * F: the number went into the model, so that only its coming out again is tested.  P: predicted; asserted where the
 * published band is met, and pinned where it is missed, so that neither changes unseen. */
#include <math.h>
#include "tests/runner.h"
#include "tests/solver/insertion_kit.h"
#include "tests/solver/suites.h"

static void roemgens_force_at_the_drop_F(void)
{
    struct insertion_case sharp = single_case(5e-6, 1.5e-3), blunt = single_case(37e-6, 1.5e-3);
    ASSERT_REL(press_summary(&sharp).first_force, 20e-3, 0.01);
    ASSERT_REL(press_summary(&blunt).first_force, 167e-3, 0.01);
}

/* Deepest burial before the first drop, and what the drop adds. */
static double depth_at_the_drop(const struct insertion_result *r, double *jump)
{
    for (size_t i = 1; i < r->n_points; i++)
        if (r->point[i].through && !r->point[i - 1].through) {
            *jump = r->point[i].depth_mean - r->point[i - 1].depth_mean;
            return r->point[i - 1].depth_mean;
        }
    return NAN;
}

static void roemgens_depth_at_the_drop_is_the_same_for_all_tips_F(void)
{
    static const double tip[] = {5e-6, 10e-6, 20e-6, 37e-6};
    double jump[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        struct insertion_case c = single_case(tip[i], 1.5e-3);
        struct insertion_result r;
        press_run(&c, &r);
        ASSERT_REL(depth_at_the_drop(&r, &jump[i]), 160e-6, 0.01);
        insertion_release(&r);
    }
    CU_ASSERT(jump[0] < 15e-6 && jump[3] > 100e-6); /* sharp tips go in smoothly, blunt ones jump */
}

static void roemgens_final_depth_is_the_same_for_all_tips_P(void)
{
    static const double tip[] = {5e-6, 10e-6, 20e-6, 37e-6};
    double lo = INFINITY, hi = 0.0;
    for (size_t i = 0; i < 4; i++) {
        struct insertion_case c = single_case(tip[i], 1.5e-3);
        double d = press_summary(&c).depth_mean;
        lo = fmin(lo, d);
        hi = fmax(hi, d);
    }
    CU_ASSERT(hi / lo < 1.14);
}

static void davis_line_F(void)
{
    ASSERT_REL(puncture_force(120e-6), 1.49, 0.005);
    ASSERT_REL(puncture_force(160e-6), 3.16, 0.005);
    struct insertion_case c = single_case(120e-6, 2.5e-3);
    ASSERT_REL(press_summary(&c).first_force, 1.49, 0.005);
}

static void donnelly_threshold_and_depth_half_F(void)
{
    struct insertion_case c = press_case(600e-6, 7.2e-6, 300e-6, 361, 0.49e-4);
    c.press.force = 30.0;
    struct insertion_summary s = press_summary(&c);
    ASSERT_REL(s.depth_mean, 460e-6, 0.05);
    ASSERT_REL(s.full_force / 361.0, 30e-3, 0.15); /* published: above 30 mN a needle */
    CU_ASSERT_EQUAL(s.entered_fraction, 1.0);
}

static void olatunji_speed_F(void)
{ /* the exponent is fitted to the one pair of speeds: 0.030 and 0.0216 N a needle */
    double force[2];
    for (int i = 0; i < 2; i++) {
        struct insertion_case c = press_case(1e-3, 7.9e-6, 200e-6, 100, 1e-4);
        c.skin.speed_exponent = 0.47;
        c.press.speed = i ? 1e-3 : 0.5e-3;
        c.press.force = 15.0;
        force[i] = press_summary(&c).full_force / 100.0;
    }
    ASSERT_REL(force[1] / force[0], 0.0216 / 0.030, 0.03);
    ASSERT_REL(force[0], 0.030, 0.1);
}

static void base_gap_P(void)
{ /* published 237 +- 133 um, of needles whose force is not stated */
    struct insertion_case c = array_case(10.0);
    struct insertion_summary s = press_summary(&c);
    ASSERT_ABS(600e-6 - s.depth_mean, 237e-6, 133e-6);
    double ratio = -s.pull_off / s.first_force; /* published 0.42: missed, the model holds too weakly */
    CU_ASSERT(ratio > 0.1 && ratio < 0.3);
}

static void lam_buried_share_P_missed(void)
{ /* published: less than half of the nominal depth below 1 mm; met up to 0.7 mm, missed at 0.9 mm */
    static const double nominal[] = {0.3e-3, 0.5e-3, 0.7e-3, 0.9e-3};
    double share[4];
    for (size_t i = 0; i < 4; i++) {
        struct insertion_case c = single_case(57e-6, nominal[i]);
        struct insertion_result r;
        c.needles.base_diameter = 100e-6;
        press_run(&c, &r);
        share[i] = r.needle[0].depth / nominal[i];
        insertion_release(&r);
    }
    CU_ASSERT(share[0] < 0.5 && share[1] < 0.5 && share[2] < 0.5);
    CU_ASSERT(share[3] > 0.5 && share[3] < 0.6);
}

static void lam_pull_out_P_missed(void)
{ /* published: 0.1 mN for a needle of 100 um, 100 um deep; the model holds 14 times as strongly, an array too weakly */
    struct insertion_case c = single_case(57e-6, 0.61e-3);
    c.needles.base_diameter = 100e-6;
    c.press.retract_speed = 0.1e-3;
    struct insertion_summary s = press_summary(&c);
    ASSERT_REL(s.depth_mean, 100e-6, 0.02);
    ASSERT_REL(-s.pull_off, 1.43e-3, 0.05);
}

static void arrays_enter_in_several_events_and_tight_ones_sink_more_P(void)
{
    struct insertion_case c = array_case(10.0), tight = c, open = c;
    struct insertion_summary s = press_summary(&c);
    CU_ASSERT(s.drops >= 5); /* Gittard: a series of insertions */
    tight.needles.area = 0.25e-4;
    open.needles.area = 4e-4;
    CU_ASSERT(press_summary(&tight).sink > s.sink && press_summary(&open).sink < s.sink); /* Potts: spacing */
}

static void shares_of_the_needle_force_P(void)
{ /* Barnett: tearing 61, spreading 18, friction 21 %; here of a 600 um needle with 300 um base, 500 um in */
    struct mechanics m;
    mechanics_init(&m);
    double t = 0.5 * (300e-6 - 7.2e-6) / 600e-6, f = 3.14159265358979 * m.radial_pressure * flank(3.6e-6, t, 500e-6);
    double cut = cutting_force(&m, puncture_force(7.2e-6)), all = cut + f * (t + m.friction);
    ASSERT_REL(all, cut + push_pressure(&m, t) * flank(3.6e-6, t, 500e-6), 1e-12);
    ASSERT_ABS(cut / all, 0.61, 0.05);
    ASSERT_ABS(f * t / all, 0.18, 0.05);
    ASSERT_ABS(f * m.friction / all, 0.21, 0.05);
}

CU_TestInfo insertion_literature_tests[] = {
    {"Roemgens: force at the drop (F)", roemgens_force_at_the_drop_F},
    {"Roemgens: depth at the drop is the same for all tips (F)", roemgens_depth_at_the_drop_is_the_same_for_all_tips_F},
    {"Roemgens: final depth is the same for all tips (P)", roemgens_final_depth_is_the_same_for_all_tips_P},
    {"Davis: line in the tip's area (F)", davis_line_F},
    {"Donnelly: threshold and depth (half F)", donnelly_threshold_and_depth_half_F},
    {"Olatunji: speed (F)", olatunji_speed_F},
    {"gap under the base (P), detachment missed", base_gap_P},
    {"Lam: buried share (P), missed", lam_buried_share_P_missed},
    {"Lam: pull-out of a needle (P), missed", lam_pull_out_P_missed},
    {"arrays enter in several events, tight ones sink more (P)",
     arrays_enter_in_several_events_and_tight_ones_sink_more_P},
    {"Barnett: shares of the needle's force (P)", shares_of_the_needle_force_P},
    CU_TEST_INFO_NULL,
};
