/* signals.c -- see signals.h. */
#include <stddef.h>
#include "rig/commands/signals.h"

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t stop_signal;
static void on_signal(int number) { stop_signal = number; }

static const int stops[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGQUIT};

static void take(void (*handler)(int))
{
    struct sigaction a = {.sa_handler = handler};
    sigemptyset(&a.sa_mask);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        sigaction(stops[i], &a, NULL);
}

void signals_release(void) { take(SIG_DFL); }

const volatile sig_atomic_t *signals_catch(void)
{
    struct sigaction a = {.sa_handler = SIG_IGN};
    sigemptyset(&a.sa_mask);
    take(on_signal);
    sigaction(SIGPIPE, &a, NULL);
    sigaction(SIGXFSZ, &a, NULL); /* a limit on the size of files is a full disk, not a reason to die in motion */
    return &stop_signal;
}
