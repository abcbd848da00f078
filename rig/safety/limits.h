/* limits.h -- the bench's hard limits: all of them required, none with a default. */
#ifndef RIG_SAFETY_LIMITS_H
#define RIG_SAFETY_LIMITS_H
#include "rig/device/lint.h"
#include "rig/safety/causes.h"

struct safety_limits {
    double force_push, force_pull;    /* N, > 0; absolute, from the calibration zero */
    double force_rate;                /* N/s */
    double soft_from, soft_to;        /* m from home: no move is sent past these */
    double hard_from, hard_to;        /* m: passing these trips */
    double following_error;           /* m */
    double max_age[BENCH_DEVICES];    /* s since a sample's request was sent, plus the sensor's own delay */
    double max_frozen[BENCH_DEVICES]; /* s a device may repeat itself (its map's freshness/within) */
    double still;                     /* m: an axis of which nothing is asked stays within this */
    double max_lateness;              /* s a tick may be late */
    int    bus_failures;              /* so many failed transactions in a row trip */
    char   weakest_name[64];
    double weakest_load;              /* N that the weakest part bears */
    enum safety_action action[SAFETY_CAUSES]; /* what follows a trip */
};
/* Reads `limits:` of a bench document.  ERR_PARSE / ERR_RANGE: a missing key, or soft limits that are not inside the
 * hard ones, a force limit above the cell's capacity or the weakest part, ages shorter than a poll. */
int safety_limits_read(struct safety_limits *l, struct config *doc, const struct bench *b, struct err *e);
/* What is suspicious although it can be read; appends.  root: of the bench's document. */
void safety_lint(const struct safety_limits *l, const struct bench *b, struct cnode root, struct lint *out);
#endif
