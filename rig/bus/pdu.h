/* pdu.h -- Modbus requests and replies as bytes (function code and data, no address, no checksum): what every kind of
 * bus shares.  Pure.  A reply is held against its request in every byte that the protocol fixes, echoes included:
 * libmodbus itself compares neither an echo's address and value nor, over TCP, the unit and the length. */
#ifndef RIG_BUS_PDU_H
#define RIG_BUS_PDU_H
#include "rig/bus/bus.h"

enum { PDU_MAX = 253 };
/* Writes the request; returns its length.  regs: what a write carries (coils: 0 or 1 each), else NULL. */
size_t pdu_request(const struct bus_request *r, const uint16_t *regs, uint8_t out[PDU_MAX]);
/* Reads a reply of n bytes.  Returns NULL when it is the answer to this request (a read's values then stand in `read`,
 * coils and discrete inputs as 0 or 1 each), or says what is wrong.  *exception is its code when the device refused
 * (the return value is then NULL too), else 0.  sent: the values of a write. */
const char *pdu_reply(const struct bus_request *r, const uint16_t *sent, const uint8_t *reply, size_t n, uint16_t *read,
                      int *exception);
/* The values in one register or coil read? */
bool bus_is_read(int function);
bool bus_is_coils(int function);
#endif
