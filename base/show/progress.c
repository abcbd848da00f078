/* progress.c -- see progress.h. */
#include <stdio.h>
#include <unistd.h>
#include "base/show/progress.h"

#define TERMINAL_PERIOD 0.1 /* s: often enough to look alive */
#define LOG_PERIOD      5.0 /* s: seldom enough for a log file */

void progress_start(struct progress *p, const char *what, bool quiet, double now)
{
    *p = (struct progress){.what = what, .is_quiet = quiet, .is_terminal = isatty(STDERR_FILENO) == 1,
                           .started = now, .last = now};
}

/* "12 s" or "3 min 20 s". */
static void format_duration(double s, char *buf, size_t size)
{
    if (s < 100.0)
        snprintf(buf, size, "%.0f s", s);
    else
        snprintf(buf, size, "%d min %02d s", (int)(s / 60.0), (int)s % 60);
}

void progress_show(struct progress *p, double fraction, const char *detail, double now)
{
    char left[40] = "";
    if (p->is_quiet || now - p->last < (p->is_terminal ? TERMINAL_PERIOD : LOG_PERIOD))
        return;
    p->last = now;
    if (!(fraction > 0.0)) /* also NaN */
        fraction = 0.0;
    if (fraction > 1.0)
        fraction = 1.0;
    double done = fraction - p->before;
    if (done > 0.02 * (1.0 - p->before) && now - p->started < 1e6)
        format_duration((now - p->started) * (1.0 - fraction) / done, left, sizeof left);
    fprintf(stderr, "%s%s: %3.0f %%%s%s%s%s%s", p->is_terminal ? "\r" : "", p->what, 100.0 * fraction,
            left[0] ? ", " : "", left, left[0] ? " left" : "", detail && detail[0] ? ", " : "", detail ? detail : "");
    fputs(p->is_terminal ? "\033[K" : "\n", stderr); /* clear what a longer line left behind */
    fflush(stderr);
}

void progress_done(struct progress *p, const char *detail, double now)
{
    char took[40];
    if (p->is_quiet)
        return;
    format_duration(now - p->started, took, sizeof took);
    fprintf(stderr, "%s%s: done in %s%s%s%s\n", p->is_terminal ? "\r" : "", p->what, took,
            detail && detail[0] ? ", " : "", detail ? detail : "", p->is_terminal ? "\033[K" : "");
}
