/* server.c -- see server.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "rig/virtual/frame.h"
#include "rig/virtual/server.h"

enum { MAX_CLIENTS = 8, IN_SIZE = 2 * MBAP_MAX, POLLS = MAX_CLIENTS + 2 };
#define WAKE_PERIOD 5e-3   /* s: faults and the watchdog act this promptly when nobody asks */
#define CATCH_UP 2.0       /* s: after a longer sleep of the computer the bench's time stands still for the rest */
#define CHUNK_TIME 1e-3    /* s: bytes of a paced line leave this promptly */
#define STUCK 2.0          /* s that a client may leave its reply unread */

struct line {              /* one TCP client, or the serial port */
    int fd;                /* -1: free */
    uint8_t in[IN_SIZE];
    size_t n;
    double heard;          /* when the last byte came; on a paced line, when it will have */
    bool overrun;          /* RTU: more than a frame came without a silence */
    uint8_t out[MBAP_MAX];
    size_t out_n, sent;    /* out_n 0: no reply under way */
    double due;            /* when the reply may leave */
    double byte_time;      /* s a byte takes; 0: none */
};

struct server {
    struct server_settings set;
    int listener, pty_other, port;
    char rtu_name[256];
    struct line client[MAX_CLIENTS], rtu;
    unsigned drops_seen;
    double last_seen;      /* when a client was last there */
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- opening and closing ---- */

static int open_listener(struct server *s, struct err *e)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->set.tcp_port)};
    socklen_t n = sizeof a;
    int one = 1;
    if (inet_pton(AF_INET, s->set.bind, &a.sin_addr) != 1)
        return err_set(e, ERR_ARG, "bind address '%s': must be an IPv4 address such as 127.0.0.1", s->set.bind);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one)
        || bind(s->listener, (struct sockaddr *)&a, sizeof a) || listen(s->listener, MAX_CLIENTS)
        || getsockname(s->listener, (struct sockaddr *)&a, &n)) {
        err_set(e, ERR_COMM, "cannot serve Modbus TCP on %s:%d: %s", s->set.bind, s->set.tcp_port, strerror(errno));
        err_hint(e, "--tcp 0 picks a free port");
        return ERR_COMM;
    }
    s->port = ntohs(a.sin_port);
    return 0;
}

static int open_rtu(struct server *s, struct err *e)
{
    int rc = serial_check(&s->set.serial, e);
    if (rc)
        return rc;
    if (strcmp(s->set.rtu, "pty") == 0)
        return serial_open_pty(&s->rtu.fd, &s->pty_other, s->rtu_name, sizeof s->rtu_name, e);
    if (strlen(s->set.rtu) >= sizeof s->rtu_name)
        return err_set(e, ERR_ARG, "serial port name too long: '%s'", s->set.rtu);
    memcpy(s->rtu_name, s->set.rtu, strlen(s->set.rtu) + 1);
    return serial_open(&s->rtu.fd, s->set.rtu, &s->set.serial, e);
}

int server_open(struct server **out, const struct server_settings *set, struct err *e)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(e, ERR_NOMEM, "no memory for the server");
    s->set = *set;
    s->listener = s->pty_other = s->port = s->rtu.fd = -1;
    s->rtu.byte_time = set->paced ? serial_byte_time(&set->serial) : 0.0;
    for (int i = 0; i < MAX_CLIENTS; i++)
        s->client[i].fd = -1;
    int rc = set->tcp_port >= 0 ? open_listener(s, e) : 0;
    if (!rc && set->rtu)
        rc = open_rtu(s, e);
    if (rc) {
        server_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

static void hang_up(struct line *l)
{
    if (l->fd >= 0)
        close(l->fd);
    *l = (struct line){.fd = -1};
}

void server_close(struct server *s)
{
    if (!s)
        return;
    for (int i = 0; i < MAX_CLIENTS; i++)
        hang_up(&s->client[i]);
    hang_up(&s->rtu);
    if (s->pty_other >= 0)
        close(s->pty_other);
    if (s->listener >= 0)
        close(s->listener);
    free(s);
}

int server_port(const struct server *s)
{
    return s->port;
}

const char *server_rtu_name(const struct server *s)
{
    return s->set.rtu ? s->rtu_name : NULL;
}

/* ---- requests ---- */

static void take_bytes_out(struct line *l, size_t n)
{
    memmove(l->in, l->in + n, l->n - n);
    l->n -= n;
}

/* Answers the TCP requests that are there, one at a time: the next waits until the reply has left. */
static void serve_tcp(struct line *l, struct vbench *v, double now)
{
    while (l->fd >= 0 && l->out_n == 0) {
        struct frame f;
        int used = mbap_split(l->in, l->n, &f);
        if (used == FRAME_BAD)
            hang_up(l);
        if (used <= 0)
            return;
        int n = vbench_pdu(v, f.unit, f.pdu, f.n, l->out + MBAP_HEAD, sizeof l->out - MBAP_HEAD);
        if (n > 0)
            l->out_n = mbap_wrap(l->out, f.transaction, f.unit, (size_t)n);
        l->sent = 0;
        l->due = now + vbench_reply_delay(v, f.unit);
        take_bytes_out(l, (size_t)used);
    }
}

static bool is_silence(const struct server *s, double now)
{
    return now - s->rtu.heard >= rtu_silence(s->set.serial.baud);
}

/* A frame is what came between two silences. */
static void serve_rtu(struct server *s, struct vbench *v, double now)
{
    struct line *l = &s->rtu;
    struct frame f;
    if (l->n == 0 || l->out_n > 0 || !is_silence(s, now))
        return;
    if (!l->overrun && rtu_split(l->in, l->n, &f) != FRAME_BAD) {
        int n = vbench_pdu(v, f.unit, f.pdu, f.n, l->out + 1, sizeof l->out - 3);
        if (n > 0)
            l->out_n = rtu_wrap(l->out, f.unit, (size_t)n);
        l->sent = 0;
        l->due = now + vbench_reply_delay(v, f.unit);
    }
    l->n = 0;
    l->overrun = false;
}

/* ---- bytes ---- */

static void accept_clients(struct server *s)
{
    for (;;) {
        int one = 1, fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        struct line *l = NULL;
        for (int i = 0; i < MAX_CLIENTS && !l; i++)
            if (s->client[i].fd < 0)
                l = &s->client[i];
        if (!l) {
            close(fd); /* full: refused rather than kept waiting */
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        *l = (struct line){.fd = fd};
    }
}

static void receive_tcp(struct line *l)
{
    ssize_t n = recv(l->fd, l->in + l->n, sizeof l->in - l->n, 0);
    if (n > 0)
        l->n += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        hang_up(l);
}

static int receive_rtu(struct server *s, double now, struct err *e)
{
    struct line *l = &s->rtu;
    uint8_t chunk[RTU_MAX];
    ssize_t n;
    while ((n = read(l->fd, chunk, sizeof chunk)) > 0) {
        size_t room = RTU_MAX - l->n, take = (size_t)n < room ? (size_t)n : room;
        memcpy(l->in + l->n, chunk, take);
        l->n += take;
        l->overrun |= take < (size_t)n;
        l->heard = fmax(l->heard, now) + (double)n * l->byte_time; /* they come one after the other */
        s->last_seen = now;
    }
    if (n == 0 || errno == EAGAIN || errno == EINTR)
        return 0;
    return err_set(e, ERR_COMM, "serial port '%s' failed: %s", s->rtu_name, strerror(errno));
}

/* How many bytes of the reply the line has had time for. */
static size_t bytes_due(const struct line *l, double now)
{
    if (l->byte_time <= 0.0)
        return l->out_n;
    double n = floor((now - l->due) / l->byte_time + 1e-6);
    return n < (double)l->out_n ? (size_t)n : l->out_n;
}

static double sent_by(const struct line *l)
{
    return l->due + (double)l->out_n * l->byte_time;
}

/* Sends what is due; true while the line is well. */
static bool send_due(struct line *l, double now)
{
    if (l->fd < 0 || l->out_n == 0 || now < l->due)
        return true;
    size_t ready = bytes_due(l, now);
    if (ready <= l->sent)
        return true;
    ssize_t n = send(l->fd, l->out + l->sent, ready - l->sent, MSG_NOSIGNAL);
    if (n < 0 && errno == ENOTSOCK)
        n = write(l->fd, l->out + l->sent, ready - l->sent);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return false;
    l->sent += n > 0 ? (size_t)n : 0;
    if (l->sent == l->out_n)
        l->out_n = 0;
    return l->out_n == 0 || now - sent_by(l) < STUCK;
}

static void send_all(struct server *s, struct vbench *v, double now)
{
    for (int i = 0; i < MAX_CLIENTS; i++) {
        struct line *l = &s->client[i];
        if (l->fd < 0)
            continue;
        if (send_due(l, now))
            serve_tcp(l, v, now);
        else
            hang_up(l);
        send_due(l, now);
    }
    if (s->rtu.fd >= 0 && !send_due(&s->rtu, now))
        s->rtu.out_n = 0; /* nobody reads: a wire does not wait either */
}

/* ---- the loop ---- */

static int fill_polls(const struct server *s, struct pollfd p[POLLS])
{
    for (int i = 0; i < MAX_CLIENTS; i++) {
        const struct line *l = &s->client[i];
        bool blocked = l->out_n > 0 && l->sent > 0;
        p[i] = (struct pollfd){.fd = l->fd, .events = (short)((l->out_n == 0 ? POLLIN : 0) | (blocked ? POLLOUT : 0))};
    }
    p[MAX_CLIENTS] = (struct pollfd){.fd = s->listener, .events = POLLIN};
    p[MAX_CLIENTS + 1] = (struct pollfd){.fd = s->rtu.fd, .events = POLLIN};
    return POLLS;
}

/* Until the next thing that the clock brings: a reply that is due, or the silence that ends an RTU frame. */
static double time_to_wait(const struct server *s, double now)
{
    double wait = WAKE_PERIOD;
    for (int i = 0; i < MAX_CLIENTS; i++)
        if (s->client[i].out_n > 0)
            wait = fmin(wait, fmax(1e-4, s->client[i].due - now));
    if (s->rtu.out_n > 0) /* some bytes at a time, and the last one promptly */
        wait = fmin(wait, fmax(1e-4, fmin(sent_by(&s->rtu), fmax(s->rtu.due, now) + CHUNK_TIME) - now));
    else if (s->rtu.n > 0)
        wait = fmin(wait, fmax(1e-5, s->rtu.heard + rtu_silence(s->set.serial.baud) - now));
    return wait;
}

static void hang_up_on_drop(struct server *s, const struct vbench *v)
{
    if (v->link_drops == s->drops_seen)
        return;
    s->drops_seen = v->link_drops;
    for (int i = 0; i < MAX_CLIENTS; i++)
        hang_up(&s->client[i]);
    s->rtu.n = s->rtu.out_n = 0;
}

static int receive_all(struct server *s, const struct pollfd p[POLLS], double now, struct err *e)
{
    for (int i = 0; i < MAX_CLIENTS; i++)
        if (p[i].fd >= 0 && p[i].revents)
            receive_tcp(&s->client[i]);
    if (p[MAX_CLIENTS].revents)
        accept_clients(s);
    return p[MAX_CLIENTS + 1].revents ? receive_rtu(s, now, e) : 0;
}

static bool is_over(struct server *s, double start, double now)
{
    for (int i = 0; i < MAX_CLIENTS; i++)
        if (s->client[i].fd >= 0)
            s->last_seen = now;
    return now - start >= s->set.seconds || (s->set.idle_exit > 0.0 && now - s->last_seen >= s->set.idle_exit);
}

int server_run(struct server *s, struct vbench *v, const atomic_int *stop, struct err *e)
{
    double start = now_s(), last = start;
    int rc = 0;
    s->last_seen = start;
    while (!rc && !*stop && !is_over(s, start, last)) {
        struct pollfd p[POLLS];
        double wait = time_to_wait(s, last);
        struct timespec t = {0, (long)(1e9 * wait)};
        int ready = ppoll(p, (nfds_t)fill_polls(s, p), &t, NULL);
        double now = now_s();
        vbench_advance(v, fmin(now - last, CATCH_UP));
        last = now;
        hang_up_on_drop(s, v);
        if (ready > 0)
            rc = receive_all(s, p, now, e);
        if (s->rtu.fd >= 0)
            serve_rtu(s, v, now);
        send_all(s, v, now);
    }
    return rc;
}
