/* agreement.h -- how well predictions agree with measurements: each measure with a confidence interval.
 * Pure functions: arrays, settings and a seed in, numbers out; no file, no clock.  Formulas and sources:
 * docs/reference/equations.md, E60.
 *
 * Readings belong to points (a time, a depth, a travel), where the prediction is one number, and to units (a donor, a
 * specimen; without any, every reading is its own unit).  What varies from unit to unit is what an interval is about:
 * resamples draw whole units, closed forms count units. */
#ifndef SOLVER_INFERENCE_AGREEMENT_H
#define SOLVER_INFERENCE_AGREEMENT_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum agreement_average {               /* of the readings of one point: first within each unit, then over the units */
                         AVERAGE_NONE, /* every reading stands for itself */
                         AVERAGE_ARITHMETIC,
                         AVERAGE_GEOMETRIC
};
struct agreement_reading {
    size_t point, unit;  /* indices */
    double observed, sd; /* sd NAN: not known */
};
struct agreement_set {
    size_t n_points, n_units, n;
    const double *predicted;                 /* n_points */
    const double *low, *high;                /* n_points: the prediction's band; NULL: there is none */
    const struct agreement_reading *reading; /* n, none censored */
    bool has_units;                          /* units are donors or specimens, not single readings */
    enum agreement_average average;
    /* A published mean stands alone as one reading: its standard error and degrees of freedom; else NAN. */
    double mean_se, mean_df;
};

enum agreement_metric {
    METRIC_BIAS,               /* mean(p - o) */
    METRIC_RMSE,               /* sqrt(mean((p - o)^2)) */
    METRIC_LARGEST_DIFFERENCE, /* max |p - o| */
    METRIC_R2,                 /* 1 - sum((o - p)^2)/sum((o - mean o)^2) */
    METRIC_MEAN_FOLD,          /* AFE: geometric mean of p/o */
    METRIC_MEAN_FOLD_ERROR,    /* AAFE: geometric mean of max(p/o, o/p) */
    METRIC_LARGEST_FOLD_ERROR, /* max of max(p/o, o/p) */
    METRIC_WITHIN_TWOFOLD,     /* share with o/2 <= p <= 2 o */
    METRIC_CONCORDANCE,        /* Lin */
    METRIC_COVERAGE,           /* share of o inside the prediction's band */
    METRIC_STANDARDISED,       /* sqrt(mean(((p - o)/sd)^2)) */
    METRICS
};
/* What a measure is called, whether it has the unit of the data, and how many points it needs. */
struct agreement_kind {
    const char *name;
    bool has_unit;
    size_t points;
};
extern const struct agreement_kind agreement_kind[METRICS];

struct agreement_settings {
    double confidence; /* 0.95 */
    size_t resamples;  /* of the bootstrap, 100 to 100000 */
    unsigned long seed;
};
struct agreement_value {
    double value;       /* NAN: undefined for these data (a zero in a fold, equal observations) */
    double low, high;   /* NAN: no interval, too few units */
    size_t n, units;    /* pairs it rests on, after averaging; units */
    const char *method; /* of the interval; "" for none */
};
/* Returns 0, ERR_NOMEM, or ERR_RANGE: fewer points than the measure needs, no band, no sd. */
int agreement_compute(const struct agreement_set *s, enum agreement_metric m, const struct agreement_settings *how,
                      struct agreement_value *out, struct err *e);

/* Two one-sided tests: is the mean difference (fold: the mean ratio) within -margin..margin (1/margin..margin)?
 * value: bias or mean fold; low, high: its interval at 1 - 2 alpha; *p: the larger p of the two tests.  Equivalent when
 * *p < alpha, that is when the interval lies within.  Needs 3 units; alpha = (1 - confidence). */
int agreement_equivalence(const struct agreement_set *s, bool fold, double margin, double alpha,
                          struct agreement_value *out, double *p, struct err *e);

/* Mean (or geometric mean) of the readings of one point, and their sd between units (geometric: of logarithms); NAN
 * where there are none. */
void agreement_average_at(const struct agreement_set *s, size_t point, double *mean, double *sd);
#endif
