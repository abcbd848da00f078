/* test_units.c -- text with a unit into SI, and what is refused. */
#include "base/text/units.h"
#include "tests/base/suites.h"

static void units_people_type(void)
{
    static const struct { const char *text, *si; double want;
    } cases[] = {
        {"617 um", "m", 617e-6},
        {"617 \xc2\xb5m", "m", 617e-6},
        {"617 \xce\xbcm", "m", 617e-6},
        {"1.7e-10 cm2/s", "m2/s", 1.7e-14},
        {"32.5 degC", "K", 305.65},
        {"32.5 C", "K", 305.65},
        {"32.5 \xc2\xb0"
         "C",
         "K", 305.65},
        {"5 W/m/C", "W m-1 K-1", 5},
        {"37 %", "1", 0.37},
        {"0.37", "1", 0.37},
        {"5 mM", "mol m-3", 5},
        {"2 M", "mol m-3", 2000},
        {"3 kDa", "kg mol-1", 3},
        {"162.23 g/mol", "kg/mol", 0.16223},
        {"100 Da", "kg", 1.66053906660e-25},
        {"130 needles/cm2", "m-2", 1.3e6},
        {"130 /cm2", "m-2", 1.3e6},
        {"120 rpm", "s-1", 2},
        {"30 rpm", "rad/s", 3.141592653589793},
        {"20 ug/cm2/h", "kg m-2 s-1", 20e-9 / 0.36},
        {"20 ug/(cm2 h)", "kg m-2 s-1", 20e-9 / 0.36},
        {"1.2 cP", "Pa s", 1.2e-3},
        {"7 mcg", "kg", 7e-9},
        {"5 m\xc2\xb2", "m2", 5},
        {"5 kg\xc2\xb7m\xe2\x81\xbb\xc2\xb3", "kg/m3", 5},
        {"-3.5e2 mm", "m", -0.35},
        {".5 min", "s", 30},
        {"24h", "s", 86400},
        {"40 N/mm", "N/m", 40000},
        {"25 mL/min", "m3/s", 25e-6 / 60},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e = {0};
        double x = 0;
        CU_ASSERT_EQUAL(units_parse(cases[i].text, cases[i].si, &x, &e), 0);
        CU_ASSERT_STRING_EQUAL(e.msg, "");
        ASSERT_REL(x, cases[i].want, 1e-12);
    }
}

static void refusals_say_why_and_show_an_example(void)
{
    static const struct { const char *text, *si, *message, *hint;
    } cases[] = {
        {"60", "m", "'60' has no unit: must be a length (m), e.g. 600 um", ""},
        {"um", "m", "'um' does not start with a decimal number: must be a length", ""},
        {"", "m2", "'' does not start with a decimal number: must be an area (m2), e.g. 1 cm2", ""},
        {"0x10 m", "m", "does not start with a decimal number", ""},
        {"nan m", "m", "does not start with a decimal number", ""},
        {"1e999 m", "m", "does not start with a decimal number", ""},
        {"5 furlongz", "m", "'furlongz' is not a known unit: must be a length", ""},
        {"5 s", "m", "'5 s' has another dimension: must be a length", ""},
        {"5 s", "s-1", "'5 s' has another dimension: must be a rate (s-1), e.g. 0.2 1/h", ""},
        {"5 mM", "kg m-3", "must be a concentration (kg m-3), e.g. 5 mg/mL", ""},
        {"5 m 3", "m", "'m 3' is not a known unit", ""},
        {"5 m @ 3", "m", "is not a known unit", ""},
        {"5 m*", "m", "is not a known unit", ""},
        {"5 (m", "m", "is not a known unit", ""},
        {"5 m999", "m", "is not a known unit", ""},
        {"5 s since 2000", "s", "is not a known unit", ""},
        {"5 mg per h", "kg/s", "'per' is not a unit", ""},
        {"5 IU", "kg", "'IU' counts a drug's activity and has no fixed mass", "1 IU = 0.0347 mg"},
        {"5 U/mL", "kg m-3", "'U' counts a drug's activity", "potency"},
        {"5 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "m", "at most 80",
         ""},
        {"5 kg", "kg s3 A", "must be a value with a unit (kg s3 A)", ""},
        {"5 m", "1", "must be a ratio (1), e.g. 0.3 or 30 %", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e = {0};
        double x = 7;
        CU_ASSERT_EQUAL(units_parse(cases[i].text, cases[i].si, &x, &e), ERR_PARSE);
        ASSERT_HAS(e.msg, cases[i].message);
        ASSERT_HAS(e.hint, cases[i].hint);
        ASSERT_REL(x, 7, 0);
    }
}

static void conversion_between_units(void)
{
    struct err e = {0};
    double x = 0;
    CU_ASSERT_EQUAL(units_init(&e), 0);
    CU_ASSERT_EQUAL(units_convert(5.5555555555555556e-9, "kg m-2 s-1", "ug cm-2 h-1", &x, &e), 0);
    ASSERT_REL(x, 2.0, 1e-12);
    CU_ASSERT_EQUAL(units_convert(300, "K", "degC", &x, &e), 0);
    ASSERT_ABS(x, 26.85, 1e-10);
    CU_ASSERT_EQUAL(units_convert(1, "N", "m", &x, &e), ERR_PARSE);
    CU_ASSERT_STRING_EQUAL(e.msg, "'N' and 'm' are of different dimensions");
    e = (struct err){0};
    CU_ASSERT_EQUAL(units_convert(1, "blah", "m", &x, &e), ERR_PARSE);
    CU_ASSERT_STRING_EQUAL(e.msg, "'blah' is not a known unit");
    units_release();
    CU_ASSERT_EQUAL(units_convert(1, "mm", "m", &x, NULL), 0); /* opens again by itself */
    units_release();
}

CU_TestInfo units_tests[] = {
    {"units people type", units_people_type},
    {"refusals say why and show an example", refusals_say_why_and_show_an_example},
    {"conversion between units", conversion_between_units},
    CU_TEST_INFO_NULL,
};
