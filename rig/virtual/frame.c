/* frame.c -- see frame.h.  Modbus Messaging on TCP/IP V1.0b 3.1.3; Modbus over Serial Line V1.02 2.5.1. */
#include "rig/virtual/frame.h"

int mbap_split(const uint8_t *buf, size_t n, struct frame *out)
{
    /* Judged as early as the bytes are there: a client that waits for an answer to junk should not wait for ever. */
    if (n >= 4 && (buf[2] || buf[3]))
        return FRAME_BAD;
    if (n < 6)
        return FRAME_MORE;
    size_t length = (size_t)buf[4] << 8 | buf[5]; /* unit and PDU */
    if (length < 2 || length > MBAP_MAX - 6)
        return FRAME_BAD;
    if (n < 6 + length)
        return FRAME_MORE;
    *out = (struct frame){.unit = buf[6], .transaction = (uint16_t)(buf[0] << 8 | buf[1]), .pdu = buf + MBAP_HEAD,
                          .n = length - 1};
    return (int)(6 + length);
}

size_t mbap_wrap(uint8_t *out, uint16_t transaction, uint8_t unit, size_t n)
{
    size_t length = n + 1;
    out[0] = (uint8_t)(transaction >> 8);
    out[1] = (uint8_t)(transaction & 0xFF);
    out[2] = out[3] = 0;
    out[4] = (uint8_t)(length >> 8);
    out[5] = (uint8_t)(length & 0xFF);
    out[6] = unit;
    return 6 + length;
}

uint16_t rtu_crc(const uint8_t *buf, size_t n)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < n; i++) {
        crc ^= buf[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    return (uint16_t)crc;
}

int rtu_split(const uint8_t *buf, size_t n, struct frame *out)
{
    if (n < RTU_MIN || n > RTU_MAX)
        return FRAME_BAD;
    if (rtu_crc(buf, n - 2) != (buf[n - 2] | buf[n - 1] << 8))
        return FRAME_BAD;
    *out = (struct frame){.unit = buf[0], .pdu = buf + 1, .n = n - 3};
    return (int)n;
}

size_t rtu_wrap(uint8_t *out, uint8_t unit, size_t n)
{
    out[0] = unit;
    uint16_t crc = rtu_crc(out, n + 1);
    out[n + 1] = (uint8_t)(crc & 0xFF);
    out[n + 2] = (uint8_t)(crc >> 8);
    return n + 3;
}

double rtu_silence(long baud)
{
    return baud > 19200 ? 1.75e-3 : 38.5 / (double)baud;
}
