/* tables.h -- the CSV files of a result folder: timeseries.csv (wide), long.csv (tidy), profiles.csv. */
#ifndef SOLVER_RESULTS_TABLES_H
#define SOLVER_RESULTS_TABLES_H
#include "solver/results/folder.h"
#include "solver/results/quantity.h"

int tables_write(const struct study *s, const struct solution *sol, const struct folder *f, struct err *e);
#endif
