/* test_formulas.c -- closed formulas against tabulated values.  They verify no part of the solver. */
#include <math.h>
#include "solver/physics/formulas.h"
#include "solver/physics/properties.h"
#include "tests/runner.h"
#include "tests/solver/suites.h"

void t7_shape_factors_of_sources_under_a_reflecting_surface(void)
{
    static const double L[] = {100e-6, 250e-6, 500e-6, 750e-6, 1000e-6};
    static const double S[] = {0.0413179351e-2, 0.0671365614e-2, 0.104430755e-2, 0.1382879e-2, 0.170143559e-2};
    ASSERT_REL(shape_disk(50e-6), 0.02e-2, 1e-14);
    for (size_t i = 0; i < 5; i++)
        ASSERT_REL(shape_spheroid(50e-6, L[i]), S[i], 1e-8);
    ASSERT_REL(shape_spheroid(50e-6, 50.0001e-6), shape_hemisphere(50e-6), 1e-5);
    ASSERT_REL(shape_spheroid(50e-6, 9e-3), 2.0 * acos(-1.0) * 9e-3 / log(2.0 * 9e-3 / 50e-6), 1e-4); /* slender */
}

void t8_spreading_factor_of_a_disk_on_a_tube(void)
{
    static const double psi[][2] = {{0.05, 0.92957967}, {0.1, 0.85941360}, {0.2, 0.72087560}, {0.3, 0.58650941},
                                    {0.4, 0.45858691},  {0.5, 0.33960939}, {0.6, 0.23240860}, {0.7, 0.14028678}};
    for (size_t i = 0; i < sizeof psi / sizeof psi[0]; i++)
        CU_ASSERT_DOUBLE_EQUAL(spreading_factor(psi[i][0]), psi[i][1], 3e-7);
}

/* 600 um high, 120 um half width; k_d 1e-4 cm/s x 300 mg/cm3 / 1300 mg/cm3 = 2.3077e-5 cm/s. */
void t10_shrinking_cone(void)
{
    double speed = 1e-6 * 300.0 / 1300.0, td = cone_time(600e-6, 120e-6, speed);
    ASSERT_REL(td, 509.901951, 1e-8);
    ASSERT_REL(cone_released(600e-6, 120e-6, speed, 0.25 * td), 0.578125, 1e-12);
    ASSERT_REL(cone_released(600e-6, 120e-6, speed, 0.5 * td), 0.875, 1e-12);
    ASSERT_REL(cone_released(600e-6, 120e-6, speed, 0.75 * td), 0.984375, 1e-12);
    CU_ASSERT_EQUAL(cone_released(600e-6, 120e-6, speed, 1.01 * td), 1.0);
}

void t11_integral_of_a_flux_that_halves(void)
{
    ASSERT_REL(closing_amount(10.0, 2.0, 24.0), 28.8468564, 1e-8);
    ASSERT_REL(closing_amount(10.0, 24.0, 24.0), 173.123405, 1e-8);
    ASSERT_REL(closing_amount(10.0, 24.0, 72.0), 302.965959, 1e-8);
    ASSERT_REL(closing_amount(10.0, 24.0, INFINITY), 346.24681, 1e-8);
}

void t12_flow_into_tissue_and_through_a_bore(void)
{
    double uL_h = 1e9 * 3600.0;
    ASSERT_REL(flow_into_tissue(50e-6, 1e-17, 1e5, 1e-3) * uL_h, 2.26194671, 1e-8);
    ASSERT_REL(flow_through_bore(25e-6, 500e-6, 1e5, 1e-3) * uL_h, 110446.617, 1e-8);
}

void neutral_fractions_and_random_strikes(void)
{
    ASSERT_REL(neutral_fraction(7.9, false, 7.4), 0.2402530734, 1e-9); /* 1/(1 + 10^0.5) */
    ASSERT_REL(neutral_fraction(4.2, true, 7.4), 1.0 / (1.0 + pow(10.0, 3.2)), 1e-12);
    ASSERT_REL(neutral_fraction(4.2, true, 4.2), 0.5, 1e-15);
    /* 12 needles at 117 Hz for 60 s on 1 cm2, holes of 50 um radius: nothing is left closed */
    ASSERT_REL(open_share_of_strikes(12.0 * 117.0 * 60.0 * 1e4, 50e-6), 0.9986616, 1e-6);
    ASSERT_REL(diffusivity_in_water(0.2, 298.15), 1e-4 * pow(10.0, -4.13 - 0.453 * log10(200.0)), 1e-12);
}
