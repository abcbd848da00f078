/* estimate.c -- see estimate.h.  The only file that knows GSL's least squares. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <stdlib.h>
#include "solver/inference/estimate.h"

#define STEP           2e-3 /* of the central differences, in log(parameter): above the integrator's noise */
#define XTOL           1e-5 /* relative change of log(parameter) at which the fit stops */
#define ITERATIONS_MAX 60
#define NO_EFFECT      1e-5 /* of the largest column of the Jacobian: smaller is the integrator's noise */
#define BOUND_ROOM     1e-3 /* of the range: closer may be at the bound, where a search comes to rest slowly */
#define ON_BOUND       1e-9 /* of the range: closer is, whatever the slope there, which vanishes */
#define WIDE           10.0  /* ratio of the ends of an interval on a log scale */
#define TOGETHER       0.999 /* correlation from which only a combination is determined */

struct bridge {
    const struct estimate_problem *p;
    size_t evaluations;
    struct err first; /* why residuals could not be computed */
};

static double on_scale(const struct estimate_bound *b, double x) { return b->is_log ? log(x) : x; }

/* The search runs over u without bounds: the parameter on its scale is lo + (hi - lo)(1 + sin u)/2, or log(parameter) =
 * u. */
static double parameter_of(const struct estimate_problem *p, size_t i, double u)
{
    if (!p->bound) return exp(u);
    const struct estimate_bound *b = &p->bound[i];
    double lo = on_scale(b, b->lower), x = lo + (on_scale(b, b->upper) - lo) * 0.5 * (1.0 + sin(u));
    return b->is_log ? exp(x) : x;
}

static double search_of(const struct estimate_problem *p, size_t i, double x)
{
    if (!p->bound) return log(x);
    const struct estimate_bound *b = &p->bound[i];
    double lo = on_scale(b, b->lower), share = (on_scale(b, fmax(b->lower, x)) - lo) / (on_scale(b, b->upper) - lo);
    return asin(2.0 * fmin(fmax(share, 0.02), 0.98) - 1.0); /* off the bounds, where the slope vanishes */
}

/* How far the parameter may go, on its scale. */
static double range_of(const struct estimate_problem *p, size_t i)
{
    return p->bound ? on_scale(&p->bound[i], p->bound[i].upper) - on_scale(&p->bound[i], p->bound[i].lower) : 1.0;
}

/* d(parameter on its scale)/du: below zero where the search went past the top of the sine. */
static double slope_of(const struct estimate_problem *p, size_t i, double u)
{
    if (!p->bound) return 1.0;
    const struct estimate_bound *b = &p->bound[i];
    return 0.5 * (on_scale(b, b->upper) - on_scale(b, b->lower)) * cos(u);
}

static int evaluate(struct bridge *b, const double *log_parameter, double *r)
{
    double parameter[ESTIMATE_MAX];
    struct err e = {0};
    for (size_t i = 0; i < b->p->n_parameters; i++)
        parameter[i] = parameter_of(b->p, i, log_parameter[i]);
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

/* The caller's own differences. */
static int lent_differences(struct bridge *b, const double *u, double *d)
{
    const struct estimate_problem *p = b->p;
    double parameter[ESTIMATE_MAX], pair[ESTIMATE_MAX][2];
    struct err e = {0};
    for (size_t i = 0; i < p->n_parameters; i++) {
        parameter[i] = parameter_of(p, i, u[i]);
        pair[i][0] = parameter_of(p, i, u[i] + STEP);
        pair[i][1] = parameter_of(p, i, u[i] - STEP);
    }
    b->evaluations += 1 + 2 * p->n_parameters;
    if (p->differences(p->self, parameter, pair, d, &e) == 0) return GSL_SUCCESS;
    if (!b->first.code) b->first = e;
    return GSL_EFAILED;
}

static int own_differences(struct bridge *b, double *u, double *d)
{
    size_t n = b->p->n_residuals, m = b->p->n_parameters;
    double *up = calloc(2 * n, sizeof *up), *down = up + n;
    int rc = up ? GSL_SUCCESS : GSL_ENOMEM;
    for (size_t j = 0; rc == GSL_SUCCESS && j < m; j++) {
        double at = u[j];
        u[j] = at + STEP;
        rc = evaluate(b, u, up);
        u[j] = at - STEP;
        if (rc == GSL_SUCCESS) rc = evaluate(b, u, down);
        u[j] = at;
        for (size_t i = 0; rc == GSL_SUCCESS && i < n; i++)
            d[i * m + j] = up[i] - down[i];
    }
    free(up);
    return rc;
}

static int on_jacobian(const gsl_vector *x, void *self, gsl_matrix *J)
{
    struct bridge *b = self;
    size_t n = b->p->n_residuals, m = x->size;
    double u[ESTIMATE_MAX], *d = calloc(n * m, sizeof *d);
    if (!d) return GSL_ENOMEM;
    for (size_t j = 0; j < m; j++)
        u[j] = gsl_vector_get(x, j);
    int rc = b->p->differences ? lent_differences(b, u, d) : own_differences(b, u, d);
    for (size_t k = 0; rc == GSL_SUCCESS && k < n * m; k++)
        gsl_matrix_set(J, k / m, k % m, d[k] / (2.0 * STEP));
    free(d);
    return rc;
}

/* Does what the data want lie beyond a bound?  The search ends near one also where the best value lies there and the
 * range is wide: there the Gauss-Newton step from its end (of u) stays inside. */
static bool is_at_bound(const struct estimate_problem *p, double u, double step, size_t i)
{
    double room = 1.0 - fabs(sin(u)); /* to the nearer bound, of half the range */
    if (!p->bound || room > BOUND_ROOM) return false;
    double outward = (sin(u) > 0.0 ? 1.0 : -1.0) * slope_of(p, i, u) * step / (0.5 * range_of(p, i));
    return room < ON_BOUND || outward > room;
}

static void find_flaw(const struct bridge *b, const double *column, bool at_bound, size_t i, struct estimate *out)
{
    double largest = 0.0;
    size_t p = b->p->n_parameters;
    const struct estimate_bound *bound = b->p->bound ? &b->p->bound[i] : NULL;
    for (size_t j = 0; j < p; j++)
        largest = fmax(largest, column[j]);
    bool wide = bound && (bound->is_log ? out->high[i] > WIDE * out->low[i]
                                        : out->high[i] - out->low[i] > bound->upper - bound->lower);
    if (wide) out->flaw[i] = FLAW_WIDE;
    for (size_t j = 0; j < p; j++)
        if (j != i && fabs(out->correlation[i][j]) > TOGETHER) {
            out->flaw[i] = FLAW_COMBINATION;
            out->with[i] = j;
        }
    if (at_bound) out->flaw[i] = FLAW_AT_BOUND;
    if (!(column[i] > NO_EFFECT * largest)) out->flaw[i] = FLAW_NO_EFFECT;
}

static double corrected_akaike(const struct estimate_problem *p, double sum)
{
    double n = (double)p->n_residuals, k = (double)p->n_parameters + (p->sd_known ? 0.0 : 1.0);
    if (p->group || !(n - k - 1.0 > 0.0)) return NAN;
    return (p->sd_known ? sum : n * log(sum / n)) + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0);
}

/* What lies beyond a bound is no value of the parameter; at a bound itself the slope of the search vanishes, and with
 * it every standard error.  What nothing depends on has none, and hangs together with nothing. */
static void cut_interval(const struct estimate_problem *p, size_t i, struct estimate *out)
{
    for (size_t j = 0; out->flaw[i] == FLAW_NO_EFFECT && j < p->n_parameters; j++)
        if (j != i) out->correlation[i][j] = out->correlation[j][i] = NAN;
    if (out->flaw[i] == FLAW_AT_BOUND || out->flaw[i] == FLAW_NO_EFFECT)
        out->low[i] = out->high[i] = out->relative_se[i] = NAN;
    if (!p->bound) return;
    out->low_is_bound[i] = out->low[i] < p->bound[i].lower;
    out->high_is_bound[i] = out->high[i] > p->bound[i].upper;
    if (out->low_is_bound[i]) out->low[i] = p->bound[i].lower;
    if (out->high_is_bound[i]) out->high[i] = p->bound[i].upper;
}

/* covariance := C B C with C = (J'J)^-1 and B = G/(G-1) sum over groups of g g', g = sum of J_i r_i in the group: right
 * however the residuals of one group hang together.  Residuals without a group add J_i J_i'. */
static void between_groups(const struct estimate_problem *p, const gsl_matrix *J, const gsl_vector *r,
                           gsl_matrix *covariance)
{
    size_t n = p->n_parameters;
    double B[ESTIMATE_MAX][ESTIMATE_MAX] = {{0}}, CB[ESTIMATE_MAX][ESTIMATE_MAX] = {{0}};
    double factor = (double)p->n_groups / ((double)p->n_groups - 1.0);
    for (size_t k = 0; k < p->n_groups; k++) {
        double g[ESTIMATE_MAX] = {0};
        for (size_t i = 0; i < p->n_residuals; i++) {
            bool alone = p->group[i] == ESTIMATE_NO_GROUP;
            for (size_t a = 0; a < n && p->group[i] == k; a++)
                g[a] += gsl_matrix_get(J, i, a) * gsl_vector_get(r, i);
            for (size_t a = 0; a < n && alone && k == 0; a++)
                for (size_t b = 0; b < n; b++)
                    B[a][b] += gsl_matrix_get(J, i, a) * gsl_matrix_get(J, i, b);
        }
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++)
                B[a][b] += factor * g[a] * g[b];
    }
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++)
            for (size_t c = 0; c < n; c++)
                CB[a][b] += gsl_matrix_get(covariance, a, c) * B[c][b];
    double out[ESTIMATE_MAX][ESTIMATE_MAX] = {{0}};
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++)
            for (size_t c = 0; c < n; c++)
                out[a][b] += CB[a][c] * gsl_matrix_get(covariance, c, b);
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++)
            gsl_matrix_set(covariance, a, b, out[a][b]);
}

/* Correlation of two parameters from the covariance of u: of u's sign where both rise or both fall with u. */
static double correlation_of(const gsl_matrix *covariance, const double *slope, size_t i, size_t j)
{
    double of_u = gsl_matrix_get(covariance, i, j) /
                  sqrt(gsl_matrix_get(covariance, i, i) * gsl_matrix_get(covariance, j, j));
    return (slope[i] < 0.0) == (slope[j] < 0.0) ? of_u : -of_u;
}

/* Where Gauss and Newton would go from the end of the search: -(J'J)^-1 J'r. */
static void next_step(const gsl_matrix *J, const gsl_vector *r, const gsl_matrix *inverse, double *step)
{
    double slope[ESTIMATE_MAX] = {0};
    for (size_t a = 0; a < J->size2; a++)
        for (size_t i = 0; i < J->size1; i++)
            slope[a] += gsl_matrix_get(J, i, a) * gsl_vector_get(r, i);
    for (size_t a = 0; a < J->size2; a++) {
        step[a] = 0.0;
        for (size_t b = 0; b < J->size2; b++)
            step[a] -= gsl_matrix_get(inverse, a, b) * slope[b];
    }
}

/* Covariance of u: (J'J)^-1, times the residual variance when that is estimated. */
static void write_estimate(const gsl_multifit_nlinear_workspace *w, const struct bridge *b, gsl_matrix *covariance,
                           struct estimate *out)
{
    size_t p = b->p->n_parameters, n = b->p->n_residuals;
    const gsl_vector *x = gsl_multifit_nlinear_position(w), *f = gsl_multifit_nlinear_residual(w);
    const gsl_matrix *J = gsl_multifit_nlinear_jac(w);
    double sum = 0.0, column[ESTIMATE_MAX] = {0}, u[ESTIMATE_MAX], slope[ESTIMATE_MAX], step[ESTIMATE_MAX];
    for (size_t i = 0; i < n; i++)
        sum += gsl_vector_get(f, i) * gsl_vector_get(f, i);
    gsl_multifit_nlinear_covar(J, 0.0, covariance);
    next_step(J, f, covariance, step);
    *out = (struct estimate){.n_parameters = p,
                             .n_residuals = n,
                             .rmse = sqrt(sum / (double)n),
                             .chi2 = sum,
                             .aicc = corrected_akaike(b->p, sum),
                             .iterations = gsl_multifit_nlinear_niter(w),
                             .evaluations = b->evaluations};
    bool grouped = b->p->group != NULL;
    if (grouped) between_groups(b->p, J, f, covariance);
    double variance = b->p->sd_known || grouped ? 1.0 : sum / (double)(n - p);
    double freedom = grouped ? (double)b->p->n_groups - 1.0 : (double)(n - p);
    double quantile = b->p->sd_known && !grouped ? gsl_cdf_ugaussian_Pinv(0.975) : gsl_cdf_tdist_Pinv(0.975, freedom);
    for (size_t i = 0; i < p; i++) {
        u[i] = gsl_vector_get(x, i);
        slope[i] = slope_of(b->p, i, u[i]);
    }
    for (size_t i = 0; i < p; i++) {
        bool is_log = !b->p->bound || b->p->bound[i].is_log;
        double se = fabs(slope[i]) * sqrt(variance * gsl_matrix_get(covariance, i, i));
        double v = parameter_of(b->p, i, u[i]);
        out->value[i] = v;
        out->relative_se[i] = se;
        out->low[i] = is_log ? v * exp(-quantile * se) : v - quantile * se;
        out->high[i] = is_log ? v * exp(quantile * se) : v + quantile * se;
        for (size_t j = 0; j < p; j++)
            out->correlation[i][j] = correlation_of(covariance, slope, i, j);
        for (size_t k = 0; k < n; k++)
            column[i] += gsl_matrix_get(J, k, i) * gsl_matrix_get(J, k, i);
        column[i] =
            sqrt(column[i]) / fmax(fabs(slope[i]), 1e-300) * range_of(b->p, i); /* whatever the unit and the scale */
    }
    out->quantile = quantile;
    for (size_t i = 0; i < p; i++) {
        find_flaw(b, column, is_at_bound(b->p, u[i], step[i], i), i, out);
        cut_interval(b->p, i, out);
    }
}

/* *settled becomes false when the search was still moving at the end of its iterations: along a valley, if the data do
 * not identify the parameters. */
static int iterate(gsl_multifit_nlinear_workspace *w, gsl_multifit_nlinear_fdf *fdf, const gsl_vector *x,
                   struct bridge *b, bool *settled, struct err *e)
{
    int info = 0, status = gsl_multifit_nlinear_init(x, fdf, w);
    if (status == GSL_SUCCESS)
        status = gsl_multifit_nlinear_driver(ITERATIONS_MAX, XTOL, 1e-10, 0.0, NULL, NULL, &info, w);
    /* "no progress" at a minimum that the integrator's noise does not resolve further is an end, not a failure */
    if (status == GSL_SUCCESS || (status == GSL_ENOPROG && gsl_multifit_nlinear_niter(w) > 1)) return 0;
    if (status == GSL_EMAXITER) *settled = false;
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
        return err_set(e, ERR_RANGE,
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
        gsl_vector_set(x, i, search_of(p, i, start[i]));
    bool settled = true, flawed = false;
    if (!rc) rc = iterate(w, &fdf, x, &b, &settled, e);
    if (!rc || !settled) {
        write_estimate(w, &b, covariance, out);
        for (size_t i = 0; i < fdf.p; i++)
            flawed = flawed || out->flaw[i] != FLAW_NONE;
    }
    if (flawed && !settled) { /* the valley is named: an answer */
        rc = 0;
        if (e) *e = (struct err){0};
    }
    if (w) gsl_multifit_nlinear_free(w);
    if (x) gsl_vector_free(x);
    if (covariance) gsl_matrix_free(covariance);
    gsl_set_error_handler(old);
    return rc;
}

/* ---- many starts, profiles ---- */

int estimate_multistart(const struct estimate_problem *p, const double *start, size_t n_more, struct estimate *out,
                        size_t *agreeing, struct err *e)
{
    double ends[ESTIMATE_STARTS + 1], x[ESTIMATE_MAX];
    size_t n = 0, evaluations = 0;
    unsigned long long state = 20260101;
    struct err first = {0};
    for (size_t s = 0; s <= n_more && s <= ESTIMATE_STARTS; s++) {
        struct estimate one;
        struct err mine = {0};
        for (size_t i = 0; i < p->n_parameters; i++) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            double share = 2.0 * ((double)(state >> 11) / 9007199254740992.0) - 1.0;
            x[i] = s == 0 ? start[i] : parameter_of(p, i, asin(0.9 * share));
        }
        if (estimate_fit(p, x, &one, &mine)) {
            if (!first.code) first = mine;
            continue;
        }
        evaluations += one.evaluations;
        if (n == 0 || one.chi2 < out->chi2) *out = one;
        ends[n++] = one.chi2;
    }
    *agreeing = 0;
    for (size_t s = 0; s < n; s++)
        *agreeing += ends[s] <= out->chi2 * 1.001 + 1e-12;
    if (n) out->evaluations = evaluations;
    return n ? 0 : err_set(e, first.code, "%s", first.msg);
}

struct held {
    const struct estimate_problem *p;
    size_t parameter;
    double value;
};

static int residuals_held(void *self, const double *parameter, double *r, struct err *e)
{
    const struct held *h = self;
    double all[ESTIMATE_MAX];
    for (size_t i = 0, k = 0; i < h->p->n_parameters; i++)
        all[i] = i == h->parameter ? h->value : parameter[k++];
    return h->p->residuals(h->p->self, all, r, e);
}

static int differences_held(void *self, const double *parameter, double (*pair)[2], double *d, struct err *e)
{
    const struct held *h = self;
    size_t m = h->p->n_parameters;
    double all[ESTIMATE_MAX], pairs[ESTIMATE_MAX][2], *whole = calloc(h->p->n_residuals * m, sizeof *whole);
    if (!whole) return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0, k = 0; i < m; i++) {
        bool is_held = i == h->parameter;
        all[i] = is_held ? h->value : parameter[k];
        for (int side = 0; side < 2; side++)
            pairs[i][side] = is_held ? h->value : pair[k][side];
        k += !is_held;
    }
    int rc = h->p->differences(h->p->self, all, pairs, whole, e);
    for (size_t r = 0; !rc && r < h->p->n_residuals; r++)
        for (size_t i = 0; i < m; i++)
            if (i != h->parameter) *d++ = whole[r * m + i];
    free(whole);
    return rc;
}

int estimate_profile(const struct estimate_problem *p, const struct estimate *at, size_t parameter, double value,
                     double *chi2, struct err *e)
{
    struct held h = {p, parameter, value};
    struct estimate_bound bound[ESTIMATE_MAX];
    struct estimate one;
    double start[ESTIMATE_MAX];
    size_t n = 0;
    for (size_t i = 0; i < p->n_parameters; i++)
        if (i != parameter) {
            if (p->bound) bound[n] = p->bound[i];
            start[n++] = at->value[i];
        }
    if (n) {
        struct estimate_problem q = *p;
        q.n_parameters = n;
        q.self = &h;
        q.residuals = residuals_held;
        q.differences = p->differences ? differences_held : NULL;
        q.bound = p->bound ? bound : NULL;
        int rc = estimate_fit(&q, start, &one, e);
        *chi2 = rc ? NAN : one.chi2;
        return rc;
    }
    double *r = calloc(p->n_residuals, sizeof *r);
    int rc = r ? p->residuals(p->self, &value, r, e) : err_set(e, ERR_NOMEM, "out of memory");
    *chi2 = 0.0;
    for (size_t i = 0; !rc && i < p->n_residuals; i++)
        *chi2 += r[i] * r[i];
    free(r);
    return rc;
}
