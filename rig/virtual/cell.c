/* cell.c -- see cell.h. */
#include <math.h>
#include "rig/virtual/cell.h"

#define STABLE_BAND 0.02   /* N, assumed */
#define STABLE_TIME 0.25   /* s, assumed */

void cell_init(struct cell *c, const struct cell_settings *set, uint64_t seed)
{
    *c = (struct cell){.set = *set, .filter = CELL_DEFAULT_FILTER};
    random_init(&c->random, seed, 0xCE11);
}

int cell_taps(const struct cell *c)
{
    return 1 << c->filter;
}

double cell_group_delay(const struct cell *c)
{
    return 0.5 * (cell_taps(c) - 1) / c->set.rate;
}

static double convert(struct cell *c, double force)
{
    /* White noise of this size reads as set.noise after the default filter's average. */
    double noise = c->set.noise * sqrt(1 << CELL_DEFAULT_FILTER) * random_normal(&c->random);
    double end = c->set.end * c->set.capacity;
    double x = c->saturated ? end : force + c->jump + c->drifted + noise;
    c->over = x > c->set.capacity;
    c->under = x < -c->set.capacity;
    return fmax(-end, fmin(end, x));
}

static double average(const struct cell *c)
{
    uint64_t taps = (uint64_t)cell_taps(c), n = c->conversions < taps ? c->conversions : taps;
    double sum = 0.0;
    for (uint64_t i = 1; i <= n; i++)
        sum += c->ring[(c->conversions - i) % CELL_MAX_TAPS];
    return sum / (double)n;
}

static void watch_stability(struct cell *c)
{
    if (c->conversions % (uint64_t)(STABLE_TIME * c->set.rate) == 1) {
        c->low_was = c->low;
        c->high_was = c->high;
        c->low = c->high = c->filtered;
    }
    c->low = fmin(c->low, c->filtered);
    c->high = fmax(c->high, c->filtered);
    c->stable = fmax(c->high, c->high_was) - fmin(c->low, c->low_was) < STABLE_BAND;
}

static void new_value(struct cell *c, double force)
{
    c->raw = convert(c, force);
    c->ring[c->conversions % CELL_MAX_TAPS] = c->raw;
    c->conversions++;
    double keep = 2.0 / (cell_taps(c) + 1.0);
    c->filtered = c->recursive ? c->filtered + keep * (c->raw - c->filtered) : average(c);
    watch_stability(c);
}

void cell_step(struct cell *c, double force, double dt)
{
    c->clock += dt;
    c->drifted += (c->set.drift + c->extra_drift) * dt;
    if (c->frozen || c->clock * c->set.rate < 1.0)
        return;
    c->clock -= 1.0 / c->set.rate;
    new_value(c, force);
}
