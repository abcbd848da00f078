/* test_settings.c -- the bench's configuration file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/file.h"
#include "base/text/units.h"
#include "rig/virtual/settings.h"
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

static void shipped_file_holds_the_values_tested_here(void)
{
    struct plant_settings got, want = kit_settings();
    struct err e = {0};
    CU_ASSERT_EQUAL(units_init(NULL), 0);
    CU_ASSERT_EQUAL_FATAL(settings_open(&got, "config/benches/mnbench.yaml", &e), 0);
    ASSERT_REL(got.array.tip_diameter, want.array.tip_diameter, 1e-12);
    ASSERT_REL(got.skin.pad_stiffness, want.skin.pad_stiffness, 1e-12);
    ASSERT_REL(got.skin.relaxing[2], want.skin.relaxing[2], 1e-12);
    ASSERT_REL(got.skin.scatter_site, want.skin.scatter_site, 1e-12);
    ASSERT_REL(got.skin.height, want.skin.height, 1e-12);
    ASSERT_REL(got.cell.drift, want.cell.drift, 1e-12);
    ASSERT_REL(got.cell.rate, want.cell.rate, 1e-12);
    ASSERT_REL(got.compliance, want.compliance, 1e-12);
    ASSERT_REL(got.gap, want.gap, 1e-12);
    CU_ASSERT_EQUAL(got.array.rows, 10);
}

static void second_pairs_file_differs_by_the_pair_alone(void)
{
    struct plant_settings a, b;
    struct err e = {0};
    CU_ASSERT_EQUAL(units_init(NULL), 0);
    CU_ASSERT_EQUAL_FATAL(settings_open(&a, "config/benches/mnbench.yaml", &e), 0);
    CU_ASSERT_EQUAL_FATAL(settings_open(&b, "config/benches/mnbench_em2rs_tlb.yaml", &e), 0);
    CU_ASSERT_EQUAL(a.pair, PAIR_SCL_DAD141);
    CU_ASSERT_EQUAL(b.pair, PAIR_EM2RS_TLB);
    CU_ASSERT_EQUAL(b.em2rs.done_bit, 4);
    ASSERT_REL(b.em2rs.quick_stop, 50e-3, 1e-12);
    ASSERT_REL(b.tlb.reply_delay, 5e-3, 1e-12);
    ASSERT_REL(b.cell.rate, 300.0, 1e-12);
    ASSERT_REL(b.skin.pad_stiffness, a.skin.pad_stiffness, 1e-12);
    ASSERT_REL(b.gap, a.gap, 1e-12);
}

static void refused_in(const char *file, const char *from, const char *to, const char *want);

/* The shipped file with one text replaced. */
static void refused(const char *from, const char *to, const char *want)
{
    refused_in("config/benches/mnbench.yaml", from, to, want);
}

static void refused_in(const char *file, const char *from, const char *to, const char *want)
{
    char *text, changed[20000];
    size_t n;
    struct config *c;
    struct plant_settings s;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(file_read(file, 16000, &text, &n, NULL), 0);
    char *at = strstr(text, from);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    free(text);
    CU_ASSERT_EQUAL_FATAL(config_parse(&c, "m.yaml", changed, strlen(changed), NULL), 0);
    CU_ASSERT_NOT_EQUAL(settings_read(&s, config_root(c), &e), 0);
    ASSERT_HAS(e.msg, want);
    ASSERT_HAS(e.msg, "m.yaml:");
    config_close(c);
}

static void mistakes_are_named_with_their_place(void)
{
    refused("pitch: 1 mm", "pitsch: 1 mm", "pitsch");
    refused("pitch: 1 mm", "pitch: 1", "pitch");
    refused("pitch: 1 mm", "pitch: 1 N", "pitch");
    refused("  rows: 10 ", "  rows: 33 ", "33");
    refused("shape: cone", "shape: pyramid", "pyramid");
    refused("shape: cone", "shape: cylinder", "a cylinder's base_diameter must equal tip_diameter");
    refused("base_diameter: 200 um", "base_diameter: 1.2 mm",
            "base_diameter 1200 um: must be from tip_diameter 10 um to pitch");
    refused("share: 0.25", "share: 0.75", "relaxation shares sum to 1: must be < 0.87");
    refused("    - {share: 0.10, time: 80 s}\n", "", "'relaxation' must be a list of 3 terms");
    refused("noise: 2 mN", "noise: -2 mN", "noise");
    refused("gap: 12 mm", "gap: 70 mm", "gap 70 mm: the skin must lie within the travel of 60 mm");
    refused("gap: 12 mm", "gap: 4 mm", "gap 4 mm: must be >= 8 mm");
    refused("load_cell:", "load_sell:", "load_sell");
}

static void mistakes_about_the_pair_are_named(void)
{
    static const char second[] = "config/benches/mnbench_em2rs_tlb.yaml";
    refused("pair: scl_dad141", "pair: scl_tlb", "scl_tlb");
    refused("pair: scl_dad141", "pair: em2rs_tlb", "em2rs_tlb");
    refused_in(second, "pair: em2rs_tlb", "pair: scl_dad141", "em2rs_tlb");
    refused_in(second, "done_bit: 4", "done_bit: 5", "5");
    refused_in(second, "reply_delay: 5 ms", "reply_delay: 201 ms", "reply_delay 201 ms: must be <= 200 ms");
    refused_in(second, "quick_stop: 50 ms", "quick_stop: 0 ms", "quick_stop");
}

CU_TestInfo virtual_settings_tests[] = {
    {"second pair's file differs by the pair alone", second_pairs_file_differs_by_the_pair_alone},
    {"mistakes about the pair are named", mistakes_about_the_pair_are_named},
    {"shipped file holds the values tested here", shipped_file_holds_the_values_tested_here},
    {"mistakes are named with their place", mistakes_are_named_with_their_place},
    CU_TEST_INFO_NULL,
};
