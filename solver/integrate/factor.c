/* factor.c -- see factor.h. */
#include <stdlib.h>
#include <string.h>
#include "base/math/vector.h"
#include "solver/integrate/cholesky.h"
#include "solver/integrate/factor.h"

#define REFINED                                                                                                        \
    1e-6 /* residual left in a Newton solve with a factor of another gamma: the drug balance is then at rounding */
#define CG_MAX    60

struct part { /* one core's factor */
    const struct core *c;
    struct cholesky *L;
    double *entry, *last;       /* of the matrix, in the order of the core's pattern; of the one factorised */
    bool is_set;
    double *extra;              /* n: what the sites add to the diagonal at the present gamma */
    double *res, *dir, *pre, *times; /* n each: conjugate gradients */
    double gamma, theta;        /* of what is factorised */
};

struct factor {
    const struct system *s;
    struct part drug, met;
    double *z;                  /* drug.n: response to blood that feeds back */
};

/* ---- one core ---- */

static void part_release(struct part *f)
{
    cholesky_free(f->L);
    free(f->entry); /* and all that lie behind it */
}

static int part_analyse(struct part *f, const struct core *c, struct shelf *shelf)
{
    size_t n = c->n, nnz = (size_t)c->colptr[n];
    f->c = c;
    f->entry = calloc(2 * nnz + 5 * n, sizeof *f->entry);
    if (!f->entry)
        return ERR_NOMEM;
    f->last = f->entry + nnz;
    f->extra = f->last + nnz;
    f->res = f->extra + n;
    f->dir = f->res + n;
    f->pre = f->dir + n;
    f->times = f->pre + n;
    return cholesky_new(&f->L, n, c->colptr, c->row, shelf);
}

/* A matrix that is factorised already, to the bit, is left as it is: segments and steps often ask for the same again.
 */
static int part_set(struct part *f, double mass_weight, double stiff_weight)
{
    const struct core *c = f->c;
    f->gamma = stiff_weight;
    f->theta = c->theta;
    vector_scale((size_t)c->colptr[c->n], stiff_weight, c->A, f->entry);
    for (size_t d = 0; d < c->n; d++) /* the diagonal comes first in each column */
        f->entry[c->colptr[d]] += mass_weight * (c->M[d] + f->extra[d]);
    size_t bytes = (size_t)c->colptr[c->n] * sizeof *f->entry;
    if (f->is_set && !memcmp(f->entry, f->last, bytes))
        return 0;
    memcpy(f->last, f->entry, bytes);
    int rc = cholesky_set(f->L, f->entry);
    f->is_set = !rc;
    return rc;
}

/* out = (M + extra + gamma A) a. */
static void apply(struct part *f, double gamma, const double *a, double *out)
{
    core_times(f->c, a, out);
    for (size_t d = 0; d < f->c->n; d++)
        out[d] = (f->c->M[d] + f->extra[d]) * a[d] + gamma * out[d];
}

/* pre := (factor)^-1 res; returns their product. */
static double precondition(struct part *f)
{
    memcpy(f->pre, f->res, f->c->n * sizeof *f->pre);
    cholesky_solve(f->L, f->pre);
    return vector_dot(f->c->n, f->res, f->pre);
}

/* x := (M + extra + gamma A)^-1 x: directly with the factor of this matrix, else by conjugate gradients preconditioned
 * with the factor at hand. */
static int part_refined(struct part *f, double gamma, double *x)
{
    size_t n = f->c->n;
    if (gamma == f->gamma && f->c->theta == f->theta) {
        cholesky_solve(f->L, x);
        return 0;
    }
    memcpy(f->res, x, n * sizeof *x);
    memset(x, 0, n * sizeof *x);
    double rz = precondition(f), first = rz;
    memcpy(f->dir, f->pre, n * sizeof *x);
    for (int i = 0; i < CG_MAX && rz > REFINED * REFINED * first; i++) {
        apply(f, gamma, f->dir, f->times);
        double curvature = vector_dot(n, f->dir, f->times);
        if (!(curvature > 0.0))
            return ERR_NUMERIC;
        vector_add(n, rz / curvature, f->dir, x);
        vector_add(n, -rz / curvature, f->times, f->res);
        double next = precondition(f);
        vector_axpby(n, 1.0, f->pre, next / rz, f->dir, f->dir);
        rz = next;
    }
    return 0;
}

/* ---- the whole state ---- */

void factor_free(struct factor *f)
{
    if (!f)
        return;
    part_release(&f->drug);
    part_release(&f->met);
    free(f->z);
    free(f);
}

static bool same_pattern(const struct part *f, const struct core *c)
{
    return f->L ? cholesky_suits(f->L, c->n, c->colptr, c->row) : c->n == 0;
}

int factor_open(struct factor **io, const struct system *s, struct err *e)
{
    struct factor *f = *io;
    if (f && same_pattern(&f->drug, &s->drug) && same_pattern(&f->met, &s->met)) {
        f->s = s;
        f->drug.c = &s->drug;
        f->met.c = &s->met;
        return 0;
    }
    factor_free(f);
    *io = NULL;
    f = calloc(1, sizeof *f);
    int rc = f && (f->z = calloc(s->drug.n + 1, sizeof *f->z)) ? 0 : ERR_NOMEM;
    if (!rc) {
        f->s = s;
        rc = part_analyse(&f->drug, &s->drug, s->p->shelf);
    }
    if (!rc && s->met.n)
        rc = part_analyse(&f->met, &s->met, s->p->shelf);
    if (rc) {
        factor_free(f);
        return err_set(e, ERR_NOMEM, "out of memory for the factorisation of %zu unknowns", s->size);
    }
    *io = f;
    return 0;
}

static void set_extra(struct factor *f, double gamma)
{
    memset(f->drug.extra, 0, f->s->drug.n * sizeof *f->drug.extra);
    for (size_t i = 0; i < f->s->n_sites; i++)
        if (f->s->site[i].dof >= 0)
            f->drug.extra[f->s->site[i].dof] += site_diagonal(&f->s->site[i], gamma);
}

int factor_set(struct factor *f, double gamma)
{
    set_extra(f, gamma);
    int rc = part_set(&f->drug, 1.0, gamma);
    return !rc && f->s->met.n ? part_set(&f->met, 1.0, gamma) : rc;
}

int factor_set_steady(struct factor *f)
{
    memset(f->drug.extra, 0, f->s->drug.n * sizeof *f->drug.extra);
    return part_set(&f->drug, 0.0, 1.0);
}

int factor_solve_core(struct factor *f, double *x)
{
    cholesky_solve(f->drug.L, x);
    return 0;
}

/* Gaussian elimination with partial pivoting of a tiny n x n system; returns 0 or ERR_NUMERIC. */
static int solve_small(double *a, double *b, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        size_t best = c;
        for (size_t r = c + 1; r < n; r++)
            if (fabs(a[r * n + c]) > fabs(a[best * n + c]))
                best = r;
        if (!(fabs(a[best * n + c]) > 0.0))
            return ERR_NUMERIC;
        for (size_t k = 0; k < n; k++) {
            double t = a[c * n + k];
            a[c * n + k] = a[best * n + k];
            a[best * n + k] = t;
        }
        double t = b[c];
        b[c] = b[best];
        b[best] = t;
        for (size_t r = c + 1; r < n; r++) {
            double m = a[r * n + c] / a[c * n + c];
            for (size_t k = c; k < n; k++)
                a[r * n + k] -= m * a[c * n + k];
            b[r] -= m * b[c];
        }
    }
    for (size_t c = n; c-- > 0;) {
        for (size_t k = c + 1; k < n; k++)
            b[c] -= a[c * n + k] * b[k];
        b[c] /= a[c * n + c];
    }
    return 0;
}

/* Core: each bound unknown is eliminated at its site, x_b = (v_b + gamma r_a x_a)/(1 - gamma r_b). */
static int solve_drug(struct factor *f, double gamma, double *v)
{
    const struct system *s = f->s;
    for (size_t d = 0; d < s->drug.n; d++)
        v[d] *= s->drug.M[d];
    for (size_t i = 0; i < s->n_sites; i++) {
        const struct site *k = &s->site[i];
        if (k->bound >= 0 && k->dof >= 0)
            v[k->dof] -= gamma * k->volume * k->r_b * v[s->at_bound + (size_t)k->bound] / (1.0 - gamma * k->r_b);
    }
    set_extra(f, gamma);
    return part_refined(&f->drug, gamma, v);
}

/* Plasma and its second compartment, by their Schur complement; blood that feeds back corrects the core afterwards. */
static int solve_plasma(struct factor *f, double gamma, double *v)
{
    const struct system *s = f->s;
    size_t n = s->border[BORDER_SECOND] >= 0 ? 2 : 1;
    double S[4], *c = v + s->at_border, area = s->p->area, back = s->p->body.feedback;
    const double *clearing = s->drug.flux + QUAD_CLEARED * s->drug.n;
    for (size_t k = 0; k < n; k++) {
        c[k] *= s->V[k];
        for (size_t l = 0; l < n; l++)
            S[k * n + l] = gamma * s->H[k * s->nb + l] + (k == l ? s->V[k] : 0.0);
    }
    c[0] += gamma * area * vector_dot(s->drug.n, clearing, v);
    int rc = 0;
    if (back > 0.0) {
        memcpy(f->z, clearing, s->drug.n * sizeof *f->z);
        rc = part_refined(&f->drug, gamma, f->z);
        S[0] += gamma * area * back *
                (clearing_free(s) + clearing_fixed(s) - gamma * vector_dot(s->drug.n, clearing, f->z));
    }
    if (!rc)
        rc = solve_small(S, c, n);
    if (!rc && back > 0.0)
        for (size_t d = 0; d < s->drug.n; d++)
            v[d] += gamma * back * c[0] * f->z[d];
    return rc;
}

static void solve_bound(const struct system *s, double gamma, double *v)
{
    for (size_t i = 0; i < s->n_sites; i++) {
        const struct site *k = &s->site[i];
        double *b = v + s->at_bound + (k->bound >= 0 ? (size_t)k->bound : 0);
        if (k->bound >= 0)
            *b = (*b + gamma * k->r_a * (k->dof >= 0 ? v[k->dof] : 0.0)) / (1.0 - gamma * k->r_b);
    }
}

static int solve_metabolite(struct factor *f, double gamma, double *v)
{
    const struct system *s = f->s;
    double *x = v + s->at_met;
    for (size_t d = 0; d < s->met.n; d++)
        x[d] *= s->met.M[d];
    for (size_t i = 0; i < s->n_sites; i++) {
        const struct site *k = &s->site[i];
        if (k->dof_m >= 0 && k->dof >= 0)
            x[k->dof_m] +=
                gamma * s->p->metabolite_yield * k->volume * (k->rho_a * v[k->dof] + site_first_order(s, k, v[k->dof]));
    }
    return part_refined(&f->met, gamma, x);
}

static void solve_metabolite_plasma(const struct system *s, double gamma, double *v)
{
    size_t k = (size_t)s->border[BORDER_METABOLITE];
    double *c = v + s->at_border, sum = s->V[k] * c[k] - gamma * s->H[k * s->nb] * c[0];
    if (s->met.n)
        sum += gamma * s->p->area * vector_dot(s->met.n, s->met.flux + QUAD_CLEARED * s->met.n, v + s->at_met);
    c[k] = sum / (s->V[k] + gamma * s->H[k * s->nb + k]);
}

int factor_newton(struct factor *f, double gamma, double *v)
{
    const struct system *s = f->s;
    int rc = solve_drug(f, gamma, v);
    if (!rc && s->nb)
        rc = solve_plasma(f, gamma, v);
    if (rc)
        return rc;
    solve_bound(s, gamma, v);
    if (s->met.n)
        rc = solve_metabolite(f, gamma, v);
    if (!rc && s->border[BORDER_METABOLITE] >= 0)
        solve_metabolite_plasma(s, gamma, v);
    return rc;
}

size_t factor_entries(const struct factor *f)
{
    return cholesky_entries(f->drug.L) + (f->met.L ? cholesky_entries(f->met.L) : 0);
}
