/* cli.c -- see cli.h. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/cli.h"
#include "base/provenance.h"
#include "base/text/config.h"

enum { MAX_COMMANDS = 32 };

static void print_usage(FILE *to, const char *program, const char *purpose, const struct cli_command *commands)
{
    fprintf(to, "%s -- %s\n\nusage: %s COMMAND [OPTIONS] [FILE...]\n\ncommands:\n", program, purpose, program);
    for (const struct cli_command *c = commands; c->name; c++)
        fprintf(to, "  %-10s %s\n", c->name, c->summary);
    fprintf(to, "\n%s COMMAND --help explains a command; %s --version tells the version.\n", program, program);
    fprintf(to,
            "exit status: 0 done, 1 failed or the answer is no, 2 usage, 3 configuration or data, 4 numerics, 5 bus,\n"
            "             6 safety trip, 7 stopped by the operator\n");
}

static const struct cli_command *find(const struct cli_command *commands, const char *name)
{
    for (const struct cli_command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int unknown_command(const char *program, const struct cli_command *commands, const char *name)
{
    const char *names[MAX_COMMANDS + 1] = {NULL};
    struct err e = {0};
    for (size_t i = 0; i < MAX_COMMANDS && commands[i].name; i++)
        names[i] = commands[i].name;
    const char *near = config_nearest(name, names);
    err_set(&e, ERR_ARG, "'%.80s' is not a command", name);
    if (near)
        err_hint(&e, "did you mean '%s %s'?", program, near);
    else
        err_hint(&e, "'%s --help' lists the commands", program);
    err_print(stderr, program, &e);
    return err_exit_status(e.code);
}

static int run(const char *program, const struct cli_command *c, int argc, char **argv)
{
    struct err e = {0};
    if (asks_help(argc, argv)) {
        puts(c->help);
        return 0;
    }
    int r = c->run(argc, argv, &e);
    if (r && e.code)
        err_print(stderr, program, &e);
    return err_exit_status(r);
}

/* A closed standard stream is filled: else the next file, or the line of a device, would take its number, and what is
 * printed would go there. */
static bool fill_standard_streams(void)
{
    int fd = 0;
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR); /* the lowest free number */
    if (fd > STDERR_FILENO)
        close(fd);
    return fd >= 0;
}

int cli_main(const char *program, const char *purpose, const struct cli_command *commands, int argc, char **argv)
{
    if (!fill_standard_streams())
        return 1;
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is a full disk: a write that fails with its reason */
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        print_usage(stderr, program, purpose, commands);
        return 2;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("%s %s (%s)\n", program, provenance_version(), provenance_commit());
        return 0;
    }
    bool is_help_word = strcmp(word, "help") == 0;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || (is_help_word && argc == 2)) {
        print_usage(stdout, program, purpose, commands);
        return 0;
    }
    const struct cli_command *c = find(commands, is_help_word ? argv[2] : word);
    if (!c)
        return unknown_command(program, commands, is_help_word ? argv[2] : word);
    if (is_help_word) {
        puts(c->help);
        return 0;
    }
    return run(program, c, argc - 1, argv + 1);
}
