/* report.c -- see report.h.  The page grows in memory and is written and renamed by report_close. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/show/report.h"
#include "base/text/file.h"
#include "base/text/number.h"

enum { MAX_SVG = 64 << 20 };

struct report {
    struct file_out file;
    struct err first;   /* first failure on the way, told by report_close */
    int figures, tables;
};

/* Colours pass WCAG AA on both backgrounds; figures keep a white ground because their inks are chosen for it. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1a1a1a;--ground:#fff;--soft:#f3f5f7;--line:#c9ced4;--quiet:#4c5560;"
    "--warn:#7a3e00;--warn-ground:#fff4e0;--link:#00518f}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--ground:#15181b;--soft:#1f2428;--line:#454d55;--quiet:#"
    "aab4be;"
    "--warn:#ffd08a;--warn-ground:#352609;--link:#8cc8ff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,sans-serif;"
    "overflow-wrap:break-word}\n"
    "header,main,nav,footer{max-width:62rem;margin:0 auto;padding:0 1.2rem}\n"
    "h1{font-size:1.9rem;line-height:1.2;margin:1.6rem 0 .2rem}\n"
    "h2{font-size:1.35rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}\n"
    ".subtitle{color:var(--quiet);margin:0 0 1rem}\n"
    "a{color:var(--link)}a:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}\n"
    ".skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;background:var(--ground);padding:.5rem}\n"
    ".warning{border-left:.4rem solid var(--warn);background:var(--warn-ground);color:var(--warn);padding:.6rem 1rem;"
    "font-weight:600}\n"
    ".scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left;font-weight:600;padding:.3rem 0}\n"
    "th,td{border:1px solid var(--line);padding:.3rem .7rem;text-align:left;vertical-align:top}\n"
    "thead th{background:var(--soft)}td.n{text-align:right;white-space:nowrap}\n"
    "figure{margin:1.4rem 0}figure svg{max-width:100%;height:auto;background:#fff;border:1px solid var(--line)}\n"
    "figcaption{color:var(--quiet);font-size:.95rem;max-width:50rem}\n"
    "pre{background:var(--soft);border:1px solid var(--line);padding:.7rem 1rem;overflow-x:auto;font-size:.9rem}\n"
    "@media print{:root{--ink:#000;--ground:#fff;--soft:#fff;--quiet:#333;--warn:#000;--warn-ground:#fff}"
    ".skip{display:none}figure,table,pre{break-inside:avoid}h2{break-after:avoid}body{font-size:10.5pt}"
    ".scroll,pre{overflow:visible}pre{white-space:pre-wrap}"
    "table{font-size:8pt;max-width:100%}th,td{padding:.1rem .35rem}thead th{overflow-wrap:anywhere}"
    "tr{break-inside:avoid}}\n";

/* Text into HTML, in element or attribute; control characters are dropped, for HTML has no way to hold them. */
static void put_text(struct report *r, const char *text)
{
    for (const char *s = text ? text : ""; *s; s++)
        switch (*s) {
        case '&': fputs("&amp;", r->file.f); break;
        case '<': fputs("&lt;", r->file.f); break;
        case '>': fputs("&gt;", r->file.f); break;
        case '"': fputs("&quot;", r->file.f); break;
        case '\'': fputs("&#39;", r->file.f); break;
        default:
            if ((unsigned char)*s >= 0x20 || *s == '\n' || *s == '\t')
                putc(*s, r->file.f);
        }
}

static void put_element(struct report *r, const char *open, const char *text, const char *close)
{
    fputs(open, r->file.f);
    put_text(r, text);
    fputs(close, r->file.f);
}

int report_open(struct report **out, const char *path, const char *title, const char *subtitle, struct err *e)
{
    struct report *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    int code = file_create(&r->file, path, e);
    if (code) {
        free(r);
        return code;
    }
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n", r->file.f);
    put_element(r, "<title>", title, "</title>\n");
    fprintf(r->file.f,
            "<style>\n%s</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">Skip to the content</a>\n",
            style);
    put_element(r, "<header>\n<h1>", title, "</h1>\n");
    if (subtitle)
        put_element(r, "<p class=\"subtitle\">", subtitle, "</p>\n");
    fputs("</header>\n<main id=\"content\" tabindex=\"-1\">\n", r->file.f);
    *out = r;
    return 0;
}

void report_section(struct report *r, const char *title) { put_element(r, "<h2>", title, "</h2>\n"); }
void report_paragraph(struct report *r, const char *text) { put_element(r, "<p>", text, "</p>\n"); }

void report_warning(struct report *r, const char *text)
{
    put_element(r, "<p class=\"warning\" role=\"note\">", text, "</p>\n");
}

void report_preformatted(struct report *r, const char *text)
{
    put_element(r, "<pre tabindex=\"0\">", text, "</pre>\n");
}

/* "12.5", "3 %", "1.2e-10 m2/s", "-" and "": a number first, then at most a unit. */
static bool is_number_cell(const char *text)
{
    double x;
    const char *end = number_scan(text, &x);
    return end && (!*end || *end == ' ' || *end == '%') && strlen(end) < 16;
}

static void put_row(struct report *r, const char *const *cells, size_t cols)
{
    fputs("<tr>", r->file.f);
    for (size_t i = 0; i < cols; i++) {
        const char *text = cells[i] ? cells[i] : "";
        if (i == 0)
            put_element(r, "<th scope=\"row\">", text, "</th>");
        else
            put_element(r, is_number_cell(text) ? "<td class=\"n\">" : "<td>", text, "</td>");
    }
    fputs("</tr>\n", r->file.f);
}

void report_table(struct report *r, const char *caption, const char *const header[], const char *const *cells,
                  size_t rows, size_t cols)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", r->file.f);
    put_text(r, caption ? caption : "table");
    fputs("\"><table>\n", r->file.f);
    r->tables++;
    if (caption) {
        fprintf(r->file.f, "<caption>Table %d. ", r->tables);
        put_element(r, "", caption, "</caption>\n");
    }
    fputs("<thead><tr>", r->file.f);
    for (size_t i = 0; i < cols; i++)
        put_element(r, "<th scope=\"col\">", header[i], "</th>");
    fputs("</tr></thead>\n<tbody>\n", r->file.f);
    for (size_t i = 0; i < rows; i++)
        put_row(r, cells + i * cols, cols);
    fputs("</tbody>\n</table></div>\n", r->file.f);
}

/* ---- figures ---- */

/* Copies an SVG with every id, and every reference to one, made this figure's own, and without gnuplot's titles, which
 * browsers show as tooltips.  gnuplot names its plots alike in every figure (and even twice in one), and nothing
 * refers to those names, so the ids of plots are left out. */
static void put_svg_body(struct report *r, const char *svg)
{
    for (const char *s = svg; *s;) {
        const char *close = strncmp(s, "<title>", 7) == 0 ? strstr(s, "</title>") : NULL;
        size_t quote = strncmp(s, " id=", 4) == 0 ? 5 : strncmp(s, "href=", 5) == 0 ? 6 : 0;
        if (close) {
            s = close + 8;
        } else if (quote == 5 && strncmp(s + 5, "fig_plot", 8) == 0) {
            s += 5 + strcspn(s + 5, "'\"");
            s += *s != '\0';
        } else if (quote == 5) {
            fprintf(r->file.f, "%.5sf%d-", s, r->figures);
            s += 5;
        } else if (quote == 6 && s[6] == '#') {
            fprintf(r->file.f, "%.6s#f%d-", s, r->figures);
            s += 7;
        } else if (strncmp(s, "url(#", 5) == 0) {
            fprintf(r->file.f, "url(#f%d-", r->figures);
            s += 5;
        } else {
            putc(*s++, r->file.f);
        }
    }
}

/* The svg element alone (no XML prolog, no doctype), named by its text alternative. */
static void put_svg(struct report *r, const char *svg, const char *alt)
{
    fputs("<svg role=\"img\" aria-label=\"", r->file.f);
    put_text(r, alt);
    fputs("\"", r->file.f);
    put_svg_body(r, svg + 4);
}

/* What would run or load something has no place in a figure of ours. */
static bool is_harmless(const char *svg)
{
    return !strcasestr(svg, "<script") && !strcasestr(svg, "<foreignObject") && !strcasestr(svg, "javascript:") &&
           !strcasestr(svg, "href=\"http") && !strcasestr(svg, "href='http") && !strcasestr(svg, " onload");
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
        fputs("<figure>\n", r->file.f);
        put_svg(r, svg, alt);
        fprintf(r->file.f, "\n<figcaption>Figure %d. ", r->figures);
        put_element(r, "", caption, "</figcaption>\n</figure>\n");
    }
    free(text);
}

int report_close(struct report *r, struct err *e)
{
    int code = r->first.code;
    if (code) {
        err_set(e, code, "%s: not written: %s", r->file.path, r->first.msg);
        file_abandon(&r->file);
    } else {
        fputs("</main>\n</body>\n</html>\n", r->file.f);
        code = file_commit(&r->file, e);
    }
    free(r);
    return code;
}

void report_abandon(struct report *r)
{
    if (!r)
        return;
    file_abandon(&r->file);
    free(r);
}
