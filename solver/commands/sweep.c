/* sweep.c -- mnsim sweep: one study over a grid of values. */
#include <math.h>
#include <time.h>
#include "base/show/progress.h"
#include "solver/commands/commands.h"
#include "solver/results/sweep.h"

const char help_sweep[] =
    "usage: mnsim sweep SWEEP.yaml -o DIR [--set path=value]... [--config DIR] [--force] [--quiet]\n"
    "\n"
    "Computes a study for every combination of varied values (needle length, depth, density, ...) and writes "
    "sweep.csv,\n"
    "sweep.yaml, the study as resolved, and a map.  A case that fails is a row with its reason.\n"
    "\n"
    "  -o, --output DIR    result folder (required)\n"
    "  --set path=value    override a value of the study\n"
    "  --config DIR        where drugs/, skins/ and needles/ are looked up after the study's own folder\n"
    "  --integrator WORD   auto (default), cvode, or linear: refused where a study is not linear\n"
    "  --force             replace an older result of this name\n"
    "  -q, --quiet         no progress, no table\n"
    "\n"
    "example: mnsim sweep config/studies/sweep_length_density.yaml -o out/sweep\n"
    "exit status: 0 done, 1 every case failed, 2 usage, 3 configuration or data";

static void show(void *self, size_t finished, size_t cases)
{
    char detail[60];
    snprintf(detail, sizeof detail, "case %zu of %zu", finished, cases);
    progress_show(self, (double)finished / (double)cases, detail, now_s());
}

static void print_sweep(const struct sweep *w, const char *folder)
{
    printf("%s: %zu cases, %zu failed\n", w->title, w->n_cases, sweep_failures(w));
    for (size_t i = 0; i < w->n_cases; i++) {
        const struct sweep_case *c = &w->item[i];
        const struct endpoint *p = c->good ? endpoint_find(&c->endpoints, w->map) : NULL;
        for (size_t k = 0; k < w->n_axes; k++)
            printf("  %-10s", config_text(config_item(w->axis[k].values, c->index[k])));
        if (p)
            printf("  %-10s %-22s %.5g %s +- %.2g\n", w->fill[c->fill], p->name, p->value, p->unit, p->error);
        else
            printf("  %-10s failed: %s\n", w->fill[c->fill], c->reason[0] ? c->reason : "has no such result");
    }
    printf("  written to %s\n", folder);
}

static int compute_and_write(struct sweep *w, const struct options *o, struct folder *f, struct err *e)
{
    struct progress p;
    struct err figure = {0};
    double start = now_s();
    progress_start(&p, "sweep", o->quiet, start);
    sweep_compute(w, show, &p);
    progress_done(&p, "done", now_s());
    struct result_context c = {o->command, (int64_t)time(NULL), now_s() - start};
    int rc = sweep_write(w, &c, f, e);
    if (!rc && sweep_figure(w, f, &figure)) err_print(stderr, "mnsim: no figure", &figure);
    return rc ? rc : folder_commit(f, e);
}

static int run_sweep(struct sweep *w, const struct options *o, struct err *e)
{
    struct folder f;
    int rc = folder_open(&f, o->output, o->force, e);
    if (!rc) rc = compute_and_write(w, o, &f, e);
    if (!rc && !o->quiet) print_sweep(w, f.path);
    folder_abandon(&f);
    if (!rc && sweep_failures(w) == w->n_cases)
        rc = err_set(e, ERR_FAILED, "every case failed, the first because: %s", w->item[0].reason);
    return rc;
}

int command_sweep(int argc, char **argv, struct err *e)
{
    struct options o;
    struct sweep w;
    int rc = options_parse(&o, argc, argv, "oscfqi", e);
    if (!rc && (o.n_files != 1 || !o.output)) {
        rc = err_set(e, ERR_ARG, "%s",
                     o.output ? "'mnsim sweep' takes one sweep file" : "no result folder: -o DIR is missing");
        err_hint(e, "mnsim sweep SWEEP.yaml -o DIR");
    }
    if (rc) return rc;
    struct study_options so = options_for_study(&o);
    rc = sweep_load(&w, o.files[0], &so, e);
    if (rc) return rc;
    rc = run_sweep(&w, &o, e);
    sweep_release(&w);
    return rc;
}
