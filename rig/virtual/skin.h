/* skin.h -- the virtual specimen: skin on a backing, pressed by an array of needles.  SI; pure; no clock, no I/O.
 *
 * It is deliberately not the solver's insertion model: it is written apart and is richer, with parameters that are
 * drawn per specimen and hidden from the client, so that comparing the two is a real test.
 *
 * Picture, from the carriage down: the machine gives by compliance x force; the needle plane stands y below the sunk
 * skin surface; needle i, whose patch of skin stands off_i lower or higher, has come u_i = y - off_i, of which s_i is
 * buried in its hole and d_i = u_i - s_i is a dimple; the whole patch has sunk by w into the backing.
 *
 *   dimple        Fe(d) = c_i (k1 r d + k2 d|d|), relaxing (below)            S1
 *   gate 1        a needle enters when its force passes (first share) x Fc(d_tip) x scatter x (v/v_ref)^-m     S2
 *   gate 2        at a depth of about 160 um sharp tips wait at a second barrier (share 2 of Fc)      S3
 *   cutting       F = Fcut + q (2 r s + tan(th) s^2)                          S4
 *   withdrawal    F = -qr (2 r s + tan(th) s^2)                               S5
 *   base plate    Fe = sum_i a_i (E/h)_pad max(0, u_i - L)                    S6
 *   backing       Fe(w) = k0 H/b (exp(b w/H) - 1) for w > 0, k0 w in tension  S7
 *   relaxation    F = g_inf Fe + sum_k g_k (history of dFe with time constant tau_k), on S1, S6 and S7   S8
 *   balance       sum of needle forces + base plate = backing = F            (one unknown, y)            S9
 *
 * Fc joins two published lines: 20 mN + 4.594 mN/um (d - 5 um) (Roemgens 2014, 10.1016/j.jmbbm.2014.09.015) and
 * 0.00019 N/um2 x area - 0.66 N (Davis 2004, 10.1016/j.jbiomech.2003.12.010), whichever is larger. */
#ifndef RIG_VIRTUAL_SKIN_H
#define RIG_VIRTUAL_SKIN_H
#include <stddef.h>
#include <stdint.h>

enum { SKIN_MAX_NEEDLES = 1024, SKIN_BRANCHES = 3 };

struct needle_array {
    int rows, columns;        /* rows x columns <= SKIN_MAX_NEEDLES */
    double pitch;             /* m */
    double length;            /* m */
    double tip_diameter;      /* m */
    double base_diameter;     /* m, >= tip_diameter; equal for a cylinder */
};

/* Nominal values; each specimen draws its own around them.  Sources and assumed marks: config/benches/mnbench.yaml. */
struct skin_nominal {
    double dimple_line;       /* k1, N/m2 */
    double dimple_area;       /* k2, N/m2 */
    double entry_share;       /* gate 1 as a share of Fc */
    double barrier_share;     /* gate 2 as a share of Fc */
    double barrier_depth;     /* m, about 160 um */
    double barrier_tip_limit; /* m: blunter tips have no second gate, they carry the deeper layer down with them */
    double cutting_floor;     /* N, cutting force of a perfectly sharp tip */
    double cutting_share;     /* of what Fc exceeds the floor by */
    double radial_pressure;   /* Pa, on the flank */
    double friction;          /* - */
    double adhesion;          /* Pa, on the flank while withdrawing */
    double backing_modulus;   /* Pa */
    double thickness;         /* m, of what sinks */
    double stiffening;        /* b, - */
    double pad_stiffness;     /* Pa/m under the base plate */
    double relaxing[SKIN_BRANCHES], relax_time[SKIN_BRANCHES]; /* g_k, - and tau_k, s */
    double rate_exponent, rate_reference; /* m, - and v_ref, m/s */
    double cut_speed;         /* m/s: fastest crack */
    double scatter_tip, scatter_site;     /* cv of the puncture force among needles, among specimens */
    double spread_backing, spread_thickness; /* half-widths, uniform: 0.3 is +-30 % */
    double tilt;              /* m, sd of the surface's rise across half the array */
    double roughness;         /* m, sd of the surface from needle to needle */
    double height;            /* m, half-width of the surface's distance from its nominal place */
};

struct skin_fibre {           /* one relaxing spring */
    double elastic;           /* Fe of the last step */
    double branch[SKIN_BRANCHES];
};

struct skin_needle {
    double x, y;              /* m, in the array's plane, centred */
    double offset;            /* m, > 0: the skin is lower here */
    double stiffness;         /* c_i */
    double gate_force[2];     /* N at v_ref */
    double barrier;           /* m, depth of gate 2; HUGE_VAL: none */
    double cutting;           /* N */
    int    gates;             /* open ones: 0 outside, 1 in the upper layers, 2 through */
    double depth, deepest;    /* buried now; ever (the hole) */
    double force;             /* N */
    struct skin_fibre dimple;
};

struct skin {
    struct needle_array array;
    struct skin_nominal p;    /* as drawn for this specimen */
    size_t n;
    struct skin_needle needle[SKIN_MAX_NEEDLES];
    struct skin_fibre pad, backing;
    double surface;           /* m, this specimen's height against the nominal surface, > 0: lower */
    double taper, push, pull; /* tan(th); q, qr in Pa */
    double sink, plane;       /* w, y of the last step, m */
    double force;             /* N, > 0: pushed */
    double last_x;            /* m */
    double speed;             /* m/s, smoothed */
    double idle;              /* s since it was last touched */
};

/* A fresh specimen.  The same seed gives the same specimen. */
void   skin_init(struct skin *k, const struct skin_nominal *nominal, const struct needle_array *array, uint64_t seed);
/* Moves the carriage to x (m below the nominal surface; compliance in m/N gives way) over dt s.  Returns the
 * force, N. */
double skin_press(struct skin *k, double x, double compliance, double dt);
/* Force that opens the skin for a tip of this diameter (m), N: the joined law above. */
double skin_puncture_force(double tip_diameter);
double skin_mean_depth(const struct skin *k);    /* buried depth now, over the needles that are in; m, 0 if none */
double skin_mean_hole(const struct skin *k);     /* deepest ever, over the needles that went in; m, 0 if none */
size_t skin_needles_in(const struct skin *k);    /* buried now */
size_t skin_holes(const struct skin *k);         /* needles that ever went in */
#endif
