/* problem.h -- one diffusion problem in plain SI values: skin, channel, donor, receptor, body, schedule, outputs.
 * No file, no unit text, no SUNDIALS type.  Everything below the study reads this and nothing else.
 *
 * Unknown everywhere: the activity a = C/K, kg/m3 of the reference phase (neutral drug in water), continuous across
 * every face.  In each region   K da/dt = div(K D grad a) - k K a                                   (equations.md, E1)
 * Amounts and fluxes are per unit skin area (the cell's area), positive downwards. */
#ifndef SOLVER_PHYSICS_PROBLEM_H
#define SOLVER_PHYSICS_PROBLEM_H
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/shelf.h"

enum {
    CELLS_MAX   = 8,
    LAYERS_MAX  = 16,  /* skin layers, outermost first */
    OUTPUTS_MAX = 4096,
    SAMPLES_MAX = 512,
    DOSES_MAX   = 16,
    EVENTS_MAX  = 128
};

/* Reversible saturable binding to fixed sites of a layer, per volume of layer (C = K a free, b bound):
 *     db/dt = k_on C (B_max - b) - k_off b                                                         (E31)
 * Quick rates give local equilibrium, where C is retarded by 1 + B_max K_d/(K_d + C)^2 with K_d = k_off/k_on. */
struct binding { double B_max, k_on, k_off; }; /* kg/m3, m3/(kg s), 1/s; B_max = 0: none */

/* Metabolism in a layer, per volume of layer:  k C + V_max C/(K_m + C)                              (E32) */
struct metabolism { double k, V_max, K_m; };   /* 1/s, kg/(m3 s), kg/m3 */

struct layer {
    char   name[40];
    double h;          /* thickness, m, > 0 */
    double D;          /* diffusivity of the drug, m2/s, > 0 */
    double K;          /* partition coefficient C_layer / C_reference, -, > 0 */
    double clearance;  /* first-order capillary clearance k, 1/s, >= 0; 0 in vitro  (E10) */
    struct binding binding;
    struct metabolism metabolism;
    double D_metabolite, K_metabolite, clearance_metabolite; /* read only when a metabolite is followed */
};

enum channel_fill {
    CHANNEL_NONE,      /* intact skin: the problem is one-dimensional */
    CHANNEL_DIFFUSING, /* stagnant gel or interstitial fluid: a phase of its own with D and K */
    CHANNEL_STIRRED    /* part of the well-mixed donor down to its floor: an upper bound */
};

/* A channel is a frustum of revolution; a cylinder has equal radii, a cone a small tip radius.
 *     r(z) = r_surface + (r_tip - r_surface) z / depth,   0 <= z <= depth                           (E5) */
struct channel {
    enum channel_fill fill;
    double depth;      /* m, > 0, at most the skin's thickness */
    double r_surface;  /* m */
    double r_tip;      /* m, >= CHANNEL_TIP_MIN unless it equals r_surface */
    /* A bullet: a shaft with a rounded nose, when nose > 0; at distance s < nose from the tip
     *     r = r_tip + (r_shaft - r_tip) (1 - (1 - s/nose)^2),  r_shaft above it;  r_surface is r there */
    double nose, r_shaft; /* m */
    double D, K;       /* of the phase that fills it */
    double D_metabolite, K_metabolite;
    /* Closure acts on the channel's diffusivity:  D(t) = theta D + (1 - theta) D_layer K_layer/K, K fixed, so drug is
     * conserved on a fixed mesh and a closed channel conducts as the layer around it does;  theta = elastic 2^(-t /
     * t_half) after the needles, t_half by occlusion             (E30) */
    bool   closes;
    double elastic;    /* share of the open area left when the needles are out, 0 < elastic <= 1 */
    double half_life_open, half_life_occluded; /* s */
};
/* Drug in or on the needles.  It comes into the channels with them, and what of it is solid, T per volume of channel,
 * dissolves there (E45):
 *     dT/dt = -rate (T - m) (1 - C/solubility),   m: held by matrix that has not dissolved yet
 * m = load (1 - t/t_z)^2+ where the matrix shrinks from its faces: t_z = gone_after w(z)/r_surface (E46); coat: 0 */
enum release_law { RELEASE_NONE, RELEASE_COAT, RELEASE_MATRIX };
struct needle_dose {
    enum release_law law;
    double buried;     /* kg/m2 of skin: what is in or on the part of the needles that is in the skin */
    double outside;    /* kg/m2: the rest, which never gets in */
    double loaded;     /* m from the tip: the drug is within this length */
    double rate;       /* 1/s, > 0 */
    double solubility; /* kg/m3 of the drug in what fills the channel; INFINITY: no limit */
    double gone_after; /* s: RELEASE_MATRIX, the widest buried section has dissolved */
    bool   withdrawn;  /* the needles stay in until EVENT_WITHDRAW; else they are in and out, or dissolve */
};

#define CHANNEL_TIP_MIN 0.5e-6 /* m: a sharper tip changes the answer by < 0.1 % (measured) but starves the mesh */

#define D_MAX 1e-4             /* m2/s: ten times that of a vapour in air */
#define CHANNEL_DEPTH_MIN 0.5e-6 /* m */

enum donor_kind {       /* (E6) */
    DONOR_INFINITE,    /* constant concentration C0 */
    DONOR_FINITE       /* well mixed, thickness H = volume / area */
};
struct donor {
    enum donor_kind kind;
    double C0;         /* drug concentration in the vehicle, kg/m3, >= 0 */
    double K;          /* partition coefficient vehicle / reference; activity = C/K */
    double H;          /* m, DONOR_FINITE only */
    double excess;     /* undissolved drug, kg/m2, DONOR_FINITE only: the vehicle stays at C0 until it is used up */
    double evaporation;/* velocity k of the solute's loss to air, m/s: rate k C per area; DONOR_FINITE only */
};

/* What happens at known times.  Without events the donor is applied and the needles are in at t = 0. */
enum event_kind {
    EVENT_APPLY,       /* dose[which] comes onto the skin; refused while another is on it */
    EVENT_REMOVE,      /* fraction of the vehicle is wiped or washed off; 1 takes the patch away */
    EVENT_NEEDLES,     /* needles in and out: the channels open (again) */
    EVENT_OCCLUDE,     /* from here on the half-life is half_life_occluded */
    EVENT_UNCOVER,     /* ... half_life_open */
    EVENT_WITHDRAW     /* needles that stayed in are pulled out, with what has not dissolved */
};
struct event { enum event_kind kind; double at; size_t which; double fraction; };

enum receptor_kind {    /* (E7) */
    RECEPTOR_SINK,     /* a = 0 below */
    RECEPTOR_CLOSED,   /* no flux below: in vivo, all exit by clearance */
    RECEPTOR_FRANZ     /* well mixed, V/A = H, replaced at flow/A = q, sampled with replacement */
};
struct receptor {
    enum receptor_kind kind;
    double H;                 /* receptor volume / diffusion area, m */
    double K;                 /* partition coefficient receptor / reference, 1 for buffer; activity = C/K */
    double q;                 /* flow / area, m/s, >= 0 */
    double sample_fraction;   /* sample volume / receptor volume, 0 <= f < 1 */
    size_t n_samples;
    double sample_at[SAMPLES_MAX]; /* s, ascending, > 0 */
};

/* Plasma fed by the dermal clearance (E9), with an optional second compartment (E33) and a metabolite (E34):
 *     V  dCp/dt = area J_cleared + infusion - CL Cp - CL_d (Cp - C2)
 *     V2 dC2/dt = CL_d (Cp - C2)
 *     Vm dCm/dt = area J_cleared,m + f_m CL Cp - CL_m Cm
 * Blood feeds back when feedback > 0: tissue then clears towards the activity feedback x Cp instead of 0. */
struct body {
    bool   present;
    double V, CL;      /* m3, m3/s */
    double V2, CL_d;   /* second compartment; V2 = 0: none */
    double V_m, CL_m, f_m; /* metabolite in plasma; V_m = 0: not followed there */
    double feedback;   /* activity in tissue at equilibrium with plasma / Cp, - */
    double infusion;   /* kg/s into plasma from t = 0 to infusion_end; tests and iv comparison */
    double infusion_end;
};

/* How the time goes on: by CVODE's steps, or for linear segments with constant coefficients from one basis without
 * steps. */
enum integrator_kind {
    INTEGRATOR_AUTO,   /* the linear path where a segment allows it and the path settles, else CVODE */
    INTEGRATOR_CVODE,
    INTEGRATOR_LINEAR  /* refused where it is not possible */
};

struct problem {
    bool vehicle_layer; /* layer[0] is the vehicle itself, with its own diffusivity (a finite diffusive dose): skin
                         * starts below it, channels too; the donor's C0 fills it, K and H are read from the layer */
    size_t n_layers;
    struct layer layer[LAYERS_MAX];
    struct channel channel;
    struct needle_dose needles; /* drug that comes with every EVENT_NEEDLES */
    double cell_radius;      /* m, b = 1/sqrt(pi n); not read when there is no channel */
    /* Needles of different depth side by side, each with a cell of its own and the channel's other properties; they
     * share the well-mixed phases: vehicle, receptor, blood (E40).  Without cells all needles are as channel says. */
    size_t n_cells;
    struct cell { double depth, r_surface, r_tip, share; } cell[CELLS_MAX]; /* m; share of the needles, sum 1 */
    double area;             /* m2 of skin that the array covers: for per-patch values and the body */
    struct donor donor;      /* dose 0 */
    size_t n_doses;          /* further doses, dose[1] ... */
    struct donor dose[DOSES_MAX];
    size_t n_events;         /* 0: donor on and needles in at t = 0, patch off at remove_at */
    struct event event[EVENTS_MAX]; /* ascending in time */
    bool   occluded_at_start;
    bool   metabolite;       /* follow one metabolite in the skin */
    double metabolite_yield; /* kg of metabolite per kg of drug, = ratio of molar masses */
    /* Source of drug per volume, kg/(m3 s), for manufactured solutions; NULL: none. r = 0 in one dimension. */
    double (*source)(const void *arg, double t, double r, double z);
    double (*source_metabolite)(const void *arg, double t, double r, double z);
    const void *source_arg;
    bool   keep_fields;      /* keep the nodal fields of every output */
    struct receptor receptor;
    struct body body;
    double remove_at;        /* s; INFINITY = the patch stays on */
    double t_end;            /* s */
    size_t n_out;
    double t_out[OUTPUTS_MAX]; /* s, ascending, in (0, t_end] */
    double level;            /* mesh level s: 1 default, 0.5 half the element size */
    size_t merged; /* how many times neighbouring elements of that mesh are merged in pairs: error estimates */
    double rtol;             /* relative tolerance in time, default 1e-5 */
    enum integrator_kind integrator;
    const struct problem *mesh_like; /* lent: element sizes are taken from this problem and stretched to the features of
                                      * this one, so that neighbours differ smoothly; NULL: its own */
    struct shelf *shelf; /* lent: what runs before this one of the same thread left (base/shelf.h); NULL: none.  It
                          * changes no digit */
};

#define LEVEL_MIN 0.125
#define LEVEL_MAX 4.0
#define RTOL_MIN  1e-10
#define RTOL_MAX  1e-4
#define LAYER_MIN 1e-8 /* m: thinner layers are interface resistances, */
#define LAYER_MAX 0.1  /* m: and thicker ones, or wider cells, no skin; both bounds keep the mesh finite */

/* Defaults: no channel, infinite donor of C0 = 1 kg/m3 and K = 1, sink, level 1, rtol 1e-5, remove_at = INFINITY. */
void problem_init(struct problem *p);
/* The channel of cell i; the problem's own when it has no cells. */
struct channel problem_channel(const struct problem *p, size_t i);
/* Every bound and relation.  ERR_RANGE with subject, value in the user's units and bound; *p is not changed. */
int  problem_check(const struct problem *p, struct err *e);
/* Total thickness, m. */
double skin_thickness(const struct problem *p);
/* Depth of the skin's surface on the mesh: the thickness of a diffusive vehicle, else 0. */
double skin_surface(const struct problem *p);
/* Radius of the channel wall at depth z below the skin's surface (r_surface above it, the tip's below the floor), and
 * its slope dr/dz. */
double channel_radius(const struct channel *c, double z);
double channel_slope(const struct channel *c, double z);
/* Radius of a bullet (nose > 0) at a distance from its tip. */
double bullet_radius(const struct channel *c, double from_tip);
/* Volume of the channels per area of skin, m. */
double problem_channel_volume(const struct problem *p);
/* Drug of a needle dose over the channel's volume, kg/m3; 0 without one.  The largest activity of any dose, that in
 * needles included, kg/m3; 1 without drug. */
double needle_load(const struct problem *p);
double problem_activity(const struct problem *p);
/* b = 1/sqrt(pi n): radius, m, of the circle that is one needle's share of skin at n needles per m2  (E4). */
double cell_radius_of_density(double n);
/* Intact permeability 1 / sum h/(K D), m/s, relative to the reference phase (no clearance), and the exit lag of T2:
 * (1/R) int K R_up R_down dx  (E2). */
double skin_permeability(const struct problem *p);
double skin_lag(const struct problem *p);
#endif
