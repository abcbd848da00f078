/* fault.c -- see fault.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/file.h"
#include "base/text/number.h"
#include "base/text/units.h"
#include "rig/virtual/fault.h"

enum { LINE_SIZE = FAULT_TEXT, SCRIPT_SIZE = 65536 };

static const struct action_word { const char *words, *unit; enum fault_action action; } actions[] = {
    {"estop", NULL, FAULT_ESTOP},
    {"release estop", NULL, FAULT_RELEASE_ESTOP},
    {"alarm", "bits", FAULT_ALARM},
    {"stall", NULL, FAULT_STALL},
    {"unstall", NULL, FAULT_UNSTALL},
    {"freeze force", NULL, FAULT_FREEZE},
    {"thaw force", NULL, FAULT_THAW},
    {"jump force", "N", FAULT_JUMP},
    {"drift force", "N s-1", FAULT_DRIFT},
    {"saturate", NULL, FAULT_SATURATE},
    {"unsaturate", NULL, FAULT_UNSATURATE},
    {"silence axis", NULL, FAULT_SILENCE_AXIS},
    {"silence force", NULL, FAULT_SILENCE_FORCE},
    {"restore axis", NULL, FAULT_RESTORE_AXIS},
    {"restore force", NULL, FAULT_RESTORE_FORCE},
    {"drop link", NULL, FAULT_DROP_LINK},
    {"jog axis", "m s-1", FAULT_JOG_AXIS},
    {"creep axis", "m s-1", FAULT_CREEP_AXIS},
    {"limit", NULL, FAULT_LIMIT},
    {"unlimit", NULL, FAULT_UNLIMIT},
    {"open door", NULL, FAULT_OPEN_DOOR},
    {"close door", NULL, FAULT_CLOSE_DOOR},
    {"ignore stop", NULL, FAULT_IGNORE_STOP},
    {"obey stop", NULL, FAULT_OBEY_STOP},
    {"switch off axis", NULL, FAULT_SWITCH_OFF},
    {"restart axis", NULL, FAULT_RESTART},
    {"lose home", NULL, FAULT_LOSE_HOME},
    {"jump position", "m", FAULT_JUMP_POSITION},
};
static const struct trigger_word { const char *words, *unit; enum fault_trigger trigger; } triggers[] = {
    {"when force >", "N", FAULT_FORCE_OVER}, {"when force <", "N", FAULT_FORCE_UNDER},
    {"when position >", "m", FAULT_POSITION_OVER}, {"when position <", "m", FAULT_POSITION_UNDER},
    {"when state", "state", FAULT_STATE}, {"at request", "first", FAULT_REQUESTS},
    {"when requests >", "count", FAULT_REQUESTS}, {"when writes >", "count", FAULT_WRITES},
    {"when replies >", "count", FAULT_REPLIES}, {"when exceptions >", "count", FAULT_EXCEPTIONS},
    {"when connections >", "count", FAULT_CONNECTIONS}, {"when write", "request", FAULT_WRITE_SEEN},
    {"when read", "request", FAULT_READ_SEEN},
    {"at", "s", FAULT_AT}, /* after the longer one */
};
static const struct line_word { const char *words, *unit; bool has_side; enum fault_action action; } line_words[] = {
    {"drop", NULL, true, FAULT_DROP},
    {"delay", "s", true, FAULT_DELAY},
    {"trickle", "s", true, FAULT_TRICKLE},
    {"junk before", "bytes", true, FAULT_JUNK_BEFORE},
    {"junk after", "bytes", true, FAULT_JUNK_AFTER},
    {"cut", "count", true, FAULT_CUT},
    {"flip", "count", true, FAULT_FLIP},
    {"duplicate", NULL, true, FAULT_DUPLICATE},
    {"wrong unit", "count", true, FAULT_WRONG_UNIT},
    {"wrong transaction", NULL, true, FAULT_WRONG_TRANSACTION},
    {"exception", "count", true, FAULT_EXCEPTION},
    {"late", NULL, true, FAULT_LATE},
    {"reorder", NULL, true, FAULT_REORDER},
    {"reset", NULL, false, FAULT_RESET},
    {"refuse", "s", false, FAULT_REFUSE},
};

static const char *const states[] = {"off", "ready", "moving", "jogging", "homing", "stopping", "fault"};

/* Ends the text at a comment, cuts the blanks at both ends. */
static char *trim(char *text)
{
    char *hash = strchr(text, '#');
    if (hash)
        *hash = '\0';
    while (isspace((unsigned char)*text))
        text++;
    size_t n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        text[--n] = '\0';
    return text;
}

/* What follows words in text, or NULL when text does not begin with these words. */
static char *after(char *text, const char *words)
{
    size_t n = strlen(words);
    if (strncmp(text, words, n) != 0 || (text[n] != '\0' && !isspace((unsigned char)text[n])))
        return NULL;
    return trim(text + n);
}

static int parse_state(struct fault *f, const char *word, struct err *e)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(word, states[i]) == 0) {
            memcpy(f->state, states[i], strlen(states[i]) + 1);
            return 0;
        }
    return err_set(e, ERR_PARSE, "'%s': unknown state: must be off, ready, moving, jogging, homing, stopping or fault",
                   word);
}

static int parse_count(const char *text, long lo, long hi, double *out, struct err *e)
{
    long n = 0;
    if (!number_parse_integer(text, &n) || n < lo || n > hi)
        return err_set(e, ERR_PARSE, "'%s': must be an integer from %ld to %ld", text, lo, hi);
    *out = (double)n;
    return 0;
}

/* UNIT ADDRESS [VALUE] */
static int parse_request(struct fault *f, char *text, struct err *e)
{
    static const long most[3] = {255, 65535, 65535};
    long *const into[3] = {&f->unit, &f->address, &f->value};
    int n = 0;
    char *rest = text, *word;
    f->value = -1;
    while ((word = strsep(&rest, " \t")) != NULL) {
        double x = 0.0;
        if (!*word)
            continue;
        if (n == 3)
            return err_set(e, ERR_PARSE, "'%s': more than unit, address and value", word);
        int rc = parse_count(word, 0, most[n], &x, e);
        if (rc)
            return rc;
        *into[n++] = (long)x;
    }
    if (n < 2 || (n == 3 && f->trigger == FAULT_READ_SEEN))
        return err_set(e, ERR_PARSE, "a request is named by its unit and address%s",
                       f->trigger == FAULT_READ_SEEN ? "" : ", and perhaps the value");
    return 0;
}

static int parse_threshold(struct fault *f, const char *unit, char *text, struct err *e)
{
    if (strcmp(unit, "state") == 0)
        return parse_state(f, text, e);
    if (strcmp(unit, "request") == 0)
        return parse_request(f, text, e);
    if (strcmp(unit, "count") == 0)
        return parse_count(text, 0, 1000000000, &f->threshold, e);
    if (strcmp(unit, "first") != 0)
        return units_parse(text, unit, &f->threshold, e);
    int rc = parse_count(text, 1, 1000000000, &f->threshold, e);
    f->threshold -= 1.0; /* request 17 is the one with which there are more than 16 */
    return rc;
}

static int parse_trigger(struct fault *f, char *text, struct err *e)
{
    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        char *rest = after(text, triggers[i].words);
        if (!rest)
            continue;
        f->trigger = triggers[i].trigger;
        return parse_threshold(f, triggers[i].unit, rest, e);
    }
    err_set(e, ERR_PARSE, "'%s': unknown trigger", text);
    err_hint(e, "write 'at 2.4 s:', 'when force > 5 N:', 'when state moving:', 'at request 17:'; "
                "docs/reference/mnbench.md lists them all");
    return ERR_PARSE;
}

static int parse_bits(const char *text, double *out, struct err *e)
{
    char *end;
    unsigned long bits = strtoul(text, &end, 16);
    if (strncmp(text, "0x", 2) != 0 || *end || bits == 0 || bits > 0xFFFFFFFFul)
        return err_set(e, ERR_PARSE, "alarm '%s': must be bits as 0x1 to 0xffffffff", text);
    *out = (double)bits;
    return 0;
}

static int parse_hex(struct fault *f, const char *text, struct err *e)
{
    for (const char *s = text; *s;) {
        char *end;
        unsigned long byte = strtoul(s, &end, 16);
        if (!isxdigit((unsigned char)*s) || end - s > 2 || f->n_bytes == FAULT_BYTES)
            break;
        f->bytes[f->n_bytes++] = (uint8_t)byte;
        for (s = end; isspace((unsigned char)*s);)
            s++;
        if (!*s)
            return 0;
    }
    return err_set(e, ERR_PARSE, "'%s': must be 1 to %d bytes such as 00 FF", text, FAULT_BYTES);
}

/* Cuts ` x N` off the end. */
static int parse_times(struct fault *f, char *text, struct err *e)
{
    char *x = strstr(text, " x ");
    double n = 1.0;
    int rc = x ? parse_count(trim(x + 3), 1, 1000000000, &n, e) : 0;
    if (x)
        *x = '\0';
    f->times = (long)n;
    return rc;
}

static int parse_amount(struct fault *f, const char *unit, char *text, struct err *e)
{
    if (!unit)
        return *text ? err_set(e, ERR_PARSE, "'%s': nothing may follow here", text) : 0;
    if (strcmp(unit, "bytes") == 0)
        return parse_hex(f, text, e);
    if (strcmp(unit, "count") == 0)
        return parse_count(text, 0, 255, &f->amount, e);
    int rc = units_parse(text, unit, &f->amount, e);
    if (!rc && !(f->amount > 0.0 && f->amount <= 3600.0))
        rc = err_set(e, ERR_PARSE, "'%s': must be > 0 and at most an hour", text);
    return rc;
}

/* 0 also when the text is no line fault; f->is_of_line then stays false. */
static int parse_line_action(struct fault *f, char *text, struct err *e)
{
    for (size_t i = 0; i < sizeof line_words / sizeof line_words[0]; i++) {
        const struct line_word *w = &line_words[i];
        char *rest = after(text, w->words);
        if (!rest)
            continue;
        f->is_of_line = true;
        f->action = w->action;
        int rc = parse_times(f, rest, e);
        rest = trim(rest);
        if (!rc && w->has_side) {
            char *request = after(rest, "request"), *reply = after(rest, "reply");
            if (!request && !reply)
                return err_set(e, ERR_PARSE, "'%s': 'request' or 'reply' must follow '%s'", text, w->words);
            f->side = request ? FAULT_ON_REQUEST : FAULT_ON_REPLY;
            rest = request ? request : reply;
        }
        return rc ? rc : parse_amount(f, w->unit, rest, e);
    }
    return 0;
}

static int parse_action(struct fault *f, char *text, struct err *e)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        const struct action_word *a = &actions[i];
        char *rest = after(text, a->words);
        if (!rest || (!a->unit && *rest))
            continue;
        f->action = a->action;
        if (!a->unit)
            return 0;
        return a->action == FAULT_ALARM ? parse_bits(rest, &f->amount, e) : units_parse(rest, a->unit, &f->amount, e);
    }
    int rc = parse_line_action(f, text, e);
    if (rc || f->is_of_line)
        return rc;
    err_set(e, ERR_PARSE, "'%s': unknown fault", text);
    err_hint(e, "docs/reference/mnbench.md lists the faults");
    return ERR_PARSE;
}

/* The proxy does not know the force, the bench not the line. */
static int check_sides(const struct fault *f, struct err *e)
{
    bool of_bench = f->trigger > FAULT_AT && f->trigger <= FAULT_STATE;
    bool of_line = f->trigger >= FAULT_REPLIES;
    if (f->is_of_line && of_bench)
        return err_set(e, ERR_PARSE, "a fault of the line cannot be triggered by force, position or state");
    if (!f->is_of_line && of_line)
        return err_set(e, ERR_PARSE, "a fault of a device is triggered by time, force, position, state, requests or "
                                     "writes alone");
    return 0;
}

static int parse_line(struct fault_script *s, char *line, struct err *e)
{
    char *text = trim(line), *colon = strchr(text, ':');
    if (*text == '\0')
        return 0;
    if (!colon)
        return err_set(e, ERR_PARSE, "'%s': no ':' between trigger and fault", text);
    if (s->n == FAULT_MAX)
        return err_set(e, ERR_RANGE, "more than %d faults", FAULT_MAX);
    struct fault f = {0};
    memcpy(f.text, text, strlen(text) + 1);
    *colon = '\0';
    int rc = parse_trigger(&f, trim(text), e);
    if (!rc)
        rc = parse_action(&f, trim(colon + 1), e);
    if (!rc)
        rc = check_sides(&f, e);
    if (!rc)
        s->fault[s->n++] = f;
    return rc;
}

int fault_parse(struct fault_script *s, const char *name, const char *text, struct err *e)
{
    struct fault_script next = *s;
    for (int number = 1; *text; number++) {
        char line[LINE_SIZE];
        size_t n = strcspn(text, "\n");
        if (n >= sizeof line)
            return err_set(e, ERR_PARSE, "%s:%d: line of %zu characters: must be < %d", name, number, n, LINE_SIZE);
        memcpy(line, text, n);
        line[n] = '\0';
        int rc = parse_line(&next, line, e);
        if (rc) {
            err_at(e, "%s:%d", name, number);
            return rc;
        }
        text += n + (text[n] == '\n');
    }
    *s = next;
    return 0;
}

int fault_read(struct fault_script *s, const char *path, struct err *e)
{
    char *text;
    size_t n;
    int rc = file_read(path, SCRIPT_SIZE, &text, &n, e);
    if (rc)
        return rc;
    rc = fault_parse(s, path, text, e);
    free(text);
    return rc;
}

bool fault_is_write(const uint8_t *pdu, size_t n)
{
    return n > 0 && (pdu[0] == 5 || pdu[0] == 6 || pdu[0] == 15 || pdu[0] == 16 || pdu[0] == 22 || pdu[0] == 23);
}

static bool is_seen(const struct fault *f, const struct fault_traffic *t)
{
    if (!t->pdu || t->n < 5 || t->unit != f->unit)
        return false;
    long first = t->pdu[1] << 8 | t->pdu[2], count = t->pdu[3] << 8 | t->pdu[4];
    if (f->trigger == FAULT_READ_SEEN)
        return !fault_is_write(t->pdu, t->n) && first == f->address;
    if (t->pdu[0] == 6 || t->pdu[0] == 5)
        return first == f->address && (f->value < 0 || count == f->value);
    long i = f->address - first;
    size_t at = 6 + 2 * (size_t)(i < 0 ? 0 : i);
    if (t->pdu[0] != 16 || i < 0 || i >= count || at + 2 > t->n)
        return false;
    return f->value < 0 || (t->pdu[at] << 8 | t->pdu[at + 1]) == f->value;
}

static bool is_due(const struct fault *f, const struct fault_scene *now)
{
    switch (f->trigger) {
    case FAULT_AT:             return now->time >= f->threshold;
    case FAULT_FORCE_OVER:     return now->force > f->threshold;
    case FAULT_FORCE_UNDER:    return now->force < f->threshold;
    case FAULT_POSITION_OVER:  return now->position > f->threshold;
    case FAULT_POSITION_UNDER: return now->position < f->threshold;
    case FAULT_STATE:          return strcmp(now->state, f->state) == 0;
    case FAULT_REQUESTS:       return (double)now->traffic.requests > f->threshold;
    case FAULT_WRITES:         return (double)now->traffic.writes > f->threshold;
    case FAULT_REPLIES:        return (double)now->traffic.replies > f->threshold;
    case FAULT_EXCEPTIONS:     return (double)now->traffic.exceptions > f->threshold;
    case FAULT_CONNECTIONS:    return (double)now->traffic.connections > f->threshold;
    case FAULT_WRITE_SEEN:
    case FAULT_READ_SEEN:      return is_seen(f, &now->traffic);
    }
    return false;
}

const struct fault *fault_due(struct fault_script *s, const struct fault_scene *now, bool of_line)
{
    for (size_t i = 0; i < s->n; i++) {
        struct fault *f = &s->fault[i];
        if (f->fired || f->is_of_line != of_line || !is_due(f, now))
            continue;
        f->fired = true;
        return f;
    }
    return NULL;
}
