/* sweep.c -- mnsim sweep: one study over a grid or a design of values. */
#include <math.h>
#include <signal.h>
#include <time.h>
#include "base/show/progress.h"
#include "base/text/file.h"
#include "solver/commands/commands.h"
#include "solver/results/sweep.h"

enum { PRINTED_MAX = 60 };

const char help_sweep[] =
    "usage: mnsim sweep SWEEP.yaml -o DIR [--set path=value]... [--config DIR] [--part K/N] [--force]\n"
    "       [--quiet]\n"
    "\n"
    "Computes a study for every combination of varied values (needle length, depth, density, ...) and writes "
    "sweep.csv,\n"
    "sweep.yaml, the study as resolved, and a map.  A case that fails is a row with its reason.  A sweep that was "
    "stopped or\n"
    "killed goes on where it was when the same command is given again.\n"
    "\n"
    "  -o, --output DIR    result folder (required)\n"
    "  --set path=value    override a value of the study\n"
    "  --config DIR        where drugs/, skins/ and needles/ are looked up after the study's own folder\n"
    "  --integrator WORD   auto (default), cvode, or linear: refused where a study is not linear\n"
    "  --part K/N          compute only every N-th case, from the K-th on; when all N parts have ended, here or on\n"
    "                      other machines with the same folder, the command without --part puts them together\n"
    "  --force             replace an older result of this name\n"
    "  -q, --quiet         no progress, no table\n"
    "\n"
    "example: mnsim sweep config/studies/sweep_length_density.yaml -o out/sweep\n"
    "exit status: 0 done, 1 every case failed (the folder holds why), 2 usage, 3 configuration or data, 7 stopped";

static atomic_int is_stopped; /* lock-free: a signal handler sets it, every thread looks at it */

static void on_signal(int number)
{
    (void)number;
    is_stopped = 1;
}

struct shown { struct progress p; double start; size_t first; };

static void show(void *self, size_t finished, size_t cases)
{
    struct shown *s = self;
    char detail[80];
    double now = now_s(), took = now - s->start;
    if (!s->first) s->first = finished; /* later than 1 when a journal was taken over */
    s->p.before = (double)(s->first - 1) / (double)cases;
    snprintf(detail, sizeof detail, "case %zu of %zu, %.3g cases/s", finished, cases,
             took > 0.0 ? (double)(finished - s->first + 1) / took : 0.0);
    progress_show(&s->p, (double)finished / (double)cases, detail, now);
}

static void print_sweep(const struct sweep *w, const char *folder)
{
    char value[SWEEP_VALUE], label[120];
    printf("%s: %zu cases, %zu failed", w->title, w->n_cases, sweep_failures(w));
    if (w->resumed) printf(", %zu of them from an earlier start", w->resumed);
    printf("\n  taken over from earlier cases: %zu of %zu analyses of patterns, %zu of %zu stiffness matrices\n",
           w->use[SHELF_ANALYSES].found, w->use[SHELF_ANALYSES].asked, w->use[SHELF_STIFFNESS].found,
           w->use[SHELF_STIFFNESS].asked);
    for (size_t i = 0; i < w->n_cases && i < PRINTED_MAX; i++) {
        const struct sweep_case *c = &w->item[i];
        for (size_t k = 0; k < w->n_axes; k++)
            printf("  %-10s", sweep_value(w, i, k, value));
        if (c->good && isfinite(c->map))
            printf("  %-10s %-22s %.5g %s +- %.2g\n", w->fill[i / w->n_points], w->map, c->map, w->map_unit,
                   c->map_error);
        else
            printf("  %-10s %s\n", w->fill[i / w->n_points], c->good ? "has no such result" : "failed: see sweep.csv");
    }
    if (w->n_cases > PRINTED_MAX) printf("  ... all in sweep.csv\n");
    if (*sweep_label(w, SWEEP_VIRTUAL, label, sizeof label)) printf("  note: %s\n", label);
    if (*sweep_label(w, SWEEP_ESTIMATED, label, sizeof label)) printf("  note: %s\n", label);
    printf("  written to %s\n", folder);
}

static int compute(struct sweep *w, const struct options *o, struct shown *s, struct err *e)
{
    struct sigaction act = {.sa_handler = on_signal};
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    progress_start(&s->p, "sweep", o->quiet, s->start);
    int rc = sweep_compute(w, 0, &is_stopped, show, s, e);
    if (!rc) progress_done(&s->p, NULL, now_s());
    return rc;
}

static int compute_and_write(struct sweep *w, const struct options *o, struct folder *f, struct err *e)
{
    struct shown s = {.start = now_s()};
    struct err figure = {0};
    int rc = compute(w, o, &s, e);
    if (rc) return rc;
    struct result_context c = {o->command, (int64_t)time(NULL), now_s() - s.start};
    rc = sweep_write(w, &c, f, e);
    if (!rc && w->design == DESIGN_GRID && sweep_figure(w, f, &figure)) err_print(stderr, "mnsim: no figure", &figure);
    if (!rc) rc = folder_commit(f, e);
    if (!rc) sweep_forget(w);
    return rc;
}

/* "2/4" -> 2 of 4. */
static int read_part(const char *text, size_t *part, size_t *parts, struct err *e)
{
    int used = 0;
    unsigned k = 0, n = 0;
    if (sscanf(text, "%4u/%4u%n", &k, &n, &used) != 2 || text[used] || k < 1 || k > n)
        return err_set(e, ERR_ARG, "--part '%s': must be K/N, with K from 1 to N", text);
    *part = k;
    *parts = n;
    return 0;
}

/* One part leaves its journal for the command that puts all together. */
static int run_part(struct sweep *w, const struct options *o, struct err *e)
{
    struct shown s = {.start = now_s()};
    int rc = file_make_parents(o->output, e);
    if (!rc) rc = compute(w, o, &s, e);
    if (!rc && !o->quiet)
        printf("part %zu of %zu of %s is in %s; when all have ended, the command without --part puts them together\n",
               w->part, w->parts, w->title, w->journal);
    return rc;
}

static int run_sweep(struct sweep *w, const struct options *o, struct err *e)
{
    struct folder f;
    int rc = folder_open(&f, o->output, o->force, e);
    if (!rc) rc = compute_and_write(w, o, &f, e);
    if (!rc && !o->quiet) print_sweep(w, f.path);
    folder_abandon(&f);
    if (!rc && sweep_failures(w) == w->n_cases)
        rc = err_set(e, ERR_FAILED, "every case failed, the first because: %s", w->first_reason);
    return rc;
}

int command_sweep(int argc, char **argv, struct err *e)
{
    struct options o;
    struct sweep w;
    int rc = options_parse(&o, argc, argv, "oscfqip", e);
    if (!rc && (o.n_files != 1 || !o.output)) {
        rc = err_set(e, ERR_ARG, "%s",
                     o.output ? "'mnsim sweep' takes one sweep file" : "no result folder: -o DIR is missing");
        err_hint(e, "mnsim sweep SWEEP.yaml -o DIR");
    }
    if (rc) return rc;
    size_t part = 0, parts = 0;
    if (o.part) rc = read_part(o.part, &part, &parts, e);
    if (rc) return rc;
    struct study_options so = options_for_study(&o);
    rc = sweep_load(&w, o.files[0], &so, o.output, e);
    if (rc) return rc;
    if (parts) sweep_take_part(&w, part, parts);
    rc = parts ? run_part(&w, &o, e) : run_sweep(&w, &o, e);
    sweep_release(&w);
    return rc;
}
