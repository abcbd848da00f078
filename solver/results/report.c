/* report.c -- see report.h: which kind each folder is, and the table at the top of a report on several. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/provenance.h"
#include "base/runfolder.h"
#include "solver/results/report.h"
#include "solver/results/report_parts.h"

enum { PATH = 1100, ROOM = 60 }; /* ROOM: kept for what limits a result */

/* A folder is known by its file.  named_by: the key of its title in that file. */
static const struct kind {
    const char *file, *words, *named_by;
    int (*put)(const struct part *p, struct err *e);
    void (*glance)(const struct part *p, char *out, size_t size);
} kinds[] = {
    {"summary.yaml", "result", "study", part_result, glance_result},
    {"sweep.yaml", "sweep", "sweep", part_sweep, glance_sweep},
    {"compare.yaml", "comparison", "comparison", part_compare, glance_compare},
    {"fit.yaml", "fit", "fit", part_fit, glance_fit},
    {RUN_YAML, "bench run", "specimen", part_run, glance_run},
    {"validation.csv", "validation", NULL, part_validation, glance_validation},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const struct kind *kind_of(const char *folder, char path[PATH])
{
    for (size_t k = 0; k < KINDS; k++) {
        snprintf(path, PATH, "%.1000s/%s", folder, kinds[k].file);
        if (access(path, R_OK) == 0)
            return &kinds[k];
    }
    return NULL;
}

/* Names of the folders inside that could be shown, as many as fit a hint. */
static size_t inside(const char *folder, char *out, size_t size)
{
    size_t found = 0, used = 0;
    char path[PATH], file[PATH];
    DIR *d = opendir(folder);
    out[0] = '\0';
    for (struct dirent *f; d && (f = readdir(d));) {
        snprintf(path, sizeof path, "%.700s/%.300s", folder, f->d_name);
        if (f->d_name[0] == '.' || !kind_of(path, file))
            continue;
        int n = snprintf(out + used, size - used, "%s%.150s", found++ ? " " : "", path);
        used = n < 0 || used + (size_t)n >= size ? size - 1 : used + (size_t)n;
    }
    if (d)
        closedir(d);
    return found;
}

static int unknown(const char *folder, struct err *e)
{
    char names[260];
    err_set(e, ERR_IO, "'%s' holds no result, sweep, comparison, fit, validation or run", folder);
    if (inside(folder, names, sizeof names) > 0)
        err_hint(e, "folders inside it do: %s", names);
    err_hint(e, "a folder written by mnsim run, sweep, compare, insert, analyse or fit, by make validate, or by mnrig "
                "run");
    return ERR_IO;
}

/* Opens what a folder is known by; *doc is NULL for a kind without a YAML file. */
static int part_open(struct part *p, const struct kind **kind, struct config **doc, struct err *e)
{
    char path[PATH];
    *doc = NULL;
    *kind = kind_of(p->folder, path);
    if (!*kind)
        return unknown(p->folder, e);
    if (!(*kind)->named_by)
        return 0;
    int rc = config_open(doc, path, e);
    if (!rc)
        p->root = config_root(*doc);
    return rc;
}

static int add_folder(struct report *r, const char *folder, struct sheet *sheet, struct err *e)
{
    struct part p = {.r = r, .folder = folder, .sheet = sheet};
    const struct kind *kind;
    struct config *doc;
    int rc = part_open(&p, &kind, &doc, e);
    if (!rc)
        rc = kind->put(&p, e);
    config_close(doc);
    return rc;
}

static bool labels_say(struct cnode root, const char *word)
{
    struct cnode list = config_get(root, "labels");
    for (size_t i = 0; i < config_count(list); i++) {
        const char *text = config_text(config_item(list, i));
        if (text && strstr(text, word))
            return true;
    }
    return false;
}

/* What limits a result must stand beside it, here as well. */
static void qualify(struct cnode root, char *line, size_t size)
{
    const char *is_virtual = sheet_word(root, "virtual");
    size_t n = strlen(line);
    if (labels_say(root, "estimated")) n += (size_t)snprintf(line + n, size - n, "; depth estimated");
    if ((is_virtual && strcmp(is_virtual, "true") == 0) || labels_say(root, "virtual bench") ||
        labels_say(root, "SYNTHETIC"))
        snprintf(line + n, size - n, "; SYNTHETIC");
}

static const char *kind_words(const struct kind *k, struct cnode root)
{
    const char *imported = sheet_word(root, "imported");
    if (config_is(config_get(root, "run"))) return "analysis of a run";
    return k->put == part_run && imported && strcmp(imported, "true") == 0 ? "imported run" : k->words;
}

static int glance(struct report *r, const char *folder, struct sheet *sheet, struct err *e)
{
    char line[300] = "", title[240];
    struct part p = {.r = r, .folder = folder, .sheet = sheet};
    const struct kind *kind;
    struct config *doc;
    int rc = part_open(&p, &kind, &doc, e);
    if (!rc) {
        const char *name = kind->named_by ? sheet_word(p.root, kind->named_by) : NULL;
        kind->glance(&p, line, sizeof line - ROOM);
        qualify(p.root, line, sizeof line);
        snprintf(title, sizeof title, "%s%.200s", kind->put == part_run ? "specimen " : "", name ? name : folder);
        sheet_add(sheet, title);
        sheet_add(sheet, kind_words(kind, p.root));
        sheet_add(sheet, line);
    }
    config_close(doc);
    return rc;
}

/* What came out of each folder, above the sections. */
static int at_a_glance(struct report *r, const char *const folder[], size_t n, struct sheet *sheet, struct err *e)
{
    static const char *const header[] = {"section", "kind", "what came out"};
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++)
        rc = glance(r, folder[i], sheet, e);
    if (!rc && n > 1)
        sheet_put(sheet, r, "At a glance", header, 3);
    sheet_release(sheet);
    return rc;
}

int report_write(const char *const folder[], size_t n, const char *title, const char *path, struct err *e)
{
    struct report *r;
    struct sheet sheet = {0};
    struct err closing = {0};
    char subtitle[200];
    snprintf(subtitle, sizeof subtitle, "mnsim %s (%s)", provenance_version(), provenance_commit());
    int rc = report_open(&r, path, title, subtitle, e);
    if (rc)
        return rc;
    rc = at_a_glance(r, folder, n, &sheet, e);
    for (size_t i = 0; !rc && i < n; i++)
        rc = add_folder(r, folder[i], &sheet, e);
    sheet_release(&sheet);
    if (rc) {
        report_abandon(r);
        return rc;
    }
    rc = report_close(r, &closing);
    if (rc && e && !e->code)
        *e = closing;
    return rc;
}
