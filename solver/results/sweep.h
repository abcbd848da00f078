/* sweep.h -- a study computed for many sets of values, from a grid, lists side by side, or a Sobol or Latin-hypercube
 * design; sweep.csv and a map.  Every finished case is a row of a journal beside the result folder at once: a sweep
 * that was stopped or killed goes on where it was.  Keys: docs/reference/config.md. */
#ifndef SOLVER_RESULTS_SWEEP_H
#define SOLVER_RESULTS_SWEEP_H
#include <stdatomic.h>
#include <stdio.h>
#include "base/text/table.h"
#include "solver/results/result.h"

enum { SWEEP_VARIED_MAX = 8, SWEEP_CASES_MAX = 100000, SWEEP_VALUE = 80 };
enum design { DESIGN_GRID, DESIGN_LIST, DESIGN_SOBOL, DESIGN_LATIN };

struct sweep_axis {
    char key[80]; /* as the file says: "length", "density", "channel/radius_ratio" */
    size_t n;     /* values of a list; 0: a range */
    const char **value; /* n: the document's own texts */
    double from, to;
    bool is_log;
    char unit[40];
};
enum { SWEEP_VIRTUAL = 1, SWEEP_ESTIMATED = 2, SWEEP_LABELS = 4 }; /* bits of a case's label */
extern const char *const sweep_label_words[SWEEP_LABELS]; /* as the column 'label' has them */
struct sweep_case {
    bool done, good;
    double map, map_error; /* of sweep.map */
    double x[2]; /* of the first two axes, in the unit of the map's labels; NAN when the case could not be read */
    unsigned char label; /* what its depth rests on */
};
struct sweep {
    struct config *doc;
    char title[200], study_path[700], map[40], map_unit[24], first_reason[400];
    enum design design;
    size_t n_axes, n_fills, n_points, n_cases; /* n_cases = n_points x n_fills, fills slowest */
    struct sweep_axis axis[SWEEP_VARIED_MAX];
    char fill[4][20];
    double *place;           /* n_points x n_axes in 0..1: Sobol and Latin hypercube */
    struct sweep_case *item; /* n_cases */
    struct study base;       /* the study without variation */
    const char *const *overrides;
    const char *config_dir;
    char journal[FOLDER_PATH + 90];
    int lock;                /* descriptor that holds a lock on the journal; none when it is not above 0 */
    size_t resumed;          /* cases taken over from the journal */
    size_t part, parts;      /* which share of the cases is computed, 1 .. parts; parts = 0: all */
    bool keeps_nothing;      /* every case makes all it needs anew: the same digits, more slowly */
    struct shelf_use use[SHELF_KINDS]; /* by the cases of this start: what they took over from those before them */
};

/* Reads the sweep file and its study.  result: the folder that it will be written to; the journal stands beside it,
 * under a name that belongs to this sweep alone.  options are lent until sweep_release. */
int sweep_load(struct sweep *w, const char *path, const struct study_options *options, const char *result,
               struct err *e);
/* The text of an axis' value in a case. */
const char *sweep_value(const struct sweep *w, size_t i, size_t axis, char buf[SWEEP_VALUE]);
/* Reads the study of one case (study_release) / its reason is in *e. */
int sweep_study(const struct sweep *w, size_t i, struct study *s, struct err *e);
/* Only every parts-th case, from the part-th on; the journal gets a name of its own.  A sweep without parts takes over
 * the journals of parts that it finds. */
void sweep_take_part(struct sweep *w, size_t part, size_t parts);
/* Computes what the journal does not hold, on threads processors (0: all).  Their order changes no digit; of the cases
 * only a few numbers stay in memory.  tell (may be NULL) is called with self after each case, one call at a time.
 * ERR_STOPPED when *stop (may be NULL) became non-zero: the journal keeps what is done; ERR_IO. */
int sweep_compute(struct sweep *w, size_t threads, const atomic_int *stop,
                  void (*tell)(void *self, size_t finished, size_t cases), void *self, struct err *e);
/* sweep.csv in the order of the cases, sweep.yaml, study.yaml. */
int sweep_write(const struct sweep *w, const struct result_context *c, const struct folder *f, struct err *e);
/* The map of w->map over the two axes of a grid, one panel a fill; ERR_FAILED when it cannot be drawn. */
int sweep_figure(const struct sweep *w, const struct folder *f, struct err *e);
size_t sweep_failures(const struct sweep *w);
/* Cases that carry the label; what stands beside the result because of them, "" without any; returns buf. */
size_t sweep_labelled(const struct sweep *w, unsigned char label);
const char *sweep_label(const struct sweep *w, unsigned char label, char *buf, size_t size);
void sweep_forget(struct sweep *w);  /* removes the journal, and those of parts */
void sweep_release(struct sweep *w); /* the journal stays */

/* Between the files of sweep*.c: a row of the journal. */
enum { SWEEP_COLUMNS_MAX = 80, SWEEP_NAME = 90, SWEEP_EXTRA = 4 }; /* the last SWEEP_EXTRA are not in sweep.csv */
struct sweep_rows { const char *path; FILE *f; size_t n; long *at; }; /* at[k + 1]: where row k begins */
/* The whole lines of a journal; path is lent.  A row is read as a table of its own. */
int  sweep_rows_open(struct sweep_rows *r, const char *path, struct err *e);
int  sweep_rows_read(struct sweep_rows *r, size_t k, struct table *t, struct err *e);
void sweep_rows_close(struct sweep_rows *r);
/* A new journal with the rows of older ones.  The old one keeps its rows under another name until they are all in the
 * new. */
int  sweep_open_journal(struct sweep *w, struct table_out **out, struct err *e);
size_t sweep_columns(const struct sweep *w, char name[SWEEP_COLUMNS_MAX][SWEEP_NAME]);
#endif
