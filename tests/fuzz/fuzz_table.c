/* fuzz_table.c -- libFuzzer target: any bytes as a CSV table. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct table t;
    struct err e = {0};
    if (table_parse(&t, "fuzz.csv", (const char *)data, size, &e)) {
        assert(e.code && e.msg[0] && !t.path);
        return 0;
    }
    size_t letters = 0;
    double *x;
    assert(t.cols > 0);
    for (size_t i = 0; i < t.rows; i++)
        for (size_t j = 0; j < t.cols; j++)
            letters += strlen(table_cell(&t, i, j)) + 1;
    assert(letters <= size);
    for (size_t j = 0; j < t.cols; j++)
        if (table_numbers(&t, t.name[j], true, &x, &e) == 0)
            free(x);
    table_release(&t);
    return 0;
}
