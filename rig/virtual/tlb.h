/* tlb.h -- unit 2 of the second pair: a Laumas TLB weight transmitter's registers over the virtual cell.
 *
 * Addresses 0-based, 32-bit values high word first.  Weights are unsigned sizes, in divisions of 0.001 N: the sign of
 * each stands in the status word, so that status and weights belong together only when read in one request.
 * Functions 3 and 16; at most 32 registers a request, exception 3 beyond.
 *
 *   0 firmware  1 type  2 year  3 serial  4 program type                u16 R
 *   5 command u16 RW: 8 semi-automatic zero, 130 preset tare (from 72-73), 99 store to EEPROM; reads as 0
 *   6 status u16 R: bit 0 cell error, 1 ADC fault, 2 over the capacity, 3 over 110 %, 4, 5 overflow (0, 1, 4 and
 *     5 never come here: the reading ends at 120 %),
 *     7 gross negative, 8 net negative, 9 peak negative, 10 net mode, 11 stable, 12 zero
 *   7 gross  9 net  11 peak  u32 R        13 divisions (low byte) and unit (high byte) u16 R
 *   14 coefficient u32 R     16 inputs  17 outputs u16 R
 *   18 20 22 set-points u32 RW            72 preset tare u32 RW
 *
 * From the manuals (TLB4 protocols; TLU page 34; LCB page 8): addresses, status bits, commands, the 32 registers,
 * functions 3 and 16, 100 000 EEPROM writes, none when the value is as it was.  Assumed: codes 15 (0.001) and 4 (N) in
 * register 13; the zero's range of 2 % of the capacity and its need of a stable weight (else exception 3); 0 as the
 * preset tare ends the net mode; the peak is the highest gross since power-on. */
#ifndef RIG_VIRTUAL_TLB_H
#define RIG_VIRTUAL_TLB_H
#include "rig/virtual/cell.h"
#include "rig/virtual/wire.h"

enum { TLB_MAX_REGISTERS = 32, TLB_SETPOINTS = 3 };

struct tlb_stored { double zero; uint32_t setpoint[TLB_SETPOINTS]; }; /* N; divisions */

struct tlb {
    struct tlb_stored now, eeprom;
    uint32_t preset_tare;      /* divisions */
    double tare, peak;         /* N */
    bool   net_mode;
    uint16_t serial;
    unsigned long stores;      /* EEPROM writes */
};

void tlb_init(struct tlb *t, uint64_t seed);
enum wire_answer tlb_read(const struct tlb *t, const struct cell *c, int function, uint16_t address, uint16_t count,
                          uint16_t *out);
/* function is 16 on this device; 6 gets exception 1. */
enum wire_answer tlb_write(struct tlb *t, const struct cell *c, int function, uint16_t address, uint16_t count,
                           const uint16_t *in);
/* Once per plant step, after it. */
void tlb_step(struct tlb *t, const struct cell *c);
#endif
