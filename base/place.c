/* place.c -- see place.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/place.h"
#include "base/runfolder.h"

enum { PLACE_PATH = 4200, HEAD = 1000 };

static bool holds(const char *folder, const char *name)
{
    char path[PLACE_PATH + 50];
    snprintf(path, sizeof path, "%.4200s/%s", folder, name);
    return access(path, F_OK) == 0;
}

bool place_is_run(const char *folder)
{
    return holds(folder, RUN_SAMPLES) && (holds(folder, RUN_YAML) || holds(folder, RUN_EVENTS));
}

/* The nearest folder above path that exists, without links in it; NULL (out of memory, no rights): free() it. */
static char *nearest_folder(const char *path)
{
    char part[PLACE_PATH];
    char *real = NULL;
    if ((size_t)snprintf(part, sizeof part, "%s%s", path[0] == '/' ? "" : "./", path) >= sizeof part) return NULL;
    for (char *slash = strrchr(part, '/'); slash && !real; slash = strrchr(part, '/')) {
        *slash = '\0';
        real = realpath(*part ? part : "/", NULL);
    }
    return real;
}

int place_check_outside_runs(const char *path, struct err *e)
{
    char *above = nearest_folder(path);
    bool is_run = false;
    while (above && !(is_run = place_is_run(above)) && strrchr(above, '/'))
        *strrchr(above, '/') = '\0';
    if (is_run) {
        err_set(e, ERR_ARG, "'%.300s' lies in the run folder %.300s: nothing is ever written into one", path, above);
        err_hint(e, "choose a place beside it with -o");
    }
    free(above);
    return is_run ? ERR_ARG : 0;
}

/* The first bytes of the regular file at path, as text; false: it is none, or cannot be read. */
static bool read_head(const char *path, char text[HEAD])
{
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode)) return false;
    FILE *f = fopen(path, "rbe");
    size_t n = f ? fread(text, 1, HEAD - 1, f) : 0;
    bool good = f && !ferror(f);
    if (f) fclose(f);
    text[n] = '\0';
    return good && strlen(text) == n;
}

static bool is_page(const char *text)
{
    return strncmp(text, "<!DOCTYPE html>", 15) == 0 && strstr(text, PLACE_PAGE_MARK);
}

static bool is_ports(const char *text)
{
    if (strlen(text) >= HEAD - 1) return false;
    for (const char *s = text; *s; s += strcspn(s, "\n"), s += *s == '\n') {
        size_t n = strcspn(s, "\n");
        if (strspn(s, "0123456789") != n && strncmp(s, "/dev/", 5) != 0) return false;
    }
    return true;
}

static int check_file(const char *path, bool (*is_ours)(const char *text), const char *what, struct err *e)
{
    char head[HEAD];
    struct stat st;
    int rc = place_check_outside_runs(path, e);
    if (rc || (lstat(path, &st) != 0 && errno == ENOENT)) return rc;
    if (read_head(path, head) && is_ours(head)) return 0;
    err_set(e, ERR_ARG, "'%.400s' exists and is no %s: it is not replaced", path, what);
    err_hint(e, "choose another name, or move away what is there");
    return ERR_ARG;
}

int place_check_page(const char *path, struct err *e) { return check_file(path, is_page, "page of ours", e); }
int place_check_ports(const char *path, struct err *e) { return check_file(path, is_ports, "file of ports", e); }
