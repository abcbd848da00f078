/* err.c -- see err.h. */
#include <stdarg.h>
#include <string.h>
#include "base/err.h"

int err_set(struct err *e, int code, const char *fmt, ...)
{
    if (e && e->code == 0) {
        va_list ap;
        va_start(ap, fmt);
        e->code = code;
        e->hint[0] = '\0';
        vsnprintf(e->msg, sizeof e->msg, fmt, ap);
        va_end(ap);
    }
    return code;
}

void err_at(struct err *e, const char *fmt, ...)
{
    if (!e || e->code == 0)
        return;
    char where[sizeof e->msg], old[sizeof e->msg];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(where, sizeof where, fmt, ap);
    va_end(ap);
    memcpy(old, e->msg, sizeof old);
    size_t n = strlen(where);
    if (n + 3 > sizeof e->msg) /* no room for anything else: keep the message itself */
        return;
    memcpy(e->msg, where, n);
    snprintf(e->msg + n, sizeof e->msg - n, ": %.*s", (int)(sizeof e->msg - n - 3), old);
}

void err_hint(struct err *e, const char *fmt, ...)
{
    if (!e || e->code == 0 || e->hint[0])
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->hint, sizeof e->hint, fmt, ap);
    va_end(ap);
}

int err_exit_status(int code)
{
    switch (code) {
    case 0: return 0;
    case ERR_ARG: return 2;
    case ERR_PARSE: case ERR_RANGE: case ERR_IO: return 3;
    case ERR_NUMERIC: return 4;
    case ERR_COMM: return 5;
    case ERR_SAFETY: return 6;
    case ERR_STOPPED: return 7;
    default: return 1;
    }
}

void err_print(FILE *to, const char *program, const struct err *e)
{
    fprintf(to, "%s: %s\n", program, e->msg[0] ? e->msg : "failed");
    if (e->hint[0])
        fprintf(to, "hint: %s\n", e->hint);
}
