/* shallow.c -- wide channels that end just below or above the face of a slow layer: the flux is singular where the wall
 * crosses the face, and the stated bounds must know it. */
#include <stdio.h>
#include "solver/space/corner.h"
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/suites.h"

static const double PI = 3.14159265358979323846;

static struct problem shallow(double depth_um, double r_surface_um, double r_tip_um)
{
    static const double hours[] = {1, 2};
    struct problem p = reference_skin('A');
    add_channel(&p, 'A', CHANNEL_DIFFUSING, depth_um * 1e-6, r_surface_um * 1e-6, r_tip_um * 1e-6, 100.0);
    set_times(&p, 2, hours, 3600.0);
    return p;
}

/* Steady fluxes, ug/cm2/h, of a finite element program on triangles that shares no code with this one, known to 0.4 %:
 * an element of a third of the size at the singular edge lowers them by so much. */
static void wide_shallow_channels_have_the_flux_of_independent_elements(void)
{
    static const struct { double depth, r_surface, r_tip, flux; } row[] = {{20, 75, 5, 2.592}, {30, 150, 10, 10.107}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct problem p = shallow(row[i].depth, row[i].r_surface, row[i].r_tip);
        struct solution s;
        double want = row[i].flux / 3.6e8;
        if (!solve_with_error(&p, &s))
            continue;
        ASSERT_ABS(s.J_ss, want, s.J_ss_error + 4e-3 * want);
        ASSERT_REL(s.J_ss, want, 1e-2);
        CU_ASSERT(s.J_ss_error < 0.03 * want);
        solution_release(&s);
    }
}

static double share(unsigned long long *state) /* splitmix64 */
{
    unsigned long long z = (*state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

static double decades(unsigned long long *s, double lo, double hi) { return lo * pow(hi / lo, share(s)); }

static struct problem draw(unsigned long long *s)
{
    double gap = decades(s, 0.1, 10.0), r = decades(s, 20.0, 200.0);
    struct problem p = shallow(share(s) < 0.75 ? 15.0 + gap : fmax(5.0, 15.0 - gap), r, fmin(r, 0.5 + 50.0 * share(s)));
    p.cell_radius = r * 1e-6 * decades(s, 1.3, 8.0);
    p.layer[0].D = decades(s, 1e-18, 1e-14);
    p.layer[0].K = decades(s, 0.1, 20.0);
    p.channel.D *= decades(s, 0.1, 3.0);
    p.channel.K = decades(s, 0.1, 10.0);
    if (share(s) < 0.25)
        p.channel.fill = CHANNEL_STIRRED;
    return p;
}

static void the_stated_bounds_cover_drawn_shallow_channels(void)
{
    unsigned long long state = 20261121;
    for (int i = 0; i < 16; i++) {
        struct problem p = draw(&state), finer = p;
        struct solution s, fine;
        finer.level = 0.35;
        if (!solve_with_error(&p, &s))
            continue;
        if (solve(&finer, &fine)) {
            ASSERT_ABS(s.J_ss, fine.J_ss, s.J_ss_error);
            ASSERT_REL(s.J_ss, fine.J_ss, 0.015);
            for (size_t k = 0; k < p.n_out; k++)
                ASSERT_ABS(solution_at(&s, k, COL_Q_TOP), solution_at(&fine, k, COL_Q_TOP),
                           solution_error(&s, k, COL_Q_TOP));
            solution_release(&fine);
        }
        solution_release(&s);
    }
}

/* Between a floor and a face a rounding apart there is no room for elements. */
static void a_floor_that_all_but_lies_in_a_face_lies_in_it(void)
{
    static const double off_um[] = {0, 1e-6, 1e-5, -1e-5, 1.9e-3, 2.1e-3};
    for (int at = 0; at < 2; at++)
        for (int fill = CHANNEL_DIFFUSING; fill <= CHANNEL_STIRRED; fill++) {
            double in_it = 0.0;
            for (size_t i = 0; i < sizeof off_um / sizeof *off_um; i++) {
                struct problem p = shallow((at ? 100.0 : 15.0) + off_um[i], 75, 5);
                struct solution s;
                p.channel.fill = (enum channel_fill)fill;
                if (!solve_with_error(&p, &s))
                    continue;
                in_it = i ? in_it : s.J_ss;
                ASSERT_REL(s.J_ss, in_it, i < 4 ? 1e-5 : 1e-2);
                solution_release(&s);
            }
        }
}

/* Under an insulating layer a stirred channel holds its value: the field is that of a wedge of tissue between a fixed
 * and a closed face, rho^(pi/2 / angle). */
static void the_exponent_of_an_edge_is_that_of_its_wedge(void)
{
    struct corner c[LAYERS_MAX];
    struct problem p = shallow(23.7, 81.3, 17.9);
    p.channel.fill = CHANNEL_STIRRED;
    p.layer[0].D = 1e-24;
    CU_ASSERT_EQUAL_FATAL(corners(&p, &p.channel, c), 1);
    double slope = (81.3 - 17.9) / 23.7;
    ASSERT_REL(c[0].exponent, 0.5 * PI / (0.5 * PI + atan(slope)), 1e-5);
    ASSERT_REL(c[0].radius, 81.3e-6 - slope * 15e-6, 1e-12);
    ASSERT_REL(c[0].z, 15e-6, 1e-12);
    ASSERT_REL(c[0].slope, slope, 1e-12);
    p.layer[0] = p.layer[1]; /* skin of one tissue has no edge */
    p.layer[0].h = 15e-6;
    p.channel.D = p.layer[1].D;
    p.channel.K = p.layer[1].K;
    p.channel.fill = CHANNEL_DIFFUSING;
    CU_ASSERT_EQUAL(corners(&p, &p.channel, c), 0);
}

#define T(f) {#f, f}
CU_TestInfo shallow_tests[] = {
    T(wide_shallow_channels_have_the_flux_of_independent_elements),
    T(the_stated_bounds_cover_drawn_shallow_channels),
    T(a_floor_that_all_but_lies_in_a_face_lies_in_it),
    T(the_exponent_of_an_edge_is_that_of_its_wedge),
    CU_TEST_INFO_NULL,
};
