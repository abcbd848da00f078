/* depth.c -- counts into depths: dyed holes give the share of needles that went in; holes in layers of known thickness
 * say between which faces each tip ended.  Where a tip ended inside its layer is not seen: the middle is taken, and the
 * means with every tip at the top and at the bottom are given beside it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/stats.h"
#include "base/runfolder.h"
#include "base/provenance.h"
#include "base/text/column.h"
#include "base/text/table.h"
#include "solver/import/parts.h"

enum { LAYERS = 64 };
#define Z95 1.959963984540054 /* of a normal distribution: 95 % lie within */
static const char *const meanings[] = {"through", "into", NULL};

struct counting {
    double thickness, length; /* m; length NAN: not stated */
    long needles;             /* an array's; 0: there is a column of them */
    bool into;                /* a hole means that the tip entered the layer, not that it left it */
};
/* Holes of one specimen. */
struct stack {
    size_t n, row[LAYERS]; /* layers counted; rows of the import */
    double holes[LAYERS + 1], needles;
};
/* Sums over needles that went in. */
struct sums {
    double n, needles, mid, mid2, low, high;
};

static int need(const struct imported *im, const char *name, const char *what, struct err *e)
{
    if (import_column(im, name)) return 0;
    return config_fail(config_get(config_root(im->doc), "columns"), e, ERR_PARSE, "columns: missing '%s': %s", name,
                       what);
}

static int count_at(const struct imported *im, const char *name, size_t row, double *x, struct err *e)
{
    *x = import_column(im, name)->number[row];
    if (*x >= 0.0 && *x == floor(*x)) return 0;
    return err_set(e, ERR_RANGE, "%s:%d: %s = %g: must be a whole number, 0 or more", im->file, im->line[row], name,
                   *x);
}

/* ---- dye ---- */

static int finish_dye(struct imported *im, struct err *e)
{
    int rc = need(im, "stained", "how many holes took the dye", e);
    if (!rc) rc = need(im, "needles", "how many needles the array has", e);
    struct import_column *share = rc ? NULL : import_add(im, "penetrated_fraction");
    struct import_column *low = rc ? NULL : import_add(im, "penetrated_fraction_low");
    struct import_column *high = rc ? NULL : import_add(im, "penetrated_fraction_high");
    if (!rc && (!share || !low || !high)) rc = err_set(e, ERR_NOMEM, "out of memory");
    im->depth = (struct import_depth){.mean = NAN, .sd = NAN, .lowest_mean = NAN, .highest_mean = NAN};
    for (size_t i = 0; !rc && i < im->rows; i++) {
        double stained = 0.0, needles = 0.0;
        rc = count_at(im, "stained", i, &stained, e);
        if (!rc) rc = count_at(im, "needles", i, &needles, e);
        if (!rc && (stained > needles || needles < 1.0))
            rc = err_set(e, ERR_RANGE, "%s:%d: %g of %g needles are stained: must be 0 to all of at least 1", im->file,
                         im->line[i], stained, needles);
        if (rc) break;
        share->number[i] = stained / needles;
        stats_share_interval(stained / needles, needles, Z95, &low->number[i], &high->number[i]);
        im->depth.needles += (size_t)needles;
        im->depth.penetrated += (size_t)stained;
    }
    im->has_depth = !rc;
    return rc;
}

/* ---- layers ---- */

static int read_counting(const struct imported *im, struct counting *c, struct err *e)
{
    struct cnode root = config_root(im->doc), array = config_get(root, "needles");
    int meaning = 0;
    *c = (struct counting){.length = NAN};
    int rc = config_quantity(root, "layer_thickness", "m", RANGE_POSITIVE, &c->thickness, e);
    if (!rc && config_is(config_get(root, "holes_mean"))) rc = config_choice(root, "holes_mean", meanings, &meaning, e);
    c->into = meaning == 1;
    if (!rc && config_is(config_get(array, "count"))) rc = config_integer(array, "count", 1, 1000000, &c->needles, e);
    if (!rc && config_is(config_get(array, "length")))
        rc = config_quantity(array, "length", "m", RANGE_POSITIVE, &c->length, e);
    if (!rc && !c->needles && !import_column(im, "needles"))
        rc =
            config_fail(root, e, ERR_PARSE, "layers: how many needles?  'needles: {count: 100}' or a column 'needles'");
    if (!rc) rc = need(im, "layer", "the number of the layer, 1 is the outermost", e);
    if (!rc) rc = need(im, "holes", "how many holes were counted in it", e);
    return rc;
}

static int add_layer(const struct imported *im, const struct counting *c, size_t row, struct stack *s, struct err *e)
{
    double layer = 0.0, holes = 0.0, needles = (double)c->needles;
    int rc = count_at(im, "layer", row, &layer, e);
    if (!rc) rc = count_at(im, "holes", row, &holes, e);
    if (!rc && !c->needles) rc = count_at(im, "needles", row, &needles, e);
    if (rc) return rc;
    const char *place = im->file;
    int line = im->line[row];
    if (layer != (double)(s->n + 1) || s->n >= LAYERS) {
        err_set(e, ERR_RANGE, "%s:%d: layer %g after layer %zu: must be 1, 2, 3, ... up to %d", place, line, layer,
                s->n, LAYERS);
        err_hint(e, "layers of one specimen stand one below the other, the outermost first, layers without holes as 0");
        return ERR_RANGE;
    }
    double above = s->n ? s->holes[s->n - 1] : needles;
    if (holes > above) {
        err_set(e, ERR_RANGE, "%s:%d: %g holes in layer %g, but only %g %s: a tip goes through what lies above", place,
                line, holes, layer, above, s->n ? "in the layer above" : "needles");
        err_hint(e, "correct the count; a tear or an old mark is no hole");
        return ERR_RANGE;
    }
    double least = (c->into ? layer - 1.0 : layer) * c->thickness;
    if (holes > 0.0 && least > c->length * (1.0 + 1e-9)) {
        err_set(e, ERR_RANGE, "%s:%d: %g holes %s layer %g, which %s at %.4g um, but the needles are %.4g um long",
                place, line, holes, c->into ? "into" : "through", layer, c->into ? "begins" : "ends", least * 1e6,
                c->length * 1e6);
        err_hint(e, "is layer_thickness right, is a hole here 'holes_mean: %s', were the layers stretched or torn?",
                 c->into ? "through" : "into");
        return ERR_RANGE;
    }
    s->needles = needles;
    s->row[s->n] = row;
    s->holes[s->n++] = holes;
    return 0;
}

static int gather(const struct imported *im, const struct counting *c, size_t specimen, struct stack *s, struct err *e)
{
    int rc = 0;
    *s = (struct stack){0};
    for (size_t i = 0; !rc && i < im->rows; i++)
        if (im->specimen_of[i] == specimen) rc = add_layer(im, c, i, s, e);
    if (!rc && s->holes[s->n - 1] > 0.0 && isnan(c->length)) {
        err_set(e, ERR_RANGE,
                "%s:%d: specimen '%s': %g holes in the deepest layer counted: how deep they go is not seen", im->file,
                im->line[s->row[s->n - 1]], im->specimen[specimen], s->holes[s->n - 1]);
        err_hint(e, "count one layer more, or state the needles' length: needles: {length: 600 um}");
        rc = ERR_RANGE;
    }
    return rc;
}

/* Tips that ended k layers down lie between low and high. */
static void interval(const struct counting *c, size_t k, double *low, double *high)
{
    double longest = isfinite(c->length) ? c->length : INFINITY;
    *low = fmin((double)(c->into ? k - 1 : k) * c->thickness, longest);
    *high = fmin((double)(c->into ? k : k + 1) * c->thickness, longest);
}

static struct sums sum_stack(const struct counting *c, const struct stack *s)
{
    struct sums sum = {.needles = s->needles};
    for (size_t k = 1; k <= s->n; k++) {
        double low, high, n = s->holes[k - 1] - (k < s->n ? s->holes[k] : 0.0);
        interval(c, k, &low, &high);
        if (k == s->n && isfinite(c->length)) high = c->length;
        double mid = 0.5 * (low + high), within = (high - low) * (high - low) / 12.0;
        sum.n += n;
        sum.low += n * low;
        sum.high += n * high;
        sum.mid += n * mid;
        sum.mid2 += n * (mid * mid + within); /* a tip is anywhere in its layer */
    }
    return sum;
}

static double sd_of(const struct sums *s)
{
    double mean = s->mid / s->n;
    return s->n > 1.0 ? sqrt(fmax(0.0, (s->mid2 / s->n - mean * mean) * s->n / (s->n - 1.0))) : NAN;
}

static int finish_layers(struct imported *im, struct err *e)
{
    struct counting c;
    struct sums all = {0};
    int rc = read_counting(im, &c, e);
    for (size_t k = 0; !rc && k < im->n_specimens; k++) {
        struct stack s;
        rc = gather(im, &c, k, &s, e);
        if (rc) break;
        struct sums one = sum_stack(&c, &s);
        all.n += one.n;
        all.needles += one.needles;
        all.low += one.low;
        all.high += one.high;
        all.mid += one.mid;
        all.mid2 += one.mid2;
    }
    if (rc) return rc;
    im->has_depth = true;
    im->depth = (struct import_depth){.needles = (size_t)all.needles,
                                      .penetrated = (size_t)all.n,
                                      .mean = all.mid / all.n,
                                      .sd = sd_of(&all),
                                      .lowest_mean = all.low / all.n,
                                      .highest_mean = all.high / all.n};
    if (!config_is(config_get(config_root(im->doc), "holes_mean")))
        import_note(im, "assumed: holes_mean = through: a hole in a layer means that the tip left it below");
    import_note(im, "depth: each tip in the middle of where it may be; the layers are %.4g um thick",
                c.thickness * 1e6);
    return 0;
}

int depth_finish(struct imported *im, struct err *e)
{
    return im->kind == IMPORT_DYE ? finish_dye(im, e) : finish_layers(im, e);
}

/* ---- writing ---- */

static int write_specimens(const struct imported *im, const struct counting *c, const char *path, struct err *e)
{
    static const char *const columns[] = {"specimen",
                                          "needles",
                                          "penetrated",
                                          "penetrated_fraction",
                                          "buried_depth_um",
                                          "buried_depth_sd_um",
                                          "buried_depth_low_um",
                                          "buried_depth_high_um"};
    struct table_out *o;
    int rc = table_create(&o, path, columns, sizeof columns / sizeof *columns, e);
    if (rc) return rc;
    for (size_t k = 0; !rc && k < im->n_specimens; k++) {
        struct stack s;
        rc = gather(im, c, k, &s, e);
        if (rc) break;
        struct sums sum = sum_stack(c, &s);
        table_word(o, im->specimen[k]);
        table_number(o, sum.needles);
        table_number(o, sum.n);
        table_number(o, sum.n / sum.needles);
        table_number(o, sum.n > 0.0 ? sum.mid / sum.n * 1e6 : NAN);
        table_number(o, sum.n > 1.0 ? sd_of(&sum) * 1e6 : NAN);
        table_number(o, sum.n > 0.0 ? sum.low / sum.n * 1e6 : NAN);
        table_number(o, sum.n > 0.0 ? sum.high / sum.n * 1e6 : NAN);
        rc = table_end_row(o, e);
    }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

/* A record as 'mnrig depth' makes them, so that a study may say insertion: {run: FOLDER}. */
static int write_penetration(const struct imported *im, const char *path, int64_t unix_time, struct err *e)
{
    char recorded[21];
    struct record *y;
    const struct import_depth *d = &im->depth;
    int rc = record_new(&y, e);
    if (rc) return rc;
    iso8601(unix_time, recorded);
    record_text(y, "format", RUN_PENETRATION_FORMAT);
    record_text(y, "method", "parafilm");
    record_text(y, "file", im->file);
    record_text(y, "file_sha256", im->file_sha);
    record_quantity(y, "depth/mean", d->mean * 1e6, "um");
    record_quantity(y, "depth/sd", d->sd * 1e6, "um");
    record_integer(y, "depth/n", (long long)d->penetrated);
    record_number(y, "penetrated_fraction", (double)d->penetrated / (double)d->needles);
    record_bool(y, "virtual", im->is_virtual);
    record_text(y, "recorded", recorded);
    rc = record_write(y, path, e);
    record_free(y);
    return rc;
}

int depth_write(const struct imported *im, const char *folder, int64_t unix_time, struct err *e)
{
    struct counting c;
    char path[1200];
    if (im->kind != IMPORT_LAYERS) return 0;
    int rc = read_counting(im, &c, e);
    snprintf(path, sizeof path, "%.1100s/specimens.csv", folder);
    if (!rc) rc = write_specimens(im, &c, path, e);
    snprintf(path, sizeof path, "%.1100s/" RUN_PENETRATION_FMT, folder, 1);
    if (!rc && im->depth.penetrated >= 2) rc = write_penetration(im, path, unix_time, e);
    return rc;
}
