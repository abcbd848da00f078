/* session.c -- see session.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "rig/commands/session.h"

static void apply_port(struct session *s, int port)
{
    for (size_t i = 0; i < s->bench.links && port; i++)
        if (s->bench.link[i].address.kind == BUS_KIND_TCP)
            s->bench.link[i].address.port = port;
}

int session_read(struct session *s, const struct session_options *o, struct err *e)
{
    memset(s, 0, sizeof *s);
    s->lock = -1;
    int rc = bench_read(&s->bench, &s->doc, o->bench_path, o->overrides, o->n, e);
    if (rc == 0)
        rc = safety_limits_read(&s->limits, s->doc, &s->bench, e);
    apply_port(s, o->port);
    return rc;
}

/* The lock's name is the axis' address, so that two files for one bench share it. */
static void lock_path(const struct session *s, char *out, size_t size)
{
    const struct bus_address *a = &s->bench.link[s->bench.device[BENCH_AXIS].link].address;
    const char *run = getenv("XDG_RUNTIME_DIR");
    char key[200];
    if (a->kind == BUS_KIND_TCP)
        snprintf(key, sizeof key, "%.120s-%d", a->host, a->port);
    else
        snprintf(key, sizeof key, "%.120s", a->path);
    for (char *c = key; *c; c++)
        if (*c == '/')
            *c = '_';
    snprintf(out, size, "%.200s/mnrig-%s.lock", run && run[0] ? run : "/tmp", key);
}

static int take_lock(struct session *s, struct err *e)
{
    char path[500];
    lock_path(s, path, sizeof path);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0)
        return err_set(e, ERR_IO, "%s: the bench's lock file cannot be opened: %s", path, strerror(errno));
    if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    err_set(e, ERR_COMM, "bench '%s' is in use by another mnrig (lock file %s)", s->bench.name, path);
    err_hint(e, "one master per bench: end the other one first");
    return ERR_COMM;
}

int session_take(struct session *s, struct err *e)
{
    int rc = take_lock(s, e);
    for (size_t i = 0; i < s->bench.links && rc == 0; i++) {
        struct bus *bus = NULL;
        rc = bus_modbus_new(&bus, &s->bench.link[i].address, e);
        if (rc == 0 && (rc = link_new(&s->link[i], &s->bench, i, bus, e)) != 0)
            bus_free(bus);
        s->links += rc == 0;
    }
    return rc;
}

int session_open(struct session *s, struct err *e)
{
    int rc = session_take(s, e);
    for (size_t i = 0; i < s->links && rc == 0; i++)
        rc = bus_open(link_bus(s->link[i]), e);
    return rc;
}

struct bus *session_axis_bus(struct session *s) { return link_bus(s->link[s->bench.device[BENCH_AXIS].link]); }

void session_close(struct session *s)
{
    for (size_t i = 0; i < s->links; i++)
        link_free(s->link[i]);
    if (s->lock >= 0)
        close(s->lock);
    config_close(s->doc);
    s->links = 0;
    s->lock = -1;
    s->doc = NULL;
}
