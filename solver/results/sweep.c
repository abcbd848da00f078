/* sweep.c -- see sweep.h: reading and computing.  Writing: sweep_write.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solver/ensemble/queue.h"
#include "solver/results/sweep.h"

/* The text of an override that gives an axis one of its values; short names for what is varied most. */
static void assignment(const struct sweep_axis *a, size_t i, char *out, size_t size)
{
    const char *value = config_text(config_item(a->values, i));
    if (strcmp(a->key, "length") == 0)
        snprintf(out, size, "needles/length=%s", value);
    else if (strcmp(a->key, "depth") == 0)
        snprintf(out, size, "insertion={depth: %s}", value);
    else if (strcmp(a->key, "fraction_of_length") == 0)
        snprintf(out, size, "insertion={fraction_of_length: %s}", value);
    else if (strcmp(a->key, "radius_ratio") == 0)
        snprintf(out, size, "channel/radius_ratio=%s", value);
    else
        snprintf(out, size, "%s=%s", a->key, value);
}

static int read_axes(struct sweep *w, struct err *e)
{
    struct cnode vary;
    int rc = config_need(config_root(w->doc), "vary", &vary, e);
    if (rc) return rc;
    if (!config_is_map(vary) || config_count(vary) < 1 || config_count(vary) > SWEEP_VARIED_MAX)
        return config_fail(vary, e, ERR_PARSE, "vary: must name 1 to %d values, each with a list", SWEEP_VARIED_MAX);
    w->n_cases = w->n_fills;
    for (size_t i = 0; i < config_count(vary); i++) {
        const char *key;
        struct sweep_axis *a = &w->axis[w->n_axes++];
        a->values = config_pair(vary, i, &key);
        a->n = config_count(a->values);
        snprintf(a->key, sizeof a->key, "%s", key);
        if (!config_is_list(a->values) || a->n < 1)
            return config_fail(a->values, e, ERR_PARSE, "vary/%s: must be a list of values", key);
        for (size_t k = 0; k < a->n; k++)
            if (!config_is_scalar(config_item(a->values, k)))
                return config_fail(config_item(a->values, k), e, ERR_PARSE,
                                   "vary/%s: each value must be a number with its unit", key);
        w->n_cases *= a->n;
        if (w->n_cases > SWEEP_CASES_MAX)
            return config_fail(vary, e, ERR_RANGE, "vary: more than %d cases", SWEEP_CASES_MAX);
    }
    return 0;
}

static int read_fills(struct sweep *w, struct err *e)
{
    static const char *const known[] = {"diffusing", "stirred", NULL};
    struct cnode fills = config_get(config_root(w->doc), "fills");
    w->n_fills = config_is(fills) ? config_count(fills) : 1;
    if (config_is(fills) && (!config_is_list(fills) || w->n_fills < 1 || w->n_fills > 2))
        return config_fail(fills, e, ERR_PARSE, "fills: must be a list of diffusing and stirred, or one of them");
    for (size_t i = 0; config_is(fills) && i < w->n_fills; i++) {
        const char *text = config_text(config_item(fills, i));
        if (!text || (strcmp(text, known[0]) && strcmp(text, known[1])))
            return config_fail(config_item(fills, i), e, ERR_PARSE, "fills: '%s': must be diffusing or stirred",
                               text ? text : "");
        snprintf(w->fill[i], sizeof w->fill[i], "%s", text);
    }
    return 0;
}

static void beside(const char *file, const char *name, char *out, size_t size)
{
    const char *slash = strrchr(file, '/');
    if (name[0] == '/' || !slash)
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "%.*s/%s", (int)(slash - file), file, name);
}

/* One line of an error, without the source line under it. */
static void first_line(const struct err *e, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)strcspn(e->msg, "\n"), e->msg);
}

static int load_case(struct sweep *w, size_t number, const struct study_options *options, struct err *e)
{
    struct sweep_case *c = &w->item[number];
    char text[SWEEP_VARIED_MAX + 1][200];
    const char *list[64 + SWEEP_VARIED_MAX + 2];
    size_t n = 0, rest = number;
    for (const char *const *o = options->overrides; o && *o && n < 64; o++)
        list[n++] = *o;
    for (size_t i = 0; i < w->n_axes; i++) {
        c->index[i] = rest % w->axis[i].n;
        rest /= w->axis[i].n;
        assignment(&w->axis[i], c->index[i], text[i], sizeof text[i]);
        list[n++] = text[i];
    }
    c->fill = rest;
    if (w->fill[0][0]) {
        snprintf(text[SWEEP_VARIED_MAX], sizeof text[0], "channel/fill=%s", w->fill[c->fill]);
        list[n++] = text[SWEEP_VARIED_MAX];
    }
    list[n] = NULL;
    struct err mine = {0};
    c->study = malloc(sizeof *c->study);
    if (!c->study) return err_set(e, ERR_NOMEM, "out of memory for %zu cases", w->n_cases);
    if (study_load(c->study, w->study_path, &(struct study_options){list, options->config_dir}, &mine)) {
        first_line(&mine, c->reason, sizeof c->reason);
        free(c->study);
        c->study = NULL;
    }
    return 0;
}

static int read_file(struct sweep *w, const char *path, struct err *e)
{
    static const char *const keys[] = {"sweep", "note", "study", "vary", "fills", "map", NULL};
    const char *title, *study, *map = "delivered_end";
    int rc = config_open(&w->doc, path, e);
    if (!rc) rc = config_known(config_root(w->doc), keys, e);
    if (!rc) rc = config_string(config_root(w->doc), "sweep", &title, e);
    if (!rc) rc = config_string(config_root(w->doc), "study", &study, e);
    if (!rc && config_is(config_get(config_root(w->doc), "map")))
        rc = config_string(config_root(w->doc), "map", &map, e);
    if (rc) return rc;
    snprintf(w->title, sizeof w->title, "%s", title);
    snprintf(w->map, sizeof w->map, "%s", map);
    beside(path, study, w->study_path, sizeof w->study_path);
    rc = read_fills(w, e);
    return rc ? rc : read_axes(w, e);
}

int sweep_load(struct sweep *w, const char *path, const struct study_options *options, struct err *e)
{
    *w = (struct sweep){0};
    int rc = read_file(w, path, e);
    if (!rc) rc = study_load(&w->base, w->study_path, options, e); /* a mistake in the study itself is no failed case */
    if (!rc && !(w->item = calloc(w->n_cases, sizeof *w->item)))
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu cases", w->n_cases);
    for (size_t i = 0; !rc && i < w->n_cases; i++)
        rc = load_case(w, i, options, e);
    if (rc) sweep_release(w);
    return rc;
}

struct told {
    struct sweep *w;
    void (*tell)(void *self, size_t finished, size_t cases);
    void *self;
};

static void on_done(void *self, size_t finished, size_t jobs)
{
    struct told *t = self;
    if (t->tell) t->tell(t->self, finished, jobs);
}

static void compute_case(void *self, size_t i)
{
    struct sweep_case *c = &((struct told *)self)->w->item[i];
    struct err e = {0};
    struct result r;
    if (!c->study) return;
    if (result_compute(c->study, &r, &e)) {
        first_line(&e, c->reason, sizeof c->reason);
        return;
    }
    c->good = true;
    c->endpoints = r.endpoints;
    c->balance = r.solution.worst_balance;
    c->unknowns = r.solution.unknowns;
    result_release(&r);
}

void sweep_compute(struct sweep *w, void (*tell)(void *self, size_t finished, size_t cases), void *self)
{
    struct told told = {w, tell, self};
    queue_run(&(struct queue){w->n_cases, &told, compute_case, on_done}, 0);
}

size_t sweep_failures(const struct sweep *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_cases; i++)
        n += !w->item[i].good;
    return n;
}

void sweep_release(struct sweep *w)
{
    for (size_t i = 0; w->item && i < w->n_cases; i++)
        if (w->item[i].study) {
            study_release(w->item[i].study);
            free(w->item[i].study);
        }
    free(w->item);
    study_release(&w->base);
    config_close(w->doc);
    *w = (struct sweep){0};
}
