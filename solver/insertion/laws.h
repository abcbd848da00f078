/* laws.h -- forces on one needle and on the skin under an array, as functions of plain values.  SI: m, N, Pa.
 * Equations I1 to I6, their sources and what is estimated: docs/explanation/insertion.md. */
#ifndef SOLVER_INSERTION_LAWS_H
#define SOLVER_INSERTION_LAWS_H
#include <stddef.h>
#include "solver/insertion/relax.h"

enum { PART_COUNT_MAX = 100000 }; /* needles in an array */

struct insertion_needles {                      /* a frustum: tip radius to base radius over its length */
    double length, tip_diameter, base_diameter; /* m, > 0; tip <= base */
    size_t count;
    double area; /* of the array, m2 */
};

struct mechanics {                          /* every field has a default with its source in settings.c */
    double force_factor;                    /* on the puncture law, - */
    double speed_exponent, speed_reference; /* Fc * (v / reference)^-exponent; -, m/s */
    double cut_sharp,
        cut_blunt; /* share of the puncture force that cutting needs once through, up to 20 mN / above, - */
    double barrier_depth, surface_share;        /* m; entry of the surface needs this share of the puncture force, - */
    double counts_from;                         /* m: a needle is in when its tip lies deeper */
    double cv_tip, cv_site;                     /* lognormal scatter of tip diameters and of the skin's strength, - */
    /* Lognormal scatter from specimen to specimen of its puncture force, its backing's modulus, its depth, -.  One run
     * of the model does not use them: specimen.h draws with them. */
    double cv_puncture, cv_backing, cv_thickness;
    double k1, k2;                              /* dimple, Pa */
    double radial_pressure, friction, adhesion; /* Pa, -, Pa */
    double backing_modulus, backing_depth, backing_stiffening, poisson; /* Pa, m, -, - */
    double base_stiffness;                                              /* of the skin under the base plate, Pa/m */
    double compliance;                                                  /* of frame and load cell, m/N */
    struct relax relax;
};

/* Force at which a tip of diameter d breaks through, N: a line in d joined to a line in its area (I1).
 * Below 5 um, the narrowest tip measured, it stays at 20 mN. */
double puncture_force(double d);
/* Force that keeps a tip moving once it is through (I2). */
double cutting_force(const struct mechanics *m, double puncture);
/* Elastic force of a dimple of depth d under a tip of radius r; odd in d, so that tissue held by a flank can pull (I3).
 */
double dimple_force(const struct mechanics *m, double r, double d);
/* 2 r s + tan(theta) s^2: the flank's area to depth s over pi, times the cosine of its half angle (I4). */
double flank(double r, double tangent, double s);
/* Force per flank() that pushing in, and pulling out, must overcome, Pa. */
double push_pressure(const struct mechanics *m, double tangent);
double pull_pressure(const struct mechanics *m, double tangent);
/* Elastic force of skin and backing sunk by w under a footprint of that area; odd in w (I5). */
double backing_force(const struct mechanics *m, double area, double w);
#endif
