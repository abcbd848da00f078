/* lint_vocabulary.c -- see lint_parts.h: are a map's parameters and values those that this program fills and reads, and
 * does each measure what it must? */
#include <stdio.h>
#include <string.h>
#include "rig/device/lint_parts.h"
#include "rig/device/vocabulary.h"

static bool measures(const struct word *w, const struct map_number *n)
{
    return map_measures(n, w->si) || (w->or && map_measures(n, w->or));
}

static const char *kind_of(const char *si)
{
    static const char *const kinds[][2] = {{"m", "a length"}, {"m/s", "a speed"},        {"m/s2", "an acceleration"},
                                           {"s", "a time"},   {"N", "a force"}, {"1", "a number without unit"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i][0], si) == 0)
            return kinds[i][1];
    return si;
}

/* "it is 'target', 'speed' (needed), ..." */
static void list_words(const struct word_list *l, char out[], size_t size)
{
    size_t n = (size_t)snprintf(out, size, "%s", l->word[0].name ? "known here:" : "there are none here");
    for (const struct word *w = l->word; w->name && n < size; w++)
        n += (size_t)snprintf(out + n, size - n, "%s %s", w == l->word ? "" : ",", w->name);
}

/* One parameter against its list. */
static void judge(const struct device_map *m, const struct word_list *l, const char *what, const char *name,
                  const struct map_number *n, struct map_place at, struct lint *out)
{
    const char *names[VOCABULARY_MAX + 1] = {NULL};
    char known[200];
    const struct word *w = vocabulary_find(l, name);
    list_words(l, known, sizeof known);
    for (size_t i = 0; l->word[i].name; i++)
        names[i] = l->word[i].name;
    const char *near = w ? NULL : config_nearest(name, names);
    if (!w)
        lint_place(out, LINT_ERROR, m, at, known, "%s: parameter '%s' is none of its own%s%s%s", what, name,
                   near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
    else if (!measures(w, n))
        lint_place(out, LINT_ERROR, m, at, "the unit, or the name, is wrong", "%s: parameter '%s' in '%s': must be %s",
                   what, name, n->unit, kind_of(w->si));
}

static bool takes(const struct map_command *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->write[i].parameter, name) == 0)
            return true;
    return false;
}

static void lint_parameters(const struct device_map *m, const struct map_command *c, const struct word_list *l,
                            struct lint *out)
{
    char what[60], known[200];
    bool has_any = false;
    snprintf(what, sizeof what, "command '%s'", c->name);
    list_words(l, known, sizeof known);
    for (size_t i = 0; i < c->n; i++) {
        const struct map_write *w = &c->write[i];
        has_any = has_any || w->parameter[0];
        if (w->parameter[0])
            judge(m, l, what, w->parameter, &w->number, w->place, out);
        for (size_t k = 0; k < i && w->parameter[0]; k++)
            if (strcmp(w->parameter, c->write[k].parameter) == 0)
                lint_place(out, LINT_ERROR, m, w->place, "one of the two registers is for something else",
                           "%s: parameter '%s' is written twice", what, w->parameter);
    }
    for (const struct word *w = l->word; w->name; w++)
        if (w->is_needed && !takes(c, w->name))
            lint_place(out, LINT_ERROR, m, c->place, known, "%s: parameter '%s' is missing: must be %s", what, w->name,
                       kind_of(w->si));
    if (strcmp(c->name, "home") == 0 && has_any && !takes(c, "speed"))
        lint_place(out, LINT_ERROR, m, c->place, known, "%s: parameter 'speed' is missing: others are written", what);
}

/* A register that home and move share: what home leaves out is left as the last move left it. */
static void lint_left_over(const struct device_map *m, struct lint *out)
{
    int h = map_find_command(m, "home"), g = map_find_command(m, "move");
    if (h < 0 || g < 0)
        return;
    const struct map_command *home = &m->command[h], *move = &m->command[g];
    size_t shared = 0, missing = 0;
    for (size_t i = 0; i + 1 < move->n; i++) {
        bool found = false;
        for (size_t k = 0; k + 1 < home->n; k++)
            found = found || home->write[k].number.address == move->write[i].number.address;
        shared += found;
        missing += !found && move->write[i].parameter[0];
    }
    if (shared && missing)
        lint_place(out, LINT_WARNING, m, home->place, "if the drive uses it for homing too, write it",
                   "command 'home' writes some of the registers of 'move'; the rest stay as the last move left them");
}

static void lint_known_values(const struct device_map *m, struct lint *out)
{
    const struct word_list *l = vocabulary_of_values(m->is_axis);
    for (size_t i = 0; i < m->values; i++) {
        const struct map_value *v = &m->value[i];
        const struct word *w = vocabulary_find(l, v->name);
        if (w && !measures(w, &v->number))
            lint_place(out, LINT_ERROR, m, v->place, "the unit, or the name, is wrong",
                       "value '%s' in '%s': must be %s", v->name, v->number.unit, kind_of(w->si));
    }
}

void lint_vocabulary(const struct device_map *m, struct lint *out)
{
    lint_known_values(m, out);
    for (size_t i = 0; i < m->verifies; i++) {
        const struct map_verify *v = &m->verify[i];
        char what[60];
        snprintf(what, sizeof what, "verify '%s'", v->name);
        if (v->parameter[0])
            judge(m, vocabulary_of_verify(), what, v->parameter, &v->number, v->place, out);
    }
    for (size_t i = 0; i < m->commands && m->is_axis; i++) {
        const struct word_list *l = vocabulary_of_command(m->command[i].name);
        if (l)
            lint_parameters(m, &m->command[i], l, out);
    }
    lint_left_over(m, out);
}
