/* simulate.h -- one problem integrated over its schedule: segments between events, outputs, drug balance, steady state,
 * and the run's own estimate of its discretisation error.  A pure function of the problem: no file, no clock. */
#ifndef SOLVER_INTEGRATE_SIMULATE_H
#define SOLVER_INTEGRATE_SIMULATE_H
#include "solver/integrate/cvodes.h"
#include "solver/physics/problem.h"

/* One column per quantity and one row per output time.  Per unit area of the array: J kg/m2/s, amounts kg/m2. */
enum column {
    COL_J_TOP,
    COL_Q_TOP, /* taken up from the donor; Q includes the load of the faces at t = 0 */
    COL_J_BOTTOM,
    COL_Q_BOTTOM, /* through the bottom into sink or receptor */
    COL_J_CLEARED,
    COL_Q_CLEARED,     /* taken by the capillaries */
    COL_VEHICLE,       /* left in a finite vehicle on the skin */
    COL_REMOVED,       /* taken away with the patch */
    COL_CHANNEL,       /* in the channels */
    COL_RECEPTOR,      /* in the Franz receptor now */
    COL_SAMPLED,       /* taken out of it by samples and flow */
    COL_RECEPTOR_CONC, /* kg/m3 */
    COL_LAB_Q,         /* cumulative amount as a laboratory computes it from its readings, kg/m2 (E11) */
    COL_PLASMA,        /* kg/m3 */
    COL_EXCRETED,      /* kg, of the whole patch */
    COL_EVAPORATED,    /* lost to air from the vehicle */
    COL_METABOLISED,   /* turned over in the skin */
    COL_BOUND,         /* on binding sites; tissue amounts below are free drug */
    COL_SECOND,        /* second compartment, kg/m3 */
    COL_M_SKIN,
    COL_M_BOTTOM,
    COL_M_CLEARED,  /* metabolite, kg/m2: in the skin, through the bottom, taken by capillaries */
    COL_M_PLASMA,   /* kg/m3 */
    COL_M_EXCRETED, /* kg, of the whole patch */
    COL_THETA,      /* openness of the channels, 0..1 */
    COL_APPLIED,    /* finite doses put on so far */
    COL_UNDELIVERED,   /* in needles: never buried, not dissolved yet, or pulled out undissolved */
    COL_BALANCE,    /* |in - out| / in, -: an identity of the scheme, it finds leaks (E15) */
    COL_LAYER0,     /* in tissue of layer 0, 1, ... */
    COLS_MAX = COL_LAYER0 + LAYERS_MAX
};

struct solution {
    size_t n_out, n_layers, n_cols;   /* n_cols = COL_LAYER0 + n_layers */
    double *t;                        /* n_out, s */
    double *value;                    /* n_out x COLS_MAX */
    double *space_error, *time_error; /* same shape: estimates; NULL unless simulate_with_error made it */
    /* Depth profiles of activity: on the axis (channel centre), area mean, at the cell's edge; n_out x nz each. */
    size_t nz;
    double *z, *axis, *mean, *edge;
    /* Steady state of an infinite donor over sink or clearance; NAN where there is none. */
    double J_ss, lag;                 /* delivered flux, kg/m2/s; asymptotic lag, s */
    double J_ss_error, lag_error;     /* estimated bounds (E16); 0 unless simulate_with_error */
    double permeability;              /* J_ss / C0 of the vehicle, m/s  (E13) */
    double steady[COLS_MAX]; /* amounts in the layers and the channel at steady state; J_TOP, J_BOTTOM, J_CLEARED */
    double *steady_axis, *steady_mean, *steady_edge; /* nz */
    double *field, *field_r,
        *field_z; /* with keep_fields: activities n_out x (nz nr), and the nodes' places, m; else NULL */
    size_t nr;
    double worst_balance;             /* largest COL_BALANCE */
    double lowest; /* lowest activity met at an output / donor activity: small undershoots are normal */
    size_t unknowns, elements_down, elements_across, entries; /* of L */
    struct integrator_stats stats;
};

#define BALANCE_BAND 1e-6 /* a run whose balance is worse is an error */

/* Integrates p.  ERR_RANGE (a bad problem), ERR_NUMERIC (integrator or balance), ERR_NOMEM; *out is then released. */
int  simulate(const struct problem *p, struct solution *out, struct err *e);
/* The same with bounds on the discretisation error, estimated from meshes of merged elements and, where CVODE made
 * steps, from a tenth of the tolerance (E16).  estimate.c */
int  simulate_with_error(const struct problem *p, struct solution *out, struct err *e);
void solution_release(struct solution *s);
/* The steady delivered flux alone, kg/m2/s, with the channels at openness theta, 0..1; NAN where there is none. */
int  simulate_steady(const struct problem *p, double theta, double *J_ss, struct err *e);
/* The asymptotic lag, s, with every dose taken as infinite; NAN where there is none. */
int  simulate_lag(const struct problem *p, double *lag, struct err *e);
/* A profile (axis, mean or edge of one output: nz values) at depth z, m: quadratic within the element. NAN outside. */
double solution_profile(const struct solution *s, const double *profile, double z);

static inline double solution_at(const struct solution *s, size_t k, enum column c)
{
    return s->value[k * COLS_MAX + c];
}
/* Estimated bound (space + time) of a value; 0 without estimates. */
static inline double solution_error(const struct solution *s, size_t k, enum column c)
{
    return s->space_error ? s->space_error[k * COLS_MAX + c] + s->time_error[k * COLS_MAX + c] : 0.0;
}
/* Into receptor, sink and body together. */
static inline double solution_delivered(const struct solution *s, size_t k)
{
    return solution_at(s, k, COL_Q_BOTTOM) + solution_at(s, k, COL_Q_CLEARED);
}
static inline double solution_delivery_rate(const struct solution *s, size_t k)
{
    return solution_at(s, k, COL_J_BOTTOM) + solution_at(s, k, COL_J_CLEARED);
}
#endif
