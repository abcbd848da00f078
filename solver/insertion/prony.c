/* prony.c -- see prony.h.  Unknowns: rest, amplitudes, logarithms of the times (so that these stay positive). */
#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <stdbool.h>
#include "solver/insertion/prony.h"

enum { ITERATIONS_MAX = 300 };
struct data {
    const double *t, *F;
    size_t n, terms;
};

static int residuals(const gsl_vector *p, void *data, gsl_vector *out)
{
    const struct data *d = data;
    for (size_t i = 0; i < d->n; i++) {
        double sum = gsl_vector_get(p, 0) - d->F[i];
        for (size_t k = 0; k < d->terms; k++)
            sum += gsl_vector_get(p, 1 + 2 * k) * exp(-(d->t[i] - d->t[0]) * exp(-gsl_vector_get(p, 2 + 2 * k)));
        gsl_vector_set(out, i, sum);
    }
    return GSL_SUCCESS;
}

static int jacobian(const gsl_vector *p, void *data, gsl_matrix *J)
{
    const struct data *d = data;
    for (size_t i = 0; i < d->n; i++) {
        gsl_matrix_set(J, i, 0, 1.0);
        for (size_t k = 0; k < d->terms; k++) {
            double q = (d->t[i] - d->t[0]) * exp(-gsl_vector_get(p, 2 + 2 * k)), x = exp(-q);
            gsl_matrix_set(J, i, 1 + 2 * k, x);
            gsl_matrix_set(J, i, 2 + 2 * k, gsl_vector_get(p, 1 + 2 * k) * q * x);
        }
    }
    return GSL_SUCCESS;
}

/* Times spread evenly in the logarithm between a few samples and the record's length. */
static void guess(const struct data *d, gsl_vector *p)
{
    double T = d->t[d->n - 1] - d->t[0], fall = d->F[0] - d->F[d->n - 1], shortest = 5.0 * T / (double)d->n;
    gsl_vector_set(p, 0, d->F[d->n - 1] - 0.1 * fall);
    for (size_t k = 0; k < d->terms; k++) {
        double share = (double)(k + 1) / (double)(d->terms + 1);
        gsl_vector_set(p, 1 + 2 * k, fall / (double)d->terms);
        gsl_vector_set(p, 2 + 2 * k, log(shortest) + share * log(T / shortest));
    }
}

static void swap(double *a, double *b)
{
    double c = *a;
    *a = *b;
    *b = c;
}

/* Unknown i is the rest (0) or an amplitude (1, 3, ...); what they add up to is the force at the start.  Standard
 * uncertainty of unknown i over that sum, by its derivative (own - share) / start after each. */
static double share_u(const gsl_vector *p, const gsl_matrix *cov, size_t terms, size_t i, double start)
{
    double share = gsl_vector_get(p, i) / start, variance = 0.0;
    for (size_t a = 0; a <= terms; a++)
        for (size_t b = 0; b <= terms; b++) {
            size_t j = a ? 2 * a - 1 : 0, k = b ? 2 * b - 1 : 0;
            variance += ((j == i) - share) * ((k == i) - share) * gsl_matrix_get(cov, j, k);
        }
    return sqrt(fmax(variance, 0.0)) / fabs(start);
}

static void collect_shares(const gsl_vector *p, const gsl_matrix *cov, double per_dof, struct prony_fit *f)
{
    double start = gsl_vector_get(p, 0);
    for (size_t k = 0; k < f->terms; k++)
        start += gsl_vector_get(p, 1 + 2 * k);
    f->rest_share = gsl_vector_get(p, 0) / start;
    f->rest_share_u = sqrt(per_dof) * share_u(p, cov, f->terms, 0, start);
    for (size_t k = 0; k < f->terms; k++) {
        f->share[k] = gsl_vector_get(p, 1 + 2 * k) / start;
        f->share_u[k] = sqrt(per_dof) * share_u(p, cov, f->terms, 1 + 2 * k, start);
    }
}

static void collect(const gsl_vector *p, const gsl_matrix *cov, const struct data *d, double squares,
                    struct prony_fit *f)
{
    double per_dof = squares / (double)(d->n - (1 + 2 * d->terms));
    *f = (struct prony_fit){.terms = d->terms,
                            .rest = gsl_vector_get(p, 0),
                            .rest_u = sqrt(per_dof * gsl_matrix_get(cov, 0, 0)),
                            .residual = sqrt(squares / (double)d->n)};
    for (size_t k = 0; k < d->terms; k++) {
        f->amplitude[k] = gsl_vector_get(p, 1 + 2 * k);
        f->amplitude_u[k] = sqrt(per_dof * gsl_matrix_get(cov, 1 + 2 * k, 1 + 2 * k));
        f->tau[k] = exp(gsl_vector_get(p, 2 + 2 * k));
        f->tau_u[k] = f->tau[k] * sqrt(per_dof * gsl_matrix_get(cov, 2 + 2 * k, 2 + 2 * k));
    }
    collect_shares(p, cov, per_dof, f);
    for (size_t k = 1; k < f->terms; k++)
        for (size_t j = k; j > 0 && f->tau[j] < f->tau[j - 1]; j--) {
            swap(&f->tau[j], &f->tau[j - 1]);
            swap(&f->tau_u[j], &f->tau_u[j - 1]);
            swap(&f->amplitude[j], &f->amplitude[j - 1]);
            swap(&f->amplitude_u[j], &f->amplitude_u[j - 1]);
            swap(&f->share[j], &f->share[j - 1]);
            swap(&f->share_u[j], &f->share_u[j - 1]);
        }
}

static int solve(struct data *d, gsl_multifit_nlinear_workspace *w, gsl_vector *p, gsl_matrix *cov,
                 struct prony_fit *fit)
{
    gsl_multifit_nlinear_fdf f = {0};
    f.f = residuals;
    f.df = jacobian;
    f.n = d->n;
    f.p = 1 + 2 * d->terms;
    f.params = d;
    int info;
    double squares;
    guess(d, p);
    int rc = gsl_multifit_nlinear_init(p, &f, w);
    if (!rc) rc = gsl_multifit_nlinear_driver(ITERATIONS_MAX, 1e-10, 1e-10, 0.0, NULL, NULL, &info, w);
    if (rc && rc != GSL_ENOPROG) return rc; /* no progress: at the minimum to rounding */
    gsl_multifit_nlinear_covar(gsl_multifit_nlinear_jac(w), 0.0, cov);
    gsl_blas_ddot(gsl_multifit_nlinear_residual(w), gsl_multifit_nlinear_residual(w), &squares);
    collect(gsl_multifit_nlinear_position(w), cov, d, squares, fit);
    return 0;
}

int prony_fit(const double t[], const double F[], size_t n, size_t terms, struct prony_fit *fit, struct err *e)
{
    size_t unknowns = 1 + 2 * terms;
    if (terms < 1 || terms > PRONY_TERMS || n < 2 * unknowns)
        return err_set(e, ERR_RANGE, "%zu points of the hold: %zu exponentials need at least %zu", n, terms,
                       2 * unknowns);
    struct data d = {t, F, n, terms};
    gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_workspace *w = gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &how, n, unknowns);
    gsl_vector *p = gsl_vector_alloc(unknowns);
    gsl_matrix *cov = gsl_matrix_alloc(unknowns, unknowns);
    gsl_error_handler_t *old = gsl_set_error_handler_off(); /* its default ends the program */
    int rc = w && p && cov ? solve(&d, w, p, cov, fit) : GSL_ENOMEM;
    gsl_set_error_handler(old);
    gsl_multifit_nlinear_free(w);
    gsl_vector_free(p);
    gsl_matrix_free(cov);
    return rc ? err_set(e, ERR_NUMERIC, "%zu exponentials do not fit the hold: %s", terms, gsl_strerror(rc)) : 0;
}

static bool is_sensible(const struct prony_fit *f, double interval, double length)
{
    for (size_t k = 0; k < f->terms; k++)
        if (!(f->tau[k] > interval && f->tau[k] < 2.0 * length && f->amplitude[k] > 0.0)) return false;
    return true;
}

int prony_fit_best(const double t[], const double F[], size_t n, struct prony_fit *fit, struct err *e)
{
    int rc = prony_fit(t, F, n, 1, fit, e);
    for (size_t terms = 2; !rc && terms <= PRONY_TERMS; terms++) {
        struct prony_fit more;
        struct err ignored = {0};
        if (prony_fit(t, F, n, terms, &more, &ignored)) break;
        double gain = 2.0 * (double)n * log(fit->residual / more.residual) - 4.0; /* Akaike: two unknowns more */
        if (!(gain > 10.0) || !is_sensible(&more, t[1] - t[0], t[n - 1] - t[0])) break;
        *fit = more;
    }
    return rc;
}
