/* report_result.c -- a result folder (run, insert, analyse) as a section of a report; see report_parts.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/text/number.h"
#include "solver/results/report_parts.h"

/* What the names of results mean; analysed runs and presses name theirs in words already. */
static const struct {
    const char *key, *meaning;
} meanings[] = {
    {"J_ss", "steady flux"},
    {"J_max", "greatest flux"},
    {"J_lab", "steady flux by straight line, as in the laboratory"},
    {"lag_lab", "lag by straight line, as in the laboratory"},
    {"t_max", "time of the greatest flux"},
    {"lag_asymptotic", "lag time"},
    {"Kp", "permeability coefficient"},
    {"delivered_end", "delivered through the skin until the end, per area"},
    {"delivered_end_patch", "delivered through the skin until the end, whole patch"},
    {"delivered_end_intact", "the same through intact skin, per area"},
    {"uptake_end", "left the vehicle until the end, per area"},
    {"uptake_end_patch", "left the vehicle until the end, whole patch"},
    {"ER_Q", "enhancement of the delivered amount over intact skin"},
    {"ER_J", "enhancement of the steady flux over intact skin"},
    {"plasma_max", "greatest plasma level"},
    {"plasma_t_max", "time of the greatest plasma level"},
};

static const char *meaning_of(const char *key)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strcmp(meanings[i].key, key) == 0)
            return meanings[i].meaning;
    return NULL;
}

static void result_name(struct sheet *s, const char *key)
{
    char text[200], words[100];
    const char *meaning = meaning_of(key);
    key_words(key, words, sizeof words);
    for (char *c = words; *c; c++) /* a result's unit has a column of its own: a name ends in none */
        if (strncmp(c, " / ", 3) == 0)
            memcpy(c, " in ", 4);
    snprintf(text, sizeof text, meaning ? "%s (%s)" : "%s", meaning ? meaning : words, key);
    sheet_add(s, text);
}

/* Computed results carry the estimate of their own error, analysed runs a standard uncertainty. */
static void results_table(const struct part *p)
{
    static const char *const computed[] = {"result", "value", "unit", "estimated error", "remark"};
    static const char *const measured[] = {"result", "value", "unit", "standard uncertainty", "remark"};
    struct cnode results = config_get(p->root, "results");
    bool has_uncertainty = false, has_error = false;
    for (size_t i = 0; i < config_count(results); i++) {
        const char *name, *unit;
        struct cnode at = config_pair(results, i, &name);
        const char *uncertainty = sheet_word(at, "uncertainty");
        has_uncertainty = has_uncertainty || uncertainty;
        has_error = has_error || sheet_word(at, "estimated_error");
        result_name(p->sheet, name);
        unit = sheet_word(at, "unit");
        sheet_pair(p->sheet, sheet_word(at, "value"), uncertainty ? uncertainty : sheet_word(at, "estimated_error"),
                   unit && strcmp(unit, "1") == 0 ? "" : unit);
        sheet_add(p->sheet, sheet_word(at, "remark"));
    }
    sheet_put(p->sheet, p->r,
              has_uncertainty ? "Results with their standard uncertainties (k = 1)"
              : has_error     ? "Results; the error is the program's own estimate of its discretisation error"
                              : "Results",
              has_uncertainty ? measured : computed, 5);
}

static void balance_table(const struct part *p)
{
    static const char *const header[] = {"where the drug is at the end", "ug/cm2", "ug/patch", "%"};
    struct cnode balance = config_get(p->root, "balance");
    char text[300], difference[64], allowed[64];
    for (size_t i = 0; i < config_count(balance); i++) {
        const char *name;
        struct cnode at = config_pair(balance, i, &name);
        if (!config_is_map(at))
            continue;
        sheet_words(p->sheet, name);
        sheet_short(p->sheet, sheet_word(at, "ug_cm2"));
        sheet_short(p->sheet, sheet_word(at, "ug_patch"));
        sheet_short(p->sheet, sheet_word(at, "percent"));
    }
    short_number(sheet_word(balance, "worst_relative_difference"), difference);
    short_number(sheet_word(balance, "allowed"), allowed);
    snprintf(text, sizeof text, "Drug balance; it closes to %s of what went in (allowed: %s)", difference, allowed);
    sheet_put(p->sheet, p->r, text, header, 4);
}

/* Inputs: lists of maps (layers, steps) as tables, all else as one table of facts. */
static void inputs_tables(const struct part *p)
{
    static const char *const none[] = {NULL};
    struct cnode inputs = config_get(p->root, "inputs");
    if (!config_is(inputs))
        return;
    report_subsection(p->r, "Inputs");
    report_paragraph(p->r, "The values that were computed with; the whole configuration stands in study.yaml of the "
                           "folder, "
                           "what was assumed below.");
    sheet_rest(p->sheet, p->r, inputs, "Names and area", none);
    part_sources(p);
}

/* measured.yaml of mnsim insert --run: what a run gave beside what was predicted for it. */
static void predicted_rows(const struct part *p, struct cnode root)
{
    static const char *const header[] = {"quantity", "predicted", "measured", "standard uncertainty", "unit"};
    struct cnode results = config_get(root, "results");
    const char *specimen = sheet_word(root, "specimen"), *role = sheet_word(root, "role");
    char caption[300];
    for (size_t i = 0; i < config_count(results); i++) {
        const char *name;
        struct cnode at = config_pair(results, i, &name);
        const char *unit = sheet_word(at, "unit");
        sheet_words(p->sheet, name);
        sheet_short(p->sheet, sheet_word(at, "predicted"));
        sheet_short(p->sheet, sheet_word(at, "measured"));
        sheet_short(p->sheet, sheet_word(at, "uncertainty"));
        sheet_add(p->sheet, unit && strcmp(unit, "1") == 0 ? "" : unit);
    }
    snprintf(caption, sizeof caption, "%.20s: predicted, and measured on specimen %.200s", role ? role : "PREDICTED",
             specimen ? specimen : "?");
    sheet_put(p->sheet, p->r, caption, header, 5);
}

static void share_words(struct cnode inside, const char *key, char out[40])
{
    const char *text = sheet_word(inside, key);
    double x;
    if (text && number_parse(text, &x))
        snprintf(out, 40, "%.0f %%", 100.0 * x);
    else
        snprintf(out, 40, "not known");
}

static void measured_tables(const struct part *p)
{
    char path[1200], text[600], specimen[40], array[40];
    struct config *doc = NULL;
    snprintf(path, sizeof path, "%.1100s/measured.yaml", p->folder);
    if (access(path, R_OK) != 0) return;
    struct err e = {0};
    if (config_open(&doc, path, &e)) {
        snprintf(text, sizeof text, "The comparison with the run cannot be shown: %.300s", e.msg);
        report_warning(p->r, text);
        return;
    }
    struct cnode root = config_root(doc), inside = config_get(root, "inside");
    const char *run = sheet_word(root, "run");
    report_subsection(p->r, "Predicted, and measured");
    predicted_rows(p, root);
    share_words(inside, "new_specimen", specimen);
    share_words(inside, "another_array", array);
    snprintf(text, sizeof text, "Readings of the press inside the 95 %% band for a new specimen: %s; inside that for "
             "another array on the model's specimen: %s. The run: %.200s.", specimen, array, run ? run : "?");
    report_paragraph(p->r, text);
    config_close(doc);
}

/* What a folder of this kind has when it is whole. */
static void missing_files(const struct part *p)
{
    if (config_is(config_get(p->root, "run"))) {
        part_missing(p, "force_travel.svg", "mnsim analyse draws it with gnuplot");
        part_missing(p, "events.csv", "it lists the insertion events");
    } else if (config_is(config_get(p->root, "by_applied_force"))) {
        part_missing(p, "force_travel.svg", "mnsim insert draws it with gnuplot");
    }
}

int part_result(const struct part *p, struct err *e)
{
    static const char *const shown[] = {"study",  "labels",   "warnings", "results", "balance",
                                        "inputs", "assumed",  "derived",  "notes",   "provenance",
                                        "solver", "specimen", "virtual",  "run",     NULL};
    (void)e;
    report_section(p->r, sheet_word(p->root, "study") ? sheet_word(p->root, "study") : p->folder);
    part_boxes(p, "labels", "");
    part_boxes(p, "warnings", "Warning: ");
    results_table(p);
    part_figures(p);
    missing_files(p);
    measured_tables(p);
    balance_table(p);
    inputs_tables(p);
    part_remarks(p, "Assumed, not measured", "assumed");
    part_remarks(p, "Derived from the inputs", "derived");
    part_remarks(p, "Notes", "notes");
    sheet_rest(p->sheet, p->r, p->root, "Also recorded", shown);
    if (config_is(config_get(p->root, "solver"))) {
        report_subsection(p->r, "Numerics");
        sheet_flat(p->sheet, config_get(p->root, "solver"), "");
        sheet_put(p->sheet, p->r, "What the solver did", NULL, 2);
    }
    part_provenance(p);
    return 0;
}

/* The first of the results that a reader asks for. */
void glance_result(const struct part *p, char *out, size_t size)
{
    static const char *const wanted[] = {"buried_depth", "delivered_end", "plasma_max", "first_insertion_force",
                                         "J_ss"};
    struct cnode results = config_get(p->root, "results");
    size_t used = 0, told = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0] && told < 2 && used < size; i++) {
        struct cnode at = config_get(results, wanted[i]);
        char value[64], words[80];
        double x;
        if (!sheet_word(at, "value") || !number_scan(sheet_word(at, "value"), &x)) continue; /* "none: ..." */
        short_number(sheet_word(at, "value"), value);
        key_words(wanted[i], words, sizeof words);
        const char *meaning = meaning_of(wanted[i]);
        int n = snprintf(out + used, size - used, "%s%s %s %s", told++ ? "; " : "",
                         meaning ? meaning : words, value,
                         sheet_word(at, "unit") ? sheet_word(at, "unit") : "");
        used += n > 0 ? (size_t)n : 0;
    }
}
