/* import.c -- mnsim import: other people's measurements into a table of ours. */
#include <math.h>
#include <string.h>
#include <time.h>
#include "base/text/column.h"
#include "solver/commands/commands.h"
#include "solver/import/import.h"
#include "solver/results/analysis.h"

enum { SHOWN = 3 }; /* specimens whose next steps are printed */

const char help_import[] =
    "usage: mnsim import MAP.yaml [FILE] [-o DIR] [--force] [--quiet]\n"
    "\n"
    "Reads somebody else's table (texture analyser, universal tester, dye counts, layers, any CSV) as the map says, "
    "and\n"
    "writes measured.csv with units in the column names, and import.yaml.  Force curves also become runs/SPECIMEN, "
    "run\n"
    "folders for 'mnsim analyse' and 'mnsim compare --run'; counts of layers a penetration record for\n"
    "'insertion: {run: DIR}'.  FILE stands in place of the file that the map names.\n"
    "\n"
    "  -o, --output DIR    result folder (default: the map's name with _imported)\n"
    "  --force             replace an older import of this name\n"
    "  -q, --quiet         no summary\n"
    "\n"
    "example: mnsim import config/imports/texture_analyser.yaml -o out/texture\n"
    "exit status: 0 done, 1 failed, 2 usage, 3 map or data";

/* "   (there 'Kraft' in mN)" */
static const char *there(const struct import_column *c, char *buf, size_t size)
{
    if (!c->unit[0])
        buf[0] = '\0';
    else if (c->from[0])
        snprintf(buf, size, "   (there '%s' in %s)", c->from, c->unit);
    else
        snprintf(buf, size, "   (there in %s)", c->unit);
    return buf;
}

static void print_column(const struct imported *im, const struct import_column *c)
{
    double lo = INFINITY, hi = -INFINITY;
    size_t missing = 0;
    for (size_t i = 0; !c->is_text && i < im->rows; i++) {
        missing += isnan(c->number[i]) ? 1 : 0;
        lo = fmin(lo, c->number[i]);
        hi = fmax(hi, c->number[i]);
    }
    const char *unit = column_unit(c->name);
    char origin[160];
    if (c->is_text)
        printf("  %-26s text\n", c->name);
    else
        printf("  %-26s %.6g to %.6g%s%s%s\n", c->name, lo, hi, strcmp(unit, "1") ? " " : "",
               strcmp(unit, "1") ? unit : "", there(c, origin, sizeof origin));
    if (missing) printf("  %-26s %zu of %zu empty\n", "", missing, im->rows);
}

/* Steps that work with what was written; where one does not, why. */
static void print_next(const struct imported *im, const char *folder)
{
    char run[FOLDER_PATH + 100];
    for (size_t i = 0; im->kind == IMPORT_CURVE && i < im->n_specimens && i < SHOWN; i++) {
        struct err why = {0};
        snprintf(run, sizeof run, "%s/runs/%s", folder, im->specimen[i]);
        if (run_analysis_check(run, &why) == 0) {
            printf("  next: mnsim analyse %s\n", run);
            continue;
        }
        const char *text = strstr(why.msg, "csv: ");
        printf("  no analysis of '%s': %.*s\n", im->specimen[i], (int)strcspn(text ? text + 5 : why.msg, "\n"),
               text ? text + 5 : why.msg);
        if (im->no_air[i])
            printf("        its travel is not from contact: a comparison over travel would be wrong by that\n");
        else
            printf("        a comparison takes it: mnsim compare COMPARISON.yaml --run %s -o DIR\n", run);
    }
    if (im->kind == IMPORT_CURVE && im->n_specimens > SHOWN)
        printf("  and %zu more in %s/runs\n", im->n_specimens - SHOWN, folder);
    if (im->kind == IMPORT_TABLE)
        printf("  next: in a comparison 'measured: {file: %s/" IMPORT_CSV ", x: ..., y: ...}', or the map itself: "
               "'measured: {import: %s, ...}'\n", folder, im->map);
    if (im->kind == IMPORT_LAYERS && im->depth.penetrated >= 2)
        printf("  next: insertion: {run: %s} in a study\n", folder);
}

static void print_import(const struct imported *im, const char *folder)
{
    const struct import_depth *d = &im->depth;
    printf("%s: %zu rows", im->title, im->rows);
    if (im->kind != IMPORT_TABLE || import_column(im, "specimen"))
        printf(", %zu specimen%s", im->n_specimens, im->n_specimens == 1 ? "" : "s");
    printf("\n");
    for (size_t i = 0; i < im->n_columns; i++)
        print_column(im, &im->column[i]);
    if (im->has_depth)
        printf("  penetrated: %zu of %zu needles (%.3g %%)\n", d->penetrated, d->needles,
               100.0 * (double)d->penetrated / (double)d->needles);
    if (im->has_depth && isfinite(d->mean))
        printf("  depth %.4g um, sd %.3g um over those; mean between %.4g and %.4g um\n", d->mean * 1e6, d->sd * 1e6,
               d->lowest_mean * 1e6, d->highest_mean * 1e6);
    for (size_t i = 0; i < im->n_notes; i++)
        printf("  %s\n", im->note[i]);
    if (im->is_virtual) printf("  SYNTHETIC: virtual bench: rehearsal, not evidence\n");
    printf("  written to %s\n", folder);
    print_next(im, folder);
}

int command_import(int argc, char **argv, struct err *e)
{
    struct options o;
    struct folder f = {0};
    struct imported im = {0};
    char name[400];
    int rc = options_parse(&o, argc, argv, "ofq", e);
    if (!rc && (o.n_files < 1 || o.n_files > 2)) {
        rc = err_set(e, ERR_ARG, "'mnsim import' takes a map and at most one file");
        err_hint(e, "mnsim import MAP.yaml [FILE] -o DIR");
    }
    if (rc) return rc;
    default_output(o.files[0], name, sizeof name);
    char *tail = strstr(name, "_result");
    if (tail) snprintf(tail, sizeof name - (size_t)(tail - name), "_imported");
    rc = import_read(&im, o.files[0], o.n_files > 1 ? o.files[1] : NULL, e);
    if (!rc) rc = folder_open(&f, o.output ? o.output : name, o.force, e);
    if (!rc) rc = import_write(&im, f.temporary, o.command, (int64_t)time(NULL), e);
    if (!rc) rc = folder_commit(&f, e);
    if (!rc && !o.quiet) print_import(&im, f.path);
    folder_abandon(&f);
    import_release(&im);
    return rc;
}
