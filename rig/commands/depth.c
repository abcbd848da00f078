/* depth.c -- mnrig depth: records a depth reading (OCT, histology, ...) beside a run's data. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/math/stats.h"
#include "base/provenance.h"
#include "base/runfolder.h"
#include "base/synthetic.h"
#include "base/text/config.h"
#include "base/text/table.h"
#include "rig/commands/commands.h"
#include "rig/commands/options.h"

const char depth_help[] =
    "usage: mnrig depth RUN FILE.csv [--method oct|histology|dye|parafilm|model]\n"
    "\n"
    "Records a depth reading as RUN/penetration_NN.yaml; nothing is overwritten, the newest counts.\n"
    "FILE.csv has the columns needle (a number from 1 on, or a name; each once), depth_um and penetrated (1 or 0;\n"
    "depth empty where there is none or it cannot be read).  No depth is greater than the needles' length and 5 % of\n"
    "it.\n"
    "\n"
    "  --method M   how the depth was read (default oct)\n"
    "\n"
    "example: mnrig depth runs/20260309T140509Z_demo_pig1_press_10N_hold_5s_r01 oct.csv\n"
    "exit status: 0 recorded, 2 usage, 3 a file";

#define TOLERANCE 1.05 /* of a needle's length and of the reading's scale; assumed */

struct patch { long needles; double length; }; /* of the run; m */
struct reading { size_t needles, penetrated, read; double mean, sd; };

static int bad_row(const struct table *t, size_t row, struct err *e, const char *column, double value, const char *why)
{
    err_set(e, ERR_PARSE, "%s:%d: %s: %g: %s", t->path, t->line[row], column, value, why);
    err_hint(e, "penetrated is 1 or 0; depth_um is > 0 where there is a hole that could be read, else empty");
    return ERR_PARSE;
}

static int bad_needle(const struct table *t, size_t row, const char *name, struct err *e, const char *why)
{
    err_set(e, ERR_PARSE, "%s:%d: needle: '%.40s': %s", t->path, t->line[row], name, why);
    err_hint(e, "each needle that was looked at has one row");
    return ERR_PARSE;
}

/* Each needle once; a number must be one of the patch's. */
static int check_needles(const struct table *t, size_t col, const struct patch *p, struct err *e)
{
    char why[120];
    if ((double)t->rows > (double)p->needles)
        return err_set(e, ERR_RANGE, "%s: %zu rows: the run's patch has %ld needles", t->path, t->rows, p->needles);
    for (size_t i = 0; i < t->rows; i++) {
        const char *name = table_cell(t, i, col);
        char *end = NULL;
        const double number = strtod(name, &end);
        if (name[0] == '\0')
            return bad_needle(t, i, name, e, "a number or a name is needed");
        if (*end == '\0' && !(number >= 1.0 && number <= (double)p->needles && number == floor(number))) {
            snprintf(why, sizeof why, "must be one of 1 to %ld, the needles of the run's patch", p->needles);
            return bad_needle(t, i, name, e, why);
        }
        for (size_t k = 0; k < i; k++)
            if (strcmp(table_cell(t, k, col), name) == 0)
                return bad_needle(t, i, name, e, "is there twice");
    }
    return 0;
}

static int check_depth(const struct table *t, size_t row, double depth_um, const struct patch *p, struct err *e)
{
    if (isnan(depth_um) || depth_um * 1e-6 <= p->length * TOLERANCE)
        return 0;
    err_set(e, ERR_RANGE, "%s:%d: depth_um: %g um: deeper than the run's needles are long, %g um", t->path,
            t->line[row],
            depth_um, p->length * 1e6);
    err_hint(e, "depths are micrometres; a reading may lie %.0f %% above the length", (TOLERANCE - 1.0) * 100.0);
    return ERR_RANGE;
}

static int summarise(const struct table *t, const double *depth, const double *hole, const struct patch *p,
                     struct reading *r, struct err *e)
{
    double *kept = malloc((t->rows + 1) * sizeof *kept);
    if (!kept)
        return err_set(e, ERR_NOMEM, "out of memory for %zu needles", t->rows);
    *r = (struct reading){.needles = t->rows};
    int rc = 0;
    for (size_t i = 0; i < t->rows && rc == 0; i++) {
        if (hole[i] != 0.0 && hole[i] != 1.0)
            rc = bad_row(t, i, e, "penetrated", hole[i], "must be 0 or 1");
        else if (!isnan(depth[i]) && !(hole[i] == 1.0 && depth[i] > 0.0))
            rc = bad_row(t, i, e, "depth_um", depth[i],
                         hole[i] == 1.0 ? "must be > 0" : "a depth without a hole, penetrated must be 1");
        else
            rc = check_depth(t, i, depth[i], p, e);
        r->penetrated += hole[i] == 1.0;
        if (!isnan(depth[i]))
            kept[r->read++] = depth[i] * 1e-6;
    }
    r->mean = stats_mean(kept, r->read);
    r->sd = stats_sd(kept, r->read);
    free(kept);
    if (rc == 0 && r->read < 2) {
        err_set(e, ERR_RANGE, "%s: %zu depths were read: at least 2 are needed for mean and sd", t->path, r->read);
        rc = ERR_RANGE;
    }
    return rc;
}

static int read_table(const char *path, const struct patch *p, struct reading *r, struct err *e)
{
    struct table t = {0};
    double *depth = NULL, *hole = NULL;
    size_t col = 0;
    int rc = table_read(&t, path, e);
    if (rc == ERR_IO) /* of a virtual bench it is not there yet */
        err_hint(e, "a virtual bench writes its virtual_oct.csv when the next specimen is put on or when it ends");
    if (rc == 0) rc = table_col(&t, "needle", &col, e);
    if (rc == 0) rc = table_numbers(&t, "depth_um", true, &depth, e);
    if (rc == 0) rc = table_numbers(&t, "penetrated", false, &hole, e);
    if (rc == 0 && t.rows == 0)
        rc = err_set(e, ERR_PARSE, "%s: no rows", path);
    if (rc == 0) rc = check_needles(&t, col, p, e);
    if (rc == 0) rc = summarise(&t, depth, hole, p, r, e);
    free(depth);
    free(hole);
    table_release(&t);
    return rc;
}

/* A run folder of ours: its needles, and whether it came from the virtual bench. */
static int read_run(const char *folder, struct patch *p, bool *is_virtual, struct err *e)
{
    char path[700];
    const char *format = NULL;
    struct config *doc = NULL;
    struct cnode needles = {0};
    snprintf(path, sizeof path, "%.600s/%s", folder, RUN_YAML);
    int rc = config_open(&doc, path, e);
    if (rc == 0) rc = config_string(config_root(doc), "format", &format, e);
    if (rc == 0 && strcmp(format, RUN_FORMAT) != 0)
        rc = config_fail(config_get(config_root(doc), "format"), e, ERR_PARSE, "format '%s': this program writes %s",
                         format, RUN_FORMAT);
    if (rc == 0) rc = config_bool(config_root(doc), "virtual", is_virtual, e);
    if (rc == 0) rc = config_need(config_root(doc), "needles", &needles, e);
    if (rc == 0) rc = config_integer(needles, "count", 1, 1000000000L, &p->needles, e);
    if (rc == 0) rc = config_quantity(needles, "length", "m", RANGE_POSITIVE, &p->length, e);
    config_close(doc);
    return rc;
}

static int write_record(const char *folder, const char *file, const char *method, const struct reading *r,
                        bool is_virtual, char *path, size_t size, struct err *e)
{
    char hex[65], recorded[21];
    struct record *y = NULL;
    int rc = run_penetration_next(folder, path, size, e);
    if (rc == 0) rc = sha256_file(file, hex, e);
    if (rc == 0) rc = record_new(&y, e);
    if (rc)
        return rc;
    iso8601((int64_t)time(NULL), recorded);
    record_text(y, "format", "mn-penetration-1");
    record_text(y, "method", method);
    record_text(y, "file", file);
    record_text(y, "file_sha256", hex);
    record_quantity(y, "depth/mean", r->mean * 1e6, "um");
    record_quantity(y, "depth/sd", r->sd * 1e6, "um");
    record_integer(y, "depth/n", (long long)r->read);
    record_number(y, "penetrated_fraction", (double)r->penetrated / (double)r->needles);
    record_bool(y, "virtual", is_virtual);
    record_text(y, "recorded", recorded);
    rc = record_write(y, path, e);
    record_free(y);
    return rc;
}

int depth_run(int argc, char **argv, struct err *e)
{
    static const char *const methods[] = {"oct", "histology", "dye", "parafilm", "model", NULL};
    const char *method = "oct", *word[2] = {NULL, NULL};
    char path[700];
    bool is_virtual = false, known = false;
    size_t n = 0;
    struct patch patch = {0};
    struct reading r = {0};
    const struct option_spec specs[] = {{"method", .text = &method}, {.name = NULL}};
    int rc = options_read(specs, argc, argv, word, 2, &n, e);
    if (rc == 0 && n != 2)
        rc = err_set(e, ERR_ARG, "a run folder and a CSV file are needed");
    for (size_t i = 0; methods[i]; i++)
        known = known || strcmp(method, methods[i]) == 0;
    if (rc == 0 && !known) {
        rc = err_set(e, ERR_ARG, "--method '%s': oct, histology, dye, parafilm or model", method);
    }
    if (rc == 0) rc = read_run(word[0], &patch, &is_virtual, e);
    if (rc == 0) rc = read_table(word[1], &patch, &r, e);
    is_virtual = is_virtual || (rc == 0 && synthetic_table(word[1]));
    if (rc == 0) rc = write_record(word[0], word[1], method, &r, is_virtual, path, sizeof path, e);
    if (rc == 0)
        printf("%s: mean %.1f um, sd %.1f um, n %zu, penetrated %zu of %zu (%.3g %%)%s\n", path, r.mean * 1e6,
               r.sd * 1e6, r.read, r.penetrated, r.needles, 100.0 * (double)r.penetrated / (double)r.needles,
               is_virtual ? " [virtual bench: rehearsal, not evidence]" : "");
    return rc;
}
