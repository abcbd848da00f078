/* progress.h -- one line on stderr that says how far a job is; on a terminal it is rewritten, elsewhere printed at most
 * once in five seconds.  Time is an argument (seconds, monotonic). */
#ifndef BASE_SHOW_PROGRESS_H
#define BASE_SHOW_PROGRESS_H
#include <stdbool.h>

struct progress {
    const char *what;
    bool is_terminal, is_quiet;
    double started, last;
    double before; /* share that an earlier start had done: what is left goes at the rate of this one; 0 */
};
void progress_start(struct progress *p, const char *what, bool quiet, double now);
void progress_show(struct progress *p, double fraction, const char *detail, double now); /* fraction 0..1 */
void progress_done(struct progress *p, const char *detail, double now);
#endif
