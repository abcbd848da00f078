/* suites.c -- every suite of the rig, one line each. */
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"

CU_SuiteInfo test_suites[] = {
    {"convert", NULL, NULL, NULL, NULL, convert_tests},
    {"bus", NULL, kit_clean_up, NULL, NULL, bus_tests},
    {"transport", NULL, NULL, NULL, NULL, transport_tests},
    {"frames by hand", NULL, kit_clean_up, NULL, NULL, frames_tests},
    {"maps", NULL, kit_clean_up, NULL, NULL, maps_tests},
    {"map mutants", NULL, NULL, NULL, NULL, mutants_tests},
    {"safety", NULL, NULL, NULL, NULL, safety_tests},
    {"files", NULL, kit_clean_up, NULL, NULL, files_tests},
    {"record", NULL, kit_clean_up, NULL, NULL, record_tests},
    {"runs", NULL, kit_clean_up, NULL, NULL, runs_tests},
    {"timing", NULL, kit_clean_up, NULL, NULL, timing_tests},
    {"rearm", NULL, kit_clean_up, NULL, NULL, rearm_tests},
    {"prove", NULL, kit_clean_up, NULL, NULL, prove_tests},
    {"scenarios", NULL, kit_clean_up, NULL, NULL, scenarios_tests},
    {"virtual carriage", NULL, NULL, NULL, NULL, virtual_carriage_tests},
    {"virtual skin", NULL, NULL, NULL, NULL, virtual_skin_tests},
    {"virtual frames", NULL, NULL, NULL, NULL, virtual_frames_tests},
    {"virtual drive", NULL, NULL, NULL, NULL, virtual_drive_tests},
    {"virtual transmitter", NULL, NULL, NULL, NULL, virtual_transmitter_tests},
    {"virtual EM2RS drive", NULL, NULL, NULL, NULL, virtual_em2rs_tests},
    {"virtual TLB transmitter", NULL, NULL, NULL, NULL, virtual_tlb_tests},
    {"virtual bench", NULL, NULL, NULL, NULL, virtual_vbench_tests},
    {"virtual faults", NULL, kit_clean_up, NULL, NULL, virtual_fault_tests},
    {"virtual relay", NULL, kit_clean_up, NULL, NULL, virtual_relay_tests},
    {"virtual proxy", NULL, kit_clean_up, NULL, NULL, virtual_proxy_tests},
    {"virtual settings", NULL, kit_clean_up, NULL, NULL, virtual_settings_tests},
    {"virtual server", NULL, kit_clean_up, NULL, NULL, virtual_server_tests},
    CU_SUITE_INFO_NULL,
};
