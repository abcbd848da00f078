/* identity.c -- see identity.h.  Registers (holding, unit 247): 0xF000 "MNBENCH" (8 registers, high byte first, zero
 * padded), 0xF008 version u16, 0xF009 seed u32, 0xF00B specimen u16, 0xF00C needles u16, 0xF011 hand u16. */
#include <string.h>
#include "rig/bus/convert.h"
#include "rig/loop/identity.h"

enum {
    IDENTITY_UNIT = 247,
    IDENTITY_BASE = 0xF000,
    IDENTITY_SPECIMEN = 0xF00B,
    IDENTITY_HAND = 0xF011,
    IDENTITY_SIZE = 13
};
#define IDENTITY_TIMEOUT 0.3 /* s: a real device's line stays silent for so long, once, at start */
#define IDENTITY_LATE 0.1

static struct bus_request request(uint8_t function, uint16_t address, uint16_t count)
{
    return (struct bus_request){"identity", IDENTITY_UNIT, function, address, count, IDENTITY_TIMEOUT, 0.0};
}

/* Whatever failed here must not disturb the devices: a dirty line is drained, a TCP link opened anew. */
static void settle(struct bus *b)
{
    struct err ignored = {0};
    for (int i = 0; (b->is_dirty || !b->is_open) && i < 100; i++)
        if (bus_recover(b, IDENTITY_LATE, 5e-3, &ignored) < 0)
            return;
}

void bench_identity_read(struct bus *b, struct run_identity *out)
{
    uint16_t regs[IDENTITY_SIZE] = {0};
    char text[17] = "";
    struct err ignored = {0};
    struct bus_request r = request(BUS_READ_HOLDING, IDENTITY_BASE, IDENTITY_SIZE);
    *out = (struct run_identity){0};
    if (bus_read(b, &r, regs, &ignored)) {
        settle(b);
        return;
    }
    for (int i = 0; i < 8; i++) {
        text[2 * i] = (char)(regs[i] >> 8);
        text[2 * i + 1] = (char)(regs[i] & 0xFF);
    }
    out->is_virtual = strcmp(text, "MNBENCH") == 0;
    out->version = regs[8];
    out->seed = reg_bits(&regs[9], REG_U32, ORDER_ABCD);
    out->specimen = regs[11];
    out->needles = regs[12];
}

int bench_choose_specimen(struct bus *b, unsigned number, struct run_identity *out, struct err *e)
{
    uint16_t value = (uint16_t)number;
    struct bus_request w = request(BUS_WRITE_ONE, IDENTITY_SPECIMEN, 1);
    int rc = bus_write(b, &w, &value, e);
    if (rc) {
        err_at(e, "specimen %u refused by the virtual bench", number);
        settle(b);
        return rc;
    }
    bench_identity_read(b, out);
    if (!out->is_virtual || out->specimen != number)
        return err_set(e, ERR_COMM, "the virtual bench reports specimen %u, not %u", out->specimen, number);
    return 0;
}

int bench_move_hand(struct bus *b, unsigned hand, struct err *e)
{
    uint16_t value = (uint16_t)hand;
    struct bus_request w = request(BUS_WRITE_ONE, IDENTITY_HAND, 1);
    int rc = bus_write(b, &w, &value, e);
    if (rc)
        settle(b);
    return rc;
}
