/* test_convert.c -- registers <-> numbers, in every word order, against values worked out by hand. */
#include <math.h>
#include "rig/bus/convert.h"
#include "tests/rig/suites.h"

static void thirty_two_bits_follow_the_word_order(void)
{
    /* 0x12345678 = 305419896 */
    const uint16_t abcd[] = {0x1234, 0x5678}, cdab[] = {0x5678, 0x1234}, badc[] = {0x3412, 0x7856},
                   dcba[] = {0x7856, 0x3412};
    CU_ASSERT_EQUAL(reg_get(abcd, REG_U32, ORDER_ABCD), 305419896.0);
    CU_ASSERT_EQUAL(reg_get(cdab, REG_U32, ORDER_CDAB), 305419896.0);
    CU_ASSERT_EQUAL(reg_get(badc, REG_U32, ORDER_BADC), 305419896.0);
    CU_ASSERT_EQUAL(reg_get(dcba, REG_U32, ORDER_DCBA), 305419896.0);
}

static void signed_values_keep_their_sign(void)
{
    const uint16_t s16[] = {0xFF85}; /* -123 */
    const uint16_t s32[] = {0xFFFE, 0x1DC3}; /* -123453 */
    const uint16_t low_first[] = {0x1DC3, 0xFFFE};
    CU_ASSERT_EQUAL(reg_get(s16, REG_S16, ORDER_ABCD), -123.0);
    CU_ASSERT_EQUAL(reg_get(s16, REG_U16, ORDER_ABCD), 65413.0);
    CU_ASSERT_EQUAL(reg_get(s32, REG_S32, ORDER_ABCD), -123453.0);
    CU_ASSERT_EQUAL(reg_get(low_first, REG_S32, ORDER_CDAB), -123453.0);
}

static void a_float_is_ieee_in_the_named_order(void)
{
    /* 123.456f = 0x42F6E979 */
    const uint16_t abcd[] = {0x42F6, 0xE979}, cdab[] = {0xE979, 0x42F6};
    ASSERT_REL(reg_get(abcd, REG_F32, ORDER_ABCD), 123.456, 1e-7);
    ASSERT_REL(reg_get(cdab, REG_F32, ORDER_CDAB), 123.456, 1e-7);
    uint16_t out[2];
    CU_ASSERT_EQUAL(reg_put(out, REG_F32, ORDER_CDAB, 123.456, NULL), 0);
    CU_ASSERT_EQUAL(out[0], 0xE979);
    CU_ASSERT_EQUAL(out[1], 0x42F6);
}

static void put_is_the_inverse_of_get(void)
{
    const double values[] = {0.0, 1.0, -1.0, 32767.0, -32768.0, 2147483647.0, -2147483648.0, 305419896.0, -987654321.0};
    for (int order = ORDER_ABCD; order <= ORDER_DCBA; order++)
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            uint16_t regs[2] = {0xAAAA, 0x5555};
            CU_ASSERT_EQUAL(reg_put(regs, REG_S32, (enum word_order)order, values[i], NULL), 0);
            CU_ASSERT_EQUAL(reg_get(regs, REG_S32, (enum word_order)order), values[i]);
        }
    uint16_t one = 0;
    CU_ASSERT_EQUAL(reg_put(&one, REG_S16, ORDER_ABCD, -32768.0, NULL), 0);
    CU_ASSERT_EQUAL(one, 0x8000);
}

static void what_does_not_fit_is_refused_and_nothing_written(void)
{
    const struct {
        enum reg_type t;
        double v;
    } bad[] = {{REG_U16, 65536.0},      {REG_U16, -1.0}, {REG_S16, 32768.0}, {REG_U32, -0.6},
               {REG_S32, 2147483648.0}, {REG_S32, NAN},  {REG_F32, 1e39}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint16_t regs[2] = {0xAAAA, 0x5555};
        struct err e = {0};
        CU_ASSERT_EQUAL(reg_put(regs, bad[i].t, ORDER_ABCD, bad[i].v, &e), ERR_RANGE);
        ASSERT_HAS(e.msg, "does not fit a register of type");
        CU_ASSERT_EQUAL(regs[0], 0xAAAA);
    }
}

/* Half a count beyond the last one is refused, a little less is rounded to it: never cut off, never wrapped. */
static void the_ends_of_every_type_are_exact(void)
{
    static const struct { enum reg_type t; double lo, hi; } ends[] = {
        {REG_U16, 0.0, 65535.0}, {REG_S16, -32768.0, 32767.0}, {REG_U32, 0.0, 4294967295.0},
        {REG_S32, -2147483648.0, 2147483647.0}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (int order = ORDER_ABCD; order <= ORDER_DCBA; order++) {
            enum word_order o = (enum word_order)order;
            uint16_t regs[2] = {0x1234, 0x5678};
            CU_ASSERT_EQUAL(reg_put(regs, ends[i].t, o, ends[i].hi + 0.5, NULL), ERR_RANGE);
            CU_ASSERT_EQUAL(reg_put(regs, ends[i].t, o, ends[i].lo - 0.51, NULL), ERR_RANGE);
            CU_ASSERT_EQUAL(reg_put(regs, ends[i].t, o, INFINITY, NULL), ERR_RANGE);
            CU_ASSERT_EQUAL(reg_put(regs, ends[i].t, o, -INFINITY, NULL), ERR_RANGE);
            CU_ASSERT_TRUE(regs[0] == 0x1234 && regs[1] == 0x5678);
            CU_ASSERT_EQUAL(reg_put(regs, ends[i].t, o, ends[i].hi + 0.4, NULL), 0);
            CU_ASSERT_EQUAL(reg_get(regs, ends[i].t, o), ends[i].hi);
            CU_ASSERT_EQUAL(reg_put(regs, ends[i].t, o, ends[i].lo - 0.4, NULL), 0);
            CU_ASSERT_EQUAL(reg_get(regs, ends[i].t, o), ends[i].lo);
        }
}

static void what_the_device_does_not_take_is_refused_though_it_fits(void)
{
    uint16_t reg = 0x1234;
    struct err e = {0};
    CU_ASSERT_EQUAL(reg_put_within(&reg, REG_U16, ORDER_ABCD, 3000.4, 10.0, 3000.0, NULL), 0);
    CU_ASSERT_EQUAL(reg, 3000);
    CU_ASSERT_EQUAL(reg_put_within(&reg, REG_U16, ORDER_ABCD, 3000.5, 10.0, 3000.0, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "3001 counts: the device takes 10 to 3000");
    CU_ASSERT_EQUAL(reg_put_within(&reg, REG_U16, ORDER_ABCD, 9.4, 10.0, 3000.0, NULL), ERR_RANGE);
    CU_ASSERT_EQUAL(reg_put_within(&reg, REG_U16, ORDER_ABCD, NAN, 10.0, 3000.0, NULL), ERR_RANGE);
    CU_ASSERT_EQUAL(reg, 3000);
}

CU_TestInfo convert_tests[] = {
    {"the_ends_of_every_type_are_exact", the_ends_of_every_type_are_exact},
    {"what_the_device_does_not_take_is_refused_though_it_fits",
     what_the_device_does_not_take_is_refused_though_it_fits},
    {"thirty_two_bits_follow_the_word_order", thirty_two_bits_follow_the_word_order},
    {"signed_values_keep_their_sign", signed_values_keep_their_sign},
    {"a_float_is_ieee_in_the_named_order", a_float_is_ieee_in_the_named_order},
    {"put_is_the_inverse_of_get", put_is_the_inverse_of_get},
    {"what_does_not_fit_is_refused_and_nothing_written", what_does_not_fit_is_refused_and_nothing_written},
    CU_TEST_INFO_NULL};
