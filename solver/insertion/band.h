/* band.h -- where the next force-travel curve is to be expected: of another array on the same specimen, and of an array
 * on a new specimen. */
#ifndef SOLVER_INSERTION_BAND_H
#define SOLVER_INSERTION_BAND_H
#include "solver/insertion/model.h"

enum { BAND_ARRAYS = 8, BAND_SPECIMENS = 31, BAND_DRAWS = 40 };

struct insertion_band { /* owns its arrays, n each, ascending in travel */
    size_t n;
    double *travel;                             /* m, from contact to where the press ends */
    double *array_low, *array_high;             /* N: another array, skin and backing as stated */
    double *specimen, *specimen_low, *specimen_high; /* N: middle and bounds for an array on a new specimen */
};
/* Presses BAND_ARRAYS arrays of other seeds and BAND_SPECIMENS draws of specimen.h to the travel at which run r of the
 * case ends, with twice its step.  confidence in 0..1.  Errors as insertion_run; *b is then {0}. */
int insertion_bands(const struct insertion_case *c, const struct insertion_result *r, double confidence,
                    struct insertion_band *b, struct err *e);
void insertion_band_release(struct insertion_band *b); /* {0} is legal */

/* The interval that the next of n >= 2 draws lies in with that confidence: Student's, of the logarithms where every
 * draw is above zero, because specimens differ by factors.  NAN in a draw: NAN.  draw[] is changed. */
void draws_interval(double draw[], size_t n, double confidence, double *middle, double *low, double *high);
#endif
