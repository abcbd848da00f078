/* simulated.c -- the simulated side of a case: a result folder that is there, or a study (of diffusion, of insertion)
 * computed on the fly; its band over variants; ratios of two simulations; values that an experiment does not state. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/synthetic.h"
#include "base/math/curve.h"
#include "base/text/number.h"
#include "base/text/units.h"
#include "solver/insertion/band.h"
#include "solver/insertion/specimen.h"
#include "solver/results/compare/parts.h"
#include "solver/results/insertion.h"
#include "solver/results/tables.h"

enum source { SOURCE_STUDY, SOURCE_INSERTION, SOURCE_RESULT };
static const char *const source_key[] = {"study", "insertion", "result", NULL};
static const char *const simulated_keys[] = {"study",  "insertion", "result", "set",    "quantity",  "x",
                                             "at",     "over",      "vary",   "arrays", "specimens", "band",
                                             "factor", "source",    "note",   NULL};
enum { SMOOTH = 100 }; /* more outputs, for an even curve in the figure */

/* Which press of an insertion: the study's own, an array drawn anew on its specimen, or an array on a new specimen. */
enum draw { DRAW_NONE, DRAW_ARRAY, DRAW_SPECIMEN };

/* One simulation to make: where from, what is changed. */
struct making {
    struct compare *c;
    struct compare_case *k;
    enum source source;
    struct cnode at;  /* the map */
    const char *file; /* study or folder */
    const char *set[SETS_MAX + 2];
    size_t n_set;
    bool is_quiet; /* derived values have been said */
    enum draw draw;
    size_t which; /* of the draws */
    struct wanted want;
};

/* ---- reading ---- */

static int add_sets(struct making *m, struct cnode list, struct err *e)
{
    if (config_is(list) && !config_is_list(list))
        return config_fail(list, e, ERR_PARSE, "set: must be a list of 'path=value'");
    for (size_t i = 0; i < config_count(list); i++) {
        const char *text = config_text(config_item(list, i));
        if (!text || m->n_set >= SETS_MAX)
            return config_fail(config_item(list, i), e, ERR_PARSE, "set: must be a list of at most %d 'path=value'",
                               SETS_MAX);
        m->set[m->n_set++] = text;
        m->set[m->n_set] = NULL;
    }
    return 0;
}

static int read_making(struct making *m, struct cnode at, struct err *e)
{
    size_t n = 0;
    m->at = at;
    m->want.at = NAN;
    m->want.factor = 1.0;
    m->want.x_unit = m->k->m.x_unit;
    m->want.x_name = m->k->m.x_name;
    m->want.y_unit = m->k->m.y_unit;
    int rc = config_known(at, simulated_keys, e);
    for (size_t i = 0; !rc && source_key[i]; i++)
        if (config_is(config_get(at, source_key[i]))) {
            m->source = (enum source)i;
            rc = config_string(at, source_key[i], &m->file, e);
            n++;
        }
    if (!rc && n != 1)
        rc = config_fail(at, e, ERR_PARSE, "simulated: must have exactly one of study, insertion, result");
    if (!rc) rc = config_string(at, "quantity", &m->want.quantity, e);
    if (!rc && config_is(config_get(at, "x"))) rc = config_string(at, "x", &m->want.x, e);
    if (!rc && config_is(config_get(at, "at"))) rc = config_quantity(at, "at", "s", RANGE_POSITIVE, &m->want.at, e);
    if (!rc && config_is(config_get(at, "factor")))
        rc = config_number(at, "factor", RANGE_POSITIVE, &m->want.factor, e);
    if (!rc) rc = add_sets(m, config_get(at, "set"), e);
    return rc;
}

/* ---- making ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* An assignment that cannot be made stands in the comparison file, not on the command line. */
static int blame_set(const struct making *m, struct err *e)
{
    char where[PLACE + 40];
    if (e->code != ERR_ARG) return e->code;
    err_at(e, "%s", config_where(m->at, where, sizeof where));
    return e->code = ERR_PARSE;
}

/* Outputs at the measured times, so that nothing is interpolated; and the study's own.  Means over an interval
 * (collected fractions) are those between the measured times alone. */
static int set_outputs(const struct making *m, struct study *s, struct err *e)
{
    struct problem *p = &s->problem;
    const struct compare_case *k = m->k;
    double unit = 1.0, *t = calloc(OUTPUTS_MAX + k->n_points + SMOOTH + 2, sizeof *t);
    bool is_time = k->m.has_x && units_convert(1.0, k->m.x_unit, "s", &unit, NULL) == 0;
    size_t n = 0, kept = 0;
    int rc = t ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    if (!rc && is_time && k->n_points + 1 > OUTPUTS_MAX)
        rc = err_set(e, ERR_RANGE, "%s: %zu distinct times: at most %d", k->m.from, k->n_points, OUTPUTS_MAX - 1);
    bool has_room = k->n_points + p->n_out + SMOOTH + 1 <= OUTPUTS_MAX;
    for (size_t i = 0; !rc && is_time && i < k->n_points; i++) {
        double at = k->x[i] * unit; /* later than the study: check_overlap says so */
        if (at <= p->t_end * (1.0 + 1e-9)) t[n++] = fmin(at, p->t_end);
    }
    if (!rc && isfinite(m->want.at)) t[n++] = fmin(m->want.at, p->t_end);
    if (!rc && has_room && (n == 0 || strncmp(m->want.quantity, "fraction", 8) != 0)) {
        for (size_t i = 0; i < p->n_out; i++)
            t[n++] = p->t_out[i];
        for (size_t i = 0; is_time && i < SMOOTH; i++)
            t[n++] = p->t_end * (double)(i + 1) / SMOOTH;
    }
    if (!rc) qsort(t, n, sizeof *t, by_value);
    for (size_t i = 0; !rc && i < n && kept < OUTPUTS_MAX; i++)
        if (t[i] > 0.0 && (kept == 0 || t[i] > p->t_out[kept - 1] * (1.0 + 1e-9))) p->t_out[kept++] = t[i];
    if (!rc) p->n_out = kept;
    free(t);
    return rc;
}

static int make_study(struct making *m, const struct folder *f, struct err *e)
{
    struct study s;
    struct result r = {0};
    struct solution sol;
    char path[PLACE];
    struct study_options so = {m->set, m->c->options->config_dir};
    int rc = study_load(&s, compare_path(m->c, m->file, path), &so, e);
    if (rc) return blame_set(m, e);
    m->k->is_virtual = m->k->is_virtual || s.is_virtual;
    rc = set_outputs(m, &s, e);
    if (!rc) rc = fit_apply(m->c, &s, e);
    if (!rc && m->c->fit) { /* the study's file does not hold the fitted values: its tables alone are written */
        rc = simulate_with_error(&s.problem, &sol, e);
        if (!rc) {
            rc = tables_write(&s, &sol, f, e);
            solution_release(&sol);
        }
    } else if (!rc) {
        rc = result_compute(&s, &r, e);
        if (!rc) rc = result_write(&s, &r, m->c->context, f, e);
        result_release(&r);
    }
    if (!rc && m->k->n_points <= 1 && !m->is_quiet)
        for (size_t i = 0; i < s.n_notes; i++)
            if (s.note[i].kind == NOTE_DERIVED && strstr(s.note[i].text, "channel"))
                compare_say(m->c, "  %s: %.150s", s.needles, s.note[i].text);
    study_release(&s);
    return rc;
}

/* Whether the points are places of travel: then every draw is pressed as far as they reach, whatever its force. */
static double furthest_travel(const struct compare_case *k)
{
    double um = NAN;
    bool is_travel = k->m.has_x && k->n_points > 0 && strncmp(k->m.x_name, "travel", 6) == 0 &&
                     units_convert(k->x[k->n_points - 1], k->m.x_unit, "m", &um, NULL) == 0;
    return is_travel ? um : NAN;
}

static int draw_press(const struct making *m, struct insertion_case *c, struct err *e)
{
    double reach = furthest_travel(m->k);
    if (isfinite(m->k->m.contact_force) && c->press.contact_force == 0.0)
        c->press.contact_force = m->k->m.contact_force;
    if (m->draw == DRAW_ARRAY) c->seed += m->which;
    if (m->draw != DRAW_SPECIMEN) return 0;
    if (reach > 0.0) {
        c->press.force = NAN;
        c->press.travel = reach * (1.0 + 1e-6);
    }
    return specimen_draw(c, m->which, e);
}

static int make_insertion(struct making *m, const struct folder *f, struct err *e)
{
    struct press_study p;
    struct insertion_outcome o;
    char path[PLACE];
    struct study_options so = {m->set, m->c->options->config_dir};
    int rc = press_study_load(&p, compare_path(m->c, m->file, path), &so, e);
    if (rc) return blame_set(m, e);
    rc = draw_press(m, &p.press, e);
    if (!rc) rc = insertion_compute(&p, &o, e);
    if (!rc) {
        rc = insertion_write(&p, &o, m->c->context, f, e);
        insertion_outcome_release(&o);
    }
    press_study_release(&p);
    return rc;
}

/* Computes into <result folder>/<name> and takes the quantity out of it; a folder that is there is only read. */
static int make(struct making *m, const char *name, struct curve *out, struct err *e)
{
    struct folder f = {0};
    char folder[FOLDER_PATH + 100], path[PLACE];
    struct cnode blame = config_get(m->at, "quantity");
    if (m->source == SOURCE_RESULT) {
        compare_path(m->c, m->file, path);
        m->k->is_virtual = m->k->is_virtual || synthetic_folder(path);
        if (access(path, R_OK) != 0)
            return config_fail(config_get(m->at, "result"), e, ERR_IO, "result: there is no folder '%s'", m->file);
        return extract(path, &m->want, blame, out, e);
    }
    folder_file(m->c->folder, name, folder);
    snprintf(f.temporary, sizeof f.temporary, "%.999s", folder);
    snprintf(f.path, sizeof f.path, "%.999s", folder);
    if (access(folder, F_OK) != 0 && mkdir(folder, 0777) != 0)
        return err_set(e, ERR_IO, "%.300s: cannot be made", folder);
    int rc = m->source == SOURCE_STUDY ? make_study(m, &f, e) : make_insertion(m, &f, e);
    return rc ? rc : extract(folder, &m->want, blame, out, e);
}

/* ---- at the points ---- */

/* The curve's value at a place; a single number everywhere.  Tables hold ten digits: an end that is missed by less than
 * that is met. */
static double value_at(const struct curve *v, const double y[], double x)
{
    if (v->n == 1 && isnan(v->x[0])) return y[0];
    double first = v->x[0], last = v->x[v->n - 1], slack = 1e-8 * fmax(fabs(first), fabs(last));
    if (x > last && x <= last + slack) x = last;
    if (x < first && x >= first - slack) x = first;
    return curve_value(v->x, y, v->n, x);
}

/* A slice's mean; outside the curve NAN, but for rounding at its ends. */
static double mean_at(const struct curve *v, const double y[], double x, double thickness)
{
    if (!isfinite(thickness) || (v->n == 1 && isnan(v->x[0]))) return value_at(v, y, x);
    double first = v->x[0], last = v->x[v->n - 1], slack = 1e-8 * fmax(fabs(first), fabs(last));
    double from = x - 0.5 * thickness, to = x + 0.5 * thickness;
    if (from < first && from >= first - slack) from = first;
    if (to > last && to <= last + slack) to = last;
    return curve_mean(v->x, y, v->n, from, to);
}

static void evaluate(const struct compare_case *k, const struct curve *v, double y[], double err[])
{
    for (size_t i = 0; i < k->n_points; i++) {
        y[i] = mean_at(v, v->y, k->x[i], k->thickness[i]);
        err[i] = mean_at(v, v->err, k->x[i], k->thickness[i]);
    }
}

/* What lies outside the simulation has nothing to be held against: said, and an error when nothing is left. */
static int check_overlap(struct compare *c, struct compare_case *k, struct err *e)
{
    size_t inside = 0;
    for (size_t i = 0; i < k->n_points; i++)
        inside += isfinite(k->predicted[i]) ? 1 : 0;
    if (inside == k->n_points) return 0;
    const struct curve *v = &k->curve;
    if (inside) {
        compare_warn(c, "%s: %zu of %zu points lie outside the simulation (%s %g to %g) and are left out", k->name,
                    k->n_points - inside, k->n_points, k->m.x_name, v->x[0], v->x[v->n - 1]);
        return 0;
    }
    config_fail(config_get(k->at, "simulated"), e, ERR_RANGE,
                "no overlap in x: measured %s %g to %g %s, simulated %g to %g", k->m.x_name, k->x[0],
                k->x[k->n_points - 1], k->m.x_unit, v->x[0], v->x[v->n - 1]);
    err_hint(e, "are both in the same unit, and counted from the same moment or place?");
    return ERR_RANGE;
}

/* ---- bands ---- */

struct variants {
    size_t n;
    double *y; /* n x n_points */
};

static void band_of_draws(struct compare_case *k, const struct variants *v, double confidence)
{
    k->has_band = true;
    double column[VARIANTS_MAX];
    for (size_t i = 0; i < k->n_points; i++) {
        for (size_t j = 0; j < v->n; j++)
            column[j] = v->y[j * k->n_points + i];
        draws_interval(column, v->n, confidence, &k->predicted[i], &k->low[i], &k->high[i]);
    }
}

/* The envelope of the nominal run and its variants. */
static void band_of_variants(struct compare_case *k, const struct variants *v)
{
    k->has_band = true;
    for (size_t i = 0; i < k->n_points; i++) {
        k->low[i] = k->high[i] = k->predicted[i];
        for (size_t j = 0; j < v->n; j++) {
            k->low[i] = fmin(k->low[i], v->y[j * k->n_points + i]);
            k->high[i] = fmax(k->high[i], v->y[j * k->n_points + i]);
        }
    }
}

static int one_variant(struct making *m, const char *name, double y[], double err[], struct err *e)
{
    struct curve v = {0};
    int rc = make(m, name, &v, e);
    if (!rc) evaluate(m->k, &v, y, err);
    curve_release(&v);
    return rc;
}

static int run_draws(struct making *m, const char *name, enum draw draw, long draws, struct err *e)
{
    struct compare_case *k = m->k;
    struct variants v = {(size_t)draws, calloc((size_t)draws * k->n_points + 1, sizeof(double))};
    int rc = v.y ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    m->draw = draw;
    for (m->which = 0; !rc && m->which < v.n; m->which++)
        rc = one_variant(m, name, v.y + m->which * k->n_points, k->error, e);
    m->draw = DRAW_NONE; /* the study's own last: its files stay in the folder */
    if (!rc) rc = make(m, name, &k->curve, e);
    if (!rc) band_of_draws(k, &v, m->c->how.confidence);
    free(v.y);
    return rc;
}

static int run_band(struct making *m, const char *name, struct cnode band, struct err *e)
{
    struct compare_case *k = m->k;
    size_t n = config_count(band), own = m->n_set;
    if (!config_is_list(band) || n < 1 || n > VARIANTS_MAX)
        return config_fail(band, e, ERR_PARSE, "band: must be a list of 1 to %d lists of 'path=value'", VARIANTS_MAX);
    struct variants v = {n, calloc(n * k->n_points + 1, sizeof(double))};
    int rc = v.y ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; !rc && i < n; i++) {
        rc = add_sets(m, config_item(band, i), e);
        if (!rc) rc = one_variant(m, name, v.y + i * k->n_points, k->error, e);
        m->n_set = own;
        m->set[own] = NULL;
    }
    if (!rc) rc = make(m, name, &k->curve, e);
    if (!rc) {
        evaluate(k, &k->curve, k->predicted, k->error);
        band_of_variants(k, &v);
    }
    free(v.y);
    return rc;
}

static int run_plain(struct making *m, const char *name, struct err *e)
{
    static const char *const drawn[] = {"arrays", "specimens"};
    static const enum draw how[] = {DRAW_ARRAY, DRAW_SPECIMEN};
    struct cnode band = config_get(m->at, "band");
    enum draw draw = DRAW_NONE;
    long draws = 0;
    int rc = 0;
    for (size_t i = 0; !rc && i < 2; i++) {
        struct cnode at = config_get(m->at, drawn[i]);
        if (!config_is(at)) continue;
        rc = config_integer(m->at, drawn[i], 3, VARIANTS_MAX, &draws, e);
        if (!rc && m->source != SOURCE_INSERTION)
            rc = config_fail(at, e, ERR_PARSE, "%s: only an insertion draws %s", drawn[i], drawn[i]);
        if (!rc && draw != DRAW_NONE)
            rc = config_fail(at, e, ERR_PARSE,
                             "specimens: no 'arrays' beside it: each specimen gets an array of its own");
        draw = how[i];
    }
    if (!rc && config_is(band) && (m->source == SOURCE_RESULT || draws))
        rc =
            config_fail(band, e, ERR_PARSE, "band: needs a study to compute, and no 'arrays' or 'specimens' beside it");
    if (rc) return rc;
    if (draws) return run_draws(m, name, draw, draws, e);
    if (config_is(band)) return run_band(m, name, band, e);
    rc = make(m, name, &m->k->curve, e);
    if (!rc) evaluate(m->k, &m->k->curve, m->k->predicted, m->k->error);
    return rc;
}

/* ---- ratios and varied values ---- */

/* Divides what is in predicted by the same quantity of another simulation. */
static int divide(struct making *top, const char *name, const char *changed, struct err *e)
{
    struct compare_case *k = top->k;
    struct making m = {.c = top->c, .k = k, .is_quiet = top->is_quiet};
    char below[WORD + 10];
    double *y = calloc(2 * k->n_points + 1, sizeof *y);
    int rc = y ? read_making(&m, config_get(top->at, "over"), e) : err_set(e, ERR_NOMEM, "out of memory");
    if (!rc && changed) m.set[m.n_set++] = changed;
    m.set[m.n_set] = NULL;
    m.want.y_unit = top->want.y_unit;
    snprintf(below, sizeof below, "%s_over", name);
    if (!rc) rc = one_variant(&m, below, y, y + k->n_points, e);
    for (size_t i = 0; !rc && i < k->n_points; i++) {
        double a = k->error[i] / k->predicted[i], b = y[k->n_points + i] / y[i];
        k->predicted[i] /= y[i];
        k->error[i] = isfinite(a + b) ? k->predicted[i] * (a + b) : NAN;
    }
    free(y);
    return rc;
}

/* Both sides are taken in the unit that their files have: it cancels. */
static int run_ratio(struct making *m, const char *name, const char *changed, struct err *e)
{
    struct cnode over = config_get(m->at, "over");
    if (!config_is(over)) return run_plain(m, name, e);
    if (strcmp(m->k->m.y_unit, "1") != 0)
        return config_fail(over, e, ERR_PARSE, "over: gives a ratio, but what was measured is in '%s'", m->k->m.y_unit);
    m->want.y_unit = NULL;
    m->k->is_ratio = true;
    int rc = run_plain(m, name, e);
    return rc ? rc : divide(m, name, changed, e);
}

/* 'vary': one point for each value of something that the experiment does not state; the measured number is held
 * against every one. */
static int run_varied(struct making *m, const char *name, struct err *e)
{
    struct compare_case *k = m->k;
    const char *path;
    struct cnode vary = config_get(m->at, "vary"), list = config_pair(vary, 0, &path);
    size_t n = config_count(list), own = m->n_set;
    double y[VARIANTS_MAX], err[VARIANTS_MAX];
    if (config_count(vary) != 1 || !config_is_list(list) || n < 1 || n > VARIANTS_MAX)
        return config_fail(vary, e, ERR_PARSE, "vary: must name one value with a list of 1 to %d", VARIANTS_MAX);
    if (k->m.has_x || k->m.n != 1) return config_fail(vary, e, ERR_PARSE, "vary: goes with one measured value only");
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        char changed[300];
        const char *text = config_text(config_item(list, i));
        if (!text) return config_fail(config_item(list, i), e, ERR_PARSE, "vary/%s: must be numbers with units", path);
        snprintf(changed, sizeof changed, "%s=%s", path, text);
        k->label[i] = text;
        m->set[m->n_set++] = changed;
        m->set[m->n_set] = NULL;
        curve_release(&k->curve);
        rc = run_ratio(m, name, changed, e);
        m->n_set = own;
        m->set[own] = NULL;
        m->is_quiet = true;
        y[i] = k->predicted[0];
        err[i] = k->error[0];
        if (!rc)
            compare_say(m->c, "    %s %-12s %s %.4g, measured %.4g", path, text, m->want.quantity, y[i],
                        k->m.reading[0].y);
    }
    if (rc) return rc;
    struct reading one = k->m.reading[0], *grown = realloc(k->m.reading, n * sizeof *grown);
    if (!grown) return err_set(e, ERR_NOMEM, "out of memory");
    k->m.reading = grown;
    rc = points_room(k, n, e);
    if (rc) return rc;
    for (size_t i = 0; i < n; i++) {
        double x = NAN;
        k->x[i] = number_scan(k->label[i], &x) ? x : (double)i + 1.0;
        k->predicted[i] = y[i];
        k->error[i] = err[i];
        k->m.reading[i] = one;
        k->m.reading[i].x = k->x[i];
        k->m.reading[i].unit = i;
    }
    snprintf(k->m.x_name, sizeof k->m.x_name, "%.99s", path);
    k->m.n = k->m.n_units = k->n_points = n;
    k->m.mean_se = NAN;
    return 0;
}

/* More in the receptor than was ever put on the skin: a unit, an area or the dose is not what it is taken for. */
static void check_dose(const struct making *m, const char *name)
{
    struct compare_case *k = m->k;
    char path[FOLDER_PATH + 100 + PLACE], place[PLACE + 40] = "";
    size_t beyond = 0;
    double largest = 0.0;
    if (m->source == SOURCE_RESULT)
        compare_path(m->c, m->file, path);
    else
        folder_file(m->c->folder, name, path);
    double dose = folder_dose(path, m->want.quantity, k->m.y_unit);
    for (size_t i = 0; i < k->m.n; i++) {
        const struct reading *r = &k->m.reading[i];
        if (r->below || !(r->y > dose * (1.0 + 1e-9))) continue;
        beyond++;
        if (!(r->y > largest)) continue;
        largest = r->y;
        if (r->line) snprintf(place, sizeof place, ", %s:%d", k->m.from, r->line);
    }
    char share[40];
    if (largest > 10.0 * dose)
        snprintf(share, sizeof share, "%.3g times it", largest / dose);
    else
        snprintf(share, sizeof share, "%.3g %% of it", 100.0 * largest / dose);
    if (beyond)
        compare_warn(m->c,
                     "%s: %zu of %zu readings exceed the applied dose of %.4g %s (the largest is %s%s): "
                     "are unit, area and dose right?",
                     k->name, beyond, k->m.n, dose, k->m.y_unit, share, place);
}

int simulated_fill(struct compare *c, struct compare_case *k, struct err *e)
{
    struct making m = {.c = c, .k = k};
    char name[WORD];
    snprintf(name, sizeof name, "case_%zu", (size_t)(k - c->item) + 1);
    int rc = read_making(&m, config_get(k->at, "simulated"), e);
    if (rc) return rc;
    if (m.source != SOURCE_RESULT) snprintf(k->folder, sizeof k->folder, "%s", name);
    if (config_is(config_get(m.at, "vary")))
        rc = run_varied(&m, name, e);
    else
        rc = run_ratio(&m, name, NULL, e);
    if (!rc && !k->is_ratio && m.source != SOURCE_INSERTION) check_dose(&m, name);
    return rc ? rc : check_overlap(c, k, e);
}
