/* recorder.c -- see recorder.h.  One producer (the tick), one consumer (the writer): two rings with atomic ends. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/provenance.h"
#include "base/runfolder.h"
#include "rig/record/recorder.h"

enum { ROWS = 4096, EVENTS = 512 }; /* powers of two: over a minute of ticks at 50 Hz */

struct record_file {
    int handle;
    uint64_t rows;              /* whole ones, without the header */
    bool is_broken;             /* it may end within a row: nothing is put behind that any more */
};
struct recorder {
    atomic_size_t row_head, row_tail, event_head, event_tail;
    atomic_int error;           /* errno of the first failure, 0 for none */
    atomic_bool has_gap, quit;  /* has_gap: a row or an event found no room; none is taken any more */
    struct record_row row[ROWS];
    struct record_event event[EVENTS];
    /* the writer's own */
    struct record_door door;
    struct record_file samples, events;
    char chain[65];
    struct sha256 hash;
    pthread_t thread;
    bool has_thread;
};

static void fail(struct recorder *r, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&r->error, &none, error);
}

/* False when the text is not in the file whole. */
static bool put(struct recorder *r, struct record_file *f, const char *text, size_t n)
{
    while (n > 0 && !f->is_broken) {
        ssize_t k = r->door.write(r->door.self, f->handle, text, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0) {
            f->is_broken = true;
            fail(r, k < 0 ? errno : EIO);
        } else {
            text += k;
            n -= (size_t)k;
        }
    }
    return !f->is_broken;
}

/* The sums are those of the rows that are there. */
static bool put_sample(struct recorder *r, const char *text, size_t n)
{
    bool whole = put(r, &r->samples, text, n);
    if (whole)
        sha256_add(&r->hash, text, n);
    return whole;
}

static int create(const struct record_door *door, const char *folder, const char *name, struct err *e)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = door->open(door->self, path);
    return fd >= 0 ? fd : err_set(e, ERR_IO, "%s: cannot be created: %s", path, strerror(errno));
}

static size_t join_header(char *out, size_t size, const char *const columns[], size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", columns[i], i + 1 < n ? "," : "\n");
    return used;
}

int recorder_open(struct recorder **out, const char *folder, struct err *e)
{
    return recorder_open_by(out, folder, &RECORD_DISK, e);
}

const char *recorder_trouble(const struct recorder *r)
{
    int error = atomic_load(&r->error);
    switch (error) {
    case 0: return "";
    case ENOBUFS: return "it could not keep up: rows were lost";
    case ENOENT: return "its files were removed";
    default: return strerror(error);
    }
}

/* Both header rows; a disk that does not even take these ends the run before it begins. */
static int begin(struct recorder *r, const char *folder, struct err *e)
{
    static const char *const samples[] = {RUN_SAMPLES_COLUMNS}, *const events[] = {RUN_EVENTS_COLUMNS};
    char line[400];
    bool whole = put_sample(r, line, join_header(line, sizeof line, samples, sizeof samples / sizeof *samples)) &&
                 put(r, &r->events, line, join_header(line, sizeof line, events, sizeof events / sizeof *events));
    return whole ? 0 : err_set(e, ERR_IO, "%s: cannot be written to: %s", folder, recorder_trouble(r));
}

static void abandon(struct recorder *r)
{
    if (r->samples.handle >= 0)
        r->door.close(r->door.self, r->samples.handle);
    if (r->events.handle >= 0)
        r->door.close(r->door.self, r->events.handle);
    free(r);
}

int recorder_open_by(struct recorder **out, const char *folder, const struct record_door *door, struct err *e)
{
    struct recorder *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(e, ERR_NOMEM, "out of memory for the recorder");
    sha256_start(&r->hash);
    r->door = *door;
    memset(r->chain, '0', 64);
    r->samples.handle = create(door, folder, RUN_SAMPLES, e);
    r->events.handle = r->samples.handle < 0 ? -1 : create(door, folder, RUN_EVENTS, e);
    int rc = r->events.handle < 0 ? ERR_IO : begin(r, folder, e);
    if (rc)
        abandon(r);
    else
        *out = r;
    return rc;
}

void recorder_row(struct recorder *r, const struct record_row *row)
{
    size_t head = atomic_load_explicit(&r->row_head, memory_order_relaxed);
    if (atomic_load(&r->has_gap))
        return;
    if (head - atomic_load_explicit(&r->row_tail, memory_order_acquire) == ROWS) {
        atomic_store(&r->has_gap, true);
        fail(r, ENOBUFS);
        return;
    }
    r->row[head % ROWS] = *row;
    atomic_store_explicit(&r->row_head, head + 1, memory_order_release);
}

void recorder_event(struct recorder *r, const struct record_event *event)
{
    size_t head = atomic_load_explicit(&r->event_head, memory_order_relaxed);
    if (atomic_load(&r->has_gap))
        return;
    if (head - atomic_load_explicit(&r->event_tail, memory_order_acquire) == EVENTS) {
        atomic_store(&r->has_gap, true);
        fail(r, ENOBUFS);
        return;
    }
    r->event[head % EVENTS] = *event;
    atomic_store_explicit(&r->event_head, head + 1, memory_order_release);
}

bool recorder_has_failed(const struct recorder *r) { return atomic_load(&r->error) != 0; }

/* One number and the comma after it; NaN is an empty cell. */
static size_t cell(char *out, size_t size, double x, int decimals)
{
    int n = isnan(x) ? snprintf(out, size, ",") : snprintf(out, size, "%.*f,", decimals, x);
    return (size_t)n;
}

static void write_row(struct recorder *r, const struct record_row *w)
{
    char line[400];
    unsigned long long seq = r->samples.rows;
    size_t n = (size_t)snprintf(line, sizeof line, "%llu,%.6f,%s,", seq, w->time, w->state);
    n += cell(line + n, sizeof line - n, w->position * 1e6, 2);
    n += cell(line + n, sizeof line - n, w->travel * 1e6, 2);
    n += cell(line + n, sizeof line - n, w->raw_travel * 1e6, 2);
    n += cell(line + n, sizeof line - n, w->force, 5);
    n += cell(line + n, sizeof line - n, w->net_force, 5);
    n += cell(line + n, sizeof line - n, w->axis_age * 1e3, 2);
    n += cell(line + n, sizeof line - n, w->force_age * 1e3, 2);
    n += (size_t)snprintf(line + n, sizeof line - n, "%lu,%lu,%lu\n", (unsigned long)w->axis_status,
                          (unsigned long)w->axis_alarm, (unsigned long)w->inputs);
    r->samples.rows += put_sample(r, line, n);
}

/* RFC 4180: a cell with a comma, quote or line end is quoted, quotes are doubled. */
static size_t quoted(char *out, size_t size, const char *text)
{
    size_t n = 0;
    out[n++] = '"';
    for (; *text && n + 4 < size; text++) {
        if (*text == '"')
            out[n++] = '"';
        out[n++] = *text == '\n' ? ' ' : *text;
    }
    out[n++] = '"';
    return n;
}

/* Each row's digest covers its text and the digest before: a row that is changed or left out breaks all that follow. */
static void chain_next(char chain[65], const char *text, size_t n)
{
    struct sha256 h;
    sha256_start(&h);
    sha256_add(&h, chain, 64);
    sha256_add(&h, text, n);
    sha256_end(&h, chain);
}

static void write_event(struct recorder *r, const struct record_event *v)
{
    char line[900], chain[65];
    size_t n = (size_t)snprintf(line, sizeof line, "%.6f,%s,%s,", v->time, v->kind, v->subject);
    n += quoted(line + n, 100, v->value);
    line[n++] = ',';
    n += quoted(line + n, 420, v->detail);
    memcpy(chain, r->chain, sizeof chain);
    chain_next(chain, line, n);
    n += (size_t)snprintf(line + n, sizeof line - n, ",%s\n", chain);
    if (!put(r, &r->events, line, n))
        return;
    memcpy(r->chain, chain, sizeof chain);
    r->events.rows++;
}

void recorder_pump(struct recorder *r)
{
    size_t tail = atomic_load_explicit(&r->row_tail, memory_order_relaxed);
    while (tail != atomic_load_explicit(&r->row_head, memory_order_acquire)) {
        write_row(r, &r->row[tail % ROWS]);
        atomic_store_explicit(&r->row_tail, ++tail, memory_order_release);
    }
    tail = atomic_load_explicit(&r->event_tail, memory_order_relaxed);
    while (tail != atomic_load_explicit(&r->event_head, memory_order_acquire)) {
        write_event(r, &r->event[tail % EVENTS]);
        atomic_store_explicit(&r->event_tail, ++tail, memory_order_release);
    }
}

void recorder_commit(struct recorder *r)
{
    struct record_file *const file[] = {&r->samples, &r->events};
    for (size_t i = 0; i < 2; i++)
        if (r->door.sync(r->door.self, file[i]->handle) != 0)
            fail(r, errno);
        else if (!r->door.is_there(r->door.self, file[i]->handle))
            fail(r, ENOENT);
}

static void *writer_main(void *arg)
{
    struct recorder *r = arg;
    while (!atomic_load(&r->quit)) {
        recorder_pump(r);
        recorder_commit(r);
        nanosleep(&(struct timespec){0, (long)(RECORD_COMMIT * 1e9)}, NULL);
    }
    return NULL;
}

/* The writer never competes with the tick: an ordinary thread, also when the one that starts it is real-time. */
int recorder_start(struct recorder *r, struct err *e)
{
    pthread_attr_t ordinary;
    const struct sched_param none = {.sched_priority = 0};
    pthread_attr_init(&ordinary);
    pthread_attr_setinheritsched(&ordinary, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&ordinary, SCHED_OTHER);
    pthread_attr_setschedparam(&ordinary, &none); /* else it takes the priority of the one that starts it */
    int failed = pthread_create(&r->thread, &ordinary, writer_main, r);
    pthread_attr_destroy(&ordinary);
    if (failed)
        return err_set(e, ERR_FAILED, "cannot start the recorder's thread");
    r->has_thread = true;
    return 0;
}

int recorder_close(struct recorder *r, struct record_sums *sums, struct err *e)
{
    struct record_door *d = &r->door;
    atomic_store(&r->quit, true);
    if (r->has_thread)
        pthread_join(r->thread, NULL);
    recorder_pump(r);
    recorder_commit(r);
    if (d->close(d->self, r->samples.handle) != 0)
        fail(r, errno);
    if (d->close(d->self, r->events.handle) != 0)
        fail(r, errno);
    int rc = recorder_has_failed(r) ? err_set(e, ERR_IO, "the recorder could not write: %s", recorder_trouble(r)) : 0;
    *sums = (struct record_sums){.rows = r->samples.rows, .events = r->events.rows};
    sha256_end(&r->hash, sums->samples_sha256);
    memcpy(sums->events_chain, r->chain, sizeof sums->events_chain);
    free(r);
    return rc;
}
