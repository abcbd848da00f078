/* registers_read.c -- the reader of device files (YAML).  Keys: docs/reference/rig-files.md, "Device map". */
#include <string.h>
#include "rig/device/registers.h"

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
        rc = config_number(map, "per", RANGE_POSITIVE, &n->per, e);
    if (rc == 0 && config_is(config_get(map, "unit")))
        rc = read_string(map, "unit", n->unit, sizeof n->unit, e);
    return rc;
}

static int read_bits(struct device_map *m, struct cnode bits, size_t value, struct err *e)
{
    for (size_t i = 0; i < config_count(bits); i++) {
        const char *key = NULL;
        struct cnode at = config_pair(bits, i, &key);
        long bit = 0;
        long top = reg_type_size(m->value[value].number.type) == 1 ? 15 : 31;
        if (m->bits == MAP_BITS)
            return too_many(bits, "bits", MAP_BITS, e);
        int rc = config_integer_at(at, 0, top, &bit, e);
        if (rc == 0)
            rc = copy_name(m->bit[m->bits].name, MAP_NAME, at, key, e);
        if (rc)
            return rc;
        m->bit[m->bits].value = value;
        m->bit[m->bits++].bit = (unsigned)bit;
    }
    return 0;
}

static int read_value(struct device_map *m, struct cnode at, const char *key, size_t group, const char *order,
                      struct err *e)
{
    static const char *const known[] = {"at", "type", "order", "per", "unit", "bits", NULL};
    if (m->values == MAP_VALUES)
        return config_fail(at, e, ERR_RANGE, "more than %d values in one device", MAP_VALUES);
    struct map_value *v = &m->value[m->values];
    const struct map_group *g = &m->group[group];
    long offset = 0;
    int rc = config_known(at, known, e);
    if (rc == 0) rc = copy_name(v->name, sizeof v->name, at, key, e);
    if (rc == 0) rc = config_integer(at, "at", 0, g->count - 1, &offset, e);
    if (rc == 0) rc = read_number(at, order, &v->number, e);
    if (rc)
        return rc;
    if (offset + (long)reg_type_size(v->number.type) > g->count) {
        config_fail(config_get(at, "at"), e, ERR_RANGE, "value '%s' (%s at %ld) reaches past its group's %u registers",
                    key, reg_type_names[v->number.type], offset, g->count);
        err_hint(e, "a value that is split over two requests can tear: make the group longer");
        return ERR_RANGE;
    }
    v->group = group;
    v->line = config_line(at);
    v->number.address = (uint16_t)(g->address + offset);
    m->values++;
    return read_bits(m, config_get(at, "bits"), m->values - 1, e);
}

static int read_function(struct cnode at, uint8_t *out, struct err *e)
{
    long function = 0;
    int rc = config_integer(at, "function", BUS_READ_HOLDING, BUS_READ_INPUT, &function, e);
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
    g->address = (uint16_t)address;
    g->count = (uint16_t)count;
    m->groups++;
    for (size_t i = 0; i < config_count(values) && rc == 0; i++) {
        const char *name = NULL;
        struct cnode v = config_pair(values, i, &name);
        rc = read_value(m, v, name, m->groups - 1, order, e);
    }
    return rc;
}

/* {address, type, value | parameter, per, unit} */
static int read_write(struct cnode at, const char *order, struct map_write *w, struct err *e)
{
    static const char *const known[] = {"address", "type", "order", "value", "parameter", "per", "unit", NULL};
    long address = 0, value = 0;
    int rc = config_known(at, known, e);
    if (rc == 0) rc = config_integer(at, "address", 0, 65535, &address, e);
    if (rc == 0) rc = read_number(at, order, &w->number, e);
    if (rc)
        return rc;
    w->number.address = (uint16_t)address;
    if (config_is(config_get(at, "parameter")))
        return read_string(at, "parameter", w->parameter, sizeof w->parameter, e);
    rc = config_integer(at, "value", -2147483647L, 4294967295L, &value, e);
    w->constant = (double)value;
    return rc;
}

static int read_command(struct device_map *m, struct cnode at, const char *key, const char *order, struct err *e)
{
    static const char *const known[] = {"idempotent", "writes", "trigger", NULL};
    struct map_command *c = &m->command[m->commands];
    struct cnode writes = config_get(at, "writes"), trigger = {0};
    int rc = config_known(at, known, e);
    if (rc == 0) rc = copy_name(c->name, sizeof c->name, at, key, e);
    if (rc == 0) rc = config_bool(at, "idempotent", &c->is_idempotent, e);
    if (rc == 0) rc = config_need(at, "trigger", &trigger, e);
    if (rc)
        return rc;
    if (config_count(writes) >= MAP_WRITES)
        return too_many(writes, "writes", MAP_WRITES - 1, e);
    for (size_t i = 0; i < config_count(writes) && rc == 0; i++)
        rc = read_write(config_item(writes, i), order, &c->write[c->n++], e);
    if (rc == 0)
        rc = read_write(trigger, order, &c->write[c->n++], e);
    m->commands++;
    return rc;
}

static int read_verify(struct device_map *m, struct cnode at, const char *order, struct err *e)
{
    static const char *const known[] = {"name",      "address", "type", "order", "value",
                                        "parameter", "per",     "unit", "write", NULL};
    struct map_verify *v = &m->verify[m->verifies];
    long address = 0, value = 0;
    int rc = config_known(at, known, e);
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
    rc = config_integer(at, "value", -2147483647L, 4294967295L, &value, e);
    v->constant = (double)value;
    return rc;
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
    c->address = (uint16_t)address;
    c->count = (uint16_t)count;
    m->canaries++;
    return rc;
}

static int read_lists(struct device_map *m, struct cnode root, const char *order, struct err *e)
{
    struct cnode groups = {0}, canaries = {0};
    struct cnode commands = config_get(root, "commands"), verify = config_get(root, "verify");
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

static int read_watchdog(struct device_map *m, struct cnode root, struct err *e)
{
    static const char *const known[] = {"kind", "fed_by", NULL};
    static const char *const kinds[] = {"drive", "external", "leash", "none", NULL};
    struct cnode at = {0};
    int kind = 0, rc = config_need(root, "watchdog", &at, e);
    if (rc == 0) rc = config_known(at, known, e);
    if (rc == 0) rc = config_choice(at, "kind", kinds, &kind, e);
    if (rc == 0 && kind != WATCHDOG_NONE) rc = read_string(at, "fed_by", m->fed_by, sizeof m->fed_by, e);
    m->watchdog = (enum watchdog_kind)kind;
    return rc;
}

int device_map_read(struct device_map *m, struct config *doc, struct err *e)
{
    static const char *const known[] = {"device",    "kind",     "source",     "word_order", "max_read",
                                        "max_write", "latency",  "late_reply", "gap",        "watchdog",
                                        "groups",    "commands", "verify",     "canaries",   NULL};
    static const char *const kinds[] = {"axis", "load_cell", NULL};
    struct cnode root = config_root(doc);
    const char *order = NULL;
    int kind = 0, ignored = 0;
    long max_read = 0, max_write = 0;
    memset(m, 0, sizeof *m);
    snprintf(m->file, sizeof m->file, "%s", config_path(doc));
    int rc = config_known(root, known, e);
    if (rc == 0) rc = read_string(root, "device", m->name, sizeof m->name, e);
    if (rc == 0) rc = read_string(root, "source", m->source, sizeof m->source, e);
    if (rc == 0) rc = config_choice(root, "kind", kinds, &kind, e);
    if (rc == 0) rc = config_integer(root, "max_read", 1, BUS_MAX_READ, &max_read, e);
    if (rc == 0) rc = config_integer(root, "max_write", 1, BUS_MAX_WRITE, &max_write, e);
    if (rc == 0) rc = config_quantity(root, "latency", "s", RANGE_NONNEG, &m->latency, e);
    if (rc == 0) rc = config_quantity(root, "late_reply", "s", RANGE_POSITIVE, &m->late_reply, e);
    if (rc == 0) rc = config_quantity(root, "gap", "s", RANGE_NONNEG, &m->gap, e);
    if (rc == 0 && config_is(config_get(root, "word_order"))) {
        rc = config_choice(root, "word_order", word_order_names, &ignored, e);
        order = rc ? NULL : word_order_names[ignored];
    }
    if (rc) return rc;
    m->is_axis = kind == 0;
    m->max_read = (int)max_read;
    m->max_write = (int)max_write;
    if (m->is_axis) rc = read_watchdog(m, root, e);
    return rc ? rc : read_lists(m, root, order, e);
}
