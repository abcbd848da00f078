/* compare.c -- see compare.h: the file's head, its cases one after the other, and what is recorded of them. */
#include <gsl/gsl_version.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/provenance.h"
#include "solver/results/compare/parts.h"

const char *const role_word[] = {"FITTED", "PREDICTED", "SYNTHETIC"};

const char *verdict_word(const struct verdict *v)
{
    static const char *const word[2][2][2] = {{{"NOT MET", "NOT MET, changed"}, {"met", "met, changed"}},
                                              {{"NOT CONSISTENT", "NOT CONSISTENT, changed"},
                                               {"consistent", "consistent, changed"}}};
    return word[v->role == ROLE_SYNTHETIC][v->met][v->is_changed];
}

void compare_say(struct compare *c, const char *fmt, ...)
{
    if (c->n_lines >= LINES_MAX) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(c->line[c->n_lines++], sizeof c->line[0], fmt, ap);
    va_end(ap);
}

void compare_warn(struct compare *c, const char *fmt, ...)
{
    char text[800];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    record_text(c->record, "warnings/-", text);
    compare_say(c, "  warning: %.700s", text);
}

struct verdict *compare_judge(struct compare *c, const struct compare_case *k, bool met, const char *fmt, ...)
{
    struct verdict *v = &c->verdict[c->n_verdicts < VERDICTS_MAX ? c->n_verdicts++ : VERDICTS_MAX - 1];
    *v = (struct verdict){.role = k->role, .met = met};
    snprintf(v->subject, sizeof v->subject, "%s", k->name);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v->text, sizeof v->text, fmt, ap);
    va_end(ap);
    return v;
}

const char *compare_path(const struct compare *c, const char *name, char buf[PLACE])
{
    const char *slash = strrchr(config_path(c->doc), '/');
    snprintf(buf, PLACE, "%s", name);
    if (name[0] != '/' && access(name, F_OK) != 0 && slash)
        snprintf(buf, PLACE, "%.*s/%s", (int)(slash - config_path(c->doc)), config_path(c->doc), name);
    return buf;
}

/* ---- reading ---- */

static int read_head(struct compare *c, struct err *e)
{
    static const char *const keys[] = {"comparison", "note", "verdict",  "seed",  "resamples",
                                       "confidence", "fit",  "criteria", "cases", NULL};
    static const char *const verdicts[] = {"required", "reported", NULL};
    struct cnode root = config_root(c->doc);
    long seed = 1, resamples = 2000;
    int verdict = 0;
    c->how = (struct agreement_settings){.confidence = 0.95};
    if (config_is(config_get(root, "kind"))) {
        int rc = config_fail(config_get(root, "kind"), e, ERR_PARSE, "kind: comparisons have no kinds any more");
        err_hint(e, "a list 'cases', each with 'measured' and 'simulated': docs/reference/config.md, Comparison");
        return rc;
    }
    int rc = config_string_copy(root, "comparison", c->title, sizeof c->title, e);
    if (!rc) rc = config_known(root, keys, e);
    if (!rc && config_is(config_get(root, "verdict"))) rc = config_choice(root, "verdict", verdicts, &verdict, e);
    if (!rc && config_is(config_get(root, "seed"))) rc = config_integer(root, "seed", 0, 2147483647, &seed, e);
    if (!rc && config_is(config_get(root, "resamples")))
        rc = config_integer(root, "resamples", 100, 100000, &resamples, e);
    if (!rc && config_is(config_get(root, "confidence")))
        rc = config_quantity(root, "confidence", "1", (struct range){0.5, 0.9999, false, false}, &c->how.confidence, e);
    c->how.seed = (unsigned long)seed;
    c->how.resamples = (size_t)resamples;
    c->is_required = verdict == 0;
    record_text(c->record, "comparison", c->title);
    return rc;
}

static int read_role(struct compare *c, struct compare_case *k, struct err *e)
{
    static const char *const roles[] = {"fitted", "predicted", NULL};
    struct cnode parameters = config_get(k->at, "parameters");
    int role = 1, rc = 0;
    if (k->has_simulated) rc = config_choice(k->at, "role", roles, &role, e);
    k->role = (enum role)role;
    if (rc) return rc;
    if (k->role == ROLE_FITTED && c->fit && !config_is(parameters))
        k->n_parameters = (long)fit_parameters(c);
    else if (k->role == ROLE_FITTED)
        rc = config_integer(k->at, "parameters", 1, 1000, &k->n_parameters, e);
    else if (config_is(parameters))
        rc = config_fail(parameters, e, ERR_PARSE, "parameters: a predicted case has none fitted to its data");
    return rc;
}

static int read_case(struct compare *c, struct cnode at, struct err *e)
{
    static const char *const keys[] = {"name", "role", "parameters", "measured", "simulated", "criteria", "note", NULL};
    struct compare_case *k = &c->item[c->n_cases++];
    k->at = at;
    int rc = config_known(at, keys, e);
    if (!rc) rc = config_string_copy(at, "name", k->name, sizeof k->name, e);
    k->has_simulated = config_is(config_get(at, "simulated"));
    if (!rc) rc = read_role(c, k, e);
    if (!rc) rc = measured_read(c, k, e);
    if (!rc) rc = points_make(k, e);
    if (!rc && k->m.grid) k->m.n_data = k->m.n;
    if (!rc) rc = criteria_read(c, k, e);
    return rc;
}

static int read_cases(struct compare *c, struct err *e)
{
    struct cnode list = {NULL, NULL};
    int rc = config_need(config_root(c->doc), "cases", &list, e);
    if (!rc && (!config_is_list(list) || config_count(list) < 1 || config_count(list) > CASES_MAX))
        rc = config_fail(list, e, ERR_PARSE, "cases: must be a list of 1 to %d cases", CASES_MAX);
    for (size_t i = 0; !rc && i < config_count(list); i++)
        rc = read_case(c, config_item(list, i), e);
    return rc;
}

/* What decides a verdict was to be stated beforehand: what the command line changed of it is said. */
static void warn_of_changes(struct compare *c)
{
    static const char *const own[] = {"role", "parameters", "criteria"};
    struct cnode root = config_root(c->doc);
    struct cnode head[] = {config_get(root, "criteria"), config_get(root, "confidence"), config_get(root, "verdict")};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        if (config_override_of(head[i]))
            compare_warn(c, "changed on the command line, not stated beforehand: %.300s", config_override_of(head[i]));
    for (size_t i = 0; i < c->n_cases; i++)
        for (size_t j = 0; j < sizeof own / sizeof *own; j++) {
            const char *by = config_override_of(config_get(c->item[i].at, own[j]));
            if (by) compare_warn(c, "changed on the command line, not stated beforehand: %.300s", by);
        }
}

/* ---- recording ---- */

static void put(struct compare *c, size_t i, const char *key, double x)
{
    char at[80];
    snprintf(at, sizeof at, "cases/%zu/%s", i, key);
    if (isfinite(x)) /* every case has every key: they are columns of a table in the report */
        record_number(c->record, at, x);
    else
        record_text(c->record, at, "-");
}

static void put_word(struct compare *c, size_t i, const char *key, const char *text)
{
    char at[80];
    snprintf(at, sizeof at, "cases/%zu/%s", i, key);
    record_text(c->record, at, text);
}

static double measure_of(const struct compare_case *k, const char *name)
{
    for (size_t i = 0; i < k->n_measures; i++)
        if (strcmp(k->measure[i].name, name) == 0) return k->measure[i].v.value;
    return NAN;
}

static void record_case(struct compare *c, size_t i)
{
    const struct compare_case *k = &c->item[i];
    double lo = INFINITY, hi = -INFINITY;
    for (size_t j = 0; j < k->n_points; j++) {
        lo = fmin(lo, k->predicted[j]);
        hi = fmax(hi, k->predicted[j]);
    }
    put_word(c, i, "name", k->name);
    put_word(c, i, "role", k->has_simulated ? role_word[k->role] : k->m.is_virtual ? "SYNTHETIC" : "MEASURED");
    put(c, i, "n_parameters", (double)k->n_parameters);
    put(c, i, "n_data", (double)k->m.n_data);
    put(c, i, "n_groups", k->m.has_units ? (double)k->m.n_units : NAN);
    put_word(c, i, "unit", k->m.y_unit);
    put(c, i, "bias", measure_of(k, "bias"));
    put(c, i, "rmse", measure_of(k, "rmse"));
    put(c, i, "mean_fold_error", measure_of(k, "mean_fold_error"));
    put(c, i, "concordance", measure_of(k, "concordance"));
    put(c, i, "simulated_lowest", lo);
    put(c, i, "simulated_highest", hi);
}

/* Where both sides of a case come from; of a table the hash, so that it can be told apart from a changed one. */
static void record_sources(struct compare *c)
{
    for (size_t i = 0; i < c->n_cases; i++) {
        static const char *const keys[] = {"study", "insertion", "result"};
        const struct compare_case *k = &c->item[i];
        struct cnode simulated = config_get(k->at, "simulated");
        char at[60];
        snprintf(at, sizeof at, "sources/%zu/case", i);
        record_text(c->record, at, k->name);
        snprintf(at, sizeof at, "sources/%zu/measured", i);
        record_text(c->record, at, k->m.from);
        snprintf(at, sizeof at, "sources/%zu/sha256", i);
        record_text(c->record, at, k->m.sha256[0] ? k->m.sha256 : "-");
        snprintf(at, sizeof at, "sources/%zu/simulated", i);
        const char *from = "-";
        for (size_t j = 0; j < 3; j++)
            if (config_text(config_get(simulated, keys[j]))) from = config_text(config_get(simulated, keys[j]));
        record_text(c->record, at, from);
    }
}

static void record_verdicts(struct compare *c)
{
    for (size_t i = 0; i < c->n_verdicts; i++) {
        const struct verdict *v = &c->verdict[i];
        char at[60];
        snprintf(at, sizeof at, "verdicts/%zu/subject", i);
        record_text(c->record, at, v->subject);
        snprintf(at, sizeof at, "verdicts/%zu/role", i);
        record_text(c->record, at, role_word[v->role]);
        snprintf(at, sizeof at, "verdicts/%zu/criterion_met", i);
        record_bool(c->record, at, v->met);
        snprintf(at, sizeof at, "verdicts/%zu/stated_beforehand", i);
        record_bool(c->record, at, !v->is_changed);
        snprintf(at, sizeof at, "verdicts/%zu/verdict", i);
        record_text(c->record, at, verdict_word(v));
        snprintf(at, sizeof at, "verdicts/%zu/text", i);
        record_text(c->record, at, v->text);
    }
}

static int record_all(struct compare *c, const char *path, struct err *e)
{
    char file[FOLDER_PATH + 100], hash[65] = "";
    bool any_virtual = false;
    int rc = sha256_file(path, hash, e);
    if (rc) return rc;
    for (size_t i = 0; i < c->n_cases; i++) {
        record_case(c, i);
        any_virtual = any_virtual || c->item[i].m.is_virtual || c->item[i].is_virtual;
    }
    if (any_virtual)
        record_text(c->record, "labels/-",
                    LABEL_VIRTUAL "; consistent or not, never validated");
    record_number(c->record, "confidence", c->how.confidence);
    record_integer(c->record, "seed", (long long)c->how.seed);
    record_integer(c->record, "resamples", (long long)c->how.resamples);
    record_sources(c);
    record_verdicts(c);
    record_bool(c->record, "all_criteria_met", compare_all_met(c));
    for (const char *const *v = c->options->overrides; v && *v; v++)
        record_text(c->record, "set_on_the_command_line/-", *v);
    record_subtree(c->record, "as_asked", config_root(c->doc));
    const char *const libraries[] = {"SUNDIALS CVODES", integrator_version(), "GSL", GSL_VERSION, NULL};
    struct provenance who = {"mnsim",  c->context->command, hash, c->context->unix_time, (int64_t)c->how.seed,
                             libraries};
    provenance_record(c->record, "provenance", &who);
    return record_write(c->record, folder_file(c->folder, "compare.yaml", file), e);
}

/* ---- the whole ---- */

static void say_note(struct compare *c, const struct compare_case *k)
{
    const char *note = config_text(config_get(k->at, "note"));
    if (note) compare_say(c, "  %.60s: %.150s", k->name, note);
}

static int compute_case(struct compare *c, struct compare_case *k, struct err *e)
{
    int rc = k->has_simulated ? simulated_fill(c, k, e) : 0;
    if (k->m.is_virtual || k->is_virtual) k->role = ROLE_SYNTHETIC;
    if (!rc) say_note(c, k);
    return rc ? rc : criteria_judge(c, k, e);
}

static int open_file(struct compare *c, const char *path, struct err *e)
{
    int rc = config_open(&c->doc, path, e);
    for (const char *const *v = c->options->overrides; !rc && v && *v; v++)
        rc = config_override(c->doc, *v, e);
    return rc;
}

int compare_run(struct compare *c, const char *path, const struct compare_options *o,
                const struct result_context *context, const struct folder *f, struct err *e)
{
    *c = (struct compare){.options = o, .context = context, .folder = f};
    c->item = calloc(CASES_MAX, sizeof *c->item);
    int rc = c->item ? open_file(c, path, e) : err_set(e, ERR_NOMEM, "out of memory");
    if (!rc) rc = record_new(&c->record, e);
    if (!rc) rc = read_head(c, e);
    if (!rc) rc = fit_open(c, e);
    if (!rc) rc = read_cases(c, e);
    if (!rc) warn_of_changes(c);
    if (!rc) rc = fit_solve_cases(c, e);
    for (size_t i = 0; !rc && i < c->n_cases; i++)
        rc = compute_case(c, &c->item[i], e);
    if (!rc && c->n_verdicts == 0) compare_say(c, "  no criteria are declared: nothing is judged");
    if (!rc) rc = compare_write_tables(c, e);
    if (!rc) compare_figures(c); /* they are named in the record */
    if (!rc) rc = record_all(c, path, e);
    return rc;
}

bool compare_all_met(const struct compare *c)
{
    for (size_t i = 0; i < c->n_verdicts; i++)
        if (!c->verdict[i].met) return false;
    return true;
}

void compare_release(struct compare *c)
{
    for (size_t i = 0; c->item && i < c->n_cases; i++) {
        measured_release(&c->item[i].m);
        curve_release(&c->item[i].curve);
        free(c->item[i].x);
        free(c->item[i].used);
    }
    fit_close(c);
    free(c->item);
    record_free(c->record);
    config_close(c->doc);
    c->item = NULL;
    c->n_cases = 0;
    c->record = NULL;
    c->doc = NULL;
}
