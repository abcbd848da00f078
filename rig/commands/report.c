/* report.c -- mnrig report: bench runs as one HTML page. */
#include <stdio.h>
#include <string.h>
#include "base/provenance.h"
#include "base/show/report.h"
#include "base/show/runpage.h"
#include "rig/commands/commands.h"
#include "rig/commands/options.h"

enum { RUNS_MAX = 64 };

const char report_help[] =
    "usage: mnrig report RUN... [-o FILE.html] [--title TEXT]\n"
    "\n"
    "Puts run folders into one self-contained HTML page: what was done, by which method on which bench within which\n"
    "limits, how it ended, what was found, curves, events, timing, completeness, provenance and warnings.  A virtual\n"
    "bench's run says SYNTHETIC.  Nothing is written into a run folder; nothing moves.\n"
    "\n"
    "  -o FILE        the page (default: the name of the first run folder and .html, beside it); an older page\n"
    "                 is replaced, any other file is not\n"
    "  --title TEXT   its title (default: Bench report)\n"
    "\n"
    "example: mnrig report runs/20260309T140509Z_demo_pig1_press_10N_hold_5s_r01 -o report.html\n"
    "exit status: 0 done, 2 usage, 3 a folder is no run or cannot be read";

static void beside(const char *run, char *out, size_t size)
{
    size_t n = strlen(run);
    while (n > 1 && run[n - 1] == '/')
        n--;
    snprintf(out, size, "%.*s.html", (int)n, run);
}

static int write_page(const char *const *runs, size_t n, const char *title, const char *path, struct err *e)
{
    struct report *page;
    char subtitle[120];
    snprintf(subtitle, sizeof subtitle, "mnrig %s (%s)", provenance_version(), provenance_commit());
    int rc = report_open(&page, path, title, subtitle, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = runpage_add(page, runs[i], e);
    if (rc) {
        report_abandon(page);
        err_hint(e, "a folder that mnrig run wrote is expected");
        return rc;
    }
    return report_close(page, e);
}

int report_run(int argc, char **argv, struct err *e)
{
    const char *runs[RUNS_MAX], *out = NULL, *title = "Bench report";
    char path[1100];
    size_t n = 0;
    const struct option_spec specs[] = {{"o", .text = &out}, {"title", .text = &title}, {.name = NULL}};
    int rc = options_read(specs, argc, argv, runs, RUNS_MAX, &n, e);
    if (rc == 0 && n == 0) {
        rc = err_set(e, ERR_ARG, "no run folder to report on");
        err_hint(e, "mnrig report RUN... [-o FILE.html]");
    }
    if (rc == 0 && !out) {
        beside(runs[0], path, sizeof path);
        out = path;
    }
    if (rc == 0) rc = write_page(runs, n, title, out, e);
    if (rc == 0) printf("written to %s\n", out);
    return rc;
}
