/* pdu.c -- see pdu.h. */
#include <assert.h>
#include <string.h>
#include "rig/bus/pdu.h"

bool bus_is_read(int function) { return function >= BUS_READ_COILS && function <= BUS_READ_INPUT; }

bool bus_is_coils(int function)
{
    return function == BUS_READ_COILS || function == BUS_READ_DISCRETE || function == BUS_WRITE_COIL ||
           function == BUS_WRITE_COILS;
}

static void put(uint8_t *b, unsigned word)
{
    b[0] = (uint8_t)(word >> 8);
    b[1] = (uint8_t)(word & 0xFF);
}

static unsigned get(const uint8_t *b) { return (unsigned)b[0] << 8 | b[1]; }

/* What a write of one carries: a coil's "on" is 0xFF00. */
static unsigned single(const struct bus_request *r, uint16_t value)
{
    return r->function == BUS_WRITE_COIL ? (value ? 0xFF00u : 0u) : value;
}

static size_t put_many(const struct bus_request *r, const uint16_t *regs, uint8_t *out)
{
    size_t bytes = r->function == BUS_WRITE_COILS ? (r->count + 7u) / 8u : 2u * r->count;
    out[0] = (uint8_t)bytes;
    memset(out + 1, 0, bytes);
    for (size_t i = 0; i < r->count; i++)
        if (r->function == BUS_WRITE_MANY)
            put(out + 1 + 2 * i, regs[i]);
        else if (regs[i])
            out[1 + i / 8] = (uint8_t)(out[1 + i / 8] | 1u << i % 8);
    return bytes + 1;
}

size_t pdu_request(const struct bus_request *r, const uint16_t *regs, uint8_t out[PDU_MAX])
{
    assert(bus_is_read(r->function) || regs);
    out[0] = r->function;
    put(out + 1, r->address);
    if (r->function == BUS_WRITE_ONE || r->function == BUS_WRITE_COIL) {
        put(out + 3, single(r, regs[0]));
        return 5;
    }
    put(out + 3, r->count);
    return bus_is_read(r->function) ? 5 : 5 + put_many(r, regs, out + 5);
}

static const char *check_values(const struct bus_request *r, const uint8_t *reply, size_t n, uint16_t *read)
{
    bool coils = bus_is_coils(r->function);
    size_t bytes = coils ? (r->count + 7u) / 8u : 2u * r->count;
    if (n < 2 || reply[1] != bytes)
        return "another number of values than was asked for";
    if (n != 2 + bytes)
        return "its length does not fit its own byte count";
    for (size_t i = 0; i < r->count; i++)
        read[i] = (uint16_t)(coils ? (unsigned)reply[2 + i / 8] >> i % 8 & 1u : get(reply + 2 + 2 * i));
    return NULL;
}

static const char *check_echo(const struct bus_request *r, const uint16_t *sent, const uint8_t *reply, size_t n)
{
    bool one = r->function == BUS_WRITE_ONE || r->function == BUS_WRITE_COIL;
    if (n != 5)
        return "an echo of the wrong length";
    if (get(reply + 1) != r->address)
        return "the echo of a write to another address";
    if (get(reply + 3) != (one ? single(r, sent[0]) : r->count))
        return one ? "the echo of another value than was written" : "the echo of another number of registers";
    return NULL;
}

const char *pdu_reply(const struct bus_request *r, const uint16_t *sent, const uint8_t *reply, size_t n, uint16_t *read,
                      int *exception)
{
    *exception = 0;
    if (n == 0)
        return "nothing in it";
    if (reply[0] == (r->function | 0x80)) {
        if (n != 2 || reply[1] == 0)
            return "a refusal of the wrong length or without a code";
        *exception = reply[1];
        return NULL;
    }
    if (reply[0] != r->function)
        return "the answer to another function";
    return bus_is_read(r->function) ? check_values(r, reply, n, read) : check_echo(r, sent, reply, n);
}
