/* carriage.c -- see carriage.h. */
#include <assert.h>
#include <math.h>
#include "rig/virtual/carriage.h"

#define SETTLED 1e-6 /* m: two steps of the encoder */
#define CATCH_UP 1.2

void carriage_init(struct carriage *a, double at, double lag)
{
    *a = (struct carriage){.at = at, .actual = at, .target = at, .accel = 1.0, .decel = 1.0, .lag = lag,
                       .thrust_down = HUGE_VAL, .thrust_up = HUGE_VAL};
}

void carriage_move(struct carriage *a, double target, double speed, double accel, double decel)
{
    assert(speed > 0.0 && accel > 0.0 && decel > 0.0 && isfinite(target));
    a->mode = CARRIAGE_MOVE;
    a->target = target;
    a->limit = speed;
    a->accel = accel;
    a->decel = decel;
}

void carriage_jog(struct carriage *a, double signed_speed, double accel)
{
    assert(signed_speed != 0.0 && accel > 0.0);
    a->mode = CARRIAGE_JOG;
    a->limit = signed_speed;
    a->accel = a->decel = accel;
}

void carriage_stop(struct carriage *a, double decel)
{
    assert(decel > 0.0);
    if (a->mode == CARRIAGE_STILL)
        return;
    a->mode = CARRIAGE_STOP;
    a->decel = decel;
}

/* Towards a wished speed, no faster than the acceleration (or, when it falls, the deceleration) allows. */
static double ramp(double speed, double wished, double accel, double decel, double dt)
{
    if (speed * wished < 0.0)
        wished = 0.0; /* first to rest, then the other way */
    double most = (fabs(wished) > fabs(speed) ? accel : decel) * dt;
    return speed + fmax(-most, fmin(most, wished - speed));
}

static void come_to(struct carriage *a, double next_speed, double dt)
{
    a->at += 0.5 * (a->speed + next_speed) * dt;
    a->speed = next_speed;
}

/* Fastest speed after this step from which the way that is left still suffices:
 *     (v0 + v1)/2 dt + v1^2/(2 decel) = way                                   */
static double speed_that_stops(double v0, double way, double decel, double dt)
{
    double rest = 0.25 * dt * dt + 2.0 * (way - 0.5 * v0 * dt) / decel;
    return rest > 0.0 ? decel * (sqrt(rest) - 0.5 * dt) : -1.0;
}

static void step_move(struct carriage *a, double dt)
{
    double way = a->target - a->at, sign = way < 0.0 ? -1.0 : 1.0, v0 = sign * a->speed;
    way = fabs(way);
    double allowed = v0 >= 0.0 ? speed_that_stops(v0, way, a->decel, dt) : 0.0;
    bool ends_now = v0 >= 0.0 && v0 <= a->decel * dt && way <= fmax(0.5 * v0, 0.5 * a->decel * dt) * dt;
    if (ends_now) {
        a->at = a->target;
        a->speed = 0.0;
        a->mode = CARRIAGE_STILL;
        return;
    }
    double wished = v0 < 0.0 ? a->limit : fmax(0.0, fmin(a->limit, allowed));
    come_to(a, sign * ramp(v0, wished, a->accel, a->decel, dt), dt);
}

static void step_stop(struct carriage *a, double dt)
{
    come_to(a, ramp(a->speed, 0.0, a->accel, a->decel, dt), dt);
    if (a->speed == 0.0)
        a->mode = CARRIAGE_STILL;
}

/* The shaft follows with a first-order lag; it gives up where the force passes the motor's thrust. */
static void follow(struct carriage *a, double force, double dt)
{
    double was = a->actual, next = a->at + (was - a->at) * exp(-dt / a->lag);
    if (fabs(a->at - next) < 1e-9)
        next = a->at;
    /* A shaft that was held back by its thrust limit catches up at about the speed it was told, it does not leap. */
    double most = CATCH_UP * fabs(a->limit) * dt;
    next = fmax(was - most, fmin(was + most, next));
    bool held = (force >= a->thrust_down && next > was) || (-force >= a->thrust_up && next < was);
    if (!a->stalled && !held)
        a->actual = next;
    a->actual_speed = (a->actual - was) / dt;
}

void carriage_step(struct carriage *a, double force, double dt)
{
    switch (a->mode) {
    case CARRIAGE_STILL: break;
    case CARRIAGE_MOVE:  step_move(a, dt); break;
    case CARRIAGE_JOG:   come_to(a, ramp(a->speed, a->limit, a->accel, a->decel, dt), dt); break;
    case CARRIAGE_STOP:  step_stop(a, dt); break;
    }
    follow(a, force, dt);
    a->at += a->creep * dt;
    a->actual += a->creep * dt;
}

bool carriage_is_moving(const struct carriage *a)
{
    return a->mode != CARRIAGE_STILL || (fabs(a->at - a->actual) > SETTLED && a->actual_speed != 0.0);
}

bool carriage_is_decelerating(const struct carriage *a)
{
    return a->mode == CARRIAGE_STOP || (a->mode == CARRIAGE_MOVE && fabs(a->speed) < a->limit
           && fabs(a->target - a->at) <= a->speed * a->speed / (2.0 * a->decel) * 1.01);
}
