/* settings.c -- see settings.h. */
#include <stddef.h>
#include <string.h>
#include "rig/virtual/settings.h"

enum bound { POSITIVE, NONNEG, FRACTION };

struct key { const char *name, *unit; enum bound bound; size_t at; };

#define SKIN(field) offsetof(struct plant_settings, skin.field)
#define ARRAY(field) offsetof(struct plant_settings, array.field)
#define CELL(field) offsetof(struct plant_settings, cell.field)
#define BENCH(field) offsetof(struct plant_settings, field)

static const struct key array_keys[] = {
    {"pitch", "m", POSITIVE, ARRAY(pitch)},
    {"length", "m", POSITIVE, ARRAY(length)},
    {"tip_diameter", "m", POSITIVE, ARRAY(tip_diameter)},
    {"base_diameter", "m", POSITIVE, ARRAY(base_diameter)},
    {NULL, NULL, POSITIVE, 0},
};
static const struct key skin_keys[] = {
    {"dimple_line", "Pa", POSITIVE, SKIN(dimple_line)},
    {"dimple_area", "Pa", POSITIVE, SKIN(dimple_area)},
    {"entry_share", "1", POSITIVE, SKIN(entry_share)},
    {"barrier_share", "1", POSITIVE, SKIN(barrier_share)},
    {"barrier_depth", "m", POSITIVE, SKIN(barrier_depth)},
    {"barrier_tip_limit", "m", NONNEG, SKIN(barrier_tip_limit)},
    {"cutting_floor", "N", NONNEG, SKIN(cutting_floor)},
    {"cutting_share", "1", FRACTION, SKIN(cutting_share)},
    {"radial_pressure", "Pa", POSITIVE, SKIN(radial_pressure)},
    {"friction", "1", NONNEG, SKIN(friction)},
    {"adhesion", "Pa", NONNEG, SKIN(adhesion)},
    {"backing_modulus", "Pa", POSITIVE, SKIN(backing_modulus)},
    {"thickness", "m", POSITIVE, SKIN(thickness)},
    {"stiffening", "1", POSITIVE, SKIN(stiffening)},
    {"pad_stiffness", "Pa m-1", POSITIVE, SKIN(pad_stiffness)},
    {"rate_exponent", "1", NONNEG, SKIN(rate_exponent)},
    {"rate_reference", "m s-1", POSITIVE, SKIN(rate_reference)},
    {"cut_speed", "m s-1", POSITIVE, SKIN(cut_speed)},
    {"scatter_tip", "1", NONNEG, SKIN(scatter_tip)},
    {"scatter_site", "1", NONNEG, SKIN(scatter_site)},
    {"spread_backing", "1", FRACTION, SKIN(spread_backing)},
    {"spread_thickness", "1", FRACTION, SKIN(spread_thickness)},
    {"tilt", "m", NONNEG, SKIN(tilt)},
    {"roughness", "m", NONNEG, SKIN(roughness)},
    {"height", "m", NONNEG, SKIN(height)},
    {NULL, NULL, POSITIVE, 0},
};
static const struct key cell_keys[] = {
    {"capacity", "N", POSITIVE, CELL(capacity)},
    {"rate", "s-1", POSITIVE, CELL(rate)},
    {"noise", "N", NONNEG, CELL(noise)},
    {"drift", "N s-1", NONNEG, CELL(drift)},
    {NULL, NULL, POSITIVE, 0},
};
static const struct key bench_keys[] = {
    {"gap", "m", POSITIVE, BENCH(gap)},
    {"travel", "m", POSITIVE, BENCH(travel)},
    {"compliance", "m N-1", NONNEG, BENCH(compliance)},
    {"servo_lag", "s", POSITIVE, BENCH(servo_lag)},
    {"command_delay", "s", NONNEG, BENCH(command_delay)},
    {"reply_delay", "s", NONNEG, BENCH(reply_delay)},
    {"rated_thrust", "N", POSITIVE, BENCH(rated_thrust)},
    {NULL, NULL, POSITIVE, 0},
};

static const struct key em2rs_tlb_keys[] = {
    {"quick_stop", "s", POSITIVE, BENCH(em2rs.quick_stop)},
    {"reply_delay", "s", NONNEG, BENCH(tlb.reply_delay)},
    {NULL, NULL, POSITIVE, 0},
};

static struct range range_of(enum bound b)
{
    return b == POSITIVE ? RANGE_POSITIVE : b == NONNEG ? RANGE_NONNEG : RANGE_FRACTION;
}

enum { MAX_KEYS = 40 };

/* The keys of a section: those of the table, and extra[] that its caller reads. */
static int read_section(struct plant_settings *out, struct cnode map, const struct key keys[],
                        const char *const extra[], struct err *e)
{
    const char *allowed[MAX_KEYS] = {0};
    size_t n = 0;
    for (size_t i = 0; keys[i].name; i++)
        allowed[n++] = keys[i].name;
    for (size_t i = 0; extra[i]; i++)
        allowed[n++] = extra[i];
    int rc = config_known(map, allowed, e);
    for (size_t i = 0; !rc && keys[i].name; i++) {
        double *x = (double *)(void *)((char *)out + keys[i].at);
        rc = config_quantity(map, keys[i].name, keys[i].unit, range_of(keys[i].bound), x, e);
    }
    return rc;
}

static int read_array(struct plant_settings *out, struct cnode map, struct err *e)
{
    static const char *const extra[] = {"rows", "columns", "shape", NULL}, *const shapes[] = {"cone", "cylinder", NULL};
    long rows = 0, columns = 0;
    int shape = 0, rc = read_section(out, map, array_keys, extra, e);
    if (!rc)
        rc = config_integer(map, "rows", 1, 32, &rows, e);
    if (!rc)
        rc = config_integer(map, "columns", 1, 32, &columns, e);
    if (!rc)
        rc = config_choice(map, "shape", shapes, &shape, e);
    if (rc)
        return rc;
    struct needle_array *a = &out->array;
    a->rows = (int)rows;
    a->columns = (int)columns;
    if (shape == 1 && a->base_diameter != a->tip_diameter)
        return config_fail(config_get(map, "base_diameter"), e, ERR_RANGE,
                           "a cylinder's base_diameter must equal tip_diameter");
    if (a->base_diameter < a->tip_diameter || a->base_diameter > a->pitch)
        return config_fail(config_get(map, "base_diameter"), e, ERR_RANGE,
                           "base_diameter %g um: must be from tip_diameter %g um to pitch %g um",
                           1e6 * a->base_diameter, 1e6 * a->tip_diameter, 1e6 * a->pitch);
    return 0;
}

static int read_relaxation(struct skin_nominal *p, struct cnode map, struct err *e)
{
    static const char *const keys[] = {"share", "time", NULL};
    struct cnode list = config_get(map, "relaxation");
    double sum = 0.0;
    if (!config_is_list(list) || config_count(list) != SKIN_BRANCHES)
        return config_fail(config_is(list) ? list : map, e, ERR_PARSE,
                           "'relaxation' must be a list of %d terms {share, time}", SKIN_BRANCHES);
    for (size_t i = 0; i < SKIN_BRANCHES; i++) {
        struct cnode item = config_item(list, i);
        int rc = config_known(item, keys, e);
        if (!rc)
            rc = config_quantity(item, "share", "1", RANGE_FRACTION, &p->relaxing[i], e);
        if (!rc)
            rc = config_quantity(item, "time", "s", RANGE_POSITIVE, &p->relax_time[i], e);
        if (rc)
            return rc;
        sum += p->relaxing[i];
    }
    /* each specimen draws up to 15 % more, and something must last */
    return 1.15 * sum < 1.0 ? 0 : config_fail(list, e, ERR_RANGE, "relaxation shares sum to %g: must be < 0.87", sum);
}

static int read_skin(struct plant_settings *out, struct cnode map, struct err *e)
{
    static const char *const extra[] = {"relaxation", NULL};
    int rc = read_section(out, map, skin_keys, extra, e);
    return rc ? rc : read_relaxation(&out->skin, map, e);
}

/* The second pair's own settings; a section for devices that are not there is unknown. */
static int read_pair(struct plant_settings *out, struct cnode root, struct err *e)
{
    static const char *const pairs[] = {"scl_dad141", "em2rs_tlb", NULL}, *const extra[] = {"done_bit", NULL};
    static const char *const first[] = {"pair", "array", "skin", "load_cell", "bench", NULL};
    static const char *const second[] = {"pair", "array", "skin", "load_cell", "bench", "em2rs_tlb", NULL};
    struct cnode map = {0};
    int pair = 0, rc = config_choice(root, "pair", pairs, &pair, e);
    if (!rc)
        rc = config_known(root, pair ? second : first, e);
    if (rc || !pair)
        return rc;
    long bit = 0;
    out->pair = PAIR_EM2RS_TLB;
    rc = config_need(root, "em2rs_tlb", &map, e);
    if (!rc)
        rc = read_section(out, map, em2rs_tlb_keys, extra, e);
    if (!rc)
        rc = config_integer(map, "done_bit", 3, 4, &bit, e);
    out->em2rs.done_bit = (int)bit;
    if (!rc && out->tlb.reply_delay > 0.2)
        rc = config_fail(config_get(map, "reply_delay"), e, ERR_RANGE, "reply_delay %g ms: must be <= 200 ms",
                         1e3 * out->tlb.reply_delay);
    return rc;
}

static int check_relations(const struct plant_settings *s, struct cnode root, struct err *e)
{
    struct cnode bench = config_get(root, "bench");
    if (s->gap + 5.0 * s->skin.height >= s->travel)
        return config_fail(config_get(bench, "gap"), e, ERR_RANGE,
                           "gap %g mm: the skin must lie within the travel of %g mm", 1e3 * s->gap, 1e3 * s->travel);
    if (s->gap < 8e-3) /* the axis stands at 3 to 6 mm at power-on */
        return config_fail(config_get(bench, "gap"), e, ERR_RANGE, "gap %g mm: must be >= 8 mm", 1e3 * s->gap);
    return 0;
}

int settings_read(struct plant_settings *out, struct cnode root, struct err *e)
{
    static const char *const none[] = {NULL};
    struct cnode array = {0}, skin = {0}, cell = {0}, bench = {0};
    struct plant_settings s = {0};
    int rc = read_pair(&s, root, e);
    if (!rc)
        rc = config_need(root, "array", &array, e);
    if (!rc)
        rc = read_array(&s, array, e);
    if (!rc)
        rc = config_need(root, "skin", &skin, e);
    if (!rc)
        rc = read_skin(&s, skin, e);
    if (!rc)
        rc = config_need(root, "load_cell", &cell, e);
    if (!rc)
        rc = read_section(&s, cell, cell_keys, none, e);
    if (!rc)
        rc = config_need(root, "bench", &bench, e);
    if (!rc)
        rc = read_section(&s, bench, bench_keys, none, e);
    if (!rc)
        rc = check_relations(&s, root, e);
    if (!rc)
        *out = s;
    return rc;
}

int settings_open(struct plant_settings *out, const char *path, struct err *e)
{
    struct config *c;
    int rc = config_open(&c, path, e);
    if (rc)
        return rc;
    rc = settings_read(out, config_root(c), e);
    config_close(c);
    return rc;
}
