/* lanczos.c -- see lanczos.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "solver/integrate/kernels.h"
#include "solver/integrate/lanczos.h"

/* Functionals of the core: those of the running integrals, then the exchange of a mixed vehicle and receptor with the
 * skin, their rows of A a. */
enum { WATCH_DONOR = CORE_QUADS, WATCH_RECEPTOR, FUNCTIONALS };
enum { ROOM = LANCZOS_MAX + 1, PROBES = 24 };
#define SHIFT       0.12  /* of the geometric mean of first and last time: fewest vectors (measured) */
#define BREAKDOWN   1e-14 /* of the first vector: what is left is rounding, the basis is complete */
#define EIGEN_FLOOR 1e-14 /* of T: modes faster than this resolves are gone at every time that counts */
#define PROBE_RATIO 1.15  /* of neighbouring times at which convergence is looked at */

/* LAPACK: eigenvalues d and vectors z of a symmetric tridiagonal matrix. */
void dstev_(const char *job, const int *n, double *d, double *e, double *z, const int *ldz, double *work, int *info,
            size_t job_length);

struct modes { /* of one basis size */
    size_t n;
    double rate[ROOM];            /* lambda */
    double vector[ROOM * ROOM];   /* column i: mode i in the basis */
    double share[ROOM];           /* coefficient of each mode at the start */
    double flux[FUNCTIONALS][ROOM];/* of each mode */
};

struct lanczos {
    const struct system *s;
    size_t n, size;               /* unknowns of the core; vectors */
    double norm;                  /* of M^1/2 u(0) */
    double *root_M, *steady, *basis, *work, *exchange; /* n; n; ROOM x n; n; 2 n */
    double alpha[ROOM], beta[ROOM];
    bool has[FUNCTIONALS];
    double flux[FUNCTIONALS][ROOM];/* functional times basis vector */
    double *functional[FUNCTIONALS]; /* rows, n each: of the system, or exchange[] */
    double flux_steady[FUNCTIONALS], q0[QUADS_MAX], c0[BORDER_MAX];
    struct modes m;
};

bool lanczos_suits(const struct system *s)
{
    return !s->n_sites && !s->met.n && !s->p->source && !s->drug.closed && s->border[BORDER_METABOLITE] < 0 &&
           !(s->p->body.present && s->p->body.feedback > 0.0);
}

/* ---- exponentials ---- */

/* Integral of e^(-k s) over 0..t. */
static double decay_integral(double k, double t)
{
    double x = k * t;
    return x > 1e-8 ? -expm1(-x) / k : t * (1.0 - 0.5 * x);
}

/* e^(-a t) convolved with e^(-b t). */
static double convolution(double a, double b, double t)
{
    return exp(-fmin(a, b) * t) * decay_integral(fabs(a - b), t);
}

static int solve_modes(const struct lanczos *l, size_t n, struct modes *m)
{
    double e[ROOM], work[2 * ROOM];
    int order = (int)n, ld = ROOM, info = 0;
    m->n = n;
    memcpy(m->rate, l->alpha, n * sizeof *e);
    memcpy(e, l->beta, n * sizeof *e);
    if (n)
        dstev_("V", &order, m->rate, e, m->vector, &ld, work, &info, 1);
    for (size_t i = 0; i < n; i++) {
        double mu = fmax(m->rate[i], EIGEN_FLOOR);
        m->rate[i] = fmax(0.0, 1.0 / mu - 1.0); /* times s, which the caller divides out */
        m->share[i] = l->norm * m->vector[i * ROOM];
        for (size_t q = 0; q < FUNCTIONALS; q++) {
            m->flux[q][i] = 0.0;
            for (size_t k = 0; l->has[q] && k < n; k++)
                m->flux[q][i] += l->flux[q][k] * m->vector[i * ROOM + k];
            m->flux[q][i] *= m->share[i];
        }
    }
    return info ? ERR_NUMERIC : 0;
}

/* Value of functional q: what outputs show beside the integrals. */
static double rate_of(const struct lanczos *l, const struct modes *m, size_t q, double t)
{
    double sum = l->flux_steady[q];
    for (size_t i = 0; i < m->n; i++)
        sum += m->flux[q][i] * exp(-m->rate[i] * t);
    return sum;
}

/* Integral of functional q from the segment's start. */
static double integral(const struct lanczos *l, const struct modes *m, size_t q, double t)
{
    double sum = t * l->flux_steady[q];
    for (size_t i = 0; i < m->n; i++)
        sum += m->flux[q][i] * decay_integral(m->rate[i], t);
    return sum;
}

/* Coefficients in the basis. */
static void coefficients(const struct modes *m, double t, double *c)
{
    memset(c, 0, ROOM * sizeof *c);
    for (size_t i = 0; i < m->n; i++) {
        double x = m->share[i] * exp(-m->rate[i] * t);
        for (size_t k = 0; k < m->n; k++)
            c[k] += x * m->vector[i * ROOM + k];
    }
}

/* ---- the basis ---- */

/* Row d of A, whole. */
static void copy_row(const struct core *c, int d, double *row)
{
    for (int j = 0; j <= d; j++)
        for (int k = c->colptr[j]; k < c->colptr[j + 1]; k++)
            if (c->row[k] == d)
                row[j] = c->A[k];
    for (int k = c->colptr[d]; k < c->colptr[d + 1]; k++)
        row[c->row[k]] = c->A[k];
}

static void set_functionals(struct lanczos *l)
{
    const struct core *c = &l->s->drug;
    const int watched[2] = {c->donor_dof, c->receptor_dof};
    for (size_t q = 0; q < CORE_QUADS; q++) {
        l->has[q] = c->has_flux[q];
        l->functional[q] = c->flux + q * l->n;
    }
    for (size_t i = 0; i < 2; i++) {
        l->has[WATCH_DONOR + i] = watched[i] >= 0;
        l->functional[WATCH_DONOR + i] = l->exchange + i * l->n;
        if (watched[i] >= 0)
            copy_row(c, watched[i], l->exchange + i * l->n);
    }
}

static int start(struct lanczos *l, struct factor *f, const double *y0)
{
    const struct core *c = &l->s->drug;
    bool driven = false;
    set_functionals(l);
    for (size_t d = 0; d < l->n; d++) {
        l->root_M[d] = sqrt(c->M[d]);
        driven = driven || c->f[d] > 0.0 || c->f[d] < 0.0;
    }
    if (driven) {
        int rc = factor_set_steady(f);
        memcpy(l->steady, c->f, l->n * sizeof *l->steady);
        if (!rc)
            rc = factor_solve_core(f, l->steady);
        if (rc)
            return rc;
    }
    for (size_t d = 0; d < l->n; d++)
        l->basis[d] = l->root_M[d] * (y0[d] - l->steady[d]);
    l->norm = sqrt(vector_dot(l->n, l->basis, l->basis));
    if (l->norm > 0.0)
        vector_scale(l->n, 1.0 / l->norm, l->basis, l->basis);
    for (size_t q = 0; q < FUNCTIONALS; q++)
        l->flux_steady[q] =
            (q < CORE_QUADS ? c->flux0[q] : 0.0) + (l->has[q] ? vector_dot(l->n, l->functional[q], l->steady) : 0.0);
    return 0;
}

/* Projects the functionals on vector k. */
static void project(struct lanczos *l, size_t k)
{
    for (size_t d = 0; d < l->n; d++)
        l->work[d] = l->basis[k * l->n + d] / l->root_M[d];
    for (size_t q = 0; q < FUNCTIONALS; q++)
        if (l->has[q])
            l->flux[q][k] = vector_dot(l->n, l->functional[q], l->work);
}

/* Adds the next vector; *complete when the space is exhausted. */
static int extend(struct lanczos *l, struct factor *f, bool *complete)
{
    size_t n = l->n, k = l->size;
    double *v = l->basis + k * n, *w = l->basis + (k + 1) * n;
    project(l, k);
    vector_times(n, l->root_M, v, w);
    int rc = factor_solve_core(f, w);
    if (rc)
        return rc;
    vector_times(n, l->root_M, w, w);
    l->alpha[k] = 0.0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t j = k + 1; j-- > 0;) {
            double h = vector_dot(n, l->basis + j * n, w);
            vector_add(n, -h, l->basis + j * n, w);
            if (j == k)
                l->alpha[k] += h;
        }
    l->beta[k] = sqrt(vector_dot(n, w, w));
    *complete = l->beta[k] <= BREAKDOWN;
    if (!*complete)
        vector_scale(n, 1.0 / l->beta[k], w, w);
    l->size = k + 1;
    return 0;
}

/* ---- convergence ---- */

/* Whether p and r agree to the tolerance of p, or of a share of the largest so far (later times come first). */
static bool close_enough(double p, double r, double *largest, double floor, double tolerance)
{
    *largest = fmax(*largest, fabs(p));
    return fabs(p - r) <= tolerance * fmax(fmax(fabs(p), LANCZOS_SMALL_SHARE * *largest), floor);
}

/* Drug in the core, and the largest rate and integral of any functional at the times: what the floors are shares of. */
static void find_floors(const struct lanczos *l, const struct modes *m, const double *t, size_t n_t, double *rate,
                        double *amount)
{
    *rate = *amount = 0.0;
    for (size_t d = 0; d < l->n; d++)
        *amount += l->root_M[d] * fabs(l->norm * l->basis[d]);
    for (size_t q = 0; q < FUNCTIONALS; q++)
        for (size_t k = 0; l->has[q] && k < n_t; k++) {
            *rate = fmax(*rate, fabs(rate_of(l, m, q, t[k])));
            if (q < CORE_QUADS)
                *amount = fmax(*amount, fabs(integral(l, m, q, t[k])));
        }
    *rate *= LANCZOS_SPECK;
    *amount *= LANCZOS_SPECK;
}

/* Whether the two bases agree at the probed times: state, rates, integrals. */
static bool agree(const struct lanczos *l, const struct modes *a, const struct modes *b, const double *t, size_t n_t,
                  double tolerance)
{
    double largest[2][FUNCTIONALS] = {{0}}, x[ROOM], y[ROOM], rate, amount;
    find_floors(l, a, t, n_t, &rate, &amount);
    for (size_t k = n_t; k-- > 0;) {
        double off = 0.0;
        coefficients(a, t[k], x);
        coefficients(b, t[k], y);
        for (size_t i = 0; i < ROOM; i++)
            off += (x[i] - y[i]) * (x[i] - y[i]);
        if (sqrt(off) > tolerance * l->norm)
            return false;
        for (size_t q = 0; q < FUNCTIONALS; q++) {
            if (l->has[q] &&
                !close_enough(rate_of(l, a, q, t[k]), rate_of(l, b, q, t[k]), &largest[0][q], rate, tolerance))
                return false;
            if (l->has[q] && q < CORE_QUADS &&
                !close_enough(integral(l, a, q, t[k]), integral(l, b, q, t[k]), &largest[1][q], amount, tolerance))
                return false;
        }
    }
    return true;
}

/* Times spread over all; the first and the last are among them. */
static size_t choose_probes(const double *t, size_t n_t, double *probe)
{
    double ratio = fmax(PROBE_RATIO, pow(t[n_t - 1] / t[0], 1.0 / (PROBES - 2)));
    size_t n = 0;
    for (size_t k = 0; k + 1 < n_t; k++)
        if (n == 0 || (n + 1 < PROBES && t[k] >= ratio * probe[n - 1]))
            probe[n++] = t[k];
    probe[n++] = t[n_t - 1];
    return n;
}

static void divide_shift(struct modes *m, double shift)
{
    for (size_t i = 0; i < m->n; i++)
        m->rate[i] /= shift;
}

static int grow(struct lanczos *l, struct factor *f, const double *t, size_t n_t, double tolerance)
{
    double probe[PROBES], shift = SHIFT * sqrt(t[0] * t[n_t - 1]);
    size_t n = choose_probes(t, n_t, probe);
    bool complete = !(l->norm > 0.0), settled = complete;
    int rc = complete ? 0 : factor_set(f, shift);
    struct modes *before = calloc(1, sizeof *before);
    if (!before)
        return ERR_NOMEM;
    while (!rc && !settled && !complete && l->size < LANCZOS_MAX) {
        rc = extend(l, f, &complete);
        if (rc || (!complete && (l->size < LANCZOS_FIRST - LANCZOS_STRIDE || l->size % LANCZOS_STRIDE)))
            continue;
        *before = l->m;
        rc = solve_modes(l, l->size, &l->m);
        divide_shift(&l->m, shift);
        settled = complete || (before->n && agree(l, &l->m, before, probe, n, tolerance));
    }
    free(before);
    return rc ? rc : settled ? 0 : ERR_NUMERIC;
}

/* ---- life cycle ---- */

void lanczos_free(struct lanczos *l)
{
    if (!l)
        return;
    free(l->root_M);
    free(l);
}

int lanczos_new(struct lanczos **out, const struct system *s, struct factor *f, const double *y0, const double *q0,
                const double *t, size_t n_t, double tolerance, struct err *e)
{
    struct lanczos *l = calloc(1, sizeof *l);
    size_t n = s->drug.n;
    *out = NULL;
    if (!l || !(l->root_M = calloc((ROOM + 5) * n, sizeof *l->root_M))) {
        free(l);
        return err_set(e, ERR_NOMEM, "out of memory for a basis of %d times %zu unknowns", (int)ROOM, n);
    }
    l->s = s;
    l->n = n;
    l->steady = l->root_M + n;
    l->work = l->steady + n;
    l->exchange = l->work + n;
    l->basis = l->exchange + 2 * n;
    memcpy(l->q0, q0, sizeof l->q0);
    memcpy(l->c0, y0 + s->at_border, s->nb * sizeof *y0);
    int rc = start(l, f, y0);
    if (!rc)
        rc = grow(l, f, t, n_t, tolerance);
    if (rc) {
        lanczos_free(l);
        return rc == ERR_NOMEM
                   ? err_set(e, rc, "out of memory for the linear path")
                   : err_set(e, rc, "linear path: not settled to %g with %d vectors", tolerance, LANCZOS_MAX);
    }
    *out = l;
    return 0;
}

size_t lanczos_size(const struct lanczos *l) { return l->size; }

/* ---- evaluation ---- */

/* Plasma and its second compartment: V c' = b(t) - H c is symmetric in V^1/2 c; each of its modes is a convolution. */
static void border_at(const struct lanczos *l, double t, double *c)
{
    const struct system *s = l->s;
    size_t n = s->nb;
    double root[2], h[3] = {0}, turn = 0.0, P[2][2] = {{1, 0}, {0, 1}}, rate[2], start_value[2] = {0};
    for (size_t k = 0; k < n; k++)
        root[k] = sqrt(s->V[k]);
    h[0] = s->H[0] / s->V[0];
    if (n == 2) {
        h[1] = s->H[1] / (root[0] * root[1]);
        h[2] = s->H[3] / s->V[1];
        turn = 0.5 * atan2(2.0 * h[1], h[0] - h[2]);
        P[0][0] = P[1][1] = cos(turn);
        P[1][0] = sin(turn);
        P[0][1] = -P[1][0];
    }
    memset(c, 0, n * sizeof *c);
    for (size_t k = 0; k < n; k++) {
        rate[k] = h[0] * P[0][k] * P[0][k] + 2.0 * h[1] * P[0][k] * P[1][k] + h[2] * P[1][k] * P[1][k];
        for (size_t j = 0; j < n; j++)
            start_value[k] += P[j][k] * root[j] * l->c0[j];
        double driven = (s->p->area * l->flux_steady[QUAD_CLEARED] + s->g[0]) * decay_integral(rate[k], t);
        for (size_t i = 0; i < l->m.n; i++)
            driven += s->p->area * l->m.flux[QUAD_CLEARED][i] * convolution(rate[k], l->m.rate[i], t);
        double value = start_value[k] * exp(-rate[k] * t) + P[0][k] / root[0] * driven;
        for (size_t j = 0; j < n; j++)
            c[j] += P[j][k] * value / root[j];
    }
}

void lanczos_at(const struct lanczos *l, double t, double *y, double *q)
{
    const struct system *s = l->s;
    double c[ROOM];
    coefficients(&l->m, t, c);
    memset(y, 0, l->n * sizeof *y);
    for (size_t k = 0; k < l->size; k++)
        vector_add(l->n, c[k], l->basis + k * l->n, y);
    for (size_t d = 0; d < l->n; d++)
        y[d] = l->steady[d] + y[d] / l->root_M[d];
    memcpy(q, l->q0, QUADS_MAX * sizeof *q);
    for (size_t i = 0; i < CORE_QUADS; i++)
        q[i] += integral(l, &l->m, i, t);
    if (!s->nb)
        return;
    double *border = y + s->at_border, came = s->p->area * (q[QUAD_CLEARED] - l->q0[QUAD_CLEARED]) + s->g[0] * t;
    border_at(l, t, border);
    for (size_t k = 0; k < s->nb; k++) /* what came and is no longer there was excreted */
        came -= s->V[k] * (border[k] - l->c0[k]);
    q[QUAD_EXCRETED] += came;
}
