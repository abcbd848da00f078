/* suites.h -- every test of the solver; the list is suites.c. */
#ifndef TESTS_SOLVER_SUITES_H
#define TESTS_SOLVER_SUITES_H
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
#endif
