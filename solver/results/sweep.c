/* sweep.c -- see sweep.h: reading.  Computing: sweep_compute.c; writing: sweep_write.c. */
#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/provenance.h"
#include "base/text/file.h"
#include "solver/results/sweep.h"

/* The text of an override that gives an axis one of its values; short names for what is varied most. */
static void assignment(const struct sweep_axis *a, const char *value, char *out, size_t size)
{
    if (strcmp(a->key, "length") == 0)
        snprintf(out, size, "needles/length=%s", value);
    else if (strcmp(a->key, "depth") == 0)
        snprintf(out, size, "insertion={depth: %s}", value);
    else if (strcmp(a->key, "fraction_of_length") == 0)
        snprintf(out, size, "insertion={fraction_of_length: %s}", value);
    else if (strcmp(a->key, "radius_ratio") == 0)
        snprintf(out, size, "channel/radius_ratio=%s", value);
    else
        snprintf(out, size, "%s=%s", a->key, value);
}

static int read_range(struct cnode at, struct sweep_axis *a, struct err *e)
{
    static const char *const keys[] = {"from", "to", "scale", "note", NULL}, *const scales[] = {"linear", "log", NULL};
    const char *from = "", *to = "";
    char *unit_from, *unit_to;
    int scale = 0, rc = config_known(at, keys, e);
    if (!rc) rc = config_string(at, "from", &from, e);
    if (!rc) rc = config_string(at, "to", &to, e);
    if (!rc && config_is(config_get(at, "scale"))) rc = config_choice(at, "scale", scales, &scale, e);
    if (rc) return rc;
    a->from = strtod(from, &unit_from);
    a->to = strtod(to, &unit_to);
    a->is_log = scale == 1;
    while (*unit_from == ' ') unit_from++;
    while (*unit_to == ' ') unit_to++;
    snprintf(a->unit, sizeof a->unit, "%s", unit_from);
    if (strcmp(unit_from, unit_to) != 0)
        return config_fail(at, e, ERR_PARSE, "vary/%s: from '%s' to '%s': must have the same unit", a->key, from, to);
    if (!(a->from < a->to) || (a->is_log && !(a->from > 0.0)))
        return config_fail(at, e, ERR_RANGE, "vary/%s: from '%s' to '%s': must rise%s", a->key, from, to,
                           a->is_log ? " and be positive on a log scale" : "");
    return 0;
}

static int read_list(struct cnode at, struct sweep_axis *a, struct err *e)
{
    a->n = config_count(at);
    if (!config_is_list(at) || a->n < 1)
        return config_fail(at, e, ERR_PARSE, "vary/%s: must be a list of values, or a map of from, to, scale", a->key);
    if (!(a->value = calloc(a->n, sizeof *a->value)))
        return err_set(e, ERR_NOMEM, "out of memory for %zu values", a->n);
    for (size_t k = 0; k < a->n; k++)
        if (!(a->value[k] = config_text(config_item(at, k))))
            return config_fail(config_item(at, k), e, ERR_PARSE, "vary/%s: each value must be a number with its unit",
                               a->key);
    return 0;
}

/* Each axis has one value a stratum, in an order of its own. */
static void fill_latin(struct sweep *w, unsigned long long state)
{
    for (size_t a = 0; a < w->n_axes; a++) {
        for (size_t i = 0; i < w->n_points; i++)
            w->place[i * w->n_axes + a] = ((double)i + 0.5) / (double)w->n_points;
        for (size_t i = w->n_points; i-- > 1;) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            size_t k = (size_t)((state >> 33) % (i + 1));
            double x = w->place[i * w->n_axes + a];
            w->place[i * w->n_axes + a] = w->place[k * w->n_axes + a];
            w->place[k * w->n_axes + a] = x;
        }
    }
}

static int fill_sobol(struct sweep *w)
{
    gsl_qrng *q = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)w->n_axes);
    for (size_t i = 0; q && i < w->n_points; i++)
        gsl_qrng_get(q, w->place + i * w->n_axes);
    if (q) gsl_qrng_free(q);
    return q ? 0 : ERR_NOMEM;
}

static int read_design(struct sweep *w, long *cases, long *seed, struct err *e)
{
    static const char *const keys[] = {"kind", "cases", "seed", "note", NULL};
    static const char *const kinds[] = {"grid", "list", "sobol", "latin_hypercube", NULL};
    struct cnode at = config_get(config_root(w->doc), "design");
    int kind = DESIGN_GRID, rc = config_is(at) ? config_known(at, keys, e) : 0;
    if (!rc && config_is(at)) rc = config_choice(at, "kind", kinds, &kind, e);
    w->design = (enum design)kind;
    if (!rc && kind >= DESIGN_SOBOL) rc = config_integer(at, "cases", 1, SWEEP_CASES_MAX, cases, e);
    if (!rc && config_is(config_get(at, "seed"))) rc = config_integer(at, "seed", 0, 2147483647, seed, e);
    return rc;
}

static int count_points(struct sweep *w, long cases, struct cnode vary, struct err *e)
{
    w->n_points = w->design >= DESIGN_SOBOL ? (size_t)cases : w->design == DESIGN_LIST ? w->axis[0].n : 1;
    for (size_t i = 0; i < w->n_axes && w->design < DESIGN_SOBOL; i++) {
        if (!w->axis[i].n)
            return config_fail(vary, e, ERR_PARSE,
                               "vary/%s: a range needs design: {kind: sobol or latin_hypercube, cases: N}",
                               w->axis[i].key);
        if (w->design == DESIGN_LIST && w->axis[i].n != w->n_points)
            return config_fail(vary, e, ERR_PARSE,
                               "vary/%s: %zu values: lists side by side must be equally long, the first has %zu",
                               w->axis[i].key, w->axis[i].n, w->n_points);
        w->n_points *= w->design == DESIGN_GRID ? w->axis[i].n : 1;
        if (w->n_points > SWEEP_CASES_MAX)
            return config_fail(vary, e, ERR_RANGE, "vary: more than %d cases", SWEEP_CASES_MAX);
    }
    w->n_cases = w->n_points * w->n_fills;
    return 0;
}

static int read_axes(struct sweep *w, struct err *e)
{
    struct cnode vary;
    long cases = 0, seed = 1;
    int rc = config_need(config_root(w->doc), "vary", &vary, e);
    if (!rc) rc = read_design(w, &cases, &seed, e);
    if (rc) return rc;
    if (!config_is_map(vary) || config_count(vary) < 1 || config_count(vary) > SWEEP_VARIED_MAX)
        return config_fail(vary, e, ERR_PARSE, "vary: must name 1 to %d values, each with a list", SWEEP_VARIED_MAX);
    for (size_t i = 0; !rc && i < config_count(vary); i++) {
        const char *key;
        struct sweep_axis *a = &w->axis[w->n_axes++];
        struct cnode at = config_pair(vary, i, &key);
        snprintf(a->key, sizeof a->key, "%s", key);
        rc = config_is_map(at) ? read_range(at, a, e) : read_list(at, a, e);
    }
    if (!rc) rc = count_points(w, cases, vary, e);
    if (rc || w->design < DESIGN_SOBOL) return rc;
    if (!(w->place = calloc(w->n_points * w->n_axes, sizeof *w->place)))
        return err_set(e, ERR_NOMEM, "out of memory for %zu cases", w->n_cases);
    if (w->design == DESIGN_LATIN)
        fill_latin(w, (unsigned long long)seed);
    else if (fill_sobol(w))
        return err_set(e, ERR_NOMEM, "out of memory for %zu cases", w->n_cases);
    return 0;
}

const char *sweep_value(const struct sweep *w, size_t i, size_t axis, char buf[SWEEP_VALUE])
{
    const struct sweep_axis *a = &w->axis[axis];
    size_t point = i % w->n_points;
    if (w->design == DESIGN_LIST) return a->value[point];
    if (w->design == DESIGN_GRID) {
        for (size_t k = 0; k < axis; k++)
            point /= w->axis[k].n;
        return a->value[point % a->n];
    }
    double u = w->place[point * w->n_axes + axis];
    if (a->n) return a->value[(size_t)(u * (double)a->n)];
    snprintf(buf, SWEEP_VALUE, "%.6g%s%s",
             a->is_log ? a->from * pow(a->to / a->from, u) : a->from + u * (a->to - a->from), a->unit[0] ? " " : "",
             a->unit);
    return buf;
}

static int read_fills(struct sweep *w, struct err *e)
{
    static const char *const known[] = {"diffusing", "stirred", NULL};
    struct cnode fills = config_get(config_root(w->doc), "fills");
    w->n_fills = config_is(fills) ? config_count(fills) : 1;
    if (config_is(fills) && (!config_is_list(fills) || w->n_fills < 1 || w->n_fills > 2))
        return config_fail(fills, e, ERR_PARSE, "fills: must be a list of diffusing and stirred, or one of them");
    for (size_t i = 0; config_is(fills) && i < w->n_fills; i++) {
        const char *text = config_text(config_item(fills, i));
        if (!text || (strcmp(text, known[0]) && strcmp(text, known[1])))
            return config_fail(config_item(fills, i), e, ERR_PARSE, "fills: '%s': must be diffusing or stirred",
                               text ? text : "");
        snprintf(w->fill[i], sizeof w->fill[i], "%s", text);
    }
    return 0;
}

int sweep_study(const struct sweep *w, size_t i, struct study *s, struct err *e)
{
    char text[SWEEP_VARIED_MAX + 1][240], value[SWEEP_VALUE];
    const char *list[64 + SWEEP_VARIED_MAX + 2];
    size_t n = 0;
    for (const char *const *o = w->overrides; o && *o && n < 64; o++)
        list[n++] = *o;
    for (size_t k = 0; k < w->n_axes; k++) {
        assignment(&w->axis[k], sweep_value(w, i, k, value), text[k], sizeof text[k]);
        list[n++] = text[k];
    }
    if (w->fill[0][0]) {
        snprintf(text[SWEEP_VARIED_MAX], sizeof text[0], "channel/fill=%s", w->fill[i / w->n_points]);
        list[n++] = text[SWEEP_VARIED_MAX];
    }
    list[n] = NULL;
    return study_load(s, w->study_path, &(struct study_options){list, w->config_dir}, e);
}

/* A result that no study has would be found out only after all cases. */
static int read_map(struct sweep *w, struct err *e)
{
    int which = 0;
    struct cnode root = config_root(w->doc);
    int rc = config_is(config_get(root, "map")) ? config_choice(root, "map", endpoint_names, &which, e) : 0;
    if (!rc) snprintf(w->map, sizeof w->map, "%s", endpoint_names[which]); /* the first when none is named */
    return rc;
}

static int read_file(struct sweep *w, const char *path, struct err *e)
{
    static const char *const keys[] = {"sweep", "note", "study", "design", "vary", "fills", "map", NULL};
    const char *title, *study;
    int rc = config_open(&w->doc, path, e);
    if (!rc) rc = config_known(config_root(w->doc), keys, e);
    if (!rc) rc = config_string(config_root(w->doc), "sweep", &title, e);
    if (!rc) rc = config_string(config_root(w->doc), "study", &study, e);
    if (!rc) rc = read_map(w, e);
    if (rc) return rc;
    snprintf(w->title, sizeof w->title, "%s", title);
    file_beside(path, study, w->study_path, sizeof w->study_path);
    rc = read_fills(w, e);
    return rc ? rc : read_axes(w, e);
}

static int add_study(struct sha256 *h, const struct study *s, struct err *e)
{
    struct record *r;
    int rc = record_new(&r, e);
    if (rc) return rc;
    study_resolve(s, r);
    char *text = record_string(r);
    record_free(r);
    if (!text) return err_set(e, ERR_NOMEM, "out of memory");
    sha256_add(h, text, strlen(text));
    free(text);
    return 0;
}

/* A case that cannot be read has its reason instead. */
static int add_case(struct sha256 *h, const struct sweep *w, size_t i, struct err *e)
{
    struct err why = {0};
    struct study *s = malloc(sizeof *s);
    if (!s) return err_set(e, ERR_NOMEM, "out of memory for a study");
    int rc = 0;
    if (sweep_study(w, i, s, &why) == 0) {
        rc = add_study(h, s, e);
        study_release(s);
    } else {
        sha256_add(h, why.msg, strlen(why.msg));
    }
    free(s);
    return rc;
}

static bool is_number(const char *text)
{
    char *end;
    (void)strtod(text, &end);
    return end != text;
}

/* A value that is a word may name a file (skin: porcine_ear, insertion: {run: ...}), whose text decides too: each word
 * by the first case that has it. */
static int add_words(struct sha256 *h, const struct sweep *w, struct err *e)
{
    char value[SWEEP_VALUE];
    int rc = 0;
    for (size_t a = 0; a < w->n_axes; a++)
        for (size_t k = 0; !rc && k < w->axis[a].n; k++) {
            size_t i = 0;
            if (is_number(w->axis[a].value[k])) continue;
            while (i < w->n_points && sweep_value(w, i, a, value) != w->axis[a].value[k])
                i++;
            if (i < w->n_points) rc = add_case(h, w, i, e);
        }
    return rc;
}

/* The journal's name holds a digest of all that decides a result: the study as resolved, the sweep file, the parts and
 * runs that its values name, this program. */
static int name_journal(struct sweep *w, const char *path, const char *result, struct err *e)
{
    char hash[65] = "";
    struct sha256 h;
    int rc = sha256_file(path, hash, e);
    if (rc) return rc;
    sha256_start(&h);
    sha256_add(&h, hash, 64);
    sha256_add(&h, provenance_version(), strlen(provenance_version()));
    sha256_add(&h, provenance_commit(), strlen(provenance_commit()));
    rc = add_study(&h, &w->base, e);
    if (!rc) rc = add_words(&h, w, e);
    if (rc) return rc;
    sha256_end(&h, hash);
    size_t n = strlen(result);
    while (n > 1 && result[n - 1] == '/') n--;
    snprintf(w->journal, sizeof w->journal, "%.*s.unfinished-%.12s.csv", (int)n, result, hash);
    return 0;
}

int sweep_load(struct sweep *w, const char *path, const struct study_options *options, const char *result,
               struct err *e)
{
    *w = (struct sweep){.overrides = options->overrides, .config_dir = options->config_dir};
    int rc = read_file(w, path, e);
    if (!rc) rc = study_load(&w->base, w->study_path, options, e); /* a mistake in the study itself is no failed case */
    if (!rc && !(w->item = calloc(w->n_cases, sizeof *w->item)))
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu cases", w->n_cases);
    if (!rc) rc = name_journal(w, path, result, e);
    if (rc) sweep_release(w);
    return rc;
}

size_t sweep_failures(const struct sweep *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_cases; i++)
        n += w->item[i].done && !w->item[i].good;
    return n;
}

size_t sweep_labelled(const struct sweep *w, unsigned char label)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_cases; i++)
        n += (w->item[i].label & label) != 0;
    return n;
}

const char *sweep_label(const struct sweep *w, unsigned char label, char *buf, size_t size)
{
    size_t n = sweep_labelled(w, label);
    buf[0] = '\0';
    if (!n) return buf;
    int used = snprintf(buf, size, "%s", label == SWEEP_VIRTUAL ? LABEL_VIRTUAL : LABEL_ESTIMATED);
    if (n < w->n_cases) snprintf(buf + used, size - (size_t)used, " (%zu of %zu cases)", n, w->n_cases);
    return buf;
}

void sweep_release(struct sweep *w)
{
    for (size_t i = 0; i < w->n_axes; i++)
        free(w->axis[i].value);
    if (w->lock > 0) close(w->lock);
    free(w->place);
    free(w->item);
    study_release(&w->base);
    config_close(w->doc);
    *w = (struct sweep){0};
}
