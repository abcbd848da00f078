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

static CU_TestInfo reference[] = {
    T(reference_rows_of_the_unit_cell),
    T(the_stated_bound_covers_the_error_of_every_column_of_drawn_studies),
    T(the_bound_of_the_delivered_amount_is_narrow_over_length_and_density),
    T(error_falls_with_the_mesh_at_the_scheme_s_order),
    T(error_falls_with_the_tolerance),
    CU_TEST_INFO_NULL,
};

static CU_TestInfo core[] = {
    T(constants_have_no_flux_and_volumes_are_exact),
    T(masses_are_positive_for_sharp_tips),
    T(newton_solve_matches_finite_differences_of_the_right_hand_side),
    T(newton_solve_holds_for_binding_metabolism_and_blood),
    T(drug_is_conserved_through_removal_and_sampling),
    T(a_channel_of_tissue_changes_nothing),
    T(across_constant_fields_the_cell_is_one_dimensional_to_rounding),
    T(bad_problems_are_refused_with_value_and_bound),
    CU_TEST_INFO_NULL,
};

static CU_TestInfo cells[] = {
    T(cells_of_one_depth_are_one_cell),
    T(cells_under_an_infinite_dose_add_up),
    T(cells_that_share_a_finite_dose_conserve_it_and_compete_for_it),
    T(two_slabs_draw_on_one_vehicle),
    T(shares_and_depths_of_cells_are_checked),
    CU_TEST_INFO_NULL,
};

static CU_TestInfo schedule[] = {
    T(events_and_outputs_a_rounding_apart_are_one_time),
    T(clearance_out_of_all_proportion_does_not_flood_the_mesh),
    T(estimates_do_not_vanish_at_the_ends_of_level_and_rtol),
    T(an_integration_without_end_is_stopped),
    T(a_run_that_fails_in_its_first_step_has_a_worst_component_too),
    T(a_failed_integration_names_layer_and_depth_and_what_to_try),
    T(every_unknown_has_a_name),
    T(a_slow_layer_of_large_K_does_not_swallow_what_a_channel_brings_below_it),
    CU_TEST_INFO_NULL,
};

static CU_TestInfo laws[] = {
    T(events_at_time_zero_equal_the_study_without_events),
    T(before_the_needles_skin_is_intact),
    T(cream_needles_serum_keep_the_drug),
    T(events_out_of_order_or_impossible_are_refused),
    T(evaporation_over_sealed_skin_is_exponential),
    T(undissolved_excess_holds_the_vehicle_until_it_is_used_up),
    T(excess_that_the_faces_swallow_at_once_is_conserved),
    T(excess_used_up_just_after_an_output_is_noticed),
    T(a_quick_diffusive_vehicle_is_well_mixed),
    T(channels_that_take_for_ever_to_close_stay_open),
    T(slow_closure_is_quasi_steady),
    T(quick_binding_is_local_equilibrium),
    T(binding_beside_channels_keeps_the_drug_and_slows_it),
    T(t17_first_order_metabolism_in_a_membrane),
    T(far_below_K_m_michaelis_menten_is_first_order),
    T(saturated_michaelis_menten_takes_at_most_v_max),
    T(t16_two_compartments_with_zero_order_input),
    T(feedback_equilibrates_blood_and_skin),
    T(sparse_channels_and_shallow_channels_are_intact_skin),
    T(a_channel_as_deep_as_the_corneum_is_a_pore),
    T(full_coverage_is_the_slab_below),
    T(scaling_every_K_leaves_the_flux),
    T(manufactured_metabolism_in_one_dimension),
    T(manufactured_binding_in_one_dimension),
    T(manufactured_binding_and_metabolism_in_the_unit_cell),
    CU_TEST_INFO_NULL,
};

static CU_TestInfo answers[] = {
    T(slabs_and_layers_lie_within_their_stated_bounds),
    T(blood_levels_lie_within_their_stated_bounds),
    T(channels_lie_within_their_stated_bounds),
    T(geometric_limits_lie_within_their_stated_bounds),
    T(limits_of_laws_lie_within_their_stated_bounds),
    CU_TEST_INFO_NULL,
};

static CU_TestInfo formulas[] = {
    T(t7_shape_factors_of_sources_under_a_reflecting_surface),
    T(t8_spreading_factor_of_a_disk_on_a_tube),
    T(t10_shrinking_cone),
    T(t11_integral_of_a_flux_that_halves),
    T(t12_flow_into_tissue_and_through_a_bore),
    T(neutral_fractions_and_random_strikes),
    CU_TEST_INFO_NULL,
};

CU_SuiteInfo test_suites[] = {
    {"core", NULL, NULL, NULL, NULL, core},
    {"exact answers", NULL, NULL, NULL, NULL, exact},
    {"laws and events", NULL, NULL, NULL, NULL, laws},
    {"reference and convergence", NULL, NULL, NULL, NULL, reference},
    {"answers", NULL, NULL, NULL, NULL, answers},
    {"shallow channels", NULL, NULL, NULL, NULL, shallow_tests},
    {"depths side by side", NULL, NULL, NULL, NULL, cells},
    {"schedule and limits", NULL, NULL, NULL, NULL, schedule},
    {"formulas", NULL, NULL, NULL, NULL, formulas},
    {"study", NULL, NULL, NULL, NULL, study_load_tests},
    {"study errors", NULL, NULL, NULL, NULL, study_error_tests},
    {"study refusals", NULL, NULL, NULL, NULL, refusal_tests},
    {"studies", NULL, NULL, NULL, NULL, studies_tests},
    {"catalogue", NULL, NULL, NULL, NULL, catalogue_tests},
    {"doses in needles", NULL, NULL, NULL, NULL, needle_dose_tests},
    {"results", NULL, NULL, NULL, NULL, result_tests},
    {"comparisons", NULL, NULL, NULL, NULL, comparison_tests},
    {"agreement", NULL, NULL, NULL, NULL, agreement_tests},
    {"compared cases", NULL, NULL, NULL, NULL, compare_case_tests},
    {"imports", NULL, NULL, NULL, NULL, import_tests},
    {"insertion model", NULL, NULL, NULL, NULL, insertion_model_tests},
    {"insertion band", NULL, NULL, NULL, NULL, insertion_band_tests},
    {"insertion against the literature", NULL, NULL, NULL, NULL, insertion_literature_tests},
    {"insertion studies", NULL, NULL, NULL, NULL, insertion_study_tests},
    {"analysis of runs", NULL, NULL, NULL, NULL, insertion_analyse_tests},
    {"factorisation", NULL, NULL, NULL, NULL, factorisation_tests},
    {"linear path", NULL, NULL, NULL, NULL, linear_tests},
    {"sensitivities", NULL, NULL, NULL, NULL, sensitivity_tests},
    {"fits", NULL, NULL, NULL, NULL, fit_tests},
    {"drug properties", NULL, NULL, NULL, NULL, property_tests},
    CU_SUITE_INFO_NULL,
};
