/* random.h -- a small seeded generator (xoshiro256**, Blackman and Vigna 2018, seeded through splitmix64): the same
 * seed gives the same bench on every machine.  Good enough for noise and scatter; not for cryptography. */
#ifndef RIG_VIRTUAL_RANDOM_H
#define RIG_VIRTUAL_RANDOM_H
#include <stdint.h>

struct random { uint64_t s[4]; };

/* Streams of one seed do not depend on each other: each user (noise, specimen, reading) takes its own number. */
void   random_init(struct random *r, uint64_t seed, uint64_t stream);
double random_uniform(struct random *r);                   /* 0 <= x < 1 */
double random_between(struct random *r, double lo, double hi);
double random_normal(struct random *r);                    /* mean 0, sd 1 (Box-Muller) */
double random_lognormal(struct random *r, double cv);      /* mean 1, coefficient of variation cv */
#endif
