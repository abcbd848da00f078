/* recover.c -- see recover.h. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "base/provenance.h"
#include "base/runfolder.h"
#include "base/text/file.h"
#include "rig/record/recover.h"

enum { TORN_MAX = 9 };

static int slurp(const char *path, char **out, long *size, struct err *e)
{
    FILE *f = file_open(path, e);
    if (!f)
        return ERR_IO;
    fseek(f, 0, SEEK_END);
    *size = ftell(f);
    rewind(f);
    char *text = malloc((size_t)*size + 1);
    bool ok = text && fread(text, 1, (size_t)*size, f) == (size_t)*size;
    fclose(f);
    if (!ok) {
        free(text);
        return err_set(e, text ? ERR_IO : ERR_NOMEM, "%s: cannot be read whole", path);
    }
    text[*size] = '\0';
    *out = text;
    return 0;
}

static bool is_header(const char *line, size_t n, const char *const columns[], size_t count)
{
    char want[400];
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(want + used, sizeof want - used, "%s%s", columns[i], i + 1 < count ? "," : "");
    return used == n && memcmp(want, line, n) == 0;
}

struct line { const char *text; size_t n; };

/* The next whole line; false at the end or when what is left has no end or holds zero bytes (blocks never written). */
static bool next_line(const char **at, const char *end, struct line *out, char wrong[160])
{
    if (*at == end)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    if (!stop || memchr(*at, '\0', (size_t)(stop - *at))) {
        snprintf(wrong, 160, "%s", stop ? "it holds zero bytes" : "it has no end");
        return false;
    }
    *out = (struct line){*at, (size_t)(stop - *at)};
    *at = stop + 1;
    return true;
}

static size_t commas(const struct line *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        n += l->text[i] == ',';
    return n;
}

/* "seq,time_s,...": the number must be the row's, and every cell there. */
static bool is_sample(const struct line *l, uint64_t row, size_t cells, double *time, char wrong[160])
{
    char *end = NULL;
    unsigned long long seq = strtoull(l->text, &end, 10);
    if (end == l->text || *end != ',' || seq != row)
        snprintf(wrong, 160, "its number is not %llu", (unsigned long long)row);
    else if (commas(l) + 1 != cells)
        snprintf(wrong, 160, "it has %zu cells, not %zu", commas(l) + 1, cells);
    else {
        *time = strtod(end + 1, NULL);
        return true;
    }
    return false;
}

int record_scan_samples(const char *path, struct record_scan *out, struct err *e)
{
    static const char *const columns[] = {RUN_SAMPLES_COLUMNS};
    const size_t cells = sizeof columns / sizeof *columns;
    char *text = NULL;
    struct line l;
    *out = (struct record_scan){.last_time = NAN};
    int rc = slurp(path, &text, &out->size, e);
    if (rc)
        return rc;
    const char *at = text, *end = text + out->size;
    if (next_line(&at, end, &l, out->wrong) && is_header(l.text, l.n, columns, cells)) {
        out->good = at - text;
        while (next_line(&at, end, &l, out->wrong) && is_sample(&l, out->rows, cells, &out->last_time, out->wrong)) {
            out->rows++;
            out->good = at - text;
        }
    } else if (!out->wrong[0]) {
        snprintf(out->wrong, sizeof out->wrong, "the header is not that of samples.csv");
    }
    sha256_hex(text, (size_t)out->good, out->digest);
    free(text);
    return 0;
}

/* Is the last cell the digest of the row's text and of the digest before? */
static bool is_event(const struct line *l, char chain[65], double *time, char wrong[160])
{
    struct sha256 h;
    char next[65];
    if (l->n < 66 || l->text[l->n - 65] != ',') {
        snprintf(wrong, 160, "it has no digest");
        return false;
    }
    sha256_start(&h);
    sha256_add(&h, chain, 64);
    sha256_add(&h, l->text, l->n - 65);
    sha256_end(&h, next);
    if (memcmp(next, l->text + l->n - 64, 64) != 0) {
        snprintf(wrong, 160, "its digest does not fit: it, or the row before it, was changed or is missing");
        return false;
    }
    memcpy(chain, next, 65);
    *time = strtod(l->text, NULL);
    return true;
}

int record_scan_events(const char *path, struct record_scan *out, struct err *e)
{
    static const char *const columns[] = {RUN_EVENTS_COLUMNS};
    char *text = NULL;
    struct line l;
    *out = (struct record_scan){.last_time = NAN};
    memset(out->digest, '0', 64);
    int rc = slurp(path, &text, &out->size, e);
    if (rc)
        return rc;
    const char *at = text, *end = text + out->size;
    if (next_line(&at, end, &l, out->wrong) && is_header(l.text, l.n, columns, sizeof columns / sizeof *columns)) {
        out->good = at - text;
        while (next_line(&at, end, &l, out->wrong) && is_event(&l, out->digest, &out->last_time, out->wrong)) {
            out->rows++;
            out->good = at - text;
        }
    } else if (!out->wrong[0]) {
        snprintf(out->wrong, sizeof out->wrong, "the header is not that of events.csv");
    }
    free(text);
    return 0;
}

/* A name that is free: PATH.torn, or PATH.torn2 ... when an earlier recovery did not come to its end. */
static int open_torn(const char *path, char name[720])
{
    int fd = -1;
    for (int i = 1; i <= TORN_MAX && fd < 0; i++) {
        snprintf(name, 720, "%.690s.torn%.0d", path, i == 1 ? 0 : i); /* %.0d: a zero is nothing */
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

/* What is cut is not thrown away. */
static int keep_tail(const char *path, const char *tail, size_t n, struct err *e)
{
    char name[720];
    int fd = open_torn(path, name);
    ssize_t k = fd < 0 ? -1 : write(fd, tail, n);
    bool ok = k == (ssize_t)n && fsync(fd) == 0;
    int why = k >= 0 && k < (ssize_t)n ? ENOSPC : errno;
    if (fd >= 0)
        close(fd);
    if (ok)
        return 0;
    if (fd >= 0)
        unlink(name);
    return err_set(e, ERR_IO, "%s: the torn end cannot be kept: %s", name, strerror(why));
}

int record_cut(const char *path, const struct record_scan *scan, struct err *e)
{
    char *text = NULL;
    long size = 0;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    int rc = flock(fd, LOCK_EX | LOCK_NB) == 0
                 ? 0
                 : err_set(e, ERR_FAILED, "%s: a program still writes to it", path);
    if (rc || scan->good == scan->size) {
        close(fd);
        return rc;
    }
    rc = slurp(path, &text, &size, e);
    if (rc == 0 && size != scan->size) rc = err_set(e, ERR_FAILED, "%s: has changed meanwhile", path);
    if (rc == 0) rc = keep_tail(path, text + scan->good, (size_t)(size - scan->good), e);
    if (rc == 0 && (ftruncate(fd, scan->good) != 0 || fsync(fd) != 0))
        rc = err_set(e, ERR_IO, "%s: cannot be cut: %s", path, strerror(errno));
    free(text);
    close(fd);
    return rc;
}
