/* suites.h -- the test lists of the fault sweep. */
#ifndef TESTS_FAULTS_SUITES_H
#define TESTS_FAULTS_SUITES_H
#include "tests/runner.h"

extern CU_TestInfo sweep_tests[];
extern CU_TestInfo recover_tests[];
extern CU_TestInfo soak_tests[];
#endif
