/* nameplate.c -- see nameplate.h. */
#include <math.h>
#include "rig/virtual/nameplate.h"

enum { FORMAT_VERSION = 1 };
#define TOUCH_FORCE 0.01 /* N */

enum wire_answer nameplate_read(const struct plant *p, unsigned long eeprom_writes, int function, uint16_t address,
                                uint16_t count, uint16_t *out)
{
    uint16_t w[NAMEPLATE_WORDS] = {0x4D4E, 0x4245, 0x4E43, 0x4800, 0, 0, 0, 0, FORMAT_VERSION};
    if (function != WIRE_READ_HOLDING || address < NAMEPLATE_FIRST
        || address + count > NAMEPLATE_FIRST + NAMEPLATE_WORDS)
        return WIRE_BAD_ADDRESS;
    wire_put_u32(&w[9], (uint32_t)(p->seed & 0xFFFFFFFFu));
    w[11] = (uint16_t)p->specimen;
    w[12] = (uint16_t)p->skin.n;
    wire_put_u32(&w[13], (uint32_t)(p->steps / 2 & 0xFFFFFFFFu)); /* two steps a millisecond */
    wire_put_u32(&w[15], (uint32_t)(eeprom_writes & 0xFFFFFFFFu));
    w[NAMEPLATE_HAND - NAMEPLATE_FIRST] = (uint16_t)p->hand;
    for (uint16_t i = 0; i < count; i++)
        out[i] = w[address - NAMEPLATE_FIRST + i];
    return WIRE_OK;
}

static bool is_pressed(const struct plant *p)
{
    return skin_needles_in(&p->skin) > 0 || fabs(plant_force(p)) > TOUCH_FORCE || plant_tip_travel(p) > 0.0;
}

enum wire_answer nameplate_may_write(const struct plant *p, uint16_t address, uint16_t count, const uint16_t *in)
{
    if ((address != NAMEPLATE_SPECIMEN && address != NAMEPLATE_HAND) || count != 1)
        return WIRE_BAD_ADDRESS;
    if (address == NAMEPLATE_HAND)
        return in[0] & ~PLANT_HAND_ALL ? WIRE_BAD_VALUE : WIRE_OK;
    if (in[0] == 0)
        return WIRE_BAD_VALUE;
    return carriage_is_moving(&p->axis) || is_pressed(p) ? WIRE_DEVICE_FAILURE : WIRE_OK;
}
