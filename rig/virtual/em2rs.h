/* em2rs.h -- unit 1 of the second pair: a Leadshine EM2RS stepper drive's registers over the virtual axis.
 *
 * Addresses 0-based, 32-bit values high word first.  10000 pulses a revolution, lead 5 mm: 0.0005 mm a pulse.
 * Speeds in rpm (0.0833 mm/s), accelerations in ms per 1000 rpm (83.33 mm/s divided by that time).  Positive is down,
 * towards the sample.  Functions 3, 6 and 16; the drive has no communication watchdog: a move that was started goes on
 * to its target whatever becomes of the master.  Only the jog is a dead man's one: its word must come again within
 * 50 ms.
 *
 *   0x000F u16 RW  force enable 0-1          0x0145 0x0147 0x0149 0x014B 0x014D u16 R  functions of the inputs
 *   0x0179 u16 R   inputs                    0x01E1 u16 RW jog speed, rpm
 *   0x1003 u16 R   status: bit 0 fault, 1 enabled, 2 running; then three done bits (command, path, homing) from bit 4,
 *                  or from bit 3: the sources differ, so it is a setting
 *   0x1014 s32 R   feedback position         0x1046 s16 R  feedback speed, rpm
 *   0x1801 u16 W   control word: 0x1111 reset alarm, 0x2211 save, 0x4001 / 0x4002 jog + / -; reads as 0
 *   0x2203 u16 R   alarm code                0x6002 u16 RW PR control: 0x10 run PR0, 0x20 home, 0x40 quick stop
 *   0x6200 x8 RW   PR0: mode (1 absolute, 0x41 relative, 2 speed), position high, low, speed, acceleration,
 *                  deceleration, dwell ms, trigger (as 0x6002; 0: only stored)
 *
 * From the manuals (CS2RS pages 24, 50, 59, EM2RS page 33, iEM-RS page 25) and a published client: these addresses,
 * words and the 50 ms.  Assumed here: a command that can't be obeyed now (disabled, alarm) is taken and does nothing;
 * the trigger words read back while they are being done, else 0; in speed mode the sign of the speed is the direction;
 * dwell delays the done bits; the alarm codes; a limit stops without an alarm; the enable setting outlives an alarm;
 * the inputs' order and spacing; homing at 200 rpm; accelerations of homing and jog, and of the quick stop. */
#ifndef RIG_VIRTUAL_EM2RS_H
#define RIG_VIRTUAL_EM2RS_H
#include "rig/virtual/plant.h"
#include "rig/virtual/wire.h"

enum { EM2RS_PR0_WORDS = 8 };
enum { EM2RS_FAULT = 1, EM2RS_ENABLED = 2, EM2RS_RUNNING = 4 }; /* of the status */
enum { EM2RS_ALARM_POSITION = 0x0180, EM2RS_ALARM_ESTOP = 0x0570 };

struct em2rs {
    uint16_t pr0[EM2RS_PR0_WORDS];
    uint16_t enable_setting, jog_speed, alarm;
    bool enabled, homing, homed, jogging, command_done, path_done;
    int32_t offset;          /* register position = pulses of the true position + offset */
    double jog_until;        /* s: the word must come again before */
    uint16_t pending;        /* trigger taken, 0: none */
    double due;              /* s: when it acts */
    uint16_t running;        /* trigger that is being done */
    double still_since;      /* s: dwell counts from here */
    unsigned long saves;     /* EEPROM writes */
};

/* Power-on: disabled, position 0 wherever the axis stands. */
void em2rs_init(struct em2rs *d, const struct plant *p);
enum wire_answer em2rs_read(const struct em2rs *d, const struct plant *p, int function, uint16_t address,
                            uint16_t count, uint16_t *out);
/* All or nothing. */
enum wire_answer em2rs_write(struct em2rs *d, struct plant *p, uint16_t address, uint16_t count, const uint16_t *in);
/* Once per plant step, before it: due commands, jog, limits, E-stop, position error. */
void em2rs_step(struct em2rs *d, struct plant *p);
/* A fault of its own: alarm code, quick stop, disabled. */
void em2rs_raise(struct em2rs *d, struct plant *p, uint16_t code);
/* Faults of what it is: its enable input opens; it loses its power (em2rs_init, but for what still turns); it is not
 * homed any more; its position register shifts by so many metres. */
void em2rs_switch_off(struct em2rs *d, struct plant *p);
void em2rs_restart(struct em2rs *d, struct plant *p);
void em2rs_lose_home(struct em2rs *d);
void em2rs_shift(struct em2rs *d, double by);
uint16_t em2rs_status(const struct em2rs *d, const struct plant *p);
#endif
