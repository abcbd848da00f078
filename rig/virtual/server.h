/* server.h -- serves a virtual bench in real time: Modbus TCP for several clients, and RTU on a serial port or pty.
 *
 * One thread, one poll() loop; the bench is advanced by the monotonic clock before each request is answered.  The
 * frames are its own (frame.h), deliberately not libmodbus's, so that client and bench cannot share a framing bug.
 * Every byte from outside is hostile: buffers are bounded, a TCP stream that loses its framing is hung up on, an RTU
 * frame with a bad CRC is ignored, a client that does not take its replies is dropped. */
#ifndef RIG_VIRTUAL_SERVER_H
#define RIG_VIRTUAL_SERVER_H
#include <stdatomic.h>
#include "rig/virtual/serial.h"
#include "rig/virtual/vbench.h"

struct server_settings {
    const char *bind;              /* IPv4 address, "127.0.0.1" */
    int  tcp_port;                 /* 0: pick one; -1: no TCP */
    const char *rtu;               /* path of a serial port, "pty", or NULL: no RTU */
    struct serial_settings serial;
    bool paced;                    /* RTU bytes take the time that the baud rate gives them */
    double seconds;                /* s until it ends by itself, > 0 */
    double idle_exit;              /* s without any client until it ends; 0: never */
};

struct server;

/* ERR_COMM, ERR_ARG or ERR_NOMEM. */
int  server_open(struct server **out, const struct server_settings *set, struct err *e);
void server_close(struct server *s);                 /* NULL is legal */
int  server_port(const struct server *s);            /* -1 without TCP */
const char *server_rtu_name(const struct server *s); /* what a client opens; NULL without RTU */
/* Serves until *stop is set, the time is over, or nobody came for long enough.  ERR_COMM when a port fails. */
int  server_run(struct server *s, struct vbench *v, const atomic_int *stop, struct err *e);
#endif
