/* runpage.h -- a bench run as a section of a report, for mnrig report and mnsim report: what was done, by what method
 * on which bench within which limits, how it ended, what was found, the force-travel figure, events, timing,
 * completeness, warnings, provenance.  Shows what the run folder says; computes nothing but the sum of samples.csv. */
#ifndef BASE_SHOW_RUNPAGE_H
#define BASE_SHOW_RUNPAGE_H
#include "base/show/report.h"

/* Returns 0, or ERR_IO / ERR_PARSE when run.yaml cannot be read or is none of ours.  Tables that are damaged or
 * missing, and figures that cannot be drawn, are told in the report instead. */
int runpage_add(struct report *r, const char *folder, struct err *e);
#endif
