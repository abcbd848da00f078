/* closure.c -- how fast channels close: half-lives by occlusion, from the study or from a named publication  (E30). */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solver/study/read.h"

/* data/micropore_closure.csv.  The half-lives of impedance were reported without saying whether the sites were covered.
 */
static const struct { const char *name; double hours; const char *text;
} published[] = {
    {"gupta_2011", 0.8,
     "not occluded, human: all sites recovered within 2 h (Gupta 2011 J Control Release 154:148); 0.8 h inferred with "
     "the ratio "
     "closure time / half-life of 2.4 to 2.9 of Ogunjimi 2021"},
    {"ogunjimi_2021_abdomen", 25.86, "human abdomen, sd 15.0 h, occlusion not stated (Ogunjimi 2021 PMC8259462)"},
    {"ogunjimi_2021_upper_arm", 23.69, "human upper arm, sd 13.7 h, occlusion not stated (Ogunjimi 2021 PMC8259462)"},
    {"ogunjimi_2021_forearm", 20.2, "human volar forearm, sd 12.0 h, occlusion not stated (Ogunjimi 2021 PMC8259462)"},
};
enum { PUBLISHED = sizeof published / sizeof published[0] };

static int read_half_life(struct study *s, struct cnode at, const char *key, double *out, struct err *e)
{
    const char *text = config_text(config_get(at, key)), *names[PUBLISHED + 1] = {NULL};
    *out = NAN;
    if (!config_is(config_get(at, key))) return 0;
    for (size_t i = 0; i < PUBLISHED; i++) {
        names[i] = published[i].name;
        if (text && strcmp(text, published[i].name) == 0) {
            *out = published[i].hours * 3600.0;
            note_add(s, NOTE_DERIVED, "", "", "closure/%s = %g h: %s", key, published[i].hours, published[i].text);
            return 0;
        }
    }
    int rc = config_quantity(at, key, "s", RANGE_POSITIVE, out, e);
    const char *nearest = rc && text ? config_nearest(text, names) : NULL;
    if (nearest) err_hint(e, "did you mean '%s'?", nearest);
    return rc;
}

/* Which of the two half-lives the schedule ever uses. */
static void occlusion_met(const struct problem *p, bool *open, bool *covered)
{
    *covered = p->occluded_at_start;
    *open = !p->occluded_at_start;
    for (size_t i = 0; i < p->n_events; i++) {
        *covered = *covered || p->event[i].kind == EVENT_OCCLUDE;
        *open = *open || p->event[i].kind == EVENT_UNCOVER;
    }
}

static int read_rates(struct study *s, struct cnode at, struct err *e)
{
    struct channel *c = &s->problem.channel;
    bool open, covered;
    int rc = read_half_life(s, at, "half_life_open", &c->half_life_open, e);
    if (!rc) rc = read_half_life(s, at, "half_life_occluded", &c->half_life_occluded, e);
    if (rc) return rc;
    occlusion_met(&s->problem, &open, &covered);
    if ((open && !isfinite(c->half_life_open)) || (covered && !isfinite(c->half_life_occluded))) {
        bool first = open && !isfinite(c->half_life_open);
        config_fail(at, e, ERR_PARSE, "closure: %s is missing: the skin is %s during the study",
                    first ? "half_life_open" : "half_life_occluded", first ? "not occluded" : "occluded");
        err_hint(e, "a time, or one of gupta_2011 (open), ogunjimi_2021_abdomen, ogunjimi_2021_upper_arm, "
                    "ogunjimi_2021_forearm");
        return ERR_PARSE;
    }
    if (!isfinite(c->half_life_open)) c->half_life_open = c->half_life_occluded; /* never used */
    if (!isfinite(c->half_life_occluded)) c->half_life_occluded = c->half_life_open;
    return 0;
}

static int read_start(struct study *s, struct cnode at, struct err *e)
{
    struct channel *c = &s->problem.channel;
    bool found;
    int rc = 0;
    if (config_is(config_get(at, "occluded")))
        rc = config_bool(at, "occluded", &s->problem.occluded_at_start, e);
    else
        note_add(s, NOTE_ASSUMED, "closure/occluded", "no", "no: the skin is not occluded at the start");
    if (rc) return rc;
    c->elastic = 1.0;
    rc = optional_quantity(at, "elastic", "1", (struct range){0.0, 1.0, true, false}, &c->elastic, &found, e);
    if (!rc && !found)
        note_add(s, NOTE_ASSUMED, "closure/elastic", "1",
                 "1: no elastic step when the needles leave, beyond the channel's stated radius");
    return rc;
}

static bool has_occlusion(const struct problem *p)
{
    for (size_t i = 0; i < p->n_events; i++)
        if (p->event[i].kind == EVENT_OCCLUDE || p->event[i].kind == EVENT_UNCOVER) return true;
    return false;
}

int read_closure(struct study *s, struct err *e)
{
    static const char *const keys[] = {
        "half_life_open", "half_life_occluded", "elastic", "occluded", "back_within", "source", "note", NULL};
    struct cnode at = config_get(config_root(s->doc), "closure");
    bool found;
    if (!config_is(at)) {
        if (has_occlusion(&s->problem))
            note_add(s, NOTE_WARNING, "", "",
                     "occlusion acts on closing channels alone, and this study has no 'closure': it changes nothing");
        return 0;
    }
    int rc = config_known(at, keys, e);
    if (rc) return rc;
    if (!s->has_channel) {
        config_fail(at, e, ERR_RANGE, "closure: the study has no needles, so there are no channels to close");
        err_hint(e, "leave out closure, or name the needles");
        return ERR_RANGE;
    }
    if (s->problem.channel.fill == CHANNEL_STIRRED) {
        config_fail(at, e, ERR_RANGE, "closure: a stirred channel is part of the vehicle: it cannot close");
        err_hint(e, "use channel: {fill: diffusing}");
        return ERR_RANGE;
    }
    rc = read_start(s, at, e);
    if (!rc) rc = read_rates(s, at, e);
    if (!rc) rc = optional_number(at, "back_within", (struct range){1.0, 1e6, true, false}, &s->back_within, &found, e);
    s->problem.channel.closes = !rc;
    return rc;
}
