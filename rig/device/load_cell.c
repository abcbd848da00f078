/* load_cell.c -- see load_cell.h. */
#include <math.h>
#include "rig/device/load_cell.h"

/* Whatever of these a transmitter has says that its reading is none. */
static const char *const bad_bits[] = {"under", "over", "over_110", "overflow_gross", "cell_error", "adc_fault", NULL};

void load_cell_decode(const struct bench *b, const uint16_t *sample, struct force_state *out)
{
    const struct device_map *m = &b->device[BENCH_FORCE].map;
    int over = map_find_bit(m, "over");
    double reading = map_decode(m, (size_t)map_find_value(m, "gross"), sample);
    out->force = b->cell.slope * (reading - b->cell.zero);
    out->qualifier = map_raw(m, m->bit[over].value, sample);
    out->saturated = !(fabs(out->force) <= b->cell.capacity);
    for (int i = 0; bad_bits[i]; i++) {
        int bit = map_find_bit(m, bad_bits[i]);
        out->saturated = out->saturated || (bit >= 0 && map_bit_is_set(m, (size_t)bit, sample));
    }
}
