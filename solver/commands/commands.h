/* commands.h -- mnsim's subcommands.  Only these files write to the terminal. */
#ifndef SOLVER_COMMANDS_COMMANDS_H
#define SOLVER_COMMANDS_COMMANDS_H
#include <stdio.h>
#include "base/cli.h"
#include "solver/results/result.h"

int command_run(int argc, char **argv, struct err *e);
int command_check(int argc, char **argv, struct err *e);
int command_sweep(int argc, char **argv, struct err *e);
int command_fit(int argc, char **argv, struct err *e);
int command_compare(int argc, char **argv, struct err *e);
int command_report(int argc, char **argv, struct err *e);
int command_insert(int argc, char **argv, struct err *e);
int command_analyse(int argc, char **argv, struct err *e);
int command_drug(int argc, char **argv, struct err *e);
int command_import(int argc, char **argv, struct err *e);
extern const char help_run[], help_check[], help_sweep[], help_fit[], help_compare[], help_report[], help_insert[],
    help_analyse[], help_drug[], help_import[];

/* Options that the commands share.  options_parse leaves the file arguments in file[]. */
enum { OVERRIDES_MAX = 64, FILES_MAX = 64 };
struct options {
    const char *output, *config_dir, *title, *part;
    const char *overrides[OVERRIDES_MAX + 1], *files[FILES_MAX], *runs[FILES_MAX];
    size_t n_overrides, n_files, n_runs;
    bool quiet, force;
    char integrator[44]; /* the override that --integrator stands for */
    char command[1000]; /* the command line, for the provenance */
};
/* allowed: letters of the options this command takes: o output, s set, c config, q quiet, f force, r run, t title,
 * i integrator, p part.
 * ERR_ARG. */
int options_parse(struct options *o, int argc, char **argv, const char *allowed, struct err *e);
struct study_options options_for_study(const struct options *o);
/* "dir/caffeine_patch.yaml" -> "caffeine_patch_result"; returns buf. */
const char *default_output(const char *study, char *buf, size_t size);
/* Seconds of a monotonic clock. */
double now_s(void);
/* Assumed and derived values, warnings and labels of a study. */
void print_notes(FILE *to, const struct study *s);
#endif
