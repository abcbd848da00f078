/* rundraw.h -- the two figures of a bench run, drawn from its samples.csv: net force over travel, and over time. */
#ifndef BASE_SHOW_RUNDRAW_H
#define BASE_SHOW_RUNDRAW_H
#include "base/show/report.h"

/* Adds the figures; what hinders one (no table, no gnuplot) becomes a warning in the report. */
void rundraw_add(struct report *r, const char *folder);
#endif
