/* file.h -- whole files: read at once, or written under a temporary name and renamed, so that a half file never
 * looks whole. */
#ifndef BASE_TEXT_FILE_H
#define BASE_TEXT_FILE_H
#include <stddef.h>
#include <stdio.h>
#include "base/err.h"

/* Opens a regular file to read; NULL and ERR_IO for whatever else it is: a pipe without a writer would be waited for
 * without end, a device may act on being opened. */
FILE *file_open(const char *path, struct err *e);
/* Reads a file of at most max bytes; *text (free it) has a NUL after its *len bytes.  ERR_IO or ERR_NOMEM. */
int file_read(const char *path, size_t max, char **text, size_t *len, struct err *e);

/* The path of name as seen from file: in its folder, unless name is absolute. */
void file_beside(const char *file, const char *name, char *out, size_t size);

/* Makes the folders that path stands in, where they are missing.  ERR_IO with the one that cannot be made. */
int file_make_parents(const char *path, struct err *e);

struct file_out { FILE *f; char *path, *temporary; };
/* Opens a temporary name beside path for writing. */
int  file_create(struct file_out *o, const char *path, struct err *e);
/* Opens path itself, which must not exist, line-buffered: what was written is there even when the program is killed. */
int  file_create_live(struct file_out *o, const char *path, struct err *e);
/* Flush, fsync, rename, fsync of the folder.  On failure the temporary file is gone.  Releases o either way. */
int  file_commit(struct file_out *o, struct err *e);
void file_abandon(struct file_out *o); /* removes the temporary file (a live one stays); {0} is legal */
/* A descriptor that holds a lock on a file or folder until it is closed or the program ends, however it ends; -1 with
 * errno: EWOULDBLOCK when another descriptor holds one, or it is not there, or its file system knows no locks. */
int  file_lock(const char *path);
/* Makes the name of a file or folder durable: syncs the folder that it stands in.  0 or an errno. */
int  file_sync_folder(const char *path);
#endif
