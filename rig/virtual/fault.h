/* fault.h -- device faults on demand, from a script: one a line, each fires once.  '#' starts a comment.
 *
 *   at 2.40 s: ACTION                     when the bench is that old
 *   when force > 5 N: ACTION              true force; also <
 *   when position > 12.5 mm: ACTION       true position of the axis; also <
 *   when state moving: ACTION             state: off ready moving jogging homing stopping fault (as in truth.csv)
 *
 * ACTION        what happens
 *   estop              the E-stop is pressed                release estop      and pulled out again
 *   alarm 0x80         the drive raises these alarm bits    stall / unstall    the shaft does not turn / turns again
 *   freeze force       the transmitter repeats its value    thaw force         it converts again
 *   jump force +30 N   its reading shifts                   drift force 0.5 N/s  its zero walks (0 N/s ends it)
 *   saturate           it reads full scale                  unsaturate
 *   silence axis|force that unit neither hears nor answers  restore axis|force
 *   drop link          the server hangs up on every client, and for 0.5 s nothing is heard or answered on any link
 *   limit / unlimit    the lower limit switch closes / opens
 *   open door / close door */
#ifndef RIG_VIRTUAL_FAULT_H
#define RIG_VIRTUAL_FAULT_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum { FAULT_MAX = 64 };
enum fault_trigger {
    FAULT_AT, FAULT_FORCE_OVER, FAULT_FORCE_UNDER, FAULT_POSITION_OVER, FAULT_POSITION_UNDER, FAULT_STATE
};
enum fault_action {
    FAULT_ESTOP, FAULT_RELEASE_ESTOP, FAULT_ALARM, FAULT_STALL, FAULT_UNSTALL, FAULT_FREEZE, FAULT_THAW, FAULT_JUMP,
    FAULT_DRIFT, FAULT_SATURATE, FAULT_UNSATURATE, FAULT_SILENCE_AXIS, FAULT_SILENCE_FORCE, FAULT_RESTORE_AXIS,
    FAULT_RESTORE_FORCE, FAULT_DROP_LINK, FAULT_LIMIT, FAULT_UNLIMIT, FAULT_OPEN_DOOR, FAULT_CLOSE_DOOR
};
struct fault {
    enum fault_trigger trigger;
    double threshold;        /* s, N or m */
    char   state[16];
    enum fault_action action;
    double amount;           /* N, N/s, or alarm bits */
    bool   fired;
};
struct fault_script { size_t n; struct fault fault[FAULT_MAX]; };

/* Adds the lines of a text; name stands for the file in messages.  ERR_PARSE with name:line; *s is then unchanged. */
int fault_parse(struct fault_script *s, const char *name, const char *text, struct err *e);
int fault_read(struct fault_script *s, const char *path, struct err *e);

struct fault_scene { double time, force, position; const char *state; }; /* s, N, m */
/* The next fault that is due now, marked as fired, or NULL. */
const struct fault *fault_due(struct fault_script *s, const struct fault_scene *now);
#endif
