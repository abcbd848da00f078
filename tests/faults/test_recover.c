/* test_recover.c -- `mnrig recover` itself may fail half-way, at any call to the disk and any block of memory: what is
 * whole is never lost, and once the disk is good again it comes to its end. */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/provenance.h"
#include "base/runfolder.h"
#include "base/text/file.h"
#include "rig/commands/commands.h"
#include "rig/record/recover.h"
#include "tests/faults/case.h"
#include "tests/faults/suites.h"

enum { ROWS = 37, EVENTS = 5 };

static void put(const char *dir, const char *name, const char *mode, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, mode);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

/* What a power cut leaves: whole rows, then a part of one. */
static void leave(const char *dir)
{
    struct recorder *r = NULL;
    struct record_sums sums;
    char path[300];
    CU_ASSERT_EQUAL_FATAL(recorder_open(&r, dir, NULL), 0);
    for (int i = 0; i < ROWS; i++) {
        struct record_row row = {.time = 0.02 * i, .position = 12e-3 + 1e-5 * i, .travel = NAN, .raw_travel = NAN,
                                 .force = 0.37 * i, .net_force = NAN, .axis_age = 0.017, .force_age = 0.009,
                                 .state = "insert"};
        recorder_row(r, &row);
    }
    for (int i = 0; i < EVENTS; i++) {
        struct record_event v = {.time = 0.1 * i, .kind = "note", .subject = "n", .value = "v, \"w\"", .detail = "d"};
        recorder_event(r, &v);
    }
    CU_ASSERT_EQUAL(recorder_close(r, &sums, NULL), 0);
    put(dir, RUN_SAMPLES, "a", "37,0.740000,insert,123");
    put(dir, RUN_EVENTS, "a", "0.500000,note,n,\"v");
    struct record *y = NULL;
    CU_ASSERT_EQUAL_FATAL(record_new(&y, NULL), 0);
    record_text(y, "outcome/state", "aborted");
    record_text(y, "outcome/cause", "not finished");
    record_integer(y, "outcome/rows", 0);
    record_text(y, "outcome/samples_sha256", "");
    snprintf(path, sizeof path, "%s/%s", dir, RUN_YAML);
    CU_ASSERT_EQUAL(provenance_write_sealed(y, path, NULL), 0);
    record_free(y);
}

static int command(int (*run)(int, char **, struct err *), const char *dir, struct err *e)
{
    char word[] = "recover", folder[200];
    char *argv[] = {word, folder, NULL};
    snprintf(folder, sizeof folder, "%s", dir);
    optind = 0;
    return run(2, argv, e);
}

static bool holds(const char *dir, const char *name, const char *part)
{
    char path[300], *text = NULL;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    bool is = file_read(path, 1 << 20, &text, &n, NULL) == 0 && strstr(text, part);
    free(text);
    return is;
}

/* One attempt that fails at its n-th call, and one on a good disk.  False when the n-th call was never reached. */
static bool fails_once(enum way way, long n)
{
    char dir[200], path[300];
    struct err e = {0}, later = {0};
    struct record_scan s;
    CU_ASSERT_TRUE_FATAL(case_folder(dir));
    leave(dir);
    door_reset(way, n);
    door_watch()->is_ours = true;
    int rc = command(recover_run, dir, &e);
    door_watch()->is_ours = false;
    bool struck = door_watch()->has_struck;
    CU_ASSERT_EQUAL(door_watch()->live, 0);
    CU_ASSERT_EQUAL(rc == 0, !struck); /* never in silence, never for nothing */
    CU_ASSERT_EQUAL(e.msg[0] != '\0', struck);
    door_reset(WAY_NONE, 0);
    CU_ASSERT_EQUAL(command(recover_run, dir, &later), 0);
    CU_ASSERT_EQUAL(command(verify_run, dir, &later), 0);
    snprintf(path, sizeof path, "%s/" RUN_SAMPLES, dir);
    CU_ASSERT_TRUE(record_scan_samples(path, &s, &later) == 0 && s.rows == ROWS && s.good == s.size);
    snprintf(path, sizeof path, "%s/" RUN_EVENTS, dir);
    CU_ASSERT_TRUE(record_scan_events(path, &s, &later) == 0 && s.rows == EVENTS && s.good == s.size);
    CU_ASSERT_TRUE(holds(dir, RUN_SAMPLES ".torn", "insert,123") || holds(dir, RUN_SAMPLES ".torn2", "insert,123"));
    CU_ASSERT_TRUE(holds(dir, RUN_YAML, "not finished"));
    if (later.code || (rc == 0) == struck)
        printf("\n  %s %ld: %s; %s", way_names[way], n, e.msg, later.msg);
    case_remove(dir);
    return struck;
}

static void a_recovery_that_fails_loses_nothing_and_can_be_repeated(void)
{
    static const enum way ways[] = {WAY_NO_MEMORY, WAY_NO_MEMORY_LEFT, WAY_IO_ERROR, WAY_DISK_FULL, WAY_READ_ONLY};
    long cases = 0;
    fflush(stdout);
    int said = dup(STDOUT_FILENO);
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen("/dev/null", "w", stdout));
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
        for (long n = 1, unused = 0; unused < 2 && n < 2000; n++, cases++) /* one past the last is without a fault */
            unused += !fails_once(ways[w], n);
    fflush(stdout);
    dup2(said, STDOUT_FILENO);
    close(said);
    printf(" [%ld cases]", cases);
    CU_ASSERT_TRUE(cases > 50);
}

CU_TestInfo recover_tests[] = {{"a_recovery_that_fails_loses_nothing_and_can_be_repeated",
                                a_recovery_that_fails_loses_nothing_and_can_be_repeated},
                               CU_TEST_INFO_NULL};
