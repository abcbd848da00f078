/* fault.c -- see fault.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/file.h"
#include "base/text/units.h"
#include "rig/virtual/fault.h"

enum { LINE_SIZE = 200, SCRIPT_SIZE = 65536 };

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
    {"limit", NULL, FAULT_LIMIT},
    {"unlimit", NULL, FAULT_UNLIMIT},
    {"open door", NULL, FAULT_OPEN_DOOR},
    {"close door", NULL, FAULT_CLOSE_DOOR},
};
static const struct trigger_word { const char *words, *unit; enum fault_trigger trigger; } triggers[] = {
    {"at", "s", FAULT_AT}, {"when force >", "N", FAULT_FORCE_OVER}, {"when force <", "N", FAULT_FORCE_UNDER},
    {"when position >", "m", FAULT_POSITION_OVER}, {"when position <", "m", FAULT_POSITION_UNDER},
    {"when state", "state", FAULT_STATE},
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

static int parse_trigger(struct fault *f, char *text, struct err *e)
{
    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        char *rest = after(text, triggers[i].words);
        if (!rest)
            continue;
        f->trigger = triggers[i].trigger;
        return f->trigger == FAULT_STATE ? parse_state(f, rest, e)
                                         : units_parse(rest, triggers[i].unit, &f->threshold, e);
    }
    err_set(e, ERR_PARSE, "'%s': unknown trigger", text);
    err_hint(e, "write 'at 2.4 s:', 'when force > 5 N:', 'when position > 12 mm:' or 'when state moving:'");
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
    err_set(e, ERR_PARSE, "'%s': unknown fault", text);
    err_hint(e, "docs/reference/mnbench.md lists the faults");
    return ERR_PARSE;
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
    *colon = '\0';
    struct fault f = {0};
    int rc = parse_trigger(&f, trim(text), e);
    if (!rc)
        rc = parse_action(&f, trim(colon + 1), e);
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

static bool is_due(const struct fault *f, const struct fault_scene *now)
{
    switch (f->trigger) {
    case FAULT_AT:             return now->time >= f->threshold;
    case FAULT_FORCE_OVER:     return now->force > f->threshold;
    case FAULT_FORCE_UNDER:    return now->force < f->threshold;
    case FAULT_POSITION_OVER:  return now->position > f->threshold;
    case FAULT_POSITION_UNDER: return now->position < f->threshold;
    case FAULT_STATE:          return strcmp(now->state, f->state) == 0;
    }
    return false;
}

const struct fault *fault_due(struct fault_script *s, const struct fault_scene *now)
{
    for (size_t i = 0; i < s->n; i++) {
        struct fault *f = &s->fault[i];
        if (f->fired || !is_due(f, now))
            continue;
        f->fired = true;
        return f;
    }
    return NULL;
}
