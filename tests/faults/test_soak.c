/* test_soak.c -- a run that goes on and on, in virtual time: no tick without its row, none early or late, no memory
 * that grows.  A quick one by default; MN_LONG=1 lets it have a million ticks. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/runfolder.h"
#include "base/text/units.h"
#include "rig/record/recover.h"
#include "tests/faults/case.h"
#include "tests/faults/outside.h"
#include "tests/faults/suites.h"

#define PERIOD 20e-3  /* s, of the bench files */
#define DRIFT 5e-6    /* s: a million sums of 20 ms, each rounded to 2e-12 s, and the six decimals of the file */
#ifdef __SANITIZE_THREAD__
#define GROWTH 16384  /* kB: the sanitizer remembers what was touched */
#else
#define GROWTH 512    /* kB */
#endif

static void find_samples(const char *dir, char *out, size_t size)
{
    char runs[300];
    snprintf(runs, sizeof runs, "%.200s/runs", dir);
    DIR *d = opendir(runs);
    out[0] = '\0';
    for (struct dirent *f; d && (f = readdir(d));)
        if (f->d_name[0] != '.')
            snprintf(out, size, "%s/%.200s/%s", runs, f->d_name, RUN_SAMPLES);
    if (d)
        closedir(d);
}

/* The largest distance of a row's time from its place on the grid of the first, s. */
static double largest_drift(const char *path)
{
    char line[400];
    double worst = 0.0, first = NAN;
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) {
        char *end = NULL;
        double row = strtod(line, &end), time = end != line && *end == ',' ? strtod(end + 1, NULL) : NAN;
        if (isnan(time))
            continue;
        if (isnan(first))
            first = time;
        worst = fmax(worst, fabs(time - first - PERIOD * row));
    }
    if (f)
        fclose(f);
    return worst;
}

static void soak(const struct case_bench *b, uint64_t ticks)
{
    char dir[200], path[800];
    struct outside *o = outside();
    struct record_scan s = {0};
    struct err e = {0};
    door_reset(WAY_NONE, 0);
    CU_ASSERT_TRUE_FATAL(case_folder(dir));
    units_init(NULL);
    CU_ASSERT_EQUAL_FATAL(outside_begin(b->settings, CASE_GAP, &e), 0);
    units_release();
    o->most_ticks = ticks;
    int rc = case_run(b, "tests/faults/soak.yaml", dir, &e);
    CU_ASSERT_EQUAL(o->ticks, ticks);
    CU_ASSERT_TRUE(o->hangs ? rc == ERR_FAILED : rc == 0); /* cut off in the hold, or done */
    find_samples(dir, path, sizeof path);
    CU_ASSERT_EQUAL(record_scan_samples(path, &s, &e), 0);
    CU_ASSERT_EQUAL(s.rows, ticks);
    CU_ASSERT_EQUAL(s.good, s.size);
    double drift = largest_drift(path);
    CU_ASSERT_TRUE(drift <= DRIFT);
    CU_ASSERT_TRUE(o->memory_early > 0 && o->memory_late - o->memory_early <= GROWTH);
    CU_ASSERT_EQUAL(door_watch()->live, 0);
    printf("\n  %s: %lu ticks, %lu rows, at most %.2g us off the grid, %ld kB, then %ld kB", b->name,
           (unsigned long)o->ticks, (unsigned long)s.rows, drift * 1e6, o->memory_early, o->memory_late);
    outside_end();
    case_remove(dir);
}

static void a_long_run_neither_drifts_nor_grows_nor_misses_a_row(void)
{
    bool is_long = getenv("MN_LONG") != NULL;
    soak(&case_benches[0], is_long ? 1000000 : 10000);
    soak(&case_benches[1], is_long ? 200000 : 5000);
}

CU_TestInfo soak_tests[] = {{"a_long_run_neither_drifts_nor_grows_nor_misses_a_row",
                             a_long_run_neither_drifts_nor_grows_nor_misses_a_row},
                            CU_TEST_INFO_NULL};
