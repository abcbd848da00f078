/* compare_kit.h -- a comparison of a text, in the folder of a fixture. */
#ifndef TESTS_SOLVER_COMPARE_KIT_H
#define TESTS_SOLVER_COMPARE_KIT_H
#include "solver/results/compare/compare.h"
#include "tests/solver/study_fixture.h"

/* Writes text as comparison.yaml and runs it into <folder>/compared; c is released by the caller either way. */
int compare_text_with(struct fixture *f, const char *text, const char *const overrides[], struct compare *c,
                      struct err *e);
int compare_text(struct fixture *f, const char *text, struct compare *c, struct err *e);
#endif
