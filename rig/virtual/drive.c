/* drive.c -- see drive.h. */
#include <math.h>
#include <stdlib.h>
#include "rig/virtual/drive.h"

#define STEP 0.5e-6                     /* m a step: 5 mm / 10000 */
#define SPEED_UNIT (5e-3 / 240.0)       /* m/s */
#define ACCEL_UNIT (5e-3 / 6.0)         /* m/s2 */
#define IN_POSITION_COUNTS 10           /* assumed */
#define FAULTS (~(DRIVE_ALARM_LOWER | DRIVE_ALARM_UPPER)) /* alarms that refuse every move */

enum { /* register addresses */
    ALARM = 0, STATUS = 2, OUTPUTS = 4, INPUTS = 5, COMMANDED = 6, ENCODER = 10, VELOCITY = 16, POSITION_ERROR = 22,
    TORQUE_DOWN = 64, TORQUE_UP = 65, OPCODE = 124, PARAMETER = 125, MAX_DECEL = 334, JOG_ACCEL = 338, JOG_DECEL = 340,
    JOG_SPEED = 342, ACCEL = 344, DECEL = 346, SPEED = 348, DISTANCE = 350, WATCHDOG_ON = 392, WATCHDOG_MS = 394,
    WATCHDOG_ACTION = 396, ERROR_LIMIT = 406
};
enum {
    OP_RELATIVE = 0x66, OP_ABSOLUTE = 0x67, OP_SEEK_HOME = 0x6E, OP_JOG = 0x96, OP_DISABLE = 0x9E, OP_ENABLE = 0x9F,
    OP_SET_POSITION = 0xA5, OP_ALARM_RESET = 0xBA, OP_JOG_STOP = 0xD8, OP_HOMING_METHOD = 0xDB, OP_STOP_FAST = 0xE1,
    OP_STOP = 0xE2
};
enum access { MEASURED, RESERVED, SETTING };

static const struct row {
    uint16_t address, words;
    enum access access;
    bool is_signed;
    uint32_t lo, hi, initial; /* of a setting; as int32 when signed */
} rows[] = {
    {ALARM, 2, MEASURED, false, 0, 0, 0},
    {STATUS, 2, MEASURED, false, 0, 0, 0},
    {OUTPUTS, 1, MEASURED, false, 0, 0, 0},
    {INPUTS, 1, MEASURED, false, 0, 0, 0},
    {COMMANDED, 2, MEASURED, true, 0, 0, 0},
    {8, 2, RESERVED, false, 0, 0, 0},
    {ENCODER, 2, MEASURED, true, 0, 0, 0},
    {12, 4, RESERVED, false, 0, 0, 0},
    {VELOCITY, 1, MEASURED, true, 0, 0, 0},
    {17, 5, RESERVED, false, 0, 0, 0},
    {POSITION_ERROR, 2, MEASURED, true, 0, 0, 0},
    {TORQUE_DOWN, 1, SETTING, false, 0, 3000, 1000},
    {TORQUE_UP, 1, SETTING, false, 0, 3000, 1000},
    {OPCODE, 1, SETTING, false, 0, 0xFFFF, 0},
    {PARAMETER, 1, SETTING, false, 0, 0xFFFF, 0},
    {PARAMETER + 1, 1, SETTING, false, 0, 0xFFFF, 0},
    {PARAMETER + 2, 1, SETTING, false, 0, 0xFFFF, 0},
    {PARAMETER + 3, 1, SETTING, false, 0, 0xFFFF, 0},
    {PARAMETER + 4, 1, SETTING, false, 0, 0xFFFF, 0},
    {MAX_DECEL, 2, SETTING, false, 1, 30000, 600},
    {JOG_ACCEL, 2, SETTING, false, 1, 30000, 120},
    {JOG_DECEL, 2, SETTING, false, 1, 30000, 120},
    {JOG_SPEED, 2, SETTING, false, 1, 19200, 48},
    {ACCEL, 2, SETTING, false, 1, 30000, 120},
    {DECEL, 2, SETTING, false, 1, 30000, 120},
    {SPEED, 2, SETTING, false, 1, 19200, 48},
    {DISTANCE, 2, SETTING, true, 0x80000000u, 0x7FFFFFFFu, 0},
    {WATCHDOG_ON, 2, SETTING, false, 0, 1, 0},
    {WATCHDOG_MS, 2, SETTING, false, 0, 10000, 1000},
    {WATCHDOG_ACTION, 2, SETTING, false, 1, 16, 1},
    {ERROR_LIMIT, 2, SETTING, false, 1, 0x7FFFFFFFu, 2000},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct row *row_at(uint32_t address)
{
    for (int i = 0; i < ROWS; i++)
        if (address >= rows[i].address && address < (uint32_t)rows[i].address + rows[i].words)
            return &rows[i];
    return NULL;
}

static uint32_t setting(const struct drive *d, uint16_t address)
{
    return wire_get_u32(&d->word[address]);
}

static double rate_of(const struct drive *d, uint16_t address, double unit)
{
    return unit * setting(d, address);
}

void drive_init(struct drive *d, const struct plant *p)
{
    *d = (struct drive){.offset = -(int32_t)lround(p->axis.actual / STEP), .last_traffic = plant_time(p)};
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].words == 2)
            wire_put_u32(&d->word[rows[i].address], rows[i].initial);
        else
            d->word[rows[i].address] = (uint16_t)rows[i].initial;
    }
}

/* ---- reading ---- */

/* Positions wrap at 32 bits, as a counter does. */
static int32_t register_position(const struct drive *d, double at)
{
    return (int32_t)((uint32_t)(int32_t)lround(at / STEP) + (uint32_t)d->offset);
}

static int32_t position_error(const struct plant *p)
{
    return (int32_t)(lround(p->axis.at / STEP) - lround(p->axis.actual / STEP));
}

static bool is_ready(const struct drive *d)
{
    return d->enabled && !(d->alarm & FAULTS);
}

static bool torque_reached(const struct plant *p)
{
    double f = plant_force(p);
    return f >= p->axis.thrust_down || -f >= p->axis.thrust_up;
}

uint32_t drive_status(const struct drive *d, const struct plant *p)
{
    bool moving = carriage_is_moving(&p->axis);
    uint32_t s = 0;
    s |= d->enabled ? DRIVE_ENABLED : 0;
    s |= d->alarm & FAULTS ? DRIVE_FAULT : 0;
    s |= !moving && abs(position_error(p)) <= IN_POSITION_COUNTS ? DRIVE_IN_POSITION : 0;
    s |= moving ? DRIVE_MOVING : 0;
    s |= p->axis.mode == CARRIAGE_JOG ? DRIVE_JOGGING : 0;
    s |= carriage_is_decelerating(&p->axis) ? DRIVE_DECELERATING : 0;
    s |= d->homing ? DRIVE_HOMING : 0;
    s |= is_ready(d) ? DRIVE_READY : 0;
    s |= torque_reached(p) ? DRIVE_TORQUE_REACHED : 0;
    s |= d->homed ? DRIVE_HOMED : 0;
    return s;
}

static uint16_t inputs(const struct plant *p)
{
    unsigned bits = 0;
    bits |= p->estop_pressed ? 0u : 1u;
    bits |= plant_is_at_home(p) ? 2u : 0u;
    bits |= plant_is_at_lower_limit(p) ? 4u : 0u;
    bits |= p->door_open ? 0u : 8u;
    return (uint16_t)bits;
}

static void measure(struct drive *d, const struct plant *p)
{
    wire_put_u32(&d->word[ALARM], d->alarm);
    wire_put_u32(&d->word[STATUS], drive_status(d, p));
    d->word[OUTPUTS] = d->alarm & FAULTS ? 1 : 0; /* output 1: fault relay, assumed */
    d->word[INPUTS] = inputs(p);
    wire_put_u32(&d->word[COMMANDED], (uint32_t)register_position(d, p->axis.at));
    wire_put_u32(&d->word[ENCODER], (uint32_t)register_position(d, p->axis.actual));
    double speed = fmax(-32767.0, fmin(32767.0, p->axis.actual_speed / SPEED_UNIT));
    d->word[VELOCITY] = (uint16_t)(int16_t)lround(speed);
    wire_put_u32(&d->word[POSITION_ERROR], (uint32_t)position_error(p));
}

enum wire_answer drive_read(struct drive *d, const struct plant *p, int function, uint16_t address, uint16_t count,
                            uint16_t *out)
{
    for (uint32_t a = address; a < (uint32_t)address + count; a++) {
        const struct row *r = row_at(a);
        if (!r || (function == WIRE_READ_INPUT && r->access == SETTING))
            return WIRE_BAD_ADDRESS;
    }
    measure(d, p);
    for (uint16_t i = 0; i < count; i++)
        out[i] = d->word[address + i];
    return WIRE_OK;
}

/* ---- alarms ---- */

static void stop_fast(struct drive *d, struct plant *p)
{
    d->n_pending = 0; /* what was queued before a stop must not run after it */
    d->homing = false;
    carriage_stop(&p->axis, rate_of(d, MAX_DECEL, ACCEL_UNIT));
}

void drive_raise(struct drive *d, struct plant *p, uint32_t bits)
{
    d->alarm |= bits;
    d->enabled = false;
    stop_fast(d, p);
}

void drive_switch_off(struct drive *d, struct plant *p)
{
    d->enabled = false;
    stop_fast(d, p);
}

void drive_restart(struct drive *d, struct plant *p)
{
    stop_fast(d, p); /* the screw is self-locking: without power it comes to stand as fast */
    drive_init(d, p);
}

void drive_lose_home(struct drive *d) { d->homed = false; }

void drive_shift(struct drive *d, double by)
{
    d->offset = (int32_t)((uint32_t)d->offset + (uint32_t)(int32_t)lround(by / STEP));
}

static void reset_alarms(struct drive *d, const struct plant *p)
{
    uint32_t still = 0; /* causes that have not gone */
    still |= p->estop_pressed ? DRIVE_ALARM_ESTOP | DRIVE_ALARM_STO : 0;
    still |= plant_is_at_lower_limit(p) ? d->alarm & DRIVE_ALARM_LOWER : 0;
    still |= plant_is_at_upper_limit(p) ? d->alarm & DRIVE_ALARM_UPPER : 0;
    d->alarm &= still;
    d->last_traffic = plant_time(p);
}

static void check_watchdog(struct drive *d, struct plant *p)
{
    if (!setting(d, WATCHDOG_ON) || (d->alarm & DRIVE_ALARM_COMMS_LOST) || setting(d, WATCHDOG_MS) == 0)
        return;
    if (plant_time(p) - d->last_traffic <= 1e-3 * setting(d, WATCHDOG_MS))
        return;
    d->alarm |= DRIVE_ALARM_COMMS_LOST;
    stop_fast(d, p);
}

/* A limit stops what goes towards it; the way back stays open. */
static void check_limit(struct drive *d, struct plant *p, bool at_limit, double sign, uint32_t bit)
{
    if (!at_limit || sign * p->axis.speed <= 0.0 || p->axis.mode == CARRIAGE_STOP)
        return;
    d->alarm |= bit;
    stop_fast(d, p);
}

static void check_position_error(struct drive *d, struct plant *p)
{
    if (d->enabled && labs((long)position_error(p)) > (long)setting(d, ERROR_LIMIT))
        drive_raise(d, p, DRIVE_ALARM_POSITION);
}

/* ---- commands ---- */

static double true_position(const struct drive *d, int32_t steps)
{
    return STEP * (double)(int32_t)((uint32_t)steps - (uint32_t)d->offset);
}

static void start_move(struct drive *d, struct plant *p, double target)
{
    d->homing = false;
    carriage_move(&p->axis, target, rate_of(d, SPEED, SPEED_UNIT), rate_of(d, ACCEL, ACCEL_UNIT),
                  rate_of(d, DECEL, ACCEL_UNIT));
}

static bool is_stop(uint16_t opcode)
{
    return opcode == OP_STOP || opcode == OP_STOP_FAST || opcode == OP_JOG_STOP || opcode == OP_DISABLE;
}

static void run(struct drive *d, struct plant *p, const struct drive_command *c)
{
    if (p->ignores_stop && is_stop(c->opcode))
        return;
    switch (c->opcode) {
    case OP_ABSOLUTE: start_move(d, p, true_position(d, c->value)); break;
    case OP_RELATIVE: start_move(d, p, p->axis.at + STEP * c->value); break;
    case OP_JOG:
        d->homing = false;
        carriage_jog(&p->axis, (c->value < 0 ? -1.0 : 1.0) * rate_of(d, JOG_SPEED, SPEED_UNIT),
                     rate_of(d, JOG_ACCEL, ACCEL_UNIT));
        break;
    case OP_SEEK_HOME:
        start_move(d, p, 0.0);
        d->homing = true;
        break;
    case OP_JOG_STOP: carriage_stop(&p->axis, rate_of(d, JOG_DECEL, ACCEL_UNIT)); break;
    case OP_STOP:
        d->homing = false;
        carriage_stop(&p->axis, rate_of(d, DECEL, ACCEL_UNIT));
        break;
    case OP_STOP_FAST: stop_fast(d, p); break;
    case OP_ENABLE:
        d->enabled = true;
        if (!carriage_is_moving(&p->axis)) /* takes hold where the shaft stands, whatever it was told before */
            p->axis.at = p->axis.actual;
        break;
    case OP_DISABLE:
        d->enabled = false; /* the screw is self-locking: the axis holds */
        stop_fast(d, p);
        break;
    case OP_ALARM_RESET: reset_alarms(d, p); break;
    case OP_SET_POSITION:
        d->offset = (int32_t)((uint32_t)c->value - (uint32_t)(int32_t)lround(p->axis.actual / STEP));
        break;
    default: break; /* homing method: one switch, one way; kept in its register */
    }
}

static bool is_motion(uint16_t opcode)
{
    return opcode == OP_ABSOLUTE || opcode == OP_RELATIVE || opcode == OP_JOG || opcode == OP_SEEK_HOME;
}

static bool is_known(uint16_t opcode)
{
    static const uint16_t known[] = {OP_RELATIVE, OP_ABSOLUTE,      OP_SEEK_HOME,    OP_JOG,
                                     OP_DISABLE,  OP_ENABLE,        OP_SET_POSITION, OP_ALARM_RESET,
                                     OP_JOG_STOP, OP_HOMING_METHOD, OP_STOP_FAST,    OP_STOP};
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
        if (opcode == known[i])
            return true;
    return false;
}

static double direction_of(const struct drive *d, const struct plant *p, uint16_t opcode, int32_t value)
{
    if (opcode == OP_ABSOLUTE)
        return true_position(d, value) - p->axis.at;
    return opcode == OP_SEEK_HOME ? -p->axis.at : value < 0 ? -1.0 : 1.0;
}

static enum wire_answer judge(const struct drive *d, const struct plant *p, uint16_t opcode, int32_t value)
{
    if (!is_known(opcode))
        return WIRE_BAD_VALUE;
    if (opcode == OP_SET_POSITION && carriage_is_moving(&p->axis))
        return WIRE_DEVICE_FAILURE;
    if (opcode == OP_ENABLE && (d->alarm & FAULTS & ~DRIVE_ALARM_COMMS_LOST))
        return WIRE_DEVICE_FAILURE;
    if (is_motion(opcode)) {
        double way = direction_of(d, p, opcode, value);
        bool enabling = false;
        for (int i = 0; i < d->n_pending; i++)
            enabling |= d->pending[i].opcode == OP_ENABLE || d->pending[i].opcode == OP_ALARM_RESET;
        if (!is_ready(d) && !enabling)
            return WIRE_DEVICE_FAILURE;
        if ((way > 0.0 && plant_is_at_lower_limit(p)) || (way < 0.0 && plant_is_at_upper_limit(p)))
            return WIRE_DEVICE_FAILURE;
    }
    return d->n_pending == DRIVE_PENDING ? WIRE_BUSY : WIRE_OK;
}

static void take_command(struct drive *d, const struct plant *p, uint16_t opcode)
{
    int32_t value = (int32_t)setting(d, opcode == OP_SET_POSITION ? PARAMETER : DISTANCE);
    d->pending[d->n_pending++] = (struct drive_command){plant_time(p) + p->set.command_delay, opcode, value};
}

/* ---- writing ---- */

static enum wire_answer check_row(const struct row *r, const uint16_t *word)
{
    uint32_t x = r->words == 2 ? wire_get_u32(&word[r->address]) : word[r->address];
    bool good = r->is_signed ? (int32_t)x >= (int32_t)r->lo && (int32_t)x <= (int32_t)r->hi : x >= r->lo && x <= r->hi;
    return good ? WIRE_OK : WIRE_BAD_VALUE;
}

static enum wire_answer check_words(uint16_t *next, uint16_t address, uint16_t count, const uint16_t *in)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct row *r = row_at(address + i);
        if (!r || r->access != SETTING)
            return WIRE_BAD_ADDRESS;
        next[address + i] = in[i];
    }
    for (uint32_t i = 0; i < count; i++)
        if (check_row(row_at(address + i), next))
            return WIRE_BAD_VALUE;
    return WIRE_OK;
}

static void apply_torque(struct drive *d, struct plant *p)
{
    p->axis.thrust_down = 1e-3 * d->word[TORQUE_DOWN] * p->set.rated_thrust;
    p->axis.thrust_up = 1e-3 * d->word[TORQUE_UP] * p->set.rated_thrust;
}

enum wire_answer drive_write(struct drive *d, struct plant *p, uint16_t address, uint16_t count, const uint16_t *in)
{
    struct drive next = *d;
    enum wire_answer a = check_words(next.word, address, count, in);
    bool runs = address <= OPCODE && (uint32_t)address + count > OPCODE;
    if (a == WIRE_OK && runs) {
        uint16_t opcode = next.word[OPCODE];
        a = judge(&next, p, opcode, (int32_t)setting(&next, opcode == OP_SET_POSITION ? PARAMETER : DISTANCE));
        if (a == WIRE_OK)
            take_command(&next, p, opcode);
    }
    if (a == WIRE_OK) {
        *d = next;
        apply_torque(d, p);
    }
    return a;
}

void drive_heard(struct drive *d, const struct plant *p)
{
    d->last_traffic = plant_time(p);
}

/* ---- time ---- */

static void run_due(struct drive *d, struct plant *p)
{
    while (d->n_pending > 0 && d->pending[0].due <= plant_time(p) + 1e-9) {
        struct drive_command c = d->pending[0];
        d->n_pending--;
        memmove(&d->pending[0], &d->pending[1], (size_t)d->n_pending * sizeof d->pending[0]);
        if (!is_motion(c.opcode) || is_ready(d)) /* a fault may have come in between */
            run(d, p, &c);
    }
}

static void finish_homing(struct drive *d, const struct plant *p)
{
    bool arrived = p->axis.actual == p->axis.at;
    if (!d->homing || p->axis.mode != CARRIAGE_STILL || (!arrived && p->axis.actual_speed != 0.0))
        return;
    d->homing = false;
    if (!arrived) /* the shaft did not get there */
        return;
    d->homed = true;
    d->offset = 0; /* the switch is at true position 0 */
}

void drive_step(struct drive *d, struct plant *p)
{
    apply_torque(d, p);
    run_due(d, p);
    check_watchdog(d, p);
    if (p->estop_pressed && (d->alarm & (DRIVE_ALARM_ESTOP | DRIVE_ALARM_STO)) != (DRIVE_ALARM_ESTOP | DRIVE_ALARM_STO))
        drive_raise(d, p, DRIVE_ALARM_ESTOP | DRIVE_ALARM_STO);
    check_limit(d, p, plant_is_at_lower_limit(p), 1.0, DRIVE_ALARM_LOWER);
    check_limit(d, p, plant_is_at_upper_limit(p), -1.0, DRIVE_ALARM_UPPER);
    check_position_error(d, p);
    finish_homing(d, p);
}
