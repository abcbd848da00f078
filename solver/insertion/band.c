/* band.c -- see band.h. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include "base/math/curve.h"
#include "base/math/stats.h"
#include "solver/insertion/band.h"
#include "solver/insertion/specimen.h"

enum { ROWS = 6, PLACES_MAX = 200 };

void draws_interval(double draw[], size_t n, double confidence, double *middle, double *low, double *high)
{
    double t = gsl_cdf_tdist_Pinv(0.5 + 0.5 * confidence, (double)n - 1.0);
    bool by_factor = true;
    for (size_t j = 0; j < n; j++)
        by_factor = by_factor && draw[j] > 0.0;
    for (size_t j = 0; by_factor && j < n; j++)
        draw[j] = log(draw[j]);
    double mean = stats_mean(draw, n), half = t * stats_sd(draw, n) * sqrt(1.0 + 1.0 / (double)n);
    *middle = by_factor ? exp(mean) : mean;
    *low = by_factor ? exp(mean - half) : mean - half;
    *high = by_factor ? exp(mean + half) : mean + half;
}

/* Force of one press at the band's places. */
static int forces_of(const struct insertion_case *c, const double travel[], size_t n, double force[], struct err *e)
{
    struct insertion_result r;
    int rc = insertion_run(c, &r, e);
    if (rc) return rc;
    size_t points = r.pressed + 1;
    double *x = calloc(points, sizeof *x), *y = calloc(points, sizeof *y);
    if (!x || !y) rc = err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; !rc && i < points; i++) {
        x[i] = r.point[i].travel;
        y[i] = r.point[i].force;
    }
    for (size_t i = 0; !rc && i < n; i++)
        force[i] = curve_value(x, y, points, fmin(travel[i], x[points - 1]));
    free(x);
    free(y);
    insertion_release(&r);
    return rc;
}

/* Even places from contact to the end of the press. */
static int make_places(const struct insertion_result *r, struct insertion_band *b, struct err *e)
{
    double end = r->point[r->pressed].travel;
    *b = (struct insertion_band){.n = PLACES_MAX, .travel = calloc(ROWS * PLACES_MAX, sizeof(double))};
    if (!b->travel) return err_set(e, ERR_NOMEM, "out of memory");
    b->array_low = b->travel + b->n;
    b->array_high = b->travel + 2 * b->n;
    b->specimen = b->travel + 3 * b->n;
    b->specimen_low = b->travel + 4 * b->n;
    b->specimen_high = b->travel + 5 * b->n;
    for (size_t i = 0; i < b->n; i++)
        b->travel[i] = end * (double)i / (double)(b->n - 1);
    return 0;
}

static int run_draws(const struct insertion_case *c, bool is_specimen, size_t draws, double confidence,
                     struct insertion_band *b, struct err *e)
{
    double *force = calloc(draws * b->n, sizeof *force), draw[BAND_DRAWS], middle;
    int rc = force ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    for (size_t k = 0; !rc && k < draws; k++) {
        struct insertion_case one = *c;
        if (is_specimen)
            rc = specimen_draw(&one, k, e);
        else
            one.seed += (unsigned long)k;
        if (!rc) rc = forces_of(&one, b->travel, b->n, force + k * b->n, e);
    }
    for (size_t i = 0; !rc && i < b->n; i++) {
        for (size_t k = 0; k < draws; k++)
            draw[k] = force[k * b->n + i];
        draws_interval(draw, draws, confidence, is_specimen ? &b->specimen[i] : &middle,
                       is_specimen ? &b->specimen_low[i] : &b->array_low[i],
                       is_specimen ? &b->specimen_high[i] : &b->array_high[i]);
    }
    free(force);
    return rc;
}

int insertion_bands(const struct insertion_case *c, const struct insertion_result *r, double confidence,
                    struct insertion_band *b, struct err *e)
{
    struct insertion_case fast = *c;
    int rc = make_places(r, b, e);
    if (rc) return rc;
    fast.press.force = NAN;
    fast.press.travel = b->travel[b->n - 1];
    fast.press.hold = fast.press.retract_speed = 0.0;
    fast.step = fmin(2.0 * c->step, 1e-4);
    rc = run_draws(&fast, false, BAND_ARRAYS, confidence, b, e);
    if (!rc) rc = run_draws(&fast, true, BAND_SPECIMENS, confidence, b, e);
    if (rc) insertion_band_release(b);
    return rc;
}

void insertion_band_release(struct insertion_band *b)
{
    free(b->travel);
    *b = (struct insertion_band){0};
}
