/* runner.h -- one CUnit runner per room.  Each room's tests/<room>/suites.c defines test_suites[]. */
#ifndef TESTS_RUNNER_H
#define TESTS_RUNNER_H
#include <CUnit/CUnit.h>

/* {NULL}-terminated list of suites; every test's name states a behaviour. */
extern CU_SuiteInfo test_suites[];

/* Asserts |got - want| <= rel * |want|; on failure prints both (NaN fails). */
#define ASSERT_REL(got, want, rel) test_rel((got), (want), (rel), #got, __FILE__, __LINE__)
/* Asserts |got - want| <= tol. */
#define ASSERT_ABS(got, want, tol) test_abs((got), (want), (tol), #got, __FILE__, __LINE__)
/* Asserts that text contains part; prints text when it does not. */
#define ASSERT_HAS(text, part) test_has((text), (part), __FILE__, __LINE__)

void test_rel(double got, double want, double rel, const char *what, const char *file, int line);
void test_abs(double got, double want, double tol, const char *what, const char *file, int line);
void test_has(const char *text, const char *part, const char *file, int line);
#endif
