/* insertion_kit.c -- see insertion_kit.h. */
#include <math.h>
#include "tests/runner.h"
#include "tests/solver/insertion_kit.h"

struct insertion_case press_case(double length, double tip, double base, size_t count, double area)
{
    struct insertion_case c = {.needles = {length, tip, base, count, area},
                               .press = {.speed = 0.5e-3, .retract_speed = 0.5e-3, .force = NAN, .travel = NAN},
                               .step = 5e-6,
                               .seed = 1};
    mechanics_init(&c.skin);
    return c;
}

struct insertion_case single_case(double tip, double travel)
{
    struct insertion_case c = press_case(2e-3, tip, fmax(tip, 300e-6), 1, 3.14159e-6 * 25.0);
    c.skin.cv_tip = c.skin.cv_site = 0.0;
    c.press.travel = travel;
    return c;
}

struct insertion_case array_case(double force)
{
    struct insertion_case c = press_case(600e-6, 10e-6, 200e-6, 100, 1e-4);
    c.press.force = force;
    c.press.hold = 30.0;
    return c;
}

struct insertion_summary press_run(const struct insertion_case *c, struct insertion_result *r)
{
    struct insertion_summary s = {0};
    struct err e = {0};
    int rc = insertion_run(c, r, &e);
    if (!rc) rc = insertion_summarise(c, r, 1e-3, &s, &e);
    ASSERT_HAS(e.msg, "");
    CU_ASSERT_EQUAL_FATAL(rc, 0);
    return s;
}

struct insertion_summary press_summary(const struct insertion_case *c)
{
    struct insertion_result r;
    struct insertion_summary s = press_run(c, &r);
    insertion_release(&r);
    return s;
}
