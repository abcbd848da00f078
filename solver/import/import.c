/* import.c -- see import.h: map and file in, a table of ours out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/provenance.h"
#include "base/text/column.h"
#include "base/text/table.h"
#include "solver/import/parts.h"

const struct import_column *import_column(const struct imported *im, const char *name)
{
    char stem[IMPORT_WORD];
    for (size_t i = 0; i < im->n_columns; i++)
        if (strcmp(im->column[i].name, name) == 0 ||
            strcmp(column_stem(im->column[i].name, stem, sizeof stem), name) == 0)
            return &im->column[i];
    return NULL;
}

/* Names become folders: letters, digits, - _ and dots inside. */
static int check_name(const struct imported *im, size_t row, const char *name, struct err *e)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    if (name[0] && name[0] != '.' && name[strspn(name, allowed)] == '\0') return 0;
    err_set(e, ERR_PARSE, "%s:%d: specimen '%.60s': must be letters, digits, - and _", im->file, im->line[row], name);
    err_hint(e, "it names a folder; in the map: 'specimen: {text: A1}' or a name in each block");
    return ERR_PARSE;
}

static int list_specimens(struct imported *im, struct err *e)
{
    const struct import_column *c = import_column(im, "specimen");
    im->specimen = calloc(IMPORT_SPECIMENS, sizeof *im->specimen);
    im->specimen_of = calloc(im->rows + 1, sizeof *im->specimen_of);
    if (!im->specimen || !im->specimen_of) return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; c && i < im->rows; i++) {
        size_t k = 0;
        while (k < im->n_specimens && strcmp(im->specimen[k], c->text[i]) != 0)
            k++;
        im->specimen_of[i] = k;
        if (k < im->n_specimens) continue;
        int rc = im->kind == IMPORT_TABLE ? 0 : check_name(im, i, c->text[i], e);
        if (!rc && k >= IMPORT_SPECIMENS)
            rc = err_set(e, ERR_RANGE, "%s:%d: more than %d specimens", im->file, im->line[i], IMPORT_SPECIMENS);
        if (rc) return rc;
        snprintf(im->specimen[im->n_specimens++], IMPORT_WORD, "%.79s", c->text[i]);
    }
    if (!c) snprintf(im->specimen[im->n_specimens++], IMPORT_WORD, "one");
    return 0;
}

static int finish(const struct map *m, const struct raw *s, struct imported *im, struct err *e)
{
    int rc = import_fill(m, s, im, e);
    if (!rc) rc = list_specimens(im, e);
    if (!rc && im->kind == IMPORT_CURVE) rc = curve_finish(im, e);
    if (!rc && (im->kind == IMPORT_DYE || im->kind == IMPORT_LAYERS)) rc = depth_finish(im, e);
    return rc;
}

/* The file the map names, beside the map unless it is an absolute path or there as given. */
static int find_file(struct imported *im, const char *given, struct err *e)
{
    const char *name = given, *slash = strrchr(im->map, '/');
    int rc = given ? 0 : config_string(config_root(im->doc), "file", &name, e);
    if (rc) return rc;
    snprintf(im->file, sizeof im->file, "%.699s", name);
    if (!given && name[0] != '/' && access(name, F_OK) != 0 && slash)
        snprintf(im->file, sizeof im->file, "%.*s/%.300s", (int)(slash - im->map), im->map, name);
    return 0;
}

int import_read(struct imported *im, const char *map, const char *file, struct err *e)
{
    struct map *m = calloc(1, sizeof *m);
    struct raw s = {0};
    *im = (struct imported){0};
    if (!m) return err_set(e, ERR_NOMEM, "out of memory");
    snprintf(im->map, sizeof im->map, "%.699s", map);
    int rc = config_open(&im->doc, map, e);
    if (!rc) rc = map_read(m, im, e);
    if (!rc) rc = find_file(im, file, e);
    if (!rc) rc = raw_read(&s, im->file, m->separator, m->encoding, e);
    if (!rc) rc = finish(m, &s, im, e);
    if (!rc) rc = sha256_file(im->file, im->file_sha, e);
    if (!rc) rc = sha256_file(map, im->map_sha, e);
    raw_release(&s);
    free(m);
    if (rc) import_release(im);
    return rc;
}

int import_parse(struct imported *im, const char *map_text, size_t map_len, const char *text, size_t len, struct err *e)
{
    struct map *m = calloc(1, sizeof *m);
    struct raw s = {0};
    *im = (struct imported){0};
    if (!m) return err_set(e, ERR_NOMEM, "out of memory");
    snprintf(im->map, sizeof im->map, "map");
    snprintf(im->file, sizeof im->file, "file");
    int rc = config_parse(&im->doc, "map", map_text, map_len, e);
    if (!rc) rc = map_read(m, im, e);
    if (!rc) rc = raw_parse(&s, "file", text, len, m->separator, m->encoding, e);
    if (!rc) rc = finish(m, &s, im, e);
    raw_release(&s);
    free(m);
    if (rc) import_release(im);
    return rc;
}

void import_release(struct imported *im)
{
    for (size_t i = 0; i < im->n_columns; i++) {
        free(im->column[i].number);
        free(im->column[i].text);
    }
    free(im->line);
    free(im->specimen);
    free(im->specimen_of);
    free(im->no_air);
    free(im->zero);
    config_close(im->doc);
    *im = (struct imported){0};
}

/* ---- writing ---- */

static int write_table(const struct imported *im, const char *path, struct err *e)
{
    const char *names[IMPORT_COLUMNS];
    struct table_out *o;
    for (size_t k = 0; k < im->n_columns; k++)
        names[k] = im->column[k].name;
    int rc = table_create(&o, path, names, im->n_columns, e);
    if (rc) return rc;
    for (size_t i = 0; !rc && i < im->rows; i++) {
        for (size_t k = 0; k < im->n_columns; k++)
            if (im->column[k].is_text)
                table_word(o, im->column[k].text[i]);
            else
                table_number(o, im->column[k].number[i]);
        rc = table_end_row(o, e);
    }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

static void put(struct record *r, const char *group, const char *key, const char *text)
{
    char at[200];
    snprintf(at, sizeof at, "%s/%s", group, key);
    if (text && text[0]) record_text(r, at, text);
}

static void put_columns(struct record *r, const struct imported *im)
{
    for (size_t i = 0; i < im->n_columns; i++) {
        const struct import_column *c = &im->column[i];
        char group[120];
        snprintf(group, sizeof group, "columns/%s", c->name);
        if (!c->in_import_yaml)
            put(r, group, "from", "computed by the import");
        else {
            put(r, group, "from", c->from[0] ? c->from : "by number or from the map");
            put(r, group, "unit_there", c->unit);
        }
    }
}

static void put_depth(struct record *r, const struct import_depth *d)
{
    record_integer(r, "depth/needles", (long long)d->needles);
    record_integer(r, "depth/penetrated", (long long)d->penetrated);
    if (!isfinite(d->mean)) return;
    record_quantity(r, "depth/mean", d->mean * 1e6, "um");
    if (isfinite(d->sd)) record_quantity(r, "depth/sd", d->sd * 1e6, "um");
    record_quantity(r, "depth/lowest_mean", d->lowest_mean * 1e6, "um");
    record_quantity(r, "depth/highest_mean", d->highest_mean * 1e6, "um");
}

static int write_yaml(const struct imported *im, const char *path, const char *command, int64_t unix_time,
                      struct err *e)
{
    static const char *const kinds[] = {"table", "curve", "dye", "layers"};
    struct record *r;
    int rc = record_new(&r, e);
    if (rc) return rc;
    record_text(r, "import", im->title);
    record_text(r, "kind", kinds[im->kind]);
    record_bool(r, "virtual", im->is_virtual);
    record_text(r, "file", im->file);
    record_text(r, "file_sha256", im->file_sha);
    record_text(r, "map", im->map);
    record_integer(r, "rows", (long long)im->rows);
    for (size_t i = 0; i < im->n_specimens; i++)
        record_text(r, "specimens/-", im->specimen[i]);
    put_columns(r, im);
    if (im->has_depth) put_depth(r, &im->depth);
    for (size_t i = 0; i < im->n_notes; i++)
        record_text(r, "notes/-", im->note[i]);
    record_subtree(r, "as_asked", config_root(im->doc));
    struct provenance who = {"mnsim", command, im->map_sha, unix_time, -1, NULL};
    provenance_record(r, "provenance", &who);
    rc = record_write(r, path, e);
    record_free(r);
    return rc;
}

int import_write(const struct imported *im, const char *folder, const char *command, int64_t unix_time, struct err *e)
{
    char path[1200];
    snprintf(path, sizeof path, "%.1100s/%s", folder, IMPORT_CSV);
    int rc = write_table(im, path, e);
    snprintf(path, sizeof path, "%.1100s/%s", folder, IMPORT_YAML);
    if (!rc) rc = write_yaml(im, path, command, unix_time, e);
    if (!rc && im->kind == IMPORT_CURVE) rc = curve_write_runs(im, folder, command, unix_time, e);
    if (!rc && (im->kind == IMPORT_DYE || im->kind == IMPORT_LAYERS)) rc = depth_write(im, folder, unix_time, e);
    return rc;
}
