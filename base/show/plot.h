/* plot.h -- figures through gnuplot; the generated script is kept beside the figure so that it can be opened and
 * changed. The program runs gnuplot by fork/exec with a time limit; a missing gnuplot is ERR_FAILED with a hint,
 * never a crash. */
#ifndef BASE_SHOW_PLOT_H
#define BASE_SHOW_PLOT_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum plot_style { PLOT_LINE, PLOT_POINTS, PLOT_LINEPOINTS, PLOT_ERRORBARS, PLOT_DASHED, PLOT_BAND, PLOT_AREA, PLOT_STEPS };
struct plot_series {
    const char *title;       /* legend; NULL for none */
    enum plot_style style;
    size_t n;
    const double *x, *y;     /* n each; NaN breaks the line */
    const double *err;       /* PLOT_ERRORBARS: n half-lengths; PLOT_BAND (pale), PLOT_AREA: n upper values (y = lower); else NULL */
    int colour;              /* 0.. index into the colour-blind safe palette; equal numbers, equal colour */
};
struct plot {
    const char *title, *xlabel, *ylabel; /* labels carry the unit: "time / h" */
    bool logx, logy;
    bool has_xrange, has_yrange;
    double xlo, xhi, ylo, yhi;
    size_t n;
    const struct plot_series *series;
};
struct plot_map {            /* a heat map with contours, e.g. length x density */
    const char *title, *xlabel, *ylabel, *zlabel;
    bool logx, logy, logz;
    size_t nx, ny;
    const double *x, *y;     /* nx, ny */
    const double *z;         /* nx * ny, x fastest */
};
/* Writes folder/name.gp (with its data inline) and folder/name.svg. */
int plot_write(const struct plot *p, const char *folder, const char *name, struct err *e);
/* Maps side by side below one title, with one colour scale at the right (labelled by the last map's zlabel), n >= 1.
 * Each map's own title stands over its panel. */
int plot_maps_write(const char *title, const struct plot_map *maps, size_t n, const char *folder, const char *name,
                    struct err *e);
#endif
