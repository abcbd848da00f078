/* factor.c -- see factor.h. */
#include <cholmod.h>
#include <stdlib.h>
#include <string.h>
#include "solver/integrate/factor.h"

#define REFINED                                                                                                        \
    1e-6 /* residual left in a Newton solve with a factor of another gamma: the drug balance is then at rounding */
#define CG_MAX    60

struct ldl { /* one core's factor */
    const struct core *c;
    cholmod_common common;
    cholmod_sparse *A;
    cholmod_factor *L;
    cholmod_dense *b, *x, *work_y, *work_e;
    double *extra;              /* n: what the sites add to the diagonal at the present gamma */
    double *res, *dir, *pre, *times; /* n each: conjugate gradients */
    double gamma, theta;        /* of what is factorised */
    bool is_started;
};

struct factor {
    const struct system *s;
    struct ldl drug, met;
    double *z;                  /* drug.n: response to blood that feeds back */
};

/* ---- one core ---- */

static void ldl_release(struct ldl *f)
{
    if (!f->is_started)
        return;
    cholmod_free_dense(&f->b, &f->common);
    cholmod_free_dense(&f->x, &f->common);
    cholmod_free_dense(&f->work_y, &f->common);
    cholmod_free_dense(&f->work_e, &f->common);
    cholmod_free_factor(&f->L, &f->common);
    cholmod_free_sparse(&f->A, &f->common);
    cholmod_finish(&f->common);
    free(f->extra);
    free(f->res);
    free(f->dir);
    free(f->pre);
    free(f->times);
}

static void configure(cholmod_common *c)
{
    cholmod_start(c);
    c->print = 0;
    c->supernodal = CHOLMOD_SIMPLICIAL; /* hundreds of unknowns: no BLAS, so results do not depend on its threads */
    c->final_ll = 0;
    c->nmethods = 1;
    c->method[0].ordering = CHOLMOD_AMD;
    c->postorder = 1;
}

static int ldl_analyse(struct ldl *f, const struct core *c)
{
    size_t nnz = (size_t)c->colptr[c->n], n = c->n;
    f->c = c;
    configure(&f->common);
    f->is_started = true;
    f->A = cholmod_allocate_sparse(n, n, nnz, 1, 1, -1, CHOLMOD_REAL, &f->common);
    f->b = cholmod_zeros(n, 1, CHOLMOD_REAL, &f->common);
    double **own[] = {&f->extra, &f->res, &f->dir, &f->pre, &f->times};
    for (size_t i = 0; i < 5; i++)
        if (!(*own[i] = calloc(n, sizeof(double))))
            return ERR_NOMEM;
    if (!f->A || !f->b)
        return ERR_NOMEM;
    memcpy(f->A->p, c->colptr, (n + 1) * sizeof(int));
    memcpy(f->A->i, c->row, nnz * sizeof(int));
    f->L = cholmod_analyze(f->A, &f->common);
    return f->L ? 0 : ERR_NOMEM;
}

static int ldl_set(struct ldl *f, double mass_weight, double stiff_weight)
{
    const struct core *c = f->c;
    double *x = f->A->x;
    f->gamma = stiff_weight;
    f->theta = c->theta;
    for (size_t d = 0; d < c->n; d++) {
        int k = c->colptr[d];
        x[k] = mass_weight * (c->M[d] + f->extra[d]) + stiff_weight * c->A[k];
        for (k++; k < c->colptr[d + 1]; k++)
            x[k] = stiff_weight * c->A[k];
    }
    if (!cholmod_factorize(f->A, f->L, &f->common) || f->common.status < 0)
        return f->common.status == CHOLMOD_OUT_OF_MEMORY ? ERR_NOMEM : ERR_NUMERIC;
    return f->common.status == CHOLMOD_OK && f->L->minor == c->n ? 0 : ERR_NUMERIC;
}

/* x := (factor)^-1 from. */
static int ldl_solve(struct ldl *f, const double *from, double *x)
{
    memcpy(f->b->x, from, f->c->n * sizeof *from);
    if (!cholmod_solve2(CHOLMOD_A, f->L, f->b, NULL, &f->x, NULL, &f->work_y, &f->work_e, &f->common))
        return ERR_NOMEM;
    memcpy(x, f->x->x, f->c->n * sizeof *x);
    return 0;
}

static double dot(size_t n, const double *a, const double *b)
{
    double s = 0.0;
    for (size_t i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

/* out = (M + extra + gamma A) a. */
static void apply(struct ldl *f, double gamma, const double *a, double *out)
{
    core_times(f->c, a, out);
    for (size_t d = 0; d < f->c->n; d++)
        out[d] = (f->c->M[d] + f->extra[d]) * a[d] + gamma * out[d];
}

/* x := (M + extra + gamma A)^-1 x: directly with the factor of this matrix, else by conjugate gradients preconditioned
 * with the factor at hand. */
static int ldl_refined(struct ldl *f, double gamma, double *x)
{
    size_t n = f->c->n;
    if (gamma == f->gamma && f->c->theta == f->theta)
        return ldl_solve(f, x, x);
    memcpy(f->res, x, n * sizeof *x);
    memset(x, 0, n * sizeof *x);
    int rc = ldl_solve(f, f->res, f->pre);
    double rz = dot(n, f->res, f->pre), first = rz;
    memcpy(f->dir, f->pre, n * sizeof *x);
    for (int i = 0; !rc && i < CG_MAX && rz > REFINED * REFINED * first; i++) {
        apply(f, gamma, f->dir, f->times);
        double curvature = dot(n, f->dir, f->times);
        if (!(curvature > 0.0))
            return ERR_NUMERIC;
        double step = rz / curvature;
        for (size_t d = 0; d < n; d++) {
            x[d] += step * f->dir[d];
            f->res[d] -= step * f->times[d];
        }
        rc = ldl_solve(f, f->res, f->pre);
        double next = dot(n, f->res, f->pre);
        for (size_t d = 0; d < n; d++)
            f->dir[d] = f->pre[d] + next / rz * f->dir[d];
        rz = next;
    }
    return rc;
}

/* ---- the whole state ---- */

void factor_free(struct factor *f)
{
    if (!f)
        return;
    ldl_release(&f->drug);
    ldl_release(&f->met);
    free(f->z);
    free(f);
}

static bool same_pattern(const struct ldl *f, const struct core *c)
{
    if (!f->is_started)
        return c->n == 0;
    size_t n = f->A->ncol, nnz = (size_t)((int *)f->A->p)[n];
    return c->n == n && (size_t)c->colptr[n] == nnz && !memcmp(f->A->p, c->colptr, (n + 1) * sizeof(int)) &&
           !memcmp(f->A->i, c->row, nnz * sizeof(int));
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
        rc = ldl_analyse(&f->drug, &s->drug);
    }
    if (!rc && s->met.n)
        rc = ldl_analyse(&f->met, &s->met);
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
    int rc = ldl_set(&f->drug, 1.0, gamma);
    return !rc && f->s->met.n ? ldl_set(&f->met, 1.0, gamma) : rc;
}

int factor_set_steady(struct factor *f)
{
    memset(f->drug.extra, 0, f->s->drug.n * sizeof *f->drug.extra);
    return ldl_set(&f->drug, 0.0, 1.0);
}

int factor_solve_core(struct factor *f, double *x) { return ldl_solve(&f->drug, x, x); }

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
    return ldl_refined(&f->drug, gamma, v);
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
    c[0] += gamma * area * dot(s->drug.n, clearing, v);
    int rc = 0;
    if (back > 0.0) {
        memcpy(f->z, clearing, s->drug.n * sizeof *f->z);
        rc = ldl_refined(&f->drug, gamma, f->z);
        S[0] += gamma * area * back * (clearing_free(s) + clearing_fixed(s) - gamma * dot(s->drug.n, clearing, f->z));
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
    return ldl_refined(&f->met, gamma, x);
}

static void solve_metabolite_plasma(const struct system *s, double gamma, double *v)
{
    size_t k = (size_t)s->border[BORDER_METABOLITE];
    double *c = v + s->at_border, sum = s->V[k] * c[k] - gamma * s->H[k * s->nb] * c[0];
    if (s->met.n)
        sum += gamma * s->p->area * dot(s->met.n, s->met.flux + QUAD_CLEARED * s->met.n, v + s->at_met);
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
    return (size_t)f->drug.common.lnz + (f->met.is_started ? (size_t)f->met.common.lnz : 0);
}
