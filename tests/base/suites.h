/* suites.h -- the tests of each file of base/, listed for suites.c. */
#ifndef TESTS_BASE_SUITES_H
#define TESTS_BASE_SUITES_H
#include "tests/runner.h"

extern CU_TestInfo config_tests[], config_error_tests[], record_tests[], units_tests[], table_tests[],
    provenance_tests[], runfolder_tests[], cli_tests[], show_tests[], report_tests[], place_tests[], stats_tests[],
    curve_tests[], shelf_tests[];

/* Folder for one test's files, made by mkdtemp under $TMPDIR; removed with all its files by temp_remove. */
const char *temp_folder(char buf[200]);
void temp_remove(const char *folder);
/* folder/name into buf; returns buf. */
const char *temp_path(const char *folder, const char *name, char buf[300]);
void temp_write(const char *path, const char *text);
/* The whole file, free() it; NULL when it is not there. */
char *temp_read(const char *path);
#endif
