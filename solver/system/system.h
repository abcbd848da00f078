/* system.h -- the semi-discrete problem of one segment (constant conditions between two events), in plain arrays:
 *
 *     M a' = f - A(theta) a - sum_sites v (r + rho) + C Cp   core: activities at the free nodes; M diagonal, A
 * symmetric b'   = r(a, b)                                          bound drug, one unknown per site of a binding layer
 *     Mm m' = -Am m + yield sum_sites v rho_all               metabolite field: the same core with its own D, K
 *     V c' = g - R a - H c                                    border: plasma, second compartment, metabolite in plasma
 *
 * State layout y = [core | bound | metabolite | border].  A face in contact with a well-mixed phase (finite vehicle,
 * Franz receptor, stirred channel left without its patch) is collapsed into ONE core unknown that carries the phase's
 * capacity as well (E'AE), so the core stays symmetric.  A face at constant activity is dropped; its residual is the
 * consistent flux (E17). Everything that depends on the channel's openness theta is affine in it: A = A_0 + theta (A_1
 * - A_0). Amounts kg/m2 of skin, fluxes kg/m2/s, activities kg/m3; border states kg/m3. */
#ifndef SOLVER_SYSTEM_SYSTEM_H
#define SOLVER_SYSTEM_SYSTEM_H
#include <stddef.h>
#include "solver/physics/problem.h"
#include "solver/space/mesh.h"

enum { BORDER_MAX = 3 };                             /* plasma, second compartment, metabolite in plasma */
enum { BORDER_PLASMA, BORDER_SECOND, BORDER_METABOLITE }; /* meanings; system.border[] says where each is */
enum { NODE_DONOR = -1, NODE_SINK = -2, NODE_VOID = -3 }; /* node_dof of a dropped node */

/* Running integrals, from the start of the study.  The first six are linear functionals of a core (drug or metabolite).
 */
enum quad {
    QUAD_TOP, QUAD_BOTTOM, QUAD_CLEARED, QUAD_FLOW, QUAD_EVAPORATED,
    QUAD_METABOLISED,               /* drug turned over in the skin; its saturable part is added site by site */
    CORE_QUADS,
    QUAD_EXCRETED = CORE_QUADS,     /* kg, of the whole patch */
    QUAD_M_BOTTOM, QUAD_M_CLEARED, QUAD_M_FLOW, QUAD_M_EXCRETED, QUADS_MAX
};

/* What the events change between segments. */
struct phase {
    bool patch_on;              /* the donor touches the skin */
    bool held;                  /* ... at constant activity: infinite, or saturated with excess */
    bool loaded;                /* needles with a dose are in the channels, since loaded_at */
    double loaded_at;           /* s */
    bool opened;                /* needles have been in: the channel zones are channel */
    bool steady_sink;           /* replace a Franz receptor by a sink: for the steady solve */
    bool infusing;              /* the body's infusion runs */
    const struct donor *donor;  /* the dose on the skin; read when patch_on */
};

/* One node's share of a layer with nonlinear laws, volume per cell area, m.  Tissue that has become channel keeps its
 * sites, inactive: the list, and so the bound unknowns, depend on the mesh alone. */
struct site {
    size_t node, layer;
    bool is_channel;            /* in a zone that becomes channel when the needles go in */
    bool is_active;
    int dof;                    /* of the core, or NODE_DONOR / NODE_SINK */
    int dof_m;                  /* of the metabolite's core, or negative */
    int bound;                  /* index among the bound states, or -1 */
    bool is_solid;              /* holds the needles' undissolved drug instead of a layer's laws (E45) */
    double load, gone;          /* kg/m3 when the needles come in; s until matrix is gone here, 0 in a coat */
    double volume;
    double r_a, r_b, rho_a;     /* derivatives at the last system_linearise: of r by a and b, of rho by a */
};

struct core {                   /* one diffusing species */
    size_t n;
    int   *node_dof;            /* m->n */
    int    donor_dof;           /* the collapsed finite vehicle, or -1 */
    int    receptor_dof;        /* the collapsed Franz receptor, or -1 */
    double donor_a;             /* activity of the dropped donor nodes */
    bool   is_merged;           /* several nodes are one unknown */
    double donor_capacity;      /* H K of the finite vehicle, m; 0 otherwise */
    double receptor_capacity;   /* H K of the receptor, m */
    double *M;                  /* n; vehicle and receptor capacities included */
    /* Affine in theta: A (lower triangle, compressed columns, diagonal first and always present), f and the functionals
     * rate of quad q = flux[q n ..] . a + flux0[q]. */
    int    *colptr, *row;
    double *A, *f, *flux, *flux0;
    bool   has_flux[CORE_QUADS]; /* whether a row of flux is not all zero */
    size_t flux_from[CORE_QUADS], flux_to[CORE_QUADS]; /* the part of a row outside of which it is */
    /* A once more, for products: the diagonals that most of its entries lie on, gaps filled with zeros; the entries
     * that lie elsewhere are named.  A is on a grid: some dozen diagonals hold nearly all. */
    size_t n_diagonals, n_rest;
    struct diagonal { size_t offset, length; } *diagonal;
    int    *place;               /* where in diagonals each entry goes, or -1 */
    int    *rest, *rest_column;  /* the entries that are not there, and their columns */
    double *diagonals;           /* behind flux0: the values, one diagonal after the other */
    double *now, *closed,
        *open; /* the three buffers behind them: at theta, at 0, at 1; the last two NULL when theta is fixed */
    size_t length;
    double theta;
};

struct system {
    const struct problem *p;    /* lent */
    const struct mesh *m;       /* lent */
    struct phase phase;
    struct core drug, met;      /* met.n = 0 when no metabolite is followed */
    size_t n_bound, n_sites, nb, size; /* size = drug.n + n_bound + met.n + nb */
    size_t at_bound, at_met, at_border;/* offsets in y */
    struct site *site;
    int    border[BORDER_MAX];  /* index in the border of each meaning, or -1 */
    double V[BORDER_MAX], H[BORDER_MAX * BORDER_MAX], g[BORDER_MAX];
    double *times;              /* drug.n: scratch */
    double t;                   /* s: time of the state, for matrix that dissolves; system_rhs sets it */
};

/* Builds the system of one segment.  ERR_NOMEM. */
int  system_build(struct system *s, const struct problem *p, const struct mesh *m, struct phase phase, struct err *e);
void system_release(struct system *s);
/* Channel openness for everything that follows, 0..1. */
void system_set_theta(struct system *s, double theta);

/* Nodal activities -> core unknowns: collapsed nodes and the phase they touch are mixed (drug is conserved);
 * donor_a and receptor_a are the activities of the phases before they touch (not read when there is none). */
void core_gather(const struct system *s, const struct core *c, const double *nodal, double donor_a, double receptor_a,
                 double *a);
/* Core unknowns -> nodal activities, dropped nodes included. */
void core_scatter(const struct system *s, const struct core *c, const double *a, double *nodal);
/* out = A a. */
void core_times(const struct core *c, const double *a, double *out);

/* dy/dt at time t (t only for sources). */
void system_rhs(struct system *s, double t, const double *y, double *dydt);
/* Rates of the QUADS_MAX running integrals. */
void system_rates(const struct system *s, const double *y, double *rate);
/* Stores the derivatives of the nonlinear laws at y. */
void system_linearise(struct system *s, const double *y);
/* d(rates)/dy x, with those derivatives. */
void system_rates_times(const struct system *s, const double *x, double *rate);
/* First-order turnover k K a at a site, kg/(m3 s). */
double site_first_order(const struct system *s, const struct site *k, double a);
/* What Newton's matrix adds to the diagonal of M + gamma A at the core unknown of a site. */
static inline double site_diagonal(const struct site *k, double gamma)
{
    return gamma * k->volume * (k->rho_a + k->r_a / (1.0 - gamma * k->r_b));
}

/* Rate of clearance at unit activity of the free nodes, and of the dropped donor nodes, m/s. */
double clearing_free(const struct system *s);
double clearing_fixed(const struct system *s);
/* Capacity (K x volume) of a node for the drug (metabolite = false) in this phase, m. */
double node_capacity(const struct system *s, bool metabolite, size_t node);
/* Drug of zone q, kg/m2, from nodal activities; 0 for a zone that is not there. */
double zone_amount(const struct system *s, bool metabolite, size_t q, const double *nodal);
/* Bound drug of the whole skin, and drug in needles that has not dissolved, kg/m2; its rate, kg/m2/s. */
double bound_amount(const struct system *s, const double *bound);
double solid_amount(const struct system *s, const double *bound);
double solid_rate_of_all(const struct system *s, const double *y);
#endif
