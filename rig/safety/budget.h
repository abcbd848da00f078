/* budget.h -- how far the force can overshoot a limit before the axis stands, in the worst case.  Pure functions.
 *     overshoot = k_max (v T + v^2 / (2 a))        T: cause -> deceleration begins  (E27)
 * Three budgets: (a) a normal trip, (b) the sensor dies just after a good sample, (c) the PC dies; and (d), in travel:
 * the axis' own samples die. */
#ifndef RIG_SAFETY_BUDGET_H
#define RIG_SAFETY_BUDGET_H
#include "rig/safety/limits.h"

struct budget_times {   /* worst cases, s */
    double filter;      /* the transmitter's filter or group delay */
    double sensor;      /* its period: a new value may just have been missed */
    double poll;        /* wait for the next poll */
    double transaction; /* the read */
    double decide;      /* wait for the next tick, plus the lateness that is allowed */
    double stop_frame;  /* the stop's way to the drive, behind one transaction under way, even one that fails */
    double latency;     /* the drive's own */
};
double budget_total(const struct budget_times *t);
/* Distance the axis still travels, m: v T + v^2 / (2 a). */
double budget_travel(double speed, double time, double decel);
/* N; k in N/m. */
double budget_overshoot(double k, double speed, double time, double decel);

/* The other way round: the fastest speed, m/s, at which the axis travels no further than `way`; 0 when there is none.
 */
double budget_fastest(double way, double time, double decel);

/* s after STOP was sent at which a drive that obeys stands, and at which that was surely seen at this speed. */
double budget_obey_time(const struct bench *b, double speed);
double budget_proof_time(const struct bench *b, double speed);

struct budget {
    double time[3];      /* (a) trip, (b) sensor dies, (c) PC dies: cause -> deceleration, s */
    double overshoot[3]; /* N */
    double worst;        /* N */
    /* (d) the axis falls silent, or repeats its position, just after a good sample: so long and so far it may run on
     * past its target before it stands, if the drive does not stop there by itself.  Travel, following error, the
     * drive's alarms and inputs are blind meanwhile; the force is not. */
    double blind_time, blind_way; /* s, m */
    /* (e) a limit trips, and the drive acknowledges STOP and switching off, and does neither: until its watchdog, left
     * in silence, begins to stop it.  A second fault, so it is told, and refuses nothing. */
    double ignored_time, ignored; /* s, N */
};
/* Times of a bench, from its settings and line speeds. */
void budget_bench_times(const struct bench *b, const struct safety_limits *l, struct budget_times *t);
/* The three budgets at a speed.  reach: how far beyond the planned end the axis can get into the specimen at all, m (a
 * drive stops at its target by itself); INFINITY when nothing bounds it. */
void budget_judge(const struct bench *b, const struct safety_limits *l, double k, double speed, double reach,
                  struct budget *out);
#endif
