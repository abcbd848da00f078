/* modbus.c -- the only door to libmodbus: TCP and serial (RTU) master.  See bus.h.
 * Why each call is fenced as it is: docs/reference/rig-files.md, "The bus". */
#include <errno.h>
#include <math.h>
#include <modbus.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "rig/bus/pdu.h"

struct modbus_bus {
    struct bus base;
    modbus_t *ctx;
    struct bus_address address;
    double last_end;     /* when the line was last used, for the silence before a request */
    double silent_since; /* drain: when the last stray byte came */
    bool is_draining;
    uint16_t transaction; /* id of the last TCP request */
};

static struct modbus_bus *self_of(struct bus *b) { return (struct modbus_bus *)b; }

static double modbus_now(struct bus *b)
{
    (void)b;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void modbus_idle(struct bus *b, double until)
{
    double left;
    while ((left = until - modbus_now(b)) > 0.0) {
        struct timespec t = {(time_t)left, (long)(fmod(left, 1.0) * 1e9)};
        nanosleep(&t, NULL);
    }
}

/* libmodbus's own time-outs: the whole reply must be there in `seconds`; a byte time-out of 0 switches its per-byte
 * restart off (a peer that trickles bytes would otherwise stretch the call without end). */
static void set_deadline(struct modbus_bus *m, double seconds)
{
    double s = seconds > 1e-3 ? seconds : 1e-3; /* 0 is refused by libmodbus */
    uint32_t whole = (uint32_t)s, micro = (uint32_t)((s - (double)whole) * 1e6);
    modbus_set_response_timeout(m->ctx, whole, micro);
    modbus_set_byte_timeout(m->ctx, 0, 0);
}

static int modbus_bus_open(struct bus *b, struct err *e)
{
    struct modbus_bus *m = self_of(b);
    set_deadline(m, m->address.connect_timeout);
    if (modbus_connect(m->ctx) != 0) {
        err_set(e, ERR_COMM, "cannot open %s: %s", b->name, modbus_strerror(errno));
        err_hint(
            e,
            b->is_serial
                ? "check that the serial device exists, that you may use it (group dialout) and that nobody else does"
                : "is the device (or 'mnbench serve') running, and is this its address and port?");
        return ERR_COMM;
    }
    if (b->is_serial && ioctl(modbus_get_socket(m->ctx), TIOCEXCL) != 0) { /* one master per line */
        err_set(e, ERR_COMM, "cannot take %s for exclusive use: %s", b->name, strerror(errno));
        modbus_close(m->ctx);
        return ERR_COMM;
    }
    m->last_end = modbus_now(b);
    m->is_draining = false;
    return 0;
}

static void modbus_bus_close(struct bus *b) { modbus_close(self_of(b)->ctx); }

static int is_lost(int err)
{
    return err == EPIPE || err == ECONNRESET || err == EBADF || err == EIO || err == ENODEV || err == ENXIO ||
           err == ECONNREFUSED || err == ECONNABORTED || err == ENOTCONN || err == EHOSTUNREACH || err == ENETUNREACH;
}

/* One errno of libmodbus -> our kinds of failure. */
static int fail_from_errno(struct modbus_bus *m, const struct bus_request *r, int err, struct err *e)
{
    struct bus *b = &m->base;
    if (err == ETIMEDOUT)
        return bus_fail(b, r, BUS_TIMEOUT, "", e);
    if (is_lost(err)) {
        bus_close(b);
        return bus_fail(b, r, BUS_LOST, strerror(err), e);
    }
    return bus_fail(b, r, BUS_GARBLED, modbus_strerror(err), e);
}

/* Silence before a request on a serial line: t3.5 or the device's own gap, whichever is longer (libmodbus keeps none).
 * What is in the input buffer now belongs to nobody: it goes.  (modbus_flush would also discard unsent output, e.g. a
 * STOP.) */
static void prepare(struct modbus_bus *m, const struct bus_request *r)
{
    if (m->base.is_serial) {
        double t35 = bus_t35(m->address.baud);
        modbus_idle(&m->base, m->last_end + (r->gap > t35 ? r->gap : t35));
        tcflush(modbus_get_socket(m->ctx), TCIFLUSH);
    }
    modbus_set_slave(m->ctx, r->unit);
    set_deadline(m, r->timeout);
}

enum { MBAP = 7 }; /* transaction id, protocol id, length, unit */

/* Sends a request; errno on failure.  Over TCP with a header of our own: libmodbus would not let us see the transaction
 * id that its reply has to carry, nor check unit and length.  A serial line gets address and checksum from libmodbus.
 */
static int send_request(struct modbus_bus *m, const struct bus_request *r, const uint8_t *pdu, size_t n)
{
    uint8_t frame[MBAP + PDU_MAX];
    if (m->base.is_serial) {
        frame[0] = r->unit;
        memcpy(frame + 1, pdu, n);
        return modbus_send_raw_request(m->ctx, frame, (int)n + 1) < 0 ? errno : 0;
    }
    m->transaction++;
    const uint8_t head[MBAP] = {(uint8_t)(m->transaction >> 8), (uint8_t)(m->transaction & 0xFF), 0, 0, 0,
                                (uint8_t)(n + 1), r->unit};
    memcpy(frame, head, sizeof head);
    memcpy(frame + MBAP, pdu, n);
    ssize_t sent = send(modbus_get_socket(m->ctx), frame, MBAP + n, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == (ssize_t)(MBAP + n) ? 0 : sent < 0 && errno != EAGAIN ? errno : EPIPE;
}

/* Is the header the one of our request? */
static const char *check_head(const struct modbus_bus *m, const struct bus_request *r, const uint8_t *adu, size_t n)
{
    if (n <= MBAP)
        return "too short";
    if ((uint16_t)(adu[0] << 8 | adu[1]) != m->transaction)
        return "the transaction id of another request";
    if (adu[2] || adu[3])
        return "another protocol id than Modbus'";
    if ((size_t)(adu[4] << 8 | adu[5]) != n - 6)
        return "its header tells another length than it has";
    return adu[6] == r->unit ? NULL : "the answer of another unit";
}

static int judge(struct modbus_bus *m, const struct bus_request *r, const uint16_t *sent, const uint8_t *adu, size_t n,
                 uint16_t *read, struct err *e)
{
    if (m->base.is_serial) /* libmodbus checked the checksum, and the unit, but that it takes 0 for anybody's; a frame
                            * of another unit counts 0 bytes */
        return n < 4 || adu[0] != r->unit
                     ? bus_fail(&m->base, r, BUS_GARBLED, "the frame of another unit, or a fragment", e)
                     : bus_judge(&m->base, r, sent, adu + 1, n - 3, read, e);
    const char *why = check_head(m, r, adu, n);
    return why ? bus_fail(&m->base, r, BUS_GARBLED, why, e)
               : bus_judge(&m->base, r, sent, adu + MBAP, n - MBAP, read, e);
}

/* Waits for the first byte.  Returns 0, or ETIMEDOUT: at the deadline, or when something more urgent is waiting. */
static int await_reply(struct modbus_bus *m, double sent, double deadline)
{
    struct bus *b = &m->base;
    struct pollfd p = {modbus_get_socket(m->ctx), POLLIN, 0};
    double now = sent, first = b->is_urgent ? fmin(deadline, sent + b->patience) : deadline;
    while (now < deadline) {
        double until = now < first ? first : fmin(deadline, now + BUS_URGENT_SLICE);
        if (poll(&p, 1, (int)ceil((until - now) * 1e3)) > 0)
            return 0;
        now = modbus_now(b);
        if (b->is_urgent && now >= first && b->is_urgent(b->owner))
            return ETIMEDOUT;
    }
    return ETIMEDOUT;
}

static int talk(struct bus *b, const struct bus_request *r, const uint16_t *sent, uint16_t *read, struct err *e)
{
    struct modbus_bus *m = self_of(b);
    uint8_t pdu[PDU_MAX], adu[MODBUS_MAX_ADU_LENGTH + 1];
    prepare(m, r);
    size_t length = pdu_request(r, sent, pdu);
    int err = send_request(m, r, pdu, length), n = -1;
    double sent_at = modbus_now(b);
    if (err == 0)
        err = await_reply(m, sent_at, sent_at + r->timeout);
    if (err == 0) {
        set_deadline(m, sent_at + r->timeout - modbus_now(b));
        n = modbus_receive_confirmation(m->ctx, adu);
        err = errno;
    }
    m->last_end = modbus_now(b);
    return n < 0 ? fail_from_errno(m, r, err, e) : judge(m, r, sent, adu, (size_t)n, read, e);
}

static int modbus_bus_read(struct bus *b, const struct bus_request *r, uint16_t *regs, struct err *e)
{
    return talk(b, r, NULL, regs, e);
}

static int modbus_bus_write(struct bus *b, const struct bus_request *r, const uint16_t *regs, struct err *e)
{
    return talk(b, r, regs, NULL, e);
}

static int drain(struct modbus_bus *m, double silent_for, double slice)
{
    struct bus *b = &m->base;
    double now = modbus_now(b), end = now + slice;
    if (!m->is_draining)
        m->silent_since = now;
    m->is_draining = true;
    struct pollfd p = {modbus_get_socket(m->ctx), POLLIN, 0};
    while ((now = modbus_now(b)) < end) {
        unsigned char junk[256];
        if (poll(&p, 1, 1) > 0 && read(p.fd, junk, sizeof junk) > 0)
            m->silent_since = modbus_now(b);
        if (modbus_now(b) - m->silent_since >= silent_for) {
            m->is_draining = false;
            return 0;
        }
    }
    return 1;
}

static int modbus_recover(struct bus *b, double silent_for, double slice, struct err *e)
{
    if (b->is_serial && b->is_open)
        return drain(self_of(b), silent_for, slice);
    bus_close(b);
    return bus_open(b, e);
}

static void modbus_bus_free(struct bus *b)
{
    modbus_free(self_of(b)->ctx);
    free(b);
}

static const struct bus_ops MODBUS_OPS = {modbus_bus_open, modbus_bus_close, modbus_bus_read, modbus_bus_write,
                                          modbus_recover, modbus_now, modbus_idle, modbus_bus_free};

/* modbus_new_tcp takes no names; they are looked up once, at start. */
int bus_resolve(const char *host, char ip[64], struct err *e)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int rc = getaddrinfo(host, NULL, &hints, &found);
    if (rc == 0)
        rc = getnameinfo(found->ai_addr, found->ai_addrlen, ip, 64, NULL, 0, NI_NUMERICHOST);
    if (found)
        freeaddrinfo(found);
    if (rc)
        return err_set(e, ERR_COMM, "host '%s' cannot be resolved: %s", host, gai_strerror(rc));
    return 0;
}

static int new_tcp(struct modbus_bus *m, struct err *e)
{
    char ip[64];
    int rc = bus_resolve(m->address.host, ip, e);
    if (rc)
        return rc;
    snprintf(m->base.name, sizeof m->base.name, "tcp %.60s:%d", m->address.host, m->address.port);
    m->ctx = modbus_new_tcp(ip, m->address.port);
    return m->ctx ? 0 : err_set(e, ERR_NOMEM, "out of memory for %s", m->base.name);
}

static int new_rtu(struct modbus_bus *m, struct err *e)
{
    const struct bus_address *a = &m->address;
    if (!bus_is_listed_baud(a->baud)) {
        err_set(e, ERR_RANGE, "baud rate %d of %s is not a listed one", a->baud, a->path);
        err_hint(e, BUS_BAUDS);
        return ERR_RANGE;
    }
    m->base.is_serial = true;
    snprintf(m->base.name, sizeof m->base.name, "rtu %.60s %d %d%c%d", a->path, a->baud, a->data_bits, a->parity,
             a->stop_bits);
    m->ctx = modbus_new_rtu(a->path, a->baud, a->parity, a->data_bits, a->stop_bits);
    return m->ctx ? 0 : err_set(e, ERR_NOMEM, "out of memory for %s", m->base.name);
}

int bus_modbus_new(struct bus **out, const struct bus_address *a, struct err *e)
{
    struct modbus_bus *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(e, ERR_NOMEM, "out of memory for a bus");
    m->base.ops = &MODBUS_OPS;
    m->address = *a;
    int rc = a->kind == BUS_KIND_TCP ? new_tcp(m, e) : new_rtu(m, e);
    if (rc) {
        free(m);
        return rc;
    }
    modbus_set_error_recovery(m->ctx, MODBUS_ERROR_RECOVERY_NONE);
    *out = &m->base;
    return 0;
}
