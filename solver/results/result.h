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
/* fields/ as legacy VTK, one file an output, with fields.vtk.series for their times (ParaView). */
int fields_write(const struct study *s, const struct solution *sol, const struct folder *f, struct err *e);
/* recovery.csv: where a finite dose is at the end, in the groups of OECD 428. */
int recovery_write(const struct study *s, const struct solution *sol, const struct folder *f, struct err *e);
/* Figures with their scripts; ERR_FAILED when gnuplot is missing or fails, the tables are good all the same. */
int figures_write(const struct study *s, const struct result *r, const struct folder *f, struct err *e);

/* Amounts at an output: where the drug is.  They add up to amount_in. */
enum share_group { /* OECD 428; lost: evaporated; undelivered: in needles */
    SHARE_DISLODGEABLE,
    SHARE_SKIN,
    SHARE_ABSORBED,
    SHARE_LOST,
    SHARE_UNDELIVERED,
    SHARE_GROUPS
};
struct share {
    char name[56];
    enum share_group group;
    double amount; /* kg/m2 */
};
enum { SHARES_MAX = 13 + LAYERS_MAX };
extern const char *const share_group_name[];
size_t shares_at(const struct study *s, const struct solution *sol, size_t k, struct share out[SHARES_MAX]);
/* All that went in until an output: the doses, and what infinite vehicles gave. */
double amount_in(const struct solution *sol, size_t k);
/* part is added to sum with its weight; the first part is taken over as it stands, profiles and fields included, when
 * sum is {0}.  Both are solutions of the same study at different channel depths. */
void solution_combine(struct solution *sum, struct solution *part, double weight, bool keeps_profiles);
/* The time after the needles, s, and the openness from which the channels' permeability is within s->back_within of
 * intact skin's, at the occlusion of the study's start; why: what it rests on.  NAN when there is none, with the reason
 * in why.  Under the study's skin and a constant donor; binding is left out, it changes no steady flux. */
int closed_after(const struct study *s, double *after, double *openness, char why[160], struct err *e);
#endif
