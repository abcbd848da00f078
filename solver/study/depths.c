/* depths.c -- needles that went in to different depths: a few cells that stand for a distribution.
 * Depths are normal with the stated mean and sd, cut at 0 and at the needle's length.  The cells are the Gauss rule of
 * that distribution, so that results which are polynomials of degree 9 in depth come out exactly  (E40). */
#include <math.h>
#include "solver/study/read.h"

#define PIERCING                                                                                                       \
    0.98 /* share of a sample's thickness that no channel of the distribution exceeds: it must not pierce */

enum { FINE = 4000 }; /* midpoint nodes of the inner products */

struct weight { double lo, hi, mean, sd; };

static double density_at(const struct weight *w, double x)
{
    double u = (x - w->mean) / w->sd;
    return exp(-0.5 * u * u);
}

/* Orthogonal polynomials of the weight, scaled to t = (x - mean)/sd:  p[k+1] = (t - a[k]) p[k] - b[k] p[k-1]. */
struct polynomials { double a[DEPTHS_MAX], b[DEPTHS_MAX]; };

static double value(const struct polynomials *p, size_t degree, double t)
{
    double before = 0.0, now = 1.0;
    for (size_t k = 0; k < degree; k++) {
        double next = (t - p->a[k]) * now - (k ? p->b[k] * before : 0.0);
        before = now;
        now = next;
    }
    return now;
}

static void stieltjes(const struct weight *w, struct polynomials *p, double norm[DEPTHS_MAX])
{
    double step = (w->hi - w->lo) / FINE;
    for (size_t k = 0; k < DEPTHS_MAX; k++) {
        double pp = 0.0, tpp = 0.0;
        for (size_t i = 0; i < FINE; i++) {
            double x = w->lo + ((double)i + 0.5) * step, t = (x - w->mean) / w->sd, v = value(p, k, t);
            pp += density_at(w, x) * v * v;
            tpp += density_at(w, x) * v * v * t;
        }
        p->a[k] = tpp / pp;
        p->b[k] = k ? pp / norm[k - 1] : 0.0;
        norm[k] = pp;
    }
}

static double bisect(const struct polynomials *p, size_t degree, double lo, double hi)
{
    double sign = value(p, degree, lo);
    for (int i = 0; i < 100; i++) {
        double mid = 0.5 * (lo + hi);
        if ((value(p, degree, mid) > 0.0) == (sign > 0.0))
            lo = mid;
        else
            hi = mid;
    }
    return 0.5 * (lo + hi);
}

/* Roots of each degree lie between those of the one before. */
static void find_roots(const struct polynomials *p, double lo, double hi, double root[DEPTHS_MAX])
{
    double fence[DEPTHS_MAX + 1] = {lo, hi};
    for (size_t degree = 1; degree <= DEPTHS_MAX; degree++) {
        for (size_t i = 0; i < degree; i++)
            root[i] = bisect(p, degree, fence[i], fence[i + 1]);
        for (size_t i = 0; i < degree && degree < DEPTHS_MAX; i++)
            fence[i + 1] = root[i];
        if (degree < DEPTHS_MAX) fence[degree + 1] = hi;
    }
}

static void gauss_rule(const struct weight *w, double depth[DEPTHS_MAX], double share[DEPTHS_MAX])
{
    struct polynomials p = {{0}, {0}};
    double norm[DEPTHS_MAX], root[DEPTHS_MAX];
    stieltjes(w, &p, norm);
    find_roots(&p, (w->lo - w->mean) / w->sd, (w->hi - w->mean) / w->sd, root);
    for (size_t i = 0; i < DEPTHS_MAX; i++) {
        double sum = 0.0;
        for (size_t k = 0; k < DEPTHS_MAX; k++) {
            double v = value(&p, k, root[i]);
            sum += v * v / norm[k];
        }
        depth[i] = w->mean + w->sd * root[i];
        share[i] = 1.0 / sum / norm[0];
    }
}

/* The radius at the surface follows the needle's taper when the study states a ratio. */
static struct depth_cell cell_of(const struct study *s, const struct needle *n, double depth, double share)
{
    const struct channel *c = &s->problem.channel;
    struct depth_cell out = {depth, share, c->r_surface, c->r_tip, 0.0};
    if (s->problem.needles.law != RELEASE_NONE)
        out.buried = s->needle_dose_in_all * s->penetrated_fraction * needle_dose_share(n, &s->problem.needles, depth);
    if (c->nose > 0.0)
        out.r_surface = bullet_radius(c, depth);
    else if (isfinite(s->eta))
        out.r_surface = fmax(CHANNEL_TIP_MIN, s->eta * needle_radius(n, depth));
    return out;
}

int read_spread(struct study *s, const struct needle *n, struct err *e)
{
    struct cnode at = config_get(config_get(config_root(s->doc), "insertion"), "depth_sd");
    double thickness = skin_thickness(&s->problem) - skin_surface(&s->problem);
    if (!isfinite(s->spread)) return 0;
    bool own_dose = s->problem.needles.law != RELEASE_NONE;
    if (own_dose && s->problem.body.feedback > 0.0)
        return config_fail(at, e, ERR_RANGE,
                           "insertion/depth_sd: needles with a dose are computed one depth by one, and blood that "
                           "feeds back would join them: leave out one of the two");
    double most = fmin(n->length, thickness * (s->problem.receptor.kind == RECEPTOR_CLOSED ? 1.0 : PIERCING));
    struct weight w = {fmax(CHANNEL_DEPTH_MIN, s->depth - 8.0 * s->spread), fmin(most, s->depth + 8.0 * s->spread),
                       s->depth, s->spread};
    double depth[DEPTHS_MAX], share[DEPTHS_MAX], mean = 0.0;
    if (!(w.hi > w.lo))
        return config_fail(at, e, ERR_RANGE, "insertion/depth_sd: no depth is left between 0 and %.5g um", most * 1e6);
    gauss_rule(&w, depth, share);
    s->n_depths = DEPTHS_MAX;
    for (size_t i = 0; i < DEPTHS_MAX; i++) {
        s->at_depth[i] = cell_of(s, n, depth[i], share[i]);
        mean += share[i] * depth[i];
    }
    note_add(
        s, NOTE_DERIVED, "", "",
        "depths %.4g +- %.3g um cut to 0..%.4g um: %d cells of %.4g to %.4g um, mean %.4g um; %s",
        s->depth * 1e6, s->spread * 1e6, most * 1e6, DEPTHS_MAX, depth[0] * 1e6, depth[DEPTHS_MAX - 1] * 1e6,
        mean * 1e6,
        own_dose                   ? "each brings its own dose and has its share of the receptor"
        : s->problem.vehicle_layer ? "each draws on the diffusive vehicle above it: no drug moves sideways in that; "
                                     "receptor and blood are shared"
                                   : "they share vehicle, receptor and blood");
    return 0;
}
