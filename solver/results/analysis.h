/* analysis.h -- a run folder of the bench, analysed, and its result folder beside the run.  The run is only read. */
#ifndef SOLVER_RESULTS_ANALYSIS_H
#define SOLVER_RESULTS_ANALYSIS_H
#include "base/runfolder.h"
#include "solver/insertion/analyse.h"
#include "solver/insertion/spread.h"
#include "solver/results/result.h"

enum { ANALYSIS_LINES = 48, ANALYSIS_NOTES = 16 };
struct analysis_line {
    char name[48], unit[12], remark[120];
    double value, u;
};
struct run_analysis {
    char run[FOLDER_PATH], specimen[80];
    bool is_virtual;
    struct run_curve curve; /* arrays owned: freed by run_analysis_release */
    struct analysis found;
    struct insertion_case model; /* the same press for the insertion model */
    bool has_model, has_reading; /* an estimate of the depth; a recorded one, which then counts */
    struct insertion_spread spread;
    struct insertion_summary predicted;
    struct run_penetration reading;
    size_t n_lines, n_notes;
    struct analysis_line line[ANALYSIS_LINES];
    char note[ANALYSIS_NOTES][200]; /* what was assumed, and warnings */
    struct config *settings;
};
/* Reads and analyses; overrides as "key=value" (NULL-terminated; may be NULL), keys in docs/explanation/insertion.md.
 * Errors of files and values with their place; *a is then {0}. */
int run_analysis_make(struct run_analysis *a, const char *run, const char *const overrides[], struct err *e);
/* Would it work with the default settings?  Analyses without the model; 0, or the error that the whole would give. */
int run_analysis_check(const char *run, struct err *e);
void run_analysis_release(struct run_analysis *a); /* {0} is legal */
/* summary.yaml, events.csv, curve.csv into an open folder. */
int run_analysis_write(const struct run_analysis *a, const struct result_context *c, const struct folder *f,
                       struct err *e);
int run_analysis_figures(const struct run_analysis *a, const struct folder *f, struct err *e);
/* "<run>_analysis_NN", the first that is free, into buf; ERR_IO when 99 are taken. */
int run_analysis_place(const char *run, char *buf, size_t size, struct err *e);
#endif
