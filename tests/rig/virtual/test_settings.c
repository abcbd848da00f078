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

/* The shipped file with one text replaced. */
static void refused(const char *from, const char *to, const char *want)
{
    char *text, changed[20000];
    size_t n;
    struct config *c;
    struct plant_settings s;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(file_read("config/benches/mnbench.yaml", 16000, &text, &n, NULL), 0);
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

CU_TestInfo virtual_settings_tests[] = {
    {"shipped file holds the values tested here", shipped_file_holds_the_values_tested_here},
    {"mistakes are named with their place", mistakes_are_named_with_their_place},
    CU_TEST_INFO_NULL,
};
