/* runfile.c -- see runfile.h.  Keys: docs/reference/rig-files.md, "Run folder". */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include "base/place.h"
#include "base/provenance.h"
#include "base/runfolder.h"
#include "base/text/file.h"
#include "rig/record/runfile.h"

static int check_name(const char *what, const char *name, struct err *e)
{
    bool ok = name[0] && strlen(name) <= 48 && name[0] != '.';
    for (const char *c = name; *c; c++)
        ok = ok && (isalnum((unsigned char)*c) || strchr("._-", *c));
    if (ok)
        return 0;
    err_set(e, ERR_ARG, "%s '%s': 1 to 48 letters, digits, '.', '_' or '-'", what, name);
    err_hint(e, "it becomes part of the run folder's name");
    return ERR_ARG;
}

static int make_parents(const char *path, struct err *e)
{
    char part[600];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part)
        return err_set(e, ERR_IO, "'%s': not a folder's name", path);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return err_set(e, ERR_IO, "%s: cannot be made: %s", part, strerror(errno));
    }
    return 0;
}

int run_folder_make(char *out, size_t size, const char *parent, int64_t unix_time, const char *batch,
                    const char *specimen, const char *method, struct err *e)
{
    char when[17];
    int rc = check_name("batch", batch, e);
    if (rc == 0) rc = check_name("specimen", specimen, e);
    if (rc == 0) rc = check_name("method", method, e);
    if (rc == 0 && (size_t)snprintf(out, size, "%s/run", parent) < size) rc = place_check_outside_runs(out, e);
    if (rc == 0) rc = make_parents(parent, e);
    if (rc)
        return rc;
    iso8601_compact(unix_time, when);
    for (int k = 1; k <= 99; k++) {
        if ((size_t)snprintf(out, size, "%s/%s_%s_%s_%s_r%02d", parent, when, batch, specimen, method, k) >= size)
            return err_set(e, ERR_IO, "%s: the folder's name is too long", parent);
        if (mkdir(out, 0777) == 0) {
            int why = file_sync_folder(out);
            return why ? err_set(e, ERR_IO, "%s: not safe from a power cut: %s", out, strerror(why)) : 0;
        }
        if (errno != EEXIST)
            return err_set(e, ERR_IO, "%s: cannot be made: %s", out, strerror(errno));
    }
    return err_set(e, ERR_IO, "%s: 99 runs of this second are there already", out);
}

static void quantity(struct record *y, const char *path, double value, const char *unit)
{
    if (!isnan(value))
        record_quantity(y, path, value, unit);
}

static void write_who(struct record *y, const struct run_report *r)
{
    char started[21];
    iso8601(r->started, started);
    record_text(y, "format", RUN_FORMAT);
    record_bool(y, "virtual", r->identity.is_virtual);
    record_text(y, "started", started);
    record_text(y, "specimen", r->specimen);
    record_text(y, "batch", r->batch);
    record_text(y, "operator", r->operator_name);
    record_text(y, "method/name", r->method->name);
    record_text(y, "method/file", r->method->file);
    record_text(y, "method/sha256", r->method->sha256);
    record_text(y, "bench/name", r->bench->name);
    record_text(y, "bench/file", r->bench->file);
    record_text(y, "bench/sha256", r->bench->sha256);
    record_text(y, "bench/calibrated", r->bench->cell.calibrated);
    record_text(y, "needles/name", r->method->needles_name);
    record_integer(y, "needles/count", r->method->needles_count);
    record_quantity(y, "needles/length", r->method->needles_length * 1e6, "um");
    record_quantity(y, "needles/area", r->method->needles_area * 1e4, "cm2");
    quantity(y, "needles/tip_diameter", r->method->tip_diameter * 1e6, "um");
    quantity(y, "needles/base_diameter", r->method->base_diameter * 1e6, "um");
    if (r->identity.is_virtual) {
        record_integer(y, "virtual_bench/seed", r->identity.seed);
        record_integer(y, "virtual_bench/specimen", r->identity.specimen);
        record_integer(y, "virtual_bench/needles", r->identity.needles);
        record_text(y, "virtual_bench/remark", "virtual bench: rehearsal, not evidence");
    }
}

static void write_proof(struct record *y, const struct run_proof *p)
{
    const struct { const char *path, *text; } part[] = {{"proof/state", p->state}, {"proof/file", p->file},
                                                        {"proof/date", p->date}, {"proof/sha256", p->sha256},
                                                        {"proof/reason", p->reason}};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (part[i].text && part[i].text[0])
            record_text(y, part[i].path, part[i].text);
}

static void write_outcome(struct record *y, const struct run_report *r)
{
    record_text(y, "outcome/state", r->outcome.state);
    record_text(y, "outcome/cause", r->outcome.cause);
    record_bool(y, "outcome/complete", r->outcome.complete);
    record_bool(y, "outcome/stop_not_proven", r->outcome.stop_not_proven);
    if (r->outcome.off_not_seen)
        record_text(y, "outcome/warning", "the drive was NOT seen to switch off at the end: it may still be on");
    record_integer(y, "outcome/rows", (long long)r->outcome.rows);
    record_text(y, "outcome/samples_sha256", r->outcome.samples_sha256);
    record_integer(y, "outcome/events", (long long)r->outcome.events);
    record_text(y, "outcome/events_chain", r->outcome.events_chain);
}

static void write_found(struct record *y, const struct run_report *r)
{
    const struct sequence *s = r->found;
    if (!s)
        return;
    record_quantity(y, "duration", r->duration, "s");
    quantity(y, "tare/force", s->tare, "N");
    quantity(y, "tare/return", s->zero_return, "N");
    if (!isnan(s->zero_return) && !(fabs(s->zero_return) <= sequence_zero_bound(s)))
        record_text(y, "tare/warning",
                    "the zero moved, or something hangs on the array: forces are in doubt by tare/return");
    quantity(y, "tare/noise_sd", s->tare_sd * 1e3, "mN");
    quantity(y, "contact/position", s->contact * 1e6, "um");
    quantity(y, "contact/time", s->contact_time, "s");
    quantity(y, "peak_force", s->peak_force, "N");
    quantity(y, "peak_absolute_force", r->peak_force, "N");
    quantity(y, "travel_end", s->travel_end * 1e6, "um");
}

/* p50 ... max, and how many times fell between 1, 2 and 5 of each decade. */
static void write_distribution(struct record *y, const struct run_timing *t)
{
    const struct { const char *key; double value; } part[] = {
        {"p50", t->p50}, {"p99", t->p99}, {"p99_9", t->p999}, {"max", t->max}};
    char path[96];
    snprintf(path, sizeof path, "timing/%s/count", t->name);
    record_integer(y, path, (long long)t->count);
    for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
        snprintf(path, sizeof path, "timing/%s/%s", t->name, part[k].key);
        record_quantity(y, path, part[k].value * 1e3, "ms");
    }
    for (size_t k = 0; k < t->steps; k++) {
        snprintf(path, sizeof path, "timing/%s/up_to/%g ms", t->name, t->step[k].edge * 1e3);
        record_integer(y, path, (long long)t->step[k].n);
    }
}

static void write_timing(struct record *y, const struct run_report *r)
{
    static const char *const names[] = {"trip", "sensor_dies", "pc_dies"};
    char path[96];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "predicted_overshoot/%s", names[i]);
        record_quantity(y, path, r->predicted.budget.overshoot[i], "N");
    }
    record_text(y, "predicted_overshoot/stage", stage_names[r->method->stage[r->predicted.stage].kind]);
    record_bool(y, "timing/realtime", r->is_realtime);
    for (size_t i = 0; i < r->timings; i++)
        write_distribution(y, &r->timing[i]);
    for (size_t i = 0; i < r->counters; i++) {
        snprintf(path, sizeof path, "counts/%s", r->counter[i].name);
        record_integer(y, path, (long long)r->counter[i].value);
    }
}

int run_report_write(const struct run_report *r, struct err *e)
{
    char path[700];
    struct record *y = NULL;
    int rc = record_new(&y, e);
    if (rc)
        return rc;
    write_who(y, r);
    write_proof(y, &r->proof);
    write_outcome(y, r);
    write_found(y, r);
    write_timing(y, r);
    struct provenance p = {.program = "mnrig", .command = r->command, .configuration_sha256 = r->bench->sha256,
                           .unix_time = r->started, .seed = -1};
    provenance_record(y, "provenance", &p);
    record_subtree(y, "configuration/bench", r->bench_doc);
    record_subtree(y, "configuration/method", r->method_doc);
    snprintf(path, sizeof path, "%s/%s", r->folder, RUN_YAML);
    rc = provenance_write_sealed(y, path, e);
    record_free(y);
    return rc;
}
