/* report.c -- see report.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/provenance.h"
#include "base/runfolder.h"
#include "base/show/report.h"
#include "base/text/config.h"
#include "base/text/table.h"
#include "solver/results/report.h"

enum { CELLS_MAX = 1200, CELL = 260 };

/* Cells of one table, filled row by row. */
struct cells {
    size_t n;
    char text[CELLS_MAX][CELL];
    const char *list[CELLS_MAX];
};

static void cell(struct cells *c, const char *text)
{
    if (c->n >= CELLS_MAX) return;
    snprintf(c->text[c->n], CELL, "%s", text ? text : "");
    c->list[c->n] = c->text[c->n];
    c->n++;
}

/* A number from a file with four significant digits; other text as it stands. */
static void cell_short(struct cells *c, const char *text)
{
    char *end, buf[40];
    double x = text && *text ? strtod(text, &end) : NAN;
    if (text && *text && *end == '\0' && isfinite(x)) {
        snprintf(buf, sizeof buf, "%.4g", x);
        cell(c, buf);
    } else
        cell(c, text);
}

static const char *word(struct cnode map, const char *key) { return config_text(config_get(map, key)); }

static void put_table(struct report *r, const char *caption, const char *const header[], size_t columns,
                      const struct cells *c)
{
    if (c->n >= columns) report_table(r, caption, header, c->list, c->n / columns, columns);
}

static void figure(struct report *r, const char *folder, const char *name, const char *caption)
{
    char path[1100];
    snprintf(path, sizeof path, "%s/%s.svg", folder, name);
    if (access(path, R_OK) == 0) report_figure(r, path, caption, caption);
}

static void list_of(struct report *r, struct cnode list, const char *lead, bool boxed)
{
    for (size_t i = 0; i < config_count(list); i++) {
        char text[500];
        snprintf(text, sizeof text, "%s%.400s", lead,
                 config_text(config_item(list, i)) ? config_text(config_item(list, i)) : "");
        if (boxed)
            report_warning(r, text);
        else
            report_paragraph(r, text);
    }
}

static void provenance(struct report *r, struct cnode root)
{
    struct cnode p = config_get(root, "provenance");
    char text[1600];
    snprintf(text, sizeof text, "%.40s %.40s (%.40s), %.40s, configuration %.16s..., command: %.1000s",
             word(p, "program") ? word(p, "program") : "", word(p, "version") ? word(p, "version") : "",
             word(p, "commit") ? word(p, "commit") : "", word(p, "date") ? word(p, "date") : "",
             word(p, "configuration_sha256") ? word(p, "configuration_sha256") : "",
             word(p, "command") ? word(p, "command") : "");
    report_preformatted(r, text);
}

/* ---- a result folder ---- */

/* Computed results carry the estimate of their own error, analysed runs a standard uncertainty. */
static void results_table(struct report *r, struct cnode results, struct cells *c)
{
    static const char *const header[] = {"result", "value", "unit", "estimated error", "remark"};
    static const char *const measured[] = {"result", "value", "unit", "standard uncertainty", "remark"};
    bool uncertain = false;
    c->n = 0;
    for (size_t i = 0; i < config_count(results); i++) {
        const char *name;
        struct cnode at = config_pair(results, i, &name);
        cell(c, name);
        cell_short(c, word(at, "value"));
        cell(c, word(at, "unit"));
        uncertain = uncertain || word(at, "uncertainty");
        cell_short(c, word(at, "uncertainty") ? word(at, "uncertainty") : word(at, "estimated_error"));
        cell(c, word(at, "remark"));
    }
    if (uncertain)
        put_table(r, "Results with their standard uncertainties (k = 1)", measured, 5, c);
    else
        put_table(r, "Results; the error is the program's own estimate of its discretisation error", header, 5, c);
}

static void balance_table(struct report *r, struct cnode balance, struct cells *c)
{
    static const char *const header[] = {"where the drug is at the end", "ug/cm2", "ug/patch", "%"};
    c->n = 0;
    for (size_t i = 0; i < config_count(balance); i++) {
        const char *name;
        struct cnode at = config_pair(balance, i, &name);
        if (!config_is_map(at)) continue;
        cell(c, name);
        cell_short(c, word(at, "ug_cm2"));
        cell_short(c, word(at, "ug_patch"));
        cell_short(c, word(at, "percent"));
    }
    put_table(r, "Drug balance", header, 4, c);
}

static void section_result(struct report *r, const char *folder, struct cnode root, struct cells *c)
{
    report_section(r, word(root, "study") ? word(root, "study") : folder);
    list_of(r, config_get(root, "labels"), "", true);
    list_of(r, config_get(root, "warnings"), "warning: ", true);
    results_table(r, config_get(root, "results"), c);
    figure(r, folder, "delivered", "Delivered amount over time");
    figure(r, folder, "flux", "Flux over time");
    figure(r, folder, "plasma", "Plasma level over time");
    figure(r, folder, "metabolite", "Metabolite delivered over time");
    figure(r, folder, "openness", "Openness of the channels over time");
    figure(r, folder, "shares", "Where the drug is over time");
    figure(r, folder, "profiles", "Activity over depth");
    figure(r, folder, "force_travel", "Force over travel; travel holds the skin's sink and is not depth");
    figure(r, folder, "depth_force", "Buried depth over force, estimated by the insertion model");
    balance_table(r, config_get(root, "balance"), c);
    list_of(r, config_get(root, "assumed"), "assumed: ", false);
    list_of(r, config_get(root, "derived"), "derived: ", false);
    list_of(r, config_get(root, "notes"), "", false);
    provenance(r, root);
}

/* ---- a sweep folder ---- */

static int section_sweep(struct report *r, const char *folder, struct cnode root, struct cells *c, struct err *e)
{
    static const char *const wanted[] = {"needle_length_um",
                                         "depth_um",
                                         "density_per_cm2",
                                         "fill",
                                         "J_ss_ug_cm2_h",
                                         "delivered_end_ug_cm2",
                                         "delivered_end_err_ug_cm2",
                                         "delivered_end_patch_ug_patch",
                                         "status"};
    enum { WANTED = sizeof wanted / sizeof wanted[0] };
    char path[1100];
    struct table t;
    snprintf(path, sizeof path, "%s/sweep.csv", folder);
    int rc = table_read(&t, path, e);
    if (rc) return rc;
    report_section(r, word(root, "sweep") ? word(root, "sweep") : folder);
    figure(r, folder, "map", "Map of the sweep; all panels share one scale");
    c->n = 0;
    for (size_t i = 0; i < t.rows && c->n + WANTED <= CELLS_MAX; i++)
        for (size_t k = 0; k < WANTED; k++) {
            size_t col;
            cell_short(c, table_col(&t, wanted[k], &col, NULL) == 0 ? table_cell(&t, i, col) : "");
        }
    put_table(r, "Cases (all columns are in sweep.csv)", wanted, WANTED, c);
    provenance(r, root);
    table_release(&t);
    return 0;
}

/* ---- a comparison folder ---- */

static void verdict_table(struct report *r, struct cnode list, struct cells *c)
{
    static const char *const header[] = {"role", "criterion", "subject", "detail"};
    c->n = 0;
    for (size_t i = 0; i < config_count(list); i++) {
        struct cnode at = config_item(list, i);
        const char *met = word(at, "criterion_met");
        cell(c, word(at, "role"));
        cell(c, met && strcmp(met, "true") == 0 ? "met" : "NOT MET");
        cell(c, word(at, "subject"));
        cell(c, word(at, "text"));
    }
    put_table(r, "Verdicts; criteria were stated in the comparison file beforehand", header, 4, c);
}

static void fit_table(struct report *r, struct cnode fit, struct cells *c)
{
    static const char *const header[] = {"fitted parameter", "value", "unit", "standard error / %"};
    struct cnode list = config_get(fit, "parameters");
    c->n = 0;
    for (size_t i = 0; i < config_count(list); i++) {
        struct cnode at = config_item(list, i);
        cell(c, word(at, "name"));
        cell_short(c, word(at, "value"));
        cell(c, word(at, "unit"));
        cell_short(c, word(at, "standard_error_percent"));
    }
    put_table(r, "Fit; a standard error above 50 % means that these data hardly determine the parameter", header, 4, c);
}

static void case_table(struct report *r, struct cnode list, struct cells *c)
{
    const char *header[12];
    size_t columns = config_count(config_item(list, 0));
    if (columns < 1 || columns > 12) return;
    for (size_t k = 0; k < columns; k++)
        config_pair(config_item(list, 0), k, &header[k]);
    c->n = 0;
    for (size_t i = 0; i < config_count(list); i++)
        for (size_t k = 0; k < columns; k++)
            cell_short(c, word(config_item(list, i), header[k]));
    put_table(r, "Cases", header, columns, c);
}

static void section_compare(struct report *r, const char *folder, struct cnode root, struct cells *c)
{
    report_section(r, word(root, "comparison") ? word(root, "comparison") : folder);
    list_of(r, config_get(root, "labels"), "", true);
    if (word(config_get(root, "as_asked"), "note")) report_paragraph(r, word(config_get(root, "as_asked"), "note"));
    verdict_table(r, config_get(root, "verdicts"), c);
    fit_table(r, config_get(root, "fit"), c);
    figure(r, folder, "plasma", "Plasma: measured points, fitted and predicted curves");
    figure(r, folder, "ratio", "Ratio: measured and predicted");
    figure(r, folder, "force_travel", "Net force over travel after contact (travel is not depth)");
    case_table(r, config_get(root, "cases"), c);
    provenance(r, root);
}

/* ---- a run folder ---- */

static void reading(struct report *r, const char *folder)
{
    struct run_penetration p;
    char text[600];
    if (run_penetration_read(folder, &p, NULL)) {
        report_paragraph(r, "No penetration reading is recorded with this run.");
        return;
    }
    snprintf(text, sizeof text,
             "Penetration depth by %s: %.4g um (sd %.3g um, %ld holes read, penetrated share %.3g)%s.", p.method,
             p.depth_mean * 1e6, p.depth_sd * 1e6, p.n, p.fraction, p.is_virtual ? ", virtual" : "");
    report_paragraph(r, text);
}

static void section_run(struct report *r, const char *folder, struct cnode root, struct cells *c)
{
    static const char *const header[] = {"run", ""};
    const char *virtual = word(root, "virtual");
    char title[300];
    snprintf(title, sizeof title, "Bench run, specimen %.200s",
             word(root, "specimen") ? word(root, "specimen") : "not named");
    report_section(r, title);
    if (virtual && strcmp(virtual, "true") == 0) report_warning(r, "SYNTHETIC. virtual bench: rehearsal, not evidence");
    c->n = 0;
    const struct {
        const char *label, *text;
    } rows[] = {{"started", word(root, "started")},
                {"batch", word(root, "batch")},
                {"method", word(config_get(root, "method"), "name")},
                {"outcome", word(config_get(root, "outcome"), "state")},
                {"peak force", word(root, "peak_force")},
                {"travel at the end (not depth)", word(root, "travel_end")}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cell(c, rows[i].label);
        cell(c, rows[i].text);
    }
    put_table(r, folder, header, 2, c);
    reading(r, folder);
}

/* ---- all ---- */

static const struct {
    const char *file;
    int kind;
} kinds[] = {{"summary.yaml", 0}, {"sweep.yaml", 1}, {"compare.yaml", 2}, {RUN_YAML, 3}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static int add_folder(struct report *r, const char *folder, struct cells *c, struct err *e)
{
    char path[1100];
    size_t k = 0;
    for (; k < KINDS; k++) {
        snprintf(path, sizeof path, "%.1000s/%s", folder, kinds[k].file);
        if (access(path, R_OK) == 0) break;
    }
    if (k == KINDS) {
        err_set(e, ERR_IO, "'%s' holds no result, sweep, comparison or run", folder);
        err_hint(e, "a folder written by mnsim run, sweep or compare, or by mnrig run, is expected");
        return ERR_IO;
    }
    struct config *doc;
    int rc = config_open(&doc, path, e);
    if (rc) return rc;
    struct cnode root = config_root(doc);
    if (k == 0) section_result(r, folder, root, c);
    if (k == 1) rc = section_sweep(r, folder, root, c, e);
    if (k == 2) section_compare(r, folder, root, c);
    if (k == 3) section_run(r, folder, root, c);
    config_close(doc);
    return rc;
}

int report_write(const char *const folder[], size_t n, const char *title, const char *path, struct err *e)
{
    struct report *r;
    struct err closing = {0};
    struct cells *c = malloc(sizeof *c);
    if (!c) return err_set(e, ERR_NOMEM, "out of memory");
    char subtitle[200];
    snprintf(subtitle, sizeof subtitle, "mnsim %s (%s)", provenance_version(), provenance_commit());
    int rc = report_open(&r, path, title, subtitle, e);
    if (rc) {
        free(c);
        return rc;
    }
    for (size_t i = 0; !rc && i < n; i++)
        rc = add_folder(r, folder[i], c, e);
    free(c);
    if (rc) {
        report_abandon(r);
        return rc;
    }
    rc = report_close(r, &closing);
    if (rc && e && !e->code) *e = closing;
    return rc;
}
