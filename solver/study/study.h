/* study.h -- a study file and its parts (drug, skin, needles) turned into one problem in SI, with what was assumed.
 * Reads YAML; computes nothing but geometry.  Keys, units and bounds: docs/reference/config.md. */
#ifndef SOLVER_STUDY_STUDY_H
#define SOLVER_STUDY_STUDY_H
#include "base/text/config.h"
#include "solver/physics/problem.h"

enum { NOTES_MAX = 64 };

/* Something the reader must know: a value the program assumed, a number it derived, a remark on the case. */
enum note_kind { NOTE_ASSUMED, NOTE_DERIVED, NOTE_WARNING, NOTE_LABEL };
struct note {
    enum note_kind kind;
    char path[80];  /* key the value stands for, "channel/D"; empty for warnings and labels */
    char value[80]; /* with its unit */
    char text[240]; /* source, rule, or the remark itself */
};

enum { PART_DRUG, PART_SKIN, PART_NEEDLES, PARTS };
extern const char *const part_key[PARTS]; /* "drug", "skin", "needles" */

struct study_options {
    const char *const *overrides; /* "path=value", NULL-terminated; may be NULL */
    const char *config_dir;       /* --config DIR, or NULL */
};

struct study {
    struct config *doc;             /* the study file, overrides applied */
    struct config *part_doc[PARTS]; /* NULL when the part is in place (or there is none) */
    struct cnode part[PARTS];       /* the part's map, wherever it stands; n NULL: none */
    char title[200];
    char drug[80], skin[80], needles[80]; /* names; needles empty for intact skin */
    struct problem problem;
    bool has_channel;
    double density;                              /* needles per m2 of skin, of those that went in; 0 intact */
    double needle_length, depth;                 /* m; 0 intact */
    double eta;                                  /* channel radius / needle radius; NAN when radii are given */
    double depth_sd;                 /* m, over needles; NAN when not known */
    bool depth_estimated;            /* by the insertion model, from a force or a travel */
    double penetrated_fraction;                  /* 1 unless a reading says otherwise */
    bool is_virtual;                             /* penetration comes from a virtual bench */
    char run_folder[300], penetration_file[300]; /* empty unless insertion: {run: ...} */
    double temperature;                          /* K, of the skin; NAN when not stated */
    bool error_estimate;
    double lab_from, lab_to;     /* s; NAN when there is no lab_window */
    double quantification_limit; /* kg/m2; NAN when not stated */
    size_t n_notes;
    struct note note[NOTES_MAX];
};

/* Reads, resolves and checks a study.  ERR_IO, ERR_PARSE or ERR_RANGE with place, caret, bound and hint; *s is then
 * {0}. On success study_release gives it back. */
int study_load(struct study *s, const char *path, const struct study_options *options, struct err *e);
void study_release(struct study *s); /* {0} is legal */
/* The same skin, drug, vehicle and schedule without channels: what enhancement is measured against. */
void study_intact(const struct study *s, struct problem *out);
/* The study with every part in place and every assumed value filled in: read again, it gives the same problem to the
 * bit. */
void study_resolve(const struct study *s, struct record *r);
#endif
