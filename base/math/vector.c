/* vector.c -- see vector.h. */
#include "base/math/vector.h"
#include "base/math/vectorised.h"

enum { CHUNK = 1024 };

VECTORISED void vector_axpby(size_t n, double a, const double *x, double b, const double *y, double *z)
{
    for (size_t i = 0; i < n; i++)
        z[i] = a * x[i] + b * y[i];
}

VECTORISED void vector_scale(size_t n, double c, const double *x, double *z)
{
    for (size_t i = 0; i < n; i++)
        z[i] = c * x[i];
}

VECTORISED void vector_times(size_t n, const double *x, const double *y, double *z)
{
    for (size_t i = 0; i < n; i++)
        z[i] = x[i] * y[i];
}

VECTORISED void vector_add(size_t n, double a, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

VECTORISED void vector_divide(size_t n, const double *restrict y, double *restrict x)
{
    for (size_t i = 0; i < n; i++)
        x[i] /= y[i];
}

VECTORISED void vector_rotate(size_t n, double c, double s, double *restrict x, double *restrict y)
{
    for (size_t i = 0; i < n; i++) {
        double xi = x[i], yi = y[i];
        x[i] = c * xi - s * yi;
        y[i] = s * xi + c * yi;
    }
}

VECTORISED void vector_add_diagonals(size_t n, size_t offset, const double *restrict v, const double *restrict a,
                                     double *restrict out)
{
    for (size_t from = 0; from < n; from += CHUNK) { /* v is still near when it is read again */
        size_t to = from + CHUNK < n ? from + CHUNK : n;
        for (size_t j = from; j < to; j++)
            out[j] += v[j] * a[j + offset];
        for (size_t j = from; j < to; j++)
            out[j + offset] += v[j] * a[j];
    }
}

VECTORISED void vector_weights(size_t n, const double *restrict e, double r, const double *restrict y,
                               const double *restrict t, double *restrict w)
{
    for (size_t i = 0; i < n; i++)
        w[i] = e[i] / (r * (y[i] < 0.0 ? -y[i] : y[i]) + t[i]);
}

VECTORISED double vector_dot(size_t n, const double *x, const double *y)
{
    double s[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            s[k] += x[i + k] * y[i + k];
    for (; i < n; i++)
        s[0] += x[i] * y[i];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

VECTORISED double vector_sumsq(size_t n, const double *x, const double *w)
{
    double s[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) {
            double p = x[i + k] * w[i + k];
            s[k] += p * p;
        }
    for (; i < n; i++) {
        double p = x[i] * w[i];
        s[0] += p * p;
    }
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}
