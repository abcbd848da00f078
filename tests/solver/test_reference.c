/* test_reference.c -- the unit cell against independent converged answers (tests/reference/README.md), and the
 * observed orders of convergence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/table.h"
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/exact.h"
#include "tests/solver/suites.h"

#define REFERENCE "tests/reference/unit_cell_reference.csv"
static const double HOURS[] = {0.5, 1, 2, 4, 8, 24};

struct value { double v, bound; }; /* bound: the run's own estimate; NAN when it states none (profiles) */

static size_t time_index(double h)
{
    for (size_t k = 0; k < 6; k++)
        if (fabs(HOURS[k] - h) < 1e-9)
            return k;
    return 99;
}

static int column_of(const char *quantity)
{
    static const struct { const char *name; int c;
    } map[] = {{"Q_bottom", COL_Q_BOTTOM},    {"Q_top", COL_Q_TOP},         {"J_bottom", COL_J_BOTTOM},
               {"J_top", COL_J_TOP},          {"amount_CH", COL_CHANNEL},   {"amount_SC", COL_LAYER0},
               {"amount_VE", COL_LAYER0 + 1}, {"amount_DE", COL_LAYER0 + 2}};
    for (size_t i = 0; i < sizeof map / sizeof *map; i++)
        if (!strcmp(quantity, map[i].name))
            return map[i].c;
    return -1;
}

static struct value steady_value(const struct solution *s, const char *quantity)
{
    if (!strcmp(quantity, "lag_time")) return (struct value){s->lag, s->lag_error};
    if (!strcmp(quantity, "J_ss_bottom")) return (struct value){s->J_ss, s->J_ss_error};
    if (!strcmp(quantity, "J_ss_top")) return (struct value){s->steady[COL_J_TOP], s->J_ss_error};
    if (!strcmp(quantity, "ss_u_r0_z600")) return (struct value){solution_profile(s, s->steady_axis, 600e-6), NAN};
    if (!strcmp(quantity, "ss_u_R_z600")) return (struct value){solution_profile(s, s->steady_edge, 600e-6), NAN};
    int c = column_of(quantity + 3); /* ss_amount_XX */
    return (struct value){c < 0 ? NAN : s->steady[c], NAN};
}

static struct value value_of(const struct solution *s, const char *quantity, const char *time)
{
    if (!*time)
        return steady_value(s, quantity);
    size_t k = time_index(atof(time));
    if (!strcmp(quantity, "u_r0_z600")) return (struct value){solution_profile(s, s->axis + k * s->nz, 600e-6), NAN};
    if (!strcmp(quantity, "u_R_z600")) return (struct value){solution_profile(s, s->edge + k * s->nz, 600e-6), NAN};
    int c = column_of(quantity);
    if (c < 0 || k > 5)
        return (struct value){NAN, NAN};
    return (struct value){solution_at(s, k, (enum column)c), solution_error(s, k, (enum column)c)};
}

struct reference { struct table t; double *value; };

static double at_24h(const struct reference *r, size_t row)
{
    for (size_t i = 0; i < r->t.rows; i++)
        if (!strcmp(table_cell(&r->t, i, 0), table_cell(&r->t, row, 0)) &&
            !strcmp(table_cell(&r->t, i, 1), table_cell(&r->t, row, 1)) &&
            !strcmp(table_cell(&r->t, i, 4), table_cell(&r->t, row, 4)) && atof(table_cell(&r->t, i, 5)) == 24.0)
            return r->value[i];
    return r->value[row]; /* a steady row */
}

/* Every row of one case against one solution; fine: the amount in the corneum is held to 0.1 % too. */
static int check_rows(const struct reference *r, const char *which, char drug, const struct solution *s, bool fine)
{
    int rows = 0;
    for (size_t i = 0; i < r->t.rows; i++) {
        if (strcmp(table_cell(&r->t, i, 0), which) || *table_cell(&r->t, i, 1) != drug)
            continue;
        const char *quantity = table_cell(&r->t, i, 4), *time = table_cell(&r->t, i, 5);
        struct value got = value_of(s, quantity, time);
        double want = r->value[i], last = at_24h(r, i);
        bool small = fabs(want) < 1e-3 * fabs(last), corneum = strstr(quantity, "amount_SC") != NULL;
        double tol = small ? 1e-6 * fabs(last) : 1e-3 * fabs(want);
        if (!(fabs(got.v - want) <= tol) && !(corneum && !fine))
            printf("\n%s %c %s %s h: %.8g, want %.8g (%.2g relative)", which, drug, quantity, time, got.v, want,
                   got.v / want - 1.0);
        if (fine || !corneum)
            CU_ASSERT(fabs(got.v - want) <= tol);
        if (!fine && !isnan(got.bound)) {
            if (!(fabs(got.v - want) <= got.bound + 2e-9 * fabs(want)))
                printf("\n%s %c %s %s h: off by %.3g, stated bound %.3g", which, drug, quantity, time,
                       fabs(got.v - want), got.bound);
            CU_ASSERT(fabs(got.v - want) <= got.bound + 2e-9 * fabs(want)); /* the references have ten digits */
        }
        rows++;
    }
    return rows;
}

void reference_rows_of_the_unit_cell(void)
{
    struct reference r = {0};
    struct err e = {0};
    if (table_read(&r.t, REFERENCE, &e) || table_numbers(&r.t, "value", false, &r.value, &e)) {
        CU_FAIL(REFERENCE " cannot be read");
        table_release(&r.t);
        return;
    }
    int rows = 0;
    for (int i = 0; i < 4; i++) {
        char drug = i < 3 ? (char)('A' + i) : 'A';
        struct problem p = reference_skin(drug);
        struct solution s;
        if (i == 3)
            add_channel(&p, 'A', CHANNEL_DIFFUSING, 500e-6, 75e-6, 5e-6, 100.0);
        set_times(&p, 6, HOURS, 3600.0);
        if (solve_with_error(&p, &s)) {
            rows += check_rows(&r, i == 3 ? "C1" : "C0", drug, &s, false);
            solution_release(&s);
        }
        p.level = 0.5;
        if (solve(&p, &s)) {
            check_rows(&r, i == 3 ? "C1" : "C0", drug, &s, true);
            solution_release(&s);
        }
    }
    CU_ASSERT_EQUAL(rows, (int)r.t.rows); /* no row was passed over */
    free(r.value);
    table_release(&r.t);
}

static double observed_order(const double *error, const size_t *elements)
{
    return log(error[0] / error[1]) / log((double)elements[1] / (double)elements[0]);
}

void error_falls_with_the_mesh_at_the_scheme_s_order(void)
{
    double L = 210e-6, D = 4.3e-12, t = 0.31 * L * L / D, error[2];
    size_t elements[2];
    for (int i = 0; i < 2; i++) { /* quadratic elements: fourth order in the cumulative amount */
        struct problem p = slab(L, D, 0.7);
        set_times(&p, 1, &t, 1.0);
        p.level = i ? 1.0 : 4.0;
        p.rtol = 1e-10;
        struct solution s;
        if (!solve(&p, &s))
            return;
        error[i] = fabs(solution_at(&s, 0, COL_Q_BOTTOM) / (0.7 * L * exact_slab_amount(0.31)) - 1.0);
        elements[i] = s.elements_down;
        solution_release(&s);
    }
    printf(" [1-D order %.2f]", observed_order(error, elements));
    CU_ASSERT(observed_order(error, elements) > 3.5);
    for (int i = 0; i < 2; i++) { /* the unit cell: at least second order, tip singularity included */
        struct problem p = reference_skin('A');
        add_channel(&p, 'A', CHANNEL_DIFFUSING, 500e-6, 75e-6, 5e-6, 100.0);
        set_times(&p, 1, &t, 1.0);
        p.level = i ? 0.5 : 2.0;
        struct solution s;
        if (!solve(&p, &s))
            return;
        error[i] = fabs(s.J_ss / 4.245455971e-08 - 1.0);
        elements[i] = s.elements_down;
        solution_release(&s);
    }
    printf(" [2-D order %.2f]", observed_order(error, elements));
    CU_ASSERT(observed_order(error, elements) > 2.0);
}

void error_falls_with_the_tolerance(void)
{
    double L = 210e-6, D = 4.3e-12, t = 0.31 * L * L / D, error[3];
    for (int i = 0; i < 3; i++) {
        struct problem p = slab(L, D, 0.7);
        set_times(&p, 1, &t, 1.0);
        p.level = 0.25;
        p.rtol = pow(10.0, -4.0 - 2.0 * i);
        p.integrator = INTEGRATOR_CVODE;
        struct solution s;
        if (!solve(&p, &s))
            return;
        error[i] = fabs(solution_at(&s, 0, COL_Q_BOTTOM) / (0.7 * L * exact_slab_amount(0.31)) - 1.0);
        solution_release(&s);
    }
    CU_ASSERT(error[1] < 0.2 * error[0]);
    CU_ASSERT(error[2] < 0.2 * error[1]);
    CU_ASSERT(error[2] < 1e-7);
}
