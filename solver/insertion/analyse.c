/* analyse.c -- see analyse.h.  i is a row of the run. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/curve.h"
#include "base/math/stats.h"
#include "solver/insertion/analyse.h"

enum { FREE_MIN = 8, WINDOW_MIN = 5, HINGE_MAX = 300, HINGE_MIN = 12 };
static const struct measured UNSEEN = {NAN, NAN};

/* Rows of the curve in play, and what every step needs. */
struct work {
    const struct run_curve *c;
    const struct analysis_settings *s;
    struct analysis *a;
    size_t insert_from, insert_to; /* rows [from, to) of the press; equal: none */
    double zero_u;                 /* N, of the baseline */
};

static double hypot3(double a, double b, double c) { return sqrt(a * a + b * b + c * c); }

static double force_u(const struct work *w, double F) { return hypot(w->a->noise, w->s->force_accuracy * F); }

/* Of a travel at force F: contact, the correction for the machine, the reading. */
static double travel_u(const struct work *w, double F)
{
    return hypot3(w->a->contact.u, w->s->compliance_u * F, w->s->position_u);
}

/* ---- noise and contact ---- */

/* The rows of the approach long before anything is touched: all but the last fifth before the force first passes a
 * coarse level, ten times the spread of the first rows. */
static int read_noise(struct work *w, struct err *e)
{
    const struct run_curve *c = w->c;
    size_t from = 0, to;
    while (from < c->n && c->phase[from] != RUN_APPROACH)
        from++;
    for (to = from; to < c->n && c->phase[to] == RUN_APPROACH; to++)
        if (to >= from + FREE_MIN) {
            double mean = stats_mean(c->F + from, to - from), sd = stats_sd(c->F + from, to - from);
            if (c->F[to] - mean > fmax(10.0 * sd, 1e-3)) break;
        }
    size_t n = (to - from) - (to - from) / 5;
    if (n < FREE_MIN) {
        err_set(e, ERR_RANGE, "%zu rows of the approach in free air: at least %d are needed for the noise and the zero",
                n, FREE_MIN);
        err_hint(e, "record the approach with its force; is the first state of the run 'approach'?");
        return ERR_RANGE;
    }
    w->a->baseline = stats_mean(c->F + from, n);
    w->a->noise = stats_sd(c->F + from, n);
    w->zero_u = w->a->noise / sqrt((double)n);
    for (size_t i = 0; i < c->n; i++)
        w->a->force[i] = c->F[i] - w->a->baseline;
    return 0;
}

static size_t last_row_of_press(const struct run_curve *c)
{
    size_t end = c->n;
    for (size_t i = 0; i < c->n; i++)
        if (c->phase[i] == RUN_APPROACH || c->phase[i] == RUN_INSERT) end = i + 1;
    return end;
}

static int find_contact(struct work *w, struct err *e)
{
    const struct run_curve *c = w->c;
    struct analysis *a = w->a;
    size_t end = last_row_of_press(c), from = 0, i;
    while (from < end && c->phase[from] != RUN_APPROACH && c->phase[from] != RUN_INSERT)
        from++;
    a->contact_force = isfinite(w->s->contact_force) ? w->s->contact_force : fmax(10e-3, 5.0 * a->noise);
    a->drop_threshold = isfinite(w->s->drop_threshold) ? w->s->drop_threshold : fmax(10e-3, 8.0 * a->noise);
    for (i = from;
         i < end && !(a->force[i] >= a->contact_force && (i + 1 == end || a->force[i + 1] >= a->contact_force)); i++) {
    } /* two in a row: one alone may be noise */
    if (i == end || i == from) {
        err_set(e, ERR_RANGE,
                i == end ? "no contact: the force never reaches %.4g N"
                         : "in contact from the start: the force is above %.4g N",
                a->contact_force);
        err_hint(e, "the level is contact_force; another one: --set 'contact_force=0.05 N'");
        return ERR_RANGE;
    }
    a->contact_row = i;
    a->contact.value = curve_rise_to(c->x + i - 1, a->force + i - 1, 2, a->contact_force);
    /* The level is reached late.  The toe of the curve rises at most with the square of the way (tips in dimples), so
     * by the way from zero along the parabola through the crossing and a row a little further on. */
    size_t on = i + 4 < end ? i + 4 : end - 1;
    double root = sqrt(a->contact_force), rise = sqrt(fmax(a->force[on], 0.0)) - root,
           way = c->x[on] - a->contact.value;
    double lag = rise > 0.0 && way > 0.0 ? fmin(root * way / rise, 50e-6) : 50e-6, step = fabs(c->x[i] - c->x[i - 1]);
    double noise = a->noise * lag / a->contact_force;
    a->contact.u = hypot(hypot3(w->s->position_u, noise, lag), step / sqrt(12.0));
    return 0;
}

/* The axis stops before the state changes: what relaxes in between is no insertion event. */
static void cut_standstill(struct work *w)
{
    const double *t = w->c->t + w->insert_from, *x = w->c->x + w->insert_from;
    size_t n = w->insert_to > w->insert_from ? w->insert_to - w->insert_from : 0;
    double speed = n >= WINDOW_MIN ? curve_slope(t, x, n, -1e300, 1e300, NULL) : 0.0;
    while (n > WINDOW_MIN && x[n - 1] - x[n - 2] < 0.5 * speed * (t[n - 1] - t[n - 2]))
        n--;
    w->insert_to = w->insert_from + n;
}

static void correct_travel(struct work *w)
{
    const struct run_curve *c = w->c;
    struct analysis *a = w->a;
    double C = w->s->compliance;
    for (size_t i = 0; i < c->n; i++)
        a->travel[i] = i < a->contact_row ? NAN : c->x[i] - a->contact.value - C * (a->force[i] - a->contact_force);
    w->insert_from = w->insert_to = a->contact_row;
    while (w->insert_from < c->n && c->phase[w->insert_from] != RUN_INSERT)
        w->insert_from++;
    for (w->insert_to = w->insert_from; w->insert_to < c->n && c->phase[w->insert_to] == RUN_INSERT;)
        w->insert_to++;
    if (w->insert_from < a->contact_row) w->insert_from = a->contact_row;
    cut_standstill(w);
}

/* ---- the press ---- */

/* Slope of F over travel in rows [from, to) with lo <= F <= hi, with its standard error. */
static struct measured slope_between(const struct work *w, size_t from, size_t to, double lo, double hi)
{
    const double *s = w->a->travel, *F = w->a->force;
    double n = 0.0, ms = 0.0, mF = 0.0, ss = 0.0, sF = 0.0, rest = 0.0;
    for (size_t i = from; i < to; i++)
        if (F[i] >= lo && F[i] <= hi) {
            n += 1.0;
            ms += s[i];
            mF += F[i];
        }
    if (n < WINDOW_MIN) return UNSEEN;
    ms /= n;
    mF /= n;
    for (size_t i = from; i < to; i++)
        if (F[i] >= lo && F[i] <= hi) {
            ss += (s[i] - ms) * (s[i] - ms);
            sF += (s[i] - ms) * (F[i] - mF);
        }
    double k = sF / ss;
    for (size_t i = from; i < to; i++)
        if (F[i] >= lo && F[i] <= hi) rest += pow(F[i] - mF - k * (s[i] - ms), 2.0);
    double scatter = sqrt(rest / (n - 2.0) / ss);
    return (struct measured){k, hypot3(scatter, w->s->force_accuracy * k, k * k * w->s->compliance_u)};
}

static void find_events(struct work *w)
{
    struct analysis *a = w->a;
    struct curve_drop drop[DROPS_KEPT];
    size_t from = w->insert_from, n = w->insert_to - from;
    a->n_events = curve_drops(w->c->x + from, a->force + from, n, a->drop_threshold, drop, DROPS_KEPT);
    for (size_t k = 0; k < a->n_events && k < DROPS_KEPT; k++) {
        size_t i = from + drop[k].peak, v = from + drop[k].valley;
        /* the true peak and valley lie between rows: as far off as a row's step beside them */
        double peak = i > from ? fabs(a->force[i] - a->force[i - 1]) / sqrt(3.0) : 0.0;
        double valley = v + 1 < w->insert_to ? fabs(a->force[v + 1] - a->force[v]) / sqrt(3.0) : 0.0,
               size = drop[k].size;
        a->event[k] = (struct insertion_event){
            .force = {a->force[i], hypot(force_u(w, a->force[i]), peak)},
            .travel = {a->travel[i], travel_u(w, a->force[i])},
            .size = {size, hypot(hypot3(sqrt(2.0) * a->noise, w->s->force_accuracy * size, peak), valley)},
            .time = w->c->t[i],
            .valley = v};
    }
}

/* Least squares of y = p + q x + r max(0, x - h): the sum of squares, and both slopes. */
static double hinge(const double x[], const double y[], size_t n, double h, double *before, double *after)
{
    double M[3][4] = {{0}};
    for (size_t i = 0; i < n; i++) {
        double row[4] = {1.0, x[i] - x[0], fmax(0.0, x[i] - h), y[i]};
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 4; b++)
                M[a][b] += row[a] * row[b];
    }
    for (int k = 0; k < 3;
         k++) /* normal equations of three unknowns: elimination without pivoting, the matrix is positive */
        for (int a = 0; a < 3; a++)
            if (a != k) {
                double f = M[a][k] / M[k][k];
                for (int b = k; b < 4; b++)
                    M[a][b] -= f * M[k][b];
            }
    double p = M[0][3] / M[0][0], q = M[1][3] / M[1][1], r = M[2][3] / M[2][2], sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += pow(y[i] - p - q * (x[i] - x[0]) - r * fmax(0.0, x[i] - h), 2.0);
    *before = q;
    *after = q + r;
    return sum;
}

/* A row near a travel: the first of the press at or beyond it. */
static size_t row_at(const struct work *w, double travel)
{
    size_t i = w->insert_from;
    while (i < w->insert_to && !(w->a->travel[i] >= travel))
        i++;
    return i;
}

/* The base plate lands where the curve behind the first event bends up for good: the hinge of two lines that fits best,
 * accepted when the slope at least doubles.  The rise is convex, which pulls the hinge late: a second look leaves out
 * what lies more than a third of the rise behind the first one.  Its uncertainty: half the width in which the sum of
 * squares is within a factor that a change of the hinge alone explains (4 / degrees of freedom, about 95 %, so half of
 * that for one sigma). */
static void find_base(struct work *w, size_t from, size_t to)
{
    struct analysis *a = w->a;
    size_t n = to > from ? to - from : 0;
    const double *x = a->travel + from, *y = a->force + from;
    a->base_force = a->base_travel = a->stiffness_after_base = UNSEEN;
    if (n < HINGE_MIN || !(x[n - 1] > x[0])) return;
    double sum[HINGE_MAX], best = INFINITY, h = NAN, before = NAN, after = NAN, q = NAN, r = NAN,
                           scale = (x[n - 1] - x[0]) / HINGE_MAX;
    for (int k = 0; k < HINGE_MAX; k++) {
        double at = x[0] + scale * (k + 0.5);
        sum[k] = at > x[2] && at < x[n - 3] ? hinge(x, y, n, at, &q, &r) : INFINITY;
        if (sum[k] < best) {
            best = sum[k];
            h = at;
            before = q;
            after = r;
        }
    }
    if (!(after > 2.0 * fmax(before, 0.0)) || !(after > 0.0)) return;
    double limit = fmax(best, 1e-18) * (1.0 + 4.0 / (double)(n - 4)), width = 0.0;
    for (int k = 0; k < HINGE_MAX; k++)
        if (sum[k] <= limit) width += scale;
    double F = curve_value(x, y, n, h), u = hypot(width / 4.0, scale);
    a->base_travel = (struct measured){h, hypot(u, travel_u(w, F))};
    double cut = 0.125 * after * (x[n - 1] - x[0]) / (double)(n - 1); /* the corner between two rows */
    a->base_force = (struct measured){F, hypot3(force_u(w, F), u * 0.5 * (fmax(before, 0.0) + after), cut)};
    a->stiffness_after_base = slope_between(w, row_at(w, h), w->insert_to, -1e300, 1e300);
}

/* From here on the curve is fit to show the base plate: the end of the last drop that leaves enough rows before the
 * force passes for good what the events reached; late drops may fall into the rise itself. */
static size_t behind_the_events(const struct work *w)
{
    const struct analysis *a = w->a;
    size_t n = a->n_events < DROPS_KEPT ? a->n_events : DROPS_KEPT, last = w->insert_to;
    double most = 0.0;
    for (size_t k = 0; k < n; k++)
        most = fmax(most, a->event[k].force.value);
    while (last > w->insert_from && a->force[last - 1] > most)
        last--;
    for (size_t k = n; k-- > 0;)
        if (a->event[k].valley + HINGE_MIN <= last) return a->event[k].valley;
    return a->event[0].valley;
}

/* The highest of many rows that differ by noise alone lies above the true peak, by about sqrt(2 ln n) of it. */
static double peak_u(const struct work *w, size_t peak)
{
    const struct analysis *a = w->a;
    double n = 0.0;
    for (size_t i = a->contact_row; i < w->c->n; i++)
        n += a->force[i] > a->force[peak] - 3.0 * a->noise;
    return hypot(force_u(w, a->force[peak]), a->noise * sqrt(2.0 * log(fmax(n, 1.0))));
}

/* Of the work over rows [from, to): the cell, the noise of each row over its own step, the zero over the whole way, the
 * machine, and the part of a step that no row shows: at the edge where the force is `edge`, and at each drop. */
static double work_u(const struct work *w, size_t from, size_t to, double J, double edge)
{
    const struct analysis *a = w->a;
    double way = 0.0, squares = 0.0, most = a->peak_force.value;
    for (size_t i = from + 1; i < to; i++) {
        double step = fabs(a->travel[i] - a->travel[i - 1]);
        way += step;
        squares += step * step;
    }
    double step = way / fmax(1.0, (double)(to - from) - 1.0), hidden = pow(edge * step, 2.0) / 12.0;
    for (size_t k = 0; k < a->n_events && k < DROPS_KEPT && from <= w->insert_from; k++)
        hidden += pow(a->event[k].size.value * step, 2.0) / 12.0;
    return sqrt(pow(w->s->force_accuracy * J, 2.0) + a->noise * a->noise * squares + pow(w->zero_u * way, 2.0) +
                pow(0.5 * w->s->compliance_u * most * most, 2.0) + hidden);
}

static void measure_press(struct work *w)
{
    struct analysis *a = w->a;
    size_t end = w->insert_to, peak = a->contact_row, last = end > 0 ? end - 1 : 0;
    for (size_t i = a->contact_row; i < w->c->n; i++)
        if (a->force[i] > a->force[peak]) peak = i;
    a->peak_force = (struct measured){a->force[peak], peak_u(w, peak)};
    a->plateau = a->stiffness = a->work = a->end_travel = a->speed = UNSEEN;
    if (!(w->insert_to > w->insert_from)) return;
    find_events(w);
    bool entered = a->n_events > 0;
    double first = entered ? a->event[0].force.value : a->force[last];
    size_t first_row = entered ? row_at(w, a->event[0].travel.value) : end;
    a->stiffness = slope_between(w, a->contact_row, first_row, 0.3 * first, 0.9 * first);
    size_t behind = entered ? behind_the_events(w) : w->insert_from;
    find_base(w, behind, end);
    if (isfinite(a->base_travel.value)) {
        double h = a->base_travel.value;
        find_base(w, behind, row_at(w, h + (a->travel[last] - h) / 3.0));
        double way = 0.5 * (h - a->base_travel.value);
        a->base_travel.u = hypot(a->base_travel.u, way);
        a->base_force.u = hypot(a->base_force.u, 0.5 * way * a->stiffness_after_base.value);
    }
    if (entered && isfinite(a->base_travel.value)) {
        size_t to = row_at(w, a->base_travel.value);
        if (to > first_row + 1)
            a->plateau = (struct measured){stats_mean(a->force + first_row, to - first_row),
                                           stats_sd(a->force + first_row, to - first_row)};
    }
    a->end_travel = (struct measured){a->travel[last], travel_u(w, a->force[last])};
    a->speed = (struct measured){
        curve_slope(w->c->t + w->insert_from, w->c->x + w->insert_from, end - w->insert_from, -1e300, 1e300, NULL),
        NAN};
    double J = curve_work(a->travel + a->contact_row, a->force + a->contact_row, end - a->contact_row);
    double u = work_u(w, a->contact_row, end, J, a->force[last]);
    a->work = (struct measured){J, hypot(u, a->contact_force * a->contact.u)};
}

/* ---- hold and retract ---- */

static void measure_hold(struct work *w)
{
    struct analysis *a = w->a;
    size_t from = 0, to;
    a->hold_start = a->hold_end = UNSEEN;
    while (from < w->c->n && w->c->phase[from] != RUN_HOLD)
        from++;
    for (to = from; to < w->c->n && w->c->phase[to] == RUN_HOLD;)
        to++;
    a->has_hold = to - from >= WINDOW_MIN;
    if (!a->has_hold) return;
    struct err ignored = {0}; /* a hold too short or too flat for a fit still has its two ends */
    const double *t = w->c->t + from, *F = a->force + from;
    a->hold_start = (struct measured){F[0], force_u(w, F[0])};
    a->hold_end = (struct measured){F[to - from - 1], force_u(w, F[to - from - 1])};
    a->hold_time = t[to - from - 1] - t[0];
    int rc = w->s->relax_terms ? prony_fit(t, F, to - from, w->s->relax_terms, &a->hold, &ignored)
                               : prony_fit_best(t, F, to - from, &a->hold, &ignored);
    if (rc || !(F[0] - F[to - from - 1] > 4.0 * a->noise)) a->hold = (struct prony_fit){0};
}

/* The lowest force on the way up.  Between two rows it may have been lower: half the larger step beside it. */
static void measure_retract(struct work *w)
{
    const struct run_curve *c = w->c;
    struct analysis *a = w->a;
    size_t from = 0, to, low;
    a->pull_off = a->pull_off_travel = a->work_back = UNSEEN;
    while (from < c->n && c->phase[from] != RUN_RETRACT)
        from++;
    for (to = from; to < c->n && c->phase[to] == RUN_RETRACT;)
        to++;
    if (to - from < WINDOW_MIN) return;
    low = from;
    for (size_t i = from; i < to; i++)
        if (a->force[i] < a->force[low]) low = i;
    double beside = 0.0, step = 0.0;
    for (size_t i = low > from ? low - 1 : low; i <= low && i + 1 < to; i++) {
        beside = fmax(beside, fabs(a->force[i + 1] - a->force[i]));
        step = fmax(step, fabs(a->travel[i + 1] - a->travel[i]));
    }
    double J = curve_work(a->travel + from, a->force + from, to - from);
    bool seen = a->force[low] < -3.0 * a->noise;
    a->pull_off =
        (struct measured){seen ? a->force[low] : 0.0, hypot(force_u(w, a->force[low]), seen ? 0.5 * beside : 0.0)};
    if (seen) a->pull_off_travel = (struct measured){a->travel[low], hypot(travel_u(w, a->force[low]), 0.5 * step)};
    a->work_back = (struct measured){-J, work_u(w, from, to, J, a->force[from])};
}

int analyse_curve(const struct run_curve *c, const struct analysis_settings *s, struct analysis *a, struct err *e)
{
    *a = (struct analysis){.travel = calloc(c->n + 1, sizeof *a->travel), .force = calloc(c->n + 1, sizeof *a->force)};
    struct work w = {.c = c, .s = s, .a = a};
    int rc = a->travel && a->force ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    if (!rc) rc = read_noise(&w, e);
    if (!rc) rc = find_contact(&w, e);
    if (rc) {
        analysis_release(a);
        return rc;
    }
    correct_travel(&w);
    measure_press(&w);
    measure_hold(&w);
    measure_retract(&w);
    return 0;
}

void analysis_release(struct analysis *a)
{
    free(a->travel);
    free(a->force);
    *a = (struct analysis){0};
}
