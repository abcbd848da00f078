/* options.c -- see options.h; a table on top of getopt_long. */
#include <getopt.h>
#include <string.h>
#include "base/text/config.h"
#include "base/text/number.h"
#include "rig/commands/options.h"

enum { SPECS_MAX = 24 };

static int complain(const struct option_spec *specs, const char *argv0, const char *word, int code, struct err *e)
{
    const char *names[SPECS_MAX + 1] = {NULL};
    for (size_t i = 0; i < SPECS_MAX && specs[i].name; i++)
        names[i] = specs[i].name;
    if (code == ':')
        return err_set(e, ERR_ARG, "option '%s' needs a value", word);
    const char *near = config_nearest(word + strspn(word, "-"), names);
    err_set(e, ERR_ARG, "unknown option '%s'", word);
    if (near)
        err_hint(e, "did you mean --%s?", near);
    err_hint(e, "mnrig %s --help lists the options", argv0);
    return ERR_ARG;
}

static int keep(const struct option_spec *s, const char *value, struct err *e)
{
    if (s->flag)
        *s->flag = true;
    else if (s->text)
        *s->text = value;
    else if (*s->n < s->max)
        s->list[(*s->n)++] = value;
    else
        return err_set(e, ERR_ARG, "--%s given more than %zu times", s->name, s->max);
    return 0;
}

int options_read(const struct option_spec *specs, int argc, char **argv, const char *words[], size_t max_words,
                 size_t *n_words, struct err *e)
{
    struct option longs[SPECS_MAX + 1] = {{0}};
    char shorts[2 * SPECS_MAX + 2] = ":";
    for (int i = 0; specs[i].name; i++) {
        longs[i] = (struct option){specs[i].name, specs[i].flag ? no_argument : required_argument, NULL, 256 + i};
        if (strlen(specs[i].name) == 1)
            strcat(strncat(shorts, specs[i].name, 1), specs[i].flag ? "" : ":");
    }
    opterr = 0;
    optind = 1;
    int code, rc = 0;
    while (rc == 0 && (code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        int at = code - 256;
        for (int i = 0; specs[i].name && code < 256; i++)
            if (specs[i].name[0] == code && specs[i].name[1] == '\0')
                at = i;
        rc = code == '?' || code == ':' ? complain(specs, argv[0], argv[optind - 1], code, e)
                                        : keep(&specs[at], optarg, e);
    }
    for (*n_words = 0; rc == 0 && optind < argc; optind++) {
        if (*n_words == max_words)
            return err_set(e, ERR_ARG, "unexpected argument '%s'", argv[optind]);
        words[(*n_words)++] = argv[optind];
    }
    return rc;
}

int options_integer(const char *name, const char *text, long lo, long hi, long *out, struct err *e)
{
    if (number_parse_integer(text, out) && *out >= lo && *out <= hi)
        return 0;
    return err_set(e, ERR_ARG, "--%s '%s': must be an integer from %ld to %ld", name, text, lo, hi);
}
