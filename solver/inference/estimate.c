/* estimate.c -- see estimate.h.  The only file that knows GSL's least squares. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <stdlib.h>
#include "solver/inference/estimate.h"

#define STEP           2e-3 /* of the central differences, in log(parameter): above the integrator's noise */
#define XTOL           1e-5 /* relative change of log(parameter) at which the fit stops */
#define ITERATIONS_MAX 60

struct bridge {
    const struct estimate_problem *p;
    size_t evaluations;
    struct err first; /* why residuals could not be computed */
};

static int evaluate(struct bridge *b, const double *log_parameter, double *r)
{
    double parameter[ESTIMATE_MAX];
    struct err e = {0};
    for (size_t i = 0; i < b->p->n_parameters; i++)
        parameter[i] = exp(log_parameter[i]);
    b->evaluations++;
    if (b->p->residuals(b->p->self, parameter, r, &e) == 0) return GSL_SUCCESS;
    if (!b->first.code) b->first = e;
    return GSL_EFAILED;
}

static int on_residuals(const gsl_vector *x, void *self, gsl_vector *f)
{
    double log_parameter[ESTIMATE_MAX];
    for (size_t i = 0; i < x->size; i++)
        log_parameter[i] = gsl_vector_get(x, i);
    return evaluate(self, log_parameter, f->data);
}

static int on_jacobian(const gsl_vector *x, void *self, gsl_matrix *J)
{
    struct bridge *b = self;
    size_t n = b->p->n_residuals;
    double *up = calloc(2 * n, sizeof *up), *down = up + n, log_parameter[ESTIMATE_MAX];
    int rc = up ? GSL_SUCCESS : GSL_ENOMEM;
    for (size_t i = 0; i < x->size; i++)
        log_parameter[i] = gsl_vector_get(x, i);
    for (size_t j = 0; rc == GSL_SUCCESS && j < x->size; j++) {
        double at = log_parameter[j];
        log_parameter[j] = at + STEP;
        rc = evaluate(b, log_parameter, up);
        log_parameter[j] = at - STEP;
        if (rc == GSL_SUCCESS) rc = evaluate(b, log_parameter, down);
        log_parameter[j] = at;
        for (size_t i = 0; rc == GSL_SUCCESS && i < n; i++)
            gsl_matrix_set(J, i, j, (up[i] - down[i]) / (2.0 * STEP));
    }
    free(up);
    return rc;
}

/* Covariance of log(parameter): (J'J)^-1 times the residual variance. */
static void write_estimate(const gsl_multifit_nlinear_workspace *w, const struct bridge *b, gsl_matrix *covariance,
                           struct estimate *out)
{
    size_t p = b->p->n_parameters, n = b->p->n_residuals;
    const gsl_vector *x = gsl_multifit_nlinear_position(w), *f = gsl_multifit_nlinear_residual(w);
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += gsl_vector_get(f, i) * gsl_vector_get(f, i);
    gsl_multifit_nlinear_covar(gsl_multifit_nlinear_jac(w), 0.0, covariance);
    *out = (struct estimate){.n_parameters = p,
                             .n_residuals = n,
                             .rmse = sqrt(sum / (double)n),
                             .iterations = gsl_multifit_nlinear_niter(w),
                             .evaluations = b->evaluations};
    double variance = sum / (double)(n - p);
    for (size_t i = 0; i < p; i++) {
        out->value[i] = exp(gsl_vector_get(x, i));
        out->relative_se[i] = sqrt(variance * gsl_matrix_get(covariance, i, i));
        for (size_t j = 0; j < p; j++)
            out->correlation[i][j] = gsl_matrix_get(covariance, i, j) /
                                     sqrt(gsl_matrix_get(covariance, i, i) * gsl_matrix_get(covariance, j, j));
    }
}

static int iterate(gsl_multifit_nlinear_workspace *w, gsl_multifit_nlinear_fdf *fdf, const gsl_vector *x,
                   struct bridge *b, struct err *e)
{
    int info = 0, status = gsl_multifit_nlinear_init(x, fdf, w);
    if (status == GSL_SUCCESS)
        status = gsl_multifit_nlinear_driver(ITERATIONS_MAX, XTOL, 1e-10, 0.0, NULL, NULL, &info, w);
    /* "no progress" at a minimum that the integrator's noise does not resolve further is an end, not a failure */
    if (status == GSL_SUCCESS || (status == GSL_ENOPROG && gsl_multifit_nlinear_niter(w) > 1)) return 0;
    if (b->first.code)
        err_set(e, ERR_NUMERIC, "fit: %s", b->first.msg);
    else
        err_set(e, ERR_NUMERIC, "fit: %s after %zu iterations", gsl_strerror(status), gsl_multifit_nlinear_niter(w));
    err_hint(e, "start closer to the answer, or fit fewer parameters");
    return ERR_NUMERIC;
}

int estimate_fit(const struct estimate_problem *p, const double *start, struct estimate *out, struct err *e)
{
    if (p->n_parameters < 1 || p->n_parameters > ESTIMATE_MAX || p->n_residuals <= p->n_parameters)
        return err_set(e, ERR_ARG,
                       "fit: %zu parameters to %zu data: needs 1 to %d parameters and more data than parameters",
                       p->n_parameters, p->n_residuals, ESTIMATE_MAX);
    struct bridge b = {.p = p};
    gsl_multifit_nlinear_parameters settings = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_fdf fdf = {
        .f = on_residuals, .df = on_jacobian, .n = p->n_residuals, .p = p->n_parameters, .params = &b};
    gsl_error_handler_t *old = gsl_set_error_handler_off();
    gsl_multifit_nlinear_workspace *w = gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &settings, fdf.n, fdf.p);
    gsl_vector *x = gsl_vector_alloc(fdf.p);
    gsl_matrix *covariance = gsl_matrix_alloc(fdf.p, fdf.p);
    int rc = w && x && covariance ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; !rc && i < fdf.p; i++)
        gsl_vector_set(x, i, log(start[i]));
    if (!rc) rc = iterate(w, &fdf, x, &b, e);
    if (!rc) write_estimate(w, &b, covariance, out);
    if (w) gsl_multifit_nlinear_free(w);
    if (x) gsl_vector_free(x);
    if (covariance) gsl_matrix_free(covariance);
    gsl_set_error_handler(old);
    return rc;
}
