/* suites.h -- every test of the solver; the list is suites.c. */
#ifndef TESTS_SOLVER_SUITES_H
#define TESTS_SOLVER_SUITES_H
#include <CUnit/CUnit.h>

extern CU_TestInfo study_load_tests[], study_error_tests[], result_tests[], comparison_tests[], insertion_model_tests[], insertion_literature_tests[], insertion_study_tests[];

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
void default_level_lies_within_its_estimate_on_drawn_geometries(void);
void error_falls_with_the_mesh_at_the_scheme_s_order(void);
void error_falls_with_the_tolerance(void);

void constants_have_no_flux_and_volumes_are_exact(void);
void masses_are_positive_for_sharp_tips(void);
void newton_solve_matches_finite_differences_of_the_right_hand_side(void);
void drug_is_conserved_through_removal_and_sampling(void);
void a_channel_of_tissue_changes_nothing(void);
void bad_problems_are_refused_with_value_and_bound(void);

void events_and_outputs_a_rounding_apart_are_one_time(void);
void clearance_out_of_all_proportion_does_not_flood_the_mesh(void);
void estimates_do_not_vanish_at_the_ends_of_level_and_rtol(void);
void an_integration_without_end_is_stopped(void);
void a_slow_layer_of_large_K_does_not_swallow_what_a_channel_brings_below_it(void);
#endif
