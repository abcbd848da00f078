/* transmitter.c -- see transmitter.h. */
#include <math.h>
#include "rig/virtual/transmitter.h"

#define COUNT 0.0001            /* N */
#define ADC_PER_NEWTON 80000.0
#define ADC_AT_ZERO 12345.0
#define AVERAGE_TIME 0.5        /* s, assumed */

enum {
    GROSS = 0x2000, NET = 0x2002, AVERAGE = 0x2008, ADC = 0x202A, STATUS = 0x2030, SERIAL = 0x2034, QUALIFIER = 0x2060,
    COMMAND = 0x2061, FILTER = 0x2106, FILTER_MODE = 0x2110, SAMPLE = 0x3300, SAMPLE_FLOAT = 0x3500
};
enum { RESET_ZERO = 1, SET_ZERO = 2, RESET_TARE = 4, SET_TARE = 8, RESET_MAX = 0x10, HOLD = 0x20 };

static const struct block { uint16_t address, words; bool measured; } blocks[] = {
    {GROSS, 4, true}, {AVERAGE, 2, true}, {ADC, 2, true}, {STATUS, 2, true}, {SERIAL, 2, true}, {QUALIFIER, 1, true},
    {COMMAND, 1, false}, {FILTER, 1, false}, {FILTER_MODE, 1, false}, {SAMPLE, 5, true}, {SAMPLE_FLOAT, 5, true},
};
enum { BLOCKS = sizeof blocks / sizeof blocks[0] };

void transmitter_init(struct transmitter *t, uint64_t seed)
{
    *t = (struct transmitter){.serial = 14100000u + (uint32_t)(seed % 99991u)};
}

static double gross(const struct transmitter *t, const struct cell *c)
{
    return t->holds ? t->held : c->filtered - t->zero;
}

static double net(const struct transmitter *t, const struct cell *c)
{
    return gross(t, c) - t->tare;
}

static uint16_t qualifier(const struct transmitter *t, const struct cell *c)
{
    unsigned q = 0;
    q |= c->under ? 1u : 0u;
    q |= c->over ? 2u : 0u;
    q |= c->stable ? 0x10u : 0u;
    q |= t->is_tared ? 0x20u : 0u;
    return (uint16_t)q;
}

/* Words of the block that starts at `start`. */
static void fill(const struct transmitter *t, const struct cell *c, uint16_t start, uint16_t w[5])
{
    switch (start) {
    case GROSS:
    case SAMPLE_FLOAT:
        wire_put_float(w, (float)gross(t, c));
        wire_put_float(w + 2, (float)net(t, c));
        w[4] = qualifier(t, c);
        break;
    case SAMPLE:
        wire_put_u32(w, wire_from_double(gross(t, c) / COUNT));
        wire_put_u32(w + 2, wire_from_double(net(t, c) / COUNT));
        w[4] = qualifier(t, c);
        break;
    case AVERAGE:     wire_put_float(w, (float)t->average); break;
    case ADC:         wire_put_u32(w, wire_from_double(ADC_AT_ZERO + ADC_PER_NEWTON * c->raw)); break;
    case STATUS:      wire_put_u32(w, 0); break;
    case SERIAL:      wire_put_u32(w, t->serial); break;
    case QUALIFIER:   w[0] = qualifier(t, c); break;
    case FILTER:      w[0] = (uint16_t)c->filter; break;
    case FILTER_MODE: w[0] = c->recursive ? 1 : 0; break;
    default:          w[0] = 0; break; /* the command register reads as 0 */
    }
}

static const struct block *block_at(uint32_t address)
{
    for (int i = 0; i < BLOCKS; i++)
        if (address >= blocks[i].address && address < (uint32_t)blocks[i].address + blocks[i].words)
            return &blocks[i];
    return NULL;
}

/* Adjacent registers (qualifier and command) may be read together. */
enum wire_answer transmitter_read(const struct transmitter *t, const struct cell *c, int function, uint16_t address,
                                  uint16_t count, uint16_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct block *b = block_at(address + i);
        if (!b || (function == WIRE_READ_INPUT && !b->measured))
            return WIRE_BAD_ADDRESS;
        uint16_t w[5] = {0};
        fill(t, c, b->address, w);
        out[i] = w[address + i - b->address];
    }
    return WIRE_OK;
}

static enum wire_answer command(struct transmitter *t, const struct cell *c, uint16_t code)
{
    switch (code) {
    case RESET_ZERO: t->zero = 0.0; break;
    case SET_ZERO:   t->zero = c->filtered; break;
    case RESET_TARE: t->tare = 0.0; t->is_tared = false; break;
    case SET_TARE:   t->tare = gross(t, c); t->is_tared = true; break;
    case RESET_MAX:  t->holds = false; break;
    case HOLD:       t->held = gross(t, c); t->holds = true; break;
    default:         return WIRE_BAD_VALUE;
    }
    return WIRE_OK;
}

enum wire_answer transmitter_write(struct transmitter *t, struct cell *c, uint16_t address, uint16_t count,
                                   const uint16_t *in)
{
    const struct block *b = block_at(address);
    if (!b || b->measured || count != 1) /* no two writable registers stand side by side */
        return WIRE_BAD_ADDRESS;
    if (address == COMMAND)
        return command(t, c, in[0]);
    if (address == FILTER) {
        if (in[0] >= CELL_FILTERS)
            return WIRE_BAD_VALUE;
        c->filter = in[0];
        return WIRE_OK;
    }
    if (in[0] > 1)
        return WIRE_BAD_VALUE;
    c->recursive = in[0] == 1;
    return WIRE_OK;
}

void transmitter_step(struct transmitter *t, const struct cell *c, double dt)
{
    t->average += (gross(t, c) - t->average) * -expm1(-dt / AVERAGE_TIME);
}
