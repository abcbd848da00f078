/* link_parts.h -- the inside of a link, shared by link.c (mailbox, orders, polls), link_talk.c (transactions, STOP,
 * opening and proving) and link_start.c (verification before the first tick).  Only the I/O side calls these. */
#ifndef RIG_LOOP_LINK_PARTS_H
#define RIG_LOOP_LINK_PARTS_H
#include "rig/loop/link.h"

enum { PROOFS_ON_OPEN = MAP_CANARIES, SUSPEND_AFTER = 5 };
#define RECHECK_PERIOD 1.0 /* s between two looks at the verified registers of a link's devices, one at a time */
#define DRAIN_SLICE 5e-3  /* s: a drain gives way to a STOP after each slice */

struct link {
    const struct bench *bench;
    size_t index;
    bool has_axis;
    struct bus *bus;
    pthread_t thread;
    bool is_running;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct link_inbox inbox;      /* under lock */
    struct link_outbox outbox;    /* under lock */
    struct link_stats stats;      /* under lock */
    /* the I/O side's own */
    double   due[BENCH_DEVICES];
    uint16_t known[BENCH_DEVICES][MAP_CANARIES][BUS_MAX_READ]; /* what the canaries read at start */
    int      proofs[BENCH_DEVICES];    /* so many canaries must pass before the device is believed again */
    unsigned canary[BENCH_DEVICES];    /* the next one of the device: they alternate */
    double   patience[BENCH_DEVICES];  /* s until a device that keeps failing is asked again; 0: as usual */
    size_t   round[BENCH_DEVICES];     /* the next group of the sample under way */
    unsigned tick;                     /* the last one seen */
    int      begun[BENCH_DEVICES];     /* samples since then */
    struct link_sample partial[BENCH_DEVICES];
    size_t   recheck;             /* the register of `verify` that is looked at next */
    double   recheck_due;
    uint16_t verified[BENCH_DEVICES][MAP_VERIFY][2]; /* as read back at start */
    double   late_reply;          /* of the device that failed last, s */
    double   gap_after;           /* silence the device asked last wants before the next request, s */
    double   next_try, backoff;
    bool     is_silent, is_stopping;   /* is_stopping: STOP itself is under way */
    unsigned stop_handled, off_handled, order_taken;
    enum axis_order order_kind;
    int      steps, step_at;      /* of the command under way; 0 when none */
    double   order_began, step_due, step_until;
    struct map_step step[MAP_STEPS];
    double   repeat_every, repeat_due; /* s; of a dead man's word that is sent again; 0: none */
    struct map_step repeat;
};

struct bus_request link_request(struct link *l, size_t device, uint8_t function, uint16_t address, uint16_t count);
int  link_read(struct link *l, const struct bus_request *r, size_t device, uint16_t *regs, struct err *e);
int  link_write(struct link *l, size_t device, const struct map_step *s, struct err *e);
/* Sends STOP once; its reply proves nothing. */
void link_send_stop(struct link *l);
/* Switches the drive off, when that was asked for and not done yet; its replies prove nothing, and a STOP does not wait
 * for them.  True when it was. */
bool link_switch_off(struct link *l);
/* Reads the device's next canary; one proof less is needed when it passes, else the drain starts anew. */
void link_prove(struct link *l, size_t device);
/* Reads one verified register again, in turn those of all devices of the link: nobody else may have written it.  False
 * when there is none. */
bool link_recheck(struct link *l);
/* One slice of making a dirty link clean.  Returns when to go on. */
double link_recover(struct link *l);
/* Opens a closed link when it is time for it: STOP first.  Returns when to go on. */
double link_reopen(struct link *l, double now);
#endif
