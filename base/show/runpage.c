/* runpage.c -- see runpage.h.  Keys of run.yaml: docs/reference/rig-files.md, "Run folder". */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/provenance.h"
#include "base/runfolder.h"
#include "base/show/rundraw.h"
#include "base/show/runpage.h"
#include "base/show/sheet.h"
#include "base/text/number.h"
#include "base/text/table.h"

enum { EVENTS_MAX = 120, ROWS_MAX = 100, PATH = 1100 };

struct page {
    struct report *r;
    const char *folder;
    struct cnode root;
    struct sheet sheet;
};

static const char *word(const struct page *p, const char *map, const char *key)
{
    return sheet_word(config_get(p->root, map), key);
}

static bool says(const char *text, const char *wanted) { return text && strcmp(text, wanted) == 0; }

/* ---- what must be seen first ---- */

static void warn(struct page *p, const char *text) { report_warning(p->r, text); }

static void how_it_ended(struct page *p)
{
    char text[900];
    const char *state = word(p, "outcome", "state"), *cause = word(p, "outcome", "cause");
    if (says(state, "done"))
        return;
    snprintf(text, sizeof text, "This run did not complete: %.40s%s%.700s.", state ? state : "no outcome recorded",
             cause && *cause ? ", first cause: " : "", cause ? cause : "");
    warn(p, text);
}

/* The record against itself: sums and counts that run.yaml holds. */
static void is_it_whole(struct page *p)
{
    char path[PATH], hex[65], text[400];
    const char *sum = word(p, "outcome", "samples_sha256");
    if (!says(word(p, "outcome", "complete"), "true"))
        warn(p, "The record is not complete: the method did not run to its end, or rows did not reach the disk.");
    if (says(word(p, "outcome", "stop_not_proven"), "true"))
        warn(p, "The axis was not seen to stand after the last STOP.");
    if (word(p, "outcome", "warning"))
        warn(p, word(p, "outcome", "warning"));
    snprintf(path, sizeof path, "%.1000s/%s", p->folder, RUN_SAMPLES);
    struct err e = {0};
    if (sha256_file(path, hex, &e)) {
        snprintf(text, sizeof text, "%.80s cannot be read: no curve is shown.", RUN_SAMPLES);
        warn(p, text);
    } else if (sum && *sum && strcmp(sum, hex) != 0) {
        snprintf(text, sizeof text,
                 "%s is not what the recorder wrote: its SHA-256 differs from the one in %s. Ask mnrig "
                 "verify.",
                 RUN_SAMPLES, RUN_YAML);
        warn(p, text);
    }
    const char *skipped = word(p, "counts", "tick_skipped");
    if (skipped && atof(skipped) > 0.0) {
        snprintf(text, sizeof text, "%.20s ticks were skipped: rows are missing at those times.", skipped);
        warn(p, text);
    }
}

static void warnings(struct page *p)
{
    if (says(sheet_word(p->root, "virtual"), "true"))
        warn(p, "SYNTHETIC: virtual bench: rehearsal, not evidence");
    how_it_ended(p);
    is_it_whole(p);
}

/* ---- what was done, what was found ---- */

static void fact(struct page *p, const char *subject, const char *value) { sheet_fact(&p->sheet, subject, value); }

static void with_sum(struct page *p, const char *subject, const char *name, const char *file, const char *sum)
{
    char text[500];
    snprintf(text, sizeof text, "%.120s%s%.200s%s%.12s", name ? name : "not named", file ? ", " : "", file ? file : "",
             sum ? ", SHA-256 begins " : "", sum ? sum : "");
    fact(p, subject, text);
}

static bool is_imported(const struct page *p) { return says(sheet_word(p->root, "imported"), "true"); }

static void needles_fact(struct page *p)
{
    char text[500], length[64], area[64], tip[64], base[64];
    const char *tip_text = word(p, "needles", "tip_diameter"), *base_text = word(p, "needles", "base_diameter");
    short_number(word(p, "needles", "length"), length);
    short_number(word(p, "needles", "area"), area);
    short_number(tip_text, tip);
    short_number(base_text, base);
    const char *name = word(p, "needles", "name");
    snprintf(text, sizeof text, "%.100s%s%.20s needles of %s on %s%s%s%s%s", name ? name : "", name ? ": " : "",
             word(p, "needles", "count") ? word(p, "needles", "count") : "?", length, area, tip_text ? ", tip " : "",
             tip, base_text ? ", base " : "", base);
    if (config_is(config_get(p->root, "needles")))
        fact(p, "needles", text);
}

static void done_table(struct page *p)
{
    static const char *const caption = "What was done";
    fact(p, "started (UTC)", sheet_word(p->root, "started"));
    fact(p, "lasted", sheet_word(p->root, "duration"));
    fact(p, "specimen", sheet_word(p->root, "specimen"));
    fact(p, "batch", sheet_word(p->root, "batch"));
    fact(p, "operator", sheet_word(p->root, "operator"));
    needles_fact(p);
    with_sum(p, "method", word(p, "method", "name"), word(p, "method", "file"), word(p, "method", "sha256"));
    if (!is_imported(p))
        with_sum(p, "bench", word(p, "bench", "name"), word(p, "bench", "file"), word(p, "bench", "sha256"));
    fact(p, "force calibration", word(p, "bench", "calibrated"));
    fact(p, "outcome", word(p, "outcome", "state"));
    fact(p, "cause", word(p, "outcome", "cause"));
    fact(p, "record complete", says(word(p, "outcome", "complete"), "true") ? "yes" : "NO");
    fact(p, "rows of samples.csv", word(p, "outcome", "rows"));
    sheet_put(&p->sheet, p->r, caption, NULL, 2);
}

/* "3.3e-05 N" as "0.033 mN". */
static const char *small_force(const char *text, char buf[40])
{
    double x;
    const char *end = text ? number_scan(text, &x) : NULL;
    if (!end || strcmp(end, " N") != 0 || fabs(x) >= 0.01) return text;
    snprintf(buf, 40, "%.3g mN", 1e3 * x);
    return buf;
}

static void found_table(struct page *p)
{
    static const char *const header[] = {"found", "value", "meaning"};
    char tare[40];
    const struct {
        const char *subject, *value, *meaning;
    } row[] = {
        {"tare", small_force(word(p, "tare", "force"), tare), "force in free air, taken off the net force"},
        {"noise at the tare", word(p, "tare", "noise_sd"), "standard deviation"},
        {"contact at", word(p, "contact", "position"),
         "position of the axis where the force first passed the threshold"},
        {"time of contact", word(p, "contact", "time"), "after the start of the run"},
        {"greatest net force", sheet_word(p->root, "peak_force"),
         is_imported(p) ? "as the file has it" : "from the run's tare"},
        {"greatest force on the cell", sheet_word(p->root, "peak_absolute_force"),
         "from the calibration zero; limits act on it"},
        {"travel at the end", sheet_word(p->root, "travel_end"),
         "from contact, the machine's give taken off; holds the skin's sink and is not depth"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        if (row[i].value) {
            fact(p, row[i].subject, row[i].value);
            sheet_add(&p->sheet, row[i].meaning);
        }
    sheet_put(&p->sheet, p->r, "What was found", header, 3);
}

static void reading(struct page *p)
{
    struct run_penetration n;
    char text[700];
    if (run_penetration_read(p->folder, &n, NULL)) {
        report_paragraph(p->r, "No depth reading is recorded with this run (mnrig depth). Travel does not stand in for "
                               "it.");
        return;
    }
    snprintf(text, sizeof text,
             "Depth read (%s): mean %.4g um, standard deviation %.3g um between %ld needles; %.3g %% of the "
             "needles went in%s.",
             strcmp(n.method, "oct") == 0 ? "OCT" : n.method, n.depth_mean * 1e6, n.depth_sd * 1e6, n.n,
             100.0 * n.fraction, n.is_virtual ? " (virtual reading of a virtual specimen)" : "");
    report_paragraph(p->r, text);
}

/* ---- method, limits, machine ---- */

static void stages_table(struct page *p)
{
    static const char *const header[] = {"stage", "settings"};
    struct cnode stages = config_get(config_get(config_get(p->root, "configuration"), "method"), "stages");
    for (size_t i = 0; i < config_count(stages); i++) {
        const char *name, *key;
        char text[600];
        size_t used = 0;
        struct cnode at = config_pair(config_item(stages, i), 0, &name);
        text[0] = '\0';
        for (size_t k = 0; k < config_count(at) && used < sizeof text - 1; k++) {
            struct cnode value = config_pair(at, k, &key);
            int n = snprintf(text + used, sizeof text - used, "%s%s %s", k ? ", " : "", key,
                             config_text(value) ? config_text(value) : "(see run.yaml)");
            used += n > 0 ? (size_t)n : 0;
        }
        for (char *c = text; *c; c++)
            if (*c == '_')
                *c = ' ';
        sheet_words(&p->sheet, name);
        sheet_add(&p->sheet, text);
    }
    sheet_put(&p->sheet, p->r, "Stages of the method", header, 2);
}

static void limits_table(struct page *p)
{
    static const char *const header[] = {"limit", "bench", "method", "of"};
    struct cnode whole = config_get(p->root, "configuration");
    struct cnode bench = config_get(config_get(whole, "bench"), "limits");
    struct cnode method = config_get(config_get(whole, "method"), "limits");
    for (size_t i = 0; i < config_count(bench); i++) {
        const char *key;
        char range[160];
        struct cnode at = config_pair(bench, i, &key);
        const char *from = sheet_word(at, "from"), *to = sheet_word(at, "to");
        snprintf(range, sizeof range, "%.60s to %.60s", from ? from : "", to ? to : "");
        sheet_words(&p->sheet, key);
        sheet_short(&p->sheet, config_text(at)          ? config_text(at)
                               : sheet_word(at, "load") ? sheet_word(at, "load")
                                                        : range);
        sheet_short(&p->sheet, sheet_word(method, key));
        sheet_add(&p->sheet, sheet_word(at, "name"));
    }
    sheet_put(&p->sheet, p->r, "Limits in force; where both state one the lower counts", header, 4);
}

static void flat_table(struct page *p, struct cnode at, const char *caption)
{
    sheet_flat(&p->sheet, at, "");
    sheet_put(&p->sheet, p->r, caption, NULL, 2);
}

static void machine(struct page *p)
{
    struct cnode bench = config_get(config_get(p->root, "configuration"), "bench");
    report_subsection(p->r, "Bench, devices, calibration and zero");
    if (!sheet_grid(&p->sheet, p->r, "Devices", "device", config_get(bench, "devices"), ROWS_MAX))
        flat_table(p, config_get(bench, "devices"), "Devices");
    if (!sheet_grid(&p->sheet, p->r, "Links", "link", config_get(bench, "links"), ROWS_MAX))
        flat_table(p, config_get(bench, "links"), "Links");
    flat_table(p, config_get(bench, "load_cell"), "Load cell: calibration, zero, filter");
    flat_table(p, config_get(bench, "axis"), "Axis");
    if (!sheet_grid(&p->sheet, p->r, "Interlocks", "interlock", config_get(bench, "interlocks"), ROWS_MAX))
        flat_table(p, config_get(bench, "interlocks"), "Interlocks");
    flat_table(p, config_get(p->root, "virtual_bench"), "Virtual bench");
}

/* ---- events, timing ---- */

static void events_table(struct page *p)
{
    static const char *const header[] = {"time / s", "kind", "subject", "value", "detail"};
    static const char *const column[] = {"time_s", "kind", "subject", "value", "detail"};
    char path[PATH], text[300];
    struct table t;
    struct err e = {0};
    size_t at[5];
    snprintf(path, sizeof path, "%.1000s/%s", p->folder, RUN_EVENTS);
    bool is_read = table_read(&t, path, &e) == 0;
    for (size_t k = 0; k < 5 && !e.code; k++)
        table_col(&t, column[k], &at[k], &e);
    if (e.code) {
        snprintf(text, sizeof text, "No events are shown: %.250s", e.msg);
        warn(p, text);
    }
    for (size_t i = 0; !e.code && i < t.rows && i < EVENTS_MAX; i++)
        for (size_t k = 0; k < 5; k++) {
            double time;
            bool is_time = k == 0 && number_parse(table_cell(&t, i, at[0]), &time);
            if (is_time) snprintf(text, sizeof text, "%.3f", time);
            sheet_add(&p->sheet, is_time ? text : table_cell(&t, i, at[k]));
        }
    snprintf(text, sizeof text, "Events%s",
             !e.code && t.rows > EVENTS_MAX ? " (the first 120; all are in events.csv)" : "");
    sheet_put(&p->sheet, p->r, text, header, 5);
    if (is_read)
        table_release(&t);
}

/* What never happened needs no row. */
static void counted(struct page *p, struct cnode counts, const char *caption)
{
    for (size_t i = 0; i < config_count(counts); i++) {
        const char *name;
        struct cnode at = config_pair(counts, i, &name);
        const char *count = config_text(at);
        if (!count || strcmp(count, "0") == 0)
            continue;
        sheet_words(&p->sheet, name);
        sheet_add(&p->sheet, count);
    }
    sheet_put(&p->sheet, p->r, caption, NULL, 2);
}

static void timing_table(struct page *p)
{
    static const char *const header[] = {"what", "count", "median", "99 % below", "99.9 % below", "greatest"};
    struct cnode timing = config_get(p->root, "timing");
    for (size_t i = 0; i < config_count(timing); i++) {
        const char *name;
        struct cnode at = config_pair(timing, i, &name);
        const char *count = sheet_word(at, "count");
        if (!count || strcmp(count, "0") == 0)
            continue;
        sheet_words(&p->sheet, name);
        sheet_add(&p->sheet, count);
        sheet_short(&p->sheet, sheet_word(at, "p50"));
        sheet_short(&p->sheet, sheet_word(at, "p99"));
        sheet_short(&p->sheet, sheet_word(at, "p99_9"));
        sheet_short(&p->sheet, sheet_word(at, "max"));
    }
    const char *realtime = sheet_word(timing, "realtime");
    char caption[160];
    snprintf(caption, sizeof caption,
             "Lateness of the ticks and answer times of the devices%s; histograms are in run.yaml",
             !realtime                       ? ""
             : strcmp(realtime, "true") == 0 ? ", scheduled in real time"
                                             : ", ordinary scheduling");
    sheet_put(&p->sheet, p->r, caption, header, 6);
}

/* ---- what else is in run.yaml ---- */

static void the_rest(struct page *p)
{
    static const char *const shown[] = {"format",     "virtual",
                                        "started",    "specimen",
                                        "batch",      "operator",
                                        "method",     "bench",
                                        "needles",    "virtual_bench",
                                        "outcome",    "duration",
                                        "tare",       "contact",
                                        "peak_force", "peak_absolute_force",
                                        "travel_end", "predicted_overshoot",
                                        "timing",     "counts",
                                        "provenance", "configuration",
                                        NULL};
    sheet_rest(&p->sheet, p->r, p->root, "Also recorded", shown);
}

static void provenance(struct page *p)
{
    struct cnode at = config_get(p->root, "provenance");
    char text[1500];
    snprintf(text, sizeof text, "%.40s %.40s (%.40s), %.40s\n%.1200s",
             sheet_word(at, "program") ? sheet_word(at, "program") : "",
             sheet_word(at, "version") ? sheet_word(at, "version") : "",
             sheet_word(at, "commit") ? sheet_word(at, "commit") : "",
             sheet_word(at, "date") ? sheet_word(at, "date") : "",
             sheet_word(at, "command") ? sheet_word(at, "command") : "");
    report_subsection(p->r, "Provenance");
    sheet_fact(&p->sheet, "run folder", p->folder);
    sheet_fact(&p->sheet, "SHA-256 of samples.csv", word(p, "outcome", "samples_sha256"));
    sheet_fact(&p->sheet, "last link of the events' chain", word(p, "outcome", "events_chain"));
    sheet_put(&p->sheet, p->r, "The record", NULL, 2);
    report_preformatted(p->r, text);
}

/* ---- the page ---- */

static void contents(struct page *p)
{
    char title[300];
    snprintf(title, sizeof title, "%s, specimen %.200s", is_imported(p) ? "Imported run" : "Bench run",
             sheet_word(p->root, "specimen") ? sheet_word(p->root, "specimen") : "not named");
    report_section(p->r, title);
    warnings(p);
    done_table(p);
    found_table(p);
    reading(p);
    rundraw_add(p->r, p->folder);
    if (is_imported(p)) { /* nothing else is known of it */
        the_rest(p);
        provenance(p);
        return;
    }
    report_subsection(p->r, "Method and limits");
    stages_table(p);
    limits_table(p);
    flat_table(p, config_get(p->root, "predicted_overshoot"),
               "Force that was predicted at worst if a limit trips, a sensor dies, the computer dies");
    machine(p);
    report_subsection(p->r, "Events and timing");
    events_table(p);
    timing_table(p);
    counted(p, config_get(p->root, "counts"), "Counts of ticks, requests and failures; what is not listed was zero");
    the_rest(p);
    provenance(p);
}

int runpage_add(struct report *r, const char *folder, struct err *e)
{
    char path[PATH];
    struct config *doc;
    snprintf(path, sizeof path, "%.1000s/%s", folder, RUN_YAML);
    int code = config_open(&doc, path, e);
    if (code)
        return code;
    struct page p = {.r = r, .folder = folder, .root = config_root(doc)};
    const char *format = sheet_word(p.root, "format");
    if (!says(format, RUN_FORMAT))
        code = config_fail(config_is(config_get(p.root, "format")) ? config_get(p.root, "format") : p.root, e,
                           ERR_PARSE, "format '%s': this program reads %s", format ? format : "", RUN_FORMAT);
    else
        contents(&p);
    sheet_release(&p.sheet);
    config_close(doc);
    return code;
}
