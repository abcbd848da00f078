/* output.c -- one row of results from the state, and the solution that holds the rows. */
#include <stdlib.h>
#include <string.h>
#include "solver/integrate/run.h"

/* Free drug in the skin by layer and in the channels; the diffusive vehicle is not skin. */
static double sum_amounts(const struct run *r, const double *nodal, double *row)
{
    double tissue = 0.0;
    row[COL_CHANNEL] = 0.0;
    for (size_t q = 0; q < r->mesh.n_zones; q++) {
        size_t layer = q % r->p->n_layers;
        if (r->p->vehicle_layer && layer == 0)
            continue;
        double amount = zone_amount(&r->sys, false, q, nodal);
        bool channel = q >= r->p->n_layers && r->sys.phase.opened;
        row[channel ? COL_CHANNEL : COL_LAYER0 + layer] += amount;
        tissue += amount;
    }
    return tissue;
}

static double metabolite_in_skin(const struct run *r)
{
    double sum = 0.0;
    for (size_t q = 0; r->p->metabolite && q < r->mesh.n_zones; q++)
        sum += zone_amount(&r->sys, true, q, r->nodal_m);
    return sum;
}

static void write_receptor(struct run *r, const double *rate, double *row)
{
    const struct receptor *rec = &r->p->receptor;
    if (rec->kind != RECEPTOR_FRANZ) {
        row[COL_J_BOTTOM] = rate[QUAD_BOTTOM];
        row[COL_Q_BOTTOM] = r->quads[QUAD_BOTTOM];
        return;
    }
    row[COL_RECEPTOR_CONC] = rec->K * r->y[r->sys.drug.receptor_dof];
    row[COL_RECEPTOR] = rec->H * row[COL_RECEPTOR_CONC];
    row[COL_SAMPLED] = r->sampled + r->quads[QUAD_FLOW];
    row[COL_J_BOTTOM] = rec->H * rec->K * r->dydt[r->sys.drug.receptor_dof] + rate[QUAD_FLOW];
    row[COL_Q_BOTTOM] = row[COL_RECEPTOR] + row[COL_SAMPLED];
    row[COL_LAB_Q] = row[COL_RECEPTOR] + r->lab_taken;
}

/* Rate of a diffusive vehicle's amount, from the nodal rates. */
static double vehicle_layer_rate(const struct run *r)
{
    const struct mesh *m = &r->mesh;
    double sum = 0.0;
    for (size_t i = 0; i < m->n; i++)
        if (r->sys.drug.node_dof[i] >= 0)
            sum += (m->mass[i] + (m->er ? m->mass[r->p->n_layers * m->n + i] : 0.0)) * r->dydt[r->sys.drug.node_dof[i]];
    return sum * r->p->layer[0].K;
}

static void write_donor(struct run *r, const double *rate, double *row)
{
    const struct core *c = &r->sys.drug;
    if (c->donor_dof >= 0)
        r->donor_a = r->y[c->donor_dof];
    row[COL_VEHICLE] = run_vehicle_amount(r, r->nodal);
    row[COL_REMOVED] = r->removed;
    row[COL_EVAPORATED] = r->quads[QUAD_EVAPORATED];
    row[COL_APPLIED] = r->applied;
    row[COL_UNDELIVERED] = r->undelivered + solid_amount(&r->sys, r->y + r->sys.at_bound);
    row[COL_Q_TOP] = run_infinite_in(r) + r->applied - row[COL_VEHICLE] - row[COL_REMOVED] - row[COL_EVAPORATED] -
                     row[COL_UNDELIVERED];
    row[COL_J_TOP] = !r->phase.patch_on ? 0.0
                     : r->phase.held
                         ? rate[QUAD_TOP]
                         : (r->p->vehicle_layer ? -vehicle_layer_rate(r) : -c->donor_capacity * r->dydt[c->donor_dof]) -
                               rate[QUAD_EVAPORATED];
    row[COL_J_TOP] -= solid_rate_of_all(&r->sys, r->y);
}

static void write_body(struct run *r, double *row)
{
    const struct system *s = &r->sys;
    const double *c = r->y + s->at_border;
    if (!s->nb)
        return;
    row[COL_PLASMA] = c[0];
    if (s->border[BORDER_SECOND] >= 0)
        row[COL_SECOND] = c[s->border[BORDER_SECOND]];
    if (s->border[BORDER_METABOLITE] >= 0)
        row[COL_M_PLASMA] = c[s->border[BORDER_METABOLITE]];
    row[COL_EXCRETED] = r->quads[QUAD_EXCRETED];
    row[COL_M_EXCRETED] = r->quads[QUAD_M_EXCRETED];
    r->infused = r->p->body.infusion * fmin(r->t, r->p->body.infusion_end);
}

static void write_metabolite(struct run *r, double *row)
{
    row[COL_METABOLISED] = r->quads[QUAD_METABOLISED];
    if (!r->p->metabolite)
        return;
    core_scatter(&r->sys, &r->sys.met, r->y + r->sys.at_met, r->nodal_m);
    row[COL_M_SKIN] = metabolite_in_skin(r);
    row[COL_M_CLEARED] = r->quads[QUAD_M_CLEARED];
    row[COL_M_BOTTOM] = r->quads[QUAD_M_BOTTOM];
    if (r->sys.met.receptor_dof >= 0)
        row[COL_M_BOTTOM] +=
            r->p->receptor.H * r->p->receptor.K * r->y[r->sys.at_met + (size_t)r->sys.met.receptor_dof] + r->sampled_m +
            r->quads[QUAD_M_FLOW];
}

/* ---- balance ---- */

static double off(double in, double out, double scale) { return scale > 0.0 ? fabs(in - out) / scale : fabs(in - out); }

/* |in - out| / in over skin, over the body and over the metabolite: the worst of the three (E15). */
static double balance(const struct run *r, double tissue, const double *row)
{
    const struct problem *p = r->p;
    if (p->source || p->source_metabolite)
        return 0.0; /* a manufactured solution makes drug of nothing */
    double in = run_infinite_in(r) + r->applied;
    double out = tissue + row[COL_BOUND] + row[COL_Q_BOTTOM] + row[COL_Q_CLEARED] + row[COL_METABOLISED] +
                 row[COL_VEHICLE] + row[COL_REMOVED] + row[COL_EVAPORATED] + row[COL_UNDELIVERED];
    double back = p->body.feedback > 0.0 ? r->infused / p->area : 0.0; /* blood may bring drug into the skin */
    double worst = off(in, out, in + back);
    if (p->body.present) {
        double body_in = p->area * row[COL_Q_CLEARED] + r->infused;
        double body_out = p->body.V * row[COL_PLASMA] + p->body.V2 * row[COL_SECOND] + row[COL_EXCRETED];
        worst = fmax(worst, off(body_in, body_out, fmax(body_in, p->area * in)));
    }
    if (p->metabolite) {
        double made = p->metabolite_yield * row[COL_METABOLISED];
        worst =
            fmax(worst, off(made, row[COL_M_SKIN] + row[COL_M_BOTTOM] + row[COL_M_CLEARED], p->metabolite_yield * in));
    }
    return worst;
}

/* ---- rows ---- */

static void write_profiles(const struct run *r, const double *nodal, double *axis, double *mean, double *edge)
{
    mesh_row_mean(&r->mesh, nodal, mean);
    for (size_t iz = 0; iz < r->mesh.nz; iz++) {
        axis[iz] = nodal[mesh_at(&r->mesh, iz, 0)];
        edge[iz] = nodal[mesh_at(&r->mesh, iz, r->mesh.nr - 1)];
    }
}

void run_write_output(struct run *r, struct solution *out, size_t k)
{
    double *row = out->value + k * COLS_MAX, rate[QUADS_MAX];
    system_set_theta(&r->sys, run_theta(r, r->t));
    system_rhs(&r->sys, r->t, r->y, r->dydt);
    system_rates(&r->sys, r->y, rate);
    core_scatter(&r->sys, &r->sys.drug, r->y, r->nodal);
    double tissue = sum_amounts(r, r->nodal, row);
    row[COL_BOUND] = bound_amount(&r->sys, r->y + r->sys.at_bound);
    row[COL_J_CLEARED] = rate[QUAD_CLEARED];
    row[COL_Q_CLEARED] = r->quads[QUAD_CLEARED];
    row[COL_THETA] = r->phase.opened && r->p->channel.fill != CHANNEL_NONE ? run_theta(r, r->t) : 0.0;
    write_donor(r, rate, row);
    write_receptor(r, rate, row);
    write_body(r, row);
    write_metabolite(r, row);
    row[COL_BALANCE] = balance(r, tissue, row);
    out->worst_balance = fmax(out->worst_balance, row[COL_BALANCE]);
    double scale = run_activity_scale(r->p);
    for (size_t i = 0; i < r->mesh.n; i++)
        out->lowest = fmin(out->lowest, r->nodal[i] / scale);
    write_profiles(r, r->nodal, out->axis + k * out->nz, out->mean + k * out->nz, out->edge + k * out->nz);
    if (out->field)
        memcpy(out->field + k * out->nz * out->nr, r->nodal + r->mesh.first, out->nz * out->nr * sizeof(double));
}

void run_write_steady(struct run *r, struct solution *out, const double *core)
{
    double rate[QUADS_MAX];
    core_scatter(&r->sys, &r->sys.drug, core, r->nodal);
    sum_amounts(r, r->nodal, out->steady);
    memcpy(r->dydt, core, r->sys.drug.n * sizeof *core);
    system_rates(&r->sys, r->dydt, rate);
    out->steady[COL_J_TOP] = rate[QUAD_TOP];
    out->steady[COL_J_BOTTOM] = rate[QUAD_BOTTOM];
    out->steady[COL_J_CLEARED] = rate[QUAD_CLEARED];
    write_profiles(r, r->nodal, out->steady_axis, out->steady_mean, out->steady_edge);
}

/* ---- the solution ---- */

static int allocate_fields(struct solution *out, const struct run *r)
{
    size_t n = r->mesh.nz * r->mesh.nr;
    out->field = calloc(out->n_out * n, sizeof(double));
    out->field_r = calloc(n, sizeof(double));
    out->field_z = calloc(n, sizeof(double));
    if (!out->field || !out->field_r || !out->field_z)
        return ERR_NOMEM;
    memcpy(out->field_r, r->mesh.r + r->mesh.first, n * sizeof(double));
    memcpy(out->field_z, r->mesh.node_z + r->mesh.first, n * sizeof(double));
    return 0;
}

int solution_allocate(struct solution *out, const struct run *r)
{
    size_t k = r->p->n_out;
    out->n_out = k;
    out->n_layers = r->p->n_layers;
    out->n_cols = COL_LAYER0 + out->n_layers;
    out->nz = r->mesh.nz;
    out->nr = r->mesh.nr;
    out->unknowns = r->mesh.n;
    out->elements_down = r->mesh.ez;
    out->elements_across = r->mesh.er;
    double **rows[] = {&out->axis, &out->mean, &out->edge},
           **steady[] = {&out->steady_axis, &out->steady_mean, &out->steady_edge};
    out->t = calloc(k, sizeof(double));
    out->value = calloc(k * COLS_MAX, sizeof(double));
    out->z = calloc(out->nz, sizeof(double));
    bool ok = out->t && out->value && out->z;
    for (size_t i = 0; i < 3; i++) {
        *rows[i] = calloc(k * out->nz, sizeof(double));
        *steady[i] = calloc(out->nz, sizeof(double));
        ok = ok && *rows[i] && *steady[i];
    }
    if (!ok)
        return ERR_NOMEM;
    memcpy(out->t, r->p->t_out, k * sizeof(double));
    memcpy(out->z, r->mesh.z, out->nz * sizeof(double));
    return r->p->keep_fields ? allocate_fields(out, r) : 0;
}

void solution_release(struct solution *s)
{
    double *all[] = {s->t,    s->value,       s->space_error, s->time_error,  s->z,     s->axis,    s->mean,
                     s->edge, s->steady_axis, s->steady_mean, s->steady_edge, s->field, s->field_r, s->field_z};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    *s = (struct solution){0};
}

double solution_profile(const struct solution *s, const double *profile, double z)
{
    if (!(z >= 0.0 && z <= s->z[s->nz - 1]))
        return NAN;
    size_t i = 0; /* first node of the element */
    while (i + 4 < s->nz && z > s->z[i + 2])
        i += 2;
    double x = 2.0 * (z - s->z[i]) / (s->z[i + 2] - s->z[i]) - 1.0;
    return 0.5 * x * (x - 1.0) * profile[i] + (1.0 - x * x) * profile[i + 1] + 0.5 * x * (x + 1.0) * profile[i + 2];
}
