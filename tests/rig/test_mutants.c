/* test_mutants.c -- frames typed by hand decide about the device maps: the maps as shipped pass them all, and every map
 * with one mistake in it (address, function, count, word order, sign, scale, bit, constant, parameter) fails at least
 * one or is refused by the linter; a parameter misspelt, a trigger given twice and a watchdog that is off the linter
 * alone must refuse. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/text/units.h"
#include "rig/bus/memory.h"
#include "rig/device/lint.h"
#include "rig/device/load_cell.h"
#include "rig/loop/link.h"
#include "tests/rig/script.h"
#include "tests/rig/suites.h"

/* RAMPS: an order on a bench whose accel and decel differ */
enum check_kind { SAMPLES, ORDER, RAMPS, STOP, START };
struct check {
    const char *script;
    enum check_kind kind;
    size_t device;                 /* SAMPLES; START: the link */
    struct axis_command command;
    const char *means;             /* what the samples mean, one after the other */
};

static const struct check first_pair[] = {
    {"drive_state", SAMPLES, BENCH_AXIS, {0},
     "x -6.1725 err 18.5 alarm 00200000 enabled moving homed estop home door;"},
    {"drive_idle", SAMPLES, BENCH_AXIS, {0},
     "x 50.0000 err -0.5 alarm 08020000 fault homing sto comms healthy lower;"},
    {"drive_move", ORDER, 0, {AXIS_MOVE, 12.3455e-3, 0.5e-3}, ""},
    {"drive_move_up", ORDER, 0, {AXIS_MOVE, -0.25e-3, 5e-3}, ""},
    {"drive_home", ORDER, 0, {AXIS_HOME, 0.0, 5e-3}, ""},
    {"drive_move_ramps", RAMPS, 0, {AXIS_MOVE, 7.1115e-3, 3e-3}, ""},
    {"drive_home_ramps", RAMPS, 0, {AXIS_HOME, 0.0, 2e-3}, ""},
    {"drive_enable", ORDER, 0, {AXIS_ENABLE, 0.0, 0.0}, ""},
    {"drive_disable", ORDER, 0, {AXIS_DISABLE, 0.0, 0.0}, ""},
    {"drive_reset", ORDER, 0, {AXIS_ALARM_RESET, 0.0, 0.0}, ""},
    {"drive_stop", STOP, 0, {0}, ""},
    {"drive_watchdog", START, 0, {0}, ""},
    {"force_sample", SAMPLES, BENCH_FORCE, {0}, "-7.3214 bad;"},
    {"force_under", SAMPLES, BENCH_FORCE, {0}, "6.5537 bad;"},
    {"force_over", SAMPLES, BENCH_FORCE, {0}, "0.0007 bad;"},
    {"force_stable", SAMPLES, BENCH_FORCE, {0}, "0.0007;"},
    {"force_start", START, 1, {0}, ""},
    {NULL, SAMPLES, 0, {0}, NULL}};
static const struct check second_pair[] = {
    {"em2rs_state", SAMPLES, BENCH_AXIS, {0}, "x -6.1725 alarm 00000570 enabled moving homed home door;"},
    {"em2rs_idle", SAMPLES, BENCH_AXIS, {0}, "x 50.0015 alarm 00000000 enabled fault healthy lower;"},
    {"em2rs_move", ORDER, 0, {AXIS_MOVE, 12.3455e-3, 0.5e-3}, ""},
    {"em2rs_move_up", ORDER, 0, {AXIS_MOVE, -0.25e-3, 5e-3}, ""},
    {"em2rs_move_ramps", RAMPS, 0, {AXIS_MOVE, 7.1115e-3, 3e-3}, ""},
    {"em2rs_home", ORDER, 0, {AXIS_HOME, 0.0, 5e-3}, ""},
    {"em2rs_enable", ORDER, 0, {AXIS_ENABLE, 0.0, 0.0}, ""},
    {"em2rs_disable", ORDER, 0, {AXIS_DISABLE, 0.0, 0.0}, ""},
    {"em2rs_reset", ORDER, 0, {AXIS_ALARM_RESET, 0.0, 0.0}, ""},
    {"em2rs_stop", STOP, 0, {0}, ""},
    {"em2rs_tlb_start", START, 0, {0}, ""},
    {"tlb_sample", SAMPLES, BENCH_FORCE, {0}, "-7.3210;"},
    {"tlb_over", SAMPLES, BENCH_FORCE, {0}, "65.5410 bad;0.0070 bad;"},
    {"tlb_faults", SAMPLES, BENCH_FORCE, {0}, "0.0070 bad;0.0070 bad;0.0070 bad;0.0070 bad;-0.0000;"},
    {NULL, SAMPLES, 0, {0}, NULL}};

static void read_bench(struct bench *b, const char *file)
{
    struct config *doc = NULL;
    struct err e = {0};
    units_init(NULL);
    if (bench_read(b, &doc, file, NULL, 0, &e)) {
        printf("\n%s\n", e.msg);
        CU_FAIL_FATAL("no bench");
    }
    config_close(doc);
}

static size_t say(char *out, size_t n, size_t size, bool yes, const char *word)
{
    return yes && n < size ? n + (size_t)snprintf(out + n, size - n, " %s", word) : n;
}

static void describe(const struct bench *b, size_t device, const uint16_t *regs, char *out, size_t size)
{
    size_t n;
    if (device == BENCH_FORCE) {
        struct force_state f;
        load_cell_decode(b, regs, &f);
        n = (size_t)snprintf(out, size, "%.4f", f.force);
        say(out, n, size, f.saturated, "bad");
    } else {
        struct axis_state a;
        axis_decode(b, regs, &a);
        n = (size_t)snprintf(out, size, "x %.4f", a.position * 1e3);
        if (b->has_position_error)
            n += (size_t)snprintf(out + n, size - n, " err %.1f", a.position_error * 1e6);
        n += (size_t)snprintf(out + n, size - n, " alarm %08lX", (unsigned long)a.alarm);
        n = say(out, n, size, a.enabled, "enabled");
        n = say(out, n, size, a.fault, "fault");
        n = say(out, n, size, a.moving, "moving");
        n = say(out, n, size, a.homing, "homing");
        n = say(out, n, size, a.homed, "homed");
        n = say(out, n, size, a.alarm_estop, "estop");
        n = say(out, n, size, a.alarm_sto, "sto");
        n = say(out, n, size, a.alarm_comms, "comms");
        n = say(out, n, size, a.input[INPUT_ESTOP_HEALTHY], "healthy");
        n = say(out, n, size, a.input[INPUT_HOME], "home");
        n = say(out, n, size, a.input[INPUT_LOWER_LIMIT], "lower");
        say(out, n, size, a.input[INPUT_DOOR_CLOSED], "door");
    }
    strncat(out, ";", size - strlen(out) - 1);
}

/* Reads samples until the script is at its end. */
static bool samples_pass(const struct bench *b, const struct check *c, struct bus *bus, const struct script *s)
{
    const struct bench_device *d = &b->device[c->device];
    char text[400] = "", one[200];
    while (s->at < s->frames) {
        uint16_t regs[MAP_REGISTERS] = {0};
        for (size_t g = 0; g < d->map.groups; g++) {
            const struct map_group *m = &d->map.group[g];
            struct bus_request r = {d->name, d->unit, m->function, m->address, m->count, d->timeout, 0.0};
            if (bus_read(bus, &r, regs + m->at, NULL))
                return false;
        }
        describe(b, c->device, regs, one, sizeof one);
        strncat(text, one, sizeof text - strlen(text) - 1);
    }
    return strcmp(text, c->means) == 0;
}

static bool steps_pass(struct bus *bus, const struct map_step *steps, int n)
{
    for (int i = 0; i < n; i++) {
        uint16_t regs[BUS_MAX_READ];
        struct bus_request r = {"axis", 1, steps[i].function, steps[i].address, steps[i].count, 0.1, 0.0};
        if (steps[i].is_write ? bus_write(bus, &r, steps[i].regs, NULL) : bus_read(bus, &r, regs, NULL))
            return false;
        if (!steps[i].is_write && memcmp(regs, steps[i].regs, steps[i].count * sizeof *regs) != 0)
            return false;
    }
    return n > 0;
}

static int build_with_ramps(const struct bench *b, const struct axis_command *c, struct map_step *steps)
{
    static struct bench ramps;
    ramps = *b;
    ramps.axis.accel = 50e-3;
    ramps.axis.decel = 250e-3;
    return axis_build(&ramps, c, steps, NULL);
}

static bool passes(const struct bench *b, const struct check *c)
{
    static struct script s;
    struct bus *bus = NULL;
    struct map_step steps[MAP_STEPS];
    const struct memory_line line = {0, 0, 1e-3};
    if (!script_read(&s, c->script)) {
        printf("\nno frames %s\n", c->script);
        return false;
    }
    struct memory_clock clock = {.now = 0.0, .peer = {script_pdu, NULL, &s}};
    if (bus_memory_new(&bus, &clock, &line, NULL) || bus_open(bus, NULL))
        return false;
    bool ok;
    if (c->kind == START) {
        struct link *l = NULL;
        struct err e = {0};
        ok = link_new(&l, b, c->device, bus, NULL) == 0 && link_prepare(l, &e) == 0;
        link_free(l); /* with the bus */
        return ok && script_is_done(&s);
    }
    if (c->kind == SAMPLES)
        ok = samples_pass(b, c, bus, &s);
    else if (c->kind == RAMPS)
        ok = steps_pass(bus, steps, build_with_ramps(b, &c->command, steps));
    else
        ok = steps_pass(bus, steps, c->kind == STOP ? axis_build_stop(b, steps, NULL)
                                                    : axis_build(b, &c->command, steps, NULL));
    bus_free(bus);
    return ok && script_is_done(&s);
}

static const char *first_failure(const struct bench *b, const struct check *checks)
{
    for (; checks->script; checks++)
        if (!passes(b, checks))
            return checks->script;
    return NULL;
}

static void the_maps_as_shipped_pass_every_frame(void)
{
    static struct bench b;
    read_bench(&b, "config/benches/virtual_tcp.yaml");
    const char *bad = first_failure(&b, first_pair);
    if (bad)
        printf("\n%s fails\n", bad);
    CU_ASSERT_PTR_NULL(bad);
    read_bench(&b, "config/benches/virtual_em2rs_tlb.yaml");
    bad = first_failure(&b, second_pair);
    if (bad)
        printf("\n%s fails\n", bad);
    CU_ASSERT_PTR_NULL(bad);
}

/* ---- mutants ---- */

struct hunt {
    struct bench good, bad;
    const struct check *checks;
    unsigned made, survived;
};

/* Would the reader take such a map?  It refuses values that reach out of their group. */
static bool is_readable(const struct bench *b)
{
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        for (size_t i = 0; i < b->device[d].map.values; i++) {
            const struct map_value *v = &b->device[d].map.value[i];
            const struct map_group *g = &b->device[d].map.group[v->group];
            unsigned last = v->number.address + reg_type_size(v->number.type);
            if (v->number.address < g->address || last > (unsigned)g->address + g->count)
                return false;
        }
    return true;
}

/* Does the linter refuse either map, and so every command the bench? */
static bool is_refused(const struct bench *b)
{
    static struct lint found;
    struct err ignored = {0};
    found.n = 0;
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        lint_map(&b->device[d].map, &found);
    return lint_refuse(&found, &ignored) != 0;
}

/* The mistakes that frames need not show: the linter alone must. */
static void judge_by_lint(struct hunt *h, const char *device, const char *item, const char *mistake)
{
    h->made++;
    if (!is_refused(&h->bad)) {
        h->survived++;
        printf("\n  survives: %s, %s: %s", device, item, mistake);
    }
    h->bad = h->good;
}

static void judge(struct hunt *h, const char *device, const char *item, const char *mistake)
{
    h->made++;
    if (is_readable(&h->bad) && !is_refused(&h->bad) && !first_failure(&h->bad, h->checks)) {
        h->survived++;
        printf("\n  survives: %s, %s: %s", device, item, mistake);
    }
    h->bad = h->good;
}

#define MUTATE(h, m, item, mistake, change)                                                                            \
    do {                                                                                                               \
        change;                                                                                                        \
        judge(h, (m)->name, item, mistake);                                                                            \
    } while (0)

/* Values and bits that mnrig does not look at: a mistake in them changes nothing here. */
static bool is_unused(const char *name)
{
    static const char *const names[] = {
        "outputs", "commanded", "velocity", "net", "in_position", "jogging", "decelerating", "ready", "torque_reached",
        "position_error", "limit_1", "limit_2", "over_temperature", "over_current", "encoder", "communication",
        "overload", "command_done", "path_done", "overflow_net", "net_negative", "peak_negative", "net_mode", "stable",
        "at_zero", "tare_on", "setpoint_1", "setpoint_2", "setpoint_3"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void mutate_number(struct hunt *h, const struct device_map *m, struct map_number *n, const char *item)
{
    static const enum reg_type other_sign[] = {REG_S16, REG_U16, REG_S32, REG_U32, REG_U32};
    const struct map_number was = *n;
    MUTATE(h, m, item, "address + 1", n->address = (uint16_t)(was.address + 1));
    MUTATE(h, m, item, "address - 1", n->address = (uint16_t)(was.address - 1));
    if (reg_type_size(was.type) == 2)
        for (int o = ORDER_CDAB; o <= ORDER_DCBA; o++)
            MUTATE(h, m, item, "word order", n->order = (enum word_order)o);
    if (was.unit[0] && !was.is_reciprocal)
        MUTATE(h, m, item, "an offset of 7 counts", n->offset = 7.0 * was.scale);
    if (was.unit[0]) {
        MUTATE(h, m, item, "scale x 10", n->scale = 10.0 * was.scale);
        MUTATE(h, m, item, "sign of the scale", n->scale = -was.scale);
    }
    if (was.unit[0])
        MUTATE(h, m, item, "reciprocal or not", n->is_reciprocal = !was.is_reciprocal);
    MUTATE(h, m, item, "16 bits or 32",
           n->type = reg_type_size(was.type) == 1 ? REG_U32 : was.type == REG_S32 ? REG_S16 : REG_U16);
    if (was.unit[0] && was.type == REG_S32)
        MUTATE(h, m, item, "unsigned", n->type = other_sign[was.type]);
}

static void mutate_groups(struct hunt *h, struct device_map *m)
{
    for (size_t i = 0; i < m->groups; i++) {
        struct map_group *g = &m->group[i];
        const struct map_group was = *g;
        MUTATE(h, m, was.name, "group's address + 1", g->address = (uint16_t)(was.address + 1));
        MUTATE(h, m, was.name, "group's count + 1", g->count = (uint16_t)(was.count + 1));
        MUTATE(h, m, was.name, "group's count - 1", g->count = (uint16_t)(was.count > 1 ? was.count - 1 : 2));
        MUTATE(h, m, was.name, "input registers", g->function = BUS_READ_INPUT);
    }
    for (size_t k = 0; k < m->canaries; k++) {
        struct map_canary *c = &m->canary[k];
        const struct map_canary was = *c;
        MUTATE(h, m, "canary", "address + 1", c->address = (uint16_t)(was.address + 1));
        MUTATE(h, m, "canary", "count + 1", c->count = (uint16_t)(was.count + 1));
        MUTATE(h, m, "canary", "input registers", c->function = BUS_READ_INPUT);
    }
}

static void mutate_values(struct hunt *h, struct device_map *m)
{
    for (size_t i = 0; i < m->values; i++) {
        struct map_value *v = &m->value[i];
        const char *name = h->good.device[m->is_axis ? BENCH_AXIS : BENCH_FORCE].map.value[i].name;
        if (is_unused(name) && strcmp(name, "position_error") != 0)
            continue;
        mutate_number(h, m, &v->number, name);
        if (v->sign_bit >= 0) {
            MUTATE(h, m, name, "sign of another bit", v->sign_bit++);
            MUTATE(h, m, name, "no sign", v->sign_bit = -1);
        }
    }
    for (size_t i = 0; i < m->bits; i++) {
        struct map_bit *b = &m->bit[i];
        const char *name = h->good.device[m->is_axis ? BENCH_AXIS : BENCH_FORCE].map.bit[i].name;
        if (is_unused(name))
            continue;
        MUTATE(h, m, name, "bit + 1", b->bit++);
        if (h->good.device[m->is_axis ? BENCH_AXIS : BENCH_FORCE].map.bit[i].bit > 0)
            MUTATE(h, m, name, "bit - 1", b->bit--);
    }
}

static bool is_sent(const char *name)
{
    return strcmp(name, "stop_normal") != 0 && strcmp(name, "jog") != 0 && strcmp(name, "store") != 0 &&
           strcmp(name, "zero") != 0;
}

/* Drops a write of a command. */
static void drop(struct map_command *c, size_t k)
{
    memmove(&c->write[k], &c->write[k + 1], (c->n - k - 1) * sizeof *c->write);
    c->n--;
}

static void swap_parameters(struct map_write *a, struct map_write *b)
{
    char was[MAP_NAME];
    memcpy(was, a->parameter, sizeof was);
    memcpy(a->parameter, b->parameter, sizeof was);
    memcpy(b->parameter, was, sizeof was);
}

/* Dropped, misspelt, swapped with another. */
static void mutate_parameters(struct hunt *h, const struct device_map *m, struct map_command *c)
{
    for (size_t k = 0; k < c->n; k++) {
        struct map_write *w = &c->write[k];
        if (!w->parameter[0])
            continue;
        MUTATE(h, m, c->name, "a parameter dropped", drop(c, k));
        w->parameter[strlen(w->parameter) / 2]++;
        judge_by_lint(h, m->name, c->name, "a parameter misspelt");
        for (size_t j = k + 1; j < c->n; j++)
            if (c->write[j].parameter[0])
                MUTATE(h, m, c->name, "two parameters swapped", swap_parameters(w, &c->write[j]));
    }
}

/* Each pair of commands with one trigger. */
static void mutate_triggers(struct hunt *h, struct device_map *m)
{
    for (size_t i = 0; i < m->commands; i++)
        for (size_t k = 0; k < m->commands; k++) {
            struct map_command *c = &m->command[i];
            if (i == k)
                continue;
            c->write[c->n - 1] = m->command[k].write[m->command[k].n - 1];
            judge_by_lint(h, m->name, h->good.device[m->is_axis ? BENCH_AXIS : BENCH_FORCE].map.command[i].name,
                          "another command's trigger");
        }
}

/* Off, elsewhere, of another name, not there: never by a frame alone. */
static void mutate_watchdog(struct hunt *h, struct device_map *m)
{
    for (size_t i = 0; i < m->verifies && m->is_axis && m->watchdog == WATCHDOG_DRIVE; i++) {
        struct map_verify *v = &m->verify[i];
        const char *name = h->good.device[BENCH_AXIS].map.verify[i].name;
        if (strncmp(name, "watchdog", 8) != 0)
            continue;
        memcpy(v->name, "not_a_watchdog", sizeof "not_a_watchdog");
        judge_by_lint(h, m->name, name, "another name");
        if (strcmp(name, "watchdog_action") == 0)
            continue;
        if (!v->parameter[0]) {
            v->constant = 0.0;
            judge_by_lint(h, m->name, name, "off");
        }
        v->number.address = (uint16_t)(v->number.address + 100);
        judge_by_lint(h, m->name, name, "another register");
        *v = m->verify[--m->verifies];
        judge_by_lint(h, m->name, name, "not verified");
        v->parameter[0] = '\0';
        v->constant = v->number.lo > 0.0 ? 0.0 : 2.0;
        judge_by_lint(h, m->name, name, "a constant of the map");
    }
}

static void mutate_commands(struct hunt *h, struct device_map *m)
{
    for (size_t i = 0; i < m->commands; i++) {
        struct map_command *c = &m->command[i];
        for (size_t k = 0; k < c->n && is_sent(c->name); k++) {
            struct map_write *w = &c->write[k];
            mutate_number(h, m, &w->number, c->name);
            if (!w->parameter[0])
                MUTATE(h, m, c->name, "constant", w->constant += 1.0);
        }
        if (is_sent(c->name))
            mutate_parameters(h, m, c);
        if (c->n > 1 && is_sent(c->name))
            MUTATE(h, m, c->name, "one request", c->is_one_request = true);
        if (c->n > 1)
            MUTATE(h, m, c->name, "a write less", c->write[0] = c->write[1]);
    }
    for (size_t i = 0; i < m->verifies; i++) {
        struct map_verify *v = &m->verify[i];
        mutate_number(h, m, &v->number, v->name);
        if (!v->parameter[0])
            MUTATE(h, m, v->name, "constant", v->constant += 1.0);
        MUTATE(h, m, v->name, "not written or written", v->is_written = !v->is_written);
    }
}

static void hunt(const char *file, const struct check *checks)
{
    static struct hunt h;
    h = (struct hunt){.checks = checks};
    read_bench(&h.good, file);
    h.bad = h.good;
    for (size_t d = 0; d < BENCH_DEVICES; d++) {
        mutate_groups(&h, &h.bad.device[d].map);
        mutate_values(&h, &h.bad.device[d].map);
        mutate_commands(&h, &h.bad.device[d].map);
        mutate_triggers(&h, &h.bad.device[d].map);
        mutate_watchdog(&h, &h.bad.device[d].map);
    }
    for (int i = 0; i < BENCH_INPUTS; i++) {
        struct bench_input *in = &h.bad.input[i];
        MUTATE(&h, &h.bad.device[BENCH_AXIS].map, bench_input_names[i], "bit + 1", in->bit++);
        MUTATE(&h, &h.bad.device[BENCH_AXIS].map, bench_input_names[i], "level", in->active = !in->active);
    }
    printf(" [%u mutants, %u survive]", h.made, h.survived);
    CU_ASSERT_TRUE(h.made > 80);
    CU_ASSERT_EQUAL(h.survived, 0);
}

static void every_mistake_in_the_first_pairs_maps_fails_a_frame(void)
{
    hunt("config/benches/virtual_tcp.yaml", first_pair);
}

static void every_mistake_in_the_second_pairs_maps_fails_a_frame(void)
{
    hunt("config/benches/virtual_em2rs_tlb.yaml", second_pair);
}

CU_TestInfo mutants_tests[] = {
    {"the_maps_as_shipped_pass_every_frame", the_maps_as_shipped_pass_every_frame},
    {"every_mistake_in_the_first_pairs_maps_fails_a_frame", every_mistake_in_the_first_pairs_maps_fails_a_frame},
    {"every_mistake_in_the_second_pairs_maps_fails_a_frame", every_mistake_in_the_second_pairs_maps_fails_a_frame},
    CU_TEST_INFO_NULL};
