/* number.h -- decimal numbers in text, the same for configuration, units and tables.  The programs never set
 * LC_NUMERIC. */
#ifndef BASE_TEXT_NUMBER_H
#define BASE_TEXT_NUMBER_H
#include <stdbool.h>

/* Reads a finite decimal number at s: no blanks before it, no hexadecimal, infinity or nan.
 * Returns the first character after it, or NULL when there is none or it does not fit a double. */
const char *number_scan(const char *s, double *x);
/* The whole text is one such number. */
bool number_parse(const char *s, double *x);
/* The whole text is one integer, decimal or 0x hexadecimal, that fits a long. */
bool number_parse_integer(const char *s, long *x);
/* A value and its standard error as people write them: the error with two digits, the value to the same decimal (at most
 * seven digits of it); without an error the value with five digits, and error[0] = '\0'. */
void number_pair(double value, double error, char out[32], char error_out[32]);
#endif
