/* column.c -- see column.h. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "base/text/column.h"

static const struct {
    const char *suffix, *unit;
} known[] = {
    {"s", "s"},           {"min", "min"},       {"h", "h"},           {"d", "d"},          {"nm", "nm"},
    {"um", "um"},         {"mm", "mm"},         {"cm", "cm"},         {"m", "m"},          {"um_s", "um/s"},
    {"mm_s", "mm/s"},     {"mN", "mN"},         {"N", "N"},           {"kN", "kN"},        {"N_mm", "N/mm"},
    {"mJ", "mJ"},         {"J", "J"},           {"kPa", "kPa"},       {"MPa", "MPa"},      {"ng", "ng"},
    {"ug", "ug"},         {"mg", "mg"},         {"g", "g"},           {"kg", "kg"},        {"ug_patch", "ug"},
    {"mg_patch", "mg"},   {"ug_body", "ug"},    {"ng_cm2", "ng/cm2"}, {"ug_cm2", "ug/cm2"}, {"mg_cm2", "mg/cm2"},
    {"ng_cm2_h", "ng/cm2/h"}, {"ug_cm2_h", "ug/cm2/h"}, {"mg_cm2_h", "mg/cm2/h"}, {"ug_h", "ug/h"}, {"mg_h", "mg/h"},
    {"pg_mL", "pg/mL"},   {"ng_mL", "ng/mL"},   {"ug_mL", "ug/mL"},   {"mg_mL", "mg/mL"},  {"ug_L", "ug/L"},
    {"mg_L", "mg/L"},     {"ug_g", "ug/g"},     {"cm_h", "cm/h"},     {"cm_s", "cm/s"},    {"cm2", "cm2"},
    {"mm2", "mm2"},       {"mL", "mL"},         {"per_cm2", "/cm2"},  {"percent", "%"},    {"rel", "1"},
    {"degC", "degC"},     {"K", "K"},           {"g_mol", "g/mol"}};
enum { KNOWN = sizeof known / sizeof *known };

/* The longest suffix that the name ends in after an underscore, or is; KNOWN: none. */
static size_t find(const char *name)
{
    size_t n = strlen(name), best = KNOWN, longest = 0;
    for (size_t i = 0; i < KNOWN; i++) {
        size_t m = strlen(known[i].suffix);
        bool ends = n > m + 1 && name[n - m - 1] == '_' && strcmp(name + n - m, known[i].suffix) == 0;
        if (ends && m > longest) {
            longest = m;
            best = i;
        }
    }
    return best;
}

const char *column_unit(const char *name)
{
    size_t i = find(name);
    return i < KNOWN ? known[i].unit : "1";
}

const char *column_stem(const char *name, char *buf, size_t size)
{
    size_t i = find(name), cut = i < KNOWN ? strlen(known[i].suffix) + 1 : 0;
    snprintf(buf, size, "%.*s", (int)(strlen(name) - cut), name);
    return buf;
}

const char *column_plain_unit(const char *unit, char *buf, size_t size)
{
    static const char *const tails[] = {"/patch", "/body"};
    size_t n = strlen(unit);
    for (size_t i = 0; i < 2; i++) {
        size_t m = strlen(tails[i]);
        if (n > m && strcmp(unit + n - m, tails[i]) == 0) n -= m;
    }
    snprintf(buf, size, "%.*s", (int)n, unit);
    return buf;
}

const char *column_suffixes(char *buf, size_t size)
{
    size_t used = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < KNOWN && used < size; i++) {
        int w = snprintf(buf + used, size - used, "%s%s", i ? " " : "", known[i].suffix);
        used += w > 0 ? (size_t)w : 0;
    }
    return buf;
}
