/* main.c -- mnrig: drives the insertion bench over Modbus. */
#include <stdio.h>
#include "base/cli.h"
#include "base/text/units.h"
#include "rig/commands/commands.h"

int main(int argc, char **argv)
{
    static const struct cli_command commands[] = {
        {"check", "check bench, device and method files", check_help, check_run},
        {"probe", "who answers on a bench, and what it says", probe_help, probe_run},
        {"latency", "what this PC and this bench can keep: tick rate, speed near contact", latency_help, latency_run},
        {"plan", "every stage of a method on a bench: travel, time, limits, overshoot", plan_help, plan_run},
        {"prove", "try what has to stop the axis: E-stop, limits, STOP, watchdog", prove_help, prove_run},
        {"run", "press one specimen by a method", run_help, run_run},
        {"recover", "cut the torn end off an interrupted run, and say what was lost", recover_help, recover_run},
        {"verify", "has a run's record been changed since?", verify_help, verify_run},
        {"depth", "record a depth reading beside a run", depth_help, depth_run},
        {"report", "runs as one HTML page", report_help, report_run},
        {NULL, NULL, NULL, NULL}};
    struct err e = {0};
    if (units_init(&e)) {
        err_print(stderr, "mnrig", &e);
        return err_exit_status(e.code);
    }
    int status = cli_main("mnrig", "the controller of the insertion bench", commands, argc, argv);
    units_release();
    return status;
}
