/* number.c -- see number.h. */
#include <string.h>
#include <stdio.h>
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

void number_pair(double value, double error, char out[32], char error_out[32])
{
    enum { DIGITS = 5, MOST = 7 };
    error_out[0] = '\0';
    if (!(isfinite(value) && isfinite(error) && error > 0.0)) {
        snprintf(out, 32, "%.*g", DIGITS, value);
        return;
    }
    snprintf(error_out, 32, "%.1e", error); /* 9.96 is 10, not 9.96: its size is that of the rounded one */
    int at = atoi(strchr(error_out, 'e') + 1), size = value == 0.0 ? at : (int)floor(log10(fabs(value)));
    int digits = size - at + 2;
    digits = digits < 1 ? 1 : digits > MOST ? MOST : digits;
    int decimals = digits - 1 - size;
    if (fabs(value) >= 1e-3 && fabs(value) < 1e7)
        snprintf(out, 32, "%.*f", decimals > 0 ? decimals : 0, value);
    else
        snprintf(out, 32, "%.*g", digits, value);
    if (at >= -4 && at < 7)
        snprintf(error_out, 32, "%.*f", at < 1 ? 1 - at : 0, error);
    else
        snprintf(error_out, 32, "%.1e", error);
}
