/* synthetic.h -- whether the numbers of a table come from a virtual bench, told by the table or by what lies beside it. */
#ifndef BASE_SYNTHETIC_H
#define BASE_SYNTHETIC_H
#include <stdbool.h>

/* A column of this name, not 0 in a row, marks a table of the virtual bench wherever it is copied to. */
#define SYNTHETIC_COLUMN "virtual"

/* True where the table has that mark, or where run.yaml, measured.yaml, import.yaml, summary.yaml, compare.yaml,
 * sweep.yaml, fit.yaml or penetration_01.yaml beside it says so (virtual: true, role: SYNTHETIC, a label). */
bool synthetic_table(const char *path);
/* Whether a folder's own files say so. */
bool synthetic_folder(const char *folder);
#endif
