/* sheet.h -- tables of a report out of YAML nodes: a grid of texts that grows, numbers shortened for people, keys
 * turned into words.  Running out of memory shows as a warning in place of the table. */
#ifndef BASE_SHOW_SHEET_H
#define BASE_SHOW_SHEET_H
#include <stdbool.h>
#include <stddef.h>
#include "base/show/report.h"
#include "base/text/config.h"

struct sheet { /* struct sheet s = {0}; sheet_release(&s) */
    char **text;
    size_t n, room;
    bool failed;
};
void sheet_add(struct sheet *s, const char *text);   /* next cell; NULL is empty */
void sheet_short(struct sheet *s, const char *text); /* a number (and its unit) with four significant digits */
void sheet_words(struct sheet *s, const char *key);  /* "peak_force_N" as "peak force / N" */
/* A row "subject, value" when there is a value. */
void sheet_fact(struct sheet *s, const char *subject, const char *value);
/* Rows "path in words, value" for every scalar below a node; shallow lists of scalars become one value. */
void sheet_flat(struct sheet *s, struct cnode at, const char *prefix);
/* A table of a map of maps (rows named by their keys) or of a list of maps; columns are the keys of all children in the
 * order in which they first come.  At most rows_max rows, and the caption says so.  False, and nothing is put, when
 * some value is no scalar or there are too many columns. */
bool sheet_grid(struct sheet *s, struct report *r, const char *caption, const char *first, struct cnode at,
                size_t rows_max);
/* Everything below a map whose key is not in shown[] (NULL-terminated): its scalars in one table under the caption,
 * then a table for every other key, as it suits. */
void sheet_rest(struct sheet *s, struct report *r, struct cnode map, const char *caption,
                const char *const shown[]);
/* Puts the rows so far as a table (nothing when there are none; header may be NULL) and empties the sheet.  Columns
 * without a text are left out, but for the first.  At most 20 columns. */
void sheet_put(struct sheet *s, struct report *r, const char *caption, const char *const header[], size_t columns);
/* The items of a list of texts, each after lead, as bullets. */
void sheet_bullets(struct sheet *s, struct report *r, struct cnode list, const char *lead);
void sheet_release(struct sheet *s);

/* The text of map[key], or NULL. */
const char *sheet_word(struct cnode map, const char *key);
/* "-0.4195 N" of "-0.4194798387 N": four significant digits, all digits of integers; other text as it stands. */
void short_number(const char *text, char out[64]);
/* Three cells: value, unit, error; the two numbers as number_pair has them, else shortened each on its own. */
void sheet_pair(struct sheet *s, const char *value, const char *error, const char *unit);
/* Words of a key into out: '_' as blanks, a unit at its end after " / ". */
void key_words(const char *key, char *out, size_t size);
#endif
