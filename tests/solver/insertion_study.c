/* insertion_study.c -- studies of insertion, diffusion studies that state a force, and the folder 'mnsim insert'
 * writes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/table.h"
#include "solver/results/insertion.h"
#include "tests/runner.h"
#include "tests/solver/insertion_kit.h"
#include "tests/solver/study_fixture.h"
#include "tests/solver/suites.h"

static const char press_text[] = "study: \"Pins\"\n"
                                 "needles: pins\n"
                                 "press: {speed: 0.7 mm/s, to: {force: 17.3 N}, hold: 11 s}\n"
                                 "mechanics: {k2: 1.3 N/mm2, relaxation: [{share: 0.4, time: 3.1 s}]}\n"
                                 "material: {young_modulus: 3.1 GPa, yield_strength: 57 MPa}\n"
                                 "seed: 7\n";

static struct study *loaded(struct fixture *f, const char *name, struct err *e)
{
    char path[500];
    struct study *s = malloc(sizeof *s);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    *e = (struct err){0};
    int rc = study_load(s, path, NULL, e);
    ASSERT_HAS(e->msg, "");
    CU_ASSERT_EQUAL_FATAL(rc, 0);
    return s;
}

static bool has_note(const struct study *s, enum note_kind kind, const char *words)
{
    for (size_t i = 0; i < s->n_notes; i++)
        if (s->note[i].kind == kind && strstr(s->note[i].text, words)) return true;
    return false;
}

static void a_force_gives_the_depth_of_the_model_with_its_spread(void)
{
    struct fixture f;
    struct err e;
    fixture_make(&f);
    fixture_change(&f, "depth: 312 um", "force: 14.2 N, hold: 9 s, seed: 3");
    struct study *s = loaded(&f, "study.yaml", &e);
    struct insertion_case c = press_case(610e-6, 12e-6, 183e-6, 274, 2e-4);
    c.press.force = 14.2;
    c.press.hold = 9.0;
    c.seed = 3;
    c.step = 10e-6;
    struct insertion_summary want = press_summary(&c);
    ASSERT_REL(s->depth, want.depth_mean, 1e-9);
    ASSERT_REL(s->depth_sd, want.depth_sd, 1e-9);
    ASSERT_REL(s->problem.channel.depth, want.depth_mean, 1e-9);
    ASSERT_REL(s->penetrated_fraction, want.entered_fraction, 1e-12);
    CU_ASSERT(s->depth_estimated);
    CU_ASSERT(has_note(s, NOTE_LABEL, "depth estimated by the insertion model, not measured"));
    CU_ASSERT(has_note(s, NOTE_DERIVED, "for a force of 14.2 N: estimated; sd "));
    CU_ASSERT(has_note(s, NOTE_DERIVED, "0.5 mm/s assumed"));
    study_release(s);
    free(s);
    fixture_remove(&f);
}

static void a_travel_goes_through_the_model_too(void)
{
    struct fixture f;
    struct err e;
    fixture_make(&f);
    fixture_change(&f, "depth: 312 um", "travel: 1.13 mm, mechanics: {base_stiffness: 3 MPa/mm}");
    struct study *s = loaded(&f, "study.yaml", &e);
    CU_ASSERT(s->depth > 100e-6 && s->depth < 610e-6);
    CU_ASSERT(has_note(s, NOTE_DERIVED, "for a travel of 1130 um: estimated"));
    CU_ASSERT(has_note(s, NOTE_DERIVED, "24 of its 25 values are its own defaults"));
    study_release(s);
    free(s);
    fixture_remove(&f);
}

static void the_resolved_study_gives_the_same_depth_and_keeps_its_label(void)
{
    struct fixture f;
    struct err e;
    struct record *r;
    char path[500];
    fixture_make(&f);
    fixture_change(&f, "depth: 312 um", "force: 14.2 N");
    struct study *s = loaded(&f, "study.yaml", &e);
    CU_ASSERT_EQUAL_FATAL(record_new(&r, &e), 0);
    study_resolve(s, r);
    snprintf(path, sizeof path, "%s/again.yaml", f.folder);
    CU_ASSERT_EQUAL(record_write(r, path, &e), 0);
    record_free(r);
    struct study *again = loaded(&f, "again.yaml", &e);
    CU_ASSERT_EQUAL(again->depth, s->depth);
    CU_ASSERT_EQUAL(again->problem.cell_radius, s->problem.cell_radius);
    CU_ASSERT(again->depth_estimated && has_note(again, NOTE_LABEL, "not measured"));
    study_release(s);
    study_release(again);
    free(s);
    free(again);
    fixture_remove(&f);
}

static void pens_have_no_estimate(void)
{
    struct fixture f;
    struct err e = {0};
    struct study *s = malloc(sizeof *s);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    fixture_make(&f);
    fixture_change(&f, "depth: 312 um", "force: 9 N");
    fixture_write(&f, "needles/pins.yaml",
                  "name: pins\nkind: pen\nshape: cone\nlength: 610 um\nbase_diameter: 183 um\ntip_diameter: 12 "
                  "um\nneedles: 12\n");
    CU_ASSERT_EQUAL(study_load(s, f.study, NULL, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "pins.yaml:2:7: needles: a pen strikes at about 0.5 m/s");
    ASSERT_HAS(e.hint, "without inertia; give a measured depth");
    fixture_remove(&f);
    free(s);
}

/* Writes text as press.yaml beside the parts and loads it. */
static int press_loaded(struct fixture *f, const char *text, struct press_study *p, struct err *e)
{
    char path[500];
    *e = (struct err){0};
    fixture_write(f, "press.yaml", text);
    snprintf(path, sizeof path, "%s/press.yaml", f->folder);
    return press_study_load(p, path, NULL, e);
}

static void a_study_of_insertion_is_read_with_its_assumptions(void)
{
    struct fixture f;
    struct err e;
    struct press_study *p = malloc(sizeof *p);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    fixture_make(&f);
    CU_ASSERT_EQUAL_FATAL(press_loaded(&f, press_text, p, &e), 0);
    const struct insertion_case *c = &p->press;
    ASSERT_REL(c->needles.length, 610e-6, 1e-12);
    ASSERT_REL(c->needles.tip_diameter, 12e-6, 1e-12);
    CU_ASSERT_EQUAL(c->needles.count, 274);
    ASSERT_REL(c->needles.area, 2e-4, 1e-12);
    ASSERT_REL(c->press.force, 17.3, 1e-12);
    ASSERT_REL(c->press.retract_speed, 0.7e-3, 1e-12);
    ASSERT_REL(c->skin.k2, 1.3e6, 1e-12);
    ASSERT_REL(c->skin.k1, 2e6, 1e-12);
    CU_ASSERT_EQUAL(c->skin.relax.n, 1);
    CU_ASSERT_EQUAL(c->seed, 7);
    CU_ASSERT(isnan(c->press.travel) && isnan(p->material.fracture_force));
    CU_ASSERT(has_note(&p->study, NOTE_ASSUMED, "105 kPa: estimate: half of skin's 0.21 MPa (Iivarinen 2011)"));
    CU_ASSERT(!has_note(&p->study, NOTE_ASSUMED, "estimate: as k1"));
    press_study_release(p);
    free(p);
    fixture_remove(&f);
}

static void every_default_has_a_source_and_means_what_its_text_says(void)
{
    const struct mechanics_setting *list;
    struct mechanics m;
    size_t n = mechanics_settings(&list);
    mechanics_init(&m);
    for (size_t i = 0; i < n; i++) {
        char text[200];
        struct config *doc;
        struct err e = {0};
        struct mechanics read = m;
        snprintf(text, sizeof text, "%s: %s\n", list[i].key, list[i].text);
        CU_ASSERT_EQUAL_FATAL(config_parse(&doc, "default", text, strlen(text), &e), 0);
        CU_ASSERT_EQUAL(mechanics_read(config_root(doc), &read, NULL, &e), 0);
        ASSERT_HAS(e.msg, "");
        ASSERT_ABS(mechanics_value(&read, &list[i]), list[i].value, 1e-12 * fabs(list[i].value));
        CU_ASSERT(strlen(list[i].source) > 5);
        config_close(doc);
    }
}

static void press_refused(const char *find, const char *put, int code, const char *words, const char *hint)
{
    struct fixture f;
    struct err e;
    char text[2000];
    struct press_study *p = malloc(sizeof *p);
    const char *at = strstr(press_text, find);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - press_text), press_text, put, at + strlen(find));
    fixture_make(&f);
    CU_ASSERT_EQUAL(press_loaded(&f, text, p, &e), code);
    ASSERT_HAS(e.msg, words);
    ASSERT_HAS(e.hint, hint);
    fixture_remove(&f);
    free(p);
}

static void mistakes_in_a_study_of_insertion_are_placed(void)
{
    press_refused("to: {force: 17.3 N}", "to: {}", ERR_PARSE, "press.yaml:3:26: press/to: needs either force or travel",
                  "e.g. press:");
    press_refused("to: {force: 17.3 N}", "to: {force: 1 N, travel: 1 mm}", ERR_PARSE, "needs either force or travel",
                  "");
    press_refused(", to: {force: 17.3 N}", "", ERR_PARSE, "missing key 'to'", "");
    press_refused("0.7 mm/s", "2 m/s", ERR_RANGE, "press.yaml:3:16: press/speed: 2 m/s", "");
    press_refused("hold: 11 s", "hold: -1 s", ERR_RANGE, "press/hold: -1 s", "");
    press_refused("hold", "hodl", ERR_PARSE, "press/hodl: unknown key", "did you mean 'hold'?");
    press_refused("k2: 1.3 N/mm2", "k2: 1.3", ERR_PARSE, "press.yaml:4:17: mechanics/k2", "");
    press_refused("needles: pins\n", "", ERR_PARSE, "missing key 'needles'", "");
    press_refused("seed: 7", "drug: caffeine", ERR_PARSE, "drug: this is a study of diffusion",
                  "'mnsim run' computes it");
    press_refused("seed: 7", "seed: -7", ERR_RANGE, "seed: -7", "");
    press_refused("needles: pins",
                  "needles: {name: n, kind: array, shape: cone, length: 1 mm, base_diameter: 0.2 mm, count: 3}",
                  ERR_PARSE, "needles: number and area cannot be found", "needs two of count");
}

static void the_folder_holds_the_curve_and_a_study_that_repeats_it(void)
{
    struct fixture f;
    struct err e;
    struct press_study *p = malloc(sizeof *p), *again = malloc(sizeof *again);
    struct insertion_outcome a = {0}, b = {0};
    struct folder out;
    struct table t;
    char path[500];
    double *depth;
    CU_ASSERT_FATAL(p && again);
    fixture_make(&f);
    CU_ASSERT_EQUAL_FATAL(press_loaded(&f, press_text, p, &e), 0);
    CU_ASSERT_EQUAL_FATAL(insertion_compute(p, &a, &e), 0);
    struct result_context c = {"mnsim insert", 1773066309, 0.1};
    snprintf(path, sizeof path, "%s/out", f.folder);
    CU_ASSERT_EQUAL_FATAL(folder_open(&out, path, false, &e), 0);
    CU_ASSERT_EQUAL(insertion_write(p, &a, &c, &out, &e), 0);
    CU_ASSERT_EQUAL_FATAL(folder_commit(&out, &e), 0);

    snprintf(path, sizeof path, "%s/out/study.yaml", f.folder);
    CU_ASSERT_EQUAL_FATAL(press_study_load(again, path, NULL, &e), 0);
    CU_ASSERT_EQUAL_FATAL(insertion_compute(again, &b, &e), 0);
    CU_ASSERT_EQUAL(b.summary.depth_mean, a.summary.depth_mean);
    CU_ASSERT_EQUAL(b.summary.pull_off, a.summary.pull_off);

    snprintf(path, sizeof path, "%s/out/needles.csv", f.folder);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, &e), 0);
    CU_ASSERT_EQUAL(t.rows, 274);
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "buried_depth_um", false, &depth, &e), 0);
    double sum = 0.0;
    for (size_t i = 0; i < t.rows; i++)
        sum += depth[i];
    ASSERT_REL(sum / 274.0, a.summary.depth_mean * 1e6, 1e-6); /* all are in */
    free(depth);
    table_release(&t);

    char *text = fixture_read(&f, "out/summary.yaml");
    ASSERT_HAS(text, "estimated: computed by the insertion model, not measured");
    ASSERT_HAS(text, "buckling_margin:");
    ASSERT_HAS(text, "by_applied_force:");
    ASSERT_HAS(text, "seed: 7");
    free(text);
    insertion_outcome_release(&a);
    insertion_outcome_release(&b);
    press_study_release(p);
    press_study_release(again);
    free(p);
    free(again);
    fixture_remove(&f);
}

CU_TestInfo insertion_study_tests[] = {
    {"a force gives the depth of the model with its spread", a_force_gives_the_depth_of_the_model_with_its_spread},
    {"a travel goes through the model too", a_travel_goes_through_the_model_too},
    {"the resolved study gives the same depth and keeps its label",
     the_resolved_study_gives_the_same_depth_and_keeps_its_label},
    {"pens have no estimate", pens_have_no_estimate},
    {"a study of insertion is read with its assumptions", a_study_of_insertion_is_read_with_its_assumptions},
    {"every default has a source and means what its text says",
     every_default_has_a_source_and_means_what_its_text_says},
    {"mistakes in a study of insertion are placed", mistakes_in_a_study_of_insertion_are_placed},
    {"the folder holds the curve and a study that repeats it", the_folder_holds_the_curve_and_a_study_that_repeats_it},
    CU_TEST_INFO_NULL,
};
