/* axis.c -- see axis.h. */
#include <assert.h>
#include <math.h>
#include "rig/virtual/axis.h"

#define SETTLED 1e-6 /* m: two steps of the encoder */

void axis_init(struct axis *a, double at, double lag)
{
    *a = (struct axis){.at = at, .actual = at, .target = at, .accel = 1.0, .decel = 1.0, .lag = lag,
                       .thrust_down = HUGE_VAL, .thrust_up = HUGE_VAL};
}

void axis_move(struct axis *a, double target, double speed, double accel, double decel)
{
    assert(speed > 0.0 && accel > 0.0 && decel > 0.0 && isfinite(target));
    a->mode = AXIS_MOVE;
    a->target = target;
    a->limit = speed;
    a->accel = accel;
    a->decel = decel;
}

void axis_jog(struct axis *a, double signed_speed, double accel)
{
    assert(signed_speed != 0.0 && accel > 0.0);
    a->mode = AXIS_JOG;
    a->limit = signed_speed;
    a->accel = a->decel = accel;
}

void axis_stop(struct axis *a, double decel)
{
    assert(decel > 0.0);
    if (a->mode == AXIS_STILL)
        return;
    a->mode = AXIS_STOP;
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

static void come_to(struct axis *a, double next_speed, double dt)
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

static void step_move(struct axis *a, double dt)
{
    double way = a->target - a->at, sign = way < 0.0 ? -1.0 : 1.0, v0 = sign * a->speed;
    way = fabs(way);
    double allowed = v0 >= 0.0 ? speed_that_stops(v0, way, a->decel, dt) : 0.0;
    bool ends_now = v0 >= 0.0 && v0 <= a->decel * dt && way <= fmax(0.5 * v0, 0.5 * a->decel * dt) * dt;
    if (ends_now) {
        a->at = a->target;
        a->speed = 0.0;
        a->mode = AXIS_STILL;
        return;
    }
    double wished = v0 < 0.0 ? a->limit : fmax(0.0, fmin(a->limit, allowed));
    come_to(a, sign * ramp(v0, wished, a->accel, a->decel, dt), dt);
}

static void step_stop(struct axis *a, double dt)
{
    come_to(a, ramp(a->speed, 0.0, a->accel, a->decel, dt), dt);
    if (a->speed == 0.0)
        a->mode = AXIS_STILL;
}

/* The shaft follows with a first-order lag; it gives up where the force passes the motor's thrust. */
static void follow(struct axis *a, double force, double dt)
{
    double was = a->actual, next = a->at + (was - a->at) * exp(-dt / a->lag);
    if (fabs(a->at - next) < 1e-9)
        next = a->at;
    bool held = (force >= a->thrust_down && next > was) || (-force >= a->thrust_up && next < was);
    if (!a->stalled && !held)
        a->actual = next;
    a->actual_speed = (a->actual - was) / dt;
}

void axis_step(struct axis *a, double force, double dt)
{
    switch (a->mode) {
    case AXIS_STILL: break;
    case AXIS_MOVE:  step_move(a, dt); break;
    case AXIS_JOG:   come_to(a, ramp(a->speed, a->limit, a->accel, a->decel, dt), dt); break;
    case AXIS_STOP:  step_stop(a, dt); break;
    }
    follow(a, force, dt);
}

bool axis_is_moving(const struct axis *a)
{
    return a->mode != AXIS_STILL || (fabs(a->at - a->actual) > SETTLED && a->actual_speed != 0.0);
}

bool axis_is_decelerating(const struct axis *a)
{
    return a->mode == AXIS_STOP || (a->mode == AXIS_MOVE && fabs(a->speed) < a->limit
           && fabs(a->target - a->at) <= a->speed * a->speed / (2.0 * a->decel) * 1.01);
}
