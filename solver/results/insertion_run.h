/* insertion_run.h -- a press of the bench as the insertion model would have predicted it: the study takes over what was
 * done, and what was measured stands beside what comes out. */
#ifndef SOLVER_RESULTS_INSERTION_RUN_H
#define SOLVER_RESULTS_INSERTION_RUN_H
#include "solver/results/analysis.h"
#include "solver/results/insertion.h"

/* What a run says of needles, press and machine, as "path=value" for a study of insertion: of its needles those that it
 * names; greatest force, speed, hold, force of contact, compliance.  Nothing of what was measured on the skin. */
enum { RUN_SETS = 7, RUN_SET = 400 };
struct run_sets {
    size_t n;
    char text[RUN_SETS][RUN_SET];
};
void insertion_run_sets(const struct run_analysis *a, struct run_sets *s);

/* One quantity both ways, in its unit; NAN: not seen. */
struct run_pair {
    const char *name, *unit;
    double measured, u, predicted;
};
enum { RUN_PAIRS = 8 };
size_t insertion_run_pairs(const struct run_analysis *a, const struct insertion_outcome *o,
                           struct run_pair pair[RUN_PAIRS]);
/* Share of the press's readings inside the band for a new specimen, and for another array; NAN without any. */
void insertion_run_inside(const struct run_analysis *a, const struct insertion_outcome *o, double *specimen,
                          double *array);
/* measured.csv and measured.yaml beside the prediction, into an open folder. */
int insertion_run_write(const struct run_analysis *a, const struct insertion_outcome *o, const struct folder *f,
                        struct err *e);
#endif
