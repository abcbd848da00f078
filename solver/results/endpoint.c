/* endpoint.c -- see endpoint.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "solver/physics/laboratory.h"
#include "solver/results/endpoint.h"

#define PEAK_HIDES 0.05 /* share by which outputs beside a maximum may be lower before that is worth saying */

const char *const endpoint_names[] = {"delivered_end",
                                      "delivered_end_patch",
                                      "delivered_end_of_dose",
                                      "delivered_end_intact",
                                      "delivered_end_orifice",
                                      "delivered_end_cell",
                                      "uptake_end",
                                      "uptake_end_patch",
                                      "J_ss",
                                      "lag_asymptotic",
                                      "Kp",
                                      "J_max",
                                      "t_max",
                                      "J_lab",
                                      "lag_lab",
                                      "ER_Q",
                                      "ER_J",
                                      "plasma_max",
                                      "plasma_t_max",
                                      "permeability_back_after",
                                      NULL};

static struct endpoint *add(struct endpoints *l, const char *name, const char *unit, double value, double error)
{
    struct endpoint *p = &l->item[l->n++];
    *p = (struct endpoint){.name = name, .unit = unit, .value = value, .error = error};
    return p;
}

static void __attribute__((format(printf, 2, 3))) warn(struct endpoints *l, const char *fmt, ...)
{
    if (l->n_warnings >= ENDPOINT_WARNINGS) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(l->warning[l->n_warnings++], sizeof l->warning[0], fmt, ap);
    va_end(ap);
}

static double estimate(const struct solution *sol, double x) { return sol->space_error ? x : NAN; }

static double delivered_error(const struct solution *sol, size_t k)
{
    return estimate(sol, solution_error(sol, k, COL_Q_BOTTOM) + solution_error(sol, k, COL_Q_CLEARED));
}

/* What an amount must exceed to be one: its stated error, or without one what rounding leaves of the uptake. */
#define ROUNDING 1e-10
static const char *const NOTHING = "below its own error: nothing to speak of has come through";

static double least_amount(const struct solution *sol, size_t k)
{
    double rounding = ROUNDING * fabs(solution_at(sol, k, COL_Q_TOP)), error = delivered_error(sol, k);
    return isfinite(error) ? fmax(error, rounding) : rounding;
}

static void add_steady(const struct study *s, const struct solution *sol, struct endpoints *out)
{
    struct endpoint *J = add(out, "J_ss", "ug/cm2/h", sol->J_ss * UG_CM2_H, estimate(sol, sol->J_ss_error * UG_CM2_H));
    struct endpoint *lag = add(out, "lag_asymptotic", "h", sol->lag / HOUR, estimate(sol, sol->lag_error / HOUR));
    struct endpoint *kp = add(out, "Kp", "cm/h", sol->permeability * CM_H,
                              estimate(sol, sol->J_ss_error * sol->permeability / sol->J_ss * CM_H));
    if (isfinite(sol->J_ss) && s->problem.channel.closes)
        for (size_t i = 0; i < 3; i++)
            snprintf(out->item[out->n - 3 + i].remark, sizeof J->remark, "if the channels stayed open; they close");
    if (isfinite(sol->J_ss)) return;
    J->error = lag->error = kp->error = NAN;
    struct endpoint *none[] = {J, lag, kp};
    const char *why = !study_has_dose(s, DONOR_INFINITE)
                          ? "a finite dose has no steady state"
                          : "binding or saturable metabolism, or nothing leaves the skin";
    for (size_t i = 0; i < 3; i++)
        snprintf(none[i]->remark, sizeof none[i]->remark, "none: %s", why);
}

/* The bound of a maximum holds at its output time; how far the outputs beside it lie says what may hide between. */
static void describe_peak(struct endpoint *max, size_t at, size_t n, double before, double peak, double after)
{
    double drop = fmax(at > 0 ? 1.0 - before / peak : 0.0, at + 1 < n ? 1.0 - after / peak : 0.0);
    if (!(peak > 0.0)) return;
    if (at == 0)
        snprintf(max->remark, sizeof max->remark, "at the first output: it may have been higher before");
    else if (drop > PEAK_HIDES)
        snprintf(max->remark, sizeof max->remark,
                 "largest output; those beside it are up to %.0f %% lower: add outputs", 100.0 * drop);
    else
        snprintf(max->remark, sizeof max->remark, "largest output");
}

static void add_maximum(const struct solution *sol, struct endpoints *out)
{
    size_t at = 0;
    for (size_t k = 1; k < sol->n_out; k++)
        if (solution_delivery_rate(sol, k) > solution_delivery_rate(sol, at)) at = k;
    double error = estimate(sol, solution_error(sol, at, COL_J_BOTTOM) + solution_error(sol, at, COL_J_CLEARED));
    struct endpoint *max =
        add(out, "J_max", "ug/cm2/h", solution_delivery_rate(sol, at) * UG_CM2_H, error * UG_CM2_H);
    describe_peak(max, at, sol->n_out, at ? solution_delivery_rate(sol, at - 1) : 0.0, solution_delivery_rate(sol, at),
                  at + 1 < sol->n_out ? solution_delivery_rate(sol, at + 1) : 0.0);
    if (fabs(solution_delivered(sol, at)) <= least_amount(sol, at))
        snprintf(max->remark, sizeof max->remark, "%s", NOTHING);
    struct endpoint *t = add(out, "t_max", "h", sol->t[at] / HOUR, NAN);
    double before = at ? solution_delivery_rate(sol, at - 1) : 0.0;
    bool rises = at + 1 == sol->n_out && solution_delivery_rate(sol, at) > before * 1.001;
    snprintf(t->remark, sizeof t->remark, "among the output times%s", rises ? "; the flux still rises" : "");
}

static void add_end(const struct study *s, const struct solution *sol, struct endpoints *out)
{
    size_t k = sol->n_out - 1;
    double Q = solution_delivered(sol, k), up = solution_at(sol, k, COL_Q_TOP);
    double Q_err = delivered_error(sol, k), up_err = estimate(sol, solution_error(sol, k, COL_Q_TOP)),
           A = study_patch_area(s);
    struct endpoint *end = add(out, "delivered_end", "ug/cm2", Q * UG_CM2, Q_err * UG_CM2);
    if (Q != 0.0 && fabs(Q) <= least_amount(sol, k))
        snprintf(end->remark, sizeof end->remark, "%s", NOTHING);
    add(out, "delivered_end_patch", "ug/patch", Q * UG * A, Q_err * UG * A);
    add(out, "uptake_end", "ug/cm2", up * UG_CM2, up_err * UG_CM2);
    add(out, "uptake_end_patch", "ug/patch", up * UG * A, up_err * UG * A);
    double dose = solution_at(sol, k, COL_APPLIED);
    if (dose > 0.0 && !study_has_dose(s, DONOR_INFINITE)) {
        add(out, "delivered_end_of_dose", "%", 100.0 * Q / dose, 100.0 * Q_err / dose);
    }
}

#define BENT 0.1 /* share by which the flux may change over the window of a straight line */

/* First and last output of the window. */
static void lab_ends(const struct study *s, const struct solution *sol, size_t *first, size_t *last)
{
    *first = *last = 0;
    while (*first + 1 < sol->n_out && sol->t[*first] < s->lab_from * (1.0 - 1e-9))
        ++*first;
    while (*last + 1 < sol->n_out && sol->t[*last + 1] <= s->lab_to * (1.0 + 1e-9))
        ++*last;
}

/* A steady state that is not there leaves its trace in the flux at both ends of the window. */
static void check_straight(const struct study *s, const struct solution *sol, struct endpoints *out)
{
    size_t first, last;
    lab_ends(s, sol, &first, &last);
    double from = solution_delivery_rate(sol, first), to = solution_delivery_rate(sol, last);
    if (fabs(to - from) > BENT * fmax(fabs(from), fabs(to)))
        warn(out,
             "the curve is not straight in lab_window: the flux goes from %.4g to %.4g ug/cm2/h, so J_lab and lag_lab "
             "belong to no steady state",
             from * UG_CM2_H, to * UG_CM2_H);
}

/* The straight line through Q(t) in the declared window, least squares. */
static void add_lab(const struct study *s, const struct solution *sol, struct endpoints *out)
{
    if (!isfinite(s->lab_from)) return;
    double Q[OUTPUTS_MAX], slope, lag;
    for (size_t k = 0; k < sol->n_out; k++)
        Q[k] = solution_delivered(sol, k);
    size_t n = lab_line(sol->t, Q, sol->n_out, s->lab_from * (1.0 - 1e-9), s->lab_to * (1.0 + 1e-9), &slope, &lag);
    size_t first, last;
    lab_ends(s, sol, &first, &last);
    if (fabs(Q[last] - Q[first]) <= least_amount(sol, last)) {
        static const char *const names[2][2] = {{"J_lab", "ug/cm2/h"}, {"lag_lab", "h"}};
        for (size_t i = 0; i < 2; i++) {
            struct endpoint *none = add(out, names[i][0], names[i][1], NAN, NAN);
            snprintf(none->remark, sizeof none->remark, "none: what came through in lab_window is below its own error");
        }
        return;
    }
    struct endpoint *J = add(out, "J_lab", "ug/cm2/h", slope * UG_CM2_H, NAN);
    snprintf(J->remark, sizeof J->remark, "straight line through %zu points, %.4g to %.4g h", n, s->lab_from / HOUR,
             s->lab_to / HOUR);
    add(out, "lag_lab", "h", lag / HOUR, NAN);
    if (isfinite(sol->lag) && s->lab_from < 2.5 * sol->lag)
        warn(out, "lab_window starts at %.4g h, before 2.5 lag times (%.4g h): J_lab is below the steady flux",
             s->lab_from / HOUR, 2.5 * sol->lag / HOUR);
    else
        check_straight(s, sol, out);
}

static void add_ratio(struct endpoints *out, const char *name, double with, double without, const char *why)
{
    struct endpoint *p = add(out, name, "1", why ? NAN : with / without, NAN);
    if (why)
        snprintf(p->remark, sizeof p->remark, "none: %s", why);
    else
        snprintf(p->remark, sizeof p->remark, "with channels / intact skin of the same study");
}

/* Enhancement has a name and a limit: over an amount that no laboratory could measure it means nothing  (E14). */
static void add_enhancement(const struct study *s, const struct solution *sol, const struct solution *intact,
                            struct endpoints *out)
{
    if (!intact) return;
    double Q0 = solution_delivered(intact, intact->n_out - 1), limit = s->quantification_limit;
    const char *why = !isfinite(limit) ? "limit_of_quantification is not stated"
                      : !(Q0 > limit)  ? "the intact amount is below quantification"
                                       : NULL;
    add(out, "delivered_end_intact", "ug/cm2", Q0 * UG_CM2, NAN);
    add_ratio(out, "ER_Q", solution_delivered(sol, sol->n_out - 1), Q0, why);
    add_ratio(out, "ER_J", sol->J_ss, intact->J_ss,
              !why && !(isfinite(sol->J_ss) && isfinite(intact->J_ss)) ? "no steady state" : why);
}

/* Per area of orifice: the array, and intact skin under the rest of the dose  (E24). */
static void add_orifice(const struct study *s, const struct solution *sol, const struct solution *intact,
                        struct endpoints *out)
{
    if (!isfinite(s->orifice_area)) return;
    size_t k = sol->n_out - 1;
    double A = s->problem.area, Q = solution_delivered(sol, k), Q0 = intact ? solution_delivered(intact, k) : Q;
    if (!intact && s->has_channel) Q0 = 0.0; /* the dose is in the needles alone */
    double sum = A * Q + (s->dose_area - A) * Q0;
    add(out, "delivered_end_orifice", "ug/cm2", sum / s->orifice_area * UG_CM2, NAN);
    add(out, "delivered_end_cell", "ug", sum * UG, NAN);
}

static void add_plasma(const struct study *s, const struct solution *sol, struct endpoints *out)
{
    if (!s->problem.body.present) return;
    size_t at = 0;
    for (size_t k = 1; k < sol->n_out; k++)
        if (solution_at(sol, k, COL_PLASMA) > solution_at(sol, at, COL_PLASMA)) at = k;
    struct endpoint *max = add(out, "plasma_max", "ng/mL", solution_at(sol, at, COL_PLASMA) * NG_ML,
                               estimate(sol, solution_error(sol, at, COL_PLASMA) * NG_ML));
    describe_peak(max, at, sol->n_out, at ? solution_at(sol, at - 1, COL_PLASMA) : 0.0,
                  solution_at(sol, at, COL_PLASMA), at + 1 < sol->n_out ? solution_at(sol, at + 1, COL_PLASMA) : 0.0);
    add(out, "plasma_t_max", "h", sol->t[at] / HOUR, NAN);
}

static void check_depletion(const struct study *s, const struct solution *sol, struct endpoints *out)
{
    const struct donor *d = &s->problem.donor;
    double up = solution_at(sol, sol->n_out - 1, COL_Q_TOP);
    if (s->n_vehicles == 1 && d->kind == DONOR_INFINITE && d->H > 0.0 && up > 0.1 * d->H * d->C0)
        warn(out,
             "the vehicle of %.4g um would lose %.3g %% of its drug: above 10 %% an infinite dose is a poor picture of "
             "it",
             d->H * 1e6, 100.0 * up / (d->H * d->C0));
}

/* Conditions of the experiment that the model cannot enforce but a reader of its numbers must know. */
static void check_conditions(const struct study *s, const struct solution *sol, struct endpoints *out)
{
    double solubility, highest = 0.0;
    struct cnode drug = s->part[PART_DRUG];
    if (s->problem.receptor.kind != RECEPTOR_FRANZ || !config_is(config_get(drug, "solubility")) ||
        config_quantity(drug, "solubility", "kg m-3", RANGE_POSITIVE, &solubility, NULL))
        return;
    for (size_t k = 0; k < sol->n_out; k++)
        highest = fmax(highest, solution_at(sol, k, COL_RECEPTOR_CONC));
    if (highest > 0.1 * solubility)
        warn(out, "the receptor reaches %.3g mg/mL, above 10 %% of the drug's solubility of %.3g mg/mL: no sink",
             highest, solubility);
}

void endpoints_compute(const struct study *s, const struct solution *sol, const struct solution *intact,
                       struct endpoints *out)
{
    *out = (struct endpoints){0};
    add_steady(s, sol, out);
    add_maximum(sol, out);
    add_end(s, sol, out);
    add_lab(s, sol, out);
    add_enhancement(s, sol, intact, out);
    add_orifice(s, sol, intact, out);
    add_plasma(s, sol, out);
    check_depletion(s, sol, out);
    check_conditions(s, sol, out);
}

void endpoints_add_closed(struct endpoints *out, double after, double openness, const char *why)
{
    struct endpoint *t = add(out, "permeability_back_after", "h", after / HOUR, NAN);
    if (isfinite(after))
        snprintf(t->remark, sizeof t->remark, "after the needles, at openness %.3g; %.100s", openness, why);
    else
        snprintf(t->remark, sizeof t->remark, "none: %s", why);
}

const struct endpoint *endpoint_find(const struct endpoints *e, const char *name)
{
    for (size_t i = 0; i < e->n; i++)
        if (strcmp(e->item[i].name, name) == 0) return &e->item[i];
    return NULL;
}
