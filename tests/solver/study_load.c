/* study_load.c -- a good study becomes the right problem: units, geometry, parts, overrides, assumptions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tests/runner.h"
#include "tests/solver/study_fixture.h"
#include "tests/solver/suites.h"

static void load(struct fixture *f, struct study *s, const char *const *overrides)
{
    struct err e = {0};
    struct study_options o = {overrides, NULL};
    if (study_load(s, f->study, &o, &e)) {
        err_print(stdout, "test", &e);
        CU_FAIL_FATAL("the study should load");
    }
}

static void values_arrive_in_si(void)
{
    struct fixture f;
    struct study s;
    fixture_make(&f);
    load(&f, &s, NULL);
    const struct problem *p = &s.problem;
    CU_ASSERT_EQUAL(p->n_layers, 2);
    CU_ASSERT_STRING_EQUAL(p->layer[1].name, "dermis");
    ASSERT_REL(p->layer[1].h, 430e-6, 1e-14);
    ASSERT_REL(p->layer[0].D, 6.1e-15, 1e-14);
    ASSERT_REL(p->donor.C0, 7.3, 1e-14);
    ASSERT_REL(p->donor.K, 1.1, 1e-14);
    ASSERT_REL(p->area, 2.3e-4, 1e-14);
    ASSERT_REL(p->remove_at, 18000.0, 1e-14);
    ASSERT_REL(p->t_out[0], 1800.0, 1e-14);
    ASSERT_REL(p->channel.D, 5.3e-10, 1e-14);
    CU_ASSERT_EQUAL(p->layer[1].clearance, 0.0); /* no blood flows in vitro */
    study_release(&s);
    fixture_remove(&f);
}

/* r(surface) = 0.83 (6 + (91.5 - 6) 312/610) um, r(tip) = 0.83 x 6 um; b = 1/sqrt(pi n). */
static void channel_follows_the_needle_from_its_tip(void)
{
    struct fixture f;
    struct study s;
    fixture_make(&f);
    load(&f, &s, NULL);
    ASSERT_REL(s.problem.channel.r_surface, 0.83 * (6.0 + 85.5 * 312.0 / 610.0) * 1e-6, 1e-12);
    ASSERT_REL(s.problem.channel.r_tip, 0.83 * 6e-6, 1e-12);
    ASSERT_REL(s.problem.cell_radius, 1.0 / sqrt(3.14159265358979323846 * 137e4), 1e-12);
    study_release(&s);
    fixture_remove(&f);
}

static void pyramid_is_the_circle_of_equal_area(void)
{
    struct fixture f;
    struct study s;
    fixture_make(&f);
    fixture_write(&f, "needles/pins.yaml",
                  "name: pins\nkind: array\nshape: pyramid\nlength: 610 um\nbase_width: 200 um\ntip_diameter: 12 "
                  "um\ncount: 50\n");
    const char *const full[] = {"insertion={fraction_of_length: 0.5}", "channel/radius_ratio=1", NULL};
    load(&f, &s, full);
    double base = 200e-6 / sqrt(3.14159265358979323846);
    ASSERT_REL(s.problem.channel.r_surface, 0.5 * (6e-6 + base), 1e-12);
    study_release(&s);
    fixture_remove(&f);
}

/* Shares and ratios are read alike as numbers and as percentages; partition coefficients are numbers. */
static void a_share_may_be_a_percentage(void)
{
    struct fixture f;
    struct study as_number, as_percentage;
    struct err e = {0};
    fixture_make(&f);
    fixture_change(&f, "infinite, concentration", "finite, thickness: 90 um, concentration");
    fixture_change(&f, "{area: 2.3 cm2, remove_at: 5 h}", "{area: 2.3 cm2}");
    fixture_change(&f, "schedule: {duration: 6 h,",
                   "schedule: {duration: 6 h, steps: [{at: 0 h, do: needles}, {at: 0 h, do: apply}, {at: 1 h, do: wash, "
                   "fraction: 0.37}],");
    const char *const numbers[] = {"insertion={fraction_of_length: 0.53, penetrated_fraction: 0.87}",
                                   "channel/radius_ratio=1.13", "closure={half_life_open: 3 h, elastic: 0.71}", NULL};
    const char *const percentages[] = {"insertion={fraction_of_length: 53 %, penetrated_fraction: 87%}",
                                       "channel/radius_ratio=113 %", "closure={half_life_open: 3 h, elastic: 71 %}",
                                       "schedule/steps/2/fraction=37 %", NULL};
    load(&f, &as_number, numbers);
    load(&f, &as_percentage, percentages);
    ASSERT_REL(as_percentage.depth, as_number.depth, 1e-14);
    ASSERT_REL(as_percentage.density, as_number.density, 1e-14);
    ASSERT_REL(as_percentage.eta, 1.13, 1e-14);
    ASSERT_REL(as_percentage.problem.channel.elastic, 0.71, 1e-14);
    ASSERT_REL(as_percentage.problem.event[2].fraction, 0.37, 1e-14);
    study_release(&as_number);
    study_release(&as_percentage);
    const char *const K[] = {"vehicle/K=50 %", NULL};
    CU_ASSERT_EQUAL(study_load(&as_number, f.study, &(struct study_options){K, NULL}, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "vehicle/K: '50 %' is not a plain decimal number");
    ASSERT_HAS(e.hint, "without a unit: 0.5");
    fixture_remove(&f);
}

static bool is_warned(const struct study *s, const char *words)
{
    bool any = false;
    for (size_t i = 0; i < s->n_notes; i++)
        any = any || (s->note[i].kind == NOTE_WARNING && strstr(s->note[i].text, words));
    return any;
}

/* What can be computed and hardly be meant. */
static void slips_of_a_unit_are_warned_of(void)
{
    static const struct {
        const char *below, *above, *words;
    } slip[] = {
        {"vehicle/concentration=2990 mg/mL", "vehicle/concentration=3010 mg/mL",
         "vehicle: concentration 3010 mg/mL: above 3000 mg/mL"},
        {"vehicle/K=0.9e9", "vehicle/K=1.1e9", "vehicle: K 1.1e+09: outside 1e-09 to 1e+09"},
        {"vehicle/K=1.1e-9", "vehicle/K=0.9e-9", "vehicle: K 9e-10: outside"},
        {"vehicle/thickness=99 mm", "vehicle/thickness=103 mm", "vehicle: thickness 10.3 cm: above 10 cm"},
        {"drug/tissue/dermis/D=0.9e-8 m2/s", "drug/tissue/dermis/D=1.1e-8 m2/s", "dermis: D 1.1e-08 m2/s: above 1e-08"},
        {"drug/tissue/dermis/K=0.9e9", "drug/tissue/dermis/K=1.1e9", "dermis: K 1.1e+09: outside"},
        {"channel/D=0.9e-8 m2/s", "channel/D=1.1e-8 m2/s", "channel: D 1.1e-08 m2/s: above"},
        {"patch/area=1.9 m2", "patch/area=2.1 m2", "patch: area 2.1 m2: above 2 m2"},
        {"density=3400 /cm2", "density=3480 /cm2", "needles overlap: the bases of 3480 needles/cm2 would cover 0.915"},
    };
    struct fixture f;
    struct study s;
    fixture_make(&f);
    fixture_change(&f, "{depth: 312 um}", "{depth: 100 um}"); /* channels that leave room where the bases have none */
    for (size_t i = 0; i < sizeof slip / sizeof slip[0]; i++) {
        const char *const below[] = {slip[i].below, NULL}, *const above[] = {slip[i].above, NULL};
        load(&f, &s, below);
        CU_ASSERT(!is_warned(&s, "outside") && !is_warned(&s, ": above") && !is_warned(&s, "overlap"));
        study_release(&s);
        load(&f, &s, above);
        if (!is_warned(&s, slip[i].words)) printf("\n  not warned: %s\n", slip[i].words);
        CU_ASSERT(is_warned(&s, slip[i].words));
        study_release(&s);
    }
    fixture_remove(&f);
}

static void clearance_counts_in_vivo_and_body_may_be_the_drugs(void)
{
    struct fixture f;
    struct study s;
    fixture_make(&f);
    fixture_change(&f, "receptor: {type: sink}", "receptor: {type: closed}\nbody: drug");
    load(&f, &s, NULL);
    ASSERT_REL(s.problem.layer[1].clearance, 4.3e-4, 1e-14);
    ASSERT_REL(s.problem.body.V, 0.063, 1e-14);
    ASSERT_REL(s.problem.body.CL, 0.021 / 3600.0, 1e-14);
    study_release(&s);
    fixture_remove(&f);
}

static void area_and_density_come_from_the_needles_when_not_stated(void)
{
    struct fixture f;
    struct study s;
    fixture_make(&f);
    fixture_change(&f, "density: 137 /cm2\n", "");
    fixture_change(&f, "area: 2.3 cm2, ", "");
    load(&f, &s, NULL);
    ASSERT_REL(s.density, 137e4, 1e-12); /* 274 needles on 2 cm2 */
    ASSERT_REL(s.problem.area, 2e-4, 1e-12);
    study_release(&s);
    fixture_remove(&f);
}

static void overrides_reach_into_named_parts(void)
{
    struct fixture f;
    struct study s;
    const char *const overrides[] = {"drug/tissue/dermis/K=0.93", "skin.layers.1.thickness=500 um",
                                     "vehicle/concentration=2 mg/mL", NULL};
    fixture_make(&f);
    load(&f, &s, overrides);
    ASSERT_REL(s.problem.layer[1].K, 0.93, 1e-14);
    ASSERT_REL(s.problem.layer[1].h, 500e-6, 1e-14);
    ASSERT_REL(s.problem.donor.C0, 2.0, 1e-14);
    study_release(&s);
    fixture_remove(&f);
}

static void parts_in_place_and_layer_values_win_over_the_drug(void)
{
    struct fixture f;
    struct study s;
    fixture_make(&f);
    fixture_change(&f, "skin: slab",
                   "skin: {name: own, layers: [{name: anything, thickness: 500 um, D: 2.7e-10 m2/s, K: 1.3}]}");
    load(&f, &s, NULL);
    ASSERT_REL(s.problem.layer[0].D, 2.7e-10, 1e-14);
    ASSERT_REL(s.problem.layer[0].K, 1.3, 1e-14);
    study_release(&s);
    fixture_remove(&f);
}

/* Water at 25 C and a molar mass of 100 g/mol: 10^(-4.13 - 0.906) cm2/s by the formula itself. */
static void assumed_channel_is_noted_with_its_rule(void)
{
    struct fixture f;
    struct study s;
    fixture_make(&f);
    fixture_write(&f, "drugs/probe.yaml",
                  "name: probe\nmolar_mass: 100 g/mol\ntissue:\n  stratum_corneum: {D: 6.1e-15 m2/s, K: 0.7}\n"
                  "  dermis: {D: 1.7e-10 m2/s, K: 0.81}\n");
    const char *const at_25[] = {"skin/temperature=25 degC", NULL};
    load(&f, &s, at_25);
    ASSERT_REL(s.problem.channel.D, 1e-4 * pow(10.0, -5.036), 1e-9);
    bool noted = false;
    for (size_t i = 0; i < s.n_notes; i++)
        noted = noted || (s.note[i].kind == NOTE_ASSUMED && strcmp(s.note[i].path, "channel/D") == 0);
    CU_ASSERT_TRUE(noted);
    study_release(&s);
    fixture_remove(&f);
}

/* T/viscosity of water from 25 to 32 C: 1.0235 x 0.890/0.765 mPa s (tables). */
static void assumed_diffusivity_rises_with_temperature(void)
{
    struct fixture f;
    struct study s;
    double D[2];
    const char *const at[] = {"skin/temperature=25 degC", "skin/temperature=32 degC"};
    fixture_make(&f);
    fixture_write(&f, "drugs/probe.yaml",
                  "name: probe\nmolar_mass: 211 g/mol\ntissue:\n  stratum_corneum: {D: 6.1e-15 m2/s, K: 0.7}\n"
                  "  dermis: {D: 1.7e-10 m2/s, K: 0.81}\n");
    for (size_t i = 0; i < 2; i++) {
        const char *const overrides[] = {at[i], NULL};
        load(&f, &s, overrides);
        D[i] = s.problem.channel.D;
        study_release(&s);
    }
    ASSERT_REL(D[1] / D[0], 1.0235 * 0.890 / 0.765, 5e-3);
    fixture_remove(&f);
}

/* Open share 1 - exp(-n pi R2), R = 0.83 (6 + 85.5 312/610) um = 41.28 um: 0.052 at 1000 /cm2, 0.27 at 6000 /cm2. */
static void random_strikes_are_warned_of_and_then_refused(void)
{
    struct fixture f;
    struct study s;
    struct err e = {0};
    const char *const thin[] = {"needles/kind=pen", "density=1000 /cm2", NULL};
    const char *const dense[] = {"needles/kind=pen", "density=6000 /cm2", NULL};
    bool warned = false;
    fixture_make(&f);
    load(&f, &s, thin);
    for (size_t i = 0; i < s.n_notes; i++)
        warned = warned || (s.note[i].kind == NOTE_WARNING && strstr(s.note[i].text, "random strikes open 0.052"));
    CU_ASSERT_TRUE(warned);
    study_release(&s);
    CU_ASSERT_EQUAL(study_load(&s, f.study, &(struct study_options){dense, NULL}, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "open 0.27 of the skin: at most 0.2 for random strikes");
    fixture_remove(&f);
}

/* n pi R2 of a lattice: 0.43 at 8000 /cm2. */
static void a_lattice_with_little_skin_left_is_warned_of(void)
{
    struct fixture f;
    struct study s;
    const char *const dense[] = {"density=8000 /cm2", NULL};
    bool warned = false;
    fixture_make(&f);
    load(&f, &s, dense);
    for (size_t i = 0; i < s.n_notes; i++)
        warned = warned || (s.note[i].kind == NOTE_WARNING && strstr(s.note[i].text, "channels open 0.43 of the skin"));
    CU_ASSERT_TRUE(warned);
    study_release(&s);
    fixture_remove(&f);
}

static void without_needles_the_skin_is_intact(void)
{
    struct fixture f;
    struct study s;
    const char *const none[] = {"needles=none", NULL};
    fixture_make(&f);
    load(&f, &s, none);
    CU_ASSERT_FALSE(s.has_channel);
    CU_ASSERT_EQUAL(s.problem.channel.fill, CHANNEL_NONE);
    study_release(&s);
    fixture_remove(&f);
}

/* The reading of a run: mean depth, and only the needles that went in make channels. */
static void a_run_folder_gives_depth_and_penetrated_needles(void)
{
    struct fixture f;
    struct study s;
    char path[300];
    fixture_make(&f);
    snprintf(path, sizeof path, "%s/run1", f.folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
    fixture_write(&f, "run1/penetration_01.yaml",
                  "format: mn-penetration-1\nmethod: oct\nfile: a.csv\nfile_sha256: 00\ndepth: {mean: \"387.25 um\", "
                  "sd: \"22 um\", n: 100}\n"
                  "penetrated_fraction: 0.9\nvirtual: true\nrecorded: \"2026-03-09T14:05:09Z\"\n");
    fixture_change(&f, "{depth: 312 um}", "{run: run1}");
    load(&f, &s, NULL);
    ASSERT_REL(s.depth, 387.25e-6, 1e-12);
    ASSERT_REL(s.density, 0.9 * 137e4, 1e-12);
    CU_ASSERT_TRUE(s.is_virtual);
    bool labelled = false;
    for (size_t i = 0; i < s.n_notes; i++)
        labelled = labelled || (s.note[i].kind == NOTE_LABEL &&
                                strcmp(s.note[i].text, LABEL_VIRTUAL) == 0);
    CU_ASSERT_TRUE(labelled);
    study_release(&s);
    fixture_remove(&f);
}

CU_TestInfo study_load_tests[] = {
    {"values_arrive_in_si", values_arrive_in_si},
    {"channel_follows_the_needle_from_its_tip", channel_follows_the_needle_from_its_tip},
    {"pyramid_is_the_circle_of_equal_area", pyramid_is_the_circle_of_equal_area},
    {"a_share_may_be_a_percentage", a_share_may_be_a_percentage},
    {"slips_of_a_unit_are_warned_of", slips_of_a_unit_are_warned_of},
    {"clearance_counts_in_vivo_and_body_may_be_the_drugs", clearance_counts_in_vivo_and_body_may_be_the_drugs},
    {"area_and_density_come_from_the_needles_when_not_stated", area_and_density_come_from_the_needles_when_not_stated},
    {"overrides_reach_into_named_parts", overrides_reach_into_named_parts},
    {"parts_in_place_and_layer_values_win_over_the_drug", parts_in_place_and_layer_values_win_over_the_drug},
    {"assumed_channel_is_noted_with_its_rule", assumed_channel_is_noted_with_its_rule},
    {"assumed_diffusivity_rises_with_temperature", assumed_diffusivity_rises_with_temperature},
    {"random_strikes_are_warned_of_and_then_refused", random_strikes_are_warned_of_and_then_refused},
    {"a_lattice_with_little_skin_left_is_warned_of", a_lattice_with_little_skin_left_is_warned_of},
    {"without_needles_the_skin_is_intact", without_needles_the_skin_is_intact},
    {"a_run_folder_gives_depth_and_penetrated_needles", a_run_folder_gives_depth_and_penetrated_needles},
    CU_TEST_INFO_NULL,
};
