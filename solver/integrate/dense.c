/* dense.c -- see dense.h.  The loops stand in dense_loops.h: four numbers at a time, which most processors do, and
 * eight, where there are such. */
#include <math.h>
#include <string.h>
#include "base/math/vectorised.h"
#include "solver/integrate/dense.h"

typedef double four __attribute__((vector_size(4 * sizeof(double)), aligned(sizeof(double)), may_alias));

enum { BLOCK = 8 }; /* columns that are factorised together before the next ones are touched */

#define LANES    4
#define NAMED(x) narrow_##x
#define FOR      VECTORISED
#include "solver/integrate/dense_loops.h"

#ifdef HAS_WIDE
#define LANES    8
#define NAMED(x) wide_##x
#define FOR      WIDE
#include "solver/integrate/dense_loops.h"
#define CALL(x, ...) (is_wide() ? wide_##x(__VA_ARGS__) : narrow_##x(__VA_ARGS__))
#else
#define CALL(x, ...) narrow_##x(__VA_ARGS__)
#endif

void dense_subtract(size_t rows, size_t cols, size_t depth, const double *a, size_t ld, double *c, size_t ldc)
{
    CALL(subtract, rows, cols, depth, a, ld, c, ldc);
}

int dense_cholesky(size_t ld, size_t w, double *p, double *inverse)
{
    for (size_t from = 0; from < w; from += BLOCK) {
        size_t to = from + BLOCK < w ? from + BLOCK : w;
        if (from)
            dense_subtract(ld - from, to - from, from, p + from, ld, p + from + from * ld, ld);
        if (CALL(factorise, ld, from, to, p, inverse))
            return -1;
    }
    return 0;
}

void dense_invert(size_t ld, size_t w, double *p, const double *inverse, double *v)
{
    CALL(invert, ld, w, p, inverse, v);
}

void dense_times(size_t rows, size_t w, const double *q, bool lower, const double *x, double *t)
{
    CALL(times, rows, w, q, lower, x, t);
}

void dense_transposed_times(size_t rows, size_t w, const double *q, bool lower, const double *t, double *x)
{
    CALL(transposed_times, rows, w, q, lower, t, x);
}
