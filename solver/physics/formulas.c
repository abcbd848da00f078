/* formulas.c -- see formulas.h. */
#include <math.h>
#include "solver/physics/formulas.h"

static const double PI = 3.14159265358979323846, LN2 = 0.69314718055994530942;

double open_share_of_strikes(double n, double r) { return 1.0 - exp(-n * PI * r * r); }

double shape_disk(double a) { return 4.0 * a; }
double shape_hemisphere(double a) { return 2.0 * PI * a; }

double shape_spheroid(double a, double L)
{
    double c = sqrt(L * L - a * a);
    return 2.0 * PI * c / atanh(c / L);
}

/* Odd polynomial fitted to the computed values, error < 3e-7. */
double spreading_factor(double e)
{
    double q = e * e;
    return 1.0 + e * (-1.409255 + q * (0.338383 + q * (0.0616503 + q * (-0.00099052 + q * 0.0104106))));
}

double cone_time(double h, double w, double speed) { return h * (w / sqrt(h * h + w * w)) / speed; }

double cone_released(double h, double w, double speed, double t)
{
    double left = fmax(0.0, 1.0 - t / cone_time(h, w, speed));
    return 1.0 - left * left * left;
}

double closing_amount(double J0, double t_half, double t) { return J0 * t_half / LN2 * (1.0 - exp2(-t / t_half)); }

double flow_into_tissue(double a, double kappa, double dp, double mu) { return 4.0 * PI * a * kappa * dp / mu; }
double flow_through_bore(double r, double l, double dp, double mu) { return PI * r * r * r * r * dp / (8.0 * mu * l); }
