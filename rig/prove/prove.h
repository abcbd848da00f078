/* prove.h -- mnrig prove: does what has to stop the axis do so?  Tries, one after the other, what nothing moves for
 * (noise, the sign of the force, E-stop, door and limit switch, by a hand) and, slowly and in free air, home, the soft
 * and hard travel limits, STOP, and the drive's watchdog.  Each check has what was measured, its bound, a verdict.
 *
 * The moves are made by the controller that makes runs (rig/loop), with its latch and limits; each needs an arm edge of
 * its own.  Time is an argument; the hand is asked for: a person's, or the virtual bench's own. */
#ifndef RIG_PROVE_PROVE_H
#define RIG_PROVE_PROVE_H
#include "rig/loop/tick.h"

enum prove_check {
    PROVE_NOISE, PROVE_FORCE_SIGN, PROVE_ESTOP, PROVE_DOOR, PROVE_LOWER_LIMIT, PROVE_HOME, PROVE_SOFT_LIMIT,
    PROVE_STOP_DISTANCE, PROVE_STOP_TIME, PROVE_HARD_LIMIT, PROVE_WATCHDOG, PROVE_CHECKS
};
extern const char *const prove_check_names[];
enum prove_verdict { PROVE_NOT_DONE, PROVE_PASSED, PROVE_FAILED };
extern const char *const prove_verdict_names[];
struct prove_result { enum prove_verdict verdict; char measured[160], bound[120]; };

/* What the hand shall do now.  The bits are those of mnbench's register 0xF011. */
enum prove_hand {
    PROVE_HAND_OFF = 0,
    PROVE_HAND_ESTOP = 1,
    PROVE_HAND_DOOR = 2,
    PROVE_HAND_LIMIT = 4,
    PROVE_HAND_PUSH = 8
};

struct prover {
    const struct bench *bench;
    struct safety_limits limits;   /* of the bench, the force limits tightened for free air */
    struct link *link[BENCH_LINKS];
    struct recorder *recorder;
    bool is_unattended;            /* arms by itself; the virtual bench's hand acts */
    struct rig rig;
    struct method method;          /* of the trial move under way */
    size_t step;                   /* index of steps (prove.c) */
    int phase;
    bool is_over;
    double start, now, since;      /* s; since: the phase began */
    enum prove_hand hand;
    char prompt[200];              /* what the operator has to do; "" nothing */
    unsigned said;                 /* counts prompts and results: something is to be shown */
    struct prove_result result[PROVE_CHECKS];
    /* of the step under way */
    double next_edge;              /* s: unattended, the next arm edge */
    uint64_t seen;                 /* samples looked at */
    double n, sum, sum2, lowest, highest; /* of the force */
    bool is_pressed, is_cut;       /* is_cut: a move ended otherwise than planned: the rest is not tried */
    double rest_since;             /* s */
    bool switch_at_home, switch_below;
    double home;                   /* m */
    bool wants_stop;
    double from, at, stands;       /* m, s, s: where and when the stop was asked for, when it stood */
};

/* Links are prepared (registers verified) and lent; limits: the bench's. */
void prove_init(struct prover *p, const struct bench *b, const struct safety_limits *l, struct link *const links[],
                struct recorder *rec, bool is_unattended, double now);
/* One tick; false once it is over.  KEY_ARM arms a trial move, KEY_STOP stops it, KEY_SKIP leaves a check out (it then
 * counts as not done), KEY_QUIT ends. */
bool prove_tick(struct prover *p, double now, double lateness, enum rig_key key);
/* Every check passed? */
bool prove_has_passed(const struct prover *p);
#endif
