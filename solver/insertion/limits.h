/* limits.h -- where a press leaves what the insertion model's values and laws come from: said in words, never refused.
 */
#ifndef SOLVER_INSERTION_LIMITS_H
#define SOLVER_INSERTION_LIMITS_H
#include "solver/insertion/model.h"

enum { INSERTION_LIMITS = 4, INSERTION_LIMIT = 240 };
/* sink, m at the end of the press; NAN: not looked at.  Returns how many there are in text[]. */
size_t insertion_limits(const struct insertion_case *c, double force, double sink,
                        char text[INSERTION_LIMITS][INSERTION_LIMIT]);
#endif
