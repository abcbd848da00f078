/* link.h -- one Modbus link and the devices on it.  One I/O thread owns the bus (in tests: one call a step, in virtual
 * time); the tick talks to it through a mailbox and never waits for it.
 *
 *   - STOP overtakes everything queued and skips drain and canary; so does switching the drive off, after STOP.
 *   - Without a permit that the tick renews (talk_until: a tick and max_lateness) the link sends one STOP and then
 * nothing at all, so that the drive's own watchdog fires when the tick is dead.
 *   - After a time-out a serial line is drained until silent, then proved clean by a canary read; a TCP link is opened
 *     anew.
 *   - The first frame on a link opened anew is STOP, then the order to switch off that waits.  For these two a lost
 * link is opened without a permit too.  Its devices are believed again after their canaries.
 *   - A device that keeps failing is asked ever less often: it does not hold up the others of its line. */
#ifndef RIG_LOOP_LINK_H
#define RIG_LOOP_LINK_H
#include <pthread.h>
#include "rig/device/axis.h"
#include "rig/loop/latency.h"

struct link_sample {
    bool     is_valid;
    double   sent, received;   /* s, the bus' clock: first request to last reply */
    uint64_t count;
    uint16_t regs[MAP_REGISTERS]; /* of all groups, each at its own place (map_group.at) */
};
struct device_stats {
    uint64_t requests, timeouts, garbled, exceptions, lost, canaries_failed;
    struct latency read, write;   /* of transactions that succeeded */
};
struct link_stats {
    uint64_t opened, stops;
    struct device_stats device[BENCH_DEVICES];
    struct latency stop;               /* STOP to its echo */
    struct latency order[AXIS_ORDERS]; /* an order taken to its trigger's echo, by kind */
};
struct link_inbox {            /* tick -> link */
    double   talk_until;       /* s: the permit to say anything but STOP */
    bool     may_move;         /* motion commands pass */
    unsigned tick;             /* counts ticks; 0: nobody counts.  The axis' link begins no more samples than a tick can
                                  use (1 + tick / poll of each device): a STOP is then never far behind, however late
                                  the tick that asks for it */
    bool   is_quiet;           /* polls end at once, without the parting STOP: the drive's watchdog is left alone */
    double mute_until; /* s: says nothing at all, not even STOP: only `mnrig prove` sets it, to try the watchdog */
    unsigned stop;             /* counts STOP requests */
    unsigned off;              /* counts requests to switch the drive off: sent like STOP, and after it */
    unsigned order;            /* counts orders */
    struct axis_command command;
    bool     quit;
};
struct link_outbox {           /* link -> tick */
    struct link_sample sample[BENCH_DEVICES];
    bool     is_up;
    unsigned generation;       /* counts openings */
    int      failures_in_row[BENCH_DEVICES];
    unsigned foreign_writes;   /* verified registers found changed since the start */
    char     trouble[200];     /* the last failure */
    unsigned stop_sent;        /* the STOP request last sent */
    bool     stop_acknowledged; /* by its echo, which proves nothing but that it arrived */
    double   stop_time;        /* when; the axis counts as still only from samples asked for later */
    unsigned off_sent;         /* the request to switch off last sent */
    bool     off_acknowledged; /* by its echo */
    double   off_time;         /* when */
    unsigned order_done;       /* the order last finished */
    bool     order_failed;
    double   order_time;       /* when its trigger was sent */
};

struct link;
/* Takes the bus (freed with the link).  Devices of the bench whose link is `index` are its own. */
int  link_new(struct link **out, const struct bench *b, size_t index, struct bus *bus, struct err *e);
void link_free(struct link *l);
struct bus *link_bus(struct link *l);

/* Start: opens the bus, writes and verifies registers (watchdog), learns the canaries' constants.  Blocks; before the
 * thread. */
int  link_prepare(struct link *l, struct err *e);

/* What a device's canaries read at start, in hex: serial numbers and settings that tell it from another one. */
void link_constants(const struct link *l, size_t device, char *out, size_t size);

/* At most one transaction.  Returns when it wants to be called again (the bus' clock). */
double link_step(struct link *l);
int  link_start(struct link *l, struct err *e); /* the I/O thread: link_step for ever */
void link_quit(struct link *l);                 /* ends and joins the thread */

/* The tick's side; never blocks for longer than a copy. */
void link_post(struct link *l, const struct link_inbox *in);
void link_look(struct link *l, struct link_outbox *out);
void link_statistics(struct link *l, struct link_stats *out);
#endif
