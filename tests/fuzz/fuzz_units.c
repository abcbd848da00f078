/* fuzz_units.c -- libFuzzer target: any text as a quantity. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const si[] = {"m", "kg m-3", "1", "K", "s-1"};
    char text[200];
    size_t n = size < sizeof text - 1 ? size : sizeof text - 1;
    memcpy(text, data, n);
    text[n] = '\0';
    for (size_t i = 0; i < sizeof si / sizeof si[0]; i++) {
        struct err e = {0};
        double x = 0.0;
        if (units_parse(text, si[i], &x, &e))
            assert(e.code && e.msg[0]);
        else
            assert(isfinite(x));
    }
    double y;
    (void)units_convert(1.0, text, "m", &y, NULL);
    return 0;
}
