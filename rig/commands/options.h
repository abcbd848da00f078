/* options.h -- options of the commands, all long: --name value, --name=value, --name. */
#ifndef RIG_COMMANDS_OPTIONS_H
#define RIG_COMMANDS_OPTIONS_H
#include <stdbool.h>
#include "base/err.h"

struct option_spec {
    const char *name;           /* without the dashes; one-letter names are short options (-o) */
    const char **text;          /* takes a value, kept here */
    bool *flag;                 /* or takes none */
    const char **list;          /* or may be given several times */
    size_t *n, max;             /* of the list */
};
/* Reads argv[1..]; what is no option goes to words[] (at most max_words).  specs end with name NULL.
 * ERR_ARG: unknown option (the nearest known is named), missing value, too many. */
int options_read(const struct option_spec *specs, int argc, char **argv, const char *words[], size_t max_words,
                 size_t *n_words, struct err *e);
/* ERR_ARG unless text is an integer of lo..hi. */
int options_integer(const char *name, const char *text, long lo, long hi, long *out, struct err *e);
#endif
