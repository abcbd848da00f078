/* run.h -- the state of one simulation in progress; shared by simulate.c (segments), schedule.c (events) and output.c.
 */
#ifndef SOLVER_INTEGRATE_RUN_H
#define SOLVER_INTEGRATE_RUN_H
#include "solver/integrate/factor.h"
#include "solver/integrate/simulate.h"
#include "solver/system/system.h"

struct bound_place { size_t node; bool becomes_channel, is_solid; double volume, load; };

struct run {
    const struct problem *p;
    struct mesh mesh;
    struct system sys;
    struct factor *factor;
    struct integrator *it;
    struct phase phase;
    double t;
    double *nodal, *nodal_m;     /* mesh.n: activities of drug and metabolite */
    double *bound;               /* n_bound */
    struct bound_place *place;   /* n_bound: where each bound unknown sits */
    size_t n_bound;
    double *y, *dydt, *atol, *emphasis; /* as large as any segment's state */
    double quads[QUADS_MAX];
    double donor_a, receptor_a, receptor_m, border[BORDER_MAX]; /* of the phases outside the skin */
    struct donor dose; /* the dose on the skin, as it is now: H and excess shrink when part of it is wiped off */
    double undelivered;          /* in needles: never buried, or pulled out undissolved, kg/m2 */
    bool   needles_in;           /* they stay in the channels until EVENT_WITHDRAW */
    double drawn_before;         /* run_drawn when it was put on */
    double top_mark;             /* run_top when it was put on */
    double infinite_in;          /* taken from infinite doses that are gone */
    double q_top_jump;           /* load of the faces at a donor step, kg/m2 */
    double applied, removed, sampled, sampled_m, infused;
    double lab_taken;            /* sum of sample readings x sample volume / area */
    double theta0, theta_from;   /* openness at time theta_from; it decays from there */
    bool   occluded;
    size_t next_out, next_sample, next_event;
};

/* schedule.c */
void   run_start(struct run *r);
double run_next_event(const struct run *r);
void   run_apply_events(struct run *r);
double run_theta(const struct run *r, double t);
bool   run_is_saturated(const struct run *r);      /* a finite dose held at its C0 by undissolved drug */
void   run_leave_saturation(struct run *r);
/* Whether the faces take up at once (load, kg/m2) what is undissolved: then all of it is in the vehicle, which is no
 * longer saturated when it has mixed with them. */
bool   run_excess_is_swallowed(struct run *r, double load);
double run_top(const struct run *r, const double *quads);   /* given to the skin by donors held at constant activity */
double run_drawn(const struct run *r, const double *quads); /* ... and evaporated */
double run_infinite_in(const struct run *r);       /* taken from infinite doses so far */
double run_vehicle_amount(const struct run *r,
                          const double *nodal); /* drug in the dose on the skin, undissolved included */

/* Times read from units and summed from steps differ in their last digits: an event or an output this close is now. */
#define SAME_TIME 1e-12
bool   run_reached(const struct run *r, double t);   /* t is now or past, to the last digits */

/* output.c */
int  solution_allocate(struct solution *out, const struct run *r);
void run_write_output(struct run *r, struct solution *out, size_t k);
void run_write_steady(struct run *r, struct solution *out, const double *core);

/* simulate.c: the pieces of one run, in the order they are called */
int  run_begin(struct run *r, const struct problem *p, struct solution *out, struct err *e); /* mesh, memory */
int  run_open_system(struct run *r, struct err *e);  /* the segment's system and its state in r->y */
int  run_open_segment(struct run *r, struct err *e); /* ... and its factor */
int  run_rates(struct run *r, double t, const double *y, double *rate); /* dy/dt, then the QUADS_MAX integrals' */
int  run_start_cvode(struct run *r, double t_stop, struct err *e);
/* Where an unknown of the present system is, in words: layer and depth, a mixed phase, a compartment. */
void run_name_unknown(const struct run *r, size_t unknown, char *out, size_t size);
int  run_explain(struct run *r, size_t worst, struct err *e); /* layer and depth of a component before the message */
void run_keep_state(struct run *r);  /* leaves nodal values and outside phases as they are at the segment's end */
void run_close_segment(struct run *r, struct solution *out);
void run_end(struct run *r);
int  run_allocate_state(struct run *r);
double run_activity_scale(const struct problem *p); /* the largest activity of any dose, kg/m3; 1 without drug */
#endif
