/* suites.c -- every suite of the fault sweep. */
#include "tests/faults/suites.h"

CU_SuiteInfo test_suites[] = {
    {"fault sweep", NULL, NULL, NULL, NULL, sweep_tests},
    {"recover", NULL, NULL, NULL, NULL, recover_tests},
    {"soak", NULL, NULL, NULL, NULL, soak_tests},
    CU_SUITE_INFO_NULL,
};
