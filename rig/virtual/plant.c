/* plant.c -- see plant.h. */
#include "rig/virtual/plant.h"

#define UPPER_LIMIT (-1e-3)   /* m */
#define DAD141_END 1.05       /* of the capacity: where the transmitter's reading ends; assumed */
#define TLB_END 1.20
#define HARD_STOP 2e-3        /* m beyond a limit switch: the carriage meets steel */
#define FINGER 3.0            /* N */
#define CLEAR_HEIGHT 1e-3     /* m */
#define SWITCH_EDGE 0.25e-6   /* m: half an encoder count */

void plant_init(struct plant *p, const struct plant_settings *set, uint64_t seed)
{
    struct random r;
    *p = (struct plant){.set = *set, .seed = seed};
    random_init(&r, seed, 0xA715);
    /* somewhere: the position is not known at power-on */
    carriage_init(&p->axis, random_between(&r, 3e-3, 6e-3), set->servo_lag);
    p->set.cell.end = set->pair == PAIR_EM2RS_TLB ? TLB_END : DAD141_END;
    cell_init(&p->cell, &p->set.cell, seed);
    plant_new_specimen(p, 1);
}

void plant_new_specimen(struct plant *p, long number)
{
    p->specimen = number;
    skin_init(&p->skin, &p->set.skin, &p->set.array, p->seed + (uint64_t)number);
}

static void meet_hard_stops(struct plant *p)
{
    double lowest = p->set.travel + HARD_STOP, highest = UPPER_LIMIT - HARD_STOP;
    if (p->axis.actual > lowest)
        p->axis.actual = lowest;
    if (p->axis.actual < highest)
        p->axis.actual = highest;
}

void plant_step(struct plant *p)
{
    carriage_step(&p->axis, p->skin.force, PLANT_STEP);
    meet_hard_stops(p);
    skin_press(&p->skin, p->axis.actual - p->set.gap, p->set.compliance, PLANT_STEP);
    cell_step(&p->cell, plant_force(p), PLANT_STEP);
    p->steps++;
}

void plant_hand(struct plant *p, unsigned hand)
{
    unsigned changed = p->hand ^ hand;
    if (changed & PLANT_HAND_ESTOP)
        p->estop_pressed = hand & PLANT_HAND_ESTOP;
    if (changed & PLANT_HAND_DOOR)
        p->door_open = hand & PLANT_HAND_DOOR;
    if (changed & PLANT_HAND_LIMIT)
        p->limit_forced = hand & PLANT_HAND_LIMIT;
    p->hand = hand;
}

double plant_time(const struct plant *p)
{
    return (double)p->steps * PLANT_STEP;
}

double plant_force(const struct plant *p)
{
    return p->skin.force + (p->hand & PLANT_HAND_PUSH ? FINGER : 0.0);
}

double plant_tip_travel(const struct plant *p)
{
    return p->axis.actual - p->set.compliance * p->skin.force - p->set.gap - p->skin.surface;
}

bool plant_is_at_home(const struct plant *p)
{
    return p->axis.actual <= SWITCH_EDGE;
}

bool plant_is_at_lower_limit(const struct plant *p)
{
    return p->limit_forced || p->axis.actual >= p->set.travel;
}

bool plant_is_at_upper_limit(const struct plant *p)
{
    return p->axis.actual <= UPPER_LIMIT;
}

bool plant_is_clear(const struct plant *p)
{
    return skin_needles_in(&p->skin) == 0 && plant_tip_travel(p) < -CLEAR_HEIGHT;
}
