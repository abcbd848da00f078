/* simulate.c -- see simulate.h.  What happens inside one segment; the schedule is schedule.c, the outputs output.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solver/integrate/lanczos.h"
#include "solver/integrate/run.h"

#define SPLITS_MAX   4    /* of a segment that one basis does not span */
#define SINGLE_SPLIT 0.1  /* of a segment without outputs inside: where a second basis takes over */
#define ATOL_SHARE 1e-2 /* atol = this x rtol x activity scale: the time error is then about 4e-6 at rtol 1e-5 */

/* ---- callbacks of the integrator ---- */

static void at_time(struct run *r, double t)
{
    system_set_theta(&r->sys, run_theta(r, t));
    r->sys.t = t;
}

static int on_rhs(void *self, double t, const double *y, double *dydt)
{
    struct run *r = self;
    at_time(r, t);
    system_rhs(&r->sys, t, y, dydt);
    return 0;
}

static int on_quad(void *self, double t, const double *y, double *rate)
{
    struct run *r = self;
    at_time(r, t);
    system_rates(&r->sys, y, rate);
    return 0;
}

static int on_quad_times(void *self, const double *x, double *rate)
{
    system_rates_times(&((struct run *)self)->sys, x, rate);
    return 0;
}

static int on_setup(void *self, double t, const double *y, double gamma)
{
    struct run *r = self;
    at_time(r, t);
    system_linearise(&r->sys, y);
    return factor_set(r->factor, gamma) ? -1 : 0;
}

static int on_solve(void *self, double t, double gamma, double *v)
{
    struct run *r = self;
    at_time(r, t);
    return factor_newton(r->factor, gamma, v) ? -1 : 0;
}

/* Undissolved drug still there: a saturated vehicle leaves saturation when it crosses zero. */
static int on_root(void *self, double t, const double *y, const double *q, double *g)
{
    const struct run *r = self;
    (void)t; (void)y;
    *g = r->dose.excess - (run_drawn(r, q) - r->drawn_before);
    return 0;
}

/* ---- one segment ---- */

double run_activity_scale(const struct problem *p) { return problem_activity(p); }

static void set_range(double *at, size_t from, size_t n, double value)
{
    for (size_t i = from; i < from + n; i++)
        at[i] = value;
}

#define LEAST_LEFT 1e-6 /* of the dose's activity: less drug than this is not looked at more closely */

/* What no activity of the segment exceeds: where diffusion alone feeds them they fall from where they start, and a
 * vehicle that is nearly empty would be lost in the tolerance of the full one. */
static double largest_activity(const struct run *r, double of_doses)
{
    const struct system *s = &r->sys;
    double now = r->phase.held ? s->drug.donor_a : 0.0;
    for (size_t d = 0; d < s->drug.n; d++)
        now = fmax(now, fabs(r->y[d]));
    bool is_fed = s->n_bound || r->p->source || r->p->body.feedback > 0.0;
    return is_fed || !(now > 0.0) ? of_doses : fmin(of_doses, fmax(now, LEAST_LEFT * of_doses));
}

/* Scales: the largest activity in the core; the sites' capacity for bound drug; for plasma what the intact skin's flux
 * over the study would reach.  Single unknowns weigh as much as the whole field. */
static void set_tolerances(struct run *r)
{
    const struct problem *p = r->p;
    const struct system *s = &r->sys;
    double scale = run_activity_scale(p), share = ATOL_SHARE * p->rtol, alone = sqrt((double)s->size);
    set_range(r->emphasis, 0, s->size, 1.0);
    set_range(r->atol, 0, s->drug.n, share * largest_activity(r, scale));
    set_range(r->atol, s->at_met, s->met.n, share * scale * p->metabolite_yield);
    for (size_t i = 0; i < s->n_sites; i++)
        if (s->site[i].bound >= 0) {
            const struct layer *l = &p->layer[s->site[i].layer];
            if (s->site[i].is_solid) {
                r->atol[s->at_bound + (size_t)s->site[i].bound] = share * fmax(s->site[i].load, p->channel.K * scale);
                continue;
            }
            double Kd = l->binding.k_off / l->binding.k_on, C = l->K * scale;
            r->atol[s->at_bound + (size_t)s->site[i].bound] = share * l->binding.B_max * C / (Kd + C);
        }
    if (s->drug.donor_dof >= 0)
        r->emphasis[s->drug.donor_dof] = alone;
    if (s->drug.receptor_dof >= 0)
        r->emphasis[s->drug.receptor_dof] = alone;
    double in = p->area * scale * skin_permeability(p) + p->body.infusion;
    double peak = in * p->t_end / (p->body.V + p->body.V2 + p->body.CL * p->t_end);
    set_range(r->emphasis, s->at_border, s->nb, alone);
    set_range(r->atol, s->at_border, s->nb, share * (peak > 0.0 && isfinite(peak) ? peak : 1.0));
}

/* Drug that jumps into dropped donor nodes when the donor touches them. */
static double donor_step(const struct run *r)
{
    double load = 0.0;
    for (size_t i = 0; i < r->mesh.n; i++)
        if (r->sys.drug.node_dof[i] == NODE_DONOR)
            load += node_capacity(&r->sys, false, i) * (r->sys.drug.donor_a - r->nodal[i]);
    return load;
}

static void compose(struct run *r)
{
    const struct system *s = &r->sys;
    core_gather(s, &s->drug, r->nodal, r->donor_a, r->receptor_a, r->y);
    if (s->n_bound)
        memcpy(r->y + s->at_bound, r->bound, s->n_bound * sizeof *r->y);
    if (s->met.n)
        core_gather(s, &s->met, r->nodal_m, 0.0, r->receptor_m, r->y + s->at_met);
    memcpy(r->y + s->at_border, r->border, s->nb * sizeof *r->y);
}

/* The sites depend on the mesh alone: their unknowns are laid out once. */
static int place_bound(struct run *r)
{
    const struct system *s = &r->sys;
    r->n_bound = s->n_bound;
    r->bound = calloc(r->n_bound, sizeof *r->bound);
    r->place = calloc(r->n_bound, sizeof *r->place);
    if (!r->bound || !r->place)
        return ERR_NOMEM;
    for (size_t i = 0; i < s->n_sites; i++) {
        const struct site *k = &s->site[i];
        if (k->bound >= 0)
            r->place[k->bound] =
                (struct bound_place){k->node, k->is_channel && !k->is_solid, k->is_solid, k->volume, k->load};
    }
    return run_allocate_state(r);
}

int run_open_system(struct run *r, struct err *e)
{
    int rc = system_build(&r->sys, r->p, &r->mesh, r->phase, e);
    if (!rc && run_excess_is_swallowed(r, donor_step(r))) {
        system_release(&r->sys);
        rc = system_build(&r->sys, r->p, &r->mesh, r->phase, e);
    }
    if (!rc && r->sys.n_bound > r->n_bound && (rc = place_bound(r)))
        err_set(e, rc, "out of memory for %zu bound unknowns", r->n_bound);
    if (rc)
        return rc;
    r->q_top_jump += donor_step(r);
    compose(r);
    return 0;
}

int run_open_segment(struct run *r, struct err *e)
{
    int rc = run_open_system(r, e);
    return rc ? rc : factor_open(&r->factor, &r->sys, e);
}

int run_rates(struct run *r, double t, const double *y, double *rate)
{
    system_set_theta(&r->sys, run_theta(r, t));
    system_rhs(&r->sys, t, y, rate);
    system_rates(&r->sys, y, rate + r->sys.size);
    return 0;
}

int run_start_cvode(struct run *r, double t_stop, struct err *e)
{
    set_tolerances(r);
    struct ode ode = {r->sys.size, QUADS_MAX, r, r->emphasis, on_rhs, on_quad, on_quad_times, on_setup, on_solve,
                      run_is_saturated(r) ? on_root : NULL};
    return integrator_new(&r->it, &ode, r->t, r->y, r->quads, r->p->rtol, r->atol, t_stop, e);
}

void run_close_segment(struct run *r, struct solution *out)
{
    if (r->it)
        integrator_stats(r->it, &out->stats);
    if (r->factor && out->entries < factor_entries(r->factor))
        out->entries = factor_entries(r->factor);
    integrator_free(r->it);
    system_release(&r->sys); /* the factor stays: the next segment's pattern is often the same */
    r->it = NULL;
}

void run_keep_state(struct run *r)
{
    const struct system *s = &r->sys;
    core_scatter(s, &s->drug, r->y, r->nodal);
    if (s->drug.donor_dof >= 0)
        r->donor_a = r->y[s->drug.donor_dof];
    if (s->drug.receptor_dof >= 0)
        r->receptor_a = r->y[s->drug.receptor_dof];
    if (s->n_bound)
        memcpy(r->bound, r->y + s->at_bound, s->n_bound * sizeof *r->y);
    if (s->met.n) {
        core_scatter(s, &s->met, r->y + s->at_met, r->nodal_m);
        if (s->met.receptor_dof >= 0)
            r->receptor_m = r->y[s->at_met + (size_t)s->met.receptor_dof];
    }
    memcpy(r->border, r->y + s->at_border, s->nb * sizeof *r->y);
}

/* The segment in steps of CVODE.  *used_up: the undissolved drug was, before the end. */
static int step_through(struct run *r, struct solution *out, double stop, bool *used_up, struct err *e)
{
    const struct problem *p = r->p;
    int rc = run_start_cvode(r, stop, e);
    while (!rc && r->t < stop && !*used_up) {
        double t = r->next_out < p->n_out ? fmin(stop, p->t_out[r->next_out]) : stop;
        size_t worst;
        rc = integrator_to(r->it, &t, r->y, r->quads, &worst, e);
        if (rc < 0) {
            run_explain(r, worst, e);
            break;
        }
        *used_up = rc == 1;
        rc = 0;
        r->t = t;
        while (!*used_up && r->next_out < p->n_out && run_reached(r, p->t_out[r->next_out]))
            run_write_output(r, out, r->next_out++);
    }
    out->stats.stepped++;
    return rc;
}

/* Outputs up to stop, and stop, as times after now; returns how many. */
static size_t times_until(const struct run *r, double stop, double *t)
{
    size_t n = 0;
    for (size_t k = r->next_out; k < r->p->n_out && r->p->t_out[k] < stop * (1.0 - SAME_TIME); k++)
        if (!run_reached(r, r->p->t_out[k]))
            t[n++] = r->p->t_out[k] - r->t;
    t[n++] = stop - r->t;
    return n;
}

/* From now to stop with one basis.  ERR_NUMERIC: it does not settle, nothing has changed; *halfway is where one might.
 */
static int leap(struct run *r, struct solution *out, double stop, double *halfway, struct err *e)
{
    const struct problem *p = r->p;
    struct lanczos *l = NULL;
    double from = r->t, *t = malloc((OUTPUTS_MAX + 1) * sizeof *t);
    if (!t)
        return err_set(e, ERR_NOMEM, "out of memory for the linear path");
    size_t n = times_until(r, stop, t);
    *halfway = from + sqrt(t[0] * t[n - 1]) * (n > 1 ? 1.0 : SINGLE_SPLIT);
    int rc = lanczos_new(&l, &r->sys, r->factor, r->y, r->quads, t, n, LINEAR_SHARE * p->rtol, e);
    free(t);
    while (!rc && r->t < stop) {
        r->t = r->next_out < p->n_out ? fmin(stop, p->t_out[r->next_out]) : stop;
        lanczos_at(l, r->t - from, r->y, r->quads);
        while (r->next_out < p->n_out && run_reached(r, p->t_out[r->next_out]))
            run_write_output(r, out, r->next_out++);
    }
    if (!rc)
        out->stats.vectors += (long)lanczos_size(l);
    lanczos_free(l);
    return rc;
}

/* The segment on the linear path; where one basis does not span it, with a second one from a time between. ERR_NUMERIC:
 * the path did not settle from r->t on. */
static int leap_through(struct run *r, struct solution *out, double stop, struct err *e)
{
    int rc = 0;
    for (int splits = 0; !rc && r->t < stop;) {
        double halfway;
        struct err mine = {0};
        rc = leap(r, out, stop, &halfway, &mine);
        for (double end = halfway; rc == ERR_NUMERIC && splits < SPLITS_MAX; end = halfway, splits++) {
            mine = (struct err){0};
            rc = leap(r, out, end, &halfway, &mine);
        }
        if (rc)
            err_set(e, rc, "%s", mine.msg);
    }
    out->stats.linear += !rc;
    return rc;
}

static int integrate_segment(struct run *r, struct solution *out, double stop, bool *used_up, struct err *e)
{
    enum integrator_kind kind = r->p->integrator;
    bool suits = lanczos_suits(&r->sys) && !run_is_saturated(r);
    if (kind == INTEGRATOR_LINEAR && !suits)
        return err_set(
            e, ERR_RANGE,
            "numerics/integrator: linear: from t = %.6g s the problem is not linear with constant coefficients", r->t);
    if (kind == INTEGRATOR_CVODE || !suits)
        return step_through(r, out, stop, used_up, e);
    struct err unsettled = {0};
    int rc = leap_through(r, out, stop, kind == INTEGRATOR_LINEAR ? e : &unsettled);
    if (rc != ERR_NUMERIC || kind == INTEGRATOR_LINEAR)
        return rc ? err_set(e, rc, "%s", unsettled.msg) : 0;
    out->stats.failed_over++;
    return step_through(r, out, stop, used_up, e);
}

static int run_segment(struct run *r, struct solution *out, struct err *e)
{
    double stop = run_next_event(r);
    bool used_up = false;
    int rc = run_open_segment(r, e);
    if (!rc)
        rc = integrate_segment(r, out, stop, &used_up, e);
    if (!rc)
        run_keep_state(r);
    run_close_segment(r, out);
    if (!rc && used_up)
        run_leave_saturation(r);
    return rc;
}

/* ---- steady state ---- */

static double delivered(const struct system *s, const double *core, bool with_constant)
{
    double J = 0.0;
    for (int q = QUAD_BOTTOM; q <= QUAD_CLEARED; q++) {
        J += with_constant ? s->drug.flux0[q] : 0.0;
        for (size_t d = 0; d < s->drug.n; d++)
            J += s->drug.flux[(size_t)q * s->drug.n + d] * core[d];
    }
    return J;
}

static bool is_linear(const struct problem *p)
{
    for (size_t i = 0; i < p->n_layers; i++)
        if (p->layer[i].binding.B_max > 0.0 || p->layer[i].metabolism.V_max > 0.0)
            return false;
    return true;
}

/* The first infinite dose of the study, or NULL. */
static const struct donor *infinite_dose(const struct problem *p)
{
    if (p->vehicle_layer)
        return NULL;
    for (size_t i = 0; i <= p->n_doses; i++) {
        const struct donor *d = i ? &p->dose[i] : &p->donor;
        if (d->kind == DONOR_INFINITE && d->C0 > 0.0)
            return d;
    }
    return NULL;
}

/* A a_ss = f;  Q(t) -> J_ss (t - lag) with lag = J[A^-1 M (a_ss - a_0)] / J_ss, a_0 = 0 at the free nodes  (E8).  The
 * channels stand at openness theta. */
static int solve_steady(struct run *r, double theta, struct solution *out, struct err *e)
{
    struct problem still = *r->p;
    out->J_ss = out->lag = out->permeability = NAN;
    const struct donor *d = infinite_dose(&still);
    if (!d || !is_linear(&still))
        return 0;
    still.body.present = still.metabolite = false; /* the body takes what comes */
    still.channel.closes = theta < 1.0;
    int rc = system_build(
        &r->sys, &still, &r->mesh,
        (struct phase){.patch_on = true, .held = true, .opened = true, .steady_sink = true, .donor = d}, e);
    if (!rc) {
        system_set_theta(&r->sys, theta);
        rc = factor_open(&r->factor, &r->sys, e);
    }
    if (!rc && factor_set_steady(r->factor) == 0) { /* a singular A: no drug can leave, so no steady flux */
        const struct core *c = &r->sys.drug;
        memcpy(r->y, c->f, c->n * sizeof *r->y);
        rc = factor_solve_core(r->factor, r->y);
        for (size_t k = 0; k < c->n; k++)
            r->dydt[k] = c->M[k] * r->y[k];
        if (!rc)
            rc = factor_solve_core(r->factor, r->dydt);
        double J = delivered(&r->sys, r->y, true);
        if (!rc && J > 0.0) {
            out->J_ss = J;
            out->lag = delivered(&r->sys, r->dydt, false) / J;
            out->permeability = J / d->C0;
            run_write_steady(r, out, r->y);
        }
    }
    system_release(&r->sys);
    memset(r->nodal, 0, r->mesh.n * sizeof *r->nodal);
    return rc;
}

/* ---- the whole ---- */

int run_allocate_state(struct run *r)
{
    size_t n = (r->p->metabolite ? 2 : 1) * r->mesh.n + r->n_bound + BORDER_MAX;
    double **own[] = {&r->y, &r->dydt, &r->atol, &r->emphasis};
    for (size_t i = 0; i < 4; i++) {
        free(*own[i]);
        *own[i] = calloc(n, sizeof(double));
        if (!*own[i])
            return ERR_NOMEM;
    }
    return 0;
}

static int allocate(struct run *r, struct solution *out)
{
    r->nodal = calloc(r->mesh.n, sizeof(double));
    r->nodal_m = calloc(r->mesh.n, sizeof(double));
    return r->nodal && r->nodal_m && !run_allocate_state(r) ? solution_allocate(out, r) : ERR_NOMEM;
}

/* A dose in needles fills its unknowns before the first segment is built. */
static int lay_out_solids(struct run *r, struct err *e)
{
    if (r->p->needles.law == RELEASE_NONE)
        return 0;
    int rc = system_build(&r->sys, r->p, &r->mesh, (struct phase){0}, e);
    if (!rc && place_bound(r))
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu bound unknowns", r->n_bound);
    system_release(&r->sys);
    return rc;
}

static int run_all(struct run *r, struct solution *out, struct err *e)
{
    int rc = solve_steady(r, 1.0, out, e);
    run_start(r);
    while (!rc && !run_reached(r, r->p->t_end)) {
        rc = run_segment(r, out, e);
        if (!rc)
            run_apply_events(r);
    }
    if (!rc && !(out->worst_balance <= BALANCE_BAND)) {
        rc = err_set(e, ERR_NUMERIC, "drug balance is off by %.2g of the drug that went in: must be within %g",
                     out->worst_balance, BALANCE_BAND);
        err_hint(
            e,
            "tighten numerics/rtol; if that does not help, this is a defect of the program: please report the study");
    }
    return rc;
}

int run_begin(struct run *r, const struct problem *p, struct solution *out, struct err *e)
{
    *out = (struct solution){0};
    *r = (struct run){.p = p};
    int rc = problem_check(p, e);
    if (!rc)
        rc = mesh_build(&r->mesh, p, e);
    if (!rc && allocate(r, out))
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu outputs of %zu unknowns", p->n_out, r->mesh.n);
    return rc ? rc : lay_out_solids(r, e);
}

void run_end(struct run *r)
{
    factor_free(r->factor);
    mesh_release(&r->mesh);
    double *own[] = {r->nodal, r->nodal_m, r->bound, r->y, r->dydt, r->atol, r->emphasis};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        free(own[i]);
    free(r->place);
}

static int simulate_once(const struct problem *p, struct solution *out, struct err *e)
{
    struct run r;
    int rc = run_begin(&r, p, out, e);
    if (!rc)
        rc = run_all(&r, out, e);
    run_end(&r);
    return rc;
}

/* Where the linear path loses drug, CVODE goes the whole way. */
static int simulate_by_steps(const struct problem *p, struct solution *out, struct err *e)
{
    struct problem *q = malloc(sizeof *q);
    long linear = out->stats.linear;
    solution_release(out);
    if (!q)
        return err_set(e, ERR_NOMEM, "out of memory");
    *q = *p;
    q->integrator = INTEGRATOR_CVODE;
    int rc = simulate_once(q, out, e);
    out->stats.failed_over += linear;
    free(q);
    return rc;
}

int simulate(const struct problem *p, struct solution *out, struct err *e)
{
    struct err mine = {0};
    int rc = simulate_once(p, out, &mine);
    if (rc == ERR_NUMERIC && p->integrator == INTEGRATOR_AUTO && out->stats.linear &&
        !(out->worst_balance <= BALANCE_BAND)) {
        mine = (struct err){0};
        rc = simulate_by_steps(p, out, &mine);
    }
    if (rc) {
        solution_release(out);
        err_set(e, rc, "%s", mine.msg);
        if (mine.hint[0])
            err_hint(e, "%s", mine.hint);
    }
    return rc;
}

static void make_infinite(struct donor *d) { *d = (struct donor){.kind = DONOR_INFINITE, .C0 = d->C0, .K = d->K}; }

int simulate_lag(const struct problem *p, double *lag, struct err *e)
{
    struct problem *q = malloc(sizeof *q);
    struct run r;
    struct solution out;
    *lag = NAN;
    if (!q)
        return err_set(e, ERR_NOMEM, "out of memory for the lag");
    *q = *p;
    make_infinite(&q->donor);
    for (size_t i = 0; i < q->n_doses; i++)
        make_infinite(&q->dose[i]);
    int rc = run_begin(&r, q, &out, e);
    if (!rc)
        rc = solve_steady(&r, 1.0, &out, e);
    if (!rc)
        *lag = out.lag;
    run_end(&r);
    solution_release(&out);
    free(q);
    return rc;
}

int simulate_steady(const struct problem *p, double theta, double *J_ss, struct err *e)
{
    struct run r;
    struct solution out;
    int rc = run_begin(&r, p, &out, e);
    if (!rc)
        rc = solve_steady(&r, theta, &out, e);
    *J_ss = rc ? NAN : out.J_ss;
    run_end(&r);
    solution_release(&out);
    return rc;
}
