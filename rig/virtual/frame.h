/* frame.h -- Modbus frames for the server, TCP (MBAP) and RTU (CRC).  Pure.
 * Deliberately not libmodbus: client and bench must not share a framing bug.  Every byte is taken as hostile. */
#ifndef RIG_VIRTUAL_FRAME_H
#define RIG_VIRTUAL_FRAME_H
#include <stddef.h>
#include <stdint.h>

enum { MBAP_HEAD = 7, MBAP_MAX = 260, RTU_MIN = 4, RTU_MAX = 256, FRAME_MORE = 0, FRAME_BAD = -1 };

struct frame {               /* points into the buffer it was found in */
    uint8_t unit;
    uint16_t transaction;    /* TCP only */
    const uint8_t *pdu;
    size_t n;                /* 1 to 253 */
};

/* Looks for a whole TCP frame at the start of buf.  Returns its length in bytes, FRAME_MORE while it is not all there,
 * or FRAME_BAD: protocol not 0 or a length no frame has; a stream can not be picked up after that. */
int mbap_split(const uint8_t *buf, size_t n, struct frame *out);
/* Writes the head for a PDU of n bytes that stands at out + MBAP_HEAD; returns the whole length. */
size_t mbap_wrap(uint8_t *out, uint16_t transaction, uint8_t unit, size_t n);

/* buf holds what came between two silences.  Returns n when it is a frame with a good CRC, else FRAME_BAD. */
int rtu_split(const uint8_t *buf, size_t n, struct frame *out);
/* Adds unit and CRC around a PDU of n bytes that stands at out + 1; returns the whole length. */
size_t rtu_wrap(uint8_t *out, uint8_t unit, size_t n);
uint16_t rtu_crc(const uint8_t *buf, size_t n); /* sent low byte first */
/* Silence that ends a frame, s: 3.5 characters of 11 bits, 1.75 ms above 19200 baud. */
double rtu_silence(long baud);
#endif
