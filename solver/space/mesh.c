/* mesh.c -- see mesh.h.  Element sizes are tied to features (surface, layer faces, channel floor and wall) and grow
 * with the distance from them, so that sparse arrays, shallow tips and early times stay resolved. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "solver/space/corner.h"
#include "solver/space/stiffness.h"

enum { FEATURES_MAX = 2 * LAYERS_MAX + 5 };

struct feature { double z, size, growth, reach; }; /* the growth holds within reach */
struct sizing {              /* element size as a function of position: min over features of size + growth x distance */
    size_t n;
    struct feature f[FEATURES_MAX];
    double cap, level;
    size_t merged;
};
struct edges { size_t n, room; double *at; }; /* element boundaries, ascending */

/* Sizes at level 1, m (measured to give <= 0.4 % over depths 100-1000 um and densities 10-1600 /cm2). */
#define SIZE_SURFACE   5e-6
#define SIZE_FACE     40e-6  /* and at most a share of the thinner neighbour */
#define SIZE_TIP      20e-6
#define SIZE_WALL      8e-6
#define EDGE_SHARE 0.10 /* of min(depth, radius): the edge of a shallow or narrow channel carries most of the flux */
#define GAP_SHARE  0.30 /* of what is left of its layer below a floor: the flux to the next one is dense there */
#define INSIDE_SHARE   0.40  /* of the wall radius, inside the channel */
#define SIZE_CAP     200e-6
#define GROWTH         0.75
#define INSIDE_GROWTH  1.0
#define CORNER_GROWTH  0.35
#define SLANT_SHARE    0.70  /* where the wall is slanted, what is near a corner below it is far away across */
#define FACE_SHARE     0.27  /* of the thinner of the two layers */
#define FRONT_SHARE    0.75  /* of the diffusion length at the first output */
#define LOSS_SHARE     0.60  /* of sqrt(D/k), the depth that clearance lets the drug reach */
#define LOSS_ELEMENTS 40.0   /* per layer at most for that: the drug stays near the faces, which are resolved apart */
#define FLAT_LEVEL     0.50  /* one-dimensional elements are nearly free: half the size, growth included */
#define FLAT_LAYER                                                                                                     \
    11.0 /* elements per layer at least, before FLAT_LEVEL: the front that crosses a slow layer sets the early flux */
#define SIZE_FLOOR_1D 0.01e-6
#define SIZE_FLOOR_2D 0.10e-6
#define MARCH         64     /* steps per element when sizes are integrated */

static double size_at(const struct sizing *s, double z)
{
    double h = s->cap;
    for (size_t i = 0; i < s->n; i++) {
        const struct feature *f = &s->f[i];
        double away = fabs(z - f->z), here = f->size + f->growth * away;
        if (away > f->reach)
            here += (GROWTH - f->growth) * (away - f->reach);
        h = here < h ? here : h;
    }
    return h * s->level;
}

static int edges_push(struct edges *e, double z)
{
    if (e->n == e->room) {
        size_t room = e->room ? 2 * e->room : 64;
        double *at = realloc(e->at, room * sizeof *at);
        if (!at)
            return ERR_NOMEM;
        e->at = at;
        e->room = room;
    }
    e->at[e->n++] = z;
    return 0;
}

/* Appends the interior and end boundaries of (a, b]: elements of equal share of the integral of 1/size.  Their number
 * is even: merged in pairs they make a mesh of twice the size everywhere, which error estimates compare with. */
static int subdivide(struct edges *out, const struct sizing *s, double a, double b)
{
    struct edges path = {0};
    int rc = edges_push(&path, a);
    double z = a;
    while (!rc && z < b) {
        double mid = z + 0.5 * size_at(s, z) / MARCH;
        z += size_at(s, fmin(mid, b)) / MARCH;
        rc = edges_push(&path, fmin(z, b));
    }
    if (!rc) {
        double last = path.n < 2 ? 1.0 : (b - path.at[path.n - 2]) / (size_at(s, b) / MARCH);
        double total = (double)(path.n - 2) + fmin(last, 1.0); /* in march steps */
        size_t n = 2 * (size_t)ceil(0.5 * total / MARCH - 0.05);
        n = n ? n : 2;
        for (size_t i = 0; i < s->merged; i++)
            n = (n + 1) / 2;
        for (size_t k = 1; k < n && !rc; k++) {
            double at = total * (double)k / (double)n;
            size_t i = (size_t)at;
            rc = edges_push(out, path.at[i] + (at - (double)i) * (path.at[i + 1] - path.at[i]));
        }
        if (!rc)
            rc = edges_push(out, b);
    }
    free(path.at);
    return rc;
}

static double first_front(const struct problem *p, double D)
{
    return FRONT_SHARE * sqrt(D * fmin(p->t_out[0], p->t_end));
}

static void add_feature(struct sizing *s, double z, double size, double growth)
{
    assert(s->n < FEATURES_MAX);
    s->f[s->n++] = (struct feature){z, size, growth, INFINITY};
}

static double loss_size(const struct layer *l)
{
    return l->clearance > 0.0 ? fmax(SIZE_FLOOR_2D, LOSS_SHARE * sqrt(l->D / l->clearance)) : INFINITY;
}

/* Size at the rim of the channel's floor. */
static double rim_size(const struct problem *p)
{
    const struct channel *c = &p->channel;
    double edge = EDGE_SHARE * fmin(c->depth, c->r_surface), face = 0.0;
    for (size_t i = p->vehicle_layer ? 1 : 0; i + 1 < p->n_layers; i++) {
        face += p->layer[i].h;
        double gap = face - c->depth;
        if (gap > FLOOR_SNAP)
            return fmin(edge, fmax(GAP_SHARE * gap, GAP_SHARE * edge));
    }
    return edge;
}

static struct sizing depth_sizing(const struct problem *p)
{
    bool flat = p->channel.fill == CHANNEL_NONE;
    struct sizing s = {.cap = SIZE_CAP, .level = p->level, .merged = p->merged};
    if (flat) s.level *= FLAT_LEVEL;
    double floor = flat ? SIZE_FLOOR_1D : SIZE_FLOOR_2D;
    add_feature(&s, 0.0,
                fmax(floor, fmin(SIZE_SURFACE, fmin(first_front(p, p->layer[0].D),
                                                    fmin(p->layer[0].h / 3.0, loss_size(&p->layer[0]))))),
                GROWTH);
    double z = 0.0;
    if (p->vehicle_layer)
        add_feature(&s, skin_surface(p),
                    fmax(floor, fmin(SIZE_SURFACE, fmin(first_front(p, p->layer[1].D), p->layer[1].h / 3.0))), GROWTH);
    for (size_t i = 0; i + 1 < p->n_layers; i++) {
        const struct layer *above = &p->layer[i], *below = above + 1;
        z += above->h;
        double loss = fmin(loss_size(above), loss_size(below));
        double size = fmin(fmin(SIZE_FACE, loss), FACE_SHARE * fmin(above->h, below->h));
        /* A slow layer with the larger K, under which a channel brings drug, drinks through its face: an element
         * coarser than that front would swallow several times as much. */
        const struct layer *slow = above->D < below->D ? above : below, *fast = slow == above ? below : above;
        if (!flat && slow->K > fast->K)
            size = fmin(size, fmax(floor, first_front(p, slow->D)));
        add_feature(&s, z, size, GROWTH);
    }
    if (!flat) {
        struct corner corner[LAYERS_MAX];
        for (size_t i = 0, n = corners(p, &p->channel, corner); i < n; i++)
            add_feature(&s, corner[i].z, corner[i].size / hypot(1.0, corner[i].slope), CORNER_GROWTH);
        add_feature(&s, skin_surface(p) + p->channel.depth,
                    fmin(SIZE_TIP, fmin(fmax(SIZE_WALL, 0.3 * p->channel.r_tip), EDGE_SHARE * p->channel.depth)),
                    GROWTH);
        if (p->needles.law != RELEASE_NONE && p->needles.loaded < p->channel.depth)
            add_feature(&s, skin_surface(p) + p->channel.depth - p->needles.loaded, SIZE_TIP, GROWTH);
    }
    return s;
}

/* Places within a layer, from..to, on which element edges lie as well: the end of the needles' load, the floor. */
enum { CUTS_MAX = 2 };

static bool is_apart(double z, double from, double to) { return z > from + FLOOR_SNAP && z < to - FLOOR_SNAP; }

static size_t cuts(const struct problem *p, double from, double to, double at[CUTS_MAX], bool is_floor[CUTS_MAX])
{
    size_t n = 0;
    if (p->channel.fill == CHANNEL_NONE)
        return 0;
    double surface = skin_surface(p), floor = surface + p->channel.depth, load = floor - p->needles.loaded;
    if (p->needles.law != RELEASE_NONE && is_apart(load, surface, floor) && is_apart(load, from, to)) {
        is_floor[n] = false;
        at[n++] = load;
    }
    if (is_apart(floor, from, to)) {
        is_floor[n] = true;
        at[n++] = floor;
    }
    return n;
}

static int depth_edges(struct edges *out, const struct problem *p)
{
    struct sizing s = depth_sizing(p);
    double cap = s.cap, z = 0.0, H = skin_thickness(p), cut[CUTS_MAX];
    bool is_floor[CUTS_MAX], flat = p->channel.fill == CHANNEL_NONE;
    int rc = edges_push(out, 0.0);
    for (size_t i = 0; i < p->n_layers && !rc; i++) {
        const struct layer *l = &p->layer[i];
        double end = i + 1 < p->n_layers ? z + l->h : H;
        s.cap = fmin(cap, l->h / (flat ? FLAT_LAYER : 3.0));
        if (l->clearance > 0.0)
            s.cap = fmin(s.cap, fmax(loss_size(l), l->h / LOSS_ELEMENTS));
        for (size_t k = 0, n = cuts(p, z, end, cut, is_floor); k < n && !rc; k++) {
            rc = subdivide(out, &s, z, cut[k]);
            z = cut[k];
        }
        if (!rc)
            rc = subdivide(out, &s, z, end);
        z = end;
    }
    return rc;
}

/* Sizes on both sides of the wall: inside in shares of the radius, outside in metres from the wall. */
struct across { struct feature in, out; };

static struct across across_sizing(const struct problem *p)
{
    const struct channel *c = &p->channel;
    double edge = rim_size(p), slowest = INFINITY, z = 0.0;
    size_t skin = p->vehicle_layer ? 1 : 0;
    for (size_t i = skin; i < p->n_layers && z < c->depth; z += p->layer[i++].h)
        if (z > 0.0 || p->n_layers == skin + 1) /* the outermost layer is thin: its lateral front does not matter */
            slowest = fmin(slowest, p->layer[i].D);
    double wall = fmin(fmin(SIZE_WALL, edge), isfinite(slowest) ? first_front(p, slowest) : INFINITY);
    struct across a = {{1.0, fmin(INSIDE_SHARE, edge / c->r_tip), INSIDE_GROWTH, INFINITY},
                       {0.0, fmax(wall, SIZE_FLOOR_2D), GROWTH, 0.0}};
    struct corner corner[LAYERS_MAX];
    for (size_t i = 0, n = corners(p, &p->channel, corner); i < n; i++) {
        double slant = fmax(1.0, SLANT_SHARE * hypot(1.0, corner[i].slope));
        a.in.size = fmin(a.in.size, corner[i].size / corner[i].radius);
        a.in.growth = fmin(a.in.growth, INSIDE_GROWTH / slant);
        a.out.size = fmin(a.out.size, corner[i].size);
        a.out.growth = fmin(a.out.growth, GROWTH / slant);
        a.out.reach = fmax(a.out.reach, corner[i].radius - c->r_tip);
    }
    return a;
}

/* Reference coordinates 0..1 (inside) and 1..2 (outside); *inside gets the number of elements in 0..1. */
static int cross_edges(struct edges *out, size_t *inside, const struct problem *p)
{
    struct across a = across_sizing(p);
    struct sizing in = {.n = 1, .f = {a.in}, .cap = 1.0, .level = p->level, .merged = p->merged};
    struct sizing o = {.n = 1, .f = {a.out}, .cap = INFINITY, .level = p->level, .merged = p->merged};
    double width = p->cell_radius - 0.5 * (p->channel.r_surface + p->channel.r_tip);
    struct edges outer = {0};
    int rc = edges_push(out, 0.0);
    if (!rc)
        rc = subdivide(out, &in, 0.0, 1.0);
    *inside = out->n - 1;
    if (!rc)
        rc = subdivide(&outer, &o, 0.0, width);
    for (size_t i = 0; i < outer.n && !rc; i++)
        rc = edges_push(out, i + 1 < outer.n ? 1.0 + outer.at[i] / width : 2.0);
    free(outer.at);
    return rc;
}

/* ---- geometry ---- */

static double radius_at(const struct problem *p, double x, double z)
{
    double w = wall_at(p, z);
    return x <= 1.0 ? x * w : w + (x - 1.0) * (p->cell_radius - w);
}

static void place_nodes(struct mesh *m, const struct edges *ze, const struct edges *xe, const struct problem *p)
{
    for (size_t k = 0; k < m->nz; k++)
        m->z[k] = k % 2 ? 0.5 * (ze->at[k / 2] + ze->at[k / 2 + 1]) : ze->at[k / 2];
    if (!m->er)
        return;
    for (size_t k = 0; k < m->nr; k++) {
        double mid = k == 1 ? 0.6 : 0.5; /* the axis column's middle node is at xi = 1/5 */
        m->x[k] = k % 2 ? xe->at[k / 2] + mid * (xe->at[k / 2 + 1] - xe->at[k / 2]) : xe->at[k / 2];
    }
    for (size_t iz = 0; iz < m->nz; iz++)
        for (size_t ir = 0; ir < m->nr; ir++)
            m->r[mesh_at(m, iz, ir)] = radius_at(p, m->x[ir], m->z[iz]);
}

/* Depth of each node and where it is. */
static void mark_nodes(struct mesh *m)
{
    for (size_t iz = 0; iz < m->nz; iz++)
        for (size_t ir = 0; ir < m->nr; ir++) {
            size_t i = mesh_at(m, iz, ir);
            bool deep = iz >= 2 * m->ez_surface;
            bool channel = m->er_inside && deep && iz <= 2 * m->ez_channel && ir <= 2 * m->er_inside;
            m->node_z[i] = m->z[iz];
            m->where[i] = (unsigned char)((iz == 0 ? MESH_TOP : 0) | (deep ? 0 : MESH_ABOVE) |
                                          (channel ? MESH_CHANNEL : 0) | (iz + 1 == m->nz ? MESH_BOTTOM : 0));
        }
}

/* ---- integrals ---- */

static const double PI = 3.14159265358979323846;
static const double LOBATTO_W[3] = {1.0 / 3.0, 4.0 / 3.0, 1.0 / 3.0};
static const double JACOBI_W[3] = {1.0 / 9.0, 25.0 / 18.0, 1.0 / 2.0}; /* of 1 + xi, nodes -1, 1/5, 1 */

/* Weights of the three columns of element jr at depth z: integral over x of the Lagrange functions times r r_x 2/b^2.
 */
static void cross_weights(const struct mesh *m, const struct problem *p, size_t jr, double z, double out[3])
{
    double b = p->cell_radius, w = wall_at(p, z), x0 = m->x[2 * jr], dx = m->x[2 * jr + 2] - x0;
    double scale = 2.0 / (b * b);
    for (size_t k = 0; k < 3; k++) {
        double x = m->x[2 * jr + k];
        if (jr == 0)
            out[k] = scale * w * w * JACOBI_W[k] * dx * dx / 4.0;
        else if (jr < m->er_inside)
            out[k] = scale * w * w * x * LOBATTO_W[k] * dx / 2.0;
        else
            out[k] = scale * (w + (x - 1.0) * (b - w)) * (b - w) * LOBATTO_W[k] * dx / 2.0;
    }
}

/* Width, m, of a layer that a face node of it may hold: what diffuses in from a faster neighbour by the middle of the
 * study (on the logarithm of time).  A quadratic element gives a sixth of its size to the node, and all of that is
 * filled at once: in a corneum with fronts thinner than the elements beside a channel, several times what is there. */
static double front_width(const struct problem *p, size_t layer)
{
    double middle = sqrt(fmin(p->t_out[0], p->t_end) * p->t_end);
    return p->level * (double)(1u << p->merged) * 2.0 * sqrt(p->layer[layer].D * middle / PI);
}

/* Moves what a node at the first (last) face of an element holds beyond a width to the node in the middle. */
static void hold_back(double w[3], size_t face, double size, double width)
{
    double keep = fmin(1.0, width / (size / 6.0));
    w[1] += (1.0 - keep) * w[face];
    w[face] *= keep;
}

static bool is_slower(const struct problem *p, size_t layer, size_t than)
{
    return p->layer[layer].D < p->layer[than].D;
}

/* Weights of the three rows of elements jz. */
static void down_weights(const struct mesh *m, const struct problem *p, size_t jz, double out[3])
{
    double dz = m->z[2 * jz + 2] - m->z[2 * jz];
    size_t layer = m->element_layer[jz];
    for (size_t k = 0; k < 3; k++)
        out[k] = LOBATTO_W[k] * dz / 2.0;
    if (!m->er)
        return;
    if (jz > 0 && is_slower(p, layer, m->element_layer[jz - 1]))
        hold_back(out, 0, dz, front_width(p, layer));
    if (jz + 1 < m->ez && is_slower(p, layer, m->element_layer[jz + 1]))
        hold_back(out, 2, dz, front_width(p, layer));
}

/* ... and of the three columns of element jr there, at depth z. */
static void across_weights(const struct mesh *m, const struct problem *p, size_t jz, size_t jr, double z, double out[3])
{
    size_t layer = m->element_layer[jz];
    cross_weights(m, p, jr, z, out);
    if (jr == m->er_inside && jz >= m->ez_surface && jz < m->ez_channel && p->layer[layer].D < p->channel.D)
        hold_back(out, 0, (m->x[2 * jr + 2] - m->x[2 * jr]) * (p->cell_radius - wall_at(p, z)), front_width(p, layer));
}

static void add_mass(struct mesh *m, const struct problem *p)
{
    if (!m->er)
        m->top[0] = 1.0;
    for (size_t jr = 0; jr < m->er; jr++) {
        double wr[3];
        cross_weights(m, p, jr, 0.0, wr);
        for (size_t l = 0; l < 3; l++)
            m->top[2 * jr + l] += wr[l];
    }
    for (size_t jz = 0; jz < m->ez; jz++) {
        double wz[3];
        down_weights(m, p, jz, wz);
        for (size_t k = 0; k < 3; k++) {
            size_t iz = 2 * jz + k;
            if (!m->er)
                m->mass[element_zone(m, jz, 0) * m->n + iz] += wz[k];
            for (size_t jr = 0; jr < m->er; jr++) {
                double wr[3];
                across_weights(m, p, jz, jr, m->z[iz], wr);
                for (size_t l = 0; l < 3; l++)
                    m->mass[element_zone(m, jz, jr) * m->n + mesh_at(m, iz, 2 * jr + l)] += wz[k] * wr[l];
            }
        }
    }
}

static bool is_loaded(const struct mesh *m, const struct problem *p, size_t jz)
{
    double z = m->z[2 * jz + 1] - skin_surface(p);
    return z > p->channel.depth - p->needles.loaded && z < p->channel.depth;
}

/* Which share of what the nodes of the channel hold lies within the needles' loaded length. */
static void add_loads(struct mesh *m, const struct problem *p)
{
    for (size_t iz = 0; iz < m->nz; iz++) {
        double in = 0.0, all = 0.0;
        for (size_t jz = iz ? (iz - 1) / 2 : 0; jz < m->ez && 2 * jz <= iz; jz++) {
            double size = m->z[2 * jz + 2] - m->z[2 * jz]; /* the elements above and below a face share its nodes */
            bool is_channel = jz >= m->ez_surface && jz < m->ez_channel;
            all += is_channel ? size : 0.0;
            in += is_channel && is_loaded(m, p, jz) ? size : 0.0;
        }
        for (size_t ir = 0; ir < m->nr; ir++)
            m->loaded[mesh_at(m, iz, ir)] = all > 0.0 ? in / all : 0.0;
    }
}

/* ---- the whole ---- */

static void name_layers(struct mesh *m, const struct problem *p)
{
    size_t layer = 0;
    double end = p->layer[0].h;
    for (size_t jz = 0; jz < m->ez; jz++) {
        while (layer + 1 < p->n_layers && m->z[2 * jz + 1] > end)
            end += p->layer[++layer].h;
        m->element_layer[jz] = layer;
        if (m->z[2 * jz + 1] < skin_surface(p))
            m->ez_surface = jz + 1;
        if (p->channel.fill != CHANNEL_NONE && m->z[2 * jz + 1] < skin_surface(p) + p->channel.depth)
            m->ez_channel = jz + 1;
    }
}

static int fill(struct mesh *m, const struct problem *p, const struct edges *ze, const struct edges *xe)
{
    m->ez = ze->n - 1;
    m->er = xe->n ? xe->n - 1 : 0;
    m->nz = 2 * m->ez + 1;
    m->nr = m->er ? 2 * m->er + 1 : 1;
    m->n = m->nz * m->nr;
    m->n_layers = p->n_layers;
    m->n_zones = m->er ? 2 * p->n_layers : p->n_layers;
    m->z = calloc(m->nz, sizeof *m->z);
    m->x = calloc(m->nr, sizeof *m->x);
    m->r = calloc(m->n, sizeof *m->r);
    m->element_layer = calloc(m->ez, sizeof *m->element_layer);
    m->mass = calloc(m->n_zones * m->n, sizeof *m->mass);
    m->top = calloc(m->n, sizeof *m->top);
    m->node_z = calloc(m->n, sizeof *m->node_z);
    m->where = calloc(m->n, sizeof *m->where);
    m->loaded = calloc(m->n, sizeof *m->loaded);
    if (!(m->z && m->x && m->r && m->element_layer && m->mass && m->top && m->node_z && m->where && m->loaded))
        return ERR_NOMEM;
    place_nodes(m, ze, xe, p);
    name_layers(m, p);
    mark_nodes(m);
    add_mass(m, p);
    if (p->needles.law != RELEASE_NONE)
        add_loads(m, p);
    return mesh_add_stiffness(m, p);
}

enum { PLACES_MAX = LAYERS_MAX + 1 + CUTS_MAX };

/* Places on which element edges lie: the surface, the layers' faces, and the cuts between them; floor: which of these
 * is the channel's. */
static size_t fixed_places(const struct problem *p, double *z, size_t *floor)
{
    double face = 0.0;
    size_t n = 0;
    *floor = PLACES_MAX;
    z[n++] = 0.0;
    for (size_t i = 0; i < p->n_layers; i++) {
        double end = i + 1 < p->n_layers ? face + p->layer[i].h : skin_thickness(p);
        bool is_floor[CUTS_MAX];
        for (size_t k = 0, cut = cuts(p, face, end, z + n, is_floor); k < cut; k++, n++)
            *floor = is_floor[k] ? n : *floor;
        z[n++] = face = end;
    }
    return n;
}

/* Moves the edges made for one problem to the places of another; false when these stand in another order. */
static bool stretch(struct edges *e, const struct problem *from, const struct problem *to)
{
    double a[PLACES_MAX], b[PLACES_MAX];
    size_t floor_a, floor_b, n = fixed_places(from, a, &floor_a), k = 1;
    if (fixed_places(to, b, &floor_b) != n || floor_a != floor_b) return false;
    for (size_t i = 0; i < e->n; i++) {
        while (k + 1 < n && e->at[i] > a[k])
            k++;
        double share = (e->at[i] - a[k - 1]) / (a[k] - a[k - 1]);
        e->at[i] = share >= 1.0 ? b[k] : b[k - 1] + share * (b[k] - b[k - 1]);
    }
    return true;
}

int mesh_build_cell(struct mesh *m, const struct problem *p, struct err *e)
{
    struct edges ze = {0}, xe = {0};
    const struct problem *like = p->mesh_like ? p->mesh_like : p;
    *m = (struct mesh){.shelf = p->shelf};
    int rc = depth_edges(&ze, like);
    if (!rc && like != p && !stretch(&ze, like, p)) {
        like = p;
        ze.n = 0;
        rc = depth_edges(&ze, p);
    }
    if (!rc && p->channel.fill != CHANNEL_NONE)
        rc = cross_edges(&xe, &m->er_inside, like);
    if (!rc)
        rc = fill(m, p, &ze, &xe);
    free(ze.at);
    free(xe.at);
    if (rc) {
        mesh_release(m);
        return err_set(e, ERR_NOMEM, "out of memory for the mesh at level %g", p->level);
    }
    return 0;
}

void mesh_release(struct mesh *m)
{
    free(m->z);
    free(m->x);
    free(m->r);
    free(m->element_layer);
    free(m->mass);
    free(m->top);
    free(m->node_z);
    free(m->where);
    free(m->loaded);
    if (!mesh_give_stiffness(m)) {
        free(m->colptr);
        free(m->row);
        free(m->stiff);
        free(m->shape);
    }
    *m = (struct mesh){0};
}
