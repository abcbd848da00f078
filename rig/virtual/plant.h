/* plant.h -- axis, machine compliance, specimen, load cell and switches as one pure thing, advanced by fixed steps of
 * 0.5 ms. No clock, no I/O: the same seed and the same commands give the same numbers.  SI; positions are true ones
 * (carriage.h). */
#ifndef RIG_VIRTUAL_PLANT_H
#define RIG_VIRTUAL_PLANT_H
#include "rig/virtual/carriage.h"
#include "rig/virtual/cell.h"
#include "rig/virtual/skin.h"

#define PLANT_STEP 0.5e-3 /* s */

/* What the operator's hand does to the bench. */
enum { PLANT_HAND_ESTOP = 1, PLANT_HAND_DOOR = 2, PLANT_HAND_LIMIT = 4, PLANT_HAND_PUSH = 8, PLANT_HAND_ALL = 15 };

enum bench_pair { PAIR_SCL_DAD141, PAIR_EM2RS_TLB }; /* which drive and transmitter stand before it */
struct em2rs_settings {
    int    done_bit;      /* where the three done bits of the status begin: 3 or 4 */
    double quick_stop;    /* s per 1000 rpm */
};
struct tlb_settings { double reply_delay; }; /* s, up to 0.2 */

struct plant_settings {
    enum bench_pair pair;
    struct em2rs_settings em2rs;
    struct tlb_settings tlb;
    struct needle_array array;
    struct skin_nominal skin;
    struct cell_settings cell;
    double gap;           /* m from home to the nominal skin surface, at the needle tips */
    double travel;        /* m, where the lower limit switch is */
    double compliance;    /* m/N of the machine */
    double servo_lag;     /* s */
    double command_delay; /* s from a command's reception to the profile */
    double rated_thrust;  /* N at 100 % torque */
    double reply_delay;   /* s, used by the server */
};

struct plant {
    struct plant_settings set;
    uint64_t seed;
    long specimen;        /* its number */
    uint64_t steps;       /* time = steps x PLANT_STEP */
    struct carriage axis;
    struct skin skin;
    struct cell cell;
    bool estop_pressed, door_open, limit_forced;
    bool ignores_stop;    /* fault: the drive acknowledges STOP and switching off, and does neither */
    unsigned hand;        /* PLANT_HAND_*, what it does now */
};

void   plant_init(struct plant *p, const struct plant_settings *set, uint64_t seed);
/* Puts a fresh specimen under the axis, drawn from seed + number. */
void   plant_new_specimen(struct plant *p, long number);
void   plant_step(struct plant *p);
/* The hand does this from now on; what a fault script did to the same switches is overruled where a bit changes. */
void   plant_hand(struct plant *p, unsigned hand);
double plant_time(const struct plant *p);         /* s */
double plant_force(const struct plant *p);        /* true, N, > 0: pushed */
double plant_tip_travel(const struct plant *p);   /* needle tips below this specimen's undisturbed surface, m */
bool   plant_is_at_home(const struct plant *p);   /* home switch */
bool   plant_is_at_lower_limit(const struct plant *p);
bool   plant_is_at_upper_limit(const struct plant *p); /* 1 mm above home */
bool   plant_is_clear(const struct plant *p);     /* no needle in, and well above the skin */
#endif
