/* study_errors.c -- what a study file may hold wrong: one message with place, value, bound and hint for each. */
#include <stdio.h>
#include "tests/runner.h"
#include "tests/solver/study_fixture.h"
#include "tests/solver/suites.h"

/* One change of the good study: its code, the place "line:col" and the words of the message and of the hint. */
static void refused(const char *find, const char *put, int code, const char *place, const char *words, const char *hint)
{
    struct err e;
    char at[60];
    CU_ASSERT_EQUAL(load_changed(find, put, &e), code);
    snprintf(at, sizeof at, "study.yaml:%s: ", place);
    ASSERT_HAS(e.msg, at);
    ASSERT_HAS(e.msg, words);
    ASSERT_HAS(e.hint, hint);
}

static void unknown_key_names_the_nearest(void)
{
    refused("needles: pins", "needles: null", ERR_PARSE, "4:10", "needles: has no value: must be a text",
            "'needles: none' is intact skin");
    refused("7.3 mg/mL", "23 kg/L", ERR_RANGE, "8:42", "23 kg/L: must be >= 0 and <= 22600 kg m-3", "");
    refused("vehicle:", "vehicel:", ERR_PARSE, "8:1", "vehicel: unknown key", "did you mean 'vehicle'?");
    refused("radius_ratio", "radius_ration", ERR_PARSE, "7:28", "channel/radius_ration: unknown key",
            "did you mean 'radius_ratio'?");
}

static void value_without_unit_is_refused_with_an_example(void)
{
    struct err e;
    CU_ASSERT_EQUAL(load_changed("312 um", "312", &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "study.yaml:6:20: insertion/depth");
    ASSERT_HAS(e.msg, "312");
    ASSERT_HAS(e.msg, "um");
}

static void wrong_dimension_is_refused(void)
{
    struct err e;
    CU_ASSERT_EQUAL(load_changed("312 um", "312 h", &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "study.yaml:6:20: insertion/depth");
    ASSERT_HAS(e.msg, "length");
}

static void channel_deeper_than_the_skin_is_refused_at_the_depth(void)
{
    refused("312 um", "447 um", ERR_RANGE, "6:20",
            "channel depth 447 um: must be at most the skin's thickness of 446 um", "thicker skin");
}

static void depth_beyond_the_needle_is_refused(void)
{
    refused("312 um", "611 um", ERR_RANGE, "6:20", "depth 611 um: must be at most the needle's length of 610 um",
            "travel of the axis");
    refused("depth: 312 um", "fraction_of_length: 1.2", ERR_RANGE, "6:33", "1.2", "");
}

static void overlapping_channels_are_refused_at_the_density(void)
{
    refused("137 /cm2", "19000 /cm2", ERR_RANGE, "5:10", "channels overlap: radius", "density must be below");
}

static void travel_is_not_depth(void)
{
    refused("depth: 312 um", "depth: 1310 um", ERR_RANGE, "6:20", "depth 1310 um: must be at most the needle's length",
            "is this the travel of the axis?");
    refused("depth: 312 um", "", ERR_PARSE, "6:1", "exactly one of depth, fraction_of_length, run, force, travel", "");
    refused("depth: 312 um", "depth: 312 um, fraction_of_length: 0.5", ERR_PARSE, "6:1", "exactly one", "");
    refused("depth: 312 um", "force: 9 N, travel: 1310 um", ERR_PARSE, "6:1", "exactly one", "by a model");
}

static void insertion_by_force_is_refused_where_the_model_cannot_say(void)
{
    refused("depth: 312 um", "force: -9 N", ERR_RANGE, "6:20", "insertion/force: -9 N: must be > 0", "");
    refused("depth: 312 um", "force: 9", ERR_PARSE, "6:20", "insertion/force", "");
    refused("depth: 312 um", "force: 0.9 N", ERR_RANGE, "6:1", "insertion: no needle goes in", "press harder");
    refused("depth: 312 um", "force: 9 N, speed: 1 m/s", ERR_RANGE, "6:32", "insertion/speed: 1 m/s", "");
    refused("depth: 312 um", "depth: 312 um, speed: 1 mm/s", ERR_PARSE, "6:35",
            "insertion/speed: is for the insertion model", "{force: ...}");
    refused("depth: 312 um", "force: 9 N, mechanics: {k3: 1}", ERR_PARSE, "6:37", "insertion/mechanics/k3: unknown key",
            "");
    refused("depth: 312 um", "force: 9 N, mechanics: {k1: 1 m}", ERR_PARSE, "6:41", "insertion/mechanics/k1", "");
    refused("depth: 312 um", "force: 9 N, mechanics: {cv_tip: 2}", ERR_RANGE, "6:45", "insertion/mechanics/cv_tip", "");
    refused("depth: 312 um", "force: 9 N, mechanics: {relaxation: [{share: 0.8, time: 1 s}, {share: 0.3, time: 9 s}]}",
            ERR_RANGE, "6:37", "the shares add up to 1.1: must be at most 1", "");
    refused("depth: 312 um", "force: 9 N, mechanics: {relaxation: 3}", ERR_PARSE, "6:49",
            "must be a list of at most 4 terms", "e.g.");
}

static void radius_ratio_has_no_default(void)
{
    refused(", radius_ratio: 0.83", "", ERR_PARSE, "7:1", "needs either radius_ratio, or surface_radius and tip_radius",
            "no default");
}

static void times_outside_the_study_are_refused(void)
{
    refused("remove_at: 5 h", "remove_at: 7 h", ERR_RANGE, "10:35",
            "patch/remove_at: 7 h is after the end of the study: must be at most 6 h", "never");
    refused("4 h, 6 h]", "4 h, 6.5 h]", ERR_RANGE, "11:59", "must be at most the duration of 6 h", "");
    refused("2 h, 4 h", "4 h, 2 h", ERR_RANGE, "11:54", "must be later than the time before it, 4 h", "");
    refused("from: 1 h", "from: 3 h", ERR_RANGE, "12:1", "a regression line needs at least 4", "");
}

static void missing_sections_are_named(void)
{
    struct err e;
    CU_ASSERT_EQUAL(load_changed("receptor: {type: sink}\n", "", &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "receptor");
    CU_ASSERT_EQUAL(load_changed("insertion: {depth: 312 um}\n", "", &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "insertion");
    CU_ASSERT_EQUAL(load_changed("drug: probe\n", "", &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "drug");
}

static void unknown_part_lists_where_it_was_looked_for(void)
{
    struct err e;
    CU_ASSERT_EQUAL(load_changed("drug: probe", "drug: unobtainium", &e), ERR_IO);
    ASSERT_HAS(e.msg, "study.yaml:2:7: drug: there is no drug of this name: 'unobtainium'");
    ASSERT_HAS(e.hint, "drugs/unobtainium.yaml");
    CU_ASSERT_EQUAL(load_changed("drug: probe", "drug: ../probe", &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "must be the name of a part");
}

static void closed_receptor_needs_a_clearance_and_body_a_closed_receptor(void)
{
    refused("receptor: {type: sink}", "receptor: {type: sink}\nbody: drug", ERR_PARSE, "10:7",
            "needs receptor: {type: closed}", "diffusion cell");
    struct fixture f;
    struct err e = {0};
    struct study s;
    fixture_make(&f);
    fixture_change(&f, "receptor: {type: sink}", "receptor: {type: closed}");
    fixture_change(&f, "skin: slab", "skin: {name: bloodless, layers: [{name: stratum_corneum, thickness: 400 um}]}");
    CU_ASSERT_EQUAL(study_load(&s, f.study, NULL, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "study.yaml:9:1: receptor: closed, but no layer has a clearance");
    fixture_remove(&f);
}

/* A mistake inside a part is told at the part's own file. */
static void mistakes_in_parts_are_placed_in_the_part(void)
{
    static const struct {
        const char *file, *text;
        int code;
        const char *words;
    } bad[] = {
        {"skins/slab.yaml", "name: slab\nlayers:\n  - {name: stratum_corneum, thickness: -16 um}\n", ERR_RANGE,
         "slab.yaml:3:40: layers/0/thickness"},
        {"skins/slab.yaml", "name: slab\nlayers:\n  - {name: granulosum, thickness: 16 um}\n", ERR_PARSE,
         "slab.yaml:3:12: layer 'granulosum': the drug 'probe'"},
        {"skins/slab.yaml", "name: slab\nlayers: []\n", ERR_PARSE, "slab.yaml:2"},
        {"drugs/probe.yaml", "name: probe\ntisue: {}\n", ERR_PARSE, "probe.yaml:2:1: tisue: unknown key"},
        {"needles/pins.yaml", "name: pins\nkind: array\nshape: cube\nlength: 610 um\n", ERR_PARSE, "pins.yaml:3:8"},
        {"needles/pins.yaml",
         "name: pins\nkind: array\nshape: cone\nlength: 610 um\nbase_diameter: 183 um\ntip_diameter: 190 um\n",
         ERR_RANGE, "pins.yaml:6:15: tip_diameter"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fixture f;
        struct err e = {0};
        struct study s;
        fixture_make(&f);
        fixture_write(&f, bad[i].file, bad[i].text);
        CU_ASSERT_EQUAL(study_load(&s, f.study, NULL, &e), bad[i].code);
        ASSERT_HAS(e.msg, bad[i].words);
        fixture_remove(&f);
    }
}

static void a_pen_needs_a_density(void)
{
    struct fixture f;
    struct err e = {0};
    struct study s;
    fixture_make(&f);
    fixture_change(&f, "density: 137 /cm2\n", "");
    fixture_write(&f, "needles/pins.yaml",
                  "name: pins\nkind: pen\nshape: cone\nlength: 610 um\nbase_diameter: 183 um\ntip_diameter: 12 "
                  "um\nneedles: 12\n");
    CU_ASSERT_EQUAL(study_load(&s, f.study, NULL, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "missing key 'density': a pen makes as many holes as it is used for");
    ASSERT_HAS(e.hint, "density: 100 /cm2");
    fixture_remove(&f);
}

CU_TestInfo study_error_tests[] = {
    {"unknown_key_names_the_nearest", unknown_key_names_the_nearest},
    {"value_without_unit_is_refused_with_an_example", value_without_unit_is_refused_with_an_example},
    {"wrong_dimension_is_refused", wrong_dimension_is_refused},
    {"channel_deeper_than_the_skin_is_refused_at_the_depth", channel_deeper_than_the_skin_is_refused_at_the_depth},
    {"depth_beyond_the_needle_is_refused", depth_beyond_the_needle_is_refused},
    {"overlapping_channels_are_refused_at_the_density", overlapping_channels_are_refused_at_the_density},
    {"travel_is_not_depth", travel_is_not_depth},
    {"insertion_by_force_is_refused_where_the_model_cannot_say",
     insertion_by_force_is_refused_where_the_model_cannot_say},
    {"radius_ratio_has_no_default", radius_ratio_has_no_default},
    {"times_outside_the_study_are_refused", times_outside_the_study_are_refused},
    {"missing_sections_are_named", missing_sections_are_named},
    {"unknown_part_lists_where_it_was_looked_for", unknown_part_lists_where_it_was_looked_for},
    {"closed_receptor_needs_a_clearance_and_body_a_closed_receptor",
     closed_receptor_needs_a_clearance_and_body_a_closed_receptor},
    {"mistakes_in_parts_are_placed_in_the_part", mistakes_in_parts_are_placed_in_the_part},
    {"a_pen_needs_a_density", a_pen_needs_a_density},
    CU_TEST_INFO_NULL,
};
