/* bus.h -- one Modbus link: over TCP, over a serial line, or over memory (tests, virtual time).
 *
 * One thread owns a bus.  Every call has one total deadline.  A failed call says through bus->failure what kind it was:
 *   BUS_TIMEOUT, BUS_GARBLED   the link is dirty: a late reply may still arrive.  Nothing that is read may be believed
 *                              until bus_recover() returned 0 and, on a serial line, a canary passed (the link's work).
 *   BUS_EXCEPTION              the device answered "no"; the link is clean
 *   BUS_LOST                   the connection is gone and closed
 * Times are seconds, of the clock that bus_now() reads. */
#ifndef RIG_BUS_BUS_H
#define RIG_BUS_BUS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum { BUS_MAX_READ = 125, BUS_MAX_WRITE = 123 }; /* registers in one request, Modbus Application Protocol 6.3, 6.12 */
enum {
    BUS_READ_COILS = 1, BUS_READ_DISCRETE = 2, BUS_READ_HOLDING = 3, BUS_READ_INPUT = 4, BUS_WRITE_COIL = 5,
    BUS_WRITE_ONE = 6, BUS_WRITE_COILS = 15, BUS_WRITE_MANY = 16
}; /* coils and discrete inputs travel as 0 or 1, one in each uint16_t */
enum bus_failure { BUS_NO_FAILURE, BUS_TIMEOUT, BUS_GARBLED, BUS_EXCEPTION, BUS_LOST };

struct bus_request {
    const char *device;     /* for messages */
    uint8_t  unit;
    uint8_t  function;      /* BUS_READ_COILS ... BUS_WRITE_MANY */
    uint16_t address, count;
    double   timeout;       /* total, s */
    double   gap;           /* silence before the request, s (serial lines) */
};

struct bus;
struct bus_ops {
    int    (*open)(struct bus *, struct err *);
    void   (*close)(struct bus *);
    int    (*read)(struct bus *, const struct bus_request *, uint16_t *regs, struct err *);
    int    (*write)(struct bus *, const struct bus_request *, const uint16_t *regs, struct err *);
    int    (*recover)(struct bus *, double silent_for, double slice, struct err *);
    double (*now)(struct bus *);
    void   (*idle)(struct bus *, double until); /* let time pass */
    void   (*free)(struct bus *);
};
struct bus {                /* first member of every implementation */
    const struct bus_ops *ops;
    char name[96];          /* "tcp 127.0.0.1:1502", "rtu /dev/ttyUSB0 115200 8N1" */
    bool is_open, is_dirty;
    bool is_serial;         /* a late reply can be taken for a later one: drain and canary */
    enum bus_failure failure;
    int  exception;         /* Modbus exception code of the last BUS_EXCEPTION */
    /* The owner's: while this says so and `patience` s have gone without a byte of the reply, the wait is given up, as
     * a time-out.  A STOP then need not wait for a dead device.  NULL: every wait lasts its time-out. */
    bool (*is_urgent)(void *owner);
    void *owner;
    double patience;
};

/* How a link is reached. */
enum bus_kind { BUS_KIND_TCP, BUS_KIND_RTU };
struct bus_address {
    enum bus_kind kind;
    char host[128];         /* TCP: name or IPv4 address; resolved once, at bus_new_* */
    int  port;
    char path[128];         /* RTU: the serial device */
    int  baud, data_bits, stop_bits;
    char parity;            /* N, E, O */
    double connect_timeout; /* s */
};

/* The baud rates that libmodbus passes on; it would take 9600 for any other, in silence. */
#define BUS_BAUDS "1200 2400 4800 9600 19200 38400 57600 115200 230400 460800 921600"
bool bus_is_listed_baud(int baud);

/* The IPv4 address that bus_modbus_new takes for a TCP host: "127.0.0.1" of "localhost".  ERR_COMM: it has none. */
int  bus_resolve(const char *host, char ip[64], struct err *e);
/* Makes a bus; does not open it.  ERR_RANGE: a baud rate that is not listed (libmodbus would take 9600 in silence);
 * ERR_COMM: a host name that does not resolve. */
int  bus_modbus_new(struct bus **out, const struct bus_address *a, struct err *e);
void bus_free(struct bus *b); /* closes; NULL is legal */

/* ERR_COMM with the address and the reason; a serial line is taken for exclusive use. */
int  bus_open(struct bus *b, struct err *e);
void bus_close(struct bus *b);
int  bus_read(struct bus *b, const struct bus_request *r, uint16_t *regs, struct err *e);
int  bus_write(struct bus *b, const struct bus_request *r, const uint16_t *regs, struct err *e);
/* Works at most `slice` seconds at making a dirty link clean: a serial line is drained until it was silent for
 * `silent_for`, a TCP link is closed and opened again.  Returns 0 clean, 1 not yet (call again), or ERR_COMM. */
int  bus_recover(struct bus *b, double silent_for, double slice, struct err *e);
#define BUS_URGENT_SLICE 2e-3 /* s between two looks at is_urgent */
double bus_now(struct bus *b);
void bus_idle(struct bus *b, double until);

/* What implementations share: judging a reply (pdu.h) and the message of a failed request. */
int bus_judge(struct bus *b, const struct bus_request *r, const uint16_t *sent, const uint8_t *reply, size_t n,
              uint16_t *read, struct err *e);
int bus_fail(struct bus *b, const struct bus_request *r, enum bus_failure kind, const char *why, struct err *e);
const char *bus_exception_name(int code);

/* Time of one transaction on a serial line, s (Modbus over Serial Line V1.02, 2.5.1.1; both t3.5 gaps included):
 *     bits (13 + 2 N) / baud + 2 t3.5 + turnaround   reading N registers
 *     bits (17 + 2 N) / baud + 2 t3.5 + turnaround   writing N registers with function 16; function 6: 16 bytes */
double bus_serial_time(int baud, int bits_per_byte, const struct bus_request *r, double turnaround);
/* t3.5: 38.5 bit times up to 19200 baud, 1.75 ms above. */
double bus_t35(int baud);
#endif
