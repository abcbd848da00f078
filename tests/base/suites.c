/* suites.c -- the list of suites of base/, and temporary files for them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text/file.h"
#include "tests/base/suites.h"

CU_SuiteInfo test_suites[] = {
    {"config", NULL, NULL, NULL, NULL, config_tests},
    {"config errors", NULL, NULL, NULL, NULL, config_error_tests},
    {"record", NULL, NULL, NULL, NULL, record_tests},
    {"units", NULL, NULL, NULL, NULL, units_tests},
    {"table", NULL, NULL, NULL, NULL, table_tests},
    {"provenance", NULL, NULL, NULL, NULL, provenance_tests},
    {"runfolder", NULL, NULL, NULL, NULL, runfolder_tests},
    {"cli", NULL, NULL, NULL, NULL, cli_tests},
    {"show", NULL, NULL, NULL, NULL, show_tests},
    {"report", NULL, NULL, NULL, NULL, report_tests},
    {"place", NULL, NULL, NULL, NULL, place_tests},
    {"stats", NULL, NULL, NULL, NULL, stats_tests},
    {"curve", NULL, NULL, NULL, NULL, curve_tests},
    {"shelf", NULL, NULL, NULL, NULL, shelf_tests},
    CU_SUITE_INFO_NULL,
};

const char *temp_folder(char buf[200])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(buf, 200, "%.150s/mn-base-XXXXXX", tmp ? tmp : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(buf));
    return buf;
}

void temp_remove(const char *folder)
{
    char path[600];
    DIR *d = opendir(folder);
    for (struct dirent *f; d && (f = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", folder, f->d_name);
        if (strcmp(f->d_name, ".") != 0 && strcmp(f->d_name, "..") != 0)
            unlink(path);
    }
    if (d)
        closedir(d);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

const char *temp_path(const char *folder, const char *name, char buf[300])
{
    snprintf(buf, 300, "%.200s/%.90s", folder, name);
    return buf;
}

void temp_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

char *temp_read(const char *path)
{
    char *text = NULL;
    size_t len;
    return file_read(path, 1 << 24, &text, &len, NULL) ? NULL : text;
}
