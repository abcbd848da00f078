/* estimate.h -- positive parameters by least squares: GSL's trust region on their logarithms, with standard errors and
 * correlation (E25).  Knows nothing of skin: the caller gives residuals. */
#ifndef SOLVER_INFERENCE_ESTIMATE_H
#define SOLVER_INFERENCE_ESTIMATE_H
#include <stddef.h>
#include "base/err.h"

enum { ESTIMATE_MAX = 8 };

struct estimate_problem {
    size_t n_parameters, n_residuals; /* n_residuals > n_parameters */
    void *self;
    /* r[n_residuals] = model(parameter) - data.  0, or ERR_* with *e set: the step is refused. */
    int (*residuals)(void *self, const double *parameter, double *r, struct err *e);
};
struct estimate {
    size_t n_parameters, n_residuals;
    double value[ESTIMATE_MAX];
    double relative_se[ESTIMATE_MAX];             /* standard error of log(value): 0.07 is 7 % */
    double correlation[ESTIMATE_MAX][ESTIMATE_MAX];
    double rmse;                                  /* sqrt(sum r^2 / n) */
    size_t iterations, evaluations;
};

/* Starts at start[] (all > 0).  ERR_NUMERIC when it does not converge within 60 iterations or the residuals cannot be
 * computed at the start; ERR_ARG for too few residuals. */
int estimate_fit(const struct estimate_problem *p, const double *start, struct estimate *out, struct err *e);
#endif
