/* cells.c -- see mesh.h: cells of different channel depth side by side, as one mesh whose parts are not coupled.  What
 * couples them are the well-mixed phases, in the system. */
#include <stdlib.h>
#include <string.h>
#include "solver/space/mesh.h"

static int allocate(struct mesh *m, const struct mesh *cell, size_t n_cells)
{
    m->n = m->nnz = 0;
    for (size_t i = 0; i < n_cells; i++) {
        m->n += cell[i].n;
        m->nnz += cell[i].nnz;
    }
    m->r = calloc(m->n, sizeof *m->r);
    m->mass = calloc(m->n_zones * m->n, sizeof *m->mass);
    m->top = calloc(m->n, sizeof *m->top);
    m->node_z = calloc(m->n, sizeof *m->node_z);
    m->where = calloc(m->n, sizeof *m->where);
    m->loaded = calloc(m->n, sizeof *m->loaded);
    m->colptr = malloc((m->n + 1) * sizeof *m->colptr);
    m->row = malloc(m->nnz * sizeof *m->row);
    m->stiff = calloc(m->n_zones * m->nnz, sizeof *m->stiff);
    return m->r && m->mass && m->top && m->node_z && m->where && m->loaded && m->colptr && m->row && m->stiff
               ? 0
               : ERR_NOMEM;
}

static void copy_scaled(double *to, const double *from, size_t n, double share)
{
    for (size_t i = 0; i < n; i++)
        to[i] = share * from[i];
}

/* One cell's nodes from node on and its entries from entry on, per area of the whole array. */
static void place(struct mesh *m, const struct mesh *c, size_t node, size_t entry, double share)
{
    memcpy(m->r + node, c->r, c->n * sizeof *c->r);
    memcpy(m->node_z + node, c->node_z, c->n * sizeof *c->node_z);
    memcpy(m->where + node, c->where, c->n * sizeof *c->where);
    memcpy(m->loaded + node, c->loaded, c->n * sizeof *c->loaded);
    copy_scaled(m->top + node, c->top, c->n, share);
    for (size_t q = 0; q < m->n_zones; q++) {
        copy_scaled(m->mass + q * m->n + node, c->mass + q * c->n, c->n, share);
        copy_scaled(m->stiff + q * m->nnz + entry, c->stiff + q * c->nnz, c->nnz, share);
    }
    for (size_t i = 0; i <= c->n; i++)
        m->colptr[node + i] = c->colptr[i] + (int)entry;
    for (size_t k = 0; k < c->nnz; k++)
        m->row[entry + k] = c->row[k] + (int)node;
}

/* What is stated of one cell is taken from it. */
static void show(struct mesh *m, struct mesh *c, size_t first)
{
    m->ez = c->ez;
    m->er = c->er;
    m->er_inside = c->er_inside;
    m->ez_surface = c->ez_surface;
    m->ez_channel = c->ez_channel;
    m->nz = c->nz;
    m->nr = c->nr;
    m->first = first;
    m->z = c->z;
    m->x = c->x;
    m->element_layer = c->element_layer;
    c->z = c->x = NULL;
    c->element_layer = NULL;
}

static int join(struct mesh *m, struct mesh *cell, const struct problem *p)
{
    *m = (struct mesh){.n_layers = p->n_layers, .n_zones = 2 * p->n_layers};
    if (allocate(m, cell, p->n_cells))
        return ERR_NOMEM;
    for (size_t i = 0, node = 0, entry = 0; i < p->n_cells; i++) {
        place(m, &cell[i], node, entry, p->cell[i].share);
        if (i == p->n_cells / 2)
            show(m, &cell[i], node);
        node += cell[i].n;
        entry += cell[i].nnz;
    }
    return 0;
}

int mesh_build(struct mesh *m, const struct problem *p, struct err *e)
{
    struct mesh cell[CELLS_MAX] = {0};
    if (!p->n_cells)
        return mesh_build_cell(m, p, e);
    struct problem *one = malloc(sizeof *one);
    int rc = one ? 0 : err_set(e, ERR_NOMEM, "out of memory for the mesh");
    if (one) *one = *p;
    for (size_t i = 0; !rc && i < p->n_cells; i++) {
        one->channel = problem_channel(p, i);
        one->mesh_like = NULL;
        rc = mesh_build_cell(&cell[i], one, e);
    }
    *m = (struct mesh){0};
    if (!rc && (rc = join(m, cell, p)))
        err_set(e, rc, "out of memory for the mesh of %zu cells", p->n_cells);
    for (size_t i = 0; i < p->n_cells; i++)
        mesh_release(&cell[i]);
    if (rc)
        mesh_release(m);
    free(one);
    return rc;
}

void mesh_row_mean(const struct mesh *m, const double *a, double *out)
{
    for (size_t iz = 0; iz < m->nz; iz++) {
        double sum = 0.0, volume = 0.0;
        for (size_t ir = 0; ir < m->nr; ir++) {
            double v = 0.0;
            for (size_t q = 0; q < m->n_zones; q++)
                v += m->mass[q * m->n + mesh_at(m, iz, ir)];
            sum += v * a[mesh_at(m, iz, ir)];
            volume += v;
        }
        out[iz] = sum / volume;
    }
}
