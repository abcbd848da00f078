/* core.c -- see core.h and system.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/vector.h"
#include "solver/system/core.h"

/* ---- zones ---- */

static bool is_channel(const struct system *s, size_t q) { return q >= s->p->n_layers && s->phase.opened; }
static const struct layer *layer_of(const struct system *s, size_t q) { return &s->p->layer[q % s->p->n_layers]; }

bool zone_present(const struct system *s, bool metabolite, size_t q)
{
    return !(s->p->vehicle_layer && q % s->p->n_layers == 0 && (metabolite || !s->phase.patch_on));
}

double zone_K(const struct system *s, bool metabolite, size_t q)
{
    if (is_channel(s, q))
        return metabolite ? s->p->channel.K_metabolite : s->p->channel.K;
    return metabolite ? layer_of(s, q)->K_metabolite : layer_of(s, q)->K;
}

double zone_D(const struct system *s, bool metabolite, size_t q, double theta)
{
    const struct layer *l = layer_of(s, q);
    double D = metabolite ? l->D_metabolite : l->D;
    if (!is_channel(s, q))
        return D;
    double open = metabolite ? s->p->channel.D_metabolite : s->p->channel.D;
    double K = metabolite ? l->K_metabolite : l->K;
    return theta * open +
           (1.0 - theta) * D * K / zone_K(s, metabolite, q); /* K D of a closed channel is that of the layer */
}

double zone_clearance(const struct system *s, bool metabolite, size_t q)
{
    if (is_channel(s, q))
        return 0.0;
    return metabolite ? layer_of(s, q)->clearance_metabolite : layer_of(s, q)->clearance;
}

double zone_turnover(const struct system *s, bool metabolite, size_t q)
{
    return metabolite || is_channel(s, q) ? 0.0 : layer_of(s, q)->metabolism.k;
}

static double zone_mass(const struct system *s, bool metabolite, size_t q, size_t i)
{
    return zone_present(s, metabolite, q) ? s->m->mass[q * s->m->n + i] : 0.0;
}

double node_capacity(const struct system *s, bool metabolite, size_t i)
{
    double sum = 0.0;
    for (size_t q = 0; q < s->m->n_zones; q++)
        sum += zone_K(s, metabolite, q) * zone_mass(s, metabolite, q, i);
    return sum;
}

double zone_amount(const struct system *s, bool metabolite, size_t q, const double *nodal)
{
    double sum = 0.0;
    if (zone_present(s, metabolite, q))
        sum = vector_dot(s->m->n, s->m->mass + q * s->m->n, nodal);
    return sum * zone_K(s, metabolite, q);
}

/* ---- which unknown each node is ---- */

/* The drug sees the donor; the metabolite does not (it is taken not to enter the vehicle: conservative for the skin).
 */
static void number_nodes(struct core *c, const struct system *s, bool metabolite)
{
    const struct mesh *m = s->m;
    const struct problem *p = s->p;
    bool stirred = p->channel.fill == CHANNEL_STIRRED && s->phase.opened && !metabolite;
    bool donor = s->phase.patch_on && !p->vehicle_layer && !metabolite;
    bool sink = p->receptor.kind == RECEPTOR_SINK || (p->receptor.kind == RECEPTOR_FRANZ && s->phase.steady_sink);
    int next = 0, pool = -1;
    c->receptor_dof = -1;
    for (size_t i = 0; i < m->n; i++) {
        int *dof = &c->node_dof[i], where = m->where[i];
        bool wet = (where & MESH_TOP && donor) || (stirred && where & MESH_CHANNEL); /* touches the mixed phase */
        if (where & MESH_ABOVE && (!s->phase.patch_on || metabolite))
            *dof = NODE_VOID;
        else if (wet && donor && s->phase.held)
            *dof = NODE_DONOR;
        else if (wet) /* the vehicle, or what it left in a stirred channel: one unknown */
            *dof = pool >= 0 ? pool : (pool = next++);
        else if (where & MESH_BOTTOM && sink)
            *dof = NODE_SINK;
        else if (where & MESH_BOTTOM && p->receptor.kind == RECEPTOR_FRANZ)
            *dof = c->receptor_dof >= 0 ? c->receptor_dof : (c->receptor_dof = next++);
        else
            *dof = next++;
    }
    c->n = (size_t)next;
    c->donor_dof = donor && !s->phase.held ? pool : -1;
    c->donor_a = donor ? s->phase.donor->C0 / s->phase.donor->K : 0.0;
    c->donor_capacity = c->donor_dof >= 0 ? s->phase.donor->H * s->phase.donor->K : 0.0;
    c->receptor_capacity = p->receptor.H * p->receptor.K;
}

void core_scatter(const struct system *s, const struct core *c, const double *a, double *nodal)
{
    for (size_t i = 0; i < s->m->n; i++) {
        int d = c->node_dof[i];
        nodal[i] = d >= 0 ? a[d] : d == NODE_DONOR ? c->donor_a : 0.0;
    }
}

void core_gather(const struct system *s, const struct core *c, const double *nodal, double donor_a, double receptor_a,
                 double *a)
{
    bool metabolite = c == &s->met;
    memset(a, 0, c->n * sizeof *a);
    for (size_t i = 0; i < s->m->n; i++)
        if (c->node_dof[i] >= 0)
            a[c->node_dof[i]] += node_capacity(s, metabolite, i) * nodal[i];
    if (c->donor_dof >= 0)
        a[c->donor_dof] += c->donor_capacity * donor_a;
    if (c->receptor_dof >= 0)
        a[c->receptor_dof] += c->receptor_capacity * receptor_a;
    for (size_t d = 0; d < c->n; d++)
        a[d] /= c->M[d];
}

/* ---- pattern: columns of A from the mesh's, node by node; marks keep each (column, row) once ---- */

/* Nearly sorted lists of some ten numbers. */
static void sort(int *list, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        int x = list[i];
        size_t k = i;
        for (; k > 0 && list[k - 1] > x; k--)
            list[k] = list[k - 1];
        list[k] = x;
    }
}

/* Nodes grouped by unknown: the nodes of unknown d are node[start[d]] ... node[start[d + 1] - 1]; next[n] is scratch.
 */
static void group_nodes(const struct core *c, size_t n_nodes, int *start, int *node, int *next)
{
    memset(start, 0, (c->n + 1) * sizeof *start);
    for (size_t i = 0; i < n_nodes; i++)
        if (c->node_dof[i] >= 0)
            start[c->node_dof[i] + 1]++;
    for (size_t d = 0; d < c->n; d++)
        next[d] = start[d + 1] += start[d];
    for (size_t i = n_nodes; i-- > 0;)
        if (c->node_dof[i] >= 0)
            node[--next[c->node_dof[i]]] = (int)i;
}

/* Unknowns coupled to one unknown, itself included, larger or equal, unsorted; returns how many. */
static size_t neighbours(const struct core *c, const int *full_ptr, const int *full, size_t d, const int *start,
                         const int *node, int *mark, int *list)
{
    size_t n = 0;
    for (int k = start[d]; k < start[d + 1]; k++)
        for (int j = full_ptr[node[k]]; j < full_ptr[node[k] + 1]; j++) {
            int e = c->node_dof[full[j]];
            if (e < (int)d || mark[e] == (int)d)
                continue;
            mark[e] = (int)d;
            list[n++] = e;
        }
    return n;
}

/* The mesh's whole (both triangles) adjacency. */
static int mirror(const struct mesh *m, int **ptr, int **adj)
{
    *ptr = calloc(m->n + 2, sizeof **ptr);
    *adj = malloc(2 * m->nnz * sizeof **adj);
    if (!*ptr || !*adj)
        return ERR_NOMEM;
    int *count = *ptr + 1;
    for (size_t i = 0; i < m->n; i++)
        for (int k = m->colptr[i]; k < m->colptr[i + 1]; k++) {
            count[i + 1]++;
            if ((size_t)m->row[k] != i)
                count[m->row[k] + 1]++;
        }
    for (size_t i = 0; i < m->n; i++)
        count[i + 1] += count[i];
    for (size_t i = 0; i < m->n; i++) /* count[i] is the next free place of node i; it ends as ptr[i + 1] */
        for (int k = m->colptr[i]; k < m->colptr[i + 1]; k++) {
            (*adj)[count[i]++] = m->row[k];
            if ((size_t)m->row[k] != i)
                (*adj)[count[m->row[k]]++] = (int)i;
        }
    return 0;
}

/* Nodes collapsed into one unknown: its column is that of all of them, and out of their order. */
static int build_merged(struct core *c, const struct mesh *m)
{
    int *full_ptr = NULL, *full = NULL, *start = malloc((c->n + 1) * sizeof *start),
        *node = malloc(m->n * sizeof *node);
    int *mark = malloc(c->n * sizeof *mark), *list = malloc(c->n * sizeof *list);
    int rc = mirror(m, &full_ptr, &full);
    c->colptr = malloc((c->n + 1) * sizeof *c->colptr);
    c->row = malloc((m->nnz + c->n) * sizeof *c->row); /* collapsing only merges entries */
    if (!rc && !(start && node && mark && list && c->colptr && c->row))
        rc = ERR_NOMEM;
    if (!rc) {
        size_t k = 0;
        group_nodes(c, m->n, start, node, mark);
        memset(mark, 0xff, c->n * sizeof *mark);
        for (size_t d = 0; d < c->n; d++) {
            c->colptr[d] = (int)k;
            size_t n = neighbours(c, full_ptr, full, d, start, node, mark, list);
            sort(list, n);
            memcpy(c->row + k, list, n * sizeof *list);
            assert(n && list[0] == (int)d);
            k += n;
        }
        c->colptr[c->n] = (int)k;
    }
    int *all[] = {full_ptr, full, start, node, mark, list};
    for (size_t i = 0; i < 6; i++)
        free(all[i]);
    return rc;
}

static int build_pattern(struct core *c, const struct mesh *m)
{
    size_t unknowns = 0;
    for (size_t i = 0; i < m->n; i++)
        unknowns += c->node_dof[i] >= 0;
    c->is_merged = unknowns > c->n;
    if (c->is_merged)
        return build_merged(c, m);
    c->colptr = malloc((c->n + 1) * sizeof *c->colptr);
    c->row = malloc(m->nnz * sizeof *c->row);
    if (!c->colptr || !c->row)
        return ERR_NOMEM;
    int n = 0;
    for (size_t i = 0; i < m->n; i++) { /* unknowns are numbered as the nodes are: rows stay in order */
        if (c->node_dof[i] < 0)
            continue;
        c->colptr[c->node_dof[i]] = n;
        for (int k = m->colptr[i]; k < m->colptr[i + 1]; k++)
            if (c->node_dof[m->row[k]] >= 0)
                c->row[n++] = c->node_dof[m->row[k]];
    }
    c->colptr[c->n] = n;
    return 0;
}

/* ---- diagonals ---- */

/* Which diagonals are worth it: those that are at least a share full. */
#define FULL_SHARE 0.1

/* Counts entries by their distance from the diagonal; returns how many diagonals are stored and numbers them. */
static size_t number_diagonals(struct core *c, int *number)
{
    size_t n = 0, least = (size_t)(FULL_SHARE * (double)c->n);
    memset(number, 0, c->n * sizeof *number);
    for (size_t d = 0; d < c->n; d++)
        for (int k = c->colptr[d]; k < c->colptr[d + 1]; k++)
            number[c->row[k] - (int)d]++;
    for (size_t o = 0; o < c->n; o++)
        number[o] = o == 0 || (size_t)number[o] > least ? (int)n++ : -1;
    return n;
}

/* Lays out the diagonals of the pattern; *values is how many numbers they hold. */
static int build_diagonals(struct core *c, size_t *values)
{
    int *number = malloc(c->n * sizeof *number), nnz = c->colptr[c->n];
    c->place = malloc((size_t)nnz * sizeof *c->place);
    c->rest = malloc((size_t)nnz * sizeof *c->rest);
    c->rest_column = malloc((size_t)nnz * sizeof *c->rest_column);
    c->n_diagonals = number ? number_diagonals(c, number) : 0;
    c->diagonal = calloc(c->n_diagonals + 1, sizeof *c->diagonal);
    *values = 0;
    if (!number || !c->place || !c->rest || !c->rest_column || !c->diagonal) {
        free(number);
        return ERR_NOMEM;
    }
    for (size_t o = 0; o < c->n; o++)
        if (number[o] >= 0)
            c->diagonal[number[o]] = (struct diagonal){o, c->n - o};
    for (size_t o = 0; o < c->n; o++) { /* number becomes where a diagonal begins */
        size_t length = number[o] >= 0 ? c->diagonal[number[o]].length : 0;
        number[o] = length ? (int)*values : -1;
        *values += length;
    }
    for (size_t d = 0; d < c->n; d++)
        for (int k = c->colptr[d]; k < c->colptr[d + 1]; k++) {
            int begin = number[c->row[k] - (int)d];
            c->place[k] = begin >= 0 ? begin + (int)d : -1;
            if (begin < 0) {
                c->rest[c->n_rest] = k;
                c->rest_column[c->n_rest++] = (int)d;
            }
        }
    free(number);
    return 0;
}

/* ---- where an entry is ---- */

/* *last: where the one before was; entries come nearly in order. */
static size_t slot(const struct core *c, int i, int j, int *last)
{
    int col = i < j ? i : j, row = i < j ? j : i, lo = c->colptr[col], hi = c->colptr[col + 1] - 1;
    if (*last + 1 >= lo && *last + 1 <= hi && c->row[*last + 1] == row)
        return (size_t)++*last;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (c->row[mid] < row) lo = mid + 1; else hi = mid;
    }
    assert(c->row[lo] == row);
    *last = lo;
    return (size_t)lo;
}

/* ---- values ---- */

static void add_row(struct core *c, enum quad q, double v, size_t dof)
{
    c->has_flux[q] = true;
    c->flux[(size_t)q * c->n + dof] += v;
}

static void add_to_functional(struct core *c, enum quad q, double v, int dof)
{
    if (dof >= 0)
        add_row(c, q, v, (size_t)dof);
    else if (dof == NODE_DONOR)
        c->flux0[q] += v * c->donor_a;
}

/* One entry of the node matrix goes to A (both free), to f (one dropped), and to the flux of a dropped row. */
static void add_entry(struct core *c, size_t i, size_t j, double v, int *last)
{
    int di = c->node_dof[i], dj = c->node_dof[j];
    if (di >= 0 && dj >= 0)
        c->A[slot(c, di, dj, last)] += di == dj && i != j ? 2.0 * v : v; /* (i,j) and (j,i) meet on the diagonal */
    for (int side = 0; side < (i == j ? 1 : 2); side++) {
        int da = side ? dj : di, db = side ? di : dj; /* row, column */
        if (da >= 0 && db == NODE_DONOR)
            c->f[da] -= v * c->donor_a;
        if (da == NODE_DONOR)
            add_to_functional(c, QUAD_TOP, v, db);
        if (da == NODE_SINK)
            add_to_functional(c, QUAD_BOTTOM, -v, db);
    }
}

static void add_losses(struct core *c, const struct system *s, bool metabolite)
{
    const struct mesh *m = s->m;
    for (size_t i = 0; i < m->n; i++)
        for (size_t q = 0; q < m->n_zones; q++) {
            double capacity = zone_K(s, metabolite, q) * zone_mass(s, metabolite, q, i);
            if (!(capacity > 0.0))
                continue;
            double cleared = capacity * zone_clearance(s, metabolite, q),
                   turned = capacity * zone_turnover(s, metabolite, q);
            if (cleared + turned > 0.0)
                add_entry(c, i, i, cleared + turned, &(int){-2});
            if (cleared > 0.0)
                add_to_functional(c, QUAD_CLEARED, cleared, c->node_dof[i]);
            if (turned > 0.0)
                add_to_functional(c, QUAD_METABOLISED, turned, c->node_dof[i]);
        }
}

/* Evaporation from a finite vehicle, and flow through a Franz receptor: losses on single unknowns. */
static void add_exits(struct core *c, const struct system *s)
{
    const struct problem *p = s->p;
    if (c->receptor_dof >= 0) {
        c->A[c->colptr[c->receptor_dof]] += p->receptor.q * p->receptor.K;
        add_row(c, QUAD_FLOW, p->receptor.q * p->receptor.K, (size_t)c->receptor_dof);
    }
    double k = s->phase.patch_on && c == &s->drug ? s->phase.donor->evaporation : 0.0;
    if (!(k > 0.0))
        return;
    if (p->vehicle_layer) {
        for (size_t i = 0; i < s->m->n; i++) {
            double v = k * p->layer[0].K * s->m->top[i];
            if (!(v > 0.0))
                continue;
            add_entry(c, i, i, v, &(int){-2});
            add_to_functional(c, QUAD_EVAPORATED, v, c->node_dof[i]);
        }
    } else if (c->donor_dof >= 0) {
        c->A[c->colptr[c->donor_dof]] += k * s->phase.donor->K;
        add_row(c, QUAD_EVAPORATED, k * s->phase.donor->K, (size_t)c->donor_dof);
    } else {
        c->flux0[QUAD_EVAPORATED] += k * s->phase.donor->C0;
    }
}

/* Points A, f, flux, flux0, diagonals into a buffer. */
static void aim(struct core *c, double *buffer)
{
    c->A = buffer;
    c->f = c->A + c->colptr[c->n];
    c->flux = c->f + c->n;
    c->flux0 = c->flux + CORE_QUADS * c->n;
    c->diagonals = c->flux0 + CORE_QUADS;
}

/* The same entries along the diagonals, and between which unknowns the functionals differ from zero. */
static void finish(struct core *c)
{
    for (int k = 0; k < c->colptr[c->n]; k++)
        if (c->place[k] >= 0)
            c->diagonals[c->place[k]] = c->A[k];
    for (size_t q = 0; q < CORE_QUADS; q++) {
        const double *row = c->flux + q * c->n;
        size_t from = 0, to = c->n;
        while (from < to && row[from] == 0.0) from++;
        while (to > from && row[to - 1] == 0.0) to--;
        bool fresh = c->flux_to[q] == c->flux_from[q];
        c->flux_from[q] = fresh || from < c->flux_from[q] ? from : c->flux_from[q];
        c->flux_to[q] = to > c->flux_to[q] ? to : c->flux_to[q];
    }
}

static void assemble(struct core *c, const struct system *s, bool metabolite, double theta, double *buffer,
                     double *stiff)
{
    const struct mesh *m = s->m;
    int last = -2;
    aim(c, buffer);
    memset(stiff, 0, m->nnz * sizeof *stiff);
    for (size_t q = 0; q < m->n_zones; q++)
        if (zone_present(s, metabolite, q))
            vector_add(m->nnz, zone_K(s, metabolite, q) * zone_D(s, metabolite, q, theta), m->stiff + q * m->nnz,
                       stiff);
    for (size_t i = 0, at = 0; i < m->n; i++)
        for (int k = m->colptr[i]; k < m->colptr[i + 1]; k++)
            if (!c->is_merged && c->node_dof[i] >= 0 && c->node_dof[m->row[k]] >= 0)
                c->A[at++] = stiff[k]; /* the pattern is the mesh's without what is dropped, in the same order */
            else if (stiff[k] < 0.0 || stiff[k] > 0.0)
                add_entry(c, i, (size_t)m->row[k], stiff[k], &last);
    add_losses(c, s, metabolite);
    add_exits(c, s);
    finish(c);
}

/* nodal: scratch. */
static void assemble_mass(struct core *c, const struct system *s, bool metabolite, double *nodal)
{
    memset(nodal, 0, s->m->n * sizeof *nodal);
    for (size_t q = 0; q < s->m->n_zones; q++)
        if (zone_present(s, metabolite, q))
            vector_add(s->m->n, zone_K(s, metabolite, q), s->m->mass + q * s->m->n, nodal);
    for (size_t i = 0; i < s->m->n; i++)
        if (c->node_dof[i] >= 0)
            c->M[c->node_dof[i]] += nodal[i];
    if (c->donor_dof >= 0)
        c->M[c->donor_dof] += c->donor_capacity;
    if (c->receptor_dof >= 0)
        c->M[c->receptor_dof] += c->receptor_capacity;
}

int core_build(struct core *c, const struct system *s, bool metabolite)
{
    c->node_dof = malloc(s->m->n * sizeof *c->node_dof);
    if (!c->node_dof)
        return ERR_NOMEM;
    number_nodes(c, s, metabolite);
    c->M = calloc(c->n, sizeof *c->M);
    if (!c->M || build_pattern(c, s->m))
        return ERR_NOMEM;
    size_t values;
    if (build_diagonals(c, &values))
        return ERR_NOMEM;
    bool closes = s->phase.opened && s->p->channel.closes;
    c->length = (size_t)c->colptr[c->n] + c->n + CORE_QUADS * c->n + CORE_QUADS + values;
    c->now = calloc(c->length, sizeof *c->now);
    c->closed = closes ? calloc(c->length, sizeof *c->closed) : NULL;
    c->open = closes ? calloc(c->length, sizeof *c->open) : NULL;
    double *stiff = malloc(s->m->nnz * sizeof *stiff);
    if (!stiff || !c->now || (closes && (!c->closed || !c->open))) {
        free(stiff);
        return ERR_NOMEM;
    }
    assemble_mass(c, s, metabolite, stiff);
    c->theta = closes ? -1.0 : 1.0;
    if (closes) {
        assemble(c, s, metabolite, 0.0, c->closed, stiff);
        assemble(c, s, metabolite, 1.0, c->open, stiff);
        aim(c, c->now);
        core_set_theta(c, 1.0);
    } else {
        assemble(c, s, metabolite, 1.0, c->now, stiff);
    }
    free(stiff);
    return 0;
}

void core_set_theta(struct core *c, double theta)
{
    if (!c->closed || theta == c->theta)
        return;
    c->theta = theta;
    for (size_t k = 0; k < c->length; k++)
        c->now[k] = c->closed[k] + theta * (c->open[k] - c->closed[k]);
}

void core_release(struct core *c)
{
    free(c->node_dof);
    free(c->M);
    free(c->colptr);
    free(c->row);
    free(c->diagonal);
    free(c->place);
    free(c->rest);
    free(c->rest_column);
    free(c->now);
    free(c->closed);
    free(c->open);
    *c = (struct core){0};
}

void core_times(const struct core *c, const double *a, double *out)
{
    const double *v = c->diagonals + c->n;
    vector_times(c->n, c->diagonals, a, out);
    for (size_t i = 1; i < c->n_diagonals; v += c->diagonal[i++].length)
        vector_add_diagonals(c->diagonal[i].length, c->diagonal[i].offset, v, a, out);
    for (size_t i = 0; i < c->n_rest; i++) {
        int k = c->rest[i], row = c->row[k], column = c->rest_column[i];
        out[row] += c->A[k] * a[column];
        out[column] += c->A[k] * a[row];
    }
}
