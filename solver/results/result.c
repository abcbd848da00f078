/* result.c -- see result.h: computing, and the YAML files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/provenance.h"
#include "solver/results/result.h"
#include "solver/results/tables.h"

int result_compute(const struct study *s, struct result *out, struct err *e)
{
    *out = (struct result){0};
    int rc = s->error_estimate ? simulate_with_error(&s->problem, &out->solution, e)
                               : simulate(&s->problem, &out->solution, e);
    if (!rc && s->has_channel) {
        struct problem *intact = malloc(sizeof *intact);
        if (!intact)
            rc = err_set(e, ERR_NOMEM, "out of memory");
        else {
            study_intact(s, intact);
            rc = simulate(intact, &out->intact, e);
            out->has_intact = !rc;
        }
        free(intact);
    }
    if (rc)
        result_release(out);
    else
        endpoints_compute(s, &out->solution, out->has_intact ? &out->intact : NULL, &out->endpoints);
    return rc;
}

void result_release(struct result *r)
{
    solution_release(&r->solution);
    solution_release(&r->intact);
    *r = (struct result){0};
}

double amount_in(const struct study *s, const struct solution *sol)
{
    const struct donor *d = &s->problem.donor;
    return d->kind == DONOR_FINITE ? d->H * d->C0 : solution_at(sol, sol->n_out - 1, COL_Q_TOP);
}

static void add_share(struct share *out, size_t *n, const char *name, double amount)
{
    snprintf(out[*n].name, sizeof out[*n].name, "%s", name);
    out[(*n)++].amount = amount;
}

size_t shares_at_end(const struct study *s, const struct solution *sol, struct share out[8 + LAYERS_MAX])
{
    const struct problem *p = &s->problem;
    size_t k = sol->n_out - 1, n = 0;
    if (p->donor.kind == DONOR_FINITE) {
        add_share(out, &n, "vehicle", solution_at(sol, k, COL_VEHICLE));
        add_share(out, &n, "removed", solution_at(sol, k, COL_REMOVED));
    }
    if (s->has_channel) add_share(out, &n, "channel", solution_at(sol, k, COL_CHANNEL));
    for (size_t i = 0; i < p->n_layers; i++)
        add_share(out, &n, p->layer[i].name, solution_at(sol, k, (enum column)(COL_LAYER0 + i)));
    if (p->receptor.kind == RECEPTOR_FRANZ) {
        add_share(out, &n, "receptor", solution_at(sol, k, COL_RECEPTOR));
        add_share(out, &n, "sampled", solution_at(sol, k, COL_SAMPLED));
    } else if (p->receptor.kind == RECEPTOR_SINK)
        add_share(out, &n, "sink", solution_at(sol, k, COL_Q_BOTTOM));
    if (solution_at(sol, k, COL_Q_CLEARED) > 0.0) add_share(out, &n, "cleared", solution_at(sol, k, COL_Q_CLEARED));
    return n;
}

/* ---- summary.yaml ---- */

static void put(struct record *r, const char *group, const char *name, const char *key, double value)
{
    char path[200];
    snprintf(path, sizeof path, "%.60s/%.60s/%.40s", group, name, key);
    record_number(r, path, value);
}

static void put_word(struct record *r, const char *group, const char *name, const char *key, const char *value)
{
    char path[200];
    snprintf(path, sizeof path, "%.60s/%.60s/%.40s", group, name, key);
    record_text(r, path, value);
}

static void put_endpoints(struct record *r, const struct endpoints *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct endpoint *p = &list->item[i];
        if (isfinite(p->value)) {
            put(r, "results", p->name, "value", p->value);
            put_word(r, "results", p->name, "unit", p->unit);
            if (isfinite(p->error)) put(r, "results", p->name, "estimated_error", p->error);
        }
        if (p->remark[0]) put_word(r, "results", p->name, isfinite(p->value) ? "remark" : "value", p->remark);
    }
}

static void put_balance(struct record *r, const struct study *s, const struct solution *sol)
{
    struct share share[8 + LAYERS_MAX];
    size_t n = shares_at_end(s, sol, share);
    double in = amount_in(s, sol);
    record_text(r, "balance/meaning",
                "where the drug is at the last output; 'went in' is the dose, or what an infinite vehicle gave");
    put(r, "balance", "went_in", "ug_cm2", in * UG_CM2);
    put(r, "balance", "went_in", "ug_patch", in * UG * s->problem.area);
    for (size_t i = 0; i < n; i++) {
        put(r, "balance", share[i].name, "ug_cm2", share[i].amount * UG_CM2);
        put(r, "balance", share[i].name, "ug_patch", share[i].amount * UG * s->problem.area);
        put(r, "balance", share[i].name, "percent", in > 0.0 ? 100.0 * share[i].amount / in : NAN);
    }
    record_number(r, "balance/worst_relative_difference", sol->worst_balance);
    record_number(r, "balance/allowed", BALANCE_BAND);
}

static void put_channel(struct record *r, const struct study *s)
{
    const struct channel *c = &s->problem.channel;
    record_number(r, "inputs/channel/depth_um", c->depth * 1e6);
    if (isfinite(s->depth_sd)) record_number(r, "inputs/channel/depth_sd_um", s->depth_sd * 1e6);
    if (s->depth_estimated) record_text(r, "inputs/channel/depth_is", "estimated by the insertion model, not measured");
    record_number(r, "inputs/channel/needle_length_um", s->needle_length * 1e6);
    record_number(r, "inputs/channel/density_per_cm2", s->density * 1e-4);
    record_number(r, "inputs/channel/cell_radius_um", s->problem.cell_radius * 1e6);
    record_number(r, "inputs/channel/surface_radius_um", c->r_surface * 1e6);
    record_number(r, "inputs/channel/tip_radius_um", c->r_tip * 1e6);
    record_text(r, "inputs/channel/fill", c->fill == CHANNEL_STIRRED ? "stirred" : "diffusing");
    record_number(r, "inputs/channel/D_cm2_s", c->D * 1e4);
    record_number(r, "inputs/channel/K", c->K);
}

static void put_inputs(struct record *r, const struct study *s)
{
    const struct problem *p = &s->problem;
    record_text(r, "inputs/drug", s->drug);
    record_text(r, "inputs/skin", s->skin);
    record_text(r, "inputs/needles", s->has_channel ? s->needles : "none");
    record_number(r, "inputs/patch_area_cm2", p->area * 1e4);
    for (size_t i = 0; i < p->n_layers; i++) {
        const struct layer *l = &p->layer[i];
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        put_word(r, "inputs/layers", index, "name", l->name);
        put(r, "inputs/layers", index, "thickness_um", l->h * 1e6);
        put(r, "inputs/layers", index, "D_cm2_s", l->D * 1e4);
        put(r, "inputs/layers", index, "K", l->K);
        put(r, "inputs/layers", index, "clearance_per_s", l->clearance);
    }
    if (s->has_channel) put_channel(r, s);
}

static void put_notes(struct record *r, const struct study *s, const struct endpoints *list)
{
    static const char *const group[] = {"assumed/-", "derived/-", "warnings/-", "labels/-"};
    for (size_t i = 0; i < s->n_notes; i++) {
        const struct note *n = &s->note[i];
        char text[400];
        snprintf(text, sizeof text, "%s%s%s", n->path, n->path[0] ? ": " : "", n->text);
        record_text(r, group[n->kind], text);
    }
    for (size_t i = 0; i < list->n_warnings; i++)
        record_text(r, "warnings/-", list->warning[i]);
}

static void put_solver(struct record *r, const struct study *s, const struct solution *sol, double wall_s)
{
    record_number(r, "solver/level", s->problem.level);
    record_number(r, "solver/rtol", s->problem.rtol);
    record_integer(r, "solver/unknowns", (long long)sol->unknowns);
    record_integer(r, "solver/elements_down", (long long)sol->elements_down);
    record_integer(r, "solver/elements_across", (long long)sol->elements_across);
    record_integer(r, "solver/steps", sol->stats.steps);
    record_integer(r, "solver/right_hand_sides", sol->stats.rhs);
    record_integer(r, "solver/factorisations", sol->stats.setups);
    record_integer(r, "solver/error_test_failures", sol->stats.error_fails);
    record_integer(r, "solver/nonlinear_failures", sol->stats.nonlinear_fails);
    record_number(r, "solver/smallest_step_s", sol->stats.smallest_step);
    record_number(r, "solver/lowest_activity_relative", sol->lowest);
    record_text(r, "solver/error_estimate",
                sol->space_error ? "space: level s against 2s; time: rtol against rtol/10; their sum is reported"
                                 : "not asked for");
    record_number(r, "solver/wall_time_s", wall_s);
}

static int write_study(const struct study *s, const char *path, char hash[65], struct err *e)
{
    struct record *r;
    int rc = record_new(&r, e);
    if (rc) return rc;
    study_resolve(s, r);
    char *text = record_string(r);
    if (text) sha256_hex(text, strlen(text), hash);
    rc = text ? record_write(r, path, e) : err_set(e, ERR_NOMEM, "out of memory");
    free(text);
    record_free(r);
    return rc;
}

static int write_summary(const struct study *s, const struct result *res, const struct result_context *c,
                         const char *hash, const char *path, struct err *e)
{
    struct record *r;
    int rc = record_new(&r, e);
    if (rc) return rc;
    record_text(r, "study", s->title);
    put_endpoints(r, &res->endpoints);
    put_notes(r, s, &res->endpoints);
    put_balance(r, s, &res->solution);
    put_inputs(r, s);
    if (s->penetration_file[0]) record_text(r, "inputs/penetration_file", s->penetration_file);
    put_solver(r, s, &res->solution, c->wall_s);
    const char *const libraries[] = {"SUNDIALS CVODES", integrator_version(), NULL};
    struct provenance who = {"mnsim", c->command, hash, c->unix_time, -1, libraries};
    provenance_record(r, "provenance", &who);
    rc = record_write(r, path, e);
    record_free(r);
    return rc;
}

int result_write(const struct study *s, const struct result *r, const struct result_context *c, const struct folder *f,
                 struct err *e)
{
    char path[FOLDER_PATH + 100], hash[65] = "";
    int rc = write_study(s, folder_file(f, "study.yaml", path), hash, e);
    if (!rc) rc = tables_write(s, &r->solution, f, e);
    if (!rc) rc = write_summary(s, r, c, hash, folder_file(f, "summary.yaml", path), e);
    return rc;
}
