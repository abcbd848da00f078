/* vbench.c -- see vbench.h. */
#include <math.h>
#include <stdlib.h>
#include "rig/virtual/nameplate.h"
#include "rig/virtual/truth.h"
#include "rig/virtual/vbench.h"

enum { READ_MAX = 125, WRITE_MAX = 123 };
#define TOUCH_FORCE 0.05   /* N: this specimen has been pressed */
#define DROP_TIME 0.5      /* s that a dropped link stays down */
#define CLEAR_ENOUGH 1e-3  /* m above the skin: a reading needs no standstill there */

int vbench_new(struct vbench **out, const struct plant_settings *set, uint64_t seed, struct err *e)
{
    struct vbench *v = calloc(1, sizeof *v);
    if (!v)
        return err_set(e, ERR_NOMEM, "no memory for the virtual bench");
    plant_init(&v->plant, set, seed);
    if (set->pair == PAIR_EM2RS_TLB) {
        em2rs_init(&v->em2rs, &v->plant);
        tlb_init(&v->tlb, seed);
    } else {
        drive_init(&v->drive, &v->plant);
        transmitter_init(&v->transmitter, seed);
    }
    *out = v;
    return 0;
}

void vbench_free(struct vbench *v)
{
    if (v)
        truth_abandon(v->truth);
    free(v);
}

static bool is_second_pair(const struct vbench *v)
{
    return v->plant.set.pair == PAIR_EM2RS_TLB;
}

double vbench_reply_delay(const struct vbench *v, uint8_t unit)
{
    double own = is_second_pair(v) && unit == VBENCH_FORCE ? v->plant.set.tlb.reply_delay : 0.0;
    return v->plant.set.reply_delay + own;
}

double vbench_time(const struct vbench *v)
{
    return plant_time(&v->plant);
}

/* ---- logs ---- */

int vbench_log_to(struct vbench *v, const char *folder, struct err *e)
{
    return truth_open(&v->truth, folder, e);
}

/* A log that fails does not stop the bench; it ends, and the failure is told when the logs are closed. */
static void judge_log(struct vbench *v, int rc)
{
    if (!rc)
        return;
    truth_abandon(v->truth);
    v->truth = NULL;
}

static void read_specimen(struct vbench *v)
{
    if (v->touched && v->truth)
        judge_log(v, truth_read_specimen(v->truth, &v->plant, &v->log_error));
    v->touched = false;
}

int vbench_close_logs(struct vbench *v, struct err *e)
{
    read_specimen(v);
    if (v->truth) {
        truth_close(v->truth, &v->log_error);
        v->truth = NULL;
    }
    if (!v->log_error.code)
        return 0;
    return err_set(e, v->log_error.code, "%s", v->log_error.msg);
}

static const char *em2rs_state(const struct vbench *v)
{
    uint16_t s = em2rs_status(&v->em2rs, &v->plant);
    if (v->em2rs.homing)
        return "homing";
    if (v->em2rs.jogging)
        return "jogging";
    if (s & EM2RS_RUNNING)
        return "moving";
    if (s & EM2RS_FAULT)
        return "fault";
    return s & EM2RS_ENABLED ? "ready" : "off";
}

static const char *state_word(const struct vbench *v)
{
    if (v->plant.axis.mode == CARRIAGE_STOP)
        return "stopping";
    if (is_second_pair(v))
        return em2rs_state(v);
    uint32_t s = drive_status(&v->drive, &v->plant);
    if (s & DRIVE_HOMING)
        return "homing";
    if (s & DRIVE_JOGGING)
        return "jogging";
    if (s & DRIVE_MOVING)
        return "moving";
    if (s & DRIVE_FAULT)
        return "fault";
    return s & DRIVE_ENABLED ? "ready" : "off";
}

/* ---- faults ---- */

static void raise_alarm(struct vbench *v, uint32_t bits)
{
    if (is_second_pair(v))
        em2rs_raise(&v->em2rs, &v->plant, (uint16_t)(bits > 0xFFFFu ? 0xFFFFu : bits)); /* a code, not bits */
    else
        drive_raise(&v->drive, &v->plant, bits);
}

/* What a drive must stay while it moves by position. */
static void spoil_axis(struct vbench *v, const struct fault *f)
{
    struct plant *p = &v->plant;
    bool second = is_second_pair(v);
    switch (f->action) {
    case FAULT_SWITCH_OFF:
        second ? em2rs_switch_off(&v->em2rs, p) : drive_switch_off(&v->drive, p);
        break;
    case FAULT_RESTART:       second ? em2rs_restart(&v->em2rs, p) : drive_restart(&v->drive, p); break;
    case FAULT_LOSE_HOME:     second ? em2rs_lose_home(&v->em2rs) : drive_lose_home(&v->drive); break;
    case FAULT_JUMP_POSITION: second ? em2rs_shift(&v->em2rs, f->amount) : drive_shift(&v->drive, f->amount); break;
    default: break;
    }
}

/* Another master of the drive, whose writes nobody sees here. */
static void jog_by_another(struct plant *p, double speed)
{
    const double accel = 0.1; /* m/s2 */
    if (speed != 0.0)
        carriage_jog(&p->axis, speed, accel);
    else
        carriage_stop(&p->axis, accel);
}

static void inflict_on_axis(struct vbench *v, const struct fault *f)
{
    struct plant *p = &v->plant;
    switch (f->action) {
    case FAULT_ESTOP:         p->estop_pressed = true; break;
    case FAULT_RELEASE_ESTOP: p->estop_pressed = false; break;
    case FAULT_ALARM:         raise_alarm(v, (uint32_t)f->amount); break;
    case FAULT_STALL:         p->axis.stalled = true; break;
    case FAULT_UNSTALL:       p->axis.stalled = false; break;
    case FAULT_JOG_AXIS:      jog_by_another(p, f->amount); break;
    case FAULT_CREEP_AXIS:    p->axis.creep = f->amount; break;
    case FAULT_LIMIT:         p->limit_forced = true; break;
    case FAULT_UNLIMIT:       p->limit_forced = false; break;
    case FAULT_OPEN_DOOR:     p->door_open = true; break;
    case FAULT_CLOSE_DOOR:    p->door_open = false; break;
    case FAULT_IGNORE_STOP:   p->ignores_stop = true; break;
    case FAULT_OBEY_STOP:     p->ignores_stop = false; break;
    case FAULT_SILENCE_AXIS:  v->axis_silent = true; break;
    case FAULT_RESTORE_AXIS:  v->axis_silent = false; break;
    default:                  spoil_axis(v, f); break;
    }
}

static void inflict(struct vbench *v, const struct fault *f)
{
    struct cell *c = &v->plant.cell;
    switch (f->action) {
    case FAULT_FREEZE:        c->frozen = true; break;
    case FAULT_THAW:          c->frozen = false; break;
    case FAULT_JUMP:          c->jump += f->amount; break;
    case FAULT_DRIFT:         c->extra_drift = f->amount; break;
    case FAULT_SATURATE:      c->saturated = true; break;
    case FAULT_UNSATURATE:    c->saturated = false; break;
    case FAULT_SILENCE_FORCE: v->force_silent = true; break;
    case FAULT_RESTORE_FORCE: v->force_silent = false; break;
    case FAULT_DROP_LINK:
        v->link_drops++;
        v->deaf_until = vbench_time(v) + DROP_TIME;
        break;
    default:                  inflict_on_axis(v, f); break;
    }
}

static void inflict_due(struct vbench *v)
{
    struct fault_scene now = {vbench_time(v), plant_force(&v->plant), v->plant.axis.actual, state_word(v), v->traffic};
    const struct fault *f;
    while (v->faults.n > 0 && (f = fault_due(&v->faults, &now, false)) != NULL) {
        inflict(v, f);
        if (v->truth)
            judge_log(v, truth_fault(v->truth, now.time, v->traffic.requests, f->text, &v->log_error));
    }
}

/* ---- time ---- */

static bool is_ready_to_read(const struct vbench *v)
{
    const struct plant *p = &v->plant;
    double travel = plant_tip_travel(p);
    return v->touched && skin_needles_in(&p->skin) == 0 && travel < 0.0
           && (travel < -CLEAR_ENOUGH || !carriage_is_moving(&p->axis));
}

static void step(struct vbench *v)
{
    inflict_due(v);
    if (is_second_pair(v)) {
        em2rs_step(&v->em2rs, &v->plant);
        plant_step(&v->plant);
        tlb_step(&v->tlb, &v->plant.cell);
    } else {
        drive_step(&v->drive, &v->plant);
        plant_step(&v->plant);
        transmitter_step(&v->transmitter, &v->plant.cell, PLANT_STEP);
    }
    if (v->plant.skin.force > TOUCH_FORCE) /* the specimen's own, not a finger's */
        v->touched = true;
    if (is_ready_to_read(v))
        read_specimen(v);
    if (v->truth)
        judge_log(v, truth_step(v->truth, &v->plant, state_word(v), v->traffic.requests, &v->log_error));
}

void vbench_advance(struct vbench *v, double dt_s)
{
    v->owed += dt_s;
    double steps = floor(v->owed / PLANT_STEP + 1e-6); /* a step that lacks only a rounding error is whole */
    v->owed -= steps * PLANT_STEP;
    for (double i = 0.0; i < steps; i++)
        step(v);
}

/* ---- requests ---- */

static enum wire_answer read_unit(struct vbench *v, uint8_t unit, int function, uint16_t address, uint16_t count,
                                  uint16_t *out)
{
    bool second = is_second_pair(v);
    if (unit == VBENCH_AXIS && second)
        return em2rs_read(&v->em2rs, &v->plant, function, address, count, out);
    if (unit == VBENCH_AXIS)
        return drive_read(&v->drive, &v->plant, function, address, count, out);
    if (unit == VBENCH_FORCE && second)
        return tlb_read(&v->tlb, &v->plant.cell, function, address, count, out);
    if (unit == VBENCH_FORCE)
        return transmitter_read(&v->transmitter, &v->plant.cell, function, address, count, out);
    return nameplate_read(&v->plant, v->em2rs.saves + v->tlb.stores, function, address, count, out);
}

static enum wire_answer write_identity(struct vbench *v, uint16_t address, uint16_t count, const uint16_t *in)
{
    enum wire_answer a = nameplate_may_write(&v->plant, address, count, in);
    if (a == WIRE_OK && address == NAMEPLATE_HAND) {
        plant_hand(&v->plant, in[0]);
    } else if (a == WIRE_OK) {
        read_specimen(v); /* the old one goes: what was not read by now is read now */
        plant_new_specimen(&v->plant, in[0]);
    }
    return a;
}

static enum wire_answer write_unit(struct vbench *v, uint8_t unit, int function, uint16_t address, uint16_t count,
                                   const uint16_t *in)
{
    bool second = is_second_pair(v);
    if (unit == VBENCH_AXIS && second)
        return em2rs_write(&v->em2rs, &v->plant, address, count, in);
    if (unit == VBENCH_FORCE && second)
        return tlb_write(&v->tlb, &v->plant.cell, function, address, count, in);
    if (unit == VBENCH_AXIS)
        return drive_write(&v->drive, &v->plant, address, count, in);
    if (unit == VBENCH_FORCE)
        return transmitter_write(&v->transmitter, &v->plant.cell, address, count, in);
    return write_identity(v, address, count, in);
}

static uint16_t word_at(const uint8_t *b)
{
    return (uint16_t)(b[0] << 8 | b[1]);
}

static void put_word(uint8_t *b, uint16_t w)
{
    b[0] = (uint8_t)(w >> 8);
    b[1] = (uint8_t)(w & 0xFF);
}

static int refuse(uint8_t function, enum wire_answer a, uint8_t *reply)
{
    reply[0] = (uint8_t)(function | 0x80);
    reply[1] = (uint8_t)a;
    return 2;
}

static int answer_read(struct vbench *v, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply)
{
    uint16_t out[READ_MAX];
    if (n != 5)
        return refuse(pdu[0], WIRE_BAD_VALUE, reply);
    uint16_t address = word_at(pdu + 1), count = word_at(pdu + 3);
    if (count < 1 || count > READ_MAX)
        return refuse(pdu[0], WIRE_BAD_VALUE, reply);
    enum wire_answer a = (uint32_t)address + count > 0x10000 ? WIRE_BAD_ADDRESS
                                                             : read_unit(v, unit, pdu[0], address, count, out);
    if (a != WIRE_OK)
        return refuse(pdu[0], a, reply);
    reply[0] = pdu[0];
    reply[1] = (uint8_t)(2 * count);
    for (int i = 0; i < count; i++)
        put_word(reply + 2 + 2 * i, out[i]);
    return 2 + 2 * count;
}

static enum wire_answer write_words(struct vbench *v, uint8_t unit, int function, uint16_t address, uint16_t count,
                                    const uint16_t *in)
{
    double time = vbench_time(v);
    enum wire_answer a =
        (uint32_t)address + count > 0x10000 ? WIRE_BAD_ADDRESS : write_unit(v, unit, function, address, count, in);
    for (uint32_t i = 0; v->truth && i < count; i++)
        judge_log(v, truth_write(v->truth, time, unit, function, address + i, in[i], (int)a, v->traffic.requests,
                                 &v->log_error));
    return a;
}

/* Function 6 is answered by its echo, function 16 by address and count: the first five bytes of either request. */
static int answer_write(struct vbench *v, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply)
{
    uint16_t in[WRITE_MAX], count = 1;
    if (n < 5)
        return refuse(pdu[0], WIRE_BAD_VALUE, reply);
    if (pdu[0] == WIRE_WRITE_MANY) {
        count = word_at(pdu + 3);
        if (count < 1 || count > WRITE_MAX || n < 6 || pdu[5] != 2 * count || n != 6 + 2 * (size_t)count)
            return refuse(pdu[0], WIRE_BAD_VALUE, reply);
    } else if (n != 5) {
        return refuse(pdu[0], WIRE_BAD_VALUE, reply);
    }
    const uint8_t *data = pdu[0] == WIRE_WRITE_MANY ? pdu + 6 : pdu + 3;
    for (int i = 0; i < count; i++)
        in[i] = word_at(data + 2 * i);
    enum wire_answer a = write_words(v, unit, pdu[0], word_at(pdu + 1), count, in);
    if (a != WIRE_OK)
        return refuse(pdu[0], a, reply);
    memcpy(reply, pdu, 5);
    return 5;
}

static bool hears(const struct vbench *v, uint8_t unit)
{
    if (vbench_time(v) < v->deaf_until)
        return false;
    return (unit == VBENCH_AXIS && !v->axis_silent) || (unit == VBENCH_FORCE && !v->force_silent)
           || unit == VBENCH_IDENTITY;
}

int vbench_pdu(struct vbench *v, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    if (n == 0 || cap < VBENCH_PDU_MAX || !hears(v, unit))
        return 0;
    v->traffic.requests++;
    v->traffic.writes += fault_is_write(pdu, n);
    if (unit == VBENCH_AXIS && !is_second_pair(v))
        drive_heard(&v->drive, &v->plant);
    switch (pdu[0]) {
    case WIRE_READ_HOLDING:
    case WIRE_READ_INPUT: return answer_read(v, unit, pdu, n, reply);
    case WIRE_WRITE_ONE:
    case WIRE_WRITE_MANY: return answer_write(v, unit, pdu, n, reply);
    default:              return refuse(pdu[0], WIRE_BAD_FUNCTION, reply);
    }
}
