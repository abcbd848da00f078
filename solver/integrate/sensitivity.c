/* sensitivity.c -- see sensitivity.h. */
#include <stdlib.h>
#include <string.h>
#include "solver/integrate/run.h"
#include "solver/integrate/sensitivity.h"

/* One parameter: its two neighbours, and the difference of their states. */
struct strand {
    struct run run[2]; /* up, down: their states are y +- s/2 whenever they are looked at */
    struct solution out[2];
    double *s;         /* size + QUADS_MAX, into the bundle's memory */
};
struct bundle {
    struct run run;
    struct solution *out;
    size_t n;
    struct strand *strand;
    double *s, *state, *rate; /* n x length; length; 2 x length, with length = size + QUADS_MAX */
};

/* Neighbours that cannot be tied together: the caller makes runs of their own. */
#define APART 1

static int rates(void *self, double t, const double *y, size_t i, const double *s, double *rate)
{
    struct bundle *b = self;
    struct strand *of = &b->strand[i];
    size_t length = b->run.sys.size + QUADS_MAX;
    for (int side = 0; side < 2; side++) {
        double half = side ? -0.5 : 0.5;
        for (size_t k = 0; k < length; k++)
            b->state[k] = y[k] + half * s[k];
        run_rates(&of->run[side], t, b->state, b->rate + (size_t)side * length);
    }
    for (size_t k = 0; k < length; k++)
        rate[k] = b->rate[k] - b->rate[length + k];
    return 0;
}

/* ---- one segment ---- */

/* Opens the segment in all runs; APART when they no longer look alike. */
static int open_all(struct bundle *b, struct err *e)
{
    struct run *r = &b->run;
    int rc = run_open_segment(r, e);
    size_t length = r->sys.size + QUADS_MAX;
    double *all = rc ? NULL : realloc(b->s, (b->n + 3) * length * sizeof *all);
    if (rc) return rc;
    if (!all) return err_set(e, ERR_NOMEM, "out of memory for the sensitivities of %zu unknowns", r->sys.size);
    b->s = all;
    b->state = all + b->n * length;
    b->rate = b->state + length;
    for (size_t i = 0; !rc && i < b->n; i++) {
        struct strand *of = &b->strand[i];
        for (int side = 0; !rc && side < 2; side++)
            rc = run_open_system(&of->run[side], e);
        if (rc) return rc;
        if (of->run[0].sys.size != r->sys.size || of->run[1].sys.size != r->sys.size) return APART;
        of->s = all + i * length;
        for (size_t k = 0; k < length; k++)
            of->s[k] = k < r->sys.size ? of->run[0].y[k] - of->run[1].y[k]
                                       : of->run[0].quads[k - r->sys.size] - of->run[1].quads[k - r->sys.size];
    }
    return 0;
}

/* Puts y +- s/2 at time t into the neighbours. */
static int spread(struct bundle *b, struct err *e)
{
    const struct run *r = &b->run;
    for (size_t i = 0; i < b->n; i++) {
        struct strand *of = &b->strand[i];
        int rc = integrator_slope(r->it, r->t, i, of->s, e);
        if (rc) return rc;
        for (int side = 0; side < 2; side++) {
            struct run *q = &of->run[side];
            double half = side ? -0.5 : 0.5;
            q->t = r->t;
            for (size_t k = 0; k < r->sys.size; k++)
                q->y[k] = r->y[k] + half * of->s[k];
            for (size_t k = 0; k < QUADS_MAX; k++)
                q->quads[k] = r->quads[k] + half * of->s[r->sys.size + k];
        }
    }
    return 0;
}

static void write_all(struct bundle *b)
{
    struct run *r = &b->run;
    while (r->next_out < r->p->n_out && run_reached(r, r->p->t_out[r->next_out])) {
        size_t k = r->next_out++;
        run_write_output(r, b->out, k);
        for (size_t i = 0; i < b->n; i++)
            for (int side = 0; side < 2; side++)
                run_write_output(&b->strand[i].run[side], &b->strand[i].out[side], k);
    }
}

static int step_all(struct bundle *b, double stop, struct err *e)
{
    struct run *r = &b->run;
    int rc = run_start_cvode(r, stop, e);
    if (!rc) rc = integrator_follow(r->it, b->n, b->s, rates, b, e);
    while (!rc && r->t < stop) {
        double t = r->next_out < r->p->n_out ? fmin(stop, r->p->t_out[r->next_out]) : stop;
        size_t worst;
        rc = integrator_to(r->it, &t, r->y, r->quads, &worst, e);
        if (rc) return run_explain(r, worst, e);
        r->t = t;
        rc = spread(b, e);
        if (!rc) write_all(b);
    }
    b->out->stats.stepped++;
    return rc;
}

static bool stops_together(const struct bundle *b, double stop)
{
    for (size_t i = 0; i < b->n; i++)
        for (int side = 0; side < 2; side++)
            if (fabs(run_next_event(&b->strand[i].run[side]) - stop) > SAME_TIME * stop) return false;
    return !run_is_saturated(&b->run);
}

static void close_all(struct bundle *b, bool keep)
{
    if (keep) run_keep_state(&b->run);
    run_close_segment(&b->run, b->out);
    for (size_t i = 0; i < b->n; i++)
        for (int side = 0; side < 2; side++) {
            struct run *q = &b->strand[i].run[side];
            if (keep) run_keep_state(q);
            run_close_segment(q, &b->strand[i].out[side]);
        }
}

static int segment(struct bundle *b, struct err *e)
{
    double stop = run_next_event(&b->run);
    if (!stops_together(b, stop)) return APART;
    int rc = open_all(b, e);
    if (!rc) rc = step_all(b, stop, e);
    close_all(b, !rc);
    if (rc) return rc;
    run_apply_events(&b->run);
    for (size_t i = 0; i < b->n; i++)
        for (int side = 0; side < 2; side++)
            run_apply_events(&b->strand[i].run[side]);
    return 0;
}

/* ---- the whole ---- */

static int begin_all(struct bundle *b, const struct problem *p, const struct neighbours *by, struct err *e)
{
    int rc = run_begin(&b->run, p, b->out, e);
    b->out->J_ss = b->out->lag = b->out->permeability = NAN; /* the steady state is not asked for */
    if (!rc) run_start(&b->run);
    for (size_t i = 0; !rc && i < b->n; i++)
        for (int side = 0; !rc && side < 2; side++) {
            struct run *q = &b->strand[i].run[side];
            rc = run_begin(q, side ? by[i].down : by[i].up, &b->strand[i].out[side], e);
            if (!rc && (q->mesh.nz != b->run.mesh.nz || q->mesh.nr != b->run.mesh.nr)) rc = APART;
            if (!rc) run_start(q);
        }
    return rc;
}

static void end_all(struct bundle *b)
{
    run_end(&b->run);
    for (size_t i = 0; i < b->n; i++)
        for (int side = 0; side < 2; side++) {
            run_end(&b->strand[i].run[side]);
            solution_release(&b->strand[i].out[side]);
        }
    free(b->strand);
    free(b->s);
}

static void subtract(const struct solution *up, const struct solution *down, double *difference)
{
    for (size_t k = 0; k < up->n_out * COLS_MAX; k++)
        difference[k] = up->value[k] - down->value[k];
}

static int forward(const struct problem *p, const struct neighbours *by, size_t n, struct solution *out,
                   double *difference, struct err *e)
{
    struct bundle b = {.out = out, .n = n, .strand = calloc(n, sizeof *b.strand)};
    if (!b.strand) return err_set(e, ERR_NOMEM, "out of memory for %zu sensitivities", n);
    int rc = begin_all(&b, p, by, e);
    while (!rc && !run_reached(&b.run, p->t_end))
        rc = segment(&b, e);
    for (size_t i = 0; !rc && i < n; i++)
        subtract(&b.strand[i].out[0], &b.strand[i].out[1], difference + i * p->n_out * COLS_MAX);
    end_all(&b);
    if (rc) solution_release(out);
    return rc;
}

static int by_runs(const struct neighbours *by, size_t n, size_t n_out, double *difference, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        struct solution up = {0}, down = {0};
        rc = simulate(by[i].up, &up, e);
        if (!rc) rc = simulate(by[i].down, &down, e);
        if (!rc) subtract(&up, &down, difference + i * n_out * COLS_MAX);
        solution_release(&up);
        solution_release(&down);
    }
    return rc;
}

int simulate_differences(const struct problem *p, const struct neighbours *by, size_t n, struct solution *out,
                         double *difference, enum sensitivity_way *way, struct err *e)
{
    if (way) *way = SENSITIVITY_RUNS;
    int rc = p->integrator == INTEGRATOR_CVODE ? APART : simulate(p, out, e);
    if (rc < 0) return rc;
    if (rc == APART || out->stats.stepped) {
        if (!rc) solution_release(out);
        rc = forward(p, by, n, out, difference, e);
        if (!rc && way) *way = SENSITIVITY_FORWARD;
        if (rc != APART) return rc;
        rc = simulate(p, out, e);
    }
    if (!rc && (rc = by_runs(by, n, p->n_out, difference, e))) solution_release(out);
    return rc;
}
