/* map.c -- the map of an import: layout of the file, and which of its columns is what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/column.h"
#include "base/text/number.h"
#include "base/text/units.h"
#include "solver/import/parts.h"

static const char *const kinds[] = {"table", "curve", "dye", "layers", NULL};
/* Names of ours without a unit: texts, and plain numbers. */
static const char *const texts[] = {"specimen", "donor",     "subject",    "replicate", "treatment", "group",
                                    "site",     "condition", "layer_name", "note",      NULL};
static const char *const counts[] = {"layer",       "holes", "needles", "stained", "penetrated_fraction",
                                     "below_limit", "n",     NULL};

static bool is_one_of(const char *const words[], const char *word)
{
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0) return true;
    return false;
}

/* ---- layout ---- */

static int line_number(struct cnode at, const char *key, long *line, struct err *e)
{
    return config_is(config_get(at, key)) ? config_integer(at, key, 1, 100000000, line, e) : 0;
}

static int read_missing(struct map *m, struct cnode list, struct err *e)
{
    if (!config_is(list)) return 0;
    if (!config_is_list(list) || config_count(list) > MAP_MISSING)
        return config_fail(list, e, ERR_PARSE, "layout/missing: must be a list of at most %d texts", MAP_MISSING);
    for (size_t i = 0; i < config_count(list); i++) {
        const char *text = config_text(config_item(list, i));
        if (!text) return config_fail(config_item(list, i), e, ERR_PARSE, "layout/missing: must be texts");
        m->missing[m->n_missing++] = text;
    }
    return 0;
}

static int read_layout(struct map *m, struct cnode root, struct err *e)
{
    static const char *const keys[] = {"separator",  "decimal",         "encoding",   "header_line",
                                       "units_line", "units_in_header", "first_line", "last_line",
                                       "missing",    "below_mark",      "note",       NULL};
    static const char *const separators[] = {"comma", "semicolon", "tab", "bar", NULL};
    static const char *const decimals[] = {"point", "comma", NULL};
    static const char *const encodings[] = {"utf-8", "latin-1", NULL};
    struct cnode at;
    int separator = 0, decimal = 0, encoding = 0;
    int rc = config_need(root, "layout", &at, e);
    if (!rc) rc = config_known(at, keys, e);
    if (!rc) rc = config_choice(at, "separator", separators, &separator, e);
    if (!rc) rc = config_choice(at, "decimal", decimals, &decimal, e);
    if (!rc && config_is(config_get(at, "encoding"))) rc = config_choice(at, "encoding", encodings, &encoding, e);
    if (!rc && config_is(config_get(at, "units_in_header")))
        rc = config_bool(at, "units_in_header", &m->units_in_header, e);
    if (!rc) rc = line_number(at, "header_line", &m->header_line, e);
    if (!rc) rc = line_number(at, "units_line", &m->units_line, e);
    if (!rc) rc = line_number(at, "first_line", &m->first_line, e);
    if (!rc) rc = line_number(at, "last_line", &m->last_line, e);
    if (!rc) rc = read_missing(m, config_get(at, "missing"), e);
    if (!rc && config_is(config_get(at, "below_mark"))) rc = config_string(at, "below_mark", &m->below_mark, e);
    if (!rc && m->below_mark && !m->below_mark[0])
        rc = config_fail(config_get(at, "below_mark"), e, ERR_PARSE, "below_mark: must be a text such as \"<\"");
    if (rc) return rc;
    m->separator = ",;\t|"[separator];
    m->decimal_comma = decimal == 1;
    m->encoding = (enum raw_encoding)encoding;
    if (separator == 0 && m->decimal_comma)
        return config_fail(config_get(at, "decimal"), e, ERR_PARSE,
                           "layout: comma cannot part cells and decimals both");
    long below = m->header_line > m->units_line ? m->header_line : m->units_line;
    if (m->first_line == 0) m->first_line = below + 1;
    if (m->first_line <= below)
        return config_fail(config_get(at, "first_line"), e, ERR_RANGE, "first_line: %ld: must come after line %ld",
                           m->first_line, below);
    if (m->units_in_header && !m->header_line)
        return config_fail(at, e, ERR_PARSE, "units_in_header: needs header_line");
    return 0;
}

/* ---- columns ---- */

static int read_name(struct map_column *c, struct cnode at, struct err *e)
{
    char list[700];
    bool has_unit = strcmp(column_unit(c->name), "1") != 0;
    c->is_text = is_one_of(texts, c->name);
    if (strlen(c->name) >= IMPORT_WORD) return config_fail(at, e, ERR_RANGE, "columns: a name of at most 79 letters");
    if (c->is_text || has_unit || is_one_of(counts, c->name)) return 0;
    config_fail(at, e, ERR_PARSE,
                "columns/%s: the name ends in no unit, and is none of specimen, donor, subject, replicate, treatment, "
                "group, site, condition, layer_name, note, layer, holes, needles, stained, penetrated_fraction, "
                "below_limit, n",
                c->name);
    err_hint(e, "a number's name says the unit that it gets: force_N, position_um, time_s; units: %.250s",
             column_suffixes(list, sizeof list));
    return ERR_PARSE;
}

static int read_per(struct map_column *c, struct cnode at, struct err *e)
{
    const char *text;
    int rc = config_string(at, "per", &text, e);
    if (rc) return rc;
    const char *unit = number_scan(text, &c->per);
    if (unit) unit += strspn(unit, " ");
    if (!unit || !*unit || !(c->per > 0.0))
        return config_fail(config_get(at, "per"), e, ERR_PARSE, "per: '%.40s': must be like 1.77 cm2", text);
    snprintf(c->per_unit, sizeof c->per_unit, "%.23s", unit);
    return 0;
}

static int read_column(struct map_column *c, struct cnode at, struct err *e)
{
    static const char *const keys[] = {"from", "column", "unit", "text", "factor", "per", "note", NULL};
    c->at = at;
    c->factor = 1.0;
    int rc = read_name(c, at, e);
    if (rc) return rc;
    if (config_is_scalar(at)) { /* force_N: Force */
        c->from = config_text(at);
        return 0;
    }
    rc = config_known(at, keys, e);
    int given =
        config_is(config_get(at, "from")) + config_is(config_get(at, "column")) + config_is(config_get(at, "text"));
    if (!rc && given != 1)
        rc = config_fail(at, e, ERR_PARSE, "columns/%s: needs exactly one of from, column, text", c->name);
    if (!rc && config_is(config_get(at, "from"))) rc = config_string(at, "from", &c->from, e);
    if (!rc && config_is(config_get(at, "column"))) rc = config_integer(at, "column", 1, 10000, &c->number, e);
    if (!rc && config_is(config_get(at, "text"))) rc = config_string(at, "text", &c->text, e);
    if (!rc && config_is(config_get(at, "unit"))) rc = config_string(at, "unit", &c->unit, e);
    if (!rc && config_is(config_get(at, "factor"))) {
        rc = config_number(at, "factor", RANGE_ANY, &c->factor, e);
        if (!rc && c->factor == 0.0) rc = config_fail(at, e, ERR_RANGE, "columns/%s: factor must not be 0", c->name);
    }
    if (!rc && config_is(config_get(at, "per"))) rc = read_per(c, at, e);
    if (!rc && c->text && !c->is_text)
        rc = config_fail(at, e, ERR_PARSE, "columns/%s: a constant 'text' goes with a column of texts", c->name);
    return rc;
}

static int read_columns(struct map *m, struct cnode root, struct err *e)
{
    struct cnode at;
    int rc = config_need(root, "columns", &at, e);
    if (!rc && (!config_is_map(at) || config_count(at) < 1 || config_count(at) > IMPORT_COLUMNS - 6))
        rc = config_fail(at, e, ERR_PARSE, "columns: must be a map of 1 to %d of our names", IMPORT_COLUMNS - 6);
    for (size_t i = 0; !rc && i < config_count(at); i++) {
        struct map_column *c = &m->column[m->n_columns++];
        struct cnode value = config_pair(at, i, &c->name);
        rc = read_column(c, value, e);
        if (!rc && c->from && !m->header_line)
            rc = config_fail(value, e, ERR_PARSE, "columns/%s: 'from' needs layout/header_line; or give 'column: 2'",
                             c->name);
    }
    return rc;
}

/* ---- blocks ---- */

static int read_block(struct map *m, struct cnode at, struct err *e)
{
    struct map_block *b = &m->block[m->n_blocks++];
    b->at = at;
    b->end_column = 1000000;
    int rc = config_is_map(at) ? config_integer(at, "first_column", 1, 100000, &b->first_column, e)
                               : config_fail(at, e, ERR_PARSE, "blocks: must be maps with first_column");
    for (size_t i = 0; !rc && i < config_count(at); i++) {
        const char *key;
        struct cnode value = config_pair(at, i, &key);
        if (strcmp(key, "first_column") == 0) continue;
        if (!is_one_of(texts, key) || !config_text(value))
            rc = config_fail(value, e, ERR_PARSE, "blocks: '%s': beside first_column texts such as specimen may stand",
                             key);
    }
    if (!rc && m->n_blocks > 1) {
        struct map_block *before = b - 1;
        before->end_column = b->first_column;
        if (b->first_column <= before->first_column)
            rc = config_fail(at, e, ERR_RANGE, "blocks: first_column must rise: %ld after %ld", b->first_column,
                             before->first_column);
    }
    return rc;
}

static int read_blocks(struct map *m, struct cnode root, struct err *e)
{
    struct cnode list = config_get(root, "blocks");
    if (!config_is(list)) {
        m->n_blocks = 1;
        m->block[0] = (struct map_block){.first_column = 1, .end_column = 1000000};
        return 0;
    }
    if (!config_is_list(list) || config_count(list) < 1 || config_count(list) > MAP_BLOCKS)
        return config_fail(list, e, ERR_PARSE, "blocks: must be a list of 1 to %d", MAP_BLOCKS);
    int rc = 0;
    for (size_t i = 0; !rc && i < config_count(list); i++)
        rc = read_block(m, config_item(list, i), e);
    return rc;
}

int map_read(struct map *m, struct imported *im, struct err *e)
{
    static const char *const keys[] = {"import",        "kind",       "file",  "layout",  "columns", "blocks",
                                       "contact_force", "compliance", "speed", "needles", "virtual", "layer_thickness",
                                       "holes_mean",    "source",     "note",  "zero",    NULL};
    struct cnode root = config_root(im->doc);
    int kind = 0;
    *m = (struct map){.doc = im->doc};
    int rc = config_string_copy(root, "import", im->title, sizeof im->title, e);
    if (!rc && config_is(config_get(root, "specimen"))) {
        rc = config_fail(config_get(root, "specimen"), e, ERR_PARSE, "specimen: unknown key");
        err_hint(e, "a name for all rows stands under columns: {specimen: {text: P1}}");
    }
    if (!rc) rc = config_known(root, keys, e);
    if (!rc) rc = config_choice(root, "kind", kinds, &kind, e);
    im->kind = (enum import_kind)kind;
    if (!rc && config_is(config_get(root, "virtual"))) rc = config_bool(root, "virtual", &im->is_virtual, e);
    if (!rc) rc = read_layout(m, root, e);
    if (!rc) rc = read_columns(m, root, e);
    for (size_t i = 0; !rc && m->below_mark && i < m->n_columns; i++)
        if (strcmp(m->column[i].name, "below_limit") == 0)
            rc = config_fail(m->column[i].at, e, ERR_PARSE, "columns/below_limit: is made by layout/below_mark");
    if (!rc) rc = read_blocks(m, root, e);
    return rc;
}
