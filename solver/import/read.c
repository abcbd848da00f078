/* read.c -- rows of a foreign sheet into columns of ours: numbers in the other's notation, units from the unit row, the
 * header or the map, everything converted.  Nothing is guessed: what is not stated is an error with its place. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/column.h"
#include "base/text/number.h"
#include "base/text/units.h"
#include "solver/import/parts.h"

/* Where a column of ours stands in one block, and how its numbers become ours. */
struct source {
    size_t cell;        /* index within the sheet's rows; SIZE_MAX: a constant text */
    char unit[80];      /* there; "" for texts and counts */
    double slope, zero; /* ours = slope x theirs + zero (a temperature has a zero) */
};

void import_note(struct imported *im, const char *fmt, ...)
{
    va_list ap;
    if (im->n_notes >= IMPORT_NOTES) return;
    va_start(ap, fmt);
    vsnprintf(im->note[im->n_notes++], sizeof im->note[0], fmt, ap);
    va_end(ap);
}

/* ---- names and units there ---- */

/* "Force [N]", "Force (N)", "Force / N", "Force, N", "Kraft in N": the unit into unit, its place returned. */
static size_t split_header(const char *text, char *unit, size_t size)
{
    static const struct {
        const char *open;
        char close;
    } forms[] = {{"[", ']'}, {"(", ')'}, {" / ", '\0'}, {", ", '\0'}, {" in ", '\0'}};
    unit[0] = '\0';
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *open = strstr(text, forms[i].open), *next;
        if (!open || open == text) continue;
        while ((next = strstr(open + 1, forms[i].open)))
            open = next;
        const char *from = open + strlen(forms[i].open), *to = from + strlen(from);
        if (forms[i].close && to > from && to[-1] != forms[i].close) continue;
        if (forms[i].close) to--;
        snprintf(unit, size, "%.*s", (int)(to - from), from);
        size_t n = (size_t)(open - text);
        while (n && text[n - 1] == ' ')
            n--;
        return n;
    }
    return strlen(text);
}

/* A cell of a unit row without the brackets around it. */
static void bare_unit(const char *text, char *unit, size_t size)
{
    size_t n = strlen(text);
    if (n >= 2 && ((text[0] == '[' && text[n - 1] == ']') || (text[0] == '(' && text[n - 1] == ')')))
        snprintf(unit, size, "%.*s", (int)(n - 2), text + 1);
    else
        snprintf(unit, size, "%s", text);
}

/* Columns before the first block belong to every block: times beside a column for each cell. */
static size_t shared_columns(const struct map *m) { return (size_t)m->block[0].first_column - 1; }

/* The header cell of a name in columns [from, to), and a second one of that name; SIZE_MAX where there is none. */
static bool find_name(const struct map *m, const struct raw *s, const struct raw_row *header, const char *name,
                      size_t from, size_t to, size_t *found, size_t *again)
{
    char unused[80];
    *found = *again = SIZE_MAX;
    for (size_t k = from; k < header->n && k < to; k++) {
        const char *text = raw_at(s, header, k)->text;
        size_t n = m->units_in_header ? split_header(text, unused, sizeof unused) : strlen(text);
        if (strcmp(text, name) != 0 && !(strlen(name) == n && strncmp(text, name, n) == 0)) continue;
        if (*found == SIZE_MAX)
            *found = k;
        else if (*again == SIZE_MAX)
            *again = k;
    }
    return *found != SIZE_MAX;
}

static int no_such_name(const struct map *m, const struct raw *s, const struct raw_row *header,
                        const struct map_block *b, const struct map_column *c, struct err *e)
{
    char list[500] = "";
    const char *near = NULL;
    size_t first = (size_t)b->first_column - 1;
    for (size_t k = 0; k < header->n && (long)k + 1 < b->end_column; k++) {
        if (k >= shared_columns(m) && k < first) continue;
        const char *one[] = {raw_at(s, header, k)->text, NULL};
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", one[0]);
        if (!near) near = config_nearest(c->from, one);
    }
    raw_fail(s, header->line, 0, e, ERR_PARSE, "no column '%.80s'%s; there are: %.480s", c->from,
             !shared_columns(m) ? b->first_column > 1 ? " in this block" : "" : " in this block, nor before the first",
             list);
    if (near) err_hint(e, "did you mean '%s'?", near);
    err_hint(e, "the names stand in line %d: is that header_line?  Is the separator right?", header->line);
    return ERR_PARSE;
}

static int find_cell(const struct map *m, const struct raw *s, const struct map_block *b, const struct map_column *c,
                     struct source *out, struct err *e)
{
    const struct raw_row *header = m->header_line ? raw_line(s, (int)m->header_line) : NULL;
    size_t first = (size_t)b->first_column - 1, again;
    out->cell = first + (size_t)c->number - 1;
    if (!c->from) return 0;
    if (!header)
        return config_fail(config_get(config_get(config_root(m->doc), "layout"), "header_line"), e, ERR_RANGE,
                           "header_line: %s has no line %ld", s->path, m->header_line);
    if (!find_name(m, s, header, c->from, first, (size_t)b->end_column - 1, &out->cell, &again) &&
        !find_name(m, s, header, c->from, 0, shared_columns(m), &out->cell, &again))
        return no_such_name(m, s, header, b, c, e);
    if (again == SIZE_MAX) return 0;
    raw_fail(s, raw_at(s, header, again)->line, raw_at(s, header, again)->col, e, ERR_PARSE,
             "'%.80s' is the name of columns %zu and %zu", c->from, out->cell + 1, again + 1);
    err_hint(e, "curves side by side are 'blocks', each with its first_column; or say 'column: %zu'", again + 1);
    return ERR_PARSE;
}

/* Place of a column's head, for messages. */
static void place_of(const struct map *m, const struct raw *s, size_t cell, int *line, int *col)
{
    const struct raw_row *header = m->header_line ? raw_line(s, (int)m->header_line) : NULL;
    const struct raw_cell *at = header ? raw_at(s, header, cell) : NULL;
    *line = at ? at->line : (int)m->first_line;
    *col = at ? at->col : 0;
}

/* The unit that the file states, or "". */
static int stated_unit(const struct map *m, const struct raw *s, size_t cell, char *unit, size_t size, struct err *e)
{
    unit[0] = '\0';
    if (m->units_line) {
        const struct raw_row *row = raw_line(s, (int)m->units_line);
        if (!row)
            return config_fail(config_get(config_get(config_root(m->doc), "layout"), "units_line"), e, ERR_RANGE,
                               "units_line: %s has no line %ld", s->path, m->units_line);
        const struct raw_cell *at = raw_at(s, row, cell);
        if (at) bare_unit(at->text, unit, size);
    } else if (m->units_in_header) {
        const struct raw_row *row = raw_line(s, (int)m->header_line);
        const struct raw_cell *at = row ? raw_at(s, row, cell) : NULL;
        if (at) split_header(at->text, unit, size);
    }
    return 0;
}

static int no_unit(const struct map *m, const struct raw *s, const struct map_column *c, size_t cell, struct err *e)
{
    int line, col;
    place_of(m, s, cell, &line, &col);
    raw_fail(s, line, col, e, ERR_PARSE, "column %zu ('%.60s'), wanted as %s: its unit is not stated", cell + 1,
             c->from ? c->from : "by number", c->name);
    err_hint(e,
             "state it in the map: '%s: {from: %.40s, unit: %s}', or where the file has it: units_line, "
             "units_in_header",
             c->name, c->from ? c->from : "...", column_unit(c->name));
    return ERR_PARSE;
}

/* ours = slope x theirs + zero, from two values. */
static int set_conversion(const struct map *m, const struct raw *s, const struct map_column *c, struct source *out,
                          struct err *e)
{
    char from[120];
    const char *to = column_unit(c->name);
    double one = NAN;
    int line, col;
    snprintf(from, sizeof from, "%.80s%s%s", out->unit, c->per_unit[0] ? "/" : "", c->per_unit);
    struct err why = {0};
    if (units_convert(0.0, from, to, &out->zero, &why) || units_convert(1.0, from, to, &one, &why)) {
        place_of(m, s, out->cell, &line, &col);
        raw_fail(s, line, col, e, ERR_PARSE, "column %zu ('%.60s') is in '%s', which does not convert to that of %s",
                 out->cell + 1, c->from ? c->from : "by number", from, c->name);
        if (units_convert(1.0, to, "N", &one, NULL) == 0 && units_convert(1.0, from, "kg", &one, NULL) == 0)
            err_hint(e, "the weight of a gram is 'gf': %s: {from: %.40s, unit: %.10sf}", c->name,
                     c->from ? c->from : "...", from);
        if (units_convert(1.0, to, "kg m-2", &one, NULL) == 0 && units_convert(1.0, from, "kg", &one, NULL) == 0)
            err_hint(e, "an amount becomes one per area by 'per', the area of the orifice: %s: {..., per: 1.77 cm2}",
                     c->name);
        err_hint(e, "%.300s", why.hint[0] ? why.hint : why.msg);
        return ERR_PARSE;
    }
    out->slope = (one - out->zero) * c->factor / (c->per_unit[0] ? c->per : 1.0);
    return 0;
}

/* Do both units mean the same? */
static bool same_unit(const char *a, const char *b)
{
    double one = NAN, zero = NAN;
    return units_convert(1.0, a, b, &one, NULL) == 0 && units_convert(0.0, a, b, &zero, NULL) == 0 &&
           fabs(one - 1.0) < 1e-9 && fabs(zero) < 1e-9;
}

/* Machines write a force in grams as "g"; the map says what it is: "gf". */
static bool is_weight(const char *stated, const char *in_map)
{
    double unused;
    size_t n = strlen(stated);
    return units_convert(1.0, stated, "kg", &unused, NULL) == 0 && strncmp(stated, in_map, n) == 0 &&
           strcmp(in_map + n, "f") == 0;
}

static int find_unit(const struct map *m, const struct raw *s, const struct map_column *c, struct source *out,
                     struct err *e)
{
    char stated[80];
    int line, col, rc = 0;
    out->slope = c->factor;
    out->zero = 0.0;
    if (strcmp(column_unit(c->name), "1") == 0 && !c->unit) return 0; /* a count or a share */
    rc = stated_unit(m, s, out->cell, stated, sizeof stated, e);
    if (rc) return rc;
    if (!stated[0] && !c->unit) return no_unit(m, s, c, out->cell, e);
    bool weight = stated[0] && c->unit && is_weight(stated, c->unit);
    if (stated[0] && c->unit && !weight && !same_unit(stated, c->unit)) {
        place_of(m, s, out->cell, &line, &col);
        raw_fail(s, line, col, e, ERR_PARSE, "column %zu ('%.60s'): the file says '%s', the map says '%s'",
                 out->cell + 1, c->from ? c->from : "by number", stated, c->unit);
        err_hint(e, "leave out the map's unit where the file states one");
        return ERR_PARSE;
    }
    snprintf(out->unit, sizeof out->unit, "%s", stated[0] && !weight ? stated : c->unit);
    return set_conversion(m, s, c, out, e);
}

/* ---- numbers there ---- */

/* "1.234,5", "1 234.5", "1'234": digits in groups of three. */
static bool has_thousands(const char *text, char decimal)
{
    char other = decimal == ',' ? '.' : ',';
    bool space = false;
    for (const char *p = text; *p; p++) {
        bool digits = p > text && p[-1] >= '0' && p[-1] <= '9';
        space = space ||
                (digits && (*p == ' ' || *p == '\'' || (unsigned char)*p == 0xc2 || (unsigned char)*p == 0xe2) && p[1]);
    }
    const char *first = strchr(text, other);
    return space || (first && (strchr(text, decimal) || strchr(first + 1, other)));
}

static int bad_number(const struct map *m, const struct raw *s, const struct raw_cell *at, const char *name,
                      struct err *e)
{
    char decimal = m->decimal_comma ? ',' : '.';
    if (has_thousands(at->text, decimal)) {
        raw_fail(s, at->line, at->col, e, ERR_PARSE, "%s: '%.60s': thousands separators are refused", name, at->text);
        err_hint(e, "export without them: 1.234 may be one or a thousand");
    } else if (strchr(at->text, m->decimal_comma ? '.' : ',')) {
        raw_fail(s, at->line, at->col, e, ERR_PARSE, "%s: '%.60s' is not a number with a decimal %s", name, at->text,
                 m->decimal_comma ? "comma" : "point");
        err_hint(e, "is it 'decimal: %s'?", m->decimal_comma ? "point" : "comma");
    } else {
        raw_fail(s, at->line, at->col, e, ERR_PARSE, "%s: '%.60s' is not a number", name, at->text);
        err_hint(e, "what means 'no value' is listed under layout/missing; rows behind the data are cut by last_line");
    }
    return ERR_PARSE;
}

/* below is set when the cell says "less than": its number is then a limit. */
static int read_number(const struct map *m, const struct raw *s, const struct raw_cell *at, const char *name, double *x,
                       bool *below, struct err *e)
{
    char text[64];
    struct raw_cell limit;
    *x = NAN;
    if (!at || !at->text[0]) return 0;
    for (size_t i = 0; i < m->n_missing; i++)
        if (strcmp(at->text, m->missing[i]) == 0) return 0;
    if (m->below_mark && strncmp(at->text, m->below_mark, strlen(m->below_mark)) == 0) {
        limit = *at;
        limit.text += strlen(m->below_mark);
        limit.text += strspn(limit.text, " ");
        at = &limit;
        *below = true;
    }
    size_t n = strlen(at->text);
    if (n < sizeof text && !strchr(at->text, m->decimal_comma ? '.' : ',')) {
        memcpy(text, at->text, n + 1);
        char *comma = m->decimal_comma ? strchr(text, ',') : NULL;
        if (comma) *comma = '.';
        if (number_parse(text, x)) return 0;
    }
    return bad_number(m, s, at, name, e);
}

/* ---- rows ---- */

static bool is_data_row(const struct map *m, const struct raw_row *r)
{
    return r->line >= m->first_line && (m->last_line == 0 || r->line <= m->last_line) && r->n > 0;
}

static size_t most_rows(const struct map *m, const struct raw *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->rows; i++)
        n += is_data_row(m, &s->row[i]);
    return n * m->n_blocks;
}

struct import_column *import_add(struct imported *im, const char *name)
{
    if (im->n_columns >= IMPORT_COLUMNS) return NULL;
    struct import_column *c = &im->column[im->n_columns];
    *c = (struct import_column){.number = calloc(im->rows + 1, sizeof(double))};
    if (!c->number) return NULL;
    snprintf(c->name, sizeof c->name, "%.79s", name);
    im->n_columns++;
    return c;
}

static int make_columns(const struct map *m, size_t most, struct imported *im, struct err *e)
{
    im->line = calloc(most + 1, sizeof *im->line);
    int rc = im->line ? 0 : err_set(e, ERR_NOMEM, "out of memory for %zu rows", most);
    for (size_t i = 0; !rc && i < m->n_columns; i++) {
        struct import_column *c = &im->column[im->n_columns++];
        c->is_text = m->column[i].is_text;
        c->in_import_yaml = true;
        snprintf(c->name, sizeof c->name, "%.79s", m->column[i].name);
        snprintf(c->from, sizeof c->from, "%.79s", m->column[i].from ? m->column[i].from : "");
        if (c->is_text)
            c->text = calloc(most + 1, sizeof *c->text);
        else
            c->number = calloc(most + 1, sizeof *c->number);
        if (!c->text && !c->number) rc = err_set(e, ERR_NOMEM, "out of memory for %zu rows", most);
    }
    return rc;
}

/* Texts that the blocks give, when the columns do not have them. */
static int add_block_texts(const struct map *m, size_t most, struct imported *im, struct err *e)
{
    for (size_t b = 0; b < m->n_blocks; b++)
        for (size_t i = 0; i < config_count(m->block[b].at); i++) {
            const char *key;
            config_pair(m->block[b].at, i, &key);
            bool known = strcmp(key, "first_column") == 0;
            for (size_t k = 0; k < im->n_columns; k++)
                known = known || strcmp(im->column[k].name, key) == 0;
            if (known) continue;
            if (im->n_columns >= IMPORT_COLUMNS - 6)
                return config_fail(m->block[b].at, e, ERR_RANGE, "blocks: too many columns");
            struct import_column *c = &im->column[im->n_columns++];
            *c = (struct import_column){.is_text = true, .text = calloc(most + 1, sizeof *c->text)};
            if (!c->text) return err_set(e, ERR_NOMEM, "out of memory for %zu rows", most);
            snprintf(c->name, sizeof c->name, "%.79s", key);
        }
    return 0;
}

/* What the blocks share makes no row of one. */
static bool row_is_empty(const struct raw *s, const struct raw_row *r, const struct source src[], size_t n,
                         size_t shared)
{
    for (size_t k = 0; k < n; k++) {
        const struct raw_cell *at = src[k].cell == SIZE_MAX || src[k].cell < shared ? NULL : raw_at(s, r, src[k].cell);
        if (at && at->text[0]) return false;
    }
    return true;
}

/* One past the last cell that holds something. */
static size_t width_of(const struct raw *s, const struct raw_row *r)
{
    size_t n = r->n;
    while (n > 0 && !raw_at(s, r, n - 1)->text[0])
        n--;
    return n;
}

/* More cells than there are names: a decimal comma in a file parted by commas makes two cells of one number. */
static int check_width(const struct map *m, const struct raw *s, const struct raw_row *r, struct err *e)
{
    const struct raw_row *header = m->header_line ? raw_line(s, (int)m->header_line) : NULL;
    const size_t names = header ? width_of(s, header) : SIZE_MAX, cells = width_of(s, r);
    if (names == 0 || cells <= names) return 0;
    const struct raw_cell *extra = raw_at(s, r, names);
    raw_fail(s, extra->line, extra->col, e, ERR_PARSE, "%zu cells, but line %ld names %zu columns", cells,
             m->header_line, names);
    err_hint(e,
             "a decimal comma between separators that are commas makes two cells of one number: put it in quotes, or "
             "part the cells by ';'");
    return ERR_PARSE;
}

/* Every cell of a row that has begun, empty or not: one that is left out moves those behind it. */
static int check_cells(const struct raw *s, const struct raw_row *r, const struct source src[], const struct map *m,
                       struct err *e)
{
    for (size_t k = 0; k < m->n_columns; k++) {
        if (src[k].cell == SIZE_MAX || src[k].cell < r->n) continue;
        raw_fail(s, r->line, 0, e, ERR_PARSE, "%zu cells: there is none for %s, column %zu", r->n, m->column[k].name,
                 src[k].cell + 1);
        err_hint(e, "an empty cell keeps its separator; rows behind the data are cut by last_line");
        return ERR_PARSE;
    }
    return 0;
}

static int take_row(const struct map *m, const struct raw *s, const struct raw_row *r, const struct map_block *b,
                    const struct source src[], struct imported *im, struct err *e)
{
    size_t row = im->rows;
    int rc = 0;
    bool below = false;
    im->line[row] = r->line;
    for (size_t k = 0; !rc && k < im->n_columns; k++) {
        struct import_column *c = &im->column[k];
        const char *fixed = config_text(config_get(b->at, c->name));
        const struct raw_cell *at = k < m->n_columns && src[k].cell != SIZE_MAX ? raw_at(s, r, src[k].cell) : NULL;
        if (k < m->n_columns && m->column[k].text) fixed = m->column[k].text;
        if (c->is_text)
            snprintf(c->text[row], IMPORT_WORD, "%.79s", fixed ? fixed : at ? at->text : "");
        else if (k < m->n_columns) {
            rc = read_number(m, s, at, c->name, &c->number[row], &below, e);
            c->number[row] = c->number[row] * src[k].slope + src[k].zero;
            if (!rc && isinf(c->number[row]))
                rc = raw_fail(s, at->line, at->col, e, ERR_RANGE, "%s: '%.60s' is too large a number", c->name,
                              at->text);
        }
    }
    if (m->below_mark) im->column[im->n_columns - 1].number[row] = below;
    if (!rc) im->rows++;
    return rc;
}

static int take_block(const struct map *m, const struct raw *s, const struct map_block *b, struct imported *im,
                      struct err *e)
{
    struct source src[IMPORT_COLUMNS] = {{0}};
    size_t before = im->rows;
    int rc = 0;
    for (size_t k = 0; !rc && k < m->n_columns; k++) {
        const struct map_column *c = &m->column[k];
        src[k].cell = SIZE_MAX;
        if (c->text) continue;
        rc = find_cell(m, s, b, c, &src[k], e);
        if (!rc && !c->is_text) rc = find_unit(m, s, c, &src[k], e);
        if (!rc && !im->column[k].unit[0])
            snprintf(im->column[k].unit, sizeof im->column[k].unit, "%.39s", src[k].unit);
    }
    for (size_t i = 0; !rc && i < s->rows; i++) {
        const struct raw_row *r = &s->row[i];
        if (!is_data_row(m, r)) continue;
        rc = check_width(m, s, r, e);
        if (rc || row_is_empty(s, r, src, m->n_columns, shared_columns(m))) continue;
        rc = check_cells(s, r, src, m, e);
        if (!rc) rc = take_row(m, s, r, b, src, im, e);
    }
    if (!rc && im->rows == before)
        rc = raw_fail(s, (int)m->first_line, 0, e, ERR_PARSE, "no data from this line on%s",
                      m->n_blocks > 1 ? " in the columns of a block" : "");
    return rc;
}

int import_fill(const struct map *m, const struct raw *s, struct imported *im, struct err *e)
{
    size_t most = most_rows(m, s);
    int rc = make_columns(m, most, im, e);
    if (!rc) rc = add_block_texts(m, most, im, e);
    if (!rc && m->below_mark) { /* the last column: 1 where a limit stands in place of a number */
        struct import_column *c = &im->column[im->n_columns++];
        *c = (struct import_column){.name = "below_limit", .number = calloc(most + 1, sizeof *c->number)};
        if (!c->number) rc = err_set(e, ERR_NOMEM, "out of memory for %zu rows", most);
    }
    for (size_t b = 0; !rc && b < m->n_blocks; b++)
        rc = take_block(m, s, &m->block[b], im, e);
    return rc;
}
