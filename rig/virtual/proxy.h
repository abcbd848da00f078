/* proxy.h -- the fault proxy in real time: between Modbus clients and a server, TCP or serial on either side.
 *
 * One thread, one poll() loop around relay.h.  Each TCP client gets a connection of its own to the server; a pty or a
 * serial port has one client or server.  A connection to the server is made when a client comes (TCP) or speaks
 * (pty). */
#ifndef RIG_VIRTUAL_PROXY_H
#define RIG_VIRTUAL_PROXY_H
#include <stdatomic.h>
#include "rig/virtual/relay.h"
#include "rig/virtual/serial.h"

struct proxy_settings {
    const char *bind;              /* IPv4 address to listen on */
    int  listen_port;              /* 0: pick one; -1: listen on a new pty */
    const char *link;              /* symbolic link that always names the pty, or NULL; no other file may be there */
    const char *to_host;           /* IPv4 address or name (resolved at the start); NULL: to a serial port */
    int  to_port;
    const char *to_serial;
    struct serial_settings serial; /* of the port, and of the pacing */
    bool paced;                    /* the pty's bytes take their time */
    double seconds, idle_exit;     /* s; idle_exit 0: never */
};

struct proxy;

/* ERR_COMM, ERR_ARG or ERR_NOMEM.  The hub is borrowed. */
int  proxy_open(struct proxy **out, const struct proxy_settings *set, struct relay_hub *hub, struct err *e);
void proxy_close(struct proxy *p);                 /* NULL is legal; removes the link */
int  proxy_port(const struct proxy *p);            /* -1 when it listens on a pty */
const char *proxy_pty_name(const struct proxy *p); /* NULL when it listens on TCP */
int  proxy_run(struct proxy *p, const atomic_int *stop, struct err *e);
#endif
