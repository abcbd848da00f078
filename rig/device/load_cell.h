/* load_cell.h -- what the transmitter's registers say: newtons from the calibration zero, push > 0, and saturation.
 * Pure. */
#ifndef RIG_DEVICE_LOAD_CELL_H
#define RIG_DEVICE_LOAD_CELL_H
#include "rig/device/bench.h"

struct force_state {
    double force;        /* N from the calibration zero; never the device's tared value */
    bool   saturated;    /* the transmitter says under or over, or |force| is beyond the cell's capacity */
    uint32_t qualifier;  /* raw */
};
void load_cell_decode(const struct bench *b, const uint16_t *group_regs, struct force_state *out);
#endif
