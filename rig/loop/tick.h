/* tick.h -- the controller: one tick at a fixed period, in a fixed order:
 *     newest samples, check stamps -> judge safety -> step the sequence -> veto -> orders to the links -> record, show
 * The same code runs in real time (rig/loop/runner) and, in tests, over memory in virtual time: the time is an
 * argument. */
#ifndef RIG_LOOP_TICK_H
#define RIG_LOOP_TICK_H
#include "rig/device/load_cell.h"
#include "rig/loop/link.h"
#include "rig/method/sequence.h"
#include "rig/record/recorder.h"
#include "rig/safety/freshness.h"
#include "rig/safety/latch.h"

enum rig_key { KEY_NONE, KEY_ARM, KEY_STOP, KEY_UNLOAD, KEY_RESET, KEY_QUIT, KEY_SKIP };
enum rig_state {
    RIG_WAITING,   /* not armed yet */
    RIG_ENABLING,  /* armed; the drive is switched on */
    RIG_RUNNING,   /* the sequence runs */
    RIG_TRIPPED, RIG_STOPPED, /* by safety, by the operator: stands, or is being stopped */
    RIG_UNLOADING, /* one step away from the sample */
    RIG_PROMPTING, /* no permission: the operator does something to the bench, and arms anew */
    RIG_FINISHING, /* done: the drive is switched off */
    RIG_ENDED
};
extern const char *const rig_state_names[];

struct rig_stopper {   /* STOP until proven */
    bool     is_active, is_proven, is_escalated;
    bool     was_off;      /* the drive was off when it began: nothing to escalate to */
    bool     has_given_up; /* the drive's watchdog has to stop it: the axis' link is silent */
    bool     is_wanted;    /* STOP was asked for again since: it waits until that watchdog has had its time */
    double   gave_up;
    unsigned sent;     /* requests so far */
    unsigned first;    /* the inbox's count of the first of them */
    double   began, last;
    uint64_t seen;     /* axis samples looked at */
    int      still;    /* samples in a row that say "not moving" at one position */
    double   position;
    double   speed, from; /* m/s, m: ordered when it began; where it was then */
    unsigned missed;   /* STOPs that left, and after which it went on */
    unsigned disobeyed; /* of these, those that the drive had acknowledged */
    bool     is_missed; /* the last one is counted in there */
    double   stood_at; /* m: first seen when it had to stand; NaN: not yet */
    double   force;    /* N: the same; NaN: not yet */
};
struct rig_off {       /* see off.h */
    bool     is_active, is_sent, is_acknowledged, is_seen, has_failed;
    unsigned sent, first;  /* requests so far; the inbox's count of the first */
    double   began, last;
};
struct rig_watch {     /* see watch.h */
    enum axis_loss loss;
    uint64_t seen;         /* axis samples looked at */
    bool   has_one, homed_then; /* the sample before; it was taken while homing */
    double sent, position; /* of that */
    bool   home_is_lost;   /* its position means nothing any more */
    bool   is_homed;       /* outside of homing it said so */
    bool   has_homed;      /* its stage of homing ended well in this run: a bit alone may be of an earlier day */
    double speed, before;  /* m/s: of the last order, and of the one before while it may still show */
    double to, left;       /* m: where the order goes; the least way to there so far */
    double highest;        /* m: while homing, the furthest from the sample */
    bool   is_at_switch;   /* the home switch closed since the order to home */
};
struct rig_motion {    /* see motion.h */
    bool   is_free;        /* nothing is commanded */
    double since;          /* s: from then on */
    uint64_t seen;         /* axis samples looked at */
    bool   has_from, moves, is_told;
    double from, way;      /* m: where it stood; how far it is from there */
    unsigned times;        /* so often since it was armed last */
};
struct rig_away {      /* see away.h; N, push > 0 */
    bool   has_begun;
    double first, least;   /* of the forces at which the session's steps began */
    double step;           /* at which the last of them began */
};
struct rig_leash {     /* see leash.h */
    bool   is_active;
    struct axis_command whole; /* the move as ordered */
    double hop;            /* the target that the drive has, m */
};
struct rig {
    const struct bench *bench;
    struct safety_limits limits;
    const struct method *method;
    bool is_unattended;
    size_t links;
    struct link *link[BENCH_LINKS];
    struct link_inbox inbox[BENCH_LINKS];
    struct link_outbox outbox[BENCH_LINKS];
    unsigned generation[BENCH_LINKS]; /* as when it was armed */
    struct recorder *recorder;
    struct safety_latch latch;
    struct safety_inputs inputs;      /* of the last judgement */
    struct sequence sequence;
    enum rig_state state, ended_from; /* ended_from: DONE is RIG_FINISHING */
    bool has_begun;                   /* the sequence */
    bool has_tripped, is_leaving, went_back; /* armed anew after a trip or a stop: for the way back only */
    struct safety_latch first_trip;   /* kept whatever is armed or trips later */
    struct rig_stopper stopper;
    struct rig_off off;
    struct rig_leash leash;
    struct rig_motion motion;
    struct rig_watch watch;
    double start, now, state_since;
    /* newest samples */
    bool has_axis, has_force;
    struct axis_state axis;
    struct force_state force;
    double last_force, last_force_time, force_rate;
    uint64_t rate_count;
    struct freshness fresh[BENCH_DEVICES];
    double trip_time;                 /* s, cause -> deceleration of a normal trip: for the predicted overshoot */
    bool   released;                  /* the drive was told to switch off after a trip of that kind */
    /* orders */
    unsigned order;
    bool order_is_pending;
    enum axis_order last_order;
    unsigned resets;
    bool polarity_wrong, sequence_failed;
    /* unload */
    struct rig_away away;
    double unload_position, unload_target, unload_left;
    bool   unload_has_base;
    unsigned unload_steps;
    double peak_force;                /* N, largest |force| seen */
    char trip_text[240];              /* its cause in words, as it was then */
    /* counts */
    uint64_t ticks, skipped;
    struct latency lateness;
    char message[240];                /* what it does or waits for; for the display */
};

/* Everything is lent: bench, method, links (prepared), recorder.  limits: the bench's with the method's in place. */
void rig_init(struct rig *r, const struct bench *b, const struct safety_limits *l, const struct method *m,
              struct link *const links[], struct recorder *rec, double now);
/* One tick.  lateness: how late it comes, s; key: the newest key.  False once it has ended. */
bool rig_tick(struct rig *r, double now, double lateness, enum rig_key key);
/* How it went: "done", "tripped", "stopped", "aborted", with the cause. */
const char *rig_outcome(const struct rig *r, char *cause, size_t size);
/* 0, ERR_SAFETY, ERR_STOPPED or ERR_FAILED (aborted), with the message. */
int rig_result(const struct rig *r, struct err *e);
/* It ended, and the drive, told to switch off, was not seen to do so. */
bool rig_is_left_on(const struct rig *r);
void rig_event(struct rig *r, const char *kind, const char *subject, const char *value, const char *detail);
#endif
