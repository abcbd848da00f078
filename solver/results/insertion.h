/* insertion.h -- the result folder of one run of the insertion model. */
#ifndef SOLVER_RESULTS_INSERTION_H
#define SOLVER_RESULTS_INSERTION_H
#include "solver/insertion/band.h"
#include "solver/insertion/limits.h"
#include "solver/insertion/spread.h"
#include "solver/results/result.h"
#include "solver/study/press.h"

struct insertion_outcome {
    struct insertion_result result;
    struct insertion_summary summary;
    struct needle_strength strength;
    bool has_band; /* then the two below are there */
    struct insertion_band band;
    struct insertion_spread spread;
    size_t n_seen; /* a measured press for the figure, m and N; borrowed */
    const double *seen_travel, *seen_force;
};
int insertion_compute(const struct press_study *p, struct insertion_outcome *o, struct err *e);
/* The bands of the next curves (95 %) and the spread of the depth: some 60 presses more. */
int insertion_compute_bands(const struct press_study *p, struct insertion_outcome *o, struct err *e);
void insertion_outcome_release(struct insertion_outcome *o);
/* study.yaml, curve.csv, needles.csv, summary.yaml, and band.csv where there is a band, into an open folder. */
int insertion_write(const struct press_study *p, const struct insertion_outcome *o, const struct result_context *c,
                    const struct folder *f, struct err *e);
/* Force and depth over travel; ERR_FAILED when gnuplot is missing. */
int insertion_figures(const struct press_study *p, const struct insertion_outcome *o, const struct folder *f,
                      struct err *e);

/* The summary as lines: name, value, unit. */
struct insertion_line {
    const char *name, *unit;
    double value;
};
enum { INSERTION_LINES = 31 };
/* What the most loaded needle does not bear, and where the model is drawn on beyond its sources, in words; returns how
 * many, up to INSERTION_WARNINGS. */
enum { INSERTION_WARNINGS = 2 + INSERTION_LIMITS, INSERTION_WARNING = 280 };
size_t insertion_warnings(const struct press_study *p, const struct insertion_outcome *o,
                          char text[INSERTION_WARNINGS][INSERTION_WARNING]);
size_t insertion_lines(const struct insertion_outcome *o, struct insertion_line line[INSERTION_LINES]);
#endif
