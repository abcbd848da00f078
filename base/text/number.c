/* number.c -- see number.h. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include "base/text/number.h"

const char *number_scan(const char *s, double *x)
{
    const char *p = s + (*s == '+' || *s == '-');
    if (!isdigit((unsigned char)p[0]) && !(p[0] == '.' && isdigit((unsigned char)p[1])))
        return NULL;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
        return NULL;
    char *end;
    double value = strtod(s, &end);
    if (!isfinite(value))
        return NULL;
    *x = value;
    return end;
}

bool number_parse(const char *s, double *x)
{
    double value;
    const char *end = number_scan(s, &value);
    if (!end || *end)
        return false;
    *x = value;
    return true;
}

bool number_parse_integer(const char *s, long *x)
{
    const char *p = s + (*s == '+' || *s == '-');
    bool is_hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
    if (!(is_hex ? isxdigit((unsigned char)p[2]) : isdigit((unsigned char)p[0])))
        return false;
    char *end;
    errno = 0;
    long value = strtol(s, &end, is_hex ? 16 : 10);
    if (*end || errno == ERANGE)
        return false;
    *x = value;
    return true;
}
