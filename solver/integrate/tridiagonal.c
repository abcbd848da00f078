/* tridiagonal.c -- see tridiagonal.h. */
#include <float.h>
#include <math.h>
#include <string.h>
#include "base/err.h"
#include "base/math/vector.h"
#include "solver/integrate/tridiagonal.h"

enum { SWEEPS_MAX = 60 }; /* for one eigenvalue; two or three is usual */

/* The first row from l on that is not coupled to the next. */
static size_t block_end(size_t l, size_t n, const double *d, const double *e)
{
    size_t m = l;
    while (m + 1 < n && fabs(e[m]) > DBL_EPSILON * (fabs(d[m]) + fabs(d[m + 1])))
        m++;
    return m;
}

/* One sweep of plane rotations over the block l..m, from its end, with Wilkinson's shift from its beginning. */
static void sweep(size_t l, size_t m, size_t n, double *d, double *e, double *z, size_t ld)
{
    double half = 0.5 * (d[l + 1] - d[l]) / e[l];
    double bulge = d[m] - d[l] + e[l] / (half + copysign(sqrt(half * half + 1.0), half));
    double sine = 1.0, cosine = 1.0, shifted = 0.0;
    for (size_t i = m; i-- > l;) {
        double f = sine * e[i], b = cosine * e[i], r = sqrt(f * f + bulge * bulge);
        e[i + 1] = r;
        if (!(r > 0.0)) { /* the block falls apart here */
            d[i + 1] -= shifted;
            e[m] = 0.0;
            return;
        }
        double per_r = 1.0 / r;
        sine = f * per_r;
        cosine = bulge * per_r;
        double g = d[i + 1] - shifted, t = (d[i] - g) * sine + 2.0 * cosine * b;
        shifted = sine * t;
        d[i + 1] = g + shifted;
        bulge = cosine * t - b;
        vector_rotate(n, cosine, sine, z + i * ld, z + (i + 1) * ld);
    }
    d[l] -= shifted;
    e[l] = bulge;
    e[m] = 0.0;
}

int tridiagonal_eigen(size_t n, double *d, double *e, double *z, size_t ld)
{
    for (size_t i = 0; i < n; i++) {
        memset(z + i * ld, 0, n * sizeof *z);
        z[i * ld + i] = 1.0;
    }
    if (n)
        e[n - 1] = 0.0;
    for (size_t l = 0; l < n; l++)
        for (int i = 0;; i++) {
            size_t m = block_end(l, n, d, e);
            if (m == l)
                break;
            if (i == SWEEPS_MAX)
                return ERR_NUMERIC;
            sweep(l, m, n, d, e, z, ld);
        }
    return 0;
}
