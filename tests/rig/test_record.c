/* test_record.c -- the recorder: every row in the file, the checksum the file's, nothing overwritten, failures told. */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>
#include "base/provenance.h"
#include "base/text/table.h"
#include "rig/loop/latency.h"
#include "rig/record/recover.h"
#include "rig/record/runfile.h"
#include "tests/rig/suites.h"

static void make_folder(char out[200])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(out, 200, "%.100s/mnrig-record-XXXXXX", tmp ? tmp : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(out));
}

static void remove_folder(const char *folder)
{
    char command[240];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

static struct record_row row(int i)
{
    struct record_row r = {.time = 0.02 * i,
                           .position = 17.3e-6 * i,
                           .travel = i < 10 ? NAN : 11.7e-6 * i,
                           .raw_travel = NAN,
                           .force = -0.0123 * i,
                           .net_force = 0.5,
                           .axis_age = 0.0171,
                           .force_age = 0.0093,
                           .axis_status = 0x01000001u,
                           .inputs = 9};
    snprintf(r.state, sizeof r.state, "insert");
    return r;
}

static void rows_events_and_checksum_are_what_was_put_in(void)
{
    char folder[200], path[260], file_sha[65];
    struct recorder *r = NULL;
    struct record_sums sums = {0};
    struct table t = {0};
    double *force = NULL;
    make_folder(folder);
    CU_ASSERT_EQUAL_FATAL(recorder_open(&r, folder, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(recorder_start(r, NULL), 0);
    struct record_event v = {.time = 1.5, .kind = "note", .subject = "quote", .value = "a \"b\", c", .detail = "x"};
    for (int i = 0; i < 3000; i++) {
        struct record_row one = row(i);
        recorder_row(r, &one);
        if (i % 100 == 0)
            recorder_event(r, &v);
    }
    CU_ASSERT_EQUAL(recorder_close(r, &sums, NULL), 0);
    CU_ASSERT_EQUAL(sums.rows, 3000);
    CU_ASSERT_EQUAL(sums.events, 30);
    snprintf(path, sizeof path, "%s/samples.csv", folder);
    CU_ASSERT_EQUAL(sha256_file(path, file_sha, NULL), 0);
    CU_ASSERT_STRING_EQUAL(sums.samples_sha256, file_sha);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0);
    CU_ASSERT_EQUAL(t.rows, 3000);
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "force_N", false, &force, NULL), 0);
    ASSERT_REL(force[2999], -0.0123 * 2999, 1e-6);
    CU_ASSERT_STRING_EQUAL(table_cell(&t, 3, 4), ""); /* no travel before contact */
    CU_ASSERT_STRING_EQUAL(table_cell(&t, 2999, 0), "2999");
    free(force);
    table_release(&t);
    snprintf(path, sizeof path, "%s/events.csv", folder);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0);
    CU_ASSERT_EQUAL(t.rows, 30);
    CU_ASSERT_STRING_EQUAL(table_cell(&t, 7, 3), "a \"b\", c");
    table_release(&t);
    remove_folder(folder);
}

static void an_existing_file_is_never_overwritten(void)
{
    char folder[200];
    struct recorder *r = NULL, *again = NULL;
    struct record_sums sums;
    struct err e = {0};
    make_folder(folder);
    CU_ASSERT_EQUAL_FATAL(recorder_open(&r, folder, NULL), 0);
    CU_ASSERT_EQUAL(recorder_open(&again, folder, &e), ERR_IO);
    ASSERT_HAS(e.msg, "samples.csv: cannot be created: File exists");
    CU_ASSERT_EQUAL(recorder_close(r, &sums, NULL), 0);
    remove_folder(folder);
}

static void a_full_ring_is_a_failure_not_a_gap(void)
{
    char folder[200];
    struct recorder *r = NULL;
    struct record_sums sums;
    struct err e = {0};
    make_folder(folder);
    CU_ASSERT_EQUAL_FATAL(recorder_open(&r, folder, NULL), 0); /* no writer */
    for (int i = 0; i < 4096; i++) {
        struct record_row one = row(i);
        recorder_row(r, &one);
    }
    CU_ASSERT_FALSE(recorder_has_failed(r));
    struct record_row one = row(1);
    recorder_row(r, &one);
    CU_ASSERT_TRUE(recorder_has_failed(r));
    CU_ASSERT_EQUAL(recorder_close(r, &sums, &e), ERR_IO);
    ASSERT_HAS(e.msg, "the recorder could not write: it could not keep up: rows were lost");
    remove_folder(folder);
}

static void a_full_disk_is_told(void)
{
    char folder[200];
    struct recorder *r = NULL;
    struct record_sums sums;
    struct err e = {0};
    struct rlimit before, small;
    make_folder(folder);
    CU_ASSERT_EQUAL_FATAL(recorder_open(&r, folder, NULL), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 200; i++) {
        struct record_row one = row(i);
        recorder_row(r, &one);
    }
    recorder_pump(r);
    CU_ASSERT_TRUE(recorder_has_failed(r));
    int rc = recorder_close(r, &sums, &e);
    setrlimit(RLIMIT_FSIZE, &before);
    CU_ASSERT_EQUAL(rc, ERR_IO);
    ASSERT_HAS(e.msg, "the recorder could not write: File too large");
    remove_folder(folder);
}

static void run_folders_are_never_reused(void)
{
    char folder[200], a[600], b[600], parent[260];
    struct err e = {0};
    make_folder(folder);
    snprintf(parent, sizeof parent, "%s/deep/er", folder);
    CU_ASSERT_EQUAL(run_folder_make(a, sizeof a, parent, 1773065109, "b1", "pig.3", "press", NULL), 0);
    CU_ASSERT_EQUAL(run_folder_make(b, sizeof b, parent, 1773065109, "b1", "pig.3", "press", NULL), 0);
    ASSERT_HAS(a, "/20260309T140509Z_b1_pig.3_press_r01");
    ASSERT_HAS(b, "_r02");
    CU_ASSERT_EQUAL(run_folder_make(b, sizeof b, parent, 0, "b 1", "s", "m", &e), ERR_ARG);
    ASSERT_HAS(e.msg, "batch 'b 1'");
    e = (struct err){0};
    CU_ASSERT_EQUAL(run_folder_make(b, sizeof b, parent, 0, "b1", "../s", "m", &e), ERR_ARG);
    ASSERT_HAS(e.msg, "specimen '../s'");
    e = (struct err){0};
    CU_ASSERT_EQUAL(run_folder_make(b, sizeof b, "/proc/nowhere", 0, "b1", "s", "m", &e), ERR_IO);
    remove_folder(folder);
}

static void quantiles_of_latencies_are_within_a_bin(void)
{
    static struct latency l;
    for (int i = 1; i <= 1000; i++)
        latency_add(&l, i * 1e-5);
    ASSERT_REL(latency_quantile(&l, 0.5), 5e-3, 0.13);
    ASSERT_REL(latency_quantile(&l, 0.99), 9.9e-3, 0.13);
    CU_ASSERT_EQUAL(l.max, 10e-3);
    static struct latency none;
    CU_ASSERT_EQUAL(latency_quantile(&none, 0.5), 0.0);
}

/* ---- power cuts ---- */

/* A disk that keeps, of what was not synced, a part of any length; then there is no power. */
struct frail_disk {
    struct { char path[260]; char *bytes; size_t n, synced; } file[2];
    int files;
    long writes_left;      /* power fails after so many writes */
    uint64_t rows_synced;
};

static int frail_open(void *self, const char *path)
{
    struct frail_disk *d = self;
    snprintf(d->file[d->files].path, sizeof d->file[0].path, "%s", path);
    return d->files++;
}

static ssize_t frail_write(void *self, int h, const char *bytes, size_t n)
{
    struct frail_disk *d = self;
    if (d->writes_left-- <= 0)
        return (ssize_t)n; /* into the dark */
    char *more = realloc(d->file[h].bytes, d->file[h].n + n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(more);
    memcpy(more + d->file[h].n, bytes, n);
    d->file[h].bytes = more;
    d->file[h].n += n;
    return (ssize_t)n;
}

static int frail_sync(void *self, int h)
{
    struct frail_disk *d = self;
    if (d->writes_left > 0) {
        d->file[h].synced = d->file[h].n;
        if (h == 0) {
            d->rows_synced = 0;
            for (size_t i = 0; i < d->file[0].n; i++)
                d->rows_synced += d->file[0].bytes[i] == '\n';
        }
    }
    return 0;
}

static bool frail_is_there(void *self, int h)
{
    (void)self, (void)h;
    return true;
}

static int frail_close(void *self, int h)
{
    (void)self, (void)h;
    return 0;
}

/* What is found after the cut: the synced bytes, a part of the others, at times a hole of zeros in it. */
static void frail_leave(struct frail_disk *d)
{
    for (int h = 0; h < d->files; h++) {
        size_t lost = d->file[h].n - d->file[h].synced,
               n = d->file[h].synced + (lost ? (size_t)rand() % (lost + 1) : 0);
        if (n > d->file[h].synced + 40 && rand() % 3 == 0)
            memset(d->file[h].bytes + d->file[h].synced + 5, 0, 30);
        FILE *f = fopen(d->file[h].path, "wb");
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        if (f) {
            CU_ASSERT_EQUAL(fwrite(d->file[h].bytes, 1, n, f), n);
            fclose(f);
        }
        free(d->file[h].bytes);
    }
}

static void a_power_cut_at_any_write_loses_nothing_that_was_committed(void)
{
    srand(1903);
    for (int cut = 0; cut < 200; cut++) {
        char folder[200], path[260];
        struct frail_disk d = {.writes_left = 3 + 2 * cut};
        const struct record_door door = {frail_open, frail_write, frail_sync, frail_is_there, frail_close, &d};
        struct recorder *r = NULL;
        struct record_sums sums;
        struct record_scan s;
        struct err e = {0};
        make_folder(folder);
        CU_ASSERT_EQUAL_FATAL(recorder_open_by(&r, folder, &door, NULL), 0);
        for (int i = 0; i < 360; i++) {
            struct record_row one = row(i);
            struct record_event v = {.time = 0.02 * i, .kind = "note", .subject = "n", .value = "x", .detail = "y"};
            recorder_row(r, &one);
            if (i % 8 == 0)
                recorder_event(r, &v);
            recorder_pump(r);
            if (i % 10 == 9)
                recorder_commit(r);
        }
        recorder_close(r, &sums, NULL);
        uint64_t committed = d.rows_synced > 0 ? d.rows_synced - 1 : 0; /* without the header */
        frail_leave(&d);
        snprintf(path, sizeof path, "%s/samples.csv", folder);
        CU_ASSERT_EQUAL(record_scan_samples(path, &s, &e), 0);
        CU_ASSERT_TRUE(s.rows >= committed);
        CU_ASSERT_TRUE(s.rows <= committed + 11);
        CU_ASSERT_EQUAL(record_cut(path, &s, &e), 0);
        struct record_scan again;
        CU_ASSERT_EQUAL(record_scan_samples(path, &again, &e), 0);
        CU_ASSERT_EQUAL(again.good, again.size);
        CU_ASSERT_EQUAL(again.rows, s.rows);
        CU_ASSERT_STRING_EQUAL(again.digest, s.digest);
        snprintf(path, sizeof path, "%s/events.csv", folder);
        CU_ASSERT_EQUAL(record_scan_events(path, &s, &e), 0);
        CU_ASSERT_EQUAL(record_cut(path, &s, &e), 0);
        CU_ASSERT_EQUAL(record_scan_events(path, &again, &e), 0);
        CU_ASSERT_EQUAL(again.good, again.size);
        remove_folder(folder);
    }
}

static void an_edited_event_breaks_the_chain(void)
{
    char folder[200], path[260], text[4000];
    struct recorder *r = NULL;
    struct record_sums sums;
    struct record_scan s;
    struct err e = {0};
    make_folder(folder);
    CU_ASSERT_EQUAL_FATAL(recorder_open(&r, folder, NULL), 0);
    for (int i = 0; i < 7; i++) {
        struct record_event v = {.time = 0.3 * i, .kind = "trip", .subject = "force_push", .value = "15.3, N"};
        recorder_event(r, &v);
    }
    CU_ASSERT_EQUAL(recorder_close(r, &sums, NULL), 0);
    snprintf(path, sizeof path, "%s/events.csv", folder);
    CU_ASSERT_EQUAL(record_scan_events(path, &s, &e), 0);
    CU_ASSERT_EQUAL(s.rows, 7);
    CU_ASSERT_STRING_EQUAL(s.digest, sums.events_chain);
    FILE *f = fopen(path, "r+b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    char *fourth = strstr(text, "0.900000,");
    CU_ASSERT_PTR_NOT_NULL_FATAL(fourth);
    if (f && fourth) {
        fseek(f, strstr(fourth, "15.3") - text, SEEK_SET);
        fputs("14.3", f);
        fclose(f);
    }
    CU_ASSERT_EQUAL(record_scan_events(path, &s, &e), 0);
    CU_ASSERT_EQUAL(s.rows, 3);
    ASSERT_HAS(s.wrong, "its digest does not fit");
    remove_folder(folder);
}

static void a_removed_file_is_told(void)
{
    char folder[200], path[260];
    struct recorder *r = NULL;
    struct record_sums sums;
    struct err e = {0};
    make_folder(folder);
    CU_ASSERT_EQUAL_FATAL(recorder_open(&r, folder, NULL), 0);
    snprintf(path, sizeof path, "%s/samples.csv", folder);
    struct record_scan torn = {.good = 3, .size = 99};
    CU_ASSERT_EQUAL(record_cut(path, &torn, &e), ERR_FAILED);
    ASSERT_HAS(e.msg, "a program still writes to it");
    e = (struct err){0};
    recorder_commit(r);
    CU_ASSERT_FALSE(recorder_has_failed(r));
    unlink(path);
    recorder_commit(r);
    CU_ASSERT_TRUE(recorder_has_failed(r)); /* which trips the latch */
    CU_ASSERT_EQUAL(recorder_close(r, &sums, &e), ERR_IO);
    ASSERT_HAS(e.msg, "its files were removed");
    remove_folder(folder);
}

CU_TestInfo record_tests[] = {
    {"a_power_cut_at_any_write_loses_nothing_that_was_committed",
     a_power_cut_at_any_write_loses_nothing_that_was_committed},
    {"an_edited_event_breaks_the_chain", an_edited_event_breaks_the_chain},
    {"a_removed_file_is_told", a_removed_file_is_told},
    {"rows_events_and_checksum_are_what_was_put_in", rows_events_and_checksum_are_what_was_put_in},
    {"an_existing_file_is_never_overwritten", an_existing_file_is_never_overwritten},
    {"a_full_ring_is_a_failure_not_a_gap", a_full_ring_is_a_failure_not_a_gap},
    {"a_full_disk_is_told", a_full_disk_is_told},
    {"run_folders_are_never_reused", run_folders_are_never_reused},
    {"quantiles_of_latencies_are_within_a_bin", quantiles_of_latencies_are_within_a_bin},
    CU_TEST_INFO_NULL};
