/* truth.h -- the bench's own log, for judging the client: what force and position really were, and what it was told.
 *
 *   truth.csv   time_s, position_um, force_N, tip_travel_um, buried_um, needles_in, state, estop, specimen, requests
 *               a row each 1 ms while the axis moves or a force acts, and one when state or E-stop change
 *   writes.csv  time_s, unit, function, address, value, answer, request: each register that a master wrote (answer 0:
 *               taken, else the exception)
 *   faults.csv  time_s, requests, fault: each device fault as it acts
 *   specimen_N/virtual_oct.csv, true_holes.csv (oct.h); pressed again: virtual_oct_2.csv and so on
 *
 * position is the axis (true, 0 at home), tip_travel the needle tips below the undisturbed surface, buried the mean
 * depth of the needles that are in.  Requests are counted from 1: what came with which, or after how many.
 * truth.csv, writes.csv and faults.csv grow row by row under their names, so that a killed bench
 * leaves its truth. */
#ifndef RIG_VIRTUAL_TRUTH_H
#define RIG_VIRTUAL_TRUTH_H
#include "base/err.h"
#include "rig/virtual/plant.h"

struct truth;

/* Makes folder when missing; ERR_IO when it already holds a truth.csv, writes.csv or faults.csv. */
int truth_open(struct truth **out, const char *folder, struct err *e);
/* Once per plant step; decides itself what to keep.  state is a word that outlives the call. */
int truth_step(struct truth *t, const struct plant *p, const char *state, long requests, struct err *e);
int truth_write(struct truth *t, double time, int unit, int function, unsigned address, unsigned value, int answer,
                long request, struct err *e);
int truth_fault(struct truth *t, double time, long requests, const char *text, struct err *e);
/* Writes the readings of the specimen as it is now. */
int truth_read_specimen(struct truth *t, const struct plant *p, struct err *e);
int truth_close(struct truth *t, struct err *e); /* frees t */
void truth_abandon(struct truth *t);             /* frees t; what is written stays; NULL is legal */
#endif
