/* problem.c -- see problem.h. */
#include "solver/physics/problem.h"

static const double PI = 3.14159265358979323846;

void problem_init(struct problem *p)
{
    *p = (struct problem){.level = 1.0, .rtol = 1e-5, .remove_at = INFINITY, .cell_radius = 1.0, .area = 1e-4};
    p->donor = (struct donor){DONOR_INFINITE, 1.0, 1.0, 0.0};
    p->receptor.kind = RECEPTOR_SINK;
}

double skin_thickness(const struct problem *p)
{
    double h = 0.0;
    for (size_t i = 0; i < p->n_layers; i++)
        h += p->layer[i].h;
    return h;
}

double channel_radius(const struct channel *c, double z)
{
    return z >= c->depth ? c->r_tip : c->r_surface + (c->r_tip - c->r_surface) * z / c->depth;
}

double channel_slope(const struct channel *c, double z)
{
    return z >= c->depth ? 0.0 : (c->r_tip - c->r_surface) / c->depth;
}

double cell_radius_of_density(double n)
{
    return 1.0 / sqrt(PI * n);
}

double skin_permeability(const struct problem *p)
{
    double R = 0.0;
    for (size_t i = 0; i < p->n_layers; i++)
        R += p->layer[i].h / (p->layer[i].K * p->layer[i].D);
    return 1.0 / R;
}

double skin_lag(const struct problem *p)
{
    double R = 1.0 / skin_permeability(p), up = 0.0, sum = 0.0; /* up: resistance above the layer */
    for (size_t i = 0; i < p->n_layers; i++) {
        const struct layer *l = &p->layer[i];
        double Ri = l->h / (l->K * l->D), down = R - up - Ri;
        sum += l->K * l->h * (up * down + (up + down) * Ri / 2.0 + Ri * Ri / 6.0);
        up += Ri;
    }
    return sum / R;
}

static bool is_positive(double x) { return isfinite(x) && x > 0.0; }
static bool is_nonneg(double x) { return isfinite(x) && x >= 0.0; }

static int check_layers(const struct problem *p, struct err *e)
{
    if (p->n_layers < 1 || p->n_layers > LAYERS_MAX)
        return err_set(e, ERR_RANGE, "%zu skin layers: must be 1 to %d", p->n_layers, LAYERS_MAX);
    for (size_t i = 0; i < p->n_layers; i++) {
        const struct layer *l = &p->layer[i];
        if (!is_positive(l->h) || !is_positive(l->D) || !is_positive(l->K))
            return err_set(e, ERR_RANGE, "skin layer '%s': thickness %g um, D %g m2/s, K %g: each must be > 0", l->name,
                           l->h * 1e6, l->D, l->K);
        if (l->h < LAYER_MIN || l->h > LAYER_MAX)
            return err_set(e, ERR_RANGE, "skin layer '%s': thickness %g um: must be %g to %g um", l->name, l->h * 1e6,
                           LAYER_MIN * 1e6, LAYER_MAX * 1e6);
        if (l->D > D_MAX)
            return err_set(e, ERR_RANGE, "skin layer '%s': D %g m2/s: must be at most %g m2/s", l->name, l->D, D_MAX);
        if (!is_nonneg(l->clearance))
            return err_set(e, ERR_RANGE, "skin layer '%s': clearance %g 1/s: must be >= 0", l->name, l->clearance);
    }
    return 0;
}

static int check_channel(const struct problem *p, struct err *e)
{
    const struct channel *c = &p->channel;
    if (c->fill == CHANNEL_NONE)
        return 0;
    double H = skin_thickness(p);
    if (!is_positive(c->depth))
        return err_set(e, ERR_RANGE, "channel depth %g um: must be > 0", c->depth * 1e6);
    if (c->depth < CHANNEL_DEPTH_MIN)
        return err_set(e, ERR_RANGE, "channel depth %g um: must be at least %g um", c->depth * 1e6, CHANNEL_DEPTH_MIN * 1e6);
    if (c->depth > H * (1.0 + 1e-12)) {
        err_set(e, ERR_RANGE, "channel depth %g um: must be at most the skin's thickness of %g um", c->depth * 1e6, H * 1e6);
        err_hint(e, "a channel that pierces the sample short-circuits the diffusion cell; use thicker skin or a shorter needle");
        return ERR_RANGE;
    }
    if (c->fill == CHANNEL_STIRRED && c->depth > H * (1.0 - 1e-9) && p->receptor.kind != RECEPTOR_CLOSED)
        return err_set(e, ERR_RANGE, "channel depth %g um reaches the receptor: must be less than %g um", c->depth * 1e6, H * 1e6);
    if (!is_positive(c->r_surface) || !is_positive(c->r_tip))
        return err_set(e, ERR_RANGE, "channel radius %g um at the surface, %g um at the tip: both must be > 0",
                       c->r_surface * 1e6, c->r_tip * 1e6);
    if (fmin(c->r_tip, c->r_surface) < CHANNEL_TIP_MIN)
        return err_set(e, ERR_RANGE, "channel radius %g um: must be at least %g um", fmin(c->r_tip, c->r_surface) * 1e6,
                       CHANNEL_TIP_MIN * 1e6);
    if (!is_positive(c->D) || !is_positive(c->K))
        return err_set(e, ERR_RANGE, "channel D %g m2/s, K %g: both must be > 0", c->D, c->K);
    if (c->D > D_MAX)
        return err_set(e, ERR_RANGE, "channel D %g m2/s: must be at most %g m2/s", c->D, D_MAX);
    double widest = fmax(c->r_surface, c->r_tip), b = p->cell_radius;
    if (!is_positive(b))
        return err_set(e, ERR_RANGE, "unit cell radius %g um: must be > 0", b * 1e6);
    if (b > LAYER_MAX)
        return err_set(e, ERR_RANGE, "unit cell radius %g um: must be at most %g um", b * 1e6, LAYER_MAX * 1e6);
    if (widest >= 0.98 * b) {
        double n = 1.0 / (PI * b * b), most = 0.98 * 0.98 / (PI * widest * widest);
        err_set(e, ERR_RANGE, "channels overlap: radius %g um at %g needles/cm2 leaves a cell radius of %g um", widest * 1e6,
                n * 1e-4, b * 1e6);
        err_hint(e, "with this radius the density must be below %.4g needles/cm2", most * 1e-4);
        return ERR_RANGE;
    }
    return 0;
}

static int check_outside(const struct problem *p, struct err *e)
{
    const struct donor *d = &p->donor;
    if (!is_nonneg(d->C0) || !is_positive(d->K))
        return err_set(e, ERR_RANGE, "vehicle: concentration %g kg/m3 must be >= 0 and K %g > 0", d->C0, d->K);
    if (d->kind == DONOR_FINITE && !is_positive(d->H))
        return err_set(e, ERR_RANGE, "vehicle thickness %g um: must be > 0", d->H * 1e6);
    const struct receptor *r = &p->receptor;
    if (r->kind == RECEPTOR_FRANZ && (!is_positive(r->H) || !is_nonneg(r->q)))
        return err_set(e, ERR_RANGE, "receptor: volume/area %g mm must be > 0 and flow/area %g m/s >= 0", r->H * 1e3, r->q);
    if (r->n_samples > SAMPLES_MAX)
        return err_set(e, ERR_RANGE, "%zu receptor samples: at most %d", r->n_samples, SAMPLES_MAX);
    if (r->n_samples && (r->kind != RECEPTOR_FRANZ || !(r->sample_fraction >= 0.0 && r->sample_fraction < 1.0)))
        return err_set(e, ERR_RANGE, "receptor samples of %g of the volume: need a Franz receptor and 0 <= fraction < 1",
                       r->sample_fraction);
    for (size_t i = 0; i < r->n_samples; i++)
        if (!(r->sample_at[i] > (i ? r->sample_at[i - 1] : 0.0)) || r->sample_at[i] > p->t_end)
            return err_set(e, ERR_RANGE, "receptor sample %zu at %g h: times must ascend within (0, %g h]", i + 1,
                           r->sample_at[i] / 3600.0, p->t_end / 3600.0);
    const struct body *b = &p->body;
    if (b->present && (!is_positive(b->V) || !is_nonneg(b->CL) || !is_nonneg(b->infusion)))
        return err_set(e, ERR_RANGE, "body: volume %g L must be > 0, clearance %g L/h and infusion %g mg/h >= 0",
                       b->V * 1e3, b->CL * 3.6e6, b->infusion * 3.6e9);
    if (b->present && b->infusion > 0.0 && !(b->infusion_end > 0.0))
        return err_set(e, ERR_RANGE, "body: infusion ends at %g h: must be > 0", b->infusion_end / 3600.0);
    return 0;
}

static int check_times(const struct problem *p, struct err *e)
{
    if (!is_positive(p->t_end))
        return err_set(e, ERR_RANGE, "duration %g h: must be > 0", p->t_end / 3600.0);
    if (!(p->remove_at > 0.0))
        return err_set(e, ERR_RANGE, "patch removal at %g h: must be > 0", p->remove_at / 3600.0);
    if (p->n_out < 1 || p->n_out > OUTPUTS_MAX)
        return err_set(e, ERR_RANGE, "%zu output times: must be 1 to %d", p->n_out, OUTPUTS_MAX);
    for (size_t i = 0; i < p->n_out; i++)
        if (!(p->t_out[i] > (i ? p->t_out[i - 1] : 0.0)) || p->t_out[i] > p->t_end * (1.0 + 1e-12))
            return err_set(e, ERR_RANGE, "output time %zu, %g h: times must ascend within (0, %g h]", i + 1,
                           p->t_out[i] / 3600.0, p->t_end / 3600.0);
    if (!(p->level >= LEVEL_MIN && p->level <= LEVEL_MAX))
        return err_set(e, ERR_RANGE, "mesh level %g: must be %g to %g", p->level, LEVEL_MIN, LEVEL_MAX);
    if (!(p->rtol >= RTOL_MIN && p->rtol <= RTOL_MAX))
        return err_set(e, ERR_RANGE, "relative tolerance %g: must be %g to %g", p->rtol, RTOL_MIN, RTOL_MAX);
    if (!is_positive(p->area))
        return err_set(e, ERR_RANGE, "patch area %g cm2: must be > 0", p->area * 1e4);
    return 0;
}

int problem_check(const struct problem *p, struct err *e)
{
    int rc = check_layers(p, e);
    if (!rc) rc = check_channel(p, e);
    if (!rc) rc = check_outside(p, e);
    if (!rc) rc = check_times(p, e);
    return rc;
}
