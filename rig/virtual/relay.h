/* relay.h -- the fault proxy without its sockets: bytes of a client and of a server go in with the time, bytes for
 * either come out when they are due.  Pure: no clock, no I/O; times in s on any one clock.
 *
 * Frames are found by their length and CRC, not by silences, which a busy computer makes by itself; bytes that are no
 * frame go on as they are when nothing has followed them for RELAY_JUNK_TIME.  Client and server may be framed
 * differently. */
#ifndef RIG_VIRTUAL_RELAY_H
#define RIG_VIRTUAL_RELAY_H
#include "rig/virtual/mangle.h"

#define RELAY_JUNK_TIME 25e-3 /* s */
enum { RELAY_IN = MANGLE_RAW_MAX, RELAY_QUEUE = 16 };
enum relay_side { RELAY_CLIENT, RELAY_SERVER };

/* One message as it was seen. */
struct relay_record {
    double time;               /* s since the hub's start */
    long connection, number;   /* number: the request's, also for its reply */
    enum fault_side direction;
    const struct frame *frame; /* NULL: no frame */
    const uint8_t *bytes;
    size_t n;
    const char *done;          /* faults, "" when none */
};

/* What all connections share: the script and what there was. */
struct relay_hub {
    struct fault_script script;
    struct fault_traffic traffic;
    struct relay_armed { const struct fault *fault; long left; } armed[FAULT_MAX]; /* waiting for their frame */
    size_t n_armed;
    double start;
    long resets;               /* counts `reset`: who owns the connections breaks them when it changes */
    double refuse_until;       /* on the same clock; 0 before any */
    void (*note)(void *user, const struct relay_record *r); /* may be NULL */
    void *user;
};

struct relay_settings {
    enum mangle_framing client, server;
    double byte_time;          /* s a byte takes on the client's line; 0: none */
    double silence;            /* s between the last byte of a client's RTU request and its hearing */
};

struct relay_parcel {
    enum relay_side to;
    bool late, reordered;      /* held */
    double start, interval;    /* s: its first byte begins, and each takes */
    size_t n, sent;
    uint8_t bytes[MANGLE_MAX];
};

struct relay {
    struct relay_hub *hub;
    struct relay_settings set;
    long connection, number;
    uint16_t transaction;      /* of the client's last request */
    struct { uint8_t bytes[RELAY_IN]; size_t n; double heard; } in[2];
    struct relay_parcel queue[RELAY_QUEUE];
    size_t n_queue;
};

/* Fires faults that wait for the time alone.  Once per turn. */
void relay_hub_tick(struct relay_hub *h, double now);
/* ERR_PARSE when the script holds what this framing has not (wrong transaction without TCP towards that side). */
int  relay_check(const struct fault_script *s, enum mangle_framing client, enum mangle_framing server, struct err *e);

/* A new connection; counts it. */
void relay_init(struct relay *r, struct relay_hub *h, const struct relay_settings *set);
void relay_take(struct relay *r, enum relay_side from, const uint8_t *bytes, size_t n, double now);
/* Passes on what has waited for a silence. */
void relay_tick(struct relay *r, double now);
/* Bytes for a side that are due now, at most cap; returns how many. */
size_t relay_give(struct relay *r, enum relay_side to, uint8_t *out, size_t cap, double now);
/* When it next has something to do, on the same clock; HUGE_VAL: only when bytes come. */
double relay_wake(const struct relay *r);
bool relay_is_empty(const struct relay *r, enum relay_side to); /* nothing will come for this side by itself */
#endif
