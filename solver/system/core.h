/* core.h -- assembly of one diffusing species' core; used by system.c. */
#ifndef SOLVER_SYSTEM_CORE_H
#define SOLVER_SYSTEM_CORE_H
#include "solver/system/system.h"

/* Properties of zone q for the drug or the metabolite in a phase: K; D at openness theta; first-order loss by
 * capillaries and by metabolism. */
double zone_K(const struct system *s, bool metabolite, size_t q);
double zone_D(const struct system *s, bool metabolite, size_t q, double theta);
double zone_clearance(const struct system *s, bool metabolite, size_t q);
double zone_turnover(const struct system *s, bool metabolite, size_t q);
/* Whether zone q is there: a diffusive vehicle only while it is on the skin, and never for the metabolite. */
bool zone_present(const struct system *s, bool metabolite, size_t q);

int  core_build(struct core *c, const struct system *s, bool metabolite);
void core_release(struct core *c);
void core_set_theta(struct core *c, double theta);
#endif
