/* system.h -- the semi-discrete problem of one segment (constant boundary conditions between two events):
 *
 *     M a' = f - A a                core: activities at the free nodes, M diagonal, A symmetric positive (semi)definite
 *     V b' = g - R a - H b          border: a few states that need not be symmetric (plasma); V diagonal
 *
 * State layout y = [core | border].  A face in contact with a well-mixed phase (finite vehicle, Franz receptor, stirred
 * channel left without its patch) is collapsed into ONE core unknown that carries the phase's capacity as well (E'AE), so the
 * core stays symmetric.  A face at constant activity is dropped; its residual is the consistent flux (E17).
 * Amounts kg/m2 of skin, fluxes kg/m2/s, activities kg/m3; border states in their own units. */
#ifndef SOLVER_SYSTEM_SYSTEM_H
#define SOLVER_SYSTEM_SYSTEM_H
#include <stddef.h>
#include "solver/physics/problem.h"
#include "solver/space/mesh.h"

enum { BORDER_MAX = 12, QUADS_MAX = 5 };
enum { NODE_DONOR = -1, NODE_SINK = -2 }; /* node_dof of a dropped node */

/* Running integrals of linear functionals of the state, from the start of the study. */
enum quad { QUAD_TOP, QUAD_BOTTOM, QUAD_CLEARED, QUAD_FLOW, QUAD_EXCRETED };

struct system {
    const struct problem *p; /* lent */
    const struct mesh *m;    /* lent */
    size_t n, nb;            /* core, border */
    int   *node_dof;         /* m->n */
    int    donor_dof;        /* the collapsed finite vehicle, or -1 */
    int    receptor_dof;     /* the collapsed Franz receptor, or -1 */
    double donor_a;          /* activity of the dropped donor nodes */
    double donor_capacity;   /* H K of the finite vehicle, m; 0 otherwise */
    /* A: lower triangle, compressed columns, diagonal first and always present. */
    int   *colptr, *row;
    double *A;
    double *M, *f;           /* n; M includes vehicle and receptor capacities */
    double *R;               /* nb x n */
    double H[BORDER_MAX * BORDER_MAX], V[BORDER_MAX], g[BORDER_MAX];
    /* Functionals: rate of quad q = flux[q] . y + flux0[q];  flux is QUADS_MAX x (n + nb). */
    double *flux, flux0[QUADS_MAX];
};

/* What stays the same over a study's segments is m; what the events change is told here. */
struct phase {
    bool patch_on;   /* the donor touches the skin */
    bool steady_sink;/* replace a Franz receptor by a sink: for the steady solve */
    bool infusing;   /* the body's infusion runs */
};

/* Builds the system of one segment.  ERR_NOMEM. */
int  system_build(struct system *s, const struct problem *p, const struct mesh *m, struct phase phase, struct err *e);
void system_release(struct system *s);

/* Nodal activities -> core unknowns: collapsed nodes and the phase they touch are mixed (drug is conserved);
 * donor_activity and receptor_activity are those of the phases before they touch (not read when there is none). */
void system_gather(const struct system *s, const double *nodal, double donor_activity, double receptor_activity, double *core);
/* Core unknowns -> nodal activities, dropped nodes included. */
void system_scatter(const struct system *s, const double *core, double *nodal);
/* dy/dt. */
void system_rhs(const struct system *s, const double *y, double *dydt);
/* Rates of the QUADS_MAX functionals, kg/m2/s (QUAD_EXCRETED: kg/s of the whole patch). */
void system_flux(const struct system *s, const double *y, double *rate);
/* out = A a over the core. */
void system_stiffness_times(const struct system *s, const double *a, double *out);
/* Drug of zone q, kg/m2, from nodal activities. */
double zone_amount(const struct problem *p, const struct mesh *m, size_t q, const double *nodal);
/* K and D of zone q. */
double zone_K(const struct problem *p, size_t q);
double zone_D(const struct problem *p, size_t q);
#endif
