/* system.c -- see system.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "solver/system/system.h"

double zone_K(const struct problem *p, size_t q) { return q < p->n_layers ? p->layer[q].K : p->channel.K; }
double zone_D(const struct problem *p, size_t q) { return q < p->n_layers ? p->layer[q].D : p->channel.D; }
static double zone_clearance(const struct problem *p, size_t q) { return q < p->n_layers ? p->layer[q].clearance : 0.0; }

double zone_amount(const struct problem *p, const struct mesh *m, size_t q, const double *nodal)
{
    double sum = 0.0;
    for (size_t i = 0; i < m->n; i++)
        sum += m->mass[q * m->n + i] * nodal[i];
    return sum * zone_K(p, q);
}

/* ---- which unknown each node is ---- */

static void number_nodes(struct system *s, struct phase phase)
{
    const struct mesh *m = s->m;
    const struct problem *p = s->p;
    bool stirred = p->channel.fill == CHANNEL_STIRRED;
    bool fixed_top = phase.patch_on && p->donor.kind == DONOR_INFINITE;
    bool well_top = phase.patch_on && p->donor.kind == DONOR_FINITE;
    bool sink = p->receptor.kind == RECEPTOR_SINK || (p->receptor.kind == RECEPTOR_FRANZ && phase.steady_sink);
    int next = 0, pool = -1;
    for (size_t iz = 0; iz < m->nz; iz++)
        for (size_t ir = 0; ir < m->nr; ir++) {
            int *dof = &s->node_dof[mesh_at(m, iz, ir)];
            bool wet = (iz == 0 && phase.patch_on) || (stirred && mesh_in_channel(m, iz, ir)); /* touches the mixed phase */
            if (wet && fixed_top)
                *dof = NODE_DONOR;
            else if (wet) /* the vehicle, or what it left in a stirred channel: one unknown */
                *dof = pool >= 0 ? pool : (pool = next++);
            else if (iz == m->nz - 1 && sink)
                *dof = NODE_SINK;
            else if (iz == m->nz - 1 && p->receptor.kind == RECEPTOR_FRANZ)
                *dof = s->receptor_dof >= 0 ? s->receptor_dof : (s->receptor_dof = next++);
            else
                *dof = next++;
        }
    s->n = (size_t)next;
    s->donor_dof = well_top ? pool : -1;
    s->donor_a = p->donor.C0 / p->donor.K;
    s->donor_capacity = p->donor.kind == DONOR_FINITE ? p->donor.H * p->donor.K : 0.0;
}

static double node_activity(const struct system *s, size_t i, const double *core)
{
    int d = s->node_dof[i];
    return d >= 0 ? core[d] : d == NODE_DONOR ? s->donor_a : 0.0;
}

void system_scatter(const struct system *s, const double *core, double *nodal)
{
    for (size_t i = 0; i < s->m->n; i++)
        nodal[i] = node_activity(s, i, core);
}

void system_gather(const struct system *s, const double *nodal, double donor_activity, double receptor_activity, double *core)
{
    memset(core, 0, s->n * sizeof *core);
    for (size_t i = 0; i < s->m->n; i++) {
        int d = s->node_dof[i];
        if (d < 0)
            continue;
        double mass = 0.0;
        for (size_t q = 0; q < s->m->n_zones; q++)
            mass += zone_K(s->p, q) * s->m->mass[q * s->m->n + i];
        core[d] += mass * nodal[i];
    }
    if (s->donor_dof >= 0)
        core[s->donor_dof] += s->donor_capacity * donor_activity;
    if (s->receptor_dof >= 0)
        core[s->receptor_dof] += s->p->receptor.H * receptor_activity;
    for (size_t d = 0; d < s->n; d++)
        core[d] /= s->M[d];
}

/* ---- assembly ---- */

struct entry { int col, row; double v; };

static int by_place(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->col != y->col ? (x->col > y->col) - (x->col < y->col) : (x->row > y->row) - (x->row < y->row);
}

/* Value of node entry k (column i, row j): sum over zones of K D S, and k K m on the diagonal. */
static double node_entry(const struct system *s, size_t k, size_t i, size_t j)
{
    const struct mesh *m = s->m;
    double v = 0.0;
    for (size_t q = 0; q < m->n_zones; q++) {
        v += zone_K(s->p, q) * zone_D(s->p, q) * m->stiff[q * m->nnz + k];
        if (i == j)
            v += zone_K(s->p, q) * zone_clearance(s->p, q) * m->mass[q * m->n + i];
    }
    return v;
}

/* Adds v at (i, j) of the node matrix to a flux functional over the nodes of row i. */
static void add_to_functional(struct system *s, enum quad q, double sign, double v, size_t j)
{
    int d = s->node_dof[j];
    if (d >= 0)
        s->flux[(size_t)q * (s->n + s->nb) + (size_t)d] += sign * v;
    else if (d == NODE_DONOR)
        s->flux0[q] += sign * v * s->donor_a;
}

/* One entry of the node matrix goes to A (both free), to f (one dropped), and to the flux of a dropped row. */
static void add_entry(struct system *s, struct entry *list, size_t *n, size_t i, size_t j, double v)
{
    int di = s->node_dof[i], dj = s->node_dof[j];
    if (di >= 0 && dj >= 0) {
        double twice = di == dj && i != j ? 2.0 * v : v; /* (i,j) and (j,i) meet on the diagonal */
        list[(*n)++] = (struct entry){di < dj ? di : dj, di < dj ? dj : di, twice};
    }
    for (int side = 0; side < (i == j ? 1 : 2); side++) {
        size_t a = side ? j : i, b = side ? i : j; /* row a, column b */
        int da = s->node_dof[a], db = s->node_dof[b];
        if (da >= 0 && db == NODE_DONOR)
            s->f[da] -= v * s->donor_a;
        if (da == NODE_DONOR)
            add_to_functional(s, QUAD_TOP, 1.0, v, b);
        if (da == NODE_SINK)
            add_to_functional(s, QUAD_BOTTOM, -1.0, v, b);
    }
}

static int compress(struct system *s, struct entry *list, size_t n)
{
    qsort(list, n, sizeof *list, by_place);
    size_t unique = 0;
    for (size_t k = 0; k < n; k++)
        if (k && !by_place(&list[k], &list[unique - 1]))
            list[unique - 1].v += list[k].v;
        else
            list[unique++] = list[k];
    s->row = malloc(unique * sizeof *s->row);
    s->A = malloc(unique * sizeof *s->A);
    if (!s->row || !s->A)
        return ERR_NOMEM;
    size_t k = 0;
    for (size_t c = 0; c < s->n; c++) {
        s->colptr[c] = (int)k;
        assert(k < unique && list[k].col == (int)c && list[k].row == (int)c); /* every diagonal entry is there */
        for (; k < unique && list[k].col == (int)c; k++) {
            s->row[k] = list[k].row;
            s->A[k] = list[k].v;
        }
    }
    s->colptr[s->n] = (int)k;
    return 0;
}

static int assemble_core(struct system *s)
{
    const struct mesh *m = s->m;
    struct entry *list = malloc(m->nnz * sizeof *list);
    if (!list)
        return ERR_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++)
        for (int k = m->colptr[i]; k < m->colptr[i + 1]; k++)
            add_entry(s, list, &n, i, (size_t)m->row[k], node_entry(s, (size_t)k, i, (size_t)m->row[k]));
    int rc = compress(s, list, n);
    free(list);
    return rc;
}

static void assemble_mass(struct system *s)
{
    const struct mesh *m = s->m;
    for (size_t i = 0; i < m->n; i++)
        for (size_t q = 0; q < m->n_zones; q++) {
            double mass = zone_K(s->p, q) * m->mass[q * m->n + i], loss = mass * zone_clearance(s->p, q);
            if (s->node_dof[i] >= 0)
                s->M[s->node_dof[i]] += mass;
            if (loss > 0.0)
                add_to_functional(s, QUAD_CLEARED, 1.0, loss, i);
        }
    if (s->donor_dof >= 0)
        s->M[s->donor_dof] += s->donor_capacity;
    if (s->receptor_dof >= 0)
        s->M[s->receptor_dof] += s->p->receptor.H;
}

/* Flow through a Franz receptor carries q a_r away: a loss on the collapsed unknown. */
static void assemble_flow(struct system *s)
{
    if (s->receptor_dof < 0)
        return;
    s->A[s->colptr[s->receptor_dof]] += s->p->receptor.q;
    s->flux[QUAD_FLOW * (s->n + s->nb) + (size_t)s->receptor_dof] = s->p->receptor.q;
}

/* V Cp' = area J_cleared + infusion - CL Cp. */
static void assemble_body(struct system *s, struct phase phase)
{
    if (!s->nb)
        return;
    const struct body *b = &s->p->body;
    const double *cleared = s->flux + QUAD_CLEARED * (s->n + s->nb);
    for (size_t d = 0; d < s->n; d++)
        s->R[d] = -s->p->area * cleared[d];
    s->V[0] = b->V;
    s->H[0] = b->CL;
    s->g[0] = s->p->area * s->flux0[QUAD_CLEARED] + (phase.infusing ? b->infusion : 0.0);
    s->flux[QUAD_EXCRETED * (s->n + s->nb) + s->n] = b->CL;
}

static int allocate(struct system *s)
{
    s->colptr = calloc(s->n + 1, sizeof *s->colptr);
    s->M = calloc(s->n, sizeof *s->M);
    s->f = calloc(s->n, sizeof *s->f);
    s->R = calloc(s->nb ? s->nb * s->n : 1, sizeof *s->R);
    s->flux = calloc(QUADS_MAX * (s->n + s->nb), sizeof *s->flux);
    return s->colptr && s->M && s->f && s->R && s->flux ? 0 : ERR_NOMEM;
}

int system_build(struct system *s, const struct problem *p, const struct mesh *m, struct phase phase, struct err *e)
{
    *s = (struct system){.p = p, .m = m, .nb = p->body.present ? 1 : 0, .donor_dof = -1, .receptor_dof = -1};
    s->node_dof = malloc(m->n * sizeof *s->node_dof);
    int rc = s->node_dof ? 0 : ERR_NOMEM;
    if (!rc) {
        number_nodes(s, phase);
        rc = allocate(s);
    }
    if (!rc)
        rc = assemble_core(s);
    if (rc) {
        system_release(s);
        return err_set(e, ERR_NOMEM, "out of memory for %zu unknowns", m->n);
    }
    assemble_mass(s);
    assemble_flow(s);
    assemble_body(s, phase);
    return 0;
}

void system_release(struct system *s)
{
    free(s->node_dof);
    free(s->colptr);
    free(s->row);
    free(s->A);
    free(s->M);
    free(s->f);
    free(s->R);
    free(s->flux);
    *s = (struct system){0};
}

/* ---- evaluation ---- */

void system_stiffness_times(const struct system *s, const double *a, double *out)
{
    memset(out, 0, s->n * sizeof *out);
    for (size_t c = 0; c < s->n; c++) {
        int k = s->colptr[c];
        double ac = a[c], sum = s->A[k] * ac;
        for (k++; k < s->colptr[c + 1]; k++) {
            out[s->row[k]] += s->A[k] * ac;
            sum += s->A[k] * a[s->row[k]];
        }
        out[c] += sum;
    }
}

void system_rhs(const struct system *s, const double *y, double *dydt)
{
    system_stiffness_times(s, y, dydt);
    for (size_t d = 0; d < s->n; d++)
        dydt[d] = (s->f[d] - dydt[d]) / s->M[d];
    for (size_t k = 0; k < s->nb; k++) {
        double sum = s->g[k];
        for (size_t d = 0; d < s->n; d++)
            sum -= s->R[k * s->n + d] * y[d];
        for (size_t l = 0; l < s->nb; l++)
            sum -= s->H[k * s->nb + l] * y[s->n + l];
        dydt[s->n + k] = sum / s->V[k];
    }
}

void system_flux(const struct system *s, const double *y, double *rate)
{
    size_t n = s->n + s->nb;
    for (size_t q = 0; q < QUADS_MAX; q++) {
        double sum = s->flux0[q];
        for (size_t d = 0; d < n; d++)
            sum += s->flux[q * n + d] * y[d];
        rate[q] = sum;
    }
}
