/* estimate.c -- a run's own bound on its discretisation error (E16): the same problem on meshes whose elements are
 * merged in pairs once and twice, and, where CVODE made steps, at a tenth of the tolerance.  Every constant stands with
 * what it was measured for; what the whole achieves is in docs/explanation/numerics.md. */
#include <stdlib.h>
#include "solver/integrate/lanczos.h"
#include "solver/integrate/simulate.h"
#include "solver/space/corner.h"

/* Space.  With d = |Q(h) - Q(2h)| and an error that falls as h^p, the error of Q(h) is d/(2^p - 1). */
#define FLOW_SAFETY  2.75 /* for what passes a face or is lost: its error falls with order three and more */
#define FLOW_ORDER   3.0  /* no more than this is taken to be sure */
#define CORNER_SAFETY 2.0 /* where the wall crosses a face at a flat angle (corner.h): the order is low and known ... */
#define CORNER_ORDER 1.5  /* ... and does not rise */
#define LOCAL_SAFETY 4.0  /* for what lies in a part of the skin or the vehicle: slow layers spoil the order */
#define LOCAL_ORDER  2.0  /* ... also for flows through channels that close, and with saturable laws */
#define SLOW_ORDER   1.25 /* ... in a layer that the drug has not crossed yet: a front thinner than the elements */
#define GAIN         1.0  /* what is added to an order above 1: it rises as the mesh gets finer */
#define LEAST_ORDER  0.5  /* a mesh too coarse to show an order */
#define FAR_SHARE    0.05 /* of |Q(2h) - Q(4h)|, which counts when Q(h) and Q(2h) agree by chance */
#define FAR_MOST   400.0  /* ... of which no more than this many times |Q(h) - Q(2h)| */
#define CELL_FLOOR   2e-4 /* times level^2: no quantity of a unit cell is taken to be better known */
#define STEADY_LEAST 1e-5 /* nor a steady flux or a lag: many thin layers reach no order */
#define COMMON       0.2  /* no quantity is taken to be more than five times as accurate as the uptake */
/* Both.  A difference crosses zero at some time, and the error does so at another. */
#define WINDOW       2.0  /* times within this factor share the largest relative difference */
#define COMPARABLE   1e-3 /* ... of values that are at least this share of the one in question */
#define LOOK_AT      32   /* outputs of a window at most */
/* Time. */
#define TIME_SAFETY  3.5  /* BDF errors at rtol and rtol/10 are not nested */
#define TIME_LEAST   2.0  /* rtol, of the value ... */
#define TIME_PEAK    1.0  /* ... and of the quantity's largest */
#define TIME_NOISE   1e-3 /* ... and of what was taken up: an exit where nothing has arrived yet is not exactly zero */
#define ROUNDING     1e-12

static double at(const struct solution *s, size_t k, size_t c) { return s->value[k * COLS_MAX + c]; }

static double relative_difference(double x, double y) { return x == y ? 0.0 : fabs(x - y) / fmax(fabs(x), fabs(y)); }

static bool is_local(size_t c)
{
    return c == COL_VEHICLE || c == COL_REMOVED || c == COL_UNDELIVERED || c == COL_CHANNEL || c == COL_BOUND ||
           c == COL_M_SKIN || c >= COL_LAYER0;
}

static bool is_rate(size_t c) { return c == COL_J_TOP || c == COL_J_BOTTOM || c == COL_J_CLEARED; }

/* Two runs of one problem, and the run whose values they are to bound. */
struct pair { const struct solution *of, *a, *b; };

/* Largest relative difference of column c at outputs lo..hi. */
static double largest_relative(const struct pair *p, size_t c, size_t k, size_t lo, size_t hi)
{
    double most = relative_difference(at(p->a, k, c), at(p->b, k, c));
    for (size_t j = lo; j <= hi; j += 1 + (hi - lo) / LOOK_AT)
        if (fabs(at(p->of, j, c)) > COMPARABLE * fabs(at(p->of, k, c)))
            most = fmax(most, relative_difference(at(p->a, j, c), at(p->b, j, c)));
    return most;
}

/* How far apart the runs are in column c, for each output: there, or relative to the value at neighbouring times, or
 * before.  Drug that is in the wrong place comes right as 1/t, and in a layer not before it can cross it (crossing, s;
 * 0 elsewhere). */
static void differences(const struct pair *p, size_t c, double crossing, double *out)
{
    const double *t = p->of->t;
    size_t n = p->of->n_out, lo = 0, hi = 0;
    double before = 0.0;
    for (size_t k = 0; k < n; k++) {
        double here = fabs(at(p->a, k, c) - at(p->b, k, c));
        while (t[lo] * WINDOW < t[k])
            lo++;
        while (hi + 1 < n && t[hi + 1] <= WINDOW * t[k])
            hi++;
        before = fmax(here, k ? before * (t[k] < crossing ? 1.0 : t[k - 1] / t[k]) : 0.0);
        out[k] = fmax(before, largest_relative(p, c, k, lo, hi) * fabs(at(p->of, k, c)));
    }
}

/* The error that the differences near and far, |Q(h) - Q(2h)| and |Q(2h) - Q(4h)|, speak for. */
static double extrapolate(double near, double far, double safety, double most)
{
    double order = near > 0.0 ? log2(far / near) : most;
    double gain = most > CORNER_ORDER ? fmin(GAIN, fmax(0.0, order - 1.0)) : 0.0;
    order = fmin(most, fmax(LEAST_ORDER, order + gain));
    return fmax(safety * near / (pow(2.0, order) - 1.0), FAR_SHARE * fmin(far, FAR_MOST * near));
}

static double crossing_time(const struct problem *p, size_t c)
{
    return c < COL_LAYER0 || c - COL_LAYER0 >= p->n_layers
               ? 0.0
               : p->layer[c - COL_LAYER0].h * p->layer[c - COL_LAYER0].h / p->layer[c - COL_LAYER0].D;
}

static bool is_plain(const struct problem *p)
{
    for (size_t i = 0; i < p->n_layers; i++)
        if (p->layer[i].binding.B_max > 0.0 || p->layer[i].metabolism.V_max > 0.0)
            return false;
    return p->channel.fill == CHANNEL_NONE || !p->channel.closes;
}

static bool has_corners(const struct problem *p)
{
    struct corner corner[LAYERS_MAX];
    size_t n = 0;
    for (size_t i = 0; p->channel.fill != CHANNEL_NONE && i < (p->n_cells ? p->n_cells : 1); i++) {
        struct channel c = problem_channel(p, i);
        n += corners(p, &c, corner);
    }
    return n > 0;
}

/* The error of a flow that its differences speak for. */
static double extrapolate_flow(const struct problem *p, bool cornered, double near, double far)
{
    if (cornered)
        return extrapolate(near, far, CORNER_SAFETY, CORNER_ORDER);
    return extrapolate(near, far, FLOW_SAFETY, is_plain(p) ? FLOW_ORDER : LOCAL_ORDER);
}

/* The error of column c at time t that its two differences speak for. */
static double extrapolate_column(const struct problem *p, bool cornered, size_t c, double t, double near, double far)
{
    if (!is_local(c))
        return extrapolate_flow(p, cornered, near, far);
    double most = t < crossing_time(p, c) ? SLOW_ORDER : cornered ? CORNER_ORDER : LOCAL_ORDER;
    return extrapolate(near, far, LOCAL_SAFETY, most);
}

static int space_error(const struct problem *p, struct solution *s, const struct solution *half,
                       const struct solution *quarter)
{
    size_t n = s->n_out;
    bool cornered = has_corners(p);
    double *near = malloc(2 * n * sizeof *near);
    s->space_error = calloc(n * COLS_MAX, sizeof *s->space_error);
    if (!near || !s->space_error) {
        free(near);
        return ERR_NOMEM;
    }
    double *far = near + n;
    for (size_t c = 0; c < s->n_cols; c++) {
        differences(&(struct pair){s, s, half}, c, crossing_time(p, c), near);
        differences(&(struct pair){s, half, quarter}, c, crossing_time(p, c), far);
        for (size_t k = 0; k < n; k++)
            s->space_error[k * COLS_MAX + c] = extrapolate_column(p, cornered, c, s->t[k], near[k], far[k]);
    }
    free(near);
    for (size_t k = 0; k < n; k++) {
        double uptake = at(s, k, COL_Q_TOP), *row = s->space_error + k * COLS_MAX;
        double floor = p->channel.fill == CHANNEL_NONE ? ROUNDING : CELL_FLOOR * p->level * p->level;
        double least = fmax(floor, uptake != 0.0 ? COMMON * row[COL_Q_TOP] / fabs(uptake) : 0.0);
        for (size_t c = 0; c < s->n_cols; c++)
            row[c] = fmax(row[c], least * fabs(at(s, k, c)));
    }
    return 0;
}

/* What may stand in a column per area where nothing has arrived yet, of rtol. */
static double noise(const struct solution *s, size_t k, size_t c)
{
    double uptake = fabs(at(s, k, COL_Q_TOP));
    if (c > COL_SAMPLED && c < COL_LAYER0)
        return 0.0; /* not per area */
    return TIME_NOISE * (is_rate(c) ? fmax(fabs(at(s, k, COL_J_TOP)), uptake / s->t[k]) : uptake);
}

/* CVODE's error in time: what the tenth of the tolerance changes on the coarser mesh, and a share of the tolerance. */
static int step_error(const struct problem *p, const struct solution *s, const struct solution *half,
                      const struct solution *tight, double *error)
{
    double *apart = malloc(s->n_out * sizeof *apart);
    for (size_t c = 0; apart && c < s->n_cols; c++) {
        double largest = 0.0;
        differences(&(struct pair){s, half, tight}, c, crossing_time(p, c), apart);
        for (size_t k = 0; k < s->n_out; k++) {
            double value = fabs(at(s, k, c));
            largest = fmax(largest, value);
            double least = TIME_LEAST * value + TIME_PEAK * largest + noise(s, k, c);
            error[k * COLS_MAX + c] += TIME_SAFETY * apart[k] + p->rtol * least;
        }
    }
    free(apart);
    return apart ? 0 : ERR_NOMEM;
}

/* What the linear path leaves open by its own rule: its tolerance, of the value; of a small share of its largest or of
 * a speck of the uptake when the path settles on the quantity itself; else of its largest or of a small share of the
 * uptake. */
static void add_unsettled(const struct problem *p, const struct solution *s, double *error)
{
    for (size_t c = 0; c < COLS_MAX; c++) {
        bool settled = c <= COL_Q_CLEARED;
        double largest = 0.0, uptake = 0.0;
        for (size_t k = 0; k < s->n_out; k++) {
            largest = fmax(largest, fabs(at(s, k, c)));
            uptake = fmax(uptake, fabs(at(s, k, is_rate(c) ? COL_J_TOP : COL_Q_TOP)));
        }
        double least = settled ? fmax(LANCZOS_SMALL_SHARE * largest, LANCZOS_SPECK * uptake)
                               : fmax(largest, LANCZOS_SMALL_SHARE * uptake);
        if (c == COL_RECEPTOR_CONC)
            least = fmax(largest, LANCZOS_SMALL_SHARE * uptake / p->receptor.H);
        for (size_t k = 0; k < s->n_out; k++)
            error[k * COLS_MAX + c] += p->rtol * fmax(LANCZOS_SAFETY * LINEAR_SHARE * fmax(fabs(at(s, k, c)), least),
                                                      noise(s, k, c));
    }
}

static double steady_error(const struct problem *p, double fine, double half, double quarter)
{
    double near = fabs(fine - half), far = fabs(half - quarter);
    double error = has_corners(p) ? extrapolate_flow(p, true, near, far)
                                  : extrapolate(near, far, FLOW_SAFETY, FLOW_ORDER);
    return fmax(error, STEADY_LEAST * fabs(fine));
}

/* The coarser mesh once more, where steps were made.  Below the least tolerance the neighbour on the other side
 * serves. */
static int time_error(const struct problem *p, struct solution *s, const struct solution *half, struct err *e)
{
    struct solution tight = {0};
    int rc = 0;
    s->time_error = calloc(s->n_out * COLS_MAX, sizeof *s->time_error);
    if (!s->time_error)
        return err_set(e, ERR_NOMEM, "out of memory for the error estimate");
    if (s->stats.stepped + half->stats.stepped) {
        struct problem q = *p;
        q.merged++;
        q.rtol = p->rtol * (0.1 * p->rtol < RTOL_MIN ? 10.0 : 0.1);
        rc = simulate(&q, &tight, e);
        if (!rc && step_error(p, s, half, &tight, s->time_error))
            rc = err_set(e, ERR_NOMEM, "out of memory for the error estimate");
        solution_release(&tight);
    }
    if (s->stats.linear)
        add_unsettled(p, s, s->time_error);
    return rc;
}

int simulate_with_error(const struct problem *p, struct solution *out, struct err *e)
{
    struct problem *coarse = malloc(sizeof *coarse);
    struct solution half = {0}, quarter = {0};
    int rc = simulate(p, out, e);
    if (!rc && !coarse)
        rc = err_set(e, ERR_NOMEM, "out of memory for the error estimate");
    for (int i = 0; !rc && i < 2; i++) {
        if (!i) *coarse = *p;
        coarse->merged++;
        rc = simulate(coarse, i ? &quarter : &half, e);
    }
    if (!rc && space_error(p, out, &half, &quarter))
        rc = err_set(e, ERR_NOMEM, "out of memory for the error estimate");
    if (!rc)
        rc = time_error(p, out, &half, e);
    if (!rc) {
        out->J_ss_error = steady_error(p, out->J_ss, half.J_ss, quarter.J_ss);
        out->lag_error = fmax(steady_error(p, out->lag, half.lag, quarter.lag),
                              COMMON * fabs(out->J_ss_error / out->J_ss * out->lag));
    }
    solution_release(&half);
    solution_release(&quarter);
    free(coarse);
    if (rc)
        solution_release(out);
    return rc;
}
