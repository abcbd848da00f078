/* dense_loops.h -- the loops of dense.c, which includes this once for every width: LANES numbers at a time, NAMED(x)
 * for the names, FOR the attribute that says for which processors.  Sums are the same to the bit for every width: a sum
 * over columns is one number's own, and one over rows is kept in eight parts. */

typedef double NAMED(lanes) __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double)), may_alias));
#define vec NAMED(lanes)
#define AT(p) (*(const vec *)(p))
#define TO(p) (*(vec *)(p))

FOR static void NAMED(subtract)(size_t rows, size_t cols, size_t depth, const double *a, size_t ld, double *c,
                                size_t ldc)
{
    size_t j = 0;
    for (; j + 4 <= cols; j += 4) {
        double *c0 = c + j * ldc, *c1 = c0 + ldc, *c2 = c1 + ldc, *c3 = c2 + ldc;
        size_t i = j - j % DENSE_LANES;
        for (; i + 2 * LANES <= rows; i += 2 * LANES) {
            vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, t0 = {0}, t1 = {0}, t2 = {0}, t3 = {0};
            for (size_t k = 0; k < depth; k++) {
                vec x = AT(a + i + k * ld), y = AT(a + i + LANES + k * ld);
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
            TO(c0 + i + LANES) -= t0;
            TO(c1 + i + LANES) -= t1;
            TO(c2 + i + LANES) -= t2;
            TO(c3 + i + LANES) -= t3;
        }
        for (; i < rows; i += LANES) {
            vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
            for (size_t k = 0; k < depth; k++) {
                vec x = AT(a + i + k * ld);
                const double *b = a + j + k * ld;
                s0 += x * b[0];
                s1 += x * b[1];
                s2 += x * b[2];
                s3 += x * b[3];
            }
            TO(c0 + i) -= s0;
            TO(c1 + i) -= s1;
            TO(c2 + i) -= s2;
            TO(c3 + i) -= s3;
        }
    }
    for (; j < cols; j++)
        for (size_t i = j - j % LANES; i < rows; i += LANES) {
            vec s = {0};
            for (size_t k = 0; k < depth; k++)
                s += AT(a + i + k * ld) * a[j + k * ld];
            TO(c + i + j * ldc) -= s;
        }
}

/* Columns from..to - 1 of p, from which those before have been subtracted. */
FOR static int NAMED(factorise)(size_t ld, size_t from, size_t to, double *p, double *inverse)
{
    for (size_t k = from; k < to; k++) {
        double *pk = p + k * ld;
        for (size_t i = k - k % LANES; k > from && i < ld; i += LANES) {
            vec s = AT(pk + i);
            for (size_t j = from; j < k; j++)
                s -= AT(p + i + j * ld) * p[k + j * ld];
            TO(pk + i) = s;
        }
        if (!(pk[k] > 0.0))
            return -1;
        double scale = inverse[k] = 1.0 / sqrt(pk[k]);
        for (size_t i = k - k % LANES; i < ld; i += LANES)
            TO(pk + i) *= scale;
    }
    return 0;
}

/* v (w x w, columns ld apart, zeros elsewhere) := the inverse of L11, from its last column to the first. */
FOR static void NAMED(invert_triangle)(size_t ld, size_t w, const double *p, size_t ldp, const double *inverse,
                                       double *v)
{
    memset(v, 0, ld * dense_groups(w) * sizeof *v);
    for (size_t k = w; k-- > 0;) {
        const double *below = p + k * ldp;
        double scale = -inverse[k], *vk = v + k * ld;
        for (size_t i = k - k % LANES; i < w; i += LANES) {
            size_t last = i + LANES < w ? i + LANES : w;
            vec s = {0};
            for (size_t j = k + 1; j < last; j++)
                s += AT(v + i + j * ld) * below[j];
            TO(vk + i) = s * scale;
        }
        vk[k] = inverse[k];
    }
}

FOR static void NAMED(invert)(size_t ld, size_t w, double *p, const double *inverse, double *v)
{
    size_t ldv = dense_padded(w);
    NAMED(invert_triangle)(ldv, w, p, ld, inverse, v);
    for (size_t k = 0; k < w; k += 4) { /* column k of L21 V needs columns k and later of L21 */
        const double *v0 = v + k * ldv, *v1 = v0 + ldv, *v2 = v1 + ldv, *v3 = v2 + ldv;
        for (size_t i = w - w % LANES; i < ld; i += LANES) {
            vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
            for (size_t j = k; j < w; j++) {
                vec x = AT(p + i + j * ld);
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

FOR static void NAMED(times)(size_t rows, size_t w, const double *q, bool lower, const double *x, double *t)
{
    size_t i = 0;
    for (; i + 4 * LANES <= rows; i += 4 * LANES) {
        vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        size_t end = lower && i + 4 * LANES < w ? i + 4 * LANES : w;
        for (size_t k = 0; k < end; k++) {
            const double *at = q + i + k * rows;
            const double b = x[k];
            s0 += AT(at) * b;
            s1 += AT(at + LANES) * b;
            s2 += AT(at + 2 * LANES) * b;
            s3 += AT(at + 3 * LANES) * b;
        }
        TO(t + i) = s0;
        TO(t + i + LANES) = s1;
        TO(t + i + 2 * LANES) = s2;
        TO(t + i + 3 * LANES) = s3;
    }
    for (; i < rows; i += LANES) {
        vec s = {0};
        size_t end = lower && i + LANES < w ? i + LANES : w;
        for (size_t k = 0; k < end; k++)
            s += AT(q + i + k * rows) * x[k];
        TO(t + i) = s;
    }
}

/* x[0..3] = the sums of four groups of eight partial sums: s, or s and u where a vector holds half of them.  Always
 * ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)). */
#define PICK __builtin_shufflevector
#if LANES == 8
#define PAIR(a, b)          (PICK(a, b, 0, 8, 2, 10, 4, 12, 6, 14) + PICK(a, b, 1, 9, 3, 11, 5, 13, 7, 15))
#define QUADRUPLE(a, b)     (PICK(a, b, 0, 1, 8, 9, 4, 5, 12, 13) + PICK(a, b, 2, 3, 10, 11, 6, 7, 14, 15))
#define HALVES(r, t)        (PICK(r, r, 0, 1, 2, 3) + PICK(r, r, 4, 5, 6, 7))
#define SUM(s, u) ((((s)[0] + (s)[1]) + ((s)[2] + (s)[3])) + (((s)[4] + (s)[5]) + ((s)[6] + (s)[7])))
#else
#define PAIR(a, b)          (PICK(a, b, 0, 4, 2, 6) + PICK(a, b, 1, 5, 3, 7))
#define QUADRUPLE(a, b)     (PICK(a, b, 0, 1, 4, 5) + PICK(a, b, 2, 3, 6, 7))
#define HALVES(r, t)        ((r) + (t))
#define SUM(s, u) ((((s)[0] + (s)[1]) + ((s)[2] + (s)[3])) + (((u)[0] + (u)[1]) + ((u)[2] + (u)[3])))
#endif

FOR static void NAMED(transposed_times)(size_t rows, size_t w, const double *q, bool lower, const double *t, double *x)
{
    size_t k = 0;
    for (; k + 4 <= w; k += 4) {
        vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, u0 = {0}, u1 = {0}, u2 = {0}, u3 = {0};
        const double *q0 = q + k * rows, *q1 = q0 + rows, *q2 = q1 + rows, *q3 = q2 + rows;
        for (size_t i = lower ? k - k % DENSE_LANES : 0; i < rows; i += DENSE_LANES) {
            vec b = AT(t + i);
            s0 += AT(q0 + i) * b;
            s1 += AT(q1 + i) * b;
            s2 += AT(q2 + i) * b;
            s3 += AT(q3 + i) * b;
            if (LANES < DENSE_LANES) {
                b = AT(t + i + 4);
                u0 += AT(q0 + i + 4) * b;
                u1 += AT(q1 + i + 4) * b;
                u2 += AT(q2 + i + 4) * b;
                u3 += AT(q3 + i + 4) * b;
            }
        }
        vec r = QUADRUPLE(PAIR(s0, s1), PAIR(s2, s3)), half = QUADRUPLE(PAIR(u0, u1), PAIR(u2, u3));
        (void)half; /* of the wider vectors there is no second half */
        *(four *)(x + k) = HALVES(r, half);
    }
    for (; k < w; k++) {
        vec s = {0}, u = {0};
        for (size_t i = lower ? k - k % DENSE_LANES : 0; i < rows; i += DENSE_LANES) {
            s += AT(q + i + k * rows) * AT(t + i);
            if (LANES < DENSE_LANES) u += AT(q + i + 4 + k * rows) * AT(t + i + 4);
        }
        x[k] = SUM(s, u);
    }
}

#undef vec
#undef AT
#undef TO
#undef SUM
#undef PICK
#undef PAIR
#undef QUADRUPLE
#undef HALVES
#undef LANES
#undef NAMED
#undef FOR
