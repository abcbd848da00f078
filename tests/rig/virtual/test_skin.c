/* test_skin.c -- the virtual skin's force-travel curve against the shape and ranges of published ones. */
#include <math.h>
#include <string.h>
#include "rig/virtual/skin.h"
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

#define DT 0.5e-3
#define SPEED 0.5e-3
#define COMPLIANCE 4e-6
enum { CURVE = 8000 };

struct curve {                 /* one press at 0.5 mm/s to 10 N, a point a step */
    struct skin skin;
    double x[CURVE], force[CURVE], plane[CURVE];
    size_t holes[CURVE];
    int n;
    double at;
};

static void press_to(struct curve *c, double force)
{
    while (c->skin.force < force && c->n < CURVE) {
        c->at += SPEED * DT;
        skin_press(&c->skin, c->at, COMPLIANCE, DT);
        c->x[c->n] = c->at - c->skin.surface;
        c->force[c->n] = c->skin.force;
        c->plane[c->n] = c->skin.plane;
        c->holes[c->n] = skin_holes(&c->skin);
        c->n++;
    }
}

static void start(struct curve *c, uint64_t seed)
{
    struct plant_settings set = kit_settings();
    memset(c, 0, sizeof *c);
    skin_init(&c->skin, &set.skin, &set.array, seed);
    c->at = c->skin.surface - 0.2e-3;
}

static int first_entry(const struct curve *c)
{
    int i = 0;
    while (i < c->n && c->holes[i] == 0)
        i++;
    return i;
}

/* Force at travel x. */
static double force_at(const struct curve *c, double x)
{
    int i = 0;
    while (i < c->n - 1 && c->x[i] < x)
        i++;
    return c->force[i];
}

static void first_needle_enters_between_one_and_three_newton(void)
{
    static struct curve c;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        start(&c, seed);
        press_to(&c, 10.0);
        double f = c.force[first_entry(&c)];
        CU_ASSERT(f > 1.0 && f < 3.0);
    }
}

static void loading_before_entry_is_convex_from_contact(void)
{
    static struct curve c;
    start(&c, 3);
    press_to(&c, 10.0);
    double end = c.x[first_entry(&c)];
    CU_ASSERT_EQUAL(force_at(&c, -0.15e-3), 0.0);
    CU_ASSERT(force_at(&c, 0.5 * end) < 0.5 * force_at(&c, 0.98 * end));
    for (int i = 1; i < first_entry(&c); i++)
        CU_ASSERT(c.force[i] >= c.force[i - 1] - 1e-6);
}

static void entries_show_as_a_run_of_drops(void)
{
    static struct curve c;
    start(&c, 1);
    press_to(&c, 10.0);
    int drops = 0;
    double fall = 0.0;
    for (int i = first_entry(&c); i < c.n && c.plane[i] < 600e-6; i++) {
        double d = c.force[i - 1] - c.force[i];
        if (d <= 0.0 && fall > 0.01)
            drops++;
        fall = d > 0.0 ? fall + d : 0.0;
    }
    CU_ASSERT(drops >= 5 && drops <= 60);
}

static void base_contact_makes_the_slope_jump(void)
{
    static struct curve c;
    start(&c, 1);
    press_to(&c, 10.0);
    int i = 0;
    while (c.plane[i] < 0.57e-3)
        i++;
    double before = (force_at(&c, c.x[i] - 0.05e-3) - force_at(&c, c.x[i] - 0.25e-3)) / 0.2e-3;
    double after = (force_at(&c, c.x[i] + 0.25e-3) - force_at(&c, c.x[i] + 0.05e-3)) / 0.2e-3;
    CU_ASSERT(before < 3e3);           /* N/m: the plateau */
    CU_ASSERT(after > 10e3 && after < 60e3);
}

static void buried_depth_at_ten_newton_is_far_from_travel(void)
{
    static struct curve c;
    double depth = 0.0, travel = 0.0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        start(&c, seed);
        press_to(&c, 10.0);
        depth += skin_mean_depth(&c.skin) / 6.0;
        travel += c.x[c.n - 1] / 6.0;
        CU_ASSERT(skin_needles_in(&c.skin) >= 95);
    }
    ASSERT_ABS(depth, 0.40e-3, 0.03e-3);
    ASSERT_ABS(travel, 1.27e-3, 0.12e-3);
}

static void sharp_tips_wait_at_the_second_barrier(void)
{
    static struct curve c;
    start(&c, 6);
    bool waited[SKIN_MAX_NEEDLES] = {false};
    int waiters = 0;
    while (c.skin.force < 10.0) {
        skin_press(&c.skin, c.at += SPEED * DT, COMPLIANCE, DT);
        for (size_t i = 0; i < c.skin.n; i++) {
            const struct skin_needle *n = &c.skin.needle[i];
            waited[i] |= n->gates == 1 && n->depth >= n->barrier;
            CU_ASSERT(n->gates == 2 || n->depth <= n->barrier);
        }
    }
    for (size_t i = 0; i < c.skin.n; i++) {
        waiters += waited[i];
        CU_ASSERT(c.skin.needle[i].barrier > 100e-6 && c.skin.needle[i].barrier < 250e-6);
    }
    CU_ASSERT(waiters > 50);
}

static void blunt_tips_have_no_second_barrier(void)
{
    struct plant_settings set = kit_settings();
    static struct skin k;
    set.array.tip_diameter = 80e-6;
    skin_init(&k, &set.skin, &set.array, 5);
    for (size_t i = 0; i < k.n; i++)
        CU_ASSERT(isinf(k.needle[i].barrier));
}

static void hold_relaxes_by_about_three_tenths_in_half_a_minute(void)
{
    static struct curve c;
    start(&c, 4);
    press_to(&c, 10.0);
    double f = 0.0, early = 0.0;
    for (int i = 0; i < 60000; i++) {
        f = skin_press(&c.skin, c.at, COMPLIANCE, DT);
        if (i == 1000)
            early = f;
    }
    CU_ASSERT(f > 6.4 && f < 7.8);
    CU_ASSERT(early > 8.5 && early < 9.7); /* fast part first: 0.5 s */
}

static void withdrawal_pulls_then_lets_go(void)
{
    static struct curve c;
    double least = 0.0, f = 0.0, hole;
    start(&c, 2);
    press_to(&c, 10.0);
    hole = skin_mean_depth(&c.skin);
    while (c.at > -1e-3) {
        c.at -= SPEED * DT;
        f = skin_press(&c.skin, c.at, COMPLIANCE, DT);
        least = fmin(least, f);
    }
    CU_ASSERT(least < -0.3 && least > -1.2);
    CU_ASSERT_EQUAL(f, 0.0);
    CU_ASSERT_EQUAL(skin_needles_in(&c.skin), 0);
    ASSERT_REL(skin_mean_hole(&c.skin), hole, 1e-6); /* the hole stays */
}

static void old_holes_take_the_needles_back_without_a_new_entry(void)
{
    static struct curve c;
    start(&c, 2);
    press_to(&c, 10.0);
    while (c.at > -0.4e-3)
        skin_press(&c.skin, c.at -= 2e-6, COMPLIANCE, DT);
    c.n = 0;
    double entry = 0.0;
    while (skin_needles_in(&c.skin) < 50) {
        press_to(&c, c.skin.force + 0.01);
        entry = c.skin.force;
    }
    CU_ASSERT(entry < 3.5);
    press_to(&c, 10.0);
    CU_ASSERT(skin_mean_depth(&c.skin) > 0.3e-3);
}

static void specimens_differ_and_a_seed_repeats(void)
{
    static struct curve a, b;
    double lowest = 1.0, highest = 0.0;
    for (uint64_t seed = 11; seed < 15; seed++) {
        start(&a, seed);
        press_to(&a, 10.0);
        lowest = fmin(lowest, a.x[a.n - 1]);
        highest = fmax(highest, a.x[a.n - 1]);
    }
    CU_ASSERT(highest - lowest > 0.03e-3);
    start(&b, 14);
    press_to(&b, 10.0);
    CU_ASSERT_EQUAL(a.n, b.n);
    CU_ASSERT_EQUAL(memcmp(a.force, b.force, sizeof a.force), 0);
}

static void puncture_force_is_the_published_law(void)
{
    ASSERT_ABS(skin_puncture_force(5e-6), 0.020, 1e-9);      /* Roemgens */
    ASSERT_REL(skin_puncture_force(37e-6), 0.167, 0.01);
    ASSERT_REL(skin_puncture_force(120e-6), 1.49, 0.01);     /* Davis, r = 60 um */
    ASSERT_REL(skin_puncture_force(160e-6), 3.16, 0.01);
}

static void half_the_step_gives_the_same_depth(void)
{
    struct plant_settings set = kit_settings();
    double depth[2];
    static struct skin k;
    for (int i = 0; i < 2; i++) {
        double dt = DT / (1 + i), x = 0.0;
        skin_init(&k, &set.skin, &set.array, 8);
        while (k.force < 10.0)
            skin_press(&k, x += SPEED * dt, COMPLIANCE, dt);
        depth[i] = skin_mean_depth(&k);
    }
    ASSERT_REL(depth[0], depth[1], 0.005);
}

CU_TestInfo virtual_skin_tests[] = {
    {"first needle enters between 1 and 3 N", first_needle_enters_between_one_and_three_newton},
    {"loading before entry is convex from contact", loading_before_entry_is_convex_from_contact},
    {"entries show as a run of drops", entries_show_as_a_run_of_drops},
    {"base contact makes the slope jump", base_contact_makes_the_slope_jump},
    {"buried depth at 10 N is 0.40 mm, travel 1.27 mm", buried_depth_at_ten_newton_is_far_from_travel},
    {"sharp tips wait at the second barrier", sharp_tips_wait_at_the_second_barrier},
    {"blunt tips have no second barrier", blunt_tips_have_no_second_barrier},
    {"hold relaxes by three tenths in 30 s, fast part first", hold_relaxes_by_about_three_tenths_in_half_a_minute},
    {"withdrawal pulls, then lets go, holes stay", withdrawal_pulls_then_lets_go},
    {"old holes take the needles back", old_holes_take_the_needles_back_without_a_new_entry},
    {"specimens differ and a seed repeats", specimens_differ_and_a_seed_repeats},
    {"puncture force is the published law", puncture_force_is_the_published_law},
    {"half the step gives the same depth", half_the_step_gives_the_same_depth},
    CU_TEST_INFO_NULL,
};
