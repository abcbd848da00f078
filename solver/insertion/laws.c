/* laws.c -- see laws.h. */
#include <math.h>
#include "solver/insertion/laws.h"

static const double PI = 3.14159265358979323846;

#define SHARP_DIAMETER 5e-6 /* m, narrowest tip of Roemgens 2014 */
#define SHARP_FORCE 20e-3   /* N at that tip */
#define LINE_SLOPE 4.594e3  /* N/m: (167 - 20) mN / (37 - 5) um, Roemgens 2014 */
#define DAVIS_SLOPE 1.9e8   /* N/m2: 0.00019 N/um2, Davis 2004 */
#define DAVIS_OFFSET 0.66   /* N */

double puncture_force(double d)
{
    double line = SHARP_FORCE + LINE_SLOPE * fmax(0.0, d - SHARP_DIAMETER);
    return fmax(line, DAVIS_SLOPE * PI * d * d / 4.0 - DAVIS_OFFSET);
}

double cutting_force(const struct mechanics *m, double puncture)
{
    return m->cut_sharp * fmin(puncture, SHARP_FORCE) + m->cut_blunt * fmax(0.0, puncture - SHARP_FORCE);
}

double dimple_force(const struct mechanics *m, double r, double d) { return m->k1 * r * d + m->k2 * d * fabs(d); }

double flank(double r, double tangent, double s) { return (2.0 * r + tangent * s) * s; }

double push_pressure(const struct mechanics *m, double tangent)
{
    return PI * m->radial_pressure * (tangent + m->friction);
}

double pull_pressure(const struct mechanics *m, double tangent)
{
    double grip = fmax(0.0, m->radial_pressure * (m->friction - tangent)); /* a blunt cone is squeezed out, not held */
    return PI * (grip + m->adhesion * sqrt(1.0 + tangent * tangent));
}

double backing_force(const struct mechanics *m, double area, double w)
{
    double k0 = 2.0 * sqrt(area / PI) * m->backing_modulus / (1.0 - m->poisson * m->poisson);
    double soft = m->backing_depth / m->backing_stiffening;
    return copysign(k0 * soft * expm1(fabs(w) / soft), w);
}
