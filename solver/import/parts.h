/* parts.h -- what the files of this room share.  Not for others. */
#ifndef SOLVER_IMPORT_PARTS_H
#define SOLVER_IMPORT_PARTS_H
#include "base/text/raw.h"
#include "solver/import/import.h"

enum { MAP_BLOCKS = 64, MAP_MISSING = 12 };

/* One of our columns as the map asks for it. */
struct map_column {
    const char *name, *from; /* ours; header text there, or NULL: number */
    long number;             /* 1-based within the block, when from is NULL */
    const char *unit;        /* stated in the map, or NULL */
    const char *text;        /* a constant text */
    double factor;
    double per;        /* divided by so many ... */
    char per_unit[24]; /* ... of these; empty: not */
    bool is_text;
    struct cnode at;
};
/* Columns that lie side by side: where they begin, and texts that stand for all of their rows. */
struct map_block {
    long first_column, end_column; /* 1-based, end exclusive */
    struct cnode at;
};
struct map {
    struct config *doc;
    char separator;
    bool decimal_comma, units_in_header;
    enum raw_encoding encoding;
    long header_line, units_line, first_line, last_line; /* 0: none */
    size_t n_columns, n_blocks, n_missing;
    struct map_column column[IMPORT_COLUMNS];
    struct map_block block[MAP_BLOCKS];
    const char *missing[MAP_MISSING];
    const char *below_mark; /* what stands before a limit in place of a number: "<"; NULL: nothing */
};

/* map.c: the whole map; kind, title and what else is needed into im. */
int map_read(struct map *m, struct imported *im, struct err *e);
/* read.c: the sheet's rows into im's columns. */
int import_fill(const struct map *m, const struct raw *s, struct imported *im, struct err *e);
void import_note(struct imported *im, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds an empty column of numbers; NULL when there is no room. */
struct import_column *import_add(struct imported *im, const char *name);

/* curve.c: contact, travel and phase of every specimen's curve; run folders of them. */
int curve_finish(struct imported *im, struct err *e);
int curve_write_runs(const struct imported *im, const char *folder, const char *command, int64_t unix_time,
                     struct err *e);
/* depth.c: dyed needles, holes in layers. */
int depth_finish(struct imported *im, struct err *e);
int depth_write(const struct imported *im, const char *folder, int64_t unix_time, struct err *e);
#endif
