/* dense.c -- see dense.h. */
#include <math.h>
#include <string.h>
#include "base/math/vectorised.h"
#include "solver/integrate/dense.h"

/* Four numbers at any address: as much as every processor of the last ten years takes at once. */
typedef double quad __attribute__((vector_size(4 * sizeof(double)), aligned(sizeof(double)), may_alias));
#define AT(p) (*(const quad *)(p))
#define TO(p) (*(quad *)(p))

enum { BLOCK = 8 }; /* columns that are factorised together before the next ones are touched */

VECTORISED void dense_subtract(size_t rows, size_t cols, size_t depth, const double *a, size_t ld, double *c,
                               size_t ldc)
{
    size_t j = 0;
    for (; j + 4 <= cols; j += 4) {
        double *c0 = c + j * ldc, *c1 = c0 + ldc, *c2 = c1 + ldc, *c3 = c2 + ldc;
        for (size_t i = j - j % DENSE_LANES; i < rows; i += DENSE_LANES) {
            quad s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, t0 = {0}, t1 = {0}, t2 = {0}, t3 = {0};
            for (size_t k = 0; k < depth; k++) {
                quad x = AT(a + i + k * ld), y = AT(a + i + 4 + k * ld);
                const double *b = a + j + k * ld;
                s0 += x * b[0];
                s1 += x * b[1];
                s2 += x * b[2];
                s3 += x * b[3];
                t0 += y * b[0];
                t1 += y * b[1];
                t2 += y * b[2];
                t3 += y * b[3];
            }
            TO(c0 + i) -= s0;
            TO(c1 + i) -= s1;
            TO(c2 + i) -= s2;
            TO(c3 + i) -= s3;
            TO(c0 + i + 4) -= t0;
            TO(c1 + i + 4) -= t1;
            TO(c2 + i + 4) -= t2;
            TO(c3 + i + 4) -= t3;
        }
    }
    for (; j < cols; j++)
        for (size_t i = j - j % 4; i < rows; i += 4) {
            quad s = {0};
            for (size_t k = 0; k < depth; k++)
                s += AT(a + i + k * ld) * a[j + k * ld];
            TO(c + i + j * ldc) -= s;
        }
}

/* Columns from..to - 1 of p, from which those before have been subtracted. */
VECTORISED static int factorise_block(size_t ld, size_t from, size_t to, double *p, double *inverse)
{
    for (size_t k = from; k < to; k++) {
        double *pk = p + k * ld;
        for (size_t i = k - k % 4; k > from && i < ld; i += 4) {
            quad s = AT(pk + i);
            for (size_t j = from; j < k; j++)
                s -= AT(p + i + j * ld) * p[k + j * ld];
            TO(pk + i) = s;
        }
        if (!(pk[k] > 0.0))
            return -1;
        double scale = inverse[k] = 1.0 / sqrt(pk[k]);
        for (size_t i = k - k % 4; i < ld; i += 4)
            TO(pk + i) *= scale;
    }
    return 0;
}

int dense_cholesky(size_t ld, size_t w, double *p, double *inverse)
{
    for (size_t from = 0; from < w; from += BLOCK) {
        size_t to = from + BLOCK < w ? from + BLOCK : w;
        if (from)
            dense_subtract(ld - from, to - from, from, p + from, ld, p + from + from * ld, ld);
        if (factorise_block(ld, from, to, p, inverse))
            return -1;
    }
    return 0;
}

/* v (w x w, columns ld apart, zeros elsewhere) := the inverse of L11, from its last column to the first. */
VECTORISED static void invert_triangle(size_t ld, size_t w, const double *p, size_t ldp, const double *inverse,
                                       double *v)
{
    memset(v, 0, ld * dense_groups(w) * sizeof *v);
    for (size_t k = w; k-- > 0;) {
        const double *below = p + k * ldp;
        double scale = -inverse[k], *vk = v + k * ld;
        for (size_t i = k - k % 4; i < w; i += 4) {
            size_t last = i + 4 < w ? i + 4 : w;
            quad s = {0};
            for (size_t j = k + 1; j < last; j++)
                s += AT(v + i + j * ld) * below[j];
            TO(vk + i) = s * scale;
        }
        vk[k] = inverse[k];
    }
}

VECTORISED void dense_invert(size_t ld, size_t w, double *p, const double *inverse, double *v)
{
    size_t ldv = dense_padded(w);
    invert_triangle(ldv, w, p, ld, inverse, v);
    for (size_t k = 0; k < w; k += 4) { /* column k of L21 V needs columns k and later of L21 */
        const double *v0 = v + k * ldv, *v1 = v0 + ldv, *v2 = v1 + ldv, *v3 = v2 + ldv;
        for (size_t i = w - w % 4; i < ld; i += 4) {
            quad s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
            for (size_t j = k; j < w; j++) {
                quad x = AT(p + i + j * ld);
                s0 += x * v0[j];
                s1 += x * v1[j];
                s2 += x * v2[j];
                s3 += x * v3[j];
            }
            double *at = p + i + k * ld;
            TO(at) = s0;
            if (k + 1 < w) TO(at + ld) = s1;
            if (k + 2 < w) TO(at + 2 * ld) = s2;
            if (k + 3 < w) TO(at + 3 * ld) = s3;
        }
    }
    for (size_t k = 0; k < w; k++)
        memcpy(p + k * ld, v + k * ldv, w * sizeof *p);
}

VECTORISED void dense_times(size_t rows, size_t w, const double *q, const double *x, double *t)
{
    size_t i = 0;
    for (; i + 16 <= rows; i += 16) {
        quad s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        for (size_t k = 0; k < w; k++) {
            const double *at = q + i + k * rows;
            const double b = x[k];
            s0 += AT(at) * b;
            s1 += AT(at + 4) * b;
            s2 += AT(at + 8) * b;
            s3 += AT(at + 12) * b;
        }
        TO(t + i) = s0;
        TO(t + i + 4) = s1;
        TO(t + i + 8) = s2;
        TO(t + i + 12) = s3;
    }
    for (; i < rows; i += 8) {
        quad s0 = {0}, s1 = {0};
        for (size_t k = 0; k < w; k++) {
            const double *at = q + i + k * rows;
            const double b = x[k];
            s0 += AT(at) * b;
            s1 += AT(at + 4) * b;
        }
        TO(t + i) = s0;
        TO(t + i + 4) = s1;
    }
}

#define SUM(s) (((s)[0] + (s)[2]) + ((s)[1] + (s)[3]))

VECTORISED void dense_transposed_times(size_t rows, size_t w, const double *q, const double *t, double *x)
{
    size_t k = 0;
    for (; k + 4 <= w; k += 4) {
        quad s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        const double *q0 = q + k * rows, *q1 = q0 + rows, *q2 = q1 + rows, *q3 = q2 + rows;
        for (size_t i = 0; i < rows; i += 4) {
            quad b = AT(t + i);
            s0 += AT(q0 + i) * b;
            s1 += AT(q1 + i) * b;
            s2 += AT(q2 + i) * b;
            s3 += AT(q3 + i) * b;
        }
        x[k] = SUM(s0);
        x[k + 1] = SUM(s1);
        x[k + 2] = SUM(s2);
        x[k + 3] = SUM(s3);
    }
    for (; k < w; k++) {
        quad s = {0};
        for (size_t i = 0; i < rows; i += 4)
            s += AT(q + i + k * rows) * AT(t + i);
        x[k] = SUM(s);
    }
}
