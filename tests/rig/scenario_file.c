/* scenario_file.c -- reads a file of tests/scenarios, and holds its numbers against its own sums (scenario.h). */
#include <math.h>
#include <stddef.h>
#include <string.h>
#include "base/text/config.h"
#include "tests/rig/scenario.h"

#define ROUNDING 1e-6 /* m: bounds are stated in whole um */

static const struct scenario_limit limits[] = {
    {"hard_to", "m", offsetof(struct safety_limits, hard_to), true, OF_POSITION},
    {"hard_from", "m", offsetof(struct safety_limits, hard_from), false, OF_POSITION},
    {"soft_to", "m", offsetof(struct safety_limits, soft_to), true, OF_PLAN},
    {"soft_from", "m", offsetof(struct safety_limits, soft_from), false, OF_PLAN},
    {"following_error", "m", offsetof(struct safety_limits, following_error), true, OF_PLAN},
    {"force_push", "N", offsetof(struct safety_limits, force_push), true, OF_FORCE},
    {"force_pull", "N", offsetof(struct safety_limits, force_pull), false, OF_FORCE},
    {"weakest_part", "N", offsetof(struct safety_limits, weakest_load), true, OF_PLAN},
    {"longest", "s", offsetof(struct stage, longest), true, OF_STAGE},
};

const char *const scenario_states[] = {"home", "rapid", "search", "insert", "hold", "retract", "unload", "back",
                                       "tare", NULL};

const char *scenario_stage(enum scenario_state s)
{
    static const char *const stages[] = {"home", "approach", "approach", "insert",
                                         "hold", "retract",  "insert",   "retract", "tare"};
    return stages[s];
}

const char *scenario_row(const struct scenario *f, const struct scenario_case *c)
{
    return c->row[0] ? c->row : f->row[0] ? f->row : c->cause[0] ? c->cause : f->cause;
}

/* ---- reading a file ---- */

static void text_of(struct cnode at, const char *key, char *out, size_t size, struct err *e)
{
    if (!e->code && config_is(config_get(at, key)))
        config_string_copy(at, key, out, size, e);
}

static double number_of(struct cnode at, const char *key, const char *unit, struct err *e)
{
    double x = 0.0;
    if (!e->code && config_is(config_get(at, key)))
        config_quantity(at, key, unit, RANGE_ANY, &x, e);
    return x;
}

/* The terms of the sum, by name; the file states the sum too. */
static void read_budget(struct scenario *f, struct cnode root, struct err *e)
{
    struct cnode at = {0};
    double sum = 0.0;
    if (e->code || config_need(root, "budget", &at, e))
        return;
    for (size_t i = 0; i < config_count(at) && !e->code; i++) {
        const char *name;
        config_pair(at, i, &name);
        double t = number_of(at, name, "s", e);
        if (strcmp(name, "total") == 0)
            f->total = t;
        else
            sum += t;
        if (strcmp(name, "latency") == 0)
            f->latency = t;
        if (strcmp(name, "under_way") == 0 || strcmp(name, "stop") == 0)
            f->way += t;
        if (strcmp(name, "ignored") == 0)
            f->ignored = t;
    }
    if (!e->code && !(fabs(sum - f->total) < 1e-6))
        config_fail(at, e, ERR_RANGE, "the terms add up to %.6g ms, the total says %.6g ms", sum * 1e3, f->total * 1e3);
}

static void read_reading(struct scenario *f, struct cnode root, struct err *e)
{
    static const char *const words[] = {"true", "frozen", "full_scale", "offset", NULL};
    static const char *const positions[] = {"true", "jumped", "restarted", NULL};
    int word = 0;
    if (!e->code && config_is(config_get(root, "reading")))
        config_choice(root, "reading", words, &word, e);
    f->reading = (enum scenario_reading)word;
    f->offset = number_of(root, "offset", "N", e);
    word = POSITION_TRUE;
    if (!e->code && config_is(config_get(root, "position")))
        config_choice(root, "position", positions, &word, e);
    f->position = (enum scenario_position)word;
    f->jump = number_of(root, "jump", "m", e);
}

static void read_head(struct scenario *f, struct cnode root, struct err *e)
{
    static const char *const keys[] = {"scenario", "bench",  "method", "cause",    "row",  "stop_reaches", "outcome",
                                       "record",   "reading", "offset", "position", "jump", "budget",       "decel",
                                       "stiffness", "cases",  NULL};
    char word[24] = "";
    config_known(root, keys, e);
    text_of(root, "scenario", f->name, sizeof f->name, e);
    text_of(root, "bench", f->bench, sizeof f->bench, e);
    text_of(root, "method", f->method, sizeof f->method, e);
    text_of(root, "cause", f->cause, sizeof f->cause, e);
    text_of(root, "row", f->row, sizeof f->row, e);
    if (!e->code)
        config_bool(root, "stop_reaches", &f->stop_reaches, e);
    text_of(root, "outcome", word, sizeof word, e);
    f->is_stopped = strcmp(word, "stopped") == 0;
    text_of(root, "record", word, sizeof word, e);
    f->loses_rows = strcmp(word, "cut short") == 0;
    f->decel = number_of(root, "decel", "m/s2", e);
    f->stiffness = number_of(root, "stiffness", "N/m", e);
    read_reading(f, root, e);
    read_budget(f, root, e);
}

/* What a case states may be less than E.4's sum gives, never more. */
static void check_sums(const struct scenario *f, const struct scenario_case *c, struct cnode at, struct err *e)
{
    double run_on = c->speed * (f->total + c->wait) + c->speed * c->speed / (2.0 * f->decel);
    if (!e->code && !(c->run_on <= run_on + ROUNDING))
        config_fail(at, e, ERR_RANGE, "run_on %.1f um: v T + v2 / 2 a is %.1f um", c->run_on * 1e6, run_on * 1e6);
    if (!e->code && !(c->overshoot <= f->stiffness * (c->run_on + ROUNDING)))
        config_fail(at, e, ERR_RANGE, "overshoot %.3f N: k times run_on is %.3f N", c->overshoot,
                    f->stiffness * c->run_on);
}

static void read_case(const struct scenario *f, struct scenario_case *c, struct cnode at, struct err *e)
{
    static const char *const keys[] = {"state", "fault", "event", "limit",  "at",        "after", "wait",
                                       "cause", "row",   "speed", "run_on", "overshoot", "outcome", NULL};
    char name[24] = "", word[24] = "";
    int state = 0;
    config_known(at, keys, e);
    if (!e->code)
        config_choice(at, "state", scenario_states, &state, e);
    c->state = (enum scenario_state)state;
    text_of(at, "fault", c->fault, sizeof c->fault, e);
    text_of(at, "row", c->row, sizeof c->row, e);
    text_of(at, "outcome", word, sizeof word, e);
    c->is_stopped = word[0] ? strcmp(word, "stopped") == 0 : f->is_stopped;
    text_of(at, "event", c->event, sizeof c->event, e);
    text_of(at, "cause", c->cause, sizeof c->cause, e);
    text_of(at, "limit", name, sizeof name, e);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (strcmp(name, limits[i].name) == 0)
            c->limit = &limits[i];
    if (c->limit)
        c->at = number_of(at, "at", c->limit->unit, e);
    c->after = number_of(at, "after", "s", e);
    c->wait = number_of(at, "wait", "s", e);
    c->speed = number_of(at, "speed", "m/s", e);
    c->run_on = number_of(at, "run_on", "m", e);
    c->overshoot = number_of(at, "overshoot", "N", e);
    if (!e->code && !c->fault[0] && !c->event[0] && !c->limit)
        config_fail(at, e, ERR_PARSE, "neither a fault, an event nor a limit");
    check_sums(f, c, at, e);
}

int scenario_read(const char *name, struct scenario *f, struct scenario_case cases[SCENARIO_CASES], size_t *n,
                  struct err *e)
{
    char path[400];
    struct config *doc = NULL;
    struct cnode at = {0};
    *f = (struct scenario){0};
    *n = 0;
    snprintf(path, sizeof path, SCENARIO_FOLDER "/%.200s", name);
    if (config_open(&doc, path, e) == 0) {
        read_head(f, config_root(doc), e);
        at = config_get(config_root(doc), "cases");
    }
    if (!e->code && config_count(at) > SCENARIO_CASES)
        config_fail(at, e, ERR_RANGE, "more than %d cases", SCENARIO_CASES);
    for (size_t i = 0; !e->code && i < config_count(at); i++) {
        cases[i] = (struct scenario_case){0};
        read_case(f, &cases[i], config_item(at, i), e);
        *n = i + 1;
    }
    config_close(doc);
    return e->code;
}
