/* system.c -- see system.h. */
#include <stdlib.h>
#include <string.h>
#include "base/math/vector.h"
#include "solver/system/core.h"
#include "solver/system/solid.h"

/* ---- laws at the sites ---- */

static const struct layer *layer_at(const struct system *s, const struct site *k) { return &s->p->layer[k->layer]; }

/* Binding rate k_on C (B_max - b) - k_off b, kg/(m3 s). */
static double binding_rate(const struct layer *l, double a, double b)
{
    return l->binding.k_on * l->K * a * (l->binding.B_max - b) - l->binding.k_off * b;
}

/* Saturable turnover V_max C/(K_m + C); odd in C, so that a small undershoot is not a source. */
static double saturable_rate(const struct layer *l, double a)
{
    double C = l->K * a;
    return l->metabolism.V_max > 0.0 ? l->metabolism.V_max * C / (l->metabolism.K_m + fabs(C)) : 0.0;
}

static double saturable_slope(const struct layer *l, double a)
{
    double below = l->metabolism.K_m + fabs(l->K * a);
    return l->metabolism.V_max > 0.0 ? l->metabolism.V_max * l->metabolism.K_m * l->K / (below * below) : 0.0;
}

static bool has_site(const struct system *s, const struct layer *l)
{
    return l->binding.B_max > 0.0 || l->metabolism.V_max > 0.0 || (s->p->metabolite && l->metabolism.k > 0.0);
}

static double site_activity(const struct system *s, const struct site *k, const double *y)
{
    return k->dof >= 0 ? y[k->dof] : k->dof == NODE_DONOR ? s->drug.donor_a : 0.0;
}

static double site_bound(const struct system *s, const struct site *k, const double *y)
{
    return k->bound >= 0 ? y[s->at_bound + (size_t)k->bound] : 0.0;
}

/* What binds, or falls out as a solid, at a site, kg/(m3 s). */
static double site_rate(const struct system *s, const struct site *k, double a, double b)
{
    if (k->is_solid) return solid_rate(s, k, a, b);
    return k->bound >= 0 && k->is_active ? binding_rate(layer_at(s, k), a, b) : 0.0;
}

/* Nodes of every zone whose layer has laws, and of every channel zone when the needles hold drug. */
static int make_sites(struct system *s)
{
    const struct mesh *m = s->m;
    for (int pass = 0; pass < 2; pass++) {
        size_t n = 0, bound = 0;
        for (size_t q = 0; q < m->n_zones; q++) {
            const struct layer *l = &s->p->layer[q % s->p->n_layers];
            bool binds = l->binding.B_max > 0.0, active = q < s->p->n_layers || !s->phase.opened;
            for (size_t i = 0; has_site(s, l) && i < m->n; i++) {
                double v = m->mass[q * m->n + i];
                if (!(v > 0.0))
                    continue;
                if (pass)
                    s->site[n] = (struct site){.node = i,
                                               .layer = q % s->p->n_layers,
                                               .is_channel = q >= s->p->n_layers,
                                               .is_active = active,
                                               .volume = v,
                                               .dof = s->drug.node_dof[i],
                                               .bound = binds ? (int)bound : -1,
                                               .dof_m = s->p->metabolite ? s->met.node_dof[i] : NODE_VOID};
                n++;
                bound += binds;
            }
            for (size_t i = 0; has_solid(s, q) && i < m->n; i++) {
                double v = m->mass[q * m->n + i];
                if (!(v > 0.0))
                    continue;
                if (pass)
                    s->site[n] = solid_site(s, q, i, (int)bound);
                n++;
                bound++;
            }
        }
        s->n_sites = n;
        s->n_bound = bound;
        if (!pass && n && !(s->site = calloc(n, sizeof *s->site)))
            return ERR_NOMEM;
    }
    solid_loads(s);
    return 0;
}

void system_linearise(struct system *s, const double *y)
{
    for (size_t i = 0; i < s->n_sites; i++) {
        struct site *k = &s->site[i];
        const struct layer *l = layer_at(s, k);
        double a = site_activity(s, k, y), b = site_bound(s, k, y);
        bool binds = k->bound >= 0 && k->is_active && !k->is_solid;
        k->rho_a = k->is_active ? saturable_slope(l, a) : 0.0;
        k->r_a = binds ? l->binding.k_on * l->K * (l->binding.B_max - b) : 0.0;
        k->r_b = binds ? -l->binding.k_on * l->K * a - l->binding.k_off : 0.0;
        if (k->is_solid) solid_linearise(s, k, a, b);
    }
}

/* ---- border ---- */

static void make_border(struct system *s)
{
    const struct body *b = &s->p->body;
    size_t n = 0;
    for (size_t i = 0; i < BORDER_MAX; i++)
        s->border[i] = -1;
    if (!b->present)
        return;
    s->border[BORDER_PLASMA] = (int)n++;
    if (b->V2 > 0.0)
        s->border[BORDER_SECOND] = (int)n++;
    if (b->V_m > 0.0)
        s->border[BORDER_METABOLITE] = (int)n++;
    s->nb = n;
    s->V[0] = b->V;
    s->H[0] = b->CL;
    s->g[0] = s->phase.infusing ? b->infusion : 0.0;
    if (s->border[BORDER_SECOND] >= 0) {
        size_t k = (size_t)s->border[BORDER_SECOND];
        s->V[k] = b->V2;
        s->H[0] += b->CL_d;
        s->H[k] = s->H[k * n] = -b->CL_d;
        s->H[k * n + k] = b->CL_d;
    }
    if (s->border[BORDER_METABOLITE] >= 0) {
        size_t k = (size_t)s->border[BORDER_METABOLITE];
        s->V[k] = b->V_m;
        s->H[k * n] = -b->f_m * b->CL;
        s->H[k * n + k] = b->CL_m;
    }
}

/* ---- life cycle ---- */

int system_build(struct system *s, const struct problem *p, const struct mesh *m, struct phase phase, struct err *e)
{
    *s = (struct system){.p = p, .m = m, .phase = phase};
    int rc = core_build(&s->drug, s, false);
    if (!rc && p->metabolite)
        rc = core_build(&s->met, s, true);
    if (!rc)
        rc = make_sites(s);
    if (!rc && !(s->times = malloc((s->drug.n + s->met.n + 1) * sizeof *s->times)))
        rc = ERR_NOMEM;
    if (rc) {
        system_release(s);
        return err_set(e, ERR_NOMEM, "out of memory for %zu unknowns", m->n);
    }
    make_border(s);
    s->at_bound = s->drug.n;
    s->at_met = s->at_bound + s->n_bound;
    s->at_border = s->at_met + s->met.n;
    s->size = s->at_border + s->nb;
    return 0;
}

void system_release(struct system *s)
{
    core_release(&s->drug);
    core_release(&s->met);
    free(s->site);
    free(s->times);
    *s = (struct system){0};
}

void system_set_theta(struct system *s, double theta)
{
    core_set_theta(&s->drug, theta);
    if (s->met.n)
        core_set_theta(&s->met, theta);
}

double bound_amount(const struct system *s, const double *bound)
{
    double sum = 0.0;
    for (size_t i = 0; i < s->n_sites; i++)
        if (s->site[i].bound >= 0 && !s->site[i].is_solid)
            sum += s->site[i].volume * bound[s->site[i].bound];
    return sum;
}

double solid_amount(const struct system *s, const double *bound)
{
    double sum = 0.0;
    for (size_t i = 0; i < s->n_sites; i++)
        if (s->site[i].is_solid)
            sum += s->site[i].volume * bound[s->site[i].bound];
    return sum;
}

double solid_rate_of_all(const struct system *s, const double *y)
{
    double sum = 0.0;
    for (size_t i = 0; i < s->n_sites; i++) {
        const struct site *k = &s->site[i];
        if (k->is_solid)
            sum += k->volume * solid_rate(s, k, site_activity(s, k, y), site_bound(s, k, y));
    }
    return sum;
}

/* ---- evaluation ---- */

static double feedback(const struct system *s, const double *y)
{
    return s->nb ? s->p->body.feedback * y[s->at_border] : 0.0;
}

double clearing_free(const struct system *s)
{
    double sum = 0.0;
    for (size_t d = 0; d < s->drug.n; d++)
        sum += s->drug.flux[QUAD_CLEARED * s->drug.n + d];
    return sum;
}

double clearing_fixed(const struct system *s)
{
    return s->drug.donor_a > 0.0 ? s->drug.flux0[QUAD_CLEARED] / s->drug.donor_a : 0.0;
}

static void core_rates(const struct core *c, const double *a, double *rate, bool constant)
{
    for (size_t q = 0; q < CORE_QUADS; q++) {
        size_t from = c->flux_from[q];
        rate[q] = constant ? c->flux0[q] : 0.0;
        if (c->has_flux[q])
            rate[q] += vector_dot(c->flux_to[q] - from, c->flux + q * c->n + from, a + from);
    }
}

double site_first_order(const struct system *s, const struct site *k, double a)
{
    return k->is_active ? layer_at(s, k)->metabolism.k * layer_at(s, k)->K * a : 0.0;
}

static void add_source(const struct system *s, const struct core *c,
                       double (*source)(const void *, double, double, double), double t, double *out)
{
    for (size_t i = 0; source && i < s->m->n; i++) {
        double v = 0.0;
        for (size_t q = 0; q < s->m->n_zones; q++)
            v += s->m->mass[q * s->m->n + i];
        if (c->node_dof[i] >= 0)
            out[c->node_dof[i]] += v * source(s->p->source_arg, t, s->m->r[i], s->m->node_z[i]);
    }
}

static void add_laws(const struct system *s, const double *y, double *core, double *dydt, double *met)
{
    for (size_t i = 0; i < s->n_sites; i++) {
        const struct site *k = &s->site[i];
        const struct layer *l = layer_at(s, k);
        double a = site_activity(s, k, y), rho = k->is_active ? saturable_rate(l, a) : 0.0;
        double r = site_rate(s, k, a, site_bound(s, k, y));
        if (k->bound >= 0)
            dydt[s->at_bound + (size_t)k->bound] = r;
        if (k->dof >= 0)
            core[k->dof] -= k->volume * (r + rho);
        if (k->dof_m >= 0)
            met[k->dof_m] += s->p->metabolite_yield * k->volume * (rho + site_first_order(s, k, a));
    }
}

/* area J_cleared - ... of every border state; out must hold nb. */
static void border_rhs(const struct system *s, const double *y, double *out)
{
    const double *c = y + s->at_border;
    double rate[QUADS_MAX];
    system_rates(s, y, rate);
    for (size_t k = 0; k < s->nb; k++) {
        double sum = s->g[k];
        for (size_t l = 0; l < s->nb; l++)
            sum -= s->H[k * s->nb + l] * c[l];
        if (k == 0)
            sum += s->p->area * rate[QUAD_CLEARED];
        if ((int)k == s->border[BORDER_METABOLITE])
            sum += s->p->area * rate[QUAD_M_CLEARED];
        out[k] = sum / s->V[k];
    }
}

void system_rhs(struct system *s, double t, const double *y, double *dydt)
{
    const struct core *c = &s->drug, *m = &s->met;
    double *met = dydt + s->at_met, back = feedback(s, y);
    s->t = t;
    core_times(c, y, s->times);
    vector_axpby(c->n, 1.0, c->f, -1.0, s->times, dydt);
    if (back > 0.0)
        vector_add(c->n, back, c->flux + QUAD_CLEARED * c->n, dydt);
    if (m->n) {
        core_times(m, y + s->at_met, s->times);
        for (size_t d = 0; d < m->n; d++)
            met[d] = m->f[d] - s->times[d];
        add_source(s, m, s->p->source_metabolite, t, met);
    }
    add_source(s, c, s->p->source, t, dydt);
    add_laws(s, y, dydt, dydt, met);
    vector_divide(c->n, c->M, dydt);
    for (size_t d = 0; d < m->n; d++)
        met[d] /= m->M[d];
    if (s->nb)
        border_rhs(s, y, dydt + s->at_border);
}

/* What sites on dropped nodes take from the donor or leave to the sink. */
static void add_site_rates(const struct system *s, const double *y, double *rate)
{
    for (size_t i = 0; i < s->n_sites; i++) {
        const struct site *k = &s->site[i];
        const struct layer *l = layer_at(s, k);
        double a = site_activity(s, k, y), rho = k->is_active ? k->volume * saturable_rate(l, a) : 0.0;
        double r = k->volume * site_rate(s, k, a, site_bound(s, k, y));
        rate[QUAD_METABOLISED] += rho;
        if (k->dof == NODE_DONOR)
            rate[QUAD_TOP] += r + rho;
        if (k->dof == NODE_SINK)
            rate[QUAD_BOTTOM] -= r;
        if (k->dof_m == NODE_SINK)
            rate[QUAD_M_BOTTOM] += s->p->metabolite_yield * (rho + k->volume * site_first_order(s, k, a));
    }
}

static void met_rates(const struct system *s, const double *y, double *rate, bool constant)
{
    double m[CORE_QUADS] = {0};
    if (s->met.n)
        core_rates(&s->met, y + s->at_met, m, constant);
    rate[QUAD_M_BOTTOM] = m[QUAD_BOTTOM];
    rate[QUAD_M_CLEARED] = m[QUAD_CLEARED];
    rate[QUAD_M_FLOW] = m[QUAD_FLOW];
}

static void body_rates(const struct system *s, const double *y, double *rate)
{
    const struct body *b = &s->p->body;
    int m = s->border[BORDER_METABOLITE];
    double back = feedback(s, y);
    rate[QUAD_EXCRETED] = s->nb ? b->CL * y[s->at_border] : 0.0;
    rate[QUAD_M_EXCRETED] = s->nb && m >= 0 ? b->CL_m * y[s->at_border + (size_t)m] : 0.0;
    if (back > 0.0 || back < 0.0) {
        rate[QUAD_CLEARED] -= back * (clearing_free(s) + clearing_fixed(s));
        rate[QUAD_TOP] -= back * clearing_fixed(s);
    }
}

void system_rates(const struct system *s, const double *y, double *rate)
{
    core_rates(&s->drug, y, rate, true);
    met_rates(s, y, rate, true);
    add_site_rates(s, y, rate);
    body_rates(s, y, rate);
}

void system_rates_times(const struct system *s, const double *x, double *rate)
{
    core_rates(&s->drug, x, rate, false);
    met_rates(s, x, rate, false);
    for (size_t i = 0; i < s->n_sites; i++) {
        const struct site *k = &s->site[i];
        double xa = k->dof >= 0 ? x[k->dof] : 0.0, xb = site_bound(s, k, x);
        rate[QUAD_METABOLISED] += k->volume * k->rho_a * xa;
        if (k->dof == NODE_DONOR)
            rate[QUAD_TOP] += k->volume * k->r_b * xb;
        if (k->dof == NODE_SINK)
            rate[QUAD_BOTTOM] -= k->volume * k->r_b * xb;
        if (k->dof_m == NODE_SINK)
            rate[QUAD_M_BOTTOM] += s->p->metabolite_yield * k->volume * (k->rho_a * xa + site_first_order(s, k, xa));
    }
    body_rates(s, x, rate);
}
