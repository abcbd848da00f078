/* memory.h -- a bus over memory, in virtual time: the peer is a callback, each transaction takes the time it would take
 * on a line (bus_serial_time), and replies can be dropped, delayed or cut.  For tests; it never sleeps. */
#ifndef RIG_BUS_MEMORY_H
#define RIG_BUS_MEMORY_H
#include "rig/bus/bus.h"

struct memory_peer {
    /* Answers one PDU (function code first, no address, no checksum); returns the reply's length, 0 for silence. */
    int  (*pdu)(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap);
    void (*advance)(void *self, double seconds); /* may be NULL */
    void *self;
};
struct memory_clock {       /* shared by the buses of one test */
    double now;
    struct memory_peer peer;
    /* What happens at the same time as a transaction: called before the time passes on to t; may be NULL. */
    void (*meanwhile)(void *self, double t);
    void *self;
};
void memory_clock_until(struct memory_clock *c, double t); /* lets time pass; never back */

struct memory_line {
    int baud, bits_per_byte; /* baud 0: a TCP-like link, every transaction takes `turnaround` */
    double turnaround;       /* s */
};
struct memory_faults {      /* set by the test at any moment */
    bool is_cut;             /* nothing passes and the link is lost, until cleared */
    unsigned drop_requests;  /* so many next requests are lost on the way */
    unsigned drop_replies;   /* so many next replies are lost */
    unsigned delay_replies;  /* so many next replies come `delay` later than they should */
    double delay;
    unsigned foreign_replies; /* so many next replies come from another unit */
    unsigned resets;         /* instead of so many next replies the connection is closed */
};
int bus_memory_new(struct bus **out, struct memory_clock *clock, const struct memory_line *line, struct err *e);
struct memory_faults *bus_memory_faults(struct bus *b); /* lives as long as the bus */
#endif
