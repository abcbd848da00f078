/* fuzz_bench.c -- libFuzzer target: any bytes as a bench file, its devices being those of config/benches.  Whatever is
 * read can be linted, budgeted and asked to move; a method that is let through has a bounded overshoot.  Runs in the
 * folder that holds config/. */
#include <math.h>
#include "rig/device/axis.h"
#include "rig/device/lint.h"
#include "rig/method/method.h"
#include "tests/fuzz/kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char here[2048], there[128];
    (void)argc, (void)argv;
    if (!realpath("config/benches/devices", here) || symlink(here, kit_path("devices", there)))
        abort();
    return 0;
}

static void try_orders(const struct bench *b)
{
    for (enum axis_order o = AXIS_NOTHING + 1; o < AXIS_ORDERS; o++) {
        struct map_step step[MAP_STEPS];
        struct err e = {0};
        int n = axis_build(b, &(struct axis_command){o, 12.34e-3, 0.5e-3}, step, &e);
        assert(n >= 0 ? n <= MAP_STEPS : e.msg[0] != '\0');
        n = axis_build_stop(b, step, &e);
        assert(n <= MAP_STEPS);
    }
}

static void try_method(const struct bench *b, const struct safety_limits *l)
{
    static struct method m;
    struct config *doc = NULL;
    struct err e = {0};
    if (method_read(&m, &doc, "config/methods/press_10N_hold_5s.yaml", NULL, 0, &e))
        abort();
    if (method_check(&m, config_root(doc), b, l, &e) == 0) {
        struct method_overshoot worst;
        method_worst(&m, b, l, &worst);
        assert(isfinite(worst.budget.worst) && worst.budget.worst >= 0.0);
        assert(fmin(m.force_push, l->force_push) + worst.budget.worst <= l->weakest_load * (1.0 + 1e-9));
    } else {
        assert(e.code && e.msg[0]);
    }
    config_close(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bench b;
    static struct lint found;
    static const uint16_t zeros[MAP_REGISTERS];
    struct safety_limits limits;
    struct axis_state axis;
    struct config *doc = NULL;
    struct err e = {0};
    char path[128];
    kit_write("bench.yaml", data, size);
    int rc = bench_read(&b, &doc, kit_path("bench.yaml", path), NULL, 0, &e);
    if (rc == 0) rc = safety_limits_read(&limits, doc, &b, &e);
    if (rc == 0) {
        found.n = 0;
        lint_bench(&b, config_root(doc), &found);
        try_orders(&b);
        axis_decode(&b, zeros, &axis);
        try_method(&b, &limits);
    } else {
        assert(e.code && e.msg[0]);
    }
    config_close(doc);
    return 0;
}
