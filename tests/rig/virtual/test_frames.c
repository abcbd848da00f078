/* test_frames.c -- frames typed by hand, and hostile ones. */
#include <math.h>
#include <string.h>
#include "rig/virtual/frame.h"
#include "rig/virtual/random.h"
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

static void crc_of_the_serial_line_guide(void)
{
    uint8_t b[16];
    /* Modbus over Serial Line V1.02, 6.2.2: slave 2, function 7 -> CRC 0x1241, sent 41 12 */
    size_t n = kit_hex("02 07", b, sizeof b);
    CU_ASSERT_EQUAL(rtu_crc(b, n), 0x1241);
    n = kit_hex("01 03 00 00 00 0A C5 CD", b, sizeof b); /* a widely printed request */
    struct frame f;
    CU_ASSERT_EQUAL(rtu_split(b, n, &f), 8);
    CU_ASSERT_EQUAL(f.unit, 1);
    CU_ASSERT_EQUAL(f.n, 5);
    CU_ASSERT_EQUAL(f.pdu[0], 3);
}

static void rtu_frame_with_a_flipped_bit_or_a_bad_length_is_refused(void)
{
    uint8_t b[300] = {0};
    struct frame f;
    size_t n = kit_hex("01 03 00 00 00 0A C5 CD", b, sizeof b);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CU_ASSERT_EQUAL(rtu_split(b, n, &f), FRAME_BAD);
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t short_n = 0; short_n < n; short_n++)
        CU_ASSERT_EQUAL(rtu_split(b, short_n, &f), FRAME_BAD);
    CU_ASSERT_EQUAL(rtu_split(b, 257, &f), FRAME_BAD);
}

static void tcp_frame_is_found_and_the_next_left_alone(void)
{
    uint8_t b[64];
    struct frame f;
    size_t n = kit_hex("12 34 00 00 00 06 F7 03 F0 00 00 02 12 35 00", b, sizeof b);
    CU_ASSERT_EQUAL(mbap_split(b, n, &f), 12);
    CU_ASSERT_EQUAL(f.transaction, 0x1234);
    CU_ASSERT_EQUAL(f.unit, 247);
    CU_ASSERT_EQUAL(f.n, 5);
    for (size_t part = 0; part < 12; part++)
        CU_ASSERT_EQUAL(mbap_split(b, part, &f), FRAME_MORE);
}

static void tcp_stream_with_another_protocol_or_length_is_given_up(void)
{
    uint8_t b[64];
    struct frame f;
    const char *bad[] = {"00 01 00 07 00 06", "00 01 01 00 00 06", "00 01 00 00 00 00", "00 01 00 00 00 01",
                         "00 01 00 00 00 FF", "00 01 00 00 FF FF", "47 45 54 20 2F 20"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t n = kit_hex(bad[i], b, sizeof b);
        CU_ASSERT_EQUAL(mbap_split(b, n, &f), FRAME_BAD);
    }
    CU_ASSERT_EQUAL(mbap_split(b, kit_hex("00 01 00 00 00 FE", b, sizeof b), &f), FRAME_MORE);
}

static void wrapped_frames_are_as_typed(void)
{
    uint8_t b[64], want[64];
    kit_hex("86 02", b + MBAP_HEAD, 8);
    CU_ASSERT_EQUAL(mbap_wrap(b, 0xBEEF, 2, 2), 9);
    kit_hex("BE EF 00 00 00 03 02 86 02", want, sizeof want);
    CU_ASSERT_EQUAL(memcmp(b, want, 9), 0);
    kit_hex("07", b + 1, 8);
    CU_ASSERT_EQUAL(rtu_wrap(b, 2, 1), 4);
    kit_hex("02 07 41 12", want, sizeof want);
    CU_ASSERT_EQUAL(memcmp(b, want, 4), 0);
}

static void silence_is_three_and_a_half_characters(void)
{
    ASSERT_REL(rtu_silence(9600), 38.5 / 9600.0, 1e-12);
    ASSERT_REL(rtu_silence(19200), 2.005e-3, 1e-3);
    ASSERT_REL(rtu_silence(115200), 1.75e-3, 1e-12);
}

static void drive_frames_typed_from_the_manual(void)
{
    struct vbench *v = kit_bench(3);
    ASSERT_REPLY(v, 1, "03 00 00 00 02", "03 04 00 00 00 00");             /* no alarm */
    ASSERT_REPLY(v, 1, "03 00 02 00 02", "03 04 00 00 00 08");             /* in position, disabled */
    ASSERT_REPLY(v, 1, "03 00 05 00 01", "03 02 00 09");                   /* E-stop healthy, door closed */
    ASSERT_REPLY(v, 1, "04 00 06 00 02", "04 04 00 00 00 00");             /* position 0 at power-on */
    ASSERT_REPLY(v, 1, "10 01 5E 00 02 04 FF FE 79 60", "10 01 5E 00 02"); /* target -100000 steps */
    ASSERT_REPLY(v, 1, "03 01 5E 00 02", "03 04 FF FE 79 60");
    ASSERT_REPLY(v, 1, "06 00 7C 00 9F", "06 00 7C 00 9F");                /* enable */
    vbench_advance(v, 0.01);
    ASSERT_REPLY(v, 1, "03 00 02 00 02", "03 04 00 00 80 09");             /* ready, in position, enabled */
    ASSERT_REPLY(v, 1, "10 00 7C 00 03 06 00 A5 00 01 86 A0", "10 00 7C 00 03"); /* set position 100000 */
    vbench_advance(v, 0.01);
    ASSERT_REPLY(v, 1, "03 00 0A 00 02", "03 04 00 01 86 A0");
    vbench_free(v);
}

static void transmitter_frames_typed_from_the_manual(void)
{
    struct plant_settings set = kit_settings();
    struct vbench *v;
    set.cell.noise = set.cell.drift = 0.0;
    CU_ASSERT_EQUAL_FATAL(vbench_new(&v, &set, 3, NULL), 0);
    v->plant.cell.jump = 12.3456;
    vbench_advance(v, 1.0);
    ASSERT_REPLY(v, 2, "03 33 00 00 05", "03 0A 00 01 E2 40 00 01 E2 40 00 10");  /* 123456 counts, stable */
    ASSERT_REPLY(v, 2, "06 20 61 00 08", "06 20 61 00 08");                       /* tare */
    ASSERT_REPLY(v, 2, "03 33 00 00 05", "03 0A 00 01 E2 40 00 00 00 00 00 30");
    ASSERT_REPLY(v, 2, "04 33 02 00 03", "04 06 00 00 00 00 00 30");              /* a part inside the block */
    ASSERT_REPLY(v, 2, "03 20 00 00 02", "03 04 41 45 87 94");                    /* 12.3456f */
    ASSERT_REPLY(v, 2, "03 35 00 00 05", "03 0A 41 45 87 94 00 00 00 00 00 30");
    v->plant.cell.jump = -12.5;
    vbench_advance(v, 1.0);
    ASSERT_REPLY(v, 2, "03 33 00 00 02", "03 04 FF FE 17 B8");                    /* -125000 */
    ASSERT_REPLY(v, 2, "03 20 00 00 02", "03 04 C1 48 00 00");
    ASSERT_REPLY(v, 2, "03 21 06 00 01", "03 02 00 02");
    vbench_free(v);
}

static void identity_frame_as_documented(void)
{
    struct vbench *v = kit_bench(0xABCDE);
    ASSERT_REPLY(v, 247, "03 F0 00 00 0D",
                 "03 1A 4D 4E 42 45 4E 43 48 00 00 00 00 00 00 00 00 00 00 01 00 0A BC DE 00 01 00 64");
    vbench_advance(v, 70.123);
    ASSERT_REPLY(v, 247, "03 F0 0D 00 02", "03 04 00 01 11 EB"); /* 70123 ms */
    ASSERT_REPLY(v, 247, "04 F0 00 00 01", "84 02");
    ASSERT_REPLY(v, 247, "06 F0 11 00 05", "06 F0 11 00 05"); /* the hand presses the E-stop and the switch */
    ASSERT_REPLY(v, 247, "03 F0 11 00 01", "03 02 00 05");
    ASSERT_REPLY(v, 247, "06 F0 11 00 10", "86 03");
    ASSERT_REPLY(v, 247, "03 F0 11 00 02", "83 02");
    ASSERT_REPLY(v, 247, "06 F0 0C 00 01", "86 02");
    ASSERT_REPLY(v, 247, "06 F0 0B 00 00", "86 03");
    vbench_free(v);
}

static void bad_requests_get_the_exception_of_their_kind(void)
{
    static const struct { uint8_t unit; const char *asked, *want; } rows[] = {
        {1, "01 00 00 00 01", "81 01"}, {1, "02 00 00 00 01", "82 01"}, {1, "05 00 00 FF 00", "85 01"},
        {2, "0F 00 00 00 01 01 01", "8F 01"}, {1, "2B 0E 01 00", "AB 01"}, {1, "83 00 00 00 01", "83 01"},
        {1, "03 00 18 00 01", "83 02"},                /* 24: nothing there */
        {1, "03 00 17 00 02", "83 02"},                /* runs over the end of a block */
        {1, "03 FF FF 00 02", "83 02"},
        {1, "04 01 5A 00 02", "84 02"},                /* settings are no input registers */
        {2, "03 33 00 00 06", "83 02"}, {2, "03 20 04 00 02", "83 02"}, {2, "03 32 FF 00 02", "83 02"},
        {1, "03 00 00 00 00", "83 03"}, {1, "03 00 00 00 7E", "83 03"}, {1, "03 00 00 00", "83 03"},
        {1, "03 00 00 00 01 00", "83 03"}, {1, "03", "83 03"}, {1, "06 00 7C", "86 03"},
        {1, "06 00 7C 00 12", "86 03"},                /* no such opcode */
        {1, "06 00 00 00 01", "86 02"},                /* alarm is not writable */
        {1, "06 00 40 0B B9", "86 03"},                /* torque limit 3001 */
        {1, "10 01 88 00 02 04 00 00 00 02", "90 03"}, /* watchdog enable 2 */
        {1, "10 01 8A 00 02 04 00 00 27 11", "90 03"}, /* watchdog 10001 ms */
        {1, "10 01 8C 00 02 04 00 00 00 11", "90 03"}, /* watchdog action 17 */
        {1, "10 01 5C 00 02 04 00 00 00 00", "90 03"}, /* speed 0 */
        {1, "10 01 5C 00 02 03 00 00 00", "90 03"}, {1, "10 01 5C 00 02 04 00 00 00", "90 03"},
        {1, "10 01 5C 00 00 00", "90 03"}, {1, "10 01 5C 00 7C F8", "90 03"}, {1, "10 00 05 00 01 02 00 00", "90 02"},
        {1, "06 00 7C 00 67", "86 04"},                /* move while disabled */
        {2, "06 20 61 00 03", "86 03"}, {2, "06 21 06 00 08", "86 03"}, {2, "06 21 10 00 02", "86 03"},
        {2, "06 33 00 00 00", "86 02"}, {2, "10 20 61 00 02 04 00 08 00 08", "90 02"},
        {3, "03 00 00 00 01", ""}, {0, "03 00 00 00 01", ""}, {1, "", ""},
    };
    struct vbench *v = kit_bench(3);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ASSERT_REPLY(v, rows[i].unit, rows[i].asked, rows[i].want);
    vbench_free(v);
}

static void any_bytes_leave_the_bench_alive(void)
{
    struct vbench *v = kit_bench(3);
    struct random r;
    random_init(&r, 99, 0);
    for (int i = 0; i < 20000; i++) {
        uint8_t q[253], reply[VBENCH_PDU_MAX];
        size_t n = (size_t)random_between(&r, 0.0, i % 10 ? 12.0 : 254.0);
        for (size_t k = 0; k < n; k++)
            q[k] = (uint8_t)random_between(&r, 0.0, 256.0);
        if (n > 2 && i % 3) {
            q[0] = i % 2 ? 3 : 16;
            q[1] = (uint8_t)(i % 4 == 0);
        }
        int got = vbench_pdu(v, (uint8_t)(i % 3 == 0 ? 247 : 1 + i % 2), q, n, reply, sizeof reply);
        CU_ASSERT(n == 0 ? got == 0 : got >= 2 && got <= VBENCH_PDU_MAX);
        if (i % 16 == 0)
            vbench_advance(v, 1e-3);
    }
    CU_ASSERT(isfinite(v->plant.axis.at) && isfinite(plant_force(&v->plant)));
    vbench_free(v);
}

CU_TestInfo virtual_frames_tests[] = {
    {"CRC of the serial line guide", crc_of_the_serial_line_guide},
    {"RTU frame with a flipped bit or a bad length is refused",
     rtu_frame_with_a_flipped_bit_or_a_bad_length_is_refused},
    {"TCP frame is found and the next left alone", tcp_frame_is_found_and_the_next_left_alone},
    {"TCP stream with another protocol or length is given up", tcp_stream_with_another_protocol_or_length_is_given_up},
    {"wrapped frames are as typed", wrapped_frames_are_as_typed},
    {"silence is 3.5 characters", silence_is_three_and_a_half_characters},
    {"drive frames typed from the manual", drive_frames_typed_from_the_manual},
    {"transmitter frames typed from the manual", transmitter_frames_typed_from_the_manual},
    {"identity frame as documented", identity_frame_as_documented},
    {"bad requests get the exception of their kind", bad_requests_get_the_exception_of_their_kind},
    {"any bytes leave the bench alive", any_bytes_leave_the_bench_alive},
    CU_TEST_INFO_NULL,
};
