/* away.c -- see away.h. */
#include <math.h>
#include "rig/loop/away.h"
#include "rig/loop/watch.h"

#define FORCE_RISE 0.05 /* of the push limit: |F| may not rise by more */
enum { NOISE_SDS = 4 }; /* a force at rest beyond its limit may read more by so many deviations */

static bool is_above_its_travel(const struct rig *r)
{
    return watch_is_homed(r) && r->latch.first == SAFETY_TRAVEL &&
           r->axis.position < r->limits.hard_from;
}

static const char *target_of(const struct rig *r, double *target)
{
    double x = r->axis.position, step = r->bench->unload_step;
    *target = x - step;
    if (!watch_is_homed(r))
        return r->axis.input[INPUT_HOME] ? "it stands at the home switch" : NULL;
    if (is_above_its_travel(r))
        *target = fmin(x + step, r->limits.soft_from);
    else if (x <= r->limits.soft_from)
        return "it stands at its upper soft limit";
    else
        *target = fmax(*target, r->limits.soft_from);
    return NULL;
}

void away_begin(struct rig *r)
{
    struct rig_away *a = &r->away;
    double f = r->force.force;
    if (!a->has_begun)
        *a = (struct rig_away){true, f, f, f};
    a->step = f;
    a->least = fmin(a->least, f);
}

/* Of all steps since the first. */
static const char *session_force(const struct rig *r)
{
    const struct rig_away *a = &r->away;
    const struct safety_limits *l = &r->limits;
    double f = r->force.force, rise = FORCE_RISE * l->force_push, noise = NOISE_SDS * r->bench->cell.noise_high;
    double push = fmin(fmax(0.0, a->least) + rise, fmax(l->force_push, a->first + noise));
    double pull = fmin(fabs(a->first) + rise, fmax(l->force_pull, noise - a->first));
    return f <= push && -f <= pull ? NULL : "the force has risen since the first step";
}

const char *away_refusal(const struct rig *r, double *target)
{
    const char *no = r->away.has_begun ? session_force(r) : NULL;
    return no ? no : target_of(r, target);
}

const char *away_force(const struct rig *r)
{
    double rise = FORCE_RISE * r->limits.force_push;
    return fabs(r->force.force) <= fabs(r->away.step) + rise ? session_force(r) : "the force rises";
}
