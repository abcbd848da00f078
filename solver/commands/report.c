/* report.c -- mnsim report: folders into one HTML page. */
#include "solver/commands/commands.h"
#include "solver/results/report.h"

const char help_report[] =
    "usage: mnsim report FOLDER... -o FILE.html [--title TEXT]\n"
    "\n"
    "Puts folders into one self-contained HTML page, in the order given: what mnsim run, insert, analyse, sweep, "
    "compare\n"
    "and fit wrote, runs of the bench, and the validation table.  Shows what their files say and computes nothing.\n"
    "The page loads nothing from elsewhere, follows the browser's dark or light setting, and prints.\n"
    "\n"
    "  -o, --output FILE   the page (required); an older page is replaced, any other file is not\n"
    "  --title TEXT        its title (default: Microneedle report)\n"
    "\n"
    "example: mnsim report out/caffeine out/sweep out/nicotine -o out/report.html\n"
    "exit status: 0 done, 2 usage, 3 a folder is none of these or cannot be read";

int command_report(int argc, char **argv, struct err *e)
{
    struct options o;
    int rc = options_parse(&o, argc, argv, "ot", e);
    if (!rc && (o.n_files == 0 || !o.output)) {
        rc = err_set(e, ERR_ARG, "%s",
                     o.output ? "no folder to report on" : "no page to write: -o FILE.html is missing");
        err_hint(e, "mnsim report FOLDER... -o FILE.html");
    }
    if (!rc) rc = report_write(o.files, o.n_files, o.title ? o.title : "Microneedle report", o.output, e);
    if (!rc) printf("written to %s\n", o.output);
    return rc;
}
