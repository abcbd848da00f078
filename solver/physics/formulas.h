/* formulas.h -- closed formulas that studies and tests use; none of them is part of the solver.  SI units. */
#ifndef SOLVER_PHYSICS_FORMULAS_H
#define SOLVER_PHYSICS_FORMULAS_H

/* Share of skin that is open after random strikes: n holes per m2 of radius r, m  (E18). */
double open_share_of_strikes(double n, double r);
/* Steady flux S K D C0 into a half space with a reflecting surface: S, m, of a disk of radius a, of a hemisphere, and
 * of half a prolate spheroid of depth L > a  (E35). */
double shape_disk(double a);
double shape_hemisphere(double a);
double shape_spheroid(double a, double L);
/* Spreading factor psi of an equipotential disk at the end of a long tube, radius ratio e <= 0.7: resistance psi/(4 a K
 * D) per disk  (E36). */
double spreading_factor(double e);
/* Share released of a cone that dissolves at its face with a constant speed, m/s: height h, base half width w, m; time
 * t, s. 1 from the time h sin(half angle)/speed on  (E37). */
double cone_released(double h, double w, double speed, double t);
double cone_time(double h, double w, double speed); /* until nothing is left */
/* Integral of a flux J0 2^(-t/t_half) from 0 to t  (E38).  It is not how the solver closes channels: see E30. */
double closing_amount(double J0, double t_half, double t);
/* Volume flow, m3/s, under pressure dp, Pa, of a fluid of viscosity mu, Pa s: out of a spherical source of radius a, m,
 * into tissue of permeability kappa, m2; through a bore of radius r and length l  (E39). */
double flow_into_tissue(double a, double kappa, double dp, double mu);
double flow_through_bore(double r, double l, double dp, double mu);
#endif
