/* sheet.h -- other people's tables: rows of cells as they stand, of any lengths, each cell with its line and column
 * (through libcsv; the doors to it are table.c and this file's sheet.c).  What our own programs write is read by
 * table.h, which is strict. */
#ifndef BASE_TEXT_SHEET_H
#define BASE_TEXT_SHEET_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum sheet_encoding { SHEET_UTF8, SHEET_LATIN1 };
struct sheet_cell {
    const char *text; /* UTF-8, blanks at both ends taken off */
    int line, col;    /* 1-based; col counts bytes of the file's line */
};
struct sheet_row {
    size_t first, n; /* cells first .. first + n - 1; n 0: a blank line */
    int line;        /* where it begins */
};
struct sheet {
    char *path, *text;
    size_t rows, cells;
    struct sheet_row *row;
    struct sheet_cell *cell;
};

/* Reads a file (at most 64 MiB) with cells parted by separator.  A byte order mark, CRLF and lone CR line ends, a last line
 * without an end are accepted.  Refuses, with path:line: UTF-16, NUL bytes, bytes that are no UTF-8 (unless LATIN1), a
 * quoted cell that is not closed, an empty file.  On failure *s is {0}. */
int sheet_read(struct sheet *s, const char *path, char separator, enum sheet_encoding encoding, struct err *e);
/* The same from memory. */
int sheet_parse(struct sheet *s, const char *name, const char *text, size_t len, char separator,
                enum sheet_encoding encoding, struct err *e);
void sheet_release(struct sheet *s); /* {0} is legal */
/* The row that begins at this line, or NULL. */
const struct sheet_row *sheet_line(const struct sheet *s, int line);
/* Cell number k (from 0) of a row; NULL beyond its last. */
const struct sheet_cell *sheet_at(const struct sheet *s, const struct sheet_row *r, size_t k);
/* "path:line:col: <message>" of a cell.  Returns code. */
int sheet_fail(const struct sheet *s, int line, int col, struct err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
#endif
