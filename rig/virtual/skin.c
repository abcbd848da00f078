/* skin.c -- see skin.h for the picture and the equations S1 to S9. */
#include <math.h>
#include <string.h>
#include "rig/virtual/random.h"
#include "rig/virtual/skin.h"

#define PI 3.141592653589793
#define CLEAR_DISTANCE 0.5e-3  /* m above the surface where nothing touches any more */
#define FORCE_TOLERANCE 1e-7   /* N, of the balance */
enum { BALANCE_STEPS = 40, SLIDE_STEPS = 6 };

/* Relaxation over one step: the share of a change of Fe that is felt, and what each branch keeps. */
struct memory { double felt, lasting, keep[SKIN_BRANCHES], gain[SKIN_BRANCHES]; };

/* What a needle does when its tip has come u. */
struct response { double force, slope, depth, elastic; };

double skin_puncture_force(double tip_diameter)
{
    double d_um = 1e6 * tip_diameter;
    double sharp = 0.020 + 0.004594 * (d_um - 5.0);
    double blunt = 0.00019 * PI * d_um * d_um / 4.0 - 0.66;
    return fmax(0.005, fmax(sharp, blunt)); /* the sharp line crosses zero below 0.65 um; a tip is never free */
}

/* ---- a fresh specimen ---- */

static void draw_hidden(struct skin *k, struct random *r)
{
    struct skin_nominal *p = &k->p;
    p->backing_modulus *= 1.0 + p->spread_backing * random_between(r, -1.0, 1.0);
    p->thickness *= 1.0 + p->spread_thickness * random_between(r, -1.0, 1.0);
    p->friction *= random_lognormal(r, 0.1);
    p->adhesion *= random_lognormal(r, 0.2);
    p->radial_pressure *= random_lognormal(r, 0.1);
    for (int b = 0; b < SKIN_BRANCHES; b++)
        p->relaxing[b] *= random_between(r, 0.85, 1.15);
    k->surface = p->height * random_between(r, -1.0, 1.0);
}

static void draw_needle(struct skin_needle *n, const struct skin *k, double field, double tilt, struct random *r)
{
    const struct skin_nominal *p = &k->p;
    double opens = skin_puncture_force(k->array.tip_diameter) * field;
    n->offset = tilt + p->roughness * random_normal(r);
    n->stiffness = random_lognormal(r, 0.08) * sqrt(field);
    n->gate_force[0] = p->entry_share * opens * random_lognormal(r, p->scatter_tip);
    n->gate_force[1] = p->barrier_share * opens * random_lognormal(r, p->scatter_tip);
    double barrier = p->barrier_depth * random_lognormal(r, 0.12);
    n->barrier = k->array.tip_diameter < p->barrier_tip_limit ? barrier : HUGE_VAL;
    n->cutting = fmin(n->gate_force[0], field * (p->cutting_floor + p->cutting_share
                      * fmax(0.0, skin_puncture_force(k->array.tip_diameter) - p->cutting_floor)));
}

/* The patch differs from corner to corner: a tilted, domed surface and a smooth gradient of toughness. */
static void lay_out(struct skin *k, struct random *r)
{
    const struct needle_array *a = &k->array;
    double half_x = 0.5 * (a->columns - 1), half_y = 0.5 * (a->rows - 1);
    double site = random_lognormal(r, k->p.scatter_site);
    double rise_x = k->p.tilt * random_normal(r), rise_y = k->p.tilt * random_normal(r),
           dome = k->p.tilt * random_normal(r);
    double tough_x = 0.06 * random_normal(r), tough_y = 0.06 * random_normal(r);
    for (size_t i = 0; i < k->n; i++) {
        struct skin_needle *n = &k->needle[i];
        double cx = (double)(i % (size_t)a->columns) - half_x, cy = (double)(i / (size_t)a->columns) - half_y;
        double px = half_x > 0.0 ? cx / half_x : 0.0, py = half_y > 0.0 ? cy / half_y : 0.0;
        n->x = cx * a->pitch;
        n->y = cy * a->pitch;
        double tilt = rise_x * px + rise_y * py + dome * (0.5 * (px * px + py * py) - 1.0 / 3.0);
        draw_needle(n, k, site * exp(tough_x * px + tough_y * py), tilt, r);
    }
}

void skin_init(struct skin *k, const struct skin_nominal *nominal, const struct needle_array *array, uint64_t seed)
{
    struct random r;
    random_init(&r, seed, 0x5EED);
    memset(k, 0, sizeof *k);
    k->array = *array;
    k->p = *nominal;
    k->n = (size_t)array->rows * (size_t)array->columns;
    draw_hidden(k, &r);
    lay_out(k, &r);
    k->taper = 0.5 * (array->base_diameter - array->tip_diameter) / array->length;
    /* S4, S5 with th the half angle: tan(th) = taper, so (sin + mu cos)/cos = taper + mu. */
    k->push = PI * k->p.radial_pressure * (k->taper + k->p.friction);
    double cosine = 1.0 / sqrt(1.0 + k->taper * k->taper);
    k->pull = PI * (fmax(0.0, k->p.radial_pressure * (k->p.friction - k->taper)) + k->p.adhesion / cosine);
    k->idle = 1e9;
    k->last_x = -HUGE_VAL;
}

/* ---- relaxation, S8 ---- */

static struct memory memory_over(const struct skin_nominal *p, double dt)
{
    struct memory m = {.lasting = 1.0};
    for (int b = 0; b < SKIN_BRANCHES; b++) {
        double ratio = dt / p->relax_time[b];
        m.keep[b] = exp(-ratio);
        m.gain[b] = p->relaxing[b] * -expm1(-ratio) / ratio;
        m.lasting -= p->relaxing[b];
        m.felt += m.gain[b];
    }
    m.felt += m.lasting;
    return m;
}

/* The force is carried + felt x Fe of the new step. */
static double carried(const struct skin_fibre *f, const struct memory *m)
{
    double sum = -(m->felt - m->lasting) * f->elastic;
    for (int b = 0; b < SKIN_BRANCHES; b++)
        sum += m->keep[b] * f->branch[b];
    return sum;
}

static void remember(struct skin_fibre *f, const struct memory *m, double elastic)
{
    for (int b = 0; b < SKIN_BRANCHES; b++)
        f->branch[b] = m->keep[b] * f->branch[b] + m->gain[b] * (elastic - f->elastic);
    f->elastic = elastic;
}

static void relax_idle(struct skin_fibre *f, const struct skin_nominal *p, double idle)
{
    remember(f, &(struct memory){.lasting = 1.0, .felt = 1.0, .keep = {1, 1, 1},
                                 .gain = {p->relaxing[0], p->relaxing[1], p->relaxing[2]}}, 0.0);
    for (int b = 0; b < SKIN_BRANCHES; b++)
        f->branch[b] *= exp(-idle / p->relax_time[b]);
}

/* ---- one needle ---- */

static double dimple_elastic(const struct skin *k, const struct skin_needle *n, double d)
{
    double r = 0.5 * k->array.tip_diameter;
    return n->stiffness * (k->p.dimple_line * r * d + k->p.dimple_area * d * fabs(d));
}

static double dimple_slope(const struct skin *k, const struct skin_needle *n, double d)
{
    double r = 0.5 * k->array.tip_diameter;
    return n->stiffness * (k->p.dimple_line * r + 2.0 * k->p.dimple_area * fabs(d));
}

/* Flank measure 2 r s + tan(th) s^2 of S4 and S5, m2, and its derivative. */
static double flank(const struct skin *k, double s)
{
    return (k->array.tip_diameter + k->taper * s) * s;
}

static double flank_slope(const struct skin *k, double s)
{
    return k->array.tip_diameter + 2.0 * k->taper * s;
}

/* Slides from s until the dimple's force equals base + q x flank(s) (q < 0 while withdrawing), at most `most` this
 * step. Newton from the old depth: the dimple's slope dominates, so it closes in from one side. */
static double slide(const struct skin *k, const struct skin_needle *n, double u, double base, double q, double c,
                    double felt, double most)
{
    double s = n->depth, lo = fmax(0.0, s - most), hi = s + most;
    for (int i = 0; i < SLIDE_STEPS; i++) {
        double over = c + felt * dimple_elastic(k, n, u - s) - base - q * flank(k, s);
        double slope = felt * dimple_slope(k, n, u - s) + q * flank_slope(k, s);
        if (!(slope > 0.0)) /* nothing holds: let it run to the end of this step's way */
            return over > 0.0 ? hi : lo;
        double next = fmin(hi, fmax(lo, s + over / slope));
        if (fabs(next - s) < 1e-12)
            return next;
        s = next;
    }
    return s;
}

static struct response outside(const struct skin *k, const struct skin_needle *n, double u, double c, double felt)
{
    struct response r = {.elastic = u > 0.0 ? dimple_elastic(k, n, u) : 0.0};
    double force = c + felt * r.elastic;
    if (u > 0.0 && force > 0.0) { /* skin pushes, it does not pull a needle that is not in it */
        r.force = force;
        r.slope = felt * dimple_slope(k, n, u);
    }
    return r;
}

static struct response buried(const struct skin *k, const struct skin_needle *n, double u, double c, double felt,
                              double most)
{
    double s = n->depth, force = c + felt * dimple_elastic(k, n, u - s);
    if (force > n->cutting + k->push * flank(k, s)) {
        s = slide(k, n, u, n->cutting, k->push, c, felt, most);
        if (n->gates == 1)
            s = fmin(s, n->barrier);
    } else if (force < -k->pull * flank(k, s)) {
        s = slide(k, n, u, 0.0, -k->pull, c, felt, most);
    }
    struct response r = {.depth = s, .elastic = dimple_elastic(k, n, u - s)};
    double stiff = felt * dimple_slope(k, n, u - s), moved = s - n->depth;
    r.force = c + felt * r.elastic;
    r.slope = stiff;
    if (moved > 0.0 && moved < most && s < n->barrier) { /* sliding: dimple and flank in series */
        double f = k->push * flank_slope(k, s);
        r.slope = stiff * f / (stiff + f);
    } else if (moved < 0.0 && moved > -most) {
        r.slope = 0.0;
    }
    return r;
}

static struct response needle_at(const struct skin *k, const struct skin_needle *n, double y, const struct memory *m,
                                 double dt)
{
    double u = y - n->offset, c = carried(&n->dimple, m);
    if (n->gates == 0 || (n->depth <= 0.0 && u <= 0.0))
        return outside(k, n, u, c, m->felt);
    struct response r = buried(k, n, u, c, m->felt, k->p.cut_speed * dt);
    if (r.depth <= 0.0 && r.force < 0.0) /* out of its hole */
        return outside(k, n, fmin(u, 0.0), c, m->felt);
    return r;
}

/* ---- the whole patch ---- */

static double pad_elastic(const struct skin *k, double y, double *slope)
{
    double share = k->array.pitch * k->array.pitch * k->p.pad_stiffness, sum = 0.0;
    *slope = 0.0;
    for (size_t i = 0; i < k->n; i++) {
        double pressed = y - k->needle[i].offset - k->array.length;
        if (pressed > 0.0) {
            sum += share * pressed;
            *slope += share;
        }
    }
    return sum;
}

static double backing_elastic(const struct skin *k, double w, double *slope)
{
    const struct skin_nominal *p = &k->p;
    double radius = k->array.pitch * sqrt((double)k->n / PI);
    double k0 = 2.0 * radius * p->backing_modulus / 0.75; /* 1 - nu^2 with nu = 0.5 */
    if (w <= 0.0) {
        *slope = k0;
        return k0 * w;
    }
    double a = p->stiffening * w / p->thickness, top = fmin(a, 40.0); /* beyond: linear, so that nothing overflows */
    double e = exp(top), scale = k0 * p->thickness / p->stiffening;
    *slope = k0 * e;
    return scale * (e - 1.0 + e * (a - top));
}

/* Force of needles and base plate at y, and its slope. */
static double push_at(const struct skin *k, double y, const struct memory *m, double dt, double *slope)
{
    double pad_slope, sum = 0.0, pad = carried(&k->pad, m) + m->felt * pad_elastic(k, y, &pad_slope);
    *slope = 0.0;
    if (pad > 0.0 && pad_slope > 0.0) {
        sum = pad;
        *slope = m->felt * pad_slope;
    }
    for (size_t i = 0; i < k->n; i++) {
        struct response r = needle_at(k, &k->needle[i], y, m, dt);
        sum += r.force;
        *slope += r.slope;
    }
    return sum;
}

/* S9: the y where push equals the backing's answer; Newton kept between the points that bracket it. */
static double balance(const struct skin *k, double x, double compliance, const struct memory *m, double dt)
{
    double lo = -HUGE_VAL, hi = HUGE_VAL, y = k->plane + (x - k->last_x);
    double back = carried(&k->backing, m);
    for (int i = 0; i < BALANCE_STEPS; i++) {
        double slope, back_slope, push = push_at(k, y, m, dt, &slope);
        double over = push - back - m->felt * backing_elastic(k, x - compliance * push - y, &back_slope);
        if (fabs(over) < FORCE_TOLERANCE)
            break;
        if (over > 0.0)
            hi = y;
        else
            lo = y;
        double next = y - over / (slope + m->felt * back_slope * (1.0 + compliance * slope));
        if (!(next > lo && next < hi))
            next = isinf(lo) || isinf(hi) ? y - copysign(5e-6, over) : 0.5 * (lo + hi);
        y = next;
    }
    return y;
}

static void open_gates(struct skin_needle *n, double ease)
{
    if (n->gates == 0 && n->force > n->gate_force[0] * ease)
        n->gates = 1;
    else if (n->gates == 1 && n->depth >= n->barrier && n->force > n->gate_force[1] * ease)
        n->gates = 2;
}

static void settle(struct skin *k, double x, double compliance, double y, const struct memory *m, double dt)
{
    double slope, pad_was = carried(&k->pad, m), pad = pad_elastic(k, y, &slope);
    double sum = slope > 0.0 ? fmax(0.0, pad_was + m->felt * pad) : 0.0;
    double ease = pow(fmax(k->speed, 0.02 * k->p.rate_reference) / k->p.rate_reference, -k->p.rate_exponent);
    remember(&k->pad, m, pad);
    for (size_t i = 0; i < k->n; i++) {
        struct skin_needle *n = &k->needle[i];
        struct response r = needle_at(k, n, y, m, dt);
        remember(&n->dimple, m, r.elastic);
        n->depth = r.depth;
        n->deepest = fmax(n->deepest, r.depth);
        n->force = r.force;
        sum += r.force;
        open_gates(n, ease);
    }
    k->plane = y;
    k->force = sum;
    k->sink = x - compliance * sum - y;
    remember(&k->backing, m, backing_elastic(k, k->sink, &slope));
}

/* After a while in the air: everything has sprung back for as long as it was left alone. */
static void touch_again(struct skin *k, double x)
{
    for (size_t i = 0; i < k->n; i++)
        relax_idle(&k->needle[i].dimple, &k->p, k->idle);
    relax_idle(&k->pad, &k->p, k->idle);
    relax_idle(&k->backing, &k->p, k->idle);
    k->idle = 0.0;
    k->last_x = x;
    k->plane = x;
    k->sink = 0.0;
}

double skin_press(struct skin *k, double x, double compliance, double dt)
{
    double at = x - k->surface;
    if (skin_needles_in(k) == 0 && at < -CLEAR_DISTANCE) {
        k->idle += dt;
        k->force = 0.0;
        k->speed = 0.0;
        return 0.0;
    }
    if (k->idle > 0.0)
        touch_again(k, at);
    k->speed += (fabs(at - k->last_x) / dt - k->speed) * -expm1(-dt / 0.02);
    struct memory m = memory_over(&k->p, dt);
    double y = balance(k, at, compliance, &m, dt);
    settle(k, at, compliance, y, &m, dt);
    k->last_x = at;
    return k->force;
}

/* ---- questions ---- */

size_t skin_needles_in(const struct skin *k)
{
    size_t count = 0;
    for (size_t i = 0; i < k->n; i++)
        count += k->needle[i].depth > 0.0;
    return count;
}

size_t skin_holes(const struct skin *k)
{
    size_t count = 0;
    for (size_t i = 0; i < k->n; i++)
        count += k->needle[i].deepest > 0.0;
    return count;
}

double skin_mean_depth(const struct skin *k)
{
    double sum = 0.0;
    for (size_t i = 0; i < k->n; i++)
        sum += k->needle[i].depth;
    return sum > 0.0 ? sum / (double)skin_needles_in(k) : 0.0;
}

double skin_mean_hole(const struct skin *k)
{
    double sum = 0.0;
    for (size_t i = 0; i < k->n; i++)
        sum += k->needle[i].deepest;
    return sum > 0.0 ? sum / (double)skin_holes(k) : 0.0;
}
