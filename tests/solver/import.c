/* import.c -- other people's tables: what is read, converted, refused. */
#include "tests/runner.h"
#include "tests/solver/suites.h"

CU_TestInfo import_tests[] = {CU_TEST_INFO_NULL};
