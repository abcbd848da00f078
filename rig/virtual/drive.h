/* drive.h -- unit 1: an Applied Motion / MOON'S SCL stepper drive's registers over the virtual axis.
 *
 * Addresses 0-based, 32-bit values high word first.  10000 steps and encoder counts a revolution, lead 5 mm: 0.0005 mm
 * a step; speeds in 1/240 rps (0.0208 mm/s), accelerations in 1/6 rps/s (0.833 mm/s2).  Positive is down, towards the
 * sample.
 *
 * From the manual (Modbus-Manual-MBDV CN202203): the addresses, types, bits and opcodes of drive.c.  Assumed here,
 * since the manual pages at hand do not say: set position takes its s32 from registers 125-126; jog turns the way of
 * the sign of register 350; a refused move answers exception 4; every watchdog action 1-16 stops at max decel and keeps
 * the drive enabled; alarms disable it, but for the limit and watchdog ones; 100 % torque is the bench's rated
 * thrust. */
#ifndef RIG_VIRTUAL_DRIVE_H
#define RIG_VIRTUAL_DRIVE_H
#include "rig/virtual/plant.h"
#include "rig/virtual/wire.h"

enum { DRIVE_WORDS = 408, DRIVE_PENDING = 8 };

/* Alarm and status bits as they stand in registers 0-1 and 2-3. */
#define DRIVE_ALARM_POSITION   (1u << 0)
#define DRIVE_ALARM_LOWER      (1u << 1)
#define DRIVE_ALARM_UPPER      (1u << 2)
#define DRIVE_ALARM_STO        (1u << 17)
#define DRIVE_ALARM_ESTOP      (1u << 21)
#define DRIVE_ALARM_COMMS_LOST (1u << 27)
#define DRIVE_ENABLED          (1u << 0)
#define DRIVE_FAULT            (1u << 2)
#define DRIVE_IN_POSITION      (1u << 3)
#define DRIVE_MOVING           (1u << 4)
#define DRIVE_JOGGING          (1u << 5)
#define DRIVE_DECELERATING     (1u << 6)
#define DRIVE_HOMING           (1u << 10)
#define DRIVE_READY            (1u << 15)
#define DRIVE_TORQUE_REACHED   (1u << 19)
#define DRIVE_HOMED            (1u << 24)

struct drive_command { double due; uint16_t opcode; int32_t value; };

struct drive {
    uint16_t word[DRIVE_WORDS];   /* settings as written; measured registers are filled in when read */
    uint32_t alarm;
    bool enabled, homing, homed;
    int32_t offset;               /* register position = steps of the true position + offset */
    double last_traffic;          /* s */
    struct drive_command pending[DRIVE_PENDING];
    int n_pending;
};

/* Power-on: disabled, position register 0 wherever the axis stands, watchdog off. */
void drive_init(struct drive *d, const struct plant *p);
/* Registers address .. address + count - 1 (count >= 1).  Answers WIRE_OK or an exception; `function` is 3 or 4. */
enum wire_answer drive_read(struct drive *d, const struct plant *p, int function, uint16_t address, uint16_t count,
                            uint16_t *out);
/* All or nothing: nothing is changed unless every word is good.  Writing 124 runs an opcode. */
enum wire_answer drive_write(struct drive *d, struct plant *p, uint16_t address, uint16_t count, const uint16_t *in);
/* Tells the watchdog that a master spoke to this unit. */
void drive_heard(struct drive *d, const struct plant *p);
/* Once per plant step, before it: due commands, watchdog, limits, E-stop, position error. */
void drive_step(struct drive *d, struct plant *p);
/* A fault of its own: sets alarm bits, stops, disables. */
void drive_raise(struct drive *d, struct plant *p, uint32_t bits);
/* Faults of what it is: its enable input opens; it loses its power (drive_init, but for what still turns); it is not
 * homed any more; its position register shifts by so many metres. */
void drive_switch_off(struct drive *d, struct plant *p);
void drive_restart(struct drive *d, struct plant *p);
void drive_lose_home(struct drive *d);
void drive_shift(struct drive *d, double by);
uint32_t drive_status(const struct drive *d, const struct plant *p);
#endif
