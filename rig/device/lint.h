/* lint.h -- what is suspicious in a device map or a bench although it can be read: overlaps, canaries that prove
 * nothing, a watchdog that is off, time-outs and polls the line cannot keep.  Pure. */
#ifndef RIG_DEVICE_LINT_H
#define RIG_DEVICE_LINT_H
#include "rig/device/bench.h"

enum { LINT_MAX = 24 };
struct lint { size_t n; char finding[LINT_MAX][560]; }; /* each with its file, and line and column */
void lint_find(struct lint *out, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* one finding more */
void lint_map(const struct device_map *m, struct lint *out);   /* appends */
void lint_bench(const struct bench *b, struct lint *out);      /* appends; the maps not included */
#endif
