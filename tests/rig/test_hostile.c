/* test_hostile.c -- benches, maps and methods that are no such thing: one clear message, at once, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/text/units.h"
#include "rig/method/method.h"
#include "tests/rig/suites.h"

enum { BIG = 10 * 1000 * 1000 };
#define BENCH "config/benches/virtual_tcp.yaml"

static int read_bench(const char *path, struct err *e)
{
    static struct bench b;
    struct config *doc = NULL;
    int rc = bench_read(&b, &doc, path, NULL, 0, e);
    config_close(doc);
    return rc;
}

/* As a bench names it. */
static int read_map(const char *path, struct err *e)
{
    static struct bench b;
    struct config *doc = NULL;
    char set[400];
    snprintf(set, sizeof set, "devices/force/map=%s", path);
    const char *sets[] = {set};
    int rc = bench_read(&b, &doc, BENCH, sets, 1, e);
    config_close(doc);
    return rc;
}

static int read_method(const char *path, struct err *e)
{
    static struct method m;
    struct config *doc = NULL;
    int rc = method_read(&m, &doc, path, NULL, 0, e);
    config_close(doc);
    return rc;
}

static void all_refuse(const char *path, const char *says)
{
    static int (*const readers[])(const char *, struct err *) = {read_bench, read_map, read_method};
    units_init(NULL);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        struct err e = {0};
        clock_t start = clock();
        int rc = readers[i](path, &e);
        CU_ASSERT_EQUAL(err_exit_status(rc), 3);
        CU_ASSERT_TRUE((double)(clock() - start) < 1.0 * (double)CLOCKS_PER_SEC);
        ASSERT_HAS(e.msg, path);
        ASSERT_HAS(e.msg, says);
    }
}

static void new_path(char path[200])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(path, 200, "%.100s/mnrig-hostile-XXXXXX", tmp ? tmp : "/tmp");
}

static void text_is_refused(const char *text, size_t n, const char *says)
{
    char path[200];
    new_path(path);
    int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    if (!f)
        return;
    CU_ASSERT_EQUAL(fwrite(text, 1, n, f), n);
    fclose(f);
    all_refuse(path, says);
    unlink(path);
}

#define TEXT(t) t, sizeof(t) - 1

static void what_is_no_yaml_of_ours_is_refused_in_one_message(void)
{
    text_is_refused(TEXT(""), "empty: no keys in it");
    text_is_refused(TEXT("# a comment\n"), "empty: no keys in it");
    text_is_refused(TEXT("42\n"), "must be a map of keys");
    text_is_refused(TEXT("- a\n- b\n"), "must be a map of keys");
    text_is_refused(TEXT("a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\n"), ":1:7: anchors (&name) are not allowed here");
    text_is_refused(TEXT("a: *a\n"), "aliases (*name) are not allowed here");
    text_is_refused(TEXT("a: !!python/object x\n"), "tags (!name) are not allowed here");
    text_is_refused(TEXT("a: 1\nb: 2\na: 3\n"), ":3:1: duplicate key 'a': already given in line 1");
    text_is_refused(TEXT("tick:\n\tperiod: 20 ms\n"), ":2:1: tab character");
    text_is_refused(TEXT("a: 1\n---\na: 2\n"), "a second document: one file holds one");
    text_is_refused(TEXT("a: x\0y\n"), ":1:5: control character 0x00");
    text_is_refused(TEXT("a: \xff\xfe\n"), ":1:4: byte 0xff is not UTF-8 text");
    text_is_refused(TEXT("a: b\xef\xbb\xbf" "c\n"), "invisible character 0xef 0xbb");
    text_is_refused(TEXT("a: \"\\0\"\n"), "a NUL character inside a text");
    text_is_refused(TEXT("a: [1, 2\n"), ":");
}

static void what_is_far_too_much_is_refused_at_once(void)
{
    char *text = malloc(BIG);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    if (!text)
        return;
    memset(text, '#', BIG);
    text_is_refused(text, BIG, "larger than 4096 KiB");
    memset(text, '[', BIG);
    memcpy(text, "a: ", 3);
    text_is_refused(text, 200000, "more than 32 levels of nesting");
    memset(text, '9', BIG);
    memcpy(text, "bench: ", 7);
    text_is_refused(text, 1000000, ":1:");
    size_t n = 0;
    for (int i = 0; i < 100000; i++)
        n += (size_t)sprintf(text + n, "k%d: 1\n", i);
    text_is_refused(text, n, "more than 4096 keys in one map");
    free(text);
}

static void what_is_no_file_is_refused(void)
{
    char path[200];
    new_path(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(path));
    all_refuse(path, "is a directory, not a regular file");
    rmdir(path);
    all_refuse(path, "No such file");
    CU_ASSERT_EQUAL(symlink(path, path), 0);
    all_refuse(path, "symbolic links");
    unlink(path);
    if (geteuid() != 0) { /* root may read everything */
        FILE *f = fopen(path, "wb");
        if (f)
            fclose(f);
        chmod(path, 0);
        all_refuse(path, "Permission denied");
        unlink(path);
    }
}

/* Marks and line ends of other systems change nothing. */
static void a_byte_order_mark_and_other_line_ends_do_not_matter(void)
{
    static char text[1 << 15];
    char path[200];
    FILE *from = fopen("config/methods/press_10N_hold_5s.yaml", "rb");
    new_path(path);
    int fd = mkstemp(path);
    FILE *to = fd >= 0 ? fdopen(fd, "wb") : NULL;
    CU_ASSERT_TRUE_FATAL(from && to);
    if (!from || !to)
        return;
    fputs("\xef\xbb\xbf", to);
    while (fgets(text, sizeof text, from)) {
        text[strcspn(text, "\n")] = '\0';
        fprintf(to, "%s\r\n", text);
    }
    fclose(from);
    fclose(to);
    struct err e = {0};
    CU_ASSERT_EQUAL(read_method(path, &e), 0);
    unlink(path);
}

CU_TestInfo hostile_tests[] = {
    {"what_is_no_yaml_of_ours_is_refused_in_one_message", what_is_no_yaml_of_ours_is_refused_in_one_message},
    {"what_is_far_too_much_is_refused_at_once", what_is_far_too_much_is_refused_at_once},
    {"what_is_no_file_is_refused", what_is_no_file_is_refused},
    {"a_byte_order_mark_and_other_line_ends_do_not_matter", a_byte_order_mark_and_other_line_ends_do_not_matter},
    CU_TEST_INFO_NULL};
