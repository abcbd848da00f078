/* signals.c -- see signals.h. */
#include <stddef.h>
#include "rig/commands/signals.h"

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t stop_signal;
static void on_signal(int number) { stop_signal = number; }

const volatile sig_atomic_t *signals_catch(void)
{
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGQUIT};
    struct sigaction a = {.sa_handler = on_signal};
    sigemptyset(&a.sa_mask);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        sigaction(stops[i], &a, NULL);
    a.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &a, NULL);
    sigaction(SIGXFSZ, &a, NULL); /* a limit on the size of files is a full disk, not a reason to die in motion */
    return &stop_signal;
}
