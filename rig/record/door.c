/* door.c -- see door.h: the real disk. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/text/file.h"
#include "rig/record/door.h"

static int disk_open(void *self, const char *path)
{
    (void)self;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return -1;
    int why = file_sync_folder(path);
    if (why) {
        close(fd);
        errno = why;
        return -1;
    }
    flock(fd, LOCK_EX | LOCK_NB); /* so that `recover` sees that the run goes on; without locks it can't */
    return fd;
}

static ssize_t disk_write(void *self, int handle, const char *bytes, size_t n)
{
    (void)self;
    return write(handle, bytes, n);
}

static int disk_sync(void *self, int handle)
{
    (void)self;
    return fdatasync(handle);
}

static bool disk_is_there(void *self, int handle)
{
    struct stat s;
    (void)self;
    return fstat(handle, &s) == 0 && s.st_nlink > 0;
}

static int disk_close(void *self, int handle)
{
    (void)self;
    return close(handle);
}

const struct record_door RECORD_DISK = {disk_open, disk_write, disk_sync, disk_is_there, disk_close, NULL};
