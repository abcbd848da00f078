/* read.h -- what the files of study/ share: notes, optional values, the readers of each section.  Not for other rooms.
 */
#ifndef SOLVER_STUDY_READ_H
#define SOLVER_STUDY_READ_H
#include "solver/study/study.h"

/* Remembers a note; path and value may be NULL.  Beyond NOTES_MAX it is dropped. */
void note_add(struct study *s, enum note_kind kind, const char *path, const char *value, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* As config_quantity and config_number for a key that may be missing: *out keeps its value then, *found says which. */
int optional_quantity(struct cnode map, const char *key, const char *si_unit, struct range r, double *out, bool *found,
                      struct err *e);
int optional_number(struct cnode map, const char *key, struct range r, double *out, bool *found, struct err *e);
/* The value of key, or the map itself: where a caret best stands. */
struct cnode place(struct cnode map, const char *key);

/* ---- the needle ---- */
enum kind { KIND_ARRAY, KIND_PEN, KIND_ROLLER, KIND_STAMP };
enum shape { SHAPE_CONE, SHAPE_CYLINDER, SHAPE_PYRAMID, SHAPE_FRUSTUM, SHAPE_BULLET };

struct needle { /* as its file says */
    enum kind kind;
    enum shape shape;
    double length, base_radius, tip_radius; /* m; a pyramid's are those of the circle of equal area */
    double nose;                            /* m, of a bullet; 0 otherwise */
    double count;                           /* NAN when not stated */
    double density, patch_area;             /* NAN when not stated */
    double strike_rate;                     /* 1/s; NAN when not stated */
    double drum_diameter, drum_width;       /* m, of a roller; NAN when not stated */
    bool hexagonal;                         /* an array's lattice */
};
/* Radius at a distance from the tip, m. */
double needle_radius(const struct needle *n, double from_tip);
/* Reads part[PART_NEEDLES]; notes what it assumes; sets s->needles and s->needle_length. */
int read_needle(struct study *s, struct needle *n, struct err *e);

struct insertion_needles;
/* The array as the insertion model takes it; refuses pens and rollers, and arrays of unknown number or area. */
int press_needles(struct study *s, const struct needle *n, struct insertion_needles *out, struct err *e);
/* Depth, its spread and the penetrated fraction for insertion: {force: ...} or {travel: ...}, with its notes. */
int depth_from_press(struct study *s, const struct needle *n, struct cnode at, struct err *e);
/* The same for insertion: {run: ...} when the run folder holds no reading: its greatest force, speed and hold. */
int depth_from_recorded_press(struct study *s, const struct needle *n, struct cnode at, const char *folder,
                              struct err *e);

/* Finds and opens the parts that the study names; those in place are taken as they stand.  Deep overrides of a named
 * part ("drug/log_kow=1") go to the part. */
int parts_open(struct study *s, const struct study_options *options, struct err *e);
/* Opens a part by its name alone, with no study beside it.  ERR_ARG: not a name; ERR_IO: there is none. */
int part_open_by_name(struct config **out, int part, const char *name, const char *config_dir, struct err *e);
/* Every value of a drug, used or not: a typing mistake in it is found before it matters.  Name borrowed. */
int drug_check(struct cnode drug, const char **name, struct err *e);
int needles_open(struct study *s, const struct study_options *options, struct err *e); /* the needles alone */
/* Each section, in the order they depend on each other.  All need s->part[] and s->doc. */
int read_skin(struct study *s, struct err *e);    /* layers: skin's geometry, drug's values */
int read_outside(struct study *s, struct err *e); /* receptor, vehicles */
int read_body(struct study *s, struct err *e);    /* body, and the metabolite in skin and plasma */
int read_laws(struct study *s, struct cnode layer, struct cnode tissue, struct layer *l,
              struct err *e); /* binding, metabolism */
int read_interface(struct study *s, struct cnode at, struct layer *l,
                   struct err *e);                     /* a resistance between two layers */
int finish_interfaces(struct study *s, struct err *e); /* when the layers around them are known */
int read_vehicles(struct study *s, struct err *e);
int read_steps(struct study *s, struct err *e);   /* schedule/steps and repeat; after read_needles */
int read_closure(struct study *s, struct err *e); /* after read_steps */
int check_waters(struct study *s, struct err *e); /* vehicles and channels in contact; after read_steps */
int read_spread(struct study *s, const struct needle *n, struct err *e); /* the depth distribution's cells */
int read_needle_dose(struct study *s, const struct needle *n, struct err *e); /* after the channel */
int needle_dose_events(struct study *s, struct err *e); /* after read_steps: when needles with drug come and go */
/* Share of a needle's dose that is in the skin at a depth, -. */
double needle_dose_share(const struct needle *n, const struct needle_dose *d, double depth);
int read_schedule(struct study *s,
                  struct err *e);                 /* schedule, patch/remove_at, sampling, numerics, lab window, limit */
int read_needles(struct study *s, struct err *e); /* needles, insertion, density, channel, patch area */
void warn_of_implausible(struct study *s); /* values that can be computed with and hardly be meant */
/* Overall checks that need more than one section. */
int check_relations(struct study *s, struct err *e);
#endif
