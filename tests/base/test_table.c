/* test_table.c -- CSV read, written, and refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text/table.h"
#include "tests/base/suites.h"

static int parse(struct table *t, const char *text, struct err *e)
{
    return table_parse(t, "flux.csv", text, strlen(text), e);
}

static void cells_are_read_as_written(void)
{
    struct table t;
    struct err e = {0};
    double *x = NULL;
    size_t col = 9;
    CU_ASSERT_EQUAL_FATAL(
        parse(&t, "\xef\xbb\xbftime_h,note,flux\r\n0.25, a ,1e-3\r\n1.75,\"x, \"\"y\"\"\r\nz\",\r\n2,,7\r\n", &e), 0);
    CU_ASSERT_EQUAL(t.rows, 3);
    CU_ASSERT_EQUAL(t.cols, 3);
    CU_ASSERT_STRING_EQUAL(table_cell(&t, 0, 1), " a ");
    CU_ASSERT_STRING_EQUAL(table_cell(&t, 1, 1), "x, \"y\"\r\nz");
    CU_ASSERT_EQUAL(t.line[2], 5);
    CU_ASSERT_EQUAL(table_col(&t, "flux", &col, &e), 0);
    CU_ASSERT_EQUAL(col, 2);
    CU_ASSERT_TRUE(table_has(&t, "note"));
    CU_ASSERT_FALSE(table_has(&t, "nota"));
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "flux", true, &x, &e), 0);
    ASSERT_REL(x[0], 1e-3, 0);
    CU_ASSERT_TRUE(isnan(x[1]));
    free(x);
    table_release(&t);
    table_release(&t);
}

static void damaged_files_are_refused(void)
{
    static const struct { const char *text, *message; } cases[] = {
        {"", "flux.csv:1: empty file: a header row was expected"},
        {"a,b\n1,2\n3,4", "flux.csv:3: torn last line: the file does not end with a newline"},
        {"a,b\n1,2,3\n", "flux.csv:2: 3 cells, but the header names 2 columns"},
        {"a,b\n1,2\n1\n", "flux.csv:3: 1 cells, but the header names 2 columns"},
        {"a,b\n1,\"x\ny\"\n7\n", "flux.csv:4: 1 cells, but the header names 2 columns"},
        {"a,,b\n", "flux.csv:1: column 2 has no name"},
        {"a,b,a\n", "flux.csv:1: columns 1 and 3 are both named 'a'"},
        {"a,b\n1,2\n\n3,4\n", "flux.csv:3: blank line"},
        {"a,b\n1,x\"y\n", "flux.csv:2: stray quote"},
        {"a,b\n1,\"y\n2,3\n", "flux.csv:2: a quoted cell is not closed before the end of the file"},
        {"a\n1\r2\n", "flux.csv:2: carriage return inside a line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct table t;
        struct err e = {0};
        CU_ASSERT_EQUAL(parse(&t, cases[i].text, &e), ERR_PARSE);
        ASSERT_HAS(e.msg, cases[i].message);
        CU_ASSERT_PTR_NULL(t.path);
    }
    struct table t;
    struct err e = {0};
    CU_ASSERT_EQUAL(table_parse(&t, "flux.csv", "a\n1\n\0\n", 6, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "flux.csv:3: NUL byte");
    e = (struct err){0};
    CU_ASSERT_EQUAL(table_read(&t, "/nowhere/x.csv", &e), ERR_IO);
    ASSERT_HAS(e.msg, "/nowhere/x.csv: cannot be opened: No such file");
}

static void bad_columns_and_cells_are_named(void)
{
    struct table t;
    struct err e = {0};
    double *x = NULL;
    CU_ASSERT_EQUAL_FATAL(parse(&t, "time_h,flux\n1,2\n3,abc\n5,\n", &e), 0);
    CU_ASSERT_EQUAL(table_numbers(&t, "time_min", false, &x, &e), ERR_PARSE);
    CU_ASSERT_STRING_EQUAL(e.msg, "flux.csv:1: no column 'time_min'");
    CU_ASSERT_STRING_EQUAL(e.hint, "did you mean 'time_h'?  The columns are: time_h, flux");
    e = (struct err){0};
    CU_ASSERT_EQUAL(table_numbers(&t, "lag_of_it", false, &x, &e), ERR_PARSE);
    CU_ASSERT_STRING_EQUAL(e.hint, "the columns are: time_h, flux");
    e = (struct err){0};
    CU_ASSERT_EQUAL(table_numbers(&t, "flux", true, &x, &e), ERR_PARSE);
    CU_ASSERT_STRING_EQUAL(e.msg, "flux.csv:3: column 'flux': 'abc' is not a number");
    table_release(&t);
    e = (struct err){0};
    CU_ASSERT_EQUAL_FATAL(parse(&t, "x,y\n1,2\n,4\n", &e), 0);
    CU_ASSERT_EQUAL(table_numbers(&t, "x", false, &x, &e), ERR_PARSE);
    CU_ASSERT_STRING_EQUAL(e.msg, "flux.csv:3: column 'x': empty, a number was expected");
    table_release(&t);
}

static void what_is_written_is_read_again(void)
{
    static const char *const columns[] = {"x", "y", "note, \"quoted\"", "n"};
    static const char *const notes[] = {"", "plain", "a,b", "\"", "two\nlines", " blanks "};
    char folder[200], path[300];
    struct table_out *o;
    struct table t;
    struct err e = {0};
    double *x = NULL, *y = NULL;
    temp_path(temp_folder(folder), "out.csv", path);
    CU_ASSERT_EQUAL_FATAL(table_create(&o, path, columns, 4, &e), 0);
    for (int i = 0; i < 6; i++) {
        table_exact(o, i == 3 ? NAN : exp(i * 1.1));
        table_number(o, 1.0 / 3.0);
        table_word(o, notes[i]);
        table_integer(o, -9876543210 * i);
        CU_ASSERT_EQUAL(table_end_row(o, &e), 0);
    }
    CU_ASSERT_PTR_NULL(temp_read(path)); /* nothing under the final name before it is whole */
    CU_ASSERT_EQUAL(table_close(o, &e), 0);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, &e), 0);
    CU_ASSERT_EQUAL_FATAL(t.rows, 6);
    CU_ASSERT_STRING_EQUAL(t.name[2], columns[2]);
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "x", true, &x, &e), 0);
    CU_ASSERT_EQUAL_FATAL(table_numbers(&t, "y", true, &y, &e), 0);
    for (size_t i = 0; i < 6; i++) {
        CU_ASSERT_STRING_EQUAL(table_cell(&t, i, 2), notes[i]);
        CU_ASSERT_TRUE(i == 3 ? isnan(x[i]) : x[i] == exp((double)i * 1.1));
        ASSERT_REL(y[i], 1.0 / 3.0, 2e-10);
    }
    CU_ASSERT_STRING_EQUAL(table_cell(&t, 2, 3), "-19753086420");
    free(x);
    free(y);
    table_release(&t);
    temp_remove(folder);
}

static void abandoned_table_leaves_nothing(void)
{
    static const char *const columns[] = {"only"};
    char folder[200], path[300];
    struct table_out *o;
    struct err e = {0};
    temp_path(temp_folder(folder), "out.csv", path);
    CU_ASSERT_EQUAL_FATAL(table_create(&o, path, columns, 1, &e), 0);
    table_word(o, "");
    CU_ASSERT_EQUAL(table_end_row(o, &e), 0);
    table_abandon(o);
    table_abandon(NULL);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
    CU_ASSERT_EQUAL(table_create(&o, "/nowhere/x.csv", columns, 1, &e), ERR_IO);
    ASSERT_HAS(e.msg, "/nowhere/x.csv: cannot be written");
}

static void live_table_has_its_name_and_whole_rows_at_once(void)
{
    static const char *const columns[] = {"time_s", "state"};
    char folder[200], path[300];
    struct table_out *o, *second = NULL;
    struct table t;
    struct err e = {0};
    temp_path(temp_folder(folder), "live.csv", path);
    CU_ASSERT_EQUAL_FATAL(table_create_live(&o, path, columns, 2, NULL), 0);
    table_number(o, 0.4375);
    table_word(o, "homing");
    CU_ASSERT_EQUAL(table_end_row(o, NULL), 0);
    table_number(o, 0.5); /* a row that is not whole is not there yet */
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0);
    CU_ASSERT_EQUAL(t.rows, 1);
    CU_ASSERT_STRING_EQUAL(table_cell(&t, 0, 1), "homing");
    table_release(&t);
    CU_ASSERT_EQUAL(table_create_live(&second, path, columns, 2, &e), ERR_IO);
    ASSERT_HAS(e.msg, "live.csv: cannot be written: File exists");
    table_word(o, "moving");
    CU_ASSERT_EQUAL(table_end_row(o, NULL), 0);
    table_abandon(o);
    CU_ASSERT_EQUAL_FATAL(table_read(&t, path, NULL), 0); /* abandoned, and kept */
    CU_ASSERT_EQUAL(t.rows, 2);
    table_release(&t);
    temp_remove(folder);
}

CU_TestInfo table_tests[] = {
    {"cells are read as written", cells_are_read_as_written},
    {"damaged files are refused", damaged_files_are_refused},
    {"bad columns and cells are named", bad_columns_and_cells_are_named},
    {"what is written is read again", what_is_written_is_read_again},
    {"abandoned table leaves nothing", abandoned_table_leaves_nothing},
    {"live table has its name and whole rows at once", live_table_has_its_name_and_whole_rows_at_once},
    CU_TEST_INFO_NULL,
};
