/* report.h -- result, sweep, comparison and run folders in one self-contained HTML page.  Shows what the files say and
 * computes nothing, so that the page and the CSVs cannot differ. */
#ifndef SOLVER_RESULTS_REPORT_H
#define SOLVER_RESULTS_REPORT_H
#include <stddef.h>
#include "base/err.h"

/* One section a folder, in the order given.  ERR_IO for a folder that is none of the known kinds. */
int report_write(const char *const folder[], size_t n, const char *title, const char *path, struct err *e);
#endif
