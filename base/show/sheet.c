/* sheet.c -- see sheet.h. */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/show/sheet.h"
#include "base/text/number.h"

enum { DEPTH_MAX = 8, DIGITS = 4, COLUMNS_MAX = 20 };

void sheet_add(struct sheet *s, const char *text)
{
    if (s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        char **grown = realloc(s->text, room * sizeof *grown);
        if (!grown) {
            s->failed = true;
            return;
        }
        s->text = grown;
        s->room = room;
    }
    s->text[s->n] = strdup(text ? text : "");
    if (s->text[s->n])
        s->n++;
    else
        s->failed = true;
}

void short_number(const char *text, char out[64])
{
    double x;
    const char *end = text ? number_scan(text, &x) : NULL;
    bool is_integer = text && text[strspn(text, "-0123456789")] == '\0'; /* a count or a seed: every digit counts */
    if (!end || is_integer || !isfinite(x) || !(*end == '\0' || *end == ' ' || *end == '%') || strlen(end) > 20) {
        snprintf(out, 64, "%.60s", text ? text : "");
        return;
    }
    double size = fabs(x);
    if (size >= 1e-3 && size < 1e7) {
        int decimals = DIGITS - 1 - (int)floor(log10(size));
        snprintf(out, 64, "%.*f", decimals > 0 ? decimals : 0, x);
        if (strchr(out, '.')) { /* 1.500 says no more than 1.5 in a table of results with their errors beside them */
            char *last = out + strlen(out) - 1;
            while (*last == '0')
                *last-- = '\0';
            if (*last == '.')
                *last = '\0';
        }
    } else {
        snprintf(out, 64, "%.*g", DIGITS, x);
    }
    size_t n = strlen(out);
    snprintf(out + n, 64 - n, "%s", end);
}

void sheet_short(struct sheet *s, const char *text)
{
    char out[64];
    if (text && strlen(text) > 60) {
        sheet_add(s, text);
        return;
    }
    short_number(text, out);
    sheet_add(s, out);
}

void sheet_pair(struct sheet *s, const char *value, const char *error, const char *unit)
{
    double x, u;
    char a[32] = "", b[32] = "";
    bool both = value && error && number_parse(value, &x) && number_parse(error, &u) && u > 0.0;
    if (both) number_pair(x, u, a, b);
    if (both)
        sheet_add(s, a);
    else
        sheet_short(s, value);
    sheet_add(s, unit);
    if (both)
        sheet_add(s, b);
    else
        sheet_short(s, error);
}

/* ---- keys ---- */

static const struct {
    const char *suffix, *unit;
} units[] = {{"_ug_cm2_h", "ug/cm2/h"}, {"_ug_patch", "ug/patch"}, {"_ug_cm2", "ug/cm2"}, {"_cm2_s", "cm2/s"},
             {"_m2_s", "m2/s"},         {"_per_cm2", "1/cm2"},     {"_per_s", "1/s"},     {"_ng_mL", "ng/mL"},
             {"_ug_mL", "ug/mL"},       {"_mg_mL", "mg/mL"},       {"_cm_h", "cm/h"},     {"_percent", "%"},
             {"_um_N", "um/N"},         {"_N_mm", "N/mm"},         {"_cm2", "cm2"},       {"_um", "um"},
             {"_mm", "mm"},             {"_mN", "mN"},             {"_N", "N"},           {"_h", "h"},
             {"_s", "s"},               {"_ms", "ms"},             {"_ug", "ug"},         {"_mg", "mg"},
             {"_L", "L"},               {"_K", "K"},               {"_mJ", "mJ"},         {"_MPa", "MPa"}};

void key_words(const char *key, char *out, size_t size)
{
    size_t n = strlen(key);
    const char *unit = NULL;
    for (size_t i = 0; i < sizeof units / sizeof units[0] && !unit; i++) {
        size_t m = strlen(units[i].suffix);
        if (n > m && strcmp(key + n - m, units[i].suffix) == 0) {
            unit = units[i].unit;
            n -= m;
        }
    }
    snprintf(out, size, "%.*s%s%s", (int)n, key, unit ? " / " : "", unit ? unit : "");
    for (size_t i = 0; i < n && out[i]; i++)
        if (out[i] == '_')
            out[i] = ' ';
}

void sheet_words(struct sheet *s, const char *key)
{
    char words[200];
    key_words(key ? key : "", words, sizeof words);
    sheet_add(s, words);
}

void sheet_fact(struct sheet *s, const char *subject, const char *value)
{
    if (!value || !*value)
        return;
    sheet_add(s, subject);
    sheet_short(s, value);
}

/* ---- trees ---- */

const char *sheet_word(struct cnode map, const char *key) { return config_text(config_get(map, key)); }

/* A list of scalars in one line; false when it holds anything else. */
static bool list_line(struct cnode list, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < config_count(list); i++) {
        const char *text = config_text(config_item(list, i));
        if (!text)
            return false;
        int n = snprintf(out + used, size - used, "%s%s", i ? ", " : "", text);
        used = n < 0 || used + (size_t)n >= size ? size - 1 : used + (size_t)n;
    }
    return true;
}

static void flat(struct sheet *s, struct cnode at, const char *prefix, int depth)
{
    char path[300], line[400];
    bool is_list = config_is_list(at);
    for (size_t i = 0; i < config_count(at) && depth < DEPTH_MAX; i++) {
        const char *key = NULL;
        struct cnode child = is_list ? config_item(at, i) : config_pair(at, i, &key);
        if (is_list)
            snprintf(path, sizeof path, "%s%s%zu", prefix, *prefix ? ", " : "", i + 1);
        else
            snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? ", " : "", key);
        if (config_is_scalar(child)) {
            sheet_words(s, path);
            sheet_short(s, config_text(child));
        } else if (config_is_list(child) && list_line(child, line, sizeof line)) {
            sheet_words(s, path);
            sheet_add(s, line);
        } else {
            flat(s, child, path, depth + 1);
        }
    }
}

void sheet_flat(struct sheet *s, struct cnode at, const char *prefix) { flat(s, at, prefix, 0); }

/* ---- into the report ---- */

static void empty(struct sheet *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->text[i]);
    s->n = 0;
    s->failed = false;
}

/* Which columns say something: the first, and those with a cell that is not empty.  Returns how many. */
static size_t kept_columns(const struct sheet *s, size_t rows, size_t columns, size_t kept[])
{
    size_t n = 0;
    for (size_t k = 0; k < columns; k++) {
        bool is_empty = true;
        for (size_t i = 0; i < rows && is_empty; i++)
            is_empty = !*s->text[i * columns + k];
        if (k == 0 || !is_empty)
            kept[n++] = k;
    }
    return n;
}

static void put_kept(const struct sheet *s, struct report *r, const char *caption, const char *const header[],
                     size_t columns)
{
    const char *names[COLUMNS_MAX];
    size_t kept[COLUMNS_MAX], rows = s->n / columns, n = kept_columns(s, rows, columns, kept);
    const char **cells = malloc(rows * n * sizeof *cells);
    if (!cells) {
        report_warning(r, "A table is left out here: out of memory.");
        return;
    }
    for (size_t k = 0; k < n; k++) {
        names[k] = header ? header[kept[k]] : NULL;
        for (size_t i = 0; i < rows; i++)
            cells[i * n + k] = s->text[i * columns + kept[k]];
    }
    report_table(r, caption, header ? names : NULL, cells, rows, n);
    free(cells);
}

void sheet_put(struct sheet *s, struct report *r, const char *caption, const char *const header[], size_t columns)
{
    assert(columns > 0 && columns <= COLUMNS_MAX);
    if (s->failed)
        report_warning(r, "A table is left out here: out of memory.");
    else if (s->n >= columns)
        put_kept(s, r, caption, header, columns);
    empty(s);
}

void sheet_bullets(struct sheet *s, struct report *r, struct cnode list, const char *lead)
{
    char text[900];
    for (size_t i = 0; i < config_count(list); i++) {
        const char *item = config_text(config_item(list, i));
        snprintf(text, sizeof text, "%s%.800s", lead, item ? item : "");
        sheet_add(s, text);
    }
    report_list(r, (const char *const *)s->text, s->n);
    empty(s);
}

/* ---- maps of maps and lists of maps ---- */

enum { GRID_COLUMNS = 14, REST_ROWS = 100 };

static size_t column_of(const char *names[GRID_COLUMNS], size_t *n, const char *key)
{
    for (size_t k = 0; k < *n; k++)
        if (strcmp(names[k], key) == 0)
            return k;
    if (*n < GRID_COLUMNS)
        names[*n] = key;
    return (*n)++;
}

static struct cnode child_of(struct cnode at, size_t i, const char **key)
{
    *key = NULL;
    return config_is_list(at) ? config_item(at, i) : config_pair(at, i, key);
}

/* The columns of a grid; false when it is none. */
static bool grid_columns(struct cnode at, const char *names[GRID_COLUMNS], size_t *n)
{
    const char *key, *name;
    *n = 0;
    for (size_t i = 0; i < config_count(at); i++) {
        struct cnode child = child_of(at, i, &name);
        if (!config_is_map(child))
            return false;
        for (size_t k = 0; k < config_count(child); k++) {
            if (!config_is_scalar(config_pair(child, k, &key)) || column_of(names, n, key) >= GRID_COLUMNS)
                return false;
        }
    }
    return *n > 0;
}

/* "stratum_corneum" is a name for programs. */
static bool is_plain_name(const char *text)
{
    return text && strchr(text, '_') && text[strspn(text, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

static void grid_cell(struct sheet *s, const char *key, const char *text)
{
    if (text && strcmp(key, "unit") == 0 && strcmp(text, "1") == 0)
        sheet_add(s, "");
    else if (text && strcmp(text, "-") == 0)
        sheet_add(s, "");
    else if (is_plain_name(text))
        sheet_words(s, text);
    else
        sheet_short(s, text);
}

bool sheet_grid(struct sheet *s, struct report *r, const char *caption, const char *first, struct cnode at,
                size_t rows_max)
{
    const char *names[GRID_COLUMNS], *header[GRID_COLUMNS + 1], *name;
    char words[GRID_COLUMNS][80], full[400];
    size_t n, rows = config_count(at), lead = config_is_map(at);
    if (!grid_columns(at, names, &n))
        return false;
    header[0] = first;
    for (size_t k = 0; k < n; k++) {
        bool counts = strncmp(names[k], "n_", 2) == 0; /* how many of what */
        key_words(names[k] + (counts ? 2 : 0), words[k], sizeof words[k]);
        header[lead + k] = words[k];
    }
    for (size_t i = 0; i < rows && i < rows_max; i++) {
        struct cnode child = child_of(at, i, &name);
        if (lead)
            sheet_words(s, name);
        for (size_t k = 0; k < n; k++)
            grid_cell(s, names[k], sheet_word(child, names[k]));
    }
    snprintf(full, sizeof full, "%.300s", caption);
    if (rows > rows_max)
        snprintf(full, sizeof full, "%.300s (the first %zu of %zu)", caption, rows_max, rows);
    sheet_put(s, r, full, header, lead + n);
    return true;
}

static void rest_of(struct sheet *s, struct report *r, struct cnode at, const char *key)
{
    char caption[200];
    key_words(key, caption, sizeof caption);
    caption[0] = (char)toupper((unsigned char)caption[0]);
    if (sheet_grid(s, r, caption, "", at, REST_ROWS))
        return;
    sheet_flat(s, at, "");
    sheet_put(s, r, caption, NULL, 2);
}

void sheet_rest(struct sheet *s, struct report *r, struct cnode map, const char *caption, const char *const shown[])
{
    char words[200];
    const char *key;
    for (int pass = 0; pass < 2; pass++) { /* scalars together first, then each tree on its own */
        for (size_t i = 0; i < config_count(map); i++) {
            struct cnode at = config_pair(map, i, &key);
            bool is_shown = false;
            for (size_t k = 0; shown[k]; k++)
                is_shown = is_shown || strcmp(shown[k], key) == 0;
            if (is_shown || config_is_scalar(at) != (pass == 0))
                continue;
            key_words(key, words, sizeof words);
            if (pass == 0)
                sheet_fact(s, words, config_text(at));
            else
                rest_of(s, r, at, key);
        }
        sheet_put(s, r, caption, NULL, 2);
    }
}

void sheet_release(struct sheet *s)
{
    empty(s);
    free(s->text);
    *s = (struct sheet){0};
}
