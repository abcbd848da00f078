/* mesh.h -- boundary-fitted spectral-element mesh of the unit cell, and its zone matrices.
 *
 * Q2 elements on the map  r = x w(z),             0 <= x <= 1   (inside the wall radius w)
 *                         r = w + (x-1)(b - w),   1 <= x <= 2   (outside, to the cell's edge b)      (E3)
 * so layer faces, channel wall and channel floor lie on element edges.  Nodes in each direction are Gauss-Lobatto
 * (-1, 0, 1), in the column at the axis Gauss-Lobatto-Jacobi(0,1) (-1, 1/5, 1); the mass is quadrature at those nodes:
 * diagonal, positive for any tip, exact in volume.  Stiffness by 4 x 4 Gauss points.  Without a channel the mesh has
 * one node per depth and the same code is one-dimensional. All integrals are per unit area of the cell (weight 2 r dr /
 * b^2).  Lengths m. */
#ifndef SOLVER_SPACE_MESH_H
#define SOLVER_SPACE_MESH_H
#include <stdbool.h>
#include <stddef.h>
#include "solver/physics/problem.h"

enum { ZONES_MAX = 2 * LAYERS_MAX };
/* Where a node is: in the top face; above the skin, in a diffusive vehicle; in the closed channel region (wall and
 * floor included); in the bottom face. */
enum { MESH_TOP = 1, MESH_ABOVE = 2, MESH_CHANNEL = 4, MESH_BOTTOM = 8 };

struct mesh {
    size_t ez, er;        /* elements down and across (er = 0: one-dimensional) */
    size_t er_inside;     /* of er, those inside the wall radius */
    size_t ez_surface;    /* of ez, those of a diffusive vehicle above the skin */
    size_t ez_channel;    /* of ez, those above the channel's floor */
    size_t nz, nr, n;     /* nodes down, across, in all */
    size_t first;         /* node (iz, ir) has index first + iz * nr + ir */
    size_t n_layers;
    double *z;            /* nz: depth of each row of nodes */
    double *x;            /* nr: reference coordinate of each column */
    double *r;            /* n: radius of each node, m (0 in one dimension) */
    size_t *element_layer;/* ez: layer of each row of elements */
    /* Zone q < n_layers is tissue of layer q; zone n_layers + q is channel within layer q. */
    size_t n_zones;
    double *mass;         /* n_zones x n: zone volume per cell area at each node, m */
    double *top;          /* n: share of the area at each node of the top face, 0 elsewhere */
    double *node_z;       /* n: depth of each node, m */
    unsigned char *where; /* n: MESH_TOP and so on */
    double *loaded;       /* n: share of the channel's volume at each node that lies within the needles' load */
    /* One sparsity pattern for all zones: lower triangle with the whole diagonal, compressed columns, rows ascending.
     */
    size_t nnz;
    int    *colptr, *row; /* n + 1, nnz */
    double *stiff;        /* n_zones x nnz: integral of grad phi_i . grad phi_j over the zone, per cell area, 1/m */
    struct shelf *shelf;  /* lent: where pattern and stiffness go when the mesh is released, with what they follow from;
                           * NULL: nowhere */
    size_t n_shape;
    double *shape;
};

/* Builds mesh and zone matrices for p at p->level.  p must have passed problem_check.  Cells of different depth stand
 * one after another, not coupled, each with its share of the area; what is stated of one cell (nz, nr, z, x, ...) is
 * then that of the middle one.  ERR_NOMEM.  cells.c */
int  mesh_build(struct mesh *m, const struct problem *p, struct err *e);
/* One cell alone. */
int  mesh_build_cell(struct mesh *m, const struct problem *p, struct err *e);
void mesh_release(struct mesh *m);
static inline size_t mesh_at(const struct mesh *m, size_t iz, size_t ir) { return m->first + iz * m->nr + ir; }
/* Depth mean of a nodal field: out[iz] = area average across the cell at each row of nodes. */
void mesh_row_mean(const struct mesh *m, const double *a, double *out);
#endif
