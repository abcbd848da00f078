/* oct.c -- see oct.h. */
#include <math.h>
#include "base/synthetic.h"
#include "base/text/table.h"
#include "rig/virtual/oct.h"
#include "rig/virtual/random.h"

static void put_place(struct table_out *o, const struct skin *k, size_t i)
{
    table_integer(o, (long long)i + 1);
    table_number(o, 1e6 * k->needle[i].x);
    table_number(o, 1e6 * k->needle[i].y);
}

/* Micrometres with one decimal, as such a reading is given. */
static double read_off(double x, struct random *r)
{
    return round(10.0 * fmax(0.0, 1e6 * (x + OCT_NOISE * random_normal(r)))) / 10.0;
}

static void put_hole(struct table_out *o, const struct skin *k, double deepest, struct random *r)
{
    double depth = read_off(deepest, r);
    double diameter = read_off(k->array.tip_diameter + 2.0 * k->taper * deepest, r);
    bool readable = random_uniform(r) >= OCT_UNREADABLE;
    table_number(o, readable ? depth : NAN);
    table_number(o, readable ? diameter : NAN);
    table_integer(o, 1);
}

int oct_write(const struct skin *k, uint64_t seed, const char *path, struct err *e)
{
    static const char *const columns[] = {"needle", "x_um", "y_um", "depth_um", "diameter_um", "penetrated",
                                          SYNTHETIC_COLUMN};
    struct table_out *o;
    struct random r;
    int rc = table_create(&o, path, columns, sizeof columns / sizeof columns[0], e);
    random_init(&r, seed, 0x0C7);
    for (size_t i = 0; !rc && i < k->n; i++) {
        put_place(o, k, i);
        if (k->needle[i].deepest > 0.0) {
            put_hole(o, k, k->needle[i].deepest, &r);
        } else {
            table_number(o, NAN);
            table_number(o, NAN);
            table_integer(o, 0);
        }
        table_integer(o, 1);
        rc = table_end_row(o, e);
        if (rc)
            table_abandon(o);
    }
    return rc ? rc : table_close(o, e);
}

int oct_write_true(const struct skin *k, const char *path, struct err *e)
{
    static const char *const columns[] = {"needle", "x_um", "y_um", "depth_um", "penetrated", SYNTHETIC_COLUMN};
    struct table_out *o;
    int rc = table_create(&o, path, columns, sizeof columns / sizeof columns[0], e);
    for (size_t i = 0; !rc && i < k->n; i++) {
        put_place(o, k, i);
        table_number(o, 1e6 * k->needle[i].deepest);
        table_integer(o, k->needle[i].deepest > 0.0);
        table_integer(o, 1);
        rc = table_end_row(o, e);
        if (rc)
            table_abandon(o);
    }
    return rc ? rc : table_close(o, e);
}
