/* specimen.c -- see specimen.h. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_qrng.h>
#include <math.h>
#include "solver/insertion/specimen.h"

enum { WAYS = 3 }; /* in which specimens differ */

double specimen_sigma(double cv) { return sqrt(log1p(cv * cv)); }

int specimen_draw(struct insertion_case *c, size_t k, struct err *e)
{
    struct mechanics *m = &c->skin;
    double *value[WAYS] = {&m->force_factor, &m->backing_modulus, &m->backing_depth}, u[WAYS];
    const double cv[WAYS] = {m->cv_puncture, m->cv_backing, m->cv_thickness};
    if (k >= SPECIMENS_MAX) return err_set(e, ERR_RANGE, "specimen %zu: must be below %d", k, SPECIMENS_MAX);
    gsl_qrng *q = gsl_qrng_alloc(gsl_qrng_sobol, WAYS);
    if (!q) return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i <= k; i++)
        gsl_qrng_get(q, u);
    gsl_qrng_free(q);
    for (size_t i = 0; i < WAYS; i++)
        *value[i] *= exp(specimen_sigma(cv[i]) * gsl_cdf_ugaussian_Pinv(u[i]));
    c->seed += (unsigned long)k;
    return 0;
}
