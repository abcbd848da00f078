/* model.c -- see model.h.  i is a needle.  Stage position x counts from the first touch of undeformed skin. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <stdlib.h>
#include "solver/insertion/model.h"

enum {
    NEEDLES_COMPUTED = 400, /* of a larger array each computed needle stands for several: keeps a case below a second */
    BRACKETS_MAX = 60,
    ROOTS_MAX = 100,
    LOCATE_MAX = 40
};
#define LOCATE_BAND 1e-6 /* an event is found when it is this near, relative */
#define STAGE_MAX 0.05   /* m beyond the needle's length: nothing on a bench is so soft */
#define HOLD_FIRST 0.02  /* s, first step of the hold; each is HOLD_GROWTH times the last, at most HOLD_LAST */
#define HOLD_GROWTH 1.2
#define HOLD_LAST 2.0

enum stage {
    STAGE_HELD,
    STAGE_THROUGH,
    STAGE_GONE
}; /* above or at the barrier; past it; pulled out, its hole is not used again */

struct needle {
    enum stage stage;
    double r, puncture, surface, cut; /* m, N */
    double s;                         /* buried, m */
    double entry_force, entry_travel;
    struct relax_memory memory;
    double offset, s_next, force; /* of the step being tried */
};

struct sim {
    const struct insertion_case *c;
    double tangent, push, pull, weight; /* weight: needles that one computed needle stands for */
    size_t n;
    struct needle *needle;
    struct relax_memory bulk, base;
    double x, t, w, force; /* as committed */
    double contact;        /* m of travel from first touch to contact */
    bool is_in_contact;
    struct relax_step step;
    double bulk_offset, base_offset;
    double x_next, w_next, force_next, base_next; /* of the step being tried */
    gsl_root_fsolver *root;
    struct insertion_result *result;
    size_t room;
};

/* ---- one needle ---- */

/* What resists the tip at depth s: up to the barrier a ramp from the surface's share to the puncture force, behind it
 * cutting and friction (I4, I6). */
static double resistance(const struct sim *m, const struct needle *p, double s)
{
    double depth = m->c->skin.barrier_depth;
    if (p->stage == STAGE_HELD) return depth > 0.0 ? p->surface + (p->puncture - p->surface) * s / depth : p->puncture;
    return p->cut + m->push * flank(p->r, m->tangent, s);
}

/* Greater root of a d^2 + b d + c, in the form that loses no digits for c < 0 < b; the vertex when there is none. */
static double greater_root(double a, double b, double c)
{
    double disc = b * b - 4.0 * a * c;
    if (disc < 0.0) return -b / (2.0 * a);
    return b > 0.0 ? -2.0 * c / (b + sqrt(disc)) : (-b + sqrt(disc)) / (2.0 * a);
}

/* Dimple d at which the dimple's force equals the resistance at s = u - d, for a tip that moves in. */
static double sliding_dimple(const struct sim *m, const struct needle *p, double u)
{
    const struct mechanics *k = &m->c->skin;
    double A = m->step.instant, a = A * k->k2, b = A * k->k1 * p->r, c, bend = 0.0;
    if (p->stage == STAGE_HELD) {
        double rise = (p->puncture - p->surface) / k->barrier_depth;
        b += rise;
        c = p->offset - p->surface - rise * u;
    } else {
        bend = m->push * m->tangent;
        b += m->push * 2.0 * (p->r + m->tangent * u);
        c = p->offset - p->cut - m->push * flank(p->r, m->tangent, u);
    }
    return c < 0.0 ? greater_root(a - bend, b, c) : greater_root(-a - bend, b, c); /* dimple_force is odd */
}

/* The same on the way out, where the flank holds: e = -d is how far the skin is pulled up around the needle. */
static double pulled_depth(const struct sim *m, const struct needle *p, double u)
{
    const struct mechanics *k = &m->c->skin;
    double A = m->step.instant, a = A * k->k2 - m->pull * m->tangent;
    double b = A * k->k1 * p->r - 2.0 * m->pull * (p->r + m->tangent * u);
    double c = -(p->offset + m->pull * flank(p->r, m->tangent, u));
    double disc = b * b - 4.0 * a * c;
    return disc < 0.0 || !(a > 0.0) ? 0.0 : fmax(0.0, u + (-b + sqrt(disc)) / (2.0 * a));
}

static double local_force(const struct sim *m, const struct needle *p, double d)
{
    return m->step.instant * dimple_force(&m->c->skin, p->r, d) + p->offset;
}

/* Force on a needle whose tip has travelled u against the sunk surface; where its tip then is goes to s_next. */
static double needle_force(const struct sim *m, struct needle *p, double u)
{
    double length = m->c->needles.length;
    p->s_next = p->s;
    if (p->stage == STAGE_GONE) return 0.0;
    double F = local_force(m, p, u - p->s);
    if (p->s > 0.0 && F < -m->pull * flank(p->r, m->tangent, p->s)) {
        p->s_next = fmin(p->s, pulled_depth(m, p, u));
        return p->s_next > 0.0 ? local_force(m, p, u - p->s_next) : 0.0;
    }
    bool can_slide = p->stage == STAGE_THROUGH || m->c->skin.barrier_depth > 0.0;
    if (can_slide && F > resistance(m, p, p->s)) {
        p->s_next = fmin(length, fmax(p->s, u - sliding_dimple(m, p, u)));
        F = local_force(m, p, u - p->s_next);
    }
    return p->s > 0.0 || p->s_next > 0.0 ? F : fmax(0.0, F); /* a tip that only rests on the skin cannot pull */
}

/* ---- balance of forces ---- */

static double base_elastic(const struct sim *m, double u)
{
    return m->c->needles.area * m->c->skin.base_stiffness * fmax(0.0, u - m->c->needles.length);
}

/* Force of the array minus force of the backing at a sink w: falls with w (I8). */
static double mismatch(double w, void *sim)
{
    struct sim *m = sim;
    const struct mechanics *k = &m->c->skin;
    double bulk = m->step.instant * backing_force(k, m->c->needles.area, w) + m->bulk_offset;
    double u = m->x_next - k->compliance * bulk - w, sum = 0.0;
    for (size_t i = 0; i < m->n; i++) {
        m->needle[i].force = needle_force(m, &m->needle[i], u);
        sum += m->needle[i].force;
    }
    double elastic = base_elastic(m, u);
    m->base_next = elastic > 0.0 ? fmax(0.0, m->step.instant * elastic + m->base_offset) : 0.0;
    m->force_next = bulk;
    return m->weight * sum + m->base_next - bulk;
}

static int bracket(struct sim *m, double *lo, double *hi, struct err *e)
{
    double reach = 1e-6 + 2.0 * fabs(m->x_next - m->x);
    *lo = *hi = m->w;
    bool up = mismatch(m->w, m) > 0.0;
    for (int i = 0; i < BRACKETS_MAX; i++, reach *= 2.0) {
        double *end = up ? hi : lo, *other = up ? lo : hi;
        *other = *end;
        *end += up ? reach : -reach;
        if ((mismatch(*end, m) > 0.0) != up) return 0;
    }
    return err_set(e, ERR_NUMERIC, "no balance of forces at stage position %.4g mm, %.4g s", m->x_next * 1e3, m->t);
}

/* Tries a step to stage position x over dt: forces and depths of the *_next fields. */
static int try_step(struct sim *m, double x, double dt, struct err *e)
{
    double lo, hi;
    m->x_next = x;
    m->step = relax_step(&m->c->skin.relax, dt);
    m->bulk_offset = relax_offset(&m->step, &m->bulk);
    m->base_offset = relax_offset(&m->step, &m->base);
    for (size_t i = 0; i < m->n; i++)
        m->needle[i].offset = relax_offset(&m->step, &m->needle[i].memory);
    int rc = bracket(m, &lo, &hi, e);
    if (rc) return rc;
    gsl_function f = {mismatch, m};
    if (gsl_root_fsolver_set(m->root, &f, lo, hi) != GSL_SUCCESS)
        return err_set(e, ERR_NUMERIC, "no balance of forces at stage position %.4g mm", x * 1e3);
    for (int i = 0; i < ROOTS_MAX; i++) {
        gsl_root_fsolver_iterate(m->root);
        lo = gsl_root_fsolver_x_lower(m->root);
        hi = gsl_root_fsolver_x_upper(m->root);
        if (hi - lo <= 1e-12) /* m: nothing shows a picometre */
            break;
    }
    m->w_next = gsl_root_fsolver_root(m->root);
    mismatch(m->w_next, m);
    return 0;
}

/* From first touch. */
static double next_travel(const struct sim *m) { return m->x_next - m->c->skin.compliance * m->force_next; }
static double travel_now(const struct sim *m) { return m->x - m->c->skin.compliance * m->force; }

static void commit(struct sim *m, double dt)
{
    const struct mechanics *k = &m->c->skin;
    double u = next_travel(m) - m->w_next;
    for (size_t i = 0; i < m->n; i++) {
        struct needle *p = &m->needle[i];
        bool out = p->s > 0.0 && !(p->s_next > 0.0);
        p->s = p->s_next;
        double d = p->s > 0.0 ? u - p->s : fmax(0.0, u);
        relax_commit(&m->step, &p->memory, dimple_force(k, p->r, d));
        if (out) p->stage = STAGE_GONE;
    }
    relax_commit(&m->step, &m->bulk, backing_force(k, m->c->needles.area, m->w_next));
    relax_commit(&m->step, &m->base, base_elastic(m, u));
    m->x = m->x_next;
    m->w = m->w_next;
    m->force = m->force_next;
    m->t += dt;
}

/* ---- the curve ---- */

static void depth_of(const struct sim *m, struct insertion_point *p)
{
    double sum = 0.0, squares = 0.0, n = 0.0;
    for (size_t i = 0; i < m->n; i++) {
        p->through += m->needle[i].stage == STAGE_THROUGH;
        if (m->needle[i].s >= m->c->skin.counts_from && m->needle[i].s > 0.0) {
            n += 1.0;
            sum += m->needle[i].s;
        }
    }
    p->depth_mean = n > 0.0 ? sum / n : NAN;
    for (size_t i = 0; i < m->n; i++)
        if (m->needle[i].s >= m->c->skin.counts_from && m->needle[i].s > 0.0)
            squares += (m->needle[i].s - p->depth_mean) * (m->needle[i].s - p->depth_mean);
    p->depth_sd = n > 1.0 ? sqrt(squares / (n - 1.0)) : NAN;
    p->entered = (size_t)lround(n * m->weight);
    p->through = (size_t)lround((double)p->through * m->weight);
}

static int keep_point(struct sim *m, enum insertion_phase phase, struct err *e)
{
    struct insertion_result *r = m->result;
    if (r->n_points == m->room) {
        size_t room = m->room ? 2 * m->room : 512;
        struct insertion_point *more = realloc(r->point, room * sizeof *more);
        if (!more) return err_set(e, ERR_NOMEM, "out of memory");
        r->point = more;
        m->room = room;
    }
    struct insertion_point *p = &r->point[r->n_points++];
    *p = (struct insertion_point){.phase = phase,
                                  .time = m->t,
                                  .stage = m->x,
                                  .travel = travel_now(m),
                                  .force = m->force,
                                  .sink = m->w,
                                  .base_force = m->base_next};
    depth_of(m, p);
    return 0;
}

/* ---- events ---- */

/* How far the nearest held needle is beyond its puncture force, relative; -1 when none is held. */
static double nearest_puncture(const struct sim *m, size_t *which)
{
    double most = -1.0;
    for (size_t i = 0; i < m->n; i++) {
        const struct needle *p = &m->needle[i];
        double excess = p->stage == STAGE_HELD ? p->force / p->puncture - 1.0 : -1.0;
        if (excess > most) {
            most = excess;
            *which = i;
        }
    }
    return most;
}

/* How far the end of the press is passed, in its own measure. */
static double beyond_end(const struct sim *m)
{
    const struct press *p = &m->c->press;
    if (isfinite(p->force)) return m->force_next / p->force - 1.0;
    return m->is_in_contact ? (next_travel(m) - m->contact - p->travel) / p->travel : -1.0;
}

/* Lets the needles through that are at their limit, weakest first, at one stage position: what one gives up the others
 * take, so that several may follow. */
static int let_through(struct sim *m, enum insertion_phase phase, struct err *e)
{
    size_t which = 0;
    for (size_t k = 0; k < m->n; k++) {
        if (!(nearest_puncture(m, &which) >= -2.0 * LOCATE_BAND)) return 0;
        struct needle *p = &m->needle[which];
        p->stage = STAGE_THROUGH;
        p->entry_force = m->force;
        p->entry_travel = travel_now(m);
        int rc = try_step(m, m->x, 0.0, e);
        if (rc) return rc;
        commit(m, 0.0);
        rc = keep_point(m, phase, e);
        if (rc) return rc;
    }
    return 0;
}

static double press_excess(const struct sim *m, size_t *which)
{
    return fmax(nearest_puncture(m, which), beyond_end(m));
}

/* Where the force first reaches that of contact, on the line from the point before. */
static void note_contact(struct sim *m, double travel, double force)
{
    double at = m->c->press.contact_force;
    if (m->is_in_contact || m->force < at) return;
    m->is_in_contact = true;
    m->contact = travel + (travel_now(m) - travel) * (at - force) / (m->force - force);
}

/* Presses on by at most one step, to the first event on the way (false position, Illinois). */
static int press_step(struct sim *m, double before, double *after, struct err *e)
{
    double x0 = m->x, dx = m->c->step, v = m->c->press.speed, lo = 0.0, hi = 1.0, f_lo = before, f_hi;
    size_t which = 0;
    int rc = try_step(m, x0 + dx, dx / v, e), side = 0;
    double part = 1.0;
    *after = f_hi = press_excess(m, &which);
    for (int i = 0; !rc && *after > LOCATE_BAND && i < LOCATE_MAX; i++) {
        part = f_lo < 0.0 ? lo + (hi - lo) * f_lo / (f_lo - f_hi) : 0.5 * (lo + hi);
        rc = try_step(m, x0 + part * dx, part * dx / v, e);
        *after = press_excess(m, &which);
        if (*after > 0.0) {
            hi = part;
            f_hi = *after;
            if (side == 1) f_lo *= 0.5;
            side = 1;
        } else if (*after < -LOCATE_BAND) {
            lo = part;
            f_lo = *after;
            if (side == -1) f_hi *= 0.5;
            side = -1;
            *after = 1.0; /* not there yet: go on */
        }
    }
    double travel = travel_now(m), force = m->force;
    if (!rc) commit(m, part * dx / v);
    if (!rc) note_contact(m, travel, force);
    if (!rc) rc = keep_point(m, PHASE_PRESS, e);
    return rc;
}

static int press(struct sim *m, struct err *e)
{
    double excess = -1.0;
    size_t which = 0;
    m->force_next = 0.0;
    m->is_in_contact = !(m->c->press.contact_force > 0.0);
    int rc = keep_point(m, PHASE_PRESS, e);
    while (!rc) {
        rc = press_step(m, excess, &excess, e);
        if (rc || beyond_end(m) >= -LOCATE_BAND) break;
        rc = let_through(m, PHASE_PRESS, e);
        excess = press_excess(m, &which);
        if (!rc && beyond_end(m) >= -LOCATE_BAND) break;
        if (!rc && m->x > m->c->needles.length + STAGE_MAX) {
            rc = err_set(e, ERR_NUMERIC, "the end of the press is not reached within %.3g mm: %.4g N, travel %.4g mm",
                         m->x * 1e3, m->force, next_travel(m) * 1e3);
            err_hint(e, "%.3g N a needle already: is the unit right?  The machine gives %.3g mm at that force",
                     m->force / (double)m->c->needles.count, m->c->skin.compliance * m->force * 1e3);
        }
    }
    m->result->pressed = m->result->n_points ? m->result->n_points - 1 : 0;
    return rc;
}

static int hold(struct sim *m, struct err *e)
{
    double left = m->c->press.hold, dt = HOLD_FIRST;
    int rc = 0;
    for (; !rc && left > 0.0; dt = fmin(HOLD_LAST, dt * HOLD_GROWTH)) {
        double now = left > 1.5 * dt ? dt : left;
        left -= now;
        rc = try_step(m, m->x, now, e);
        if (!rc) commit(m, now);
        if (!rc) rc = keep_point(m, PHASE_HOLD, e);
        if (!rc) rc = let_through(m, PHASE_HOLD, e);
    }
    m->result->held = m->result->n_points ? m->result->n_points - 1 : 0;
    return rc;
}

static bool all_out(const struct sim *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->needle[i].s > 0.0) return false;
    return fabs(m->force) < 1e-6;
}

static int retract(struct sim *m, struct err *e)
{
    double v = m->c->press.retract_speed, end = -m->c->needles.length - 5e-3, fall = 0.0;
    int rc = 0;
    while (!rc && v > 0.0 && m->x > end && !all_out(m)) {
        /* The needles let go within a few um of where the force passes zero: no long step may jump over that. */
        double before = m->force, dx = before > 2.0 * fall ? 2.0 * m->c->step : 0.1 * m->c->step;
        rc = try_step(m, m->x - dx, dx / v, e);
        fall = fmax(fall, before - m->force_next);
        if (!rc) commit(m, dx / v);
        if (!rc) rc = keep_point(m, PHASE_RETRACT, e);
    }
    return rc;
}

/* ---- start and end ---- */

/* Lognormal factor of mean 1 and the stated coefficient of variation. */
static double scatter(gsl_rng *g, double cv)
{
    double sigma = sqrt(log1p(cv * cv));
    return exp(sigma * gsl_ran_gaussian_ziggurat(g, 1.0) - 0.5 * sigma * sigma);
}

static void draw_needles(struct sim *m, gsl_rng *g)
{
    const struct insertion_case *c = m->c;
    const struct mechanics *k = &c->skin;
    double rate = pow(c->press.speed / k->speed_reference, -k->speed_exponent);
    for (size_t i = 0; i < m->n; i++) {
        double d = fmin(c->needles.base_diameter, c->needles.tip_diameter * scatter(g, k->cv_tip)),
               site = scatter(g, k->cv_site);
        double law = puncture_force(d), factor = k->force_factor * site * rate;
        m->needle[i] = (struct needle){.r = d / 2.0,
                                       .puncture = factor * law,
                                       .surface = factor * k->surface_share * law,
                                       .cut = factor * cutting_force(k, law),
                                       .entry_force = NAN,
                                       .entry_travel = NAN};
    }
}

static int check(const struct insertion_case *c, struct err *e)
{
    const struct insertion_needles *n = &c->needles;
    const struct press *p = &c->press;
    if (!(n->length > 0.0 && n->tip_diameter > 0.0 && n->base_diameter >= n->tip_diameter && n->area > 0.0))
        return err_set(
            e, ERR_RANGE,
            "needles: length %g m, tip %g m, base %g m, area %g m2: must be > 0, the tip not wider than the base",
            n->length, n->tip_diameter, n->base_diameter, n->area);
    if (n->count < 1 || n->count > PART_COUNT_MAX)
        return err_set(e, ERR_RANGE, "%zu needles: must be 1 to %d", n->count, PART_COUNT_MAX);
    if (!(p->speed > 0.0 && p->speed <= INSERTION_SPEED_MAX && p->retract_speed >= 0.0)) {
        err_set(e, ERR_RANGE, "speed %.4g mm/s: must be > 0 and at most %g mm/s: the model has no inertia",
                p->speed * 1e3, INSERTION_SPEED_MAX * 1e3);
        err_hint(e, "pens and impact applicators move faster; their depth must be measured");
        return ERR_RANGE;
    }
    if (isfinite(p->force) == isfinite(p->travel) || !(isfinite(p->force) ? p->force > 0.0 : p->travel > 0.0))
        return err_set(e, ERR_RANGE, "press: needs either a force or a travel, > 0");
    if (!(p->contact_force >= 0.0) || p->contact_force >= p->force)
        return err_set(e, ERR_RANGE, "press: contact force %g N must be >= 0 and below the force that ends it",
                       p->contact_force);
    if (!(p->hold >= 0.0) || !(c->step > 0.0 && c->step <= 1e-4))
        return err_set(e, ERR_RANGE, "press: hold %g s must be >= 0 and step %g um above 0 and at most 100 um", p->hold,
                       c->step * 1e6);
    return 0;
}

static void keep_needles(struct sim *m)
{
    for (size_t i = 0; i < m->n; i++) {
        const struct needle *p = &m->needle[i];
        m->result->needle[i] = (struct insertion_needle){.tip_diameter = 2.0 * p->r,
                                                         .puncture = p->puncture,
                                                         .entry_force = p->entry_force,
                                                         .entry_travel = p->entry_travel,
                                                         .depth = p->s,
                                                         .through = p->stage == STAGE_THROUGH,
                                                         .entered = p->s > 0.0 && p->s >= m->c->skin.counts_from};
    }
}

static void count_from_contact(struct sim *m)
{
    for (size_t i = 0; i < m->result->n_points; i++)
        m->result->point[i].travel -= m->contact;
    for (size_t i = 0; i < m->n; i++)
        m->result->needle[i].entry_travel -= m->contact;
}

static double stage_work(const struct insertion_result *r)
{
    double work = 0.0;
    for (size_t i = 1; i <= r->pressed; i++)
        work += 0.5 * (r->point[i].force + r->point[i - 1].force) * (r->point[i].stage - r->point[i - 1].stage);
    return work;
}

static int run(struct sim *m, struct err *e)
{
    int rc = press(m, e);
    if (!rc) rc = hold(m, e);
    if (rc) return rc;
    keep_needles(m);
    m->result->work = stage_work(m->result);
    rc = retract(m, e);
    count_from_contact(m);
    return rc;
}

int insertion_run(const struct insertion_case *c, struct insertion_result *r, struct err *e)
{
    *r = (struct insertion_result){0};
    int rc = check(c, e);
    if (rc) return rc;
    struct sim m = {
        .c = c, .n = c->needles.count < NEEDLES_COMPUTED ? c->needles.count : NEEDLES_COMPUTED, .result = r};
    m.tangent = 0.5 * (c->needles.base_diameter - c->needles.tip_diameter) / c->needles.length;
    m.push = push_pressure(&c->skin, m.tangent);
    m.pull = pull_pressure(&c->skin, m.tangent);
    m.weight = (double)c->needles.count / (double)m.n;
    gsl_rng *g = gsl_rng_alloc(gsl_rng_mt19937);
    m.root = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    m.needle = calloc(m.n, sizeof *m.needle);
    r->needle = calloc(m.n, sizeof *r->needle);
    r->n_needles = m.n;
    if (g && m.root && m.needle && r->needle) {
        gsl_rng_set(g, c->seed);
        draw_needles(&m, g);
        rc = run(&m, e);
    } else
        rc = err_set(e, ERR_NOMEM, "out of memory");
    if (g) gsl_rng_free(g);
    if (m.root) gsl_root_fsolver_free(m.root);
    free(m.needle);
    if (rc) insertion_release(r);
    return rc;
}

void insertion_release(struct insertion_result *r)
{
    free(r->point);
    free(r->needle);
    *r = (struct insertion_result){0};
}
