/* solid.h -- the needles' undissolved drug at the nodes of the channels; used by system.c. */
#ifndef SOLVER_SYSTEM_SOLID_H
#define SOLVER_SYSTEM_SOLID_H
#include "solver/system/system.h"

/* Whether zone q is channel that holds a needle's dose. */
bool has_solid(const struct system *s, size_t q);
struct site solid_site(const struct system *s, size_t q, size_t node, int bound);
/* Shares the buried dose out over the solid sites, exactly: over the volume of a matrix, the faces of a coat. */
void   solid_loads(struct system *s);
/* dT/dt at activity a and solid T, kg/(m3 s), and its derivatives into the site. */
double solid_rate(const struct system *s, const struct site *k, double a, double T);
void   solid_linearise(const struct system *s, struct site *k, double a, double T);
#endif
