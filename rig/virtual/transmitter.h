/* transmitter.h -- unit 2: a Flintec DAD141.1 load-cell transmitter's registers over the virtual cell.
 *
 * Addresses 0-based; 32-bit integers and floats high word first; counts of 0.0001 N; > 0 is a push.
 *   0x2000 gross, 0x2002 net, 0x2008 average  float N          0x202A ADC s32      0x2030 device status u32 (0 = well)
 *   0x2034 serial u32    0x2060 qualifier u16 (1 under, 2 over, 0x10 stable, 0x20 tare on)
 *   0x2061 command u16 W (1 reset zero, 2 set zero, 4 reset tare, 8 set tare, 0x10 reset max, 0x20 hold)
 *   0x2106 filter u16 0-7                     0x2110 filter mode u16 0-1
 *   0x3300 x5: gross s32, net s32, qualifier u16       0x3500 x5: gross, net float, qualifier u16 -- of one conversion
 * From the manual (DAD141.1, pages 3, 4, 7, 10).  Assumed: widths of status and serial, the filter's averages of 2^n
 * conversions, mode 1 as a recursive filter of the same delay, hold as freezing gross and net until 0x10, ADC 80000
 * counts/N. */
#ifndef RIG_VIRTUAL_TRANSMITTER_H
#define RIG_VIRTUAL_TRANSMITTER_H
#include "rig/virtual/cell.h"
#include "rig/virtual/wire.h"

struct transmitter {
    double zero, tare;      /* N */
    bool   is_tared, holds;
    double held;            /* N, gross while it holds */
    double average;         /* N, slow mean of gross */
    uint32_t serial;
};

void transmitter_init(struct transmitter *t, uint64_t seed);
enum wire_answer transmitter_read(const struct transmitter *t, const struct cell *c, int function, uint16_t address,
                                  uint16_t count, uint16_t *out);
enum wire_answer transmitter_write(struct transmitter *t, struct cell *c, uint16_t address, uint16_t count,
                                   const uint16_t *in);
/* Once per plant step, after it. */
void transmitter_step(struct transmitter *t, const struct cell *c, double dt);
#endif
