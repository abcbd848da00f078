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
    add(l, "delivered", "ug_patch", "ug/patch", COL_Q_BOTTOM, UG * s->problem.area)->kind = QUANTITY_DELIVERED;
}

static void add_receptor(struct list *l, const struct problem *p)
{
    if (p->receptor.kind == RECEPTOR_FRANZ) {
        add(l, "receptor", "ug_cm2", "ug/cm2", COL_RECEPTOR, UG_CM2);
        add(l, "receptor", "ug_mL", "ug/mL", COL_RECEPTOR_CONC, 1e3);
        add(l, "sampled", "ug_cm2", "ug/cm2", COL_SAMPLED, UG_CM2);
        add(l, "lab_delivered", "ug_cm2", "ug/cm2", COL_LAB_Q, UG_CM2);
    }
    double clearance = 0.0;
    for (size_t i = 0; i < p->n_layers; i++)
        clearance += p->layer[i].clearance;
    if (clearance > 0.0) add(l, "cleared", "ug_cm2", "ug/cm2", COL_Q_CLEARED, UG_CM2);
}

size_t quantities_of(const struct study *s, struct quantity out[QUANTITIES_MAX])
{
    const struct problem *p = &s->problem;
    struct list l = {out, 0};
    add_delivered(&l, s);
    add(&l, "uptake_rate", "ug_cm2_h", "ug/cm2/h", COL_J_TOP, UG_CM2_H);
    add(&l, "uptake", "ug_cm2", "ug/cm2", COL_Q_TOP, UG_CM2)->has_error = true;
    add(&l, "uptake", "ug_patch", "ug/patch", COL_Q_TOP, UG * p->area);
    for (size_t i = 0; i < p->n_layers; i++) {
        char stem[56];
        snprintf(stem, sizeof stem, "amount_%s", p->layer[i].name);
        add(&l, stem, "ug_cm2", "ug/cm2", (enum column)(COL_LAYER0 + i), UG_CM2)->has_error = true;
    }
    if (s->has_channel) add(&l, "channel", "ug_cm2", "ug/cm2", COL_CHANNEL, UG_CM2);
    if (p->donor.kind == DONOR_FINITE) {
        add(&l, "vehicle", "ug_cm2", "ug/cm2", COL_VEHICLE, UG_CM2);
        add(&l, "removed", "ug_cm2", "ug/cm2", COL_REMOVED, UG_CM2);
    }
    add_receptor(&l, p);
    if (p->body.present) {
        add(&l, "plasma", "ng_mL", "ng/mL", COL_PLASMA, NG_ML)->has_error = true;
        add(&l, "excreted", "ug_patch", "ug/patch", COL_EXCRETED, UG);
    }
    add(&l, "balance", "rel", "1", COL_BALANCE, 1.0);
    return l.n;
}

double quantity_value(const struct quantity *q, const struct solution *sol, size_t k)
{
    double x = q->kind == QUANTITY_DELIVERED ? solution_delivered(sol, k)
               : q->kind == QUANTITY_FLUX    ? solution_delivery_rate(sol, k)
                                             : solution_at(sol, k, q->column);
    return q->scale * x;
}

double quantity_error(const struct quantity *q, const struct solution *sol, size_t k)
{
    if (!sol->space_error || q->column == COL_BALANCE) return NAN;
    double x = q->kind == QUANTITY_DELIVERED
                   ? solution_error(sol, k, COL_Q_BOTTOM) + solution_error(sol, k, COL_Q_CLEARED)
               : q->kind == QUANTITY_FLUX ? solution_error(sol, k, COL_J_BOTTOM) + solution_error(sol, k, COL_J_CLEARED)
                                          : solution_error(sol, k, q->column);
    return q->scale * x;
}
