/* properties.c -- predicted drug properties against published tables and records. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/stats.h"
#include "base/text/table.h"
#include "solver/physics/properties.h"
#include "tests/runner.h"
#include "tests/solver/suites.h"

static const struct measured_properties nothing_measured = {NAN, NAN};
static const double CM_H = 1e-2 / 3600.0;

static double number_in(const struct table *t, size_t row, const char *column)
{
    size_t col = 0;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(table_col(t, column, &col, &e), 0);
    return strtod(table_cell(t, row, col), NULL);
}

static const char *text_in(const struct table *t, size_t row, const char *column)
{
    size_t col = 0;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(table_col(t, column, &col, &e), 0);
    return table_cell(t, row, col);
}

static struct solute solute_in(const struct table *t, size_t row)
{
    const char *kind = text_in(t, row, "class");
    enum solute_kind k = !strcmp(kind, "acid") ? SOLUTE_ACID : !strcmp(kind, "base") ? SOLUTE_BASE : SOLUTE_NEUTRAL;
    return (struct solute){number_in(t, row, "molar_mass_g_mol") * 1e-3, number_in(t, row, "log10_kow"), k,
                           k == SOLUTE_NEUTRAL ? NAN : number_in(t, row, "pka")};
}

/* Columns have three or four digits: half of the last one is at most 0.5 %. */
static void dermis_table_is_reproduced(void)
{
    struct table t;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(table_read(&t, "data/dermis_parameters_kasting.csv", &e), 0);
    CU_ASSERT_EQUAL(t.rows, 19);
    for (size_t i = 0; i < t.rows; i++) {
        struct solute s = solute_in(&t, i);
        struct properties p;
        properties_predict(&s, &nothing_measured, 7.4, 305.15, &p);
        ASSERT_REL(p.D_free * 1e4, number_in(&t, i, "d_free_cm2_s"), 5e-3);
        if (!strcmp(text_in(&t, i, "class"), "macromolecule")) continue;
        ASSERT_REL(p.f_tissue, number_in(&t, i, "neutral_fraction_ph7p4"), 5e-3);
        ASSERT_REL(p.unbound, number_in(&t, i, "unbound_fraction"), 5e-3);
        ASSERT_REL(p.binding, number_in(&t, i, "binding_factor"), 5e-3);
        ASSERT_REL(p.dermis_D * 1e4, number_in(&t, i, "d_dermis_cm2_s"), 5e-3);
        ASSERT_REL(p.dermis_K, number_in(&t, i, "k_dermis_total"), 5e-3);
        ASSERT_REL(p.kp / CM_H, number_in(&t, i, "kp_potts_guy_cm_h"), 5e-3);
        ASSERT_REL(p.k_free, number_in(&t, i, "capillary_k_free_1_s"), 5e-3);
        ASSERT_REL(p.clearance, number_in(&t, i, "clearance_dermis_1_s"), 5e-3);
        ASSERT_REL(p.uptake_depth * 1e6, number_in(&t, i, "depth_um"), 5e-3);
    }
    table_release(&t);
}

/* Values as calculated by other people from the same equation, to their two digits; Roy 1990 measured fentanyl. */
static void potts_and_guy_by_hand(void)
{
    static const double drug[][3] = {{194.2, -0.07, 1.05e-4}, {162.2, 1.17, 1.25e-3}, {206.3, 3.97, 6.6e-2},
                                     {296.2, 4.51, 4.5e-2},   {336.5, 4.05, 1.2e-2},  {288.4, 3.32, 7.2e-3}};
    for (size_t i = 0; i < sizeof drug / sizeof drug[0]; i++)
        ASSERT_REL(permeability_potts_guy(drug[i][0] * 1e-3, drug[i][1]) / CM_H, drug[i][2], 0.04);
    /* in cm/s the constant is -6.3: log10 3600 = 3.5563 apart, to a rounding */
    ASSERT_ABS(log10(permeability_potts_guy(0.2, 2.0) * 1e2), -6.3 + 1.42 - 1.22, 1e-4);
}

static void potts_and_guy_errs_on_the_records_as_documented(void)
{
    struct table t;
    struct err e = {0};
    double p[600], o[600];
    CU_ASSERT_EQUAL_FATAL(table_read(&t, "data/human_skin_kp_cheruvu2022.csv", &e), 0);
    CU_ASSERT_EQUAL_FATAL(t.rows, 476);
    for (size_t i = 0; i < t.rows; i++) {
        double M = number_in(&t, i, "molar_mass_g_mol") * 1e-3, log_kow = number_in(&t, i, "log10_kow");
        p[i] = log10(permeability_potts_guy(M, log_kow) / CM_H);
        o[i] = number_in(&t, i, "log10_kp_cm_h");
    }
    ASSERT_ABS(stats_bias(p, o, t.rows), -0.336, 5e-4);
    ASSERT_ABS(stats_rmse(p, o, t.rows), 1.112, 5e-4);
    table_release(&t);
}

static void half_is_neutral_where_pH_is_pKa(void)
{
    struct solute acid = {0.2, 2.0, SOLUTE_ACID, 4.317}, base = {0.2, 2.0, SOLUTE_BASE, 8.713};
    struct solute none = {0.2, 2.0, SOLUTE_NEUTRAL, NAN};
    ASSERT_REL(solute_neutral_fraction(&acid, 4.317), 0.5, 1e-15);
    ASSERT_REL(solute_neutral_fraction(&base, 8.713), 0.5, 1e-15);
    CU_ASSERT_EQUAL(solute_neutral_fraction(&none, 3.3), 1.0);
    CU_ASSERT(solute_neutral_fraction(&acid, 6.0) < 0.05);
    CU_ASSERT(solute_neutral_fraction(&base, 6.0) < 0.05);
}

/* Water is a reference only: activities, and with them ratios of K, do not depend on its pH; nor does kp of the SC. */
static void the_pH_of_the_water_scales_every_K_alike(void)
{
    struct solute lidocaine = {0.23434, 2.44, SOLUTE_BASE, 7.9};
    struct properties a, b;
    properties_predict(&lidocaine, &nothing_measured, 7.4, 305.15, &a);
    properties_predict(&lidocaine, &nothing_measured, 5.2, 305.15, &b);
    double ratio = b.f_water / a.f_water;
    ASSERT_REL(ratio, 0.0019913 / 0.2402531, 2e-4);
    ASSERT_REL(b.sc_K / a.sc_K, ratio, 1e-12);
    ASSERT_REL(b.dermis_K / a.dermis_K, ratio, 1e-12);
    ASSERT_REL(b.channel_K / a.channel_K, ratio, 1e-12);
    CU_ASSERT_EQUAL(a.sc_D, b.sc_D);
    CU_ASSERT_EQUAL(a.dermis_D, b.dermis_D);
    ASSERT_REL(a.sc_K * a.sc_D / SC_THICKNESS, a.kp * a.f_water, 1e-12);
}

static void measured_values_replace_predicted_ones(void)
{
    struct solute s = {0.19419, -0.07, SOLUTE_NEUTRAL, NAN};
    struct measured_properties m = {1.55e-4 * CM_H, 0.7313};
    struct properties p, q;
    properties_predict(&s, &m, 7.4, 305.15, &p);
    properties_predict(&s, &nothing_measured, 7.4, 305.15, &q);
    CU_ASSERT_EQUAL(p.unbound, 0.7313);
    ASSERT_REL(p.sc_D, 7.22e-15, 3e-3);
    ASSERT_REL(p.binding, 0.68 + 0.32 / 0.7313 + 0.001 * pow(10.0, -0.07), 1e-12);
    CU_ASSERT_EQUAL(p.k_free, q.k_free);
    CU_ASSERT_EQUAL(p.sc_K, q.sc_K);
}

static void water_is_thinner_in_warm_skin(void)
{
    /* 1.0235 x 0.890/0.765 mPa s from 25 to 32 C */
    ASSERT_REL(diffusivity_in_water(0.23434, 305.15) / diffusivity_in_water(0.23434, 298.15), 1.0235 * 0.890 / 0.765,
               5e-3);
}

static unsigned limits_of(double g_mol, double log_kow)
{
    struct solute s = {g_mol * 1e-3, log_kow, SOLUTE_NEUTRAL, NAN};
    struct properties p;
    properties_predict(&s, &nothing_measured, 7.4, 305.15, &p);
    return property_limits(&s, &p);
}

static void limits_of_the_correlations_are_known(void)
{
    CU_ASSERT_EQUAL(limits_of(234.34, 2.44), 0);
    CU_ASSERT_EQUAL(limits_of(286.45, 5.68), LIMIT_LOG_KOW);
    CU_ASSERT_EQUAL(limits_of(622.5, -1.7), LIMIT_MOLAR_MASS | LIMIT_CLEARANCE);
    CU_ASSERT(limits_of(5808.0, 0.0) & LIMIT_MACROMOLECULE);
    CU_ASSERT(limits_of(17.9, 0.0) & LIMIT_MOLAR_MASS);
    CU_ASSERT(limits_of(400.0, -3.01) & LIMIT_LOG_KOW);
}

#define T(f) {#f, f}
CU_TestInfo property_tests[] = {
    T(dermis_table_is_reproduced),
    T(potts_and_guy_by_hand),
    T(potts_and_guy_errs_on_the_records_as_documented),
    T(half_is_neutral_where_pH_is_pKa),
    T(the_pH_of_the_water_scales_every_K_alike),
    T(measured_values_replace_predicted_ones),
    T(water_is_thinner_in_warm_skin),
    T(limits_of_the_correlations_are_known),
    CU_TEST_INFO_NULL,
};
