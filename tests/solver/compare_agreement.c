/* compare_agreement.c -- measures of agreement and their intervals against numbers computed apart (SciPy 1.10, from the
 * definitions; the interval of the concordance from the formula as R packages print it). */
#include <math.h>
#include <string.h>
#include "base/text/column.h"
#include "solver/inference/agreement.h"
#include "tests/runner.h"
#include "tests/solver/suites.h"

static const double predicted[] = {1.37, 2.91, 4.48, 6.02, 7.73, 8.11},
                    observed[] = {1.52, 2.64, 4.91, 5.57, 8.46, 7.29}, sds[] = {.21, .35, .4, .55, .62, .71};
static const struct agreement_settings how = {0.95, 2000, 20260309};

static struct agreement_set six(struct agreement_reading r[6])
{
    for (size_t i = 0; i < 6; i++)
        r[i] = (struct agreement_reading){i, i, observed[i], sds[i]};
    return (struct agreement_set){
        .n_points = 6, .n_units = 6, .n = 6, .predicted = predicted, .reading = r, .mean_se = NAN, .mean_df = NAN};
}

static struct agreement_value compute(const struct agreement_set *s, enum agreement_metric m)
{
    struct agreement_value v;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(agreement_compute(s, m, &how, &v, &e), 0);
    return v;
}

static void measures_equal_the_definitions(void)
{
    struct agreement_reading r[6];
    struct agreement_set s = six(r);
    ASSERT_REL(compute(&s, METRIC_BIAS).value, 0.03833333333333311, 1e-12);
    ASSERT_REL(compute(&s, METRIC_RMSE).value, 0.5304243584150334, 1e-13);
    ASSERT_REL(compute(&s, METRIC_R2).value, 0.952047177328294, 1e-13);
    ASSERT_REL(compute(&s, METRIC_LARGEST_DIFFERENCE).value, 0.82, 1e-13);
    ASSERT_REL(compute(&s, METRIC_MEAN_FOLD).value, 0.9993118852091434, 1e-13);
    ASSERT_REL(compute(&s, METRIC_MEAN_FOLD_ERROR).value, 1.0991918729142587, 1e-13);
    ASSERT_REL(compute(&s, METRIC_LARGEST_FOLD_ERROR).value, 1.112482853223594, 1e-13);
    ASSERT_REL(compute(&s, METRIC_WITHIN_TWOFOLD).value, 1.0, 1e-13);
    ASSERT_REL(compute(&s, METRIC_CONCORDANCE).value, 0.9762670307006013, 1e-13);
    ASSERT_REL(compute(&s, METRIC_STANDARDISED).value, 0.9704407311546713, 1e-13);
}

static void closed_intervals_equal_those_computed_apart(void)
{
    struct agreement_reading r[6];
    struct agreement_set s = six(r);
    struct agreement_value v = compute(&s, METRIC_BIAS);
    ASSERT_REL(v.low, -0.569847593394644, 1e-8);
    ASSERT_REL(v.high, 0.6465142600613102, 1e-8);
    v = compute(&s, METRIC_MEAN_FOLD);
    ASSERT_REL(v.low, 0.8958642, 1e-7);
    ASSERT_REL(v.high, 1.11470494, 1e-7);
    v = compute(&s, METRIC_CONCORDANCE);
    ASSERT_REL(v.low, 0.8432213737204651, 1e-9);
    ASSERT_REL(v.high, 0.9966146949429662, 1e-9);
    CU_ASSERT(isnan(compute(&s, METRIC_LARGEST_DIFFERENCE).low));
}

/* The band holds readings 0, 1, 2 and 5. */
static void coverage_counts_readings_in_the_band_with_wilson_s_interval(void)
{
    static const double low[] = {1.3, 2.5, 4.0, 5.9, 7.0, 7.0}, high[] = {1.6, 3.0, 5.0, 7.0, 8.4, 9.0};
    struct agreement_reading r[6];
    struct agreement_set s = six(r);
    struct agreement_value v;
    struct err e = {0};
    CU_ASSERT_EQUAL(agreement_compute(&s, METRIC_COVERAGE, &how, &v, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "coverage: the prediction has no band");
    s.low = low;
    s.high = high;
    v = compute(&s, METRIC_COVERAGE);
    ASSERT_REL(v.value, 4.0 / 6.0, 1e-14);
    ASSERT_REL(v.low, 0.299993315138392, 1e-12);
    ASSERT_REL(v.high, 0.9032285888942195, 1e-12);
}

static void equivalence_is_two_one_sided_t_tests(void)
{
    struct agreement_reading r[6];
    struct agreement_set s = six(r);
    struct agreement_value v;
    double p;
    CU_ASSERT_EQUAL_FATAL(agreement_equivalence(&s, false, 0.6, 0.05, &v, &p, NULL), 0);
    ASSERT_REL(p, 0.03181890067831966, 1e-9);
    ASSERT_REL(v.low, -0.43841242485872634, 1e-8);
    ASSERT_REL(v.high, 0.5150790915253923, 1e-8);
    CU_ASSERT_EQUAL_FATAL(agreement_equivalence(&s, true, 1.25, 0.05, &v, &p, NULL), 0);
    ASSERT_REL(p, 0.0016868346786452339, 1e-9);
    ASSERT_REL(v.low, 0.917273, 1e-6);
    ASSERT_REL(v.high, 1.08868815, 1e-8);
    CU_ASSERT_EQUAL_FATAL(agreement_equivalence(&s, false, 0.5, 0.05, &v, &p, NULL), 0);
    CU_ASSERT(p > 0.05); /* its 90 % interval reaches beyond 0.5 */
    s.n = 2;
    struct err e = {0};
    CU_ASSERT_EQUAL(agreement_equivalence(&s, false, 0.6, 0.05, &v, &p, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "equivalence: 2 points: at least 3 are needed");
}

/* Three donors, two times, one to three cells each. */
static const struct agreement_reading cells[] = {
    {0, 0, 2.1, NAN},  {0, 0, 2.9, NAN},  {1, 0, 11.3, NAN}, {1, 0, 9.4, NAN},  {0, 1, 3.7, NAN}, {1, 1, 15.2, NAN},
    {1, 1, 17.9, NAN}, {1, 1, 14.1, NAN}, {0, 2, 1.45, NAN}, {0, 2, 1.62, NAN}, {1, 2, 8.3, NAN}};
static const double at_two_times[] = {2.2, 12.0};
static struct agreement_set donors(void)
{
    return (struct agreement_set){.n_points = 2,
                                  .n_units = 3,
                                  .n = sizeof cells / sizeof *cells,
                                  .predicted = at_two_times,
                                  .reading = cells,
                                  .has_units = true,
                                  .average = AVERAGE_GEOMETRIC,
                                  .mean_se = NAN,
                                  .mean_df = NAN};
}

static void geometric_means_are_taken_within_donors_and_then_over_them(void)
{
    struct agreement_set s = donors();
    double mean, sd;
    agreement_average_at(&s, 0, &mean, &sd);
    ASSERT_REL(mean, 2.409816421901809, 1e-13);
    ASSERT_REL(sd, 0.44114967565867225, 1e-12);
    agreement_average_at(&s, 1, &mean, &sd);
    ASSERT_REL(mean, 11.022326532606542, 1e-13);
    ASSERT_REL(sd, 0.32253922338812324, 1e-12);
    struct agreement_value v = compute(&s, METRIC_MEAN_FOLD);
    CU_ASSERT_EQUAL(v.n, 2);
    ASSERT_REL(v.value, 0.996949930183929, 1e-12);
    ASSERT_REL(v.low, 0.42143985200030787, 1e-9); /* Student's t with two degrees of freedom: three donors */
    ASSERT_REL(v.high, 2.358365395622373, 1e-9);
    ASSERT_HAS(v.method, "means of groups");
}

/* One point, one cell a donor: by hand, the geometric mean of 2, 3 and 7 is 42^(1/3), its standard error that times the
 * one of the logarithms; a ratio to their arithmetic mean 4 has the relative standard error of that mean. */
static void an_interval_has_the_width_of_its_own_mean(void)
{
    static const struct agreement_reading one[] = {{0, 0, 2.0, NAN}, {0, 1, 3.0, NAN}, {0, 2, 7.0, NAN}};
    struct agreement_set s = donors();
    s.n_points = 1;
    s.n = 3;
    s.reading = one;
    const double t = 4.302652729911275, g = cbrt(42.0); /* Student's t with two degrees of freedom, 97.5 % */
    struct agreement_value v = compute(&s, METRIC_BIAS);
    double l[3] = {log(2.0 / g), log(3.0 / g), log(7.0 / g)};
    double se = g * sqrt((l[0] * l[0] + l[1] * l[1] + l[2] * l[2]) / 2.0 / 3.0);
    ASSERT_REL(v.value, 2.2 - g, 1e-12);
    ASSERT_REL(v.high - v.value, t * se, 1e-9);
    ASSERT_REL(v.value - v.low, t * se, 1e-9);
    s.average = AVERAGE_ARITHMETIC;
    v = compute(&s, METRIC_MEAN_FOLD);
    ASSERT_REL(v.value, 2.2 / 4.0, 1e-12);
    ASSERT_REL(log(v.high / v.value), t * sqrt(7.0 / 3.0) / 4.0, 1e-9);
}

/* Of the 27 equally likely resamples of three donors the closest holds two of the first and one of the second (three
 * ways), the farthest the second donor alone (one way, 3.7 %): the 2.5 and 97.5 % quantiles are their values. */
static void the_bootstrap_draws_whole_donors(void)
{
    struct agreement_set s = donors();
    struct agreement_value v = compute(&s, METRIC_RMSE), again = compute(&s, METRIC_RMSE);
    ASSERT_REL(v.value, 0.7070602307246624, 1e-12);
    ASSERT_REL(v.low, 0.4546091474353831, 1e-12);
    ASSERT_REL(v.high, 2.7933139743901187, 1e-12);
    CU_ASSERT_EQUAL(v.low, again.low);
    ASSERT_HAS(v.method, "few groups");
}

static void the_seed_alone_decides_the_resamples(void)
{
    struct agreement_reading r[6];
    struct agreement_set s = six(r);
    struct agreement_settings other = {0.95, 2000, 7};
    struct agreement_value a = compute(&s, METRIC_RMSE), b = compute(&s, METRIC_RMSE), c;
    CU_ASSERT_EQUAL_FATAL(agreement_compute(&s, METRIC_RMSE, &other, &c, NULL), 0);
    CU_ASSERT_EQUAL(a.low, b.low);
    CU_ASSERT_NOT_EQUAL(a.low, c.low);
    CU_ASSERT(a.low < a.value && a.value < a.high);
    ASSERT_REL(a.low, c.low, 0.1);
}

/* 53.04 mg simulated, 64 +- 32 mg of nine people published. */
static void a_published_mean_brings_its_own_scatter(void)
{
    static const double p[] = {53.04};
    struct agreement_reading r = {0, 0, 64.0, 32.0};
    struct agreement_set s = {
        .n_points = 1, .n_units = 1, .n = 1, .predicted = p, .reading = &r, .mean_se = 32.0 / 3.0, .mean_df = 8.0};
    struct agreement_value v = compute(&s, METRIC_BIAS);
    ASSERT_REL(v.value, -10.96, 1e-12);
    ASSERT_REL(v.low, -35.55737744035595, 1e-9);
    ASSERT_REL(v.high, 13.637377440355952, 1e-9);
    ASSERT_REL(compute(&s, METRIC_STANDARDISED).value, 10.96 / 32.0, 1e-12);
}

static void too_few_points_are_refused_and_zeros_have_no_fold(void)
{
    struct agreement_reading r[6];
    struct agreement_set s = six(r);
    struct agreement_value v;
    struct err e = {0};
    s.n = s.n_points = s.n_units = 2;
    CU_ASSERT_EQUAL(agreement_compute(&s, METRIC_CONCORDANCE, &how, &v, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "concordance: 2 points: at least 3 are needed");
    s = six(r);
    r[3].observed = 0.0;
    CU_ASSERT(isnan(compute(&s, METRIC_MEAN_FOLD_ERROR).value));
    CU_ASSERT(isnan(compute(&s, METRIC_MEAN_FOLD).low));
}

static void the_unit_stands_at_the_end_of_a_column_s_name(void)
{
    char stem[80];
    CU_ASSERT_STRING_EQUAL(column_unit("delivered_ug_cm2"), "ug/cm2");
    CU_ASSERT_STRING_EQUAL(column_unit("flux_ug_cm2_h"), "ug/cm2/h");
    CU_ASSERT_STRING_EQUAL(column_unit("plasma_ng_mL"), "ng/mL");
    CU_ASSERT_STRING_EQUAL(column_unit("time_h"), "h");
    CU_ASSERT_STRING_EQUAL(column_unit("delivered_ug_patch"), "ug");
    CU_ASSERT_STRING_EQUAL(column_unit("penetrated"), "1");
    CU_ASSERT_STRING_EQUAL(column_unit("h"), "1"); /* a name, not a unit */
    CU_ASSERT_STRING_EQUAL(column_stem("amount_dermis_ug_cm2", stem, sizeof stem), "amount_dermis");
    CU_ASSERT_STRING_EQUAL(column_stem("penetrated", stem, sizeof stem), "penetrated");
    CU_ASSERT_STRING_EQUAL(column_plain_unit("ug/patch", stem, sizeof stem), "ug");
}

CU_TestInfo agreement_tests[] = {
    {"measures_equal_the_definitions", measures_equal_the_definitions},
    {"closed_intervals_equal_those_computed_apart", closed_intervals_equal_those_computed_apart},
    {"coverage_counts_readings_in_the_band_with_wilson_s_interval",
     coverage_counts_readings_in_the_band_with_wilson_s_interval},
    {"equivalence_is_two_one_sided_t_tests", equivalence_is_two_one_sided_t_tests},
    {"geometric_means_are_taken_within_donors_and_then_over_them",
     geometric_means_are_taken_within_donors_and_then_over_them},
    {"an interval has the width of its own mean", an_interval_has_the_width_of_its_own_mean},
    {"the_bootstrap_draws_whole_donors", the_bootstrap_draws_whole_donors},
    {"the_seed_alone_decides_the_resamples", the_seed_alone_decides_the_resamples},
    {"a_published_mean_brings_its_own_scatter", a_published_mean_brings_its_own_scatter},
    {"too_few_points_are_refused_and_zeros_have_no_fold", too_few_points_are_refused_and_zeros_have_no_fold},
    {"the_unit_stands_at_the_end_of_a_column_s_name", the_unit_stands_at_the_end_of_a_column_s_name},
    CU_TEST_INFO_NULL,
};
