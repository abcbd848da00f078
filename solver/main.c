/* main.c -- mnsim: diffusion through microneedle channels. */
#include "base/cli.h"
#include "base/text/units.h"
#include "solver/commands/commands.h"

int main(int argc, char **argv)
{
    static const struct cli_command commands[] = {
        {"run", "compute one study into a result folder", help_run, command_run},
        {"check", "validate studies and say what would be computed", help_check, command_check},
        {"sweep", "compute a study over a grid or design of values", help_sweep, command_sweep},
        {"fit", "fit parameters of studies to measurements", help_fit, command_fit},
        {"insert", "press an array into skin: force, travel, buried depth", help_insert, command_insert},
        {"analyse", "read a run of the bench: events, stiffness, relaxation, depth", help_analyse, command_analyse},
        {"drug", "predict a drug's properties in skin", help_drug, command_drug},
        {"import", "read other people's measurements into a table of ours", help_import, command_import},
        {"compare", "hold simulations against measurements", help_compare, command_compare},
        {"report", "put folders into one HTML page", help_report, command_report},
        {NULL, NULL, NULL, NULL}};
    int status = cli_main("mnsim", "diffusion of a drug through skin with and without microneedle channels", commands,
                          argc, argv);
    units_release();
    return status;
}
