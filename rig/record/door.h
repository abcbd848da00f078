/* door.h -- the few file calls that the recorder makes, so that a test can stand for a disk that fills up, fails or
 * loses power.  Each returns like the system call it is named after, with errno. */
#ifndef RIG_RECORD_DOOR_H
#define RIG_RECORD_DOOR_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct record_door {
    int     (*open)(void *self, const char *path);    /* new, append only; a handle or -1 */
    ssize_t (*write)(void *self, int handle, const char *bytes, size_t n);
    int     (*sync)(void *self, int handle);          /* returns when the bytes are on the disk */
    bool    (*is_there)(void *self, int handle);      /* false: somebody removed the file */
    int     (*close)(void *self, int handle);
    void *self;
};
extern const struct record_door RECORD_DISK; /* the real one */
#endif
