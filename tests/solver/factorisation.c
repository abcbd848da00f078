/* factorisation.c -- the fronts' factor against CHOLMOD's own, and what it refuses. */
#include <cholmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solver/integrate/cholesky.h"
#include "solver/system/system.h"
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/suites.h"

static double uniform(unsigned long *state, double lo, double hi)
{
    *state = *state * 6364136223846793005ul + 1442695040888963407ul;
    return lo + (hi - lo) * (double)(*state >> 11) / 9007199254740992.0;
}

/* x := A^-1 x by CHOLMOD, one entry at a time; false when it finds no factor. */
static bool solve_by_cholmod(size_t n, int *colptr, int *row, double *entry, double *x)
{
    cholmod_common common;
    cholmod_start(&common);
    common.print = 0;
    common.supernodal = CHOLMOD_SIMPLICIAL;
    cholmod_sparse A = {.nrow = n,
                        .ncol = n,
                        .nzmax = (size_t)colptr[n],
                        .p = colptr,
                        .i = row,
                        .x = entry,
                        .stype = -1,
                        .itype = CHOLMOD_INT,
                        .xtype = CHOLMOD_REAL,
                        .sorted = 1,
                        .packed = 1};
    cholmod_dense b = {.nrow = n, .ncol = 1, .nzmax = n, .d = n, .x = x, .xtype = CHOLMOD_REAL};
    cholmod_factor *L = cholmod_analyze(&A, &common);
    bool good = L && cholmod_factorize(&A, L, &common) && L->minor == n;
    cholmod_dense *y = good ? cholmod_solve(CHOLMOD_A, L, &b, &common) : NULL;
    if (y)
        memcpy(x, y->x, n * sizeof *x);
    cholmod_free_dense(&y, &common);
    cholmod_free_factor(&L, &common);
    cholmod_finish(&common);
    return good;
}

/* Both solve for the same drawn right-hand side; factorised twice, since the second time finds used memory. */
static void compare(size_t n, int *colptr, int *row, double *entry, unsigned long seed, double tolerance)
{
    double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y), *doubled = malloc((size_t)colptr[n] * sizeof *x);
    struct cholesky *c = NULL;
    double off = 0.0, most = 0.0;
    for (size_t i = 0; i < n; i++)
        x[i] = y[i] = entry[colptr[i]] * uniform(&seed, -1.0, 1.0);
    for (int k = 0; k < colptr[n]; k++)
        doubled[k] = 2.0 * entry[k];
    CU_ASSERT_TRUE(solve_by_cholmod(n, colptr, row, entry, x));
    CU_ASSERT_EQUAL_FATAL(cholesky_new(&c, n, colptr, row, NULL), 0);
    CU_ASSERT_TRUE(cholesky_suits(c, n, colptr, row));
    CU_ASSERT_EQUAL(cholesky_set(c, doubled), 0);
    CU_ASSERT_EQUAL(cholesky_set(c, entry), 0);
    cholesky_solve(c, y);
    for (size_t i = 0; i < n; i++) {
        off = fmax(off, fabs(x[i] - y[i]));
        most = fmax(most, fabs(x[i]));
    }
    if (!(off <= tolerance * most))
        printf("\n%zu unknowns, seed %lu: off by %.2g of %.2g", n, seed, off, most);
    CU_ASSERT_TRUE(off <= tolerance * most);
    cholesky_free(c);
    free(x);
    free(y);
    free(doubled);
}

static void compare_cell(const struct problem *p, double gamma, unsigned long seed)
{
    struct mesh m;
    struct system s;
    struct err e = {0};
    struct phase phase = {
        .patch_on = true, .opened = true, .held = p->donor.kind == DONOR_INFINITE, .donor = &p->donor};
    CU_ASSERT_EQUAL_FATAL(mesh_build(&m, p, &e), 0);
    CU_ASSERT_EQUAL_FATAL(system_build(&s, p, &m, phase, &e), 0);
    struct core *c = &s.drug;
    for (int k = 0; k < c->colptr[c->n]; k++)
        c->A[k] *= gamma;
    for (size_t d = 0; d < c->n; d++)
        c->A[c->colptr[d]] += c->M[d];
    compare(c->n, c->colptr, c->row, c->A, seed, 1e-10);
    system_release(&s);
    mesh_release(&m);
}

/* Meshes of all sizes, in one dimension and in two, fixed and mixed phases (whose unknown touches many others), steps
 * from a millisecond to a month. */
static void fronts_solve_what_cholmod_solves(void)
{
    static const double level[] = {3.7, 2.0, 1.0, 0.53};
    for (unsigned long seed = 1; seed <= 24; seed++) {
        unsigned long state = seed * 7919ul;
        struct problem p = reference_skin((char)('A' + seed % 3));
        double hour = 1.0, depth = uniform(&state, 90e-6, 900e-6), r = depth * uniform(&state, 0.05, 0.25);
        if (seed % 4)
            add_channel(&p, 'A', seed % 2 ? CHANNEL_DIFFUSING : CHANNEL_STIRRED, depth, r, 0.1 * r,
                        uniform(&state, 12.0, 290.0));
        p.donor.kind = seed % 5 ? DONOR_INFINITE : DONOR_FINITE;
        p.donor.H = 137e-6;
        p.level = level[seed % 4];
        set_times(&p, 1, &hour, 3600.0);
        compare_cell(&p, pow(10.0, uniform(&state, -3.0, 6.4)), seed);
    }
}

/* n unknowns of which each touches those that join says. */
static void compare_pattern(size_t n, bool (*join)(size_t i, size_t j), unsigned long seed)
{
    int *colptr = calloc(n + 1, sizeof *colptr), *row = malloc(n * n * sizeof *row), k = 0;
    double *entry = calloc(n * n, sizeof *entry), *sum = calloc(n, sizeof *sum);
    unsigned long state = seed;
    for (size_t j = 0; j < n; j++) {
        colptr[j] = k;
        row[k++] = (int)j;
        for (size_t i = j + 1; i < n; i++)
            if (join(i, j)) {
                row[k] = (int)i;
                entry[k] = uniform(&state, -1.0, 0.3);
                sum[i] += fabs(entry[k]);
                sum[j] += fabs(entry[k++]);
            }
    }
    colptr[n] = k;
    for (size_t j = 0; j < n; j++)
        entry[colptr[j]] = sum[j] + uniform(&state, 1e-3, 1.0);
    compare(n, colptr, row, entry, seed, 1e-11);
    free(colptr);
    free(row);
    free(entry);
    free(sum);
}

static bool none(size_t i, size_t j) { return i == j; }
static bool all(size_t i, size_t j) { return i != j; }
static bool chain(size_t i, size_t j) { return i == j + 1; }
static bool arrow(size_t i, size_t j) { return i == j + 1 || j == 3 || i == 17; }
static bool scattered(size_t i, size_t j) { return (i * 31 + j * 17) % 11 == 3; }

static void fronts_solve_for_any_pattern(void)
{
    bool (*const joins[])(size_t, size_t) = {none, all, chain, arrow, scattered};
    static const size_t sizes[] = {1, 2, 7, 8, 9, 33, 71};
    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            compare_pattern(sizes[k], joins[i], 100 * i + k + 1);
}

static void a_matrix_that_is_not_positive_definite_is_refused(void)
{
    int colptr[] = {0, 2, 4, 5}, row[] = {0, 1, 1, 2, 2}, other[] = {0, 2, 1, 2, 2};
    double good[] = {2.3, -1.1, 2.7, -0.9, 1.9}, bad[] = {2.3, -2.6, 2.7, -0.9, 1.9},
           nan[] = {2.3, NAN, 2.7, -0.9, 1.9};
    struct cholesky *c;
    CU_ASSERT_EQUAL_FATAL(cholesky_new(&c, 3, colptr, row, NULL), 0);
    CU_ASSERT_EQUAL(cholesky_set(c, bad), ERR_NUMERIC);
    CU_ASSERT_EQUAL(cholesky_set(c, nan), ERR_NUMERIC);
    CU_ASSERT_EQUAL(cholesky_set(c, good), 0);
    CU_ASSERT_FALSE(cholesky_suits(c, 3, colptr, other));
    cholesky_free(c);
}

/* Of two patterns with as many entries in each column, only the same one takes the analysis over; the solution has the
 * digits of a fresh one. */
static void an_analysis_serves_its_own_pattern_alone(void)
{
    int colptr[] = {0, 2, 4, 5, 6}, row[] = {0, 2, 1, 3, 2, 3}, other[] = {0, 3, 1, 2, 2, 3};
    double entry[] = {2.31, -1.17, 2.73, -0.91, 1.97, 3.07}, fresh[] = {0.3, -1.9, 7.7, 0.61}, again[4], x[4];
    struct shelf *shelf = shelf_new();
    struct cholesky *c;
    for (int i = 0; i < 2; i++) { /* the second time from the shelf */
        CU_ASSERT_EQUAL_FATAL(cholesky_new(&c, 4, colptr, row, shelf), 0);
        CU_ASSERT_EQUAL(cholesky_set(c, entry), 0);
        memcpy(x, fresh, sizeof x);
        cholesky_solve(c, x);
        cholesky_free(c);
        if (!i) memcpy(again, x, sizeof x);
    }
    CU_ASSERT_EQUAL(memcmp(again, x, sizeof x), 0);
    CU_ASSERT_EQUAL(shelf_use(shelf, SHELF_ANALYSES).found, 1);
    CU_ASSERT_EQUAL_FATAL(cholesky_new(&c, 4, colptr, other, shelf), 0);
    CU_ASSERT_EQUAL(shelf_use(shelf, SHELF_ANALYSES).found, 1);
    CU_ASSERT_EQUAL(cholesky_set(c, entry), 0);
    memcpy(x, fresh, sizeof x);
    cholesky_solve(c, x); /* 0 is joined to 3, 1 to 2 */
    ASSERT_REL(entry[0] * x[0] + entry[1] * x[3], fresh[0], 1e-13);
    ASSERT_REL(entry[2] * x[1] + entry[3] * x[2], fresh[1], 1e-13);
    cholesky_free(c);
    shelf_free(shelf);
}

CU_TestInfo factorisation_tests[] = {
    {"an_analysis_serves_its_own_pattern_alone", an_analysis_serves_its_own_pattern_alone},
    {"fronts_solve_what_cholmod_solves", fronts_solve_what_cholmod_solves},
    {"fronts_solve_for_any_pattern", fronts_solve_for_any_pattern},
    {"a_matrix_that_is_not_positive_definite_is_refused", a_matrix_that_is_not_positive_definite_is_refused},
    CU_TEST_INFO_NULL,
};
