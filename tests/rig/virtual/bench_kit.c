/* bench_kit.c -- see bench_kit.h. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/units.h"
#include "tests/rig/virtual/bench_kit.h"

struct plant_settings kit_settings(void)
{
    return (struct plant_settings){
        .array = {10, 10, 1e-3, 600e-6, 10e-6, 200e-6},
        .skin = {.dimple_line = 2e6, .dimple_area = 1e6, .entry_share = 0.9, .barrier_share = 1.0,
                 .barrier_depth = 160e-6, .barrier_tip_limit = 60e-6, .cutting_floor = 0.02, .cutting_share = 0.4,
                 .radial_pressure = 0.105e6,
                 .friction = 0.3, .adhesion = 50e3, .backing_modulus = 0.5e6, .thickness = 2e-3, .stiffening = 6.0,
                 .pad_stiffness = 6e9, .relaxing = {0.25, 0.15, 0.10}, .relax_time = {0.5, 8.0, 80.0},
                 .rate_exponent = 0.1, .rate_reference = 0.5e-3, .cut_speed = 0.05, .scatter_tip = 0.2,
                 .scatter_site = 0.2,
                 .spread_backing = 0.3, .spread_thickness = 0.2, .tilt = 20e-6, .roughness = 5e-6, .height = 100e-6},
        .cell = {.capacity = 50.0, .rate = 600.0, .noise = 2e-3, .drift = 2e-3 / 60.0},
        .gap = 12e-3, .travel = 60e-3, .compliance = 4e-6, .servo_lag = 4e-3, .command_delay = 2e-3,
        .rated_thrust = 200.0};
}

struct vbench *kit_bench(uint64_t seed)
{
    struct plant_settings set = kit_settings();
    struct vbench *v = NULL;
    CU_ASSERT_EQUAL_FATAL(vbench_new(&v, &set, seed, NULL), 0);
    return v;
}

struct vbench *kit_second_pair(uint64_t seed, double noise)
{
    struct plant_settings set = kit_settings();
    struct vbench *v = NULL;
    set.pair = PAIR_EM2RS_TLB;
    set.em2rs = (struct em2rs_settings){4, 50e-3};
    set.tlb.reply_delay = 5e-3;
    set.cell.rate = 300.0;
    set.cell.noise = noise;
    set.cell.drift = 0.0;
    CU_ASSERT_EQUAL_FATAL(vbench_new(&v, &set, seed, NULL), 0);
    return v;
}

size_t kit_hex(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;
    for (char *end; *text && n < cap; text = end) {
        unsigned long byte = strtoul(text, &end, 16);
        if (end == text)
            break;
        out[n++] = (uint8_t)byte;
    }
    return n;
}

void kit_reply(struct vbench *v, uint8_t unit, const char *request, const char *reply, const char *file, int line)
{
    uint8_t asked[300], want[300], got[300];
    size_t n = kit_hex(request, asked, sizeof asked), n_want = kit_hex(reply, want, sizeof want);
    int n_got = vbench_pdu(v, unit, asked, n, got, sizeof got);
    bool same = n_got == (int)n_want && memcmp(got, want, n_want) == 0;
    if (!same) {
        printf("\n%s:%d: %s answered", file, line, request);
        for (int i = 0; i < n_got; i++)
            printf(" %02X", got[i]);
        printf(", want %s", reply);
    }
    CU_assertImplementation(same, (unsigned)line, request, file, "", CU_FALSE);
}

int kit_read(struct vbench *v, uint8_t unit, unsigned address, unsigned count, uint16_t *out)
{
    uint8_t q[5] = {3, (uint8_t)(address >> 8), (uint8_t)address, (uint8_t)(count >> 8), (uint8_t)count}, r[300];
    int n = vbench_pdu(v, unit, q, sizeof q, r, sizeof r);
    if (n == 2)
        return -r[1];
    if (n != (int)(2 + 2 * count) || r[0] != 3)
        return -100;
    for (unsigned i = 0; i < count; i++)
        out[i] = (uint16_t)(r[2 + 2 * i] << 8 | r[3 + 2 * i]);
    return 0;
}

int32_t kit_read_s32(struct vbench *v, uint8_t unit, unsigned address)
{
    uint16_t w[2] = {0, 0};
    CU_ASSERT_EQUAL(kit_read(v, unit, address, 2, w), 0);
    return (int32_t)((uint32_t)w[0] << 16 | w[1]);
}

int kit_write(struct vbench *v, uint8_t unit, unsigned address, unsigned value)
{
    uint8_t q[5] = {6, (uint8_t)(address >> 8), (uint8_t)address, (uint8_t)(value >> 8), (uint8_t)value}, r[300];
    int n = vbench_pdu(v, unit, q, sizeof q, r, sizeof r);
    return n == 5 && memcmp(q, r, 5) == 0 ? 0 : n == 2 ? r[1] : -100;
}

int kit_write_u32(struct vbench *v, uint8_t unit, unsigned address, uint32_t value)
{
    uint8_t r[300], q[10] = {16, (uint8_t)(address >> 8), (uint8_t)address, 0, 2, 4, (uint8_t)(value >> 24),
                             (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    int n = vbench_pdu(v, unit, q, sizeof q, r, sizeof r);
    return n == 5 && memcmp(q, r, 5) == 0 ? 0 : n == 2 ? r[1] : -100;
}

bool kit_is_moving(struct vbench *v)
{
    return kit_read_s32(v, 1, 2) & 0x410; /* moving or homing */
}

static void wait_still(struct vbench *v)
{
    vbench_advance(v, 0.01);
    for (int i = 0; i < 12000 && kit_is_moving(v); i++)
        vbench_advance(v, 0.005);
    vbench_advance(v, 0.05);
    CU_ASSERT_FALSE(kit_is_moving(v));
}

void kit_home(struct vbench *v)
{
    CU_ASSERT_EQUAL(kit_write_u32(v, 1, 348, 480), 0);
    CU_ASSERT_EQUAL(kit_write(v, 1, 124, 0x9F), 0);
    CU_ASSERT_EQUAL(kit_write(v, 1, 124, 0x6E), 0);
    wait_still(v);
}

void kit_start_move(struct vbench *v, double mm, double mm_s)
{
    CU_ASSERT_EQUAL(kit_write_u32(v, 1, 348, (uint32_t)(mm_s * 48.0 + 0.5)), 0);
    CU_ASSERT_EQUAL(kit_write_u32(v, 1, 350, (uint32_t)(int32_t)(mm * 2000.0)), 0);
    CU_ASSERT_EQUAL(kit_write(v, 1, 124, 0x67), 0);
}

void kit_move(struct vbench *v, double mm, double mm_s)
{
    kit_start_move(v, mm, mm_s);
    wait_still(v);
}

int kit_clean_up(void)
{
    units_release();
    return 0;
}

void kit_folder(char *out, size_t size)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(out, size, "%s/mnbench-test-XXXXXX", tmp ? tmp : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(out));
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

void kit_remove(const char *folder)
{
    CU_ASSERT_EQUAL(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}
