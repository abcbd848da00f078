/* analysis_read.c -- a run folder and the settings of its analysis. */
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/text/table.h"
#include "solver/insertion/settings.h"
#include "solver/results/analysis_read.h"

void analysis_note(struct run_analysis *a, const char *fmt, ...)
{
    va_list ap;
    if (a->n_notes >= ANALYSIS_NOTES) return;
    va_start(ap, fmt);
    vsnprintf(a->note[a->n_notes++], sizeof a->note[0], fmt, ap);
    va_end(ap);
}

/* ---- settings ---- */

static int setting(struct run_analysis *a, const char *key, const char *unit, struct range r, double *value,
                   bool *stated, struct err *e)
{
    struct cnode root = config_root(a->settings);
    *stated = config_is(config_get(root, key));
    if (!*stated) return 0;
    return config_quantity(root, key, unit, r, value, e);
}

static int read_settings(struct run_analysis *a, struct analysis_settings *s, bool given[], struct err *e)
{
    static const char *const keys[] = {"contact_force",
                                       "drop_threshold",
                                       "compliance",
                                       "compliance_uncertainty",
                                       "force_accuracy",
                                       "position_uncertainty",
                                       "relaxation_terms",
                                       "tip_diameter",
                                       "base_diameter",
                                       "mechanics",
                                       "seed",
                                       NULL};
    const struct {
        const char *key, *unit;
        struct range range;
        double *value;
        const char *assumed;
        bool in_run;     /* run.yaml may state it: NAN when it did not */
        double fallback; /* then */
    } list[] = {
        {"contact_force", "N", RANGE_POSITIVE, &s->contact_force, NULL, false, NAN},
        {"drop_threshold", "N", RANGE_POSITIVE, &s->drop_threshold, NULL, false, NAN},
        {"compliance_uncertainty", "m N-1", RANGE_NONNEG, &s->compliance_u, "a tenth of the compliance", false, NAN},
        {"force_accuracy", "1", RANGE_FRACTION, &s->force_accuracy, "0.005, a load cell of class 0.5", false, NAN},
        {"position_uncertainty", "m", RANGE_NONNEG, &s->position_u,
         "5 um, backlash and resolution of an ordinary stage", false, NAN},
        {"tip_diameter", "m", RANGE_NONNEG, &a->model.needles.tip_diameter, "10 um (for the model's depth)", true,
         10e-6},
        {"base_diameter", "m", RANGE_POSITIVE, &a->model.needles.base_diameter, "200 um (for the model's depth)", true,
         200e-6},
    };
    struct cnode root = config_root(a->settings);
    long terms = 0, seed = 1;
    bool stated;
    int rc = config_known(root, keys, e);
    if (!rc) rc = setting(a, "compliance", "m N-1", RANGE_NONNEG, &s->compliance, &stated, e);
    s->compliance_u = 0.1 * s->compliance;
    for (size_t i = 0; !rc && i < sizeof list / sizeof *list; i++) {
        rc = setting(a, list[i].key, list[i].unit, list[i].range, list[i].value, &stated, e);
        bool by_run = list[i].in_run && isfinite(*list[i].value);
        if (!rc && !stated && !by_run && list[i].in_run) *list[i].value = list[i].fallback;
        if (!rc && !stated && !by_run && list[i].assumed)
            analysis_note(a, "assumed: %s = %s", list[i].key, list[i].assumed);
    }
    if (!rc && config_is(config_get(root, "relaxation_terms")))
        rc = config_integer(root, "relaxation_terms", 1, PRONY_TERMS, &terms, e);
    if (!rc && config_is(config_get(root, "seed"))) rc = config_integer(root, "seed", 0, 2147483647, &seed, e);
    if (!rc) rc = mechanics_read(config_get(root, "mechanics"), &a->model.skin, given, e);
    s->relax_terms = (size_t)terms;
    a->model.seed = (unsigned long)seed;
    a->model.skin.compliance = s->compliance;
    return rc;
}

/* ---- run.yaml ---- */

static int read_format(struct cnode root, struct err *e)
{
    const char *format;
    int rc = config_string(root, "format", &format, e);
    if (rc || strcmp(format, RUN_FORMAT) == 0) return rc;
    return config_fail(config_get(root, "format"), e, ERR_PARSE, "format: '%.60s': this program reads %s", format,
                       RUN_FORMAT);
}

static int read_array(struct run_analysis *a, struct cnode at, struct err *e)
{
    struct insertion_needles *n = &a->model.needles;
    long count = 0;
    if (!config_is(at)) {
        analysis_note(a, "warning: the run names no needles: no values per needle and no estimate of the depth");
        return 0;
    }
    int rc = config_integer(at, "count", 1, PART_COUNT_MAX, &count, e);
    if (!rc) rc = config_quantity(at, "length", "m", RANGE_POSITIVE, &n->length, e);
    if (!rc) rc = config_quantity(at, "area", "m2", RANGE_POSITIVE, &n->area, e);
    n->count = (size_t)count;
    if (!rc && config_is(config_get(at, "tip_diameter")))
        rc = config_quantity(at, "tip_diameter", "m", RANGE_POSITIVE, &n->tip_diameter, e);
    if (!rc && config_is(config_get(at, "base_diameter")))
        rc = config_quantity(at, "base_diameter", "m", RANGE_POSITIVE, &n->base_diameter, e);
    return rc;
}

static int read_run_yaml(struct run_analysis *a, struct cnode root, struct analysis_settings *s, struct err *e)
{
    struct cnode axis = config_get(config_get(config_get(root, "configuration"), "bench"), "axis");
    const char *specimen = config_text(config_get(root, "specimen"));
    const char *state = config_text(config_get(config_get(root, "outcome"), "state"));
    int rc = read_format(root, e);
    if (!rc) rc = config_bool(root, "virtual", &a->is_virtual, e);
    if (!rc) rc = read_array(a, config_get(root, "needles"), e);
    if (!rc && config_is(config_get(axis, "compliance")))
        rc = config_quantity(axis, "compliance", "m N-1", RANGE_NONNEG, &s->compliance, e);
    else if (!rc)
        analysis_note(
            a, "assumed: compliance = 0: the run's bench states none; --set 'compliance=4 um/N' corrects the travel");
    snprintf(a->specimen, sizeof a->specimen, "%s", specimen ? specimen : "");
    if (!rc && state && strcmp(state, "done") != 0)
        analysis_note(a, "warning: the run did not end as planned: %.60s", state);
    if (!rc && a->is_virtual) analysis_note(a, "note: " LABEL_VIRTUAL);
    return rc;
}

/* Names of the runs of an import as a hint: the first whole, then the others. */
static void hint_runs(const char *folder, struct err *e)
{
    char path[FOLDER_PATH + 40], others[160] = "";
    size_t used = 0, n = 0;
    snprintf(path, sizeof path, "%s/runs", folder);
    struct dirent **name;
    int found = scandir(path, &name, NULL, alphasort);
    char first[260] = "";
    for (int i = 0; i < found; i++) {
        char file[2 * FOLDER_PATH];
        snprintf(file, sizeof file, "%s/%.300s/" RUN_YAML, path, name[i]->d_name);
        if (access(file, F_OK) == 0) {
            if (n++ == 0) snprintf(first, sizeof first, "%s", name[i]->d_name);
            else if (used + 40 < sizeof others)
                used += (size_t)snprintf(others + used, sizeof others - used, "%s%.30s", n > 2 ? ", " : "",
                                         name[i]->d_name);
        }
        free(name[i]);
    }
    if (found >= 0) free(name);
    if (n)
        err_hint(e, "mnsim analyse %s/%s%s%s%s", path, first, used ? "   (also " : "", others, used ? ")" : "");
    else
        err_hint(e, "only force curves become runs; this import has none");
}

/* What stands in place of a run folder, and what to do. */
static int refuse_no_run(const char *given, struct err *e)
{
    char path[FOLDER_PATH + 40];
    struct stat is;
    struct config *doc;
    snprintf(path, sizeof path, "%s/import.yaml", given);
    if (access(path, F_OK) == 0) {
        if (e) *e = (struct err){0};
        err_set(e, ERR_IO, "'%s' is the folder of an import, which holds several runs", given);
        hint_runs(given, e);
        return ERR_IO;
    }
    if (stat(given, &is) != 0 || S_ISDIR(is.st_mode)) {
        err_hint(e,
                 "'mnsim analyse' takes a run folder, as 'mnrig run' names it; of 'mnsim import' one of its runs/NAME");
        return ERR_IO;
    }
    bool is_map = config_open(&doc, given, NULL) == 0;
    const char *kind = is_map ? config_text(config_get(config_root(doc), "kind")) : NULL;
    is_map = is_map && config_is(config_get(config_root(doc), "import"));
    bool is_curve = kind && strcmp(kind, "curve") == 0;
    if (e) *e = (struct err){0};
    if (!is_map) {
        err_set(e, ERR_IO, "'%s' is a file: a run is a folder", given);
        err_hint(e, "as 'mnrig run' names it; a table of somebody else's machine goes through 'mnsim import' first");
    } else {
        err_set(e, ERR_IO, "'%s' is the map of an import, not a run", given);
        err_hint(e, is_curve ? "first 'mnsim import %.300s -o DIR', then 'mnsim analyse DIR/runs/SPECIMEN'"
                             : "'%.300s' holds no force curves: of its kind there is nothing to analyse", given);
    }
    config_close(doc);
    return ERR_IO;
}

int analysis_read_run(struct run_analysis *a, struct analysis_settings *s, bool given[], struct err *e)
{
    char path[FOLDER_PATH + 40];
    struct config *doc;
    *s = (struct analysis_settings){
        .contact_force = NAN, .drop_threshold = NAN, .force_accuracy = 0.005, .position_u = 5e-6};
    a->model.needles = (struct insertion_needles){.tip_diameter = NAN, .base_diameter = NAN};
    mechanics_init(&a->model.skin);
    snprintf(path, sizeof path, "%s/%s", a->run, RUN_YAML);
    int rc = config_open(&doc, path, e);
    if (rc) return refuse_no_run(a->run, e);
    rc = read_run_yaml(a, config_root(doc), s, e);
    config_close(doc);
    return rc ? rc : read_settings(a, s, given, e);
}

/* ---- samples.csv ---- */

static enum run_phase phase_of(const char *state)
{
    static const struct {
        const char *state;
        enum run_phase phase;
    } known[] = {{"approach", RUN_APPROACH}, {"insert", RUN_INSERT}, {"hold", RUN_HOLD}, {"retract", RUN_RETRACT}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(state, known[i].state) == 0) return known[i].phase;
    return RUN_OTHER;
}

struct columns {
    double *t, *x, *F, *x_age, *F_age;
};

static int read_columns(const struct table *t, struct columns *c, struct err *e)
{
    const struct {
        const char *name;
        double **to;
    } want[] = {{"time_s", &c->t},
                {"position_um", &c->x},
                {"net_force_N", &c->F},
                {"axis_age_ms", &c->x_age},
                {"force_age_ms", &c->F_age}};
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof want / sizeof *want; i++)
        rc = table_numbers(t, want[i].name, true, want[i].to, e);
    return rc;
}

/* Position at time t; tx ascending, *k remembers the place.  Before and behind the record: its ends. */
static double position_at(const double tx[], const double x[], size_t n, double t, size_t *k)
{
    while (*k + 1 < n && tx[*k + 1] <= t)
        (*k)++;
    if (*k + 1 >= n || t <= tx[*k] || !(tx[*k + 1] > tx[*k])) return x[*k];
    return x[*k] + (x[*k + 1] - x[*k]) * (t - tx[*k]) / (tx[*k + 1] - tx[*k]);
}

static void align(struct run_analysis *a, const struct columns *c, const struct table *t, size_t state)
{
    double *time = (double *)a->curve.t, *x = (double *)a->curve.x,
           *F = (double *)a->curve.F; /* owned, filled here once */
    enum run_phase *phase = (enum run_phase *)a->curve.phase;
    size_t n = 0, k = 0;
    for (size_t i = 0; i < t->rows; i++) /* compacts in place: rows that hold position and force */
        if (isfinite(c->t[i]) && isfinite(c->x[i]) && isfinite(c->F[i])) {
            double F_age = isfinite(c->F_age[i]) ? c->F_age[i] : 0.0, x_age = isfinite(c->x_age[i]) ? c->x_age[i] : 0.0;
            time[n] = c->t[i] - F_age * 1e-3;
            F[n] = c->F[i];
            phase[n] = phase_of(table_cell(t, i, state));
            c->x[n] = c->x[i] * 1e-6;
            c->t[n++] = c->t[i] - x_age * 1e-3;
        }
    for (size_t i = 0; i < n; i++)
        x[i] = position_at(c->t, c->x, n, time[i], &k);
    a->curve.n = n;
}

int analysis_read_samples(struct run_analysis *a, struct err *e)
{
    char path[FOLDER_PATH + 40];
    struct table t;
    struct columns c = {0};
    size_t state;
    snprintf(path, sizeof path, "%s/%s", a->run, RUN_SAMPLES);
    int rc = table_read(&t, path, e);
    if (rc) return rc;
    rc = table_col(&t, "state", &state, e);
    if (!rc) rc = read_columns(&t, &c, e);
    if (!rc) {
        a->curve = (struct run_curve){0, calloc(t.rows + 1, sizeof(double)), calloc(t.rows + 1, sizeof(double)),
                                      calloc(t.rows + 1, sizeof(double)), calloc(t.rows + 1, sizeof(enum run_phase))};
        if (a->curve.t && a->curve.x && a->curve.F && a->curve.phase)
            align(a, &c, &t, state);
        else
            rc = err_set(e, ERR_NOMEM, "out of memory");
    }
    free(c.t);
    free(c.x);
    free(c.F);
    free(c.x_age);
    free(c.F_age);
    table_release(&t);
    return rc;
}

int analysis_read_reading(struct run_analysis *a, struct err *e)
{
    if (!run_has_penetration(a->run)) return 0;
    int rc = run_penetration_read(a->run, &a->reading, e);
    a->has_reading = !rc;
    return rc;
}
