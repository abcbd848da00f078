/* report.h -- one self-contained HTML page: inline SVG, no network, dark and light, prints well, readable by
 * keyboard and screen reader (landmarks, headings in order, a list of contents, table captions and scopes, text
 * alternatives).  All text is escaped here; units in it are set as people write them ("um" -> µm, "cm2" -> cm²).
 * The page is kept in memory and written by report_close.  It replaces an older page of ours and nothing else: any
 * other file, a device, a link and a place in a run folder are refused (ERR_ARG), at once and before the writing. */
#ifndef BASE_SHOW_REPORT_H
#define BASE_SHOW_REPORT_H
#include <stddef.h>
#include "base/err.h"

struct report;
int  report_open(struct report **out, const char *path, const char *title, const char *subtitle, struct err *e);
void report_section(struct report *r, const char *title);    /* a heading that the list of contents leads to */
void report_subsection(struct report *r, const char *title); /* a heading below it */
void report_paragraph(struct report *r, const char *text);
void report_warning(struct report *r,
                    const char *text); /* a boxed remark, e.g. "virtual bench: rehearsal, not evidence" */
void report_list(struct report *r, const char *const items[], size_t n); /* bullets; nothing when n is 0 */
/* rows x cols cells, row-major; header has cols entries and may be NULL: then the first cell of a row names it.
 * caption may be NULL.  Cells that read as numbers align right; "NO" and what begins with "NOT " stand out. */
void report_table(struct report *r, const char *caption, const char *const header[], const char *const *cells,
                  size_t rows, size_t cols);
/* Inlines an SVG file as "Figure N. caption"; alt is its text alternative.  A file that cannot be read or that holds
 * scripts or outside links is told by report_close. */
void report_figure(struct report *r, const char *svg_path, const char *caption, const char *alt);
void report_preformatted(struct report *r, const char *text); /* as it stands, e.g. a command */
/* Writes and renames; ERR_IO for anything that failed on the way.  Frees r. */
int  report_close(struct report *r, struct err *e);
void report_abandon(struct report *r); /* nothing is written; frees r; NULL is legal */
#endif
