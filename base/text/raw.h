/* raw.h -- other people's tables: rows of cells as they stand, of any lengths, each cell with its line and column
 * (through libcsv; the doors to it are table.c and this file's raw.c).  What our own programs write is read by
 * table.h, which is strict. */
#ifndef BASE_TEXT_RAW_H
#define BASE_TEXT_RAW_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum raw_encoding { RAW_UTF8, RAW_LATIN1 };
struct raw_cell {
    const char *text; /* UTF-8, blanks at both ends taken off */
    int line, col;    /* 1-based; col counts bytes of the file's line */
};
struct raw_row {
    size_t first, n; /* cells first .. first + n - 1; n 0: a blank line */
    int line;        /* where it begins */
};
struct raw {
    char *path, *text;
    size_t rows, cells;
    struct raw_row *row;
    struct raw_cell *cell;
};

/* Reads a file (at most 64 MiB) with cells parted by separator.  A byte order mark, CRLF and lone CR line ends, a last
 * line without an end are accepted.  Refuses, with path:line: UTF-16, NUL bytes, bytes that are no UTF-8 (unless
 * LATIN1), a quoted cell that is not closed, an empty file.  On failure *s is {0}. */
int raw_read(struct raw *s, const char *path, char separator, enum raw_encoding encoding, struct err *e);
/* The same from memory. */
int raw_parse(struct raw *s, const char *name, const char *text, size_t len, char separator, enum raw_encoding encoding,
              struct err *e);
void raw_release(struct raw *s); /* {0} is legal */
/* The row that begins at this line, or NULL. */
const struct raw_row *raw_line(const struct raw *s, int line);
/* Cell number k (from 0) of a row; NULL beyond its last. */
const struct raw_cell *raw_at(const struct raw *s, const struct raw_row *r, size_t k);
/* "path:line:col: <message>" of a cell.  Returns code. */
int raw_fail(const struct raw *s, int line, int col, struct err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
#endif
