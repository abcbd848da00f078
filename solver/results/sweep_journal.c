/* sweep_journal.c -- the rows of finished cases on disk, read one at a time: a long sweep takes no more memory than a
 * short one; see sweep.h. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text/file.h"
#include "solver/results/sweep.h"

/* ---- one row at a time ---- */

/* Offsets of the lines, and where the last whole one ends.  A line break in quotes ends no line. */
static int find_lines(struct sweep_rows *r)
{
    bool quoted = false;
    long place = 0;
    size_t room = 0;
    for (int c; (c = fgetc(r->f)) != EOF;) {
        place++;
        if (c == '"') quoted = !quoted;
        if (c != '\n' || quoted) continue;
        if (r->n + 2 > room) {
            room = room ? 2 * room : 256;
            long *more = realloc(r->at, room * sizeof *more);
            if (!more) return ERR_NOMEM;
            r->at = more;
        }
        if (r->n == 0) r->at[r->n++] = 0;
        r->at[r->n++] = place;
    }
    return 0;
}

int sweep_rows_open(struct sweep_rows *r, const char *path, struct err *e)
{
    *r = (struct sweep_rows){.path = path, .f = file_open(path, e)};
    if (!r->f) return ERR_IO;
    if (find_lines(r)) {
        sweep_rows_close(r);
        return err_set(e, ERR_NOMEM, "out of memory for the lines of %s", path);
    }
    r->n = r->n > 2 ? r->n - 2 : 0; /* the header is no row, and n lines have n + 1 ends */
    return 0;
}

/* Row k with the header above it, as a table of one row. */
int sweep_rows_read(struct sweep_rows *r, size_t k, struct table *t, struct err *e)
{
    size_t head = (size_t)r->at[1], size = (size_t)(r->at[k + 2] - r->at[k + 1]);
    char *text = malloc(head + size + 1);
    if (!text) return err_set(e, ERR_NOMEM, "out of memory for a row of %s", r->path);
    bool good = !fseek(r->f, 0, SEEK_SET) && fread(text, 1, head, r->f) == head &&
                !fseek(r->f, r->at[k + 1], SEEK_SET) && fread(text + head, 1, size, r->f) == size;
    int rc = good ? table_parse(t, r->path, text, head + size, e)
                  : err_set(e, ERR_IO, "%s: cannot be read: %s", r->path, strerror(errno));
    free(text);
    return rc;
}

void sweep_rows_close(struct sweep_rows *r)
{
    if (r->f) fclose(r->f);
    free(r->at);
    *r = (struct sweep_rows){0};
}

/* ---- earlier starts ---- */

static unsigned char label_of(const struct table *t)
{
    size_t col;
    unsigned char label = SWEEP_LABELS;
    if (table_col(t, "label", &col, NULL)) return 0;
    while (label-- > 1)
        if (strcmp(table_cell(t, 0, col), sweep_label_words[label]) == 0) return label;
    return 0;
}

static int take_row(struct sweep *w, const struct table *t, struct table_out *out, struct err *e)
{
    double *number[SWEEP_EXTRA] = {NULL};
    int rc = 0;
    long c = atol(table_cell(t, 0, 0)) - 1;
    if (c < 0 || (size_t)c >= w->n_cases || w->item[c].done) return 0;
    for (size_t k = 0; !rc && k < SWEEP_EXTRA; k++)
        rc = table_numbers(t, t->name[t->cols - SWEEP_EXTRA + k], true, &number[k], e);
    if (!rc) {
        bool good = strcmp(table_cell(t, 0, 1), "ok") == 0;
        w->item[c] = (struct sweep_case){true, good, *number[0], *number[1], {*number[2], *number[3]}, label_of(t)};
        if (!good && !w->first_reason[0])
            snprintf(w->first_reason, sizeof w->first_reason, "%s", table_cell(t, 0, 2));
        w->resumed++;
        for (size_t k = 0; k < t->cols; k++)
            table_word(out, table_cell(t, 0, k));
        rc = table_end_row(out, e);
    }
    for (size_t k = 0; k < SWEEP_EXTRA; k++)
        free(number[k]);
    return rc;
}

/* Takes over the rows of a journal that are not known yet; into the new one, so that it holds them all.  What a killed
 * program or a failing disk left that is no row is left out: its case is computed again. */
static int take_over(struct sweep *w, const char *path, struct table_out *out, struct err *e)
{
    struct sweep_rows r;
    if (access(path, F_OK)) return 0;
    int rc = sweep_rows_open(&r, path, e);
    for (size_t k = 0; !rc && k < r.n; k++) {
        struct table t = {0};
        struct err torn = {0};
        rc = sweep_rows_read(&r, k, &t, &torn);
        if (!rc) rc = take_row(w, &t, out, &torn);
        if (rc && rc != ERR_PARSE) *e = torn;
        if (rc == ERR_PARSE) rc = 0;
        table_release(&t);
    }
    sweep_rows_close(&r);
    return rc;
}

/* The whole takes a part over when it has ended, however it ended. */
static int take_part_over(struct sweep *w, const char *path, struct table_out *out, struct err *e)
{
    int fd = file_lock(path);
    const bool is_busy = fd < 0 && errno == EWOULDBLOCK;
    if (fd >= 0) close(fd);
    if (!is_busy) return take_over(w, path, out, e);
    err_set(e, ERR_IO, "%s: another mnsim computes this part now", path);
    err_hint(e, "wait for it: the whole puts the parts together when all have ended");
    return ERR_IO;
}

/* Calls visit for the journal of every part: "<journal>.part-K-of-N.csv" beside the whole's "<journal>.csv". */
static int each_part(struct sweep *w, int (*visit)(struct sweep *, const char *, struct table_out *, struct err *),
                     struct table_out *out, struct err *e)
{
    char folder[sizeof w->journal], path[2 * sizeof w->journal];
    const char *slash = strrchr(w->journal, '/'), *name = slash ? slash + 1 : w->journal;
    size_t stem = strlen(name) - strlen(".csv");
    int rc = 0;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - w->journal + 1) : 1, slash ? w->journal : ".");
    DIR *d = w->parts ? NULL : opendir(folder);
    for (struct dirent *i; d && !rc && (i = readdir(d));) {
        if (strncmp(i->d_name, name, stem) || strncmp(i->d_name + stem, ".part-", 6)) continue;
        snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - w->journal + 1) : 0, w->journal, i->d_name);
        rc = visit(w, path, out, e);
    }
    if (d) closedir(d);
    return rc;
}

void sweep_take_part(struct sweep *w, size_t part, size_t parts)
{
    char suffix[60];
    size_t stem = strlen(w->journal) - strlen(".csv");
    w->part = part;
    w->parts = parts;
    snprintf(suffix, sizeof suffix, ".part-%zu-of-%zu.csv", part, parts);
    snprintf(w->journal + stem, sizeof w->journal - stem, "%s", suffix);
}

/* A journal that is locked is being written: by another start of the same command. */
static int lock_journal(struct sweep *w, struct err *e)
{
    if (w->lock > 0) close(w->lock);
    w->lock = file_lock(w->journal);
    if (w->lock >= 0 || errno != EWOULDBLOCK) return 0; /* none yet, or a file system without locks */
    err_set(e, ERR_IO, "%s: another mnsim computes this sweep now", w->journal);
    err_hint(e, "wait for it, or give another folder with -o");
    return ERR_IO;
}

int sweep_open_journal(struct sweep *w, struct table_out **out, struct err *e)
{
    char name[SWEEP_COLUMNS_MAX][SWEEP_NAME], older[sizeof w->journal + 8], both[sizeof w->journal + 8];
    const char *columns[SWEEP_COLUMNS_MAX];
    size_t n = sweep_columns(w, name);
    for (size_t i = 0; i < n; i++)
        columns[i] = name[i];
    snprintf(older, sizeof older, "%s.1", w->journal);
    snprintf(both, sizeof both, "%s.2", w->journal);
    int rc = lock_journal(w, e);
    if (rc) return rc;
    if (access(w->journal, F_OK) == 0 && rename(w->journal, access(older, F_OK) == 0 ? both : older))
        return err_set(e, ERR_IO, "%s: cannot be renamed: %s", w->journal, strerror(errno));
    rc = table_create_live(out, w->journal, columns, n, e);
    if (!rc) rc = lock_journal(w, e);
    if (!rc) rc = take_over(w, older, *out, e);
    if (!rc) rc = take_over(w, both, *out, e);
    if (!rc) rc = each_part(w, take_part_over, *out, e);
    if (!rc) {
        remove(older);
        remove(both);
    }
    return rc;
}

static int forget(struct sweep *w, const char *path, struct table_out *out, struct err *e)
{
    (void)w;
    (void)out;
    (void)e;
    remove(path);
    return 0;
}

void sweep_forget(struct sweep *w)
{
    remove(w->journal);
    each_part(w, forget, NULL, NULL);
}
