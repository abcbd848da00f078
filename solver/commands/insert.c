/* insert.c -- mnsim insert: an array pressed into skin by the insertion model, one result folder. */
#include <math.h>
#include <string.h>
#include <time.h>
#include "solver/commands/commands.h"
#include "solver/results/insertion_run.h"
#include "solver/study/read.h"

const char help_insert[] =
    "usage: mnsim insert STUDY.yaml [-o DIR] [--run DIR] [--set path=value]... [--config DIR] [--force] [--quiet]\n"
    "\n"
    "Presses an array into skin by the insertion model and writes study.yaml (resolved), curve.csv (time, travel,\n"
    "force, depth), band.csv (where the next curve is to be expected: of another array on this specimen, and of an\n"
    "array on a new specimen), needles.csv, summary.yaml and figures.  Every number is an estimate: no value is\n"
    "measured.\n"
    "\n"
    "  -o, --output DIR    result folder (default: the study's name with _result, in the current folder)\n"
    "  --set path=value    override a value, e.g. --set 'press/to/force=20 N' --set 'mechanics/backing_modulus=40 "
    "kPa'\n"
    "  --run DIR           a run of the bench or of an import: its needles, force, speed, hold, contact force and\n"
    "                      compliance in place of the study's, and what was measured beside what is predicted\n"
    "  --config DIR        where needles/ is looked up after the study's own folder\n"
    "  --force             replace an older result of this name\n"
    "  -q, --quiet         no table, no remarks\n"
    "\n"
    "example: mnsim insert config/studies/insertion_10x10.yaml -o out/insertion\n"
    "exit status: 0 done, 1 failed, 2 usage, 3 configuration or data, 4 numerics";

static void print_outcome(const struct press_study *p, const struct insertion_outcome *o, const char *folder)
{
    struct insertion_line line[INSERTION_LINES];
    size_t n = insertion_lines(o, line);
    printf("%s (estimated)\n", p->study.title);
    for (size_t i = 0; i < n; i++)
        if (isfinite(line[i].value))
            printf("  %-26s %-12.4g %s\n", line[i].name, line[i].value, strcmp(line[i].unit, "1") ? line[i].unit : "");
    print_notes(stdout, &p->study);
    char warning[INSERTION_WARNINGS][INSERTION_WARNING];
    for (size_t i = insertion_warnings(p, o, warning); i-- > 0;)
        printf("  warning: %s\n", warning[i]);
    printf("  written to %s\n", folder);
}

static void print_measured(const struct run_analysis *a, const struct insertion_outcome *o)
{
    struct run_pair pair[RUN_PAIRS];
    double specimen, array;
    size_t n = insertion_run_pairs(a, o, pair);
    printf("  %s %s: predicted, and measured\n", a->is_virtual ? "SYNTHETIC" : "PREDICTED", a->specimen);
    for (size_t i = 0; i < n; i++) {
        char both[2][20] = {"-", "-"};
        if (isfinite(pair[i].predicted)) snprintf(both[0], sizeof both[0], "%.4g", pair[i].predicted);
        if (isfinite(pair[i].measured)) snprintf(both[1], sizeof both[1], "%.4g", pair[i].measured);
        printf("    %-24s %-10s %-10s %s\n", pair[i].name, both[0], both[1],
               strcmp(pair[i].unit, "1") ? pair[i].unit : "");
    }
    insertion_run_inside(a, o, &specimen, &array);
    printf("    readings of the press inside 95 %% for a new specimen: %.0f %%; for another array on the model's "
           "specimen: %.0f %%\n", 100.0 * specimen, 100.0 * array);
    for (size_t i = 0; i < a->n_notes; i++)
        printf("    run: %s\n", a->note[i]);
}

static int insert(const struct press_study *p, const struct run_analysis *a, const struct options *o, struct err *e)
{
    char name[400];
    struct folder f;
    struct insertion_outcome out = {0};
    struct err figures = {0};
    int rc = folder_open(&f, o->output ? o->output : default_output(o->files[0], name, sizeof name), o->force, e);
    if (rc) return rc;
    double start = now_s();
    rc = insertion_compute(p, &out, e);
    if (!rc) rc = insertion_compute_bands(p, &out, e);
    if (rc) err_at(e, "%s", o->files[0]);
    struct result_context c = {o->command, (int64_t)time(NULL), now_s() - start};
    if (!rc) rc = insertion_write(p, &out, &c, &f, e);
    if (!rc && a) rc = insertion_run_write(a, &out, &f, e);
    if (a) {
        out.n_seen = a->curve.n;
        out.seen_travel = a->found.travel;
        out.seen_force = a->found.force;
    }
    if (!rc && insertion_figures(p, &out, &f, &figures)) err_print(stderr, "mnsim: no figures", &figures);
    if (!rc) rc = folder_commit(&f, e);
    if (!rc && !o->quiet) print_outcome(p, &out, f.path);
    if (!rc && a && !o->quiet) print_measured(a, &out);
    folder_abandon(&f);
    insertion_outcome_release(&out);
    return rc;
}

/* What the run says comes first: what the command line sets counts over it. */
static int load(struct press_study *p, const struct run_analysis *a, const struct options *o, struct err *e)
{
    struct study_options so = options_for_study(o);
    const char *all[RUN_SETS + OVERRIDES_MAX + 1] = {NULL};
    struct run_sets sets = {0};
    if (a) insertion_run_sets(a, &sets);
    for (size_t i = 0; i < sets.n; i++)
        all[i] = sets.text[i];
    for (size_t i = 0; i < o->n_overrides; i++)
        all[sets.n + i] = o->overrides[i];
    so.overrides = all;
    return press_study_load(p, o->files[0], &so, e);
}

static int check_files(const struct options *o, struct err *e)
{
    if (o->n_files == 1 && o->n_runs <= 1) return 0;
    if (o->n_files != 1)
        err_set(e, ERR_ARG, "%zu study files: 'mnsim insert' takes one", o->n_files);
    else
        err_set(e, ERR_ARG, "%zu runs: 'mnsim insert' takes one", o->n_runs);
    err_hint(e, o->n_files != 1 ? "mnsim insert STUDY.yaml -o DIR"
                                : "several runs at once: mnsim compare, with 'specimens'");
    return ERR_ARG;
}

int command_insert(int argc, char **argv, struct err *e)
{
    struct options o;
    struct press_study p = {0};
    struct run_analysis run = {0};
    int rc = options_parse(&o, argc, argv, "oscfqr", e);
    if (!rc) rc = check_files(&o, e);
    if (rc) return rc;
    const struct run_analysis *a = o.n_runs ? &run : NULL;
    if (a) rc = run_analysis_make(&run, o.runs[0], NULL, e);
    if (!rc && a && !(run.found.peak_force.value > 0.0 && run.found.speed.value > 0.0))
        rc = err_set(e, ERR_PARSE, "%s: no press in this run: no force or no speed", o.runs[0]);
    if (!rc) rc = load(&p, a, &o, e);
    if (!rc && run.is_virtual) { /* what is shown beside it limits the whole */
        p.study.is_virtual = true;
        note_add(&p.study, NOTE_LABEL, "", "", LABEL_VIRTUAL);
    }
    if (!rc) rc = insert(&p, a, &o, e);
    press_study_release(&p);
    run_analysis_release(&run);
    return rc;
}
