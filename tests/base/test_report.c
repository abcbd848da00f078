/* test_report.c -- reports: contrast, structure, numbers and words for people, pages of bench runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/show/report_style.h"
#include "base/show/runpage.h"
#include "base/show/sheet.h"
#include "base/runfolder.h"
#include "tests/base/suites.h"

/* ---- contrast ---- */

static double channel(unsigned value)
{
    double c = value / 255.0;
    return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

/* Relative luminance (WCAG 2.1) of the colour called name in a theme. */
static double luminance(const char *theme, const char *name)
{
    unsigned r = 0, g = 0, b = 0;
    char key[40];
    snprintf(key, sizeof key, "--%s:#", name);
    const char *at = strstr(theme, key);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    CU_ASSERT_EQUAL(sscanf(at + strlen(key), "%2x%2x%2x", &r, &g, &b), 3);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
}

static double contrast(const char *theme, const char *ink, const char *ground)
{
    double a = luminance(theme, ink), b = luminance(theme, ground);
    return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

static void every_text_has_a_contrast_of_4_5(void)
{
    static const char *const theme[] = {REPORT_LIGHT, REPORT_DARK};
    static const char *const inks[] = {"ink", "quiet", "link", "bad"}, *const grounds[] = {"ground", "soft"};
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < 4; i++)
            for (size_t g = 0; g < 2; g++)
                CU_ASSERT(contrast(theme[t], inks[i], grounds[g]) >= 4.5);
        CU_ASSERT(contrast(theme[t], "warn", "warn-ground") >= 4.5);
    }
}

/* ---- structure ---- */

static char *page_of(void (*fill)(struct report *), const char *folder)
{
    char path[300];
    struct report *r;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(report_open(&r, temp_path(folder, "p.html", path), "Page", "by a test", &e), 0);
    fill(r);
    CU_ASSERT_EQUAL_FATAL(report_close(r, &e), 0);
    char *text = temp_read(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    return text;
}

/* Tags close in the order in which they open; false at the first that does not. */
static bool is_well_formed(const char *html)
{
    enum { DEEP = 60 };
    char open[DEEP][24];
    size_t depth = 0;
    const char *s = strstr(html, "<body>");
    for (; s && (s = strchr(s, '<')); s++) {
        size_t closing = s[1] == '/', n = strcspn(s + 1 + closing, " />\n");
        const char *end = strchr(s, '>');
        if (!end)
            return false;
        if (closing && strncmp(s, "</html>", 7) == 0)
            break; /* opened before the body */
        if (closing) {
            if (depth == 0 || strlen(open[depth - 1]) != n || strncmp(open[--depth], s + 2, n) != 0)
                return false;
        } else if (end[-1] != '/' && strncmp(s, "<br", 3) != 0) {
            if (depth == DEEP || n >= sizeof open[0])
                return false;
            snprintf(open[depth++], sizeof open[0], "%.*s", (int)n, s + 1);
        }
    }
    return depth == 0;
}

static void fill_sections(struct report *r)
{
    static const char *const header[] = {"a", "b"}, *const cells[] = {"x", "1.25 um", "y", "2.5 um", "z", "NO"};
    static const char *const items[] = {"first <b>", "second & last"};
    report_section(r, "One & only");
    report_list(r, items, 2);
    report_section(r, "Two");
    report_subsection(r, "Two, closer");
    report_table(r, "three rows", header, cells, 2, 2);
    report_table(r, "facts", NULL, cells, 3, 2);
    report_section(r, "Three");
    report_preformatted(r, "mnsim run um.yaml && echo '<done>'");
    report_paragraph(r, "64 +- 32 ug/cm2 over 600 um at kum, _um and x2um");
}

static void a_page_is_well_formed_and_leads_to_its_sections(void)
{
    char folder[200];
    temp_folder(folder);
    char *text = page_of(fill_sections, folder);
    CU_ASSERT_TRUE(is_well_formed(text));
    ASSERT_HAS(text, "<nav aria-labelledby=\"contents\">");
    ASSERT_HAS(text, "<li><a href=\"#s1\">One &amp; only</a></li>");
    ASSERT_HAS(text, "<h2 id=\"s3\">Three</h2>");
    ASSERT_HAS(text, "<h3>Two, closer</h3>");
    ASSERT_HAS(text, "<li>first &lt;b&gt;</li>");
    ASSERT_HAS(text, "default-src 'none'");
    temp_remove(folder);
    free(text);
}

static void numbers_align_and_units_are_set_as_people_write_them(void)
{
    char folder[200];
    temp_folder(folder);
    char *text = page_of(fill_sections, folder);
    ASSERT_HAS(text, "<th scope=\"col\" class=\"n\">b</th>");
    ASSERT_HAS(text, "<td class=\"n\">2.5 \xc2\xb5m</td>");
    ASSERT_HAS(text, "<th scope=\"row\">y</th><td>2.5 \xc2\xb5m</td>");
    ASSERT_HAS(text, "<td class=\"no\">NO</td>");
    ASSERT_HAS(text, "64 \xc2\xb1 32 \xc2\xb5g/cm\xc2\xb2 over 600 \xc2\xb5m at kum, _um and x2um");
    ASSERT_HAS(text, "mnsim run um.yaml &amp;&amp; echo &#39;&lt;done&gt;&#39;");
    temp_remove(folder);
    free(text);
}

/* ---- numbers and words ---- */

static void check_short(const char *text, const char *want)
{
    char out[64];
    short_number(text, out);
    CU_ASSERT_STRING_EQUAL(out, want);
}

static void numbers_are_shortened_but_counts_are_not(void)
{
    check_short("12122.16815 um", "12122 um");
    check_short("-0.4194798387 N", "-0.4195 N");
    check_short("1.500000001", "1.5");
    check_short("20260309", "20260309");
    check_short("3.2e-05 N", "3.2e-05 N");
    check_short("0.00123456 cm/h", "0.001235 cm/h");
    check_short("1.234567e+09", "1.235e+09");
    check_short("0", "0");
    check_short("2026-11-21T13:56:04Z", "2026-11-21T13:56:04Z");
    check_short("10 of 12 needles were read", "10 of 12 needles were read");
    check_short(NULL, "");
}

static void keys_become_words_with_their_units(void)
{
    static const char *const pair[][2] = {{"peak_force_N", "peak force / N"},
                                          {"delivered_end_ug_cm2", "delivered end / ug/cm2"},
                                          {"J_ss_ug_cm2_h", "J ss / ug/cm2/h"},
                                          {"status", "status"},
                                          {"tick_lateness", "tick lateness"}};
    char out[80];
    for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++) {
        key_words(pair[i][0], out, sizeof out);
        CU_ASSERT_STRING_EQUAL(out, pair[i][1]);
    }
}

/* ---- a bench run ---- */

static const char run_yaml[] =
    "format: mn-run-1\nvirtual: %s\nspecimen: pig <3>\nbatch: b\nstarted: \"2026-01-02T03:04:05Z\"\n"
    "needles: {name: patch, count: 100, length: 600 um, area: 1 cm2}\n"
    "outcome: {state: %s, cause: \"%s\", complete: %s, rows: 4, samples_sha256: \"%s\"}\n"
    "peak_force: 3.217391 N\ntravel_end: 812.123456 um\n"
    "counts: {tick_count: 4, tick_skipped: %d, axis_timeouts: 0}\n"
    "configuration: {bench: {limits: {force_push: 20 N, travel_soft: {from: -1 mm, to: 18 mm}}, "
    "devices: {axis: {map: a.yaml, unit: 1}, force: {map: f.yaml, unit: 2, poll: 10 ms}}}, "
    "method: {limits: {force_push: 15 N}, stages: [{insert: {speed: 0.5 mm/s, to_force: 10 N}}]}}\n"
    "novelty: {of_the_bench: {a: 1, b: 2}}\n";
static const char samples[] =
    "seq,time_s,state,position_um,travel_um,raw_travel_um,force_N,net_force_N,axis_age_ms,force_age_ms,axis_status,"
    "axis_alarm,inputs\n"
    "0,0.1,insert,100,0,0,0,0.05,1,1,0,0,0\n1,0.2,insert,200,100,100,0,1.5,1,1,0,0,0\n"
    "2,0.3,insert,300,200,200,0,3.217391,1,1,0,0,0\n3,0.4,hold,300,200,200,0,3.0,1,1,0,0,0\n";

struct bench_case { const char *is_virtual, *state, *cause, *complete, *sum; int skipped; };

/* The page of a run folder with these files, or NULL with the failure in *e. */
static char *bench_page(const char *folder, const struct bench_case *c, const char *csv, const char *events,
                        struct err *e)
{
    char text[2000], path[300], page[300];
    struct report *r;
    snprintf(text, sizeof text, run_yaml, c->is_virtual, c->state, c->cause, c->complete, c->sum, c->skipped);
    temp_write(temp_path(folder, RUN_YAML, path), text);
    snprintf(page, sizeof page, "%.200s.html", folder); /* beside the run: nothing is written into it */
    if (csv) temp_write(temp_path(folder, RUN_SAMPLES, path), csv);
    if (events) temp_write(temp_path(folder, RUN_EVENTS, path), events);
    CU_ASSERT_EQUAL_FATAL(report_open(&r, page, "Bench", NULL, e), 0);
    if (runpage_add(r, folder, e)) {
        report_abandon(r);
        return NULL;
    }
    CU_ASSERT_EQUAL_FATAL(report_close(r, e), 0);
    char *html = temp_read(page);
    remove(page);
    return html;
}

static void a_done_run_shows_what_was_found_and_says_synthetic(void)
{
    struct bench_case c = {"true", "done", "", "true", "", 0};
    char folder[200];
    temp_folder(folder);
    char *text = bench_page(folder, &c, samples, "time_s,kind,subject,value,detail,chain\n0.1,state,insert,,,00\n",
                            &(struct err){0});
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    ASSERT_HAS(text, "SYNTHETIC: virtual bench: rehearsal, not evidence");
    ASSERT_HAS(text, "Bench run, specimen pig &lt;3&gt;");
    ASSERT_HAS(text, "3.217 N");
    ASSERT_HAS(text, "holds the skin&#39;s sink and is not depth");
    ASSERT_HAS(text, "greatest, 3.217 N, at 200 \xc2\xb5m of travel and 0.30 s after the start");
    ASSERT_HAS(text, "No depth reading is recorded");
    ASSERT_HAS(text, "<th scope=\"row\">force push</th><td class=\"n\">20 N</td><td class=\"n\">15 N</td>");
    ASSERT_HAS(text, "<th scope=\"row\">force</th><td>f.yaml</td><td class=\"n\">2</td><td class=\"n\">10 ms</td>");
    ASSERT_HAS(text, "Novelty"); /* a key that this page does not know */
    CU_ASSERT_PTR_NULL(strstr(text, "did not complete"));
    CU_ASSERT_PTR_NULL(strstr(text, "axis timeouts"));
    free(text);
    temp_remove(folder);
}

static void a_tripped_run_begins_with_its_cause(void)
{
    struct bench_case c = {"false", "tripped", "force_push: 15.2 N > 15 N in INSERT", "false", "", 3};
    char folder[200];
    temp_folder(folder);
    char *text = bench_page(folder, &c, samples, NULL, &(struct err){0});
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    ASSERT_HAS(text, "did not complete: tripped, first cause: force_push: 15.2 N &gt; 15 N in INSERT.");
    ASSERT_HAS(text, "The record is not complete");
    ASSERT_HAS(text, "3 ticks were skipped");
    ASSERT_HAS(text, "No events are shown");
    CU_ASSERT_PTR_NULL(strstr(text, "SYNTHETIC"));
    free(text);
    temp_remove(folder);
}

static void a_damaged_or_foreign_run_is_told(void)
{
    struct bench_case c = {"false", "done", "", "true", "00ff", 0};
    char folder[200], path[300], page[300];
    struct err e = {0};
    struct report *r;
    temp_folder(folder);
    char *text = bench_page(folder, &c, samples, NULL, &e);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    ASSERT_HAS(text, "samples.csv is not what the recorder wrote");
    free(text);
    text = bench_page(folder, &c, "seq,time_s,state\n0,x", NULL, &e);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    ASSERT_HAS(text, "No figures: ");
    free(text);
    temp_write(temp_path(folder, RUN_YAML, path), "format: mn-run-9\n");
    snprintf(page, sizeof page, "%.200s.html", folder);
    CU_ASSERT_EQUAL_FATAL(report_open(&r, page, "Bench", NULL, &e), 0);
    CU_ASSERT_EQUAL(runpage_add(r, folder, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "format 'mn-run-9': this program reads mn-run-1");
    report_abandon(r);
    temp_remove(folder);
}

/* Ten minutes at 100 rows a second: the figures stay small and the one row of the peak stays in. */
static void a_long_run_is_thinned_out_but_not_its_events(void)
{
    enum { ROWS = 60000 };
    struct bench_case c = {"false", "done", "", "true", "", 0};
    char folder[200], *csv = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&csv, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f, "%.*s", (int)(strchr(samples, '\n') + 1 - samples), samples);
    for (int i = 0; i < ROWS; i++)
        fprintf(f, "%d,%.2f,%s,0,%d,0,0,%.4f,1,1,0,0,0\n", i, i * 0.01, i < 300 ? "insert" : "hold", i < 300 ? i : 300,
                i == 41237 ? 8.8125 : 5.0 - 1e-5 * i);
    fclose(f);
    temp_folder(folder);
    char *text = bench_page(folder, &c, csv, NULL, &(struct err){0});
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    ASSERT_HAS(text, "greatest, 8.812 N");
    ASSERT_HAS(text, "412.37 s after the start");
    CU_ASSERT(strlen(text) < 250000);
    free(text);
    free(csv);
    temp_remove(folder);
}

CU_TestInfo report_tests[] = {
    {"every text has a contrast of 4.5", every_text_has_a_contrast_of_4_5},
    {"a page is well formed and leads to its sections", a_page_is_well_formed_and_leads_to_its_sections},
    {"numbers align and units are set as people write them", numbers_align_and_units_are_set_as_people_write_them},
    {"numbers are shortened but counts are not", numbers_are_shortened_but_counts_are_not},
    {"keys become words with their units", keys_become_words_with_their_units},
    {"a done run shows what was found and says synthetic", a_done_run_shows_what_was_found_and_says_synthetic},
    {"a long run is thinned out but not its events", a_long_run_is_thinned_out_but_not_its_events},
    {"a tripped run begins with its cause", a_tripped_run_begins_with_its_cause},
    {"a damaged or foreign run is told", a_damaged_or_foreign_run_is_told},
    CU_TEST_INFO_NULL,
};
