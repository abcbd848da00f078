/* fuzz_reply.c -- libFuzzer target: any bytes as the reply to a request: of the decoder alone, of a TCP link and of a
 * serial one through libmodbus.  A reply is believed only when every byte the protocol fixes is right, a failure has a
 * message and a kind, and nothing is written past the values that were asked for.  modbus_connect and the sending are
 * wrapped by the linker: the other end is a socket pair or a pseudo-terminal, and it answers with the input. */
#include <assert.h>
#include <fcntl.h>
#include <modbus.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include "rig/bus/pdu.h"
#include "rig/virtual/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_modbus_connect(modbus_t *ctx);
int __real_modbus_send_raw_request(modbus_t *ctx, const uint8_t *raw, int n);
int __wrap_modbus_send_raw_request(modbus_t *ctx, const uint8_t *raw, int n);

enum { VALUES = BUS_MAX_READ, GUARD = 0xA5A5, REPLY_MAX = 300 };
/* The other end; the wrapped calls know no other way to it. */
static struct { int far; bool serial; uint8_t reply[REPLY_MAX]; size_t n; } peer;

static int open_line(int *near)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    struct termios raw;
    char name[64];
    if (master < 0 || grantpt(master) || unlockpt(master) || ptsname_r(master, name, sizeof name))
        abort();
    *near = open(name, O_RDWR | O_NOCTTY);
    if (*near < 0 || tcgetattr(*near, &raw))
        abort();
    cfmakeraw(&raw);
    tcsetattr(*near, TCSANOW, &raw);
    return master;
}

static void answer(void)
{
    if (peer.n && write(peer.far, peer.reply, peer.n) != (ssize_t)peer.n)
        abort();
}

int __wrap_modbus_connect(modbus_t *ctx)
{
    int pair[2];
    if (peer.serial) {
        peer.far = open_line(&pair[0]);
    } else {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
            abort();
        peer.far = pair[1];
        answer();
        shutdown(peer.far, SHUT_WR); /* what is missing does not come */
    }
    return modbus_set_socket(ctx, pair[0]);
}

int __wrap_modbus_send_raw_request(modbus_t *ctx, const uint8_t *raw, int n)
{
    int rc = __real_modbus_send_raw_request(ctx, raw, n);
    answer();
    return rc;
}

static struct bus_request make_request(uint8_t a, uint8_t b)
{
    static const uint8_t functions[8] = {1, 2, 3, 4, 5, 6, 15, 16};
    uint8_t f = functions[a & 7];
    uint16_t most = f == 5 || f == 6 ? 1 : bus_is_read(f) ? BUS_MAX_READ : BUS_MAX_WRITE;
    return (struct bus_request){"fuzz", (uint8_t)(1 + (a >> 3)), f, (uint16_t)(b * 0x101), (uint16_t)(1 + b % most),
                                2e-3, 0.0};
}

/* What the protocol fixes in a reply that is believed: p has the function code first. */
static void must_fit(const struct bus_request *r, const uint8_t *p, size_t n, const uint16_t *sent)
{
    assert(n >= 2 && p[0] == r->function);
    if (bus_is_read(r->function)) {
        size_t bytes = bus_is_coils(r->function) ? (r->count + 7u) / 8u : 2u * r->count;
        assert(p[1] == bytes && n == 2 + bytes);
        return;
    }
    unsigned value = r->function == 5 ? (sent[0] ? 0xFF00u : 0u) : r->function == 6 ? sent[0] : r->count;
    assert(n == 5 && (p[1] << 8 | p[2]) == r->address && (unsigned)(p[3] << 8 | p[4]) == value);
}

static void as_pdu(const struct bus_request *r, const uint8_t *data, size_t n, const uint16_t *sent)
{
    uint16_t read[VALUES + 1];
    int exception = 0;
    memset(read, 0xA5, sizeof read);
    uint8_t *exact = malloc(n ? n : 1); /* so that one byte too far is seen */
    if (!exact)
        abort();
    memcpy(exact, data, n);
    const char *why = pdu_reply(r, sent, exact, n, read, &exception);
    assert(!why || (*why && !exception));
    if (!why && !exception)
        must_fit(r, exact, n, sent);
    assert(read[r->count < VALUES ? r->count : VALUES] == GUARD);
    free(exact);
}

static void over_link(struct bus_request *r, bool serial, const uint16_t *sent)
{
    struct bus_address a = {.kind = serial ? BUS_KIND_RTU : BUS_KIND_TCP, .host = "127.0.0.1", .port = 502,
                            .path = "/dev/null", .baud = 921600,
                            .data_bits = 8, .stop_bits = 1, .parity = 'E', .connect_timeout = 0.1};
    uint16_t read[VALUES + 1];
    struct bus *b = NULL;
    struct err e = {0};
    memset(read, 0xA5, sizeof read);
    peer.serial = serial;
    if (bus_modbus_new(&b, &a, &e) || bus_open(b, &e))
        abort();
    int rc = bus_is_read(r->function) ? bus_read(b, r, read, &e) : bus_write(b, r, sent, &e);
    size_t head = serial ? 1 : 7, tail = serial ? 2 : 0;
    if (rc == 0) {
        assert(peer.n >= head + tail + 2 && peer.reply[head - 1] == r->unit);
        size_t told = (size_t)(peer.reply[4] << 8 | peer.reply[5]) - 1;
        size_t n = !serial ? told : 2 + (bus_is_read(r->function) ? peer.reply[2] : 3u);
        must_fit(r, peer.reply + head, n, sent);
    } else {
        assert(e.msg[0] && b->failure != BUS_NO_FAILURE);
        assert((b->failure == BUS_EXCEPTION) == (b->exception != 0) || b->failure != BUS_EXCEPTION);
    }
    assert(read[r->count < VALUES ? r->count : VALUES] == GUARD);
    bus_free(b);
    close(peer.far);
}

/* Bytes 0 and 1: the request.  Byte 2: what is put right in the frame, so that what lies behind is reached, and on
 * which kind of link (a serial one rarely: it takes its time).  The rest: the reply. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    uint16_t sent[BUS_MAX_WRITE];
    struct bus_request r = make_request(data[0], data[1]);
    for (size_t i = 0; i < BUS_MAX_WRITE; i++)
        sent[i] = (uint16_t)(bus_is_coils(r.function) ? i & 1 : 0x1234 + 7 * i);
    uint8_t how = data[2];
    size_t n = size - 3 < REPLY_MAX - 12 ? size - 3 : REPLY_MAX - 12;
    as_pdu(&r, data + 3, n, sent);
    bool serial = (how & 0xF8) == 0xF8;
    memcpy(peer.reply, data + 3, n);
    if (how & 1 && n >= 2) /* unit and function in place */
        peer.reply[serial ? 0 : n >= 8 ? 6 : 0] = r.unit;
    if (how & 2 && n >= 8)
        peer.reply[serial ? 1 : 7] = r.function;
    if (!serial && how & 4 && n >= 7) {
        const uint8_t mbap[6] = {0, 1, 0, 0, 0, (uint8_t)(n - 6)};
        memcpy(peer.reply, mbap, sizeof mbap);
    }
    peer.n = n;
    if (serial && how & 4 && n >= 2)
        peer.n = rtu_wrap(peer.reply, peer.reply[0], n - 1);
    over_link(&r, serial, sent);
    return 0;
}
