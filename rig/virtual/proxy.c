/* proxy.c -- see proxy.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "rig/virtual/proxy.h"

enum { MAX_LINKS = 8, CHUNK = 512, POLLS = 2 * MAX_LINKS + 1 };
#define WAKE_PERIOD 5e-3  /* s: faults by time act this promptly */
#define CONNECT_TIME 1    /* s that the server may take to accept */

struct link {                 /* one client and its way to the server */
    bool used;
    int fd[2];                /* by enum relay_side; -1: not there */
    struct relay *relay;
    uint8_t out[2][CHUNK];    /* taken from the relay, not yet taken by the system */
    size_t out_n[2];
};

struct proxy {
    struct proxy_settings set;
    struct relay_hub *hub;
    struct sockaddr_in server;
    int listener, port, pty_other, serial; /* serial: the one port to the server */
    char pty_name[256];
    bool linked;                  /* set.link is ours */
    struct link link[MAX_LINKS];
    long resets_seen;
    double last_seen;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool listens_on_pty(const struct proxy *p)
{
    return p->set.listen_port < 0;
}

/* ---- opening and closing ---- */

static int open_listener(struct proxy *p, struct err *e)
{
    /* the port it once got is kept: clients come back to it */
    int wanted = p->port > 0 ? p->port : p->set.listen_port, one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)wanted)};
    socklen_t n = sizeof a;
    if (inet_pton(AF_INET, p->set.bind, &a.sin_addr) != 1)
        return err_set(e, ERR_ARG, "bind address '%s': must be an IPv4 address such as 127.0.0.1", p->set.bind);
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->listener < 0 || setsockopt(p->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one)
        || bind(p->listener, (struct sockaddr *)&a, sizeof a) || listen(p->listener, MAX_LINKS)
        || getsockname(p->listener, (struct sockaddr *)&a, &n)) {
        err_set(e, ERR_COMM, "cannot listen on %s:%d: %s", p->set.bind, wanted, strerror(errno));
        if (p->listener >= 0)
            close(p->listener);
        p->listener = -1;
        return ERR_COMM;
    }
    p->port = ntohs(a.sin_port);
    return 0;
}

/* The link is replaced in one step, so that whoever follows it finds a pty or nothing. */
static int point_link(struct proxy *p, struct err *e)
{
    char temporary[512];
    struct stat there;
    if (!p->set.link)
        return 0;
    if (lstat(p->set.link, &there) == 0 && !S_ISLNK(there.st_mode))
        return err_set(e, ERR_ARG, "link '%s': a file of that name exists", p->set.link);
    if (snprintf(temporary, sizeof temporary, "%s.%ld.tmp", p->set.link, (long)getpid()) >= (int)sizeof temporary)
        return err_set(e, ERR_ARG, "link name too long: '%s'", p->set.link);
    p->linked = symlink(p->pty_name, temporary) == 0 && rename(temporary, p->set.link) == 0;
    if (p->linked)
        return 0;
    err_set(e, ERR_COMM, "cannot make link '%s': %s", p->set.link, strerror(errno));
    unlink(temporary);
    return ERR_COMM;
}

static int start_link(struct proxy *p, struct link *l, int client)
{
    struct relay_settings set = {
        .client = listens_on_pty(p) ? MANGLE_RTU : MANGLE_TCP,
        .server = p->set.to_serial ? MANGLE_RTU : MANGLE_TCP,
        .byte_time = p->set.paced ? serial_byte_time(&p->set.serial) : 0.0,
        /* an RTU server waits for the silence itself */
        .silence = p->set.to_serial || !p->set.paced ? 0.0 : rtu_silence(p->set.serial.baud)};
    l->relay = malloc(sizeof *l->relay);
    if (!l->relay)
        return ERR_NOMEM;
    relay_init(l->relay, p->hub, &set);
    l->used = true;
    l->fd[RELAY_CLIENT] = client;
    l->fd[RELAY_SERVER] = p->serial;
    l->out_n[0] = l->out_n[1] = 0;
    return 0;
}

static int open_pty(struct proxy *p, struct err *e)
{
    int fd = -1, rc = serial_open_pty(&fd, &p->pty_other, p->pty_name, sizeof p->pty_name, e);
    if (!rc)
        rc = point_link(p, e);
    if (!rc && start_link(p, &p->link[0], fd))
        rc = err_set(e, ERR_NOMEM, "no memory for the proxy");
    if (rc && fd >= 0) {
        close(fd);
        close(p->pty_other);
        p->pty_other = -1;
    }
    return rc;
}

static int find_server(struct proxy *p, struct err *e)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int why = getaddrinfo(p->set.to_host, NULL, &hints, &found);
    if (why)
        return err_set(e, ERR_COMM, "cannot resolve '%s': %s", p->set.to_host, gai_strerror(why));
    memcpy(&p->server, found->ai_addr, sizeof p->server);
    p->server.sin_port = htons((uint16_t)p->set.to_port);
    freeaddrinfo(found);
    return 0;
}

int proxy_open(struct proxy **out, const struct proxy_settings *set, struct relay_hub *hub, struct err *e)
{
    struct proxy *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(e, ERR_NOMEM, "no memory for the proxy");
    p->set = *set;
    p->hub = hub;
    p->listener = p->pty_other = p->serial = p->port = -1;
    p->resets_seen = hub->resets;
    hub->start = now_s();
    int rc = serial_check(&set->serial, e);
    if (!rc)
        rc = set->to_host ? find_server(p, e) : serial_open(&p->serial, set->to_serial, &set->serial, e);
    if (!rc)
        rc = listens_on_pty(p) ? open_pty(p, e) : open_listener(p, e);
    if (rc) {
        proxy_close(p);
        return rc;
    }
    *out = p;
    return 0;
}

/* A TCP connection is reset, not closed: who waits for a reply learns it at once. */
static void break_fd(int fd)
{
    struct linger now = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now); /* not for terminals, which refuse it */
    close(fd);
}

static void end_link(struct proxy *p, struct link *l, bool reset)
{
    for (int side = 0; side < 2; side++) {
        bool is_port = side == RELAY_SERVER && l->fd[side] == p->serial;
        if (l->fd[side] >= 0 && !is_port) {
            if (reset)
                break_fd(l->fd[side]);
            else
                close(l->fd[side]);
        }
    }
    free(l->relay);
    *l = (struct link){.fd = {-1, -1}};
    if (listens_on_pty(p) && p->pty_other >= 0) {
        close(p->pty_other);
        p->pty_other = -1;
    }
}

void proxy_close(struct proxy *p)
{
    if (!p)
        return;
    for (int i = 0; i < MAX_LINKS; i++)
        if (p->link[i].used)
            end_link(p, &p->link[i], false);
    if (p->listener >= 0)
        close(p->listener);
    if (p->serial >= 0)
        close(p->serial);
    if (p->linked)
        unlink(p->set.link);
    free(p);
}

int proxy_port(const struct proxy *p)
{
    return p->port;
}

const char *proxy_pty_name(const struct proxy *p)
{
    return listens_on_pty(p) ? p->pty_name : NULL;
}

/* ---- connections ---- */

static int dial(const struct proxy *p)
{
    struct timeval wait = {CONNECT_TIME, 0}, never = {0, 0};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait); /* holds for connect */
    if (connect(fd, (const struct sockaddr *)&p->server, sizeof p->server)) {
        close(fd);
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &never, sizeof never);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void accept_clients(struct proxy *p)
{
    int one = 1, fd;
    while (p->listener >= 0 && (fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct link *l = NULL;
        for (int i = 0; i < MAX_LINKS && !l; i++)
            if (!p->link[i].used && (p->serial < 0 || i == 0)) /* a serial port has one master */
                l = &p->link[i];
        if (!l || start_link(p, l, fd)) {
            break_fd(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (p->serial < 0)
            l->fd[RELAY_SERVER] = dial(p);
        if (l->fd[RELAY_SERVER] < 0)
            end_link(p, l, true);
    }
}

/* After `reset` all goes; while connections are refused nothing is there to connect to. */
static int obey_faults(struct proxy *p, double now, struct err *e)
{
    bool refuses = now < p->hub->refuse_until, broken = p->hub->resets != p->resets_seen;
    p->resets_seen = p->hub->resets;
    for (int i = 0; i < MAX_LINKS; i++)
        if (p->link[i].used && (broken || (refuses && listens_on_pty(p))))
            end_link(p, &p->link[i], true);
    if (refuses && p->listener >= 0) {
        close(p->listener);
        p->listener = -1;
    }
    if (refuses && p->linked) {
        unlink(p->set.link);
        p->linked = false;
    }
    if (refuses)
        return 0;
    if (listens_on_pty(p))
        return p->link[0].used ? 0 : open_pty(p, e);
    return p->listener >= 0 ? 0 : open_listener(p, e);
}

/* ---- bytes ---- */

static void server_went(struct proxy *p, struct link *l)
{
    close(l->fd[RELAY_SERVER]);
    l->fd[RELAY_SERVER] = -1;
    l->out_n[RELAY_SERVER] = 0;
    if (!listens_on_pty(p) && relay_is_empty(l->relay, RELAY_CLIENT))
        end_link(p, l, false);
}

static int receive(struct proxy *p, struct link *l, enum relay_side side, double now, struct err *e)
{
    uint8_t chunk[CHUNK];
    bool is_port = (side == RELAY_SERVER && l->fd[side] == p->serial) || (side == RELAY_CLIENT && listens_on_pty(p));
    ssize_t n = is_port ? read(l->fd[side], chunk, sizeof chunk)
                        : recv(l->fd[side], chunk, sizeof chunk, MSG_DONTWAIT);
    if (n > 0) {
        p->last_seen = now;
        if (side == RELAY_CLIENT && l->fd[RELAY_SERVER] < 0)
            l->fd[RELAY_SERVER] = dial(p); /* a pty's client; without a server its bytes are lost */
        relay_take(l->relay, side, chunk, (size_t)n, now);
        return 0;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (is_port)
        return n == 0 ? 0 : err_set(e, ERR_COMM, "serial line failed: %s", strerror(errno));
    if (side == RELAY_SERVER)
        server_went(p, l);
    else
        end_link(p, l, false);
    return 0;
}

/* Gives a side what is due; what the system does not take waits. */
static void deliver(struct link *l, enum relay_side side, double now)
{
    size_t *n = &l->out_n[side];
    uint8_t *out = l->out[side];
    *n += relay_give(l->relay, side, out + *n, CHUNK - *n, now);
    if (l->fd[side] < 0) {
        *n = 0;
        return;
    }
    if (*n == 0)
        return;
    ssize_t sent = send(l->fd[side], out, *n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == ENOTSOCK)
        sent = write(l->fd[side], out, *n);
    if (sent <= 0)
        return; /* a connection that broke is seen when it is read */
    *n -= (size_t)sent;
    memmove(out, out + sent, *n);
}

static void deliver_all(struct proxy *p, double now)
{
    for (int i = 0; i < MAX_LINKS; i++) {
        struct link *l = &p->link[i];
        if (!l->used)
            continue;
        relay_tick(l->relay, now);
        if (p->resets_seen != p->hub->resets)
            return; /* nothing of what the fault cut off goes out */
        deliver(l, RELAY_SERVER, now);
        deliver(l, RELAY_CLIENT, now);
        bool over = l->fd[RELAY_SERVER] < 0 && !listens_on_pty(p);
        if (over && relay_is_empty(l->relay, RELAY_CLIENT) && l->out_n[RELAY_CLIENT] == 0)
            end_link(p, l, false);
    }
}

/* ---- the loop ---- */

static nfds_t fill_polls(const struct proxy *p, struct pollfd polls[POLLS])
{
    for (int i = 0; i < MAX_LINKS; i++)
        for (int side = 0; side < 2; side++) {
            const struct link *l = &p->link[i];
            polls[2 * i + side] = (struct pollfd){.fd = l->used ? l->fd[side] : -1, .events = POLLIN};
        }
    polls[2 * MAX_LINKS] = (struct pollfd){.fd = p->listener, .events = POLLIN};
    return POLLS;
}

static double time_to_wait(const struct proxy *p, double now)
{
    double wake = now + WAKE_PERIOD;
    for (int i = 0; i < MAX_LINKS; i++)
        if (p->link[i].used)
            wake = fmin(wake, relay_wake(p->link[i].relay));
    return fmax(1e-4, wake - now);
}

static int receive_all(struct proxy *p, const struct pollfd polls[POLLS], double now, struct err *e)
{
    int rc = 0;
    for (int i = 0; i < MAX_LINKS && !rc; i++)
        for (int side = 0; side < 2 && !rc; side++) {
            const struct pollfd *f = &polls[2 * i + side];
            if (f->fd >= 0 && f->revents && p->link[i].used && p->link[i].fd[side] == f->fd)
                rc = receive(p, &p->link[i], (enum relay_side)side, now, e);
        }
    if (polls[2 * MAX_LINKS].fd >= 0 && polls[2 * MAX_LINKS].revents)
        accept_clients(p);
    return rc;
}

static bool is_over(struct proxy *p, double start, double now)
{
    for (int i = 0; i < MAX_LINKS; i++)
        if (p->link[i].used && !listens_on_pty(p))
            p->last_seen = now;
    return now - start >= p->set.seconds || (p->set.idle_exit > 0.0 && now - p->last_seen >= p->set.idle_exit);
}

int proxy_run(struct proxy *p, const atomic_int *stop, struct err *e)
{
    double start = now_s(), now = start;
    int rc = 0;
    p->last_seen = p->hub->start = start;
    while (!rc && !*stop && !is_over(p, start, now)) {
        struct pollfd polls[POLLS];
        struct timespec t = {0, (long)(1e9 * time_to_wait(p, now))};
        nfds_t n = fill_polls(p, polls);
        int ready = ppoll(polls, n, &t, NULL);
        now = now_s();
        relay_hub_tick(p->hub, now);
        rc = obey_faults(p, now, e);
        if (!rc && ready > 0)
            rc = receive_all(p, polls, now, e);
        if (!rc)
            rc = obey_faults(p, now, e);
        if (!rc)
            deliver_all(p, now);
    }
    return rc;
}
