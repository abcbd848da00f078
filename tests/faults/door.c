/* door.c -- see door.h.  __real_X is the function itself, __wrap_X what the objects of this runner call instead. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/runfolder.h"
#include "tests/faults/door.h"

const char *const door_names[DOORS] = {"memory", "disk", "bus"};
const char *const way_names[WAYS] = {"none",          "no memory",  "no memory left", "I/O error", "disk full",
                                     "read-only",     "time-out",   "lost reply",     "late reply", "exception",
                                     "junk",          "short",      "wrong unit",     "reset",     "cut"};
const char *const phase_names[PHASES] = {"files",    "open",   "begin", "wait",    "home", "tare",
                                         "approach", "insert", "hold",  "retract", "end"};

enum { BLOCKS = 1 << 16, HANDLES = 64 };
static struct door_watch watch;
static void *const gone = &watch;        /* a place that was used before: those behind it are still found */
static void *block[BLOCKS];              /* open addressing; NULL: free */
static bool is_samples[HANDLES];         /* this handle is samples.csv */
static uint64_t rows_written;

struct door_watch *door_watch(void) { return &watch; }

void door_reset(enum way way, long n)
{
    memset(&watch, 0, sizeof watch);
    memset(block, 0, sizeof block);
    memset(is_samples, 0, sizeof is_samples);
    rows_written = 0;
    watch.way = way;
    watch.n = n;
}

enum door way_door(enum way w)
{
    return w <= WAY_NO_MEMORY_LEFT ? DOOR_MEMORY : w <= WAY_READ_ONLY ? DOOR_DISK : DOOR_BUS;
}

static bool lasts(enum way w)
{
    return w == WAY_NO_MEMORY_LEFT || w == WAY_DISK_FULL || w == WAY_READ_ONLY || w == WAY_CUT;
}

bool door_strikes(enum door d, const char *what, const char *name)
{
    if (!watch.is_ours)
        return false;
    long k = ++watch.calls[d];
    if (k <= DOOR_CALLS)
        watch.phase_of[d][k] = (uint8_t)watch.phase;
    if (watch.way == WAY_NONE || way_door(watch.way) != d || !(k == watch.n || (k > watch.n && lasts(watch.way))))
        return false;
    if (!watch.has_struck) {
        const char *slash = strrchr(name, '/');
        snprintf(watch.struck, sizeof watch.struck, "%s %.50s", what, slash ? slash + 1 : name);
        watch.struck_in = watch.phase;
        watch.has_struck = true;
    }
    return true;
}

/* ---- memory ---- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
void __wrap_free(void *p);
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static size_t place_of(const void *p) { return ((uintptr_t)p >> 4) * 2654435761u % BLOCKS; }

/* Keeps a block that our code took, so that what is never given back is seen without any tool. */
static void *keep(void *p)
{
    if (!p || !watch.is_ours)
        return p;
    size_t i = place_of(p);
    for (size_t k = 0; block[i] && block[i] != gone && k < BLOCKS; k++)
        i = (i + 1) % BLOCKS;
    block[i] = p;
    watch.live++;
    return p;
}

static void forget(const void *p)
{
    size_t i = place_of(p);
    for (size_t k = 0; p && block[i] && k < BLOCKS; k++, i = (i + 1) % BLOCKS)
        if (block[i] == p) {
            block[i] = gone;
            watch.live--;
            return;
        }
}

static bool is_out_of_memory(const char *what)
{
    if (!door_strikes(DOOR_MEMORY, what, ""))
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t n) { return is_out_of_memory("malloc") ? NULL : keep(__real_malloc(n)); }
void *__wrap_calloc(size_t n, size_t size) { return is_out_of_memory("calloc") ? NULL : keep(__real_calloc(n, size)); }
char *__wrap_strdup(const char *s) { return is_out_of_memory("strdup") ? NULL : keep(__real_strdup(s)); }

char *__wrap_strndup(const char *s, size_t n)
{
    return is_out_of_memory("strndup") ? NULL : keep(__real_strndup(s, n));
}

void *__wrap_realloc(void *p, size_t n)
{
    if (is_out_of_memory("realloc"))
        return NULL;
    forget(p);
    return keep(__real_realloc(p, n));
}

void __wrap_free(void *p)
{
    forget(p);
    __real_free(p);
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list args;
    if (is_out_of_memory("asprintf"))
        return -1;
    va_start(args, format);
    int n = vasprintf(out, format, args);
    va_end(args);
    if (n >= 0)
        keep(*out);
    return n;
}

/* ---- disk ---- */

int __real_open(const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t n);
int __real_rename(const char *from, const char *to);
int __real_mkdir(const char *path, mode_t mode);
FILE *__real_fopen(const char *path, const char *mode);
int __real_fflush(FILE *f);
int __real_fclose(FILE *f);
int __real_ftruncate(int fd, off_t length);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_mkdir(const char *path, mode_t mode);
FILE *__wrap_fopen(const char *path, const char *mode);
int __wrap_fflush(FILE *f);
int __wrap_fclose(FILE *f);
int __wrap_ftruncate(int fd, off_t length);

/* A full disk and a read-only one still read. */
static bool is_refused(const char *what, const char *name, bool writes)
{
    if (!writes && (watch.way == WAY_DISK_FULL || watch.way == WAY_READ_ONLY))
        return false;
    if (!door_strikes(DOOR_DISK, what, name))
        return false;
    errno = watch.way == WAY_DISK_FULL ? ENOSPC : watch.way == WAY_READ_ONLY ? EROFS : EIO;
    return true;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? (mode_t)va_arg(args, int) : 0;
    va_end(args);
    if (is_refused("open", path, (flags & O_ACCMODE) != O_RDONLY))
        return -1;
    int fd = __real_open(path, flags, mode);
    if (watch.is_ours && fd >= 0 && fd < HANDLES) {
        size_t n = strlen(path), m = strlen("/" RUN_SAMPLES);
        is_samples[fd] = n > m && strcmp(path + n - m, "/" RUN_SAMPLES) == 0;
    }
    return fd;
}

static bool is_file(int fd)
{
    struct stat s;
    return fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
}

static void count_rows(int fd, const char *bytes, ssize_t n)
{
    if (fd < 0 || fd >= HANDLES || !is_samples[fd])
        return;
    for (ssize_t i = 0; i < n; i++)
        rows_written += bytes[i] == '\n';
}

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    long before = watch.calls[DOOR_DISK];
    size_t whole = n;
    const char *name = fd >= 0 && fd < HANDLES && is_samples[fd] ? RUN_SAMPLES : "a file";
    if (watch.is_ours && is_file(fd) && is_refused("write", name, true)) {
        bool is_cut_short = watch.way == WAY_DISK_FULL && before + 1 == watch.n && n > 1;
        if (!is_cut_short)
            return -1;
        whole = n / 2; /* the last block that is free takes a part */
    }
    ssize_t k = __real_write(fd, bytes, whole);
    count_rows(fd, bytes, k);
    return k;
}

/* Nothing is really synced: what is committed is what a power cut would leave, and that is counted here. */
int __wrap_fdatasync(int fd)
{
    bool samples = fd >= 0 && fd < HANDLES && is_samples[fd];
    if (is_refused("fdatasync", samples ? RUN_SAMPLES : "a file", true))
        return -1;
    if (samples)
        watch.rows_synced = rows_written;
    return 0;
}

int __wrap_fsync(int fd)
{
    return is_refused("fsync", is_file(fd) ? "a file" : "a folder", true) ? -1 : 0;
}

int __wrap_rename(const char *from, const char *to)
{
    return is_refused("rename", to, true) ? -1 : __real_rename(from, to);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return is_refused("mkdir", path, true) ? -1 : __real_mkdir(path, mode);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    return is_refused("fopen", path, mode[0] != 'r') ? NULL : __real_fopen(path, mode);
}

int __wrap_fflush(FILE *f)
{
    bool is_file = f && f != stdout && f != stderr;
    return is_file && is_refused("fflush", "a file", true) ? EOF : __real_fflush(f);
}

int __wrap_fclose(FILE *f)
{
    bool fails = __fwritable(f) && is_refused("fclose", "a file", true);
    int why = errno, rc = __real_fclose(f);
    if (fails)
        errno = why;
    return fails ? EOF : rc;
}

int __wrap_ftruncate(int fd, off_t length)
{
    return is_refused("ftruncate", "a file", true) ? -1 : __real_ftruncate(fd, length);
}
