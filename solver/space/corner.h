/* corner.h -- the edges where a channel's wall crosses the face of a layer, when the flux is singular there: wide and
 * shallow channels above all, whose wall crosses the corneum's lower face at a flat angle. */
#ifndef SOLVER_SPACE_CORNER_H
#define SOLVER_SPACE_CORNER_H
#include "solver/physics/problem.h"

/* Near such an edge the activity goes as rho^exponent with the distance rho, and the error of a flux on elements of one
 * size h as h^(2 exponent).  (E3) */
struct corner {
    double z;        /* depth on the mesh, m */
    double radius;   /* of the wall there, m */
    double slope;    /* of the wall there, -dr/dz */
    double exponent; /* below CORNER_MILD */
    double size;     /* m: of the elements that touch it, at level 1 */
};

/* m: a floor as near to a face lies in it.  Elements between them would be thinner than what rounding leaves of the
 * drug balance. */
#define FLOOR_SNAP 2e-9
#define CORNER_MILD 0.75 /* edges of a larger exponent need nothing of their own; 1 is smooth */
#define RIM_MILD    0.62 /* ... at a floor that lies in a face: rims within a layer have 2/3, and sizes of their own */

/* The singular edges of channel c in p's layers, outermost first; their number. */
size_t corners(const struct problem *p, const struct channel *c, struct corner out[LAYERS_MAX]);
#endif
