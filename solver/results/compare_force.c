/* compare_force.c -- force over travel of bench runs, side by side.  Travel is what the axis moves after contact, never
 * depth. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/stats.h"
#include "base/runfolder.h"
#include "base/show/plot.h"
#include "base/text/table.h"
#include "solver/results/compare.h"

enum { RUNS_MAX = 12 };

struct run {
    char folder[400], name[100], specimen[80], state[20];
    bool is_virtual;
    size_t n;
    double *travel, *force;        /* um, N: rows at or below the contact point */
    double peak, peak_travel, end; /* N, um, um */
    double contact;                /* position at contact, um; NAN when run.yaml has none */
};

static int read_yaml(struct run *r, struct err *e)
{
    char path[500];
    struct config *doc;
    const char *specimen = "", *state = "", *format;
    snprintf(path, sizeof path, "%s/%s", r->folder, RUN_YAML);
    int rc = config_open(&doc, path, e);
    if (rc) return rc;
    struct cnode root = config_root(doc), outcome = config_get(root, "outcome"), contact = config_get(root, "contact");
    rc = config_string(root, "format", &format, e);
    if (!rc && strcmp(format, RUN_FORMAT) != 0)
        rc = config_fail(config_get(root, "format"), e, ERR_PARSE, "format: '%s': must be %s", format, RUN_FORMAT);
    if (!rc) rc = config_bool(root, "virtual", &r->is_virtual, e);
    if (!rc && config_is(config_get(root, "specimen"))) rc = config_string(root, "specimen", &specimen, e);
    if (!rc) rc = config_string(outcome, "state", &state, e);
    r->contact = NAN;
    if (!rc && config_is(config_get(contact, "position")))
        rc = config_quantity(contact, "position", "m", RANGE_ANY, &r->contact, e);
    r->contact *= 1e6;
    snprintf(r->specimen, sizeof r->specimen, "%s", specimen);
    snprintf(r->state, sizeof r->state, "%s", state);
    config_close(doc);
    return rc;
}

static int read_samples(struct run *r, struct err *e)
{
    char path[500];
    struct table t;
    snprintf(path, sizeof path, "%s/%s", r->folder, RUN_SAMPLES);
    int rc = table_read(&t, path, e);
    if (rc) return rc;
    rc = table_numbers(&t, "travel_um", true, &r->travel, e);
    if (!rc) rc = table_numbers(&t, "net_force_N", true, &r->force, e);
    r->peak = r->peak_travel = r->end = NAN;
    for (size_t i = 0; !rc && i < t.rows; i++) { /* keeps the rows in the skin, in place; the way up in air is none */
        if (!(r->travel[i] >= 0.0) || isnan(r->force[i])) continue;
        r->travel[r->n] = r->travel[i];
        r->force[r->n] = r->force[i];
        if (!(r->force[r->n] <= r->peak)) {
            r->peak = r->force[r->n];
            r->peak_travel = r->travel[r->n];
        }
        if (!(r->travel[r->n] <= r->end)) r->end = r->travel[r->n];
        r->n++;
    }
    table_release(&t);
    return rc;
}

static int read_run(struct compare *c, const char *name, struct run *r, struct err *e)
{
    compare_path(c, name, r->folder, sizeof r->folder);
    size_t n = strlen(r->folder);
    while (n > 1 && r->folder[n - 1] == '/')
        r->folder[--n] = '\0';
    const char *slash = strrchr(r->folder, '/');
    snprintf(r->name, sizeof r->name, "%.99s", slash ? slash + 1 : r->folder);
    int rc = read_yaml(r, e);
    return rc ? rc : read_samples(r, e);
}

static int read_all(struct compare *c, struct run *run, size_t *n, struct err *e)
{
    static const char *const keys[] = {"comparison", "kind", "note", "runs", "verdict", NULL};
    struct cnode root = config_root(c->doc), list = config_get(root, "runs");
    int rc = config_known(root, keys, e);
    if (!rc && config_is(list) && !config_is_list(list))
        rc = config_fail(list, e, ERR_PARSE, "runs: must be a list of run folders");
    size_t in_file = config_count(list), all = in_file + c->options->n_runs;
    if (!rc && (all < 1 || all > RUNS_MAX)) {
        rc =
            config_fail(config_is(list) ? list : root, e, ERR_PARSE, "%zu run folders: must be 1 to %d", all, RUNS_MAX);
        err_hint(e, "name them under runs:, or with --run DIR");
    }
    for (; !rc && *n < all; (*n)++) {
        const char *name = *n < in_file ? config_text(config_item(list, *n)) : c->options->runs[*n - in_file];
        rc = name ? read_run(c, name, &run[*n], e)
                  : config_fail(config_item(list, *n), e, ERR_PARSE, "runs: must be a list of run folders");
        if (rc) {
            (*n)++; /* what was allocated for it is released with the others */
            break;
        }
    }
    return rc;
}

static int write_csv(const struct compare *c, const struct run *run, size_t n, struct err *e)
{
    static const char *const columns[] = {"run",          "specimen",       "role",
                                          "state",        "rows",           "contact_position_um",
                                          "peak_force_N", "peak_travel_um", "largest_travel_um"};
    char path[FOLDER_PATH + 100];
    struct table_out *o;
    int rc = table_create(&o, folder_file(c->folder, "compare.csv", path), columns, 9, e);
    for (size_t i = 0; !rc && i < n; i++) {
        table_word(o, run[i].name);
        table_word(o, run[i].specimen);
        table_word(o, run[i].is_virtual ? role_word[ROLE_SYNTHETIC] : "MEASURED");
        table_word(o, run[i].state);
        table_integer(o, (long long)run[i].n);
        table_number(o, run[i].contact);
        table_number(o, run[i].peak);
        table_number(o, run[i].peak_travel);
        table_number(o, run[i].end);
        rc = table_end_row(o, e);
    }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

static void draw(struct compare *c, const struct run *run, size_t n)
{
    struct plot_series series[RUNS_MAX];
    char title[RUNS_MAX][130];
    for (size_t i = 0; i < n; i++) {
        snprintf(title[i], sizeof title[i], "%s%s", run[i].specimen[0] ? run[i].specimen : run[i].name,
                 run[i].is_virtual ? " (SYNTHETIC)" : "");
        series[i] = (struct plot_series){.title = title[i],
                                         .style = PLOT_LINE,
                                         .n = run[i].n,
                                         .x = run[i].travel,
                                         .y = run[i].force,
                                         .colour = (int)i + 1};
    }
    struct plot p = {.title = c->title,
                     .xlabel = "travel after contact / um (not depth)",
                     .ylabel = "net force / N",
                     .n = n,
                     .series = series};
    compare_plot(c, &p, "force_travel");
}

static void report(struct compare *c, const struct run *run, size_t n)
{
    double peak[RUNS_MAX] = {0}, end[RUNS_MAX] = {0};
    bool any_virtual = false;
    for (size_t i = 0; i < n; i++) {
        char at[60];
        peak[i] = run[i].peak;
        end[i] = run[i].end;
        any_virtual = any_virtual || run[i].is_virtual;
        snprintf(at, sizeof at, "cases/%zu/name", i);
        record_text(c->record, at, run[i].name);
        snprintf(at, sizeof at, "cases/%zu/role", i);
        record_text(c->record, at, run[i].is_virtual ? role_word[ROLE_SYNTHETIC] : "MEASURED");
        snprintf(at, sizeof at, "cases/%zu/peak_force_N", i);
        record_number(c->record, at, run[i].peak);
        snprintf(at, sizeof at, "cases/%zu/largest_travel_um", i);
        record_number(c->record, at, run[i].end);
        compare_say(c, "    %-12s %-9s %-8s peak %.4g N at %.4g um, travel to %.5g um, %zu rows", run[i].specimen,
                    run[i].is_virtual ? "SYNTHETIC" : "MEASURED", run[i].state, run[i].peak, run[i].peak_travel,
                    run[i].end, run[i].n);
    }
    record_number(c->record, "peak_force_mean_N", stats_mean(peak, n));
    record_number(c->record, "largest_travel_mean_um", stats_mean(end, n));
    if (n > 1) { /* one run has no scatter */
        record_number(c->record, "peak_force_sd_N", stats_sd(peak, n));
        record_number(c->record, "largest_travel_sd_um", stats_sd(end, n));
        compare_say(c, "    peak force %.4g +- %.2g N (sd of %zu runs)", stats_mean(peak, n), stats_sd(peak, n), n);
    }
    if (any_virtual) {
        record_text(c->record, "labels/-", "virtual bench: rehearsal, not evidence");
        compare_say(c, "    virtual bench: rehearsal, not evidence");
    }
}

int compare_force(struct compare *c, struct err *e)
{
    struct run *run = calloc(RUNS_MAX + 1, sizeof *run);
    size_t n = 0;
    if (!run) return err_set(e, ERR_NOMEM, "out of memory");
    int rc = read_all(c, run, &n, e);
    if (!rc) rc = write_csv(c, run, n, e);
    if (!rc) {
        report(c, run, n);
        draw(c, run, n);
    }
    for (size_t i = 0; i < n && i <= RUNS_MAX; i++) {
        free(run[i].travel);
        free(run[i].force);
    }
    free(run);
    return rc;
}
