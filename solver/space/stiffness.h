/* stiffness.h -- what of a mesh follows from its shape alone: pattern and stiffness; used by mesh.c. */
#ifndef SOLVER_SPACE_STIFFNESS_H
#define SOLVER_SPACE_STIFFNESS_H
#include "solver/space/mesh.h"

/* The wall's radius at depth z of the mesh, m. */
static inline double wall_at(const struct problem *p, double z)
{
    return channel_radius(&p->channel, z - skin_surface(p));
}

static inline size_t element_zone(const struct mesh *m, size_t jz, size_t jr)
{
    bool channel = m->er_inside && jz >= m->ez_surface && jz < m->ez_channel && jr < m->er_inside;
    return m->element_layer[jz] + (channel ? m->n_layers : 0);
}

/* colptr, row and stiff of a mesh whose nodes and layers are in place; from m->shelf when it has those of the same
 * shape. ERR_NOMEM. */
int  mesh_add_stiffness(struct mesh *m, const struct problem *p);
/* Puts them on m->shelf; false: they are the mesh's still. */
bool mesh_give_stiffness(struct mesh *m);
#endif
