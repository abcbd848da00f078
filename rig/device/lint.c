/* lint.c -- see lint.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "rig/device/lint_parts.h"
#include "rig/device/vocabulary.h"

static void add(struct lint *out, enum lint_severity severity, const char *where, const char *hint, const char *text)
{
    if (out->n == LINT_MAX && severity == LINT_WARNING)
        return;
    struct lint_finding *f = &out->finding[out->n < LINT_MAX ? out->n++ : LINT_MAX - 1];
    f->severity = severity;
    snprintf(f->where, sizeof f->where, "%s", where);
    snprintf(f->text, sizeof f->text, "%s", text);
    snprintf(f->hint, sizeof f->hint, "%s", hint);
}

void lint_node(struct lint *out, enum lint_severity severity, struct cnode at, const char *hint, const char *fmt, ...)
{
    char text[320], where[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    add(out, severity, config_where(at, where, sizeof where), hint, text);
}

void lint_place(struct lint *out, enum lint_severity severity, const struct device_map *m, struct map_place at,
                const char *hint, const char *fmt, ...)
{
    char text[320], where[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    snprintf(where, sizeof where, "%s:%d:%d", m->file, at.line, at.col);
    add(out, severity, where, hint, text);
}

size_t lint_count(const struct lint *l, enum lint_severity severity)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        n += l->finding[i].severity == severity;
    return n;
}

int lint_refuse(const struct lint *l, struct err *e)
{
    size_t more = lint_count(l, LINT_ERROR);
    for (size_t i = 0; i < l->n; i++) {
        const struct lint_finding *f = &l->finding[i];
        if (f->severity != LINT_ERROR)
            continue;
        if (--more)
            err_set(e, ERR_RANGE, "%s: %s (and %zu more: mnrig check lists them)", f->where, f->text, more);
        else
            err_set(e, ERR_RANGE, "%s: %s", f->where, f->text);
        err_hint(e, "%s", f->hint);
        return ERR_RANGE;
    }
    return 0;
}

void lint_print(FILE *to, const char *prefix, const struct lint *l, enum lint_severity severity)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct lint_finding *f = &l->finding[i];
        if (f->severity == severity)
            fprintf(to, "%s%s: %s: %s\nhint: %s\n", prefix, f->where, severity == LINT_ERROR ? "error" : "warning",
                    f->text, f->hint);
    }
}

unsigned lint_last_of(const struct map_number *n) { return n->address + reg_type_size(n->type) - 1; }

bool lint_overlap(const struct map_number *a, const struct map_number *b)
{
    return a->address <= lint_last_of(b) && b->address <= lint_last_of(a);
}

/* Do two values read the same bits?  Fields of one register need not. */
static bool share_bits(const struct map_value *a, const struct map_value *b)
{
    if (!lint_overlap(&a->number, &b->number))
        return false;
    bool same_register = a->number.address == b->number.address && a->number.type == b->number.type;
    return !(same_register && a->width && b->width) ||
           (a->shift < b->shift + b->width && b->shift < a->shift + a->width);
}

static void lint_values(const struct device_map *m, struct lint *out)
{
    for (size_t i = 0; i < m->values; i++)
        for (size_t k = i + 1; k < m->values; k++) {
            const struct map_value *a = &m->value[i], *b = &m->value[k];
            bool same_kind = m->group[a->group].function == m->group[b->group].function;
            if (strcmp(a->name, b->name) == 0)
                lint_place(out, LINT_ERROR, m, b->place, "only the first of them would be read",
                           "value '%s' is there twice", a->name);
            if (same_kind && share_bits(a, b))
                lint_place(out, LINT_ERROR, m, b->place, "one of the addresses or types is wrong",
                           "values '%s' (register %u, %s) and '%s' (register %u, %s) overlap", a->name,
                           a->number.address, reg_type_names[a->number.type], b->name, b->number.address,
                           reg_type_names[b->number.type]);
        }
}

/* Does the controller act upon this bit? */
static bool is_role(const char *bit)
{
    for (size_t i = 0; vocabulary_axis_bits[i]; i++)
        if (strcmp(bit, vocabulary_axis_bits[i]) == 0)
            return true;
    return false;
}

static void lint_bits(const struct device_map *m, struct lint *out)
{
    for (size_t i = 0; i < m->bits; i++)
        for (size_t k = i + 1; k < m->bits; k++) {
            const struct map_bit *a = &m->bit[i], *b = &m->bit[k];
            if (a->value == b->value && a->bit == b->bit)
                lint_place(out, is_role(a->name) && is_role(b->name) ? LINT_ERROR : LINT_WARNING, m, b->place,
                           "two things that a drive tells stand in two bits: compare with its manual",
                           "bits '%s' and '%s' are the same bit %u of '%s'", a->name, b->name, a->bit,
                           m->value[a->value].name);
            if (strcmp(a->name, b->name) == 0)
                lint_place(out, LINT_ERROR, m, b->place, "only the first of them would be looked at",
                           "bit '%s' is there twice", a->name);
        }
}

/* A value that spans into the next group would be read in two requests. */
static void lint_groups(const struct device_map *m, struct lint *out)
{
    for (size_t i = 0; i < m->groups; i++) {
        const struct map_group *g = &m->group[i];
        if (!g->is_atomic)
            lint_place(out, LINT_WARNING, m, g->place, "a pair of a size and its sign could be of two samples",
                       "group '%s' is not atomic: its values may be of different moments", g->name);
        for (size_t k = i + 1; k < m->groups; k++) {
            const struct map_group *h = &m->group[k];
            if (g->function == h->function && g->address < h->address + h->count && h->address < g->address + g->count)
                lint_place(out, LINT_WARNING, m, h->place, "each register needs to be read once a poll",
                           "groups '%s' and '%s' read the same registers", g->name, h->name);
        }
    }
}

static void lint_canaries(const struct device_map *m, struct lint *out)
{
    const char *hint = "a reply is told from a late one by its length alone: take another count";
    for (size_t k = 0; k < m->canaries; k++) {
        const struct map_canary *c = &m->canary[k];
        for (size_t i = 0; i < m->groups; i++)
            if (m->group[i].function == c->function && m->group[i].count == c->count)
                lint_place(out, LINT_ERROR, m, c->place, hint,
                           "canary %zu reads %u registers like group '%s': a late reply of it would pass", k + 1,
                           c->count, m->group[i].name);
    }
    if (m->canaries == 2 && m->canary[0].count == m->canary[1].count)
        lint_place(out, LINT_ERROR, m, m->canary[1].place, hint,
                   "both canaries read %u registers: the second cannot be told from a late reply of the first",
                   m->canary[0].count);
}

/* A size whose sign stands in another request may get the sign of another moment. */
static void lint_signs(const struct device_map *m, struct lint *out)
{
    const char *hint = "put both into one group";
    for (size_t i = 0; i < m->values; i++) {
        const struct map_value *v = &m->value[i];
        bool is_unsigned = v->number.type == REG_U16 || v->number.type == REG_U32;
        if (v->sign_bit >= 0 && m->value[m->bit[v->sign_bit].value].group != v->group)
            lint_place(out, LINT_ERROR, m, v->place, hint, "value '%s' and its sign are read in two requests", v->name);
        if (v->decimals_value >= 0 && m->value[v->decimals_value].group != v->group)
            lint_place(out, LINT_ERROR, m, v->place, hint, "value '%s' and its decimals are read in two requests",
                       v->name);
        if (v->sign_bit >= 0 && !is_unsigned)
            lint_place(out, LINT_ERROR, m, v->place, "a size with a sign bit is u16 or u32",
                       "value '%s' has two signs: its own and bit '%s'", v->name, v->sign);
    }
}

void lint_map(const struct device_map *m, struct lint *out)
{
    lint_watchdog(m, out);
    lint_vocabulary(m, out);
    lint_commands(m, out);
    lint_values(m, out);
    lint_bits(m, out);
    lint_signs(m, out);
    lint_groups(m, out);
    lint_canaries(m, out);
}

static double poll_time(const struct bench *b, size_t device)
{
    const struct bench_device *d = &b->device[device];
    const struct bus_address *a = &b->link[d->link].address;
    double t = 0.0;
    for (size_t i = 0; i < d->map.groups; i++) {
        struct bus_request r = {.function = d->map.group[i].function, .count = d->map.group[i].count};
        double gaps = fmax(0.0, fmax(d->map.gap, d->map.gap_after) - bus_t35(a->baud));
        t += bus_serial_time(a->baud, 1 + a->data_bits + (a->parity != 'N') + a->stop_bits, &r, d->map.latency) + gaps;
    }
    return t;
}

static struct cnode device_at(const struct bench *b, struct cnode root, size_t device, const char *key)
{
    return config_get(config_get(config_get(root, "devices"), b->device[device].name), key);
}

static void lint_serial(const struct bench *b, struct cnode root, size_t link, struct lint *out)
{
    double load = 0.0;
    for (size_t i = 0; i < BENCH_DEVICES; i++) {
        const struct bench_device *d = &b->device[i];
        if (d->link != link)
            continue;
        double t = poll_time(b, i);
        load += t / d->poll;
        t /= (double)d->map.groups;
        if (d->timeout <= t)
            lint_node(out, LINT_ERROR, device_at(b, root, i, "timeout"), "every transaction would fail",
                      "devices/%s/timeout: %.3g ms: must be above its transaction's %.3g ms", d->name, d->timeout * 1e3,
                      t * 1e3);
    }
    if (load > 0.9)
        lint_node(out, LINT_WARNING, config_get(config_get(root, "links"), b->link[link].name),
                  "poll less often, or give each device a line of its own",
                  "links/%s: would be %.0f %% busy with polls at %d baud", b->link[link].name, load * 100.0,
                  b->link[link].address.baud);
}

/* Between two sendings the longest other request on the link must fit, even one that is not answered. */
static void lint_repeats(const struct bench *b, struct cnode root, struct lint *out)
{
    const struct bench_device *axis = &b->device[BENCH_AXIS];
    for (size_t i = 0; i < axis->map.commands; i++) {
        const struct map_command *c = &axis->map.command[i];
        if (c->repeat_within <= 0.0 || !lint_is_of_runs(c->name))
            continue;
        for (size_t d = 0; d < BENCH_DEVICES; d++)
            if (b->device[d].link == axis->link && b->device[d].timeout > 0.5 * c->repeat_within)
                lint_node(out, LINT_ERROR, device_at(b, root, d, "timeout"),
                          "a shorter time-out, or a line of its own for each device",
                          "devices/%s/timeout: %.3g ms: command '%s' must be sent again within %.3g ms",
                          b->device[d].name, b->device[d].timeout * 1e3, c->name, c->repeat_within * 1e3);
    }
}

void lint_bench(const struct bench *b, struct cnode root, struct lint *out)
{
    const struct bench_device *axis = &b->device[BENCH_AXIS];
    struct cnode time = config_get(config_get(root, "axis"), "watchdog_time");
    for (size_t i = 0; i < b->links; i++)
        if (b->link[i].address.kind == BUS_KIND_RTU)
            lint_serial(b, root, i, out);
    lint_repeats(b, root, out);
    if (axis->map.watchdog == WATCHDOG_DRIVE && b->axis.watchdog_time <= axis->timeout + axis->poll)
        lint_node(out, LINT_WARNING, time, "one lost reply would stop a healthy run",
                  "axis/watchdog_time: %.3g ms: is not above one time-out plus one poll, %.3g ms",
                  b->axis.watchdog_time * 1e3, (axis->timeout + axis->poll) * 1e3);
    if (axis->map.freshness == FRESH_NOT_DETECTABLE)
        lint_node(out, LINT_WARNING, device_at(b, root, BENCH_AXIS, "map"),
                  "kind: expected_change finds a position that stands while the drive says it moves",
                  "devices/axis/map: freshness not_detectable: a position that repeats itself is never found");
    if (axis->map.watchdog == WATCHDOG_LEASH && 0.7 * b->axis.watchdog_time <= axis->poll + b->tick_period)
        lint_node(out, LINT_WARNING, time, "the axis would stop between hops",
                  "axis/watchdog_time: a leash of %.3g ms is too short for a position every %.3g ms",
                  b->axis.watchdog_time * 1e3, axis->poll * 1e3);
}
