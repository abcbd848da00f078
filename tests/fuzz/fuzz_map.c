/* fuzz_map.c -- libFuzzer target: any bytes as a device file.  What is read must be safe to use: every command can be
 * built, every request is one that Modbus has, every value lies in its group, the linter says what it finds. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "rig/device/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_commands(const struct device_map *m)
{
    static const double values[] = {0.0, 1.17e-3, -3.3, 1e12, NAN};
    static const char *const names[] = {"speed", "accel", "decel", "target", "distance"};
    for (size_t c = 0; c < m->commands; c++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            struct map_parameter p[5];
            struct map_step step[MAP_STEPS];
            struct err e = {0};
            for (size_t i = 0; i < 5; i++)
                p[i] = (struct map_parameter){names[i], values[v]};
            int n = map_build(m, c, p, 5, step, &e);
            assert(n >= 0 ? n <= MAP_STEPS : n == e.code && e.msg[0]);
            for (int i = 0; i < n; i++)
                assert(step[i].count >= 1 && step[i].count <= 2 * MAP_WRITES &&
                       step[i].address + step[i].count <= 0x10000 && step[i].wait >= 0.0);
            (void)map_achievable(m, c, "speed", values[v]);
        }
}

static void try_sample(const struct device_map *m, const uint8_t *data, size_t size)
{
    uint16_t sample[MAP_REGISTERS];
    for (size_t i = 0; i < MAP_REGISTERS; i++)
        sample[i] = (uint16_t)(data[(2 * i) % size] << 8 | data[(2 * i + 1) % size]);
    for (size_t i = 0; i < m->values; i++) {
        (void)map_decode(m, i, sample);
        (void)map_raw(m, i, sample);
        assert(m->value[i].group < m->groups);
    }
    for (size_t i = 0; i < m->bits; i++)
        (void)map_bit_is_set(m, i, sample);
    for (size_t g = 0; g < m->groups; g++)
        assert(m->group[g].at + m->group[g].count <= MAP_REGISTERS && m->group[g].count <= BUS_MAX_READ);
    for (size_t c = 0; c < m->canaries; c++)
        assert(m->canary[c].count >= 1 && m->canary[c].count <= BUS_MAX_READ);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct device_map m;
    static struct lint found;
    const struct mechanics mech = {5e-3, 10000.0, 10000.0};
    struct config *doc = NULL;
    struct err e = {0};
    if (size < 2 || config_parse(&doc, "fuzz.yaml", (const char *)data, size, &e))
        return 0;
    if (device_map_read(&m, doc, &e) == 0 && device_map_resolve(&m, m.is_axis ? &mech : NULL, &e) == 0) {
        found.n = 0;
        lint_map(&m, &found);
        assert(found.n <= LINT_MAX);
        try_commands(&m);
        try_sample(&m, data, size);
    } else {
        assert(e.code && e.msg[0]);
    }
    config_close(doc);
    return 0;
}
