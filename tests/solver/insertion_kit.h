/* insertion_kit.h -- cases for the tests of the insertion model. */
#ifndef TESTS_SOLVER_INSERTION_KIT_H
#define TESTS_SOLVER_INSERTION_KIT_H
#include "solver/insertion/settings.h"

/* Default mechanics, 0.5 mm/s, no hold, seed 1; ends nowhere yet (force and travel NAN). */
struct insertion_case press_case(double length, double tip, double base, size_t count, double area);
/* One needle of that tip, 2 mm long, on a 5 mm stamp, every scatter zero, pressed to a travel. */
struct insertion_case single_case(double tip, double travel);
/* The 10 x 10 array of 600 um with 10 um tips on 1 cm2, pressed to a force and held 30 s. */
struct insertion_case array_case(double force);
/* Runs and summarises; a failure is a failed test.  r must be released. */
struct insertion_summary press_run(const struct insertion_case *c, struct insertion_result *r);
/* The same without keeping the curve. */
struct insertion_summary press_summary(const struct insertion_case *c);
#endif
