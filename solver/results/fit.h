/* fit.h -- parameters of studies fitted to measured tables: estimates with intervals, profiles, what cannot be
 * identified; and the folder of files.  Keys: docs/reference/config.md. */
#ifndef SOLVER_RESULTS_FIT_H
#define SOLVER_RESULTS_FIT_H
#include "solver/inference/estimate.h"
#include "solver/results/result.h"

enum { FIT_CASES_MAX = 16, FIT_POINTS_MAX = 1000, FIT_PARAMETERS_MAX = 16, FIT_PROFILE = 6 };

struct fit_parameter { /* a row of the parameter table; its columns have PEtab's names, and path and unit */
    char id[60], path[120], unit[30];
    bool is_estimated;
    double nominal;
    struct estimate_bound bound;
};
struct fit_point {
    double t, value, sd; /* s; in the column's unit; sd NAN: not stated */
    bool censored;       /* below the limit of quantification, which is value then */
    int line;
    double model, error; /* at the estimate */
};
struct fit_case {
    char name[60], study[700], data[700], column[80];
    int quantity;
    double scale; /* SI to the column's unit */
    size_t n;
    struct fit_point *point; /* ascending in time */
    double dose;             /* largest amount that can arrive, in the column's unit; INFINITY: no bound */
};
struct fit {
    struct config *doc;
    char title[200];
    long starts;
    size_t n_parameters, n_estimated, n_cases, n_points, agreeing;
    struct fit_parameter parameter[FIT_PARAMETERS_MAX];
    struct fit_case item[FIT_CASES_MAX];
    const struct study_options *options;
    struct estimate estimate; /* of the estimated parameters in their order */
    double profile_value[ESTIMATE_MAX][FIT_PROFILE],
        profile_rise[ESTIMATE_MAX][FIT_PROFILE]; /* rise: of chi2 over the variance */
    double lag;               /* longest asymptotic lag among the cases, s; NAN: none */
};

/* Reads fit file, parameter table and data; checks each study with the nominal values.  Mistakes with file and line. */
int fit_load(struct fit *f, const char *path, const struct study_options *options, struct err *e);
/* Estimates; profiles when wanted. */
int fit_solve(struct fit *f, bool profiles, struct err *e);
/* fit.yaml, parameters.csv (the table with the estimates), fit.csv (data, model, residuals) into an open folder. */
int fit_write(const struct fit *f, const struct result_context *c, const struct folder *folder, struct err *e);
/* Figures of data and residuals; ERR_FAILED when gnuplot fails. */
int fit_figures(const struct fit *f, const struct folder *folder, struct err *e);
/* What the data cannot say about estimated parameter i, or "" ; returns buf. */
const char *fit_flaw(const struct fit *f, size_t i, char *buf, size_t size);
const struct fit_parameter *fit_estimated(const struct fit *f, size_t i);
void fit_release(struct fit *f);
#endif
