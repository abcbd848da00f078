/* result.h -- a study computed: solution, the intact skin beside it, endpoints; and its folder of files. */
#ifndef SOLVER_RESULTS_RESULT_H
#define SOLVER_RESULTS_RESULT_H
#include <stdint.h>
#include "solver/results/endpoint.h"
#include "solver/results/folder.h"

struct result {
    struct solution solution;
    bool has_intact;
    struct solution intact; /* of the same study without channels: a 1-D run */
    struct endpoints endpoints;
};

/* Runs the study (with its error estimate when asked for), and the intact skin when it has channels. */
int result_compute(const struct study *s, struct result *out, struct err *e);
void result_release(struct result *r); /* {0} is legal */

struct result_context {
    const char *command;
    int64_t unix_time;
    double wall_s;
}; /* for the provenance; wall time of the run */

/* study.yaml, timeseries.csv, long.csv, profiles.csv, summary.yaml into an open folder. */
int result_write(const struct study *s, const struct result *r, const struct result_context *c, const struct folder *f,
                 struct err *e);
/* Figures with their scripts; ERR_FAILED when gnuplot is missing or fails, the tables are good all the same. */
int figures_write(const struct study *s, const struct result *r, const struct folder *f, struct err *e);

/* Amounts at the last output: where the drug is. */
struct share {
    char name[56];
    double amount; /* kg/m2 */
};
size_t shares_at_end(const struct study *s, const struct solution *sol, struct share out[8 + LAYERS_MAX]);
/* All that went in: the dose, or what an infinite vehicle gave. */
double amount_in(const struct study *s, const struct solution *sol);
#endif
