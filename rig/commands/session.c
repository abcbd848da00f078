/* session.c -- see session.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rig/commands/session.h"

/* In the resolved configuration as well: it says what was used. */
static int apply_port(struct session *s, int port, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; i < s->bench.links && port && rc == 0; i++) {
        char assignment[120];
        struct bench_link *l = &s->bench.link[i];
        if (l->address.kind != BUS_KIND_TCP)
            continue;
        l->address.port = port;
        snprintf(assignment, sizeof assignment, "links/%.80s/port=%d", l->name, port);
        rc = config_override(s->doc, assignment, e);
    }
    return rc;
}

int session_read(struct session *s, const struct session_options *o, struct err *e)
{
    memset(s, 0, sizeof *s);
    s->lock = -1;
    int rc = bench_read(&s->bench, &s->doc, o->bench_path, o->overrides, o->n, e);
    if (rc == 0)
        rc = safety_limits_read(&s->limits, s->doc, &s->bench, e);
    return rc ? rc : apply_port(s, o->port, e);
}

void session_lint(const struct session *s, struct lint *out)
{
    struct cnode root = config_root(s->doc);
    for (size_t i = 0; i < BENCH_DEVICES; i++)
        lint_map(&s->bench.device[i].map, out);
    lint_bench(&s->bench, root, out);
    safety_lint(&s->limits, &s->bench, root, out);
}

void session_warn(const struct session *s)
{
    struct lint found = {0};
    session_lint(s, &found);
    lint_print(stderr, "mnrig: ", &found, LINT_WARNING);
}

/* What an address is called, however it is spelt: "127.0.0.1-502" of localhost, "_dev_ttyUSB0" of a link to it. */
static int name_line(const struct bus_address *a, char *out, size_t size, struct err *e)
{
    char text[PATH_MAX] = "";
    int rc = 0;
    if (a->kind == BUS_KIND_TCP && (rc = bus_resolve(a->host, text, e)) != 0)
        return rc;
    if (a->kind == BUS_KIND_TCP)
        snprintf(out, size, "%.60s-%d", text, a->port);
    else
        snprintf(out, size, "%.200s", realpath(a->path, text) ? text : a->path);
    if (strncmp(out, "127.", 4) == 0 || strncmp(out, "0.", 2) == 0) /* every one of these is this computer */
        snprintf(out, size, "127.0.0.1-%d", a->port);
    for (char *c = out; *c; c++)
        if (*c == '/')
            *c = '_';
    return 0;
}

/* One folder for all users of a computer. */
static int lock_path(const struct session *s, char *out, size_t size, struct err *e)
{
    char name[220];
    const char *folder = getenv("MN_LOCK_DIR");
    int rc = name_line(&s->bench.link[s->bench.device[BENCH_AXIS].link].address, name, sizeof name, e);
    snprintf(out, size, "%.250s/mnrig-%s.lock", folder && folder[0] ? folder : "/tmp", rc ? "" : name);
    return rc;
}

/* Made for everybody's use; of another user's file a descriptor to read is enough for a lock.  O_NOFOLLOW: a link that
 * somebody put there is not followed. */
static int open_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return errno == EEXIST ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    (void)fchmod(fd, 0666); /* else it is this user's alone, which is no worse than a refusal */
    return fd;
}

static int take_lock(struct session *s, struct err *e)
{
    char path[500];
    int rc = lock_path(s, path, sizeof path, e);
    if (rc)
        return rc;
    s->lock = open_lock(path);
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

void session_leave(struct session *s)
{
    for (size_t i = 0; i < s->links; i++)
        link_free(s->link[i]);
    if (s->lock >= 0)
        close(s->lock);
    s->links = 0;
    s->lock = -1;
}

void session_close(struct session *s)
{
    session_leave(s);
    config_close(s->doc);
    s->doc = NULL;
}
