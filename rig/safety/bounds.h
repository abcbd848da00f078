/* bounds.h -- what a bench's numbers can be at all: a bound below and above for every one of them, most of them by
 * their relation to others, each with its reason.  A number that passes here may still be wrong; one that fails is
 * nonsense and would make a limit that never trips, or always. */
#ifndef RIG_SAFETY_BOUNDS_H
#define RIG_SAFETY_BOUNDS_H
#include "rig/safety/limits.h"

struct bound {
    char path[80];           /* of the key, "axis/lead"; a number counts the items of a list or the pairs of a map */
    const char *unit;        /* that messages show ... */
    double unit_size;        /* ... and its size in SI */
    double value, lo, hi;    /* SI; a NaN value is not there and not judged */
    const char *lo_why, *hi_why;
};
enum { BOUNDS = 64 };
/* Fills the table; returns how many. */
size_t safety_bounds(const struct bench *b, const struct safety_limits *l, struct bound out[BOUNDS]);
/* ERR_RANGE at the place of the first number outside: its value, the bound, and why. */
int bounds_judge(const struct bound *t, size_t n, struct cnode root, struct err *e);
#endif
