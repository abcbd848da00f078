/* strength.c -- see strength.h. */
#include <math.h>
#include "solver/insertion/strength.h"

static const double PI = 3.14159265358979323846;

struct needle_strength needle_strength(const struct insertion_needles *n, const struct needle_material *m, double force)
{
    double d = 0.5 * (n->tip_diameter + n->base_diameter), A = PI * d * d / 4.0, I = PI * pow(d, 4.0) / 64.0;
    double KL = BUCKLING_K * n->length, E = m->young_modulus, sy = m->yield_strength;
    struct needle_strength s = {.slenderness = KL / sqrt(I / A), .transition = PI * sqrt(2.0 * E / sy)};
    double euler = PI * PI * E * I / (KL * KL),
           johnson = A * sy * (1.0 - sy * s.slenderness * s.slenderness / (4.0 * PI * PI * E));
    s.buckling = s.slenderness > s.transition ? euler : johnson; /* both give A sy / 2 at the transition */
    s.tip_stress = force / (PI * n->tip_diameter * n->tip_diameter / 4.0);
    s.buckling_margin = s.buckling / force;
    s.fracture_margin = m->fracture_force / force;
    return s;
}
