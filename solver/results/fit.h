/* fit.h -- parameters of studies fitted to measured tables: estimates with intervals, profiles, what cannot be
 * identified; and the folder of files.  Keys: docs/reference/config.md. */
#ifndef SOLVER_RESULTS_FIT_H
#define SOLVER_RESULTS_FIT_H
#include "solver/inference/estimate.h"
#include "solver/results/result.h"

enum { FIT_CASES_MAX = 16, FIT_POINTS_MAX = 1000, FIT_PARAMETERS_MAX = 16, FIT_PROFILE = 9, FIT_DONORS_MAX = 100 };

enum { OBSERVED_CUMULATIVE, OBSERVED_LAB, OBSERVED_FLUX, OBSERVED_RECEPTOR, OBSERVED_PLASMA };

struct fit_parameter { /* a row of the parameter table; its columns have PEtab's names, and path and unit */
    char id[60], path[120], unit[30], scale[8];
    char prior_type[32], prior_text[80]; /* as the table has them */
    int line; /* of the table */
    bool is_estimated;
    double nominal;
    struct estimate_bound bound;
    bool has_prior; /* what is known from elsewhere: normal, on the scale of the search (ln for log and log10) */
    double prior_mean, prior_sd;
};
struct fit_point {
    double t, value, sd; /* s; in the column's unit; sd NAN: not stated */
    bool censored;       /* below the limit of quantification, which is value then */
    int line;
    size_t donor; /* 1-based among fit.donor; 0: not stated */
    double model; /* at the estimate */
};
struct fit_case {
    char name[60], study[700], data[700], column[80];
    int quantity;
    bool is_virtual, is_estimated; /* data or depth of a virtual bench; depth by the insertion model */
    bool is_log;       /* residuals are ratios: geometric means of replicates and donors */
    bool is_predicted; /* not in the fit: compared with the estimate afterwards */
    double scale;      /* SI to the column's unit */
    size_t n;
    struct fit_point *point; /* ascending in time */
    double most; /* what can come out with the parameters anywhere within their bounds, in the column's unit (flux: its
                  * integral in ug/cm2); INFINITY: no limit */
};
struct fit {
    struct config *doc;
    char title[200], table[700]; /* table: of the parameters */
    long starts;
    size_t n_parameters, n_estimated, n_priors, n_cases, n_points, agreeing;
    size_t n_fitted; /* of n_points, those of fitted cases */
    size_t n_donors;
    char donor[FIT_DONORS_MAX][40];
    struct fit_parameter parameter[FIT_PARAMETERS_MAX];
    struct fit_case item[FIT_CASES_MAX];
    const struct study_options *options;
    struct estimate estimate; /* of the estimated parameters in their order */
    double profile_value[ESTIMATE_MAX][FIT_PROFILE],
        profile_rise[ESTIMATE_MAX][FIT_PROFILE]; /* rise: of chi2 over the variance; NAN: not computed */
    double lower_rise; /* the least of them: below 0 the estimate is not the best */
    double profile_low[ESTIMATE_MAX], profile_high[ESTIMATE_MAX]; /* 95 % interval: where the rise is the square of the
                                                                   * estimate's quantile; NAN: not reached */
    double lag;       /* longest asymptotic lag among the fitted cases, s; NAN: none */
    double lag_start; /* the same with the values that the table starts from, or that the studies have: where the data
                       * do not identify the parameters, the estimate's lag says little */
};

/* Reads fit file, parameter table and data; checks each study with the nominal values.  Mistakes with file and line. */
int fit_load(struct fit *f, const char *path, const struct study_options *options, struct err *e);
/* The study of a case with parameter values; value NULL: the nominal ones.  The caller releases it. */
int fit_study(const struct fit *f, const struct fit_case *c, const double *value, struct study *s, struct err *e);
/* fit_case.most of a case whose study with the nominal values is p. */
double fit_most(const struct fit *f, const struct fit_case *c, const struct problem *p);
/* A reading, then all readings of a case, that contradict the study: ERR_RANGE with file and line. */
int fit_check_point(const struct fit_case *c, const struct fit_point *p, double t_end, struct err *e);
int fit_check_case(const struct fit *f, const struct fit_case *c, struct err *e);
/* Readings below nothing that pass as noise around a blank. */
size_t fit_negatives(const struct fit *f);
/* How many donors the fitted cases have, 0: they do not name them; group, unless NULL, gets each residual's donor from
 * 0, and ESTIMATE_NO_GROUP for priors. */
size_t fit_donors(const struct fit *f, size_t *group);
/* Whether the fitted readings have standard deviations; a predicted case may have them or not. */
bool fit_has_sd(const struct fit *f);
/* A reading's residual can be stated: its sd is known, or nobody's is. */
bool fit_has_residual(const struct fit *f, const struct fit_point *p);
/* Estimates; profiles when wanted. */
int fit_solve(struct fit *f, bool profiles, struct err *e);
/* fit.yaml, parameters.csv (the table with the estimates), fit.csv (data, model, residuals) into an open folder. */
int fit_write(const struct fit *f, const struct result_context *c, const struct folder *folder, struct err *e);
/* Figures of data and residuals; ERR_FAILED when gnuplot fails. */
int fit_figures(const struct fit *f, const struct folder *folder, struct err *e);
/* "FITTED" or "PREDICTED", and SYNTHETIC where a virtual bench is in it. */
const char *fit_case_label(const struct fit_case *c);
/* Do any data or depths come from a virtual bench; is any depth estimated? */
bool fit_is_virtual(const struct fit *f);
bool fit_is_estimated(const struct fit *f);
double fit_last(const struct fit *f); /* time of the last fitted reading, s */
/* The lag that the data end before, s, and with whose values ("at the estimate", ...); NAN: they go on long enough. */
double fit_short_of(const struct fit *f, const char **whose);
/* The model misses the data by more than their standard deviations allow: intervals that rest on these are too
 * narrow. */
bool fit_is_missed(const struct fit *f);
/* Why there is no AICc. */
const char *fit_no_aicc(const struct fit *f);
/* What the data cannot say about estimated parameter i, or "" ; returns buf. */
const char *fit_flaw(const struct fit *f, size_t i, char *buf, size_t size);
/* What one reading adds to the sum of squares, unsquared: (model - value)/sd on the case's scale; below the limit the
 * root of -2 ln of the probability to read less than the limit. */
double fit_residual(const struct fit_case *c, const struct fit_point *p);
/* Geometric mean of max(model/value, value/model) of a case's readings above the limit; NAN: none above 0. */
double fit_fold_error(const struct fit_case *c);
const struct fit_parameter *fit_estimated(const struct fit *f, size_t i);
void fit_release(struct fit *f);
#endif
