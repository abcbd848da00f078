/* mangle.h -- what line faults make of one message on its way: its bytes, when they go, and whether.  Pure. */
#ifndef RIG_VIRTUAL_MANGLE_H
#define RIG_VIRTUAL_MANGLE_H
#include <stdbool.h>
#include "rig/virtual/fault.h"
#include "rig/virtual/frame.h"

enum mangle_framing { MANGLE_TCP, MANGLE_RTU };
enum { MANGLE_PDU = 253, MANGLE_RAW_MAX = 520, MANGLE_MAX = MANGLE_RAW_MAX + 8 * FAULT_BYTES, MANGLE_DONE = 120 };

struct mangled {
    uint8_t bytes[MANGLE_MAX];
    size_t n;
    enum mangle_framing framing;
    bool is_frame;             /* unit, transaction and function can be told apart */
    uint8_t unit;
    uint16_t transaction;
    uint8_t pdu[MANGLE_PDU];
    size_t pdu_n;
    double delay, interval;    /* s before the first byte, and from byte to byte; 0: none of its own */
    bool dropped, twice, late, reordered;
    bool back;                 /* to the one who sent it: the answer to a request that goes no further */
    char done[MANGLE_DONE];    /* the faults by their names, "" when there were none */
};

/* A frame, wrapped for the side it goes to. */
void mangle_frame(struct mangled *m, enum mangle_framing framing, const struct frame *f);
/* Bytes that are no frame (n <= MANGLE_RAW_MAX), to be passed on as they are. */
void mangle_raw(struct mangled *m, enum mangle_framing framing, const uint8_t *bytes, size_t n);
/* All faults at once: first what changes the frame, then what changes its bytes, so that their order is no matter. */
void mangle_apply(struct mangled *m, const struct fault *const fault[], size_t n);
#endif
