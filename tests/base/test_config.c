/* test_config.c -- configuration: what is read, and every message about what is not. */
#include <string.h>
#include "base/text/config.h"
#include "tests/base/suites.h"

static const char study[] =
    "skin:\n"
    "  layers:\n"
    "    - {name: corneum, thickness: 17.3 um}\n"
    "    - name: dermis\n"
    "      thickness: -15 um\n"
    "  temperature: 32 degC\n"
    "unit: 0x0D\n"
    "stirred: yes\n"
    "fraction: 37 %\n"
    "loss: \"2.5 mg\"\n"
    "empty:\n"
    "mode: dffusing\n";

static struct config *parse(const char *text)
{
    struct config *c = NULL;
    struct err e = {0};
    CU_ASSERT_EQUAL(config_parse(&c, "study.yaml", text, strlen(text), &e), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_EQUAL(e.code, 0);
    return c;
}

static struct cnode layer(struct config *c, size_t i)
{
    return config_item(config_get(config_get(config_root(c), "skin"), "layers"), i);
}

static void values_are_read_in_si(void)
{
    struct config *c = parse(study);
    struct cnode root = config_root(c);
    struct err e = {0};
    double x = 0;
    long unit = 0;
    bool stirred = false;
    const char *text = NULL;
    CU_ASSERT_EQUAL(config_quantity(layer(c, 0), "thickness", "m", RANGE_POSITIVE, &x, &e), 0);
    ASSERT_REL(x, 17.3e-6, 1e-14);
    CU_ASSERT_EQUAL(config_quantity(config_get(root, "skin"), "temperature", "K", RANGE_POSITIVE, &x, &e), 0);
    ASSERT_REL(x, 305.15, 1e-14);
    CU_ASSERT_EQUAL(config_quantity(root, "fraction", "1", RANGE_FRACTION, &x, &e), 0);
    ASSERT_REL(x, 0.37, 1e-14);
    CU_ASSERT_EQUAL(config_quantity(root, "loss", "kg", RANGE_POSITIVE, &x, &e), 0);
    ASSERT_REL(x, 2.5e-6, 1e-14);
    CU_ASSERT_EQUAL(config_integer(root, "unit", 0, 247, &unit, &e), 0);
    CU_ASSERT_EQUAL(unit, 13);
    CU_ASSERT_EQUAL(config_bool(root, "stirred", &stirred, &e), 0);
    CU_ASSERT_TRUE(stirred);
    CU_ASSERT_EQUAL(config_string(root, "mode", &text, &e), 0);
    char small[4], fits[40];
    struct err full = {0};
    CU_ASSERT_EQUAL(config_string_copy(root, "mode", fits, sizeof fits, NULL), 0);
    CU_ASSERT_STRING_EQUAL(fits, text);
    CU_ASSERT_EQUAL(config_string_copy(root, "mode", small, sizeof small, &full), ERR_RANGE);
    ASSERT_HAS(full.msg, "mode: 'dffusing': at most 3 characters");
    CU_ASSERT_STRING_EQUAL(text, "dffusing");
    CU_ASSERT_EQUAL(e.code, 0);
    config_close(c);
}

static void questions_never_fail(void)
{
    struct config *c = parse(study);
    struct cnode root = config_root(c), none = config_get(root, "nothing");
    const char *key;
    char buf[100];
    CU_ASSERT_FALSE(config_is(none) || config_is_map(none) || config_is_list(none) || config_is_scalar(none));
    CU_ASSERT_FALSE(config_is(config_item(none, 3)) || config_is(config_get(none, "x")) || config_is(layer(c, 2)));
    CU_ASSERT_PTR_NULL(config_text(none));
    CU_ASSERT_EQUAL(config_count(root), 7);
    CU_ASSERT_TRUE(config_is_scalar(config_pair(root, 3, &key)));
    CU_ASSERT_STRING_EQUAL(key, "fraction");
    CU_ASSERT_FALSE(config_is(config_pair(root, 7, &key)));
    CU_ASSERT_PTR_NULL(key);
    CU_ASSERT_EQUAL(config_line(config_get(layer(c, 1), "thickness")), 5);
    CU_ASSERT_STRING_EQUAL(config_where(config_get(layer(c, 1), "thickness"), buf, sizeof buf), "study.yaml:5:18");
    CU_ASSERT_STRING_EQUAL(config_subject(config_get(layer(c, 1), "thickness"), buf, sizeof buf),
                           "skin/layers/1/thickness");
    CU_ASSERT_STRING_EQUAL(config_path(c), "study.yaml");
    config_close(c);
    config_close(NULL);
}

static void byte_order_mark_and_crlf_are_accepted(void)
{
    struct config *c = parse("\xef\xbb\xbf" "a: 3 um\r\nb: 4.25\r\n");
    double x = 0;
    CU_ASSERT_EQUAL(config_number(config_root(c), "b", RANGE_ANY, &x, NULL), 0);
    ASSERT_REL(x, 4.25, 0);
    CU_ASSERT_EQUAL(config_line(config_get(config_root(c), "b")), 2);
    config_close(c);
}

static void override_replaces_adds_and_appends(void)
{
    struct config *c = parse(study);
    struct err e = {0};
    double x = 0;
    CU_ASSERT_EQUAL(config_override(c, "skin/layers/1/thickness=1.21 mm", &e), 0);
    CU_ASSERT_EQUAL(config_quantity(layer(c, 1), "thickness", "m", RANGE_POSITIVE, &x, &e), 0);
    ASSERT_REL(x, 1.21e-3, 1e-14);
    CU_ASSERT_EQUAL(config_override(c, "dose.patch.mass=3 mg", &e), 0);
    CU_ASSERT_EQUAL(
        config_quantity(config_get(config_get(config_root(c), "dose"), "patch"), "mass", "kg", RANGE_ANY, &x, &e), 0);
    CU_ASSERT_EQUAL(config_override(c, "skin/layers/2={name: fat, thickness: 2 mm}", &e), 0);
    CU_ASSERT_EQUAL(config_quantity(layer(c, 2), "thickness", "m", RANGE_POSITIVE, &x, &e), 0);
    CU_ASSERT_EQUAL(config_override(c, "empty/now=a map", &e), 0);
    CU_ASSERT_EQUAL(config_override(c, "text=a=b", &e), 0);
    CU_ASSERT_STRING_EQUAL(config_text(config_get(config_root(c), "text")), "a=b");
    CU_ASSERT_EQUAL(e.code, 0);
    config_close(c);
}

static void nearest_word_is_near(void)
{
    static const char *const words[] = {"thickness", "D", "K", "name", NULL};
    CU_ASSERT_STRING_EQUAL(config_nearest("thicknes", words), "thickness");
    CU_ASSERT_STRING_EQUAL(config_nearest("naem", words), "name");
    CU_ASSERT_PTR_NULL(config_nearest("porosity", words));
    CU_ASSERT_PTR_NULL(config_nearest("x", words));
}

CU_TestInfo config_tests[] = {
    {"values are read in SI", values_are_read_in_si},
    {"questions never fail", questions_never_fail},
    {"byte order mark and CRLF are accepted", byte_order_mark_and_crlf_are_accepted},
    {"override replaces, adds and appends", override_replaces_adds_and_appends},
    {"nearest word is near", nearest_word_is_near},
    CU_TEST_INFO_NULL,
};

/* ---- messages ---- */

static void syntax_and_strictness(void)
{
    static const struct { const char *text, *message; } cases[] = {
        {"a: 1\nb: 2\na: 3\n", "study.yaml:3:1: duplicate key 'a': already given in line 1\n    3 | a: 3\n      | ^"},
        {"", "study.yaml:1:1: empty: no keys in it"},
        {"# nothing\n", "study.yaml:1:1: empty: no keys in it"},
        {"a: \"x\n", "study.yaml:1:5: double-quoted scalar without closing quote"},
        {"k: b: c\n", "\n    1 | k: b: c\n      |     ^"},
        {"a: &x 1\n", "anchors (&name) are not allowed here"},
        {"a: *x\n", "study.yaml:1:"},
        {"a: !t 1\n", "tags (!name) are not allowed here"},
        {"a: 1\n---\nb: 2\n", "study.yaml:2:1: a second document: one file holds one"},
        {"? [a]\n: b\n", "a key must be a word, not a map or a list"},
        {"ab: \x01\n", "study.yaml:1:5: control character 0x01\n    1 | ab: \x01\n      |     ^"},
        {"\xc3\xa4: \xff\n", "study.yaml:1:4: byte 0xff is not UTF-8 text"},
        {"a: \"\\0\"\n", "a NUL character inside a text"},
        {"a: \xe2\x80\xa8\n", "invisible character 0xe2 0x80"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[a", "more than 32 levels of nesting"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config *c = NULL;
        struct err e = {0};
        CU_ASSERT_EQUAL(config_parse(&c, "study.yaml", cases[i].text, strlen(cases[i].text), &e), ERR_PARSE);
        CU_ASSERT_PTR_NULL(c);
        ASSERT_HAS(e.msg, cases[i].message);
    }
}

static void value_out_of_range_shows_place_caret_value_and_bound(void)
{
    struct config *c = parse(study);
    struct err e = {0};
    double x = 7;
    CU_ASSERT_EQUAL(config_quantity(layer(c, 1), "thickness", "m", RANGE_POSITIVE, &x, &e), ERR_RANGE);
    CU_ASSERT_STRING_EQUAL(e.msg, "study.yaml:5:18: skin/layers/1/thickness: -15 um: must be > 0\n"
                                  "    5 |       thickness: -15 um\n"
                                  "      |                  ^");
    ASSERT_REL(x, 7, 0); /* untouched */
    e = (struct err){0};
    struct range r = {1e-6, 1e-5, false, true};
    CU_ASSERT_EQUAL(config_quantity(layer(c, 0), "thickness", "m", r, &x, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "17.3 um: must be >= 1e-06 m and < 1e-05 m");
    e = (struct err){0};
    CU_ASSERT_EQUAL(config_integer(config_root(c), "unit", 1, 12, &(long){0}, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "unit: 0x0D: must be 1 to 12");
    config_close(c);
}

static void wrong_values_are_named(void)
{
    static const char *const modes[] = {"diffusing", "stirred", NULL};
    struct config *c = parse(study);
    struct cnode root = config_root(c), skin = config_get(root, "skin");
    double x;
    int i;
    const char *s;
    bool b;
    struct { struct err e; int code; const char *message, *hint; } t[12] = {{{0}, 0, 0, 0}};
    int n = 0;
#define CASE(call, message_, hint_) do { struct err e = {0}; t[n].code = (call); t[n].e = e; \
                                         t[n].message = message_; t[n++].hint = hint_; } while (0)
    CASE(config_quantity(root, "unit", "m", RANGE_ANY, &x, &e), "unit: '0x0D' does not start with a decimal number",
         "");
    CASE(config_quantity(root, "loss", "m", RANGE_ANY, &x, &e),
         "loss: '2.5 mg' has another dimension: must be a length (m), "
         "e.g. 600 um",
         "");
    CASE(config_number(root, "loss", RANGE_ANY, &x, &e), "loss: '2.5 mg' is not a plain decimal number", "");
    CASE(config_number(root, "fraction", RANGE_ANY, &x, &e), "fraction: '37 %' is not a plain decimal number",
         "without a unit: 0.37");
    CASE(config_integer(root, "mode", 0, 9, &(long){0}, &e), "mode: 'dffusing' is not an integer", "");
    CASE(config_choice(root, "mode", modes, &i, &e),
         "study.yaml:12:7: mode: 'dffusing': must be one of diffusing, stirred", "did you mean 'diffusing'?");
    CASE(config_bool(root, "mode", &b, &e), "must be one of true, false, yes, no", "");
    CASE(config_string(root, "empty", &s, &e),
         "study.yaml:11:1: empty: has no value: must be a text\n   11 | empty:", "");
    CASE(config_string(root, "skin", &s, &e), "study.yaml:1:1: skin: must be a text, not a map", "");
    CASE(config_string(skin, "layers", &s, &e), "skin/layers: must be a text, not a list", "");
    CASE(config_string(skin, "colour", &s, &e), "study.yaml:1:1: skin: missing key 'colour'", "");
    CASE(config_string(config_get(root, "unit"), "x", &s, &e), "study.yaml:7:7: unit: must be a map of keys", "");
#undef CASE
    for (int k = 0; k < n; k++) {
        CU_ASSERT_EQUAL(t[k].code, ERR_PARSE);
        CU_ASSERT_EQUAL(t[k].e.code, ERR_PARSE);
        ASSERT_HAS(t[k].e.msg, t[k].message);
        ASSERT_HAS(t[k].e.hint, t[k].hint);
    }
    config_close(c);
}

static void missing_unit_shows_an_example(void)
{
    struct config *c = parse("layer:\n  thickness: 60\n");
    struct err e = {0};
    double x;
    CU_ASSERT_EQUAL(config_quantity(config_get(config_root(c), "layer"), "thickness", "m", RANGE_POSITIVE, &x, &e),
                    ERR_PARSE);
    CU_ASSERT_STRING_EQUAL(e.msg,
                           "study.yaml:2:14: layer/thickness: '60' has no unit: must be a length (m), e.g. 600 um\n"
                           "    2 |   thickness: 60\n"
                           "      |              ^");
    config_close(c);
}

static void unknown_key_names_the_nearest(void)
{
    static const char *const near[] = {"skin", "unit", "stirred", "fraction", "loss", "empty", "model", NULL};
    static const char *const far[] = {"skin", "unit", "stirred", "fraction", "loss", "empty", "z", NULL};
    struct config *c = parse(study);
    struct err e = {0};
    CU_ASSERT_EQUAL(config_known(config_root(c), near, &e), ERR_PARSE);
    CU_ASSERT_STRING_EQUAL(e.msg, "study.yaml:12:1: mode: unknown key\n   12 | mode: dffusing\n      | ^");
    CU_ASSERT_STRING_EQUAL(e.hint, "did you mean 'model'?");
    e = (struct err){0};
    CU_ASSERT_EQUAL(config_known(config_root(c), far, &e), ERR_PARSE);
    CU_ASSERT_STRING_EQUAL(e.hint, "known keys: skin, unit, stirred, fraction, loss, empty, z");
    config_close(c);
}

static void bad_overrides_are_refused(void)
{
    static const char *const cases[][2] = {
        {"no equals sign", "'no equals sign' is not an assignment"},
        {"=5", "is not an assignment"},
        {"unit/a=5", "'unit' is a value, nothing can be set below it"},
        {"skin/layers/9/name=x", "'9' is not an index into a list of 2"},
        {"skin/layers/x=1", "'x' is not an index into a list of 2"},
        {"skin//a=1", "a part of the path is empty"},
        {"skin=[1, 2", "closing bracket"},
    };
    struct config *c = parse(study);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e = {0};
        CU_ASSERT_EQUAL(config_override(c, cases[i][0], &e), ERR_ARG);
        ASSERT_HAS(e.msg, cases[i][1]);
    }
    config_close(c);
}

static void override_in_error_is_named(void)
{
    struct config *c = parse(study);
    struct err e = {0};
    double x;
    CU_ASSERT_EQUAL(config_override(c, "loss=-3 mg", &e), 0);
    CU_ASSERT_EQUAL(config_quantity(config_root(c), "loss", "kg", RANGE_NONNEG, &x, &e), ERR_RANGE);
    CU_ASSERT_STRING_EQUAL(e.msg, "study.yaml (set by 'loss=-3 mg'): loss: -3 mg: must be >= 0");
    config_close(c);
}

static void caret_stands_under_characters_not_bytes(void)
{
    struct config *c = parse("\t\n\xc3\xa4\xc3\xb6: 5\n");
    struct err e = {0};
    CU_ASSERT_EQUAL(config_fail(config_get(config_root(c), "\xc3\xa4\xc3\xb6"), &e, ERR_RANGE, "too %s", "small"),
                    ERR_RANGE);
    CU_ASSERT_STRING_EQUAL(e.msg, "study.yaml:2:5: too small\n    2 | \xc3\xa4\xc3\xb6: 5\n      |     ^");
    config_close(c);
}

static void long_line_is_cut_around_the_caret(void)
{
    char text[3000];
    struct err e = {0};
    double x;
    memset(text, ' ', sizeof text);
    memcpy(text, "a: {q: ", 7);
    strcpy(text + 2000, "1, b: 7}\n");
    struct config *c = parse(text);
    CU_ASSERT_EQUAL(config_quantity(config_get(config_root(c), "a"), "b", "s", RANGE_ANY, &x, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "study.yaml:1:2007: a/b: '7' has no unit: must be a time (s), e.g. 30 min");
    CU_ASSERT_TRUE(strlen(e.msg) < 500);
    config_close(c);
}

static void file_that_is_not_there(void)
{
    struct config *c;
    struct err e = {0};
    CU_ASSERT_EQUAL(config_open(&c, "/nowhere/study.yaml", &e), ERR_IO);
    CU_ASSERT_STRING_EQUAL(e.msg, "/nowhere/study.yaml: cannot be opened: No such file or directory");
    e = (struct err){0};
    CU_ASSERT_EQUAL(config_open(&c, "/", &e), ERR_IO);
    ASSERT_HAS(e.msg, "/: cannot be read: is a directory, not a regular file");
}

/* Found by somebody who wrote a source in a flow map: the words behind its comma looked like a key. */
static void a_text_cut_by_a_comma_is_told(void)
{
    static const char *const keys[] = {"volume", "source", NULL};
    static const char text[] = "body: {volume: 3 L, source: as in the paper, 70 kg assumed}\n";
    struct config *c;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(config_parse(&c, "s.yaml", text, sizeof text - 1, &e), 0);
    CU_ASSERT_EQUAL(config_known(config_get(config_root(c), "body"), keys, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "s.yaml:1:46: body/70 kg assumed: unknown key");
    CU_ASSERT_STRING_EQUAL(e.hint, "within { } a comma ends a text: put the whole text of 'source' in quotes");
    config_close(c);
}

CU_TestInfo config_error_tests[] = {
    {"syntax and strictness", syntax_and_strictness},
    {"value out of range shows place, caret, value and bound", value_out_of_range_shows_place_caret_value_and_bound},
    {"wrong values are named", wrong_values_are_named},
    {"missing unit shows an example", missing_unit_shows_an_example},
    {"unknown key names the nearest", unknown_key_names_the_nearest},
    {"a text cut by a comma is told", a_text_cut_by_a_comma_is_told},
    {"bad overrides are refused", bad_overrides_are_refused},
    {"override in error is named", override_in_error_is_named},
    {"caret stands under characters, not bytes", caret_stands_under_characters_not_bytes},
    {"long line is cut around the caret", long_line_is_cut_around_the_caret},
    {"file that is not there", file_that_is_not_there},
    CU_TEST_INFO_NULL,
};
