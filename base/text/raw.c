/* raw.c -- see raw.h. */
#include <csv.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/file.h"
#include "base/text/raw.h"

enum { MAX_BYTES = 64 << 20 };

struct reader {
    struct raw *s;
    struct csv_parser csv;
    size_t used, size; /* bytes of s->text taken, and there */
    size_t rows_size, cells_size;
    int line, col;                     /* of the byte being fed */
    int cell_line, cell_col, row_line; /* where the cell, the row began */
    bool row_open, out_of_memory;      /* row_open: it has a cell */
    bool row_begun;                    /* a byte of it was fed */
};

int raw_fail(const struct raw *s, int line, int col, struct err *e, int code, const char *fmt, ...)
{
    char what[1000];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (col > 0) return err_set(e, code, "%s:%d:%d: %s", s->path, line, col, what);
    return err_set(e, code, "%s:%d: %s", s->path, line, what);
}

/* ---- bytes ---- */

static int line_of(const char *text, size_t at)
{
    int line = 1;
    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

/* Length of the UTF-8 sequence at p, 0: it is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    size_t n = p[0] < 0x80                   ? 1
               : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
               : (p[0] & 0xf0) == 0xe0       ? 3
               : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                             : 0;
    if (n == 0 || n > left) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    return n;
}

static int check_bytes(const struct raw *s, const char *text, size_t len, enum raw_encoding encoding, struct err *e)
{
    const unsigned char *p = (const unsigned char *)text;
    if (len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))) {
        raw_fail(s, 1, 1, e, ERR_PARSE, "UTF-16 text");
        err_hint(e, "export or save it as UTF-8");
        return ERR_PARSE;
    }
    if (len == 0) return raw_fail(s, 1, 0, e, ERR_PARSE, "empty file");
    for (size_t i = 0, n; i < len; i += n) {
        n = encoding == RAW_LATIN1 ? 1 : utf8_length(p + i, len - i);
        if (p[i] == 0) return raw_fail(s, line_of(text, i), 0, e, ERR_PARSE, "NUL byte: not a text file, or damaged");
        if (n) continue;
        raw_fail(s, line_of(text, i), 0, e, ERR_PARSE, "byte 0x%02x is no UTF-8", p[i]);
        err_hint(e, "an older export may be 'encoding: latin-1'");
        return ERR_PARSE;
    }
    return 0;
}

/* ---- cells ---- */

static void *grow(void *list, size_t *size, size_t n, size_t item)
{
    if (n < *size) return list;
    size_t more = *size ? *size * 2 : 256;
    void *grown = realloc(list, more * item);
    if (grown) *size = more;
    return grown;
}

/* A Latin-1 byte takes two in UTF-8, so text holds twice the file. */
static char *keep(struct reader *r, const char *text, size_t n, bool latin1)
{
    char *at = r->s->text + r->used, *to = at;
    while (n && (text[0] == ' ' || text[0] == '\t'))
        text++, n--;
    while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (latin1 && c >= 0x80) {
            *to++ = (char)(0xc0 | c >> 6);
            *to++ = (char)(0x80 | (c & 0x3f));
        } else
            *to++ = text[i];
    }
    *to++ = '\0';
    r->used += (size_t)(to - at);
    return at;
}

struct reading {
    struct reader *r;
    bool latin1;
};

static void begin_row(struct reader *r, int line)
{
    struct raw *s = r->s;
    struct raw_row *row = grow(s->row, &r->rows_size, s->rows, sizeof *row);
    if (!row) {
        r->out_of_memory = true;
        return;
    }
    s->row = row;
    s->row[s->rows++] = (struct raw_row){.first = s->cells, .line = line};
}

static void on_cell(void *text, size_t n, void *user)
{
    struct reading *in = user;
    struct reader *r = in->r;
    struct raw *s = r->s;
    if (!r->out_of_memory && !r->row_open) begin_row(r, r->row_line);
    r->row_open = true;
    if (r->out_of_memory) return;
    struct raw_cell *cell = grow(s->cell, &r->cells_size, s->cells, sizeof *cell);
    if (!cell) {
        r->out_of_memory = true;
        return;
    }
    s->cell = cell;
    s->cell[s->cells++] = (struct raw_cell){keep(r, text, n, in->latin1), r->cell_line, r->cell_col};
    s->row[s->rows - 1].n++;
    r->cell_line = r->line;
    r->cell_col = r->col + 1;
}

static void on_row(int terminator, void *user)
{
    (void)terminator;
    struct reading *in = user;
    in->r->row_open = in->r->row_begun = false;
}

static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

/* Byte by byte, so that a cell knows where it began.  Blank lines, which libcsv passes over, are rows without cells. */
static int feed(struct reading *in, const char *text, size_t len, struct err *e)
{
    struct reader *r = in->r;
    for (size_t i = 0; i < len && !r->out_of_memory; i++) {
        char c = text[i];
        if (c == '\r') { /* CRLF, or the CR alone of an old Macintosh */
            if (i + 1 < len && text[i + 1] == '\n') continue;
            c = '\n';
        }
        bool is_blank = !r->row_begun && c == '\n';
        if (!r->row_begun) {
            r->row_line = r->cell_line = r->line;
            r->cell_col = r->col;
            r->row_begun = !is_blank;
        }
        if (is_blank)
            begin_row(r, r->line);
        else if (csv_parse(&r->csv, &c, 1, on_cell, on_row, in) != 1)
            return err_set(e, ERR_NOMEM, "out of memory");
        r->col++;
        if (c == '\n') {
            r->line++;
            r->col = 1;
        }
    }
    /* A stray quote is a letter (an inch mark above the table); one that is never closed swallows the rest. */
    csv_set_opts(&r->csv, CSV_STRICT | CSV_STRICT_FINI);
    if (!r->out_of_memory && csv_fini(&r->csv, on_cell, on_row, in) != 0)
        return raw_fail(r->s, r->cell_line, r->cell_col, e, ERR_PARSE,
                        "a quoted cell is not closed before the end of the file");
    return r->out_of_memory ? err_set(e, ERR_NOMEM, "%s: out of memory", r->s->path) : 0;
}

int raw_parse(struct raw *s, const char *name, const char *text, size_t len, char separator, enum raw_encoding encoding,
              struct err *e)
{
    *s = (struct raw){.path = strdup(name)};
    if (!s->path) return err_set(e, ERR_NOMEM, "%s: out of memory", name);
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    struct reader r = {.s = s, .line = 1, .col = 1, .cell_line = 1, .cell_col = 1, .row_line = 1};
    struct reading in = {&r, encoding == RAW_LATIN1};
    int rc = check_bytes(s, text, len, encoding, e);
    if (!rc) s->text = malloc(2 * len + 2);
    if (!rc && (!s->text || csv_init(&r.csv, 0) != 0)) rc = err_set(e, ERR_NOMEM, "out of memory");
    if (!rc) {
        csv_set_delim(&r.csv, (unsigned char)separator);
        csv_set_space_func(&r.csv, no_space);
        rc = feed(&in, text, len, e);
        csv_free(&r.csv);
    }
    if (rc) raw_release(s);
    return rc;
}

int raw_read(struct raw *s, const char *path, char separator, enum raw_encoding encoding, struct err *e)
{
    char *text;
    size_t len;
    *s = (struct raw){0};
    int rc = file_read(path, MAX_BYTES, &text, &len, e);
    if (rc) return rc;
    rc = raw_parse(s, path, text, len, separator, encoding, e);
    free(text);
    return rc;
}

void raw_release(struct raw *s)
{
    free(s->path);
    free(s->text);
    free(s->row);
    free(s->cell);
    *s = (struct raw){0};
}

const struct raw_row *raw_line(const struct raw *s, int line)
{
    for (size_t i = 0; i < s->rows && s->row[i].line <= line; i++)
        if (s->row[i].line == line) return &s->row[i];
    return NULL;
}

const struct raw_cell *raw_at(const struct raw *s, const struct raw_row *r, size_t k)
{
    return k < r->n ? &s->cell[r->first + k] : NULL;
}
