/* estimate.h -- parameters by least squares: GSL's trust region on their logarithms or within bounds, with standard
 * errors, intervals and correlation (E25), profiles, and what cannot be identified.  Knows nothing of skin: the caller
 * gives residuals. */
#ifndef SOLVER_INFERENCE_ESTIMATE_H
#define SOLVER_INFERENCE_ESTIMATE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum { ESTIMATE_MAX = 8, ESTIMATE_STARTS = 50 };
#define ESTIMATE_NO_GROUP ((size_t)-1)

/* What the data cannot say about a parameter. */
enum estimate_flaw {
    FLAW_NONE,
    FLAW_NO_EFFECT,   /* nothing in the data depends on it */
    FLAW_COMBINATION, /* only together with another: a product or a ratio */
    FLAW_WIDE,        /* the ends of its interval are more than a factor of ten apart, or as far as its bounds */
    FLAW_AT_BOUND     /* the optimum lies at a bound */
};

/* Where a parameter may lie, lower < upper, and on which scale it is searched (a log scale needs lower > 0). */
struct estimate_bound { double lower, upper; bool is_log; };

struct estimate_problem {
    size_t n_parameters, n_residuals; /* n_residuals > n_parameters */
    void *self;
    /* r[n_residuals] = model(parameter) - data.  0, or ERR_* with *e set: the step is refused. */
    int (*residuals)(void *self, const double *parameter, double *r, struct err *e);
    /* Optional: d[n_residuals x n_parameters] (row-major) = r with parameter j at pair[j][0] less r with it at
     * pair[j][1], the others as in parameter[], which lies between.  NULL: two calls of residuals a parameter. */
    int (*differences)(void *self, const double *parameter, double (*pair)[2], double *d, struct err *e);
    const struct estimate_bound *bound; /* n_parameters, or NULL: positive parameters, log scale, no bounds */
    bool sd_known; /* residuals are in units of their standard deviation; else it is estimated from them */
    /* Residuals of one group (a donor) share an error: the covariance then comes from the spread between the groups
     * (sandwich, factor G/(G-1), Student's t with G-1) and not from sd_known.  group[n_residuals] in 0..n_groups-1, or
     * ESTIMATE_NO_GROUP for one that stands alone with unit variance; NULL: all are independent. */
    const size_t *group;
    size_t n_groups; /* >= 2 with group */
};
struct estimate {
    size_t n_parameters, n_residuals;
    double value[ESTIMATE_MAX];
    /* Standard error on the parameter's scale: of log(value), 0.07 is 7 %, or of it; NAN as low. */
    double relative_se[ESTIMATE_MAX];
    double low[ESTIMATE_MAX], high[ESTIMATE_MAX]; /* 95 % interval; NAN at a bound and without effect */
    bool low_is_bound[ESTIMATE_MAX], high_is_bound[ESTIMATE_MAX]; /* cut there: it would go on beyond */
    double quantile; /* interval: value +- quantile x standard error on the parameter's scale */
    double chi2, aicc; /* sum of squared residuals; corrected Akaike criterion (NAN: too few data, or groups: the sum of
                        * squares of residuals that hang together is no likelihood) */
    enum estimate_flaw flaw[ESTIMATE_MAX];
    size_t with[ESTIMATE_MAX];                    /* FLAW_COMBINATION: the other parameter */
    double correlation[ESTIMATE_MAX][ESTIMATE_MAX];
    double rmse;                                  /* sqrt(sum r^2 / n) */
    size_t iterations, evaluations;
};

/* Starts at start[] (all > 0).  ERR_NUMERIC when it does not converge within 60 iterations or the residuals cannot be
 * computed at the start; ERR_RANGE for too few residuals. */
int estimate_fit(const struct estimate_problem *p, const double *start, struct estimate *out, struct err *e);
/* The best of a fit from start and of n_more from other places within the bounds (needed then); *agreeing of them, the
 * best included, end within a thousandth of its sum of squares.  Starts that fail are passed over unless all do. */
int estimate_multistart(const struct estimate_problem *p, const double *start, size_t n_more, struct estimate *out,
                        size_t *agreeing, struct err *e);
/* Profile: sum of squares with one parameter held at value and the others fitted again from the estimate. */
int estimate_profile(const struct estimate_problem *p, const struct estimate *at, size_t parameter, double value,
                     double *chi2, struct err *e);
#endif
