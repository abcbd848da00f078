/* wire.h -- what every virtual device shares: Modbus exception codes and 16-bit words, high word first. */
#ifndef RIG_VIRTUAL_WIRE_H
#define RIG_VIRTUAL_WIRE_H
#include <stdint.h>
#include <string.h>

enum wire_answer {
    WIRE_OK = 0,
    WIRE_BAD_FUNCTION = 1, WIRE_BAD_ADDRESS = 2, WIRE_BAD_VALUE = 3, WIRE_DEVICE_FAILURE = 4, WIRE_BUSY = 6
};
enum wire_function { WIRE_READ_HOLDING = 3, WIRE_READ_INPUT = 4, WIRE_WRITE_ONE = 6, WIRE_WRITE_MANY = 16 };

static inline void wire_put_u32(uint16_t *w, uint32_t x)
{
    w[0] = (uint16_t)(x >> 16);
    w[1] = (uint16_t)(x & 0xFFFFu);
}

static inline uint32_t wire_get_u32(const uint16_t *w)
{
    return (uint32_t)w[0] << 16 | w[1];
}

static inline void wire_put_float(uint16_t *w, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    wire_put_u32(w, bits);
}

/* Two's complement of a rounded value, held within 32 bits. */
static inline uint32_t wire_from_double(double x)
{
    double held = x > 2147483646.0 ? 2147483646.0 : x < -2147483646.0 ? -2147483646.0 : x;
    return (uint32_t)(int32_t)(held < 0.0 ? held - 0.5 : held + 0.5);
}
#endif
