/* config.c -- see config.h.  A document is yaml.c's tree plus the text it came from, for the line above the caret. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/config.h"
#include "base/text/file.h"
#include "base/text/number.h"
#include "base/text/units.h"
#include "base/text/yaml.h"

struct config {
    char *path, *text; /* text: the source, without a byte order mark */
    struct yaml_node *root;
    char **origins;    /* overrides applied, for messages */
    size_t n_origins;
};

const struct range RANGE_ANY = {-INFINITY, INFINITY, true, true};
const struct range RANGE_POSITIVE = {0.0, INFINITY, true, true};
const struct range RANGE_NONNEG = {0.0, INFINITY, false, true};
const struct range RANGE_FRACTION = {0.0, 1.0, false, false};

/* ---- places: the source line with a caret under it ---- */

enum { SHOWN = 110 }; /* bytes of a source line shown around the caret */

static const char *source_line(const char *text, int line)
{
    while (text && --line > 0) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return text;
}

static bool is_continuation(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

/* Byte offset of a 1-based column counted in characters, at most at the end of the line (n bytes). */
static size_t byte_of_column(const char *line, size_t n, int col)
{
    size_t i = 0;
    while (i < n && --col > 0)
        do
            i++;
        while (i < n && is_continuation(line[i]));
    return i;
}

/* Adds "\n  12 | source\n     |   ^" to the message. */
static void add_caret(struct err *e, const char *text, int line, int col)
{
    const char *src = line > 0 ? source_line(text, line) : NULL;
    if (!src || !e)
        return;
    size_t n = strcspn(src, "\r\n"), at = byte_of_column(src, n, col), from = 0;
    if (n == 0)
        return;
    if (at > SHOWN - 20)
        from = at - (SHOWN - 20);
    while (from < at && is_continuation(src[from]))
        from++;
    size_t shown = n - from > SHOWN ? SHOWN : n - from;
    while (from + shown < n && shown > 0 && is_continuation(src[from + shown]))
        shown--;
    char pad[SHOWN + 1];
    size_t p = 0;
    for (size_t i = from; i < at; i++)
        if (!is_continuation(src[i]))
            pad[p++] = src[i] == '\t' ? '\t' : ' ';
    pad[p] = '\0';
    size_t used = strlen(e->msg);
    snprintf(e->msg + used, sizeof e->msg - used, "\n%5d | %.*s\n      | %s^", line, (int)shown, src + from, pad);
}

/* A map, a list or a missing value is shown at its key: its own place is that of its first child, or of nothing. */
static void place_of(const struct yaml_node *n, int *line, int *col)
{
    bool at_key = n->key_line > 0 && (n->kind != YAML_SCALAR || (!n->text[0] && !n->quoted));
    *line = at_key ? n->key_line : n->line;
    *col = at_key ? n->key_col : n->col;
}

static const char *format_place(const struct config *c, const struct yaml_node *n, int line, int col, char *buf,
                                size_t size)
{
    if (n && n->origin)
        snprintf(buf, size, "%s (set by '%.100s')", c->path, n->origin);
    else if (line > 0)
        snprintf(buf, size, "%s:%d:%d", c->path, line, col);
    else
        snprintf(buf, size, "%s", c ? c->path : "(no file)");
    return buf;
}

const char *config_where(struct cnode at, char *buf, size_t size)
{
    int line = 0, col = 0;
    if (at.n)
        place_of(at.n, &line, &col);
    return format_place(at.doc, at.n, line, col, buf, size);
}

const char *config_subject(struct cnode at, char *buf, size_t size)
{
    const struct yaml_node *chain[YAML_DEPTH + 2] = {NULL};
    size_t depth = 0, used = 0;
    for (const struct yaml_node *n = at.n; n && n->parent && depth < YAML_DEPTH + 2; n = n->parent)
        chain[depth++] = n;
    buf[0] = '\0';
    while (depth-- && used < size) {
        const struct yaml_node *n = chain[depth];
        size_t i = 0;
        for (const struct yaml_node *c = n->parent->first; c != n; c = c->next)
            i++;
        int w = n->key ? snprintf(buf + used, size - used, "%s%s", used ? "/" : "", n->key)
                       : snprintf(buf + used, size - used, "%s%zu", used ? "/" : "", i);
        used += w > 0 ? (size_t)w : 0;
    }
    return buf;
}

static int fail_at(struct cnode at, int line, int col, struct err *e, int code, const char *message)
{
    char where[600];
    if (e && e->code)
        return code;
    err_set(e, code, "%s: %.700s", format_place(at.doc, at.n, line, col, where, sizeof where), message);
    if (at.doc && !(at.n && at.n->origin))
        add_caret(e, at.doc->text, line, col);
    return code;
}

int config_fail(struct cnode at, struct err *e, int code, const char *fmt, ...)
{
    char message[800];
    int line = 0, col = 0;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    if (at.n)
        place_of(at.n, &line, &col);
    return fail_at(at, line, col, e, code, message);
}

/* ---- open and close ---- */

void config_close(struct config *c)
{
    if (!c)
        return;
    yaml_free(c->root);
    for (size_t i = 0; i < c->n_origins; i++)
        free(c->origins[i]);
    free(c->origins);
    free(c->path);
    free(c->text);
    free(c);
}

static int parse_into(struct config *c, size_t len, struct err *e)
{
    struct yaml_mistake m;
    int r = yaml_parse(&c->root, c->text, len, &m);
    if (r == ERR_PARSE) {
        struct cnode nowhere = {c, NULL};
        fail_at(nowhere, m.line, m.col, e, ERR_PARSE, m.what);
    } else if (r) {
        err_set(e, r, "%s: out of memory", c->path);
    }
    return r;
}

int config_parse(struct config **out, const char *name, const char *text, size_t len, struct err *e)
{
    *out = NULL;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    struct config *c = calloc(1, sizeof *c);
    if (c) {
        c->path = strdup(name);
        c->text = malloc(len + 1);
    }
    if (!c || !c->path || !c->text) {
        config_close(c);
        return err_set(e, ERR_NOMEM, "%s: out of memory", name);
    }
    if (len)
        memcpy(c->text, text, len);
    c->text[len] = '\0';
    int r = parse_into(c, len, e);
    if (r)
        config_close(c);
    else
        *out = c;
    return r;
}

int config_open(struct config **out, const char *path, struct err *e)
{
    char *text;
    size_t len;
    *out = NULL;
    int r = file_read(path, YAML_MAX_BYTES, &text, &len, e);
    if (r)
        return r;
    r = config_parse(out, path, text, len, e);
    free(text);
    return r;
}

const char *config_path(const struct config *c) { return c->path; }

struct cnode config_root(struct config *c) { return (struct cnode){c, c->root}; }

/* ---- questions ---- */

bool config_is(struct cnode at) { return at.n != NULL; }
bool config_is_map(struct cnode at) { return at.n && at.n->kind == YAML_MAP; }
bool config_is_list(struct cnode at) { return at.n && at.n->kind == YAML_LIST; }
bool config_is_scalar(struct cnode at) { return at.n && at.n->kind == YAML_SCALAR; }
size_t config_count(struct cnode at) { return at.n ? at.n->count : 0; }
const char *config_text(struct cnode scalar) { return config_is_scalar(scalar) ? scalar.n->text : NULL; }

struct cnode config_get(struct cnode map, const char *key)
{
    return (struct cnode){map.doc, yaml_child(map.n, key)};
}

struct cnode config_item(struct cnode list, size_t i)
{
    return (struct cnode){list.doc, config_is_list(list) ? yaml_item(list.n, i) : NULL};
}

struct cnode config_pair(struct cnode map, size_t i, const char **key)
{
    struct cnode at = {map.doc, config_is_map(map) ? yaml_item(map.n, i) : NULL};
    *key = at.n ? at.n->key : NULL;
    return at;
}

int config_line(struct cnode at)
{
    int line = 0, col;
    if (at.n)
        place_of(at.n, &line, &col);
    return line;
}

int config_column(struct cnode at)
{
    int line, col = 0;
    if (at.n)
        place_of(at.n, &line, &col);
    return col;
}

/* ---- overrides ---- */

static const char *keep_origin(struct config *c, const char *assignment)
{
    char **more = realloc(c->origins, (c->n_origins + 1) * sizeof *more);
    if (!more)
        return NULL;
    c->origins = more;
    c->origins[c->n_origins] = strdup(assignment);
    return c->origins[c->n_origins] ? c->origins[c->n_origins++] : NULL;
}

static const char *origin_of(const struct yaml_node *n)
{
    const char *origin = n ? n->origin : NULL;
    for (const struct yaml_node *c = n ? n->first : NULL; c && !origin; c = c->next)
        origin = origin_of(c);
    return origin;
}

const char *config_override_of(struct cnode at) { return origin_of(at.n); }

static void mark_origin(struct yaml_node *n, const char *origin)
{
    n->origin = origin;
    n->line = n->col = n->key_line = n->key_col = 0;
    for (struct yaml_node *c = n->first; c; c = c->next)
        mark_origin(c, origin);
}

/* "[1 um, 2 um]" and "{a: 1}" are YAML; everything else is the text itself. */
static int override_value(const char *text, struct yaml_node **value, struct err *e)
{
    struct yaml_mistake m;
    if (text[0] == '[' || text[0] == '{') {
        int r = yaml_parse(value, text, strlen(text), &m);
        return r ? err_set(e, r == ERR_NOMEM ? r : ERR_ARG, "'%.200s': %s", text,
                           r == ERR_NOMEM ? "out of memory" : m.what)
                 : 0;
    }
    *value = yaml_new(YAML_SCALAR, NULL, text);
    return *value ? 0 : err_set(e, ERR_NOMEM, "out of memory");
}

int config_override(struct config *c, const char *assignment, struct err *e)
{
    char why[160];
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment) {
        err_set(e, ERR_ARG, "'%.200s' is not an assignment", assignment);
        err_hint(e, "write path=value, e.g. --set 'skin/thickness=1.2 mm'");
        return ERR_ARG;
    }
    struct yaml_node *value;
    int r = override_value(equals + 1, &value, e);
    if (r)
        return r;
    const char *origin = keep_origin(c, assignment);
    char *path = strndup(assignment, (size_t)(equals - assignment));
    if (!origin || !path) {
        yaml_free(value);
        free(path);
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    mark_origin(value, origin);
    r = yaml_set(c->root, path, strchr(path, '/') ? '/' : '.', value, why);
    free(path);
    return r ? err_set(e, r, "'%.200s': %s", assignment, r == ERR_NOMEM ? "out of memory" : why) : 0;
}

/* ---- the nearest word ---- */

/* Edits (insert, delete, replace, swap of neighbours) from a to b; letters beyond WORD are not looked at. */
static size_t edit_distance(const char *a, const char *b)
{
    enum { WORD = 40 };
    size_t n = strnlen(a, WORD), m = strnlen(b, WORD), d[WORD + 1][WORD + 1];
    for (size_t i = 0; i <= n; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
            best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}

const char *config_nearest(const char *word, const char *const words[])
{
    const char *nearest = NULL;
    size_t least = 4;
    for (size_t i = 0; words[i]; i++) {
        size_t d = edit_distance(word, words[i]),
               longer = strlen(word) > strlen(words[i]) ? strlen(word) : strlen(words[i]);
        if (d < least && 2 * d <= longer) {
            least = d;
            nearest = words[i];
        }
    }
    return nearest;
}

/* "a, b, c" of words[] into buf. */
static const char *join(const char *const words[], char *buf, size_t size)
{
    size_t used = 0;
    buf[0] = '\0';
    for (size_t i = 0; words[i] && used < size; i++) {
        int w = snprintf(buf + used, size - used, "%s%s", i ? ", " : "", words[i]);
        used += w > 0 ? (size_t)w : 0;
    }
    return buf;
}

/* ---- keys ---- */

static int need_map(struct cnode at, struct err *e)
{
    char subject[300];
    if (config_is_map(at))
        return 0;
    if (!at.n)
        return err_set(e, ERR_PARSE, "%s: a map of keys is missing", at.doc ? at.doc->path : "(no file)");
    config_subject(at, subject, sizeof subject);
    return config_fail(at, e, ERR_PARSE, "%s%smust be a map of keys", subject, subject[0] ? ": " : "");
}

/* The pair before n in its map, or NULL. */
static struct yaml_node *previous(const struct yaml_node *map, const struct yaml_node *n)
{
    struct yaml_node *before = NULL;
    for (struct yaml_node *at = map->first; at && at != n; at = at->next)
        before = at;
    return before;
}

int config_known(struct cnode map, const char *const allowed[], struct err *e)
{
    int r = need_map(map, e);
    for (struct yaml_node *n = r ? NULL : map.n->first; n; n = n->next) {
        size_t i = 0;
        while (allowed[i] && strcmp(allowed[i], n->key) != 0)
            i++;
        if (allowed[i])
            continue;
        char message[400], subject[300], known[360];
        struct cnode at = {map.doc, n};
        snprintf(message, sizeof message, "%s: unknown key", config_subject(at, subject, sizeof subject));
        fail_at(at, n->key_line, n->key_col, e, ERR_PARSE, message);
        const char *near = config_nearest(n->key, allowed);
        struct yaml_node *before = previous(map.n, n);
        if (yaml_is_null(n) && strchr(n->key, ' ') && before)
            err_hint(e, "within { } a comma ends a text: put the whole text of '%s' in quotes", before->key);
        else if (near)
            err_hint(e, "did you mean '%s'?", near);
        else
            err_hint(e, "known keys: %s", join(allowed, known, sizeof known));
        return ERR_PARSE;
    }
    return r;
}

int config_need(struct cnode map, const char *key, struct cnode *out, struct err *e)
{
    int r = need_map(map, e);
    if (r)
        return r;
    char subject[300];
    struct cnode at = config_get(map, key);
    if (!at.n) {
        config_subject(map, subject, sizeof subject);
        return config_fail(map, e, ERR_PARSE, "%s%smissing key '%s'", subject, subject[0] ? ": " : "", key);
    }
    *out = at;
    return 0;
}

/* ---- values ---- */

__attribute__((format(printf, 4, 5)))
static int bad_value(struct cnode at, struct err *e, int code, const char *fmt, ...)
{
    char message[600], subject[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    config_subject(at, subject, sizeof subject);
    return config_fail(at, e, code, "%s%s%s", subject, subject[0] ? ": " : "", message);
}

static int need_scalar(struct cnode at, const char *wanted, struct err *e)
{
    if (!config_is_scalar(at))
        return at.n ? bad_value(at, e, ERR_PARSE, "must be %s, not a %s", wanted,
                                at.n->kind == YAML_MAP ? "map" : "list")
                    : err_set(e, ERR_PARSE, "%s: %s is missing", at.doc ? at.doc->path : "(no file)", wanted);
    if (yaml_is_null(at.n))
        return bad_value(at, e, ERR_PARSE, "has no value: must be %s", wanted);
    return 0;
}

/* The bounds as words: "> 0", ">= 0 and <= 0.001 m", "finite". */
static const char *describe_range(struct range r, const char *unit, char *buf, size_t size)
{
    char lo[60] = "", hi[60] = "";
    const char *u = strcmp(unit, "1") == 0 ? "" : unit;
    if (isfinite(r.lo))
        snprintf(lo, sizeof lo, "%s %.6g%s%.20s", r.lo_open ? ">" : ">=", r.lo, r.lo != 0.0 && *u ? " " : "",
                 r.lo != 0.0 ? u : "");
    if (isfinite(r.hi))
        snprintf(hi, sizeof hi, "%s %.6g%s%.20s", r.hi_open ? "<" : "<=", r.hi, r.hi != 0.0 && *u ? " " : "",
                 r.hi != 0.0 ? u : "");
    snprintf(buf, size, "%s%s%s", lo, *lo && *hi ? " and " : "", *lo || *hi ? hi : "finite");
    return buf;
}

/* Written so that NaN is outside. */
static bool is_inside(double x, struct range r)
{
    return isfinite(x) && (r.lo_open ? x > r.lo : x >= r.lo) && (r.hi_open ? x < r.hi : x <= r.hi);
}

static int check_range(struct cnode at, const char *unit, struct range r, double x, struct err *e)
{
    char bounds[160];
    if (is_inside(x, r))
        return 0;
    return bad_value(at, e, ERR_RANGE, "%.80s: must be %s", at.n->text, describe_range(r, unit, bounds, sizeof bounds));
}

int config_quantity_at(struct cnode scalar, const char *si_unit, struct range range, double *out, struct err *e)
{
    struct err inner = {0};
    double x = 0.0;
    int r = need_scalar(scalar, "a number with its unit", e);
    if (r)
        return r;
    r = units_parse(scalar.n->text, si_unit, &x, &inner);
    if (r) {
        bad_value(scalar, e, r, "%s", inner.msg);
        if (inner.hint[0])
            err_hint(e, "%s", inner.hint);
        return r;
    }
    r = check_range(scalar, si_unit, range, x, e);
    if (!r)
        *out = x;
    return r;
}

/* A unit where none belongs; a percentage says what it would be as a number. */
static int not_plain(struct cnode at, struct err *e)
{
    char *unit;
    double x = strtod(at.n->text, &unit);
    bad_value(at, e, ERR_PARSE, "'%.80s' is not a plain decimal number", at.n->text);
    unit += strspn(unit, " ");
    if (unit > at.n->text && isfinite(x) && strcmp(unit, "%") == 0) err_hint(e, "without a unit: %.10g", x / 100.0);
    return ERR_PARSE;
}

int config_number_at(struct cnode scalar, struct range range, double *out, struct err *e)
{
    double x = 0.0;
    int r = need_scalar(scalar, "a number", e);
    if (r)
        return r;
    if (!number_parse(scalar.n->text, &x))
        return not_plain(scalar, e);
    r = check_range(scalar, "1", range, x, e);
    if (!r)
        *out = x;
    return r;
}

int config_integer_at(struct cnode scalar, long lo, long hi, long *out, struct err *e)
{
    long x = 0;
    int r = need_scalar(scalar, "an integer", e);
    if (r)
        return r;
    if (!number_parse_integer(scalar.n->text, &x))
        return bad_value(scalar, e, ERR_PARSE, "'%.80s' is not an integer (decimal or 0x hexadecimal)", scalar.n->text);
    if (x < lo || x > hi)
        return bad_value(scalar, e, ERR_RANGE, "%s: must be %ld to %ld", scalar.n->text, lo, hi);
    *out = x;
    return 0;
}

int config_quantity(struct cnode map, const char *key, const char *si_unit, struct range r, double *out, struct err *e)
{
    struct cnode at;
    int code = config_need(map, key, &at, e);
    return code ? code : config_quantity_at(at, si_unit, r, out, e);
}

int config_number(struct cnode map, const char *key, struct range r, double *out, struct err *e)
{
    struct cnode at;
    int code = config_need(map, key, &at, e);
    return code ? code : config_number_at(at, r, out, e);
}

int config_integer(struct cnode map, const char *key, long lo, long hi, long *out, struct err *e)
{
    struct cnode at;
    int code = config_need(map, key, &at, e);
    return code ? code : config_integer_at(at, lo, hi, out, e);
}

int config_choice(struct cnode map, const char *key, const char *const words[], int *out, struct err *e)
{
    struct cnode at;
    char list[360];
    int r = config_need(map, key, &at, e);
    if (!r)
        r = need_scalar(at, "a word", e);
    if (r)
        return r;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], at.n->text) == 0) {
            *out = i;
            return 0;
        }
    bad_value(at, e, ERR_PARSE, "'%.80s': must be one of %s", at.n->text, join(words, list, sizeof list));
    const char *near = config_nearest(at.n->text, words);
    if (near)
        err_hint(e, "did you mean '%s'?", near);
    return ERR_PARSE;
}

int config_bool(struct cnode map, const char *key, bool *out, struct err *e)
{
    static const char *const words[] = {"true", "false", "yes", "no", NULL};
    int i;
    int r = config_choice(map, key, words, &i, e);
    if (!r)
        *out = i % 2 == 0;
    return r;
}

int config_string(struct cnode map, const char *key, const char **out, struct err *e)
{
    struct cnode at;
    int r = config_need(map, key, &at, e);
    if (!r)
        r = need_scalar(at, "a text", e);
    if (!r)
        *out = at.n->text;
    return r;
}

int config_string_copy(struct cnode map, const char *key, char *out, size_t size, struct err *e)
{
    const char *text = NULL;
    int rc = config_string(map, key, &text, e);
    if (rc)
        return rc;
    if (strlen(text) >= size)
        return config_fail(config_get(map, key), e, ERR_RANGE, "%s: '%s': at most %zu characters", key, text, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return 0;
}
