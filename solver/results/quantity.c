/* quantity.c -- see quantity.h. */
#include <math.h>
#include <stdio.h>
#include "solver/results/quantity.h"

struct list {
    struct quantity *q;
    size_t n;
};

static struct quantity *add(struct list *l, const char *stem, const char *suffix, const char *unit, enum column column,
                            double scale)
{
    struct quantity *q = &l->q[l->n++];
    *q = (struct quantity){.suffix = suffix, .unit = unit, .column = column, .scale = scale};
    snprintf(q->stem, sizeof q->stem, "%s", stem);
    return q;
}

static void add_delivered(struct list *l, const struct study *s)
{
    struct quantity *flux = add(l, "flux", "ug_cm2_h", "ug/cm2/h", COL_J_BOTTOM, UG_CM2_H);
    flux->kind = QUANTITY_FLUX;
    flux->has_error = true;
    struct quantity *delivered = add(l, "delivered", "ug_cm2", "ug/cm2", COL_Q_BOTTOM, UG_CM2);
    delivered->kind = QUANTITY_DELIVERED;
    delivered->has_error = true;
    add(l, "delivered", "ug_patch", "ug/patch", COL_Q_BOTTOM, UG * study_patch_area(s))->kind = QUANTITY_DELIVERED;
}

static void add_receptor(struct list *l, const struct problem *p)
{
    if (p->receptor.kind == RECEPTOR_FRANZ) {
        add(l, "receptor", "ug_cm2", "ug/cm2", COL_RECEPTOR, UG_CM2);
        add(l, "receptor", "ug_mL", "ug/mL", COL_RECEPTOR_CONC, 1e3);
        add(l, "sampled", "ug_cm2", "ug/cm2", COL_SAMPLED, UG_CM2);
        add(l, "lab_delivered", "ug_cm2", "ug/cm2", COL_LAB_Q, UG_CM2);
    }
    if (p->receptor.kind == RECEPTOR_FRANZ && p->receptor.q > 0.0 &&
        p->receptor.n_samples == 0) { /* collected fractions */
        add(l, "fraction_flux", "ug_cm2_h", "ug/cm2/h", COL_SAMPLED, UG_CM2_H)->kind = QUANTITY_INTERVAL;
        add(l, "fraction", "ug_mL", "ug/mL", COL_SAMPLED, 1e3 / p->receptor.q)->kind = QUANTITY_INTERVAL;
    }
    double clearance = 0.0;
    for (size_t i = 0; i < p->n_layers; i++)
        clearance += p->layer[i].clearance;
    if (clearance > 0.0) add(l, "cleared", "ug_cm2", "ug/cm2", COL_Q_CLEARED, UG_CM2);
}

static void add_doses(struct list *l, const struct study *s)
{
    if (!study_has_dose(s, DONOR_FINITE)) return;
    const struct problem *p = &s->problem;
    double evaporation = p->donor.evaporation;
    for (size_t i = 1; i <= p->n_doses; i++)
        evaporation = fmax(evaporation, p->dose[i].evaporation);
    add(l, "applied", "ug_cm2", "ug/cm2", COL_APPLIED, UG_CM2);
    if (study_has_vehicle(s, DONOR_FINITE)) {
        add(l, "vehicle", "ug_cm2", "ug/cm2", COL_VEHICLE, UG_CM2);
        add(l, "removed", "ug_cm2", "ug/cm2", COL_REMOVED, UG_CM2);
    }
    if (p->needles.law != RELEASE_NONE)
        add(l, "undelivered", "ug_cm2", "ug/cm2", COL_UNDELIVERED, UG_CM2)->has_error = true;
    if (evaporation > 0.0) add(l, "evaporated", "ug_cm2", "ug/cm2", COL_EVAPORATED, UG_CM2);
    if (!study_has_dose(s, DONOR_INFINITE))
        add(l, "delivered_of_dose", "percent", "%", COL_Q_BOTTOM, 100.0)->kind = QUANTITY_OF_DOSE;
}

static void add_laws(struct list *l, const struct problem *p)
{
    bool binds = false, turns_over = false;
    for (size_t i = 0; i < p->n_layers; i++) {
        binds = binds || p->layer[i].binding.B_max > 0.0;
        turns_over = turns_over || p->layer[i].metabolism.k > 0.0 || p->layer[i].metabolism.V_max > 0.0;
    }
    if (binds) add(l, "bound", "ug_cm2", "ug/cm2", COL_BOUND, UG_CM2);
    if (turns_over) add(l, "metabolised", "ug_cm2", "ug/cm2", COL_METABOLISED, UG_CM2);
    if (!p->metabolite) return;
    add(l, "metabolite_skin", "ug_cm2", "ug/cm2", COL_M_SKIN, UG_CM2);
    add(l, "metabolite_delivered", "ug_cm2", "ug/cm2", COL_M_BOTTOM, UG_CM2)->kind = QUANTITY_M_DELIVERED;
}

static void add_body(struct list *l, const struct body *b)
{
    if (!b->present) return;
    add(l, "plasma", "ng_mL", "ng/mL", COL_PLASMA, NG_ML)->has_error = true;
    if (b->V2 > 0.0) add(l, "second", "ng_mL", "ng/mL", COL_SECOND, NG_ML);
    add(l, "excreted", "ug_body", "ug/body", COL_EXCRETED, UG);
    if (b->V_m > 0.0) {
        add(l, "metabolite_plasma", "ng_mL", "ng/mL", COL_M_PLASMA, NG_ML);
        add(l, "metabolite_excreted", "ug_body", "ug/body", COL_M_EXCRETED, UG);
    }
}

size_t quantities_of(const struct study *s, struct quantity out[QUANTITIES_MAX])
{
    const struct problem *p = &s->problem;
    struct list l = {out, 0};
    add_delivered(&l, s);
    add(&l, "uptake_rate", "ug_cm2_h", "ug/cm2/h", COL_J_TOP, UG_CM2_H);
    add(&l, "uptake", "ug_cm2", "ug/cm2", COL_Q_TOP, UG_CM2)->has_error = true;
    add(&l, "uptake", "ug_patch", "ug/patch", COL_Q_TOP, UG * study_patch_area(s));
    for (size_t i = first_skin_layer(s); i < p->n_layers; i++) {
        char stem[56];
        snprintf(stem, sizeof stem, "amount_%s", p->layer[i].name);
        add(&l, stem, "ug_cm2", "ug/cm2", (enum column)(COL_LAYER0 + i), UG_CM2)->has_error = true;
    }
    if (s->has_channel) add(&l, "channel", "ug_cm2", "ug/cm2", COL_CHANNEL, UG_CM2);
    add_doses(&l, s);
    add_receptor(&l, p);
    add_laws(&l, p);
    add_body(&l, &p->body);
    if (p->channel.closes) add(&l, "openness", "rel", "1", COL_THETA, 1.0);
    add(&l, "balance", "rel", "1", COL_BALANCE, 1.0);
    return l.n;
}

static double interval_rate(const struct solution *sol, size_t k, enum column c)
{
    double before = k ? solution_at(sol, k - 1, c) : 0.0, from = k ? sol->t[k - 1] : 0.0;
    return (solution_at(sol, k, c) - before) / (sol->t[k] - from);
}

static double raw_value(const struct quantity *q, const struct solution *sol, size_t k)
{
    double applied = solution_at(sol, k, COL_APPLIED);
    switch (q->kind) {
    case QUANTITY_DELIVERED:   return solution_delivered(sol, k);
    case QUANTITY_FLUX:        return solution_delivery_rate(sol, k);
    case QUANTITY_OF_DOSE:     return applied > 0.0 ? solution_delivered(sol, k) / applied : 0.0;
    case QUANTITY_M_DELIVERED: return solution_at(sol, k, COL_M_BOTTOM) + solution_at(sol, k, COL_M_CLEARED);
    case QUANTITY_INTERVAL:    return interval_rate(sol, k, q->column);
    case QUANTITY_COLUMN:      break;
    }
    return solution_at(sol, k, q->column);
}

double quantity_value(const struct quantity *q, const struct solution *sol, size_t k)
{
    return q->scale * raw_value(q, sol, k);
}

static double raw_error(const struct quantity *q, const struct solution *sol, size_t k)
{
    double delivered = solution_error(sol, k, COL_Q_BOTTOM) + solution_error(sol, k, COL_Q_CLEARED);
    double applied = solution_at(sol, k, COL_APPLIED), from = k ? sol->t[k - 1] : 0.0;
    switch (q->kind) {
    case QUANTITY_DELIVERED:   return delivered;
    case QUANTITY_FLUX:        return solution_error(sol, k, COL_J_BOTTOM) + solution_error(sol, k, COL_J_CLEARED);
    case QUANTITY_OF_DOSE:     return applied > 0.0 ? delivered / applied : 0.0;
    case QUANTITY_M_DELIVERED: return solution_error(sol, k, COL_M_BOTTOM) + solution_error(sol, k, COL_M_CLEARED);
    case QUANTITY_INTERVAL:
        return (solution_error(sol, k, q->column) + (k ? solution_error(sol, k - 1, q->column) : 0.0)) /
               (sol->t[k] - from);
    case QUANTITY_COLUMN:      break;
    }
    return solution_error(sol, k, q->column);
}

double quantity_error(const struct quantity *q, const struct solution *sol, size_t k)
{
    if (!sol->space_error || q->column == COL_BALANCE || q->column == COL_THETA) return NAN;
    return q->scale * raw_error(q, sol, k);
}
