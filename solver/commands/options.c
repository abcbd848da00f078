/* options.c -- options shared by mnsim's subcommands, and what several of them print. */
#include <getopt.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include "solver/commands/commands.h"

static void keep_command(struct options *o, int argc, char **argv)
{
    size_t used = (size_t)snprintf(o->command, sizeof o->command, "mnsim");
    for (int i = 0; i < argc && used < sizeof o->command; i++) {
        bool quote = strpbrk(argv[i], " '\"[]{}$*?;&|<>") != NULL;
        int w = snprintf(o->command + used, sizeof o->command - used, quote ? " '%s'" : " %s", argv[i]);
        used += w > 0 ? (size_t)w : 0;
    }
}

static int keep(const char **list, size_t *n, size_t most, const char *what, const char *value, struct err *e)
{
    if (*n >= most) return err_set(e, ERR_ARG, "more than %zu %s", most, what);
    list[(*n)++] = value;
    return 0;
}

static int take(struct options *o, int letter, const char *value, struct err *e)
{
    switch (letter) {
    case 'o': o->output = value; return 0;
    case 'c': o->config_dir = value; return 0;
    case 't': o->title = value; return 0;
    case 'q': o->quiet = true; return 0;
    case 'f': o->force = true; return 0;
    case 'p': o->part = value; return 0;
    case 'i':
        snprintf(o->integrator, sizeof o->integrator, "numerics/integrator=%.20s", value);
        return keep(o->overrides, &o->n_overrides, OVERRIDES_MAX, "--set options", o->integrator, e);
    case 's': return keep(o->overrides, &o->n_overrides, OVERRIDES_MAX, "--set options", value, e);
    default: return keep(o->runs, &o->n_runs, FILES_MAX, "--run options", value, e);
    }
}

int options_parse(struct options *o, int argc, char **argv, const char *allowed, struct err *e)
{
    static const struct option known[] = {
        {"output", required_argument, NULL, 'o'}, {"set", required_argument, NULL, 's'},
        {"config", required_argument, NULL, 'c'}, {"run", required_argument, NULL, 'r'},
        {"title", required_argument, NULL, 't'},  {"quiet", no_argument, NULL, 'q'},
        {"force", no_argument, NULL, 'f'},        {"integrator", required_argument, NULL, 'i'},
        {"part", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0}};
    *o = (struct options){0};
    keep_command(o, argc, argv);
    int letter, rc = 0;
    optind = 0; /* start again: GNU getopt keeps its place between calls */
    opterr = 0;
    while (!rc && (letter = getopt_long(argc, argv, ":o:q", known, NULL)) != -1) {
        const char *given = optind > 0 && optind <= argc ? argv[optind - 1] : "";
        if (letter == ':')
            rc = err_set(e, ERR_ARG, "option '%s' needs a value", given);
        else if (letter == '?' || !strchr(allowed, letter))
            rc = err_set(e, ERR_ARG, "'%s' is not an option of 'mnsim %s'", given, argv[0]);
        else
            rc = take(o, letter, optarg, e);
    }
    for (int i = optind; !rc && i < argc; i++)
        rc = keep(o->files, &o->n_files, FILES_MAX, "files", argv[i], e);
    if (rc) err_hint(e, "'mnsim %s --help' lists the options", argv[0]);
    return rc;
}

struct study_options options_for_study(const struct options *o)
{
    return (struct study_options){o->overrides, o->config_dir};
}

const char *default_output(const char *study, char *buf, size_t size)
{
    const char *slash = strrchr(study, '/'), *base = slash ? slash + 1 : study, *dot = strrchr(base, '.');
    snprintf(buf, size, "%.*s_result", dot ? (int)(dot - base) : (int)strlen(base), base);
    return buf;
}

double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void print_notes(FILE *to, const struct study *s)
{
    static const char *const word[] = {"assumed", "derived", "warning", "note"};
    for (int last = 0; last < 2; last++) /* what limits the result stands at the end, where it is read */
        for (size_t i = 0; i < s->n_notes; i++) {
            const struct note *n = &s->note[i];
            if ((n->kind == NOTE_WARNING || n->kind == NOTE_LABEL) != (last == 1)) continue;
            fprintf(to, "  %s: %s%s%s\n", word[n->kind], n->path, n->path[0] ? " = " : "", n->text);
        }
}
