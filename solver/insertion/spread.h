/* spread.h -- how sure a computed depth is: spread over needles, over arrays, over specimens, and what the estimated
 * values leave open. */
#ifndef SOLVER_INSERTION_SPREAD_H
#define SOLVER_INSERTION_SPREAD_H
#include "solver/insertion/model.h"

struct insertion_spread {
    double depth, needle_sd; /* m: mean and sd over the needles that went in; NAN when none did */
    double fraction;         /* of the needles that went in */
    double fraction_lowest;  /* ... with the least favourable of the values varied */
    double array_sd;         /* m: of the mean over SPREAD_ARRAYS arrays drawn anew, on this specimen */
    double specimen_sd;      /* m: of the mean from specimen to specimen, arrays drawn anew included */
    double value_error;      /* m: root sum of squares of the mean's change as each estimate moves by its doubt */
};
enum { SPREAD_ARRAYS = 4 };
/* given: one per setting as mechanics_read gives it; a value that was stated is not varied.  The doubts are in
 * spread.c.  Errors as insertion_run. */
int insertion_spread(const struct insertion_case *c, const bool given[], struct insertion_spread *s, struct err *e);
#endif
