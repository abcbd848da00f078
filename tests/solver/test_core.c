/* test_core.c -- identities of mesh, assembly, factorisation and schedule that hold to rounding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solver/integrate/factor.h"
#include "solver/space/mesh.h"
#include "solver/system/system.h"
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/suites.h"

static const double PI = 3.14159265358979323846;

static struct problem frustum(void)
{
    struct problem p = reference_skin('B');
    add_channel(&p, 'B', CHANNEL_DIFFUSING, 437e-6, 61e-6, 3.3e-6, 173.0);
    double t[] = {0.7, 3.1, 11.0};
    set_times(&p, 3, t, 3600.0);
    return p;
}

void constants_have_no_flux_and_volumes_are_exact(void)
{
    struct problem p = frustum();
    struct mesh m;
    CU_ASSERT_EQUAL_FATAL(mesh_build(&m, &p, NULL), 0);
    double volume[ZONES_MAX] = {0}, worst = 0.0, largest = 0.0;
    double *row = calloc(m.n, sizeof *row);
    for (size_t q = 0; q < m.n_zones; q++) { /* rows of each zone's stiffness sum to zero */
        memset(row, 0, m.n * sizeof *row);
        for (size_t i = 0; i < m.n; i++)
            for (int k = m.colptr[i]; k < m.colptr[i + 1]; k++) {
                double v = m.stiff[q * m.nnz + (size_t)k];
                row[i] += v;
                if ((size_t)m.row[k] != i)
                    row[m.row[k]] += v;
                largest = fmax(largest, fabs(v));
            }
        for (size_t i = 0; i < m.n; i++) {
            worst = fmax(worst, fabs(row[i]));
            volume[q] += m.mass[q * m.n + i];
        }
    }
    CU_ASSERT(worst < 1e-12 * largest);
    double channel = 0.0, all = 0.0, a = 61e-6, b = 3.3e-6, cell = PI * p.cell_radius * p.cell_radius;
    for (size_t q = 0; q < m.n_zones; q++) {
        all += volume[q];
        channel += q >= m.n_layers ? volume[q] : 0.0;
    }
    ASSERT_REL(all, 1100e-6, 1e-13);
    ASSERT_REL(channel, PI * 437e-6 / 3.0 * (a * a + a * b + b * b) / cell, 1e-13);
    free(row);
    mesh_release(&m);
}

void masses_are_positive_for_sharp_tips(void)
{
    struct problem p = frustum();
    p.channel.r_tip = CHANNEL_TIP_MIN;
    struct mesh m;
    CU_ASSERT_EQUAL_FATAL(mesh_build(&m, &p, NULL), 0);
    for (size_t i = 0; i < m.n; i++) {
        double sum = 0.0;
        for (size_t q = 0; q < m.n_zones; q++) {
            CU_ASSERT(m.mass[q * m.n + i] >= 0.0);
            sum += m.mass[q * m.n + i];
        }
        CU_ASSERT(sum > 0.0);
    }
    mesh_release(&m);
}

/* With the factor of another gamma (stale != 1) the difference is refined away to 1e-6. */
static void check_newton_at(const struct problem *p, struct phase phase, double stale, double tolerance)
{
    struct mesh m;
    struct system s;
    struct factor *f = NULL;
    CU_ASSERT_EQUAL_FATAL(mesh_build(&m, p, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(system_build(&s, p, &m, phase, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(factor_open(&f, &s, NULL), 0);
    size_t n = s.size;
    double gamma = 37.7, *y = calloc(n, sizeof *y), *x = calloc(n, sizeof *x), *v = calloc(n, sizeof *v);
    double *f0 = calloc(n, sizeof *f0), *f1 = calloc(n, sizeof *f1);
    for (size_t i = 0; i < n; i++) {
        y[i] = 0.5 + 0.4 * sin(1.7 * (double)i);
        v[i] = x[i] = cos(0.9 * (double)i);
    }
    system_linearise(&s, y);
    CU_ASSERT_EQUAL(factor_set(f, stale * gamma), 0);
    CU_ASSERT_EQUAL(factor_newton(f, gamma, x), 0);
    /* (I - gamma J) x = v with J x by differences of the right-hand side along x. */
    system_rhs(&s, 0.0, y, f0);
    double step = s.n_sites ? 1e-6 : 1.0; /* nonlinear laws are linear only nearby */
    for (size_t i = 0; i < n; i++)
        y[i] += step * x[i];
    system_rhs(&s, 0.0, y, f1);
    double worst = 0.0;
    for (size_t i = 0; i < n; i++) {
        double scale = fabs(x[i]) + gamma * (fabs(f0[i]) + fabs(f1[i])) / step + 1.0;
        worst = fmax(worst, fabs(x[i] - gamma * (f1[i] - f0[i]) / step - v[i]) / scale);
    }
    CU_ASSERT(worst < tolerance);
    double *all[] = {y, x, v, f0, f1};
    for (size_t i = 0; i < 5; i++)
        free(all[i]);
    factor_free(f);
    system_release(&s);
    mesh_release(&m);
}

static void check_newton(const struct problem *p, struct phase phase)
{
    check_newton_at(p, phase, 1.0, 1e-9);
    check_newton_at(p, phase, 0.81, 1e-4);
}

void newton_solve_matches_finite_differences_of_the_right_hand_side(void)
{
    struct problem p = frustum();
    check_newton(&p, (struct phase){
                         .patch_on = true, .held = p.donor.kind == DONOR_INFINITE, .opened = true, .donor = &p.donor});
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 3.0, .K = 1.2, .H = 83e-6};
    p.receptor = (struct receptor){.kind = RECEPTOR_FRANZ, .K = 1.0, .H = 0.013, .q = 2.3e-7};
    check_newton(&p, (struct phase){
                         .patch_on = true, .held = p.donor.kind == DONOR_INFINITE, .opened = true, .donor = &p.donor});
    p.receptor = (struct receptor){.kind = RECEPTOR_CLOSED};
    p.layer[2].clearance = 4.4e-4;
    p.body = (struct body){.present = true, .V = 0.0042, .CL = 1.7e-6};
    p.channel.fill = CHANNEL_STIRRED;
    check_newton(&p, (struct phase){.opened = true});
    check_newton(&p, (struct phase){
                         .patch_on = true, .held = p.donor.kind == DONOR_INFINITE, .opened = true, .donor = &p.donor});
}

void newton_solve_holds_for_binding_metabolism_and_blood(void)
{
    struct problem p = frustum();
    p.layer[0].binding = (struct binding){.B_max = 4.1, .k_on = 2e-3, .k_off = 7e-4};
    p.layer[1].metabolism = (struct metabolism){.k = 3e-4, .V_max = 2e-3, .K_m = 0.7};
    p.layer[2].clearance = 4.4e-4;
    p.receptor.kind = RECEPTOR_CLOSED;
    p.body = (struct body){.present = true,
                           .V = 2e-6,
                           .CL = 1.7e-9,
                           .V2 = 3e-6,
                           .CL_d = 4e-9,
                           .V_m = 1e-6,
                           .CL_m = 2e-9,
                           .f_m = 0.4,
                           .feedback = 1.3};
    p.metabolite = true;
    p.metabolite_yield = 0.8;
    for (int l = 0; l < 3; l++) {
        p.layer[l].D_metabolite = 0.7 * p.layer[l].D;
        p.layer[l].K_metabolite = 1.2;
        p.layer[l].clearance_metabolite = 2e-4;
    }
    p.channel.D_metabolite = 3e-10;
    p.channel.K_metabolite = 1.0;
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 3.0, .K = 1.2, .H = 83e-6};
    struct phase on = {.patch_on = true, .opened = true, .donor = &p.donor};
    check_newton_at(&p, on, 1.0, 1e-5);
    on.held = true;
    check_newton_at(&p, on, 1.0, 1e-5);
    check_newton_at(&p, (struct phase){.opened = false}, 1.0, 1e-5);
}

/* Every kind of donor, receptor and fill through removal and sampling: simulate() itself refuses a bad balance. */
void drug_is_conserved_through_removal_and_sampling(void)
{
    for (int i = 0; i < 12; i++) {
        struct problem p = frustum();
        p.channel.fill = i % 2 ? CHANNEL_STIRRED : CHANNEL_DIFFUSING;
        p.donor = i % 4 < 2 ? (struct donor){.kind = DONOR_INFINITE, .C0 = 2.7, .K = 1.3, .H = 0.0}
                            : (struct donor){.kind = DONOR_FINITE, .C0 = 2.7, .K = 1.3, .H = 120e-6};
        p.remove_at = 2.2 * 3600.0;
        if (i < 4) {
            p.receptor = (struct receptor){.kind = RECEPTOR_FRANZ,
                                           .K = 1.0,
                                           .H = 0.011,
                                           .q = i < 2 ? 0.0 : 3e-7,
                                           .sample_fraction = 0.21,
                                           .n_samples = 2};
            p.receptor.sample_at[0] = 1.1 * 3600.0;
            p.receptor.sample_at[1] = 3.1 * 3600.0;
        } else if (i < 8) {
            p.receptor.kind = RECEPTOR_CLOSED;
            p.layer[1].clearance = 2e-5;
            p.layer[2].clearance = 6.1e-4;
            p.body = (struct body){.present = true, .V = 0.031, .CL = 9.1e-6};
        }
        struct solution s;
        if (!solve(&p, &s))
            continue;
        CU_ASSERT(s.worst_balance < BALANCE_BAND);
        double in = solution_at(&s, 2, COL_Q_TOP), tissue = solution_at(&s, 2, COL_CHANNEL);
        for (int l = 0; l < 3; l++)
            tissue += solution_at(&s, 2, (enum column)(COL_LAYER0 + l));
        ASSERT_REL(tissue + solution_delivered(&s, 2), in, 2e-6);
        ASSERT_REL(solution_at(&s, 2, COL_Q_TOP), solution_at(&s, 1, COL_Q_TOP),
                   1e-9); /* nothing enters after removal */
        CU_ASSERT(solution_delivered(&s, 2) > solution_delivered(&s, 1));
        if (p.donor.kind == DONOR_FINITE)
            ASSERT_REL(in + solution_at(&s, 2, COL_REMOVED), 120e-6 * 2.7, 1e-9);
        solution_release(&s);
    }
}

/* Fields that do not vary across the cell: its matrices, summed across, are those of one dimension at its depths. */
void across_constant_fields_the_cell_is_one_dimensional_to_rounding(void)
{
    static const double S[3][3] = {{7, -8, 1}, {-8, 16, -8}, {1, -8, 7}}, W[3] = {1.0 / 6, 4.0 / 6, 1.0 / 6};
    struct problem p = frustum();
    struct mesh m;
    for (int l = 0; l < 3; l++)
        p.layer[l].D = p.channel.D;
    CU_ASSERT_EQUAL_FATAL(mesh_build(&m, &p, NULL), 0);
    double *f = calloc(4 * m.nz, sizeof *f), *cell = f + m.nz, *flat = cell + m.nz, *mass = flat + m.nz, largest = 0.0;
    for (size_t iz = 0; iz < m.nz; iz++)
        f[iz] = sin(0.37 + 1.9 * (double)iz);
    for (size_t jz = 0; jz < m.ez; jz++)
        for (size_t i = 0; i < 9; i++) {
            double h = m.z[2 * jz + 2] - m.z[2 * jz];
            flat[2 * jz + i / 3] += S[i / 3][i % 3] * f[2 * jz + i % 3] / (3.0 * h);
            mass[2 * jz + i / 3] += i % 3 ? 0.0 : W[i / 3] * h;
        }
    for (size_t i = 0; i < m.n; i++) {
        for (int k = m.colptr[i]; k < m.colptr[i + 1]; k++) {
            size_t j = (size_t)m.row[k];
            double v = 0.0;
            for (size_t q = 0; q < m.n_zones; q++)
                v += m.stiff[q * m.nnz + (size_t)k];
            cell[i / m.nr] += v * f[j / m.nr];
            if (j != i)
                cell[j / m.nr] += v * f[i / m.nr];
            largest = fmax(largest, fabs(v));
        }
        for (size_t q = 0; q < m.n_zones; q++)
            mass[i / m.nr] -= m.mass[q * m.n + i];
    }
    for (size_t iz = 0; iz < m.nz; iz++) {
        ASSERT_ABS(cell[iz], flat[iz], 1e-12 * largest);
        ASSERT_ABS(mass[iz], 0.0, 1e-16);
    }
    free(f);
    mesh_release(&m);
}

/* A channel filled with the tissue it replaced is no channel; a mapped mesh must then give the 1-D answer. */
void a_channel_of_tissue_changes_nothing(void)
{
    struct problem p = slab(900e-6, 2.3e-10, 0.77);
    double t[] = {0.2, 1.0, 3.0};
    set_times(&p, 3, t, 3600.0);
    struct solution flat, cell;
    if (!solve(&p, &flat))
        return;
    p.channel = (struct channel){
        .fill = CHANNEL_DIFFUSING, .depth = 333e-6, .r_surface = 70e-6, .r_tip = 9e-6, .D = 2.3e-10, .K = 0.77};
    p.cell_radius = cell_radius_of_density(150e4);
    if (solve(&p, &cell)) {
        ASSERT_REL(cell.J_ss, flat.J_ss, 1e-9);
        ASSERT_REL(cell.lag, flat.lag, 1e-5);
        for (size_t k = 0; k < 3; k++)
            ASSERT_REL(solution_at(&cell, k, COL_Q_BOTTOM), solution_at(&flat, k, COL_Q_BOTTOM), 1e-4);
        solution_release(&cell);
    }
    solution_release(&flat);
}

static void refused(const struct problem *p, const char *part)
{
    struct err e = {0};
    struct solution s;
    CU_ASSERT_EQUAL(simulate(p, &s, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, part);
}

void bad_problems_are_refused_with_value_and_bound(void)
{
    struct problem ok = frustum(), p = ok;
    p.n_layers = 0;                 refused(&p, "0 skin layers: must be 1 to 16"); p = ok;
    p.layer[1].h = -17.3e-6;        refused(&p, "'viable_epidermis': thickness -17.3 um"); p = ok;
    p.layer[2].D = NAN;             refused(&p, "'dermis'"); p = ok;
    p.layer[2].clearance = -1.0;    refused(&p, "clearance -1 1/s: must be >= 0"); p = ok;
    p.channel.depth = 1101e-6;
    refused(&p, "channel depth 1101 um: must be at most the skin's thickness of 1100 um");
    p = ok;
    p.channel.depth = 0.41e-6;      refused(&p, "channel depth 0.41 um: must be at least 0.5 um"); p = ok;
    p.cell_radius = 0.17;           refused(&p, "unit cell radius 170000 um: must be at most 100000 um"); p = ok;
    p.channel.depth = 0.0;          refused(&p, "channel depth 0 um: must be > 0"); p = ok;
    p.channel.r_tip = 0.2e-6;       refused(&p, "channel radius 0.2 um: must be at least 0.5 um"); p = ok;
    p.cell_radius = 60e-6;          refused(&p, "channels overlap: radius 61 um"); p = ok;
    p.channel.D = 0.0;              refused(&p, "channel D 0 m2/s"); p = ok;
    p.donor.C0 = -1.0;              refused(&p, "concentration -1 kg/m3"); p = ok;
    p.donor.kind = DONOR_FINITE;    refused(&p, "vehicle thickness 0 um: must be > 0"); p = ok;
    p.receptor.kind = RECEPTOR_FRANZ; refused(&p, "receptor: volume/area 0 mm"); p = ok;
    p.receptor.n_samples = 1;       refused(&p, "need a Franz receptor"); p = ok;
    p.body.present = true;          refused(&p, "body: volume 0 L"); p = ok;
    p.t_end = 0.0;                  refused(&p, "duration 0 h"); p = ok;
    p.remove_at = -3600.0;          refused(&p, "patch removal at -1 h"); p = ok;
    p.t_out[1] = p.t_out[0];        refused(&p, "output time 2, 0.7 h: times must ascend"); p = ok;
    p.layer[2].D = 2.3e-4;          refused(&p, "'dermis': D 0.00023 m2/s: must be at most 0.0001 m2/s"); p = ok;
    p.channel.D = 4.1e7;            refused(&p, "channel D 4.1e+07 m2/s: must be at most 0.0001 m2/s"); p = ok;
    p.layer[1].h = 3.7e-9;
    refused(&p, "'viable_epidermis': thickness 0.0037 um: must be 0.01 to 100000 um");
    p = ok;
    p.body = (struct body){.present = true, .V = 1, .infusion = 1e-9, .infusion_end = -7.2};
                                    refused(&p, "infusion ends at -0.002 h: must be > 0"); p = ok;
    p.level = 9.0;                  refused(&p, "mesh level 9: must be 0.125 to 4"); p = ok;
    p.rtol = 1e-2;                  refused(&p, "relative tolerance 0.01"); p = ok;
    p.area = 0.0;                   refused(&p, "patch area 0 cm2"); p = ok;
    p.channel.fill = CHANNEL_STIRRED;
    p.channel.depth = 1100e-6;      refused(&p, "reaches the receptor");
}
