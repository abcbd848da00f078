/* parts.h -- what the files of this room share.  Not for others. */
#ifndef SOLVER_RESULTS_COMPARE_PARTS_H
#define SOLVER_RESULTS_COMPARE_PARTS_H
#include "base/text/table.h"
#include "solver/results/compare/compare.h"

enum { WORD = 100, PLACE = 700, UNIT = 24, UNITS_MAX = 200, SETS_MAX = 32, VARIANTS_MAX = 40, RUNS_MAX = 24 };

/* One reading.  x and y in the units of the set's columns. */
struct reading {
    double x, y, sd;  /* sd NAN: not stated */
    double thickness; /* of the slice around x that y is the mean of; NAN: a place */
    size_t unit;     /* donor, specimen; index into measured.unit_name */
    bool below;      /* y is the limit of quantification, the reading lies below it */
    int line;        /* in the file it stands in; 0: none */
    char replicate[40];
};
struct measured {
    char x_name[WORD], y_name[WORD], x_unit[UNIT], y_unit[UNIT], from[PLACE]; /* x_unit "": there is no x */
    char sha256[65];                                                          /* of a table; else empty */
    bool has_x, is_virtual, has_units;
    size_t n, n_below, n_units, n_data; /* readings; below the limit; donors; data that count as such */
    struct reading *reading;
    char (*unit_name)[WORD]; /* n_units */
    enum agreement_average average;
    size_t n_left;           /* of n_data: outside what was simulated */
    bool has_slices;
    double mean_se, mean_df; /* of a published mean, else NAN */
    long grid;               /* > 0: curves, brought to so many places */
    double contact_force;    /* N from which the runs count travel; NAN: not stated, or not a run */
};

/* A criterion as declared. */
enum { METRIC_EQUIVALENCE = METRICS, METRIC_BELOW_LIMIT, METRIC_WORDS };
enum { CRITERIA_MAX = 12, MEASURES_MAX = METRICS + 1 };
enum bound_kind { BOUND_AT_MOST, BOUND_AT_LEAST, BOUND_WITHIN, BOUND_WITHIN_FACTOR };
struct criterion {
    int metric; /* enum agreement_metric, or one of the two above */
    enum bound_kind kind;
    double bound, alpha;
    bool by_interval; /* the whole interval must meet it */
    bool is_changed;  /* on the command line: not stated beforehand */
    char text[120];   /* as asked, for the verdict */
};
/* A measure of a case as computed. */
struct measure {
    const char *name;
    char unit[UNIT];
    struct agreement_value v;
};

/* A curve (or, with n = 1 and x NAN, a number) of one simulation, in the measured units. */
struct curve {
    size_t n;
    double *x, *y, *err;
};

struct compare_case {
    char name[WORD], folder[WORD]; /* folder: of the simulation, below the result folder; "" none */
    struct cnode at;
    enum role role;
    long n_parameters;
    struct measured m;
    bool has_simulated, is_virtual, is_ratio, has_band;
    struct curve curve;                         /* nominal, for the figure */
    size_t n_points;                            /* distinct x, ascending */
    double *x, *predicted, *error, *low, *high; /* n_points each */
    double *thickness;                          /* of the slice around x; NAN: a place */
    double *mean, *sd;                          /* of what was observed at the point; NAN where all is censored */
    const char *label[VARIANTS_MAX];            /* of points that are varied values, else NULL */
    struct agreement_reading *used;             /* of the set */
    struct agreement_set set;
    size_t n_criteria, n_measures;
    struct criterion criterion[CRITERIA_MAX];
    struct measure measure[MEASURES_MAX];
};

/* compare.c */
void compare_say(struct compare *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct verdict *compare_judge(struct compare *c, const struct compare_case *k, bool met, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Into compare.yaml as well. */
void compare_warn(struct compare *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A file or folder named in the comparison: as given when it exists, else beside the comparison file. */
const char *compare_path(const struct compare *c, const char *name, char buf[PLACE]);

/* measured.c: 'measured' of a case.  No readings at all, text in a number column, a negative time: errors with file
 * and line. */
int measured_read(struct compare *c, struct compare_case *k, struct err *e);
void measured_release(struct measured *m);
/* runs.c: bench runs as readings, and what is said of each run. */
int measured_read_runs(struct compare *c, struct compare_case *k, struct cnode list, struct err *e);

/* points.c: distinct x of the readings, or the grid over what all curves share. */
int points_make(struct compare_case *k, struct err *e);
/* Room for n points, all NAN; what was there is given back. */
int points_room(struct compare_case *k, size_t n, struct err *e);

/* simulated.c: computes or opens what 'simulated' names and fills predicted, error, low, high, curve. */
int simulated_fill(struct compare *c, struct compare_case *k, struct err *e);
/* extract.c: one quantity of a result folder against x, converted.  x_unit "": a single result. */
struct wanted {
    const char *quantity, *x;    /* x: name of a column, or NULL */
    double at;                   /* s: of a profile; NAN */
    const char *x_unit, *y_unit; /* y_unit NULL: as it stands */
    const char *x_name;          /* as measured, for messages */
    double factor;
};
int extract(const char *folder, const struct wanted *w, struct cnode blame, struct curve *out, struct err *e);
/* The whole dose that was applied in a result folder, in the unit of an amount; INFINITY when nothing bounds it or the
 * unit is none of an amount. */
double folder_dose(const char *folder, const char *quantity, const char *unit);
void curve_release(struct curve *v);

/* fit.c: 'fit' of the comparison. */
int fit_open(struct compare *c, struct err *e);        /* reads it, when there is one */
int fit_solve_cases(struct compare *c, struct err *e); /* after all measured sets are read */
int fit_apply(const struct compare *c, struct study *s,
              struct err *e); /* the estimates into a study; no fit: nothing */
void fit_close(struct compare *c);
size_t fit_parameters(const struct compare *c);

/* criteria.c: the declared criteria are read when the measured set is known and before anything is computed. */
int criteria_read(struct compare *c, struct compare_case *k, struct err *e);
/* Measures of a case with their intervals into measures and compare.yaml, then a verdict for each criterion. */
int criteria_judge(struct compare *c, struct compare_case *k, struct err *e);
/* write.c: compare.csv, points.csv, measures.csv */
int compare_write_tables(const struct compare *c, struct err *e);
/* figures.c */
void compare_figures(struct compare *c);
#endif
