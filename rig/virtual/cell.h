/* cell.h -- the virtual load cell and its converter: noise, drift, saturation, filter; a new value 600 times a second.
 * N and s; pure; the noise comes from its own seeded generator. */
#ifndef RIG_VIRTUAL_CELL_H
#define RIG_VIRTUAL_CELL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "rig/virtual/random.h"

enum { CELL_MAX_TAPS = 128, CELL_FILTERS = 8, CELL_DEFAULT_FILTER = 2 };

struct cell_settings {
    double capacity;  /* N, both ways */
    double rate;      /* conversions per second */
    double noise;     /* N rms of the reading at the default filter */
    double drift;     /* N/s, of the zero */
    double end;       /* of the capacity: the reading goes no further */
};

struct cell {
    struct cell_settings set;
    struct random random;
    uint64_t conversions;
    double clock;                /* s */
    double ring[CELL_MAX_TAPS];  /* the last conversions */
    int    filter;               /* 0 to 7: average over 2^filter conversions */
    bool   recursive;            /* filter mode 1: one recursive stage of the same group delay */
    double filtered;             /* N, the reading */
    double raw;                  /* N, the last conversion */
    double low, high;            /* range of the reading in this and... */
    double low_was, high_was;    /* ...the last quarter of a second: stable when narrow */
    bool   under, over, stable;
    /* device faults */
    double jump, extra_drift;    /* N, N/s */
    double drifted;              /* N */
    bool   frozen, saturated;
};

void   cell_init(struct cell *c, const struct cell_settings *set, uint64_t seed);
void   cell_step(struct cell *c, double force, double dt);
int    cell_taps(const struct cell *c);
/* (taps - 1)/2 conversions, s. */
double cell_group_delay(const struct cell *c);
#endif
