/* schedule.c -- times of a study: duration, outputs, patch removal, receptor samples; and its numerical settings. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solver/study/read.h"

/* Ascending times within (0, end], each with its own caret. */
static int read_times(struct cnode list, const char *what, double end, size_t most, double *out, size_t *n,
                      struct err *e)
{
    char subject[120];
    if (!config_is_list(list) || config_count(list) < 1 || config_count(list) > most)
        return config_fail(list, e, ERR_PARSE, "%s: must be a list of 1 to %zu times", what, most);
    *n = config_count(list);
    int rc = 0;
    for (size_t i = 0; !rc && i < *n; i++) {
        struct cnode at = config_item(list, i);
        rc = config_quantity_at(at, "s", RANGE_POSITIVE, &out[i], e);
        if (!rc && out[i] > end * (1.0 + 1e-12))
            rc = config_fail(at, e, ERR_RANGE, "%s: %s: must be at most the duration of %g h",
                             config_subject(at, subject, sizeof subject), config_text(at), end / 3600.0);
        if (!rc && i && !(out[i] > out[i - 1]))
            rc = config_fail(at, e, ERR_RANGE, "%s: %s: must be later than the time before it, %g h",
                             config_subject(at, subject, sizeof subject), config_text(at), out[i - 1] / 3600.0);
    }
    return rc;
}

static int every(struct cnode schedule, struct problem *p, struct err *e)
{
    double step;
    int rc = config_quantity(schedule, "every", "s", RANGE_POSITIVE, &step, e);
    if (rc) return rc;
    double n = floor(p->t_end / step * (1.0 + 1e-12));
    if (!(n >= 1.0 && n + 1.0 <= OUTPUTS_MAX))
        return config_fail(place(schedule, "every"), e, ERR_RANGE,
                           "schedule/every: %g h in %g h gives %.0f outputs: must be 1 to %d", step / 3600.0,
                           p->t_end / 3600.0, n, OUTPUTS_MAX - 1);
    for (p->n_out = 0; (double)p->n_out < n; p->n_out++)
        p->t_out[p->n_out] = fmin(p->t_end, step * (double)(p->n_out + 1));
    if (p->t_out[p->n_out - 1] < p->t_end * (1.0 - 1e-9)) p->t_out[p->n_out++] = p->t_end;
    return 0;
}

static int read_plan(struct study *s, struct err *e)
{
    static const char *const keys[] = {"duration", "outputs", "every", "steps", "repeat", "source", "note", NULL};
    struct problem *p = &s->problem;
    struct cnode at;
    int rc = config_need(config_root(s->doc), "schedule", &at, e);
    if (!rc) rc = config_known(at, keys, e);
    if (!rc) rc = config_quantity(at, "duration", "s", RANGE_POSITIVE, &p->t_end, e);
    if (rc) return rc;
    struct cnode outputs = config_get(at, "outputs");
    bool has_every = config_is(config_get(at, "every"));
    if (config_is(outputs) == has_every)
        return config_fail(at, e, ERR_PARSE,
                           "schedule: needs either 'outputs' (a list of times) or 'every' (one interval)");
    return has_every ? every(at, p, e)
                     : read_times(outputs, "schedule/outputs", p->t_end, OUTPUTS_MAX, p->t_out, &p->n_out, e);
}

static int read_removal(struct study *s, struct err *e)
{
    static const char *const keys[] = {"area",         "remove_at", "count", "dose_area",
                                       "orifice_area", "source",    "note",  NULL};
    struct cnode at = config_get(config_root(s->doc), "patch");
    bool found = false;
    double t = INFINITY;
    int rc = config_is(at) ? config_known(at, keys, e) : 0;
    if (!rc && config_text(config_get(at, "remove_at")) &&
        strcmp(config_text(config_get(at, "remove_at")), "never") == 0)
        return 0;
    if (!rc) rc = optional_quantity(at, "remove_at", "s", RANGE_POSITIVE, &t, &found, e);
    if (!rc && found && t > s->problem.t_end) {
        config_fail(place(at, "remove_at"), e, ERR_RANGE,
                    "patch/remove_at: %g h is after the end of the study: must be at most %g h", t / 3600.0,
                    s->problem.t_end / 3600.0);
        err_hint(e, "leave remove_at out, or write 'never', when the patch stays on");
        return ERR_RANGE;
    }
    if (!rc) s->problem.remove_at = t;
    return rc;
}

static int read_samples(struct study *s, struct err *e)
{
    struct receptor *r = &s->problem.receptor;
    struct cnode times, sampling = config_get(config_get(config_root(s->doc), "receptor"), "sampling");
    if (!config_is(sampling) || r->kind != RECEPTOR_FRANZ) return 0;
    int rc = config_need(sampling, "times", &times, e);
    return rc ? rc
              : read_times(times, "receptor/sampling/times", s->problem.t_end, SAMPLES_MAX, r->sample_at, &r->n_samples,
                           e);
}

static int read_numerics(struct study *s, struct err *e)
{
    static const char *const keys[] = {"level", "rtol", "error_estimate", "integrator", NULL};
    static const char *const integrators[] = {"auto", "cvode", "linear", NULL};
    struct cnode at = config_get(config_root(s->doc), "numerics");
    bool level = false, rtol = false;
    int integrator = INTEGRATOR_AUTO;
    s->error_estimate = true;
    int rc = config_is(at) ? config_known(at, keys, e) : 0;
    const struct range levels = {LEVEL_MIN, LEVEL_MAX, false, false}, rtols = {RTOL_MIN, RTOL_MAX, false, false};
    if (!rc) rc = optional_number(at, "level", levels, &s->problem.level, &level, e);
    if (!rc) rc = optional_number(at, "rtol", rtols, &s->problem.rtol, &rtol, e);
    if (!rc && config_is(config_get(at, "error_estimate")))
        rc = config_bool(at, "error_estimate", &s->error_estimate, e);
    if (!rc && config_is(config_get(at, "integrator")))
        rc = config_choice(at, "integrator", integrators, &integrator, e);
    s->problem.integrator = (enum integrator_kind)integrator;
    char value[40];
    if (!rc && !level) {
        snprintf(value, sizeof value, "%.17g", s->problem.level);
        note_add(s, NOTE_ASSUMED, "numerics/level", value, "%g: numerical default; the result estimates its error",
                 s->problem.level);
    }
    if (!rc && !rtol) {
        snprintf(value, sizeof value, "%.17g", s->problem.rtol);
        note_add(s, NOTE_ASSUMED, "numerics/rtol", value, "%g: numerical default; the result estimates its error",
                 s->problem.rtol);
    }
    return rc;
}

static int read_window(struct study *s, struct err *e)
{
    static const char *const keys[] = {"from", "to", NULL};
    struct cnode at = config_get(config_root(s->doc), "lab_window");
    bool found;
    int rc = optional_quantity(config_root(s->doc), "limit_of_quantification", "kg m-2", RANGE_NONNEG,
                               &s->quantification_limit, &found, e);
    if (rc || !config_is(at)) return rc;
    rc = config_known(at, keys, e);
    if (!rc) rc = config_quantity(at, "from", "s", RANGE_NONNEG, &s->lab_from, e);
    if (!rc) rc = config_quantity(at, "to", "s", RANGE_POSITIVE, &s->lab_to, e);
    if (rc) return rc;
    if (!(s->lab_to > s->lab_from) || s->lab_to > s->problem.t_end * (1.0 + 1e-12))
        return config_fail(place(at, "to"), e, ERR_RANGE,
                           "lab_window/to: %g h: must lie after 'from' (%g h) and within the duration (%g h)",
                           s->lab_to / 3600.0, s->lab_from / 3600.0, s->problem.t_end / 3600.0);
    size_t n = 0;
    for (size_t i = 0; i < s->problem.n_out; i++)
        n += s->problem.t_out[i] >= s->lab_from * (1.0 - 1e-9) && s->problem.t_out[i] <= s->lab_to * (1.0 + 1e-9);
    if (n < 4)
        return config_fail(at, e, ERR_RANGE, "lab_window: holds %zu output times: a regression line needs at least 4",
                           n);
    return 0;
}

static int read_outputs(struct study *s, struct err *e)
{
    static const char *const keys[] = {"fields", NULL};
    struct cnode at = config_get(config_root(s->doc), "outputs");
    if (!config_is(at)) return 0;
    int rc = config_known(at, keys, e);
    return rc ? rc : config_bool(at, "fields", &s->problem.keep_fields, e);
}

int read_schedule(struct study *s, struct err *e)
{
    int rc = read_plan(s, e);
    if (!rc) rc = read_outputs(s, e);
    if (!rc) rc = read_removal(s, e);
    if (!rc) rc = read_samples(s, e);
    if (!rc) rc = read_numerics(s, e);
    if (!rc) rc = read_window(s, e);
    return rc;
}
