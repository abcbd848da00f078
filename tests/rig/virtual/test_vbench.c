/* test_vbench.c -- the bench as a whole in virtual time: specimens, logs, readings, determinism. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/text/table.h"
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

/* Homes, presses at 0.5 mm/s until the true force passes 10 N, holds, withdraws to 10 mm. */
static void press_and_withdraw(struct vbench *v)
{
    kit_home(v);
    kit_move(v, 11.7, 10.0);
    kit_start_move(v, 15.0, 0.5);
    while (plant_force(&v->plant) < 10.0 && vbench_time(v) < 60.0)
        vbench_advance(v, 0.001);
    kit_write(v, 1, 124, 0xE1);
    vbench_advance(v, 1.0);
}

static void fresh_specimen_has_no_holes_and_differs(void)
{
    struct vbench *v = kit_bench(31);
    press_and_withdraw(v);
    CU_ASSERT(skin_holes(&v->plant.skin) > 90);
    CU_ASSERT_EQUAL(kit_write(v, 247, 0xF00B, 2), 4); /* pressed into the skin */
    kit_start_move(v, 8.0, 10.0);
    vbench_advance(v, 0.05);
    CU_ASSERT_EQUAL(kit_write(v, 247, 0xF00B, 2), 4); /* moving */
    vbench_advance(v, 3.0);
    double first = v->plant.skin.surface;
    CU_ASSERT_EQUAL(kit_write(v, 247, 0xF00B, 2), 0);
    CU_ASSERT_EQUAL(skin_holes(&v->plant.skin), 0);
    CU_ASSERT(v->plant.skin.surface != first);
    uint16_t n = 0;
    kit_read(v, 247, 0xF00B, 1, &n);
    CU_ASSERT_EQUAL(n, 2);
    vbench_free(v);
}

static void rows_and_truth_of_a_seed_repeat(void)
{
    int32_t got[2][60];
    for (int run = 0; run < 2; run++) {
        struct vbench *v = kit_bench(4711);
        kit_home(v);
        kit_move(v, 11.7, 10.0);
        kit_start_move(v, 13.0, 0.5);
        for (int i = 0; i < 60; i++) {
            vbench_advance(v, 0.04);
            got[run][i] = kit_read_s32(v, 2, 0x3300) + kit_read_s32(v, 1, 10);
        }
        vbench_free(v);
    }
    CU_ASSERT_EQUAL(memcmp(got[0], got[1], sizeof got[0]), 0);
}

static void time_in_slices_is_the_same_time(void)
{
    struct vbench *a = kit_bench(2), *b = kit_bench(2);
    vbench_advance(a, 1.0);
    for (int i = 0; i < 3000; i++)
        vbench_advance(b, 1.0 / 3000.0);
    ASSERT_ABS(vbench_time(a), 1.0, 1e-12);
    ASSERT_ABS(vbench_time(b), 1.0, PLANT_STEP);
    vbench_free(a);
    vbench_free(b);
}

static double mean_of(const char *folder, const char *file, const char *column, int *n_empty)
{
    char path[600];
    struct table t;
    double *x, sum = 0.0;
    int n = 0;
    struct err e = {0};
    snprintf(path, sizeof path, "%s/%s", folder, file);
    if (table_read(&t, path, &e)) {
        printf("\n%s", e.msg);
        CU_FAIL("table");
        return NAN;
    }
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, column, true, &x, NULL), 0);
    *n_empty = 0;
    for (size_t i = 0; i < t.rows; i++) {
        if (isnan(x[i])) {
            (*n_empty)++;
        } else {
            sum += x[i];
            n++;
        }
    }
    free(x);
    table_release(&t);
    return sum / n;
}

static void reading_is_the_true_depth_within_its_noise(void)
{
    char folder[300], out[320];
    struct vbench *v = kit_bench(31);
    int empty;
    kit_folder(folder, sizeof folder);
    snprintf(out, sizeof out, "%s/out", folder);
    CU_ASSERT_EQUAL_FATAL(vbench_log_to(v, out, NULL), 0);
    press_and_withdraw(v);
    double buried = 1e6 * skin_mean_hole(&v->plant.skin);
    size_t holes = skin_holes(&v->plant.skin);
    kit_move(v, 8.0, 10.0);
    /* 10 um noise on about 96 readings: 1 um; leaving out 4 of 100 adds less than 2 um */
    ASSERT_ABS(mean_of(out, "specimen_1/virtual_oct.csv", "depth_um", &empty), buried, 4.0);
    CU_ASSERT(empty >= (int)(100 - holes) && empty <= (int)(100 - holes) + 12);
    ASSERT_ABS(mean_of(out, "specimen_1/virtual_oct.csv", "penetrated", &empty), (double)holes / 100.0, 1e-12);
    if (holes == 100)
        ASSERT_ABS(mean_of(out, "specimen_1/true_holes.csv", "depth_um", &empty), buried, 1e-3);
    ASSERT_ABS(mean_of(out, "specimen_1/virtual_oct.csv", "virtual", &empty), 1.0, 1e-12); /* the mark of every row */
    ASSERT_ABS(mean_of(out, "specimen_1/true_holes.csv", "virtual", &empty), 1.0, 1e-12);
    CU_ASSERT_EQUAL(vbench_close_logs(v, NULL), 0);
    vbench_free(v);
    kit_remove(folder);
}

static void pressing_again_writes_another_reading(void)
{
    char folder[300], path[340];
    struct stat st;
    struct vbench *v = kit_bench(31);
    kit_folder(folder, sizeof folder);
    CU_ASSERT_EQUAL_FATAL(vbench_log_to(v, folder, NULL), 0);
    for (int i = 0; i < 2; i++) {
        press_and_withdraw(v);
        kit_move(v, 8.0, 10.0);
    }
    snprintf(path, sizeof path, "%s/specimen_1/virtual_oct_2.csv", folder);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(vbench_close_logs(v, NULL), 0);
    vbench_free(v);
    kit_remove(folder);
}

static void truth_log_holds_every_millisecond_of_motion(void)
{
    char folder[300], path[340];
    struct vbench *v = kit_bench(31);
    struct table t;
    double *time, *position;
    kit_folder(folder, sizeof folder);
    CU_ASSERT_EQUAL_FATAL(vbench_log_to(v, folder, NULL), 0);
    kit_home(v);
    double from = vbench_time(v);
    kit_move(v, 4.0, 4.0);
    double to = vbench_time(v);
    v->plant.estop_pressed = true;
    vbench_advance(v, 0.1);
    CU_ASSERT_EQUAL(vbench_close_logs(v, NULL), 0);
    snprintf(path, sizeof path, "%s/truth.csv", folder);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0);
    CU_ASSERT_EQUAL(table_numbers(&t, "time_s", false, &time, NULL), 0);
    CU_ASSERT_EQUAL(table_numbers(&t, "position_um", false, &position, NULL), 0);
    int during = 0;
    for (size_t i = 1; i < t.rows; i++) {
        CU_ASSERT(time[i] > time[i - 1]);
        during += time[i] > from && time[i] <= to && fabs(position[i] - position[i - 1]) > 0.01;
    }
    CU_ASSERT(during > 1000 && during < 1100); /* 4 mm at 4 mm/s, and the ramps */
    size_t state, estop;
    CU_ASSERT_EQUAL(table_col(&t, "state", &state, NULL), 0);
    CU_ASSERT_EQUAL(table_col(&t, "estop", &estop, NULL), 0);
    CU_ASSERT_STRING_EQUAL(table_cell(&t, t.rows - 1, state), "fault");
    CU_ASSERT_STRING_EQUAL(table_cell(&t, t.rows - 1, estop), "1");
    free(time);
    free(position);
    table_release(&t);
    vbench_free(v);
    kit_remove(folder);
}

static void writes_are_kept_with_their_answer(void)
{
    char folder[300], path[340];
    struct vbench *v = kit_bench(31);
    struct table t;
    kit_folder(folder, sizeof folder);
    CU_ASSERT_EQUAL_FATAL(vbench_log_to(v, folder, NULL), 0);
    uint16_t w;
    vbench_advance(v, 0.25);
    kit_read(v, 1, 5, 1, &w); /* counted, but no write */
    kit_write_u32(v, 1, 350, 0x00012345);
    kit_write(v, 1, 124, 0x12);
    CU_ASSERT_EQUAL(vbench_close_logs(v, NULL), 0);
    snprintf(path, sizeof path, "%s/writes.csv", folder);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0);
    const char *want[3][7] = {{"0.25", "1", "16", "350", "1", "0", "2"}, {"0.25", "1", "16", "351", "9029", "0", "2"},
                              {"0.25", "1", "6", "124", "18", "3", "3"}};
    CU_ASSERT_EQUAL(t.rows, 3);
    for (size_t i = 0; i < 3 && t.rows == 3; i++)
        for (size_t k = 0; k < 7; k++)
            CU_ASSERT_STRING_EQUAL(table_cell(&t, i, k), want[i][k]);
    table_release(&t);
    vbench_free(v);
    kit_remove(folder);
}

static void faults_are_kept_with_their_time_and_the_requests_before(void)
{
    char folder[300], path[340];
    struct vbench *v = kit_bench(31);
    struct table t;
    uint16_t w;
    kit_folder(folder, sizeof folder);
    CU_ASSERT_EQUAL_FATAL(fault_parse(&v->faults, "f", "at request 3: estop  # pressed\n"
                                                       "at 2 s: jump force +3 N\n"
                                                       "at request 1: drop reply", NULL), 0); /* not the bench's */
    CU_ASSERT_EQUAL_FATAL(vbench_log_to(v, folder, NULL), 0);
    vbench_advance(v, 0.25);
    for (int i = 0; i < 3; i++)
        kit_read(v, 1, 5, 1, &w);
    vbench_advance(v, 2.0);
    kit_read(v, 1, 5, 1, &w);
    CU_ASSERT_EQUAL(vbench_close_logs(v, NULL), 0);
    snprintf(path, sizeof path, "%s/faults.csv", folder);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0);
    const char *want[2][3] = {{"0.25", "3", "at request 3: estop"}, {"2", "3", "at 2 s: jump force +3 N"}};
    CU_ASSERT_EQUAL_FATAL(t.rows, 2);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 3; k++)
            CU_ASSERT_STRING_EQUAL(table_cell(&t, i, k), want[i][k]);
    table_release(&t);
    snprintf(path, sizeof path, "%s/truth.csv", folder);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0);
    size_t requests;
    CU_ASSERT_EQUAL_FATAL(table_col(&t, "requests", &requests, NULL), 0);
    CU_ASSERT_STRING_EQUAL(table_cell(&t, t.rows - 1, requests), "3");
    table_release(&t);
    vbench_free(v);
    kit_remove(folder);
}

static void logs_are_never_overwritten(void)
{
    char folder[300];
    struct err e = {0};
    struct vbench *v = kit_bench(31);
    kit_folder(folder, sizeof folder);
    CU_ASSERT_EQUAL_FATAL(vbench_log_to(v, folder, NULL), 0);
    CU_ASSERT_EQUAL(vbench_close_logs(v, NULL), 0);
    CU_ASSERT_EQUAL(vbench_log_to(v, folder, &e), ERR_IO);
    ASSERT_HAS(e.msg, "truth.csv' exists: logs are never overwritten");
    e = (struct err){0};
    CU_ASSERT_EQUAL(vbench_log_to(v, "/proc/none/there", &e), ERR_IO);
    ASSERT_HAS(e.msg, "cannot make folder '/proc/none/there'");
    vbench_free(v);
    kit_remove(folder);
}

CU_TestInfo virtual_vbench_tests[] = {
    {"fresh specimen has no holes and differs", fresh_specimen_has_no_holes_and_differs},
    {"rows and truth of a seed repeat", rows_and_truth_of_a_seed_repeat},
    {"time in slices is the same time", time_in_slices_is_the_same_time},
    {"reading is the true depth within its noise", reading_is_the_true_depth_within_its_noise},
    {"pressing again writes another reading", pressing_again_writes_another_reading},
    {"truth log holds every millisecond of motion", truth_log_holds_every_millisecond_of_motion},
    {"writes are kept with their answer", writes_are_kept_with_their_answer},
    {"faults are kept with their time and the requests before",
     faults_are_kept_with_their_time_and_the_requests_before},
    {"logs are never overwritten", logs_are_never_overwritten},
    CU_TEST_INFO_NULL,
};
