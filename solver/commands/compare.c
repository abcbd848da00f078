/* compare.c -- mnsim compare: simulated against measured. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "solver/commands/commands.h"
#include "solver/results/compare/compare.h"

const char help_compare[] =
    "usage: mnsim compare COMPARISON.yaml -o DIR [--run RUN_FOLDER]... [--set key=value]... [--config DIR] [--force]\n"
    "       [--quiet]\n"
    "\n"
    "Holds any simulated quantity against any measured one as the comparison file says, with criteria stated in it\n"
    "beforehand; fitted, predicted and synthetic are told apart.  Writes compare.csv, points.csv, measures.csv,\n"
    "compare.yaml, figures, and a folder for every study that it computes.\n"
    "\n"
    "  -o, --output DIR    result folder (required)\n"
    "  --run DIR           a run folder for the cases measured by runs, besides those in the file\n"
    "  --set key=value     a key of the comparison file, such as seed=7 (of the bootstrap) or verdict=reported\n"
    "  --config DIR        where drugs/, skins/ and needles/ are looked up after the study's own folder\n"
    "  --force             replace an older result of this name\n"
    "  -q, --quiet         print verdicts only\n"
    "\n"
    "example: mnsim compare config/studies/compare_nicotine.yaml -o out/nicotine\n"
    "exit status: 0 done, 1 a criterion is not met (unless the file says 'verdict: reported'), 2 usage,\n"
    "             3 configuration or data, 4 numerics";

static void print_comparison(const struct compare *c, const struct options *o, const char *folder)
{
    printf("%s\n", c->title);
    for (size_t i = 0; !o->quiet && i < c->n_lines; i++)
        printf("%s\n", c->line[i]);
    int wide = 0;
    for (size_t i = 0; i < c->n_verdicts; i++) {
        int n = (int)strlen(verdict_word(&c->verdict[i]));
        wide = n > wide ? n : wide;
    }
    for (size_t i = 0; i < c->n_verdicts; i++)
        printf("  %-9s %-*s  %s: %s\n", role_word[c->verdict[i].role], wide, verdict_word(&c->verdict[i]),
               c->verdict[i].subject, c->verdict[i].text);
    printf("  written to %s\n", folder);
}

static int run_comparison(struct compare *c, const struct options *o, struct err *e)
{
    struct folder f;
    struct compare_options co = {o->overrides, o->config_dir, o->runs, o->n_runs};
    struct result_context context = {o->command, (int64_t)time(NULL), 0.0};
    int rc = folder_open(&f, o->output, o->force, e);
    if (rc) return rc;
    rc = compare_run(c, o->files[0], &co, &context, &f, e);
    if (!rc) rc = folder_commit(&f, e);
    folder_abandon(&f);
    if (rc) return rc;
    print_comparison(c, o, f.path);
    return c->is_required && !compare_all_met(c)
               ? err_set(e, ERR_FAILED, "a criterion is not met")
               : 0;
}

int command_compare(int argc, char **argv, struct err *e)
{
    struct options o;
    int rc = options_parse(&o, argc, argv, "ocrfqs", e);
    if (!rc && (o.n_files != 1 || !o.output)) {
        rc = err_set(e, ERR_ARG, "%s",
                     o.output ? "'mnsim compare' takes one comparison file" : "no result folder: -o DIR is missing");
        err_hint(e, "mnsim compare COMPARISON.yaml -o DIR");
    }
    if (rc) return rc;
    struct compare *c = calloc(1, sizeof *c);
    if (!c) return err_set(e, ERR_NOMEM, "out of memory");
    rc = run_comparison(c, &o, e);
    compare_release(c);
    free(c);
    return rc;
}
