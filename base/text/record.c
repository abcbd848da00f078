/* record.c -- the writing half of config.h: a tree built by path, written as YAML in one go. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/text/config.h"
#include "base/text/file.h"
#include "base/text/yaml.h"

struct record {
    struct yaml_node *root;
    int failed;    /* first failure, 0 for none */
    char why[400];
};

int record_new(struct record **out, struct err *e)
{
    struct record *r = calloc(1, sizeof *r);
    if (r)
        r->root = yaml_new(YAML_MAP, NULL, NULL);
    if (!r || !r->root) {
        free(r);
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    *out = r;
    return 0;
}

void record_free(struct record *r)
{
    if (!r)
        return;
    yaml_free(r->root);
    free(r);
}

static void fail(struct record *r, int code, const char *path, const char *why)
{
    if (r->failed)
        return;
    r->failed = code;
    snprintf(r->why, sizeof r->why, "%.200s: %s", path, why);
}

/* Takes value (NULL: it could not be made). */
static void set(struct record *r, const char *path, struct yaml_node *value)
{
    char why[160] = "out of memory";
    int code = value ? yaml_set(r->root, path, '/', value, why) : ERR_NOMEM;
    if (code)
        fail(r, code, path, why);
}

static void set_scalar(struct record *r, const char *path, const char *text, bool quoted)
{
    struct yaml_node *n = yaml_new(YAML_SCALAR, NULL, text);
    if (n)
        n->quoted = quoted;
    set(r, path, n);
}

/* Words that a reader of YAML takes for a boolean or for nothing, in any case. */
static bool is_yaml_word(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", "", NULL};
    for (size_t i = 0; words[i]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

void record_text(struct record *r, const char *path, const char *value)
{
    bool is_number_like = strspn(value, "+-.0123456789eE_xXabcdefABCDEFoO") == strlen(value) &&
                          strpbrk(value, "0123456789") != NULL;
    bool is_infinity = value[0] && strspn(value, "+-.iInNfFaA") == strlen(value); /* .inf, -.inf, .nan */
    set_scalar(r, path, value, is_number_like || is_infinity || is_yaml_word(value));
}

void record_number(struct record *r, const char *path, double value)
{
    char text[40];
    if (isnan(value))
        strcpy(text, ".nan");
    else if (isinf(value))
        strcpy(text, value > 0 ? ".inf" : "-.inf");
    else
        snprintf(text, sizeof text, "%.10g", value);
    set_scalar(r, path, text, false);
}

void record_quantity(struct record *r, const char *path, double value, const char *unit)
{
    char text[120];
    snprintf(text, sizeof text, "%.10g %.70s", value, unit);
    if (isfinite(value))
        set_scalar(r, path, text, false);
    else
        record_number(r, path, value);
}

void record_integer(struct record *r, const char *path, long long value)
{
    char text[40];
    snprintf(text, sizeof text, "%lld", value);
    set_scalar(r, path, text, false);
}

void record_bool(struct record *r, const char *path, bool value)
{
    set_scalar(r, path, value ? "true" : "false", false);
}

void record_subtree(struct record *r, const char *path, struct cnode from)
{
    if (from.n)
        set(r, path, yaml_copy(from.n, NULL));
}

char *record_string(struct record *r)
{
    return r->failed ? NULL : yaml_write(r->root);
}

int record_write(struct record *r, const char *path, struct err *e)
{
    struct file_out o;
    if (r->failed)
        return err_set(e, r->failed, "%s: %s", path, r->why);
    char *text = yaml_write(r->root);
    if (!text)
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    int code = file_create(&o, path, e);
    if (!code) {
        fputs(text, o.f);
        code = file_commit(&o, e);
    }
    free(text);
    return code;
}
