/* latch.h -- the safety latch: a pure function of inputs and time.  It starts tripped.  It arms only when every
 * condition holds, has held for 0.5 s, and the operator then acts.  Any failure trips; the first cause, its value,
 * limit and time are kept until the next arming.  It can only take permission away: it never moves anything. It
 * protects the sample and the load cell.  People are protected by the hard-wired E-stop, not by this. */
#ifndef RIG_SAFETY_LATCH_H
#define RIG_SAFETY_LATCH_H
#include "rig/safety/limits.h"

#define SAFETY_CLEAR_TIME 0.5 /* s that everything must have been clear before the operator's edge counts */

/* What the axis is no longer, or does not do, although it must (rig/loop/watch.h). */
enum axis_loss { LOSS_NONE, LOSS_OFF, LOSS_HOME, LOSS_JUMP, LOSS_COURSE, LOSSES };
extern const char *const axis_loss_words[];

struct safety_inputs {
    double now;                       /* s, monotonic */
    bool   operator_edge;             /* the operator asks to arm, in this tick */
    bool   estop_healthy;             /* the input */
    bool   alarm_estop, alarm_sto;    /* the drive's own words for it */
    bool   drive_fault;
    uint32_t alarm;                   /* raw alarm word */
    bool   door_closed;
    bool   link_up[BENCH_LINKS];      /* false for a link that is down or was opened anew since it was armed */
    size_t links;
    int    failures_in_row;           /* the worst link's */
    double age[BENCH_DEVICES];        /* s; infinite before the first sample */
    double frozen[BENCH_DEVICES];     /* s that it has repeated itself although it should not */
    bool   foreign_write;             /* a register verified at start now holds something else */
    bool   saturated;
    double force, force_rate;         /* N, N/s */
    double predicted;                 /* N: the force when the axis would stand if it were stopped now */
    double position, position_error;  /* m */
    bool   is_homed;                  /* travel means something only then */
    bool   moves_alone;               /* the drive says that it moves, and nothing asked it to */
    double stray;                     /* m: so far it is from where it stood when nothing was asked of it any more */
    enum axis_loss lost;
    double lateness;                  /* of this tick, s */
    bool   recorder_failed;
    bool   polarity_wrong;            /* the sequence saw a pull where contact must push */
    bool   sequence_failed;           /* the sequence asked for a trip (a time-out, a move that ended short) */
};

struct safety_latch {
    bool   is_armed;
    enum safety_cause first;          /* cause of the trip; SAFETY_START before the first arming */
    double value, limit, at;          /* SI; time of the trip */
    double clear_since;               /* since when all is clear; NaN while it is not */
    bool   has_been_judged;
};

void safety_init(struct safety_latch *s);
/* The condition that fails now (the first in a fixed order), with value and limit, or SAFETY_CLEAR. */
enum safety_cause safety_check(const struct safety_limits *l, const struct safety_inputs *in, double *value,
                               double *limit);
/* One judgement.  Returns true in the tick in which the latch changed (armed or tripped). */
bool safety_judge(struct safety_latch *s, const struct safety_limits *l, const struct safety_inputs *in);
/* Takes permission away without a cause (a prompt, the operator's stop): only a new edge gives it again. */
void safety_disarm(struct safety_latch *s);
/* "force_push: 21.4 N > 20 N" */
void safety_describe(enum safety_cause cause, double value, double limit, char *out, size_t size);
#endif
