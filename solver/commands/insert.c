/* insert.c -- mnsim insert: an array pressed into skin by the insertion model, one result folder. */
#include <math.h>
#include <string.h>
#include <time.h>
#include "solver/commands/commands.h"
#include "solver/results/insertion.h"

const char help_insert[] =
    "usage: mnsim insert STUDY.yaml [-o DIR] [--set path=value]... [--config DIR] [--force] [--quiet]\n"
    "\n"
    "Presses an array into skin by the insertion model and writes study.yaml (resolved), curve.csv (time, travel,\n"
    "force, depth), band.csv (where the next curve is to be expected: of another array on this specimen, and of an\n"
    "array on a new specimen), needles.csv, summary.yaml and figures.  Every number is an estimate: no value is\n"
    "measured.\n"
    "\n"
    "  -o, --output DIR    result folder (default: the study's name with _result, in the current folder)\n"
    "  --set path=value    override a value, e.g. --set 'press/to/force=20 N' --set 'mechanics/backing_modulus=40 "
    "kPa'\n"
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

static int insert(const struct press_study *p, const struct options *o, struct err *e)
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
    if (!rc && insertion_figures(p, &out, &f, &figures)) err_print(stderr, "mnsim: no figures", &figures);
    if (!rc) rc = folder_commit(&f, e);
    if (!rc && !o->quiet) print_outcome(p, &out, f.path);
    folder_abandon(&f);
    insertion_outcome_release(&out);
    return rc;
}

int command_insert(int argc, char **argv, struct err *e)
{
    struct options o;
    struct press_study p;
    int rc = options_parse(&o, argc, argv, "oscfq", e);
    if (!rc && o.n_files != 1) {
        rc = err_set(e, ERR_ARG, "%zu study files: 'mnsim insert' takes one", o.n_files);
        err_hint(e, "mnsim insert STUDY.yaml -o DIR");
    }
    if (rc) return rc;
    struct study_options so = options_for_study(&o);
    rc = press_study_load(&p, o.files[0], &so, e);
    if (!rc) rc = insert(&p, &o, e);
    press_study_release(&p);
    return rc;
}
