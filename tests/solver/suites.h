/* suites.h -- every test of the solver; the list is suites.c. */
#ifndef TESTS_SOLVER_SUITES_H
#define TESTS_SOLVER_SUITES_H
#include <CUnit/CUnit.h>

extern CU_TestInfo study_load_tests[], study_error_tests[], result_tests[], comparison_tests[], insertion_model_tests[],
    insertion_literature_tests[], insertion_study_tests[], insertion_analyse_tests[], insertion_band_tests[];
extern CU_TestInfo studies_tests[], linear_tests[], factorisation_tests[], sensitivity_tests[], fit_tests[],
    refusal_tests[];
extern CU_TestInfo agreement_tests[], compare_case_tests[], import_tests[], property_tests[], catalogue_tests[],
    needle_dose_tests[], shallow_tests[];

void t1_slab_with_constant_donor_and_sink(void);
void t2_three_layers_in_series(void);
void t3_clearance_in_the_dermis(void);
void t4_finite_vehicle_over_a_sink_and_its_reciprocal(void);
void t5_finite_donor_and_finite_receptor(void);
void t6_annulus_around_a_channel(void);
void t9_pores_through_an_impermeable_sheet(void);
void t13_sampling_with_replacement(void);
void t14_one_compartment_with_zero_order_input(void);
void t18_length_by_density_table_of_stirred_channels(void);

void reference_rows_of_the_unit_cell(void);
void the_stated_bound_covers_the_error_of_every_column_of_drawn_studies(void);
void the_bound_of_the_delivered_amount_is_narrow_over_length_and_density(void);
void error_falls_with_the_mesh_at_the_scheme_s_order(void);
void error_falls_with_the_tolerance(void);

void constants_have_no_flux_and_volumes_are_exact(void);
void masses_are_positive_for_sharp_tips(void);
void newton_solve_matches_finite_differences_of_the_right_hand_side(void);
void newton_solve_holds_for_binding_metabolism_and_blood(void);
void drug_is_conserved_through_removal_and_sampling(void);
void a_channel_of_tissue_changes_nothing(void);
void across_constant_fields_the_cell_is_one_dimensional_to_rounding(void);
void bad_problems_are_refused_with_value_and_bound(void);

void slabs_and_layers_lie_within_their_stated_bounds(void);
void blood_levels_lie_within_their_stated_bounds(void);
void channels_lie_within_their_stated_bounds(void);
void geometric_limits_lie_within_their_stated_bounds(void);
void limits_of_laws_lie_within_their_stated_bounds(void);

void cells_of_one_depth_are_one_cell(void);
void cells_under_an_infinite_dose_add_up(void);
void cells_that_share_a_finite_dose_conserve_it_and_compete_for_it(void);
void two_slabs_draw_on_one_vehicle(void);
void shares_and_depths_of_cells_are_checked(void);

void a_failed_integration_names_layer_and_depth_and_what_to_try(void);
void every_unknown_has_a_name(void);

void events_and_outputs_a_rounding_apart_are_one_time(void);
void clearance_out_of_all_proportion_does_not_flood_the_mesh(void);
void estimates_do_not_vanish_at_the_ends_of_level_and_rtol(void);
void an_integration_without_end_is_stopped(void);
void a_run_that_fails_in_its_first_step_has_a_worst_component_too(void);
void a_slow_layer_of_large_K_does_not_swallow_what_a_channel_brings_below_it(void);

void events_at_time_zero_equal_the_study_without_events(void);
void before_the_needles_skin_is_intact(void);
void cream_needles_serum_keep_the_drug(void);
void events_out_of_order_or_impossible_are_refused(void);
void evaporation_over_sealed_skin_is_exponential(void);
void undissolved_excess_holds_the_vehicle_until_it_is_used_up(void);
void excess_that_the_faces_swallow_at_once_is_conserved(void);
void excess_used_up_just_after_an_output_is_noticed(void);
void a_quick_diffusive_vehicle_is_well_mixed(void);
void channels_that_take_for_ever_to_close_stay_open(void);
void slow_closure_is_quasi_steady(void);
void quick_binding_is_local_equilibrium(void);
void binding_beside_channels_keeps_the_drug_and_slows_it(void);
void t17_first_order_metabolism_in_a_membrane(void);
void far_below_K_m_michaelis_menten_is_first_order(void);
void saturated_michaelis_menten_takes_at_most_v_max(void);
void t16_two_compartments_with_zero_order_input(void);
void feedback_equilibrates_blood_and_skin(void);
void sparse_channels_and_shallow_channels_are_intact_skin(void);
void a_channel_as_deep_as_the_corneum_is_a_pore(void);
void full_coverage_is_the_slab_below(void);
void scaling_every_K_leaves_the_flux(void);
void manufactured_metabolism_in_one_dimension(void);
void manufactured_binding_in_one_dimension(void);
void manufactured_binding_and_metabolism_in_the_unit_cell(void);
void t7_shape_factors_of_sources_under_a_reflecting_surface(void);
void t8_spreading_factor_of_a_disk_on_a_tube(void);
void t10_shrinking_cone(void);
void t11_integral_of_a_flux_that_halves(void);
void t12_flow_into_tissue_and_through_a_bore(void);
void neutral_fractions_and_random_strikes(void);
#endif
