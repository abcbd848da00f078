/* err.h -- what went wrong, where, and what the reader can do about it.
 * The lowest level knows what; callers may add where (err_at); only main prints.  The first failure is kept. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include <stdio.h>

enum err_code { /* all negative; a function that can fail returns 0 or one of these */
    ERR_FAILED  = -1,  /* the answer is no, or a failure of no other family      exit 1 */
    ERR_ARG     = -2,  /* the command line                                       exit 2 */
    ERR_PARSE   = -3,  /* a file's syntax or its meaning                         exit 3 */
    ERR_RANGE   = -4,  /* a value outside its bounds                             exit 3 */
    ERR_IO      = -5,  /* a file or folder cannot be read or written             exit 3 */
    ERR_NOMEM   = -6,  /* out of memory                                          exit 1 */
    ERR_NUMERIC = -7,  /* the integrator or a solve failed, or a balance is off  exit 4 */
    ERR_COMM    = -8,  /* the bus                                                exit 5 */
    ERR_SAFETY  = -9,  /* a safety trip                                          exit 6 */
    ERR_STOPPED = -10  /* stopped by the operator                                exit 7 */
};

struct err {        /* struct err e = {0}; */
    int  code;      /* 0 or an enum err_code */
    char msg[1400]; /* may hold several lines: the source line and a caret follow the first */
    char hint[400]; /* empty, or one line */
};

/* Records code and message unless *e already holds a failure.  e may be NULL.  Returns code. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Puts "<where>: " before the message, on the way up. */
void err_at(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets the hint, unless there is one already: the lowest level knows best. */
void err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The exit status documented in docs/reference/errors.md: 0 for code 0. */
int err_exit_status(int code);
/* Prints "program: message" and, if there is one, "hint: ..." . */
void err_print(FILE *to, const char *program, const struct err *e);
#endif
