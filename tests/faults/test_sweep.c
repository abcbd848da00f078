/* test_sweep.c -- the n-th request on the bus, the n-th call to the disk, the n-th block of memory fails, each in every
 * way: the run must end safely, with a clear cause, nothing committed lost and nothing leaked (case.c has the
 * invariants).  By default a sample: so many n of each stage and way, drawn from a seed that is printed
 * (FAULT_SEED=n repeats one).  MN_LONG=1 takes every n. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "rig/virtual/random.h"
#include "tests/faults/case.h"
#include "tests/faults/suites.h"

enum { JOBS_MAX = 16, STATUSES = 8 }; /* processes at a time: one a core */
struct job { int child; enum way way; long n; struct case_report *report; };
struct sweep {
    const struct case_bench *bench;
    struct job job[JOBS_MAX];
    int jobs;
    long cases, broken, passed_over;
    long status[WAYS][STATUSES];
    double peak;
};

static void note(struct sweep *s, struct job *j, int wait_status)
{
    struct case_report *r = j->report;
    const char *broken = case_judge(r, wait_status);
    s->cases++;
    s->passed_over += !r->has_struck;
    s->peak = r->peak_force > s->peak ? r->peak_force : s->peak;
    if (r->has_struck && r->status >= 0 && r->status < STATUSES)
        s->status[j->way][r->status]++;
    if (*broken && s->broken++ < 30)
        printf("\n  %s, %s %ld (%s, in %s): %s [status %d, peak %.2f N, %s]", s->bench->name, way_names[j->way], j->n,
               r->struck, phase_names[r->struck_in], broken, r->status, r->peak_force, r->message);
    j->child = 0;
}

static void wait_for_one(struct sweep *s)
{
    int status = 0, child = wait(&status);
    for (int i = 0; i < s->jobs; i++)
        if (s->job[i].child == child)
            note(s, &s->job[i], status);
}

static void start(struct sweep *s, enum way way, long n)
{
    for (;;) {
        for (int i = 0; i < s->jobs; i++)
            if (!s->job[i].child) {
                s->job[i].way = way;
                s->job[i].n = n;
                s->job[i].child = case_start(s->bench, way, n, s->job[i].report);
                return;
            }
        wait_for_one(s);
    }
}

static void drain(struct sweep *s)
{
    for (int i = 0; i < s->jobs; i++)
        while (s->job[i].child > 0)
            wait_for_one(s);
}

static void every_call(struct sweep *s, const struct case_report *nominal)
{
    for (enum way w = WAY_NONE + 1; w < WAYS; w++)
        for (long n = 1; n <= nominal->calls[way_door(w)]; n++)
            start(s, w, n);
}

/* One call of each phase for each way. */
static void a_sample(struct sweep *s, const struct case_report *nominal, struct random *dice)
{
    for (enum way w = WAY_NONE + 1; w < WAYS; w++)
        for (enum phase p = 0; p < PHASES; p++) {
            enum door d = way_door(w);
            long count = 0;
            for (long n = 1; n <= nominal->calls[d]; n++)
                count += nominal->phase_of[d][n] == p;
            long pick = count ? (long)(random_uniform(dice) * (double)count) : -1;
            for (long n = 1; n <= nominal->calls[d] && pick >= 0; n++)
                if (nominal->phase_of[d][n] == p && pick-- == 0)
                    start(s, w, n);
        }
}

static void tell(const struct sweep *s)
{
    for (enum way w = WAY_NONE + 1; w < WAYS; w++) {
        printf("\n    %-14s", way_names[w]);
        for (int k = 0; k < STATUSES; k++)
            if (s->status[w][k])
                printf("  %ld x status %d", s->status[w][k], k);
    }
}

static void sweep(const struct case_bench *b, struct case_report *reports, struct random *dice)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct sweep s = {.bench = b, .jobs = cores < 2 ? 2 : cores > JOBS_MAX ? JOBS_MAX : (int)cores};
    static struct case_report nominal;
    int status = 0;
    for (int i = 0; i < s.jobs; i++)
        s.job[i].report = &reports[i];
    waitpid(case_start(b, WAY_NONE, 0, &reports[0]), &status, 0);
    CU_ASSERT_STRING_EQUAL(case_judge(&reports[0], status), "");
    nominal = reports[0];
    if (nominal.broken[0])
        printf("\n  %s without a fault: %s [%s]", b->name, nominal.broken, nominal.message);
    printf("\n  %s: %ld ticks, %ld blocks of memory, %ld disk calls, %ld requests, true peak %.2f N", b->name,
           nominal.ticks, nominal.calls[DOOR_MEMORY], nominal.calls[DOOR_DISK],
           nominal.calls[DOOR_BUS], nominal.peak_force);
    CU_ASSERT_TRUE(nominal.ticks > 100 && nominal.ticks <= 1500);
    for (int d = 0; d < DOORS; d++)
        CU_ASSERT_TRUE_FATAL(nominal.calls[d] > 0 && nominal.calls[d] <= DOOR_CALLS);
    if (getenv("MN_LONG"))
        every_call(&s, &nominal);
    else
        a_sample(&s, &nominal, dice);
    drain(&s);
    tell(&s);
    printf("\n  %ld cases, true peak %.2f N at most, %ld broken", s.cases, s.peak, s.broken);
    CU_ASSERT_EQUAL(s.broken, 0);
}

static void whatever_fails_the_run_ends_safely(void)
{
    const char *text = getenv("FAULT_SEED");
    unsigned long seed = text ? strtoul(text, NULL, 10) : (unsigned long)time(NULL) % 100000;
    struct random dice;
    struct case_report *reports = mmap(NULL, JOBS_MAX * sizeof *reports, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                                       -1, 0);
    CU_ASSERT_TRUE_FATAL(reports != MAP_FAILED);
    random_init(&dice, seed, 1);
    printf(" [FAULT_SEED=%lu]", seed);
    for (int b = 0; b < CASE_BENCHES; b++)
        sweep(&case_benches[b], reports, &dice);
    munmap(reports, JOBS_MAX * sizeof *reports);
}

CU_TestInfo sweep_tests[] = {{"whatever_fails_the_run_ends_safely", whatever_fails_the_run_ends_safely},
                             CU_TEST_INFO_NULL};
