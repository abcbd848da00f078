/* analyse.c -- mnsim analyse: what a bench's run says, with uncertainties. */
#include <math.h>
#include <string.h>
#include <time.h>
#include "base/text/number.h"
#include "solver/commands/commands.h"
#include "solver/results/analysis.h"

const char help_analyse[] =
    "usage: mnsim analyse RUN [-o DIR] [--set key=value]... [--force] [--quiet]\n"
    "\n"
    "Reads a run folder of mnrig and finds contact, insertion events, stiffness, plateau, base contact, work, "
    "relaxation and\n"
    "pull-off, each with its standard uncertainty, and the buried depth: the recorded reading, else an estimate by "
    "the\n"
    "insertion model.  Writes summary.yaml, events.csv, curve.csv and a figure beside the run, never into it.\n"
    "\n"
    "  -o, --output DIR    result folder (default: RUN_analysis_NN beside the run)\n"
    "  --set key=value     contact_force, drop_threshold (N), compliance, compliance_uncertainty (um/N), "
    "force_accuracy,\n"
    "                      position_uncertainty (um), relaxation_terms (1-3), tip_diameter, base_diameter (um), seed,\n"
    "                      mechanics/... (of the insertion model)\n"
    "  --force             replace an older analysis of this name\n"
    "  -q, --quiet         no table\n"
    "\n"
    "example: mnsim analyse runs/20260309T140509Z_b1_s1_press_10N_hold_5s_r01 --set 'contact_force=50 mN'\n"
    "exit status: 0 done, 1 failed, 2 usage, 3 configuration or data, 4 numerics";

static void print_analysis(const struct run_analysis *a, const char *folder)
{
    printf("%s%s\n", a->specimen, a->is_virtual ? " (SYNTHETIC)" : "");
    for (size_t i = 0; i < a->n_lines; i++) {
        const struct analysis_line *l = &a->line[i];
        char value[32], u[32];
        number_pair(l->value, l->u, value, u);
        printf("  %-34s %-10s %s%-9s %-5s %s\n", l->name, value, u[0] ? "+- " : "   ", u,
               strcmp(l->unit, "1") ? l->unit : "", l->remark);
    }
    for (size_t i = 0; i < a->n_notes; i++)
        printf("  %s\n", a->note[i]);
    printf("  written to %s\n", folder);
}

static int write(const struct run_analysis *a, const struct options *o, const char *path, double start, struct err *e)
{
    struct folder f;
    struct err figures = {0};
    int rc = folder_open(&f, path, o->force, e);
    if (rc) return rc;
    struct result_context c = {o->command, (int64_t)time(NULL), now_s() - start};
    rc = run_analysis_write(a, &c, &f, e);
    if (!rc && run_analysis_figures(a, &f, &figures)) err_print(stderr, "mnsim: no figures", &figures);
    if (!rc) rc = folder_commit(&f, e);
    if (!rc && !o->quiet) print_analysis(a, f.path);
    folder_abandon(&f);
    return rc;
}

int command_analyse(int argc, char **argv, struct err *e)
{
    struct options o;
    struct run_analysis a;
    char path[FOLDER_PATH];
    int rc = options_parse(&o, argc, argv, "osfq", e);
    if (!rc && o.n_files != 1) {
        rc = err_set(e, ERR_ARG, "%zu run folders: 'mnsim analyse' takes one", o.n_files);
        err_hint(e, "mnsim analyse RUN");
    }
    if (rc) return rc;
    double start = now_s();
    rc = run_analysis_make(&a, o.files[0], o.overrides, e);
    if (!rc && !o.output) rc = run_analysis_place(o.files[0], path, sizeof path, e);
    if (!rc) rc = write(&a, &o, o.output ? o.output : path, start, e);
    run_analysis_release(&a);
    return rc;
}
