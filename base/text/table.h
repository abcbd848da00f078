/* table.h -- CSV tables through libcsv (the doors to it are table.c and raw.c, for foreign tables).
 * RFC 4180, one header row, the unit in each numeric column's name (time_h, flux_ug_cm2_h), no comment lines. */
#ifndef BASE_TEXT_TABLE_H
#define BASE_TEXT_TABLE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

struct table {
    char  *path;
    char  *text;  /* owns the letters of all names and cells */
    size_t rows, cols;
    char **name;  /* cols header names */
    char **cell;  /* rows x cols, row-major, text as read (unquoted) */
    int   *line;  /* rows: 1-based line in the file where each row starts */
};

/* Reads a whole file (at most 256 MiB).  Refuses, with path:line: an empty file, an empty or repeated header name, rows
 * with another number of cells, blank lines, stray quotes, carriage returns that end no line, NUL bytes, and a last
 * line without a newline ("torn last line").  A byte order mark and CRLF line ends are accepted.  Blanks are part of
 * a cell. On failure *t is {0}. */
int  table_read(struct table *t, const char *path, struct err *e);
/* The same from memory (tests, fuzzing). */
int  table_parse(struct table *t, const char *name, const char *text, size_t len, struct err *e);
void table_release(struct table *t); /* {0} is legal */
/* Index of a column, or ERR_PARSE naming the file's columns and the nearest one. */
int  table_col(const struct table *t, const char *name, size_t *col, struct err *e);
bool table_has(const struct table *t, const char *name);
const char *table_cell(const struct table *t, size_t row, size_t col);
/* A numeric column as an array of t->rows doubles (yours to free).  Empty cells are NaN when allow_empty, else an
 * error; text in a number column is an error with path:line and the column's name. */
int  table_numbers(const struct table *t, const char *name, bool allow_empty, double **out, struct err *e);

/* Writing: to a temporary name, renamed by table_close; table_abandon removes it. */
struct table_out;
int  table_create(struct table_out **out, const char *path, const char *const columns[], size_t n, struct err *e);
/* The same, but under its own name at once (ERR_IO when that exists) and a whole row at a time: a log that outlives a
 * killed program.  table_abandon keeps it. */
int  table_create_live(struct table_out **out, const char *path, const char *const columns[], size_t n, struct err *e);
void table_number(struct table_out *o, double x);           /* next cell, %.10g; NaN -> empty */
void table_exact(struct table_out *o, double x);            /* next cell, %.17g; NaN -> empty */
void table_integer(struct table_out *o, long long x);
void table_word(struct table_out *o, const char *text);     /* next cell, quoted when needed */
/* Ends a row; ERR_IO if a write failed; asserts that the row has n cells. */
int  table_end_row(struct table_out *o, struct err *e);
int  table_close(struct table_out *o, struct err *e);   /* flush, fsync, rename; frees o */
void table_abandon(struct table_out *o);                /* removes the temporary file; frees o; NULL is legal */
#endif
