/* folder.c -- see folder.h. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
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
    snprintf(f->temporary, sizeof f->temporary, "%.*s.partial-XXXXXX", (int)n, path);
    if (!mkdtemp(f->temporary)) {
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
    f->temporary[0] = '\0';
    return 0;
}

void folder_abandon(struct folder *f)
{
    if (f->temporary[0])
        remove_tree(f->temporary);
    f->temporary[0] = '\0';
}
