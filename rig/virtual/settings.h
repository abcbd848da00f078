/* settings.h -- the virtual bench's own configuration file (config/benches/mnbench.yaml), read into SI.
 * Every key is required: the file is the one place where the virtual world's values and their sources stand. */
#ifndef RIG_VIRTUAL_SETTINGS_H
#define RIG_VIRTUAL_SETTINGS_H
#include "base/text/config.h"
#include "rig/virtual/plant.h"

/* ERR_PARSE or ERR_RANGE with file:line:column.  needs units_init() before. */
int settings_read(struct plant_settings *out, struct cnode root, struct err *e);
int settings_open(struct plant_settings *out, const char *path, struct err *e);
#endif
