/* agreement.c -- see agreement.h. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/stats.h"
#include "solver/inference/agreement.h"

const struct agreement_kind agreement_kind[METRICS] = {{"bias", true, 1},
                                                       {"rmse", true, 1},
                                                       {"largest_difference", true, 1},
                                                       {"r2", false, 3},
                                                       {"mean_fold", false, 1},
                                                       {"mean_fold_error", false, 1},
                                                       {"largest_fold_error", false, 1},
                                                       {"within_twofold", false, 1},
                                                       {"concordance", false, 3},
                                                       {"coverage", false, 1},
                                                       {"standardised", false, 1}};

/* Pairs that a measure is computed on. */
struct pairs {
    size_t n;
    double *p, *o, *sd, *low, *high;
    double *sum, *count; /* one a point and unit: scratch of the average */
};

/* A resample may hold the largest unit n_units times. */
static size_t most_pairs(const struct agreement_set *s)
{
    size_t most = 1, *count = calloc(s->n_units + 1, sizeof *count);
    if (!count) return 0;
    for (size_t i = 0; i < s->n; i++)
        if (++count[s->reading[i].unit] > most) most = count[s->reading[i].unit];
    free(count);
    return s->average == AVERAGE_NONE ? most * s->n_units + 1 : s->n_points + 1;
}

static int pairs_make(struct pairs *w, const struct agreement_set *s, struct err *e)
{
    size_t size = most_pairs(s), cells = s->average == AVERAGE_NONE ? 1 : s->n_points * s->n_units + 1;
    double *block = size ? calloc(5 * size + 2 * cells, sizeof *block) : NULL;
    *w = (struct pairs){0};
    if (!block) return err_set(e, ERR_NOMEM, "out of memory for %zu readings", s->n);
    w->p = block;
    w->o = block + size;
    w->sd = block + 2 * size;
    w->low = block + 3 * size;
    w->high = block + 4 * size;
    w->sum = block + 5 * size;
    w->count = w->sum + cells;
    return 0;
}

static void pairs_release(struct pairs *w) { free(w->p); }

static void take(struct pairs *w, const struct agreement_set *s, size_t point, double o, double sd)
{
    w->p[w->n] = s->predicted[point];
    w->o[w->n] = o;
    w->sd[w->n] = sd;
    w->low[w->n] = s->low ? s->low[point] : NAN;
    w->high[w->n++] = s->high ? s->high[point] : NAN;
}

/* Mean of one point over units with their weights; its sd between units. */
static double average_of(const struct pairs *w, const struct agreement_set *s, const unsigned weight[], size_t point,
                         double *sd)
{
    double sum = 0.0, sum2 = 0.0, n = 0.0;
    for (size_t u = 0; u < s->n_units; u++) {
        double count = w->count[u * s->n_points + point];
        if (!(count > 0.0)) continue;
        double y = w->sum[u * s->n_points + point] / count;
        sum += weight[u] * y;
        n += weight[u];
    }
    double mean = n > 0.0 ? sum / n : NAN;
    for (size_t u = 0; u < s->n_units; u++) {
        double count = w->count[u * s->n_points + point];
        if (count > 0.0) sum2 += weight[u] * pow(w->sum[u * s->n_points + point] / count - mean, 2.0);
    }
    *sd = n > 1.0 ? sqrt(sum2 / (n - 1.0)) : NAN;
    return mean;
}

/* Sums within units and points, of logarithms for geometric means. */
static void sum_cells(struct pairs *w, const struct agreement_set *s)
{
    if (s->average == AVERAGE_NONE) return;
    memset(w->sum, 0, s->n_points * s->n_units * sizeof *w->sum);
    memset(w->count, 0, s->n_points * s->n_units * sizeof *w->count);
    for (size_t i = 0; i < s->n; i++) {
        const struct agreement_reading *r = &s->reading[i];
        size_t k = r->unit * s->n_points + r->point;
        w->sum[k] += s->average != AVERAGE_GEOMETRIC ? r->observed : r->observed > 0.0 ? log(r->observed) : NAN;
        w->count[k] += 1.0;
    }
}

/* The pairs of a sample in which unit u stands weight[u] times.  sum_cells first. */
static void pairs_fill(struct pairs *w, const struct agreement_set *s, const unsigned weight[])
{
    w->n = 0;
    if (s->average == AVERAGE_NONE) {
        for (size_t i = 0; i < s->n; i++)
            for (unsigned k = 0; k < weight[s->reading[i].unit]; k++)
                take(w, s, s->reading[i].point, s->reading[i].observed, s->reading[i].sd);
        return;
    }
    for (size_t j = 0; j < s->n_points; j++) {
        bool any = false;
        double sd;
        for (size_t u = 0; u < s->n_units; u++)
            any = any || (weight[u] && w->count[u * s->n_points + j] > 0.0);
        if (!any) continue;
        double mean = average_of(w, s, weight, j, &sd);
        bool geometric = s->average == AVERAGE_GEOMETRIC;
        take(w, s, j, geometric ? exp(mean) : mean, geometric ? NAN : sd);
    }
}

/* ---- the measures ---- */

static double largest(const struct pairs *w, bool fold)
{
    double most = fold ? 1.0 : 0.0;
    for (size_t i = 0; i < w->n; i++) {
        double p = w->p[i], o = w->o[i];
        if (fold && !(p > 0.0 && o > 0.0)) return NAN;
        most = fmax(most, fold ? fmax(p / o, o / p) : fabs(p - o));
    }
    return most;
}

/* Moments with divisor n, as Lin defines them. */
struct moments {
    double mp, mo, vp, vo, cov;
};
static struct moments moments_of(const struct pairs *w)
{
    struct moments m = {.mp = stats_mean(w->p, w->n), .mo = stats_mean(w->o, w->n)};
    double n = (double)w->n;
    for (size_t i = 0; i < w->n; i++) {
        m.vp += (w->p[i] - m.mp) * (w->p[i] - m.mp) / n;
        m.vo += (w->o[i] - m.mo) * (w->o[i] - m.mo) / n;
        m.cov += (w->p[i] - m.mp) * (w->o[i] - m.mo) / n;
    }
    return m;
}

static double concordance(const struct pairs *w)
{
    struct moments m = moments_of(w);
    double below = m.vp + m.vo + (m.mp - m.mo) * (m.mp - m.mo);
    return w->n > 1 && below > 0.0 ? 2.0 * m.cov / below : NAN;
}

static double share_inside(const struct pairs *w)
{
    double inside = 0.0;
    for (size_t i = 0; i < w->n; i++)
        inside += w->o[i] >= w->low[i] && w->o[i] <= w->high[i];
    return inside / (double)w->n;
}

static double standardised(const struct pairs *w)
{
    double sum = 0.0;
    for (size_t i = 0; i < w->n; i++)
        sum += w->sd[i] > 0.0 ? pow((w->p[i] - w->o[i]) / w->sd[i], 2.0) : NAN;
    return sqrt(sum / (double)w->n);
}

static double measure(const struct pairs *w, enum agreement_metric m)
{
    switch (m) {
    case METRIC_BIAS: return stats_bias(w->p, w->o, w->n);
    case METRIC_RMSE: return stats_rmse(w->p, w->o, w->n);
    case METRIC_LARGEST_DIFFERENCE: return largest(w, false);
    case METRIC_R2: return stats_r2(w->p, w->o, w->n);
    case METRIC_MEAN_FOLD: return stats_mean_fold(w->p, w->o, w->n);
    case METRIC_MEAN_FOLD_ERROR: return stats_mean_fold_error(w->p, w->o, w->n);
    case METRIC_LARGEST_FOLD_ERROR: return largest(w, true);
    case METRIC_WITHIN_TWOFOLD: return stats_within_fold(w->p, w->o, w->n, 2.0);
    case METRIC_CONCORDANCE: return concordance(w);
    case METRIC_COVERAGE: return share_inside(w);
    case METRIC_STANDARDISED: return standardised(w);
    case METRICS: break;
    }
    return NAN;
}

/* ---- intervals ---- */

/* What one reading o contributes to its unit's difference from the prediction p.  Where the average over units is of the
 * other kind than the measure (a difference to a geometric mean, a ratio to an arithmetic one), the average g of the
 * point is linearised: that is the delta method. */
static double contribution(const struct agreement_set *s, bool fold, double p, double o, double g)
{
    bool geometric = s->average == AVERAGE_GEOMETRIC, arithmetic = s->average == AVERAGE_ARITHMETIC;
    if (fold && !(p > 0.0 && o > 0.0)) return NAN;
    if (fold) return arithmetic ? log(p / g) - (o / g - 1.0) : log(p / o);
    return geometric && o > 0.0 ? p - g * (1.0 + log(o / g)) : p - o;
}

/* Each unit's own mean difference, or mean log ratio; the interval of their mean by Student's t.  Returns the standard
 * error; NAN with fewer than two units. */
static double error_of_mean(const struct agreement_set *s, bool fold, double *df)
{
    if (isfinite(s->mean_se) && s->n == 1) {
        *df = s->mean_df;
        return fold ? s->mean_se / s->reading[0].observed : s->mean_se; /* delta method */
    }
    double *d = calloc(2 * s->n_units + s->n_points + 1, sizeof *d), *count = d ? d + s->n_units : NULL,
           *average = d ? d + 2 * s->n_units : NULL, se = NAN, sd;
    size_t units = 0;
    for (size_t j = 0; d && j < s->n_points; j++)
        agreement_average_at(s, j, &average[j], &sd);
    for (size_t i = 0; d && i < s->n; i++) {
        const struct agreement_reading *r = &s->reading[i];
        d[r->unit] += contribution(s, fold, s->predicted[r->point], r->observed, average[r->point]);
        count[r->unit] += 1.0;
    }
    for (size_t u = 0; d && u < s->n_units; u++)
        if (count[u] > 0.0) d[units++] = d[u] / count[u];
    if (d && units > 1) se = stats_sd(d, units) / sqrt((double)units);
    *df = (double)units - 1.0;
    free(d);
    return se;
}

static void by_student(const struct agreement_set *s, bool fold, double confidence, struct agreement_value *v)
{
    double df, se = error_of_mean(s, fold, &df);
    if (!isfinite(se) || !(df >= 1.0) || !isfinite(v->value)) return;
    double half = gsl_cdf_tdist_Pinv(0.5 + 0.5 * confidence, df) * se;
    v->low = fold ? v->value * exp(-half) : v->value - half;
    v->high = fold ? v->value * exp(half) : v->value + half;
    v->method = s->n == 1      ? "published standard deviation, Student's t"
                : s->has_units ? "means of groups, Student's t"
                               : "Student's t";
}

/* Lin 1989 with the correction of 2000: variance of artanh(concordance). */
static void by_fisher(const struct pairs *w, double confidence, struct agreement_value *v)
{
    struct moments m = moments_of(w);
    double c = v->value, r = m.cov / sqrt(m.vp * m.vo), u2 = pow(m.mp - m.mo, 2.0) / sqrt(m.vp * m.vo);
    if (!(fabs(c) < 1.0) || !(fabs(r) > 0.0) || w->n < 3) return;
    double rest = 1.0 - c * c;
    double var = ((1.0 - r * r) * c * c / (rest * r * r) + 2.0 * pow(c, 3.0) * (1.0 - c) * u2 / (r * rest * rest) -
                  pow(c, 4.0) * u2 * u2 / (2.0 * r * r * rest * rest)) /
                 ((double)w->n - 2.0);
    if (!(var >= 0.0)) return;
    double half = gsl_cdf_ugaussian_Pinv(0.5 + 0.5 * confidence) * sqrt(var);
    v->low = tanh(atanh(c) - half);
    v->high = tanh(atanh(c) + half);
    v->method = "Fisher's z (Lin 1989, corrected 2000)";
}

/* Wilson's score interval of a share. */
static void by_wilson(double confidence, struct agreement_value *v)
{
    double z = gsl_cdf_ugaussian_Pinv(0.5 + 0.5 * confidence);
    stats_share_interval(v->value, (double)v->n, z, &v->low, &v->high);
    v->method = "Wilson's score";
}

/* Percentiles over resamples of whole units; resamples in which the measure is undefined are left out. */
static int by_bootstrap(struct pairs *w, const struct agreement_set *s, enum agreement_metric m,
                        const struct agreement_settings *how, struct agreement_value *v, struct err *e)
{
    if (s->n_units < 3 || !isfinite(v->value)) return 0;
    unsigned *weight = calloc(s->n_units, sizeof *weight);
    double *drawn = calloc(how->resamples, sizeof *drawn);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    size_t n = 0;
    int rc = weight && drawn && rng ? 0 : err_set(e, ERR_NOMEM, "out of memory for %zu resamples", how->resamples);
    if (!rc) gsl_rng_set(rng, how->seed);
    for (size_t k = 0; !rc && k < how->resamples; k++) {
        memset(weight, 0, s->n_units * sizeof *weight);
        for (size_t u = 0; u < s->n_units; u++)
            weight[gsl_rng_uniform_int(rng, s->n_units)]++;
        pairs_fill(w, s, weight);
        drawn[n] = measure(w, m);
        if (isfinite(drawn[n])) n++;
    }
    if (!rc && n >= how->resamples / 2) {
        v->low = stats_quantile(drawn, n, 0.5 - 0.5 * how->confidence);
        v->high = stats_quantile(drawn, n, 0.5 + 0.5 * how->confidence);
        v->method = !s->has_units    ? "bootstrap of readings"
                    : s->n_units < 6 ? "bootstrap of few groups: too narrow"
                                     : "bootstrap of groups";
    }
    gsl_rng_free(rng);
    free(weight);
    free(drawn);
    return rc;
}

static bool stands_alone(const struct agreement_set *s) { return !s->has_units && s->average == AVERAGE_NONE; }

static int add_interval(struct pairs *w, const struct agreement_set *s, enum agreement_metric m,
                        const struct agreement_settings *how, struct agreement_value *v, struct err *e)
{
    if (m == METRIC_BIAS || m == METRIC_MEAN_FOLD)
        by_student(s, m == METRIC_MEAN_FOLD, how->confidence, v);
    else if (m == METRIC_CONCORDANCE && stands_alone(s))
        by_fisher(w, how->confidence, v);
    else if ((m == METRIC_COVERAGE || m == METRIC_WITHIN_TWOFOLD) && stands_alone(s) && isfinite(v->value))
        by_wilson(how->confidence, v);
    else if (m != METRIC_LARGEST_DIFFERENCE && m != METRIC_LARGEST_FOLD_ERROR) /* an extreme has no percentile */
        return by_bootstrap(w, s, m, how, v, e);
    return 0;
}

static int fill_all(struct pairs *w, const struct agreement_set *s, struct err *e)
{
    unsigned *one = malloc((s->n_units + 1) * sizeof *one);
    int rc = one ? pairs_make(w, s, e) : err_set(e, ERR_NOMEM, "out of memory");
    for (size_t u = 0; !rc && u < s->n_units; u++)
        one[u] = 1;
    if (!rc) {
        sum_cells(w, s);
        pairs_fill(w, s, one);
    }
    free(one);
    return rc;
}

int agreement_compute(const struct agreement_set *s, enum agreement_metric m, const struct agreement_settings *how,
                      struct agreement_value *out, struct err *e)
{
    struct pairs w = {0};
    *out = (struct agreement_value){NAN, NAN, NAN, 0, s->n_units, ""};
    if (m == METRIC_COVERAGE && !s->low) return err_set(e, ERR_RANGE, "coverage: the prediction has no band");
    int rc = fill_all(&w, s, e);
    if (!rc && w.n < agreement_kind[m].points)
        rc = err_set(e, ERR_RANGE, "%s: %zu points: at least %zu are needed", agreement_kind[m].name, w.n,
                     agreement_kind[m].points);
    if (!rc) {
        out->n = w.n;
        out->value = measure(&w, m);
        rc = add_interval(&w, s, m, how, out, e);
    }
    pairs_release(&w);
    return rc;
}

int agreement_equivalence(const struct agreement_set *s, bool fold, double margin, double alpha,
                          struct agreement_value *out, double *p, struct err *e)
{
    struct agreement_settings how = {1.0 - 2.0 * alpha, 100, 1};
    double df, se = error_of_mean(s, fold, &df), edge = fold ? log(margin) : margin;
    *p = NAN;
    if (!(df >= 2.0))
        return err_set(e, ERR_RANGE, "equivalence: %.0f %s: at least 3 are needed", df + 1.0,
                       s->has_units ? "groups (donors, specimens)" : "points");
    int rc = agreement_compute(s, fold ? METRIC_MEAN_FOLD : METRIC_BIAS, &how, out, e);
    if (rc || !isfinite(se) || !isfinite(out->value)) return rc;
    double d = fold ? log(out->value) : out->value;
    if (se > 0.0)
        *p = fmax(gsl_cdf_tdist_Q((d + edge) / se, df), gsl_cdf_tdist_P((d - edge) / se, df));
    else
        *p = fabs(d) < edge ? 0.0 : 1.0;
    out->method = "two one-sided t tests";
    return 0;
}

void agreement_average_at(const struct agreement_set *s, size_t point, double *mean, double *sd)
{
    double *sum = calloc(2 * s->n_units + 1, sizeof *sum), *count = sum ? sum + s->n_units : NULL;
    size_t units = 0;
    bool geometric = s->average == AVERAGE_GEOMETRIC;
    *mean = *sd = NAN;
    if (!sum) return;
    for (size_t i = 0; i < s->n; i++)
        if (s->reading[i].point == point) {
            double o = s->reading[i].observed;
            sum[s->reading[i].unit] += !geometric ? o : o > 0.0 ? log(o) : NAN;
            count[s->reading[i].unit] += 1.0;
        }
    for (size_t u = 0; u < s->n_units; u++)
        if (count[u] > 0.0) sum[units++] = sum[u] / count[u];
    double m = stats_mean(sum, units);
    *mean = geometric ? exp(m) : m;
    *sd = stats_sd(sum, units);
    free(sum);
}
