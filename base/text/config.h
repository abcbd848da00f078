/* config.h -- YAML files with file:line:column and a caret for mistakes of syntax *and* meaning.
 * Every value a person types carries a unit; the reader converts to SI.
 * Strict: duplicate keys, unknown keys, missing units and wrong dimensions are errors; anchors, aliases, tags and
 * second documents are refused.  One document is read by one thread at a time; different documents by any.  (Door to
 * libfyaml: yaml.c.) */
#ifndef BASE_TEXT_CONFIG_H
#define BASE_TEXT_CONFIG_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

struct config;  /* one parsed document; owns all nodes and strings handed out */
struct yaml_node;
struct cnode {  /* a place in a document, passed by value; n is NULL for "not there" */
    struct config *doc;
    struct yaml_node *n;
};

/* Bounds of a number in SI, with how they are meant; RANGE_* below cover most. */
struct range { double lo, hi; bool lo_open, hi_open; };
extern const struct range RANGE_ANY;       /* finite */
extern const struct range RANGE_POSITIVE;  /* 0 <  x */
extern const struct range RANGE_NONNEG;    /* 0 <= x */
extern const struct range RANGE_FRACTION;  /* 0 <= x <= 1 */

/* Reads a file (at most 4 MiB).  Returns 0, ERR_IO, or ERR_PARSE (place and caret in *e). */
int  config_open(struct config **out, const char *path, struct err *e);
/* The same from memory; name stands for the path in messages.  Borrows nothing after it returns. */
int  config_parse(struct config **out, const char *name, const char *text, size_t len, struct err *e);
void config_close(struct config *c); /* NULL is legal */
const char *config_path(const struct config *c);
struct cnode config_root(struct config *c);
/* Applies "a/b/c=value" (also a.b.c=value): a command line override; missing maps on the way are made.
 * With a '/' in the path a dot is part of a key.  A number indexes a list (the number of items appends); a value that
 * starts with [ or { is read as YAML.  Returns ERR_ARG when the text has no '=' or the path runs through a scalar. */
int  config_override(struct config *c, const char *assignment, struct err *e);

/* Questions. */
bool config_is(struct cnode at);           /* is there a node? */
bool config_is_map(struct cnode at);
bool config_is_list(struct cnode at);
bool config_is_scalar(struct cnode at);
/* Child of a map by key, item of a list by index, number of children; never fail: n is NULL / 0. */
struct cnode config_get(struct cnode map, const char *key);
struct cnode config_item(struct cnode list, size_t i);
struct cnode config_pair(struct cnode map, size_t i, const char **key); /* i-th pair of a map, in file order */
size_t       config_count(struct cnode at);
const char  *config_text(struct cnode scalar); /* text of a scalar, or NULL; lives as long as the document */
int          config_line(struct cnode at);     /* 1-based line, 0 when unknown */
int          config_column(struct cnode at);   /* the same of its column */
/* The override "path=value" that made this node or something below it, or NULL: it stands in the file. */
const char *config_override_of(struct cnode at);

/* Refuses keys of map that are not in allowed[] (NULL-terminated), naming the nearest known one. */
int config_known(struct cnode map, const char *const allowed[], struct err *e);
/* The child, or ERR_PARSE "missing key 'k'" placed at the map. */
int config_need(struct cnode map, const char *key, struct cnode *out, struct err *e);

/* Readers of a required key: value through *out, 0 or ERR_PARSE / ERR_RANGE with place, value, bound and hint.
 * si_unit is a UDUNITS name of the SI unit the caller works in ("m", "m2/s", "kg m-3", "N", "s", "1").
 * With unit "1" a plain number or a percentage is accepted; with any other unit a plain number is an error that
 * shows an example with a unit. */
int config_quantity(struct cnode map, const char *key, const char *si_unit, struct range r, double *out, struct err *e);
int config_number(struct cnode map, const char *key, struct range r, double *out, struct err *e);
int config_integer(struct cnode map, const char *key, long lo, long hi, long *out, struct err *e); /* dec or 0x hex */
int config_bool(struct cnode map, const char *key, bool *out, struct err *e); /* true|false|yes|no */
int config_string(struct cnode map, const char *key, const char **out, struct err *e);
/* The same, copied into out[size]; ERR_RANGE when it is longer than size - 1. */
int config_string_copy(struct cnode map, const char *key, char *out, size_t size, struct err *e);
/* One of words[] (NULL-terminated): its index.  The message lists the words. */
int config_choice(struct cnode map, const char *key, const char *const words[], int *out, struct err *e);
/* The same for a scalar node itself (an item of a list). */
int config_quantity_at(struct cnode scalar, const char *si_unit, struct range r, double *out, struct err *e);
int config_number_at(struct cnode scalar, struct range r, double *out, struct err *e);
int config_integer_at(struct cnode scalar, long lo, long hi, long *out, struct err *e);

/* A semantic error at a place: "path:line:col: <message>", the source line and a caret.  Returns code. */
int config_fail(struct cnode at, struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The path of keys to a node, "layers/0/thickness", into buf; returns buf.  The subject of an error message. */
const char *config_subject(struct cnode at, char *buf, size_t size);
/* "path:line:col" of a node into buf (a value set on the command line: "path (set by 'a/b=c')"); returns buf. */
const char *config_where(struct cnode at, char *buf, size_t size);
/* Nearest of words[] (NULL-terminated) to word within 3 edits and half its length, or NULL. */
const char *config_nearest(const char *word, const char *const words[]);

/* ---- writing YAML (also libfyaml): a document built by path, then written in one go ---- */
struct record; /* a document under construction */
int  record_new(struct record **out, struct err *e);
void record_free(struct record *r);
/* Sets path ("a/b/0/c": a number indexes a list, "-" appends to one) to a value; maps and lists are made on the way.
 * An allocation failure is remembered and returned by record_write. */
void record_text(struct record *r, const char *path, const char *value);
void record_number(struct record *r, const char *path, double value);                     /* %.10g; nan -> .nan */
void record_quantity(struct record *r, const char *path, double value, const char *unit); /* "1.25e-10 m2/s" */
void record_integer(struct record *r, const char *path, long long value);
void record_bool(struct record *r, const char *path, bool value);
/* Copies a whole subtree of a config. */
void record_subtree(struct record *r, const char *path, struct cnode from);
/* Writes to a temporary name in the same folder, fsync, rename, fsync of the folder.  ERR_IO or ERR_NOMEM. */
int  record_write(struct record *r, const char *path, struct err *e);
/* The text itself; free() it. */
char *record_string(struct record *r);
#endif
