/* quantity.h -- the columns of a result: which, in which unit, how computed from a solution.  docs/reference/csv.md
 * lists them. */
#ifndef SOLVER_RESULTS_QUANTITY_H
#define SOLVER_RESULTS_QUANTITY_H
#include "solver/integrate/simulate.h"
#include "solver/study/study.h"

/* Unit factors from SI to what laboratories write. */
#define UG_CM2   1e5            /* kg/m2 */
#define UG_CM2_H (1e5 * 3600)   /* kg/m2/s */
#define UG       1e9            /* kg */
#define NG_ML    1e6            /* kg/m3 */
#define MG_ML    1.0            /* kg/m3 */
#define CM_H     (100.0 * 3600) /* m/s */
#define HOUR     3600.0         /* s */

enum quantity_kind {
    QUANTITY_COLUMN,
    QUANTITY_DELIVERED,    /* bottom and capillaries together */
    QUANTITY_FLUX,
    QUANTITY_OF_DOSE,      /* the delivered amount as a share of what has been applied */
    QUANTITY_M_DELIVERED,  /* of the metabolite */
    QUANTITY_INTERVAL      /* mean rate of change since the output before, or since 0 */
};
struct quantity {
    char stem[56];      /* "delivered" */
    const char *suffix; /* of the column's name: "ug_cm2" */
    const char *unit;   /* for people and long.csv: "ug/cm2" */
    enum quantity_kind kind;
    enum column column; /* QUANTITY_COLUMN only */
    double scale;       /* SI to that unit */
    bool has_error;     /* timeseries.csv has <stem>_err_<suffix> as well */
};
enum { QUANTITIES_MAX = 48 + LAYERS_MAX };

/* The quantities that mean something for this study, in the order of the table's columns; returns how many. */
size_t quantities_of(const struct study *s, struct quantity out[QUANTITIES_MAX]);
double quantity_value(const struct quantity *q, const struct solution *sol, size_t k);
/* Estimated bound of its discretisation error; NAN when none was asked for. */
double quantity_error(const struct quantity *q, const struct solution *sol, size_t k);
#endif
