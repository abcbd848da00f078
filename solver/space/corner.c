/* corner.c -- see corner.h. */
#include "solver/space/corner.h"

static const double PI = 3.14159265358979323846;

#define SINGULAR_SHARE 0.003 /* of the channel's flux: what the elements that touch an edge stand for */
#define SMALLEST    0.02e-6 /* m */
#define WELL_MIXED      1e9 /* conductivity of a stirred channel, of the layer's */

/* Sectors that meet in an edge: angle and conductivity K D. */
struct sector { double angle, conductivity; };

/* With u and k du/dangle carried once around as rho^s, the trace of the matrix that does so, less that of a solution
 * that closes (2): zero where s is an exponent of the edge. */
static double closure(const struct sector *w, size_t n, double s)
{
    double a = 1.0, b = 0.0, c = 0.0, d = 1.0;
    for (size_t i = 0; i < n; i++) {
        double co = cos(s * w[i].angle), si = sin(s * w[i].angle), k = w[i].conductivity;
        double a2 = co * a + si / k * c, b2 = co * b + si / k * d;
        c = co * c - k * si * a;
        d = co * d - k * si * b;
        a = a2;
        b = b2;
    }
    return a + d - 2.0;
}

/* The least exponent of the edge below most; 1 when there is none. */
static double exponent(const struct sector *w, size_t n, double most)
{
    enum { HALVINGS = 24 };
    double lo = 0.25, hi = most; /* a field between fixed and closed faces has 1/4 at least: the angle is at most 2 pi */
    if (closure(w, n, hi) < 0.0)
        return 1.0;
    for (int i = 0; i < HALVINGS; i++) {
        double mid = 0.5 * (lo + hi);
        *(closure(w, n, mid) >= 0.0 ? &hi : &lo) = mid;
    }
    return hi;
}

/* Where the wall crosses the face below layer l, or ends in it at the channel's floor. */
static double exponent_at(const struct channel *c, const struct layer *l, double tilt, bool at_floor)
{
    double above = l->K * l->D, below = l[1].K * l[1].D;
    double inside = c->fill == CHANNEL_STIRRED ? WELL_MIXED * fmax(above, below) : c->K * c->D;
    double channel = at_floor ? 0.5 * PI + tilt : PI;
    struct sector sector[] = {{0.5 * PI - tilt, above}, {1.5 * PI + tilt - channel, below}, {channel, inside}};
    return exponent(sector, 3, at_floor ? RIM_MILD : CORNER_MILD);
}

size_t corners(const struct problem *p, const struct channel *c, struct corner out[LAYERS_MAX])
{
    size_t n = 0;
    double z = 0.0;
    for (size_t i = p->vehicle_layer ? 1 : 0; i + 1 < p->n_layers; i++) {
        z += p->layer[i].h;
        if (z > c->depth + FLOOR_SNAP)
            break;
        bool at_floor = z > c->depth - FLOOR_SNAP;
        double w = channel_radius(c, z), slope = -channel_slope(c, fmin(z, c->depth - FLOOR_SNAP));
        double e = exponent_at(c, &p->layer[i], atan(slope), at_floor);
        if (e == 1.0)
            continue;
        double share = w / (w + fmax(0.0, c->depth - z)); /* of what the channel gives off below the face, about */
        double size = fmax(SMALLEST, w * pow(SINGULAR_SHARE / share, 0.5 / e));
        out[n++] = (struct corner){skin_surface(p) + z, w, slope, e, size};
    }
    return n;
}
