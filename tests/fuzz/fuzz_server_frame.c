/* fuzz_server_frame.c -- libFuzzer target: any bytes as a TCP stream, an RTU frame and a fault script for mnbench. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "rig/virtual/frame.h"
#include "rig/virtual/vbench.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct plant_settings settings = {
    .array = {2, 2, 1e-3, 600e-6, 10e-6, 200e-6},
    .skin = {.dimple_line = 2e6, .dimple_area = 1e6, .entry_share = 0.9, .barrier_share = 1.0, .barrier_depth = 160e-6,
             .barrier_tip_limit = 60e-6, .cutting_floor = 0.02, .cutting_share = 0.4, .radial_pressure = 0.105e6,
             .friction = 0.3, .adhesion = 50e3, .backing_modulus = 0.5e6, .thickness = 2e-3, .stiffening = 6.0,
             .pad_stiffness = 6e9, .relaxing = {0.25, 0.15, 0.10}, .relax_time = {0.5, 8.0, 80.0},
             .rate_exponent = 0.1, .rate_reference = 0.5e-3, .cut_speed = 0.05, .scatter_tip = 0.2},
    .cell = {.capacity = 50.0, .rate = 600.0, .noise = 2e-3},
    .gap = 12e-3, .travel = 60e-3, .compliance = 4e-6, .servo_lag = 4e-3, .command_delay = 2e-3, .rated_thrust = 200.0};

static void answer(struct vbench *v, const struct frame *f)
{
    uint8_t reply[VBENCH_PDU_MAX];
    assert(f->n >= 1 && f->n <= VBENCH_PDU_MAX);
    int n = vbench_pdu(v, f->unit, f->pdu, f->n, reply, sizeof reply);
    assert(n >= 0 && n <= VBENCH_PDU_MAX);
    vbench_advance(v, 0.01);
    assert(plant_force(&v->plant) > -1e4 && plant_force(&v->plant) < 1e4);
}

static void as_stream(struct vbench *v, const uint8_t *data, size_t size)
{
    struct frame f;
    for (size_t at = 0; at < size;) {
        int used = mbap_split(data + at, size - at, &f);
        if (used <= 0)
            return;
        assert((size_t)used <= size - at && f.pdu + f.n == data + at + used);
        answer(v, &f);
        at += (size_t)used;
    }
}

/* As it came, and with a CRC that fits, so that what lies behind it is reached too. */
static void as_rtu(struct vbench *v, const uint8_t *data, size_t size)
{
    struct frame f;
    uint8_t fixed[RTU_MAX];
    if (rtu_split(data, size, &f) != FRAME_BAD)
        answer(v, &f);
    if (size < 2 || size > RTU_MAX - 2)
        return;
    memcpy(fixed, data, size);
    size_t n = rtu_wrap(fixed, data[0], size - 1);
    assert(rtu_split(fixed, n, &f) == (int)n && f.n == size - 1);
    answer(v, &f);
}

static void as_script(struct vbench *v, const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1);
    struct err e = {0};
    if (!text)
        return;
    memcpy(text, data, size);
    if (fault_parse(&v->faults, "fuzz", text, &e))
        assert(e.msg[0] && v->faults.n == 0);
    vbench_advance(v, 0.02);
    free(text);
}

static void try_pair(enum bench_pair pair, const uint8_t *data, size_t size)
{
    struct plant_settings set = settings;
    struct vbench *v;
    set.pair = pair;
    set.em2rs = (struct em2rs_settings){4, 50e-3};
    if (vbench_new(&v, &set, 1, NULL))
        return;
    as_stream(v, data, size);
    as_rtu(v, data, size);
    as_script(v, data, size);
    vbench_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_pair(PAIR_SCL_DAD141, data, size);
    try_pair(PAIR_EM2RS_TLB, data, size);
    return 0;
}
