/* rough.c -- see rough.h. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "tests/rig/rough.h"

static void nap(double s)
{
    const struct timespec t = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};
    nanosleep(&t, NULL);
}

uint16_t rough_crc(const uint8_t *b, size_t n)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < n; i++) {
        crc ^= b[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 1u ? crc >> 1 ^ 0xA001u : crc >> 1;
    }
    return (uint16_t)crc;
}

/* Waits until n bytes are there; false at the end of the peer, of the connection or of the patience. */
static bool take(struct rough *r, uint8_t *out, size_t n)
{
    struct pollfd p = {r->fd, POLLIN, 0};
    for (size_t got = 0; got < n;) {
        int rc = poll(&p, 1, 10);
        if (atomic_load(&r->quit))
            return false;
        if (rc <= 0)
            continue;
        ssize_t k = read(r->fd, out + got, n - got);
        if (k <= 0)
            return false;
        got += (size_t)k;
    }
    return true;
}

static size_t answer(const uint8_t *pdu, uint8_t *out)
{
    unsigned address = (unsigned)pdu[1] << 8 | pdu[2], count = (unsigned)pdu[3] << 8 | pdu[4];
    out[0] = pdu[0];
    if (pdu[0] > 4) {
        memcpy(out + 1, pdu + 1, 4);
        return 5;
    }
    out[1] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        out[2 + 2 * i] = (uint8_t)((address + i) >> 8);
        out[3 + 2 * i] = (uint8_t)((address + i) & 0xFF);
    }
    return 2 + 2 * count;
}

static void put(const struct rough *r, const uint8_t *b, size_t n)
{
    for (size_t at = 0; at < n && !r->quit;) {
        ssize_t k = r->is_line ? write(r->fd, b + at, n - at) : send(r->fd, b + at, n - at, MSG_NOSIGNAL);
        if (k <= 0)
            return;
        at += (size_t)k;
    }
}

static void put_slowly(const struct rough *r, const uint8_t *b, size_t n, size_t step, double pause)
{
    for (size_t i = 0; i < n; i += step) {
        put(r, b + i, step < n - i ? step : n - i);
        nap(pause);
    }
}

static void reply(struct rough *r, const uint8_t head[7], const uint8_t *pdu, struct rough_manner m)
{
    uint8_t f[300], *body = f + (r->is_line ? 1 : 7);
    size_t n = answer(pdu, body);
    if (m.kind == ROUGH_REFUSES) {
        body[0] |= 0x80;
        body[1] = 3;
        n = 2;
    }
    if (m.kind == ROUGH_FOREIGN_ECHO)
        body[2] ^= 0x10;
    if (m.kind == ROUGH_WRONG_LENGTH && r->is_line) { /* one register too few, well framed */
        n -= 2;
        body[1] = (uint8_t)(body[1] - 2);
    }
    uint8_t unit = m.kind == ROUGH_WRONG_UNIT ? head[6] ^ 0x05 : m.kind == ROUGH_UNIT_0 ? 0 : head[6];
    if (r->is_line) {
        f[0] = unit;
        uint16_t crc = rough_crc(f, n + 1);
        f[n + 1] = (uint8_t)(crc & 0xFF);
        f[n + 2] = (uint8_t)(m.kind == ROUGH_BAD_CHECKSUM ? ~(crc >> 8) : crc >> 8);
        n += 3;
    } else {
        memcpy(f, head, 6);
        f[1] ^= m.kind == ROUGH_WRONG_ID ? 0x41 : 0;
        f[3] = m.kind == ROUGH_WRONG_PROTOCOL ? 7 : 0;
        f[4] = 0;
        f[5] = (uint8_t)(n + (m.kind == ROUGH_WRONG_LENGTH ? 9 : 1));
        f[6] = unit;
        n += 7;
    }
    static const uint8_t junk[] = {0xDE, 0xAD, 0x03, 0x77, 0x00, 0x13, 0x99, 0x5A, 0xC3, 0x01, 0xFE};
    switch (m.kind) {
    case ROUGH_LATE: nap(m.delay); put(r, f, n); break;
    case ROUGH_TRICKLE: put_slowly(r, f, n, 1, 0.03); break;
    case ROUGH_SPLIT: put_slowly(r, f, n, n / 2 + 1, 0.02); break;
    case ROUGH_SHORT: put(r, f, n - 3); break;
    case ROUGH_JUNK: put(r, junk, sizeof junk); break;
    case ROUGH_TWICE: put(r, f, n); put(r, f, n); break;
    default: put(r, f, n); break;
    }
}

/* One request; the address and the value are the same bytes in both framings. */
static bool request(struct rough *r)
{
    uint8_t head[7] = {0}, pdu[260];
    size_t rest;
    if (r->is_line) {
        uint8_t start[8];
        if (!take(r, start, 8))
            return false;
        head[6] = start[0];
        memcpy(pdu, start + 1, 5);
        rest = start[1] == 16 || start[1] == 15 ? (size_t)start[6] + 1 : 0;
        if (rest && !take(r, pdu + 5, rest))
            return false;
    } else {
        if (!take(r, head, 7))
            return false;
        rest = (size_t)(head[4] << 8 | head[5]) - 1;
        if (rest > sizeof pdu || !take(r, pdu, rest))
            return false;
    }
    unsigned n = atomic_load(&r->requests);
    if (n < ROUGH_LOG) {
        r->log[n][0] = head[6];
        memcpy(&r->log[n][1], pdu, 5);
    }
    struct rough_manner m = r->manner ? r->manner(r, n, head[6], pdu) : (struct rough_manner){ROUGH_FINE, 0.0};
    atomic_store(&r->requests, n + 1);
    if (m.kind == ROUGH_HANGS_UP)
        return false;
    if (m.kind != ROUGH_SILENT)
        reply(r, head, pdu, m);
    return true;
}

static void *rough_main(void *arg)
{
    struct rough *r = arg;
    while (!atomic_load(&r->quit)) {
        if (!r->is_line) {
            struct pollfd p = {r->listener, POLLIN, 0};
            if (poll(&p, 1, 10) <= 0 || (r->fd = accept(r->listener, NULL, NULL)) < 0)
                continue;
        }
        while (request(r))
            ;
        if (!r->is_line)
            close(r->fd);
    }
    return NULL;
}

static bool open_line(struct rough *r)
{
    struct termios t;
    r->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (r->fd < 0 || grantpt(r->fd) || unlockpt(r->fd) || ptsname_r(r->fd, r->path, sizeof r->path))
        return false;
    r->other = open(r->path, O_RDWR | O_NOCTTY | O_CLOEXEC); /* keeps the line alive between two masters */
    if (r->other < 0 || tcgetattr(r->other, &t))
        return false;
    cfmakeraw(&t);
    return tcsetattr(r->other, TCSANOW, &t) == 0;
}

static bool open_port(struct rough *r)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)r->port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    const int yes = 1;
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (r->listener < 0 || setsockopt(r->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) ||
        bind(r->listener, (struct sockaddr *)&a, n) || listen(r->listener, 4) ||
        getsockname(r->listener, (struct sockaddr *)&a, &n))
        return false;
    r->port = ntohs(a.sin_port);
    return true;
}

bool rough_start(struct rough *r)
{
    atomic_store(&r->quit, false);
    atomic_store(&r->requests, 0);
    return (r->is_line ? open_line(r) : open_port(r)) && pthread_create(&r->thread, NULL, rough_main, r) == 0;
}

void rough_stop(struct rough *r)
{
    atomic_store(&r->quit, true);
    pthread_join(r->thread, NULL);
    if (r->is_line) {
        close(r->fd);
        close(r->other);
    } else {
        close(r->listener);
    }
}
