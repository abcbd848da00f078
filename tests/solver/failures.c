/* failures.c -- a run that CVODE cannot finish says where the error is largest and what to try. */
#include <stdlib.h>
#include "solver/integrate/run.h"
#include "tests/runner.h"
#include "tests/solver/cases.h"
#include "tests/solver/suites.h"

/* A source that is no function of time, between two depths: no step is short enough for it. */
struct noise { double from, to; unsigned long *calls; };

static double noisy(const void *arg, double t, double r, double z)
{
    const struct noise *n = arg;
    (void)t; (void)r;
    return z < n->from || z > n->to ? 0.0 : (double)(++*n->calls * 2654435761ul % 1000) - 333.3;
}

static void fails(struct problem *p, double from, double to, const char *place)
{
    unsigned long calls = 0;
    struct noise n = {from, to, &calls};
    struct solution s;
    struct err e = {0};
    p->source = noisy;
    p->source_arg = &n;
    CU_ASSERT_EQUAL(simulate(p, &s, &e), ERR_NUMERIC);
    ASSERT_HAS(e.msg, place);
    ASSERT_HAS(e.msg, "integration stopped at t = ");
    ASSERT_HAS(e.hint, "numerics/rtol");
    CU_ASSERT_PTR_NULL(s.t); /* released */
}

void a_failed_integration_names_layer_and_depth_and_what_to_try(void)
{
    static const double hours[] = {3.0, 11.0};
    struct problem p = reference_skin('A');
    set_times(&p, 2, hours, 3600.0);
    fails(&p, 40e-6, 70e-6, "largest error in 'viable_epidermis' at ");
    p = reference_skin('A');
    set_times(&p, 2, hours, 3600.0);
    fails(&p, 500e-6, 900e-6, "largest error in 'dermis' at ");
    p.donor = (struct donor){.kind = DONOR_FINITE, .C0 = 3.1, .K = 1.3, .H = 77e-6};
    fails(&p, -1.0, 0.0, "largest error in the vehicle");
    p.receptor = (struct receptor){.kind = RECEPTOR_FRANZ, .K = 1.0, .H = 3.1e-3};
    fails(&p, 1100e-6, 1.0, "largest error in the receptor");
}

/* Unknowns by their place in the state: drug, bound, metabolite, blood. */
void every_unknown_has_a_name(void)
{
    static const double hours[] = {3.0, 11.0};
    struct problem p = reference_skin('B');
    struct run r = {.p = &p};
    set_times(&p, 2, hours, 3600.0);
    p.layer[1].binding = (struct binding){4.1, 1.3e-4, 2.7e-4};
    p.layer[2].clearance = p.layer[2].clearance_metabolite = 3.3e-4;
    p.layer[2].metabolism.k = 1.7e-4;
    p.metabolite = true;
    p.metabolite_yield = 0.9;
    for (size_t i = 0; i < 3; i++) {
        p.layer[i].D_metabolite = p.layer[i].D;
        p.layer[i].K_metabolite = p.layer[i].K;
    }
    p.receptor.kind = RECEPTOR_CLOSED;
    p.body = (struct body){.present = true, .V = 0.03, .CL = 1e-5, .V2 = 0.05, .CL_d = 2e-5, .V_m = 0.04, .CL_m = 1e-5};
    CU_ASSERT_EQUAL_FATAL(mesh_build(&r.mesh, &p, NULL), 0);
    struct phase phase = {.patch_on = true, .held = true, .donor = &p.donor};
    CU_ASSERT_EQUAL_FATAL(system_build(&r.sys, &p, &r.mesh, phase, NULL), 0);
    struct bound_place *place = calloc(r.sys.n_bound, sizeof *place);
    for (size_t i = 0; i < r.sys.n_sites; i++)
        if (r.sys.site[i].bound >= 0)
            place[r.sys.site[i].bound].node = r.sys.site[i].node;
    r.place = place;
    char name[100];
    run_name_unknown(&r, 0, name, sizeof name);
    ASSERT_HAS(name, "'stratum_corneum' at ");
    run_name_unknown(&r, r.sys.at_bound, name, sizeof name);
    ASSERT_HAS(name, "the drug bound in ");
    run_name_unknown(&r, r.sys.at_border - 1, name, sizeof name);
    ASSERT_HAS(name, "the metabolite in 'dermis' at 1100.0 um depth");
    run_name_unknown(&r, r.sys.at_border, name, sizeof name);
    CU_ASSERT_STRING_EQUAL(name, "plasma");
    run_name_unknown(&r, r.sys.at_border + 1, name, sizeof name);
    CU_ASSERT_STRING_EQUAL(name, "the second compartment");
    run_name_unknown(&r, r.sys.at_border + 2, name, sizeof name);
    CU_ASSERT_STRING_EQUAL(name, "the metabolite in plasma");
    free(place);
    system_release(&r.sys);
    mesh_release(&r.mesh);
}
