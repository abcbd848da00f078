/* vocabulary.c -- see vocabulary.h. */
#include <stddef.h>
#include <string.h>
#include "rig/device/vocabulary.h"

#define RAMP "m/s2", NULL
#define SPEED "m/s", NULL
#define WAY "m", NULL

static const struct word_list commands[] = {
    {"stop", {{NULL, NULL, NULL, false}}},
    {"enable", {{NULL, NULL, NULL, false}}},
    {"disable", {{NULL, NULL, NULL, false}}},
    {"alarm_reset", {{NULL, NULL, NULL, false}}},
    /* a search whose speed and way are settings of the drive takes none of them */
    {"home", {{"speed", SPEED, false}, {"accel", RAMP, false}, {"decel", RAMP, false}, {"distance", WAY, false}}},
    {"move", {{"target", WAY, true}, {"speed", SPEED, true}, {"accel", RAMP, false}, {"decel", RAMP, false}}},
};
static const struct word_list verify = {
    "verify",
    {{"watchdog_time", "s", NULL, false}, {"watchdog_action", "1", NULL, false}, {"stop_decel", RAMP, false}}};
static const struct word_list axis_values = {
    "axis",
    {{"position", WAY, true}, {"position_error", WAY, false}, {"velocity", SPEED, false},
     {"alarm", "1", NULL, true}, {"status", "1", NULL, true}}};
/* a force, or counts that the bench's slope makes a force */
static const struct word_list cell_values = {"load cell", {{"gross", "N", "1", true}, {"net", "N", "1", false}}};

const char *const vocabulary_axis_bits[] = {"enabled", "fault", "moving", "homing", "homed",
                                            "estop",   "sto",   "comms_lost", NULL};

const struct word_list *vocabulary_of_command(const char *command)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].of, command) == 0)
            return &commands[i];
    return NULL;
}

const struct word_list *vocabulary_of_verify(void) { return &verify; }

const struct word_list *vocabulary_of_values(bool is_axis) { return is_axis ? &axis_values : &cell_values; }

const struct word *vocabulary_find(const struct word_list *l, const char *name)
{
    for (const struct word *w = l->word; w->name; w++)
        if (strcmp(w->name, name) == 0)
            return w;
    return NULL;
}
