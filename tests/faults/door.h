/* door.h -- what mnrig asks of the outside: memory, the disk, the bus.  The linker (--wrap) sends the memory and disk
 * calls of every object of this runner through here; those of mnrig itself are counted, and the n-th can be made to
 * fail.  What the virtual bench and the tests call is let through: `is_ours` is false while they run. */
#ifndef TESTS_FAULTS_DOOR_H
#define TESTS_FAULTS_DOOR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum door { DOOR_MEMORY, DOOR_DISK, DOOR_BUS, DOORS };
/* How a call fails.  Each door has its own ways. */
enum way {
    WAY_NONE,
    WAY_NO_MEMORY, WAY_NO_MEMORY_LEFT,                         /* memory: once; from then on */
    WAY_IO_ERROR, WAY_DISK_FULL, WAY_READ_ONLY,                /* disk: once; from then on, the first write cut short */
    WAY_TIMEOUT, WAY_LOST_REPLY, WAY_LATE_REPLY, WAY_EXCEPTION, /* bus: each of one transaction */
    WAY_JUNK, WAY_SHORT, WAY_WRONG_UNIT, WAY_RESET,
    WAY_CUT,                                                   /* bus: from then on nothing passes */
    WAYS
};
extern const char *const door_names[DOORS], *const way_names[WAYS];
enum door way_door(enum way w);

/* Where a run is; what the strata of the sample are made of. */
enum phase { PHASE_FILES, PHASE_OPEN, PHASE_BEGIN, PHASE_WAIT, PHASE_HOME, PHASE_TARE, PHASE_APPROACH, PHASE_INSERT,
             PHASE_HOLD, PHASE_RETRACT, PHASE_END, PHASES };
extern const char *const phase_names[PHASES];

enum { DOOR_CALLS = 1 << 15 }; /* counted at the most, each door */
struct door_watch {
    bool is_ours;                     /* calls count now */
    enum way way;                     /* what is to fail, and at which call (from 1); WAY_NONE: nothing */
    long n;
    enum phase phase;
    long calls[DOORS];
    uint8_t phase_of[DOORS][DOOR_CALLS + 1]; /* of each call, from 1 */
    bool has_struck;
    enum phase struck_in;
    char struck[80];                  /* the call, in words */
    long live;                        /* blocks of memory not given back */
    uint64_t rows_synced;             /* whole rows of samples.csv that were on the disk when power might have failed */
};
/* The one watch; static, for the wrapped functions have no other way to it. */
struct door_watch *door_watch(void);
void door_reset(enum way way, long n);
/* Counts a call; true when it is the one to fail (or one after it, in the ways that last). */
bool door_strikes(enum door d, const char *what, const char *name);
#endif
