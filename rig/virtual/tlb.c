/* tlb.c -- see tlb.h. */
#include <math.h>
#include "rig/virtual/tlb.h"

#define DIVISION 0.001           /* N */
#define ZERO_RANGE 0.02          /* of the capacity, assumed */

enum {
    FIRMWARE = 0, TYPE, YEAR, SERIAL, PROGRAM, COMMAND, STATUS, GROSS = 7, NET = 9, PEAK = 11, DIVISIONS = 13,
    COEFFICIENT = 14, INPUTS = 16, OUTPUTS = 17, SETPOINTS = 18, PRESET_TARE = 72
};
enum { ZERO = 8, STORE = 99, SET_PRESET_TARE = 130 };
enum { /* status */
    OVER_CAPACITY = 1u << 2, OVER_110 = 1u << 3, GROSS_NEGATIVE = 1u << 7, NET_NEGATIVE = 1u << 8,
    PEAK_NEGATIVE = 1u << 9, NET_MODE = 1u << 10, STABLE = 1u << 11,
    AT_ZERO = 1u << 12
};
enum { DIVISION_CODE = 15, NEWTON_CODE = 4, WORDS = 24 };

void tlb_init(struct tlb *t, uint64_t seed)
{
    *t = (struct tlb){.serial = (uint16_t)(1000 + seed % 9973), .peak = -HUGE_VAL};
}

static double gross(const struct tlb *t, const struct cell *c)
{
    return c->filtered - t->now.zero;
}

static double net(const struct tlb *t, const struct cell *c)
{
    return gross(t, c) - (t->net_mode ? t->tare : 0.0);
}

static double peak(const struct tlb *t)
{
    return isfinite(t->peak) ? t->peak : 0.0;
}

static int32_t divisions(double force)
{
    return (int32_t)wire_from_double(force / DIVISION);
}

static void put_size(uint16_t *w, double force)
{
    int32_t n = divisions(force);
    wire_put_u32(w, n < 0 ? 0u - (uint32_t)n : (uint32_t)n);
}

static uint16_t status(const struct tlb *t, const struct cell *c)
{
    double g = gross(t, c), n = net(t, c), capacity = c->set.capacity;
    unsigned s = 0;
    s |= fabs(g) > capacity ? OVER_CAPACITY : 0u;
    s |= fabs(g) > 1.1 * capacity ? OVER_110 : 0u;
    s |= divisions(g) < 0 ? GROSS_NEGATIVE : 0u;
    s |= divisions(n) < 0 ? NET_NEGATIVE : 0u;
    s |= divisions(peak(t)) < 0 ? PEAK_NEGATIVE : 0u;
    s |= t->net_mode ? NET_MODE : 0u;
    s |= c->stable ? STABLE : 0u;
    s |= divisions(g) == 0 ? AT_ZERO : 0u;
    return (uint16_t)s;
}

/* Every register of one instant: what a request gets of them belongs together. */
static void fill(const struct tlb *t, const struct cell *c, uint16_t w[WORDS])
{
    w[FIRMWARE] = 104;
    w[TYPE] = 7;
    w[YEAR] = 2021;
    w[SERIAL] = t->serial;
    w[PROGRAM] = 1;
    w[COMMAND] = 0;
    w[STATUS] = status(t, c);
    put_size(&w[GROSS], gross(t, c));
    put_size(&w[NET], net(t, c));
    put_size(&w[PEAK], peak(t));
    w[DIVISIONS] = NEWTON_CODE << 8 | DIVISION_CODE;
    wire_put_u32(&w[COEFFICIENT], 1000);
    w[INPUTS] = w[OUTPUTS] = 0;
    for (int i = 0; i < TLB_SETPOINTS; i++)
        wire_put_u32(&w[SETPOINTS + 2 * i], t->now.setpoint[i]);
}

enum wire_answer tlb_read(const struct tlb *t, const struct cell *c, int function, uint16_t address, uint16_t count,
                          uint16_t *out)
{
    uint16_t w[WORDS], tare[2];
    if (function != WIRE_READ_HOLDING)
        return WIRE_BAD_FUNCTION;
    if (count > TLB_MAX_REGISTERS)
        return WIRE_BAD_VALUE;
    fill(t, c, w);
    wire_put_u32(tare, t->preset_tare);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t a = address + i;
        if (a >= WORDS && a != PRESET_TARE && a != PRESET_TARE + 1)
            return WIRE_BAD_ADDRESS;
        out[i] = a < WORDS ? w[a] : tare[a - PRESET_TARE];
    }
    return WIRE_OK;
}

static enum wire_answer set_zero(struct tlb *t, const struct cell *c)
{
    if (!c->stable || fabs(c->filtered) > ZERO_RANGE * c->set.capacity)
        return WIRE_BAD_VALUE;
    t->now.zero = c->filtered;
    return WIRE_OK;
}

static bool is_same(const struct tlb_stored *a, const struct tlb_stored *b)
{
    return a->zero == b->zero && memcmp(a->setpoint, b->setpoint, sizeof a->setpoint) == 0;
}

static enum wire_answer command(struct tlb *t, const struct cell *c, uint16_t code)
{
    switch (code) {
    case ZERO: return set_zero(t, c);
    case SET_PRESET_TARE:
        t->tare = DIVISION * t->preset_tare;
        t->net_mode = t->preset_tare > 0;
        return WIRE_OK;
    case STORE:
        if (!is_same(&t->now, &t->eeprom))
            t->stores++; /* memory that is as it was is not written */
        t->eeprom = t->now;
        return WIRE_OK;
    default: return WIRE_BAD_VALUE;
    }
}

/* Whole 32-bit values only: half of one would be a third one for a moment. */
static enum wire_answer write_pairs(struct tlb *t, uint16_t address, uint16_t count, const uint16_t *in)
{
    uint32_t end = (uint32_t)address + count;
    if (address == PRESET_TARE && count == 2) {
        t->preset_tare = wire_get_u32(in);
        return WIRE_OK;
    }
    if (address < SETPOINTS || end > WORDS || (address - SETPOINTS) % 2 || count % 2)
        return WIRE_BAD_ADDRESS;
    for (int i = 0; i < count / 2; i++)
        t->now.setpoint[(address - SETPOINTS) / 2 + i] = wire_get_u32(&in[2 * i]);
    return WIRE_OK;
}

enum wire_answer tlb_write(struct tlb *t, const struct cell *c, int function, uint16_t address, uint16_t count,
                           const uint16_t *in)
{
    if (function != WIRE_WRITE_MANY)
        return WIRE_BAD_FUNCTION;
    if (count > TLB_MAX_REGISTERS)
        return WIRE_BAD_VALUE;
    if (address == COMMAND && count == 1)
        return command(t, c, in[0]);
    return write_pairs(t, address, count, in);
}

void tlb_step(struct tlb *t, const struct cell *c)
{
    if (c->conversions >= (uint64_t)cell_taps(c)) /* the filter is full: a weight, not its beginning */
        t->peak = fmax(t->peak, gross(t, c));
}
