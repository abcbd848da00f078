/* folder.c -- see folder.h. */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/place.h"
#include "base/text/file.h"
#include "solver/results/folder.h"

enum { MARK_MAX = 16 << 20 }; /* bytes */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_tree(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

/* A file of that name that says that mnsim wrote it: another program's or a person's own is none. */
static bool is_of_mnsim(const char *path)
{
    struct err ignored = {0};
    char *text;
    size_t n;
    if (access(path, R_OK) != 0 || file_read(path, MARK_MAX, &text, &n, &ignored)) return false;
    bool is = strstr(text, "program: mnsim") != NULL;
    free(text);
    return is;
}

/* Names that results are made of; what is called otherwise somebody else put there. */
static bool is_our_name(const char *name)
{
    static const char *const ends[] = {".csv", ".yaml", ".svg", ".gp", ".series"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (n > strlen(ends[i]) && strcmp(name + n - strlen(ends[i]), ends[i]) == 0) return true;
    return false;
}

/* Does the folder hold a file that no result has? */
static bool holds_more(const char *path)
{
    char file[FOLDER_PATH + 300];
    struct stat st;
    bool found = false;
    DIR *d = opendir(path);
    for (struct dirent *i; d && !found && (i = readdir(d));) {
        snprintf(file, sizeof file, "%.1000s/%.255s", path, i->d_name);
        found = lstat(file, &st) == 0 && !S_ISDIR(st.st_mode) && !is_our_name(i->d_name);
    }
    if (d) closedir(d);
    return found;
}

static bool is_result(const char *path)
{
    static const char *const marks[] = {"summary.yaml", "sweep.yaml", "compare.yaml", "fit.yaml", "import.yaml"};
    char file[FOLDER_PATH + 100];
    struct stat st;
    bool found = false;
    if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) || place_is_run(path)) return false;
    for (size_t i = 0; !found && i < sizeof marks / sizeof *marks; i++) {
        snprintf(file, sizeof file, "%s/%s", path, marks[i]);
        found = is_of_mnsim(file);
    }
    return found && !holds_more(path);
}

static int refuse(const char *path, bool replace, struct err *e)
{
    if (replace) {
        err_set(e, ERR_IO, "'%s' is not a folder that mnsim wrote, or holds more than that: it is not replaced", path);
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
    int rc = place_check_outside_runs(f->path, e);
    if (rc) return rc;
    if (access(f->path, F_OK) == 0 && !(replace && is_result(f->path)))
        return refuse(f->path, replace, e);
    rc = file_make_parents(f->path, e);
    if (rc) return rc;
    remove_stale(f->path, n);
    if (make_temporary(f, n)) {
        f->temporary[0] = '\0';
        err_set(e, ERR_IO, "cannot make a folder beside '%s': %s", f->path, strerror(errno));
        err_hint(e, "its parent folder must be writable");
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
