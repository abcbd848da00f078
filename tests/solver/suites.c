/* suites.c -- the list of the solver's suites. */
#include "tests/runner.h"
#include "tests/solver/suites.h"

#define T(f) {#f, f}

static CU_TestInfo exact[] = {
    T(t1_slab_with_constant_donor_and_sink),
    T(t2_three_layers_in_series),
    T(t3_clearance_in_the_dermis),
    T(t4_finite_vehicle_over_a_sink_and_its_reciprocal),
    T(t5_finite_donor_and_finite_receptor),
    T(t6_annulus_around_a_channel),
    T(t9_pores_through_an_impermeable_sheet),
    T(t13_sampling_with_replacement),
    T(t14_one_compartment_with_zero_order_input),
    T(t18_length_by_density_table_of_stirred_channels),
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo test_suites[] = {
    {"exact answers", NULL, NULL, NULL, NULL, exact},
    CU_SUITE_INFO_NULL,
};
