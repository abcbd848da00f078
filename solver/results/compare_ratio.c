/* compare_ratio.c -- the ratio of one result between two studies, over a swept value that the experiment does not
 * state. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/show/plot.h"
#include "base/text/table.h"
#include "solver/results/compare.h"

enum { VALUES_MAX = 60, SETS_MAX = 16 };

struct side { /* numerator or denominator */
    const char *study, *set[SETS_MAX];
    size_t n_set;
    double measured; /* NAN when not stated; ug/cm2 */
};
struct row {
    const char *text;
    double number, top, top_err, bottom, bottom_err;
};
struct work {
    struct compare *c;
    struct side top, bottom;
    const char *quantity, *vary;
    struct cnode values;
    size_t n;
    double measured, within;
    struct row row[VALUES_MAX];
};

static int read_side(struct cnode root, const char *key, struct side *s, struct err *e)
{
    static const char *const keys[] = {"study", "set", "measured", "note", NULL};
    struct cnode at, set;
    s->measured = NAN;
    int rc = config_need(root, key, &at, e);
    if (!rc) rc = config_known(at, keys, e);
    if (!rc) rc = config_string(at, "study", &s->study, e);
    if (!rc && config_is(config_get(at, "measured"))) {
        rc = config_quantity(at, "measured", "kg m-2", RANGE_POSITIVE, &s->measured, e);
        s->measured *= UG_CM2;
    }
    set = config_get(at, "set");
    if (!rc && config_is(set) && (!config_is_list(set) || config_count(set) > SETS_MAX))
        rc = config_fail(set, e, ERR_PARSE, "%s/set: must be a list of at most %d 'path=value'", key, SETS_MAX);
    for (size_t i = 0; !rc && i < config_count(set); i++) {
        s->set[s->n_set] = config_text(config_item(set, i));
        if (!s->set[s->n_set++])
            rc = config_fail(config_item(set, i), e, ERR_PARSE, "%s/set: must be a list of 'path=value'", key);
    }
    return rc;
}

static int read_vary(struct work *w, struct err *e)
{
    struct cnode vary;
    int rc = config_need(config_root(w->c->doc), "vary", &vary, e);
    if (rc) return rc;
    w->values = config_pair(vary, 0, &w->vary);
    w->n = config_count(w->values);
    if (config_count(vary) != 1 || !config_is_list(w->values) || w->n < 1 || w->n > VALUES_MAX)
        return config_fail(vary, e, ERR_PARSE, "vary: must name one value with a list of 1 to %d", VALUES_MAX);
    for (size_t i = 0; i < w->n; i++)
        if (!config_is_scalar(config_item(w->values, i)))
            return config_fail(config_item(w->values, i), e, ERR_PARSE, "vary/%s: each must be a number with its unit",
                               w->vary);
    return 0;
}

static int read_all(struct work *w, struct err *e)
{
    static const char *const keys[] = {"comparison", "kind", "note",      "numerator", "denominator", "result",
                                       "measured",   "vary", "criterion", "verdict",   NULL};
    struct cnode root = config_root(w->c->doc), measured = {NULL, NULL}, criterion = {NULL, NULL};
    int rc = config_known(root, keys, e);
    if (!rc) rc = read_side(root, "numerator", &w->top, e);
    if (!rc) rc = read_side(root, "denominator", &w->bottom, e);
    if (!rc) rc = config_string(root, "result", &w->quantity, e);
    if (!rc) rc = config_need(root, "measured", &measured, e);
    if (!rc) rc = config_known(measured, (const char *const[]){"ratio", "source", "note", NULL}, e);
    if (!rc) rc = config_number(measured, "ratio", RANGE_POSITIVE, &w->measured, e);
    if (!rc) rc = config_need(root, "criterion", &criterion, e);
    if (!rc) rc = config_known(criterion, (const char *const[]){"within_factor", "note", NULL}, e);
    if (!rc) rc = config_number(criterion, "within_factor", (struct range){1.0, 1000.0, true, false}, &w->within, e);
    return rc ? rc : read_vary(w, e);
}

/* One study at one value of the sweep; its derived numbers (radius rule, depth) are said once. */
static int run_side(struct work *w, const struct side *side, const char *value, bool say, double *x, double *err,
                    double *number, struct err *e)
{
    char text[200], path[700];
    const char *list[SETS_MAX + 2];
    size_t n = 0;
    for (; n < side->n_set; n++)
        list[n] = side->set[n];
    snprintf(text, sizeof text, "%s=%s", w->vary, value);
    list[n++] = text;
    list[n] = NULL;
    struct study s;
    struct result r;
    const char *dir = w->c->options->study ? w->c->options->study->config_dir : NULL;
    int rc = study_load(&s, compare_path(w->c, side->study, path, sizeof path), &(struct study_options){list, dir}, e);
    if (rc) return rc;
    rc = result_compute(&s, &r, e);
    const struct endpoint *p = rc ? NULL : endpoint_find(&r.endpoints, w->quantity);
    if (!rc && (!p || !isfinite(p->value)))
        rc = err_set(e, ERR_PARSE, "%s: the study has no result '%s'", path, w->quantity);
    if (!rc) {
        *x = p->value;
        *err = p->error;
        *number = strcmp(w->vary, "density") == 0 ? s.density * 1e-4 : NAN;
        if (say)
            for (size_t i = 0; i < s.n_notes; i++)
                if (s.note[i].kind != NOTE_ASSUMED && strstr(s.note[i].text, "channel"))
                    compare_say(w->c, "  %s: %.150s", s.needles, s.note[i].text);
    }
    if (!rc || p) result_release(&r);
    study_release(&s);
    return rc;
}

static double factor_off(double ratio, double measured) { return fmax(ratio / measured, measured / ratio); }

static int write_csv(const struct work *w, struct err *e)
{
    static const char *const columns[] = {
        "varied",          "value",           "role",           "numerator", "numerator_err", "denominator",
        "denominator_err", "ratio_predicted", "ratio_measured", "factor_off"};
    char path[FOLDER_PATH + 100];
    struct table_out *o;
    int rc = table_create(&o, folder_file(w->c->folder, "compare.csv", path), columns, 10, e);
    for (size_t i = 0; !rc && i < w->n; i++) {
        const struct row *r = &w->row[i];
        table_word(o, w->vary);
        table_word(o, r->text);
        table_word(o, role_word[ROLE_PREDICTED]);
        table_number(o, r->top);
        table_number(o, r->top_err);
        table_number(o, r->bottom);
        table_number(o, r->bottom_err);
        table_number(o, r->top / r->bottom);
        table_number(o, w->measured);
        table_number(o, factor_off(r->top / r->bottom, w->measured));
        rc = table_end_row(o, e);
    }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

static void draw(const struct work *w)
{
    double x[VALUES_MAX], y[VALUES_MAX], measured[VALUES_MAX], lo[VALUES_MAX], hi[VALUES_MAX];
    for (size_t i = 0; i < w->n; i++) {
        x[i] = isfinite(w->row[i].number) ? w->row[i].number : (double)i + 1.0;
        y[i] = w->row[i].top / w->row[i].bottom;
        measured[i] = w->measured;
        lo[i] = w->measured / w->within;
        hi[i] = w->measured * w->within;
    }
    struct plot_series series[] = {
        {.title = "within the criterion", .style = PLOT_BAND, .n = w->n, .x = x, .y = lo, .err = hi, .colour = 7},
        {.title = "measured", .style = PLOT_DASHED, .n = w->n, .x = x, .y = measured, .colour = 2},
        {.title = "predicted", .style = PLOT_LINEPOINTS, .n = w->n, .x = x, .y = y, .colour = 1}};
    struct plot p = {.title = w->c->title,
                     .xlabel = strcmp(w->vary, "density") ? w->vary : "density / channels per cm2 (not published)",
                     .ylabel = "ratio",
                     .n = 3,
                     .series = series};
    compare_plot(w->c, &p, "ratio");
}

static void report(struct work *w)
{
    struct record *r = w->c->record;
    double worst = 0.0, lo = INFINITY, hi = 0.0;
    for (size_t i = 0; i < w->n; i++) {
        double ratio = w->row[i].top / w->row[i].bottom;
        worst = fmax(worst, factor_off(ratio, w->measured));
        lo = fmin(lo, ratio);
        hi = fmax(hi, ratio);
        compare_say(w->c, "    %s %-12s %s %-9.4g / %-9.4g = %.3g", w->vary, w->row[i].text, w->quantity, w->row[i].top,
                    w->row[i].bottom, ratio);
    }
    record_text(r, "cases/0/name", w->c->title);
    record_text(r, "cases/0/role", role_word[ROLE_PREDICTED]);
    record_integer(r, "cases/0/n_parameters", 0);
    record_integer(r, "cases/0/n_data", 1);
    record_number(r, "cases/0/ratio_measured", w->measured);
    record_number(r, "cases/0/ratio_predicted_lowest", lo);
    record_number(r, "cases/0/ratio_predicted_highest", hi);
    record_number(r, "cases/0/worst_factor_off", worst);
    if (isfinite(w->top.measured) && isfinite(w->bottom.measured))
        compare_say(w->c, "    measured amounts %.4g / %.4g ug/cm2: not predicted, the density is not published",
                    w->top.measured, w->bottom.measured);
    compare_judge(w->c, w->c->title, ROLE_PREDICTED, worst <= w->within,
                  "ratio %.3g to %.3g over %s %s to %s, measured %.3g: off by at most a factor %.3g (%g asked for), 1 "
                  "datum, 0 fitted parameters",
                  lo, hi, w->vary, w->row[0].text, w->row[w->n - 1].text, w->measured, worst, w->within);
}

int compare_ratio(struct compare *c, struct err *e)
{
    struct work *w = calloc(1, sizeof *w);
    if (!w) return err_set(e, ERR_NOMEM, "out of memory");
    w->c = c;
    int rc = read_all(w, e);
    for (size_t i = 0; !rc && i < w->n; i++) {
        struct row *r = &w->row[i];
        double unused;
        r->text = config_text(config_item(w->values, i));
        rc = run_side(w, &w->top, r->text, i == 0, &r->top, &r->top_err, &r->number, e);
        if (!rc) rc = run_side(w, &w->bottom, r->text, i == 0, &r->bottom, &r->bottom_err, &unused, e);
    }
    if (!rc) rc = write_csv(w, e);
    if (!rc) {
        report(w);
        draw(w);
    }
    free(w);
    return rc;
}
