/* file.c -- see file.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/text/file.h"

static int read_stream(FILE *f, const char *path, size_t max, char **text, size_t *len, struct err *e)
{
    size_t size = 1 << 14, n = 0;
    char *buf = malloc(size);
    while (buf) {
        n += fread(buf + n, 1, size - 1 - n, f);
        if (n < size - 1 || n > max)
            break;
        char *bigger = realloc(buf, size *= 2);
        if (!bigger)
            free(buf);
        buf = bigger;
    }
    if (!buf)
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    if (ferror(f) || n > max) {
        free(buf);
        return ferror(f) ? err_set(e, ERR_IO, "%s: cannot be read: %s", path, strerror(errno))
                         : err_set(e, ERR_IO, "%s: larger than %zu KiB", path, max >> 10);
    }
    buf[n] = '\0';
    *text = buf;
    *len = n;
    return 0;
}

static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode) ? "a directory" : S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
}

FILE *file_open(const char *path, struct err *e)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        err_set(e, ERR_IO, "%s: cannot be read: is %s, not a regular file", path, kind_of(st.st_mode));
        err_hint(e, "give the name of a file; what comes out of a pipe or a device must be saved to one first");
        return NULL;
    }
    FILE *f = fopen(path, "rbe");
    if (!f)
        err_set(e, ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    return f;
}

int file_read(const char *path, size_t max, char **text, size_t *len, struct err *e)
{
    FILE *f = file_open(path, e);
    if (!f)
        return ERR_IO;
    int r = read_stream(f, path, max, text, len, e);
    fclose(f);
    return r;
}

static void release(struct file_out *o)
{
    free(o->path);
    free(o->temporary);
    *o = (struct file_out){0};
}

int file_create(struct file_out *o, const char *path, struct err *e)
{
    *o = (struct file_out){.path = strdup(path)};
    if (!o->path || asprintf(&o->temporary, "%s.%ld.tmp", path, (long)getpid()) < 0) {
        o->temporary = NULL;
        release(o);
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    }
    o->f = fopen(o->temporary, "wbe");
    if (o->f)
        return 0;
    err_set(e, ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
    release(o);
    return ERR_IO;
}

int file_create_live(struct file_out *o, const char *path, struct err *e)
{
    *o = (struct file_out){.path = strdup(path)};
    if (!o->path)
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    o->f = fopen(path, "wxe");
    if (o->f && setvbuf(o->f, NULL, _IOLBF, BUFSIZ) == 0)
        return 0;
    err_set(e, ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
    if (o->f)
        fclose(o->f);
    release(o);
    return ERR_IO;
}

int file_lock(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int file_sync_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    size_t n = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (n >= sizeof folder)
        return ENAMETOOLONG;
    memcpy(folder, path, n);
    folder[n] = '\0';
    int fd = open(n ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? 0 : errno; /* a folder may be written to and not be read */
    int why = fsync(fd) == 0 || errno == EINVAL ? 0 : errno; /* some file systems have no such thing */
    close(fd);
    return why;
}

int file_commit(struct file_out *o, struct err *e)
{
    bool ok = !ferror(o->f) && fflush(o->f) == 0 && (fsync(fileno(o->f)) == 0 || errno == EINVAL);
    int why = errno;
    if (fclose(o->f) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && o->temporary && rename(o->temporary, o->path) != 0) {
        ok = false;
        why = errno;
    }
    if (ok && (why = file_sync_folder(o->path)) != 0) { /* the rename itself must survive a power cut too */
        ok = false;
        err_set(e, ERR_IO, "%s: written, but not safe from a power cut: %s", o->path, strerror(why));
    } else if (!ok) {
        err_set(e, ERR_IO, "%s: cannot be written: %s", o->path, strerror(why));
        if (o->temporary)
            unlink(o->temporary);
    }
    release(o);
    return ok ? 0 : ERR_IO;
}

void file_abandon(struct file_out *o)
{
    if (o->f) {
        fclose(o->f);
        if (o->temporary)
            unlink(o->temporary);
    }
    release(o);
}

void file_beside(const char *file, const char *name, char *out, size_t size)
{
    const char *slash = strrchr(file, '/');
    if (name[0] == '/' || !slash)
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "%.*s/%s", (int)(slash - file), file, name);
}

int file_make_parents(const char *path, struct err *e)
{
    char *part = strdup(path);
    int rc = part ? 0 : err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 1; !rc && part[i]; i++) {
        if (part[i] != '/' || part[i - 1] == '/')
            continue;
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST && access(part, F_OK) != 0)
            rc = err_set(e, ERR_IO, "'%.300s' cannot be made: %s", part, strerror(errno));
        part[i] = '/';
    }
    free(part);
    return rc;
}
