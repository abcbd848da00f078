/* fuzz_method.c -- libFuzzer target: any bytes as a method.  What is let through on a bench has finite phases inside
 * its soft limits and a bounded overshoot.  Runs in the folder that holds config/. */
#include <math.h>
#include "rig/method/method.h"
#include "rig/method/sequence.h"
#include "tests/fuzz/kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { PAIRS = 2 };
static struct { struct bench bench; struct safety_limits limits; } pair[PAIRS]; /* read once */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const paths[PAIRS] = {"config/benches/virtual_tcp.yaml",
                                             "config/benches/virtual_em2rs_tlb.yaml"};
    (void)argc, (void)argv;
    for (size_t i = 0; i < PAIRS; i++) {
        struct config *doc = NULL;
        if (bench_read(&pair[i].bench, &doc, paths[i], NULL, 0, NULL) ||
            safety_limits_read(&pair[i].limits, doc, &pair[i].bench, NULL))
            abort();
        config_close(doc);
    }
    return 0;
}

static void must_be_bounded(const struct method *m, size_t i)
{
    const struct bench *b = &pair[i].bench;
    struct safety_limits l = method_limits(m, &pair[i].limits);
    struct method_phase phase[METHOD_PHASES];
    struct method_overshoot worst;
    struct sequence s;
    size_t n = method_phases(m, b, &l, phase);
    assert(n <= METHOD_PHASES);
    for (size_t k = 0; k < n; k++)
        assert(isfinite(phase[k].travel) && isfinite(phase[k].time) && phase[k].speed >= 0.0 &&
               (!phase[k].presses || phase[k].target <= l.soft_to + b->axis.position_tolerance));
    method_worst(m, b, &l, &worst);
    assert(isfinite(worst.budget.worst) && l.force_push + worst.budget.worst <= l.weakest_load * (1.0 + 1e-9));
    assert(l.force_push <= pair[i].limits.force_push && l.force_pull <= pair[i].limits.force_pull);
    sequence_init(&s, m, b, 0.0);
    (void)sequence_stage(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct method m;
    struct config *doc = NULL;
    struct err e = {0};
    char path[128];
    kit_write("method.yaml", data, size);
    int rc = method_read(&m, &doc, kit_path("method.yaml", path), NULL, 0, &e);
    assert(rc == 0 || (e.code && e.msg[0]));
    for (size_t i = 0; i < PAIRS && rc == 0; i++) {
        struct err no = {0};
        if (method_check(&m, config_root(doc), &pair[i].bench, &pair[i].limits, &no) == 0)
            must_be_bounded(&m, i);
        else
            assert(no.code && no.msg[0]);
    }
    config_close(doc);
    return 0;
}
