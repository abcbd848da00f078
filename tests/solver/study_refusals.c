/* study_refusals.c -- contradictory and impossible studies: each is refused with its place, value and bound. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/runner.h"
#include "tests/solver/study_fixture.h"
#include "tests/solver/suites.h"

struct wrong { const char *find, *put, *words, *hint; int code; };

static void each_is_refused(const struct wrong *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct err e;
        int code = load_changed(list[i].find, list[i].put, &e);
        if (code != list[i].code || !strstr(e.msg, list[i].words)) printf("\n  case %zu: %d %s\n", i, code, e.msg);
        CU_ASSERT_EQUAL(code, list[i].code);
        ASSERT_HAS(e.msg, "study.yaml:");
        ASSERT_HAS(e.msg, list[i].words);
        ASSERT_HAS(e.hint, list[i].hint);
    }
}
#define REFUSED(...)                                                                                                   \
    do {                                                                                                               \
        static const struct wrong list[] = {__VA_ARGS__};                                                              \
        each_is_refused(list, sizeof list / sizeof list[0]);                                                           \
    } while (0)

static const char vehicle[] = "{type: infinite, concentration: 7.3 mg/mL, K: 1.1}";
static const char patch[] =
    "patch: {area: 2.3 cm2, remove_at: 5 h}\nschedule: {duration: 6 h, outputs: [0.5 h, 1 h, 2 h, 4 h, 6 h]}\n";
#define STEPS(steps)                                                                                                   \
    "patch: {area: 2.3 cm2}\nschedule: {duration: 6 h, outputs: [0.5 h, 1 h, 2 h, 4 h, 6 h], steps: [" steps "]}\n"

static void vehicles_that_cannot_be(void)
{
    REFUSED({vehicle, "{type: finite, concentration: 7.3 mg/mL, K: 1.1}",
             "vehicle: a finite dose needs either 'thickness'", "", ERR_PARSE},
            {vehicle, "{type: finite, thickness: 90 um, concentration: 7.3 mg/mL, solubility: 5.5 mg/mL, K: 1}",
             "vehicle/concentration: 7.3 mg/mL: must be at most the vehicle's solubility of 5.5 mg/mL",
             "undissolved: yes", ERR_RANGE},
            {vehicle, "{type: finite, thickness: 90 um, concentration: 7.3 mg/mL, undissolved: yes, K: 1}",
             "needs the vehicle's solubility", "", ERR_PARSE},
            {vehicle,
             "{type: finite, thickness: 90 um, concentration: 7.3 mg/mL, solubility: 9 mg/mL, undissolved: yes, K: 1}",
             "nothing is undissolved", "", ERR_RANGE},
            {vehicle, "{type: infinite, concentration: 7.3 mg/mL, K: 1.1, evaporation: 1e-4 cm/h}",
             "vehicle/evaporation: unknown key", "", ERR_PARSE},
            {vehicle, "{type: infinite, concentration: 7.3 mg/mL, K: 1.1, pH: 5}", "K of water follows from its pH",
             "leave out K", ERR_PARSE},
            {vehicle, "{type: infinite, concentration: 7.3 mg/mL}", "missing key 'K'", "than water does", ERR_PARSE},
            {vehicle, "{type: infinite, concentration: 0 mg/mL, K: 1.1}", "no vehicle of the study holds any drug", "",
             ERR_RANGE},
            {vehicle, "{type: diffusive, concentration: 7.3 mg/mL, K: 1.1, thickness: 1 mm}", "missing key 'D'", "",
             ERR_PARSE},
            {vehicle,
             "{type: diffusive, concentration: 7.3 mg/mL, K: 1.1, thickness: 1 mm, D: 1e-10 m2/s}\n"
             "vehicles: {b: {type: finite, concentration: 1 mg/mL, K: 1, thickness: 1 mm}}",
             "a diffusive vehicle must be the study's only vehicle", "type finite", ERR_RANGE},
            {"vehicle: {type: infinite, concentration: 7.3 mg/mL, K: 1.1}", "vehicles: []", "vehicles: must be a map",
             "", ERR_PARSE},
            {"vehicle: {type: infinite", "vehicles: {a: {type: infinite", "", "", ERR_PARSE});
}

static void water_of_another_pH_on_drugs_with_a_pKa(void)
{
    struct fixture f;
    struct study *s = malloc(sizeof *s);
    struct err e = {0};
    fixture_make(&f);
    fixture_change(
        &f, "drug: probe",
        "drug: {name: x, pka: 6.1, acid_base: base, reference_pH: 7.4, tissue: {stratum_corneum: {D: 6.1e-15 m2/s, "
        "K: 0.7}, dermis: {D: 1.7e-10 m2/s, K: 0.81}}, channel: {D: 5e-10 m2/s, K: 1}}");
    fixture_change(&f, ", K: 1.1}", ", aqueous: yes}");
    CU_ASSERT_EQUAL(study_load(s, f.study, NULL, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "vehicle: pH is missing: the drug has a pKa");
    ASSERT_HAS(e.hint, "give the pH");
    e = (struct err){0};
    fixture_change(&f, "aqueous: yes}", "pH: 4.5}"); /* f: 0.952 at 7.4, 0.0245 at 4.5 */
    CU_ASSERT_EQUAL(study_load(s, f.study, NULL, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "vehicle on open channels: K 38.9 from its pH, and the channel's K 1");
    ASSERT_HAS(e.hint, "give the vehicle K: 1");
    e = (struct err){0};
    fixture_change(&f, "pH: 4.5}", "pH: 7}");
    CU_ASSERT_EQUAL(study_load(s, f.study, NULL, &e), 0);
    study_release(s);
    fixture_remove(&f);
    free(s);
}

static void steps_out_of_order_or_impossible(void)
{
    REFUSED({patch, STEPS("{at: 1 h, do: needles}, {at: 50 min, do: apply}"),
             "at 50 min (0.8333 h): must not be before the step above it, at 1 h", "in the order of their times",
             ERR_RANGE},
            {patch, STEPS("{at: 0 h, do: needles}, {at: 10 min, do: remove}"), "there is nothing on the skin to remove",
             "an apply missing", ERR_RANGE},
            {patch, STEPS("{at: 0 h, do: needles}, {at: 10 min, do: apply}, {at: 20 min, do: apply}"),
             "applied while another is on the skin", "take the other off first", ERR_RANGE},
            {patch, STEPS("{at: 0 h, do: needles}, {at: 10 min, do: apply}, {at: 20 min, do: wipe}"),
             "missing key 'fraction'", "", ERR_PARSE},
            {patch, STEPS("{at: 0 h, do: needles}, {at: 10 min, do: apply}, {at: 20 min, do: wipe, fraction: 0.4}"),
             "part (0.4) of an infinite dose cannot be taken off", "fraction: 1", ERR_RANGE},
            {patch, STEPS("{at: 0 h, do: needles}, {at: 10 min, do: apply, vehicle: serum}"),
             "'serum' is none of the study's vehicles", "", ERR_PARSE},
            {patch, STEPS("{at: 0 h, do: needles}"), "no vehicle is ever applied", "do: apply", ERR_RANGE},
            {patch, STEPS("{at: 0 h, do: apply}"), "the study has needles, but no step uses them", "do: needles",
             ERR_RANGE},
            {patch, STEPS("{at: 0 h, do: needles}, {at: 7 h, do: apply}"),
             "at 7 h (7 h): must be at most the duration of 6 h", "schedule/duration longer", ERR_RANGE},
            {patch,
             "patch: {area: 2.3 cm2}\nschedule: {duration: 6 h, outputs: [0.5 h, 1 h, 2 h, 4 h, 6 h], repeat: {every: "
             "3 h, times: 3}, steps: "
             "[{at: 0 h, do: needles}, {at: 1 h, do: apply}, {at: 2 h, do: remove}]}\n",
             "schedule/repeat: the last step comes at 8 h: must be at most the duration of 6 h", "fewer times",
             ERR_RANGE},
            {patch, STEPS("{at: 0 h, do: neddles}"), "neddles", "", ERR_PARSE},
            {patch, STEPS("{at: 0 h, do: needles}, {at: 1 h, do: apply, fraction: 1}"), "fraction: unknown key", "",
             ERR_PARSE},
            {"outputs: [0.5 h", "steps: [{at: 0 h, do: needles}, {at: 0 h, do: apply}], outputs: [0.5 h",
             "patch/remove_at: the steps of the schedule say when", "", ERR_PARSE},
            {"outputs: [0.5 h", "repeat: {every: 1 h, times: 2}, outputs: [0.5 h", "there are no steps to repeat", "",
             ERR_PARSE},
            {patch,
             "patch: {area: 2.3 cm2}\nschedule: {duration: 6 h, outputs: [0.5 h, 1 h, 2 h, 4 h, 6 h], repeat: {every: "
             "2 h, times: 2}, steps: "
             "[{at: 0 h, do: needles}, {at: 1 h, do: apply}]}\n",
             "still on the skin when the steps begin again", "do: remove", ERR_RANGE},
            {patch,
             "patch: {area: 2.3 cm2}\nschedule: {duration: 6 h, outputs: [0.5 h, 1 h, 2 h, 4 h, 6 h], repeat: {every: "
             "1 h, times: 2}, steps: "
             "[{at: 0 h, do: needles}, {at: 1 h, do: apply}, {at: 2 h, do: remove}]}\n",
             "must be at least the 2 h that a session takes", "", ERR_RANGE},
            {"vehicle: {type: infinite, concentration: 7.3 mg/mL, K: 1.1}",
             "vehicles: {a: {type: infinite, concentration: 7.3 mg/mL, K: 1.1}}",
             "named vehicles are applied by schedule/steps", "", ERR_PARSE});
}

static void needles_in_a_schedule_of_intact_skin(void)
{
    struct fixture f;
    struct study *s = malloc(sizeof *s);
    struct err e = {0};
    fixture_make(&f);
    fixture_change(&f, patch, STEPS("{at: 0 h, do: needles}, {at: 0 h, do: apply}"));
    CU_ASSERT_EQUAL(
        study_load(s, f.study, &(struct study_options){(const char *const[]){"needles=none", NULL}, NULL}, &e),
        ERR_RANGE);
    ASSERT_HAS(e.msg, "needles at 0 h, but the study names none");
    ASSERT_HAS(e.hint, "name them");
    e = (struct err){0};
    fixture_change(&f, "{at: 0 h, do: needles}, ", "");
    fixture_change(&f, "", "closure: {half_life_open: 1 h}\n");
    CU_ASSERT_EQUAL(
        study_load(s, f.study, &(struct study_options){(const char *const[]){"needles=none", NULL}, NULL}, &e),
        ERR_RANGE);
    ASSERT_HAS(e.msg, "closure: the study has no needles, so there are no channels to close");
    fixture_remove(&f);
    free(s);
}

static void closure_that_cannot_be(void)
{
    REFUSED({"", "closure: {occluded: yes, half_life_open: 1 h}\n",
             "half_life_occluded is missing: the skin is occluded", "ogunjimi_2021_forearm", ERR_PARSE},
            {"", "closure: {}\n", "half_life_open is missing: the skin is not occluded", "gupta_2011", ERR_PARSE},
            {"", "closure: {half_life_open: gupta_2001}\n", "gupta_2001", "did you mean 'gupta_2011'?", ERR_PARSE},
            {"", "closure: {half_life_open: 1 h, elastic: 0}\n", "elastic", "", ERR_RANGE},
            {"", "closure: {half_life_open: 1 h, back_within: 1}\n", "back_within", "", ERR_RANGE});
    struct fixture f;
    struct study *s = malloc(sizeof *s);
    struct err e = {0};
    fixture_make(&f);
    fixture_change(&f, "fill: diffusing", "fill: stirred");
    fixture_change(&f, "", "closure: {half_life_open: 1 h}\n");
    CU_ASSERT_EQUAL(study_load(s, f.study, NULL, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "a stirred channel is part of the vehicle: it cannot close");
    fixture_remove(&f);
    free(s);
}

static void needles_and_densities_that_cannot_be(void)
{
#define ROLLER(more)                                                                                                   \
    "needles: {name: r, kind: roller, shape: cone, length: 500 um, base_diameter: 100 um, tip_diameter: 8 um, " more   \
    "}\nstrikes: {passes: 15}"
    REFUSED(
        {"needles: pins\ndensity: 137 /cm2", ROLLER("needles: 192"), "gives no drum_diameter and drum_width",
         "count the holes", ERR_PARSE},
        {"needles: pins\ndensity: 137 /cm2", ROLLER("needles: 192, drum_width: 2 cm"), "belong together", "",
         ERR_PARSE},
        {"needles: pins\ndensity: 137 /cm2", ROLLER("drum_diameter: 2 cm, drum_width: 2 cm"),
         "gives no count of needles", "", ERR_PARSE},
        {"needles: pins\ndensity: 137 /cm2",
         "needles: {name: p, kind: pen, shape: cone, length: 500 um, base_diameter: 100 um, needles: 12, "
         "strike_rate: 9 1/s, drum_width: 2 cm}\nstrikes: {time: 3 s, area: 1 cm2}",
         "needles/drum_width: only a roller has a drum", "", ERR_PARSE},
        {"density: 137 /cm2", "strikes: {passes: 3}", "an array does not strike", "", ERR_PARSE},
        {"137 /cm2", "17100 /cm2",
         "channels overlap: 82.55 um wide at 17100 needles/cm2, where a hexagonal lattice has a pitch",
         "density must be below", ERR_RANGE},
        {"density: 137 /cm2", "density: 137 /cm2\nstrikes: {time: 3 s, area: 1 cm2}", "the density is stated already",
         "", ERR_PARSE},
        {"density: 137 /cm2", "strikes: {presses: 3, area: 1 cm2}", "strikes", "", ERR_PARSE},
        {"needles: pins\ndensity: 137 /cm2",
         "needles: {name: p, kind: pen, shape: cone, length: 500 um, base_diameter: 100 um, tip_diameter: 8 um, "
         "needles: 12}\nstrikes: {time: 3 s, area: 1 cm2}",
         "the needles file gives no strike_rate", "", ERR_PARSE},
        {"needles: pins\ndensity: 137 /cm2",
         "needles: {name: p, kind: pen, shape: cone, length: 500 um, base_diameter: 100 um, tip_diameter: 8 um, "
         "needles: 12, strike_rate: 117 1/s}\nstrikes: {time: 60 s, area: 1 cm2}",
         "84240 holes/cm2 open 0.86 of the skin: at most 0.2 for random strikes", "27.14 um radius at most",
         ERR_RANGE},
        {"needles: pins\ndensity: 137 /cm2",
         "needles: {name: p, kind: pen, shape: cone, length: 500 um, base_diameter: 100 um, tip_diameter: 8 um, "
         "needles: 12, strike_rate: 117 1/s}\nstrikes: {time: 9 s, area: 1 cm2}",
         "at most 0.2 for random strikes", "", ERR_RANGE},
        {"needles: pins", "needles: {name: p, kind: array, shape: frustum, length: 500 um, base_diameter: 100 um}",
         "missing key 'tip_diameter'", "", ERR_PARSE},
        {"needles: pins",
         "needles: {name: p, kind: array, shape: cone, length: 500 um, base_diameter: 100 um, density: 50 /cm2, pitch: "
         "1 mm}",
         "density or pitch, not both", "", ERR_PARSE},
        {"needles: pins",
         "needles: {name: p, kind: array, shape: cone, length: 500 um, base_diameter: 100 um, lattice: hexagonal, "
         "density: 50 /cm2}",
         "says how the pitch is meant", "", ERR_PARSE},
        {"depth: 312 um", "depth: 312 um, depth_sd: known", "neither a reading of a run nor the insertion model", "",
         ERR_RANGE},
        {"depth: 312 um", "depth: 312 um, depth_sd: -3 um", "depth_sd", "", ERR_RANGE},
        {"area: 2.3 cm2", "area: 2.3 cm2, dose_area: 2.5 cm2", "dose_area and orifice_area belong together", "",
         ERR_PARSE},
        {"area: 2.3 cm2", "area: 2.3 cm2, dose_area: 2 cm2, orifice_area: 3 cm2", "must not descend", "", ERR_RANGE});
}

#define SKIN(layer) "skin: {name: s, layers: [{name: stratum_corneum, thickness: 16 um}, " layer "]}\n"

static void layers_and_laws_that_cannot_be(void)
{
    REFUSED(
        {"needles: pins",
         "needles: {name: p, kind: array, shape: bullet, length: 500 um, base_diameter: 100 um, tip_diameter: 0 um}",
         "missing key 'tip_length'", "", ERR_PARSE},
        {"needles: pins",
         "needles: {name: p, kind: array, shape: cone, length: 500 um, base_diameter: 100 um, tip_length: 90 um}",
         "only a bullet has a rounded tip", "", ERR_PARSE},
        {"skin: slab\n", SKIN("{name: dermis, thickness: 430 um, binding: {sites: 2 mg/mL}}"),
         "needs either k_on and k_off, or K_d", "local", ERR_PARSE},
        {"skin: slab\n",
         SKIN("{name: dermis, thickness: 430 um, binding: {sites: 2 mg/mL, K_d: 1 mg/mL, k_off: 1 1/s}}"),
         "needs either k_on and k_off, or K_d", "", ERR_PARSE},
        {"skin: slab\n", SKIN("{name: dermis, thickness: 430 um, binding: {sites: 2 mg/mL, k_off: 1 1/s}}"),
         "missing key 'k_on'", "", ERR_PARSE},
        {"skin: slab\n", SKIN("{name: dermis, thickness: 430 um, metabolism: {v_max: 2 ug/mL/s}}"),
         "needs a rate, or v_max and k_m", "", ERR_PARSE},
        {"skin: slab\n", SKIN("{name: dermis, thickness: 430 um, metabolism: {}}"), "needs a rate, or v_max and k_m",
         "", ERR_PARSE},
        {"skin: slab\n",
         SKIN("{name: dermis, thickness: 430 um}, {name: a, resistance: 1 h/cm}, {name: b, resistance: 1 h/cm}"),
         "two interface resistances, 'a' and 'b', lie on each other", "", ERR_RANGE},
        {"skin: slab\n",
         "skin: {name: s, layers: [{name: a, resistance: 1 h/cm}, {name: dermis, thickness: 430 um}]}\n",
         "an interface resistance must lie below a layer", "", ERR_RANGE},
        {"skin: slab\n", SKIN("{name: dermis, thickness: 5 nm}"), "thickness 5 nm: must be above 10 nm", "interface",
         ERR_RANGE},
        {"", "metabolite: {yield: 0.9, tissue: {}}\n", "no layer metabolises the drug", "metabolism:", ERR_RANGE});
}

static void bodies_that_cannot_be(void)
{
    const char *sink = "receptor: {type: sink}";
    const struct wrong list[] = {
        {sink, "receptor: {type: closed}\nbody: {volume: 50 L, clearance: 3 L/h, second_volume: 20 L}",
         "needs second_volume and distribution_clearance", "", ERR_PARSE},
        {sink,
         "receptor: {type: closed}\nbody: {volume: 50 L, clearance: 3 L/h, metabolite: {volume: 5 L, clearance: 1 L/h, "
         "fraction: 0}}",
         "nothing feeds it", "", ERR_RANGE},
        {sink,
         "receptor: {type: closed}\nbody: {volume: 50 L, clearance: 3 L/h, metabolite: {volume: 5 L, clearance: 1 L/h, "
         "fraction: 1.2}}",
         "fraction", "", ERR_RANGE},
        {sink, "receptor: {type: sink}\nbody: drug", "needs receptor: {type: closed}", "", ERR_PARSE},
        {"area: 2.3 cm2", "area: 2.3 cm2, count: 3", "3 patches at once matter to a body alone", "", ERR_RANGE},
        {sink, "receptor: {type: franz, volume: 5 mL, area: 1 cm2, sampling: {times: [1 h], volume: 6.1 mL}}",
         "receptor/sampling/volume: 6.1 mL: must be below the receptor's volume of 5 mL", "blank medium", ERR_RANGE},
        {sink, "receptor: {type: franz, volume: 5 mL, area: 1 cm2, flow: 0 mL/h, K: 0}", "receptor/K", "", ERR_RANGE}};
    each_is_refused(list, sizeof list / sizeof list[0]);
}

static void a_metabolite_needs_values_wherever_it_goes(void)
{
    static const struct { const char *block, *words;
    } wrong[] = {
        {"metabolite: {yield: 0.9, tissue: {dermis: {D: 1e-10 m2/s, K: 1}}, channel: {D: 1e-10 m2/s, K: 1}}\n",
         "no D and K in layer 'stratum_corneum'"},
        {"metabolite: {yield: 0.9, tissue: {stratum_corneum: {D: 1e-14 m2/s, K: 1}, dermis: {D: 1e-10 m2/s, K: 1}}}\n",
         "needs channel: {D, K}"},
        {"metabolite: {yield: 0, tissue: {}}\n", "yield"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fixture f;
        struct study *s = malloc(sizeof *s);
        struct err e = {0};
        fixture_make(&f);
        fixture_change(&f, "skin: slab\n", SKIN("{name: dermis, thickness: 430 um, metabolism: {rate: 1e-4 1/s}}"));
        fixture_change(&f, "", wrong[i].block);
        CU_ASSERT_NOT_EQUAL(study_load(s, f.study, NULL, &e), 0);
        ASSERT_HAS(e.msg, wrong[i].words);
        fixture_remove(&f);
        free(s);
    }
}

CU_TestInfo refusal_tests[] = {
    {"vehicles_that_cannot_be", vehicles_that_cannot_be},
    {"water_of_another_pH_on_drugs_with_a_pKa", water_of_another_pH_on_drugs_with_a_pKa},
    {"steps_out_of_order_or_impossible", steps_out_of_order_or_impossible},
    {"needles_in_a_schedule_of_intact_skin", needles_in_a_schedule_of_intact_skin},
    {"closure_that_cannot_be", closure_that_cannot_be},
    {"needles_and_densities_that_cannot_be", needles_and_densities_that_cannot_be},
    {"layers_and_laws_that_cannot_be", layers_and_laws_that_cannot_be},
    {"bodies_that_cannot_be", bodies_that_cannot_be},
    {"a_metabolite_needs_values_wherever_it_goes", a_metabolite_needs_values_wherever_it_goes},
    CU_TEST_INFO_NULL,
};
