/* relax.h -- quasi-linear viscoelasticity: a force that follows its elastic value at once and then relaxes.
 *     F(t) = integral of G(t - t') dFe/dt' dt',   G(t) = g_inf + sum g_k exp(-t / tau_k),   g_inf = 1 - sum g_k   (I7)
 * Exact for an elastic force that changes linearly within a step, whatever the step's length.  SI, no heap. */
#ifndef SOLVER_INSERTION_RELAX_H
#define SOLVER_INSERTION_RELAX_H
#include <stddef.h>

enum { RELAX_TERMS = 4 };
struct relax {
    size_t n;
    double g[RELAX_TERMS], tau[RELAX_TERMS]; /* g_k > 0 with sum <= 1, tau_k > 0 in s */
};
struct relax_memory {
    double Fe, h[RELAX_TERMS];
}; /* elastic force and what each term still holds, N; {0} at rest */

/* What a step of dt >= 0 does to every memory: decay of each term and its share of the change. */
struct relax_step {
    size_t n;
    double instant;
    double decay[RELAX_TERMS], share[RELAX_TERMS], g_inf;
};
struct relax_step relax_step(const struct relax *r, double dt);
/* The force at the end of the step for an elastic force Fe there is  instant * Fe + relax_offset(). */
double relax_offset(const struct relax_step *s, const struct relax_memory *m);
void relax_commit(const struct relax_step *s, struct relax_memory *m, double Fe);
/* G(t). */
double relax_modulus(const struct relax *r, double t);
#endif
