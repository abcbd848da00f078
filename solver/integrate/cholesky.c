/* cholesky.c -- see cholesky.h. */
#include <assert.h>
#include <cholmod.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "solver/integrate/cholesky.h"
#include "solver/integrate/dense.h"

/* Columns first .. first + w - 1 of L, with m rows below them, in order of elimination: children come before. */
struct front {
    size_t first, w, m, ld;
    size_t panel;         /* where its columns begin in L: ld x w */
    size_t rows;          /* where the places of its rows begin, the w columns' own included: place[], in_parent[] */
    size_t update;        /* where its update (padded(m) x m) begins, on the stack of its side */
    int    side;          /* parents and children use different stacks */
    size_t child, before; /* its last child, and the sibling before it; NONE */
};
#define NONE ((size_t)-1)

/* Unknowns.  Beyond, L is fetched more slowly than it is multiplied: zeros that CHOLMOD lets in to make fronts wider
 * cost more than they save. */
enum { LARGE = 6000 };

/* What follows from the pattern alone. */
struct analysis {
    size_t n, nnz, entries, n_fronts;
    int *colptr, *row;    /* the pattern */
    int *order;           /* n: unknown that is eliminated k-th */
    struct front *front;
    size_t rows;          /* of all fronts */
    int *place;           /* of each row of each front */
    int *in_parent;       /* the same row's position in the parent's list of rows */
    int *target;          /* nnz: where in L each entry of the matrix goes */
    size_t length, stack[2], longest, widest; /* of L, of the stacks; of a front's rows and columns */
};

struct cholesky {
    struct analysis *a;
    struct shelf *shelf;  /* lent: where the analysis came from and goes, or NULL */
    double *L, *inverse;  /* panels, as dense_invert leaves them; n: 1/L_kk */
    double *stack[2], *x, *t, *v; /* updates of fronts whose parents are still to come; scratch */
};

static void analysis_free(void *thing)
{
    struct analysis *a = thing;
    if (!a)
        return;
    void *own[] = {a->colptr, a->row, a->order, a->front, a->place, a->in_parent, a->target};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        free(own[i]);
    free(a);
}

static size_t analysis_bytes(const struct analysis *a)
{
    return sizeof *a + (2 * a->n + 2 * a->nnz + 2 * a->rows + 1) * sizeof(int) + a->n_fronts * sizeof *a->front;
}

void cholesky_free(struct cholesky *c)
{
    if (!c)
        return;
    double *own[] = {c->L, c->x, c->inverse, c->stack[0], c->stack[1], c->t, c->v};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        free(own[i]);
    if (c->a)
        shelf_give(c->shelf, SHELF_ANALYSES, c->a, analysis_bytes(c->a), analysis_free);
    free(c);
}

struct pattern { size_t n; const int *colptr, *row; };

static bool suits(const void *thing, const void *wanted)
{
    const struct analysis *a = thing;
    const struct pattern *p = wanted;
    return a->n == p->n && a->nnz == (size_t)p->colptr[p->n] &&
           !memcmp(a->colptr, p->colptr, (p->n + 1) * sizeof *p->colptr) &&
           !memcmp(a->row, p->row, a->nnz * sizeof *p->row);
}

bool cholesky_suits(const struct cholesky *c, size_t n, const int *colptr, const int *row)
{
    return suits(c->a, &(struct pattern){n, colptr, row});
}

size_t cholesky_entries(const struct cholesky *c) { return c->a->entries; }

/* ---- analysis ---- */

static double *vector_new(size_t n)
{
    size_t bytes = (n + DENSE_LANES) * sizeof(double);
    double *v = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (v)
        memset(v, 0, bytes);
    return v;
}

/* Order and groups of columns; the rows of every front. */
static int take_fronts(struct analysis *c, const cholmod_factor *L)
{
    const int *super = L->super, *at = L->pi;
    size_t rows = (size_t)at[L->nsuper];
    c->rows = rows;
    c->n_fronts = L->nsuper;
    c->front = calloc(c->n_fronts, sizeof *c->front);
    c->order = malloc(c->n * sizeof *c->order);
    c->place = malloc(rows * sizeof *c->place);
    c->in_parent = calloc(rows, sizeof *c->in_parent);
    if (!c->front || !c->order || !c->place || !c->in_parent)
        return ERR_NOMEM;
    memcpy(c->order, L->Perm, c->n * sizeof *c->order);
    memcpy(c->place, L->s, rows * sizeof *c->place);
    for (size_t s = 0; s < c->n_fronts; s++) {
        struct front *f = &c->front[s];
        *f = (struct front){.first = (size_t)super[s], .w = (size_t)(super[s + 1] - super[s]), .rows = (size_t)at[s]};
        f->m = (size_t)(at[s + 1] - at[s]) - f->w;
        f->ld = dense_padded(f->w + f->m);
        f->panel = c->length;
        f->child = f->before = NONE;
        c->length += f->ld * f->w;
    }
    return c->length <= INT_MAX ? 0 : ERR_NOMEM;
}

static int order_by_cholmod(struct analysis *c)
{
    cholmod_common common;
    cholmod_start(&common);
    common.print = 0;
    common.supernodal = CHOLMOD_SUPERNODAL;
    common.nmethods = 1;
    common.method[0].ordering = CHOLMOD_AMD;
    common.postorder = 1;
    if (c->n > LARGE) {
        common.zrelax[0] = 0.2;
        common.zrelax[1] = 0.03;
        common.zrelax[2] = 0.01;
    }
    cholmod_sparse A = {.nrow = c->n,
                        .ncol = c->n,
                        .nzmax = c->nnz,
                        .p = c->colptr,
                        .i = c->row,
                        .stype = -1,
                        .itype = CHOLMOD_INT,
                        .xtype = CHOLMOD_PATTERN,
                        .sorted = 1,
                        .packed = 1};
    cholmod_factor *L = cholmod_analyze(&A, &common);
    int rc = L ? take_fronts(c, L) : ERR_NOMEM;
    c->entries = (size_t)common.lnz;
    cholmod_free_factor(&L, &common);
    cholmod_finish(&common);
    return rc;
}

/* Parents, what position each row has there, and where on the stacks the updates lie.  owner[k]: front of column k;
 * position[n]: scratch. */
static void link_fronts(struct analysis *c, const size_t *owner, int *position)
{
    size_t top[2] = {0};
    for (size_t s = c->n_fronts; s-- > 0;) { /* parents first: a child's side is the other one */
        struct front *f = &c->front[s];
        if (!f->m)
            continue;
        size_t parent = owner[c->place[f->rows + f->w]];
        struct front *p = &c->front[parent];
        f->side = !p->side;
        for (size_t i = 0; i < p->w + p->m; i++)
            position[c->place[p->rows + i]] = (int)i;
        for (size_t i = f->w; i < f->w + f->m; i++)
            c->in_parent[f->rows + i] = position[c->place[f->rows + i]];
    }
    for (size_t s = 0; s < c->n_fronts; s++) {
        struct front *f = &c->front[s];
        f->update = top[f->side];
        top[f->side] += dense_padded(f->m) * f->m;
        if (top[f->side] > c->stack[f->side])
            c->stack[f->side] = top[f->side];
        c->longest = f->ld > c->longest ? f->ld : c->longest;
        c->widest = f->w > c->widest ? f->w : c->widest;
        for (size_t k = f->child; k != NONE; k = c->front[k].before) /* they lie on top of the other stack */
            top[!f->side] = c->front[k].update;
        if (!f->m)
            continue;
        struct front *p = &c->front[owner[c->place[f->rows + f->w]]];
        f->before = p->child;
        p->child = s;
    }
}

/* Where each entry of the matrix goes: those of one front together, so that its rows are marked once. */
static int aim_entries(struct analysis *c, const size_t *owner, int *position)
{
    int *back = malloc((c->n + 1) * sizeof *back), *start = calloc(c->n_fronts + 2, sizeof *start),
        *sorted = malloc(c->nnz * sizeof *sorted), *column = malloc(c->nnz * sizeof *column);
    int rc = back && start && sorted && column ? 0 : ERR_NOMEM;
    for (size_t k = 0; !rc && k < c->n; k++)
        back[c->order[k]] = (int)k;
    for (size_t d = 0; !rc && d < c->n; d++)
        for (int k = c->colptr[d]; k < c->colptr[d + 1]; k++) {
            int i = back[d], j = back[c->row[k]];
            column[k] = i < j ? i : j;
            start[owner[column[k]] + 2]++;
            c->target[k] = i < j ? j : i;
        }
    for (size_t s = 0; !rc && s < c->n_fronts; s++)
        start[s + 2] += start[s + 1];
    for (size_t k = 0; !rc && k < c->nnz; k++)
        sorted[start[owner[column[k]] + 1]++] = (int)k;
    for (size_t s = 0; !rc && s < c->n_fronts; s++) {
        const struct front *f = &c->front[s];
        for (size_t i = 0; i < f->w + f->m; i++)
            position[c->place[f->rows + i]] = (int)i;
        for (int at = start[s]; at < start[s + 1]; at++) {
            size_t k = (size_t)sorted[at];
            c->target[k] = (int)(f->panel + ((size_t)column[k] - f->first) * f->ld) + position[c->target[k]];
        }
    }
    free(back);
    free(start);
    free(sorted);
    free(column);
    return rc;
}

static int copy_pattern(struct analysis *c, const int *colptr, const int *row)
{
    c->colptr = malloc((c->n + 1) * sizeof *colptr);
    c->row = malloc(c->nnz * sizeof *row);
    if (!c->colptr || !c->row)
        return ERR_NOMEM;
    memcpy(c->colptr, colptr, (c->n + 1) * sizeof *colptr);
    memcpy(c->row, row, c->nnz * sizeof *row);
    return order_by_cholmod(c);
}

static int place_all(struct analysis *c)
{
    size_t *owner = malloc(c->n * sizeof *owner);
    int *position = malloc(c->n * sizeof *position);
    c->target = malloc(c->nnz * sizeof *c->target);
    int rc = owner && position && c->target ? 0 : ERR_NOMEM;
    for (size_t s = 0; !rc && s < c->n_fronts; s++)
        for (size_t k = 0; k < c->front[s].w; k++)
            owner[c->front[s].first + k] = s;
    if (!rc) {
        link_fronts(c, owner, position);
        rc = aim_entries(c, owner, position);
    }
    free(owner);
    free(position);
    return rc;
}

static int analyse(struct analysis **out, const struct pattern *p)
{
    struct analysis *a = calloc(1, sizeof *a);
    *out = NULL;
    if (!a)
        return ERR_NOMEM;
    a->n = p->n;
    a->nnz = (size_t)p->colptr[p->n];
    int rc = copy_pattern(a, p->colptr, p->row);
    if (!rc)
        rc = place_all(a);
    if (rc)
        analysis_free(a);
    else
        *out = a;
    return rc;
}

static int make_room(struct cholesky *c)
{
    const struct analysis *a = c->a;
    c->L = vector_new(a->length);
    c->inverse = vector_new(a->n);
    c->x = vector_new(a->n);
    c->stack[0] = vector_new(a->stack[0]);
    c->stack[1] = vector_new(a->stack[1]);
    c->t = vector_new(a->longest);
    c->v = vector_new(dense_padded(a->widest) * dense_groups(a->widest));
    return c->L && c->inverse && c->x && c->stack[0] && c->stack[1] && c->t && c->v ? 0 : ERR_NOMEM;
}

int cholesky_new(struct cholesky **out, size_t n, const int *colptr, const int *row, struct shelf *shelf)
{
    struct cholesky *c = calloc(1, sizeof *c);
    struct pattern wanted = {n, colptr, row};
    *out = NULL;
    if (!c)
        return ERR_NOMEM;
    c->shelf = shelf;
    c->a = shelf_take(shelf, SHELF_ANALYSES, suits, &wanted);
    int rc = c->a ? 0 : analyse(&c->a, &wanted);
    if (!rc)
        rc = make_room(c);
    if (rc)
        cholesky_free(c);
    else
        *out = c;
    return rc;
}

/* ---- numbers ---- */

/* Adds a child's update to the columns of its parent f and to what the parent will pass on. */
static void add_update(struct cholesky *c, const struct front *f, const struct front *child)
{
    const int *to = c->a->in_parent + child->rows + child->w;
    const double *from = c->stack[child->side] + child->update;
    double *panel = c->L + f->panel, *update = c->stack[f->side] + f->update;
    size_t ld_from = dense_padded(child->m), ld_update = dense_padded(f->m);
    for (size_t j = 0; j < child->m; j++, from += ld_from) {
        size_t at = (size_t)to[j];
        if (at < f->w) {
            double *column = panel + at * f->ld;
            for (size_t i = j; i < child->m; i++)
                column[to[i]] += from[i];
        } else {
            double *column = update + (at - f->w) * ld_update;
            for (size_t i = j; i < child->m; i++)
                column[(size_t)to[i] - f->w] += from[i];
        }
    }
}

int cholesky_set(struct cholesky *c, const double *entry)
{
    const struct analysis *a = c->a;
    memset(c->L, 0, a->length * sizeof *c->L);
    for (size_t k = 0; k < a->nnz; k++)
        c->L[a->target[k]] = entry[k];
    for (size_t s = 0; s < a->n_fronts; s++) {
        const struct front *f = &a->front[s];
        double *panel = c->L + f->panel, *update = c->stack[f->side] + f->update;
        size_t m = dense_padded(f->m);
        memset(update, 0, m * f->m * sizeof *update);
        for (size_t k = f->child; k != NONE; k = a->front[k].before)
            add_update(c, f, &a->front[k]);
        if (dense_cholesky(f->ld, f->w, panel, c->inverse + f->first))
            return ERR_NUMERIC;
        dense_subtract(m, f->m, f->w, panel + f->w, f->ld, update, m);
        dense_invert(f->ld, f->w, panel, c->inverse + f->first, c->v);
    }
    return 0;
}

void cholesky_solve(struct cholesky *c, double *x)
{
    const struct analysis *a = c->a;
    double *y = c->x, *t = c->t;
    for (size_t k = 0; k < a->n; k++)
        y[k] = x[a->order[k]];
    for (size_t s = 0; s < a->n_fronts; s++) {
        const struct front *f = &a->front[s];
        const int *row = a->place + f->rows + f->w;
        dense_times(f->ld, f->w, c->L + f->panel, true, y + f->first, t);
        memcpy(y + f->first, t, f->w * sizeof *y);
        for (size_t i = 0; i < f->m; i++)
            y[row[i]] -= t[f->w + i];
    }
    for (size_t s = a->n_fronts; s-- > 0;) {
        const struct front *f = &a->front[s];
        const int *row = a->place + f->rows + f->w;
        memcpy(t, y + f->first, f->w * sizeof *y);
        for (size_t i = 0; i < f->m; i++)
            t[f->w + i] = -y[row[i]];
        for (size_t i = f->w + f->m; i < f->ld; i++)
            t[i] = 0.0;
        dense_transposed_times(f->ld, f->w, c->L + f->panel, true, t, y + f->first);
    }
    for (size_t k = 0; k < a->n; k++)
        x[a->order[k]] = y[k];
}
