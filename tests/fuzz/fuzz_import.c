/* fuzz_import.c -- libFuzzer target: any bytes as a map and a foreign table, parted by the first line of "%%". */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "solver/import/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A map that fits any table, for inputs that have none. */
static const char any_map[] = "import: x\nkind: table\nlayout: {separator: semicolon, decimal: comma}\n"
                              "columns: {time_s: {column: 1, unit: s}, force_N: {column: 2, unit: mN}}\n";

static void check(const struct imported *im)
{
    size_t letters = 0;
    for (size_t k = 0; k < im->n_columns; k++)
        for (size_t i = 0; i < im->rows; i++)
            letters += im->column[k].is_text ? strlen(im->column[k].text[i]) : im->column[k].number[i] > 0.0;
    assert(im->n_columns > 0 && im->rows > 0 && letters < SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *part = size > 4 ? memmem(text, size, "\n%%\n", 4) : NULL;
    const char *map = part ? text : any_map, *table = part ? part + 4 : text;
    size_t map_len = part ? (size_t)(part - text) + 1 : sizeof any_map - 1,
           len = size - (part ? (size_t)(table - text) : 0);
    struct imported im;
    struct err e = {0};
    if (import_parse(&im, map, map_len, table, len, &e))
        assert(e.code && e.msg[0] && !im.doc);
    else
        check(&im);
    import_release(&im);
    return 0;
}
