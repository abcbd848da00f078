/* stiffness.c -- pattern and stiffness of a mesh, or the same ones from the shelf; see mesh.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/math/vectorised.h"
#include "solver/space/stiffness.h"

/* ---- pattern ---- */

/* First and last neighbour of node k along one direction of n nodes (an end node belongs to two elements). */
static size_t reach_lo(size_t k) { return k % 2 ? k - 1 : k >= 2 ? k - 2 : 0; }
static size_t reach_hi(size_t k, size_t n) { size_t h = k % 2 ? k + 1 : k + 2; return h < n ? h : n - 1; }

static int build_pattern(struct mesh *m)
{
    m->colptr = malloc((m->n + 1) * sizeof *m->colptr);
    if (!m->colptr)
        return ERR_NOMEM;
    for (int pass = 0; pass < 2; pass++) { /* count, then fill */
        size_t k = 0;
        for (size_t i = 0; i < m->n; i++) {
            size_t iz = i / m->nr, ir = i % m->nr;
            m->colptr[i] = (int)k;
            for (size_t jz = iz; jz <= reach_hi(iz, m->nz); jz++)
                for (size_t jr = jz == iz ? ir : reach_lo(ir); jr <= reach_hi(ir, m->nr); jr++, k++)
                    if (pass)
                        m->row[k] = (int)mesh_at(m, jz, jr);
        }
        m->colptr[m->n] = (int)k;
        m->nnz = k;
        if (!pass && !(m->row = malloc(k * sizeof *m->row)))
            return ERR_NOMEM;
    }
    return 0;
}

/* Of the entry of two nodes of one element: the order in which build_pattern lays a column down. */
static size_t slot(const struct mesh *m, size_t i, size_t j)
{
    size_t col = i < j ? i : j, row = i < j ? j : i;
    size_t iz = col / m->nr, ir = col % m->nr, down = row / m->nr - iz, jr = row % m->nr;
    size_t lo = reach_lo(ir), hi = reach_hi(ir, m->nr), at = (size_t)m->colptr[col];
    at += down ? hi - ir + 1 + (down - 1) * (hi - lo + 1) + jr - lo : jr - ir;
    assert((size_t)m->row[at] == row);
    return at;
}

/* ---- integrals ---- */

static const double GAUSS_X[4] = {-0.8611363115940526, -0.3399810435848563, 0.3399810435848563, 0.8611363115940526};
static const double GAUSS_W[4] = {0.3478548451374538, 0.6521451548625461, 0.6521451548625461, 0.3478548451374538};

/* Quadratic Lagrange functions through -1, c, 1 and their slopes at xi. */
static void lagrange(double c, double xi, double f[3], double d[3])
{
    f[0] = (xi - c) * (xi - 1.0) / (2.0 * (1.0 + c));
    f[1] = (xi + 1.0) * (1.0 - xi) / ((c + 1.0) * (1.0 - c));
    f[2] = (xi + 1.0) * (xi - c) / (2.0 * (1.0 - c));
    d[0] = (2.0 * xi - 1.0 - c) / (2.0 * (1.0 + c));
    d[1] = -2.0 * xi / ((c + 1.0) * (1.0 - c));
    d[2] = (2.0 * xi + 1.0 - c) / (2.0 * (1.0 - c));
}

/* Lagrange functions and their slopes at the Gauss points of one direction. */
struct basis { double f[4][3], d[4][3]; };

static struct basis basis_of(double middle)
{
    struct basis b = {{{0}}, {{0}}};
    for (size_t q = 0; q < 4; q++)
        lagrange(middle, GAUSS_X[q], b.f[q], b.d[q]);
    return b;
}

enum { POINTS = 16, NODES = 9, ROOM = 12 }; /* Gauss points and nodes of an element; the latter in groups of four */
typedef double four __attribute__((vector_size(4 * sizeof(double)), aligned(sizeof(double)), may_alias));

/* The lower triangle of g' g, and more. */
VECTORISED static void gram(double g[2 * POINTS][ROOM], double s[NODES][ROOM])
{
    for (size_t i = 0; i < NODES; i++)
        for (size_t j = 0; j <= i; j += 4) {
            four sum = {0};
            for (size_t k = 0; k < 2 * POINTS; k++)
                sum += *(const four *)&g[k][j] * g[k][i];
            *(four *)&s[i][j] = sum;
        }
}

/* What the elements of one row have in common: at each Gauss point down, the wall and its slope. */
struct row { double z0, dz, wall[4], slope[4]; struct basis down; };

/* Local stiffness (its lower triangle) of element jr of a row, node (k, l) = 3 k + l with k down and l across. */
static void element_stiffness(const struct mesh *m, const struct problem *p, const struct row *e,
                              const struct basis *across, size_t jr, double s[NODES][ROOM])
{
    double b = p->cell_radius, x0 = m->x[2 * jr], dx = m->x[2 * jr + 2] - x0, g[2 * POINTS][ROOM] = {{0}};
    bool inside = jr < m->er_inside;
    for (size_t q = 0; q < POINTS; q++) {
        size_t qx = q % 4, qz = q / 4;
        double w = e->wall[qz], x = x0 + 0.5 * (1.0 + GAUSS_X[qx]) * dx;
        double r = inside ? x * w : w + (x - 1.0) * (b - w);
        double r_x = inside ? w : b - w, r_z = (inside ? x : 2.0 - x) * e->slope[qz];
        double root = sqrt(GAUSS_W[qx] * GAUSS_W[qz] * dx * e->dz / 4.0 * r * r_x * 2.0 / (b * b));
        double per_r = root * 2.0 / dx / r_x, per_z = root * 2.0 / e->dz;
        for (size_t k = 0; k < NODES; k++) { /* root u_r, root u_z */
            g[2 * q][k] = across->d[qx][k % 3] * e->down.f[qz][k / 3] * per_r;
            g[2 * q + 1][k] = across->f[qx][k % 3] * e->down.d[qz][k / 3] * per_z - g[2 * q][k] * r_z;
        }
    }
    gram(g, s);
}

static void add_stiffness_2d(struct mesh *m, const struct problem *p)
{
    double s[NODES][ROOM];
    struct basis axis = basis_of(0.2), other = basis_of(0.0);
    for (size_t jz = 0; jz < m->ez; jz++) {
        struct row e = {.z0 = m->z[2 * jz], .dz = m->z[2 * jz + 2] - m->z[2 * jz], .down = other};
        for (size_t q = 0; q < 4; q++) {
            double z = e.z0 + 0.5 * (1.0 + GAUSS_X[q]) * e.dz;
            e.wall[q] = wall_at(p, z);
            e.slope[q] = channel_slope(&p->channel, z - skin_surface(p));
        }
        for (size_t jr = 0; jr < m->er; jr++) {
            double *zone = m->stiff + element_zone(m, jz, jr) * m->nnz;
            element_stiffness(m, p, &e, jr ? &other : &axis, jr, s);
            for (size_t i = 0; i < NODES; i++)
                for (size_t j = 0; j <= i; j++)
                    zone[slot(m, mesh_at(m, 2 * jz + i / 3, 2 * jr + i % 3),
                              mesh_at(m, 2 * jz + j / 3, 2 * jr + j % 3))] += s[i][j];
        }
    }
}

static void add_stiffness_1d(struct mesh *m)
{
    static const double S[3][3] = {{7, -8, 1}, {-8, 16, -8}, {1, -8, 7}}; /* times 1/(3 h) */
    for (size_t jz = 0; jz < m->ez; jz++) {
        double h = m->z[2 * jz + 2] - m->z[2 * jz], *zone = m->stiff + element_zone(m, jz, 0) * m->nnz;
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j <= i; j++)
                zone[slot(m, 2 * jz + i, 2 * jz + j)] += S[i][j] / (3.0 * h);
    }
}

/* ---- what only the shape decides ---- */

/* Pattern and stiffness: the same for every drug whose mesh has the same edges. */
struct stiffness { size_t n, nnz, n_zones, n_shape; int *colptr, *row; double *stiff, *shape; };

static void stiffness_free(void *thing)
{
    struct stiffness *s = thing;
    free(s->colptr);
    free(s->row);
    free(s->stiff);
    free(s->shape);
    free(s);
}

/* All that pattern and stiffness follow from: nodes, layers, wall.  ERR_NOMEM. */
static int describe_shape(struct mesh *m, const struct problem *p)
{
    const struct channel *c = &p->channel;
    double *at = m->shape = malloc((10 + m->nz + m->nr + m->ez) * sizeof *at);
    if (!at)
        return ERR_NOMEM;
    double first[] = {(double)m->n_layers, (double)m->nz, (double)m->nr, (double)m->er_inside};
    memcpy(at, first, sizeof first);
    at += 4;
    if (m->er) {
        double wall[] = {skin_surface(p), p->cell_radius, c->depth, c->r_surface, c->r_tip, c->nose, c->r_shaft};
        size_t n = c->nose > 0.0 ? 7 : 5;
        memcpy(at, wall, n * sizeof *wall);
        at += n;
    }
    memcpy(at, m->z, m->nz * sizeof *at);
    at += m->nz;
    if (m->er) {
        memcpy(at, m->x, m->nr * sizeof *at);
        at += m->nr;
    }
    for (size_t jz = 0; jz < m->ez; jz++)
        *at++ = (double)element_zone(m, jz, 0);
    m->n_shape = (size_t)(at - m->shape);
    return 0;
}

static bool has_shape(const void *thing, const void *wanted)
{
    const struct stiffness *s = thing;
    const struct mesh *m = wanted;
    return s->n_shape == m->n_shape && !memcmp(s->shape, m->shape, m->n_shape * sizeof *m->shape);
}

static bool take_stiffness(struct mesh *m)
{
    struct stiffness *s = shelf_take(m->shelf, SHELF_STIFFNESS, has_shape, m);
    if (!s)
        return false;
    m->nnz = s->nnz;
    m->colptr = s->colptr;
    m->row = s->row;
    m->stiff = s->stiff;
    free(s->shape);
    free(s);
    return true;
}

bool mesh_give_stiffness(struct mesh *m)
{
    struct stiffness *s = m->shelf && m->stiff && m->shape ? malloc(sizeof *s) : NULL;
    if (!s)
        return false;
    *s = (struct stiffness){m->n, m->nnz, m->n_zones, m->n_shape, m->colptr, m->row, m->stiff, m->shape};
    size_t bytes = (m->n + 1 + m->nnz) * sizeof *m->row + (m->n_zones * m->nnz + m->n_shape) * sizeof *m->stiff;
    shelf_give(m->shelf, SHELF_STIFFNESS, s, bytes, stiffness_free);
    return true;
}

int mesh_add_stiffness(struct mesh *m, const struct problem *p)
{
    if (m->shelf && describe_shape(m, p))
        return ERR_NOMEM;
    if (m->shelf && take_stiffness(m))
        return 0;
    if (build_pattern(m))
        return ERR_NOMEM;
    m->stiff = calloc(m->n_zones * m->nnz, sizeof *m->stiff);
    if (!m->stiff)
        return ERR_NOMEM;
    if (m->er)
        add_stiffness_2d(m, p);
    else
        add_stiffness_1d(m);
    return 0;
}
