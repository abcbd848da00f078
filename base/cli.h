/* cli.h -- a program's table of commands; --help, --version, nearest command, exit status. */
#ifndef BASE_CLI_H
#define BASE_CLI_H
#include "base/err.h"

struct cli_command {
    const char *name, *summary;  /* one line */
    const char *help;            /* usage line, options with unit and default, one example, exit status */
    int (*run)(int argc, char **argv, struct err *e); /* argv[0] is the command's name; 0 or ERR_* */
};
/* At most 32 commands.  --help among a command's arguments prints its help instead of running it.
 * Finds and runs the command; prints errors; returns the exit status. commands[] ends with name NULL. */
int cli_main(const char *program, const char *purpose, const struct cli_command *commands, int argc, char **argv);
#endif
