/* insertion_band.c -- what the next press may give: another array, another specimen; and from where travel counts. */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/curve.h"
#include "base/math/stats.h"
#include "solver/insertion/band.h"
#include "solver/insertion/specimen.h"
#include "solver/insertion/spread.h"
#include "tests/runner.h"
#include "tests/solver/insertion_kit.h"
#include "tests/solver/suites.h"

static double force_at(const struct insertion_result *r, double travel)
{
    double *x = calloc(2 * (r->pressed + 1), sizeof *x);
    size_t n = r->pressed + 1;
    CU_ASSERT_FATAL(x != NULL);
    for (size_t i = 0; i < n; i++) {
        x[i] = r->point[i].travel;
        x[n + i] = r->point[i].force;
    }
    double F = curve_value(x, x + n, n, travel);
    free(x);
    return F;
}

static struct insertion_band bands_of(const struct insertion_case *c)
{
    struct insertion_result r;
    struct insertion_band b = {0};
    struct err e = {0};
    press_run(c, &r);
    CU_ASSERT_EQUAL_FATAL(insertion_bands(c, &r, 0.95, &b, &e), 0);
    insertion_release(&r);
    return b;
}

/* ---- the draws ---- */

static void the_first_draw_is_the_median_specimen_and_the_same_draw_the_same_specimen(void)
{
    struct insertion_case c = array_case(7.0), a = c, b = c;
    struct err e = {0};
    CU_ASSERT_EQUAL(specimen_draw(&a, 0, &e), 0);
    ASSERT_REL(a.skin.force_factor, 1.0, 1e-12);
    ASSERT_REL(a.skin.backing_depth, 2e-3, 1e-12);
    CU_ASSERT_EQUAL(a.seed, c.seed);
    a = c;
    CU_ASSERT_EQUAL(specimen_draw(&a, 17, &e), 0);
    CU_ASSERT_EQUAL(specimen_draw(&b, 17, &e), 0);
    CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof a), 0);
    CU_ASSERT_EQUAL(a.seed, c.seed + 17);
    CU_ASSERT(a.skin.force_factor != 1.0 && a.skin.backing_modulus != 0.5e6 && a.skin.backing_depth != 2e-3);
    CU_ASSERT_EQUAL(specimen_draw(&a, SPECIMENS_MAX, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "specimen 1000: must be below 1000");
}

/* 255 points of Sobol's sequence: the normal quantiles at i/256 have a standard deviation of 0.986. */
static void draws_have_the_scatter_that_is_stated_and_no_mean(void)
{
    enum { N = 255 };
    static double x[3][N];
    struct err e = {0};
    for (size_t k = 0; k < N; k++) {
        struct insertion_case c = array_case(7.0);
        c.skin.cv_puncture = 0.37;
        c.skin.cv_backing = 0.22;
        c.skin.cv_thickness = 0.11;
        CU_ASSERT_EQUAL_FATAL(specimen_draw(&c, k, &e), 0);
        x[0][k] = log(c.skin.force_factor);
        x[1][k] = log(c.skin.backing_modulus / 0.5e6);
        x[2][k] = log(c.skin.backing_depth / 2e-3);
    }
    const double cv[] = {0.37, 0.22, 0.11};
    for (int i = 0; i < 3; i++) {
        ASSERT_ABS(stats_mean(x[i], N), 0.0, 1e-9);
        ASSERT_REL(stats_sd(x[i], N), sqrt(log(1.0 + cv[i] * cv[i])), 0.02);
        double together = 0.0; /* and independent of each other */
        for (size_t k = 0; k < N; k++)
            together += x[i][k] * x[(i + 1) % 3][k];
        ASSERT_ABS(together / N / (cv[i] * cv[(i + 1) % 3]), 0.0, 0.05);
    }
}

/* Student's t with 3 degrees of freedom is 3.1824463 at 97.5 %; logarithms 0, 1, 2, 3 have mean 1.5 and sd 1.2909944.
 */
static void the_interval_of_draws_is_student_s_of_the_logarithms(void)
{
    double draw[] = {1.0, exp(1.0), exp(2.0), exp(3.0)}, below[] = {-1.0, 0.0, 1.0, 2.0}, middle, low, high;
    double half = 3.18244630528 * 1.29099444874 * sqrt(1.25);
    draws_interval(draw, 4, 0.95, &middle, &low, &high);
    ASSERT_REL(middle, exp(1.5), 1e-9);
    ASSERT_REL(low, exp(1.5 - half), 1e-8);
    ASSERT_REL(high, exp(1.5 + half), 1e-8);
    draws_interval(below, 4, 0.95, &middle, &low, &high);
    ASSERT_REL(middle, 0.5, 1e-12);
    ASSERT_REL(low, 0.5 - half, 1e-8);
    ASSERT_REL(high, 0.5 + half, 1e-8);
}

/* ---- the bands ---- */

/* Specimens drawn by another generator than the band's own, with the scatter that the case states: of 90 at each of
 * four places between 79 and 90 lie inside with a probability of 99.7 % (binomial, 0.95). */
static void the_band_for_a_new_specimen_holds_as_many_as_it_says(void)
{
    enum { N = 90, PLACES = 4 };
    static const double share[PLACES] = {0.15, 0.4, 0.7, 0.95};
    struct insertion_case c = array_case(8.0);
    c.needles.count = 36;
    c.needles.area = 0.36e-4;
    c.press.force = NAN;
    c.press.travel = 1.1e-3;
    c.press.hold = c.press.retract_speed = 0.0;
    c.step = 20e-6;
    struct insertion_band b = bands_of(&c);
    gsl_rng *g = gsl_rng_alloc(gsl_rng_mt19937);
    int inside[PLACES] = {0}, inside_array[PLACES] = {0};
    CU_ASSERT_FATAL(g != NULL);
    gsl_rng_set(g, 4711);
    for (unsigned long k = 0; k < N; k++) {
        struct insertion_case one = c;
        struct insertion_result r;
        one.seed = 90001 + k;
        one.skin.force_factor *= exp(specimen_sigma(0.30) * gsl_ran_gaussian(g, 1.0));
        one.skin.backing_modulus *= exp(specimen_sigma(0.30) * gsl_ran_gaussian(g, 1.0));
        one.skin.backing_depth *= exp(specimen_sigma(0.20) * gsl_ran_gaussian(g, 1.0));
        press_run(&one, &r);
        for (int i = 0; i < PLACES; i++) {
            size_t at = (size_t)(share[i] * (double)(b.n - 1));
            double F = force_at(&r, b.travel[at]);
            inside[i] += b.specimen_low[at] <= F && F <= b.specimen_high[at];
            inside_array[i] += b.array_low[at] <= F && F <= b.array_high[at];
        }
        insertion_release(&r);
    }
    for (int i = 0; i < PLACES; i++) {
        CU_ASSERT(inside[i] >= 79);
        CU_ASSERT(inside_array[i] < 70); /* the band of another array is not meant for them */
    }
    CU_ASSERT(inside[0] + inside[1] + inside[2] + inside[3] < 4 * N); /* nor does it hold everything */
    gsl_rng_free(g);
    insertion_band_release(&b);
}

static void the_band_of_another_array_is_narrower_and_all_that_is_left_without_scatter_of_specimens(void)
{
    struct insertion_case c = array_case(8.0);
    c.needles.count = 36;
    c.needles.area = 0.36e-4;
    c.press.hold = 0.0;
    struct insertion_band wide = bands_of(&c);
    c.skin.cv_puncture = c.skin.cv_backing = c.skin.cv_thickness = 0.0;
    struct insertion_band narrow = bands_of(&c);
    double specimen = 0.0, array = 0.0, same = 0.0;
    for (size_t i = 20; i < wide.n; i++) {
        specimen += wide.specimen_high[i] - wide.specimen_low[i];
        array += wide.array_high[i] - wide.array_low[i];
        same += narrow.specimen_high[i] - narrow.specimen_low[i];
    }
    CU_ASSERT(specimen > 2.0 * array);
    ASSERT_REL(same, array, 0.5); /* 31 arrays against 8 */
    ASSERT_REL(wide.travel[wide.n - 1], narrow.travel[narrow.n - 1], 1e-12);
    insertion_band_release(&wide);
    insertion_band_release(&narrow);
}

static void the_spread_of_a_depth_tells_arrays_and_specimens_apart(void)
{
    struct insertion_case c = array_case(9.0);
    struct insertion_spread s, none;
    bool given[MECHANICS_MAX] = {false};
    struct err e = {0};
    c.step = 10e-6;
    CU_ASSERT_EQUAL_FATAL(insertion_spread(&c, given, &s, &e), 0);
    CU_ASSERT(s.specimen_sd > 3.0 * s.array_sd && s.specimen_sd < 0.2 * s.depth);
    /* one way alone: half the change between a standard deviation up and down */
    c.skin.cv_puncture = c.skin.cv_thickness = 0.0;
    CU_ASSERT_EQUAL_FATAL(insertion_spread(&c, given, &none, &e), 0);
    struct insertion_case stiff = c, soft = c;
    stiff.skin.backing_modulus *= exp(sqrt(log(1.0 + 0.09)));
    soft.skin.backing_modulus /= exp(sqrt(log(1.0 + 0.09)));
    stiff.press.retract_speed = soft.press.retract_speed = 0.0;
    double half = 0.5 * (press_summary(&stiff).depth_mean - press_summary(&soft).depth_mean);
    ASSERT_REL(none.specimen_sd, hypot(half, none.array_sd), 1e-9);
    c.skin.cv_backing = 0.0;
    CU_ASSERT_EQUAL_FATAL(insertion_spread(&c, given, &none, &e), 0);
    ASSERT_REL(none.specimen_sd, none.array_sd, 1e-12);
}

/* ---- contact ---- */

static void travel_counts_from_the_force_of_contact(void)
{
    struct insertion_case c = array_case(6.0);
    struct insertion_result touch, contact;
    press_run(&c, &touch);
    c.press.contact_force = 0.13;
    press_run(&c, &contact);
    CU_ASSERT_EQUAL_FATAL(contact.n_points, touch.n_points);
    double offset = touch.point[contact.pressed].travel - contact.point[contact.pressed].travel;
    ASSERT_REL(force_at(&touch, offset), 0.13, 1e-9);
    ASSERT_REL(force_at(&contact, 0.0), 0.13, 1e-9);
    for (size_t i = 0; i < touch.n_points; i++)
        CU_ASSERT_DOUBLE_EQUAL(touch.point[i].travel - contact.point[i].travel, offset, 1e-15);
    for (size_t i = 0; i < touch.n_needles; i++)
        CU_ASSERT_DOUBLE_EQUAL(touch.needle[i].entry_travel - contact.needle[i].entry_travel, offset, 1e-15);
    CU_ASSERT_EQUAL(touch.work, contact.work);
    insertion_release(&touch);
    insertion_release(&contact);
}

static void a_press_by_travel_ends_so_far_behind_contact(void)
{
    struct insertion_case c = array_case(NAN);
    struct insertion_result r;
    c.press.travel = 0.77e-3;
    c.press.contact_force = 0.13;
    struct insertion_summary s = press_run(&c, &r);
    ASSERT_REL(s.end_travel, 0.77e-3, 2e-6);
    insertion_release(&r);
    c.press.travel = 1e-6; /* passed within the step that touches */
    CU_ASSERT(press_summary(&c).end_travel < 10e-6);
}

static void a_contact_beyond_the_end_is_refused(void)
{
    struct insertion_case c = array_case(0.5);
    struct insertion_result r;
    struct err e = {0};
    c.press.contact_force = 0.5;
    CU_ASSERT_EQUAL(insertion_run(&c, &r, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "contact force 0.5 N must be >= 0 and below the force that ends it");
    c.press.contact_force = -0.1;
    CU_ASSERT_EQUAL(insertion_run(&c, &r, &e), ERR_RANGE);
}

CU_TestInfo insertion_band_tests[] = {
    {"the first draw is the median specimen, and the same draw the same specimen",
     the_first_draw_is_the_median_specimen_and_the_same_draw_the_same_specimen},
    {"draws have the scatter that is stated, and no mean", draws_have_the_scatter_that_is_stated_and_no_mean},
    {"the interval of draws is Student's of the logarithms", the_interval_of_draws_is_student_s_of_the_logarithms},
    {"the band for a new specimen holds as many as it says", the_band_for_a_new_specimen_holds_as_many_as_it_says},
    {"the band of another array is narrower, and all that is left without scatter of specimens",
     the_band_of_another_array_is_narrower_and_all_that_is_left_without_scatter_of_specimens},
    {"the spread of a depth tells arrays and specimens apart", the_spread_of_a_depth_tells_arrays_and_specimens_apart},
    {"travel counts from the force of contact", travel_counts_from_the_force_of_contact},
    {"a press by travel ends so far behind contact", a_press_by_travel_ends_so_far_behind_contact},
    {"a contact beyond the end is refused", a_contact_beyond_the_end_is_refused},
    CU_TEST_INFO_NULL,
};
