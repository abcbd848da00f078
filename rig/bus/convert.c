/* convert.c -- see convert.h. */
#include <math.h>
#include <string.h>
#include "rig/bus/convert.h"

const char *const reg_type_names[] = {"u16", "s16", "u32", "s32", "f32", NULL};
const char *const word_order_names[] = {"ABCD", "CDAB", "BADC", "DCBA", NULL};

unsigned reg_type_size(enum reg_type t) { return t == REG_U16 || t == REG_S16 ? 1 : 2; }

static uint16_t swap_bytes(uint16_t w) { return (uint16_t)((w << 8) | (w >> 8)); }

static uint32_t join(const uint16_t *regs, enum word_order order)
{
    uint16_t hi = regs[0], lo = regs[1];
    if (order == ORDER_CDAB || order == ORDER_DCBA) {
        hi = regs[1];
        lo = regs[0];
    }
    if (order == ORDER_BADC || order == ORDER_DCBA) {
        hi = swap_bytes(hi);
        lo = swap_bytes(lo);
    }
    return (uint32_t)hi << 16 | lo;
}

static void split(uint16_t *regs, enum word_order order, uint32_t x)
{
    uint16_t hi = (uint16_t)(x >> 16), lo = (uint16_t)(x & 0xFFFFu);
    if (order == ORDER_BADC || order == ORDER_DCBA) {
        hi = swap_bytes(hi);
        lo = swap_bytes(lo);
    }
    int low_first = order == ORDER_CDAB || order == ORDER_DCBA;
    regs[0] = low_first ? lo : hi;
    regs[1] = low_first ? hi : lo;
}

uint32_t reg_bits(const uint16_t *regs, enum reg_type t, enum word_order order)
{
    return reg_type_size(t) == 1 ? regs[0] : join(regs, order);
}

double reg_get(const uint16_t *regs, enum reg_type t, enum word_order order)
{
    uint32_t x = reg_bits(regs, t, order);
    float f;
    switch (t) {
    case REG_S16: return x & 0x8000u ? (double)x - 65536.0 : (double)x;
    case REG_S32: return x & 0x80000000u ? (double)x - 4294967296.0 : (double)x;
    case REG_F32: memcpy(&f, &x, sizeof f); return (double)f;
    case REG_U16: case REG_U32: break;
    }
    return (double)x;
}

void reg_range(enum reg_type t, double *lo, double *hi)
{
    static const double least[] = {0.0, -32768.0, 0.0, -2147483648.0, -3.4028234663852886e38};
    static const double most[] = {65535.0, 32767.0, 4294967295.0, 2147483647.0, 3.4028234663852886e38};
    *lo = least[t];
    *hi = most[t];
}

static int fits(enum reg_type t, double v)
{
    double lo, hi;
    reg_range(t, &lo, &hi);
    return v >= lo && v <= hi; /* NaN is neither */
}

int reg_put(uint16_t *regs, enum reg_type t, enum word_order order, double value, struct err *e)
{
    double v = t == REG_F32 ? value : round(value);
    if (!fits(t, v))
        return err_set(e, ERR_RANGE, "%.10g does not fit a register of type %s", value, reg_type_names[t]);
    if (t == REG_F32) {
        float f = (float)v;
        uint32_t x;
        memcpy(&x, &f, sizeof x);
        split(regs, order, x);
    } else if (reg_type_size(t) == 1) {
        regs[0] = (uint16_t)((int32_t)v & 0xFFFF);
    } else {
        split(regs, order, (uint32_t)((int64_t)v & 0xFFFFFFFF));
    }
    return 0;
}

int reg_put_within(uint16_t *regs, enum reg_type t, enum word_order order, double value, double lo, double hi,
                   struct err *e)
{
    double v = t == REG_F32 ? value : round(value);
    if (fits(t, v) && !(v >= lo && v <= hi))
        return err_set(e, ERR_RANGE, "%.10g counts: the device takes %.10g to %.10g", v, lo, hi);
    return reg_put(regs, t, order, value, e);
}
