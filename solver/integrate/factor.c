/* factor.c -- see factor.h. */
#include <cholmod.h>
#include <stdlib.h>
#include <string.h>
#include "solver/integrate/factor.h"

struct factor {
    const struct system *s;
    cholmod_common common;
    cholmod_sparse *A;  /* pattern of s->A with values mass_weight M + stiff_weight A */
    cholmod_factor *L;
    cholmod_dense *b, *x, *work_y, *work_e;
    double gamma;       /* stiff_weight / mass_weight of what is factorised */
    double *rhs, *x0;   /* n each: refinement */
};

#define REFINED 1e-5 /* error left in a Newton solve with a factor of another gamma: below it the drug balance is at rounding */

static void release(struct factor *f)
{
    cholmod_free_dense(&f->b, &f->common);
    cholmod_free_dense(&f->x, &f->common);
    cholmod_free_dense(&f->work_y, &f->common);
    cholmod_free_dense(&f->work_e, &f->common);
    cholmod_free_factor(&f->L, &f->common);
    cholmod_free_sparse(&f->A, &f->common);
    cholmod_finish(&f->common);
}

void factor_free(struct factor *f)
{
    if (!f)
        return;
    release(f);
    free(f->rhs);
    free(f->x0);
    free(f);
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

static int analyse(struct factor *f)
{
    const struct system *s = f->s;
    size_t nnz = (size_t)s->colptr[s->n];
    f->A = cholmod_allocate_sparse(s->n, s->n, nnz, 1, 1, -1, CHOLMOD_REAL, &f->common);
    f->b = cholmod_zeros(s->n, 1, CHOLMOD_REAL, &f->common);
    f->rhs = malloc(s->n * sizeof *f->rhs);
    f->x0 = malloc(s->n * sizeof *f->x0);
    if (!f->A || !f->b || !f->rhs || !f->x0)
        return ERR_NOMEM;
    memcpy(f->A->p, s->colptr, (s->n + 1) * sizeof(int));
    memcpy(f->A->i, s->row, nnz * sizeof(int));
    f->L = cholmod_analyze(f->A, &f->common);
    return f->L ? 0 : ERR_NOMEM;
}

int factor_new(struct factor **out, const struct system *s, struct err *e)
{
    struct factor *f = calloc(1, sizeof *f);
    *out = NULL;
    if (!f)
        return err_set(e, ERR_NOMEM, "out of memory for the factorisation");
    f->s = s;
    configure(&f->common);
    if (analyse(f)) {
        factor_free(f);
        return err_set(e, ERR_NOMEM, "out of memory for the factorisation of %zu unknowns", s->n);
    }
    *out = f;
    return 0;
}

int factor_set(struct factor *f, double mass_weight, double stiff_weight)
{
    const struct system *s = f->s;
    double *x = f->A->x;
    f->gamma = mass_weight > 0.0 ? stiff_weight / mass_weight : INFINITY;
    for (size_t c = 0; c < s->n; c++) {
        int k = s->colptr[c];
        x[k] = mass_weight * s->M[c] + stiff_weight * s->A[k];
        for (k++; k < s->colptr[c + 1]; k++)
            x[k] = stiff_weight * s->A[k];
    }
    if (!cholmod_factorize(f->A, f->L, &f->common) || f->common.status < 0)
        return f->common.status == CHOLMOD_OUT_OF_MEMORY ? ERR_NOMEM : ERR_NUMERIC;
    return f->common.status == CHOLMOD_OK && f->L->minor == s->n ? 0 : ERR_NUMERIC;
}

int factor_solve(struct factor *f, double *x)
{
    memcpy(f->b->x, x, f->s->n * sizeof *x);
    if (!cholmod_solve2(CHOLMOD_A, f->L, f->b, NULL, &f->x, NULL, &f->work_y, &f->work_e, &f->common))
        return ERR_NOMEM;
    memcpy(x, f->x->x, f->s->n * sizeof *x);
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

/* x := (M + gamma A)^-1 M x.  With a factor F of another gamma0 the eigenvalues of F^-1 (M + gamma A) lie between 1 and
 * gamma/gamma0, so Richardson's iteration with the middle of the two as step contracts by |ratio - 1| / (ratio + 1). */
static int solve_core(struct factor *f, double gamma, double *x)
{
    const struct system *s = f->s;
    double ratio = gamma / f->gamma, contraction = fabs(ratio - 1.0) / (ratio + 1.0), step = 2.0 / (1.0 + ratio);
    for (size_t d = 0; d < s->n; d++)
        f->rhs[d] = x[d] *= s->M[d];
    int rc = factor_solve(f, x);
    for (size_t d = 0; d < s->n; d++)
        x[d] *= step;
    for (double left = contraction; !rc && left > REFINED; left *= contraction) {
        system_stiffness_times(s, x, f->x0);
        for (size_t d = 0; d < s->n; d++)
            f->x0[d] = f->rhs[d] - s->M[d] * x[d] - gamma * f->x0[d];
        rc = factor_solve(f, f->x0);
        for (size_t d = 0; d < s->n; d++)
            x[d] += step * f->x0[d];
    }
    return rc;
}

int factor_newton(struct factor *f, double gamma, double *v)
{
    const struct system *s = f->s;
    int rc = solve_core(f, gamma, v);
    if (rc || !s->nb)
        return rc;
    double S[BORDER_MAX * BORDER_MAX], *b = v + s->n; /* the body is one-way, so the Schur complement is its own block */
    for (size_t k = 0; k < s->nb; k++) {
        double sum = s->V[k] * b[k];
        for (size_t d = 0; d < s->n; d++)
            sum -= gamma * s->R[k * s->n + d] * v[d];
        b[k] = sum;
        for (size_t l = 0; l < s->nb; l++)
            S[k * s->nb + l] = gamma * s->H[k * s->nb + l] + (k == l ? s->V[k] : 0.0);
    }
    return solve_small(S, b, s->nb);
}

size_t factor_entries(const struct factor *f)
{
    return (size_t)f->common.lnz;
}
