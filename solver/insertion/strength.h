/* strength.h -- what a needle bears before it buckles or breaks.  SI; equations and bounds: I10. */
#ifndef SOLVER_INSERTION_STRENGTH_H
#define SOLVER_INSERTION_STRENGTH_H
#include "solver/insertion/laws.h"

#define BUCKLING_K 0.7 /* effective length of a tapered needle, fitted by Park & Prausnitz 2010 */

struct needle_material {
    double young_modulus, yield_strength, fracture_force; /* Pa, Pa, N; NAN: not stated */
};
struct needle_strength {
    double slenderness, transition; /* K L / rho, and the value above which Euler's formula holds */
    double buckling;   /* N: Euler when slender, Johnson when stout; NAN without a modulus and a strength */
    double tip_stress; /* Pa if the tip's face carried all of the force: an upper bound, skin wraps round it */
    double buckling_margin, fracture_margin; /* bearable / applied; NAN when not computable */
};
/* For the largest axial force on one needle, N.  Section in the middle of the frustum. */
struct needle_strength needle_strength(const struct insertion_needles *n, const struct needle_material *m,
                                       double force);
#endif
