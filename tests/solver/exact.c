/* exact.c -- see exact.h. */
#include <gsl/gsl_sf_bessel.h>
#include <math.h>
#include "tests/solver/exact.h"

static const double PI = 3.14159265358979323846;

double exact_slab_amount(double tau)
{
    double sum = 0.0;
    for (int n = 1; n <= 400; n++)
        sum += (n % 2 ? -1.0 : 1.0) / ((double)n * n) * exp(-(double)n * n * PI * PI * tau);
    return tau - 1.0 / 6.0 - 2.0 / (PI * PI) * sum;
}

double exact_slab_flux(double tau)
{
    double sum = 0.0;
    for (int n = 1; n <= 400; n++)
        sum += (n % 2 ? -1.0 : 1.0) * exp(-(double)n * n * PI * PI * tau);
    return 1.0 + 2.0 * sum;
}

static double bisect(double (*f)(double, const double *), const double *par, double lo, double hi)
{
    double flo = f(lo, par);
    for (int i = 0; i < 200; i++) {
        double mid = 0.5 * (lo + hi), fm = f(mid, par);
        if ((fm > 0.0) == (flo > 0.0)) {
            lo = mid;
            flo = fm;
        } else {
            hi = mid;
        }
    }
    return 0.5 * (lo + hi);
}

static double vehicle_root(double beta, const double *alpha) { return *alpha * beta * sin(beta) - cos(beta); }

double exact_finite_vehicle(double alpha, double tau)
{
    double left = 0.0;
    for (int n = 0; n < 200; n++) {
        double b = bisect(vehicle_root, &alpha, n * PI, n * PI + PI / 2.0 + 1e-9);
        left += 2.0 * exp(-b * b * tau) / (b * sin(b) * (1.0 + alpha + alpha * alpha * b * b));
    }
    return 1.0 - left;
}

static double annulus_root(double x, const double *ab)
{
    double a = ab[0], b = ab[1];
    return gsl_sf_bessel_J0(a * x) * gsl_sf_bessel_Y1(b * x) - gsl_sf_bessel_Y0(a * x) * gsl_sf_bessel_J1(b * x);
}

double exact_annulus(double a, double b, double D, double t)
{
    double ab[2] = {1.0, b / a}, left = 0.0, step = PI / (b / a - 1.0) / 50.0, x = 1e-6, f = annulus_root(x, ab);
    for (int found = 0; found < 60; x += step) { /* lengths in units of a */
        double next = annulus_root(x + step, ab);
        if ((next > 0.0) != (f > 0.0)) {
            double r = bisect(annulus_root, ab, x, x + step);
            double J1 = gsl_sf_bessel_J1(ab[1] * r), J0 = gsl_sf_bessel_J0(r);
            left += J1 * J1 * exp(-D / (a * a) * r * r * t) / (r * r * (J0 * J0 - J1 * J1));
            found++;
        }
        f = next;
    }
    return 1.0 - 4.0 / (ab[1] * ab[1] - 1.0) * left;
}

double exact_annulus_loss_flux(double a, double b, double D, double k)
{
    double m = sqrt(k / D), I0 = gsl_sf_bessel_I0(m * a), K0 = gsl_sf_bessel_K0(m * a);
    double I1a = gsl_sf_bessel_I1(m * a), K1a = gsl_sf_bessel_K1(m * a);
    double I1b = gsl_sf_bessel_I1(m * b), K1b = gsl_sf_bessel_K1(m * b);
    return 2.0 * PI * a * D * m * (K1a * I1b - I1a * K1b) / (I0 * K1b + K0 * I1b);
}
