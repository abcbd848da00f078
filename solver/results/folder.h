/* folder.h -- a result folder: written under a temporary name beside its place, renamed when complete.  A folder of the
 * asked name therefore never holds half a result. */
#ifndef SOLVER_RESULTS_FOLDER_H
#define SOLVER_RESULTS_FOLDER_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum { FOLDER_PATH = 1000 };
struct folder {
    char path[FOLDER_PATH], temporary[FOLDER_PATH];
    bool replace;
    int lock; /* descriptor that holds a lock on the temporary folder; none when it is not above 0 */
};

/* Makes the temporary folder, and removes those of the same name that killed programs left.  An existing path is
 * refused (ERR_IO), unless replace is true and it holds one of the files that results are known by: what is not a
 * result is never removed. */
int folder_open(struct folder *f, const char *path, bool replace, struct err *e);
/* "<temporary>/<name>" into buf; returns buf. */
const char *folder_file(const struct folder *f, const char *name, char buf[FOLDER_PATH + 100]);
/* Renames to the final name; on failure the temporary folder is removed. */
int folder_commit(struct folder *f, struct err *e);
void folder_abandon(struct folder *f); /* removes the temporary folder; {0} is legal */
#endif
