/* yaml.h -- a small tree of maps, lists and scalars with places, and its way from and to YAML text.
 * Inside base/text only: everybody else reads through config.h and writes through its records.
 * The only door to libfyaml is yaml.c.  Strict: one document; no anchors, aliases or tags; keys are
 * scalars and unique; at most YAML_DEPTH levels and YAML_MAX_KEYS keys in a map; UTF-8 without control characters. */
#ifndef BASE_TEXT_YAML_H
#define BASE_TEXT_YAML_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum { YAML_DEPTH = 32, YAML_MAX_KEYS = 4096, YAML_MAX_BYTES = 4 << 20 };
enum yaml_kind { YAML_SCALAR, YAML_MAP, YAML_LIST };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;             /* scalar: written in quotes, so never a number or a missing value */
    char *text;              /* scalar: its text; else NULL */
    char *key;               /* key of this node in its map; else NULL */
    int line, col;           /* 1-based place of the value; 0 when it was not read from a text */
    int key_line, key_col;   /* 1-based place of the key; 0 likewise */
    const char *origin;      /* the override that made it (borrowed), or NULL */
    struct yaml_node *parent, *first, *last, *next;
    size_t count;            /* children */
};

/* A mistake in a text: what, and where (1-based; 0 unknown). */
struct yaml_mistake { char what[300]; int line, col; };

/* Builds the tree of text.  Returns 0, ERR_NOMEM, or ERR_PARSE with *m filled.  *out is yours (yaml_free). */
int yaml_parse(struct yaml_node **out, const char *text, size_t len, struct yaml_mistake *m);
/* YAML text of a tree, free() it; NULL when out of memory. */
char *yaml_write(const struct yaml_node *root);

/* A node without parent; text and key are copied, either may be NULL.  NULL when out of memory. */
struct yaml_node *yaml_new(enum yaml_kind kind, const char *key, const char *text);
void yaml_free(struct yaml_node *n); /* with all below; NULL is legal; the parent is not told */
/* Hangs child below parent as its last child / in the place of old, which is freed. */
void yaml_append(struct yaml_node *parent, struct yaml_node *child);
void yaml_replace(struct yaml_node *old, struct yaml_node *fresh);
struct yaml_node *yaml_child(const struct yaml_node *map, const char *key); /* NULL when there is none */
struct yaml_node *yaml_item(const struct yaml_node *at, size_t i);
/* Copy without places, under another key (NULL: none); NULL when out of memory. */
struct yaml_node *yaml_copy(const struct yaml_node *n, const char *key);
/* Puts value at a path below root (a map), making what is missing on the way; an old value there is freed.  Parts of
 * the path are parted by separator; in a list a part is an index, or the number of items or "-" to append.  Takes
 * value, also on failure.  Returns 0, ERR_NOMEM, or ERR_ARG with the reason in why. */
int yaml_set(struct yaml_node *root, const char *path, char separator, struct yaml_node *value, char why[160]);
/* A scalar without text and quotes, "~" or "null". */
bool yaml_is_null(const struct yaml_node *n);
#endif
