/* load_cell.c -- see load_cell.h. */
#include <math.h>
#include "rig/device/load_cell.h"

void load_cell_decode(const struct bench *b, const uint16_t *regs, struct force_state *out)
{
    const struct device_map *m = &b->device[BENCH_FORCE].map;
    int under = map_find_bit(m, "under"), over = map_find_bit(m, "over");
    double reading = map_decode(m, (size_t)map_find_value(m, "gross"), regs);
    out->force = b->cell.slope * (reading - b->cell.zero);
    out->qualifier = map_raw(m, m->bit[under].value, regs);
    bool flagged = (map_raw(m, m->bit[under].value, regs) >> m->bit[under].bit & 1u) ||
                   (map_raw(m, m->bit[over].value, regs) >> m->bit[over].bit & 1u);
    out->saturated = flagged || !(fabs(out->force) <= b->cell.capacity);
}
