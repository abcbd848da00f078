/* report_parts.h -- the sections of a report, one function a kind of result folder; for report.c alone. */
#ifndef SOLVER_RESULTS_REPORT_PARTS_H
#define SOLVER_RESULTS_REPORT_PARTS_H
#include "base/show/sheet.h"

struct part { /* one folder on its way into the page */
    struct report *r;
    const char *folder;
    struct cnode root; /* of its YAML file; {0} for a folder that has none */
    struct sheet *sheet;
};
/* Each puts a section; "glance" answers in one line what came out (out[size]). */
int part_result(const struct part *p, struct err *e);     /* summary.yaml: run, insert, analyse */
int part_sweep(const struct part *p, struct err *e);
int part_compare(const struct part *p, struct err *e);
int part_fit(const struct part *p, struct err *e);
int part_validation(const struct part *p, struct err *e); /* validation.csv */
int part_run(const struct part *p, struct err *e);        /* run.yaml: a bench run */
void glance_result(const struct part *p, char *out, size_t size);
void glance_sweep(const struct part *p, char *out, size_t size);
void glance_compare(const struct part *p, char *out, size_t size);
void glance_fit(const struct part *p, char *out, size_t size);
void glance_validation(const struct part *p, char *out, size_t size);
void glance_run(const struct part *p, char *out, size_t size);

/* Every figure of the folder: those that captions know in their order, then any other; in a sweep, comparison or fit
 * alike.  What has been drawn of is in the text alternative. */
void part_figures(const struct part *p);
/* A boxed remark when the folder has no such file; what: of whom it is. */
void part_missing(const struct part *p, const char *file, const char *what);
void part_provenance(const struct part *p);
/* Where the inputs come from: every "source" in the study.yaml of the folder, by its place. */
void part_sources(const struct part *p);
/* A list of texts under a heading of its own; nothing when it is empty. */
void part_remarks(const struct part *p, const char *heading, const char *key);
/* Boxed remarks of a list of texts. */
void part_boxes(const struct part *p, const char *key, const char *lead);
#endif
