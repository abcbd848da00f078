/* analysis_read.h -- what analysis.c and analysis_read.c share.  Not for others. */
#ifndef SOLVER_RESULTS_ANALYSIS_READ_H
#define SOLVER_RESULTS_ANALYSIS_READ_H
#include "solver/results/analysis.h"

/* Remembers a note; beyond ANALYSIS_NOTES it is dropped. */
void analysis_note(struct run_analysis *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* run.yaml and the settings: model, mechanics (given: as mechanics_read), what the analysis needs. */
int analysis_read_run(struct run_analysis *a, struct analysis_settings *s, bool given[], struct err *e);
/* samples.csv: positions brought to the moments of the forces by the ages that the recorder noted. */
int analysis_read_samples(struct run_analysis *a, struct err *e);
/* The newest penetration record, when there is one. */
int analysis_read_reading(struct run_analysis *a, struct err *e);
#endif
