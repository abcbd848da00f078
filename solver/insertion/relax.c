/* relax.c -- see relax.h. */
#include <math.h>
#include "solver/insertion/relax.h"

static double g_inf(const struct relax *r)
{
    double g = 1.0;
    for (size_t k = 0; k < r->n; k++)
        g -= r->g[k];
    return g;
}

struct relax_step relax_step(const struct relax *r, double dt)
{
    struct relax_step s = {.n = r->n, .g_inf = g_inf(r)};
    s.instant = s.g_inf;
    for (size_t k = 0; k < r->n; k++) {
        double q = dt / r->tau[k];
        s.decay[k] = exp(-q);
        s.share[k] = r->g[k] * (q > 1e-9 ? -expm1(-q) / q : 1.0); /* the limit of a step without length */
        s.instant += s.share[k];
    }
    return s;
}

double relax_offset(const struct relax_step *s, const struct relax_memory *m)
{
    double offset = 0.0;
    for (size_t k = 0; k < s->n; k++)
        offset += s->decay[k] * m->h[k] - s->share[k] * m->Fe;
    return offset;
}

void relax_commit(const struct relax_step *s, struct relax_memory *m, double Fe)
{
    for (size_t k = 0; k < s->n; k++)
        m->h[k] = s->decay[k] * m->h[k] + s->share[k] * (Fe - m->Fe);
    m->Fe = Fe;
}

double relax_modulus(const struct relax *r, double t)
{
    double G = g_inf(r);
    for (size_t k = 0; k < r->n; k++)
        G += r->g[k] * exp(-t / r->tau[k]);
    return G;
}
