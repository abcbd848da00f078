/* press.h -- a study of insertion: needles, press and mechanics from a file into a case of the insertion model; and the
 * depth that a diffusion study gets from it.  Keys, units and bounds: docs/explanation/insertion.md. */
#ifndef SOLVER_STUDY_PRESS_H
#define SOLVER_STUDY_PRESS_H
#include "solver/insertion/settings.h"
#include "solver/insertion/strength.h"
#include "solver/study/study.h"

struct press_study {
    struct study study; /* document, parts, title, needles' name and notes; no problem */
    struct insertion_case press;
    bool given[MECHANICS_MAX]; /* which values of press.skin the study states, as mechanics_read says */
    struct needle_material material;
    double drop_threshold; /* N */
};
/* ERR_IO, ERR_PARSE or ERR_RANGE with place, caret, bound and hint; *p is then {0}. */
int press_study_load(struct press_study *p, const char *path, const struct study_options *options, struct err *e);
void press_study_release(struct press_study *p); /* {0} is legal */
/* The study with the needles in place and every value of the model written out. */
void press_study_resolve(const struct press_study *p, struct record *r);
#endif
