/* insertion_analyse.c -- the analysis of a run on curves whose contact, drops, base contact and relaxation are known.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "solver/results/analysis.h"
#include "tests/runner.h"
#include "tests/solver/insertion_kit.h"
#include "tests/solver/study_fixture.h"
#include "tests/solver/suites.h"

/* A curve made of straight pieces over travel s, for the press; um and N. */
static const double knot_s[] = {0.0, 620.0, 630.0, 700.0, 710.0, 930.0, 1230.0};
static const double knot_F[] = {0.0, 3.72, 3.31, 3.52, 3.21, 3.43, 10.03};
enum { KNOTS = 7, ROWS = 3000, AIR = 150 };
#define X0 11.9374e-3 /* contact */
#define C 4.1e-6
#define TARE 2.7e-3
#define PULL -0.437
#define STILL 0.055 /* s: the axis stands before the run says hold, and the force falls by 0.2 N meanwhile */

struct made {
    size_t n;
    double t[ROWS], x[ROWS], F[ROWS];
    enum run_phase phase[ROWS];
    unsigned long long seed;
};

/* Nearly normal noise of sd 1 from a linear congruential generator. */
static double noise(struct made *m)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) {
        m->seed = m->seed * 6364136223846793005ULL + 1442695040888963407ULL;
        sum += (double)(m->seed >> 11) / 9007199254740992.0;
    }
    return sum;
}

static void row(struct made *m, double t, double travel, double force, double sd, enum run_phase phase)
{
    CU_ASSERT_FATAL(m->n < ROWS);
    m->t[m->n] = t;
    m->x[m->n] = X0 + travel + C * force;
    m->F[m->n] = force + TARE + sd * noise(m);
    m->phase[m->n++] = phase;
}

static double press_force(double s_um)
{
    for (int k = 1; k < KNOTS; k++)
        if (s_um <= knot_s[k])
            return knot_F[k - 1] + (knot_F[k] - knot_F[k - 1]) * (s_um - knot_s[k - 1]) / (knot_s[k] - knot_s[k - 1]);
    return NAN;
}

static double hold_force(double t) { return 10.03 * (0.62 + 0.23 * exp(-t / 0.61) + 0.15 * exp(-t / 6.7)); }

/* The rows of the press lie shift um behind where they are without. */
static struct made *make_repeat(double sd, unsigned long long seed, double shift)
{
    struct made *m = calloc(1, sizeof *m);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    m->seed = seed;
    double t = 0.0, dt = 0.01;
    for (int i = AIR; i > 0; i--, t += dt)
        row(m, t, -4.9e-6 * i + shift * 1e-6, 0.0, sd, RUN_APPROACH);
    for (double s = shift; s <= 1230.0; s += 4.9, t += dt)
        row(m, t, s * 1e-6, press_force(s), sd, RUN_INSERT);
    double start = t;
    for (; t < start + 20.0; t += 2.0 * dt)
        row(m, t, 1230e-6, hold_force(t - start), sd, t < start + STILL ? RUN_INSERT : RUN_HOLD);
    for (double s = 1230.0; s > -400.0; s -= 9.8, t += dt) {
        double F = s > 700.0   ? 6.3 * (s - 700.0) / 530.0
                   : s > 600.0 ? PULL * (700.0 - s) / 100.0
                   : s > 500.0 ? PULL * (s - 500.0) / 100.0
                               : 0.0;
        row(m, t, s * 1e-6, F, sd, RUN_RETRACT);
    }
    return m;
}

static struct made *make(double sd) { return make_repeat(sd, 17, 0.0); }

static const struct analysis_settings settings = {.contact_force = NAN,
                                                  .drop_threshold = NAN,
                                                  .compliance = C,
                                                  .compliance_u = 0.4e-6,
                                                  .force_accuracy = 0.005,
                                                  .position_u = 1e-6};

static int analyse(const struct made *m, const struct analysis_settings *s, struct analysis *a, struct err *e)
{
    struct run_curve c = {m->n, m->t, m->x, m->F, m->phase};
    *e = (struct err){0};
    return analyse_curve(&c, s, a, e);
}

/* Within k of its own standard uncertainties, which must not be worthless: below a tenth of the value or the bound. */
#define ASSERT_WITHIN(m, want, k, most)             \
    do {                                            \
        ASSERT_ABS((m).value, (want), (k) * (m).u); \
        CU_ASSERT((m).u > 0.0 && (m).u < (most));   \
    } while (0)

static void known_curve_is_recovered_within_its_uncertainty(void)
{
    struct made *m = make(2.1e-3);
    struct analysis a;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(analyse(m, &settings, &a, &e), 0);
    ASSERT_REL(a.noise, 2.1e-3, 0.15);
    ASSERT_ABS(a.baseline, TARE, 4.0 * 2.1e-3 / 11.0); /* standard error of 120 rows */
    ASSERT_WITHIN(a.contact, X0, 2.0, 10e-6);
    CU_ASSERT_EQUAL_FATAL(a.n_events, 2);
    ASSERT_WITHIN(a.event[0].force, 3.72, 2.0, 0.1);
    ASSERT_WITHIN(a.event[0].travel, 620e-6, 2.0, 20e-6);
    ASSERT_WITHIN(a.event[0].size, 3.72 - 3.31, 3.0, 0.05); /* rows are 5 um apart: the very tip falls between two */
    ASSERT_WITHIN(a.event[1].travel, 700e-6, 2.0, 20e-6);
    ASSERT_WITHIN(a.event[1].size, 3.52 - 3.21, 3.0, 0.05);
    ASSERT_WITHIN(a.stiffness, 6000.0, 3.0, 200.0);
    ASSERT_WITHIN(a.base_travel, 930e-6, 2.0, 30e-6);
    ASSERT_WITHIN(a.base_force, 3.43, 3.0, 0.3);
    ASSERT_REL(a.stiffness_after_base.value, 22000.0, 0.03);
    double J = 0.0;
    for (int k = 1; k < KNOTS; k++)
        J += 0.5e-6 * (knot_F[k] + knot_F[k - 1]) * (knot_s[k] - knot_s[k - 1]);
    ASSERT_WITHIN(a.work, J, 2.0, 0.1e-3);
    ASSERT_ABS(a.end_travel.value, 1230e-6, 2.0 * a.end_travel.u + 5e-6);
    ASSERT_REL(a.peak_force.value, 10.03, 0.005);
    ASSERT_ABS(a.plateau.value, 3.38, 0.1);
    analysis_release(&a);
    free(m);
}

static void relaxation_and_pull_off_are_recovered(void)
{
    struct made *m = make(2.1e-3);
    struct analysis a;
    struct err e;
    CU_ASSERT_EQUAL_FATAL(analyse(m, &settings, &a, &e), 0);
    CU_ASSERT_EQUAL_FATAL(a.hold.terms, 2);
    ASSERT_ABS(a.hold.tau[0], 0.61, 4.0 * a.hold.tau_u[0]);
    ASSERT_ABS(a.hold.tau[1], 6.7, 4.0 * a.hold.tau_u[1]);
    ASSERT_ABS(a.hold.amplitude[0], 10.03 * 0.23 * exp(-0.06 / 0.61), 4.0 * a.hold.amplitude_u[0]);
    ASSERT_ABS(a.hold.amplitude[1], 10.03 * 0.15 * exp(-0.06 / 6.7), 4.0 * a.hold.amplitude_u[1]);
    CU_ASSERT(a.hold.tau_u[0] < 0.05 && a.hold.tau_u[1] < 0.5);
    ASSERT_REL(a.hold.residual, 2.1e-3, 0.15);
    ASSERT_ABS(a.hold_time, 20.0, 0.09);
    ASSERT_WITHIN(a.pull_off, PULL, 2.0, 0.1);
    ASSERT_WITHIN(a.pull_off_travel, 600e-6, 2.0, 30e-6);
    analysis_release(&a);
    free(m);
}

/* A quantity over repeats: how often the truth lies within two of its standard uncertainties, and whether these are
 * of the size of the true errors. */
struct repeated {
    const char *name;
    int n, covered;
    double error2, u2;
};

static void note_repeat(struct repeated *r, const char *name, double truth, double value, double u)
{
    if (!(u > 0.0)) return;
    r->name = name;
    r->n++;
    r->covered += fabs(value - truth) <= 2.0 * u;
    r->error2 += (value - truth) * (value - truth);
    r->u2 += u * u;
}

enum { REPEATS = 60, REPEATED = 22 };
static void note_all(struct repeated r[REPEATED], const struct analysis *a, double work, double back)
{
    const double late = STILL + 5e-3, first = hold_force(late); /* of the first row of the hold */
    const struct {
        const char *name;
        double truth;
        struct measured m;
    } is[] = {{"contact", X0, a->contact},
              {"first force", 3.72, a->event[0].force},
              {"first travel", 620e-6, a->event[0].travel},
              {"first drop", 3.72 - 3.31, a->event[0].size},
              {"second force", 3.52, a->event[1].force},
              {"second travel", 700e-6, a->event[1].travel},
              {"second drop", 3.52 - 3.21, a->event[1].size},
              {"stiffness", 6000.0, a->stiffness},
              {"stiffness after base", 22000.0, a->stiffness_after_base},
              {"base travel", 930e-6, a->base_travel},
              {"base force", 3.43, a->base_force},
              {"peak force", 10.03, a->peak_force},
              {"end travel", 1230e-6, a->end_travel},
              {"work", work, a->work},
              {"work back", back, a->work_back},
              {"pull-off", PULL, a->pull_off},
              {"pull-off travel", 600e-6, a->pull_off_travel},
              {"rest", 10.03 * 0.62 / first, {a->hold.rest_share, a->hold.rest_share_u}},
              {"share 1", 10.03 * 0.23 * exp(-late / 0.61) / first, {a->hold.share[0], a->hold.share_u[0]}},
              {"share 2", 10.03 * 0.15 * exp(-late / 6.7) / first, {a->hold.share[1], a->hold.share_u[1]}},
              {"time 1", 0.61, {a->hold.tau[0], a->hold.tau_u[0]}},
              {"time 2", 6.7, {a->hold.tau[1], a->hold.tau_u[1]}}};
    for (size_t k = 0; k < REPEATED; k++)
        note_repeat(&r[k], is[k].name, is[k].truth, is[k].m.value, is[k].m.u);
}

static void stated_uncertainties_cover_the_truth_over_repeats(void)
{
    struct repeated r[REPEATED] = {{0}};
    struct analysis_settings s = settings;
    struct err e;
    double work = 0.0, back = 0.5 * 6.3 * 530e-6 + PULL * 100e-6;
    s.compliance_u = s.force_accuracy = s.position_u = 0.0; /* what is the same in every repeat has no scatter */
    for (int k = 1; k < KNOTS; k++)
        work += 0.5e-6 * (knot_F[k] + knot_F[k - 1]) * (knot_s[k] - knot_s[k - 1]);
    for (int k = 0; k < REPEATS; k++) {
        struct made *m = make_repeat(2.1e-3, 1000 + 77ULL * (unsigned)k, 4.9 * k / REPEATS);
        struct analysis a;
        CU_ASSERT_EQUAL_FATAL(analyse(m, &s, &a, &e), 0);
        CU_ASSERT_EQUAL(a.hold.terms, 2);
        note_all(r, &a, work, back);
        analysis_release(&a);
        free(m);
    }
    for (int k = 0; k < REPEATED; k++) {
        double share = r[k].covered / (double)REPEATS, ratio = sqrt(r[k].error2 / r[k].u2);
        CU_ASSERT_EQUAL(r[k].n, REPEATS);
        if (!(share >= 0.85) || !(ratio < 1.3))
            printf("\n    %s: %.2f within two uncertainties, errors %.2f of them\n", r[k].name, share, ratio);
        CU_ASSERT(share >= 0.85 && ratio < 1.3);
    }
}

static void other_settings_give_another_reading_of_the_same_run(void)
{
    struct made *m = make(2.1e-3);
    struct analysis a;
    struct analysis_settings s = settings;
    struct err e;
    s.contact_force = 0.3;
    s.drop_threshold = 0.35;
    s.compliance = 0.0;
    CU_ASSERT_EQUAL_FATAL(analyse(m, &s, &a, &e), 0);
    ASSERT_ABS(a.contact.value, X0 + 50e-6 + C * 0.3, 3e-6);
    CU_ASSERT_EQUAL(a.n_events, 1);
    ASSERT_ABS(a.event[0].travel.value, 570e-6 + C * 3.42, 6e-6);
    analysis_release(&a);
    s = settings;
    s.relax_terms = 1;
    CU_ASSERT_EQUAL_FATAL(analyse(m, &s, &a, &e), 0);
    CU_ASSERT_EQUAL(a.hold.terms, 1);
    analysis_release(&a);
    free(m);
}

static void smooth_curve_has_no_events(void)
{
    struct made *m = make(2.1e-3);
    struct analysis a;
    struct err e;
    for (size_t i = 0; i < m->n; i++)
        if (m->phase[i] == RUN_INSERT) m->F[i] = TARE + 5e3 * (m->x[i] - X0);
    CU_ASSERT_EQUAL_FATAL(analyse(m, &settings, &a, &e), 0);
    CU_ASSERT_EQUAL(a.n_events, 0);
    CU_ASSERT(isnan(a.plateau.value) && isnan(a.base_travel.value));
    analysis_release(&a);
    free(m);
}

static void curves_without_air_or_contact_are_refused(void)
{
    struct made *m = make(2.1e-3);
    struct analysis a;
    struct analysis_settings s = settings;
    struct err e;
    s.contact_force = 50.0;
    CU_ASSERT_EQUAL(analyse(m, &s, &a, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "no contact: the force never reaches 50 N");
    ASSERT_HAS(e.hint, "contact_force");
    CU_ASSERT_PTR_NULL(a.travel);
    for (size_t i = 0; i < AIR; i++)
        m->phase[i] = RUN_OTHER;
    CU_ASSERT_EQUAL(analyse(m, &settings, &a, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "0 rows of the approach in free air: at least 8");
    free(m);
}

static void prony_fit_needs_enough_points(void)
{
    const double t[] = {0.0, 1.0, 2.0, 3.0, 4.0}, F[] = {5.0, 4.0, 3.5, 3.3, 3.2};
    struct prony_fit f;
    struct err e = {0};
    CU_ASSERT_EQUAL(prony_fit(t, F, 5, 1, &f, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "5 points of the hold: 1 exponentials need at least 6");
}

/* ---- a run folder ---- */

static const char run_yaml[] = "format: mn-run-1\nvirtual: false\nspecimen: pad7\n"
                               "needles: {name: p, count: 100, length: 600 um, area: 1 cm2}\n"
                               "outcome: {state: done}\nconfiguration: {bench: {axis: {compliance: 4.1 um/N}}}\n";

static void put_run(struct fixture *f, const struct made *m, const char *yaml)
{
    char path[500], line[300];
    size_t size = m->n * 120 + 400, used;
    char *text = malloc(size);
    static const char *const state[] = {"waiting", "approach", "insert", "hold", "retract"};
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    snprintf(path, sizeof path, "%s/run", f->folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
    used = (size_t)snprintf(text, size,
                            "seq,time_s,state,position_um,travel_um,raw_travel_um,force_N,net_force_N,axis_age_ms,"
                            "force_age_ms,axis_status,axis_alarm,inputs\n0,0,waiting,,,,,,,,0,0,0\n");
    for (size_t i = 0; i < m->n; i++) { /* the force is 4 ms old, the position 1 ms */
        snprintf(line, sizeof line, "%zu,%.6f,%s,%.4f,,,%.6f,%.6f,1,4,0,0,0\n", i + 1, m->t[i] + 4e-3,
                 state[m->phase[i]], m->x[i] * 1e6, m->F[i], m->F[i]);
        used += (size_t)snprintf(text + used, size - used, "%s", line);
    }
    fixture_write(f, "run/samples.csv", text);
    fixture_write(f, "run/run.yaml", yaml);
    free(text);
}

static const struct analysis_line *line_of(const struct run_analysis *a, const char *name)
{
    static const struct analysis_line none = {.value = NAN, .u = NAN};
    for (size_t i = 0; i < a->n_lines; i++)
        if (strcmp(a->line[i].name, name) == 0) return &a->line[i];
    return &none;
}

static void a_run_folder_is_read_and_its_depth_is_marked_estimated(void)
{
    struct fixture f;
    struct made *m = make(2.1e-3);
    struct run_analysis a;
    struct err e = {0};
    char path[500];
    fixture_make(&f);
    put_run(&f, m, run_yaml);
    snprintf(path, sizeof path, "%s/run/", f.folder);
    int rc = run_analysis_make(&a, path, NULL, &e);
    ASSERT_HAS(e.msg, "");
    CU_ASSERT_EQUAL_FATAL(rc, 0);
    const struct analysis_line *depth = line_of(&a, "buried_depth"), *travel = line_of(&a, "first_insertion_travel");
    ASSERT_HAS(depth->remark, "estimated by the insertion model");
    CU_ASSERT(depth->value > 300.0 && depth->value < 600.0 && depth->u > 5.0);
    ASSERT_ABS(travel->value, 620.0, 2.0 * travel->u);
    ASSERT_REL(line_of(&a, "peak_force_per_needle")->value, 100.3, 0.005);
    ASSERT_REL(a.model.press.force, 10.03, 0.005);
    run_analysis_release(&a);

    fixture_write(&f, "run/penetration_01.yaml",
                  "format: mn-penetration-1\nmethod: oct\ndepth: {mean: 383 um, sd: 21 um, n: "
                  "49}\npenetrated_fraction: 0.97\nvirtual: false\n");
    CU_ASSERT_EQUAL_FATAL(run_analysis_make(&a, path, NULL, &e), 0);
    ASSERT_REL(line_of(&a, "buried_depth")->value, 383.0, 1e-9);
    ASSERT_REL(line_of(&a, "buried_depth")->u, 3.0, 1e-9);
    ASSERT_HAS(line_of(&a, "buried_depth")->remark, "measured: oct of 49 needles");
    ASSERT_HAS(line_of(&a, "buried_depth_by_model")->remark, "estimated");
    run_analysis_release(&a);
    fixture_remove(&f);
    free(m);
}

static void the_analysis_stands_beside_the_run(void)
{
    struct fixture f;
    struct made *m = make(2.1e-3);
    struct run_analysis a;
    struct folder out;
    struct err e = {0};
    char path[500], place[600];
    const char *const settings_given[] = {"drop_threshold=0.35 N", "mechanics/k2=2 N/mm2", NULL};
    fixture_make(&f);
    put_run(&f, m, run_yaml);
    snprintf(path, sizeof path, "%s/run/", f.folder);
    CU_ASSERT_EQUAL_FATAL(run_analysis_make(&a, path, settings_given, &e), 0);
    CU_ASSERT_EQUAL_FATAL(run_analysis_place(path, place, sizeof place, &e), 0);
    ASSERT_HAS(place, "/run_analysis_01");
    CU_ASSERT_EQUAL_FATAL(folder_open(&out, place, false, &e), 0);
    struct result_context c = {"mnsim analyse", 1773066309, 0.1};
    CU_ASSERT_EQUAL(run_analysis_write(&a, &c, &out, &e), 0);
    CU_ASSERT_EQUAL(folder_commit(&out, &e), 0);
    char *text = fixture_read(&f, "run_analysis_01/summary.yaml");
    ASSERT_HAS(text, "MEASURED");
    ASSERT_HAS(text, "settings_given:");
    ASSERT_HAS(text, "drop_threshold_N: 0.35");
    ASSERT_HAS(text, "uncertainty:");
    free(text);
    text = fixture_read(&f, "run_analysis_01/events.csv");
    ASSERT_HAS(text, "event,time_s,travel_um,travel_u_um,force_N,force_u_N,drop_N,drop_u_N\n1,");
    CU_ASSERT_PTR_NULL(strstr(text, "\n2,"));
    free(text);
    CU_ASSERT_EQUAL(run_analysis_place(path, place, sizeof place, &e), 0);
    ASSERT_HAS(place, "/run_analysis_02");
    run_analysis_release(&a);
    fixture_remove(&f);
    free(m);
}

static void bad_runs_and_settings_are_refused(void)
{
    struct fixture f;
    struct made *m = make(2.1e-3);
    struct run_analysis a;
    char path[500];
    static const struct {
        const char *set;
        int code;
        const char *words;
    } bad[] = {{"contact_force=3 mm", ERR_PARSE, "contact_force"},
               {"contact=3 N", ERR_PARSE, "contact: unknown key"},
               {"relaxation_terms=4", ERR_RANGE, "relaxation_terms"},
               {"force_accuracy=2", ERR_RANGE, "force_accuracy"},
               {"contact_force=90 N", ERR_RANGE, "run/samples.csv: no contact: the force never reaches 90 N"}};
    fixture_make(&f);
    put_run(&f, m, run_yaml);
    snprintf(path, sizeof path, "%s/run", f.folder);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const set[] = {bad[i].set, NULL};
        struct err e = {0};
        CU_ASSERT_EQUAL(run_analysis_make(&a, path, set, &e), bad[i].code);
        ASSERT_HAS(e.msg, bad[i].words);
    }
    struct err e = {0};
    fixture_write(&f, "run/run.yaml", "format: mn-run-9\n");
    CU_ASSERT_EQUAL(run_analysis_make(&a, path, NULL, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "run.yaml:1:9: format: 'mn-run-9': this program reads mn-run-1");
    e = (struct err){0};
    CU_ASSERT_EQUAL(run_analysis_make(&a, f.folder, NULL, &e), ERR_IO);
    ASSERT_HAS(e.hint, "takes a run folder");
    fixture_remove(&f);
    free(m);
}

CU_TestInfo insertion_analyse_tests[] = {
    {"known curve is recovered within its uncertainty", known_curve_is_recovered_within_its_uncertainty},
    {"relaxation and pull-off are recovered", relaxation_and_pull_off_are_recovered},
    {"other settings give another reading of the same run", other_settings_give_another_reading_of_the_same_run},
    {"smooth curve has no events", smooth_curve_has_no_events},
    {"curves without air or contact are refused", curves_without_air_or_contact_are_refused},
    {"stated uncertainties cover the truth over repeats", stated_uncertainties_cover_the_truth_over_repeats},
    {"Prony fit needs enough points", prony_fit_needs_enough_points},
    {"a run folder is read and its depth is marked estimated", a_run_folder_is_read_and_its_depth_is_marked_estimated},
    {"the analysis stands beside the run", the_analysis_stands_beside_the_run},
    {"bad runs and settings are refused", bad_runs_and_settings_are_refused},
    CU_TEST_INFO_NULL,
};
