/* pace.c -- see pace.h. */
#include <math.h>
#include "tests/rig/pace.h"

void pace_start(struct pace *p, struct rig *r, struct link *const *link, struct recorder *recorder)
{
    *p = (struct pace){.clock = p->clock, .rig = r, .link = link, .recorder = recorder, .deadline = p->clock.now,
                       .goes_on = true};
}

static double tick_time(const struct pace *p)
{
    return p->deadline + p->rig->bench->tick_period + (p->is_late_once ? 0.15 : 0.0);
}

static void run_tick(struct pace *p)
{
    enum rig_key key = p->key;
    double due = p->deadline + p->rig->bench->tick_period;
    p->in_tick = true;
    p->key = KEY_NONE;
    p->is_late_once = false;
    p->deadline = due;
    p->ticks++;
    if (!p->is_dead && p->goes_on) {
        p->goes_on = rig_tick(p->rig, p->clock.now, p->clock.now - due, key);
        for (size_t i = 0; i < p->rig->bench->links; i++) /* an order or a STOP wakes its link */
            p->wants[i] = p->clock.now;
        recorder_pump(p->recorder);
    }
    while (p->deadline + p->rig->bench->tick_period < p->clock.now) /* missed deadlines are skipped */
        p->deadline += p->rig->bench->tick_period;
    p->in_tick = false;
}

static void run_link(struct pace *p, size_t i)
{
    p->is_busy[i] = true;
    double next = link_step(p->link[i]);
    p->wants[i] = fmax(next, p->clock.now + 1e-6);
    p->is_busy[i] = false;
}

/* Runs what is due until t, but for what is under way already. */
static void meanwhile(void *self, double t)
{
    struct pace *p = self;
    while (!p->in_tick) {
        double best = tick_time(p);
        size_t who = BENCH_LINKS;
        for (size_t i = 0; i < p->rig->bench->links; i++)
            if (!p->is_busy[i] && fmax(p->wants[i], p->clock.now) < best) {
                best = fmax(p->wants[i], p->clock.now);
                who = i;
            }
        if (best >= t)
            return;
        p->clock.meanwhile = NULL;
        memory_clock_until(&p->clock, best);
        p->clock.meanwhile = meanwhile;
        if (who < BENCH_LINKS)
            run_link(p, who);
        else
            run_tick(p);
    }
}

bool pace_tick(struct pace *p, enum rig_key key)
{
    uint64_t before = p->ticks;
    p->key = key;
    p->clock.meanwhile = meanwhile;
    p->clock.self = p;
    while (p->ticks == before)
        memory_clock_until(&p->clock, tick_time(p) + 1e-9);
    p->clock.meanwhile = NULL;
    return p->goes_on;
}
