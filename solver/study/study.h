/* study.h -- a study file and its parts (drug, skin, needles) turned into one problem in SI, with what was assumed.
 * Reads YAML; computes nothing but geometry.  Keys, units and bounds: docs/reference/config.md. */
#ifndef SOLVER_STUDY_STUDY_H
#define SOLVER_STUDY_STUDY_H
#include "base/text/config.h"
#include "solver/physics/problem.h"

enum { NOTES_MAX = 64, DEPTHS_MAX = 5 };

/* One depth of a distribution over the needles: its channel and the share of the needles that went so deep. */
struct depth_cell {
    double depth, share; /* m, - */
    double r_surface, r_tip; /* m */
    double buried;           /* kg/m2 of a dose in needles; 0 without one */
};

/* Something the reader must know: a value the program assumed, a number it derived, a remark on the case. */
enum note_kind { NOTE_ASSUMED, NOTE_DERIVED, NOTE_WARNING, NOTE_LABEL };
struct note {
    enum note_kind kind;
    char path[80];  /* key the value stands for, "channel/D"; empty for warnings and labels */
    char value[80]; /* with its unit */
    char text[240]; /* source, rule, or the remark itself */
};

/* Labels that follow whatever rests on a virtual bench, or on an estimated depth. */
#define LABEL_VIRTUAL "SYNTHETIC: virtual bench: rehearsal, not evidence"
#define LABEL_ESTIMATED "depth estimated by the insertion model, not measured"

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
    double needle_dose_in_all;   /* kg/m2 in or on all needles, buried or not; 0 without */
    double wear;                 /* s that needles with a dose stay in; INFINITY: until dissolved */
    double temperature;                          /* K, of the skin; NAN when not stated */
    size_t n_vehicles;           /* dose i of the problem is vehicle_name[i]; "" for the study's own 'vehicle' */
    char vehicle_name[DOSES_MAX][40];
    struct cnode vehicle[DOSES_MAX]; /* its map */
    double patches;              /* how many feed the body at once; problem.area is that of all */
    double dose_area, orifice_area; /* m2 of the diffusion cell; NAN when not stated */
    double spread;               /* sd of the depths computed, m; NAN: every needle equally deep */
    size_t n_depths;             /* 0: one depth */
    struct depth_cell at_depth[DEPTHS_MAX];
    double back_within;          /* factor of intact permeability that counts as closed; NAN: not asked */
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
/* The study with all channels as deep as cell i of its depth distribution. */
void study_at_depth(const struct study *s, size_t i, struct problem *out);
/* Index of the first skin layer: 1 under a diffusive vehicle, which is layer 0. */
static inline size_t first_skin_layer(const struct study *s) { return s->problem.vehicle_layer ? 1 : 0; }
/* Area of one patch, m2. */
static inline double study_patch_area(const struct study *s) { return s->problem.area / s->patches; }
/* The title as figures carry it: followed by "(SYNTHETIC)" when the study is; returns buf. */
const char *study_caption(const struct study *s, char buf[240]);
/* Any dose of this kind; one in needles is finite. */
bool study_has_dose(const struct study *s, enum donor_kind kind);
bool study_has_vehicle(const struct study *s, enum donor_kind kind); /* vehicles alone */
/* The study with every part in place and every assumed value filled in: read again, it gives the same problem to the
 * bit. */
void study_resolve(const struct study *s, struct record *r);
#endif
