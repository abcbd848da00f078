/* parts.c -- reusable parts of a study: a name is looked up as config/<kind>s/<name>.yaml, a map stands for itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "solver/study/drug.h"
#include "solver/study/read.h"

const char *const part_key[PARTS] = {"drug", "skin", "needles"};
static const char *const part_folder[PARTS] = {"drugs", "skins", "needles"};

enum { PLACES_MAX = 24, PATH_SIZE = 700 };
struct places {
    size_t n;
    char path[PLACES_MAX][PATH_SIZE];
};

static void add_place(struct places *p, const char *dir, size_t len, const char *folder, const char *name)
{
    if (p->n < PLACES_MAX && len > 0)
        snprintf(p->path[p->n++], PATH_SIZE, "%.*s/%s/%s.yaml", (int)len, dir, folder, name);
}

/* In this order: beside the study, the folders above it, --config DIR, $MN_PATH, ./config, PREFIX/share/mn/config. */
static void list_places(struct places *p, const char *study_path, const char *config_dir, const char *folder,
                        const char *name)
{
    const char *slash = strrchr(study_path, '/');
    char dir[PATH_SIZE], up[PATH_SIZE + 4];
    snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - study_path) : 1, slash ? study_path : ".");
    snprintf(up, sizeof up, "%s/..", dir);
    *p = (struct places){0};
    if (p->n < PLACES_MAX) snprintf(p->path[p->n++], PATH_SIZE, "%.400s/%s.yaml", dir, name);
    add_place(p, dir, strlen(dir), folder, name);
    add_place(p, up, strlen(up), folder, name); /* config/studies/x.yaml -> config/drugs/ */
    if (config_dir) add_place(p, config_dir, strlen(config_dir), folder, name);
    for (const char *m = getenv("MN_PATH"); m && *m;) {
        size_t len = strcspn(m, ":");
        add_place(p, m, len, folder, name);
        snprintf(dir, sizeof dir, "%.*s/config", (int)len, m); /* the folder that holds config/ is meant as well */
        if (len > 0) add_place(p, dir, strlen(dir), folder, name);
        m += len + (m[len] == ':');
    }
    add_place(p, "config", 6, folder, name);
    add_place(p, MN_PREFIX "/share/mn/config", strlen(MN_PREFIX "/share/mn/config"), folder, name);
}

static void hint_places(const struct places *p, struct err *e)
{
    char looked[320];
    size_t used = 0;
    looked[0] = '\0';
    for (size_t i = 0; i < p->n && used < sizeof looked; i++) {
        int w = snprintf(looked + used, sizeof looked - used, "%s%s", i ? ", " : "", p->path[i]);
        used += w > 0 ? (size_t)w : 0;
    }
    err_hint(e, "looked for %s%s; other folders: --config DIR, MN_PATH=DIR:DIR", looked,
             strlen(looked) == sizeof looked - 1 ? "..." : "");
}

static const char *first_there(const struct places *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (access(p->path[i], F_OK) == 0) return p->path[i];
    return NULL;
}

static bool is_plain_name(const char *name)
{
    return name[0] && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == strlen(name);
}

static int open_named(struct study *s, int part, struct cnode at, const struct study_options *o, struct err *e)
{
    const char *name;
    int rc = config_string(config_root(s->doc), part_key[part], &name, e); /* refuses null */
    if (rc && part == PART_NEEDLES) err_hint(e, "'needles: none' is intact skin, and so is a study without the key");
    if (rc) return rc;
    if (!is_plain_name(name))
        return config_fail(at, e, ERR_PARSE,
                           "%s: '%s' must be the name of a part (letters, digits, _ - .), or a map in place",
                           part_key[part], name);
    struct places p;
    list_places(&p, config_path(s->doc), o->config_dir, part_folder[part], name);
    const char *path = first_there(&p);
    if (!path) {
        config_fail(at, e, ERR_IO, "%s: there is no %s of this name: '%s'", part_key[part], part_key[part], name);
        hint_places(&p, e);
        return ERR_IO;
    }
    rc = config_open(&s->part_doc[part], path, e);
    if (!rc) s->part[part] = config_root(s->part_doc[part]);
    return rc;
}

int part_open_by_name(struct config **out, int part, const char *name, const char *config_dir, struct err *e)
{
    struct places p;
    if (!is_plain_name(name))
        return err_set(e, ERR_ARG, "'%s' cannot be the name of a %s: letters, digits, _ - .", name, part_key[part]);
    list_places(&p, "./", config_dir, part_folder[part], name);
    const char *path = first_there(&p);
    if (path) return config_open(out, path, e);
    err_set(e, ERR_IO, "there is no %s of this name: '%s'", part_key[part], name);
    hint_places(&p, e);
    return ERR_IO;
}

static bool is_data_there(const char *dir, int len, const char *up, const char *name, char *path, size_t size)
{
    int n = snprintf(path, size, "%.*s%s/data/%s", len, dir, up, name);
    return n > 0 && (size_t)n < size && access(path, R_OK) == 0;
}

/* data/ stands beside config/, and a folder may be named as either config/ itself or what holds it. */
int data_find(const char *name, const char *config_dir, char *path, size_t size)
{
    if (config_dir && is_data_there(config_dir, 600, "/..", name, path, size)) return 0;
    for (const char *m = getenv("MN_PATH"); m && *m;) {
        int len = (int)strcspn(m, ":");
        if (len > 0 && is_data_there(m, len, "", name, path, size)) return 0;
        if (len > 0 && is_data_there(m, len, "/..", name, path, size)) return 0;
        m += len + (m[len] == ':');
    }
    if (is_data_there(".", 1, "", name, path, size)) return 0;
    if (is_data_there(MN_PREFIX, 600, "/share/mn", name, path, size)) return 0;
    path[0] = '\0';
    return ERR_IO;
}

/* The rest of "drug/log_kow=1" behind "drug/" (or "drug."), or NULL when the override is for something else. */
static const char *inside_part(const char *override, int part)
{
    size_t n = strlen(part_key[part]);
    bool hit = strncmp(override, part_key[part], n) == 0 && (override[n] == '/' || override[n] == '.');
    return hit ? override + n + 1 : NULL;
}

static bool is_for_named_part(const struct study *s, const char *override)
{
    for (int part = 0; part < PARTS; part++) {
        const char *name = config_text(config_get(config_root(s->doc), part_key[part]));
        if (inside_part(override, part) && name && strcmp(name, "none") != 0) return true;
    }
    return false;
}

/* Overrides of whole parts and of the study first: "drug=caffeine" decides what "drug/log_kow=1" means. */
static int override_study(struct study *s, const struct study_options *o, struct err *e)
{
    int rc = 0;
    for (int deep = 0; deep < 2; deep++)
        for (const char *const *v = o->overrides; !rc && v && *v; v++) {
            bool is_deep = strcspn(*v, "/.") < strcspn(*v, "=");
            if (is_deep == (deep == 1) && !(deep && is_for_named_part(s, *v))) rc = config_override(s->doc, *v, e);
        }
    return rc;
}

static int override_part(struct study *s, int part, const struct study_options *o, struct err *e)
{
    int rc = 0;
    for (const char *const *v = o->overrides; !rc && v && *v; v++) {
        const char *rest = inside_part(*v, part);
        if (rest) rc = config_override(s->part_doc[part], rest, e);
    }
    return rc;
}

static bool is_none(struct cnode at)
{
    return !config_is(at) || (config_text(at) && strcmp(config_text(at), "none") == 0);
}

static int open_part(struct study *s, int part, const struct study_options *o, struct err *e)
{
    struct cnode at = config_get(config_root(s->doc), part_key[part]);
    int rc = 0;
    s->part[part] = (struct cnode){s->doc, NULL};
    if (config_is_map(at))
        s->part[part] = at;
    else if (part == PART_NEEDLES && is_none(at))
        return 0;
    else if (!config_is_scalar(at))
        rc = config_need(config_root(s->doc), part_key[part], &at, e)
                 ? ERR_PARSE
                 : config_fail(at, e, ERR_PARSE, "%s: must be the name of a part or a map in place", part_key[part]);
    else
        rc = open_named(s, part, at, o, e);
    if (!rc && s->part_doc[part]) rc = override_part(s, part, o, e);
    return rc;
}

int parts_open(struct study *s, const struct study_options *o, struct err *e)
{
    int rc = override_study(s, o, e);
    for (int part = 0; !rc && part < PARTS; part++)
        rc = open_part(s, part, o, e);
    return rc;
}

int needles_open(struct study *s, const struct study_options *o, struct err *e)
{
    int rc = override_study(s, o, e);
    return rc ? rc : open_part(s, PART_NEEDLES, o, e);
}
