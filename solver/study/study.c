/* study.c -- see study.h: the table of contents of reading a study. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/number.h"
#include "solver/study/read.h"

void note_add(struct study *s, enum note_kind kind, const char *path, const char *value, const char *fmt, ...)
{
    if (s->n_notes >= NOTES_MAX) return;
    struct note *n = &s->note[s->n_notes++];
    va_list ap;
    *n = (struct note){.kind = kind};
    snprintf(n->path, sizeof n->path, "%s", path ? path : "");
    snprintf(n->value, sizeof n->value, "%s", value ? value : "");
    va_start(ap, fmt);
    vsnprintf(n->text, sizeof n->text, fmt, ap);
    va_end(ap);
}

int optional_quantity(struct cnode map, const char *key, const char *si_unit, struct range r, double *out, bool *found,
                      struct err *e)
{
    *found = config_is(config_get(map, key));
    return *found ? config_quantity(map, key, si_unit, r, out, e) : 0;
}

int optional_number(struct cnode map, const char *key, struct range r, double *out, bool *found, struct err *e)
{
    *found = config_is(config_get(map, key));
    return *found ? config_number(map, key, r, out, e) : 0;
}

struct cnode place(struct cnode map, const char *key)
{
    struct cnode value = config_get(map, key);
    return config_is(value) ? value : map;
}

static int read_title(struct study *s, struct err *e)
{
    static const char *const keys[] = {
        "study",   "note",     "drug", "skin",  "needles",  "density",  "insertion",  "channel",
        "vehicle", "receptor", "body", "patch", "schedule", "numerics", "lab_window", "limit_of_quantification",
        "vehicles", "closure", "metabolite", "strikes", "outputs", "needle_dose", NULL};
    const char *title;
    int rc = config_known(config_root(s->doc), keys, e);
    if (!rc) rc = config_string(config_root(s->doc), "study", &title, e);
    if (!rc) snprintf(s->title, sizeof s->title, "%s", title);
    return rc;
}

int check_relations(struct study *s, struct err *e)
{
    const struct problem *p = &s->problem;
    double cleared = 0.0;
    for (size_t i = 0; i < p->n_layers; i++)
        cleared += p->layer[i].clearance;
    if (p->receptor.kind == RECEPTOR_CLOSED && !(cleared > 0.0)) {
        config_fail(config_get(config_root(s->doc), "receptor"), e, ERR_RANGE,
                    "receptor: closed, but no layer has a clearance: nothing could leave the skin");
        err_hint(e, "add clearance to a layer of the drug's tissue, or use receptor: {type: sink}");
        return ERR_RANGE;
    }
    int rc = problem_check(p, e);
    if (rc) err_at(e, "%s", config_path(s->doc));
    return rc;
}

static int read_all(struct study *s, const struct study_options *o, struct err *e)
{
    int rc = parts_open(s, o, e);
    if (!rc) rc = read_title(s, e);
    if (!rc) rc = read_outside(s, e);
    if (!rc) rc = read_skin(s, e);
    if (!rc) rc = read_body(s, e);
    if (!rc) rc = read_schedule(s, e);
    if (!rc) rc = read_needles(s, e);
    if (!rc) rc = read_steps(s, e);
    if (!rc) rc = needle_dose_events(s, e);
    if (!rc) rc = read_closure(s, e);
    if (!rc) rc = check_waters(s, e);
    if (!rc) rc = check_relations(s, e);
    if (!rc) warn_of_implausible(s);
    return rc;
}

int study_load(struct study *s, const char *path, const struct study_options *options, struct err *e)
{
    static const struct study_options none = {NULL, NULL};
    *s = (struct study){.eta = NAN,
                        .temperature = NAN,
                        .lab_from = NAN,
                        .lab_to = NAN,
                        .quantification_limit = NAN,
                        .patches = 1.0,
                        .dose_area = NAN,
                        .orifice_area = NAN,
                        .depth_sd = NAN,
                        .spread = NAN,
                        .back_within = NAN,
                        .penetrated_fraction = 1.0};
    problem_init(&s->problem);
    int rc = config_open(&s->doc, path, e);
    if (!rc) rc = read_all(s, options ? options : &none, e);
    if (rc) study_release(s);
    return rc;
}

void study_release(struct study *s)
{
    config_close(s->doc);
    for (int i = 0; i < PARTS; i++)
        config_close(s->part_doc[i]);
    *s = (struct study){0};
}

void study_intact(const struct study *s, struct problem *out)
{
    *out = s->problem;
    out->channel = (struct channel){.fill = CHANNEL_NONE};
    out->needles = (struct needle_dose){0};
    out->n_events = 0;
    for (size_t i = 0; i < s->problem.n_events; i++)
        if (s->problem.event[i].kind != EVENT_NEEDLES && s->problem.event[i].kind != EVENT_WITHDRAW)
            out->event[out->n_events++] = s->problem.event[i];
}

void study_at_depth(const struct study *s, size_t i, struct problem *out)
{
    *out = s->problem;
    out->channel.depth = s->at_depth[i].depth;
    out->channel.r_surface = s->at_depth[i].r_surface;
    out->channel.r_tip = s->at_depth[i].r_tip;
    if (out->needles.law == RELEASE_NONE) return;
    out->needles.buried = s->at_depth[i].buried;
    out->needles.outside = s->needle_dose_in_all - out->needles.buried;
    out->needles.gone_after *= s->at_depth[i].r_surface / s->problem.channel.r_surface;
}

bool study_has_dose(const struct study *s, enum donor_kind kind)
{
    return (kind == DONOR_FINITE && s->problem.needles.law != RELEASE_NONE) || study_has_vehicle(s, kind);
}

const char *study_caption(const struct study *s, char buf[240])
{
    snprintf(buf, 240, "%s%s", s->title, s->is_virtual ? " (SYNTHETIC)" : "");
    return buf;
}

bool study_has_vehicle(const struct study *s, enum donor_kind kind)
{
    for (size_t i = 0; i < s->n_vehicles; i++)
        if ((i ? s->problem.dose[i] : s->problem.donor).kind == kind) return true;
    return false;
}

/* ---- the resolved study ---- */

/* As a plain number when ten digits say it all, else with the digits that bring the same double back. */
static void record_exact(struct record *r, const char *path, double x)
{
    char text[40];
    snprintf(text, sizeof text, "%.10g", x);
    if (strtod(text, NULL) == x) {
        record_number(r, path, x);
        return;
    }
    snprintf(text, sizeof text, "%.17g", x);
    record_text(r, path, text);
}

static void resolve_insertion(const struct study *s, struct record *r)
{
    char value[60];
    snprintf(value, sizeof value, "%.17g m", s->depth);
    record_text(r, "insertion/depth", value);
    record_exact(r, "insertion/penetrated_fraction", s->penetrated_fraction);
    record_bool(r, "insertion/virtual", s->is_virtual);
    if (s->depth_estimated) record_bool(r, "insertion/estimated", true);
    if (isfinite(s->spread)) {
        snprintf(value, sizeof value, "%.17g m", s->spread);
        record_text(r, "insertion/depth_sd", value);
    }
    if (s->penetration_file[0]) record_text(r, "insertion/read_from", s->penetration_file);
}

static bool depth_is_resolved(struct cnode insertion)
{
    static const char *const ways[] = {"run", "force", "travel"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (config_is(config_get(insertion, ways[i]))) return true;
    return false;
}

static int part_of_key(const char *key)
{
    for (int part = 0; part < PARTS; part++)
        if (strcmp(key, part_key[part]) == 0) return part;
    return -1;
}

void study_resolve(const struct study *s, struct record *r)
{
    struct cnode root = config_root(s->doc);
    for (size_t i = 0; i < config_count(root); i++) {
        const char *key;
        struct cnode at = config_pair(root, i, &key);
        int part = part_of_key(key);
        if (part >= 0 && config_is(s->part[part]))
            record_subtree(r, key, s->part[part]);
        else if (strcmp(key, "insertion") == 0 && s->has_channel && depth_is_resolved(at))
            resolve_insertion(s, r);
        else
            record_subtree(r, key, at);
    }
    for (size_t i = 0; i < s->n_notes; i++)
        if (s->note[i].kind == NOTE_ASSUMED) {
            const struct note *n = &s->note[i];
            double x;
            if (number_parse(n->value, &x))
                record_exact(r, n->path, x);
            else
                record_text(r, n->path, n->value);
        }
}
