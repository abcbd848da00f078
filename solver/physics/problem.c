/* problem.c -- see problem.h. */
#include "solver/physics/problem.h"

static const double PI = 3.14159265358979323846;

void problem_init(struct problem *p)
{
    *p = (struct problem){.level = 1.0, .rtol = 1e-5, .remove_at = INFINITY, .cell_radius = 1.0, .area = 1e-4};
    p->donor = (struct donor){.kind = DONOR_INFINITE, .C0 = 1.0, .K = 1.0};
    p->receptor = (struct receptor){.kind = RECEPTOR_SINK, .K = 1.0};
    p->metabolite_yield = 1.0;
}

double skin_thickness(const struct problem *p)
{
    double h = 0.0;
    for (size_t i = 0; i < p->n_layers; i++)
        h += p->layer[i].h;
    return h;
}

double skin_surface(const struct problem *p)
{
    return p->vehicle_layer ? p->layer[0].h : 0.0;
}

double bullet_radius(const struct channel *c, double from_tip)
{
    double u = fmax(0.0, 1.0 - from_tip / c->nose);
    return c->r_tip + (c->r_shaft - c->r_tip) * (1.0 - u * u);
}

double channel_radius(const struct channel *c, double z)
{
    if (c->nose > 0.0 && z > 0.0 && z < c->depth)
        return bullet_radius(c, c->depth - z);
    return z <= 0.0 ? c->r_surface : z >= c->depth ? c->r_tip : c->r_surface + (c->r_tip - c->r_surface) * z / c->depth;
}

double channel_slope(const struct channel *c, double z)
{
    if (c->nose > 0.0 && z > 0.0 && z < c->depth)
        return -2.0 * (c->r_shaft - c->r_tip) * fmax(0.0, 1.0 - (c->depth - z) / c->nose) / c->nose;
    return z <= 0.0 || z >= c->depth ? 0.0 : (c->r_tip - c->r_surface) / c->depth;
}

double problem_channel_volume(const struct problem *p)
{
    enum { PARTS = 400 };
    double volume = 0.0, dz = p->channel.depth / PARTS;
    for (int i = 0; i < PARTS; i++) {
        double w = channel_radius(&p->channel, (i + 0.5) * dz) / p->cell_radius;
        volume += w * w * dz;
    }
    return volume;
}

double needle_load(const struct problem *p)
{
    return p->needles.law == RELEASE_NONE ? 0.0 : p->needles.buried / problem_channel_volume(p);
}

double problem_activity(const struct problem *p)
{
    double scale = p->donor.C0 / p->donor.K;
    if (p->needles.law != RELEASE_NONE)
        scale = fmax(scale, fmin(needle_load(p), p->needles.solubility) / p->channel.K);
    for (size_t i = 1; i <= p->n_doses; i++)
        scale = fmax(scale, p->dose[i].C0 / p->dose[i].K);
    return scale > 0.0 ? scale : 1.0;
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

static int check_laws(const struct problem *p, const struct layer *l, struct err *e)
{
    const struct binding *b = &l->binding;
    const struct metabolism *m = &l->metabolism;
    if (!is_nonneg(b->B_max) || (b->B_max > 0.0 && (!is_positive(b->k_on) || !is_positive(b->k_off))))
        return err_set(
            e, ERR_RANGE,
            "skin layer '%s': binding B_max %g kg/m3, k_on %g m3/(kg s), k_off %g 1/s: B_max must be >= 0 and both "
            "rates > 0",
            l->name, b->B_max, b->k_on, b->k_off);
    if (!is_nonneg(m->k) || !is_nonneg(m->V_max) || (m->V_max > 0.0 && !is_positive(m->K_m)))
        return err_set(
            e, ERR_RANGE,
            "skin layer '%s': metabolism k %g 1/s, V_max %g kg/(m3 s), K_m %g kg/m3: must be >= 0, and K_m > 0",
            l->name, m->k, m->V_max, m->K_m);
    bool is_vehicle = p->vehicle_layer && l == &p->layer[0];
    if (p->metabolite && !is_vehicle &&
        (!is_positive(l->D_metabolite) || !is_positive(l->K_metabolite) || !is_nonneg(l->clearance_metabolite)))
        return err_set(e, ERR_RANGE,
                       "skin layer '%s': metabolite D %g m2/s, K %g must be > 0 and clearance %g 1/s >= 0", l->name,
                       l->D_metabolite, l->K_metabolite, l->clearance_metabolite);
    return 0;
}

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
        int rc = check_laws(p, l, e);
        if (rc)
            return rc;
    }
    if (p->vehicle_layer && (p->n_layers < 2 || p->layer[0].binding.B_max > 0.0 || p->layer[0].metabolism.k > 0.0 ||
                             p->layer[0].metabolism.V_max > 0.0 || p->layer[0].clearance > 0.0))
        return err_set(e, ERR_RANGE,
                       "a diffusive vehicle needs skin below it, and neither binds, metabolises nor clears");
    return 0;
}

struct channel problem_channel(const struct problem *p, size_t i)
{
    struct channel c = p->channel;
    if (i < p->n_cells) {
        c.depth = p->cell[i].depth;
        c.r_surface = p->cell[i].r_surface;
        c.r_tip = p->cell[i].r_tip;
    }
    return c;
}

static int check_channel(const struct problem *p, const struct channel *c, struct err *e)
{
    double H = skin_thickness(p) - skin_surface(p);
    if (!is_positive(c->depth))
        return err_set(e, ERR_RANGE, "channel depth %g um: must be > 0", c->depth * 1e6);
    if (c->depth < CHANNEL_DEPTH_MIN)
        return err_set(e, ERR_RANGE, "channel depth %g um: must be at least %g um", c->depth * 1e6,
                       CHANNEL_DEPTH_MIN * 1e6);
    if (c->depth > H * (1.0 + 1e-12)) {
        err_set(e, ERR_RANGE, "channel depth %g um: must be at most the skin's thickness of %g um", c->depth * 1e6,
                H * 1e6);
        err_hint(e, "a channel that pierces the sample short-circuits the diffusion cell; use thicker skin or a "
                    "shorter needle");
        return ERR_RANGE;
    }
    if (c->fill == CHANNEL_STIRRED && c->depth > H * (1.0 - 1e-9) && p->receptor.kind != RECEPTOR_CLOSED)
        return err_set(e, ERR_RANGE, "channel depth %g um reaches the receptor: must be less than %g um",
                       c->depth * 1e6, H * 1e6);
    if (!is_positive(c->r_surface) || !is_positive(c->r_tip))
        return err_set(e, ERR_RANGE, "channel radius %g um at the surface, %g um at the tip: both must be > 0",
                       c->r_surface * 1e6, c->r_tip * 1e6);
    if (fmin(c->r_tip, c->r_surface) < CHANNEL_TIP_MIN)
        return err_set(e, ERR_RANGE, "channel radius %g um: must be at least %g um", fmin(c->r_tip, c->r_surface) * 1e6,
                       CHANNEL_TIP_MIN * 1e6);
    if (c->nose != 0.0 && (!is_positive(c->nose) || !(c->r_shaft >= c->r_tip) ||
                           fabs(bullet_radius(c, c->depth) - c->r_surface) > 1e-9 * c->r_shaft))
        return err_set(e, ERR_RANGE,
                       "channel with a nose of %g um on a shaft of %g um radius: the radius at the surface, %g um, "
                       "does not lie on it",
                       c->nose * 1e6, c->r_shaft * 1e6, c->r_surface * 1e6);
    if (!is_positive(c->D) || !is_positive(c->K))
        return err_set(e, ERR_RANGE, "channel D %g m2/s, K %g: both must be > 0", c->D, c->K);
    if (c->D > D_MAX)
        return err_set(e, ERR_RANGE, "channel D %g m2/s: must be at most %g m2/s", c->D, D_MAX);
    if (p->metabolite && (!is_positive(c->D_metabolite) || !is_positive(c->K_metabolite)))
        return err_set(e, ERR_RANGE, "channel: metabolite D %g m2/s, K %g: both must be > 0", c->D_metabolite,
                       c->K_metabolite);
    if (c->fill == CHANNEL_STIRRED && (c->closes || p->vehicle_layer)) {
        err_set(e, ERR_RANGE, "a stirred channel is part of the donor: it cannot %s",
                c->closes ? "close" : "stand under a diffusive vehicle");
        err_hint(e, "use fill: diffusing");
        return ERR_RANGE;
    }
    if (c->closes && (!(c->elastic > 0.0 && c->elastic <= 1.0) || !is_positive(c->half_life_open) ||
                      !is_positive(c->half_life_occluded)))
        return err_set(e, ERR_RANGE, "closure: elastic share %g must be in (0, 1], half-lives %g h and %g h > 0",
                       c->elastic, c->half_life_open / 3600.0, c->half_life_occluded / 3600.0);
    double widest = fmax(c->r_surface, c->r_tip), b = p->cell_radius;
    if (!is_positive(b))
        return err_set(e, ERR_RANGE, "unit cell radius %g um: must be > 0", b * 1e6);
    if (b > LAYER_MAX)
        return err_set(e, ERR_RANGE, "unit cell radius %g um: must be at most %g um", b * 1e6, LAYER_MAX * 1e6);
    if (widest >= 0.98 * b) {
        double n = 1.0 / (PI * b * b), most = 0.98 * 0.98 / (PI * widest * widest);
        err_set(e, ERR_RANGE, "channels overlap: radius %g um at %g needles/cm2 leaves a cell radius of %g um",
                widest * 1e6, n * 1e-4, b * 1e6);
        err_hint(e, "with this radius the density must be below %.4g needles/cm2", most * 1e-4);
        return ERR_RANGE;
    }
    return 0;
}

static int check_body(const struct body *b, struct err *e)
{
    if (!b->present)
        return 0;
    if (!is_positive(b->V) || !is_nonneg(b->CL) || !is_nonneg(b->infusion))
        return err_set(e, ERR_RANGE, "body: volume %g L must be > 0, clearance %g L/h and infusion %g mg/h >= 0",
                       b->V * 1e3, b->CL * 3.6e6, b->infusion * 3.6e9);
    if (b->infusion > 0.0 && !(b->infusion_end > 0.0))
        return err_set(e, ERR_RANGE, "body: infusion ends at %g h: must be > 0", b->infusion_end / 3600.0);
    if (!is_nonneg(b->V2) || !is_nonneg(b->CL_d) || !is_nonneg(b->feedback))
        return err_set(e, ERR_RANGE,
                       "body: second volume %g L, distribution clearance %g L/h and feedback %g must be >= 0",
                       b->V2 * 1e3, b->CL_d * 3.6e6, b->feedback);
    if (!is_nonneg(b->V_m) || !is_nonneg(b->CL_m) || !(b->f_m >= 0.0 && b->f_m <= 1.0))
        return err_set(e, ERR_RANGE,
                       "body: metabolite volume %g L and clearance %g L/h must be >= 0, its fraction %g in [0, 1]",
                       b->V_m * 1e3, b->CL_m * 3.6e6, b->f_m);
    return 0;
}

static int check_dose(const struct problem *p, size_t which, struct err *e)
{
    const struct donor *d = which ? &p->dose[which] : &p->donor;
    if (!is_nonneg(d->C0) || !is_positive(d->K))
        return err_set(e, ERR_RANGE, "vehicle: concentration %g kg/m3 must be >= 0 and K %g > 0", d->C0, d->K);
    if (d->kind == DONOR_FINITE && !p->vehicle_layer && !is_positive(d->H))
        return err_set(e, ERR_RANGE, "vehicle thickness %g um: must be > 0", d->H * 1e6);
    if (!is_nonneg(d->excess) || !is_nonneg(d->evaporation))
        return err_set(e, ERR_RANGE, "vehicle: undissolved drug %g kg/m2 and evaporation %g m/s: both must be >= 0",
                       d->excess, d->evaporation);
    if (d->kind == DONOR_INFINITE && (d->excess > 0.0 || d->evaporation > 0.0 || p->vehicle_layer))
        return err_set(e, ERR_RANGE,
                       "vehicle: an infinite dose has no undissolved excess, evaporation or diffusion of its own");
    if (p->vehicle_layer && d->excess > 0.0)
        return err_set(e, ERR_RANGE, "vehicle: undissolved excess needs a well-mixed vehicle");
    return 0;
}

static int check_needles(const struct problem *p, struct err *e)
{
    const struct needle_dose *n = &p->needles;
    if (n->law == RELEASE_NONE)
        return 0;
    if (p->channel.fill != CHANNEL_DIFFUSING)
        return err_set(e, ERR_RANGE, "dose in needles: needs channels that diffuse, to dissolve into");
    if (!is_positive(n->buried) || !is_nonneg(n->outside) || !is_positive(n->loaded))
        return err_set(e, ERR_RANGE,
                       "dose in needles: %g ug/cm2 buried and %g um loaded must be > 0, %g ug/cm2 outside >= 0",
                       n->buried * 1e5, n->loaded * 1e6, n->outside * 1e5);
    if (!is_positive(n->rate) || !(n->solubility > 0.0) || (n->law == RELEASE_MATRIX && !is_positive(n->gone_after)))
        return err_set(e, ERR_RANGE,
                       "dose in needles: rate %g 1/s, solubility %g mg/mL and time to dissolve %g s: each must be > 0",
                       n->rate, n->solubility, n->gone_after);
    return p->n_events ? 0 : err_set(e, ERR_RANGE, "dose in needles: comes with an event, and there are none");
}

static int check_outside(const struct problem *p, struct err *e)
{
    if (p->n_doses >= DOSES_MAX)
        return err_set(e, ERR_RANGE, "%zu doses: at most %d", p->n_doses + 1, DOSES_MAX);
    for (size_t i = 0; i <= p->n_doses; i++) {
        int rc = check_dose(p, i, e);
        if (rc)
            return rc;
    }
    const struct receptor *r = &p->receptor;
    if (r->kind == RECEPTOR_FRANZ && (!is_positive(r->H) || !is_nonneg(r->q) || !is_positive(r->K)))
        return err_set(e, ERR_RANGE, "receptor: volume/area %g mm must be > 0, flow/area %g m/s >= 0, K %g > 0",
                       r->H * 1e3, r->q, r->K);
    if (r->n_samples > SAMPLES_MAX)
        return err_set(e, ERR_RANGE, "%zu receptor samples: at most %d", r->n_samples, SAMPLES_MAX);
    if (r->n_samples && (r->kind != RECEPTOR_FRANZ || !(r->sample_fraction >= 0.0 && r->sample_fraction < 1.0)))
        return err_set(e, ERR_RANGE,
                       "receptor samples of %g of the volume: need a Franz receptor and 0 <= fraction < 1",
                       r->sample_fraction);
    for (size_t i = 0; i < r->n_samples; i++)
        if (!(r->sample_at[i] > (i ? r->sample_at[i - 1] : 0.0)) || r->sample_at[i] > p->t_end)
            return err_set(e, ERR_RANGE, "receptor sample %zu at %g h: times must ascend within (0, %g h]", i + 1,
                           r->sample_at[i] / 3600.0, p->t_end / 3600.0);
    return check_body(&p->body, e);
}

/* The schedule as it would run: what is on, and whether the channels are there. */
static int check_events(const struct problem *p, struct err *e)
{
    bool on = false;
    if (p->n_events > EVENTS_MAX)
        return err_set(e, ERR_RANGE, "%zu events: at most %d", p->n_events, EVENTS_MAX);
    for (size_t i = 0; i < p->n_events; i++) {
        const struct event *v = &p->event[i];
        double h = v->at / 3600.0;
        if (!is_nonneg(v->at) || v->at > p->t_end || (i && v->at < p->event[i - 1].at))
            return err_set(e, ERR_RANGE, "event %zu at %g h: times must not descend and lie within [0, %g h]", i + 1, h,
                           p->t_end / 3600.0);
        if (v->kind == EVENT_APPLY && (on || v->which > p->n_doses))
            return err_set(e, ERR_RANGE, "event %zu at %g h: %s", i + 1, h,
                           on ? "a dose is applied while another is on the skin" : "no such dose");
        if (v->kind == EVENT_REMOVE && (!on || !(v->fraction > 0.0 && v->fraction <= 1.0)))
            return err_set(e, ERR_RANGE, "event %zu at %g h: %s", i + 1, h,
                           on ? "the fraction removed must be in (0, 1]" : "nothing is on the skin to remove");
        if (v->kind == EVENT_NEEDLES && p->channel.fill == CHANNEL_NONE)
            return err_set(e, ERR_RANGE, "event %zu at %g h: needles, but the study has none", i + 1, h);
        if (v->kind == EVENT_WITHDRAW && !p->needles.withdrawn)
            return err_set(e, ERR_RANGE, "event %zu at %g h: no needles stay in to be withdrawn", i + 1, h);
        bool whole = v->fraction >= 1.0 || p->vehicle_layer;
        const struct donor *d = p->n_doses ? NULL : &p->donor;
        if (v->kind == EVENT_REMOVE && !whole && d && d->kind == DONOR_INFINITE)
            return err_set(e, ERR_RANGE, "event %zu at %g h: part of an infinite dose cannot be removed", i + 1, h);
        on = v->kind == EVENT_APPLY ? true : v->kind == EVENT_REMOVE && whole ? false : on;
    }
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

static int check_channels(const struct problem *p, struct err *e)
{
    double sum = 0.0;
    int rc = 0;
    if (p->channel.fill == CHANNEL_NONE && !p->n_cells)
        return 0;
    if (p->channel.fill == CHANNEL_NONE || p->n_cells > CELLS_MAX || (p->n_cells && p->needles.law != RELEASE_NONE))
        return err_set(e, ERR_RANGE, "%zu depths: must be at most %d, of channels that bring no dose of their own",
                       p->n_cells, CELLS_MAX);
    for (size_t i = 0; !rc && i < (p->n_cells ? p->n_cells : 1); i++) {
        struct channel c = problem_channel(p, i);
        sum += p->n_cells ? p->cell[i].share : 1.0;
        rc = check_channel(p, &c, e);
        if (!rc && p->n_cells && !is_positive(p->cell[i].share))
            rc = err_set(e, ERR_RANGE, "share %g of the needles: must be > 0", p->cell[i].share);
    }
    if (!rc && !(fabs(sum - 1.0) <= 1e-9))
        rc = err_set(e, ERR_RANGE, "shares of the needles sum to %.12g: must sum to 1", sum);
    return rc;
}

int problem_check(const struct problem *p, struct err *e)
{
    int rc = check_layers(p, e);
    if (!rc) rc = check_channels(p, e);
    if (!rc) rc = check_outside(p, e);
    if (!rc) rc = check_needles(p, e);
    if (!rc) rc = check_times(p, e);
    if (!rc) rc = check_events(p, e);
    return rc;
}
