/* lanczos.c -- see lanczos.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/vector.h"
#include "solver/integrate/dense.h"
#include "solver/integrate/lanczos.h"
#include "solver/integrate/tridiagonal.h"

/* Functionals of the core: those of the running integrals, then the exchange of a mixed vehicle and receptor with the
 * skin, their rows of A a. */
enum { WATCH_DONOR = CORE_QUADS, WATCH_RECEPTOR, FUNCTIONALS };
enum { ROOM = 64, PROBES = 24 }; /* ROOM: LANCZOS_MAX and one more, padded for dense.h */
#define SHIFT       0.12  /* of the geometric mean of first and last time: fewest vectors (measured) */
#define TWICE       1e-3  /* of a vector's length: when less of it is new, rounding is removed by a second pass */
#define BREAKDOWN   1e-14 /* of the first vector: what is left is rounding, the basis is complete */
#define EIGEN_FLOOR 1e-14 /* of T: modes faster than this resolves are gone at every time that counts */
#define PROBE_RATIO 1.15  /* of neighbouring times at which convergence is looked at */

struct modes { /* of one basis size */
    size_t n;
    double rate[ROOM];             /* lambda */
    double vector[ROOM * ROOM];    /* column i: mode i in the basis */
    double share[ROOM];            /* coefficient of each mode at the start */
    double flux[FUNCTIONALS][ROOM]; /* of each mode */
};

struct values { /* at one time */
    double state[ROOM]; /* coefficients in the basis */
    double rate[FUNCTIONALS], integral[CORE_QUADS];
};

struct lanczos {
    const struct system *s;
    size_t n, ld, size;            /* unknowns of the core; the same, padded; vectors */
    double norm, content;          /* of M^1/2 u(0); drug in it */
    double *root_M, *steady, *work, *exchange, *basis; /* n; n; ld; 2 n; ROOM x ld */
    double alpha[ROOM], beta[ROOM];
    bool has[FUNCTIONALS];
    double flux[FUNCTIONALS][ROOM]; /* functional times basis vector */
    double *functional[FUNCTIONALS]; /* rows, n each: of the system, or exchange[] */
    double flux_steady[FUNCTIONALS], q0[QUADS_MAX], c0[BORDER_MAX];
    struct modes m;
    struct values now[PROBES], before[PROBES]; /* of this basis size and the one looked at before */
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

/* e^(-k t) and its integral over 0..t. */
static void decay(double k, double t, double *left, double *integral)
{
    double x = k * t, gone = x < 1.0 ? -expm1(-x) : 1.0 - (*left = exp(-x));
    if (x < 1.0)
        *left = 1.0 - gone;
    *integral = x > 1e-8 ? gone / k : t * (1.0 - 0.5 * x);
}

static int solve_modes(struct lanczos *l, double shift)
{
    struct modes *m = &l->m;
    double e[ROOM], row[ROOM];
    m->n = l->size;
    memcpy(m->rate, l->alpha, m->n * sizeof *e);
    memcpy(e, l->beta, m->n * sizeof *e);
    if (tridiagonal_eigen(m->n, m->rate, e, m->vector, ROOM))
        return ERR_NUMERIC;
    for (size_t i = 0; i < m->n; i++) {
        m->rate[i] = fmax(0.0, 1.0 / fmax(m->rate[i], EIGEN_FLOOR) - 1.0) / shift;
        m->share[i] = l->norm * m->vector[i * ROOM];
    }
    for (size_t q = 0; q < FUNCTIONALS; q++) {
        if (!l->has[q])
            continue;
        dense_transposed_times(ROOM, m->n, m->vector, false, l->flux[q], row);
        vector_times(m->n, row, m->share, m->flux[q]);
    }
    return 0;
}

/* State, functionals, and their integrals from the segment's start. */
static void evaluate(const struct lanczos *l, double t, struct values *v)
{
    const struct modes *m = &l->m;
    double left[ROOM], passed[ROOM], state[ROOM];
    for (size_t i = 0; i < m->n; i++)
        decay(m->rate[i], t, &left[i], &passed[i]);
    for (size_t q = 0; q < FUNCTIONALS; q++) {
        v->rate[q] = l->flux_steady[q];
        if (l->has[q])
            v->rate[q] += vector_dot(m->n, m->flux[q], left);
        if (q < CORE_QUADS)
            v->integral[q] = t * l->flux_steady[q];
        if (q < CORE_QUADS && l->has[q])
            v->integral[q] += vector_dot(m->n, m->flux[q], passed);
    }
    vector_times(m->n, m->share, left, state);
    dense_times(ROOM, m->n, m->vector, false, state, v->state);
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
    memset(l->basis, 0, l->ld * sizeof *l->basis);
    for (size_t d = 0; d < l->n; d++)
        l->basis[d] = l->root_M[d] * (y0[d] - l->steady[d]);
    l->norm = sqrt(vector_dot(l->n, l->basis, l->basis));
    for (size_t d = 0; d < l->n; d++)
        l->content += l->root_M[d] * fabs(l->basis[d]);
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
        l->work[d] = l->basis[k * l->ld + d] / l->root_M[d];
    for (size_t q = 0; q < FUNCTIONALS; q++)
        if (l->has[q])
            l->flux[q][k] = vector_dot(l->n, l->functional[q], l->work);
}

/* w -= V V' w with the vectors so far; alpha of the last gets its share. */
static void orthogonalise(struct lanczos *l, double *w)
{
    double h[ROOM];
    dense_transposed_times(l->ld, l->size + 1, l->basis, false, w, h);
    dense_times(l->ld, l->size + 1, l->basis, false, h, l->work);
    vector_add(l->ld, -1.0, l->work, w);
    l->alpha[l->size] += h[l->size];
}

/* Adds the next vector; *complete when the space is exhausted. */
static int extend(struct lanczos *l, struct factor *f, bool *complete)
{
    size_t n = l->n, k = l->size;
    double *v = l->basis + k * l->ld, *w = v + l->ld;
    project(l, k);
    memset(w + n, 0, (l->ld - n) * sizeof *w);
    vector_times(n, l->root_M, v, w);
    int rc = factor_solve_core(f, w);
    if (rc)
        return rc;
    vector_times(n, l->root_M, w, w);
    double whole = sqrt(vector_dot(n, w, w));
    l->alpha[k] = 0.0;
    orthogonalise(l, w);
    l->beta[k] = sqrt(vector_dot(n, w, w));
    if (l->beta[k] < TWICE * whole) {
        orthogonalise(l, w);
        l->beta[k] = sqrt(vector_dot(n, w, w));
    }
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
static void find_floors(const struct lanczos *l, size_t n_t, double *rate, double *amount)
{
    *rate = 0.0;
    *amount = l->content;
    for (size_t q = 0; q < FUNCTIONALS; q++)
        for (size_t k = 0; l->has[q] && k < n_t; k++) {
            *rate = fmax(*rate, fabs(l->now[k].rate[q]));
            if (q < CORE_QUADS)
                *amount = fmax(*amount, fabs(l->now[k].integral[q]));
        }
    *rate *= LANCZOS_SPECK;
    *amount *= LANCZOS_SPECK;
}

/* Whether the basis and the one before agree at the probed times: state, rates, integrals. */
static bool agree(const struct lanczos *l, size_t n_t, double tolerance)
{
    double largest[2][FUNCTIONALS] = {{0}}, rate, amount;
    find_floors(l, n_t, &rate, &amount);
    for (size_t k = n_t; k-- > 0;) {
        const struct values *a = &l->now[k], *b = &l->before[k];
        double off[ROOM];
        vector_axpby(ROOM, 1.0, a->state, -1.0, b->state, off);
        if (sqrt(vector_dot(ROOM, off, off)) > tolerance * l->norm)
            return false;
        for (size_t q = 0; q < FUNCTIONALS; q++) {
            if (l->has[q] && !close_enough(a->rate[q], b->rate[q], &largest[0][q], rate, tolerance))
                return false;
            if (q < CORE_QUADS && l->has[q] &&
                !close_enough(a->integral[q], b->integral[q], &largest[1][q], amount, tolerance))
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

static int grow(struct lanczos *l, struct factor *f, const double *t, size_t n_t, double tolerance)
{
    double probe[PROBES], shift = SHIFT * sqrt(t[0] * t[n_t - 1]);
    size_t n = choose_probes(t, n_t, probe);
    bool complete = !(l->norm > 0.0), settled = complete;
    int rc = complete ? 0 : factor_set(f, shift);
    while (!rc && !settled && !complete && l->size < LANCZOS_MAX) {
        rc = extend(l, f, &complete);
        if (rc || (!complete && (l->size < LANCZOS_FIRST - LANCZOS_STRIDE || l->size % LANCZOS_STRIDE)))
            continue;
        bool first = l->m.n == 0;
        memcpy(l->before, l->now, n * sizeof *l->now);
        rc = solve_modes(l, shift);
        for (size_t k = 0; !rc && k < n; k++)
            evaluate(l, probe[k], &l->now[k]);
        settled = complete || (!first && !rc && agree(l, n, tolerance));
    }
    return rc ? rc : settled ? 0 : ERR_NUMERIC;
}

/* ---- life cycle ---- */

void lanczos_free(struct lanczos *l)
{
    if (!l)
        return;
    free(l->root_M);
    free(l->basis);
    free(l);
}

int lanczos_new(struct lanczos **out, const struct system *s, struct factor *f, const double *y0, const double *q0,
                const double *t, size_t n_t, double tolerance, struct err *e)
{
    struct lanczos *l = calloc(1, sizeof *l);
    size_t n = s->drug.n;
    *out = NULL;
    size_t ld = dense_padded(n);
    if (!l || !(l->root_M = calloc(4 * n + ld, sizeof *l->root_M)) ||
        !(l->basis = malloc(ROOM * ld * sizeof *l->basis))) { /* its pages are used only as far as it grows */
        lanczos_free(l);
        return err_set(e, ERR_NOMEM, "out of memory for a basis of %d times %zu unknowns", (int)ROOM, n);
    }
    l->s = s;
    l->n = n;
    l->ld = ld;
    l->steady = l->root_M + n;
    l->exchange = l->steady + n;
    l->work = l->exchange + 2 * n;
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
    struct values v;
    evaluate(l, t, &v);
    dense_times(l->ld, l->m.n, l->basis, false, v.state, l->work);
    for (size_t d = 0; d < l->n; d++)
        y[d] = l->steady[d] + l->work[d] / l->root_M[d];
    for (size_t i = 0; i < QUADS_MAX; i++)
        q[i] = l->q0[i] + (i < CORE_QUADS ? v.integral[i] : 0.0);
    if (!s->nb)
        return;
    double *border = y + s->at_border, came = s->p->area * (q[QUAD_CLEARED] - l->q0[QUAD_CLEARED]) + s->g[0] * t;
    border_at(l, t, border);
    for (size_t k = 0; k < s->nb; k++) /* what came and is no longer there was excreted */
        came -= s->V[k] * (border[k] - l->c0[k]);
    q[QUAD_EXCRETED] += came;
}
