/* lint.c -- see lint.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "rig/device/lint.h"

void lint_find(struct lint *out, const char *fmt, ...)
{
    if (out->n == LINT_MAX)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out->finding[out->n++], sizeof out->finding[0], fmt, ap);
    va_end(ap);
}

/* A finding at a place of the map. */
__attribute__((format(printf, 4, 5)))
static void lint_in(struct lint *out, const struct device_map *m, struct map_place at, const char *fmt, ...)
{
    char text[240];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    lint_find(out, "%s:%d:%d: %s", m->file, at.line, at.col, text);
}

static unsigned last_of(const struct map_number *n) { return n->address + reg_type_size(n->type) - 1; }

/* Do two values read the same bits?  Fields of one register need not. */
static bool share_bits(const struct map_value *a, const struct map_value *b)
{
    if (a->number.address > last_of(&b->number) || b->number.address > last_of(&a->number))
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
                lint_in(out, m, b->place, "value '%s' is there twice", a->name);
            if (same_kind && share_bits(a, b))
                lint_in(out, m, b->place, "values '%s' (register %u, %s) and '%s' (register %u, %s) overlap", a->name,
                     a->number.address, reg_type_names[a->number.type], b->name, b->number.address,
                     reg_type_names[b->number.type]);
        }
    for (size_t i = 0; i < m->bits; i++)
        for (size_t k = i + 1; k < m->bits; k++) {
            if (m->bit[i].value == m->bit[k].value && m->bit[i].bit == m->bit[k].bit)
                lint_in(out, m, m->bit[k].place, "bits '%s' and '%s' are the same bit %u of '%s'", m->bit[i].name,
                        m->bit[k].name,
                     m->bit[i].bit, m->value[m->bit[i].value].name);
            if (strcmp(m->bit[i].name, m->bit[k].name) == 0)
                lint_in(out, m, m->bit[k].place, "bit '%s' is there twice", m->bit[i].name);
        }
}

/* A value that spans into the next group would be read in two requests. */
static void lint_groups(const struct device_map *m, struct lint *out)
{
    for (size_t i = 0; i < m->groups; i++) {
        const struct map_group *g = &m->group[i];
        if (!g->is_atomic)
            lint_in(out, m, g->place, "group '%s' is not atomic: its values may be of different moments", g->name);
        for (size_t k = i + 1; k < m->groups; k++) {
            const struct map_group *h = &m->group[k];
            if (g->function == h->function && g->address < h->address + h->count && h->address < g->address + g->count)
                lint_in(out, m, h->place, "groups '%s' and '%s' read the same registers", g->name, h->name);
        }
    }
}

static void lint_canaries(const struct device_map *m, struct lint *out)
{
    for (size_t k = 0; k < m->canaries; k++) {
        const struct map_canary *c = &m->canary[k];
        for (size_t i = 0; i < m->groups; i++)
            if (m->group[i].function == c->function && m->group[i].count == c->count)
                lint_in(out, m, c->place,
                          "canary %zu reads %u registers like group '%s': a late reply of it would pass", k + 1,
                     c->count, m->group[i].name);
    }
    if (m->canaries == 2 && m->canary[0].count == m->canary[1].count)
        lint_in(out, m, m->canary[1].place,
                  "both canaries read %u registers: the second cannot be told from a late reply of the first",
             m->canary[0].count);
}

/* Commands that every run sends, some many times. */
static bool is_of_runs(const char *name)
{
    static const char *const names[] = {"stop", "enable", "disable", "alarm_reset", "home", "move"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void lint_manners(const struct device_map *m, const struct map_command *c, struct lint *out)
{
    if (c->endurance > 0 && is_of_runs(c->name))
        lint_in(out, m, c->place, "command '%s' writes a memory that bears %ld writes, in every run", c->name,
                c->endurance);
    if (c->repeat_within > 0.0 && !c->is_idempotent)
        lint_in(out, m, c->place, "command '%s' must be sent again within %.3g ms, but is not idempotent", c->name,
                  c->repeat_within * 1e3);
    if (strcmp(c->name, "stop") == 0 && (c->expect[0] || c->write[c->n - 1].pulse > 0.0))
        lint_in(out, m, c->place, "command 'stop' waits for an acknowledgement or a pulse: a stop must be one request");
}

/* A size whose sign stands in another request may get the sign of another moment. */
static void lint_signs(const struct device_map *m, struct lint *out)
{
    for (size_t i = 0; i < m->values; i++) {
        const struct map_value *v = &m->value[i];
        bool is_unsigned = v->number.type == REG_U16 || v->number.type == REG_U32;
        if (v->sign_bit >= 0 && m->value[m->bit[v->sign_bit].value].group != v->group)
            lint_in(out, m, v->place, "value '%s' and its sign are read in two requests", v->name);
        if (v->decimals_value >= 0 && m->value[v->decimals_value].group != v->group)
            lint_in(out, m, v->place, "value '%s' and its decimals are read in two requests", v->name);
        if (v->sign_bit >= 0 && !is_unsigned)
            lint_in(out, m, v->place, "value '%s' has two signs: its own and bit '%s'", v->name, v->sign);
    }
}

static void lint_commands(const struct device_map *m, struct lint *out)
{
    for (size_t i = 0; i < m->commands; i++) {
        const struct map_command *c = &m->command[i];
        unsigned run = 0;
        for (size_t k = 0; k + 1 < c->n; k++) {
            bool joins = k > 0 && last_of(&c->write[k - 1].number) + 1 == c->write[k].number.address;
            run = (joins ? run : 0) + reg_type_size(c->write[k].number.type);
            if (run > (unsigned)m->max_write)
                lint_in(out, m, c->place, "command '%s' writes more than %d registers in one request", c->name,
                        m->max_write);
            for (size_t j = k + 1; j + 1 < c->n; j++)
                if (c->write[k].number.address <= last_of(&c->write[j].number) &&
                    c->write[j].number.address <= last_of(&c->write[k].number))
                    lint_in(out, m, c->place, "command '%s': its writes to %u and %u overlap", c->name,
                            c->write[k].number.address,
                         c->write[j].number.address);
        }
        lint_manners(m, c, out);
        if (strcmp(c->name, "stop") == 0 && c->n != 1)
            lint_in(out, m, c->place, "command 'stop' needs %zu writes: a stop must be one request", c->n);
        if (strcmp(c->name, "stop") == 0 && !c->is_idempotent)
            lint_in(out, m, c->place,
                      "command 'stop' is not idempotent: it could not be sent again until it is proven");
    }
}

static void lint_watchdog(const struct device_map *m, struct lint *out)
{
    bool verified = false;
    for (size_t i = 0; i < m->verifies; i++)
        verified = verified || strstr(m->verify[i].name, "watchdog");
    if (!m->is_axis)
        return;
    if (m->watchdog == WATCHDOG_NONE)
        lint_in(out, m, m->watchdog_place, "watchdog none: nothing stops this axis when the PC dies");
    if (m->watchdog == WATCHDOG_DRIVE && !verified)
        lint_in(out, m, m->watchdog_place, "the drive's watchdog is not among the registers verified at start");
    if (map_find_command(m, "stop") < 0)
        lint_in(out, m, m->commands_place, "there is no command 'stop'");
}

void lint_map(const struct device_map *m, struct lint *out)
{
    lint_values(m, out);
    lint_signs(m, out);
    lint_groups(m, out);
    lint_canaries(m, out);
    lint_commands(m, out);
    lint_watchdog(m, out);
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

static void lint_serial(const struct bench *b, size_t link, struct lint *out)
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
            lint_find(out, "%s: time-out %.3g ms of '%s' is not above its transaction's %.3g ms", b->file,
                      d->timeout * 1e3, d->name,
                 t * 1e3);
    }
    if (load > 0.9)
        lint_find(out,
                  "%s: link '%s' would be %.0f %% busy with polls at %d baud: poll less often or take a line each",
                  b->file,
             b->link[link].name, load * 100.0, b->link[link].address.baud);
}

/* Between two sendings the longest other request on the link must fit, even one that is not answered. */
static void lint_repeats(const struct bench *b, struct lint *out)
{
    const struct bench_device *axis = &b->device[BENCH_AXIS];
    for (size_t i = 0; i < axis->map.commands; i++) {
        const struct map_command *c = &axis->map.command[i];
        if (c->repeat_within <= 0.0 || !is_of_runs(c->name))
            continue;
        for (size_t d = 0; d < BENCH_DEVICES; d++)
            if (b->device[d].link == axis->link && b->device[d].timeout > 0.5 * c->repeat_within)
                lint_find(out, "%s: command '%s' must be sent again within %.3g ms: a time-out of '%s' takes %.3g ms",
                          b->file,
                          c->name, c->repeat_within * 1e3, b->device[d].name, b->device[d].timeout * 1e3);
    }
}

void lint_bench(const struct bench *b, struct lint *out)
{
    for (size_t i = 0; i < b->links; i++)
        if (b->link[i].address.kind == BUS_KIND_RTU)
            lint_serial(b, i, out);
    for (size_t i = 0; i < BENCH_DEVICES; i++) {
        const struct bench_device *d = &b->device[i];
        if (d->map.watchdog == WATCHDOG_DRIVE && d->map.is_axis && b->axis.watchdog_time <= d->timeout + d->poll)
            lint_find(out,
                      "%s: watchdog time %.3g ms is not above one time-out plus one poll of '%s': it would stop "
                      "healthy runs",
                      b->file, b->axis.watchdog_time * 1e3, d->name);
    }
    lint_repeats(b, out);
    const struct bench_device *axis = &b->device[BENCH_AXIS];
    if (axis->map.watchdog == WATCHDOG_LEASH && 0.7 * b->axis.watchdog_time <= axis->poll + b->tick_period)
        lint_find(out,
                  "%s: leash of %.3g ms is too short for a position every %.3g ms: the axis would stop between hops",
                  b->file,
             b->axis.watchdog_time * 1e3, axis->poll * 1e3);
}
