/* drug.h -- a drug file by itself: what properties are predicted from, and the values it states. */
#ifndef SOLVER_STUDY_DRUG_H
#define SOLVER_STUDY_DRUG_H
#include <stddef.h>
#include "base/err.h"
#include "solver/physics/properties.h"

struct drug_region { double D, K, clearance; }; /* m2/s, -, 1/s; NAN where the file says nothing */
struct drug_card {
    char name[80];
    struct solute solute; /* molar_mass and log_kow NAN, kind SOLUTE_NEUTRAL when not stated */
    double reference_pH;  /* K is that over water of this pH; NAN: over the neutral form */
    struct drug_region sc, ve, dermis, channel;
};

extern const char *const solute_word[]; /* "acid", "base", "neutral", NULL */
/* Nothing known. */
void drug_card_init(struct drug_card *c);
/* Reads a drug by its name (looked up as studies do) or by the path of its file (with a / or .yaml at its end).
 * ERR_ARG, ERR_IO, ERR_PARSE, ERR_RANGE. */
int drug_card_load(struct drug_card *c, const char *name_or_path, const char *config_dir, struct err *e);
/* The path of a table of data/: beside --config DIR, in the current folder, where installed.  ERR_IO when there is
 * none. */
int data_find(const char *name, const char *config_dir, char *path, size_t size);
#endif
