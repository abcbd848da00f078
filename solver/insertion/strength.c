/* strength.c -- see strength.h. */
#include <math.h>
#include "solver/insertion/strength.h"

static const double PI = 3.14159265358979323846;
static const double GUIDED_ROOT = 4.493409457909064; /* least x > 0 with tan x = x */

static double area_of(double d, double bore) { return PI * (d * d - bore * bore) / 4.0; }

static double inertia_of(double d, double bore) { return PI * (pow(d, 4.0) - pow(bore, 4.0)) / 64.0; }

/* y'' + k^2 y / x^4 = c (x - a) from the cone's apex, tip at a and base at b: y = x sin(k/a - k/x) and a line; the
 * clamped base asks tan X = X of X = k (1/a - 1/b), whatever the taper. */
double frustum_buckling(const struct insertion_needles *n, double young_modulus)
{
    double I = inertia_of(sqrt(n->tip_diameter * n->base_diameter), 0.0);
    return GUIDED_ROOT * GUIDED_ROOT * young_modulus * I / (n->length * n->length);
}

struct needle_strength needle_strength(const struct insertion_needles *n, const struct needle_material *m, double force)
{
    double d = 0.5 * (n->tip_diameter + n->base_diameter), A = area_of(d, m->bore), I = inertia_of(d, m->bore);
    double KL = BUCKLING_K * n->length, E = m->young_modulus, sy = m->yield_strength,
           face = area_of(n->tip_diameter, m->bore);
    struct needle_strength s = {.slenderness = KL / sqrt(I / A), .transition = PI * sqrt(2.0 * E / sy)};
    double euler = PI * PI * E * I / (KL * KL),
           johnson = A * sy * (1.0 - sy * s.slenderness * s.slenderness / (4.0 * PI * PI * E));
    s.buckling = s.slenderness > s.transition ? euler : johnson; /* both give A sy / 2 at the transition */
    s.buckling_lowest = m->bore > 0.0 ? NAN : frustum_buckling(n, E);
    s.tip_stress = face > 0.0 ? force / face : NAN;
    s.buckling_margin = s.buckling / force;
    s.fracture_margin = m->fracture_force / force;
    return s;
}
