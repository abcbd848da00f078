/* lint_commands.c -- see lint_parts.h: what a map's commands write, and whether each can be told from the others. */
#include <string.h>
#include "rig/device/lint_parts.h"

bool lint_is_of_runs(const char *name)
{
    static const char *const names[] = {"stop", "enable", "disable", "alarm_reset", "home", "move"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static const struct map_write *trigger_of(const struct map_command *c) { return &c->write[c->n - 1]; }

static bool same_register(const struct map_write *a, const struct map_write *b)
{
    return a->is_coil == b->is_coil && lint_overlap(&a->number, &b->number);
}

static void lint_manners(const struct device_map *m, const struct map_command *c, struct lint *out)
{
    if (c->endurance > 0 && lint_is_of_runs(c->name))
        lint_place(out, LINT_ERROR, m, c->place, "it would wear out: use a command that writes no EEPROM",
                   "command '%s' writes a memory that bears %ld writes, in every run", c->name, c->endurance);
    if (c->repeat_within > 0.0 && !c->is_idempotent)
        lint_place(out, LINT_ERROR, m, c->place, "a relative move or an edge must not be repeated",
                   "command '%s' must be sent again within %.3g ms, but is not idempotent", c->name,
                   c->repeat_within * 1e3);
}

static void lint_stop(const struct device_map *m, const struct map_command *c, struct lint *out)
{
    const char *hint = "STOP overtakes everything and is sent again until it is proven";
    if (strcmp(c->name, "stop") != 0)
        return;
    if (c->expect[0] || trigger_of(c)->pulse > 0.0)
        lint_place(out, LINT_ERROR, m, c->place, hint,
                   "command 'stop' waits for an acknowledgement or a pulse: a stop must be one request");
    if (c->n != 1)
        lint_place(out, LINT_ERROR, m, c->place, hint, "command 'stop' needs %zu writes: a stop must be one request",
                   c->n);
    if (!c->is_idempotent)
        lint_place(out, LINT_ERROR, m, c->place, hint,
                   "command 'stop' is not idempotent: it could not be sent again until it is proven");
}

static void lint_writes(const struct device_map *m, const struct map_command *c, struct lint *out)
{
    unsigned run = 0;
    for (size_t k = 0; k + 1 < c->n; k++) {
        const struct map_write *w = &c->write[k];
        bool joins = k > 0 && lint_last_of(&c->write[k - 1].number) + 1 == w->number.address;
        run = (joins ? run : 0) + reg_type_size(w->number.type);
        if (run > (unsigned)m->max_write)
            lint_place(out, LINT_ERROR, m, c->place, "leave a gap, or check max_write in the device's manual",
                       "command '%s' writes more than %d registers in one request", c->name, m->max_write);
        for (size_t j = k + 1; j < c->n; j++)
            if (same_register(w, &c->write[j]))
                lint_place(out, LINT_ERROR, m, c->write[j].place, "one of the addresses or types is wrong",
                           "command '%s': its writes to %u and %u overlap", c->name, w->number.address,
                           c->write[j].number.address);
    }
}

/* Both write a constant to one register, and not the same one: a mode that tells them apart. */
static bool are_told_apart(const struct map_command *a, const struct map_command *b)
{
    for (size_t i = 0; i + 1 < a->n; i++)
        for (size_t k = 0; k + 1 < b->n; k++) {
            const struct map_write *v = &a->write[i], *w = &b->write[k];
            if (same_register(v, w) && !v->parameter[0] && !w->parameter[0] && v->constant != w->constant)
                return true;
        }
    return false;
}

static void lint_triggers(const struct device_map *m, const struct map_command *a, const struct map_command *b,
                          struct lint *out)
{
    const struct map_write *v = trigger_of(a), *w = trigger_of(b);
    bool same = same_register(v, w) && !v->parameter[0] && !w->parameter[0] && v->constant == w->constant;
    if (same && !are_told_apart(a, b))
        lint_place(out, LINT_ERROR, m, w->place, "one of them is wrong: the drive could not tell them apart",
                   "commands '%s' and '%s' have the same trigger, %s %u <- %.10g", a->name, b->name,
                   w->is_coil ? "coil" : "register", w->number.address, w->constant);
}

/* Does a command write to what starts another one, or only half of what another writes? */
static void lint_shared(const struct device_map *m, const struct map_command *a, const struct map_command *b,
                        struct lint *out)
{
    for (size_t i = 0; i + 1 < a->n; i++) {
        const struct map_write *w = &a->write[i];
        if (same_register(w, trigger_of(b)) && !b->is_one_request)
            lint_place(out, LINT_ERROR, m, w->place, "a parameter there would be taken for an order",
                       "command '%s' writes to register %u, the trigger of '%s'", a->name, w->number.address, b->name);
        for (size_t k = 0; k + 1 < b->n && a < b; k++) {
            const struct map_number *p = &w->number, *q = &b->write[k].number;
            bool same_place = p->address == q->address && reg_type_size(p->type) == reg_type_size(q->type);
            if (same_register(w, &b->write[k]) && !same_place)
                lint_place(out, LINT_ERROR, m, b->write[k].place, "half a number would be left as it was",
                           "register %u is a %s in '%s' and %u a %s in '%s'", p->address, reg_type_names[p->type],
                           a->name, q->address, reg_type_names[q->type], b->name);
        }
    }
}

/* What is verified is not to be written by a command. */
static void lint_verified(const struct device_map *m, const struct map_command *c, struct lint *out)
{
    for (size_t i = 0; i < m->verifies; i++)
        for (size_t k = 0; k < c->n; k++)
            if (!c->write[k].is_coil && lint_overlap(&c->write[k].number, &m->verify[i].number))
                lint_place(out, LINT_ERROR, m, m->verify[i].place, "one of the addresses is wrong",
                           "verify '%s' and command '%s' both use register %u", m->verify[i].name, c->name,
                           m->verify[i].number.address);
}

void lint_commands(const struct device_map *m, struct lint *out)
{
    for (size_t i = 0; i < m->commands; i++) {
        const struct map_command *c = &m->command[i];
        lint_writes(m, c, out);
        lint_manners(m, c, out);
        lint_stop(m, c, out);
        lint_verified(m, c, out);
        for (size_t k = 0; k < m->commands; k++) {
            if (k > i)
                lint_triggers(m, c, &m->command[k], out);
            if (k != i)
                lint_shared(m, c, &m->command[k], out);
        }
    }
    if (m->is_axis && map_find_command(m, "stop") < 0)
        lint_place(out, LINT_ERROR, m, m->commands_place, "an axis that cannot be told to stop is refused",
                   "there is no command 'stop'");
}
