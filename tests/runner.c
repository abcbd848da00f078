/* runner.c -- runs test_suites[] (or those named on the command line) and fails when an assertion fails:
 * CU_basic_run_tests() returns 0 even then, so the failures are counted here. */
#include <CUnit/Basic.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "tests/runner.h"

void test_rel(double got, double want, double rel, const char *what, const char *file, int line)
{
    bool ok = fabs(got - want) <= rel * fabs(want);
    if (!ok)
        printf("\n%s:%d: %s = %.10g, want %.10g within %g relative (off by %.3g)", file, line, what, got, want, rel,
               fabs(got - want) / fabs(want));
    CU_assertImplementation(ok, (unsigned)line, what, file, "", CU_FALSE);
}

void test_abs(double got, double want, double tol, const char *what, const char *file, int line)
{
    bool ok = fabs(got - want) <= tol;
    if (!ok)
        printf("\n%s:%d: %s = %.10g, want %.10g +- %g", file, line, what, got, want, tol);
    CU_assertImplementation(ok, (unsigned)line, what, file, "", CU_FALSE);
}

void test_has(const char *text, const char *part, const char *file, int line)
{
    bool ok = text && part && strstr(text, part);
    if (!ok)
        printf("\n%s:%d: no \"%s\" in:\n%s\n", file, line, part, text ? text : "(null)");
    CU_assertImplementation(ok, (unsigned)line, part, file, "", CU_FALSE);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    if (argc < 2)
        return true;
    for (int i = 1; i < argc; i++)
        if (strstr(name, argv[i]))
            return true;
    return false;
}

int main(int argc, char **argv)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    for (CU_SuiteInfo *s = test_suites; s->pName; s++) {
        CU_SuiteInfo one[2] = {*s, CU_SUITE_INFO_NULL};
        if (is_wanted(s->pName, argc, argv) && CU_register_suites(one) != CUE_SUCCESS) {
            fprintf(stderr, "cannot register suite %s: %s\n", s->pName, CU_get_error_msg());
            return 1;
        }
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    unsigned run = CU_get_number_of_tests_run(), failed = CU_get_number_of_tests_failed();
    unsigned bad = CU_get_number_of_failures();
    CU_cleanup_registry();
    printf("\n%u passed, %u failed\n", run - failed, failed);
    return run == 0 || failed || bad ? 1 : 0;
}
