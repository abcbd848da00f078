/* yaml.c -- see yaml.h.  The only file that knows libfyaml: text -> events -> tree, and tree -> events -> text. */
#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/text/yaml.h"

/* ---- the tree ---- */

struct yaml_node *yaml_new(enum yaml_kind kind, const char *key, const char *text)
{
    struct yaml_node *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->kind = kind;
    n->key = key ? strdup(key) : NULL;
    n->text = text ? strdup(text) : NULL;
    if ((key && !n->key) || (text && !n->text)) {
        yaml_free(n);
        return NULL;
    }
    return n;
}

void yaml_free(struct yaml_node *n)
{
    if (!n)
        return;
    for (struct yaml_node *c = n->first, *next; c; c = next) { /* recursion: at most YAML_DEPTH deep */
        next = c->next;
        yaml_free(c);
    }
    free(n->text);
    free(n->key);
    free(n);
}

void yaml_append(struct yaml_node *parent, struct yaml_node *child)
{
    child->parent = parent;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

void yaml_replace(struct yaml_node *old, struct yaml_node *fresh)
{
    struct yaml_node *p = old->parent;
    fresh->parent = p;
    fresh->next = old->next;
    if (p->last == old)
        p->last = fresh;
    if (p->first == old)
        p->first = fresh;
    else
        for (struct yaml_node *c = p->first; c; c = c->next)
            if (c->next == old)
                c->next = fresh;
    yaml_free(old);
}

struct yaml_node *yaml_child(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (struct yaml_node *c = map->first; c; c = c->next)
        if (strcmp(c->key, key) == 0)
            return c;
    return NULL;
}

struct yaml_node *yaml_item(const struct yaml_node *at, size_t i)
{
    struct yaml_node *c = at ? at->first : NULL;
    while (c && i--)
        c = c->next;
    return c;
}

struct yaml_node *yaml_copy(const struct yaml_node *n, const char *key)
{
    struct yaml_node *copy = yaml_new(n->kind, key, n->text);
    if (!copy)
        return NULL;
    copy->quoted = n->quoted;
    for (const struct yaml_node *c = n->first; c; c = c->next) {
        struct yaml_node *below = yaml_copy(c, c->key);
        if (!below) {
            yaml_free(copy);
            return NULL;
        }
        yaml_append(copy, below);
    }
    return copy;
}

bool yaml_is_null(const struct yaml_node *n)
{
    return n && n->kind == YAML_SCALAR && !n->quoted &&
           (!n->text[0] || strcmp(n->text, "~") == 0 || strcasecmp(n->text, "null") == 0);
}

/* ---- what is refused before libfyaml sees it ---- */

__attribute__((format(printf, 4, 5)))
static int mistake(struct yaml_mistake *m, int line, int col, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(m->what, sizeof m->what, fmt, ap);
    va_end(ap);
    m->line = line;
    m->col = col;
    return ERR_PARSE;
}

/* Bytes of the UTF-8 sequence at s (at most n), 0 when it is not well formed (overlong, surrogate, beyond U+10FFFF). */
static size_t utf8_length(const unsigned char *s, size_t n)
{
    if (s[0] < 0x80)
        return 1;
    size_t len = s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
    if (len == 0 || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

/* C1 controls, the Unicode line separators (line breaks to some readers only) and byte order marks inside a text. */
static bool is_odd_character(const unsigned char *s, size_t len)
{
    return (len == 2 && s[0] == 0xc2 && s[1] < 0xa0) ||
           (len == 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9)) ||
           (len == 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf) ||
           (len == 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe);
}

static int check_characters(const char *text, size_t len, struct yaml_mistake *m)
{
    const unsigned char *s = (const unsigned char *)text;
    int line = 1, col = 1;
    for (size_t i = 0; i < len; col++) {
        size_t n = utf8_length(s + i, len - i);
        if (n == 0)
            return mistake(m, line, col, "byte 0x%02x is not UTF-8 text", s[i]);
        bool is_end_of_line = s[i] == '\n' || (s[i] == '\r' && i + 1 < len && s[i + 1] == '\n');
        if (((s[i] < 0x20 && s[i] != '\t') || s[i] == 0x7f) && !is_end_of_line)
            return mistake(m, line, col, "control character 0x%02x", s[i]);
        if (is_odd_character(s + i, n))
            return mistake(m, line, col, "invisible character 0x%02x 0x%02x", s[i], s[i + 1]);
        if (s[i] == '\n') {
            line++;
            col = 0;
        }
        i += n;
    }
    return 0;
}

/* ---- text -> tree ---- */

struct builder {
    struct fy_parser *parser;
    struct yaml_node *root, *at;  /* at: the open map or list */
    char *key;                    /* key waiting for its value */
    int key_line, key_col, depth;
    struct yaml_mistake *m;
};

static void swallow(struct fy_diag *diag, void *user, const char *buf, size_t len)
{
    (void)diag; (void)user; (void)buf; (void)len;
}

/* libfyaml's first complaint as our mistake. */
static int syntax_mistake(struct fy_diag *diag, struct yaml_mistake *m)
{
    void *iter = NULL;
    struct fy_diag_error *first = fy_diag_errors_iterate(diag, &iter);
    if (!first)
        return mistake(m, 0, 0, "not valid YAML");
    return mistake(m, first->line, first->column, "%s", first->msg ? first->msg : "not valid YAML");
}

static void place(struct fy_event *ev, int *line, int *col)
{
    const struct fy_mark *mark = fy_event_start_mark(ev);
    *line = mark ? mark->line + 1 : 0;
    *col = mark ? mark->column + 1 : 0;
}

static int refuse_decoration(struct fy_event *ev, struct yaml_mistake *m)
{
    int line, col;
    place(ev, &line, &col);
    if (ev->type == FYET_ALIAS)
        return mistake(m, line, col, "aliases (*name) are not allowed here: write the value out");
    if (fy_event_get_anchor_token(ev))
        return mistake(m, line, col, "anchors (&name) are not allowed here");
    if (fy_event_get_tag_token(ev))
        return mistake(m, line, col, "tags (!name) are not allowed here");
    return 0;
}

/* The text of a scalar event; NULL when out of memory, "" for a missing value. */
static char *scalar_text(struct fy_event *ev, size_t *len)
{
    struct fy_token *token = ev->scalar.value;
    const char *text = token ? fy_token_get_text(token, len) : NULL;
    if (!text)
        *len = 0;
    return text ? strndup(text, *len) : strdup("");
}

/* Escapes can make what no text of ours may hold: a NUL, or half a character (libfyaml lets some of the latter
 * pass). */
static int check_text(struct builder *b, const char *text, size_t len, int line, int col)
{
    if (strlen(text) != len)
        return mistake(b->m, line, col, "a NUL character inside a text");
    for (size_t i = 0, n; i < len; i += n) {
        n = utf8_length((const unsigned char *)text + i, len - i);
        if (n == 0)
            return mistake(b->m, line, col, "an escape in this text makes no valid character");
    }
    return 0;
}

static int take_key(struct builder *b, struct fy_event *ev)
{
    size_t len;
    place(ev, &b->key_line, &b->key_col);
    if (ev->type != FYET_SCALAR)
        return mistake(b->m, b->key_line, b->key_col, "a key must be a word, not a map or a list");
    b->key = scalar_text(ev, &len);
    if (!b->key)
        return ERR_NOMEM;
    if (!b->key[0])
        return mistake(b->m, b->key_line, b->key_col, "empty key");
    int r = check_text(b, b->key, len, b->key_line, b->key_col);
    if (r)
        return r;
    if (b->at->count >= YAML_MAX_KEYS) /* so that the search for a twin stays quick on any input */
        return mistake(b->m, b->key_line, b->key_col, "more than %d keys in one map", YAML_MAX_KEYS);
    const struct yaml_node *twin = yaml_child(b->at, b->key);
    if (twin)
        return mistake(b->m, b->key_line, b->key_col, "duplicate key '%.80s': already given in line %d", b->key,
                       twin->key_line);
    return 0;
}

static struct yaml_node *node_of(struct builder *b, struct fy_event *ev)
{
    enum yaml_kind kind = ev->type == FYET_SCALAR ? YAML_SCALAR : ev->type == FYET_MAPPING_START ? YAML_MAP : YAML_LIST;
    struct yaml_node *n = yaml_new(kind, b->key, NULL);
    if (!n)
        return NULL;
    place(ev, &n->line, &n->col);
    n->key_line = b->key ? b->key_line : 0;
    n->key_col = b->key ? b->key_col : 0;
    free(b->key);
    b->key = NULL;
    return n;
}

static int take_value(struct builder *b, struct fy_event *ev)
{
    struct yaml_node *n = node_of(b, ev);
    if (!n)
        return ERR_NOMEM;
    if (b->at)
        yaml_append(b->at, n);
    else
        b->root = n;
    if (n->kind != YAML_SCALAR) {
        b->at = n;
        if (++b->depth > YAML_DEPTH)
            return mistake(b->m, n->line, n->col, "more than %d levels of nesting", YAML_DEPTH);
        return 0;
    }
    size_t len;
    n->text = scalar_text(ev, &len);
    if (!n->text)
        return ERR_NOMEM;
    n->quoted = ev->scalar.value && fy_token_scalar_style(ev->scalar.value) != FYSS_PLAIN;
    return check_text(b, n->text, len, n->line, n->col);
}

static int take_event(struct builder *b, struct fy_event *ev)
{
    int line, col, r;
    switch (ev->type) {
    case FYET_DOCUMENT_START:
        place(ev, &line, &col);
        return b->root ? mistake(b->m, line, col, "a second document: one file holds one") : 0;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        b->at = b->at->parent;
        b->depth--;
        return 0;
    case FYET_SCALAR:
    case FYET_ALIAS:
    case FYET_MAPPING_START:
    case FYET_SEQUENCE_START:
        r = refuse_decoration(ev, b->m);
        if (r)
            return r;
        return b->at && b->at->kind == YAML_MAP && !b->key ? take_key(b, ev) : take_value(b, ev);
    default:
        return 0;
    }
}

static int build(struct builder *b, struct fy_diag *diag)
{
    for (;;) {
        struct fy_event *ev = fy_parser_parse(b->parser);
        if (!ev)
            return fy_parser_get_stream_error(b->parser) || fy_diag_got_error(diag) ? syntax_mistake(diag, b->m) : 0;
        bool is_last = ev->type == FYET_STREAM_END;
        int r = take_event(b, ev);
        fy_parser_event_free(b->parser, ev);
        if (r || is_last)
            return r;
    }
}

static struct fy_diag *new_diag(void)
{
    struct fy_diag_cfg cfg;
    fy_diag_cfg_default(&cfg);
    cfg.fp = NULL;
    cfg.output_fn = swallow;
    cfg.colorize = false;
    struct fy_diag *diag = fy_diag_create(&cfg);
    if (diag)
        fy_diag_set_collect_errors(diag, true);
    return diag;
}

int yaml_parse(struct yaml_node **out, const char *text, size_t len, struct yaml_mistake *m)
{
    *m = (struct yaml_mistake){0};
    *out = NULL;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* the byte order mark that Windows editors put first */
        text += 3;
        len -= 3;
    }
    if (len > YAML_MAX_BYTES)
        return mistake(m, 0, 0, "larger than %d MiB", YAML_MAX_BYTES >> 20);
    int r = check_characters(text, len, m);
    if (r)
        return r;
    struct fy_diag *diag = new_diag();
    struct fy_parse_cfg cfg = {.flags = FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2, .diag = diag};
    struct builder b = {.parser = diag ? fy_parser_create(&cfg) : NULL, .m = m};
    r = b.parser && fy_parser_set_string(b.parser, text, len) == 0 ? build(&b, diag) : ERR_NOMEM;
    if (b.parser)
        fy_parser_destroy(b.parser);
    if (diag)
        fy_diag_destroy(diag);
    free(b.key);
    if (!r && !b.root)
        r = mistake(m, 1, 1, "empty: no keys in it");
    if (r)
        yaml_free(b.root);
    else
        *out = b.root;
    return r;
}

/* ---- tree -> text ---- */

/* Plain only what no reader of YAML could take for something else than the same text. */
static bool is_plain_safe(const char *s)
{
    if (!s[0] || s[0] == ' ' || s[strlen(s) - 1] == ' ' || strchr("-?:,[]{}#&*!|>'\"%@`~=<", s[0]))
        return false;
    for (const char *c = s; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f || strchr(":#,[]{}\"'", *c))
            return false;
    return true;
}

static bool is_number_like(const char *s)
{
    if (strcmp(s, "-.inf") == 0)
        return true;
    return strspn(s, "+-.0123456789") > 0 && strspn(s, "+-.0123456789eE_xXabcdefABCDEF") == strlen(s) &&
           strpbrk(s, "0123456789") && strncmp(s, "---", 3) != 0 && strncmp(s, "...", 3) != 0;
}

/* Writes one character (n bytes of UTF-8) at o, escaped where it has to be; returns the end of it. */
static char *quote_character(char *o, const unsigned char *s, size_t n)
{
    if (*s < 0x20 || *s == 0x7f)
        return o + sprintf(o, "\\x%02x", *s);
    if (n == 2 && is_odd_character(s, n))
        return o + sprintf(o, "\\x%02x", s[1]);
    if (n == 3 && is_odd_character(s, n))
        return o + sprintf(o, "\\u%04x", ((s[0] & 0x0fu) << 12) | ((s[1] & 0x3fu) << 6) | (s[2] & 0x3fu));
    if (*s == '"' || *s == '\\')
        *o++ = '\\';
    memcpy(o, s, n);
    return o + n;
}

/* The text as a double-quoted YAML scalar, free() it: the one style that holds every text. */
static char *quote(const char *text)
{
    char *out = malloc(4 * strlen(text) + 3), *o = out;
    if (!out)
        return NULL;
    *o++ = '"';
    for (const unsigned char *s = (const unsigned char *)text, *end = s + strlen(text); s < end;) {
        size_t n = utf8_length(s, (size_t)(end - s));
        if (n == 0) { /* what is not UTF-8 cannot be told in YAML */
            *o++ = '?';
            s++;
        } else {
            o = quote_character(o, s, n);
            s += n;
        }
    }
    *o++ = '"';
    *o = '\0';
    return out;
}

static bool is_plain(const struct yaml_node *n)
{
    return !n->quoted && (is_number_like(n->text) || is_plain_safe(n->text));
}

static struct fy_node *scalar(struct fy_document *doc, const char *text, bool plain)
{
    if (plain)
        return fy_node_create_scalar_copy(doc, text, strlen(text));
    char *quoted = quote(text);
    struct fy_node *n = quoted ? fy_node_buildf(doc, "%s", quoted) : NULL; /* keeps a copy of its own */
    free(quoted);
    return n;
}

static struct fy_node *to_fy(struct fy_document *doc, const struct yaml_node *n);

static bool hang(struct fy_document *doc, struct fy_node *parent, const struct yaml_node *c)
{
    struct fy_node *key = c->key ? scalar(doc, c->key, is_plain_safe(c->key)) : NULL;
    struct fy_node *value = to_fy(doc, c);
    bool ok = value && (key ? fy_node_mapping_append(parent, key, value) : fy_node_sequence_append(parent, value)) == 0;
    if (!ok) {
        fy_node_free(key);
        fy_node_free(value);
    }
    return ok;
}

static struct fy_node *to_fy(struct fy_document *doc, const struct yaml_node *n)
{
    if (n->kind == YAML_SCALAR && yaml_is_null(n))
        return scalar(doc, "~", true); /* an empty plain scalar is lost in some places */
    if (n->kind == YAML_SCALAR)
        return scalar(doc, n->text, is_plain(n));
    struct fy_node *fy = n->kind == YAML_MAP ? fy_node_create_mapping(doc) : fy_node_create_sequence(doc);
    for (const struct yaml_node *c = n->first; fy && c; c = c->next)
        if (!hang(doc, fy, c)) {
            fy_node_free(fy);
            return NULL;
        }
    return fy;
}

char *yaml_write(const struct yaml_node *root)
{
    struct fy_diag *diag = new_diag();
    struct fy_parse_cfg cfg = {.flags = FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2, .diag = diag};
    struct fy_document *doc = diag ? fy_document_create(&cfg) : NULL;
    struct fy_node *top = doc ? to_fy(doc, root) : NULL;
    char *text = NULL;
    if (top && fy_document_set_root(doc, top) == 0)
        text = fy_emit_document_to_string(doc, FYECF_WIDTH_INF | FYECF_MODE_BLOCK | FYECF_INDENT_2 |
                                                   FYECF_DOC_START_MARK_OFF | FYECF_DOC_END_MARK_OFF |
                                                   FYECF_VERSION_DIR_OFF | FYECF_TAG_DIR_OFF);
    if (doc)
        fy_document_destroy(doc);
    if (diag)
        fy_diag_destroy(diag);
    return text;
}
