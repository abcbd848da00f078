/* simulate.c -- see simulate.h. */
#include <stdlib.h>
#include <string.h>
#include "solver/integrate/factor.h"
#include "solver/integrate/simulate.h"
#include "solver/system/system.h"

#define ATOL_SHARE 1e-2 /* atol = this x rtol x activity scale: the time error is then about 4e-6 at rtol 1e-5 */

struct run {
    const struct problem *p;
    struct mesh mesh;
    struct system sys;
    struct factor *factor;
    struct integrator *it;
    struct phase phase;
    double t;
    double *nodal;               /* mesh.n */
    double *y, *dydt, *atol, *emphasis; /* mesh.n + BORDER_MAX */
    double quads[QUADS_MAX];
    double donor_a, receptor_a, plasma; /* of the phases outside the skin */
    double q_top_jump;           /* load of the faces at a donor step, kg/m2 */
    double removed, sampled, infused;
    double lab_taken;            /* sum of sample readings x sample volume / area */
    size_t next_out, next_sample;
};

/* ---- callbacks of the integrator ---- */

static int on_rhs(void *self, double t, const double *y, double *dydt)
{
    (void)t;
    system_rhs(&((struct run *)self)->sys, y, dydt);
    return 0;
}

static int on_quad(void *self, double t, const double *y, double *rate)
{
    (void)t;
    system_flux(&((struct run *)self)->sys, y, rate);
    return 0;
}

static int on_quad_times(void *self, const double *x, double *rate)
{
    const struct system *s = &((struct run *)self)->sys;
    system_flux(s, x, rate);
    for (size_t q = 0; q < QUADS_MAX; q++)
        rate[q] -= s->flux0[q];
    return 0;
}

static int on_setup(void *self, double gamma)
{
    return factor_set(((struct run *)self)->factor, 1.0, gamma) ? -1 : 0;
}

static int on_solve(void *self, double gamma, double *v)
{
    return factor_newton(((struct run *)self)->factor, gamma, v) ? -1 : 0;
}

/* ---- one segment ---- */

/* The scale of each unknown: the donor's activity; for plasma what a tenth of the steady input would reach. */
static void set_tolerances(struct run *r)
{
    const struct problem *p = r->p;
    double scale = p->donor.C0 / p->donor.K;
    if (!(scale > 0.0))
        scale = 1.0;
    double alone = sqrt((double)(r->sys.n + r->sys.nb)); /* undoes the dilution by the mean over all unknowns */
    for (size_t d = 0; d < r->sys.n; d++) {
        r->atol[d] = ATOL_SHARE * p->rtol * scale;
        r->emphasis[d] = (int)d == r->sys.donor_dof || (int)d == r->sys.receptor_dof ? alone : 1.0;
    }
    if (r->sys.nb) {
        r->emphasis[r->sys.n] = alone;
        double in = p->area * scale * skin_permeability(p) + p->body.infusion;
        double peak = in * p->t_end / (p->body.V + p->body.CL * p->t_end);
        r->atol[r->sys.n] = ATOL_SHARE * p->rtol * (peak > 0.0 ? peak : 1.0);
    }
}

/* Drug that jumps into dropped donor nodes when the donor touches them. */
static double donor_step(const struct run *r)
{
    double load = 0.0;
    for (size_t i = 0; i < r->mesh.n; i++)
        if (r->sys.node_dof[i] == NODE_DONOR)
            for (size_t q = 0; q < r->mesh.n_zones; q++)
                load += zone_K(r->p, q) * r->mesh.mass[q * r->mesh.n + i] * (r->sys.donor_a - r->nodal[i]);
    return load;
}

static int open_segment(struct run *r, double t_stop, struct err *e)
{
    int rc = system_build(&r->sys, r->p, &r->mesh, r->phase, e);
    if (!rc)
        rc = factor_new(&r->factor, &r->sys, e);
    if (rc)
        return rc;
    r->q_top_jump += donor_step(r);
    system_gather(&r->sys, r->nodal, r->donor_a, r->receptor_a, r->y);
    if (r->sys.nb)
        r->y[r->sys.n] = r->plasma;
    set_tolerances(r);
    struct ode ode = {r->sys.n + r->sys.nb, QUADS_MAX, r, r->emphasis, on_rhs, on_quad, on_quad_times, on_setup, on_solve};
    return integrator_new(&r->it, &ode, r->t, r->y, r->quads, r->p->rtol, r->atol, t_stop, e);
}

static void close_segment(struct run *r, struct solution *out)
{
    if (r->it)
        integrator_stats(r->it, &out->stats);
    if (r->factor && out->entries < factor_entries(r->factor))
        out->entries = factor_entries(r->factor);
    integrator_free(r->it);
    factor_free(r->factor);
    system_release(&r->sys);
    r->it = NULL;
    r->factor = NULL;
}

/* Leaves nodal values and outside phases as they are at the end of the segment. */
static void keep_state(struct run *r)
{
    system_scatter(&r->sys, r->y, r->nodal);
    if (r->sys.donor_dof >= 0)
        r->donor_a = r->y[r->sys.donor_dof];
    if (r->sys.receptor_dof >= 0)
        r->receptor_a = r->y[r->sys.receptor_dof];
    if (r->sys.nb)
        r->plasma = r->y[r->sys.n];
}

static int explain(struct run *r, size_t worst, struct err *e)
{
    for (size_t i = 0; worst < r->sys.n && i < r->mesh.n; i++)
        if (r->sys.node_dof[i] == (int)worst) {
            double z = r->mesh.z[i / r->mesh.nr], end = 0.0;
            size_t l = 0;
            while (l + 1 < r->p->n_layers && z > (end += r->p->layer[l].h))
                l++;
            err_at(e, "largest error in '%s' at %.1f um depth", r->p->layer[l].name, z * 1e6);
            break;
        }
    return ERR_NUMERIC;
}

/* ---- outputs ---- */

static double sum_amounts(struct run *r, double *row)
{
    double tissue = 0.0;
    row[COL_CHANNEL] = 0.0;
    for (size_t q = 0; q < r->mesh.n_zones; q++) {
        double amount = zone_amount(r->p, &r->mesh, q, r->nodal);
        row[q < r->p->n_layers ? COL_LAYER0 + q : COL_CHANNEL] += amount;
        tissue += amount;
    }
    return tissue;
}

static void write_receptor(struct run *r, const double *rate, double *row)
{
    const struct receptor *rec = &r->p->receptor;
    if (rec->kind != RECEPTOR_FRANZ) {
        row[COL_J_BOTTOM] = rate[QUAD_BOTTOM];
        row[COL_Q_BOTTOM] = r->quads[QUAD_BOTTOM];
        return;
    }
    row[COL_RECEPTOR_CONC] = r->y[r->sys.receptor_dof];
    row[COL_RECEPTOR] = rec->H * row[COL_RECEPTOR_CONC];
    row[COL_SAMPLED] = r->sampled + r->quads[QUAD_FLOW];
    row[COL_J_BOTTOM] = rec->H * r->dydt[r->sys.receptor_dof] + rate[QUAD_FLOW];
    row[COL_Q_BOTTOM] = row[COL_RECEPTOR] + row[COL_SAMPLED];
    row[COL_LAB_Q] = row[COL_RECEPTOR] + r->lab_taken;
}

static void write_donor(struct run *r, const double *rate, double *row)
{
    const struct donor *d = &r->p->donor;
    if (d->kind == DONOR_INFINITE) {
        row[COL_J_TOP] = rate[QUAD_TOP];
        row[COL_Q_TOP] = r->quads[QUAD_TOP] + r->q_top_jump;
        return;
    }
    bool on = r->sys.donor_dof >= 0;
    row[COL_VEHICLE] = on ? r->sys.donor_capacity * r->y[r->sys.donor_dof] : 0.0;
    row[COL_REMOVED] = r->removed;
    row[COL_J_TOP] = on ? -r->sys.donor_capacity * r->dydt[r->sys.donor_dof] : 0.0;
    row[COL_Q_TOP] = d->H * d->C0 - row[COL_VEHICLE] - row[COL_REMOVED];
}

/* |in - out| / in over skin and body; 0 when nothing went in. */
static double balance(const struct run *r, double tissue, const double *row)
{
    const struct problem *p = r->p;
    double in = p->donor.kind == DONOR_FINITE ? p->donor.H * p->donor.C0 : row[COL_Q_TOP];
    double out = tissue + row[COL_Q_BOTTOM] + row[COL_Q_CLEARED] + row[COL_VEHICLE] + row[COL_REMOVED];
    double off = in > 0.0 ? fabs(in - out) / in : fabs(in - out);
    if (p->body.present) {
        double body_in = p->area * row[COL_Q_CLEARED] + r->infused, body_out = p->body.V * row[COL_PLASMA] + row[COL_EXCRETED];
        double whole = fmax(body_in, p->area * in);
        if (whole > 0.0)
            off = fmax(off, fabs(body_in - body_out) / whole);
    }
    return off;
}

static void write_profiles(struct run *r, const double *nodal, double *axis, double *mean, double *edge)
{
    mesh_row_mean(&r->mesh, nodal, mean);
    for (size_t iz = 0; iz < r->mesh.nz; iz++) {
        axis[iz] = nodal[mesh_at(&r->mesh, iz, 0)];
        edge[iz] = nodal[mesh_at(&r->mesh, iz, r->mesh.nr - 1)];
    }
}

static void write_output(struct run *r, struct solution *out, size_t k)
{
    double *row = out->value + k * COLS_MAX, rate[QUADS_MAX];
    system_rhs(&r->sys, r->y, r->dydt);
    system_flux(&r->sys, r->y, rate);
    system_scatter(&r->sys, r->y, r->nodal);
    double tissue = sum_amounts(r, row);
    row[COL_J_CLEARED] = rate[QUAD_CLEARED];
    row[COL_Q_CLEARED] = r->quads[QUAD_CLEARED];
    write_donor(r, rate, row);
    write_receptor(r, rate, row);
    if (r->sys.nb)
        row[COL_PLASMA] = r->y[r->sys.n];
    row[COL_EXCRETED] = r->quads[QUAD_EXCRETED];
    r->infused = r->p->body.infusion * fmin(r->t, r->p->body.infusion_end);
    row[COL_BALANCE] = balance(r, tissue, row);
    out->worst_balance = fmax(out->worst_balance, row[COL_BALANCE]);
    double scale = r->sys.donor_a > 0.0 ? r->sys.donor_a : 1.0;
    for (size_t i = 0; i < r->mesh.n; i++)
        out->lowest = fmin(out->lowest, r->nodal[i] / scale);
    write_profiles(r, r->nodal, out->axis + k * out->nz, out->mean + k * out->nz, out->edge + k * out->nz);
}

/* ---- events ---- */

/* Times read from units and summed from steps differ in their last digits: an event or an output this close is now. */
#define SAME_TIME 1e-12

static bool reached(const struct run *r, double t) { return t <= r->t * (1.0 + SAME_TIME); }

static double next_event(const struct run *r)
{
    const struct problem *p = r->p;
    double t = p->t_end;
    if (!reached(r, p->remove_at)) t = fmin(t, p->remove_at);
    if (p->body.infusion > 0.0 && !reached(r, p->body.infusion_end)) t = fmin(t, p->body.infusion_end);
    if (r->next_sample < p->receptor.n_samples) t = fmin(t, p->receptor.sample_at[r->next_sample]);
    return t;
}

static void apply_events(struct run *r)
{
    const struct problem *p = r->p;
    if (r->phase.patch_on && reached(r, p->remove_at)) {
        r->phase.patch_on = false;
        if (p->donor.kind == DONOR_FINITE)
            r->removed += p->donor.H * p->donor.K * r->donor_a;
    }
    if (reached(r, p->body.infusion_end))
        r->phase.infusing = false;
    while (r->next_sample < p->receptor.n_samples && reached(r, p->receptor.sample_at[r->next_sample])) {
        /* The sampled volume is replaced by blank medium; tissue at the face keeps its drug.  One collapsed unknown holds
         * both, so the receptor alone is diluted and then mixed with the face again when the next segment gathers it. */
        double taken = p->receptor.sample_fraction * p->receptor.H * r->receptor_a;
        r->lab_taken += taken;
        r->sampled += taken;
        r->receptor_a *= 1.0 - p->receptor.sample_fraction;
        r->next_sample++;
    }
}

static int run_segment(struct run *r, struct solution *out, struct err *e)
{
    const struct problem *p = r->p;
    double stop = next_event(r);
    int rc = open_segment(r, stop, e);
    while (!rc && r->t < stop) {
        double t = r->next_out < p->n_out ? fmin(stop, p->t_out[r->next_out]) : stop;
        size_t worst;
        rc = integrator_to(r->it, t, r->y, r->quads, &worst, e);
        if (rc) {
            explain(r, worst, e);
            break;
        }
        r->t = t;
        while (r->next_out < p->n_out && reached(r, p->t_out[r->next_out]))
            write_output(r, out, r->next_out++);
    }
    if (!rc)
        keep_state(r);
    close_segment(r, out);
    return rc;
}

/* ---- steady state ---- */

static double delivered(const struct system *s, const double *core, bool with_constant)
{
    double rate[QUADS_MAX];
    system_flux(s, core, rate);
    double J = rate[QUAD_BOTTOM] + rate[QUAD_CLEARED];
    return with_constant ? J : J - s->flux0[QUAD_BOTTOM] - s->flux0[QUAD_CLEARED];
}

static void write_steady(struct run *r, struct solution *out, double *core)
{
    double rate[QUADS_MAX];
    system_scatter(&r->sys, core, r->nodal);
    sum_amounts(r, out->steady);
    system_flux(&r->sys, core, rate);
    out->steady[COL_J_TOP] = rate[QUAD_TOP];
    out->steady[COL_J_BOTTOM] = rate[QUAD_BOTTOM];
    out->steady[COL_J_CLEARED] = rate[QUAD_CLEARED];
    write_profiles(r, r->nodal, out->steady_axis, out->steady_mean, out->steady_edge);
}

/* A a_ss = f;  Q(t) -> J_ss (t - lag) with lag = J[A^-1 M (a_ss - a_0)] / J_ss, a_0 = 0 at the free nodes.     (E8) */
static int solve_steady(struct run *r, struct solution *out, struct err *e)
{
    struct problem still = *r->p;
    out->J_ss = out->lag = out->permeability = NAN;
    if (still.donor.kind != DONOR_INFINITE || !(still.donor.C0 > 0.0))
        return 0;
    still.body.present = false; /* the body is fed one way: it does not change the skin */
    int rc = system_build(&r->sys, &still, &r->mesh, (struct phase){.patch_on = true, .steady_sink = true}, e);
    if (!rc)
        rc = factor_new(&r->factor, &r->sys, e);
    if (!rc && factor_set(r->factor, 0.0, 1.0) == 0) { /* a singular A: no drug can leave, so no steady flux */
        memcpy(r->y, r->sys.f, r->sys.n * sizeof *r->y);
        rc = factor_solve(r->factor, r->y);
        memcpy(r->dydt, r->y, r->sys.n * sizeof *r->y);
        for (size_t d = 0; d < r->sys.n; d++)
            r->dydt[d] *= r->sys.M[d];
        if (!rc)
            rc = factor_solve(r->factor, r->dydt);
        double J = delivered(&r->sys, r->y, true);
        if (!rc && J > 0.0) {
            out->J_ss = J;
            out->lag = delivered(&r->sys, r->dydt, false) / J;
            out->permeability = J / still.donor.C0;
            write_steady(r, out, r->y);
        }
    }
    factor_free(r->factor);
    r->factor = NULL;
    system_release(&r->sys);
    memset(r->nodal, 0, r->mesh.n * sizeof *r->nodal);
    return rc;
}

/* ---- the whole ---- */

static int allocate(struct run *r, struct solution *out)
{
    size_t n = r->mesh.n + BORDER_MAX, k = r->p->n_out;
    r->nodal = calloc(n, sizeof(double));
    r->y = calloc(n, sizeof(double));
    r->dydt = calloc(n, sizeof(double));
    r->atol = calloc(n, sizeof(double));
    r->emphasis = calloc(n, sizeof(double));
    out->n_out = k;
    out->n_layers = r->p->n_layers;
    out->n_cols = COL_LAYER0 + out->n_layers;
    out->nz = r->mesh.nz;
    out->unknowns = r->mesh.n;
    out->elements_down = r->mesh.ez;
    out->elements_across = r->mesh.er;
    out->t = calloc(k, sizeof(double));
    out->value = calloc(k * COLS_MAX, sizeof(double));
    out->z = calloc(out->nz, sizeof(double));
    double **profiles[] = {&out->axis, &out->mean, &out->edge}, **steady[] = {&out->steady_axis, &out->steady_mean, &out->steady_edge};
    bool ok = r->nodal && r->y && r->dydt && r->atol && r->emphasis && out->t && out->value && out->z;
    for (size_t i = 0; i < 3; i++) {
        *profiles[i] = calloc(k * out->nz, sizeof(double));
        *steady[i] = calloc(out->nz, sizeof(double));
        ok = ok && *profiles[i] && *steady[i];
    }
    if (!ok)
        return ERR_NOMEM;
    memcpy(out->t, r->p->t_out, k * sizeof(double));
    memcpy(out->z, r->mesh.z, out->nz * sizeof(double));
    return 0;
}

static int run_all(struct run *r, struct solution *out, struct err *e)
{
    int rc = solve_steady(r, out, e);
    r->phase = (struct phase){.patch_on = true, .infusing = r->p->body.infusion > 0.0};
    r->donor_a = r->p->donor.C0 / r->p->donor.K;
    while (!rc && !reached(r, r->p->t_end)) {
        rc = run_segment(r, out, e);
        apply_events(r);
    }
    if (!rc && !(out->worst_balance <= BALANCE_BAND)) {
        rc = err_set(e, ERR_NUMERIC, "drug balance is off by %.2g of the drug that went in: must be within %g", out->worst_balance,
                     BALANCE_BAND);
        err_hint(e, "tighten numerics/rtol; if that does not help, this is a defect of the program: please report the study");
    }
    return rc;
}

int simulate(const struct problem *p, struct solution *out, struct err *e)
{
    *out = (struct solution){0};
    int rc = problem_check(p, e);
    if (rc)
        return rc;
    struct run r = {.p = p};
    rc = mesh_build(&r.mesh, p, e);
    if (!rc && allocate(&r, out))
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu outputs of %zu unknowns", p->n_out, r.mesh.n);
    if (!rc)
        rc = run_all(&r, out, e);
    mesh_release(&r.mesh);
    free(r.nodal);
    free(r.y);
    free(r.dydt);
    free(r.atol);
    free(r.emphasis);
    if (rc)
        solution_release(out);
    return rc;
}

#define ROUNDING 1e-12
#define WINDOW 4.0  /* times within this factor share the largest relative difference: a difference may cross zero in time */
#define TIME_SAFETY 3.0 /* BDF errors at rtol and rtol/10 are not nested: measured up to 3.4 times their difference */
#define COARSEST_SAFETY 2.0 /* |Q(s) - Q(s/2)| misses the error that s/2 has left */
#define COMMON 0.1  /* no quantity is taken to be more than ten times as accurate as the uptake */

static double relative_difference(const struct solution *a, const struct solution *b, size_t k, size_t c)
{
    double x = a->value[k * COLS_MAX + c], y = b->value[k * COLS_MAX + c];
    return x == y ? 0.0 : fabs(x - y) / fmax(fabs(x), fabs(y));
}

/* |a - b|, or the largest relative difference of the same quantity within WINDOW of its time, or COMMON times that of the
 * uptake there, whichever is more. */
static double *difference(const struct solution *a, const struct solution *b, double safety)
{
    double *d = calloc(a->n_out * COLS_MAX, sizeof *d);
    for (size_t i = 0; d && i < a->n_out * COLS_MAX; i++) {
        size_t k = i / COLS_MAX, c = i % COLS_MAX;
        double relative = ROUNDING;
        for (size_t j = 0; j < a->n_out; j++) {
            if (!(a->t[j] <= WINDOW * a->t[k] && a->t[k] <= WINDOW * a->t[j]))
                continue;
            relative = fmax(relative, COMMON * relative_difference(a, b, j, COL_Q_TOP));
            if (fabs(a->value[j * COLS_MAX + c]) > 1e-3 * fabs(a->value[i]))
                relative = fmax(relative, relative_difference(a, b, j, c));
        }
        d[i] = safety * fmax(fabs(a->value[i] - b->value[i]), relative * fabs(a->value[i]));
    }
    return d;
}

int simulate_with_error(const struct problem *p, struct solution *out, struct err *e)
{
    struct problem coarse = *p, tight;
    bool coarsest = 2.0 * p->level > LEVEL_MAX, tightest = 0.1 * p->rtol < RTOL_MIN;
    coarse.level = p->level * (coarsest ? 0.5 : 2.0); /* at the end of a range the neighbour on the other side serves */
    tight = coarse;
    tight.rtol = p->rtol * (tightest ? 10.0 : 0.1);
    struct solution c = {0}, f = {0};
    int rc = simulate(p, out, e);
    if (!rc) rc = simulate(&coarse, &c, e);
    if (!rc) rc = simulate(&tight, &f, e);
    if (!rc) {
        out->space_error = difference(out, &c, coarsest ? COARSEST_SAFETY : 1.0);
        out->time_error = difference(&c, &f, TIME_SAFETY);
        out->J_ss_error = fabs(out->J_ss - c.J_ss);
        out->lag_error = fabs(out->lag - c.lag);
        if (!out->space_error || !out->time_error)
            rc = err_set(e, ERR_NOMEM, "out of memory for the error estimate");
    }
    solution_release(&c);
    solution_release(&f);
    if (rc)
        solution_release(out);
    return rc;
}

void solution_release(struct solution *s)
{
    double *all[] = {s->t, s->value, s->space_error, s->time_error, s->z, s->axis, s->mean, s->edge, s->steady_axis, s->steady_mean,
                     s->steady_edge};
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
