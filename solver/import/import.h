/* import.h -- other people's measurements, by a map that a person writes: which file, how it is laid out, which column
 * is what.  Out comes a table of ours (unit in each column's name), with what was assumed, and, from force curves, run
 * folders that 'mnsim analyse' and 'mnsim compare' read, from counts of dyed needles or of holes in layers a
 * penetration record.  Keys: docs/reference/config.md, Import. */
#ifndef SOLVER_IMPORT_IMPORT_H
#define SOLVER_IMPORT_IMPORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/text/config.h"

#define IMPORT_CSV "measured.csv"
#define IMPORT_YAML "import.yaml"

enum { IMPORT_COLUMNS = 24, IMPORT_WORD = 80, IMPORT_NOTES = 24, IMPORT_SPECIMENS = 200 };
enum import_kind { IMPORT_TABLE, IMPORT_CURVE, IMPORT_DYE, IMPORT_LAYERS };

struct import_column {
    char name[IMPORT_WORD];       /* ours, with its unit: "force_N" */
    char from[IMPORT_WORD];       /* what it was called there */
    char unit[40];                /* there; empty for texts and counts */
    bool is_text, in_import_yaml; /* the second: read from the file, so its origin is recorded */
    double *number;               /* rows, in the unit of name; NAN: missing */
    char (*text)[IMPORT_WORD];
};
/* Depth from holes in layers of known thickness, over all specimens, m. */
struct import_depth {
    size_t needles, penetrated;       /* of all specimens together */
    double mean, sd;                  /* over the needles that went in, from the middles of their layers */
    double lowest_mean, highest_mean; /* with every tip at the top, at the bottom of where it may be */
};
struct imported {
    struct config *doc;
    char title[200], map[700], file[700], file_sha[65], map_sha[65];
    enum import_kind kind;
    bool is_virtual;
    size_t rows, n_columns, n_notes, n_specimens;
    struct import_column column[IMPORT_COLUMNS];
    int *line;           /* rows: in the file */
    size_t *specimen_of; /* rows: index into specimen[] */
    char (*specimen)[IMPORT_WORD];
    bool *no_air; /* n_specimens: of a curve that is in contact from its first row, so that travel counts from there */
    double *zero; /* n_specimens: N, of a curve: taken off its force */
    bool has_depth;
    struct import_depth depth;
    char note[IMPORT_NOTES][240]; /* what was assumed or left out */
};

/* Reads map and file (file: instead of the one the map names; may be NULL).  Mistakes with file, line and column and a
 * hint; *im is then {0}. */
int import_read(struct imported *im, const char *map, const char *file, struct err *e);
/* The same with file's bytes in memory (tests, fuzzing): map_text is the map itself. */
int import_parse(struct imported *im, const char *map_text, size_t map_len, const char *text, size_t len,
                 struct err *e);
void import_release(struct imported *im); /* {0} is legal */
/* measured.csv, import.yaml, and by kind runs/SPECIMEN/, layers.csv, penetration_01.yaml into a folder that is there.
 */
int import_write(const struct imported *im, const char *folder, const char *command, int64_t unix_time, struct err *e);
/* The column of ours by name or stem ("force" finds force_N), or NULL. */
const struct import_column *import_column(const struct imported *im, const char *name);
#endif
