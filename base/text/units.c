/* units.c -- see units.h.  The only file that knows UDUNITS-2. */
#include <ctype.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <udunits2.h>
#include "base/text/number.h"
#include "base/text/units.h"

enum { UNIT_MAX = 80 }; /* longest unit text accepted, bytes */

/* UDUNITS parses through one hidden parser state, so every call goes through one lock; the unit database is read once.
 * This door is the one place with module-level variables: the library forces them on us. */
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static ut_system *database;

/* What people mean by a unit, said in an error: the first entry of the same dimension is shown. */
static const struct { const char *unit, *noun, *example; } examples[] = {
    {"m", "a length", "600 um"},
    {"m2", "an area", "1 cm2"},
    {"m3", "a volume", "20 uL"},
    {"s", "a time", "30 min"},
    {"s-1", "a rate", "0.2 1/h"},
    {"m s-1", "a speed", "3 mm/s"},
    {"m s-2", "an acceleration", "2 m/s2"},
    {"m2 s-1", "a diffusivity", "1.2e-10 cm2/s"},
    {"m3 s-1", "a volume per time", "25 mL/min"},
    {"m-2", "a number per area", "100 needles/cm2"},
    {"kg", "a mass", "15 mg"},
    {"kg m-2", "a mass per area", "250 ug/cm2"},
    {"kg m-3", "a concentration", "5 mg/mL"},
    {"kg s-1", "a mass per time", "0.9 mg/h"},
    {"kg m-2 s-1", "a flux", "20 ug/cm2/h"},
    {"kg mol-1", "a molar mass", "300 g/mol"},
    {"mol m-3", "a molar concentration", "2 mmol/L"},
    {"N", "a force", "20 N"},
    {"N s-1", "a force rate", "5 N/s"},
    {"N m-1", "a stiffness", "40 N/mm"},
    {"m N-1", "a compliance", "0.02 mm/N"},
    {"Pa", "a pressure", "1.5 MPa"},
    {"Pa s", "a viscosity", "1.2 cP"},
    {"J", "an energy", "3 mJ"},
    {"J m-2", "a surface energy", "20 kJ/m2"},
    {"K", "a temperature", "32 degC"},
    {"V", "a voltage", "24 V"},
};

static int need_database(struct err *e)
{
    if (database)
        return 0;
    ut_set_error_message_handler(ut_ignore);
    database = ut_read_xml(NULL);
    if (database)
        return 0;
    err_set(e, ERR_IO, "cannot read the UDUNITS-2 unit database");
    err_hint(e, "install the package libudunits2-data, or unset UDUNITS2_XML_PATH");
    return ERR_IO;
}

int units_init(struct err *e)
{
    pthread_mutex_lock(&door);
    int r = need_database(e);
    pthread_mutex_unlock(&door);
    return r;
}

void units_release(void)
{
    pthread_mutex_lock(&door);
    ut_free_system(database);
    database = NULL;
    pthread_mutex_unlock(&door);
}

/* ---- words that UDUNITS lacks or reads otherwise ---- */

struct buffer { char text[4 * UNIT_MAX]; size_t n; };

static void append(struct buffer *b, const char *text, size_t n)
{
    if (b->n + n < sizeof b->text) {
        memcpy(b->text + b->n, text, n);
        b->n += n;
        b->text[b->n] = '\0';
    }
}

static bool is_word(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(text, word, n) == 0;
}

/* A prefix and a word: mM, uM, nM. */
static bool is_prefixed(const char *text, size_t n, const char *word)
{
    size_t w = strlen(word);
    return (n == w || (n == w + 1 && strchr("fpnumkM", text[0]))) && memcmp(text + n - w, word, w) == 0;
}

/* True when the text is nothing but this word: "C" alone is a temperature, in "W/m/C" it is a difference. */
static bool is_alone(const char *unit, size_t n)
{
    return strlen(unit) == n;
}

/* Words of UDUNITS' grammar of time stamps, quotients and logarithms: never meant as a unit. */
static bool is_keyword(const char *word, size_t n)
{
    static const char *const keywords[] = {"since", "after", "from", "ref", "re", "per", "lg", "ln", "log"};
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (strlen(keywords[i]) == n && strncasecmp(word, keywords[i], n) == 0)
            return true;
    return false;
}

static int append_word(struct buffer *b, const char *unit, const char *word, size_t n, const char *si_unit,
                       struct err *e)
{
    if (is_word(word, n, "needles") || is_word(word, n, "needle")) {
        append(b, "1", 1);
    } else if (is_word(word, n, "C")) {
        const char *temperature = is_alone(unit, n) ? "degC" : "K";
        append(b, temperature, strlen(temperature));
    } else if (is_word(word, n, "Da") || is_word(word, n, "kDa")) {
        /* the mass of a molecule, or what people mean when they give a molar mass in dalton */
        const char *dalton = strstr(si_unit, "mol") ? "g/mol)" : "1.66053906660e-27 kg)";
        append(b, n == 3 ? "(1000 " : "(1 ", n == 3 ? 6 : 3);
        append(b, dalton, strlen(dalton));
    } else if (is_prefixed(word, n, "M")) {
        append(b, "(", 1);
        append(b, word, n - 1);
        append(b, "mol/L)", 6);
    } else if (is_word(word, n, "rpm") && !strstr(si_unit, "rad")) {
        append(b, "min-1", 5); /* turns per second, not radians per second */
    } else if (is_word(word, n, "mcg")) {
        append(b, "ug", 2);
    } else if (is_word(word, n, "cP")) {
        append(b, "mPa.s", 5);
    } else if (is_word(word, n, "IU") || is_word(word, n, "mIU") || is_word(word, n, "U")) {
        err_set(e, ERR_PARSE, "'%s': '%.*s' counts a drug's activity and has no fixed mass", unit, (int)n, word);
        err_hint(e, "convert with the drug's own potency and give a mass, e.g. insulin: 1 IU = 0.0347 mg");
        return ERR_PARSE;
    } else if (is_keyword(word, n)) {
        return err_set(e, ERR_PARSE, "'%s': '%.*s' is not a unit", unit, (int)n, word);
    } else {
        append(b, word, n);
    }
    return 0;
}

/* Bytes of a letter at s: ASCII, the degree sign or the capital omega of ohm; 0 when it is none. */
static size_t letter_at(const char *s)
{
    if (isalpha((unsigned char)*s))
        return 1;
    if (strncmp(s, "\xc2\xb0", 2) == 0 || strncmp(s, "\xce\xa9", 2) == 0)
        return 2;
    return 0;
}

/* What people type or paste, as the plain letters UDUNITS reads everywhere: micro signs, raised digits, the middle
 * dot. */
static void to_plain(char *unit)
{
    static const char *const pairs[][2] = {
        {"\xc2\xb5", "u"}, {"\xce\xbc", "u"}, {"\xc2\xb9", "1"}, {"\xc2\xb2", "2"}, {"\xc2\xb3", "3"},
        {"\xe2\x81\xbb", "-"}, {"\xe2\x88\x92", "-"}, {"\xc2\xb7", "."},
    };
    for (char *s = unit; *s; s++)
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            size_t n = strlen(pairs[i][0]);
            if (strncmp(s, pairs[i][0], n) == 0) {
                *s = pairs[i][1][0];
                memmove(s + 1, s + n, strlen(s + n) + 1);
            }
        }
}

/* The grammar of units that we let through, stricter than UDUNITS' own: that one also holds numbers ("m 3" is 3 m),
 * time stamps and logarithms, and its parser loses memory on what it refuses.
 *     unit = factor { [ "/" | "*" | "." ] factor }     factor = ( word | "%" | "(" unit ")" ) [ [ "^" | "**" ]
 * [sign] digits ] and the first factor may be "1".  Each function returns the end of what it read, or NULL. */
static const char *read_unit(const char *s, int depth);

static const char *read_exponent(const char *s)
{
    bool is_marked = *s == '^' || strncmp(s, "**", 2) == 0;
    const char *p = s + (*s == '^' ? 1 : is_marked ? 2 : 0);
    p += *p == '-' || *p == '+';
    size_t digits = strspn(p, "0123456789");
    if (digits == 0)
        return p == s ? s : NULL;
    return digits <= 2 ? p + digits : NULL;
}

static const char *read_factor(const char *s, int depth)
{
    size_t n;
    if (*s == '(') {
        s = depth > 4 ? NULL : read_unit(s + 1, depth + 1);
        if (!s || *s++ != ')')
            return NULL;
    } else if (*s == '%') {
        s++;
    } else if (letter_at(s)) {
        while ((n = letter_at(s)) > 0 || (*s == '_' && letter_at(s + 1)))
            s += n ? n : 1;
    } else {
        return NULL;
    }
    return read_exponent(s);
}

static const char *read_unit(const char *s, int depth)
{
    s += strspn(s, " ");
    s = *s == '1' && (s[1] == '/' || s[1] == ' ' || s[1] == '\0') ? s + 1 : read_factor(s, depth);
    while (s) {
        const char *p = s + strspn(s, " ");
        bool is_parted = p > s;
        if (*p == '\0' || *p == ')')
            return p;
        if (*p == '/' || *p == '*' || *p == '.') {
            p++;
            p += strspn(p, " ");
            is_parted = true;
        }
        s = is_parted ? read_factor(p, depth) : NULL;
    }
    return NULL;
}

static bool is_unit_shaped(const char *unit)
{
    const char *end = read_unit(unit, 0);
    return end && *end == '\0';
}

static int translate(const char *unit, const char *si_unit, struct buffer *b, struct err *e)
{
    for (const char *s = unit; *s;) {
        size_t n = 0, letter;
        while ((letter = letter_at(s + n)) > 0 || (n > 0 && s[n] == '_'))
            n += letter ? letter : 1;
        int r = n ? append_word(b, unit, s, n, si_unit, e) : 0;
        if (r)
            return r;
        if (!n)
            append(b, s, n = 1);
        s += n;
    }
    return 0;
}

/* ---- conversion, under the lock ---- */

/* A UDUNITS unit of what a person wrote; NULL and ERR_PARSE when there is none. */
static ut_unit *parse_unit(const char *unit, const char *si_unit, struct err *e)
{
    char clean[UNIT_MAX + 1];
    struct buffer b = {.n = 0};
    if (strlen(unit) + 1 >= sizeof clean) {
        err_set(e, ERR_PARSE, "a unit of %zu letters: at most %d", strlen(unit), UNIT_MAX);
        return NULL;
    }
    snprintf(clean, sizeof clean, "%s%s", *unit == '/' ? "1" : "", unit); /* "/cm2" is "1/cm2" */
    to_plain(clean);
    ut_unit *u = NULL;
    if (is_unit_shaped(clean)) {
        if (translate(clean, si_unit, &b, e))
            return NULL;
        u = ut_parse(database, b.text, UT_UTF8);
    }
    if (!u)
        err_set(e, ERR_PARSE, "'%s' is not a known unit", unit);
    return u;
}

/* UDUNITS converts s to Hz by the reciprocal; here that is another dimension. */
static bool is_same_dimension(const ut_unit *a, const ut_unit *b)
{
    ut_unit *ratio = ut_divide(a, b);
    bool same = ratio && ut_is_dimensionless(ratio) && ut_are_convertible(a, b);
    ut_free(ratio);
    return same;
}

static void describe(const char *si_unit, const ut_unit *to, const char **noun, const char **example)
{
    *noun = NULL;
    for (size_t i = 0; to && !*noun && i < sizeof examples / sizeof examples[0]; i++) {
        ut_unit *u = ut_parse(database, examples[i].unit, UT_UTF8);
        if (u && ut_compare(u, to) == 0) {
            *noun = examples[i].noun;
            *example = examples[i].example;
        }
        ut_free(u);
    }
    if (!*noun && to && ut_is_dimensionless(to)) {
        *noun = "a ratio";
        *example = "0.3 or 30 %";
    }
    if (!*noun) {
        *noun = "a value with a unit";
        *example = si_unit;
    }
}

static int refuse(struct err *e, const char *si_unit, const ut_unit *to, const char *why)
{
    const char *noun, *example;
    describe(si_unit, to, &noun, &example);
    err_set(e, ERR_PARSE, "%s: must be %s (%s), e.g. %s", why, noun, si_unit, example);
    return ERR_PARSE;
}

static int convert(double x, const ut_unit *from, const ut_unit *to, double *out)
{
    cv_converter *c = ut_get_converter((ut_unit *)from, (ut_unit *)to);
    if (!c)
        return ERR_PARSE;
    *out = cv_convert_double(c, x);
    cv_free(c);
    return isfinite(*out) ? 0 : ERR_PARSE;
}

static int parse_locked(const char *text, const char *si_unit, const ut_unit *to, double *out, struct err *e)
{
    char why[200];
    double x = 0.0;
    const char *s = text + strspn(text, " \t");
    const char *unit = number_scan(s, &x);
    if (!unit) {
        snprintf(why, sizeof why, "'%.60s' does not start with a decimal number", text);
        return refuse(e, si_unit, to, why);
    }
    unit += strspn(unit, " \t");
    if (!*unit && !ut_is_dimensionless(to)) {
        snprintf(why, sizeof why, "'%.60s' has no unit", text);
        return refuse(e, si_unit, to, why);
    }
    if (!*unit) {
        *out = x;
        return 0;
    }
    struct err inner = {0};
    ut_unit *from = parse_unit(unit, si_unit, &inner);
    int r = 0;
    if (!from) {
        r = refuse(e, si_unit, to, inner.msg);
        err_hint(e, "%s", inner.hint);
    } else if (!is_same_dimension(from, to) || convert(x, from, to, out)) {
        snprintf(why, sizeof why, "'%.60s' has another dimension", text);
        r = refuse(e, si_unit, to, why);
    }
    ut_free(from);
    return r;
}

int units_parse(const char *text, const char *si_unit, double *out, struct err *e)
{
    pthread_mutex_lock(&door);
    int r = need_database(e);
    ut_unit *to = r ? NULL : parse_unit(si_unit, si_unit, e);
    if (!r)
        r = to ? parse_locked(text, si_unit, to, out, e) : ERR_PARSE;
    ut_free(to);
    pthread_mutex_unlock(&door);
    return r;
}

int units_convert(double value, const char *from_unit, const char *to_unit, double *out, struct err *e)
{
    pthread_mutex_lock(&door);
    int r = need_database(e);
    ut_unit *from = r ? NULL : parse_unit(from_unit, to_unit, e);
    ut_unit *to = from ? parse_unit(to_unit, to_unit, e) : NULL;
    if (!r && !to)
        r = ERR_PARSE;
    else if (!r && (!is_same_dimension(from, to) || convert(value, from, to, out)))
        r = err_set(e, ERR_PARSE, "'%s' and '%s' are of different dimensions", from_unit, to_unit);
    ut_free(from);
    ut_free(to);
    pthread_mutex_unlock(&door);
    return r;
}
