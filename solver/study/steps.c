/* steps.c -- the schedule's steps: what is put on, taken off, needled and covered at which time, and their repetition.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "solver/study/read.h"

enum step { STEP_APPLY, STEP_WIPE, STEP_WASH, STEP_REMOVE, STEP_NEEDLES, STEP_OCCLUDE, STEP_UNCOVER };
static const char *const words[] = {"apply", "wipe", "wash", "remove", "needles", "occlude", "uncover", NULL};

/* What is true while the steps are read in their order. */
struct progress_of_steps { bool on, infinite, needled, applied; double last; };

static int find_vehicle(const struct study *s, struct cnode at, size_t *which, struct err *e)
{
    struct cnode name = config_get(at, "vehicle");
    const char *text = config_is(name) ? config_text(name) : "", *known[DOSES_MAX + 1] = {NULL};
    for (size_t i = 0; text && i < s->n_vehicles; i++) {
        if (strcmp(s->vehicle_name[i], text) == 0) {
            *which = i;
            return 0;
        }
        known[i] = s->vehicle_name[i];
    }
    if (!config_is(name))
        return config_fail(at, e, ERR_PARSE, "schedule/steps: apply: which vehicle? The study has none without a name");
    config_fail(name, e, ERR_PARSE, "schedule/steps: '%s' is none of the study's vehicles", text ? text : "");
    const char *nearest = config_nearest(text ? text : "", known);
    if (nearest) err_hint(e, "did you mean '%s'?", nearest);
    return ERR_PARSE;
}

static int read_fraction(const struct problem *p, struct cnode at, enum step step, const struct progress_of_steps *was,
                         struct event *v, struct err *e)
{
    v->fraction = 1.0;
    if (step == STEP_REMOVE) return 0;
    int rc = config_quantity(at, "fraction", "1", (struct range){0.0, 1.0, true, false}, &v->fraction, e);
    if (!rc && v->fraction < 1.0 && (was->infinite || p->vehicle_layer)) {
        config_fail(place(at, "fraction"), e, ERR_RANGE, "schedule/steps: part (%g) of %s cannot be taken off",
                    v->fraction, was->infinite ? "an infinite dose" : "a diffusive vehicle");
        err_hint(e, "use fraction: 1, or a vehicle of type finite");
        return ERR_RANGE;
    }
    return rc;
}

static int apply(const struct study *s, struct cnode at, struct progress_of_steps *was, struct event *v, struct err *e)
{
    if (was->on) {
        config_fail(at, e, ERR_RANGE, "schedule/steps: at %g h a vehicle is applied while another is on the skin",
                    v->at / 3600.0);
        err_hint(e, "take the other off first: {at: ..., do: remove}, or wipe with fraction: 1");
        return ERR_RANGE;
    }
    v->kind = EVENT_APPLY;
    int rc = find_vehicle(s, at, &v->which, e);
    if (rc) return rc;
    was->on = was->applied = true;
    was->infinite = (v->which ? s->problem.dose[v->which] : s->problem.donor).kind == DONOR_INFINITE;
    return 0;
}

static int take_off(const struct study *s, struct cnode at, enum step step, struct progress_of_steps *was,
                    struct event *v, struct err *e)
{
    if (!was->on) {
        config_fail(at, e, ERR_RANGE, "schedule/steps: at %g h there is nothing on the skin to %s", v->at / 3600.0,
                    words[step]);
        err_hint(e, "steps run in the order of their times: is an apply missing before this one?");
        return ERR_RANGE;
    }
    v->kind = EVENT_REMOVE;
    int rc = read_fraction(&s->problem, at, step, was, v, e);
    was->on = was->on && v->fraction < 1.0;
    return rc;
}

static int read_step(const struct study *s, struct cnode at, struct progress_of_steps *was, struct event *v,
                     struct err *e)
{
    static const char *const apply_keys[] = {"at", "do", "vehicle", "source", "note", NULL};
    static const char *const part_keys[] = {"at", "do", "fraction", "source", "note", NULL};
    static const char *const plain_keys[] = {"at", "do", "source", "note", NULL};
    int word, rc = config_choice(at, "do", words, &word, e);
    if (rc) return rc;
    rc = config_known(at,
                      word == STEP_APPLY                       ? apply_keys
                      : word == STEP_WIPE || word == STEP_WASH ? part_keys
                                                               : plain_keys,
                      e);
    *v = (struct event){0};
    if (!rc) rc = config_quantity(at, "at", "s", RANGE_NONNEG, &v->at, e);
    if (rc) return rc;
    if (v->at < was->last) {
        config_fail(place(at, "at"), e, ERR_RANGE,
                    "schedule/steps: at %s (%.4g h): must not be before the step above it, at %.4g h",
                    config_text(config_get(at, "at")), v->at / 3600.0, was->last / 3600.0);
        err_hint(e, "write the steps in the order of their times; steps at one time run in the order of the list");
        return ERR_RANGE;
    }
    if (v->at > s->problem.t_end) {
        config_fail(place(at, "at"), e, ERR_RANGE,
                    "schedule/steps: at %s (%.4g h): must be at most the duration of %.4g h",
                    config_text(config_get(at, "at")), v->at / 3600.0, s->problem.t_end / 3600.0);
        err_hint(e, "make schedule/duration longer, or leave the step out");
        return ERR_RANGE;
    }
    was->last = v->at;
    switch (word) {
    case STEP_APPLY: return apply(s, at, was, v, e);
    case STEP_WIPE:
    case STEP_WASH:
    case STEP_REMOVE: return take_off(s, at, (enum step)word, was, v, e);
    case STEP_NEEDLES:
        v->kind = EVENT_NEEDLES;
        was->needled = true;
        if (s->has_channel) return 0;
        config_fail(at, e, ERR_RANGE, "schedule/steps: needles at %g h, but the study names none", v->at / 3600.0);
        err_hint(e, "name them with needles: ..., or leave out the step");
        return ERR_RANGE;
    default: v->kind = word == STEP_OCCLUDE ? EVENT_OCCLUDE : EVENT_UNCOVER; return 0;
    }
}

/* The sessions after the first; what is on at the end of one is on at the start of the next. */
static int repeat_steps(struct study *s, const struct progress_of_steps *end, struct err *e)
{
    static const char *const keys[] = {"every", "times", "source", "note", NULL};
    struct cnode at = config_get(config_get(config_root(s->doc), "schedule"), "repeat");
    struct problem *p = &s->problem;
    size_t n = p->n_events;
    double every;
    long times;
    if (!config_is(at)) return 0;
    int rc = config_known(at, keys, e);
    if (!rc) rc = config_quantity(at, "every", "s", RANGE_POSITIVE, &every, e);
    if (!rc) rc = config_integer(at, "times", 1, EVENTS_MAX, &times, e);
    if (rc) return rc;
    if (every < end->last)
        return config_fail(place(at, "every"), e, ERR_RANGE,
                           "schedule/repeat/every: %g h: must be at least the %g h that a session takes",
                           every / 3600.0, end->last / 3600.0);
    if (end->on && times > 1) {
        config_fail(at, e, ERR_RANGE, "schedule/repeat: a vehicle is still on the skin when the steps begin again");
        err_hint(e, "end the steps with {at: ..., do: remove}");
        return ERR_RANGE;
    }
    if (n * (size_t)times > EVENTS_MAX)
        return config_fail(at, e, ERR_RANGE, "schedule/repeat: %zu steps %ld times: at most %d in all", n, times,
                           EVENTS_MAX);
    for (size_t r = 1; r < (size_t)times; r++)
        for (size_t i = 0; i < n; i++) {
            p->event[p->n_events] = p->event[i];
            p->event[p->n_events++].at += (double)r * every;
        }
    return 0;
}

static int check_steps(const struct study *s, struct cnode list, const struct progress_of_steps *end, struct err *e)
{
    const struct problem *p = &s->problem;
    const struct event *last = &p->event[p->n_events - 1];
    if (!end->applied && s->n_vehicles) {
        config_fail(list, e, ERR_RANGE, "schedule/steps: no vehicle is ever applied");
        err_hint(e, "add {at: 0 h, do: apply}");
        return ERR_RANGE;
    }
    if (s->has_channel && !end->needled) {
        config_fail(list, e, ERR_RANGE, "schedule/steps: the study has needles, but no step uses them");
        err_hint(e, "add {at: 0 h, do: needles}, or leave out the needles");
        return ERR_RANGE;
    }
    if (last->at > p->t_end) {
        config_fail(config_get(config_get(config_root(s->doc), "schedule"), "repeat"), e, ERR_RANGE,
                    "schedule/repeat: the last step comes at %.4g h: must be at most the duration of %.4g h",
                    last->at / 3600.0, p->t_end / 3600.0);
        err_hint(e, "fewer times, a shorter interval, or a longer schedule/duration");
        return ERR_RANGE;
    }
    if (config_is(config_get(config_get(config_root(s->doc), "patch"), "remove_at")))
        return config_fail(
            config_get(config_get(config_root(s->doc), "patch"), "remove_at"), e, ERR_PARSE,
            "patch/remove_at: the steps of the schedule say when the vehicle is removed: leave this out");
    return 0;
}

int read_steps(struct study *s, struct err *e)
{
    struct cnode schedule = config_get(config_root(s->doc), "schedule"), list = config_get(schedule, "steps");
    struct problem *p = &s->problem;
    struct progress_of_steps was = {0};
    if (!config_is(list)) {
        if (config_is(config_get(schedule, "repeat")))
            return config_fail(config_get(schedule, "repeat"), e, ERR_PARSE,
                               "schedule/repeat: there are no steps to repeat");
        if (s->n_vehicles > 1 || s->vehicle_name[0][0])
            return config_fail(config_get(config_root(s->doc), "vehicles"), e, ERR_PARSE,
                               "vehicles: named vehicles are applied by schedule/steps, and the study has none");
        return 0;
    }
    if (!config_is_list(list) || config_count(list) < 1 || config_count(list) > EVENTS_MAX)
        return config_fail(list, e, ERR_PARSE, "schedule/steps: must be a list of 1 to %d steps", EVENTS_MAX);
    int rc = 0;
    for (size_t i = 0; !rc && i < config_count(list); i++)
        rc = read_step(s, config_item(list, i), &was, &p->event[p->n_events++], e);
    if (!rc) rc = repeat_steps(s, &was, e);
    return rc ? rc : check_steps(s, list, &was, e);
}
