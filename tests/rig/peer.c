/* peer.c -- see peer.h. */
#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "tests/rig/peer.h"

enum { PEER_PATIENCE_MS = 3000 };

static bool read_all(int fd, uint8_t *out, size_t n)
{
    struct pollfd p = {fd, POLLIN, 0};
    for (size_t got = 0; got < n;) {
        if (poll(&p, 1, PEER_PATIENCE_MS) <= 0)
            return false;
        ssize_t k = read(fd, out + got, n - got);
        if (k <= 0)
            return false;
        got += (size_t)k;
    }
    return true;
}

static void send_bytes(const struct peer *p, int fd, const uint8_t *bytes, size_t n)
{
    const struct timespec nap = {0, 30000000};
    size_t step = p->manners == PEER_TRICKLES ? 1 : n;
    if (p->manners == PEER_SHORT)
        n -= 3;
    for (size_t i = 0; i < n; i += step) {
        if (send(fd, bytes + i, step < n - i ? step : n - i, MSG_NOSIGNAL) < 0)
            return;
        if (p->manners == PEER_TRICKLES)
            nanosleep(&nap, NULL);
    }
}

static void serve(const struct peer *p, int fd)
{
    uint8_t head[7], pdu[260], out[270];
    while (read_all(fd, head, 7)) {
        size_t n = (size_t)(head[4] << 8 | head[5]) - 1;
        if (n > sizeof pdu || !read_all(fd, pdu, n) || p->manners == PEER_HANGS_UP)
            return;
        if (p->manners == PEER_SILENT)
            continue;
        int m = script_pdu(p->script, head[6], pdu, n, out + 7, 253);
        if (p->manners == PEER_REFUSES) {
            out[7] = pdu[0] | 0x80;
            out[8] = 2;
            m = 2;
        }
        memcpy(out, head, 7);
        if (p->manners == PEER_WRONG_ID)
            out[1] ^= 0x55;
        out[4] = 0;
        out[5] = (uint8_t)(m + 1);
        if (m > 0)
            send_bytes(p, fd, out, (size_t)m + 7);
    }
}

static void *peer_main(void *arg)
{
    struct peer *p = arg;
    int fd;
    while ((fd = accept(p->listener, NULL, NULL)) >= 0) {
        serve(p, fd);
        close(fd);
    }
    return NULL;
}

bool peer_start(struct peer *p, struct script *script, enum peer_manners manners)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    *p = (struct peer){.script = script, .manners = manners, .listener = socket(AF_INET, SOCK_STREAM, 0)};
    if (p->listener < 0 || bind(p->listener, (struct sockaddr *)&a, n) != 0 || listen(p->listener, 4) != 0 ||
        getsockname(p->listener, (struct sockaddr *)&a, &n) != 0)
        return false;
    p->port = ntohs(a.sin_port);
    return pthread_create(&p->thread, NULL, peer_main, p) == 0;
}

void peer_stop(struct peer *p)
{
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listener);
}
