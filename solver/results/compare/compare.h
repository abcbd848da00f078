/* compare.h -- simulated against measured, as a comparison file says: a measured set, a column of a run or of a study
 * computed on the fly, criteria declared beforehand -> measures of agreement with intervals -> verdicts.
 * Every case is FITTED, PREDICTED or SYNTHETIC.  Keys: docs/reference/config.md; files: docs/reference/csv.md. */
#ifndef SOLVER_RESULTS_COMPARE_COMPARE_H
#define SOLVER_RESULTS_COMPARE_COMPARE_H
#include "solver/inference/agreement.h"
#include "solver/results/result.h"

enum { VERDICTS_MAX = 192, LINES_MAX = 160, CASES_MAX = 16 };
enum role { ROLE_FITTED, ROLE_PREDICTED, ROLE_SYNTHETIC };
extern const char *const role_word[]; /* "FITTED", "PREDICTED", "SYNTHETIC" */

struct verdict {
    char subject[120], text[300];
    enum role role;
    bool met, is_changed; /* is_changed: the criterion was changed on the command line, so not stated beforehand */
};
/* "met" or "NOT MET"; for a SYNTHETIC case "consistent" or "NOT CONSISTENT": a virtual bench validates nothing.  With
 * ", changed" behind it when the criterion was changed on the command line. */
const char *verdict_word(const struct verdict *v);

struct compare_options {
    const char *const *overrides; /* of the comparison file, "path=value", NULL-terminated; may be NULL */
    const char *config_dir;       /* --config DIR, or NULL */
    const char *const *runs;      /* more run folders for the cases whose measured set is 'runs' */
    size_t n_runs;
};
struct compare_case;
struct fitted;
struct compare {
    struct config *doc;
    char title[200];
    bool is_required; /* a criterion that is not met fails the command */
    struct agreement_settings how;
    const struct compare_options *options;
    const struct result_context *context;
    const struct folder *folder; /* where compare.csv, measures.csv, figures and one folder a simulated case go */
    struct record *record;       /* compare.yaml under construction */
    struct fitted *fit;          /* parameters fitted here, or NULL */
    size_t n_cases, n_measures, n_verdicts, n_lines;
    struct compare_case *item; /* CASES_MAX */
    struct verdict verdict[VERDICTS_MAX];
    char line[LINES_MAX][400]; /* what a command prints */
};

/* Reads the file and does what it says; writes compare.csv, measures.csv, compare.yaml and figures into the folder.
 * Errors of files and values with their place; c must be released either way. */
int compare_run(struct compare *c, const char *path, const struct compare_options *o,
                const struct result_context *context, const struct folder *f, struct err *e);
void compare_release(struct compare *c);
bool compare_all_met(const struct compare *c);
#endif
