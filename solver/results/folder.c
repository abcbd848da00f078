/* folder.c -- see folder.h. */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/text/file.h"
#include "solver/results/folder.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_tree(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

static bool is_result(const char *path)
{
    static const char *const marks[] = {"summary.yaml", "sweep.csv", "compare.yaml", "fit.yaml", "import.yaml"};
    char file[FOLDER_PATH + 100];
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        snprintf(file, sizeof file, "%s/%s", path, marks[i]);
        if (access(file, F_OK) == 0)
            return true;
    }
    return false;
}

static int refuse(const char *path, bool replace, struct err *e)
{
    if (replace) {
        err_set(e, ERR_IO, "'%s' is not a folder that mnsim wrote: it is not replaced", path);
        err_hint(e, "choose another folder with -o");
    } else {
        err_set(e, ERR_IO, "'%s' exists already: results are never overwritten", path);
        err_hint(e, "choose another folder with -o, or replace an old result with --force");
    }
    return ERR_IO;
}

/* ---- the temporary folder: whoever writes into it holds a lock on it, which ends with the program ---- */

#define TEMPORARY ".partial-XXXXXX"
enum { TRIES = 8 };

static bool is_at(int fd, const char *path)
{
    struct stat mine, there;
    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
           mine.st_dev == there.st_dev;
}

/* Removes what programs left that were killed; n: letters of the result's path.  A folder whose writer lives is
 * locked. */
static void remove_stale(const char *path, size_t n)
{
    char parent[FOLDER_PATH], found[2 * FOLDER_PATH];
    const char *name = path + n;
    while (name > path && name[-1] != '/')
        name--;
    size_t length = n - (size_t)(name - path), mark = strlen(TEMPORARY) - strlen("XXXXXX");
    snprintf(parent, sizeof parent, "%.*s", name > path ? (int)(name - path) : 1, name > path ? path : ".");
    DIR *d = opendir(parent);
    for (struct dirent *i; d && (i = readdir(d));) {
        if (strlen(i->d_name) != length + strlen(TEMPORARY) || strncmp(i->d_name, name, length) ||
            strncmp(i->d_name + length, TEMPORARY, mark))
            continue;
        snprintf(found, sizeof found, "%s/%s", parent, i->d_name);
        int fd = file_lock(found);
        if (fd < 0) continue;
        remove_tree(found);
        close(fd);
    }
    if (d) closedir(d);
}

/* Between making a folder and locking it another program may take it for a stale one: then once more. */
static int make_temporary(struct folder *f, size_t n)
{
    for (int i = 0; i < TRIES; i++) {
        snprintf(f->temporary, sizeof f->temporary, "%.*s" TEMPORARY, (int)n, f->path);
        if (!mkdtemp(f->temporary)) return ERR_IO;
        f->lock = file_lock(f->temporary);
        if (f->lock < 0 ? access(f->temporary, F_OK) == 0 : is_at(f->lock, f->temporary))
            return 0; /* on a file system without locks it is there without one */
        if (f->lock >= 0) close(f->lock);
    }
    errno = EBUSY;
    return ERR_IO;
}

static void forget(struct folder *f)
{
    if (f->lock > 0) close(f->lock);
    f->lock = 0;
    f->temporary[0] = '\0';
}

int folder_open(struct folder *f, const char *path, bool replace, struct err *e)
{
    *f = (struct folder){.replace = replace};
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    if (n == 0 || n > FOLDER_PATH - 40)
        return err_set(e, ERR_ARG, "'%.60s': not a name for a result folder", path);
    snprintf(f->path, sizeof f->path, "%.*s", (int)n, path);
    if (access(f->path, F_OK) == 0 && !(replace && is_result(f->path)))
        return refuse(f->path, replace, e);
    remove_stale(f->path, n);
    if (make_temporary(f, n)) {
        f->temporary[0] = '\0';
        err_set(e, ERR_IO, "cannot make a folder beside '%s': %s", f->path, strerror(errno));
        err_hint(e, "its parent folder must exist and be writable");
        return ERR_IO;
    }
    if (chmod(f->temporary, 0755) != 0)
        return err_set(e, ERR_IO, "cannot open '%s' to others: %s", f->temporary, strerror(errno));
    return 0;
}

const char *folder_file(const struct folder *f, const char *name, char buf[FOLDER_PATH + 100])
{
    snprintf(buf, FOLDER_PATH + 100, "%s/%.90s", f->temporary, name);
    return buf;
}

int folder_commit(struct folder *f, struct err *e)
{
    if (f->replace && is_result(f->path))
        remove_tree(f->path);
    if (rename(f->temporary, f->path) != 0) {
        err_set(e, ERR_IO, "cannot rename '%s' to '%s': %s", f->temporary, f->path, strerror(errno));
        folder_abandon(f);
        return ERR_IO;
    }
    forget(f);
    return 0;
}

void folder_abandon(struct folder *f)
{
    if (f->temporary[0])
        remove_tree(f->temporary);
    forget(f);
}
