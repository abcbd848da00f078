/* solid.c -- see solid.h  (E45, E46). */
#include <math.h>
#include "solver/system/solid.h"

bool has_solid(const struct system *s, size_t q)
{
    size_t layers = s->p->n_layers;
    return s->p->needles.law != RELEASE_NONE && q >= layers && !(s->p->vehicle_layer && q == layers);
}

struct site solid_site(const struct system *s, size_t q, size_t node, int bound)
{
    const struct problem *p = s->p;
    double z = s->m->node_z[node] - skin_surface(p), w = channel_radius(&p->channel, z);
    double weight = s->m->loaded[node] * (p->needles.law == RELEASE_COAT ? 1.0 / w : 1.0);
    return (struct site){.node = node,
                         .layer = q % p->n_layers,
                         .is_channel = true,
                         .is_solid = true,
                         .volume = s->m->mass[q * s->m->n + node],
                         .dof = s->drug.node_dof[node],
                         .dof_m = NODE_VOID,
                         .bound = bound,
                         .load = weight,
                         .gone = p->needles.law == RELEASE_MATRIX ? p->needles.gone_after * w / p->channel.r_surface
                                                                  : 0.0};
}

void solid_loads(struct system *s)
{
    double sum = 0.0;
    for (size_t i = 0; i < s->n_sites; i++)
        sum += s->site[i].is_solid ? s->site[i].volume * s->site[i].load : 0.0;
    for (size_t i = 0; i < s->n_sites; i++)
        s->site[i].load *= s->site[i].is_solid ? s->p->needles.buried / sum : 1.0;
}

/* Held by matrix, kg/m3: its radius shrinks at a constant speed, its section with the square. */
static double held(const struct system *s, const struct site *k)
{
    double left = k->gone > 0.0 && s->phase.loaded ? fmax(0.0, 1.0 - (s->t - s->phase.loaded_at) / k->gone) : 0.0;
    return k->load * left * left;
}

static double room(const struct system *s, double a) { return 1.0 - s->p->channel.K * a / s->p->needles.solubility; }

double solid_rate(const struct system *s, const struct site *k, double a, double T)
{
    return s->phase.loaded ? -s->p->needles.rate * (T - held(s, k)) * room(s, a) : 0.0;
}

void solid_linearise(const struct system *s, struct site *k, double a, double T)
{
    double rate = s->phase.loaded ? s->p->needles.rate : 0.0;
    k->r_a = rate * fmax(0.0, T - held(s, k)) * s->p->channel.K / s->p->needles.solubility;
    k->r_b = -rate * fmax(0.0, room(s, a)); /* never positive: Newton's matrix stays definite */
}
