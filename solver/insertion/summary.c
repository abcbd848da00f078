/* summary.c -- what one run of the insertion model comes to. */
#include <math.h>
#include <stdlib.h>
#include "base/math/curve.h"
#include "base/math/stats.h"
#include "solver/insertion/model.h"

enum { DROPS_MAX = 200 };

static int drops_of(const struct insertion_result *r, double threshold, struct insertion_summary *s, struct err *e)
{
    struct curve_drop drop[DROPS_MAX];
    size_t n = r->pressed + 1;
    double *x = calloc(2 * n, sizeof *x);
    if (!x) return err_set(e, ERR_NOMEM, "out of memory");
    double *y = x + n;
    for (size_t i = 0; i < n; i++) {
        x[i] = r->point[i].travel;
        y[i] = r->point[i].force;
    }
    s->drops = curve_drops(x, y, n, threshold, drop, DROPS_MAX);
    s->largest_drop = s->drops ? 0.0 : NAN;
    for (size_t i = 0; i < s->drops && i < DROPS_MAX; i++)
        if (drop[i].size > s->largest_drop) {
            s->largest_drop = drop[i].size;
            s->peak_force = y[drop[i].peak];
            s->peak_travel = x[drop[i].peak];
        }
    free(x);
    return 0;
}

static int entries_of(const struct insertion_result *r, struct insertion_summary *s, struct err *e)
{
    size_t n = 0, entered = 0;
    double *force = calloc(2 * r->n_needles, sizeof *force), first = INFINITY;
    if (!force) return err_set(e, ERR_NOMEM, "out of memory");
    double *depth = force + r->n_needles;
    for (size_t i = 0; i < r->n_needles; i++) {
        const struct insertion_needle *p = &r->needle[i];
        if (p->through) {
            force[n++] = p->entry_force;
            if (p->entry_travel < first) {
                first = p->entry_travel;
                s->first_force = p->entry_force;
                s->first_travel = p->entry_travel;
            }
        }
        if (p->entered) depth[entered++] = p->depth;
    }
    double all = (double)r->n_needles;
    s->through_fraction = (double)n / all;
    s->entered_fraction = (double)entered / all;
    if (2 * n >= r->n_needles) /* the median needle is among those that passed: the others rank behind it */
        s->median_force = stats_quantile(force, n, fmin(1.0, 0.5 * (all - 1.0) / fmax(1.0, (double)n - 1.0)));
    if (n == r->n_needles) s->full_force = stats_quantile(force, n, 1.0);
    if (entered) {
        s->depth_mean = stats_mean(depth, entered);
        s->depth_sd = stats_sd(depth, entered);
        s->depth_lowest = stats_quantile(depth, entered, 0.0);
        s->depth_highest = stats_quantile(depth, entered, 1.0);
    }
    free(force);
    return 0;
}

static void end_of_press(const struct insertion_case *c, const struct insertion_result *r, struct insertion_summary *s)
{
    const struct insertion_point *end = &r->point[r->pressed];
    s->end_force = end->force;
    s->end_travel = end->travel;
    s->sink = end->sink;
    s->held_force = r->point[r->held].force;
    for (size_t i = 0; i <= r->pressed; i++)
        if (r->point[i].base_force > 0.0) {
            s->base_contact_force = r->point[i].force;
            s->base_contact_travel = r->point[i].travel;
            break;
        }
    for (size_t i = r->held + 1; i < r->n_points; i++)
        s->pull_off = fmin(isnan(s->pull_off) ? 0.0 : s->pull_off, r->point[i].force);
    s->needle_peak_force = (end->force - end->base_force) / (double)c->needles.count;
    for (size_t i = 0; i < r->n_needles; i++)
        if (r->needle[i].through) s->needle_peak_force = fmax(s->needle_peak_force, r->needle[i].puncture);
}

int insertion_summarise(const struct insertion_case *c, const struct insertion_result *r, double threshold,
                        struct insertion_summary *s, struct err *e)
{
    *s = (struct insertion_summary){.first_force = NAN,
                                    .median_force = NAN,
                                    .full_force = NAN,
                                    .first_travel = NAN,
                                    .peak_force = NAN,
                                    .peak_travel = NAN,
                                    .largest_drop = NAN,
                                    .base_contact_force = NAN,
                                    .base_contact_travel = NAN,
                                    .pull_off = NAN,
                                    .depth_mean = NAN,
                                    .depth_sd = NAN,
                                    .depth_lowest = NAN,
                                    .depth_highest = NAN};
    end_of_press(c, r, s);
    int rc = drops_of(r, threshold, s, e);
    return rc ? rc : entries_of(r, s, e);
}
