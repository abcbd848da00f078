/* test_math.c -- statistics and curve analysis against values worked by hand. */
#include <stdio.h>
#include <string.h>
#include <math.h>
#include "base/text/number.h"
#include "base/math/curve.h"
#include "base/math/stats.h"
#include "tests/base/suites.h"

static const double X[] = {2.5, 17.3, 4.1, 9.7, 0.4};

static void summaries(void)
{
    ASSERT_REL(stats_mean(X, 5), 6.8, 1e-14);
    ASSERT_REL(stats_sd(X, 5), sqrt((18.49 + 110.25 + 7.29 + 8.41 + 40.96) / 4), 1e-14);
    ASSERT_REL(stats_sd((double[]){1e9 + 1, 1e9 + 3}, 2), sqrt(2.0), 1e-12);
    ASSERT_REL(stats_geometric_mean((double[]){2, 8, 32}, 3), 8, 1e-14);
    ASSERT_REL(stats_quantile(X, 5, 0.5), 4.1, 1e-14);
    ASSERT_REL(stats_quantile(X, 5, 0.9), 9.7 + 0.6 * 7.6, 1e-14);
    ASSERT_REL(stats_quantile(X, 5, 1.0), 17.3, 1e-14);
}

static void a_value_has_the_decimals_of_its_error(void)
{
    static const struct {
        double value, error;
        const char *text, *error_text;
    } pair[] = {{3.86049, 0.02723, "3.860", "0.027"},
                {1249.93, 25.29, "1250", "25"},
                {0.0743666, 0.000331, "0.07437", "0.00033"},
                {3166.3442, 9.982, "3166", "10"},
                {10.2994, 0.0517, "10.299", "0.052"},
                {7.2193e-11, 4.17e-13, "7.219e-11", "4.2e-13"},
                {-0.39268, 0.1137, "-0.39", "0.11"},
                {3.14159265, NAN, "3.1416", ""},
                {12345.6, 254.0, "12346", "254"},
                {0.0, 0.0123, "0", "0.012"},
                {1.0 / 3.0, 1e-12, "0.3333333", "1.0e-12"}};
    for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++) {
        char text[32], error[32];
        number_pair(pair[i].value, pair[i].error, text, error);
        CU_ASSERT_STRING_EQUAL(text, pair[i].text);
        CU_ASSERT_STRING_EQUAL(error, pair[i].error_text);
        if (strcmp(text, pair[i].text) || strcmp(error, pair[i].error_text)) printf("'%s' '%s'\n", text, error);
    }
}

static void agreement(void)
{
    static const double p[] = {2.2, 1.5, 8}, o[] = {1.1, 3, 8};
    ASSERT_REL(stats_rmse(p, o, 3), sqrt((1.21 + 2.25) / 3), 1e-14);
    ASSERT_REL(stats_bias(p, o, 3), -0.4 / 3, 1e-13);
    ASSERT_REL(stats_mean_fold(p, o, 3), 1, 1e-14);
    ASSERT_REL(stats_mean_fold_error(p, o, 3), pow(4, 1.0 / 3), 1e-14);
    ASSERT_REL(stats_within_fold(p, o, 3, 1.5), 1.0 / 3, 1e-14);
    ASSERT_REL(stats_within_fold(p, o, 3, 2.0), 1.0, 1e-14);
    double mean = 12.1 / 3, total = pow(1.1 - mean, 2) + pow(3 - mean, 2) + pow(8 - mean, 2);
    ASSERT_REL(stats_r2(p, o, 3), 1 - 3.46 / total, 1e-13);
}

static void too_few_or_outside_the_domain_is_nan(void)
{
    static const double bad[] = {1, NAN, 2}, zero[] = {1, 0, 2}, same[] = {3, 3, 3};
    CU_ASSERT_TRUE(isnan(stats_mean(X, 0)) && isnan(stats_sd(X, 1)) && isnan(stats_geometric_mean(X, 0)));
    CU_ASSERT_TRUE(isnan(stats_quantile(X, 0, 0.5)) && isnan(stats_quantile(X, 5, 1.1)) &&
                   isnan(stats_quantile(bad, 3, 0.5)));
    CU_ASSERT_TRUE(isnan(stats_rmse(X, X, 0)) && isnan(stats_bias(X, X, 0)) && isnan(stats_r2(X, X, 1)));
    CU_ASSERT_TRUE(isnan(stats_r2(X, same, 3)) && isnan(stats_rmse(bad, same, 3)));
    CU_ASSERT_TRUE(isnan(stats_geometric_mean(zero, 3)) && isnan(stats_mean_fold(zero, same, 3)));
    CU_ASSERT_TRUE(isnan(stats_mean_fold_error(same, zero, 3)) && isnan(stats_within_fold(zero, same, 3, 2)));
    CU_ASSERT_TRUE(isnan(stats_within_fold(same, same, 3, 0.5)) && isnan(stats_mean_fold(X, X, 0)));
}

CU_TestInfo stats_tests[] = {
    {"summaries", summaries},
    {"a_value_has_the_decimals_of_its_error", a_value_has_the_decimals_of_its_error},
    {"agreement", agreement},
    {"too few or outside the domain is NaN", too_few_or_outside_the_domain_is_nan},
    CU_TEST_INFO_NULL,
};

static const double T[] = {0, 1, 2.5, NAN, 4, 7}, Y[] = {1, 3, 2, 5, 6, 0};

static void levels_are_interpolated(void)
{
    ASSERT_REL(curve_rise_to(T, Y, 6, 2.5), 0.75, 1e-14);
    ASSERT_REL(curve_rise_to(T, Y, 6, 5), 2.5 + 1.5 * 0.75, 1e-14);
    ASSERT_ABS(curve_rise_to(T, Y, 6, 0.5), 0, 0);
    CU_ASSERT_TRUE(isnan(curve_rise_to(T, Y, 6, 6.1)));
    ASSERT_REL(curve_fall_to(T + 4, Y + 4, 2, 1.5), 4 + 3 * 0.75, 1e-14);
    ASSERT_REL(curve_value(T, Y, 6, 3.25), 4, 1e-14);
    ASSERT_ABS(curve_value(T, Y, 6, 7), 0, 0);
    CU_ASSERT_TRUE(isnan(curve_value(T, Y, 6, 7.1)) && isnan(curve_value(T, Y, 6, -0.1)));
    ASSERT_REL(curve_mean(T, Y, 6, 0.5, 3.25), (1.25 + 3.75 + 2.25) / 2.75, 1e-14);
    ASSERT_REL(curve_mean(T, Y, 6, 1.1, 1.7), curve_value(T, Y, 6, 1.4), 1e-14);
    CU_ASSERT_TRUE(isnan(curve_mean(T, Y, 6, 0.5, 7.1)) && isnan(curve_mean(T, Y, 6, -0.1, 1)));
}

static void slope_and_work(void)
{
    double x[20], y[20], a = 0;
    for (int i = 0; i < 20; i++) {
        x[i] = 1e6 + 0.13 * i;
        y[i] = i < 10 ? 3.7 * (x[i] - 1e6) - 2 : 99;
    }
    ASSERT_REL(curve_slope(x, y, 20, 1e6, 1e6 + 1.2, &a), 3.7, 1e-8);
    ASSERT_REL(a, -3.7e6 - 2, 1e-8);
    CU_ASSERT_TRUE(isnan(curve_slope(x, y, 20, 1e6, 1e6 + 0.1, NULL)));
    ASSERT_REL(curve_work(T, Y, 6), 2 + 3.75 + 6 + 9, 1e-14);
    ASSERT_ABS(curve_work((double[]){0, 2, 0}, (double[]){1, 5, 1}, 3), 0, 1e-14);
    ASSERT_ABS(curve_work(T, Y, 1), 0, 0);
}

static void drops_over_the_threshold_are_found(void)
{
    static const double y[] = {0, 4, 3.8, 5, 2, 2.5, 1.5, 3.2, 3.0, 6, 5.9, 4.1, 4.0};
    double x[13];
    struct curve_drop d[2] = {{0, 0, 0}};
    for (int i = 0; i < 13; i++)
        x[i] = i;
    CU_ASSERT_EQUAL(curve_drops(x, y, 13, 1.0, d, 2), 2);
    CU_ASSERT_TRUE(d[0].peak == 3 && d[0].valley == 6 && d[1].peak == 9 && d[1].valley == 12);
    ASSERT_REL(d[0].size, 3.5, 1e-14);
    ASSERT_REL(d[1].size, 2.0, 1e-14);
    CU_ASSERT_EQUAL(curve_drops(x, y, 13, 3.0, d, 2), 1);
    CU_ASSERT_EQUAL(curve_drops(x, y, 13, 9.0, d, 2), 0);
    CU_ASSERT_EQUAL(curve_drops(x, y, 13, 0.1, d, 0), 5);
    CU_ASSERT_EQUAL(curve_drops(x, y, 13, 0.0, d, 2), 0);
}

CU_TestInfo curve_tests[] = {
    {"levels are interpolated", levels_are_interpolated},
    {"slope and work", slope_and_work},
    {"drops over the threshold are found", drops_over_the_threshold_are_found},
    CU_TEST_INFO_NULL,
};
