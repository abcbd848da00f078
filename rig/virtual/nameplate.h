/* nameplate.h -- unit 247: a block that only a virtual bench has.  A client that reads it may run unattended; a real
 * bench has nothing there.  Holding registers, 0-based, 32-bit values high word first, readable with function 3:
 *
 *   0xF000 x8  ASCII "MNBENCH", two characters a register, first in the high byte, zero-padded:
 *              4D4E 4245 4E43 4800 0000 0000 0000 0000
 *   0xF008     u16 format version, 1
 *   0xF009 x2  u32 seed
 *   0xF00B     u16 specimen number, 1 at power-on.  Writing N (function 6, or 16 with one register) puts a fresh
 *              specimen, drawn from seed + N, under the axis; exception 4 while the axis moves or a needle touches
 *              the skin, 3 for N = 0
 *   0xF00C     u16 number of needles
 *   0xF00D x2  u32 heartbeat: milliseconds since the bench began
 *   0xF00F x2  u32 EEPROM writes that the two devices have done
 *   0xF011     u16 the operator's hand, 0 at power-on.  Bit 0 presses the E-stop, 1 opens the door, 2 closes the lower
 *              limit switch, 3 pushes on the cell with 3 N; a bit that goes back to 0 lets go.  Exception 3 for others
 */
#ifndef RIG_VIRTUAL_NAMEPLATE_H
#define RIG_VIRTUAL_NAMEPLATE_H
#include "rig/virtual/plant.h"
#include "rig/virtual/wire.h"

enum { NAMEPLATE_FIRST = 0xF000, NAMEPLATE_SPECIMEN = 0xF00B, NAMEPLATE_HAND = 0xF011, NAMEPLATE_WORDS = 18 };

enum wire_answer nameplate_read(const struct plant *p, unsigned long eeprom_writes, int function, uint16_t address,
                                uint16_t count, uint16_t *out);
/* Only judges: WIRE_OK when this specimen may be put under the axis now, or the hand may do so. */
enum wire_answer nameplate_may_write(const struct plant *p, uint16_t address, uint16_t count, const uint16_t *in);
#endif
