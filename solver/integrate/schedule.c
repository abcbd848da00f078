/* schedule.c -- what happens at known times: doses on and off, needles, occlusion, receptor samples.  Drug is conserved
 * through every switch: what leaves is counted where it goes. */
#include "solver/integrate/run.h"

static const double LN2 = 0.69314718055994530942;

bool run_reached(const struct run *r, double t) { return t <= r->t * (1.0 + SAME_TIME); }

double run_theta(const struct run *r, double t)
{
    const struct channel *c = &r->p->channel;
    if (!c->closes || !r->phase.opened || r->needles_in)
        return 1.0;
    double half_life = r->occluded ? c->half_life_occluded : c->half_life_open;
    return r->theta0 * exp(-LN2 * fmax(t - r->theta_from, 0.0) / half_life);
}

double run_top(const struct run *r, const double *quads) { return quads[QUAD_TOP] + r->q_top_jump; }
double run_drawn(const struct run *r, const double *quads) { return run_top(r, quads) + quads[QUAD_EVAPORATED]; }

double run_infinite_in(const struct run *r)
{
    bool infinite = r->phase.patch_on && r->phase.held && r->dose.kind == DONOR_INFINITE;
    return r->infinite_in + (infinite ? run_top(r, r->quads) - r->top_mark : 0.0);
}

bool run_is_saturated(const struct run *r)
{
    return r->phase.patch_on && r->phase.held && r->dose.kind == DONOR_FINITE;
}

/* Undissolved drug left, kg/m2. */
static double excess_left(const struct run *r)
{
    return run_is_saturated(r) ? fmax(0.0, r->dose.excess - (run_drawn(r, r->quads) - r->drawn_before)) : 0.0;
}

void run_leave_saturation(struct run *r)
{
    r->dose.excess = 0.0;
    r->phase.held = false;
    r->donor_a = r->dose.C0 / r->dose.K;
}

bool run_excess_is_swallowed(struct run *r, double load)
{
    double left = excess_left(r);
    if (!run_is_saturated(r) || load < left)
        return false;
    run_leave_saturation(r);
    r->donor_a += left / (r->dose.H * r->dose.K);
    return true;
}

/* ---- a dose comes and goes ---- */

/* A diffusive dose fills its own nodes; at the skin's surface it mixes with what the tissue holds there. */
static void fill_vehicle_layer(struct run *r)
{
    const struct mesh *m = &r->mesh;
    const struct problem *p = r->p;
    double a0 = r->dose.C0 / p->layer[0].K;
    for (size_t i = 0; i < m->n; i++) {
        double vehicle = m->mass[i] + (m->er ? m->mass[p->n_layers * m->n + i] : 0.0);
        double tissue = 0.0;
        if (!(vehicle > 0.0))
            continue;
        for (size_t q = 1; q < p->n_layers; q++)
            for (size_t z = q; z < m->n_zones; z += p->n_layers)
                tissue += m->mass[z * m->n + i] * (z >= p->n_layers && r->phase.opened ? p->channel.K : p->layer[q].K);
        vehicle *= p->layer[0].K;
        r->nodal[i] = (vehicle * a0 + tissue * r->nodal[i]) / (vehicle + tissue);
    }
    r->applied += p->layer[0].h * r->dose.C0;
}

static void put_on(struct run *r, size_t which)
{
    const struct donor *d = which ? &r->p->dose[which] : &r->p->donor;
    r->dose = *d;
    r->phase.patch_on = true;
    r->phase.donor = &r->dose;
    r->phase.held = !r->p->vehicle_layer && (d->kind == DONOR_INFINITE || d->excess > 0.0);
    r->donor_a = d->C0 / d->K;
    r->drawn_before = run_drawn(r, r->quads);
    r->top_mark = run_top(r, r->quads);
    if (r->p->vehicle_layer)
        fill_vehicle_layer(r);
    else if (d->kind == DONOR_FINITE)
        r->applied += d->H * d->C0 + d->excess;
}

double run_vehicle_amount(const struct run *r, const double *nodal)
{
    const struct mesh *m = &r->mesh;
    if (!r->phase.patch_on)
        return 0.0;
    if (!r->p->vehicle_layer)
        return r->dose.kind == DONOR_FINITE ? r->dose.H * r->dose.K * r->donor_a + excess_left(r) : 0.0;
    double sum = 0.0;
    for (size_t i = 0; i < m->n; i++)
        sum += (m->mass[i] + (m->er ? m->mass[r->p->n_layers * m->n + i] : 0.0)) * nodal[i];
    return sum * r->p->layer[0].K;
}

static void take_off(struct run *r, double fraction)
{
    if (!r->phase.patch_on)
        return;
    double undissolved = excess_left(r);
    r->infinite_in = run_infinite_in(r);
    r->removed += fraction * run_vehicle_amount(r, r->nodal);
    r->dose.H *= 1.0 - fraction;
    r->dose.excess = undissolved * (1.0 - fraction);
    r->drawn_before = run_drawn(r, r->quads);
    r->top_mark = run_top(r, r->quads);
    if (fraction >= 1.0)
        r->phase.patch_on = r->phase.held = false;
}

/* ---- channels ---- */

/* Bound drug of the tissue that becomes channel at a node is set free, kg/m2. */
static double released(struct run *r, size_t node)
{
    double sum = 0.0;
    for (size_t k = 0; k < r->n_bound; k++)
        if (r->place[k].node == node && r->place[k].becomes_channel) {
            sum += r->place[k].volume * r->bound[k];
            r->bound[k] = 0.0;
        }
    return sum;
}

/* Tissue becomes channel with its drug kept node by node:  a = (sum old capacity) a / (sum new capacity). */
static void open_channels(struct run *r)
{
    const struct mesh *m = &r->mesh;
    const struct problem *p = r->p;
    if (p->channel.fill == CHANNEL_NONE)
        return;
    for (size_t i = 0; i < m->n && !r->phase.opened; i++) {
        double before = 0.0, after = 0.0, before_m = 0.0, after_m = 0.0;
        for (size_t q = p->vehicle_layer ? 1 : 0; q < m->n_zones; q++) {
            const struct layer *l = &p->layer[q % p->n_layers];
            double v = m->mass[q * m->n + i];
            bool becomes = q >= p->n_layers;
            before += v * l->K;
            after += v * (becomes ? p->channel.K : l->K);
            before_m += v * l->K_metabolite;
            after_m += v * (becomes ? p->channel.K_metabolite : l->K_metabolite);
        }
        if (after > 0.0)
            r->nodal[i] = (before * r->nodal[i] + released(r, i)) / after;
        if (after_m > 0.0)
            r->nodal_m[i] *= before_m / after_m;
    }
    r->phase.opened = true;
    r->theta0 = p->channel.closes ? p->channel.elastic : 1.0;
    r->theta_from = r->t;
}

/* Takes the needles' solid drug out of the channels. */
static void unload(struct run *r)
{
    for (size_t k = 0; k < r->n_bound; k++)
        if (r->place[k].is_solid) {
            r->undelivered += r->place[k].volume * r->bound[k];
            r->bound[k] = 0.0;
        }
    r->phase.loaded = false;
}

/* New needles, with their dose: the share of it that is buried, as a solid in the channels. */
static void load(struct run *r)
{
    const struct needle_dose *n = &r->p->needles;
    if (n->law == RELEASE_NONE)
        return;
    unload(r);
    for (size_t k = 0; k < r->n_bound; k++)
        if (r->place[k].is_solid)
            r->bound[k] = r->place[k].load;
    r->applied += n->buried + n->outside;
    r->undelivered += n->outside;
    r->phase.loaded = true;
    r->phase.loaded_at = r->t;
    r->needles_in = n->withdrawn;
}

static void withdraw(struct run *r)
{
    unload(r);
    r->needles_in = false;
    r->theta0 = r->p->channel.closes ? r->p->channel.elastic : 1.0;
    r->theta_from = r->t;
}

static void cover(struct run *r, bool occluded)
{
    r->theta0 = run_theta(r, r->t);
    r->theta_from = r->t;
    r->occluded = occluded;
}

/* ---- the schedule ---- */

void run_start(struct run *r)
{
    r->occluded = r->p->occluded_at_start;
    r->phase.infusing = r->p->body.infusion > 0.0;
    r->theta0 = 1.0;
    if (r->p->n_events == 0) {
        open_channels(r);
        put_on(r, 0);
    } else {
        run_apply_events(r);
    }
}

double run_next_event(const struct run *r)
{
    const struct problem *p = r->p;
    double t = p->t_end;
    if (p->n_events == 0 && !run_reached(r, p->remove_at)) t = fmin(t, p->remove_at);
    if (r->next_event < p->n_events) t = fmin(t, p->event[r->next_event].at);
    if (p->body.infusion > 0.0 && !run_reached(r, p->body.infusion_end)) t = fmin(t, p->body.infusion_end);
    if (r->next_sample < p->receptor.n_samples) t = fmin(t, p->receptor.sample_at[r->next_sample]);
    return t;
}

static void apply_event(struct run *r, const struct event *v)
{
    switch (v->kind) {
    case EVENT_APPLY:   put_on(r, v->which); break;
    case EVENT_REMOVE:  take_off(r, v->fraction); break;
    case EVENT_NEEDLES: open_channels(r); load(r); break;
    case EVENT_WITHDRAW: withdraw(r); break;
    case EVENT_OCCLUDE: cover(r, true); break;
    case EVENT_UNCOVER: cover(r, false); break;
    }
}

/* A sample's volume is replaced by blank medium; tissue at the face keeps its drug.  One collapsed unknown holds both,
 * so the receptor alone is diluted here and mixed with the face again when the next segment gathers it. */
static void take_sample(struct run *r)
{
    const struct receptor *rec = &r->p->receptor;
    double taken = rec->sample_fraction * rec->H * rec->K * r->receptor_a;
    r->lab_taken += taken;
    r->sampled += taken;
    r->sampled_m += rec->sample_fraction * rec->H * rec->K * r->receptor_m;
    r->receptor_a *= 1.0 - rec->sample_fraction;
    r->receptor_m *= 1.0 - rec->sample_fraction;
    r->next_sample++;
}

void run_apply_events(struct run *r)
{
    const struct problem *p = r->p;
    if (p->n_events == 0 && r->phase.patch_on && run_reached(r, p->remove_at))
        take_off(r, 1.0);
    while (r->next_event < p->n_events && run_reached(r, p->event[r->next_event].at))
        apply_event(r, &p->event[r->next_event++]);
    if (run_reached(r, p->body.infusion_end))
        r->phase.infusing = false;
    while (r->next_sample < p->receptor.n_samples && run_reached(r, p->receptor.sample_at[r->next_sample]))
        take_sample(r);
}
