/* sweep_compute.c -- see sweep.h: the cases on the processors of the machine, and a row of the journal for each. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/column.h"
#include "base/text/table.h"
#include "solver/ensemble/queue.h"
#include "solver/results/sweep.h"

/* Results that every row carries, with the column's unit. */
static const struct {
    const char *name, *suffix;
    bool has_error;
} results[] = {{"J_ss", "ug_cm2_h", true},
               {"lag_asymptotic", "h", true},
               {"Kp", "cm_h", true},
               {"J_max", "ug_cm2_h", true},
               {"t_max", "h", false},
               {"delivered_end", "ug_cm2", true},
               {"delivered_end_patch", "ug_patch", true},
               {"uptake_end", "ug_cm2", true},
               {"delivered_end_intact", "ug_cm2", false},
               {"ER_Q", "1", false},
               {"ER_J", "1", false},
               {"plasma_max", "ng_mL", true}};
enum { RESULTS = sizeof results / sizeof results[0] };

static const char *const inputs[] = {"needle_length_um",  "depth_um",      "density_per_cm2", "fill",
                                     "surface_radius_um", "tip_radius_um", "patch_area_cm2"};
enum { INPUTS = sizeof inputs / sizeof inputs[0] };

const char *const sweep_label_words[SWEEP_LABELS] = {"", "SYNTHETIC", "depth estimated", "SYNTHETIC; depth estimated"};

static const char *const extra[SWEEP_EXTRA] = {"map", "map_error", "map_x", "map_y"};

size_t sweep_columns(const struct sweep *w, char name[SWEEP_COLUMNS_MAX][SWEEP_NAME])
{
    size_t c = 0;
    snprintf(name[c++], SWEEP_NAME, "case");
    snprintf(name[c++], SWEEP_NAME, "status");
    snprintf(name[c++], SWEEP_NAME, "reason");
    for (size_t i = 0; i < w->n_axes; i++)
        snprintf(name[c++], SWEEP_NAME, "varied_%.79s", w->axis[i].key);
    for (size_t i = 0; i < INPUTS; i++)
        snprintf(name[c++], SWEEP_NAME, "%s", inputs[i]);
    for (size_t i = 0; i < RESULTS; i++) {
        snprintf(name[c++], SWEEP_NAME, "%s_%s", results[i].name, results[i].suffix);
        if (results[i].has_error) snprintf(name[c++], SWEEP_NAME, "%s_err_%s", results[i].name, results[i].suffix);
    }
    snprintf(name[c++], SWEEP_NAME, "label");
    snprintf(name[c++], SWEEP_NAME, "balance_rel");
    snprintf(name[c++], SWEEP_NAME, "unknowns");
    for (size_t i = 0; i < SWEEP_EXTRA; i++)
        snprintf(name[c++], SWEEP_NAME, "%s", extra[i]);
    return c;
}

static void write_inputs(struct table_out *o, const struct sweep *w, size_t i, const struct study *s)
{
    table_number(o, s ? s->needle_length * 1e6 : NAN);
    table_number(o, s ? s->depth * 1e6 : NAN);
    table_number(o, s ? s->density * 1e-4 : NAN);
    table_word(o, !s                                           ? w->fill[i / w->n_points]
                  : !s->has_channel                            ? "none"
                  : s->problem.channel.fill == CHANNEL_STIRRED ? "stirred"
                                                               : "diffusing");
    table_number(o, s ? s->problem.channel.r_surface * 1e6 : NAN);
    table_number(o, s ? s->problem.channel.r_tip * 1e6 : NAN);
    table_number(o, s ? study_patch_area(s) * 1e4 : NAN);
}

/* ---- one case ---- */

struct outcome {
    struct study *study; /* NULL: could not be read */
    bool good;
    struct endpoints endpoints;
    double balance;
    size_t unknowns;
    char reason[400]; /* why it failed, one line */
};

/* The number behind an axis' value in the unit of its label; NAN for what has no name here. */
static double axis_number(const char *key, const struct study *s)
{
    if (strcmp(key, "length") == 0) return s->needle_length * 1e6;
    if (strcmp(key, "depth") == 0) return s->depth * 1e6;
    if (strcmp(key, "density") == 0) return s->density * 1e-4;
    if (strcmp(key, "radius_ratio") == 0) return s->eta;
    if (strcmp(key, "fraction_of_length") == 0) return s->depth / s->needle_length;
    return NAN;
}

static void keep_numbers(struct sweep *w, size_t i, const struct outcome *o)
{
    struct sweep_case *c = &w->item[i];
    const struct endpoint *p = o->good ? endpoint_find(&o->endpoints, w->map) : NULL;
    *c = (struct sweep_case){.done = true, .good = o->good, .map = p ? p->value : NAN, .map_error = p ? p->error : NAN};
    for (size_t k = 0; k < 2; k++)
        c->x[k] = o->study && k < w->n_axes ? axis_number(w->axis[k].key, o->study) : NAN;
    if (o->study && o->study->is_virtual) c->label |= SWEEP_VIRTUAL;
    if (o->study && o->study->depth_estimated) c->label |= SWEEP_ESTIMATED;
    if (p) snprintf(w->map_unit, sizeof w->map_unit, "%s", p->unit);
    if (!o->good && !w->first_reason[0]) snprintf(w->first_reason, sizeof w->first_reason, "%s", o->reason);
}

static int write_row(struct table_out *t, const struct sweep *w, size_t i, const struct outcome *o, struct err *e)
{
    char value[SWEEP_VALUE];
    table_integer(t, (long long)i + 1);
    table_word(t, o->good ? "ok" : "failed");
    table_word(t, o->reason);
    for (size_t k = 0; k < w->n_axes; k++)
        table_word(t, sweep_value(w, i, k, value));
    write_inputs(t, w, i, o->study);
    for (size_t k = 0; k < RESULTS; k++) {
        const struct endpoint *p = o->good ? endpoint_find(&o->endpoints, results[k].name) : NULL;
        table_number(t, p ? p->value : NAN);
        if (results[k].has_error) table_number(t, p ? p->error : NAN);
    }
    table_word(t, sweep_label_words[w->item[i].label]);
    table_number(t, o->good ? o->balance : NAN);
    table_integer(t, (long long)o->unknowns);
    table_exact(t, w->item[i].map);
    table_exact(t, w->item[i].map_error);
    table_exact(t, w->item[i].x[0]);
    table_exact(t, w->item[i].x[1]);
    return table_end_row(t, e);
}

/* One line of an error, without the source line under it. */
static void first_line(const struct err *e, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)strcspn(e->msg, "\n"), e->msg);
}

static void compute(const struct sweep *w, size_t i, struct shelf *shelf, struct study *s, struct outcome *o)
{
    struct err e = {0};
    struct result r;
    if (sweep_study(w, i, s, &e)) {
        first_line(&e, o->reason, sizeof o->reason);
        return;
    }
    o->study = s;
    s->problem.shelf = shelf;
    if (result_compute(s, &r, &e)) {
        first_line(&e, o->reason, sizeof o->reason);
        return;
    }
    o->good = true;
    o->endpoints = r.endpoints;
    o->balance = r.solution.worst_balance;
    o->unknowns = r.solution.unknowns;
    result_release(&r);
}

/* ---- all cases ---- */

struct work {
    struct sweep *w;
    struct table_out *journal;
    pthread_mutex_t lock;
    const atomic_int *stop;
    size_t *todo, n_todo, finished;
    struct shelf *shelf[QUEUE_WORKERS_MAX]; /* one a thread */
    struct err err; /* of the journal */
    void (*tell)(void *self, size_t finished, size_t cases);
    void *self;
};

static void job(void *self, size_t worker, size_t i)
{
    struct work *k = self;
    size_t number = k->todo[i];
    pthread_mutex_lock(&k->lock);
    bool over = (k->stop && *k->stop) || k->err.code;
    pthread_mutex_unlock(&k->lock);
    struct study *s = over ? NULL : malloc(sizeof *s);
    struct outcome *o = s ? calloc(1, sizeof *o) : NULL;
    if (o && !k->shelf[worker] && !k->w->keeps_nothing) k->shelf[worker] = shelf_new();
    if (o) compute(k->w, number, k->shelf[worker], s, o);
    pthread_mutex_lock(&k->lock);
    if (!over && !o) err_set(&k->err, ERR_NOMEM, "out of memory for a case");
    if (o) {
        keep_numbers(k->w, number, o);
        write_row(k->journal, k->w, number, o, &k->err);
        k->finished++;
        if (k->tell) k->tell(k->self, k->finished + k->w->resumed, k->n_todo + k->w->resumed);
    }
    pthread_mutex_unlock(&k->lock);
    if (o && o->study) study_release(o->study);
    free(o);
    free(s);
}

/* Adds up what was found on the shelves, and clears them. */
static void clear_shelves(struct work *k)
{
    for (size_t i = 0; i < QUEUE_WORKERS_MAX; i++) {
        for (size_t kind = 0; kind < SHELF_KINDS; kind++) {
            struct shelf_use use = shelf_use(k->shelf[i], (enum shelf_kind)kind);
            k->w->use[kind].asked += use.asked;
            k->w->use[kind].found += use.found;
        }
        shelf_free(k->shelf[i]);
    }
}

/* The unit of the map's result is not in the journal: any endpoint of that name has it. */
static void name_unit(struct sweep *w)
{
    for (size_t k = 0; k < RESULTS && !w->map_unit[0]; k++)
        if (strcmp(results[k].name, w->map) == 0) {
            char column[80];
            snprintf(column, sizeof column, "x_%s", results[k].suffix);
            snprintf(w->map_unit, sizeof w->map_unit, "%s", column_unit(column));
        }
}

int sweep_compute(struct sweep *w, size_t threads, const atomic_int *stop,
                  void (*tell)(void *self, size_t finished, size_t cases), void *self, struct err *e)
{
    struct work k = {.w = w, .lock = PTHREAD_MUTEX_INITIALIZER, .stop = stop, .tell = tell, .self = self};
    int rc = sweep_open_journal(w, &k.journal, e);
    if (!rc && !(k.todo = calloc(w->n_cases + 1, sizeof *k.todo)))
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu cases", w->n_cases);
    for (size_t i = 0; !rc && i < w->n_cases; i++)
        if (!w->item[i].done && (!w->parts || i % w->parts == w->part - 1)) k.todo[k.n_todo++] = i;
    if (!rc && k.n_todo) queue_run(&(struct queue){k.n_todo, &k, job, NULL}, threads);
    clear_shelves(&k);
    if (!rc && k.err.code) rc = err_set(e, k.err.code, "%s", k.err.msg);
    if (rc)
        table_abandon(k.journal);
    else
        rc = table_close(k.journal, e);
    free(k.todo);
    pthread_mutex_destroy(&k.lock);
    name_unit(w);
    if (!rc && k.finished < k.n_todo) {
        rc = err_set(e, ERR_STOPPED, "stopped after %zu of %zu cases", k.finished + w->resumed,
                     k.n_todo + w->resumed);
        err_hint(e, "the same command goes on from there");
    }
    return rc;
}
