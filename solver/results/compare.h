/* compare.h -- simulated against measured, as a comparison file says.  Every case is FITTED, PREDICTED or SYNTHETIC,
 * with a criterion fixed in the file beforehand.  Kinds: plasma (curves of several doses, with a fit), ratio (of two
 * studies over a swept value), force_travel (curves of bench runs).  Keys: docs/reference/config.md; files:
 * docs/reference/csv.md. */
#ifndef SOLVER_RESULTS_COMPARE_H
#define SOLVER_RESULTS_COMPARE_H
#include "solver/results/result.h"

enum { VERDICTS_MAX = 40, LINES_MAX = 120 };
enum role { ROLE_FITTED, ROLE_PREDICTED, ROLE_SYNTHETIC };
extern const char *const role_word[]; /* "FITTED", "PREDICTED", "SYNTHETIC" */

struct verdict {
    char subject[120], text[240];
    enum role role;
    bool met;
};
struct compare_options {
    const struct study_options *study;
    const char *const *runs; /* more run folders for force_travel */
    size_t n_runs;
};
struct compare {
    struct config *doc;
    char title[200];
    bool is_required; /* verdict: required */
    const struct compare_options *options;
    const struct folder *folder; /* where the kind writes compare.csv and figures */
    struct record *record;       /* compare.yaml under construction */
    size_t n_verdicts, n_lines;
    struct verdict verdict[VERDICTS_MAX];
    char line[LINES_MAX][200]; /* what a command prints */
};

/* Reads the file and does what it says; writes compare.csv, compare.yaml and figures into the folder. */
int compare_run(struct compare *c, const char *path, const struct compare_options *o,
                const struct result_context *context, const struct folder *f, struct err *e);
void compare_release(struct compare *c);
bool compare_all_met(const struct compare *c);

/* For the kinds (compare_*.c). */
int compare_plasma(struct compare *c, struct err *e);
int compare_ratio(struct compare *c, struct err *e);
int compare_force(struct compare *c, struct err *e);
void compare_say(struct compare *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void compare_judge(struct compare *c, const char *subject, enum role role, bool met, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* A file or folder named in the comparison: as given when it exists, else beside the comparison file. */
const char *compare_path(const struct compare *c, const char *name, char *buf, size_t size);
/* Draws, and says so when it cannot: figures are no part of a verdict. */
struct plot;
void compare_plot(struct compare *c, const struct plot *p, const char *name);
#endif
