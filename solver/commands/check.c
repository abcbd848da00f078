/* check.c -- mnsim check: reads studies as a run would and says what would be computed, from which numbers. */
#include <math.h>
#include <string.h>
#include "solver/commands/commands.h"

const char help_check[] =
    "usage: mnsim check STUDY.yaml... [--set path=value]... [--config DIR]\n"
    "\n"
    "Validates studies without computing them; prints the resolved numbers, what was assumed, and what would be\n"
    "computed.\n"
    "\n"
    "  --set path=value    override a value, as for run\n"
    "  --config DIR        where drugs/, skins/ and needles/ are looked up after the study's own folder\n"
    "\n"
    "example: mnsim check config/studies/*.yaml\n"
    "exit status: 0 all are good, 2 usage, 3 at least one is not";

static const char *source_of(struct cnode at)
{
    const char *text = config_text(config_get(at, "source"));
    return text ? text : "no source given";
}

/* Its beginning, cut between words. */
static void print_source(const char *of, const char *text)
{
    enum { MOST = 200 };
    size_t n = strlen(text);
    bool whole = n <= MOST;
    for (n = whole ? n : MOST; !whole && n > 0 && text[n] != ' ';)
        n--;
    printf("    %s: %.*s%s\n", of, (int)n, text, whole ? "" : " ...");
}

static void print_laws(const struct layer *l)
{
    const struct binding *b = &l->binding;
    const struct metabolism *m = &l->metabolism;
    if (b->B_max > 0.0)
        printf("    binding: %.4g mg/mL of sites, K_d %.4g mg/mL, off %.4g 1/s\n", b->B_max, b->k_off / b->k_on,
               b->k_off);
    if (m->k > 0.0) printf("    metabolism: %.4g 1/s\n", m->k);
    if (m->V_max > 0.0) printf("    metabolism: at most %.4g mg/mL/s, half of it at %.4g mg/mL\n", m->V_max, m->K_m);
}

static void print_layers(const struct study *s)
{
    struct cnode tissue = config_get(s->part[PART_DRUG], "tissue");
    for (size_t i = 0; i < s->problem.n_layers; i++) {
        const struct layer *l = &s->problem.layer[i];
        if (i < first_skin_layer(s)) continue; /* the vehicle */
        struct cnode in_drug = config_get(tissue, l->name),
                     in_skin = config_item(config_get(s->part[PART_SKIN], "layers"), i - first_skin_layer(s));
        printf("  %-18s %8.4g um   D %-10.4g cm2/s  K %-8.4g clearance %.4g 1/s\n", l->name, l->h * 1e6, l->D * 1e4,
               l->K, l->clearance);
        print_source("thickness", source_of(in_skin));
        print_source("D, K", source_of(config_is(in_drug) ? in_drug : in_skin));
        print_laws(l);
    }
}

static void print_channel(const struct study *s)
{
    const struct channel *c = &s->problem.channel;
    printf("  channels           %.5g um deep, radius %.4g um at the surface to %.4g um at the tip, %s, D %.4g cm2/s, "
           "K %.4g\n",
           c->depth * 1e6, c->r_surface * 1e6, c->r_tip * 1e6, c->fill == CHANNEL_STIRRED ? "stirred" : "diffusing",
           c->D * 1e4, c->K);
    if (c->closes)
        printf("  closure            half-life %.4g h open, %.4g h occluded, %.3g left when the needles are out\n",
               c->half_life_open / HOUR, c->half_life_occluded / HOUR, c->elastic);
    printf("  density            %.6g /cm2, unit cell of radius %.5g um, needles %s\n", s->density * 1e-4,
           s->problem.cell_radius * 1e6, s->needles);
}

static void print_needle_dose(const struct study *s)
{
    const struct needle_dose *d = &s->problem.needles;
    if (d->law == RELEASE_NONE) return;
    printf("  %s needles    %.6g ug/cm2, of which %.6g ug/cm2 is buried",
           d->law == RELEASE_COAT ? "coated" : "dissolving", s->needle_dose_in_all * UG_CM2, d->buried * UG_CM2);
    if (d->law == RELEASE_COAT) printf(", dissolves at %.4g 1/s", d->rate);
    if (d->law == RELEASE_MATRIX) printf(", gone after %.4g s", d->gone_after);
    if (isfinite(d->solubility)) printf(", up to %.4g mg/mL", d->solubility);
    if (isfinite(s->wear)) printf(", pulled out after %.4g min", s->wear / 60.0);
    printf("\n");
}

static void print_vehicle(const struct study *s, size_t i)
{
    const struct donor *d = i ? &s->problem.dose[i] : &s->problem.donor;
    printf("  vehicle %-10s %.6g mg/mL, K %.4g, ", s->vehicle_name[i], d->C0, d->K);
    if (d->kind == DONOR_INFINITE) {
        printf("infinite\n");
        return;
    }
    printf("finite, %.5g um thick: %.6g ug/cm2", d->H * 1e6, d->H * d->C0 * UG_CM2);
    if (s->problem.vehicle_layer) printf(", D %.4g cm2/s", s->problem.layer[0].D * 1e4);
    if (d->excess > 0.0) printf(", and %.6g ug/cm2 undissolved", d->excess * UG_CM2);
    if (d->evaporation > 0.0) printf(", evaporates at %.4g cm/h", d->evaporation * CM_H);
    printf("\n");
}

static void print_steps(const struct study *s)
{
    static const char *const word[] = {"apply", "take off", "needles", "occlude", "uncover", "pull the needles out"};
    const struct problem *p = &s->problem;
    for (size_t i = 0; i < p->n_events; i++) {
        const struct event *v = &p->event[i];
        printf("  at %-15g h %s %s", v->at / HOUR, word[v->kind],
               v->kind == EVENT_APPLY ? s->vehicle_name[v->which] : "");
        if (v->kind == EVENT_REMOVE) printf("%g of it", v->fraction);
        printf("\n");
    }
}

static void print_body(const struct study *s)
{
    const struct body *b = &s->problem.body;
    if (!b->present) return;
    printf("  body               volume %.5g L, clearance %.5g L/h", b->V * 1e3, b->CL * 3.6e6);
    if (b->V2 > 0.0) printf(", second %.5g L, exchange %.5g L/h", b->V2 * 1e3, b->CL_d * 3.6e6);
    if (s->patches > 1.0) printf(", %g patches", s->patches);
    printf("\n");
}

static void print_outside(const struct study *s)
{
    static const char *const receptor[] = {"sink", "closed (in vivo)", "Franz cell"};
    const struct problem *p = &s->problem;
    print_needle_dose(s);
    for (size_t i = 0; i < s->n_vehicles; i++)
        print_vehicle(s, i);
    printf("  receptor           %s", receptor[p->receptor.kind]);
    if (p->receptor.kind == RECEPTOR_FRANZ)
        printf(", %.5g mm3/mm2, K %.4g, %zu samples", p->receptor.H * 1e3, p->receptor.K, p->receptor.n_samples);
    printf("\n");
    print_body(s);
    printf("  patch              %.6g cm2, ", study_patch_area(s) * 1e4);
    if (p->n_events > 0)
        printf("by the steps below\n");
    else if (isfinite(p->remove_at))
        printf("removed at %.5g h\n", p->remove_at / HOUR);
    else
        printf("not removed\n");
    print_steps(s);
    printf("  schedule           %.5g h, %zu outputs, mesh level %g, rtol %g\n", p->t_end / HOUR, p->n_out, p->level,
           p->rtol);
}

static void print_study(const struct study *s, const char *path)
{
    printf("%s: %s\n  drug %s, skin %s\n", path, s->title, s->drug, s->skin);
    print_layers(s);
    if (s->has_channel) print_channel(s);
    print_outside(s);
    print_notes(stdout, s);
    printf("  would compute: %s%s%s\n",
           s->has_channel ? "the unit cell (2-D) and the intact skin beside it (1-D)" : "intact skin (1-D)",
           s->problem.body.present ? ", plasma" : "", s->error_estimate ? ", with its error estimate" : "");
}

int command_check(int argc, char **argv, struct err *e)
{
    struct options o;
    int first = 0, rc = options_parse(&o, argc, argv, "sc", e);
    if (!rc && o.n_files == 0) {
        rc = err_set(e, ERR_ARG, "no study file");
        err_hint(e, "mnsim check STUDY.yaml...");
    }
    struct study_options so = options_for_study(&o);
    for (size_t i = 0; !rc && i < o.n_files; i++) {
        struct study s;
        struct err mine = {0};
        int bad = study_load(&s, o.files[i], &so, &mine);
        if (bad)
            err_print(stderr, "mnsim", &mine);
        else
            print_study(&s, o.files[i]);
        first = first ? first : bad;
        study_release(&s);
    }
    return rc ? rc : first;
}
