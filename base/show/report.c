/* report.c -- see report.h.  The body grows in memory; report_close puts it below the head and the list of contents. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/place.h"
#include "base/show/report.h"
#include "base/show/report_style.h"
#include "base/text/file.h"
#include "base/text/number.h"

enum { MAX_SVG = 64 << 20, MAP_POLYGONS = 40, NAV_FROM = 3 }; /* fewer sections than that need no list of contents */

/* HTML under construction; text is complete only after fflush(f). */
struct sink {
    FILE *f;
    char *text;
    size_t len;
};

struct report {
    char *path, *title, *subtitle;
    struct sink body, nav; /* nav: the items of the list of contents */
    struct err first;      /* first failure on the way, told by report_close */
    int figures, tables, sections;
};

/* Units as people write them.  Programs and files of ours stay with ASCII. */
static const struct {
    const char *word, *set;
} unit_words[] = {{"um", "\xc2\xb5m"},   {"ug", "\xc2\xb5g"},   {"uL", "\xc2\xb5L"},   {"um2", "\xc2\xb5m\xc2\xb2"},
                  {"m2", "m\xc2\xb2"},   {"cm2", "cm\xc2\xb2"}, {"mm2", "mm\xc2\xb2"}, {"m3", "m\xc2\xb3"},
                  {"cm3", "cm\xc2\xb3"}, {"mm3", "mm\xc2\xb3"}, {"degC", "\xc2\xb0" "C"}};
enum { UNIT_WORDS = sizeof unit_words / sizeof unit_words[0] };

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-'; }

/* Puts the unit that starts at s and ends where its word ends; returns its length, 0 when there is none. */
static size_t put_unit(FILE *f, const char *s, char before)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ23");
    if (n == 0 || n > 4 || (is_word(s[n]) && s[n] != '.'))
        return 0;
    if (before == '/' && n == 2 && strncmp(s, "s2", 2) == 0) { /* elsewhere s2 may be a specimen */
        fputs("s\xc2\xb2", f);
        return n;
    }
    for (size_t i = 0; i < UNIT_WORDS; i++)
        if (strlen(unit_words[i].word) == n && strncmp(unit_words[i].word, s, n) == 0) {
            fputs(unit_words[i].set, f);
            return n;
        }
    return 0;
}

/* A character of HTML text or attribute; control characters are dropped, for HTML has no way to hold them. */
static void put_escaped(FILE *f, char c)
{
    switch (c) {
    case '&': fputs("&amp;", f); break;
    case '<': fputs("&lt;", f); break;
    case '>': fputs("&gt;", f); break;
    case '"': fputs("&quot;", f); break;
    case '\'': fputs("&#39;", f); break;
    default:
        if ((unsigned char)c >= 0x20 || c == '\n' || c == '\t')
            putc(c, f);
    }
}

static void put_verbatim(FILE *f, const char *text)
{
    for (const char *s = text ? text : ""; *s; s++)
        put_escaped(f, *s);
}

static void put_text(FILE *f, const char *text)
{
    char before = ' ';
    for (const char *s = text ? text : ""; *s; before = *s++) {
        size_t n = is_word(before) ? 0 : put_unit(f, s, before);
        if (n) {
            s += n - 1;
        } else if (before == ' ' && strncmp(s, "+- ", 3) == 0) {
            fputs("\xc2\xb1", f); /* plus or minus */
            s += 1;
        } else {
            put_escaped(f, *s);
        }
    }
}

static void put_element(FILE *f, const char *open, const char *text, const char *close)
{
    fputs(open, f);
    put_text(f, text);
    fputs(close, f);
}

static bool sink_open(struct sink *s)
{
    s->f = open_memstream(&s->text, &s->len);
    return s->f != NULL;
}

/* Ends the writing; false when memory ran out on the way. */
static bool sink_end(struct sink *s)
{
    bool is_good = s->f && !ferror(s->f);
    if (s->f && fclose(s->f) != 0)
        is_good = false;
    s->f = NULL;
    return is_good;
}

int report_open(struct report **out, const char *path, const char *title, const char *subtitle, struct err *e)
{
    int rc = place_check_page(path, e);
    if (rc)
        return rc;
    struct report *r = calloc(1, sizeof *r);
    if (r) {
        r->path = strdup(path);
        r->title = strdup(title);
        r->subtitle = strdup(subtitle ? subtitle : "");
    }
    if (!r || !r->path || !r->title || !r->subtitle || !sink_open(&r->body) || !sink_open(&r->nav)) {
        report_abandon(r);
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    }
    *out = r;
    return 0;
}

void report_section(struct report *r, const char *title)
{
    r->sections++;
    fprintf(r->body.f, "<h2 id=\"s%d\">", r->sections);
    put_element(r->body.f, "", title, "</h2>\n");
    fprintf(r->nav.f, "<li><a href=\"#s%d\">", r->sections);
    put_element(r->nav.f, "", title, "</a></li>\n");
}

void report_subsection(struct report *r, const char *title) { put_element(r->body.f, "<h3>", title, "</h3>\n"); }
void report_paragraph(struct report *r, const char *text) { put_element(r->body.f, "<p>", text, "</p>\n"); }

void report_warning(struct report *r, const char *text)
{
    put_element(r->body.f, "<p class=\"warning\" role=\"note\">", text, "</p>\n");
}

void report_list(struct report *r, const char *const items[], size_t n)
{
    if (n == 0)
        return;
    fputs("<ul>\n", r->body.f);
    for (size_t i = 0; i < n; i++)
        put_element(r->body.f, "<li>", items[i], "</li>\n");
    fputs("</ul>\n", r->body.f);
}

void report_preformatted(struct report *r, const char *text)
{
    fputs("<pre>", r->body.f);
    put_verbatim(r->body.f, text);
    fputs("</pre>\n", r->body.f);
}

/* ---- tables ---- */

enum { RIGHT_MAX = 32, LONG_WORD = 30, SHORT_ROWS = 16 }; /* so many rows are kept on one page of paper */
struct grid {
    const char *const *header; /* cols, or NULL */
    size_t cols;
    bool right[RIGHT_MAX];     /* columns of numbers */
};

/* "12.5", "3 %", "1.2e-10 m2/s", "-" and "": a number first, then at most a unit. */
static bool is_number_cell(const char *text)
{
    double x;
    const char *end = number_scan(text, &x);
    return end && (!*end || *end == ' ' || *end == '%') && strlen(end) < 16;
}

/* A column is one of numbers when every cell that says something is a number. */
static bool is_number_column(const char *const *cells, size_t rows, size_t cols, size_t k)
{
    bool has_number = false;
    for (size_t i = 0; i < rows; i++) {
        const char *text = cells[i * cols + k] ? cells[i * cols + k] : "";
        if (*text && !is_number_cell(text))
            return false;
        has_number = has_number || *text;
    }
    return has_number;
}

/* Column k of a table: how its cells and its heading are aligned. */
static bool is_right(const struct grid *g, size_t k)
{
    return k > 0 && g->header && k < RIGHT_MAX && g->right[k];
}

/* Paths and sums may be broken anywhere; a column of words keeps them whole. */
static bool has_long_word(const char *text)
{
    for (const char *s = text; *s; s += strspn(s, " "), s += strcspn(s, " "))
        if (strcspn(s, " ") > LONG_WORD)
            return true;
    return false;
}

static void put_cell(const struct grid *g, FILE *f, const char *text, size_t k)
{
    bool is_bad = strcmp(text, "NO") == 0 || strncmp(text, "NOT ", 4) == 0;
    const char *open = is_bad ? "<td class=\"no\">" : is_right(g, k) ? "<td class=\"n\">" : "<td>";
    put_element(f, has_long_word(text) ? "<td class=\"w\">" : open, text, "</td>");
}

static void put_row(const struct grid *g, FILE *f, const char *const *cells)
{
    fputs("<tr>", f);
    put_element(f, "<th scope=\"row\">", cells[0] ? cells[0] : "", "</th>");
    for (size_t k = 1; k < g->cols; k++)
        put_cell(g, f, cells[k] ? cells[k] : "", k);
    fputs("</tr>\n", f);
}

static void put_header(const struct grid *g, FILE *f)
{
    fputs("<thead><tr>", f);
    for (size_t k = 0; k < g->cols; k++)
        put_element(f, is_right(g, k) ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">", g->header[k], "</th>");
    fputs("</tr></thead>\n", f);
}

void report_table(struct report *r, const char *caption, const char *const header[], const char *const *cells,
                  size_t rows, size_t cols)
{
    FILE *f = r->body.f;
    struct grid g = {.header = header, .cols = cols};
    for (size_t k = 0; k < cols && k < RIGHT_MAX; k++)
        g.right[k] = is_number_column(cells, rows, cols, k);
    fprintf(f, "<div class=\"scroll%s\" tabindex=\"0\" role=\"region\" aria-label=\"",
            rows <= SHORT_ROWS ? " short" : "");
    put_text(f, caption ? caption : "table");
    fputs("\"><table>\n", f);
    r->tables++;
    if (caption) {
        fprintf(f, "<caption>Table %d. ", r->tables);
        put_element(f, "", caption, "</caption>\n");
    }
    if (header)
        put_header(&g, f);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < rows; i++)
        put_row(&g, f, cells + i * cols);
    fputs("</tbody>\n</table></div>\n", f);
}

/* ---- figures ---- */

/* Copies an SVG with every id, and every reference to one, made this figure's own, and without gnuplot's titles and
 * descriptions, which name the program and not the figure.  gnuplot names its plots alike in every figure (and even
 * twice in one), and nothing refers to those names, so the ids of plots are left out. */
static void put_svg_body(struct report *r, const char *svg)
{
    FILE *f = r->body.f;
    bool in_tag = true;
    char before = ' ';
    for (const char *s = svg; *s;) {
        const char *close = strncmp(s, "<title>", 7) == 0 ? strstr(s, "</title>") : NULL;
        const char *told = strncmp(s, "<desc>", 6) == 0 ? strstr(s, "</desc>") : NULL;
        size_t quote = !in_tag ? 0 : strncmp(s, " id=", 4) == 0 ? 5 : strncmp(s, "href=", 5) == 0 ? 6 : 0;
        size_t unit = 0;
        if (close) {
            s = close + 8;
        } else if (told) {
            s = told + 7;
        } else if (quote == 5 && strncmp(s + 5, "fig_plot", 8) == 0) {
            s += 5 + strcspn(s + 5, "'\"");
            s += *s != '\0';
        } else if (quote == 5) {
            fprintf(f, "%.5sf%d-", s, r->figures);
            s += 5;
        } else if (quote == 6 && s[6] == '#') {
            fprintf(f, "%.6s#f%d-", s, r->figures);
            s += 7;
        } else if (strncmp(s, "url(#", 5) == 0) {
            fprintf(f, "url(#f%d-", r->figures);
            s += 5;
        } else if (!in_tag && !is_word(before) && before != '&' && (unit = put_unit(f, s, before)) > 0) {
            s += unit;
        } else if (!in_tag && before == ' ' && strncmp(s, "+- ", 3) == 0) {
            fputs("\xc2\xb1", f);
            s += 2;
        } else {
            in_tag = *s == '<' || (in_tag && *s != '>');
            before = *s;
            putc(*s++, f);
        }
    }
}

/* The svg element alone (no XML prolog, no doctype), with its caption as title and the text alternative as
 * description. */
static void put_svg(struct report *r, const char *svg, const char *caption, const char *alt)
{
    FILE *f = r->body.f;
    size_t tag = strcspn(svg, ">");
    fprintf(f, "<svg role=\"img\" aria-labelledby=\"f%d-title f%d-desc\"", r->figures, r->figures);
    fwrite(svg + 4, 1, tag - 4, f);
    fprintf(f, ">\n<title id=\"f%d-title\">Figure %d. ", r->figures, r->figures);
    put_element(f, "", caption, "</title>\n");
    fprintf(f, "<desc id=\"f%d-desc\">", r->figures);
    put_element(f, "", alt, "</desc>");
    put_svg_body(r, svg + tag + 1);
}

/* What would run or load something has no place in a figure of ours. */
static bool is_harmless(const char *svg)
{
    return !strcasestr(svg, "<script") && !strcasestr(svg, "<foreignObject") && !strcasestr(svg, "javascript:") &&
           !strcasestr(svg, "href=\"http") && !strcasestr(svg, "href='http") && !strcasestr(svg, " onload");
}

/* A map of colours: its many little polygons, or a picture.  Its colours mean something, so they stay on a dark page.
 */
static bool is_map(const char *svg)
{
    int polygons = 0;
    for (const char *s = svg; (s = strstr(s, "<polygon")) && polygons < MAP_POLYGONS; s++)
        polygons++;
    return polygons == MAP_POLYGONS || strstr(svg, "<image");
}

void report_figure(struct report *r, const char *svg_path, const char *caption, const char *alt)
{
    char *text;
    size_t len;
    if (file_read(svg_path, MAX_SVG, &text, &len, &r->first))
        return;
    const char *svg = strstr(text, "<svg");
    const char *end = svg ? strstr(svg, "</svg>") : NULL;
    if (!end || strlen(text) != len || !is_harmless(text)) {
        err_set(&r->first, ERR_IO, "%s: not a plain SVG figure", svg_path);
    } else {
        r->figures++;
        text[end - text + 6] = '\0';
        fputs(is_map(svg) ? "<figure class=\"map\">\n" : "<figure>\n", r->body.f);
        put_svg(r, svg, caption, alt);
        fprintf(r->body.f, "\n<figcaption>Figure %d. ", r->figures);
        put_element(r->body.f, "", caption, "</figcaption>\n</figure>\n");
    }
    free(text);
}

/* ---- the page ---- */

static void put_page(const struct report *r, FILE *f)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" PLACE_PAGE_MARK "\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          /* the browser itself sees to it that nothing is loaded or run */
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
          f);
    put_element(f, "<title>", r->title, "</title>\n");
    fputs("<style>\n" REPORT_STYLE "</style>\n</head>\n<body>\n"
          "<a class=\"skip\" href=\"#content\">Skip to the content</a>\n", f);
    put_element(f, "<header>\n<h1>", r->title, "</h1>\n");
    if (*r->subtitle)
        put_element(f, "<p class=\"subtitle\">", r->subtitle, "</p>\n");
    fputs("</header>\n", f);
    if (r->sections >= NAV_FROM)
        fprintf(f, "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">Contents</h2>\n<ol>\n%s</ol>\n</nav>\n",
                r->nav.text);
    fprintf(f, "<main id=\"content\" tabindex=\"-1\">\n%s</main>\n", r->body.text);
    put_element(f,
                "<footer>\n<p>This page is complete in itself: it loads nothing. Its numbers stand in the files of the "
                "folders it names. ",
                r->subtitle, "</p>\n</footer>\n</body>\n</html>\n");
}

int report_close(struct report *r, struct err *e)
{
    struct file_out file = {0};
    bool is_whole = sink_end(&r->body);
    is_whole = sink_end(&r->nav) && is_whole;
    int code = r->first.code;
    if (code)
        err_set(e, code, "%s: not written: %s", r->path, r->first.msg);
    else if (!is_whole)
        code = err_set(e, ERR_NOMEM, "%s: out of memory", r->path);
    else
        code = place_check_page(r->path, e); /* once more: something may have come there since */
    if (!code)
        code = file_make_parents(r->path, e);
    if (code == 0)
        code = file_create(&file, r->path, e);
    if (!code) {
        put_page(r, file.f);
        code = file_commit(&file, e);
    }
    report_abandon(r);
    return code;
}

void report_abandon(struct report *r)
{
    if (!r)
        return;
    sink_end(&r->body);
    sink_end(&r->nav);
    free(r->body.text);
    free(r->nav.text);
    free(r->path);
    free(r->title);
    free(r->subtitle);
    free(r);
}
