/* fit_check.c -- measured values that contradict their study: more out than in, less than nothing; see fit.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "solver/results/fit.h"

#define NEGATIVE_SDS   5.0  /* less than nothing by more is no noise around a blank */
#define NEGATIVE_SHARE 0.05 /* of the column's largest value: the same where no standard deviations are stated */
#define MORE_OUT       1.1  /* times the dose: measurements above contradict the study */

/* ---- what can come out at most ---- */

static double one_dose(const struct problem *p, const struct donor *d)
{
    if (p->vehicle_layer) return p->layer[0].h * d->C0;
    return d->kind == DONOR_INFINITE ? INFINITY : d->H * d->C0 + d->excess;
}

/* kg/m2 that can enter the skin in all. */
static double dose_of(const struct problem *p)
{
    double buried = p->needles.law == RELEASE_NONE ? 0.0 : p->needles.buried, sum = 0.0;
    if (p->n_events == 0) return one_dose(p, &p->donor) + buried;
    for (size_t i = 0; i < p->n_events; i++) {
        const struct event *v = &p->event[i];
        if (v->kind == EVENT_APPLY) sum += one_dose(p, v->which ? &p->dose[v->which] : &p->donor);
        if (v->kind == EVENT_NEEDLES) sum += buried;
    }
    return sum;
}

/* The same in a case's own unit: an amount, a concentration with all of it in the receptor or the plasma at once, or
 * for fluxes their integral in ug/cm2. */
static double most_of(const struct fit_case *c, const struct problem *p)
{
    double dose = dose_of(p);
    switch (c->quantity) {
    case OBSERVED_FLUX:     return dose * UG_CM2;
    case OBSERVED_RECEPTOR: return c->scale * dose / p->receptor.H;
    case OBSERVED_PLASMA:   return p->body.infusion > 0.0 ? INFINITY : c->scale * dose * p->area / p->body.V;
    default:                return c->scale * dose;
    }
}

/* With one estimated parameter moved a share of the way from its start to a bound; NAN: no study there. */
static double most_at(const struct fit *f, const struct fit_case *c, size_t moved, bool up, double share)
{
    double value[ESTIMATE_MAX] = {0.0}, most = NAN;
    struct err none = {0};
    struct study *s = malloc(sizeof *s);
    for (size_t i = 0; i < f->n_estimated; i++)
        value[i] = fit_estimated(f, i)->nominal;
    const struct estimate_bound *b = &fit_estimated(f, moved)->bound;
    value[moved] += share * ((up ? b->upper : b->lower) - value[moved]);
    if (s && fit_study(f, c, value, s, &none) == 0) {
        most = most_of(c, &s->problem);
        study_release(s);
    }
    free(s);
    return most;
}

/* Each estimated parameter may lie anywhere within its bounds: what it can add is a factor. */
double fit_most(const struct fit *f, const struct fit_case *c, const struct problem *p)
{
    double start = most_of(c, p), most = start;
    for (size_t i = 0; isfinite(most) && start > 0.0 && i < f->n_estimated; i++) {
        double factor = 1.0;
        for (int up = 0; up < 2; up++) {
            double at = most_at(f, c, i, up, 1.0);
            if (isnan(at) && most_at(f, c, i, up, 0.5) > start) at = INFINITY; /* a volume that may go to 0 */
            if (at > start) factor = fmax(factor, at / start);
        }
        most *= factor;
    }
    return most;
}

/* ---- each reading, all of them ---- */

static int too_much(const struct fit_case *c, const struct fit_point *p, struct err *e)
{
    if (c->quantity == OBSERVED_RECEPTOR || c->quantity == OBSERVED_PLASMA)
        err_set(e, ERR_RANGE, "%s:%d: %s = %g: more than %g, the whole dose of the study in the %s at once", c->data,
                p->line, c->column, p->value, c->most, c->quantity == OBSERVED_PLASMA ? "body's volume" : "receptor");
    else
        err_set(e, ERR_RANGE, "%s:%d: %s = %g: more than the dose of %g that the study puts on", c->data, p->line,
                c->column, p->value, c->most);
    err_hint(e, "a unit, an area, a volume or the dose is wrong, in the table or in the study");
    return ERR_RANGE;
}

int fit_check_point(const struct fit_case *c, const struct fit_point *p, double t_end, struct err *e)
{
    if (!(p->t >= 0.0))
        return err_set(e, ERR_RANGE, "%s:%d: time %g h: must not be before the start", c->data, p->line, p->t / HOUR);
    if (p->t > t_end * (1.0 + 1e-9))
        return err_set(e, ERR_RANGE, "%s:%d: time %g h: must lie within the study's %g h", c->data, p->line,
                       p->t / HOUR, t_end / HOUR);
    if (!isnan(p->sd) && !(p->sd > 0.0))
        return err_set(e, ERR_RANGE, "%s:%d: standard deviation %g: must be above 0", c->data, p->line, p->sd);
    if (p->value < -NEGATIVE_SDS * p->sd)
        return err_set(e, ERR_RANGE, "%s:%d: %s = %g: %g standard deviations below nothing: must not be negative",
                       c->data, p->line, c->column, p->value, -p->value / p->sd);
    if (c->is_log && !(p->value > 0.0))
        return err_set(e, ERR_RANGE, "%s:%d: %s = %g: must be above 0 on a log scale", c->data, p->line, c->column,
                       p->value);
    if (c->quantity != OBSERVED_FLUX && !p->censored && p->value > MORE_OUT * c->most) return too_much(c, p, e);
    return 0;
}

/* Without standard deviations the largest reading says what is small. */
static int check_negative(const struct fit_case *c, struct err *e)
{
    double largest = 0.0;
    for (size_t k = 0; k < c->n; k++)
        largest = fmax(largest, c->point[k].value);
    for (size_t k = 0; k < c->n; k++) {
        const struct fit_point *p = &c->point[k];
        if (!(isnan(p->sd) && p->value < -NEGATIVE_SHARE * largest)) continue;
        return err_set(e, ERR_RANGE,
                       "%s:%d: %s = %g: below nothing by more than %g %% of the largest reading, %g: must not be "
                       "negative",
                       c->data, p->line, c->column, p->value, 100.0 * NEGATIVE_SHARE, largest);
    }
    return 0;
}

/* The mean of the fluxes that a donor (0: no names) has from reading *k on at one time, which *k is moved behind; what
 * is below its limit counts nothing.  NAN: none left. */
static double next_flux(const struct fit_case *c, size_t donor, size_t *k, const struct fit_point **last)
{
    double sum = 0.0;
    size_t n = 0;
    for (; *k < c->n && (n == 0 || c->point[*k].t == (*last)->t || c->point[*k].donor != donor); ++*k) {
        if (c->point[*k].donor != donor) continue;
        *last = &c->point[*k];
        sum += (*last)->censored ? 0.0 : (*last)->value;
        n++;
    }
    return n ? sum / (double)n : NAN;
}

/* What fluxes have carried out: between two times at least the smaller of theirs, whatever the curve was. */
static int check_fluxes(const struct fit_case *c, size_t donor, struct err *e)
{
    size_t k = 0;
    const struct fit_point *at = NULL;
    double before = next_flux(c, donor, &k, &at), out = 0.0, t = at ? at->t : 0.0;
    for (double flux; at && !isnan(flux = next_flux(c, donor, &k, &at)); before = flux, t = at->t) {
        out += fmax(fmin(before, flux), 0.0) * (at->t - t) / HOUR;
        if (out <= MORE_OUT * c->most) continue;
        err_set(e, ERR_RANGE,
                "%s:%d: %s: the fluxes have carried at least %g ug/cm2 out by %g h: more than the dose of %g that the "
                "study puts on",
                c->data, at->line, c->column, out, at->t / HOUR, c->most);
        err_hint(e, "a unit, an area or the dose is wrong, in the table or in the study");
        return ERR_RANGE;
    }
    return 0;
}

int fit_check_case(const struct fit *f, const struct fit_case *c, struct err *e)
{
    int rc = check_negative(c, e);
    for (size_t d = 0; !rc && c->quantity == OBSERVED_FLUX && d <= f->n_donors; d++)
        rc = check_fluxes(c, d, e);
    return rc;
}

size_t fit_negatives(const struct fit *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n_cases; i++)
        for (size_t k = 0; k < f->item[i].n; k++)
            n += f->item[i].point[k].value < 0.0;
    return n;
}
