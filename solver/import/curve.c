/* curve.c -- imported force curves: contact, travel after it, phases; and a run folder a specimen, which the analysis
 * and the comparison read like one of the bench. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/provenance.h"
#include "base/runfolder.h"
#include "base/text/column.h"
#include "base/text/table.h"
#include "base/text/units.h"
#include "solver/import/parts.h"

/* One specimen's rows in SI. */
struct press {
    size_t n, *row;          /* rows of the import */
    double *t, *x, *F;       /* s, m towards the sample, N */
    double contact, end;     /* m: position at contact, largest position */
    size_t contact_at, turn; /* first row in contact; last row of the press */
    double speed;            /* m/s: in place of times; NAN */
    double zero;             /* N: of the free air, taken off F */
};
struct settings {
    double contact_force, compliance, speed; /* N, m/N, m/s; speed NAN: there is a time */
    double zero, zero_time;                  /* N; s from the first row; NAN: not stated */
};
enum { AIR_MIN = 8 }; /* rows that a zero is the mean of, as in the analysis of a run */

/* The file's own column of travels, not the one that is computed here. */
static const struct import_column *given_travel(const struct imported *im)
{
    const struct import_column *c = import_column(im, "travel");
    return c && c->in_import_yaml ? c : NULL;
}

static int read_zero(struct cnode at, struct settings *s, struct err *e)
{
    static const char *const keys[] = {"first", "force", NULL};
    if (!config_is(at)) return 0;
    bool by_time = config_is(config_get(at, "first"));
    if (!config_is_map(at) || by_time == config_is(config_get(at, "force")))
        return config_fail(at, e, ERR_PARSE, "zero: must be {first: 0.5 s} or {force: 0.3 N}");
    int rc = config_known(at, keys, e);
    if (!rc && by_time) return config_quantity(at, "first", "s", RANGE_POSITIVE, &s->zero_time, e);
    return rc ? rc : config_quantity(at, "force", "N", RANGE_ANY, &s->zero, e);
}

static int read_settings(const struct imported *im, struct settings *s, struct err *e)
{
    struct cnode root = config_root(im->doc);
    *s = (struct settings){NAN, 0.0, NAN, NAN, NAN};
    bool is_travel = given_travel(im) && !import_column(im, "position");
    int rc = 0;
    if (!import_column(im, "force") || (!is_travel && !import_column(im, "position"))) {
        config_fail(config_get(root, "columns"), e, ERR_PARSE,
                    "columns: a curve needs a force (force_N) and a position (position_mm) or a travel (travel_mm)");
        err_hint(e, "position: as the machine counts it; travel: counted from contact already");
        return ERR_PARSE;
    }
    if (!is_travel) rc = config_quantity(root, "contact_force", "N", RANGE_POSITIVE, &s->contact_force, e);
    if (!rc && config_is(config_get(root, "compliance")))
        rc = config_quantity(root, "compliance", "m N-1", RANGE_NONNEG, &s->compliance, e);
    if (!rc) rc = read_zero(config_get(root, "zero"), s, e);
    if (!rc && !import_column(im, "time")) {
        rc = config_quantity(root, "speed", "m s-1", RANGE_POSITIVE, &s->speed, e);
        err_hint(e, "without a column of times the speed of the stage must be stated");
    }
    return rc;
}

static void press_release(struct press *p)
{
    free(p->row);
    free(p->t);
    *p = (struct press){0};
}

static double to_si(const struct import_column *c, const char *si)
{
    double one = NAN;
    return c && units_convert(1.0, column_unit(c->name), si, &one, NULL) == 0 ? one : NAN;
}

static int gather(const struct imported *im, size_t specimen, const struct settings *s, struct press *p, struct err *e)
{
    const struct import_column *F = import_column(im, "force"), *t = import_column(im, "time");
    const struct import_column *x = import_column(im, "position") ? import_column(im, "position") : given_travel(im);
    double per_F = to_si(F, "N"), per_x = to_si(x, "m"), per_t = t ? to_si(t, "s") : 0.0;
    if (isnan(per_F) || isnan(per_x) || isnan(per_t))
        return config_fail(
            config_get(config_root(im->doc), "columns"), e, ERR_PARSE,
            "columns: force must end in a unit of force, position in one of length, time in one of time");
    *p = (struct press){.row = calloc(im->rows + 1, sizeof *p->row), .t = calloc(3 * im->rows + 3, sizeof *p->t)};
    if (!p->row || !p->t) {
        press_release(p);
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    p->x = p->t + im->rows + 1;
    p->F = p->x + im->rows + 1;
    p->speed = s->speed;
    for (size_t i = 0; i < im->rows; i++) {
        if (im->specimen_of[i] != specimen || isnan(F->number[i]) || isnan(x->number[i])) continue;
        p->row[p->n] = i;
        p->F[p->n] = F->number[i] * per_F;
        p->x[p->n] = x->number[i] * per_x;
        p->t[p->n] = t      ? t->number[i] * per_t
                     : p->n ? p->t[p->n - 1] + fabs(p->x[p->n] - p->x[p->n - 1]) / s->speed
                            : 0.0;
        p->n++;
    }
    return 0;
}

static int refuse(const struct imported *im, size_t specimen, const struct press *p, size_t at, struct err *e,
                  const char *what, const char *hint)
{
    size_t row = 0;
    while (row + 1 < im->rows && im->specimen_of[row] != specimen)
        row++;
    err_set(e, ERR_RANGE, "%s:%d: specimen '%s': %s", im->file, im->line[p->n ? p->row[at] : row],
            im->specimen[specimen], what);
    err_hint(e, "%s", hint);
    return ERR_RANGE;
}

static void take_off(struct press *p, double zero)
{
    p->zero += zero;
    for (size_t i = 0; i < p->n; i++)
        p->F[i] -= zero;
}

/* The zero that is stated; a stretch that has no row is an error. */
static int take_stated_zero(const struct imported *im, size_t specimen, const struct settings *s, struct press *p,
                            struct err *e)
{
    size_t n = 0;
    double sum = 0.0;
    if (isfinite(s->zero)) take_off(p, s->zero);
    if (!isfinite(s->zero_time)) return 0;
    while (n < p->n && p->t[n] - p->t[0] < s->zero_time)
        sum += p->F[n++];
    if (n == p->n)
        return refuse(im, specimen, p, 0, e, "zero: the whole curve lies within zero/first", "state a shorter time");
    take_off(p, sum / (double)n);
    return 0;
}

static size_t first_contact(const struct press *p, double force)
{
    size_t i = 0;
    while (i < p->n && !(p->F[i] >= force && (i + 1 == p->n || p->F[i + 1] >= force)))
        i++;
    return i;
}

/* Where none is stated: the mean in free air, as the analysis takes it, all but the last fifth before contact. */
static void take_zero_of_air(const struct settings *s, struct press *p)
{
    size_t i = first_contact(p, s->contact_force), n = i - i / 5;
    double sum = 0.0;
    if (isfinite(s->zero) || isfinite(s->zero_time) || i == p->n || n < AIR_MIN) return;
    for (size_t k = 0; k < n; k++)
        sum += p->F[k];
    take_off(p, sum / (double)n);
}

/* Contact by the interpolated crossing of contact_force, two rows in a row; the turn where position is largest. */
static int find_press(const struct imported *im, size_t specimen, const struct settings *s, struct press *p,
                      struct err *e)
{
    size_t peak = 0, low = 0;
    if (p->n < 5)
        return refuse(im, specimen, p, 0, e, "fewer than 5 rows with a force and a position",
                      "is its block right?  What stands below the data is cut by layout/last_line");
    int rc = take_stated_zero(im, specimen, s, p, e);
    if (rc) return rc;
    if (isfinite(s->contact_force)) take_zero_of_air(s, p);
    for (size_t i = 1; i < p->n; i++) {
        if (p->F[i] > p->F[peak]) peak = i;
        if (p->F[i] < p->F[low]) low = i;
        if (p->t[i] < p->t[i - 1]) return refuse(im, specimen, p, i, e, "time goes back", "rows must be in order");
    }
    if (-p->F[low] > p->F[peak])
        return refuse(im, specimen, p, low, e, "the force is negative while pressing",
                      "'factor: -1' beside 'from' turns its sign");
    p->contact_at = 0;
    p->contact = 0.0;
    if (isfinite(s->contact_force)) {
        size_t i = first_contact(p, s->contact_force);
        if (i == p->n)
            return refuse(im, specimen, p, peak, e, "the force never reaches contact_force", "is its unit right?");
        p->contact_at = i;
        p->contact = p->x[i];
        if (i > 0 && p->F[i] > p->F[i - 1])
            p->contact -= (p->x[i] - p->x[i - 1]) * (p->F[i] - s->contact_force) / (p->F[i] - p->F[i - 1]);
    }
    if (!(p->x[peak] > p->contact))
        return refuse(im, specimen, p, peak, e, "the position falls while pressing",
                      "'factor: -1' beside 'from' turns its sign: position counts towards the sample");
    p->end = p->x[peak];
    for (size_t i = p->contact_at; i < p->n; i++)
        p->end = fmax(p->end, p->x[i]);
    double slack = 1e-6 + 1e-3 * (p->end - p->contact);
    p->turn = p->contact_at;
    while (p->turn < p->n && p->x[p->turn] < p->end - slack)
        p->turn++;
    return 0;
}

/* approach, insert, hold (still at the largest position), retract. */
static const char *phase_of(const struct press *p, size_t i)
{
    double slack = 1e-6 + 1e-3 * (p->end - p->contact);
    if (i < p->contact_at) return "approach";
    if (i <= p->turn) return "insert";
    return p->x[i] < p->end - slack ? "retract" : "hold";
}

static double travel_of(const struct press *p, const struct settings *s, size_t i)
{
    double at_contact = isfinite(s->contact_force) ? s->contact_force : 0.0;
    return p->x[i] - p->contact - s->compliance * (p->F[i] - at_contact);
}

/* From here on the column of forces is net. */
static void keep_net_force(struct imported *im, size_t specimen, const struct settings *s, const struct press *p)
{
    const struct import_column *F = import_column(im, "force");
    double per_F = to_si(F, "N");
    im->zero[specimen] = p->zero;
    for (size_t i = 0; p->zero != 0.0 && i < p->n; i++)
        F->number[p->row[i]] = p->F[i] / per_F;
    if (fabs(p->zero) > 0.1 * s->contact_force)
        import_note(im, "specimen '%s': %.4g N taken off the force: what it read %s", im->specimen[specimen], p->zero,
                    isfinite(s->zero) || isfinite(s->zero_time) ? "in 'zero'" : "before contact");
}

static int finish_specimen(struct imported *im, size_t specimen, const struct settings *s, double *travel,
                           char (*phase)[IMPORT_WORD], struct err *e)
{
    struct press p;
    int rc = gather(im, specimen, s, &p, e);
    if (!rc) rc = find_press(im, specimen, s, &p, e);
    bool retract = false;
    for (size_t i = 0; !rc && i < p.n; i++) {
        const char *word = retract ? "retract" : phase_of(&p, i);
        retract = strcmp(word, "retract") == 0;
        snprintf(phase[p.row[i]], IMPORT_WORD, "%s", word);
        if (travel) travel[p.row[i]] = i < p.contact_at ? NAN : travel_of(&p, s, i) * 1e6;
    }
    if (!rc) keep_net_force(im, specimen, s, &p);
    if (!rc && p.contact_at == 0 && isfinite(s->contact_force)) {
        im->no_air[specimen] = true;
        import_note(im,
                    "warning: specimen '%s' is above contact_force from its first row: travel counts from there, NOT "
                    "from contact; if that is an offset, state it: zero: {first: 0.5 s} or {force: ...}",
                    im->specimen[specimen]);
    } else if (!rc && p.contact_at < AIR_MIN && isfinite(s->contact_force))
        import_note(im, "specimen '%s' has %zu rows before contact: 'mnsim analyse' needs 8 for noise and zero",
                    im->specimen[specimen], p.contact_at);
    press_release(&p);
    return rc;
}

int curve_finish(struct imported *im, struct err *e)
{
    struct settings s;
    int rc = read_settings(im, &s, e);
    if (rc) return rc;
    bool has_travel_um = given_travel(im) && strcmp(given_travel(im)->name, "travel_um") == 0;
    struct import_column *travel = has_travel_um ? NULL : import_add(im, "travel_um"), *phase = import_add(im, "phase");
    if (phase) {
        phase->is_text = true;
        phase->text = calloc(im->rows + 1, sizeof *phase->text);
        free(phase->number);
        phase->number = NULL;
    }
    im->no_air = calloc(im->n_specimens + 1, sizeof *im->no_air);
    im->zero = calloc(im->n_specimens + 1, sizeof *im->zero);
    if (!im->no_air || !im->zero || !phase || !phase->text || (!travel && !has_travel_um))
        return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; travel && i < im->rows; i++)
        travel->number[i] = NAN;
    for (size_t k = 0; !rc && k < im->n_specimens; k++)
        rc = finish_specimen(im, k, &s, travel ? travel->number : NULL, phase->text, e);
    if (!config_is(config_get(config_root(im->doc), "compliance")))
        import_note(im, "assumed: compliance = 0: the travel is not corrected for the machine");
    return rc;
}

/* ---- run folders ---- */

static int write_samples(const struct imported *im, const struct press *p, const struct settings *s, const char *path,
                         struct err *e)
{
    static const char *const columns[] = {RUN_SAMPLES_COLUMNS};
    const struct import_column *phase = import_column(im, "phase");
    struct table_out *o;
    int rc = table_create(&o, path, columns, sizeof columns / sizeof *columns, e);
    if (rc) return rc;
    for (size_t i = 0; !rc && i < p->n; i++) {
        bool touched = i >= p->contact_at;
        table_integer(o, (long long)i);
        table_number(o, p->t[i] - p->t[0]);
        table_word(o, phase->text[p->row[i]]);
        table_number(o, p->x[i] * 1e6);
        table_number(o, touched ? travel_of(p, s, i) * 1e6 : NAN);
        table_number(o, touched ? (p->x[i] - p->contact) * 1e6 : NAN);
        table_number(o, p->F[i] + p->zero);
        table_number(o, p->F[i]);
        table_number(o, 0.0);
        table_number(o, 0.0);
        table_integer(o, 0);
        table_integer(o, 0);
        table_integer(o, 0);
        rc = table_end_row(o, e);
    }
    if (rc) table_abandon(o);
    return rc ? rc : table_close(o, e);
}

static int write_run_yaml(const struct imported *im, size_t specimen, const struct press *p, const char *path,
                          const char *command, int64_t unix_time, struct err *e)
{
    struct cnode root = config_root(im->doc);
    struct record *r;
    double peak = p->F[0];
    for (size_t i = 0; i < p->n; i++)
        peak = fmax(peak, p->F[i]);
    int rc = record_new(&r, e);
    if (rc) return rc;
    record_text(r, "format", RUN_FORMAT);
    record_bool(r, "virtual", im->is_virtual);
    record_bool(r, "imported", true);
    record_text(r, "specimen", im->specimen[specimen]);
    record_text(r, "batch", im->title);
    record_text(r, "method/name", "imported");
    record_text(r, "method/file", im->file);
    record_text(r, "method/sha256", im->file_sha);
    if (config_is(config_get(root, "needles"))) record_subtree(r, "needles", config_get(root, "needles"));
    if (config_is(config_get(root, "compliance")))
        record_subtree(r, "configuration/bench/axis/compliance", config_get(root, "compliance"));
    record_text(r, "outcome/state", "done");
    record_text(r, "outcome/cause", "imported");
    record_bool(r, "outcome/complete", true);
    record_integer(r, "outcome/rows", (long long)p->n);
    record_quantity(r, "contact/position", p->contact * 1e6, "um");
    if (config_is(config_get(root, "contact_force")))
        record_subtree(r, "contact/force", config_get(root, "contact_force"));
    record_quantity(r, "contact/time", p->t[p->contact_at] - p->t[0], "s");
    record_quantity(r, "contact/zero", p->zero, "N");
    record_bool(r, "contact/seen", !im->no_air[specimen]);
    record_quantity(r, "peak_force", peak, "N");
    record_quantity(r, "travel_end", (p->end - p->contact) * 1e6, "um");
    struct provenance who = {"mnsim", command, im->map_sha, unix_time, -1, NULL};
    provenance_record(r, "provenance", &who);
    rc = record_write(r, path, e);
    record_free(r);
    return rc;
}

static int make_folder(const char *path, struct err *e)
{
    return mkdir(path, 0777) == 0 ? 0 : err_set(e, ERR_IO, "%.300s: cannot be made", path);
}

int curve_write_runs(const struct imported *im, const char *folder, const char *command, int64_t unix_time,
                     struct err *e)
{
    struct settings s;
    char runs[1150], path[1400];
    snprintf(runs, sizeof runs, "%.1100s/runs", folder);
    int rc = read_settings(im, &s, e);
    s.zero = 0.0; /* taken off already */
    s.zero_time = NAN;
    if (!rc) rc = make_folder(runs, e);
    for (size_t k = 0; !rc && k < im->n_specimens; k++) {
        struct press p;
        rc = gather(im, k, &s, &p, e);
        if (rc) break;
        rc = find_press(im, k, &s, &p, e);
        p.zero = im->zero[k];
        snprintf(path, sizeof path, "%s/%s", runs, im->specimen[k]);
        if (!rc) rc = make_folder(path, e);
        snprintf(path, sizeof path, "%s/%s/%s", runs, im->specimen[k], RUN_SAMPLES);
        if (!rc) rc = write_samples(im, &p, &s, path, e);
        snprintf(path, sizeof path, "%s/%s/%s", runs, im->specimen[k], RUN_YAML);
        if (!rc) rc = write_run_yaml(im, k, &p, path, command, unix_time, e);
        press_release(&p);
    }
    return rc;
}
