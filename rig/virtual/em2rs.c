/* em2rs.c -- see em2rs.h. */
#include <math.h>
#include <stdlib.h>
#include "rig/virtual/em2rs.h"

#define PULSE 0.5e-6               /* m: 5 mm / 10000 */
#define RPM (5e-3 / 60.0)          /* m/s */
#define THOUSAND_RPM (1000.0 * RPM)
#define JOG_WORD_LIFE 50e-3        /* s */
#define HOMING_SPEED (200.0 * RPM) /* assumed */
#define JOG_RAMP 100               /* ms per 1000 rpm, of jog and homing; assumed */
#define ERROR_LIMIT 4000           /* pulses; assumed */

enum { /* register addresses */
    FORCE_ENABLE = 0x000F, INPUT_FUNCTION = 0x0145, INPUTS = 0x0179, JOG_SPEED = 0x01E1, STATUS = 0x1003,
    POSITION = 0x1014, SPEED = 0x1046, CONTROL = 0x1801, ALARM = 0x2203, PR_CONTROL = 0x6002, PR0 = 0x6200
};
enum { MODE, POSITION_HIGH, POSITION_LOW, RPM_WORD, ACCEL_MS, DECEL_MS, DWELL_MS, TRIGGER }; /* of PR0 */
enum { MODE_NONE = 0, MODE_ABSOLUTE = 1, MODE_SPEED = 2, MODE_RELATIVE = 0x41 };
enum { RUN_PR0 = 0x10, GO_HOME = 0x20, QUICK_STOP = 0x40 };
enum { RESET_ALARM = 0x1111, SAVE = 0x2211, JOG_PLUS = 0x4001, JOG_MINUS = 0x4002 };
enum { INPUT_COUNT = 5 };

/* Emergency stop (+0x80: opens to act), home, positive limit, the door (unknown to the drive), negative limit. */
static const uint16_t input_function[INPUT_COUNT] = {0xA2, 0x27, 0x25, 0, 0x26};

void em2rs_init(struct em2rs *d, const struct plant *p)
{
    *d = (struct em2rs){.pr0 = {MODE_NONE, 0, 0, 60, 100, 100, 0, 0}, .jog_speed = 60,
                        .offset = -(int32_t)lround(p->axis.actual / PULSE)};
}

/* ---- reading ---- */

static int32_t register_position(const struct em2rs *d, double at)
{
    return (int32_t)((uint32_t)(int32_t)lround(at / PULSE) + (uint32_t)d->offset);
}

static bool is_running(const struct em2rs *d, const struct plant *p)
{
    return carriage_is_moving(&p->axis) || d->running != 0;
}

uint16_t em2rs_status(const struct em2rs *d, const struct plant *p)
{
    unsigned s = 0;
    s |= d->alarm ? EM2RS_FAULT : 0u;
    s |= d->enabled ? EM2RS_ENABLED : 0u;
    s |= is_running(d, p) ? EM2RS_RUNNING : 0u;
    s |= d->command_done ? 1u << p->set.em2rs.done_bit : 0u;
    s |= d->path_done ? 2u << p->set.em2rs.done_bit : 0u;
    s |= d->homed ? 4u << p->set.em2rs.done_bit : 0u;
    return (uint16_t)s;
}

static uint16_t inputs(const struct plant *p)
{
    unsigned bits = 0;
    bits |= p->estop_pressed ? 0u : 1u;
    bits |= plant_is_at_home(p) ? 2u : 0u;
    bits |= plant_is_at_lower_limit(p) ? 4u : 0u;
    bits |= p->door_open ? 0u : 8u;
    bits |= plant_is_at_upper_limit(p) ? 16u : 0u;
    return (uint16_t)bits;
}

static uint16_t speed_rpm(const struct plant *p)
{
    double rpm = fmax(-32767.0, fmin(32767.0, p->axis.actual_speed / RPM));
    return (uint16_t)(int16_t)lround(rpm);
}

static bool read_one(const struct em2rs *d, const struct plant *p, uint32_t address, uint16_t *out)
{
    uint32_t at = (uint32_t)register_position(d, p->axis.actual);
    if (address >= PR0 && address < PR0 + EM2RS_PR0_WORDS) {
        *out = d->pr0[address - PR0];
        return true;
    }
    if (address >= INPUT_FUNCTION && address < INPUT_FUNCTION + 2 * INPUT_COUNT) {
        uint32_t i = address - INPUT_FUNCTION; /* each parameter has two words, of which the low one is used */
        *out = i % 2 == 0 ? input_function[i / 2] : 0;
        return true;
    }
    switch (address) {
    case FORCE_ENABLE: *out = d->enable_setting; return true;
    case INPUTS:       *out = inputs(p); return true;
    case JOG_SPEED:    *out = d->jog_speed; return true;
    case STATUS:       *out = em2rs_status(d, p); return true;
    case POSITION:     *out = (uint16_t)(at >> 16); return true;
    case POSITION + 1: *out = (uint16_t)(at & 0xFFFFu); return true;
    case SPEED:        *out = speed_rpm(p); return true;
    case CONTROL:      *out = 0; return true;
    case ALARM:        *out = d->alarm; return true;
    case PR_CONTROL:   *out = d->pending ? d->pending : d->running; return true;
    default:           return false;
    }
}

enum wire_answer em2rs_read(const struct em2rs *d, const struct plant *p, int function, uint16_t address,
                            uint16_t count, uint16_t *out)
{
    if (function != WIRE_READ_HOLDING)
        return WIRE_BAD_FUNCTION;
    for (uint32_t i = 0; i < count; i++)
        if (!read_one(d, p, address + i, &out[i]))
            return WIRE_BAD_ADDRESS;
    return WIRE_OK;
}

/* ---- motion ---- */

static double ramp(uint16_t ms)
{
    return THOUSAND_RPM / (1e-3 * (ms ? ms : 1));
}

static void forget(struct em2rs *d)
{
    d->pending = d->running = 0;
    d->jogging = d->homing = false;
}

static void quick_stop(struct em2rs *d, struct plant *p)
{
    forget(d);
    carriage_stop(&p->axis, THOUSAND_RPM / p->set.em2rs.quick_stop);
}

void em2rs_raise(struct em2rs *d, struct plant *p, uint16_t code)
{
    d->alarm = code;
    d->enabled = false;
    quick_stop(d, p);
}

void em2rs_switch_off(struct em2rs *d, struct plant *p)
{
    d->enable_setting = 0; /* an enable that is forced by writing overrules the input: it reads as lost too */
    d->enabled = false;
    quick_stop(d, p);
}

void em2rs_restart(struct em2rs *d, struct plant *p)
{
    unsigned long saves = d->saves;
    quick_stop(d, p); /* the screw is self-locking: without power it comes to stand as fast */
    em2rs_init(d, p);
    d->saves = saves;
}

void em2rs_lose_home(struct em2rs *d) { d->homed = false; }

void em2rs_shift(struct em2rs *d, double by)
{
    d->offset = (int32_t)((uint32_t)d->offset + (uint32_t)(int32_t)lround(by / PULSE));
}

static void run_pr0(struct em2rs *d, struct plant *p)
{
    const uint16_t *w = d->pr0;
    int32_t pulses = (int32_t)((uint32_t)w[POSITION_HIGH] << 16 | w[POSITION_LOW]);
    double speed = RPM * (int16_t)w[RPM_WORD];
    if (speed == 0.0 || w[MODE] == MODE_NONE) { /* nothing to do is done at once */
        d->running = 0;
        return;
    }
    if (w[MODE] == MODE_SPEED) {
        carriage_jog(&p->axis, speed, ramp(w[ACCEL_MS]));
        return;
    }
    double target = w[MODE] == MODE_RELATIVE ? p->axis.at + PULSE * pulses
                                             : PULSE * (int32_t)((uint32_t)pulses - (uint32_t)d->offset);
    carriage_move(&p->axis, target, fabs(speed), ramp(w[ACCEL_MS]), ramp(w[DECEL_MS]));
}

static void act(struct em2rs *d, struct plant *p, uint16_t trigger)
{
    d->pending = 0;
    if (trigger == QUICK_STOP) {
        if (!p->ignores_stop)
            quick_stop(d, p);
        return;
    }
    if (!d->enabled || d->alarm)
        return;
    forget(d);
    d->running = trigger;
    d->command_done = d->path_done = false;
    d->still_since = -1.0;
    d->homing = trigger == GO_HOME;
    if (d->homing) {
        d->homed = false;
        carriage_move(&p->axis, 0.0, HOMING_SPEED, ramp(JOG_RAMP), ramp(JOG_RAMP));
    } else {
        run_pr0(d, p);
    }
}

static void jog(struct em2rs *d, struct plant *p, double sign)
{
    if (!d->enabled || d->alarm || d->jog_speed == 0)
        return;
    forget(d);
    d->jogging = true;
    d->jog_until = plant_time(p) + JOG_WORD_LIFE;
    carriage_jog(&p->axis, sign * RPM * d->jog_speed, ramp(JOG_RAMP));
}

/* ---- writing ---- */

static bool is_trigger(uint16_t x)
{
    return x == 0 || x == RUN_PR0 || x == GO_HOME || x == QUICK_STOP;
}

static void take_trigger(struct em2rs *d, struct plant *p, uint16_t trigger)
{
    if (trigger == 0)
        return;
    if (d->pending)
        act(d, p, d->pending); /* in the order they came: a stop is never overwritten by what follows it */
    d->pending = trigger;
    d->due = plant_time(p) + p->set.command_delay;
}

static enum wire_answer control(struct em2rs *d, struct plant *p, uint16_t word)
{
    switch (word) {
    case RESET_ALARM:
        if (!p->estop_pressed)
            d->alarm = 0;
        break;
    case SAVE:      d->saves++; break;
    case JOG_PLUS:  jog(d, p, 1.0); break;
    case JOG_MINUS: jog(d, p, -1.0); break;
    default:        return WIRE_BAD_VALUE;
    }
    return WIRE_OK;
}

static enum wire_answer write_pr0(struct em2rs *d, struct plant *p, uint16_t address, uint16_t count,
                                  const uint16_t *in)
{
    uint16_t next[EM2RS_PR0_WORDS];
    memcpy(next, d->pr0, sizeof next);
    if (address + count > PR0 + EM2RS_PR0_WORDS)
        return WIRE_BAD_ADDRESS;
    memcpy(&next[address - PR0], in, count * sizeof *in);
    uint16_t mode = next[MODE], trigger = next[TRIGGER];
    if ((mode != MODE_NONE && mode != MODE_ABSOLUTE && mode != MODE_SPEED && mode != MODE_RELATIVE)
        || !is_trigger(trigger))
        return WIRE_BAD_VALUE;
    memcpy(d->pr0, next, sizeof next);
    d->pr0[TRIGGER] = 0; /* the eighth word is the PR control register under another address */
    take_trigger(d, p, trigger);
    return WIRE_OK;
}

static enum wire_answer write_one(struct em2rs *d, struct plant *p, uint16_t address, uint16_t x)
{
    switch (address) {
    case FORCE_ENABLE:
        if (x > 1)
            return WIRE_BAD_VALUE;
        d->enable_setting = x;
        return WIRE_OK;
    case JOG_SPEED:
        if (x > 5000)
            return WIRE_BAD_VALUE;
        d->jog_speed = x;
        return WIRE_OK;
    case CONTROL: return control(d, p, x);
    case PR_CONTROL:
        if (!is_trigger(x))
            return WIRE_BAD_VALUE;
        take_trigger(d, p, x);
        return WIRE_OK;
    default: return WIRE_BAD_ADDRESS;
    }
}

enum wire_answer em2rs_write(struct em2rs *d, struct plant *p, uint16_t address, uint16_t count, const uint16_t *in)
{
    if (address >= PR0 && address < PR0 + EM2RS_PR0_WORDS)
        return write_pr0(d, p, address, count, in);
    return count == 1 ? write_one(d, p, address, in[0]) : WIRE_BAD_ADDRESS; /* the others stand alone */
}

/* ---- time ---- */

static void follow_enable(struct em2rs *d, struct plant *p)
{
    bool wanted = (d->enable_setting || (p->ignores_stop && d->enabled)) && !d->alarm;
    if (wanted == d->enabled)
        return;
    d->enabled = wanted;
    if (!wanted)
        quick_stop(d, p); /* the screw is self-locking: the axis holds */
    else if (!carriage_is_moving(&p->axis))
        p->axis.at = p->axis.actual; /* takes hold where the shaft stands */
}

static void end_jog(struct em2rs *d, struct plant *p)
{
    if (!d->jogging || plant_time(p) < d->jog_until)
        return;
    d->jogging = false;
    carriage_stop(&p->axis, ramp(JOG_RAMP));
}

static void check_limit(struct em2rs *d, struct plant *p, bool at_limit, double sign)
{
    if (at_limit && sign * p->axis.speed > 0.0 && p->axis.mode != CARRIAGE_STOP)
        quick_stop(d, p);
}

static void check_position_error(struct em2rs *d, struct plant *p)
{
    if (d->enabled && labs(lround(p->axis.at / PULSE) - lround(p->axis.actual / PULSE)) > ERROR_LIMIT)
        em2rs_raise(d, p, EM2RS_ALARM_POSITION);
}

static void finish(struct em2rs *d, const struct plant *p)
{
    if (!d->running || carriage_is_moving(&p->axis))
        return;
    if (d->still_since < 0.0)
        d->still_since = plant_time(p);
    bool arrived = fabs(p->axis.actual - p->axis.at) <= 2.0 * PULSE;
    if (d->homing && arrived) {
        d->homed = true;
        d->offset = 0; /* the switch is at true position 0 */
    }
    d->command_done = true;
    if (plant_time(p) - d->still_since < 1e-3 * d->pr0[DWELL_MS] && !d->homing)
        return;
    d->path_done = arrived;
    d->running = 0;
    d->homing = false;
}

void em2rs_step(struct em2rs *d, struct plant *p)
{
    p->axis.thrust_down = p->axis.thrust_up = p->set.rated_thrust;
    if (p->estop_pressed && d->alarm != EM2RS_ALARM_ESTOP)
        em2rs_raise(d, p, EM2RS_ALARM_ESTOP);
    follow_enable(d, p);
    if (d->pending && d->due <= plant_time(p) + 1e-9)
        act(d, p, d->pending);
    end_jog(d, p);
    check_limit(d, p, plant_is_at_lower_limit(p), 1.0);
    check_limit(d, p, plant_is_at_upper_limit(p), -1.0);
    check_position_error(d, p);
    finish(d, p);
}
