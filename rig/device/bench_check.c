/* bench_check.c -- see bench_check.h. */
#include <string.h>
#include <strings.h>
#include "rig/bus/pdu.h"
#include "rig/device/bench_check.h"
#include "rig/device/vocabulary.h"

/* ---- links and units ---- */

static bool same_place(const struct bus_address *a, const struct bus_address *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == BUS_KIND_RTU ? strcmp(a->path, b->path) == 0
                                   : a->port == b->port && strcasecmp(a->host, b->host) == 0;
}

static int check_line(const struct bench_link *l, struct cnode at, struct err *e)
{
    const struct bus_address *a = &l->address;
    if (a->kind != BUS_KIND_RTU)
        return 0;
    if (!bus_is_listed_baud(a->baud)) {
        config_fail(config_get(at, "baud"), e, ERR_RANGE, "links/%s/baud: baud rate %d: is not a usual one", l->name,
                    a->baud);
        err_hint(e, BUS_BAUDS);
        return ERR_RANGE;
    }
    if (a->data_bits == 8)
        return 0;
    config_fail(config_get(at, "format"), e, ERR_RANGE, "links/%s/format: %d data bits: Modbus RTU needs 8", l->name,
                a->data_bits);
    err_hint(e, "7 data bits are those of Modbus ASCII, which mnrig does not speak");
    return ERR_RANGE;
}

static int check_links(const struct bench *b, struct cnode root, struct err *e)
{
    struct cnode links = config_get(root, "links");
    int rc = 0;
    for (size_t i = 0; i < b->links && rc == 0; i++) {
        struct cnode at = config_get(links, b->link[i].name);
        bool is_used = false;
        for (size_t d = 0; d < BENCH_DEVICES; d++)
            is_used = is_used || b->device[d].link == i;
        if (!is_used) {
            rc = config_fail(at, e, ERR_RANGE, "links/%s: no device is on it", b->link[i].name);
            err_hint(e, "take it out, or name it at devices/axis/link or devices/force/link");
        }
        if (rc == 0)
            rc = check_line(&b->link[i], at, e);
    }
    if (rc || b->links < 2 || b->link[0].address.kind != BUS_KIND_RTU ||
        !same_place(&b->link[0].address, &b->link[1].address))
        return rc;
    config_fail(config_get(config_get(links, b->link[1].name), "rtu"), e, ERR_RANGE,
                "links/%s/rtu: %s is link '%s' already", b->link[1].name, b->link[1].address.path, b->link[0].name);
    err_hint(e, "one serial line is one link with one speed and format; both devices may be on it");
    return ERR_RANGE;
}

static int check_units(const struct bench *b, struct cnode root, struct err *e)
{
    const struct bench_device *axis = &b->device[BENCH_AXIS], *force = &b->device[BENCH_FORCE];
    if (axis->unit != force->unit || !same_place(&b->link[axis->link].address, &b->link[force->link].address))
        return 0;
    config_fail(config_get(config_get(config_get(root, "devices"), "force"), "unit"), e, ERR_RANGE,
                "devices/force/unit: %u: is the axis' unit on the same %s", force->unit,
                b->link[force->link].address.kind == BUS_KIND_RTU ? "line" : "host and port");
    err_hint(e, "two devices behind one line or port need two unit numbers, or one answers for the other");
    return ERR_RANGE;
}

/* ---- interlocks ---- */

static unsigned bits_of(const struct device_map *m, const struct map_value *v)
{
    if (bus_is_coils(m->group[v->group].function))
        return 1;
    return v->width ? v->width : 16 * reg_type_size(v->number.type);
}

static bool same_bit(const struct device_map *m, const struct bench_input *a, const struct bench_input *b)
{
    const struct map_value *v = &m->value[a->value], *w = &m->value[b->value];
    return m->group[v->group].function == m->group[w->group].function && v->number.address == w->number.address &&
           v->shift + (unsigned)a->bit == w->shift + (unsigned)b->bit;
}

/* A bit that the controller reads as something about the drive is no switch; a guard's bit has no other name at all. */
static const char *taken_for(const struct device_map *m, const struct bench_input *in, int which)
{
    for (size_t i = 0; i < m->bits && (which == INPUT_ESTOP_HEALTHY || which == INPUT_DOOR_CLOSED); i++) {
        const struct bench_input named = {(int)m->bit[i].value, (int)m->bit[i].bit, true};
        if (same_bit(m, in, &named) && strcmp(m->bit[i].name, bench_input_names[which]) != 0)
            return m->bit[i].name;
    }
    for (size_t i = 0; vocabulary_axis_bits[i]; i++) {
        int k = map_find_bit(m, vocabulary_axis_bits[i]);
        if (k < 0)
            continue;
        const struct bench_input role = {(int)m->bit[k].value, (int)m->bit[k].bit, true};
        if (same_bit(m, in, &role))
            return vocabulary_axis_bits[i];
    }
    return NULL;
}

static int check_input(const struct bench *b, int i, struct cnode all, struct err *e)
{
    const struct device_map *m = &b->device[BENCH_AXIS].map;
    const struct bench_input *in = &b->input[i];
    const struct map_value *v = &m->value[in->value];
    struct cnode bit = config_get(config_get(all, bench_input_names[i]), "bit");
    unsigned bits = bits_of(m, v);
    if (v->number.unit[0] || v->number.type == REG_F32) {
        config_fail(config_get(config_get(all, bench_input_names[i]), "value"), e, ERR_RANGE,
                    "interlocks/%s/value: '%s' is a number, not a word of bits", bench_input_names[i], v->name);
        err_hint(e, "name the value of the map that holds the drive's inputs");
        return ERR_RANGE;
    }
    if ((unsigned)in->bit >= bits) {
        config_fail(bit, e, ERR_RANGE, "interlocks/%s/bit: %d: must be at most %u, '%s' has %u bits",
                    bench_input_names[i], in->bit, bits - 1, v->name, bits);
        err_hint(e, "bits count from 0, the lowest; the map says how wide the value is");
        return ERR_RANGE;
    }
    for (int k = 0; k < i; k++)
        if (same_bit(m, in, &b->input[k])) {
            config_fail(bit, e, ERR_RANGE, "interlocks/%s/bit: %d: is the bit of %s already", bench_input_names[i],
                        in->bit, bench_input_names[k]);
            err_hint(e, "two switches on one wire are one switch: if one of them fails nobody sees it");
            return ERR_RANGE;
        }
    const char *role = taken_for(m, in, i);
    if (!role)
        return 0;
    config_fail(bit, e, ERR_RANGE, "interlocks/%s/bit: %d: is '%s' in %s", bench_input_names[i], in->bit, role,
                m->file);
    err_hint(e, "an input is the drive's copy of a wire, not a word about the drive's own state");
    return ERR_RANGE;
}

static int check_inputs(const struct bench *b, struct cnode root, struct err *e)
{
    int rc = 0;
    for (int i = 0; i < BENCH_INPUTS && rc == 0; i++)
        rc = check_input(b, i, config_get(root, "interlocks"), e);
    return rc;
}

/* ---- what the drive's registers take ---- */

static int number_holds(const struct device_map *m, const struct map_number *n, double value, struct cnode at,
                        struct err *e)
{
    char why[200], subject[200];
    if (map_holds(n, value, why, sizeof why))
        return 0;
    config_fail(at, e, ERR_RANGE, "%s: %s: %s", config_subject(at, subject, sizeof subject),
                config_text(at) ? config_text(at) : "", why);
    err_hint(e, "so says %s; a drive refuses more, cuts it off or wraps it", m->file);
    return ERR_RANGE;
}

int bench_holds(const struct bench *b, const char *parameter, double value, struct cnode at, struct err *e)
{
    const struct device_map *m = &b->device[BENCH_AXIS].map;
    int rc = 0;
    for (size_t i = 0; i < m->commands; i++)
        for (size_t k = 0; k < m->command[i].n && rc == 0; k++)
            if (strcmp(m->command[i].write[k].parameter, parameter) == 0)
                rc = number_holds(m, &m->command[i].write[k].number, value, at, e);
    for (size_t i = 0; i < m->verifies && rc == 0; i++)
        if (strcmp(m->verify[i].parameter, parameter) == 0)
            rc = number_holds(m, &m->verify[i].number, value, at, e);
    return rc;
}

int bench_reads(const struct bench *b, const char *value, double least, double most, struct cnode at, struct err *e)
{
    const struct device_map *m = &b->device[BENCH_AXIS].map;
    int i = map_find_value(m, value);
    if (i < 0 || m->value[i].width || m->value[i].sign_bit >= 0 || m->value[i].decimals_value >= 0)
        return 0; /* what it can hold is not said by its type alone */
    const struct map_number *n = &m->value[i].number;
    char why[200], subject[200];
    if (map_holds(n, least, why, sizeof why) && map_holds(n, most, why, sizeof why))
        return 0;
    config_fail(at, e, ERR_RANGE, "%s: %s: the map's '%s': %s", config_subject(at, subject, sizeof subject),
                config_text(at) ? config_text(at) : "", value, why);
    err_hint(e, "%s:%d:%d: a wider type, or one with a sign: what does not fit is read as another place", m->file,
             m->value[i].place.line, m->value[i].place.col);
    return ERR_RANGE;
}

static int check_drive(const struct bench *b, struct cnode root, struct err *e)
{
    const struct { const char *map, *key, *parameter; double value; } t[] = {
        {"axis", "accel", "accel", b->axis.accel},
        {"axis", "decel", "decel", b->axis.decel},
        {"axis", "stop_decel", "stop_decel", b->axis.stop_decel},
        {"axis", "watchdog_time", "watchdog_time", b->axis.watchdog_time},
        {"axis", "watchdog_action", "watchdog_action", b->axis.watchdog_action},
        {"unload", "speed", "speed", b->unload_speed},
        {"proof", "speed", "speed", b->proof.speed},
    };
    int rc = 0;
    for (size_t i = 0; i < sizeof t / sizeof *t && rc == 0; i++)
        rc = bench_holds(b, t[i].parameter, t[i].value, config_get(config_get(root, t[i].map), t[i].key), e);
    return rc;
}

int bench_check(const struct bench *b, struct cnode root, struct err *e)
{
    int rc = check_links(b, root, e);
    if (rc == 0) rc = check_units(b, root, e);
    if (rc == 0) rc = check_inputs(b, root, e);
    if (rc == 0) rc = check_drive(b, root, e);
    return rc;
}
