/* sequence.h -- the stages of a method, stepped once a tick.  It looks at samples and asks: an order for the axis, a
 * stop, a trip, or the end.  It moves nothing itself; the tick may refuse.  No clock, no bus: time and samples are
 * arguments. */
#ifndef RIG_METHOD_SEQUENCE_H
#define RIG_METHOD_SEQUENCE_H
#include "rig/device/axis.h"
#include "rig/method/method.h"

struct seq_inputs {
    double now;
    const struct axis_state *axis;
    double   axis_sent;           /* when the axis sample was asked for, s */
    uint64_t axis_count;          /* counts axis samples */
    double   force;               /* N from the calibration zero */
    double   force_sent;
    uint64_t force_count;
    bool     order_done, order_failed; /* the fate of the last order */
    double   order_time;          /* when its trigger was sent */
    bool     is_still;            /* no stop is under way: the last one was proven */
};
enum seq_request { SEQ_NOTHING, SEQ_ORDER, SEQ_STOP, SEQ_TRIP, SEQ_POLARITY, SEQ_PROMPT, SEQ_DONE };
struct seq_output { enum seq_request request; struct axis_command command; };

enum { SEQ_TRACK = 16 };
struct sequence {
    const struct method *method;
    const struct bench *bench;
    size_t stage;
    int    phase;                 /* within the stage */
    double entered;               /* when the stage began, s */
    bool   is_waiting;            /* for the end of an ordered move */
    bool   has_moved;
    bool   is_retracting_early;   /* a time-out sent it to the last stage */
    char   reason[200];           /* why it trips or gave up; empty when all is well */
    double target;                /* of the move under way, m */
    int    corrections;
    bool   home_is_new;           /* since the order to home: the homed bit fell, or the home switch closed */
    /* what it found; NaN until then */
    double tare, tare_sd;         /* N */
    double contact, contact_time; /* m, s */
    double peak_force;            /* N net, largest since contact */
    double travel_end;            /* m, when insert ended */
    double zero_return;           /* N net, when retract ended in air; NaN: it did not, or nothing was tared */
    /* private */
    uint64_t force_seen;
    long   above, samples;        /* in a row above the contact force; of the tare */
    double sum, sum2;
    double last_net, last_position; /* of the previous force sample */
    double first_net, first_position, before_net, before_position; /* around the crossing */
    size_t tracks;
    double track_time[SEQ_TRACK], track_position[SEQ_TRACK];
};
void sequence_init(struct sequence *s, const struct method *m, const struct bench *b, double now);
void sequence_step(struct sequence *s, const struct seq_inputs *in, struct seq_output *out);
/* The operator has armed anew after a prompt: the next stage. */
void sequence_resume(struct sequence *s, double now);
/* After a trip or a stop: the last stage, which goes back; nothing else follows. */
void sequence_leave(struct sequence *s, double now);
/* So far from the tare a force in air may be at the end, N: more is no noise.  The zero has moved, or something hangs
 * on the array. */
double sequence_zero_bound(const struct sequence *s);
/* Name of the stage it is in. */
const char *sequence_stage(const struct sequence *s);
/* Net force; travel from contact, raw and without the machine's give (E26).  NaN before the tare / before contact. */
double sequence_net(const struct sequence *s, double force);
double sequence_raw_travel(const struct sequence *s, double position);
double sequence_travel(const struct sequence *s, double position, double force);
#endif
