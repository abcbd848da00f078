/* result.c -- see result.h: computing, and the YAML files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/provenance.h"
#include "solver/results/result.h"
#include "solver/results/tables.h"

static int compute_one(const struct study *s, const struct problem *p, struct solution *out, struct err *e)
{
    return s->error_estimate ? simulate_with_error(p, out, e) : simulate(p, out, e);
}

/* Cells of every depth of the distribution in one problem: they share vehicle, receptor and blood  (E40). */
static int compute_joined(const struct study *s, struct solution *out, struct err *e)
{
    struct problem *p = malloc(sizeof *p);
    if (!p) return err_set(e, ERR_NOMEM, "out of memory");
    *p = s->problem;
    p->n_cells = s->n_depths;
    for (size_t i = 0; i < s->n_depths; i++)
        p->cell[i] =
            (struct cell){s->at_depth[i].depth, s->at_depth[i].r_surface, s->at_depth[i].r_tip, s->at_depth[i].share};
    int rc = compute_one(s, p, out, e);
    free(p);
    return rc;
}

/* A dose in the needles is each needle's own: every cell of the depth distribution by itself, weighted by the share of
 * the needles that went so deep  (E40). */
static int compute_apart(const struct study *s, struct solution *out, struct err *e)
{
    struct problem *p = malloc(sizeof *p);
    int rc = p ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    *out = (struct solution){0};
    for (size_t i = 0; !rc && i < s->n_depths; i++) {
        struct solution part;
        study_at_depth(s, i, p);
        rc = compute_one(s, p, &part, e);
        if (!rc) solution_combine(out, &part, s->at_depth[i].share, i == s->n_depths / 2);
        solution_release(&part);
    }
    if (rc) solution_release(out);
    free(p);
    return rc;
}

static int compute_intact(const struct study *s, struct result *out, struct err *e)
{
    struct problem *intact = malloc(sizeof *intact);
    if (!intact) return err_set(e, ERR_NOMEM, "out of memory");
    study_intact(s, intact);
    int rc = simulate(intact, &out->intact, e);
    out->has_intact = !rc;
    free(intact);
    return rc;
}

int result_compute(const struct study *s, struct result *out, struct err *e)
{
    *out = (struct result){0};
    int rc = !s->n_depths                               ? compute_one(s, &s->problem, &out->solution, e)
             : s->problem.needles.law == RELEASE_NONE ? compute_joined(s, &out->solution, e)
                                                        : compute_apart(s, &out->solution, e);
    if (!rc && s->has_channel && s->n_vehicles) rc = compute_intact(s, out, e);
    if (!rc) endpoints_compute(s, &out->solution, out->has_intact ? &out->intact : NULL, &out->endpoints);
    if (!rc && isfinite(s->back_within)) {
        double after, openness;
        char why[160];
        rc = closed_after(s, &after, &openness, why, e);
        if (!rc) endpoints_add_closed(&out->endpoints, after, openness, why);
    }
    if (rc) result_release(out);
    return rc;
}

void result_release(struct result *r)
{
    solution_release(&r->solution);
    solution_release(&r->intact);
    *r = (struct result){0};
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

static void put_amount(struct record *r, const struct study *s, const char *group, const char *name, double amount,
                       double in)
{
    put(r, group, name, "ug_cm2", amount * UG_CM2);
    put(r, group, name, "ug_patch", amount * UG * study_patch_area(s));
    put(r, group, name, "percent", in > 0.0 ? 100.0 * amount / in : NAN);
}

static void put_balance(struct record *r, const struct study *s, const struct solution *sol)
{
    struct share share[SHARES_MAX];
    size_t n = shares_at(s, sol, sol->n_out - 1, share);
    double in = amount_in(sol, sol->n_out - 1), sum[SHARE_GROUPS] = {0}, all = 0.0;
    record_text(r, "balance/meaning",
                "where the drug is at the last output; 'went in' is the dose, or what an infinite vehicle gave");
    put(r, "balance", "went_in", "ug_cm2", in * UG_CM2);
    put(r, "balance", "went_in", "ug_patch", in * UG * study_patch_area(s));
    for (size_t i = 0; i < n; i++) {
        put_amount(r, s, "balance", share[i].name, share[i].amount, in);
        sum[share[i].group] += share[i].amount;
    }
    record_number(r, "balance/worst_relative_difference", sol->worst_balance);
    record_number(r, "balance/allowed", BALANCE_BAND);
    if (study_has_dose(s, DONOR_INFINITE)) return;
    for (size_t g = 0; g < SHARE_GROUPS; g++) {
        if (g != SHARE_UNDELIVERED || s->problem.needles.law != RELEASE_NONE)
            put_amount(r, s, "recovery", share_group_name[g], sum[g], in);
        all += sum[g];
    }
    put_amount(r, s, "recovery", "total", all, in);
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
    for (size_t i = 0; i < s->n_depths; i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        put(r, "inputs/channel/depths", index, "depth_um", s->at_depth[i].depth * 1e6);
        put(r, "inputs/channel/depths", index, "share", s->at_depth[i].share);
    }
    if (c->closes) {
        record_number(r, "inputs/closure/half_life_open_h", c->half_life_open / HOUR);
        record_number(r, "inputs/closure/half_life_occluded_h", c->half_life_occluded / HOUR);
        record_number(r, "inputs/closure/elastic", c->elastic);
    }
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
    record_number(r, "inputs/patch_area_cm2", study_patch_area(s) * 1e4);
    if (s->patches > 1.0) record_number(r, "inputs/patches", s->patches);
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
    record_text(r, "solver/integrator",
                sol->stats.stepped == 0  ? "linear path"
                : sol->stats.linear == 0 ? "CVODE"
                                         : "linear path and CVODE");
    record_integer(r, "solver/segments_linear_path", sol->stats.linear);
    record_integer(r, "solver/segments_cvode", sol->stats.stepped);
    record_integer(r, "solver/segments_failed_over_to_cvode", sol->stats.failed_over);
    record_integer(r, "solver/linear_path_vectors", sol->stats.vectors);
    record_integer(r, "solver/steps", sol->stats.steps);
    record_integer(r, "solver/right_hand_sides", sol->stats.rhs);
    record_integer(r, "solver/factorisations", sol->stats.setups);
    record_integer(r, "solver/error_test_failures", sol->stats.error_fails);
    record_integer(r, "solver/nonlinear_failures", sol->stats.nonlinear_fails);
    record_number(r, "solver/smallest_step_s", sol->stats.smallest_step);
    record_number(r, "solver/lowest_activity_relative", sol->lowest);
    record_text(r, "solver/error_estimate",
                sol->space_error ? "space: elements merged in pairs once and twice; time: rtol against rtol/10; "
                                   "their sum is reported"
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
    if (!rc && !study_has_dose(s, DONOR_INFINITE)) rc = recovery_write(s, &r->solution, f, e);
    if (!rc && s->problem.keep_fields) rc = fields_write(s, &r->solution, f, e);
    if (!rc) rc = write_summary(s, r, c, hash, folder_file(f, "summary.yaml", path), e);
    return rc;
}
