/* registers_read.c -- the reader of device files (YAML).  Keys: docs/reference/rig-files.md, "Device map". */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "rig/bus/pdu.h"
#include "rig/device/registers.h"

/* What is possible at all, s.  The slowest delays met are a setting of 200 ms (Laumas TLB); the longest silence 10 ms
 * (Delta ASDA); a dead man's word 50 ms (Leadshine).  The rest is room. */
static const struct range LATENCY = {0.0, 1.0, false, false}, LATE = {1e-3, 10.0, false, false},
                          SILENCE = {0.0, 0.1, false, false}, PULSE = {1e-3, 1.0, false, false},
                          REPEAT = {5e-3, 10.0, false, false}, WAIT = {1e-3, 60.0, false, false},
                          FRESH = {5e-3, 10.0, false, false};

static struct map_place place_of(struct cnode at) { return (struct map_place){config_line(at), config_column(at)}; }

static int copy_name(char out[], size_t size, struct cnode at, const char *text, struct err *e)
{
    if (strlen(text) >= size)
        return config_fail(at, e, ERR_RANGE, "'%s': at most %zu characters", text, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

static int read_string(struct cnode map, const char *key, char out[], size_t size, struct err *e)
{
    const char *text = NULL;
    int rc = config_string(map, key, &text, e);
    return rc ? rc : copy_name(out, size, config_get(map, key), text, e);
}

static int too_many(struct cnode at, const char *what, size_t max, struct err *e)
{
    return config_fail(at, e, ERR_RANGE, "%zu %s: at most %zu", config_count(at), what, max);
}

/* One end of a range: counts, or with the number's own unit. */
static int read_end(struct cnode at, const struct map_number *n, double *counts, struct err *e)
{
    const char *text = config_text(at);
    char *rest = NULL;
    double x = text ? strtod(text, &rest) : NAN;
    if (!text || rest == text || !isfinite(x))
        return config_fail(at, e, ERR_PARSE, "range: '%s': must be a number of counts, or one with the unit '%s'",
                           text ? text : "", n->unit);
    rest += strspn(rest, " ");
    if (*rest && strcmp(rest, n->unit) != 0)
        return config_fail(at, e, ERR_PARSE, "range: '%s': the unit here is '%s'", text, n->unit);
    *counts = !*rest ? x : n->is_reciprocal ? n->per / x : (x - n->from) * n->per;
    if (n->type != REG_F32)
        *counts = round(*counts);
    return 0;
}

/* range: [least, greatest]: what the device takes; without it all that the type holds. */
static int read_range(struct cnode map, struct map_number *n, struct err *e)
{
    struct cnode at = config_get(map, "range");
    double a = NAN, b = NAN, lo, hi;
    reg_range(n->type, &lo, &hi);
    n->lo = lo;
    n->hi = hi;
    if (!config_is(at))
        return 0;
    if (config_count(at) != 2)
        return config_fail(at, e, ERR_PARSE, "range: a list of two: the least and the greatest value it takes");
    int rc = read_end(config_item(at, 0), n, &a, e);
    if (rc == 0) rc = read_end(config_item(at, 1), n, &b, e);
    if (rc)
        return rc;
    n->lo = fmin(a, b);
    n->hi = fmax(a, b);
    if (n->lo >= lo && n->hi <= hi && n->lo < n->hi && (a < b || n->is_reciprocal))
        return 0;
    return config_fail(at, e, ERR_RANGE, "range: %.10g to %.10g counts: must rise, within the %.10g to %.10g of a %s",
                       a, b, lo, hi, reg_type_names[n->type]);
}

/* type, order (needed for two registers: there is no usual one), per, unit. */
static int read_number(struct cnode map, const char *default_order, struct map_number *n, struct err *e)
{
    int type = 0, order = ORDER_ABCD, rc = config_choice(map, "type", reg_type_names, &type, e);
    if (rc)
        return rc;
    n->type = (enum reg_type)type;
    if (config_is(config_get(map, "order"))) {
        rc = config_choice(map, "order", word_order_names, &order, e);
    } else if (default_order) {
        for (int i = 0; word_order_names[i]; i++)
            if (strcmp(word_order_names[i], default_order) == 0)
                order = i;
    } else if (reg_type_size(n->type) == 2) {
        config_fail(map, e, ERR_PARSE, "a %s needs a word order", reg_type_names[type]);
        err_hint(e, "add 'word_order: ABCD' to the device or 'order: CDAB' here; the device's manual says which word "
                    "comes first");
        return ERR_PARSE;
    }
    n->order = (enum word_order)order;
    n->per = 1.0;
    if (rc == 0 && config_is(config_get(map, "per")))
        rc = config_number(map, "per", (struct range){1e-9, 1e9, false, false}, &n->per, e);
    if (rc == 0 && config_is(config_get(map, "unit")))
        rc = read_string(map, "unit", n->unit, sizeof n->unit, e);
    if (rc == 0 && config_is(config_get(map, "reciprocal")))
        rc = config_bool(map, "reciprocal", &n->is_reciprocal, e);
    if (rc == 0 && config_is(config_get(map, "offset")))
        rc = config_number(map, "offset", (struct range){-1e9, 1e9, false, false}, &n->from, e);
    if (rc == 0 && n->is_reciprocal && n->from != 0.0)
        rc = config_fail(config_get(map, "offset"), e, ERR_PARSE, "offset: a reciprocal number has none");
    return rc ? rc : read_range(map, n, e);
}

/* A number that stands in the map itself must fit its register. */
static int read_constant(struct cnode at, const struct map_number *n, double *out, struct err *e)
{
    long value = 0;
    int rc = config_integer(at, "value", -2147483648L, 4294967295L, &value, e);
    *out = (double)value;
    if (rc == 0 && !(*out >= n->lo && *out <= n->hi))
        rc = config_fail(config_get(at, "value"), e, ERR_RANGE, "value: %ld: must be %.10g to %.10g: it is a %s", value,
                         n->lo, n->hi, reg_type_names[n->type]);
    return rc;
}

/* field: [first bit, last bit]; sign, decimals: names that are looked up when the whole device is read. */
static int read_refinements(struct map_value *v, struct cnode at, struct err *e)
{
    struct cnode field = config_get(at, "field");
    long first = 0, last = 0, top = reg_type_size(v->number.type) == 1 ? 15 : 30;
    int rc = 0;
    v->sign_bit = v->decimals_value = -1;
    if (config_is(config_get(at, "sign"))) rc = read_string(at, "sign", v->sign, sizeof v->sign, e);
    if (rc == 0 && config_is(config_get(at, "decimals")))
        rc = read_string(at, "decimals", v->decimals, sizeof v->decimals, e);
    if (rc || !config_is(field))
        return rc;
    if (config_count(field) != 2)
        return config_fail(field, e, ERR_PARSE, "field: a list of two bit numbers, first and last");
    rc = config_integer_at(config_item(field, 0), 0, top, &first, e);
    if (rc == 0) rc = config_integer_at(config_item(field, 1), first, top, &last, e);
    v->shift = (unsigned)first;
    v->width = (unsigned)(last - first) + 1;
    return rc;
}

static int read_bits(struct device_map *m, struct cnode bits, size_t value, struct err *e)
{
    for (size_t i = 0; i < config_count(bits); i++) {
        const char *key = NULL;
        struct cnode at = config_pair(bits, i, &key);
        long bit = 0;
        const struct map_value *v = &m->value[value];
        bool is_coil = bus_is_coils(m->group[v->group].function);
        long top = is_coil ? 0 : v->width ? (long)v->width - 1 : reg_type_size(v->number.type) == 1 ? 15 : 31;
        if (m->bits == MAP_BITS)
            return too_many(bits, "bits", MAP_BITS, e);
        int rc = config_integer_at(at, 0, top, &bit, e);
        if (rc == 0)
            rc = copy_name(m->bit[m->bits].name, MAP_NAME, at, key, e);
        if (rc)
            return rc;
        m->bit[m->bits].value = value;
        m->bit[m->bits].place = place_of(at);
        m->bit[m->bits++].bit = (unsigned)bit;
    }
    return 0;
}

static int read_value(struct device_map *m, struct cnode at, const char *key, size_t group, const char *order,
                      struct err *e)
{
    static const char *const known[] = {"at",         "type", "order", "per",      "unit",
                                        "reciprocal", "bits", "field", "decimals", "sign",   "offset", NULL};
    if (m->values == MAP_VALUES)
        return config_fail(at, e, ERR_RANGE, "more than %d values in one device", MAP_VALUES);
    struct map_value *v = &m->value[m->values];
    const struct map_group *g = &m->group[group];
    long offset = 0;
    int rc = config_known(at, known, e);
    if (rc == 0) rc = copy_name(v->name, sizeof v->name, at, key, e);
    if (rc == 0) rc = config_integer(at, "at", 0, g->count - 1, &offset, e);
    if (rc == 0) rc = read_number(at, order, &v->number, e);
    if (rc == 0) rc = read_refinements(v, at, e);
    if (rc == 0 && bus_is_coils(g->function) && v->number.type != REG_U16)
        return config_fail(at, e, ERR_PARSE, "value '%s' of a group of coils or inputs must be u16: it is 0 or 1", key);
    if (rc)
        return rc;
    if (offset + (long)reg_type_size(v->number.type) > g->count) {
        config_fail(config_get(at, "at"), e, ERR_RANGE, "value '%s' (%s at %ld) reaches past its group's %u registers",
                    key, reg_type_names[v->number.type], offset, g->count);
        err_hint(e, "a value that is split over two requests can tear: make the group longer");
        return ERR_RANGE;
    }
    v->group = group;
    v->place = place_of(at);
    v->number.address = (uint16_t)(g->address + offset);
    m->values++;
    return read_bits(m, config_get(at, "bits"), m->values - 1, e);
}

static int read_function(struct cnode at, uint8_t *out, struct err *e)
{
    long function = 0;
    int rc = config_integer(at, "function", BUS_READ_COILS, BUS_READ_INPUT, &function, e);
    *out = (uint8_t)function;
    return rc;
}

static int read_group(struct device_map *m, struct cnode at, const char *key, const char *order, struct err *e)
{
    static const char *const known[] = {"function", "address", "count", "atomic", "values", NULL};
    struct map_group *g = &m->group[m->groups];
    struct cnode values = {0};
    long address = 0, count = 0;
    int rc = config_known(at, known, e);
    if (rc == 0) rc = copy_name(g->name, sizeof g->name, at, key, e);
    if (rc == 0) rc = read_function(at, &g->function, e);
    if (rc == 0) rc = config_integer(at, "address", 0, 65535, &address, e);
    if (rc == 0) rc = config_integer(at, "count", 1, BUS_MAX_READ, &count, e);
    if (rc == 0) rc = config_bool(at, "atomic", &g->is_atomic, e);
    if (rc == 0) rc = config_need(at, "values", &values, e);
    if (rc)
        return rc;
    if (count > m->max_read) {
        config_fail(config_get(at, "count"), e, ERR_RANGE,
                    "group '%s' reads %ld registers: the device allows %d in one request", key, count, m->max_read);
        err_hint(e, "split the group; an atomic one must be shortened instead");
        return ERR_RANGE;
    }
    g->place = place_of(at);
    g->address = (uint16_t)address;
    g->count = (uint16_t)count;
    g->at = m->groups ? m->group[m->groups - 1].at + m->group[m->groups - 1].count : 0;
    if (g->at + g->count > MAP_REGISTERS)
        return config_fail(at, e, ERR_RANGE, "the groups read more than %d registers together", MAP_REGISTERS);
    m->groups++;
    for (size_t i = 0; i < config_count(values) && rc == 0; i++) {
        const char *name = NULL;
        struct cnode v = config_pair(values, i, &name);
        rc = read_value(m, v, name, m->groups - 1, order, e);
    }
    return rc;
}

/* {coil: address, value: 0 | 1} or, for one that acts on its rising edge, {coil: address, pulse: 20 ms} */
static int read_coil(struct cnode at, struct map_write *w, struct err *e)
{
    static const char *const known[] = {"coil", "value", "pulse", NULL};
    bool has_pulse = config_is(config_get(at, "pulse"));
    long address = 0, value = 1;
    int rc = config_known(at, known, e);
    w->place = place_of(at);
    if (rc == 0) rc = config_integer(at, "coil", 0, 65535, &address, e);
    if (rc == 0 && has_pulse) rc = config_quantity(at, "pulse", "s", PULSE, &w->pulse, e);
    if (rc == 0 && !has_pulse) rc = config_integer(at, "value", 0, 1, &value, e);
    w->is_coil = true;
    w->constant = (double)value;
    w->number = (struct map_number){.address = (uint16_t)address, .type = REG_U16, .per = 1.0, .hi = 1.0};
    return rc;
}

/* {address, type, value | parameter, per, unit, reciprocal} */
static int read_write(struct cnode at, const char *order, struct map_write *w, struct err *e)
{
    static const char *const known[] = {"address", "type", "order", "value", "parameter", "per", "unit", "reciprocal",
                                        "range", "offset", "pulse", NULL};
    long address = 0;
    if (config_is(config_get(at, "coil")))
        return read_coil(at, w, e);
    w->place = place_of(at);
    int rc = config_known(at, known, e);
    if (rc == 0) rc = config_integer(at, "address", 0, 65535, &address, e);
    if (rc == 0) rc = read_number(at, order, &w->number, e);
    if (rc)
        return rc;
    w->number.address = (uint16_t)address;
    if (config_is(config_get(at, "parameter")))
        return read_string(at, "parameter", w->parameter, sizeof w->parameter, e);
    rc = read_constant(at, &w->number, &w->constant, e);
    if (rc || !config_is(config_get(at, "pulse")))
        return rc;
    if (w->number.type != REG_U16)
        return config_fail(config_get(at, "pulse"), e, ERR_PARSE, "pulse: a %s: only a u16 or a coil can be pulsed",
                           reg_type_names[w->number.type]);
    return config_quantity(at, "pulse", "s", PULSE, &w->pulse, e);
}

/* expect: {bit, set, within}: the command counts as done only when the bit says so. */
static int read_expect(struct map_command *c, struct cnode at, struct err *e)
{
    static const char *const known[] = {"bit", "set", "within", NULL};
    if (!config_is(at))
        return 0;
    int rc = config_known(at, known, e);
    if (rc == 0) rc = read_string(at, "bit", c->expect, sizeof c->expect, e);
    if (rc == 0) rc = config_bool(at, "set", &c->expect_set, e);
    if (rc == 0) rc = config_quantity(at, "within", "s", WAIT, &c->expect_within, e);
    return rc;
}

static int read_manners(struct map_command *c, struct cnode at, struct err *e)
{
    int rc = config_bool(at, "idempotent", &c->is_idempotent, e);
    if (rc == 0 && config_is(config_get(at, "one_request")))
        rc = config_bool(at, "one_request", &c->is_one_request, e);
    if (rc == 0 && config_is(config_get(at, "repeat_within")))
        rc = config_quantity(at, "repeat_within", "s", REPEAT, &c->repeat_within, e);
    if (rc == 0 && config_is(config_get(at, "endurance")))
        rc = config_integer(at, "endurance", 1, 2000000000L, &c->endurance, e);
    return rc ? rc : read_expect(c, config_get(at, "expect"), e);
}

static int check_one_request(const struct device_map *m, const struct map_command *c, struct cnode at, struct err *e)
{
    unsigned next = c->write[0].number.address, count = 0;
    for (size_t k = 0; k < c->n; k++) {
        const struct map_write *w = &c->write[k];
        unsigned size = reg_type_size(w->number.type);
        if (w->number.address != next || w->is_coil != c->write[0].is_coil || w->pulse > 0.0)
            return config_fail(at, e, ERR_RANGE,
                               "command '%s': one_request: its writes must follow each other; %u is not %u", c->name,
                               w->number.address, next);
        next += size;
        count += size;
    }
    if (count <= (unsigned)m->max_write)
        return 0;
    return config_fail(at, e, ERR_RANGE, "command '%s': one_request: %u registers: the device takes %d in one request",
                       c->name, count, m->max_write);
}

static int read_command(struct device_map *m, struct cnode at, const char *key, const char *order, struct err *e)
{
    static const char *const known[] = {"idempotent", "writes", "trigger", "expect", "repeat_within", "endurance",
                                        "one_request", NULL};
    struct map_command *c = &m->command[m->commands];
    struct cnode writes = config_get(at, "writes"), trigger = {0};
    int rc = config_known(at, known, e);
    c->place = place_of(at);
    if (rc == 0) rc = copy_name(c->name, sizeof c->name, at, key, e);
    if (rc == 0) rc = read_manners(c, at, e);
    if (rc == 0) rc = config_need(at, "trigger", &trigger, e);
    if (rc)
        return rc;
    if (config_count(writes) >= MAP_WRITES)
        return too_many(writes, "writes", MAP_WRITES - 1, e);
    for (size_t i = 0; i < config_count(writes) && rc == 0; i++) {
        struct cnode one = config_item(writes, i);
        rc = read_write(one, order, &c->write[c->n++], e);
        if (rc == 0 && c->write[i].pulse > 0.0)
            rc = config_fail(config_get(one, "pulse"), e, ERR_PARSE, "pulse: only a command's trigger can be one");
    }
    if (rc == 0)
        rc = read_write(trigger, order, &c->write[c->n++], e);
    m->commands++;
    return rc || !c->is_one_request ? rc : check_one_request(m, c, at, e);
}

static int read_verify(struct device_map *m, struct cnode at, const char *order, struct err *e)
{
    static const char *const known[] = {"name",      "address", "type", "order", "value",
                                        "parameter", "per",     "unit", "write", "reciprocal", "range", "offset",
                                        NULL};
    struct map_verify *v = &m->verify[m->verifies];
    long address = 0;
    int rc = config_known(at, known, e);
    v->place = place_of(at);
    if (rc == 0) rc = read_string(at, "name", v->name, sizeof v->name, e);
    if (rc == 0) rc = config_integer(at, "address", 0, 65535, &address, e);
    if (rc == 0) rc = config_bool(at, "write", &v->is_written, e);
    if (rc == 0) rc = read_number(at, order, &v->number, e);
    if (rc)
        return rc;
    v->number.address = (uint16_t)address;
    m->verifies++;
    if (config_is(config_get(at, "parameter")))
        return read_string(at, "parameter", v->parameter, sizeof v->parameter, e);
    return read_constant(at, &v->number, &v->constant, e);
}

static int read_canary(struct device_map *m, struct cnode at, struct err *e)
{
    static const char *const known[] = {"function", "address", "count", NULL};
    struct map_canary *c = &m->canary[m->canaries];
    long address = 0, count = 0;
    int rc = config_known(at, known, e);
    if (rc == 0) rc = read_function(at, &c->function, e);
    if (rc == 0) rc = config_integer(at, "address", 0, 65535, &address, e);
    if (rc == 0) rc = config_integer(at, "count", 1, m->max_read, &count, e);
    c->place = place_of(at);
    c->address = (uint16_t)address;
    c->count = (uint16_t)count;
    m->canaries++;
    return rc;
}

static int read_lists(struct device_map *m, struct cnode root, const char *order, struct err *e)
{
    struct cnode groups = {0}, canaries = {0};
    struct cnode commands = config_get(root, "commands"), verify = config_get(root, "verify");
    m->commands_place = place_of(config_is(commands) ? commands : root);
    int rc = config_need(root, "groups", &groups, e);
    if (rc == 0) rc = config_need(root, "canaries", &canaries, e);
    if (rc) return rc;
    if (config_count(groups) > MAP_GROUPS) return too_many(groups, "groups", MAP_GROUPS, e);
    if (config_count(commands) > MAP_COMMANDS) return too_many(commands, "commands", MAP_COMMANDS, e);
    if (config_count(verify) > MAP_VERIFY) return too_many(verify, "registers to verify", MAP_VERIFY, e);
    if (config_count(canaries) != MAP_CANARIES) {
        config_fail(canaries, e, ERR_PARSE, "%zu canaries: exactly %d are needed", config_count(canaries),
                    MAP_CANARIES);
        err_hint(e, "two reads of constant registers, with counts unlike every group's and unlike each other");
        return ERR_PARSE;
    }
    const char *key = NULL;
    for (size_t i = 0; i < config_count(groups) && rc == 0; i++) {
        struct cnode at = config_pair(groups, i, &key);
        rc = read_group(m, at, key, order, e);
    }
    for (size_t i = 0; i < config_count(commands) && rc == 0; i++) {
        struct cnode at = config_pair(commands, i, &key);
        rc = read_command(m, at, key, order, e);
    }
    for (size_t i = 0; i < config_count(verify) && rc == 0; i++)
        rc = read_verify(m, config_item(verify, i), order, e);
    for (size_t i = 0; i < config_count(canaries) && rc == 0; i++)
        rc = read_canary(m, config_item(canaries, i), e);
    return rc;
}

static int read_freshness(struct device_map *m, struct cnode root, struct err *e)
{
    static const char *const known[] = {"kind", "value", "within", NULL};
    static const char *const kinds[] = {"counter", "raw", "expected_change", "not_detectable", NULL};
    struct cnode at = {0};
    int kind = 0, rc = config_need(root, "freshness", &at, e);
    if (rc == 0) rc = config_known(at, known, e);
    if (rc == 0) rc = config_choice(at, "kind", kinds, &kind, e);
    m->freshness = (enum freshness_kind)kind;
    m->fresh_within = INFINITY;
    if (rc == 0 && m->freshness != FRESH_NOT_DETECTABLE)
        rc = config_quantity(at, "within", "s", FRESH, &m->fresh_within, e);
    if (rc || m->freshness > FRESH_RAW)
        return rc;
    rc = read_string(at, "value", m->fresh_value, sizeof m->fresh_value, e);
    if (rc == 0 && map_find_value(m, m->fresh_value) < 0)
        rc = config_fail(at, e, ERR_PARSE, "freshness: there is no value '%s'", m->fresh_value);
    return rc;
}

/* enable: {address, on: [least, greatest]} or by_time; counts.  0 and another number can't both mean on. */
static int read_switch(struct map_watchdog *w, struct cnode at, struct err *e)
{
    static const char *const known[] = {"address", "on", NULL};
    struct cnode on = config_get(at, "on");
    long address = 0, lo = 0, hi = 0;
    if (config_text(at) && strcmp(config_text(at), "by_time") == 0)
        return 0;
    if (!config_is_map(at)) {
        config_fail(at, e, ERR_PARSE, "enable: the register that switches the watchdog on, or by_time");
        err_hint(e, "enable: {address: 392, on: [1, 1]}; by_time: there is no such register, a time above 0 is on");
        return ERR_PARSE;
    }
    int rc = config_known(at, known, e);
    if (rc == 0) rc = config_integer(at, "address", 0, 65535, &address, e);
    if (rc == 0 && config_count(on) != 2)
        rc = config_fail(config_is(on) ? on : at, e, ERR_PARSE, "on: a list of two: the least and greatest value that "
                                                                 "means on");
    if (rc == 0) rc = config_integer_at(config_item(on, 0), 0, 4294967295L, &lo, e);
    if (rc == 0) rc = config_integer_at(config_item(on, 1), lo, lo == 0 ? 0 : 4294967295L, &hi, e);
    w->has_switch = true;
    w->switch_address = (uint16_t)address;
    w->on_lo = (double)lo;
    w->on_hi = (double)hi;
    return rc;
}

/* Which registers set the drive's own watchdog.  Needed of kind drive. */
static int read_watchdog_registers(struct map_watchdog *w, struct cnode at, bool is_needed, struct err *e)
{
    static const char *const known[] = {"address", NULL};
    struct cnode enable = config_get(at, "enable"), time = config_get(at, "time");
    long address = 0;
    int rc = 0;
    if (is_needed) rc = config_need(at, "enable", &enable, e);
    if (rc == 0 && is_needed) rc = config_need(at, "time", &time, e);
    if (rc == 0 && config_is(enable)) rc = read_switch(w, enable, e);
    if (rc || !config_is(time))
        return rc;
    rc = config_known(time, known, e);
    if (rc == 0) rc = config_integer(time, "address", 0, 65535, &address, e);
    w->has_time = true;
    w->time_address = (uint16_t)address;
    return rc;
}

static int read_watchdog(struct device_map *m, struct cnode root, struct err *e)
{
    static const char *const known[] = {"kind", "fed_by", "enable", "time", NULL};
    static const char *const kinds[] = {"drive", "external", "leash", "none", NULL};
    struct cnode at = {0};
    int kind = 0, rc = config_need(root, "watchdog", &at, e);
    if (rc == 0) rc = config_known(at, known, e);
    if (rc == 0) rc = config_choice(at, "kind", kinds, &kind, e);
    if (rc == 0 && kind != WATCHDOG_NONE) rc = read_string(at, "fed_by", m->fed_by, sizeof m->fed_by, e);
    m->watchdog = (enum watchdog_kind)kind;
    m->watchdog_place = place_of(at);
    return rc ? rc : read_watchdog_registers(&m->watchdog_set, at, m->watchdog == WATCHDOG_DRIVE, e);
}

/* Names that point to other items of the device. */
static int link_names(struct device_map *m, struct cnode root, struct err *e)
{
    for (size_t i = 0; i < m->values; i++) {
        struct map_value *v = &m->value[i];
        v->sign_bit = v->sign[0] ? map_find_bit(m, v->sign) : -1;
        v->decimals_value = v->decimals[0] ? map_find_value(m, v->decimals) : -1;
        if (v->sign[0] && v->sign_bit < 0)
            return config_fail(root, e, ERR_PARSE, "value '%s': sign: there is no bit '%s'", v->name, v->sign);
        if (v->decimals[0] && v->decimals_value < 0)
            return config_fail(root, e, ERR_PARSE, "value '%s': decimals: there is no value '%s'", v->name,
                               v->decimals);
    }
    for (size_t i = 0; i < m->commands; i++) {
        struct map_command *c = &m->command[i];
        c->expect_bit = c->expect[0] ? map_find_bit(m, c->expect) : -1;
        if (c->expect[0] && c->expect_bit < 0)
            return config_fail(root, e, ERR_PARSE, "command '%s': expect: there is no bit '%s'", c->name, c->expect);
    }
    return 0;
}

/* Keys that few devices need. */
static int read_rare(struct device_map *m, struct cnode root, struct err *e)
{
    int rc = 0;
    if (config_is(config_get(root, "gap_after")))
        rc = config_quantity(root, "gap_after", "s", SILENCE, &m->gap_after, e);
    if (rc == 0 && config_is(config_get(root, "dummy_request")))
        rc = config_bool(root, "dummy_request", &m->wants_dummy, e);
    return rc;
}

int device_map_read(struct device_map *m, struct config *doc, struct err *e)
{
    static const char *const known[] = {"device",    "kind",     "source",     "word_order", "max_read",
                                        "max_write", "latency",  "late_reply", "gap",        "gap_after",
                                        "watchdog",  "groups",   "commands",   "verify",     "canaries",
                                        "dummy_request", "freshness", NULL};
    static const char *const kinds[] = {"axis", "load_cell", NULL};
    struct cnode root = config_root(doc);
    const char *order = NULL;
    int kind = 0, ignored = 0;
    long max_read = 0, max_write = 0;
    memset(m, 0, sizeof *m);
    snprintf(m->file, sizeof m->file, "%s", config_path(doc));
    m->root_place = place_of(root);
    int rc = config_known(root, known, e);
    if (rc == 0) rc = read_string(root, "device", m->name, sizeof m->name, e);
    if (rc == 0) rc = read_string(root, "source", m->source, sizeof m->source, e);
    if (rc == 0) rc = config_choice(root, "kind", kinds, &kind, e);
    if (rc == 0) rc = config_integer(root, "max_read", 1, BUS_MAX_READ, &max_read, e);
    if (rc == 0) rc = config_integer(root, "max_write", 1, BUS_MAX_WRITE, &max_write, e);
    if (rc == 0) rc = config_quantity(root, "latency", "s", LATENCY, &m->latency, e);
    if (rc == 0) rc = config_quantity(root, "late_reply", "s", LATE, &m->late_reply, e);
    if (rc == 0 && !(m->late_reply > m->latency))
        rc = config_fail(config_get(root, "late_reply"), e, ERR_RANGE,
                         "late_reply: %.4g ms: must be above latency, %.4g ms: a late reply is later than a usual one",
                         m->late_reply * 1e3, m->latency * 1e3);
    if (rc == 0) rc = config_quantity(root, "gap", "s", SILENCE, &m->gap, e);
    if (rc == 0 && config_is(config_get(root, "word_order"))) {
        rc = config_choice(root, "word_order", word_order_names, &ignored, e);
        order = rc ? NULL : word_order_names[ignored];
    }
    if (rc) return rc;
    m->is_axis = kind == 0;
    m->max_read = (int)max_read;
    m->max_write = (int)max_write;
    rc = read_rare(m, root, e);
    if (rc == 0 && m->is_axis) rc = read_watchdog(m, root, e);
    if (rc == 0) rc = read_lists(m, root, order, e);
    if (rc == 0) rc = read_freshness(m, root, e);
    return rc ? rc : link_names(m, root, e);
}
