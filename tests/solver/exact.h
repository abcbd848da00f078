/* exact.h -- closed-form answers, written from the literature's formulas and sharing nothing with the solver. */
#ifndef TESTS_SOLVER_EXACT_H
#define TESTS_SOLVER_EXACT_H

/* T1 (Crank, The Mathematics of Diffusion, ch. 4): slab, constant donor, sink; tau = D t / L^2.
 * Q/(K C0 L) and J/J_ss. */
double exact_slab_amount(double tau);
double exact_slab_flux(double tau);
/* T4: finite well-mixed vehicle, alpha = h_v / (K L), over a sink: Q / dose. */
double exact_finite_vehicle(double alpha, double tau);
/* T6: annulus a..b at C0 on r = a, no flux at b: M(t) / M(inf). */
double exact_annulus(double a, double b, double D, double t);
/* T6 with first-order loss k: steady flux into the annulus per unit length / C0, m2/s. */
double exact_annulus_loss_flux(double a, double b, double D, double k);
#endif
