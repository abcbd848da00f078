/* test_place.c -- where a program may write: not into a run, and over nothing but its own kind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/place.h"
#include "base/runfolder.h"
#include "base/show/report.h"
#include "tests/base/suites.h"

static void page_to(const char *path, int want, const char *told)
{
    struct err e = {0};
    struct report *r = NULL;
    int rc = report_open(&r, path, "Seven holes", "by a test", &e);
    if (rc == 0) {
        report_paragraph(r, "417 um");
        rc = report_close(r, &e);
    }
    CU_ASSERT_EQUAL(rc, want);
    if (told)
        ASSERT_HAS(e.msg, told);
}

static void a_page_replaces_an_older_page_and_nothing_else(void)
{
    char folder[200], page[300], csv[300], old[300], link[300], pipe[300];
    struct stat st;
    temp_folder(folder);
    temp_path(folder, "page.html", page);
    page_to(page, 0, NULL);
    page_to(page, 0, NULL);
    temp_write(temp_path(folder, "data.csv", csv), "seq,force_N\n0,3.1417\n");
    page_to(csv, ERR_ARG, "exists and is no page of ours: it is not replaced");
    char *text = temp_read(csv);
    CU_ASSERT_STRING_EQUAL(text, "seq,force_N\n0,3.1417\n");
    free(text);
    temp_write(temp_path(folder, "old.html", old), "<!DOCTYPE html>\n<title>somebody's own</title>\n");
    page_to(old, ERR_ARG, "is no page of ours");
    CU_ASSERT_EQUAL(symlink(page, temp_path(folder, "link.html", link)), 0);
    page_to(link, ERR_ARG, "is no page of ours");
    CU_ASSERT_EQUAL(mkfifo(temp_path(folder, "pipe", pipe), 0600), 0);
    page_to(pipe, ERR_ARG, "is no page of ours");
    CU_ASSERT(stat(pipe, &st) == 0 && S_ISFIFO(st.st_mode));
    page_to(folder, ERR_ARG, "is no page of ours");
    temp_remove(folder);
}

static void nothing_is_written_into_a_run_however_deep(void)
{
    char folder[200], path[300];
    struct err e = {0};
    temp_folder(folder);
    CU_ASSERT_EQUAL(place_check_outside_runs(temp_path(folder, "a/b/c.html", path), &e), 0);
    temp_write(temp_path(folder, RUN_SAMPLES, path), "seq\n");
    CU_ASSERT_FALSE(place_is_run(folder));
    temp_write(temp_path(folder, RUN_EVENTS, path), "time_s\n");
    CU_ASSERT_TRUE(place_is_run(folder));
    CU_ASSERT_EQUAL(place_check_outside_runs(temp_path(folder, "a/b/c.html", path), &e), ERR_ARG);
    ASSERT_HAS(e.msg, "nothing is ever written into one");
    page_to(temp_path(folder, "new.html", path), ERR_ARG, "lies in the run folder");
    e = (struct err){0};
    CU_ASSERT_EQUAL(place_check_ports(temp_path(folder, "port", path), &e), ERR_ARG);
    CU_ASSERT_EQUAL(place_check_outside_runs(folder, &e), 0); /* the folder itself stands in no other */
    temp_remove(folder);
}

static void a_file_of_ports_replaces_such_a_file_alone(void)
{
    static const struct { const char *text; int code; } there[] = {
        {"", 0}, {"34329\n", 0}, {"34329\n/dev/pts/7\n", 0}, {"port: 34329\n", ERR_ARG}, {"1,2\n3,4\n", ERR_ARG}};
    char folder[200], path[300];
    temp_folder(folder);
    temp_path(folder, "port", path);
    for (size_t i = 0; i < sizeof there / sizeof *there; i++) {
        struct err e = {0};
        temp_write(path, there[i].text);
        CU_ASSERT_EQUAL(place_check_ports(path, &e), there[i].code);
        if (there[i].code)
            ASSERT_HAS(e.msg, "exists and is no file of ports: it is not replaced");
    }
    temp_remove(folder);
}

CU_TestInfo place_tests[] = {
    {"a page replaces an older page and nothing else", a_page_replaces_an_older_page_and_nothing_else},
    {"nothing is written into a run however deep", nothing_is_written_into_a_run_however_deep},
    {"a file of ports replaces such a file alone", a_file_of_ports_replaces_such_a_file_alone},
    CU_TEST_INFO_NULL,
};
