/* bus.c -- what every kind of bus shares: dispatch, messages, line timing.  See bus.h. */
#include <assert.h>
#include "rig/bus/pdu.h"

void bus_free(struct bus *b)
{
    if (!b)
        return;
    bus_close(b);
    b->ops->free(b);
}

int bus_open(struct bus *b, struct err *e)
{
    if (b->is_open)
        return 0;
    int rc = b->ops->open(b, e);
    b->is_open = rc == 0;
    b->is_dirty = false;
    return rc;
}

void bus_close(struct bus *b)
{
    if (b->is_open)
        b->ops->close(b);
    b->is_open = false;
}

int bus_read(struct bus *b, const struct bus_request *r, uint16_t *regs, struct err *e)
{
    assert(r->count >= 1 && r->count <= BUS_MAX_READ);
    if (!b->is_open)
        return bus_fail(b, r, BUS_LOST, "the link is down", e);
    b->failure = BUS_NO_FAILURE;
    return b->ops->read(b, r, regs, e);
}

int bus_write(struct bus *b, const struct bus_request *r, const uint16_t *regs, struct err *e)
{
    assert(r->count >= 1 && r->count <= BUS_MAX_WRITE && 
           (r->function == BUS_WRITE_MANY || r->function == BUS_WRITE_COILS || r->count == 1));
    if (!b->is_open)
        return bus_fail(b, r, BUS_LOST, "the link is down", e);
    b->failure = BUS_NO_FAILURE;
    return b->ops->write(b, r, regs, e);
}

int bus_recover(struct bus *b, double silent_for, double slice, struct err *e)
{
    int rc = b->ops->recover(b, silent_for, slice, e);
    if (rc == 0)
        b->is_dirty = false;
    return rc;
}

double bus_now(struct bus *b) { return b->ops->now(b); }
void bus_idle(struct bus *b, double until) { b->ops->idle(b, until); }

static const char *function_name(int function)
{
    switch (function) {
    case BUS_READ_COILS: return "read coils";
    case BUS_READ_DISCRETE: return "read discrete inputs";
    case BUS_WRITE_COIL: return "write coil";
    case BUS_WRITE_COILS: return "write coils";
    case BUS_READ_HOLDING: return "read holding registers";
    case BUS_READ_INPUT: return "read input registers";
    case BUS_WRITE_ONE: return "write register";
    case BUS_WRITE_MANY: return "write registers";
    default: return "function";
    }
}

const char *bus_exception_name(int code)
{
    static const char *const names[] = {"", "illegal function", "illegal data address", "illegal data value",
                                        "device failure", "acknowledge", "device busy", "negative acknowledge",
                                        "memory parity error", "", "gateway path unavailable", "gateway target silent"};
    return code > 0 && code < (int)(sizeof names / sizeof *names) && names[code][0] ? names[code] : "unknown exception";
}

int bus_fail(struct bus *b, const struct bus_request *r, enum bus_failure kind, const char *why, struct err *e)
{
    b->failure = kind;
    if (kind == BUS_TIMEOUT || kind == BUS_GARBLED)
        b->is_dirty = true;
    char what[320];
    snprintf(what, sizeof what, "'%s' (unit %u, function %u %s, address 0x%04X, %u registers, %s)", r->device, r->unit,
             r->function, function_name(r->function), r->address, r->count, b->name);
    switch (kind) {
    case BUS_TIMEOUT:
        err_set(e, ERR_COMM, "no reply from %s within %.0f ms", what, r->timeout * 1e3);
        err_hint(e, "check power, cable, unit id and line settings; 'mnrig probe' shows which units answer");
        break;
    case BUS_EXCEPTION:
        err_set(e, ERR_COMM, "%s refused: exception %d, %s", what, b->exception, bus_exception_name(b->exception));
        err_hint(e, "check the address and count against the device's manual");
        break;
    case BUS_GARBLED:
        err_set(e, ERR_COMM, "unusable reply from %s: %s", what, why);
        err_hint(e, "check parity, baud rate, termination and that no other master is on the line");
        break;
    default:
        err_set(e, ERR_COMM, "link lost to %s: %s", what, why);
        err_hint(e, "check cable and power; the axis counts as unknown until it was read again");
        break;
    }
    return ERR_COMM;
}

int bus_judge(struct bus *b, const struct bus_request *r, const uint16_t *sent, const uint8_t *reply, size_t n,
              uint16_t *read, struct err *e)
{
    const char *why = pdu_reply(r, sent, reply, n, read, &b->exception);
    if (why)
        return bus_fail(b, r, BUS_GARBLED, why, e);
    return b->exception ? bus_fail(b, r, BUS_EXCEPTION, "", e) : 0;
}

bool bus_is_listed_baud(int baud)
{
    static const int listed[] = {1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600};
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
        if (listed[i] == baud)
            return true;
    return false;
}

double bus_t35(int baud) { return baud > 19200 ? 1.75e-3 : 38.5 / (double)baud; }

double bus_serial_time(int baud, int bits_per_byte, const struct bus_request *r, double turnaround)
{
    double data = bus_is_coils(r->function) ? (r->count + 7) / 8 : 2.0 * r->count;
    bool one = r->function == BUS_WRITE_ONE || r->function == BUS_WRITE_COIL;
    double bytes = one ? 16.0 : (bus_is_read(r->function) ? 13.0 : 17.0) + data;
    return (double)bits_per_byte * bytes / (double)baud + 2.0 * bus_t35(baud) + turnaround;
}
