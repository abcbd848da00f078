/* place.h -- where a program may write: never into a bench run, never over what is not of its own making. */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H
#include <stdbool.h>
#include "base/err.h"

/* Stands in the head of every HTML page of ours, so that a page can be told from other files. */
#define PLACE_PAGE_MARK "<meta name=\"generator\" content=\"mnsim or mnrig report\">"

/* Does the folder hold a bench run (its samples with run.yaml or events.csv beside them)? */
bool place_is_run(const char *folder);
/* path, which need not exist, must stand in no run folder, however deep; ERR_ARG.  Links on the way are followed. */
int place_check_outside_runs(const char *path, struct err *e);
/* Where an HTML page may go: outside of runs, and what is there already must be an older page of ours; a folder, a
 * device, a link or any other file is refused.  ERR_ARG. */
int place_check_page(const char *path, struct err *e);
/* Where the ports of a server may go: as above, but what is there must be empty or such a file (numbers and names of
 * devices, a line each).  ERR_ARG. */
int place_check_ports(const char *path, struct err *e);
#endif
