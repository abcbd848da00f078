/* share.c -- where the drug is: the shares of a balance, the recovery table, and the sum over cells of different depth.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/text/table.h"
#include "solver/results/result.h"

const char *const share_group_name[] = {"dislodgeable", "in_skin", "absorbed", "lost", "undelivered"};

double amount_in(const struct solution *sol, size_t k)
{
    return solution_at(sol, k, COL_Q_TOP) + solution_at(sol, k, COL_VEHICLE) + solution_at(sol, k, COL_REMOVED) +
           solution_at(sol, k, COL_EVAPORATED) + solution_at(sol, k, COL_UNDELIVERED);
}

struct adding { struct share *out; size_t n; const struct solution *sol; size_t k; };

static void add_share(struct adding *a, enum share_group group, const char *name, enum column c)
{
    struct share *to = &a->out[a->n++];
    *to = (struct share){.group = group, .amount = solution_at(a->sol, a->k, c)};
    snprintf(to->name, sizeof to->name, "%s", name);
}

/* The columns of a kind that the whole study never fills are left out. */
static void add_if_any(struct adding *a, enum share_group group, const char *name, enum column c)
{
    if (solution_at(a->sol, a->sol->n_out - 1, c) != 0.0) add_share(a, group, name, c);
}

size_t shares_at(const struct study *s, const struct solution *sol, size_t k, struct share out[SHARES_MAX])
{
    const struct problem *p = &s->problem;
    struct adding a = {out, 0, sol, k};
    if (study_has_vehicle(s, DONOR_FINITE)) {
        add_share(&a, SHARE_DISLODGEABLE, "vehicle", COL_VEHICLE);
        add_share(&a, SHARE_DISLODGEABLE, "removed", COL_REMOVED);
        add_if_any(&a, SHARE_LOST, "evaporated", COL_EVAPORATED);
    }
    if (p->needles.law != RELEASE_NONE) add_share(&a, SHARE_UNDELIVERED, "undelivered", COL_UNDELIVERED);
    if (s->has_channel) add_share(&a, SHARE_SKIN, "channel", COL_CHANNEL);
    for (size_t i = first_skin_layer(s); i < p->n_layers; i++)
        add_share(&a, SHARE_SKIN, p->layer[i].name, (enum column)(COL_LAYER0 + i));
    add_if_any(&a, SHARE_SKIN, "bound", COL_BOUND);
    if (p->receptor.kind == RECEPTOR_FRANZ) {
        add_share(&a, SHARE_ABSORBED, "receptor", COL_RECEPTOR);
        add_share(&a, SHARE_ABSORBED, "sampled", COL_SAMPLED);
    } else if (p->receptor.kind == RECEPTOR_SINK)
        add_share(&a, SHARE_ABSORBED, "sink", COL_Q_BOTTOM);
    add_if_any(&a, SHARE_ABSORBED, "cleared", COL_Q_CLEARED);
    add_if_any(&a, SHARE_ABSORBED, "metabolised", COL_METABOLISED);
    return a.n;
}

/* ---- recovery.csv ---- */

static int write_line(struct table_out *o, const struct study *s, const char *group, const char *part, double amount,
                      double in, struct err *e)
{
    table_word(o, group);
    table_word(o, part);
    table_number(o, amount * UG_CM2);
    table_number(o, amount * UG * study_patch_area(s));
    table_number(o, in > 0.0 ? 100.0 * amount / in : NAN);
    return table_end_row(o, e);
}

int recovery_write(const struct study *s, const struct solution *sol, const struct folder *f, struct err *e)
{
    static const char *const columns[] = {"group", "part", "amount_ug_cm2", "amount_ug_patch", "of_dose_percent"};
    struct share share[SHARES_MAX];
    struct table_out *o;
    char path[FOLDER_PATH + 100];
    size_t n = shares_at(s, sol, sol->n_out - 1, share);
    double in = amount_in(sol, sol->n_out - 1), sum[SHARE_GROUPS] = {0}, total = 0.0;
    int rc = table_create(&o, folder_file(f, "recovery.csv", path), columns, 5, e);
    for (size_t i = 0; !rc && i < n; i++) {
        sum[share[i].group] += share[i].amount;
        total += share[i].amount;
        rc = write_line(o, s, share_group_name[share[i].group], share[i].name, share[i].amount, in, e);
    }
    for (size_t g = 0; !rc && g < SHARE_GROUPS; g++)
        if (g != SHARE_UNDELIVERED || s->problem.needles.law != RELEASE_NONE)
            rc = write_line(o, s, share_group_name[g], "sum", sum[g], in, e);
    if (!rc) rc = write_line(o, s, "recovery", "total", total, in, e);
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

/* ---- cells of different depth ---- */

static void add_rows(double *sum, const double *part, size_t n, double weight)
{
    for (size_t i = 0; sum && part && i < n; i++)
        sum[i] += weight * part[i];
}

static void scale_rows(double *x, size_t n, double weight)
{
    for (size_t i = 0; x && i < n; i++)
        x[i] *= weight;
}

static void swap_array(double **a, double **b)
{
    double *keep = *a;
    *a = *b;
    *b = keep;
}

static void take_profiles(struct solution *sum, struct solution *part)
{
    size_t nz = sum->nz, nr = sum->nr;
    swap_array(&sum->z, &part->z);
    swap_array(&sum->axis, &part->axis);
    swap_array(&sum->mean, &part->mean);
    swap_array(&sum->edge, &part->edge);
    swap_array(&sum->steady_axis, &part->steady_axis);
    swap_array(&sum->steady_mean, &part->steady_mean);
    swap_array(&sum->steady_edge, &part->steady_edge);
    swap_array(&sum->field, &part->field);
    swap_array(&sum->field_r, &part->field_r);
    swap_array(&sum->field_z, &part->field_z);
    sum->nz = part->nz;
    sum->nr = part->nr;
    part->nz = nz;
    part->nr = nr;
}

static void add_steps(struct integrator_stats *sum, const struct integrator_stats *part)
{
    sum->steps += part->steps;
    sum->rhs += part->rhs;
    sum->setups += part->setups;
    sum->nonlinear_fails += part->nonlinear_fails;
    sum->error_fails += part->error_fails;
    sum->smallest_step = fmin(sum->smallest_step, part->smallest_step);
}

void solution_combine(struct solution *sum, struct solution *part, double weight, bool keeps_profiles)
{
    size_t n = part->n_out * COLS_MAX;
    part->lag *= part->J_ss; /* lags add as amounts:  J lag */
    part->lag_error *= part->J_ss;
    if (!sum->t) {
        struct solution first = *part;
        *part = (struct solution){0};
        double *rows[] = {first.value, first.space_error, first.time_error};
        for (size_t i = 0; i < 3; i++)
            scale_rows(rows[i], n, weight);
        scale_rows(first.steady, COLS_MAX, weight);
        double *numbers[] = {&first.J_ss, &first.lag, &first.J_ss_error, &first.lag_error, &first.permeability};
        for (size_t i = 0; i < 5; i++)
            *numbers[i] *= weight;
        if (isfinite(first.J_ss)) {
            first.lag /= first.J_ss;
            first.lag_error /= first.J_ss;
        }
        *sum = first;
        for (size_t k = 0; k < sum->n_out; k++) { /* not amounts: the worst, and the same in all */
            sum->value[k * COLS_MAX + COL_BALANCE] /= weight;
            sum->value[k * COLS_MAX + COL_THETA] /= weight;
        }
        return;
    }
    for (size_t k = 0; k < sum->n_out; k++) {
        double *row = part->value + k * COLS_MAX, *to = sum->value + k * COLS_MAX;
        to[COL_BALANCE] = fmax(to[COL_BALANCE], row[COL_BALANCE]);
        row[COL_BALANCE] = row[COL_THETA] = 0.0;
    }
    sum->worst_balance = fmax(sum->worst_balance, part->worst_balance);
    sum->lowest = fmin(sum->lowest, part->lowest);
    add_rows(sum->value, part->value, n, weight);
    add_rows(sum->space_error, part->space_error, n, weight);
    add_rows(sum->time_error, part->time_error, n, weight);
    add_rows(sum->steady, part->steady, COLS_MAX, weight);
    double J = sum->J_ss + weight * part->J_ss;
    sum->lag = (sum->lag * sum->J_ss + weight * part->lag) / J;
    sum->lag_error = (sum->lag_error * sum->J_ss + weight * part->lag_error) / J;
    sum->J_ss = J;
    sum->J_ss_error += weight * part->J_ss_error;
    sum->permeability += weight * part->permeability;
    sum->unknowns += part->unknowns;
    add_steps(&sum->stats, &part->stats);
    if (keeps_profiles) take_profiles(sum, part);
}
