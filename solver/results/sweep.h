/* sweep.h -- a study computed for every combination of varied values; sweep.csv and a map.  Keys:
 * docs/reference/config.md. */
#ifndef SOLVER_RESULTS_SWEEP_H
#define SOLVER_RESULTS_SWEEP_H
#include "solver/results/result.h"

enum { SWEEP_VARIED_MAX = 4, SWEEP_CASES_MAX = 2000, SWEEP_TEXT = 60 };

struct sweep_axis {
    char key[80]; /* as the file says: "length", "density", "channel/radius_ratio" */
    size_t n;
    struct cnode values; /* list */
};
struct sweep_case {
    size_t index[SWEEP_VARIED_MAX]; /* into each axis */
    size_t fill;
    struct study *study; /* NULL when it could not be read */
    bool good;
    struct endpoints endpoints;
    double balance;
    size_t unknowns;
    char reason[400]; /* why it failed, one line */
};
struct sweep {
    struct config *doc;
    char title[200], study_path[700], map[40];
    size_t n_axes, n_fills, n_cases;
    struct sweep_axis axis[SWEEP_VARIED_MAX];
    char fill[4][20];
    struct sweep_case *item; /* n_cases; first axis fastest, fill slowest */
    struct study base;       /* the study without variation */
};

/* Reads the sweep file, its study, and every case; a case that cannot be read keeps its reason. */
int sweep_load(struct sweep *w, const char *path, const struct study_options *options, struct err *e);
/* Computes all cases on the machine's processors.  Their order changes no digit.  tell (may be NULL) is called with
 * self after each case, one call at a time. */
void sweep_compute(struct sweep *w, void (*tell)(void *self, size_t finished, size_t cases), void *self);
int sweep_write(const struct sweep *w, const struct result_context *c, const struct folder *f, struct err *e);
/* The map of w->map over the first two axes, one panel a fill; ERR_FAILED when it cannot be drawn. */
int sweep_figure(const struct sweep *w, const struct folder *f, struct err *e);
size_t sweep_failures(const struct sweep *w);
void sweep_release(struct sweep *w);
#endif
