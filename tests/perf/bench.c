/* bench.c -- measures the solver: one job per call, one line of "name value" pairs on stdout; bench.sh puts them
 * together with the peers' and writes docs/reference/benchmarks.md.  Times are CPU time unless called wall. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/text/table.h"
#include "solver/ensemble/queue.h"
#include "solver/integrate/simulate.h"
#include "solver/system/system.h"
#include "tests/solver/cases.h"

enum { RUNS = 25, RUNS_LEAST = 5, CONTROL_JOBS = 40, SWEEP_LENGTHS = 40, SWEEP_DENSITIES = 25 };
static const double HOURS[] = {0.5, 1, 2, 4, 8, 24};
#define RUNS_S 1.0 /* of CPU time, after RUNS_LEAST runs */
#define REFERENCE "tests/reference/unit_cell_reference.csv"

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_size);
    return n % 2 ? x[n / 2] : 0.5 * (x[n / 2 - 1] + x[n / 2]);
}

static void fail(const struct err *e)
{
    err_print(stderr, "bench", e);
    exit(1);
}

/* Problem P: the unit cell of tests/reference, drug A, with its channel; or without it, layered. */
static struct problem unit_cell(bool channel)
{
    struct problem p = reference_skin('A');
    if (channel)
        add_channel(&p, 'A', CHANNEL_DIFFUSING, 500e-6, 75e-6, 5e-6, 100.0);
    set_times(&p, 6, HOURS, 3600.0);
    return p;
}

/* Largest relative error of the delivered amount from 1 h on; values below a thousandth of the last are left out. */
static double worst_error(const struct solution *s, const char *which)
{
    struct table t = {0};
    struct err e = {0};
    double *value, worst = 0.0, last = 0.0;
    if (table_read(&t, REFERENCE, &e) || table_numbers(&t, "value", false, &value, &e))
        fail(&e);
    for (size_t i = t.rows; i-- > 0;) { /* 24 h stands last */
        if (strcmp(table_cell(&t, i, 0), which) || *table_cell(&t, i, 1) != 'A' ||
            strcmp(table_cell(&t, i, 4), "Q_bottom"))
            continue;
        last = fmax(last, value[i]);
        for (size_t k = 1; k < 6 && value[i] >= 1e-3 * last; k++)
            if (fabs(HOURS[k] - atof(table_cell(&t, i, 5))) < 1e-9)
                worst = fmax(worst, fabs(solution_at(s, k, COL_Q_BOTTOM) / value[i] - 1.0));
    }
    free(value);
    table_release(&t);
    return worst;
}

static void measure(const char *which, const struct problem *p)
{
    double cpu[RUNS];
    struct solution s = {0};
    size_t runs = 0;
    for (double all = 0.0; runs < RUNS_LEAST || (runs < RUNS && all < RUNS_S); all += cpu[runs++]) {
        struct err e = {0};
        solution_release(&s);
        double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
        if (simulate(p, &s, &e))
            fail(&e);
        cpu[runs] = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    }
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    double middle = median(cpu, runs); /* sorts them */
    printf("unknowns %zu error %.3e cpu_ms %.4f least_ms %.4f steps %ld setups %ld vectors %ld balance %.1e memory_MB "
           "%.1f\n",
           s.unknowns, worst_error(&s, which), 1e3 * middle, 1e3 * cpu[0], s.stats.steps, s.stats.setups,
           s.stats.vectors, s.worst_balance, (double)use.ru_maxrss / 1024.0);
    solution_release(&s);
}

/* ---- a sweep over length and density ---- */

struct sweep_row { double Q, bound, depth, density; };
struct sweep_job { size_t n; struct sweep_row *row; bool keeps; struct shelf *shelf[QUEUE_WORKERS_MAX]; };

/* Lengths 100-1000 um at densities 10-1600 /cm2, cones whose radius is 0.15 of their length, or as wide as the density
 * allows; uptake and delivery of 8 h. */
static void compute_case(void *self, size_t worker, size_t i)
{
    static const double times[] = {1, 2, 4, 8};
    struct sweep_job *job = self;
    struct problem p = reference_skin('A');
    struct solution s;
    struct err e = {0};
    size_t j = i * (SWEEP_LENGTHS * SWEEP_DENSITIES) / job->n;
    double depth = 100e-6 + 900e-6 * (double)(j % SWEEP_LENGTHS) / (SWEEP_LENGTHS - 1);
    double density = 10.0 * pow(160.0, (double)(j / SWEEP_LENGTHS) / (SWEEP_DENSITIES - 1));
    double radius = fmin(0.15 * depth, 0.8 * cell_radius_of_density(density * 1e4));
    add_channel(&p, 'A', CHANNEL_DIFFUSING, depth, radius, 0.1 * radius, density);
    set_times(&p, 4, times, 3600.0);
    if (job->keeps && !job->shelf[worker]) job->shelf[worker] = shelf_new();
    p.shelf = job->shelf[worker];
    if (simulate_with_error(&p, &s, &e))
        fail(&e);
    job->row[i] = (struct sweep_row){solution_delivered(&s, 3), solution_error(&s, 3, COL_Q_BOTTOM), depth, density};
    solution_release(&s);
}

/* keeps: each thread hands its cases' analyses and stiffness matrices on. */
static void sweep(size_t n, size_t threads, bool keeps)
{
    struct sweep_job job = {.n = n, .row = calloc(n, sizeof *job.row), .keeps = keeps};
    struct shelf_use use_of[SHELF_KINDS] = {{0}};
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), worst = 0.0;
    unsigned long sum = 0, bits;
    size_t within = 0;
    struct sweep_row bad = {0};
    struct rusage use;
    if (!job.row)
        exit(1);
    queue_run(&(struct queue){n, &job, compute_case, NULL}, threads);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    for (size_t i = 0; i < QUEUE_WORKERS_MAX; i++) {
        for (size_t k = 0; k < SHELF_KINDS; k++) {
            use_of[k].asked += shelf_use(job.shelf[i], (enum shelf_kind)k).asked;
            use_of[k].found += shelf_use(job.shelf[i], (enum shelf_kind)k).found;
        }
        shelf_free(job.shelf[i]);
    }
    for (size_t i = 0; i < n; i++) {
        double bound = job.row[i].bound / job.row[i].Q;
        within += bound <= 0.005;
        if (bound > worst) {
            worst = bound;
            bad = job.row[i];
        }
        memcpy(&bits, &job.row[i].Q, sizeof bits);
        sum = sum * 31 + bits;
    }
    getrusage(RUSAGE_SELF, &use);
    printf("cases %zu threads %zu wall_s %.4f cpu_s %.4f worst_bound %.3e at_um %.0f at_per_cm2 %.0f within %zu "
           "analyses %zu analyses_found %zu stiffness %zu stiffness_found %zu memory_MB %.1f digest %016lx\n",
           n, threads, wall, cpu, worst, bad.depth * 1e6, bad.density, within, use_of[SHELF_ANALYSES].asked,
           use_of[SHELF_ANALYSES].found, use_of[SHELF_STIFFNESS].asked, use_of[SHELF_STIFFNESS].found,
           (double)use.ru_maxrss / 1024.0, sum);
    free(job.row);
}

/* ---- what the machine gives to anybody ---- */

/* Arithmetic in registers alone, some milliseconds: no memory, no allocation. */
static void spin(void *self, size_t worker, size_t i)
{
    (void)worker;
    unsigned long x = 88172645463325252ul + i;
    for (long k = 0; k < 4000000; k++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    ((unsigned long *)self)[i] = x;
}

static void control(size_t threads)
{
    unsigned long seen[CONTROL_JOBS];
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    queue_run(&(struct queue){CONTROL_JOBS, seen, spin, NULL}, threads);
    printf("control threads %zu wall_s %.4f cpu_s %.4f\n", threads, seconds(CLOCK_MONOTONIC) - wall,
           seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

/* Largest resident memory of a program. */
static void memory_of(char **command)
{
    struct rusage use;
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status) {
        fprintf(stderr, "bench: '%s' failed\n", command[0]);
        exit(1);
    }
    getrusage(RUSAGE_CHILDREN, &use);
    printf("memory_MB %.1f cpu_s %.3f\n", (double)use.ru_maxrss / 1024.0,
           (double)use.ru_utime.tv_sec + 1e-6 * (double)use.ru_utime.tv_usec);
}

/* The semi-discrete problem for the peers: "n entries", the load of the donor's face, n rows "M f top bottom", entries.
 */
static void write_matrices(const struct problem *p, const char *path)
{
    struct mesh m;
    struct system s;
    struct err e = {0};
    char name[600];
    snprintf(name, sizeof name, "%s.top0", path);
    FILE *f = fopen(path, "w"), *g = fopen(name, "w");
    if (!f || !g || mesh_build(&m, p, &e) ||
        system_build(&s, p, &m, (struct phase){.patch_on = true, .held = true, .opened = true, .donor = &p->donor},
                     &e)) {
        err_set(&e, ERR_IO, "%s: cannot be written", path);
        fail(&e);
    }
    const struct core *c = &s.drug;
    double load = 0.0;
    for (size_t i = 0; i < m.n; i++)
        if (c->node_dof[i] == NODE_DONOR) load += node_capacity(&s, false, i) * c->donor_a;
    fprintf(g, "%.17g\n", c->flux0[QUAD_TOP]);
    fprintf(f, "%zu %d\n%.17g\n", c->n, c->colptr[c->n], load);
    for (size_t d = 0; d < c->n; d++)
        fprintf(f, "%.17g %.17g %.17g %.17g\n", c->M[d], c->f[d], c->flux[QUAD_TOP * c->n + d],
                c->flux[QUAD_BOTTOM * c->n + d]);
    for (size_t d = 0; d < c->n; d++)
        for (int k = c->colptr[d]; k < c->colptr[d + 1]; k++)
            fprintf(f, "%d %zu %.17g\n", c->row[k], d, c->A[k]);
    fclose(f);
    fclose(g);
    system_release(&s);
    mesh_release(&m);
}

int main(int argc, char **argv)
{
    const char *job = argc > 1 ? argv[1] : "";
    if (!strcmp(job, "cell") || !strcmp(job, "layers")) {
        struct problem p = unit_cell(job[0] == 'c');
        if (argc > 2) p.level = atof(argv[2]);
        if (argc > 3) p.rtol = atof(argv[3]);
        if (argc > 4) p.integrator = !strcmp(argv[4], "linear") ? INTEGRATOR_LINEAR : INTEGRATOR_CVODE;
        measure(job[0] == 'c' ? "C1" : "C0", &p);
        return 0;
    }
    if (!strcmp(job, "matrices") && argc == 4) {
        struct problem p = unit_cell(true);
        p.level = atof(argv[2]);
        write_matrices(&p, argv[3]);
        return 0;
    }
    if (!strcmp(job, "sweep") && argc >= 4) {
        sweep((size_t)atol(argv[2]), (size_t)atol(argv[3]), argc == 4);
        return 0;
    }
    if (!strcmp(job, "control") && argc == 3) {
        control((size_t)atol(argv[2]));
        return 0;
    }
    if (!strcmp(job, "memory") && argc > 2) {
        memory_of(argv + 2);
        return 0;
    }
    fprintf(stderr,
            "usage: bench cell|layers [LEVEL [RTOL [cvode|linear]]] | matrices LEVEL FILE | "
            "sweep CASES THREADS [anew] | "
            "control THREADS | memory COMMAND...\n");
    return 2;
}
