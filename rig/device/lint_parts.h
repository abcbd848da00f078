/* lint_parts.h -- the parts of lint.c: each appends what it finds in a map. */
#ifndef RIG_DEVICE_LINT_PARTS_H
#define RIG_DEVICE_LINT_PARTS_H
#include "rig/device/lint.h"

void lint_commands(const struct device_map *m, struct lint *out);   /* lint_commands.c: writes, triggers, manners */
void lint_vocabulary(const struct device_map *m, struct lint *out); /* lint_vocabulary.c: names and what they measure */
void lint_watchdog(const struct device_map *m, struct lint *out);   /* lint_watchdog.c: verify and the watchdog */

bool lint_is_of_runs(const char *command);                          /* does every run send it? */
unsigned lint_last_of(const struct map_number *n);                  /* its last register */
bool lint_overlap(const struct map_number *a, const struct map_number *b);
#endif
