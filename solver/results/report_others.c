/* report_others.c -- sweep, comparison, fit, validation and bench run as sections of a report; see report_parts.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/show/runpage.h"
#include "base/text/number.h"
#include "base/text/table.h"
#include "solver/results/report_parts.h"

enum { ROWS_MAX = 60, COLUMNS_MAX = 12, PATH = 1100 };

static void title(const struct part *p, const char *key)
{
    report_section(p->r, sheet_word(p->root, key) ? sheet_word(p->root, key) : p->folder);
    part_boxes(p, "labels", "");
    part_boxes(p, "warnings", "Warning: ");
}

/* ---- a sweep ---- */

/* A column worth showing: it was varied, or it is one of the results that a reader asks for and not empty. */
static bool is_wanted(const struct table *t, size_t col)
{
    static const char *const results[] = {"status",
                                          "reason",
                                          "J_ss_ug_cm2_h",
                                          "lag_asymptotic_h",
                                          "delivered_end_ug_cm2",
                                          "delivered_end_err_ug_cm2",
                                          "delivered_end_patch_ug_patch",
                                          "plasma_max_ng_mL",
                                          "label"};
    bool is_result = strncmp(t->name[col], "varied_", 7) == 0 || strcmp(t->name[col], "fill") == 0;
    for (size_t k = 0; k < sizeof results / sizeof results[0]; k++)
        is_result = is_result || strcmp(t->name[col], results[k]) == 0;
    for (size_t i = 0; is_result && i < t->rows; i++)
        if (*table_cell(t, i, col))
            return true;
    return false;
}

/* Short words for what every sweep has; others by their keys. */
static void header_of(const char *name, char *out, size_t size)
{
    static const struct {
        const char *name, *words;
    } known[] = {{"J_ss_ug_cm2_h", "steady flux / ug/cm2/h"},
                 {"lag_asymptotic_h", "lag / h"},
                 {"delivered_end_ug_cm2", "delivered / ug/cm2"},
                 {"delivered_end_err_ug_cm2", "its error"},
                 {"delivered_end_patch_ug_patch", "per patch / ug"},
                 {"plasma_max_ng_mL", "plasma / ng/mL"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0) {
            snprintf(out, size, "%s", known[i].words);
            return;
        }
    key_words(name, out, size);
}

/* A status that is "ok" everywhere says nothing that the caption does not. */
static bool all_ok(const struct table *t, size_t col)
{
    bool same = strcmp(t->name[col], "status") == 0;
    for (size_t i = 0; same && i < t->rows; i++)
        same = strcmp(table_cell(t, i, col), "ok") == 0;
    return same;
}

static void cases_table(const struct part *p, const struct table *t)
{
    const char *header[COLUMNS_MAX];
    char words[COLUMNS_MAX][80], caption[120];
    size_t col[COLUMNS_MAX], n = 0;
    for (size_t k = 0; k < t->cols && n < COLUMNS_MAX; k++)
        if (k == 0 || (is_wanted(t, k) && !all_ok(t, k))) {
            const char *name = strncmp(t->name[k], "varied_", 7) == 0 ? t->name[k] + 7 : t->name[k];
            header_of(name, words[n], sizeof words[n]);
            header[n] = words[n];
            col[n++] = k;
        }
    for (size_t i = 0; i < t->rows && i < ROWS_MAX; i++)
        for (size_t k = 0; k < n; k++)
            sheet_short(p->sheet, table_cell(t, i, col[k]));
    snprintf(caption, sizeof caption, "Cases%s; all columns are in sweep.csv",
             t->rows > ROWS_MAX ? " (the first 60)" : "");
    sheet_put(p->sheet, p->r, caption, header, n);
}

int part_sweep(const struct part *p, struct err *e)
{
    static const char *const shown[] = {"sweep", "labels", "warnings", "provenance", NULL};
    char path[PATH];
    struct table t;
    snprintf(path, sizeof path, "%.1000s/sweep.csv", p->folder);
    int rc = table_read(&t, path, e);
    if (rc)
        return rc;
    title(p, "sweep");
    part_figures(p);
    sheet_rest(p->sheet, p->r, p->root, "Also recorded", shown);
    cases_table(p, &t);
    part_provenance(p);
    table_release(&t);
    return 0;
}

void glance_sweep(const struct part *p, char *out, size_t size)
{
    const char *cases = sheet_word(p->root, "cases"), *failed = sheet_word(p->root, "failed");
    snprintf(out, size, "%.20s cases, %.20s failed", cases ? cases : "?", failed ? failed : "?");
}

/* ---- a comparison ---- */

static bool is_changed(struct cnode verdict)
{
    const char *word = sheet_word(verdict, "stated_beforehand"); /* older files have none, and none is changed */
    return word && strcmp(word, "false") == 0;
}

static size_t n_changed(struct cnode root)
{
    struct cnode list = config_get(root, "verdicts");
    size_t n = 0;
    for (size_t i = 0; i < config_count(list); i++)
        n += is_changed(config_item(list, i));
    return n;
}

static void verdict_table(const struct part *p)
{
    static const char *const header[] = {"subject", "label", "criterion", "parameters fitted", "data", "detail"};
    struct cnode list = config_get(p->root, "verdicts"), cases = config_get(p->root, "cases");
    for (size_t i = 0; i < config_count(list); i++) {
        struct cnode at = config_item(list, i), of = {0};
        const char *met = sheet_word(at, "criterion_met"), *subject = sheet_word(at, "subject");
        const char *word = sheet_word(at, "verdict"); /* "consistent" and not "met" for what is synthetic */
        for (size_t k = 0; k < config_count(cases); k++) {
            const char *name = sheet_word(config_item(cases, k), "name");
            if (name && subject && strcmp(name, subject) == 0)
                of = config_item(cases, k);
        }
        sheet_add(p->sheet, subject);
        sheet_add(p->sheet, sheet_word(at, "role"));
        sheet_add(p->sheet, word ? word : met && strcmp(met, "true") == 0 ? "met" : "NOT MET");
        sheet_add(p->sheet,
                  sheet_word(at, "n_parameters") ? sheet_word(at, "n_parameters") : sheet_word(of, "n_parameters"));
        sheet_add(p->sheet, sheet_word(at, "n_data") ? sheet_word(at, "n_data") : sheet_word(of, "n_data"));
        sheet_add(p->sheet, sheet_word(at, "text"));
    }
    sheet_put(p->sheet, p->r,
              n_changed(p->root)
                  ? "Verdicts; those marked 'changed' are by criteria changed on the command line, the others were stated in "
                    "the comparison file beforehand"
                  : "Verdicts; the criteria were stated in the comparison file beforehand",
              header, 6);
}

/* Anything of a virtual bench in it, in whichever list. */
static bool is_synthetic(struct cnode root)
{
    static const char *const lists[] = {"verdicts", "cases", "runs"};
    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
        struct cnode list = config_get(root, lists[l]);
        for (size_t i = 0; i < config_count(list); i++) {
            const char *role = sheet_word(config_item(list, i), "role");
            if (role && strcmp(role, "SYNTHETIC") == 0)
                return true;
        }
    }
    return false;
}

static void fitted_table(const struct part *p)
{
    static const char *const header[] = {"fitted parameter", "value", "unit", "standard error / %"};
    struct cnode list = config_get(config_get(p->root, "fit"), "parameters");
    for (size_t i = 0; i < config_count(list); i++) {
        struct cnode at = config_item(list, i);
        sheet_words(p->sheet, sheet_word(at, "name"));
        sheet_short(p->sheet, sheet_word(at, "value"));
        sheet_add(p->sheet, sheet_word(at, "unit"));
        const char *error = sheet_word(at, "standard_error_percent");
        double percent;
        sheet_short(p->sheet,
                    error && number_parse(error, &percent) && percent > 1000.0 ? "left open by the data" : error);
    }
    sheet_put(p->sheet, p->r, "Fit; a standard error above 50 % means that these data hardly determine the parameter",
              header, 4);
}

static void compared_table(const struct part *p)
{
    static const char *const header[] = {"case", "label", "parameters", "data", "groups", "unit",
                                         "bias", "rmse",  "mean fold error", "concordance"};
    static const char *const key[] = {"name", "role", "n_parameters", "n_data",          "n_groups",
                                      "unit", "bias", "rmse",         "mean_fold_error", "concordance"};
    enum { KEYS = sizeof key / sizeof key[0] };
    struct cnode list = config_get(p->root, "cases");
    for (size_t i = 0; i < config_count(list) && i < ROWS_MAX; i++)
        for (size_t k = 0; k < KEYS; k++) {
            const char *text = sheet_word(config_item(list, i), key[k]);
            bool is_nothing = !text || strcmp(text, "-") == 0 || (k == 5 && strcmp(text, "1") == 0);
            sheet_short(p->sheet, is_nothing ? "" : text);
        }
    sheet_put(p->sheet, p->r, "Cases; bias and rmse are in the unit", header, KEYS);
}

int part_compare(const struct part *p, struct err *e)
{
    static const char *const shown[] = {"comparison", "kind",     "labels",           "warnings",   "verdicts", "fit",
                                        "cases",      "as_asked", "all_criteria_met", "provenance", "figures",  NULL};
    (void)e;
    title(p, "comparison");
    if (is_synthetic(p->root) && config_count(config_get(p->root, "labels")) == 0)
        report_warning(p->r, "SYNTHETIC: measured on a virtual bench: rehearsal, not evidence. Two models that agree "
                             "are "
                             "consistent; nothing is validated by it.");
    if (sheet_word(config_get(p->root, "as_asked"), "note"))
        report_paragraph(p->r, sheet_word(config_get(p->root, "as_asked"), "note"));
    verdict_table(p);
    part_figures(p);
    if (config_count(config_get(p->root, "cases")) > 0) part_missing(p, "overlay.svg", "mnsim compare draws it with gnuplot");
    compared_table(p);
    fitted_table(p);
    sheet_rest(p->sheet, p->r, p->root, "Also recorded", shown);
    if (config_count(config_get(p->root, "as_asked")) > 0) {
        report_subsection(p->r, "As it was asked");
        sheet_flat(p->sheet, config_get(p->root, "as_asked"), "");
        sheet_put(p->sheet, p->r, "The comparison file: measured, simulated, criteria", NULL, 2);
    }
    part_provenance(p);
    return 0;
}

void glance_compare(const struct part *p, char *out, size_t size)
{
    struct cnode list = config_get(p->root, "verdicts");
    size_t met[2] = {0}, n[2] = {0}; /* of evidence, of the synthetic */
    for (size_t i = 0; i < config_count(list); i++) {
        const char *text = sheet_word(config_item(list, i), "criterion_met"),
                   *role = sheet_word(config_item(list, i), "role");
        bool synthetic = role && strcmp(role, "SYNTHETIC") == 0;
        if (is_changed(config_item(list, i))) continue;
        met[synthetic] += text && strcmp(text, "true") == 0;
        n[synthetic]++;
    }
    size_t changed = n_changed(p->root), used = 0;
    if (n[0] + n[1] == 0) used = (size_t)snprintf(out, size, "no criterion was stated beforehand");
    if (n[0]) used = (size_t)snprintf(out, size, "%zu of %zu criteria met", met[0], n[0]);
    if (n[1])
        used += (size_t)snprintf(out + used, size - used, "%s%zu of %zu consistent", used ? "; " : "", met[1], n[1]);
    if (changed) snprintf(out + used, size - used, "; %zu changed on the command line", changed);
}

/* ---- a fit ---- */

/* On the parameter's own scale: of ln(value) where that was fitted, 0.07 being 7 %. */
static void add_standard_error(const struct part *p, struct cnode at)
{
    char text[60];
    const char *of_log = sheet_word(at, "standard_error_of_log");
    if (!of_log) {
        sheet_short(p->sheet, sheet_word(at, "standard_error"));
        return;
    }
    snprintf(text, sizeof text, "%.3g of ln", strtod(of_log, NULL));
    sheet_add(p->sheet, text);
}

static void estimates_table(const struct part *p)
{
    static const char *const header[] = {"parameter", "value", "unit", "standard error", "95 % from", "to"};
    struct cnode list = config_get(p->root, "parameters");
    for (size_t i = 0; i < config_count(list); i++) {
        struct cnode at = config_item(list, i);
        const char *unit = sheet_word(at, "unit");
        sheet_add(p->sheet, sheet_word(at, "parameterId"));
        sheet_short(p->sheet, sheet_word(at, "value"));
        sheet_add(p->sheet, unit && strcmp(unit, "1") == 0 ? "" : unit);
        add_standard_error(p, at);
        sheet_short(p->sheet, sheet_word(at, "low_95"));
        sheet_short(p->sheet, sheet_word(at, "high_95"));
    }
    sheet_put(p->sheet, p->r, "Estimates with their 95 % intervals", header, 6);
}

int part_fit(const struct part *p, struct err *e)
{
    static const char *const shown[] = {"fit",     "labels",     "warnings", "parameters", "not_identified",
                                        "remarks", "provenance", NULL};
    (void)e;
    title(p, "fit");
    report_warning(p->r, "FITTED: the data below went into these values; that they are met shows little.");
    part_boxes(p, "not_identified", "Not identified: ");
    part_boxes(p, "remarks", "");
    estimates_table(p);
    part_figures(p);
    sheet_rest(p->sheet, p->r, p->root, "Also recorded", shown);
    part_provenance(p);
    return 0;
}

void glance_fit(const struct part *p, char *out, size_t size)
{
    const char *data = sheet_word(p->root, "data");
    snprintf(out, size, "%zu parameters fitted to %.20s data", config_count(config_get(p->root, "parameters")),
             data ? data : "?");
}

/* ---- the validation table ---- */

static const char *const validation_columns[] = {"case",      "quantity", "measured", "sd",           "unit",
                                                 "simulated", "ratio",    "label",    "n_parameters", "n_data",
                                                 "criterion", "met",      "remark"};
enum { VALIDATION_COLUMNS = sizeof validation_columns / sizeof validation_columns[0] };

static int validation_read(const struct part *p, struct table *t, size_t col[VALIDATION_COLUMNS], struct err *e)
{
    char path[PATH];
    snprintf(path, sizeof path, "%.1000s/validation.csv", p->folder);
    int rc = table_read(t, path, e);
    for (size_t k = 0; k < VALIDATION_COLUMNS && !rc; k++)
        rc = table_col(t, validation_columns[k], &col[k], e);
    return rc;
}

enum validation_column {
    V_CASE,
    V_QUANTITY,
    V_MEASURED,
    V_SD,
    V_UNIT,
    V_SIMULATED,
    V_RATIO,
    V_LABEL,
    V_PARAMETERS,
    V_DATA,
    V_CRITERION,
    V_MET,
    V_REMARK
};

/* "64 +- 32 mg" */
static void with_unit(const struct part *p, const char *value, const char *sd, const char *unit)
{
    char x[64], s[64], text[240];
    short_number(value, x);
    short_number(sd, s);
    snprintf(text, sizeof text, "%s%s%s%s%.40s", x, *s ? " +- " : "", s,
             *x && *unit && strcmp(unit, "1") != 0 ? " " : "", *x && strcmp(unit, "1") != 0 ? unit : "");
    sheet_add(p->sheet, text);
}

static void validation_rows(const struct part *p, const struct table *t, const size_t col[])
{
    static const char *const header[] = {"case",      "quantity", "measured +- SD", "simulated", "ratio", "label",
                                         "par./data", "criterion", "met",           "remark"};
    for (size_t i = 0; i < t->rows; i++) {
        const char *cell[VALIDATION_COLUMNS];
        char counts[60];
        for (size_t k = 0; k < VALIDATION_COLUMNS; k++)
            cell[k] = table_cell(t, i, col[k]);
        snprintf(counts, sizeof counts, "%.20s/%.20s", cell[V_PARAMETERS], cell[V_DATA]);
        sheet_add(p->sheet, cell[V_CASE]);
        sheet_add(p->sheet, cell[V_QUANTITY]);
        with_unit(p, cell[V_MEASURED], cell[V_SD], cell[V_UNIT]);
        with_unit(p, cell[V_SIMULATED], "", cell[V_UNIT]);
        sheet_short(p->sheet, cell[V_RATIO]);
        sheet_add(p->sheet, cell[V_LABEL]);
        sheet_add(p->sheet, counts);
        sheet_add(p->sheet, cell[V_CRITERION]);
        sheet_add(p->sheet, cell[V_MET]);
        sheet_add(p->sheet, cell[V_REMARK]);
    }
    sheet_put(p->sheet, p->r, "Measured against simulated; misses stay in, the criteria were fixed beforehand", header,
              10);
}

int part_validation(const struct part *p, struct err *e)
{
    struct table t = {0};
    size_t col[VALIDATION_COLUMNS];
    int rc = validation_read(p, &t, col, e);
    if (!rc) {
        report_section(p->r, "Validation");
        report_warning(p->r, "No microneedle permeation and no depth has been predicted from complete published inputs "
                             "and then "
                             "found right. Read docs/explanation/validation.md with this table.");
        report_paragraph(p->r, "FITTED: the measurement, or one that decides it, went into the inputs. PREDICTED: it "
                               "did not. "
                               "VERIFICATION: another computation of the same equations. par.: parameters fitted to "
                               "the data "
                               "of the row.");
        validation_rows(p, &t, col);
    }
    table_release(&t);
    return rc;
}

void glance_validation(const struct part *p, char *out, size_t size)
{
    static const char *const label[] = {"PREDICTED", "FITTED", "VERIFICATION"};
    enum { LABELS = sizeof label / sizeof label[0] };
    struct table t = {0};
    size_t col[VALIDATION_COLUMNS], used = 0;
    if (validation_read(p, &t, col, NULL) == 0)
        for (size_t l = 0; l < LABELS && used < size; l++) {
            size_t met = 0, all = 0;
            for (size_t i = 0; i < t.rows; i++)
                if (strcmp(table_cell(&t, i, col[V_LABEL]), label[l]) == 0) {
                    all++;
                    met += strcmp(table_cell(&t, i, col[V_MET]), "yes") == 0;
                }
            int n = snprintf(out + used, size - used, "%s%zu of %zu %s", l ? ", " : "met: ", met, all, label[l]);
            used += n > 0 ? (size_t)n : 0;
        }
    table_release(&t);
}

/* ---- a bench run ---- */

int part_run(const struct part *p, struct err *e) { return runpage_add(p->r, p->folder, e); }

void glance_run(const struct part *p, char *out, size_t size)
{
    char peak[64];
    const char *state = sheet_word(config_get(p->root, "outcome"), "state");
    short_number(sheet_word(p->root, "peak_force"), peak);
    snprintf(out, size, "%.20s%s%s", state ? state : "no outcome", *peak ? ", peak force " : "", peak);
}
