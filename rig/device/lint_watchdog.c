/* lint_watchdog.c -- see lint_parts.h: is the drive's own watchdog on, with the bench's time, and read back at
 * start? */
#include <string.h>
#include "rig/device/lint_parts.h"

static const struct map_verify *find(const struct device_map *m, const char *name)
{
    for (size_t i = 0; i < m->verifies; i++)
        if (strcmp(m->verify[i].name, name) == 0)
            return &m->verify[i];
    return NULL;
}

static void lint_switch(const struct device_map *m, struct lint *out)
{
    const struct map_watchdog *w = &m->watchdog_set;
    const struct map_verify *v = find(m, "watchdog_enable");
    if (!v) {
        lint_place(out, LINT_ERROR, m, m->watchdog_place,
                   "verify: {name: watchdog_enable, address: ..., value: ..., write: true}",
                   "watchdog: register %u, which switches it on, is not among the registers verified at start",
                   w->switch_address);
        return;
    }
    if (v->number.address != w->switch_address)
        lint_place(out, LINT_ERROR, m, v->place, "watchdog/enable/address and verify must name one register",
                   "verify 'watchdog_enable': register %u: the watchdog is switched on by register %u",
                   v->number.address, w->switch_address);
    if (v->parameter[0])
        lint_place(out, LINT_ERROR, m, v->place, "give it the value that means on",
                   "verify 'watchdog_enable': parameter '%s': must be a constant", v->parameter);
    else if (!(v->constant >= w->on_lo && v->constant <= w->on_hi))
        lint_place(out, LINT_ERROR, m, v->place, "nothing else stops the axis when the PC dies",
                   "verify 'watchdog_enable': value %.10g: must be %.10g to %.10g: the drive's watchdog is off",
                   v->constant, w->on_lo, w->on_hi);
}

static void lint_time(const struct device_map *m, struct lint *out)
{
    const struct map_watchdog *w = &m->watchdog_set;
    const struct map_verify *v = find(m, "watchdog_time");
    if (!v) {
        lint_place(out, LINT_ERROR, m, m->watchdog_place,
                   "verify: {name: watchdog_time, address: ..., parameter: watchdog_time, unit: ms, write: true}",
                   "watchdog: register %u, its time, is not among the registers verified at start", w->time_address);
        return;
    }
    if (v->number.address != w->time_address)
        lint_place(out, LINT_ERROR, m, v->place, "watchdog/time/address and verify must name one register",
                   "verify 'watchdog_time': register %u: the watchdog's time is register %u", v->number.address,
                   w->time_address);
    if (strcmp(v->parameter, "watchdog_time") != 0)
        lint_place(out, LINT_ERROR, m, v->place, "parameter: watchdog_time: it is axis/watchdog_time of the bench",
                   "verify 'watchdog_time': must be the parameter watchdog_time: the budgets rest on it");
    if (!(v->number.lo > 0.0))
        lint_place(out, LINT_ERROR, m, v->place, "range: [1, the greatest that the drive takes]",
                   "verify 'watchdog_time': its range begins at %.10g: a time of 0 switches a watchdog off",
                   v->number.lo);
}

/* A name that only sounds like the watchdog, or a parameter under another's name. */
static void lint_names(const struct device_map *m, struct lint *out)
{
    for (size_t i = 0; i < m->verifies; i++) {
        const struct map_verify *v = &m->verify[i];
        bool is_one = strcmp(v->name, "watchdog_enable") == 0 || strcmp(v->name, "watchdog_time") == 0 ||
                      strcmp(v->name, "watchdog_action") == 0;
        if (strstr(v->name, "watchdog") && !is_one)
            lint_place(out, LINT_ERROR, m, v->place, "known names: watchdog_enable, watchdog_time, watchdog_action",
                       "verify '%s' is no known register of a watchdog", v->name);
        if (strncmp(v->parameter, "watchdog_", 9) == 0 && strcmp(v->parameter, v->name) != 0)
            lint_place(out, LINT_ERROR, m, v->place, "name and parameter must be the same",
                       "verify '%s': parameter '%s' belongs to another register", v->name, v->parameter);
        if (strcmp(v->name, "watchdog_action") == 0 && !v->parameter[0])
            lint_place(out, LINT_ERROR, m, v->place, "parameter: watchdog_action: it is said in the bench file",
                       "verify 'watchdog_action': must be the parameter watchdog_action");
        for (size_t k = i + 1; k < m->verifies; k++)
            if (lint_overlap(&v->number, &m->verify[k].number) || strcmp(v->name, m->verify[k].name) == 0)
                lint_place(out, LINT_ERROR, m, m->verify[k].place, "the second would write over the first",
                           "verify '%s' and '%s' are the same", v->name, m->verify[k].name);
    }
}

void lint_watchdog(const struct device_map *m, struct lint *out)
{
    if (m->watchdog == WATCHDOG_NONE && m->is_axis)
        lint_place(out, LINT_WARNING, m, m->watchdog_place,
                   "a bench must say why it may run so (axis/no_watchdog), or is refused",
                   "watchdog none: nothing stops this axis when the PC dies");
    if (m->watchdog_set.has_switch)
        lint_switch(m, out);
    else if (m->watchdog == WATCHDOG_DRIVE && find(m, "watchdog_enable"))
        lint_place(out, LINT_ERROR, m, m->watchdog_place, "watchdog/enable: {address: ..., on: [...]}",
                   "watchdog: enable: by_time: but verify has a register 'watchdog_enable'");
    if (m->watchdog_set.has_time)
        lint_time(m, out);
    lint_names(m, out);
}
