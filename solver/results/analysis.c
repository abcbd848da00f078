/* analysis.c -- see analysis.h: the values, and the folder they go to. */
#include <gsl/gsl_version.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/provenance.h"
#include "base/show/plot.h"
#include "base/text/table.h"
#include "solver/insertion/settings.h"
#include "solver/results/analysis_read.h"

/* ---- the values as lines ---- */

static void add(struct run_analysis *a, const char *name, struct measured m, double scale, const char *unit,
                const char *remark)
{
    if (a->n_lines >= ANALYSIS_LINES || !isfinite(m.value)) return;
    struct analysis_line *l = &a->line[a->n_lines++];
    *l = (struct analysis_line){.value = m.value * scale, .u = m.u * scale};
    snprintf(l->name, sizeof l->name, "%s", name);
    snprintf(l->unit, sizeof l->unit, "%s", unit);
    snprintf(l->remark, sizeof l->remark, "%s", remark);
}

static struct measured ratio(struct measured m, double n) { return (struct measured){m.value / n, m.u / n}; }

static void add_press(struct run_analysis *a)
{
    const struct analysis *f = &a->found;
    struct measured none = {NAN, NAN}, drops = {(double)f->n_events, NAN};
    add(a, "contact_position", f->contact, 1e3, "mm", "interpolated crossing of contact_force");
    add(a, "noise", (struct measured){f->noise, NAN}, 1e3, "mN", "sd in free air");
    add(a, "press_speed", f->speed, 1e3, "mm/s", "");
    add(a, "insertion_events", drops, 1.0, "1", "drops above drop_threshold; smaller or faster ones are not seen");
    add(a, "first_insertion_force", f->n_events ? f->event[0].force : none, 1.0, "N", "before the first drop");
    add(a, "first_insertion_travel", f->n_events ? f->event[0].travel : none, 1e6, "um", "");
    add(a, "peak_force", f->peak_force, 1.0, "N", "");
    add(a, "end_travel", f->end_travel, 1e6, "um", "at the end of the press; holds the skin's sink, not depth");
    add(a, "stiffness", f->stiffness, 1e-3, "N/mm", "30 to 90 % of the first event's force");
    add(a, "plateau_force", f->plateau, 1.0, "N", "mean between the first event and base contact; uncertainty: sd");
    add(a, "base_contact_force", f->base_force, 1.0, "N", "hinge of two lines");
    add(a, "base_contact_travel", f->base_travel, 1e6, "um", "");
    add(a, "stiffness_after_base", f->stiffness_after_base, 1e-3, "N/mm", "");
    add(a, "work", f->work, 1e3, "mJ", "to the end of the press");
}

static void add_hold(struct run_analysis *a)
{
    const struct analysis *f = &a->found;
    const struct prony_fit *p = &f->hold;
    char name[48];
    if (f->has_hold) {
        double left = f->hold_end.value / f->hold_start.value; /* two readings; the cell's gain cancels */
        struct measured share = {1.0 - left, f->noise / f->hold_start.value * hypot(1.0, left)};
        add(a, "hold_time", (struct measured){f->hold_time, NAN}, 1.0, "s", "");
        add(a, "relaxation", share, 100.0, "%", "of the force at the start of the hold");
    }
    for (size_t k = 0; k < p->terms; k++) {
        bool long_term = p->tau[k] > 0.5 * f->hold_time;
        snprintf(name, sizeof name, "relaxation_share_%zu", k + 1);
        add(a, name, (struct measured){p->share[k], p->share_u[k]}, 1.0, "1",
            "of the fitted force at the start of the hold");
        snprintf(name, sizeof name, "relaxation_time_%zu", k + 1);
        add(a, name, (struct measured){p->tau[k], p->tau_u[k]}, 1.0, "s",
            long_term ? "longer than half the hold: poorly known, depends on slower terms not seen" : "");
    }
    if (p->terms)
        add(a, "relaxation_rest", (struct measured){p->rest_share, p->rest_share_u}, 1.0, "1",
            "extrapolated; slower terms than the hold are in it");
    add(a, "pull_off_force", f->pull_off, 1.0, "N", "lowest force on the way up");
    add(a, "pull_off_travel", f->pull_off_travel, 1e6, "um", "");
    add(a, "work_given_back", f->work_back, 1e3, "mJ", "on the way up");
}

static void add_per_needle(struct run_analysis *a)
{
    const struct analysis *f = &a->found;
    double n = (double)a->model.needles.count;
    if (!(n > 0.0)) return;
    if (f->n_events)
        add(a, "first_insertion_force_per_needle", ratio(f->event[0].force, n), 1e3, "mN", "array force / needles");
    add(a, "plateau_force_per_needle", ratio(f->plateau, n), 1e3, "mN", "array force / needles");
    add(a, "peak_force_per_needle", ratio(f->peak_force, n), 1e3, "mN", "array force / needles");
    add(a, "pull_off_force_per_needle", ratio(f->pull_off, n), 1e3, "mN", "array force / needles");
    if (isfinite(f->base_travel.value))
        add(a, "sink_at_base_contact",
            (struct measured){f->base_travel.value - a->model.needles.length, f->base_travel.u}, 1e6, "um",
            "travel less needle length: how far the skin gave way when the base plate landed");
}

static void add_depth(struct run_analysis *a)
{
    char remark[120];
    if (a->has_reading) {
        const struct run_penetration *p = &a->reading;
        bool modelled = strcmp(p->method, "model") == 0;
        snprintf(remark, sizeof remark, "%s: %s of %ld needles; uncertainty of the mean",
                 modelled ? "estimated" : "measured", p->method, p->n);
        add(a, "buried_depth", (struct measured){p->depth_mean, p->depth_sd / sqrt((double)p->n)}, 1e6, "um", remark);
        add(a, "buried_depth_sd", (struct measured){p->depth_sd, NAN}, 1e6, "um", "between needles");
        add(a, "penetrated_fraction", (struct measured){p->fraction, NAN}, 1.0, "1",
            modelled ? "estimated" : "measured");
    }
    if (!a->has_model) return;
    const struct insertion_spread *s = &a->spread;
    struct measured depth = {s->depth, hypot(s->specimen_sd, s->value_error)};
    add(a, a->has_reading ? "buried_depth_by_model" : "buried_depth", depth, 1e6, "um",
        "estimated by the insertion model; uncertainty: specimens and the model's own values");
    add(a, a->has_reading ? "buried_depth_sd_by_model" : "buried_depth_sd", (struct measured){s->needle_sd, NAN}, 1e6,
        "um", "estimated, between needles");
    add(a, a->has_reading ? "penetrated_fraction_by_model" : "penetrated_fraction", (struct measured){s->fraction, NAN},
        1.0, "1", "estimated");
}

/* ---- the model beside it ---- */

/* The same press: force and speed as measured.  A model that fails leaves a note, not a failure: the run is good. */
static void estimate_depth(struct run_analysis *a, const bool given[])
{
    struct insertion_case *c = &a->model;
    struct insertion_result r;
    struct err e = {0};
    if (!c->needles.count || !(a->found.peak_force.value > 0.0)) return;
    c->press = (struct press){.speed = fmax(1e-6, a->found.speed.value),
                              .force = a->found.peak_force.value,
                              .travel = NAN,
                              .hold = a->found.has_hold ? a->found.hold_time : 0.0};
    if (a->found.contact_force < c->press.force) c->press.contact_force = a->found.contact_force;
    c->step = 10e-6;
    int rc = insertion_spread(c, given, &a->spread, &e);
    if (!rc) {
        c->press.retract_speed = c->press.speed;
        rc = insertion_run(c, &r, &e);
        if (!rc) rc = insertion_summarise(c, &r, a->found.drop_threshold, &a->predicted, &e);
        insertion_release(&r);
    }
    a->has_model = !rc;
    if (rc) analysis_note(a, "warning: no estimate of the depth: %.150s", e.msg);
}

static int open_settings(struct run_analysis *a, const char *const overrides[], struct err *e)
{
    int rc = config_parse(&a->settings, "settings", "{}\n", 3, e);
    for (const char *const *v = overrides; !rc && v && *v; v++)
        rc = config_override(a->settings, *v, e);
    return rc;
}

static int find(struct run_analysis *a, const char *const overrides[], bool given[], struct err *e)
{
    struct analysis_settings s;
    int rc = open_settings(a, overrides, e);
    if (!rc) rc = analysis_read_run(a, &s, given, e);
    if (!rc) rc = analysis_read_samples(a, e);
    if (!rc) rc = analysis_read_reading(a, e);
    if (rc) return rc;
    rc = analyse_curve(&a->curve, &s, &a->found, e);
    if (rc) err_at(e, "%s/%s", a->run, RUN_SAMPLES);
    return rc;
}

static void name_run(struct run_analysis *a, const char *run)
{
    *a = (struct run_analysis){0};
    size_t n = strlen(run);
    while (n > 1 && run[n - 1] == '/')
        n--;
    snprintf(a->run, sizeof a->run, "%.*s", (int)n, run);
}

int run_analysis_make(struct run_analysis *a, const char *run, const char *const overrides[], struct err *e)
{
    bool given[MECHANICS_MAX] = {false};
    name_run(a, run);
    int rc = find(a, overrides, given, e);
    if (rc) {
        run_analysis_release(a);
        return rc;
    }
    estimate_depth(a, given);
    add_press(a);
    add_hold(a);
    add_per_needle(a);
    add_depth(a);
    return 0;
}

int run_analysis_check(const char *run, struct err *e)
{
    struct run_analysis a;
    bool given[MECHANICS_MAX] = {false};
    name_run(&a, run);
    int rc = find(&a, NULL, given, e);
    run_analysis_release(&a);
    return rc;
}

void run_analysis_release(struct run_analysis *a)
{
    free((void *)a->curve.t);
    free((void *)a->curve.x);
    free((void *)a->curve.F);
    free((void *)a->curve.phase);
    analysis_release(&a->found);
    config_close(a->settings);
    *a = (struct run_analysis){0};
}

int run_analysis_place(const char *run, char *buf, size_t size, struct err *e)
{
    size_t n = strlen(run);
    while (n > 1 && run[n - 1] == '/')
        n--;
    for (int i = 1; i <= 99; i++) {
        int w = snprintf(buf, size, "%.*s_analysis_%02d", (int)n, run, i);
        if (w < 0 || (size_t)w >= size) return err_set(e, ERR_IO, "%.200s...: the folder's name is too long", run);
        if (access(buf, F_OK) != 0) return 0;
    }
    return err_set(e, ERR_IO, "%.*s: 99 analyses are there already", (int)n, run);
}

/* ---- files ---- */

static int write_events(const struct analysis *f, const char *path, struct err *e)
{
    static const char *const columns[] = {"event",   "time_s",    "travel_um", "travel_u_um",
                                          "force_N", "force_u_N", "drop_N",    "drop_u_N"};
    struct table_out *t;
    size_t n = f->n_events < DROPS_KEPT ? f->n_events : DROPS_KEPT;
    int rc = table_create(&t, path, columns, sizeof columns / sizeof *columns, e);
    for (size_t i = 0; !rc && i < n; i++) {
        const struct insertion_event *v = &f->event[i];
        table_integer(t, (long long)i + 1);
        table_number(t, v->time);
        table_number(t, v->travel.value * 1e6);
        table_number(t, v->travel.u * 1e6);
        table_number(t, v->force.value);
        table_number(t, v->force.u);
        table_number(t, v->size.value);
        table_number(t, v->size.u);
        rc = table_end_row(t, e);
        if (rc) table_abandon(t);
    }
    return rc ? rc : table_close(t, e);
}

static int write_curve(const struct run_analysis *a, const char *path, struct err *e)
{
    static const char *const phase[] = {"other", "approach", "insert", "hold", "retract"};
    static const char *const columns[] = {"time_s", "phase", "position_um", "travel_um", "force_N"};
    struct table_out *t;
    int rc = table_create(&t, path, columns, sizeof columns / sizeof *columns, e);
    for (size_t i = 0; !rc && i < a->curve.n; i++) {
        table_number(t, a->curve.t[i]);
        table_word(t, phase[a->curve.phase[i]]);
        table_number(t, a->curve.x[i] * 1e6);
        table_number(t, a->found.travel[i] * 1e6);
        table_number(t, a->found.force[i]);
        rc = table_end_row(t, e);
        if (rc) table_abandon(t);
    }
    return rc ? rc : table_close(t, e);
}

static void put_line(struct record *r, const struct analysis_line *l)
{
    char path[100];
    snprintf(path, sizeof path, "results/%s/value", l->name);
    record_number(r, path, l->value);
    snprintf(path, sizeof path, "results/%s/unit", l->name);
    record_text(r, path, l->unit);
    snprintf(path, sizeof path, "results/%s/uncertainty", l->name);
    if (isfinite(l->u)) record_number(r, path, l->u);
    snprintf(path, sizeof path, "results/%s/remark", l->name);
    if (l->remark[0]) record_text(r, path, l->remark);
}

static void put_model(struct record *r, const struct run_analysis *a)
{
    const struct insertion_summary *s = &a->predicted;
    const struct {
        const char *key;
        double value;
    } cell[] = {{"first_insertion_force_N", s->first_force},
                {"first_insertion_travel_um", s->first_travel * 1e6},
                {"full_insertion_force_N", s->full_force},
                {"base_contact_force_N", s->base_contact_force},
                {"base_contact_travel_um", s->base_contact_travel * 1e6},
                {"end_travel_um", s->end_travel * 1e6},
                {"force_after_hold_N", s->held_force},
                {"pull_off_force_N", s->pull_off}};
    if (!a->has_model) return;
    record_text(r, "model/meaning",
                "the same force and speed in the insertion model, for comparison; nothing is fitted to this run");
    for (size_t i = 0; i < sizeof cell / sizeof *cell; i++) {
        char path[80];
        snprintf(path, sizeof path, "model/%s", cell[i].key);
        if (isfinite(cell[i].value)) record_number(r, path, cell[i].value);
    }
}

static int write_summary(const struct run_analysis *a, const struct result_context *c, const char *path, struct err *e)
{
    struct record *r;
    char samples[FOLDER_PATH + 40], hash[65], title[FOLDER_PATH + 40];
    snprintf(samples, sizeof samples, "%s/%s", a->run, RUN_SAMPLES);
    int rc = sha256_file(samples, hash, e);
    if (!rc) rc = record_new(&r, e);
    if (rc) return rc;
    const char *slash = strrchr(a->run, '/');
    snprintf(title, sizeof title, "Analysis of %s", slash ? slash + 1 : a->run);
    record_text(r, "study", title);
    record_text(r, "run", a->run);
    record_text(r, "specimen", a->specimen);
    record_bool(r, "virtual", a->is_virtual);
    record_text(r, "labels/-", a->is_virtual ? LABEL_VIRTUAL : "MEASURED");
    bool read = a->has_reading && strcmp(a->reading.method, "model") != 0;
    if (!read && (a->has_model || a->has_reading)) record_text(r, "labels/-", LABEL_ESTIMATED);
    for (size_t i = 0; i < a->n_lines; i++)
        put_line(r, &a->line[i]);
    put_model(r, a);
    record_number(r, "settings_used/contact_force_N", a->found.contact_force);
    record_number(r, "settings_used/drop_threshold_N", a->found.drop_threshold);
    record_number(r, "settings_used/compliance_um_N", a->model.skin.compliance * 1e6);
    if (config_count(config_root(a->settings))) record_subtree(r, "settings_given", config_root(a->settings));
    record_text(r, "notes/-", "uncertainties are standard ones (k = 1); travel is not depth");
    for (size_t i = 0; i < a->n_notes; i++)
        record_text(r, "notes/-", a->note[i]);
    if (a->has_reading) record_text(r, "penetration_file", a->reading.file);
    record_text(r, "samples_sha256", hash);
    const char *const libraries[] = {"GSL", GSL_VERSION, NULL};
    struct provenance who = {"mnsim", c->command, hash, c->unix_time, (int64_t)a->model.seed, libraries};
    provenance_record(r, "provenance", &who);
    rc = record_write(r, path, e);
    record_free(r);
    return rc;
}

int run_analysis_write(const struct run_analysis *a, const struct result_context *c, const struct folder *f,
                       struct err *e)
{
    char path[FOLDER_PATH + 100];
    int rc = write_summary(a, c, folder_file(f, "summary.yaml", path), e);
    if (!rc) rc = write_events(&a->found, folder_file(f, "events.csv", path), e);
    return rc ? rc : write_curve(a, folder_file(f, "curve.csv", path), e);
}

int run_analysis_figures(const struct run_analysis *a, const struct folder *f, struct err *e)
{
    const struct analysis *v = &a->found;
    size_t n = a->curve.n, events = v->n_events < DROPS_KEPT ? v->n_events : DROPS_KEPT;
    double *x = calloc(n + 1, sizeof *x), at[DROPS_KEPT], F[DROPS_KEPT], base_x = v->base_travel.value * 1e6,
           base_F = v->base_force.value;
    char title[120];
    if (!x) return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        bool in_skin = v->travel[i] > -0.3e-3 && a->curve.phase[i] != RUN_OTHER;
        x[i] = in_skin ? v->travel[i] * 1e6 : NAN;
    }
    for (size_t i = 0; i < events; i++) {
        at[i] = v->event[i].travel.value * 1e6;
        F[i] = v->event[i].force.value;
    }
    snprintf(title, sizeof title, "%s%s", a->specimen[0] ? a->specimen : "run", a->is_virtual ? " (SYNTHETIC)" : "");
    struct plot_series series[] = {
        {.title = title, .style = PLOT_LINE, .n = n, .x = x, .y = v->force, .colour = 1},
        {.title = "insertion events", .style = PLOT_POINTS, .n = events, .x = at, .y = F, .colour = 2},
        {.title = "base contact", .style = PLOT_POINTS, .n = 1, .x = &base_x, .y = &base_F, .colour = 3}};
    bool base = isfinite(base_x) && events > 0;
    struct plot p = {.title = "Force over travel",
                     .xlabel = "travel after contact, corrected for the machine / um (not depth)",
                     .ylabel = "net force / N",
                     .n = base         ? 3
                          : events > 0 ? 2
                                       : 1,
                     .series = series};
    int rc = plot_write(&p, f->temporary, "force_travel", e);
    free(x);
    return rc;
}
