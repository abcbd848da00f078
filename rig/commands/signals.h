/* signals.h -- SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGQUIT ask for a controlled stop; SIGPIPE and SIGXFSZ are ignored. */
#ifndef RIG_COMMANDS_SIGNALS_H
#define RIG_COMMANDS_SIGNALS_H
#include <signal.h>

/* From now on; the flag is 0 until one of them comes. */
const volatile sig_atomic_t *signals_catch(void);
/* Each of them ends the program again: the bench is left and the record closed, only words are still to be said. */
void signals_release(void);
#endif
