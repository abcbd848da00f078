/* specimen.h -- the specimens that a press may meet: skin drawn with the scatter that mechanics states, and with
 * needles of its own. */
#ifndef SOLVER_INSERTION_SPECIMEN_H
#define SOLVER_INSERTION_SPECIMEN_H
#include "solver/insertion/model.h"

enum { SPECIMENS_MAX = 1000 };
/* Changes c into draw k, 0 to SPECIMENS_MAX - 1: puncture force, backing's modulus and backing's depth times lognormal
 * factors whose median is 1, independent of each other; seed k further.  Sobol's sequence: draws 0 to 2^m - 2 fill the
 * range evenly, draw 0 is the median.  The same k gives the same digits.  ERR_RANGE, ERR_NOMEM. */
int specimen_draw(struct insertion_case *c, size_t k, struct err *e);
/* Standard deviation of the logarithm of a factor with that coefficient of variation. */
double specimen_sigma(double cv);
#endif
