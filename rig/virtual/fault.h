/* fault.h -- faults on demand, from a script: one a line, each fires once.  '#' starts a comment.  Device faults are
 * the bench's (mnbench serve), line faults the proxy's (mnbench proxy); one script may hold both, each takes its own.
 *
 *   at 2.40 s: ACTION                     when the bench is that old
 *   when force > 5 N: ACTION              true force; also <
 *   when position > 12.5 mm: ACTION       true position of the axis; also <
 *   when state moving: ACTION             state: off ready moving jogging homing stopping fault (as in truth.csv)
 *   at request 17: ACTION                 with the 17th request
 *   when requests > 16: ACTION            the same; also writes (requests that write)
 *   when replies > 3: LINE ACTION         also exceptions (replies), connections (of clients)
 *   when write 1 124 0xE1: LINE ACTION    a request that writes this value (or, without it, any) there: unit, address
 *   when read 2 0x3300: LINE ACTION       a request that reads from this address on
 *
 * ACTION        what happens
 *   estop              the E-stop is pressed                release estop      and pulled out again
 *   alarm 0x80         the drive raises these alarm bits    stall / unstall    the shaft does not turn / turns again
 *   freeze force       the transmitter repeats its value    thaw force         it converts again
 *   jump force +30 N   its reading shifts                   drift force 0.5 N/s  its zero walks (0 N/s ends it)
 *   saturate           it reads full scale                  unsaturate
 *   silence axis|force that unit neither hears nor answers  restore axis|force
 *   drop link          the server hangs up on every client, and for 0.5 s nothing is heard or answered on any link
 *   jog axis 0.5 mm/s  somebody else lets the drive jog, until a stop
 *   creep axis 20 um/s the shaft goes on by itself, unseen by the drive; no stop helps (0 um/s ends it)
 *   limit / unlimit    the lower limit switch closes / opens
 *   open door / close door
 *   ignore stop / obey stop   STOP and switching off are acknowledged and not done
 *   switch off axis    the drive is off: its enable input opened
 *   restart axis       the drive lost its power and is back: off, not homed, its settings those of power-on, its
 *                      position register 0 where the axis came to stand
 *   lose home          the drive says that it is not homed  jump position 3 mm  its position register shifts
 *
 * LINE ACTION, to the next request or reply (WHICH: that word); ` x N` at its end: to the next N of them
 *   drop WHICH                     delay WHICH 80 ms              trickle WHICH 5 ms    one byte each 5 ms
 *   junk before WHICH 00 FF        junk after WHICH DE AD         cut WHICH 5           only its first 5 bytes
 *   flip WHICH 3                   bit 0 of byte 3 (from 0)       duplicate WHICH
 *   wrong unit WHICH 9             wrong transaction WHICH        with a CRC or length that fits
 *   exception WHICH 4              a request is answered by it and goes no further; a reply is replaced by it
 *   late WHICH                     kept until the next request comes: the client has given up by then
 *   reorder WHICH                  kept until the next one has gone
 *   reset                          every connection is reset; a pty goes away and another comes
 *   refuse 2 s                     connections are refused for so long; a pty stays away */
#ifndef RIG_VIRTUAL_FAULT_H
#define RIG_VIRTUAL_FAULT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum { FAULT_MAX = 64, FAULT_BYTES = 32, FAULT_TEXT = 200 };
enum fault_trigger {
    FAULT_AT, FAULT_FORCE_OVER, FAULT_FORCE_UNDER, FAULT_POSITION_OVER, FAULT_POSITION_UNDER, FAULT_STATE,
    FAULT_REQUESTS, FAULT_WRITES, FAULT_REPLIES, FAULT_EXCEPTIONS, FAULT_CONNECTIONS, FAULT_WRITE_SEEN, FAULT_READ_SEEN
};
enum fault_action {
    FAULT_ESTOP, FAULT_RELEASE_ESTOP, FAULT_ALARM, FAULT_STALL, FAULT_UNSTALL, FAULT_FREEZE, FAULT_THAW, FAULT_JUMP,
    FAULT_DRIFT, FAULT_SATURATE, FAULT_UNSATURATE, FAULT_SILENCE_AXIS, FAULT_SILENCE_FORCE, FAULT_RESTORE_AXIS,
    FAULT_RESTORE_FORCE, FAULT_DROP_LINK, FAULT_LIMIT, FAULT_UNLIMIT, FAULT_OPEN_DOOR, FAULT_CLOSE_DOOR, FAULT_JOG_AXIS,
    FAULT_CREEP_AXIS, FAULT_IGNORE_STOP, FAULT_OBEY_STOP, FAULT_SWITCH_OFF, FAULT_RESTART, FAULT_LOSE_HOME,
    FAULT_JUMP_POSITION,
    /* of the line */
    FAULT_DROP, FAULT_DELAY, FAULT_TRICKLE, FAULT_JUNK_BEFORE, FAULT_JUNK_AFTER, FAULT_CUT, FAULT_FLIP, FAULT_DUPLICATE,
    FAULT_WRONG_UNIT, FAULT_WRONG_TRANSACTION, FAULT_EXCEPTION, FAULT_LATE, FAULT_REORDER, FAULT_RESET, FAULT_REFUSE
};
enum fault_side { FAULT_ON_REQUEST, FAULT_ON_REPLY };
struct fault {
    char   text[FAULT_TEXT]; /* the line, without comment */
    enum fault_trigger trigger;
    double threshold;        /* s, N or m; for a counter: fires above it */
    char   state[16];
    enum fault_action action;
    double amount;           /* N, N/s, alarm bits; s, bytes, a unit or an exception */
    bool   fired;
    bool   is_of_line;
    enum fault_side side;    /* of a line fault, but for reset and refuse */
    long   times;            /* how many frames a line fault takes */
    uint8_t bytes[FAULT_BYTES];
    size_t n_bytes;          /* of junk */
    long   unit, address, value; /* of a request seen; value -1: any */
};
struct fault_script { size_t n; struct fault fault[FAULT_MAX]; };

/* Adds the lines of a text; name stands for the file in messages.  ERR_PARSE with name:line; *s is then unchanged. */
int fault_parse(struct fault_script *s, const char *name, const char *text, struct err *e);
int fault_read(struct fault_script *s, const char *path, struct err *e);

struct fault_traffic {       /* the request under way, and what there was up to it */
    long requests, writes, replies, exceptions, connections;
    const uint8_t *pdu;      /* the request's, or NULL */
    size_t n;
    uint8_t unit;
};
struct fault_scene { double time, force, position; const char *state; struct fault_traffic traffic; }; /* s, N, m */
/* The next device fault (or, of_line, line fault) that is due now, marked as fired, or NULL. */
const struct fault *fault_due(struct fault_script *s, const struct fault_scene *now, bool of_line);
/* Does this request (function and data) write?  Functions 5, 6, 15, 16, 22 and 23 do. */
bool fault_is_write(const uint8_t *pdu, size_t n);
#endif
