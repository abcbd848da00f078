/* proxy_command.h -- `mnbench proxy`: options, transcript. */
#ifndef RIG_VIRTUAL_PROXY_COMMAND_H
#define RIG_VIRTUAL_PROXY_COMMAND_H
#include <stdatomic.h>
#include "base/err.h"

extern const char proxy_help[];
/* Runs until *stop is set or a limit is reached.  needs units_init() before. */
int proxy_command(int argc, char **argv, const atomic_int *stop, struct err *e);
#endif
