/* test_record.c -- YAML written and read again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text/config.h"
#include "tests/base/suites.h"

static void what_is_written_is_read_again(void)
{
    static const char *const texts[] = {"plain words",  "",       "yes",      "1e5",
                                        "0x10",         "~",      "a: b # c", "two\nlines\ttab",
                                        "'q' \"q\" \\", " lead",  "-",        "\xc2\xb5m \xe2\x80\xa8 \xef\xbb\xbf",
                                        ".inf",         "[1, 2]", "&a",       "\x01\x7f"};
    enum { N = sizeof texts / sizeof texts[0] };
    char folder[200], path[300];
    struct record *r;
    struct config *c;
    struct err e = {0};
    double x = 0;
    long i = 0;
    bool b = true;
    temp_path(temp_folder(folder), "out.yaml", path);
    CU_ASSERT_EQUAL_FATAL(record_new(&r, &e), 0);
    for (int k = 0; k < N; k++)
        record_text(r, "texts/-", texts[k]);
    record_number(r, "n/x", 1.234567891e-13);
    record_number(r, "n/nan", NAN);
    record_quantity(r, "n/q", 1.25e-10, "m2/s");
    record_integer(r, "n/i", -123456789012345);
    record_bool(r, "n/b", false);
    record_text(r, "list/0/name", "first");
    record_text(r, "list/1/name", "second");
    CU_ASSERT_EQUAL(record_write(r, path, &e), 0);
    record_free(r);
    CU_ASSERT_EQUAL_FATAL(config_open(&c, path, &e), 0);
    struct cnode n = config_get(config_root(c), "n"), t = config_get(config_root(c), "texts");
    CU_ASSERT_EQUAL(config_count(t), N);
    for (size_t k = 0; k < N; k++) {
        const char *text = config_text(config_item(t, k));
        CU_ASSERT_STRING_EQUAL(text ? text : "(none)", texts[k]);
    }
    CU_ASSERT_EQUAL(config_number(n, "x", RANGE_ANY, &x, &e), 0);
    ASSERT_REL(x, 1.234567891e-13, 1e-15);
    CU_ASSERT_STRING_EQUAL(config_text(config_get(n, "nan")), ".nan");
    CU_ASSERT_EQUAL(config_quantity(n, "q", "m2/s", RANGE_POSITIVE, &x, &e), 0);
    ASSERT_REL(x, 1.25e-10, 1e-15);
    CU_ASSERT_EQUAL(config_integer(n, "i", -999999999999999, 0, &i, &e), 0);
    CU_ASSERT_EQUAL(i, -123456789012345);
    CU_ASSERT_EQUAL(config_bool(n, "b", &b, &e), 0);
    CU_ASSERT_FALSE(b);
    CU_ASSERT_STRING_EQUAL(config_text(config_get(config_item(config_get(config_root(c), "list"), 1), "name")),
                           "second");
    CU_ASSERT_EQUAL(e.code, 0);
    config_close(c);
    unlink(path);
    temp_remove(folder);
}

static void subtree_is_copied_in_block_style(void)
{
    const char *text = "a: {b: [1 um, {c: \"2\"}], d: }\ne:\n  \t-";
    struct config *c;
    struct record *r;
    CU_ASSERT_EQUAL_FATAL(config_parse(&c, "x", text, strlen(text), NULL), 0);
    CU_ASSERT_EQUAL_FATAL(record_new(&r, NULL), 0);
    record_subtree(r, "copy", config_get(config_root(c), "a"));
    record_subtree(r, "e", config_get(config_root(c), "e"));
    char *out = record_string(r);
    CU_ASSERT_STRING_EQUAL(out ? out : "(null)", "copy:\n  b:\n  - 1 um\n  - c: \"2\"\n  d: ~\ne: \"-\"\n");
    free(out);
    record_free(r);
    config_close(c);
}

static void mistakes_come_out_when_writing(void)
{
    struct record *r;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(record_new(&r, NULL), 0);
    record_text(r, "a", "x");
    record_text(r, "a/b", "y");
    CU_ASSERT_EQUAL(record_write(r, "/nowhere/x.yaml", &e), ERR_ARG);
    CU_ASSERT_STRING_EQUAL(e.msg, "/nowhere/x.yaml: a/b: 'a' is a value, nothing can be set below it");
    CU_ASSERT_PTR_NULL(record_string(r));
    record_free(r);
    CU_ASSERT_EQUAL_FATAL(record_new(&r, NULL), 0);
    e = (struct err){0};
    record_text(r, "a", "x");
    CU_ASSERT_EQUAL(record_write(r, "/nowhere/x.yaml", &e), ERR_IO);
    CU_ASSERT_STRING_EQUAL(e.msg, "/nowhere/x.yaml: cannot be written: No such file or directory");
    record_free(r);
    record_free(NULL);
}

CU_TestInfo record_tests[] = {
    {"what is written is read again", what_is_written_is_read_again},
    {"subtree is copied in block style", subtree_is_copied_in_block_style},
    {"mistakes come out when writing", mistakes_come_out_when_writing},
    CU_TEST_INFO_NULL,
};
