/* random.c -- see random.h. */
#include <math.h>
#include "rig/virtual/random.h"

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void random_init(struct random *r, uint64_t seed, uint64_t stream)
{
    uint64_t state = seed;
    state = splitmix64(&state) ^ (stream * 0xD1342543DE82EF95u);
    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix64(&state);
}

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static uint64_t next_bits(struct random *r)
{
    uint64_t *s = r->s, result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double random_uniform(struct random *r)
{
    return (double)(next_bits(r) >> 11) * 0x1p-53;
}

double random_between(struct random *r, double lo, double hi)
{
    return lo + (hi - lo) * random_uniform(r);
}

double random_normal(struct random *r)
{
    double u = 1.0 - random_uniform(r); /* 0 < u <= 1: the logarithm is finite */
    double v = random_uniform(r);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

double random_lognormal(struct random *r, double cv)
{
    double variance = log1p(cv * cv);
    return exp(sqrt(variance) * random_normal(r) - 0.5 * variance);
}
