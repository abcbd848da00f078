/* oct.h -- what a microscope would see of a specimen after the needles are out: a noisy reading of its true holes.
 * Pure but for the file it writes. */
#ifndef RIG_VIRTUAL_OCT_H
#define RIG_VIRTUAL_OCT_H
#include "base/err.h"
#include "rig/virtual/skin.h"

#define OCT_NOISE 10e-6       /* m, sd of a depth or diameter reading; assumed */
#define OCT_UNREADABLE 0.04   /* of the holes: seen, but their bottom is not; assumed */

/* Writes columns needle, x_um, y_um, depth_um, diameter_um, penetrated.  penetrated is 1 where there is a hole; depth
 * and diameter (at the surface) are empty without one and where the hole cannot be read. */
int oct_write(const struct skin *k, uint64_t seed, const char *path, struct err *e);
/* The same holes as they are: needle, x_um, y_um, depth_um, penetrated. */
int oct_write_true(const struct skin *k, const char *path, struct err *e);
#endif
