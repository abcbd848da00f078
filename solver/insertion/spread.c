/* spread.c -- see spread.h. */
#include <math.h>
#include <stddef.h>
#include <string.h>
#include "base/math/stats.h"
#include "solver/insertion/settings.h"
#include "solver/insertion/specimen.h"
#include "solver/insertion/spread.h"

/* Each estimate and the factor by which it may well be off; the values are not independent of each other in truth. */
static const struct {
    const char *key;
    double factor;
} doubt[] = {
    {"force_factor", 1.3},    {"cut_blunt", 1.5},       {"k2", 1.5},
    {"radial_pressure", 2.0}, {"backing_modulus", 1.5}, {"base_stiffness", 2.0},
};

static int one(const struct insertion_case *c, struct insertion_summary *s, struct err *e)
{
    struct insertion_result r;
    int rc = insertion_run(c, &r, e);
    if (!rc) rc = insertion_summarise(c, &r, 0.01, s, e);
    insertion_release(&r);
    return rc;
}

/* Half the change of the depth as one value goes from v / factor to v factor. */
static int vary(const struct insertion_case *c, const struct mechanics_setting *of, double factor,
                struct insertion_spread *out, double *change, struct err *e)
{
    struct insertion_case side = *c;
    struct insertion_summary s[2];
    double *value = (double *)(void *)((char *)&side.skin + of->offset), middle = *value;
    for (int i = 0; i < 2; i++) {
        *value = i ? middle * factor : middle / factor;
        int rc = one(&side, &s[i], e);
        if (rc) return rc;
        out->fraction_lowest = fmin(out->fraction_lowest, s[i].entered_fraction);
    }
    for (int i = 0; i < 2; i++) /* where no needle goes in the depth is none */
        s[i].depth_mean = s[i].entered_fraction > 0.0 ? s[i].depth_mean : 0.0;
    *change = 0.5 * fabs(s[1].depth_mean - s[0].depth_mean);
    return 0;
}

static int over_arrays(struct insertion_case c, struct insertion_spread *s, struct err *e)
{
    double mean[SPREAD_ARRAYS] = {s->depth};
    int rc = 0;
    for (int i = 1; !rc && i < SPREAD_ARRAYS; i++) {
        struct insertion_summary other = {0};
        c.seed++;
        rc = one(&c, &other, e);
        mean[i] = other.depth_mean;
    }
    s->array_sd = stats_sd(mean, SPREAD_ARRAYS);
    return rc;
}

/* What differs from specimen to specimen, a standard deviation up and down, one at a time; and the arrays. */
static int over_specimens(const struct insertion_case *c, struct insertion_spread *s, struct err *e)
{
    const struct {
        const char *key;
        double cv;
    } way[] = {{"force_factor", c->skin.cv_puncture},
               {"backing_modulus", c->skin.cv_backing},
               {"backing_depth", c->skin.cv_thickness}};
    const struct mechanics_setting *list;
    size_t n = mechanics_settings(&list);
    double sum = s->array_sd * s->array_sd, change = 0.0;
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        for (size_t k = 0; !rc && k < sizeof way / sizeof *way; k++)
            if (strcmp(list[i].key, way[k].key) == 0 && way[k].cv > 0.0) {
                rc = vary(c, &list[i], exp(specimen_sigma(way[k].cv)), s, &change, e);
                sum += change * change;
            }
    s->specimen_sd = sqrt(sum);
    return rc;
}

int insertion_spread(const struct insertion_case *c, const bool given[], struct insertion_spread *s, struct err *e)
{
    struct insertion_case fast = *c;
    struct insertion_summary first;
    const struct mechanics_setting *list;
    size_t n = mechanics_settings(&list);
    double sum = 0.0;
    fast.press.retract_speed = 0.0; /* depth is read at the end of the hold */
    int rc = one(&fast, &first, e);
    if (rc) return rc;
    *s = (struct insertion_spread){.depth = first.depth_mean,
                                   .needle_sd = first.depth_sd,
                                   .fraction = first.entered_fraction,
                                   .fraction_lowest = first.entered_fraction};
    rc = over_arrays(fast, s, e);
    if (!rc) rc = over_specimens(&fast, s, e);
    for (size_t i = 0; !rc && i < n; i++)
        for (size_t k = 0; !rc && k < sizeof doubt / sizeof *doubt; k++)
            if (!given[i] && strcmp(list[i].key, doubt[k].key) == 0) {
                double change = 0.0;
                rc = vary(&fast, &list[i], doubt[k].factor, s, &change, e);
                sum += change * change;
            }
    s->value_error = sqrt(sum);
    return rc;
}
