/* table.c -- see table.h. */
#include <assert.h>
#include <csv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/config.h"
#include "base/text/file.h"
#include "base/text/number.h"
#include "base/text/table.h"

enum { MAX_BYTES = 256 << 20, MAX_COLS = 4096 };

/* ---- reading ---- */

struct reader {
    struct table *t;
    struct csv_parser csv;
    size_t used;             /* bytes of t->text taken */
    size_t cells_in_row, rows_size;
    bool is_header, row_ended;
    int line, row_line;      /* 1-based: being read, and where the row began */
    struct err *e;
    int failed;
};

static int fail(struct reader *r, int code, int line, const char *what)
{
    if (!r->failed)
        r->failed = err_set(r->e, code, "%s:%d: %s", r->t->path, line, what);
    return r->failed;
}

static int no_memory(struct reader *r)
{
    return fail(r, ERR_NOMEM, r->line, "out of memory");
}

/* Room for one more row of pointers. */
static bool grow(struct reader *r)
{
    struct table *t = r->t;
    if (t->rows < r->rows_size)
        return true;
    size_t size = r->rows_size ? r->rows_size * 2 : 64;
    char **cell = realloc(t->cell, size * t->cols * sizeof *cell);
    if (cell)
        t->cell = cell;
    int *line = realloc(t->line, size * sizeof *line);
    if (line)
        t->line = line;
    if (!cell || !line)
        return false;
    r->rows_size = size;
    return true;
}

/* Every cell was followed by a comma or a newline in the source, so its NUL always fits in text. */
static char *keep(struct reader *r, const char *text, size_t n)
{
    char *s = r->t->text + r->used;
    if (n)
        memcpy(s, text, n);
    s[n] = '\0';
    r->used += n + 1;
    return s;
}

static void take_name(struct reader *r, char *name)
{
    struct table *t = r->t;
    char what[200];
    if (t->cols == MAX_COLS) {
        fail(r, ERR_PARSE, r->line, "more than 4096 columns");
        return;
    }
    if (!name[0]) {
        snprintf(what, sizeof what, "column %zu has no name", t->cols + 1);
        fail(r, ERR_PARSE, r->line, what);
    }
    for (size_t i = 0; i < t->cols; i++)
        if (strcmp(t->name[i], name) == 0) {
            snprintf(what, sizeof what, "columns %zu and %zu are both named '%.60s'", i + 1, t->cols + 1, name);
            fail(r, ERR_PARSE, r->line, what);
        }
    t->name[t->cols++] = name;
}

static void on_cell(void *text, size_t n, void *user)
{
    struct reader *r = user;
    if (r->failed)
        return;
    char *s = keep(r, text, n);
    if (r->is_header)
        take_name(r, s);
    else if (r->cells_in_row == 0 && !grow(r))
        no_memory(r);
    else if (r->cells_in_row < r->t->cols)
        r->t->cell[r->t->rows * r->t->cols + r->cells_in_row] = s;
    r->cells_in_row++;
}

static void on_row(int terminator, void *user)
{
    (void)terminator;
    struct reader *r = user;
    struct table *t = r->t;
    char what[120];
    r->row_ended = true;
    if (r->failed)
        return;
    if (!r->is_header && r->cells_in_row != t->cols) {
        snprintf(what, sizeof what, "%zu cells, but the header names %zu columns", r->cells_in_row, t->cols);
        fail(r, ERR_PARSE, r->row_line, what);
        return;
    }
    if (!r->is_header)
        t->line[t->rows++] = r->row_line;
    r->is_header = false;
    r->cells_in_row = 0;
}

static int feed(struct reader *r, const char *s, size_t n)
{
    if (csv_parse(&r->csv, s, n, on_cell, on_row, r) != n && !r->failed)
        return csv_error(&r->csv) == CSV_EPARSE
                   ? fail(r, ERR_PARSE, r->line,
                          "stray quote: a cell with a quote in it is written \"like \"\"this\"\"\"")
                   : no_memory(r);
    return r->failed;
}

/* One line of the file: n bytes of content and its end ("\n" or "\r\n"). */
static int read_line(struct reader *r, const char *s, size_t n, size_t end)
{
    if (r->row_ended) {
        if (n == 0)
            return fail(r, ERR_PARSE, r->line, "blank line");
        r->row_line = r->line;
    }
    r->row_ended = false;
    if (feed(r, s, n))
        return r->failed;
    if (r->row_ended)
        return fail(r, ERR_PARSE, r->line, "carriage return inside a line");
    return feed(r, s + n, end);
}

static int read_lines(struct reader *r, const char *text, size_t len)
{
    for (const char *s = text, *stop = text + len; s < stop && !r->failed; r->line++) {
        const char *newline = memchr(s, '\n', (size_t)(stop - s));
        size_t n = (size_t)(newline - s), end = 1;
        if (n > 0 && s[n - 1] == '\r') {
            n--;
            end++;
        }
        read_line(r, s, n, end);
        s = newline + 1;
    }
    if (!r->failed && !r->row_ended)
        return fail(r, ERR_PARSE, r->row_line, "a quoted cell is not closed before the end of the file");
    return r->failed;
}

static int line_of(const char *text, const char *at)
{
    int line = 1;
    for (const char *s = text; s < at; s++)
        line += *s == '\n';
    return line;
}

static int check_bytes(struct reader *r, const char *text, size_t len)
{
    if (len == 0)
        return fail(r, ERR_PARSE, 1, "empty file: a header row was expected");
    const char *nul = memchr(text, '\0', len);
    if (nul)
        return fail(r, ERR_PARSE, line_of(text, nul), "NUL byte: not a text file, or damaged");
    if (text[len - 1] != '\n') {
        fail(r, ERR_PARSE, line_of(text, text + len), "torn last line: the file does not end with a newline");
        err_hint(r->e, "the program that wrote it was interrupted: remove the last line, or record again");
    }
    return r->failed;
}

static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static int parse(struct reader *r, const char *text, size_t len)
{
    struct table *t = r->t;
    t->text = malloc(len + 1);
    t->name = calloc(MAX_COLS, sizeof *t->name);
    if (!t->text || !t->name || csv_init(&r->csv, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return no_memory(r);
    csv_set_space_func(&r->csv, no_space); /* else libcsv trims blanks */
    read_lines(r, text, len);
    csv_free(&r->csv);
    return r->failed;
}

int table_parse(struct table *t, const char *name, const char *text, size_t len, struct err *e)
{
    *t = (struct table){.path = strdup(name)};
    if (!t->path)
        return err_set(e, ERR_NOMEM, "%s: out of memory", name);
    struct reader r = {.t = t, .is_header = true, .row_ended = true, .line = 1, .row_line = 1, .e = e};
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    if (check_bytes(&r, text, len) || parse(&r, text, len))
        table_release(t);
    return r.failed;
}

int table_read(struct table *t, const char *path, struct err *e)
{
    char *text;
    size_t len;
    *t = (struct table){0};
    int r = file_read(path, MAX_BYTES, &text, &len, e);
    if (r)
        return r;
    r = table_parse(t, path, text, len, e);
    free(text);
    return r;
}

void table_release(struct table *t)
{
    free(t->path);
    free(t->text);
    free(t->name);
    free(t->cell);
    free(t->line);
    *t = (struct table){0};
}

/* ---- asking ---- */

bool table_has(const struct table *t, const char *name)
{
    size_t col;
    return table_col(t, name, &col, NULL) == 0;
}

static void list_columns(const struct table *t, char *buf, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < t->cols && used < size; i++) {
        int w = snprintf(buf + used, size - used, "%s%s", i ? ", " : "", t->name[i]);
        used += w > 0 ? (size_t)w : 0;
    }
}

static int no_column(const struct table *t, const char *name, struct err *e)
{
    char columns[300] = "";
    const char *nearest = NULL;
    const char **words = calloc(t->cols + 1, sizeof *words);
    if (words) {
        memcpy(words, t->name, t->cols * sizeof *words);
        nearest = config_nearest(name, words);
    }
    list_columns(t, columns, sizeof columns);
    err_set(e, ERR_PARSE, "%s:1: no column '%s'", t->path, name);
    if (nearest)
        err_hint(e, "did you mean '%.80s'?  The columns are: %s", nearest, columns);
    else
        err_hint(e, "the columns are: %s", columns);
    free(words);
    return ERR_PARSE;
}

int table_col(const struct table *t, const char *name, size_t *col, struct err *e)
{
    for (size_t i = 0; i < t->cols; i++)
        if (strcmp(t->name[i], name) == 0) {
            *col = i;
            return 0;
        }
    return e ? no_column(t, name, e) : ERR_PARSE;
}

const char *table_cell(const struct table *t, size_t row, size_t col)
{
    assert(row < t->rows && col < t->cols);
    return t->cell[row * t->cols + col];
}

static int number_at(const struct table *t, size_t row, size_t col, bool allow_empty, double *x, struct err *e)
{
    const char *text = table_cell(t, row, col);
    if (!text[0] && allow_empty) {
        *x = NAN;
        return 0;
    }
    if (number_parse(text, x))
        return 0;
    if (!text[0])
        return err_set(e, ERR_PARSE, "%s:%d: column '%s': empty, a number was expected", t->path, t->line[row],
                       t->name[col]);
    return err_set(e, ERR_PARSE, "%s:%d: column '%s': '%.60s' is not a number", t->path, t->line[row], t->name[col],
                   text);
}

int table_numbers(const struct table *t, const char *name, bool allow_empty, double **out, struct err *e)
{
    size_t col;
    int r = table_col(t, name, &col, e);
    if (r)
        return r;
    double *x = malloc((t->rows ? t->rows : 1) * sizeof *x);
    if (!x)
        return err_set(e, ERR_NOMEM, "%s: out of memory", t->path);
    for (size_t i = 0; i < t->rows && !r; i++)
        r = number_at(t, i, col, allow_empty, &x[i], e);
    if (r)
        free(x);
    else
        *out = x;
    return r;
}

/* ---- writing ---- */

struct table_out {
    struct file_out file;
    size_t cols, cells; /* cells: written in this row */
};

static int create(struct table_out **out, const char *path, bool live, const char *const columns[], size_t n,
                  struct err *e)
{
    assert(n > 0);
    struct table_out *o = calloc(1, sizeof *o);
    if (!o)
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    o->cols = n;
    int r = live ? file_create_live(&o->file, path, e) : file_create(&o->file, path, e);
    for (size_t i = 0; i < n && !r; i++)
        table_word(o, columns[i]);
    r = r ? r : table_end_row(o, e);
    if (r)
        table_abandon(o);
    else
        *out = o;
    return r;
}

int table_create(struct table_out **out, const char *path, const char *const columns[], size_t n, struct err *e)
{
    return create(out, path, false, columns, n, e);
}

int table_create_live(struct table_out **out, const char *path, const char *const columns[], size_t n, struct err *e)
{
    return create(out, path, true, columns, n, e);
}

static void put(struct table_out *o, const char *text)
{
    if (o->cells++)
        putc(',', o->file.f);
    fputs(text, o->file.f);
}

static void put_number(struct table_out *o, double x, int digits)
{
    char text[40] = "";
    if (!isnan(x))
        snprintf(text, sizeof text, "%.*g", digits, x);
    table_word(o, text);
}

void table_number(struct table_out *o, double x) { put_number(o, x, 10); }
void table_exact(struct table_out *o, double x) { put_number(o, x, 17); }

void table_integer(struct table_out *o, long long x)
{
    char text[40];
    snprintf(text, sizeof text, "%lld", x);
    put(o, text);
}

void table_word(struct table_out *o, const char *text)
{
    bool needs_quotes = strpbrk(text, ",\"\r\n") || (!text[0] && o->cols == 1); /* a lone empty cell is a blank line */
    put(o, needs_quotes ? "" : text);
    if (needs_quotes)
        csv_fwrite(o->file.f, text, strlen(text)); /* a failure is kept by the stream and seen by table_end_row */
}

int table_end_row(struct table_out *o, struct err *e)
{
    assert(o->cells == o->cols);
    o->cells = 0;
    putc('\n', o->file.f);
    return ferror(o->file.f) ? err_set(e, ERR_IO, "%s: cannot be written", o->file.path) : 0;
}

int table_close(struct table_out *o, struct err *e)
{
    assert(o->cells == 0);
    int r = file_commit(&o->file, e);
    free(o);
    return r;
}

void table_abandon(struct table_out *o)
{
    if (!o)
        return;
    file_abandon(&o->file);
    free(o);
}
