/* strength.h -- what a needle bears before it buckles or breaks.  SI; equations and bounds: I10. */
#ifndef SOLVER_INSERTION_STRENGTH_H
#define SOLVER_INSERTION_STRENGTH_H
#include "solver/insertion/laws.h"

#define BUCKLING_K 0.7 /* effective length of a tapered needle, fitted by Park & Prausnitz 2010 */

struct needle_material {
    double young_modulus, yield_strength, fracture_force; /* Pa, Pa, N; NAN: not stated */
    double bore;                                          /* m, of a hollow needle, the same all along; 0: solid */
};
struct needle_strength {
    double slenderness, transition; /* K L / rho, and the value above which Euler's formula holds */
    double buckling;   /* N: Euler when slender, Johnson when stout; NAN without a modulus and a strength */
    /* N: elastic frustum, clamped at its base, its tip guided, all of the force on the tip's face: a lower bound.  NAN
     * for a hollow needle. */
    double buckling_lowest;
    /* Pa if the tip's face carried all of the force: an upper bound, skin wraps round it.  One axis: also the stress of
     * von Mises.  NAN where the bore leaves no face. */
    double tip_stress;
    double buckling_margin, fracture_margin; /* bearable / applied; NAN when not computable */
};
/* Elastic load at which a solid frustum buckles, N: 20.19 E I / L^2 with I of the circle whose diameter is the
 * geometric mean of both ends. */
double frustum_buckling(const struct insertion_needles *n, double young_modulus);
/* For the largest axial force on one needle, N.  Section in the middle of the frustum. */
struct needle_strength needle_strength(const struct insertion_needles *n, const struct needle_material *m,
                                       double force);
#endif
