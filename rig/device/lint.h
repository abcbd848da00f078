/* lint.h -- what is wrong or suspicious in a device map or a bench although it can be read: parameters that nobody
 * fills, two commands that are one, canaries that prove nothing, a watchdog that is off, time-outs and polls the line
 * cannot keep.  An error is refused by every command that reads the bench (bench_read); a warning is said.  Pure. */
#ifndef RIG_DEVICE_LINT_H
#define RIG_DEVICE_LINT_H
#include "rig/device/bench.h"

enum { LINT_MAX = 24 };
enum lint_severity { LINT_ERROR, LINT_WARNING };
struct lint_finding {
    enum lint_severity severity;
    char where[300];         /* file:line:col */
    char text[320];
    char hint[240];
};
struct lint { size_t n; struct lint_finding finding[LINT_MAX]; }; /* when full an error still finds room */

/* One finding more, at a node of a bench file. */
void lint_node(struct lint *out, enum lint_severity severity, struct cnode at, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* The same at a place of a map. */
void lint_place(struct lint *out, enum lint_severity severity, const struct device_map *m, struct map_place at,
                const char *hint, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void lint_map(const struct device_map *m, struct lint *out);                    /* appends */
/* Appends; the maps not included.  root: of the bench's document. */
void lint_bench(const struct bench *b, struct cnode root, struct lint *out);
size_t lint_count(const struct lint *l, enum lint_severity severity);
/* 0, or ERR_RANGE with the first error and how many more there are. */
int lint_refuse(const struct lint *l, struct err *e);
/* The findings of one severity as "[prefix]where: error: text" lines, each with its hint. */
void lint_print(FILE *to, const char *prefix, const struct lint *l, enum lint_severity severity);
#endif
