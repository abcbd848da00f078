/* runfolder.c -- see runfolder.h: the penetration records of a run folder. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/runfolder.h"
#include "base/text/config.h"

enum { MOST = 99 };

static int folder_exists(const char *folder, struct err *e)
{
    struct stat st;
    if (stat(folder, &st) != 0)
        return err_set(e, ERR_IO, "%s: cannot be opened: %s", folder, strerror(errno));
    return S_ISDIR(st.st_mode) ? 0 : err_set(e, ERR_IO, "%s: not a run folder", folder);
}

/* Path of record number i (1 to 99) into path; ERR_IO when it does not fit. */
static int record_path(const char *folder, int i, char *path, size_t size, struct err *e)
{
    int n = snprintf(path, size, "%s/" RUN_PENETRATION_FMT, folder, i);
    return n > 0 && (size_t)n < size ? 0 : err_set(e, ERR_IO, "%.200s...: the folder's path is too long", folder);
}

static bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

/* The highest number in use, 0 for none. */
static int newest(const char *folder, struct err *e)
{
    char path[4096];
    for (int i = MOST; i > 0; i--) {
        int r = record_path(folder, i, path, sizeof path, e);
        if (r)
            return r;
        if (exists(path))
            return i;
    }
    return 0;
}

static int read_format(struct cnode root, struct err *e)
{
    const char *format;
    int r = config_string(root, "format", &format, e);
    if (r || strcmp(format, RUN_PENETRATION_FORMAT) == 0)
        return r;
    return config_fail(config_get(root, "format"), e, ERR_PARSE, "format: '%.60s': this program reads %s", format,
                       RUN_PENETRATION_FORMAT);
}

static int read_record(struct cnode root, struct run_penetration *p, struct err *e)
{
    static const char *const methods[] = {"oct", "histology", "dye", "parafilm", "model", NULL};
    struct cnode depth;
    int r, method = 0;
    if ((r = read_format(root, e)) || (r = config_choice(root, "method", methods, &method, e)) ||
        (r = config_need(root, "depth", &depth, e)) ||
        (r = config_quantity(depth, "mean", "m", RANGE_NONNEG, &p->depth_mean, e)) ||
        (r = config_quantity(depth, "sd", "m", RANGE_NONNEG, &p->depth_sd, e)) ||
        (r = config_integer(depth, "n", 1, 1000000000, &p->n, e)) ||
        (r = config_number(root, "penetrated_fraction", RANGE_FRACTION, &p->fraction, e)) ||
        (r = config_bool(root, "virtual", &p->is_virtual, e)))
        return r;
    snprintf(p->method, sizeof p->method, "%s", methods[method]);
    return 0;
}

int run_penetration_read(const char *folder, struct run_penetration *out, struct err *e)
{
    struct run_penetration p = {0};
    struct config *c;
    int r = folder_exists(folder, e), i = r ? 0 : newest(folder, e);
    if (r || i < 0)
        return r ? r : i;
    if (i == 0) {
        err_set(e, ERR_IO, "%s: no penetration depth is recorded in this run folder", folder);
        err_hint(e, "record a reading with 'mnrig depth %.200s FILE'", folder);
        return ERR_IO;
    }
    if ((r = record_path(folder, i, p.file, sizeof p.file, e)) || (r = config_open(&c, p.file, e)))
        return r;
    r = read_record(config_root(c), &p, e);
    config_close(c);
    if (!r)
        *out = p;
    return r;
}

bool run_has_penetration(const char *folder)
{
    struct err ignored = {0};
    return folder_exists(folder, &ignored) == 0 && newest(folder, &ignored) > 0;
}

int run_penetration_next(const char *folder, char *path, size_t size, struct err *e)
{
    int r = folder_exists(folder, e), i = r ? 0 : newest(folder, e);
    if (r || i < 0)
        return r ? r : i;
    if (i == MOST)
        return err_set(e, ERR_IO, "%s: all %d penetration records are taken", folder, MOST);
    return record_path(folder, i + 1, path, size, e);
}
