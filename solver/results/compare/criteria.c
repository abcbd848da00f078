/* criteria.c -- criteria declared beforehand, measures of agreement, verdicts. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/stats.h"
#include "solver/results/compare/parts.h"

static const char *const bound_key[] = {"at_most", "at_least", "within", "within_factor", NULL};
static const char *const bound_text[] = {"at most", "at least", "within +-", "within a factor"};

static const char *metric_name(int metric)
{
    if (metric == METRIC_EQUIVALENCE) return "equivalence";
    return metric == METRIC_BELOW_LIMIT ? "below_limit" : agreement_kind[metric].name;
}

static bool has_unit(int metric)
{
    return metric == METRIC_EQUIVALENCE || (metric < METRICS && agreement_kind[metric].has_unit);
}

/* ---- reading ---- */

/* Varied values are no sample: of them only the worst one tells. */
static bool tells_of_varied(int metric)
{
    return metric == METRIC_LARGEST_DIFFERENCE || metric == METRIC_LARGEST_FOLD_ERROR;
}

static int choose_metric(struct cnode at, int *metric, struct err *e)
{
    const char *words[METRIC_WORDS + 1];
    for (int i = 0; i < METRIC_WORDS; i++)
        words[i] = metric_name(i);
    words[METRIC_WORDS] = NULL;
    return config_choice(at, "metric", words, metric, e);
}

static int read_equivalence(struct cnode at, const struct measured *m, struct criterion *q, struct err *e)
{
    bool fold = config_is(config_get(at, "factor"));
    int rc = 0;
    if (fold == config_is(config_get(at, "margin")))
        return config_fail(at, e, ERR_PARSE, "equivalence: needs 'margin' (a difference with its unit) or 'factor'");
    q->kind = fold ? BOUND_WITHIN_FACTOR : BOUND_WITHIN;
    q->alpha = 0.05;
    if (fold)
        rc = config_number(at, "factor", (struct range){1.0, 1000.0, true, false}, &q->bound, e);
    else
        rc = config_quantity(at, "margin", m->y_unit, RANGE_POSITIVE, &q->bound, e);
    if (!rc && config_is(config_get(at, "alpha")))
        rc = config_number(at, "alpha", (struct range){0.0, 0.5, true, true}, &q->alpha, e);
    return rc;
}

/* What a metric can be: a bound outside is met never, or always. */
static struct range possible(int metric)
{
    switch (metric) {
    case METRIC_RMSE:
    case METRIC_LARGEST_DIFFERENCE:
    case METRIC_STANDARDISED:
    case METRIC_MEAN_FOLD: return (struct range){0.0, INFINITY, false, false};
    case METRIC_MEAN_FOLD_ERROR:
    case METRIC_LARGEST_FOLD_ERROR: return (struct range){1.0, INFINITY, false, false};
    case METRIC_WITHIN_TWOFOLD:
    case METRIC_COVERAGE:
    case METRIC_BELOW_LIMIT: return (struct range){0.0, 1.0, false, false};
    case METRIC_CONCORDANCE: return (struct range){-1.0, 1.0, false, false};
    case METRIC_R2: return (struct range){-INFINITY, 1.0, false, false};
    default: return (struct range){-INFINITY, INFINITY, false, false};
    }
}

/* Of a bound that decides something. */
static struct range bounds_of(int metric, enum bound_kind kind)
{
    struct range p = possible(metric);
    if (kind == BOUND_AT_MOST) return (struct range){p.lo, p.hi, false, true};
    if (kind == BOUND_AT_LEAST) return (struct range){p.lo, p.hi, true, false};
    if (kind == BOUND_WITHIN_FACTOR) return (struct range){1.0, 1000.0, false, false};
    bool ends = p.hi <= 1.0 && p.lo >= -1.0; /* of either sign: r2 may lie far below -1 */
    return (struct range){fmax(0.0, p.lo), ends ? p.hi : INFINITY, !(p.lo > 0.0), true};
}

static bool is_fold(int metric)
{
    return metric == METRIC_MEAN_FOLD || metric == METRIC_MEAN_FOLD_ERROR || metric == METRIC_LARGEST_FOLD_ERROR;
}

static void hint_possible(int metric, struct err *e)
{
    struct range p = possible(metric);
    const char *name = metric_name(metric);
    if (isfinite(p.lo) && isfinite(p.hi))
        err_hint(e, "%s lies from %g to %g: a criterion that is never or always met judges nothing", name, p.lo, p.hi);
    else if (isfinite(p.lo))
        err_hint(e, "%s is %g or more: a criterion that is never or always met judges nothing", name, p.lo);
    else if (isfinite(p.hi))
        err_hint(e, "%s is %g or less: a criterion that is never or always met judges nothing", name, p.hi);
    else
        err_hint(e, "'within' is the largest distance from 0, on either side");
}

static int read_bound(struct cnode at, const struct measured *m, struct criterion *q, struct err *e)
{
    const char *unit = has_unit(q->metric) ? m->y_unit : "1";
    size_t n = 0;
    for (size_t i = 0; bound_key[i]; i++)
        if (config_is(config_get(at, bound_key[i]))) {
            q->kind = (enum bound_kind)i;
            if (i == BOUND_WITHIN_FACTOR && !is_fold(q->metric))
                return config_fail(config_get(at, bound_key[i]), e, ERR_PARSE,
                                   "within_factor: is for mean_fold, mean_fold_error and largest_fold_error, not %s",
                                   metric_name(q->metric));
            int rc = config_quantity(at, bound_key[i], i == BOUND_WITHIN_FACTOR ? "1" : unit,
                                     bounds_of(q->metric, q->kind), &q->bound, e);
            if (rc == ERR_RANGE) hint_possible(q->metric, e);
            if (rc) return rc;
            n++;
        }
    if (n != 1)
        return config_fail(at, e, ERR_PARSE,
                           "criterion '%s': needs exactly one of at_most, at_least, within, "
                           "within_factor",
                           metric_name(q->metric));
    return 0;
}

static int read_one(struct cnode at, struct compare_case *k, struct criterion *q, struct err *e)
{
    static const char *const keys[] = {"metric", "at_most",   "at_least", "within", "within_factor", "margin", "factor",
                                       "alpha",  "judged_by", "note",     NULL};
    static const char *const ways[] = {"estimate", "interval", NULL};
    int by = 0, rc = config_known(at, keys, e);
    *q = (struct criterion){.alpha = NAN};
    if (!rc) rc = choose_metric(at, &q->metric, e);
    if (!rc && config_is(config_get(at, "judged_by"))) rc = config_choice(at, "judged_by", ways, &by, e);
    q->by_interval = by == 1;
    if (rc) return rc;
    rc = q->metric == METRIC_EQUIVALENCE ? read_equivalence(at, &k->m, q, e) : read_bound(at, &k->m, q, e);
    bool in_unit = has_unit(q->metric) && q->kind != BOUND_WITHIN_FACTOR && strcmp(k->m.y_unit, "1") != 0;
    snprintf(q->text, sizeof q->text, "%s %.6g%s%s%s", bound_text[q->kind], q->bound, in_unit ? " " : "",
             in_unit ? k->m.y_unit : "", q->by_interval ? ", the whole interval" : "");
    bool is_varied = config_is(config_get(config_get(k->at, "simulated"), "vary"));
    if (!rc && is_varied && !tells_of_varied(q->metric))
        rc = config_fail(at, e, ERR_PARSE,
                         "%s: with 'vary' only largest_fold_error and largest_difference: every value must "
                         "meet them",
                         metric_name(q->metric));
    size_t needed = q->metric < METRICS ? agreement_kind[q->metric].points : 1;
    if (!rc && k->n_points < needed && !is_varied)
        rc = config_fail(at, e, ERR_RANGE, "%s: %zu point%s measured: at least %zu are needed", metric_name(q->metric),
                         k->n_points, k->n_points == 1 ? " was" : "s were", needed);
    if (!rc && q->metric == METRIC_EQUIVALENCE && k->m.n_units < 3 && !isfinite(k->m.mean_df))
        rc = config_fail(at, e, ERR_RANGE, "equivalence: %zu %s: at least 3 are needed", k->m.n_units,
                         k->m.has_units ? "donors or specimens" : "points");
    return rc;
}

int criteria_read(struct compare *c, struct compare_case *k, struct err *e)
{
    struct cnode own = config_get(k->at, "criteria"), all = config_get(config_root(c->doc), "criteria");
    struct cnode list = config_is(own) ? own : all;
    if (!config_is(list) || (!config_is(own) && !k->has_simulated)) return 0;
    if (!k->has_simulated)
        return config_fail(list, e, ERR_PARSE, "criteria: nothing is simulated in this case to judge");
    if (!config_is_list(list) || config_count(list) > CRITERIA_MAX)
        return config_fail(list, e, ERR_PARSE, "criteria: must be a list of at most %d", CRITERIA_MAX);
    int rc = 0;
    for (size_t i = 0; !rc && i < config_count(list); i++)
        rc = read_one(config_item(list, i), k, &k->criterion[k->n_criteria++], e);
    bool level = config_override_of(config_get(config_root(c->doc), "confidence"));
    for (size_t i = 0; !rc && i < k->n_criteria; i++) {
        struct criterion *q = &k->criterion[i];
        q->is_changed = config_override_of(config_item(list, i)) || (level && q->by_interval);
    }
    return rc;
}

/* ---- the set ---- */

static size_t point_of(const struct compare_case *k, double x)
{
    size_t i = 0;
    while (k->m.has_x && i + 1 < k->n_points && k->x[i] < x)
        i++;
    return i;
}

static size_t point_of_reading(const struct compare_case *k, size_t reading)
{
    return k->label[0] ? reading : point_of(k, k->m.reading[reading].x);
}

/* An average with a censored reading in it is not known: such a point is left out of the averages. */
static int make_set(struct compare_case *k, struct err *e)
{
    struct measured *m = &k->m;
    bool *censored = calloc(k->n_points + 1, sizeof *censored);
    k->used = calloc(m->n + 1, sizeof *k->used);
    if (!censored || !k->used) {
        free(censored);
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < m->n; i++)
        if (m->reading[i].below && m->average != AVERAGE_NONE) censored[point_of_reading(k, i)] = true;
    k->set = (struct agreement_set){.n_points = k->n_points,
                                    .n_units = m->n_units,
                                    .predicted = k->predicted,
                                    .low = k->has_band ? k->low : NULL,
                                    .high = k->has_band ? k->high : NULL,
                                    .reading = k->used,
                                    .has_units = m->has_units,
                                    .average = m->average,
                                    .mean_se = m->mean_se,
                                    .mean_df = m->mean_df};
    for (size_t i = 0; i < m->n; i++) {
        size_t point = point_of_reading(k, i);
        if (k->has_simulated && !k->label[0] && !isfinite(k->predicted[point])) m->n_left++;
        if (m->reading[i].below || censored[point] || !isfinite(k->predicted[point])) continue;
        k->used[k->set.n++] = (struct agreement_reading){point, m->reading[i].unit, m->reading[i].y, m->reading[i].sd};
    }
    free(censored);
    m->n_data -= m->n_left < m->n_data ? m->n_left : m->n_data;
    for (size_t i = 0; i < k->n_points; i++) {
        agreement_average_at(&k->set, i, &k->mean[i], &k->sd[i]);
        for (size_t j = 0; j < k->set.n && !m->has_units; j++) /* the published one, where there is one reading */
            if (k->used[j].point == i && isnan(k->sd[i])) k->sd[i] = k->used[j].sd;
    }
    return 0;
}

/* Share of the readings below the limit for which the simulation lies below it, too. */
static struct agreement_value below_limit(const struct compare_case *k, double confidence)
{
    struct agreement_value v = {NAN, NAN, NAN, 0, k->m.n_units, ""};
    double agree = 0.0;
    for (size_t i = 0; i < k->m.n; i++) {
        double p = k->predicted[point_of_reading(k, i)];
        if (!k->m.reading[i].below || !isfinite(p)) continue;
        agree += p <= k->m.reading[i].y;
        v.n++;
    }
    if (v.n == 0) return v;
    v.value = agree / (double)v.n;
    v.method = "Wilson's score";
    stats_share_interval(v.value, (double)v.n, gsl_cdf_ugaussian_Pinv(0.5 + 0.5 * confidence), &v.low, &v.high);
    return v;
}

/* ---- measures ---- */

static int measure_all(struct compare *c, struct compare_case *k, struct err *e)
{
    int rc = 0;
    for (int m = 0; !rc && m < METRICS; m++) {
        struct measure *one = &k->measure[k->n_measures];
        struct err why = {0};
        if (k->label[0] && !tells_of_varied(m)) continue;
        rc = agreement_compute(&k->set, (enum agreement_metric)m, &c->how, &one->v, &why);
        if (rc == ERR_RANGE) { /* too few points, no band: this measure is not there */
            rc = 0;
            continue;
        }
        if (rc) *e = why;
        if (m == METRIC_STANDARDISED && !isfinite(one->v.value)) continue;
        one->name = agreement_kind[m].name;
        snprintf(one->unit, sizeof one->unit, "%s", has_unit(m) ? k->m.y_unit : "1");
        k->n_measures++;
    }
    if (!rc && k->m.n_below) {
        struct measure *one = &k->measure[k->n_measures++];
        *one = (struct measure){.name = "below_limit", .unit = "1", .v = below_limit(k, c->how.confidence)};
    }
    return rc;
}

static void put(struct compare *c, size_t i, const char *key, double x)
{
    char at[120];
    snprintf(at, sizeof at, "measures/%zu/%s", i, key);
    if (isfinite(x)) record_number(c->record, at, x);
}

static void record_measures(struct compare *c, const struct compare_case *k)
{
    for (size_t j = 0; j < k->n_measures; j++, c->n_measures++) {
        const struct measure *one = &k->measure[j];
        char at[120];
        snprintf(at, sizeof at, "measures/%zu/case", c->n_measures);
        record_text(c->record, at, k->name);
        snprintf(at, sizeof at, "measures/%zu/metric", c->n_measures);
        record_text(c->record, at, one->name);
        put(c, c->n_measures, "value", one->v.value);
        snprintf(at, sizeof at, "measures/%zu/unit", c->n_measures);
        record_text(c->record, at, one->unit);
        put(c, c->n_measures, "low", one->v.low);
        put(c, c->n_measures, "high", one->v.high);
        snprintf(at, sizeof at, "measures/%zu/interval", c->n_measures);
        if (one->v.method[0]) record_text(c->record, at, one->v.method);
        put(c, c->n_measures, "n", (double)one->v.n);
    }
}

/* ---- verdicts ---- */

static bool inside(const struct criterion *q, double x)
{
    switch (q->kind) {
    case BOUND_AT_MOST: return x <= q->bound;
    case BOUND_AT_LEAST: return x >= q->bound;
    case BOUND_WITHIN: return fabs(x) <= q->bound;
    case BOUND_WITHIN_FACTOR: break;
    }
    return x >= 1.0 / q->bound && x <= q->bound;
}

/* "1.34 (95 %: 1.2 to 1.5)" */
static void describe(const struct compare *c, const struct criterion *q, const struct agreement_value *v, char *buf,
                     size_t size)
{
    double percent = 100.0 * (q->metric == METRIC_EQUIVALENCE ? 1.0 - 2.0 * q->alpha : c->how.confidence);
    int used = snprintf(buf, size, "%.4g", v->value);
    if (!isfinite(v->value)) used = snprintf(buf, size, "undefined for these data");
    if (isfinite(v->low) && used > 0 && (size_t)used < size)
        snprintf(buf + used, size - (size_t)used, " (%g %%: %.4g to %.4g%s)", percent, v->low, v->high,
                 strstr(v->method, "too narrow") ? ", too narrow: few groups" : "");
}

static int value_of(struct compare *c, struct compare_case *k, const struct criterion *q, struct agreement_value *v,
                    double *p, struct err *e)
{
    *p = NAN;
    if (q->metric == METRIC_EQUIVALENCE)
        return agreement_equivalence(&k->set, q->kind == BOUND_WITHIN_FACTOR, q->bound, q->alpha, v, p, e);
    if (q->metric == METRIC_BELOW_LIMIT) {
        *v = below_limit(k, c->how.confidence);
        return 0;
    }
    return agreement_compute(&k->set, (enum agreement_metric)q->metric, &c->how, v, e);
}

/* A measure that is undefined, or an interval that is not there, meets no criterion. */
static int judge(struct compare *c, struct compare_case *k, const struct criterion *q, struct err *e)
{
    struct agreement_value v;
    char found[160], extra[80] = "";
    double p;
    int rc = value_of(c, k, q, &v, &p, e);
    if (rc) {
        err_at(e, "case '%s'", k->name);
        return rc;
    }
    bool met = inside(q, v.value), wants_interval = q->by_interval || q->metric == METRIC_EQUIVALENCE;
    if (q->metric == METRIC_EQUIVALENCE)
        met = p < q->alpha;
    else if (wants_interval)
        met = met && inside(q, v.low) && inside(q, v.high);
    describe(c, q, &v, found, sizeof found);
    if (isfinite(p)) snprintf(extra, sizeof extra, ", p %.3g", p);
    bool in_unit = has_unit(q->metric) && q->kind != BOUND_WITHIN_FACTOR && strcmp(k->m.y_unit, "1") != 0;
    struct verdict *verdict = compare_judge(
        c, k, met, "%s %s%s%s%s (asked: %s%s); %zu %s%s, %ld parameters fitted to them", metric_name(q->metric), found,
        in_unit ? " " : "", in_unit ? k->m.y_unit : "", extra, q->text,
        q->is_changed ? ", changed on the command line" : "", k->m.n_data, k->m.n_data == 1 ? "datum" : "data",
        k->m.n_below ? " with those below the limit" : "", k->n_parameters);
    verdict->is_changed = q->is_changed;
    return 0;
}

int criteria_judge(struct compare *c, struct compare_case *k, struct err *e)
{
    int rc = make_set(k, e);
    if (!rc && k->has_simulated) rc = measure_all(c, k, e);
    if (!rc) record_measures(c, k);
    for (size_t i = 0; !rc && i < k->n_criteria; i++)
        rc = judge(c, k, &k->criterion[i], e);
    return rc;
}
