/* pace.c -- see pace.h. */
#include <math.h>
#include <stdint.h>
#include "tests/rig/pace.h"

/* The thread sanitizer wants to be told of every change of stacks. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_FIBERS 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(HAS_FIBERS)
#include <sanitizer/tsan_interface.h>
static void *fiber_new(void) { return __tsan_create_fiber(0); }
static void *fiber_now(void) { return __tsan_get_current_fiber(); }
static void fiber_go(void *fiber) { __tsan_switch_to_fiber(fiber, 0); }
#else
static void *fiber_new(void) { return NULL; }
static void *fiber_now(void) { return NULL; }
static void fiber_go(void *fiber) { (void)fiber; }
#endif

/* From a link back to whoever let it run. */
static void leave(struct pace *p)
{
    struct pace_link *t = &p->thread[p->running];
    fiber_go(p->caller_fiber);
    swapcontext(&t->context, &p->caller);
}

/* A link's thread: link_step for ever.  makecontext passes ints only: the pace's address comes in two halves. */
static void link_main(unsigned high, unsigned low, unsigned index)
{
    struct pace *p = (struct pace *)((uintptr_t)high << 16 << 16 | (uintptr_t)low); /* NOLINT: see above */
    for (;;) {
        double next = link_step(p->link[index]);
        p->thread[index].wants = fmax(next, p->clock.now + 1e-6);
        leave(p);
    }
}

/* A bus lets time pass.  A link waits for that moment; the tick itself waits for nothing. */
static void meanwhile(void *self, double t)
{
    struct pace *p = self;
    if (p->running == BENCH_LINKS)
        return;
    struct pace_link *me = &p->thread[p->running];
    me->wants = t;
    me->is_waiting = true;
    leave(p);
    me->is_waiting = false;
}

static void start_link(struct pace *p, unsigned i)
{
    struct pace_link *t = &p->thread[i];
    t->wants = p->clock.now;
    t->fiber = fiber_new();
    getcontext(&t->context);
    t->context.uc_stack.ss_sp = t->stack;
    t->context.uc_stack.ss_size = sizeof t->stack;
    t->context.uc_link = NULL; /* it never returns */
    makecontext(&t->context, (void (*)(void))link_main, 3, (unsigned)((uintptr_t)p >> 16 >> 16),
                (unsigned)((uintptr_t)p & 0xFFFFFFFFu), i);
}

void pace_start(struct pace *p, struct rig *r, struct link *const *link, struct recorder *recorder)
{
    p->rig = r;
    p->link = link;
    p->recorder = recorder;
    p->deadline = p->clock.now;
    p->goes_on = true;
    p->running = BENCH_LINKS;
    p->caller_fiber = fiber_now();
    for (unsigned i = 0; i < r->bench->links; i++)
        start_link(p, i);
    p->clock.self = p;
    p->clock.meanwhile = meanwhile;
}

static double tick_time(const struct pace *p) { return p->deadline + p->rig->bench->tick_period + p->late; }

static void run_tick(struct pace *p)
{
    enum rig_key key = p->key;
    double due = p->deadline + p->rig->bench->tick_period;
    p->key = KEY_NONE;
    p->late = 0.0;
    p->deadline = due;
    p->ticks++;
    if (!p->is_dead && p->goes_on) {
        double now = p->clock.now;
        p->goes_on = p->tick ? p->tick(p->self, now, now - due, key) : rig_tick(p->rig, now, now - due, key);
        for (size_t i = 0; i < p->rig->bench->links; i++) /* an order or a STOP wakes its link */
            if (!p->thread[i].is_waiting)
                p->thread[i].wants = p->clock.now;
        recorder_pump(p->recorder);
    }
    while (p->deadline + p->rig->bench->tick_period < p->clock.now) /* missed deadlines are skipped */
        p->deadline += p->rig->bench->tick_period;
}

static void run_link(struct pace *p, size_t i)
{
    p->running = i;
    p->caller_fiber = fiber_now();
    fiber_go(p->thread[i].fiber);
    swapcontext(&p->caller, &p->thread[i].context);
    p->running = BENCH_LINKS;
}

bool pace_tick(struct pace *p, enum rig_key key)
{
    p->key = key;
    for (;;) {
        double best = tick_time(p);
        size_t who = BENCH_LINKS;
        for (size_t i = 0; i < p->rig->bench->links; i++)
            if (p->thread[i].wants < best) {
                best = p->thread[i].wants;
                who = i;
            }
        memory_clock_until(&p->clock, best);
        if (who == BENCH_LINKS) {
            run_tick(p);
            return p->goes_on;
        }
        run_link(p, who);
    }
}
