/* axis.c -- see axis.h. */
#include <math.h>
#include <string.h>
#include "rig/device/axis.h"

const char *const axis_order_names[] = {"nothing", "enable", "disable", "alarm_reset", "home", "move"};

static bool bit_of(const struct device_map *m, const char *name, const uint16_t *regs)
{
    int i = map_find_bit(m, name);
    return i >= 0 && map_bit_is_set(m, (size_t)i, regs);
}

static double number_of(const struct device_map *m, const char *name, const uint16_t *regs)
{
    int i = map_find_value(m, name);
    return i < 0 ? NAN : map_decode(m, (size_t)i, regs);
}

static uint32_t raw_of(const struct device_map *m, const char *name, const uint16_t *regs)
{
    int i = map_find_value(m, name);
    return i < 0 ? 0 : map_raw(m, (size_t)i, regs);
}

void axis_decode(const struct bench *b, const uint16_t *regs, struct axis_state *out)
{
    const struct device_map *m = &b->device[BENCH_AXIS].map;
    double way = b->axis.direction;
    out->position = way * number_of(m, "position", regs);
    out->velocity = way * number_of(m, "velocity", regs);
    out->position_error = way * number_of(m, "position_error", regs);
    out->alarm = raw_of(m, "alarm", regs);
    out->status = raw_of(m, "status", regs);
    out->enabled = bit_of(m, "enabled", regs);
    out->fault = bit_of(m, "fault", regs);
    out->moving = bit_of(m, "moving", regs);
    out->homing = bit_of(m, "homing", regs);
    out->homed = bit_of(m, "homed", regs);
    out->alarm_estop = bit_of(m, "estop", regs);
    out->alarm_sto = bit_of(m, "sto", regs);
    out->alarm_comms = bit_of(m, "comms_lost", regs);
    for (int i = 0; i < BENCH_INPUTS; i++) {
        const struct bench_input *in = &b->input[i];
        out->input[i] = (map_raw(m, (size_t)in->value, regs) >> in->bit & 1u) == (in->active ? 1u : 0u);
    }
    out->inputs = map_raw(m, (size_t)b->input[INPUT_ESTOP_HEALTHY].value, regs);
}

bool axis_is_motion(enum axis_order order) { return order == AXIS_HOME || order == AXIS_MOVE || order == AXIS_ENABLE; }

int axis_build(const struct bench *b, const struct axis_command *c, struct map_step steps[MAP_STEPS], struct err *e)
{
    const struct device_map *m = &b->device[BENCH_AXIS].map;
    double way = b->axis.direction;
    struct map_parameter p[] = {{"accel", b->axis.accel},
                                {"decel", b->axis.decel},
                                {"speed", c->speed},
                                {"target", way * c->target},
                                {"distance", -way * BENCH_HOME_SEARCH}};
    int i = map_find_command(m, axis_order_names[c->order]);
    if (i < 0)
        return err_set(e, ERR_RANGE, "%s: no command '%s'", m->file, axis_order_names[c->order]);
    return map_build(m, (size_t)i, p, sizeof p / sizeof *p, steps, e);
}

int axis_build_stop(const struct bench *b, struct map_step steps[MAP_STEPS], struct err *e)
{
    const struct device_map *m = &b->device[BENCH_AXIS].map;
    return map_build(m, (size_t)map_find_command(m, "stop"), NULL, 0, steps, e);
}

double axis_achievable_speed(const struct bench *b, double speed)
{
    const struct device_map *m = &b->device[BENCH_AXIS].map;
    return map_achievable(m, (size_t)map_find_command(m, "move"), "speed", speed);
}

/* How a move's speed is written; NULL when the map's move takes none. */
static const struct map_number *speed_number(const struct bench *b)
{
    const struct device_map *m = &b->device[BENCH_AXIS].map;
    const struct map_command *c = &m->command[map_find_command(m, "move")];
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->write[i].parameter, "speed") == 0)
            return &c->write[i].number;
    return NULL;
}

int axis_check_speed(const struct bench *b, double speed, const char *what, struct err *e)
{
    const struct map_number *n = speed_number(b);
    char why[200];
    double got = axis_achievable_speed(b, speed);
    if (n && !map_holds(n, speed, why, sizeof why)) {
        err_set(e, ERR_RANGE, "%s: %.4g mm/s: %s", what, speed * 1e3, why);
        err_hint(e, "so says %s; a drive refuses more, cuts it off or wraps it", b->device[BENCH_AXIS].map.file);
        return ERR_RANGE;
    }
    if (got > 0.0 && fabs(got - speed) <= b->axis.speed_error * speed)
        return 0;
    err_set(e, ERR_RANGE, "%s: %.4g mm/s: the drive can do %.4g mm/s, more than %.3g %% off", what, speed * 1e3,
            got * 1e3, b->axis.speed_error * 100.0);
    err_hint(e, "the drive's speed quantum is %.4g mm/s: take a multiple of it, or raise axis/speed_error of the bench",
             n ? n->scale * 1e3 : 0.0);
    return ERR_RANGE;
}
