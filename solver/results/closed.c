/* closed.c -- for how long skin lets more in: the time until closing channels conduct as intact skin does, within a
 * factor. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "solver/results/result.h"

#define OPENNESS_LEAST 1e-12 /* 40 half-lives: as good as closed */

/* The study's skin and channels under a constant donor: what a steady flux needs. */
static void steady_problem(const struct study *s, struct problem *p)
{
    *p = s->problem;
    p->donor = (struct donor){.kind = DONOR_INFINITE, .C0 = 1.0, .K = 1.0};
    p->needles = (struct needle_dose){0};
    p->n_doses = p->n_events = p->receptor.n_samples = 0;
    p->remove_at = INFINITY;
    p->keep_fields = p->metabolite = false;
    p->body.present = false;
    for (size_t i = 0; i < p->n_layers; i++) { /* binding delays, it changes no steady flux */
        p->layer[i].binding = (struct binding){0};
        p->layer[i].metabolism.V_max = 0.0;
    }
    p->n_out = 1;
    p->t_out[0] = p->t_end;
}

struct ratio { const struct study *s; struct problem *p; double intact; };

/* Steady flux at openness theta over that of intact skin. */
static int ratio_at(const struct ratio *r, double theta, double *out, struct err *e)
{
    double J, sum = 0.0;
    int rc = 0;
    size_t n = r->s->n_depths ? r->s->n_depths : 1;
    for (size_t i = 0; !rc && i < n; i++) {
        double share = 1.0;
        if (r->s->n_depths) {
            const struct depth_cell *c = &r->s->at_depth[i];
            r->p->channel.depth = c->depth;
            r->p->channel.r_surface = c->r_surface;
            r->p->channel.r_tip = c->r_tip;
            share = c->share;
        }
        rc = simulate_steady(r->p, theta, &J, e);
        sum += rc ? 0.0 : share * J;
    }
    *out = sum / r->intact;
    return rc;
}

/* Bisection on the logarithm of openness between 'elastic' (too much) and closed. */
static int find_openness(const struct ratio *r, double *openness, struct err *e)
{
    double lo = log(OPENNESS_LEAST), hi = log(r->s->problem.channel.elastic), now;
    int rc = 0;
    while (!rc && hi - lo > 1e-4) {
        double mid = 0.5 * (lo + hi);
        rc = ratio_at(r, exp(mid), &now, e);
        if (now > r->s->back_within)
            hi = mid;
        else
            lo = mid;
    }
    *openness = exp(0.5 * (lo + hi));
    return rc;
}

static bool opens(const struct event *v) { return v->kind == EVENT_NEEDLES || v->kind == EVENT_WITHDRAW; }

/* Time after the last session at which so many half-lives have passed, with the schedule's occlusion on and off.
 * *changes tells whether it changed on the way. */
static double time_of_half_lives(const struct problem *p, double half_lives, bool *changes)
{
    const struct channel *c = &p->channel;
    bool occluded = p->occluded_at_start;
    double opened = 0.0, from, after;
    size_t k = 0, last = 0;
    for (size_t i = 0; i < p->n_events; i++)
        if (opens(&p->event[i])) {
            opened = p->event[i].at;
            last = i;
        }
    from = opened;
    *changes = false;
    for (; k < p->n_events; k++) {
        const struct event *v = &p->event[k];
        if (v->kind != EVENT_OCCLUDE && v->kind != EVENT_UNCOVER)
            continue;
        if (k > last && v->at > from) {
            double passed = (v->at - from) / (occluded ? c->half_life_occluded : c->half_life_open);
            if (passed >= half_lives)
                break;
            half_lives -= passed;
            from = v->at;
            *changes = *changes || occluded != (v->kind == EVENT_OCCLUDE);
        }
        occluded = v->kind == EVENT_OCCLUDE;
    }
    after = from + half_lives * (occluded ? c->half_life_occluded : c->half_life_open);
    return after - opened;
}

static int search(const struct ratio *r, double *after, double *openness, char why[160], struct err *e)
{
    const struct channel *c = &r->s->problem.channel;
    double open, closed;
    bool changes = false;
    int rc = ratio_at(r, c->elastic, &open, e);
    if (!rc) rc = ratio_at(r, 0.0, &closed, e);
    if (rc) return rc;
    if (open <= r->s->back_within) {
        *after = 0.0;
        *openness = c->elastic;
        snprintf(why, 160, "open channels let in %.4g times what intact skin does", open);
        return 0;
    }
    if (closed > r->s->back_within) {
        snprintf(why, 160, "even closed channels let in %.4g times what intact skin does, as they clear nothing",
                 closed);
        return 0;
    }
    rc = find_openness(r, openness, e);
    *after = time_of_half_lives(&r->s->problem, log2(c->elastic / *openness), &changes);
    snprintf(why, 160, "%.4g times intact at first, %g then; occlusion %s", open, r->s->back_within,
             changes ? "as in the schedule" : "as when the needles came out");
    return rc;
}

int closed_after(const struct study *s, double *after, double *openness, char why[160], struct err *e)
{
    *after = *openness = NAN;
    if (s->problem.vehicle_layer) {
        snprintf(why, 160, "not computed under a diffusive vehicle: ask with an infinite one");
        return 0;
    }
    struct ratio r = {s, malloc(sizeof *r.p), NAN};
    if (!r.p) return err_set(e, ERR_NOMEM, "out of memory");
    struct channel open = s->problem.channel;
    steady_problem(s, r.p);
    r.p->channel = (struct channel){.fill = CHANNEL_NONE};
    int rc = simulate_steady(r.p, 1.0, &r.intact, e);
    r.p->channel = open;
    if (!rc && !(r.intact > 0.0))
        snprintf(why, 160, "there is no steady flux through intact skin");
    else if (!rc)
        rc = search(&r, after, openness, why, e);
    free(r.p);
    return rc;
}
