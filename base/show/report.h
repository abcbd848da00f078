/* report.h -- one self-contained HTML page: inline SVG, no network, dark and light, prints well, readable by
 * keyboard and screen reader.  All text is escaped here. */
#ifndef BASE_SHOW_REPORT_H
#define BASE_SHOW_REPORT_H
#include <stddef.h>
#include "base/err.h"

struct report;
int  report_open(struct report **out, const char *path, const char *title, const char *subtitle, struct err *e);
void report_section(struct report *r, const char *title);
void report_paragraph(struct report *r, const char *text);
void report_warning(struct report *r,
                    const char *text); /* a boxed remark, e.g. "virtual bench: rehearsal, not evidence" */
/* rows x cols cells, row-major; header has cols entries; caption may be NULL.  Cells that read as numbers align
 * right. */
void report_table(struct report *r, const char *caption, const char *const header[], const char *const *cells,
                  size_t rows, size_t cols);
/* Inlines an SVG file as "Figure N. caption"; alt is its text alternative.  A file that cannot be read or that holds
 * scripts or outside links is told by report_close. */
void report_figure(struct report *r, const char *svg_path, const char *caption, const char *alt);
void report_preformatted(struct report *r, const char *text);
/* Writes and renames; ERR_IO for anything that failed on the way.  Frees r. */
int  report_close(struct report *r, struct err *e);
void report_abandon(struct report *r); /* removes what was begun; frees r; NULL is legal */
#endif
