/* suites.h -- the test lists of the rig's rooms; one line each. */
#ifndef TESTS_RIG_SUITES_H
#define TESTS_RIG_SUITES_H
#include "tests/runner.h"

extern CU_TestInfo convert_tests[];
extern CU_TestInfo safety_tests[];
extern CU_TestInfo bus_tests[];
extern CU_TestInfo transport_tests[];
extern CU_TestInfo maps_tests[], lint_tests[];
extern CU_TestInfo mutants_tests[];
extern CU_TestInfo frames_tests[];
extern CU_TestInfo files_tests[];
extern CU_TestInfo hostile_tests[];
extern CU_TestInfo devices_tests[];
extern CU_TestInfo bounds_tests[];
extern CU_TestInfo record_tests[];
extern CU_TestInfo runs_tests[];
extern CU_TestInfo scenarios_tests[], timing_tests[];
extern CU_TestInfo matrix_tests[];
extern CU_TestInfo prove_tests[], rearm_tests[], motion_tests[], unload_tests[], obey_tests[];
extern CU_TestInfo virtual_carriage_tests[];
extern CU_TestInfo virtual_skin_tests[];
extern CU_TestInfo virtual_frames_tests[];
extern CU_TestInfo virtual_drive_tests[];
extern CU_TestInfo virtual_transmitter_tests[];
extern CU_TestInfo virtual_vbench_tests[];
extern CU_TestInfo virtual_fault_tests[];
extern CU_TestInfo virtual_em2rs_tests[];
extern CU_TestInfo virtual_tlb_tests[];
extern CU_TestInfo virtual_relay_tests[];
extern CU_TestInfo virtual_proxy_tests[];
extern CU_TestInfo virtual_settings_tests[];
extern CU_TestInfo virtual_server_tests[];
#endif
