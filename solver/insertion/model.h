/* model.h -- an array of needles pushed into skin at a speed: force and travel over time, buried depth of each needle.
 *
 * The array sinks the skin by w as a whole; each tip makes a dimple in the sunk surface, enters it, is held by a
 * deeper layer until that breaks, then cuts on against the friction of its flank; the base plate lands; in the hold
 * everything relaxes; on the way up the skin's grip pulls (I1 to I9, docs/explanation/insertion.md).
 * Quasi-static: no inertia, so refused above INSERTION_SPEED_MAX.  Travel holds the sink and is never depth.
 * Pure: same case and seed, same digits; no file, no clock.  SI. */
#ifndef SOLVER_INSERTION_MODEL_H
#define SOLVER_INSERTION_MODEL_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "solver/insertion/laws.h"

#define INSERTION_SPEED_MAX 0.1 /* m/s */

struct press {
    double speed, retract_speed; /* m/s, > 0; retract_speed 0: the array stays in */
    double force, travel;        /* where pressing ends: N, or m from contact, less compliance; the other one NAN */
    double hold;                 /* s at that stage position, >= 0 */
    double contact_force;        /* N, >= 0: travel counts from where the force first reaches it; 0: from first touch */
};
struct insertion_case {
    struct insertion_needles needles;
    struct mechanics skin;
    struct press press;
    double step;        /* stage travel per step, m */
    unsigned long seed; /* of the scatter over needles */
};

enum insertion_phase { PHASE_PRESS, PHASE_HOLD, PHASE_RETRACT };
struct insertion_point {
    enum insertion_phase phase;
    double time, stage, travel, force; /* s, m from first touch, m from contact corrected for compliance, N */
    double sink, base_force;           /* m, N carried by the base plate */
    size_t entered, through;           /* needles deeper than counts_from; needles past the barrier */
    double depth_mean, depth_sd;       /* m, of those entered at this moment; NAN when none (sd: fewer than two) */
};
struct insertion_needle {
    double tip_diameter, puncture;    /* m, N: as drawn for this needle */
    double entry_force, entry_travel; /* of the array when this needle passed the barrier, N, m; NAN: it did not */
    double depth;                     /* m buried at the end of the hold */
    bool entered, through;
};
struct insertion_result { /* owns both arrays */
    size_t n_points, n_needles;
    struct insertion_point *point;
    struct insertion_needle *needle;
    size_t pressed, held; /* index of the last point of the press and of the hold */
    double work;          /* J done by the stage until the end of the press */
};

/* Returns 0; ERR_RANGE for a case outside its bounds; ERR_NUMERIC when the end of the press is not reached or no
 * balance of forces is found; ERR_NOMEM.  *r is then {0}. */
int insertion_run(const struct insertion_case *c, struct insertion_result *r, struct err *e);
void insertion_release(struct insertion_result *r); /* {0} is legal */

struct insertion_summary { /* NAN: did not happen */
    /* N on the array when the first, the median, the last needle passed the barrier */
    double first_force, median_force, full_force;
    double first_travel;            /* m */
    double peak_force, peak_travel; /* N, m before the largest drop */
    double largest_drop;            /* N */
    size_t drops;
    double base_contact_force, base_contact_travel;           /* N, m */
    double end_force, end_travel, sink;                       /* at the end of the press */
    double held_force;                                        /* N at the end of the hold */
    double pull_off;                                          /* N, <= 0; NAN without retract */
    double entered_fraction, through_fraction;                /* at the end of the hold */
    double depth_mean, depth_sd, depth_lowest, depth_highest; /* m, of those entered, at the end of the hold */
    double needle_peak_force; /* N: the largest force on one needle, its puncture force or at the end of the press */
};
/* Drops of less than threshold (N) are not counted.  ERR_NOMEM. */
int insertion_summarise(const struct insertion_case *c, const struct insertion_result *r, double threshold,
                        struct insertion_summary *s, struct err *e);
#endif
