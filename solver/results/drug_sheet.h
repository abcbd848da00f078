/* drug_sheet.h -- what is predicted for a drug beside what its file and the records say, and a drug file made of it. */
#ifndef SOLVER_RESULTS_DRUG_SHEET_H
#define SOLVER_RESULTS_DRUG_SHEET_H
#include <stdbool.h>
#include <stddef.h>
#include "base/text/config.h"
#include "solver/study/drug.h"

/* A correlation: what it is called, where it comes from, how wrong it is known to be. */
struct drug_rule { const char *name, *source, *error; };
enum { DRUG_RULES = 8 };
extern const struct drug_rule drug_rule[DRUG_RULES];

struct drug_row {
    const char *name, *unit;
    double predicted, stated; /* in unit; stated by the drug's file, or NAN */
    size_t rule;              /* index into drug_rule[] */
    bool given;               /* on the command line, not predicted */
};
enum { DRUG_ROWS = 18 };

struct drug_sheet {
    struct drug_card card;
    struct measured_properties given;
    double pH, temperature; /* of the water that K is relative to; of the skin, K */
    struct properties p;
    unsigned limits;        /* property_limits() */
    size_t n_rows;
    struct drug_row row[DRUG_ROWS];
};
/* Fills p, limits and the rows from card, given, pH and temperature.  pH NAN: the card's reference, else 7.4.
 * A macromolecule has only the rows that hold for it.  ERR_ARG when molar mass, log Kow or a pKa is missing or a value
 * is out of bounds. */
int drug_sheet_fill(struct drug_sheet *s, struct err *e);

/* Measured permeabilities of a compound, and how Potts and Guy do on all records of similar log Kow. */
struct kp_records {
    size_t n;
    double log_kp[64], temperature[64]; /* log10 of cm/h, K; the first 64 */
    double median;                      /* of log_kp */
    size_t n_near;
    double near_mean, near_rmse; /* predicted minus measured, log10, over records within 1 of log_kow */
};
/* Looks for the name, in any letter case, _ for a blank, and with "base" behind it.  ERR_IO, ERR_PARSE. */
int kp_records_read(struct kp_records *r, const char *path, const char *name, double log_kow, struct err *e);

/* A drug file with a source at every group.  ERR_RANGE for a macromolecule. */
int drug_sheet_record(const struct drug_sheet *s, struct record *r, struct err *e);
#endif
