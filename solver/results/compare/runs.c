/* runs.c -- bench runs as a measured set: net force over travel after contact while pressing, one curve a specimen.
 * Travel is what the axis moves after contact, never depth. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/stats.h"
#include "base/runfolder.h"
#include "solver/results/compare/parts.h"

struct run {
    char folder[PLACE], name[WORD], specimen[80], state[20];
    bool is_virtual, is_seen;      /* is_seen: contact, so that travel counts from there */
    size_t n;                      /* rows in the skin */
    double peak, peak_travel, end; /* N, um, um */
    double contact_force;          /* N from which travel counts; NAN: not stated */
};

/* As an import states it, else as the run's method does. */
static int read_contact(struct run *r, struct cnode root, struct err *e)
{
    struct cnode at = config_get(root, "contact");
    struct cnode stages = config_get(config_get(config_get(root, "configuration"), "method"), "stages");
    if (config_is(config_get(at, "force")))
        return config_quantity(at, "force", "N", RANGE_POSITIVE, &r->contact_force, e);
    r->contact_force = NAN;
    for (size_t i = 0; i < config_count(stages); i++) {
        at = config_get(config_item(stages, i), "approach");
        if (config_is(config_get(at, "contact_force")))
            return config_quantity(at, "contact_force", "N", RANGE_POSITIVE, &r->contact_force, e);
    }
    return 0;
}

static int read_yaml(struct run *r, struct err *e)
{
    char path[PLACE + 20];
    struct config *doc;
    const char *specimen = "", *state = "", *format;
    snprintf(path, sizeof path, "%s/%s", r->folder, RUN_YAML);
    int rc = config_open(&doc, path, e);
    if (rc) return rc;
    struct cnode root = config_root(doc), outcome = config_get(root, "outcome");
    rc = config_string(root, "format", &format, e);
    if (!rc && strcmp(format, RUN_FORMAT) != 0)
        rc = config_fail(config_get(root, "format"), e, ERR_PARSE, "format: '%s': must be %s", format, RUN_FORMAT);
    if (!rc) rc = config_bool(root, "virtual", &r->is_virtual, e);
    if (!rc && config_is(config_get(root, "specimen"))) rc = config_string(root, "specimen", &specimen, e);
    if (!rc) rc = config_string(outcome, "state", &state, e);
    if (!rc) rc = read_contact(r, root, e);
    r->is_seen = true;
    struct cnode contact = config_get(root, "contact");
    if (!rc && config_is(config_get(contact, "seen"))) rc = config_bool(contact, "seen", &r->is_seen, e);
    snprintf(r->specimen, sizeof r->specimen, "%s", specimen);
    snprintf(r->state, sizeof r->state, "%s", state);
    config_close(doc);
    return rc;
}

/* Corrected for the machine the travel still rises while a held force relaxes: the press alone is a curve of force over
 * travel. */
static bool is_pressing(const struct table *t, size_t row)
{
    size_t col;
    if (table_col(t, "state", &col, NULL)) return true;
    const char *state = table_cell(t, row, col);
    return strcmp(state, "approach") == 0 || strcmp(state, "contact") == 0 || strcmp(state, "insert") == 0;
}

static int add_readings(struct measured *m, size_t unit, const struct table *t, const double travel[],
                        const double force[], struct run *r, struct err *e)
{
    struct reading *grown = realloc(m->reading, (m->n + t->rows + 1) * sizeof *grown);
    if (!grown) return err_set(e, ERR_NOMEM, "out of memory");
    m->reading = grown;
    r->peak = r->peak_travel = r->end = NAN;
    for (size_t i = 0; i < t->rows; i++) { /* rows in the skin; the way up in air is none */
        if (!(travel[i] >= 0.0) || isnan(force[i])) continue;
        if (!(force[i] <= r->peak)) {
            r->peak = force[i];
            r->peak_travel = travel[i];
        }
        if (!(travel[i] <= r->end)) r->end = travel[i];
        r->n++;
        if (is_pressing(t, i))
            m->reading[m->n++] =
                (struct reading){.x = travel[i], .y = force[i], .sd = NAN, .unit = unit, .line = t->line[i]};
    }
    return 0;
}

static int read_run(struct compare *c, struct measured *m, const char *name, size_t unit, struct run *r, struct err *e)
{
    char path[PLACE + 20];
    struct table t;
    double *travel = NULL, *force = NULL;
    compare_path(c, name, r->folder);
    size_t n = strlen(r->folder);
    while (n > 1 && r->folder[n - 1] == '/')
        r->folder[--n] = '\0';
    const char *slash = strrchr(r->folder, '/');
    snprintf(r->name, sizeof r->name, "%.99s", slash ? slash + 1 : r->folder);
    int rc = read_yaml(r, e);
    if (rc) return rc;
    snprintf(path, sizeof path, "%s/%s", r->folder, RUN_SAMPLES);
    rc = table_read(&t, path, e);
    if (rc) return rc;
    rc = table_numbers(&t, "travel_um", true, &travel, e);
    if (!rc) rc = table_numbers(&t, "net_force_N", true, &force, e);
    if (!rc) rc = add_readings(m, unit, &t, travel, force, r, e);
    if (!rc && r->n < 3)
        rc = err_set(e, ERR_PARSE, "%s: %zu rows with a travel and a force: at least 3 are needed", path, r->n);
    free(travel);
    free(force);
    table_release(&t);
    return rc;
}

static void put(struct compare *c, size_t i, const char *key, double x)
{
    char at[80];
    snprintf(at, sizeof at, "runs/%zu/%s", i, key);
    if (isfinite(x)) record_number(c->record, at, x);
}

static void say_runs(struct compare *c, const struct run run[], size_t n)
{
    double peak[RUNS_MAX] = {0}, end[RUNS_MAX] = {0};
    for (size_t i = 0; i < n; i++) {
        const char *role = run[i].is_virtual ? "SYNTHETIC" : "MEASURED";
        char at[80];
        peak[i] = run[i].peak;
        end[i] = run[i].end;
        snprintf(at, sizeof at, "runs/%zu/name", i);
        record_text(c->record, at, run[i].name);
        snprintf(at, sizeof at, "runs/%zu/specimen", i);
        record_text(c->record, at, run[i].specimen);
        snprintf(at, sizeof at, "runs/%zu/role", i);
        record_text(c->record, at, role);
        if (!run[i].is_seen)
            compare_warn(c, "%s: no contact was seen in it: its travel counts from its first row, not from contact",
                         run[i].name);
        put(c, i, "peak_force_N", run[i].peak);
        put(c, i, "peak_travel_um", run[i].peak_travel);
        put(c, i, "largest_travel_um", run[i].end);
        compare_say(c, "    %-12s %-9s %-8s peak %.4g N at %.4g um, travel to %.5g um, %zu rows", run[i].specimen, role,
                    run[i].state, run[i].peak, run[i].peak_travel, run[i].end, run[i].n);
    }
    record_number(c->record, "peak_force_mean_N", stats_mean(peak, n));
    record_number(c->record, "largest_travel_mean_um", stats_mean(end, n));
    if (n < 2) return; /* one run has no scatter */
    record_number(c->record, "peak_force_sd_N", stats_sd(peak, n));
    record_number(c->record, "largest_travel_sd_um", stats_sd(end, n));
    compare_say(c, "    peak force %.4g +- %.2g N (sd of %zu runs)", stats_mean(peak, n), stats_sd(peak, n), n);
}

static int count_runs(struct compare *c, struct cnode list, size_t *in_file, size_t *all, struct err *e)
{
    if (!config_is_list(list)) return config_fail(list, e, ERR_PARSE, "runs: must be a list of run folders");
    *in_file = config_count(list);
    *all = *in_file + c->options->n_runs;
    if (*all >= 1 && *all <= RUNS_MAX) return 0;
    config_fail(list, e, ERR_PARSE, "%zu run folders: must be 1 to %d", *all, RUNS_MAX);
    err_hint(e, "name them under runs:, or with --run DIR");
    return ERR_PARSE;
}

/* The force from which all of them count travel: a model that is held against them must count from it, too. */
static void common_contact(struct compare *c, struct measured *m, const struct run run[], size_t n)
{
    double lowest = INFINITY, highest = 0.0;
    m->contact_force = run[0].contact_force;
    for (size_t i = 0; i < n; i++) {
        if (isnan(run[i].contact_force)) {
            m->contact_force = NAN;
            return;
        }
        lowest = fmin(lowest, run[i].contact_force);
        highest = fmax(highest, run[i].contact_force);
    }
    if (highest > 1.01 * lowest)
        compare_say(c, "    the runs count travel from %.3g to %.3g N: a model's is counted as the first one's", lowest,
                    highest);
}

int measured_read_runs(struct compare *c, struct compare_case *k, struct cnode at, struct err *e)
{
    static const char *const keys[] = {"runs", "grid", "source", "note", NULL};
    struct cnode list = config_get(at, "runs");
    struct measured *m = &k->m;
    size_t in_file = 0, all = 0;
    m->grid = 60;
    int rc = config_known(at, keys, e);
    if (!rc) rc = count_runs(c, list, &in_file, &all, e);
    if (!rc && config_is(config_get(at, "grid"))) rc = config_integer(at, "grid", 3, 400, &m->grid, e);
    struct run *run = rc ? NULL : calloc(RUNS_MAX, sizeof *run);
    m->unit_name = calloc(RUNS_MAX, sizeof *m->unit_name);
    if (!rc && (!run || !m->unit_name)) rc = err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; !rc && i < all; i++) {
        const char *name = i < in_file ? config_text(config_item(list, i)) : c->options->runs[i - in_file];
        rc = name ? read_run(c, m, name, i, &run[i], e)
                  : config_fail(config_item(list, i), e, ERR_PARSE, "runs: must be a list of run folders");
        if (!rc) snprintf(m->unit_name[i], WORD, "%.99s", run[i].specimen[0] ? run[i].specimen : run[i].name);
        m->is_virtual = m->is_virtual || (run && run[i].is_virtual);
    }
    m->n_units = all;
    m->has_x = m->has_units = true;
    m->average = AVERAGE_ARITHMETIC;
    m->n_data = m->n;
    snprintf(m->x_name, sizeof m->x_name, "travel_um");
    snprintf(m->y_name, sizeof m->y_name, "net_force_N");
    snprintf(m->x_unit, sizeof m->x_unit, "um");
    snprintf(m->y_unit, sizeof m->y_unit, "N");
    snprintf(m->from, sizeof m->from, "run folders");
    if (!rc) say_runs(c, run, all);
    if (!rc) common_contact(c, m, run, all);
    free(run);
    return rc;
}
