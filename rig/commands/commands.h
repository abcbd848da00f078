/* commands.h -- mnrig's commands: one file each. */
#ifndef RIG_COMMANDS_COMMANDS_H
#define RIG_COMMANDS_COMMANDS_H
#include "base/err.h"

extern const char check_help[], probe_help[], latency_help[], run_help[], depth_help[], plan_help[], recover_help[],
    verify_help[], report_help[], prove_help[];
int check_run(int argc, char **argv, struct err *e);
int probe_run(int argc, char **argv, struct err *e);
int latency_run(int argc, char **argv, struct err *e);
int run_run(int argc, char **argv, struct err *e);
int plan_run(int argc, char **argv, struct err *e);
int recover_run(int argc, char **argv, struct err *e);
int verify_run(int argc, char **argv, struct err *e);
int prove_run(int argc, char **argv, struct err *e);
int depth_run(int argc, char **argv, struct err *e);
int report_run(int argc, char **argv, struct err *e);
#endif
