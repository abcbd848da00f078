/* axis.h -- what the axis' registers say, in SI units, and what its moves ask of the drive.  Positions are positive
 * towards the sample, 0 at home.  Pure: no bus, no clock. */
#ifndef RIG_DEVICE_AXIS_H
#define RIG_DEVICE_AXIS_H
#include "rig/device/bench.h"

struct axis_state {
    double position, velocity, position_error; /* m, m/s, m; velocity NaN when the map has none */
    uint32_t alarm, status;                    /* raw */
    bool enabled, fault, moving, homing, homed;
    bool alarm_estop, alarm_sto, alarm_comms;
    bool input[BENCH_INPUTS];                  /* true: the input says what its name says */
    uint32_t inputs;                           /* raw word of the E-stop's value */
};
void axis_decode(const struct bench *b, const uint16_t *group_regs, struct axis_state *out);

enum axis_order { AXIS_NOTHING, AXIS_ENABLE, AXIS_DISABLE, AXIS_ALARM_RESET, AXIS_HOME, AXIS_MOVE, AXIS_ORDERS };
extern const char *const axis_order_names[];
struct axis_command {
    enum axis_order order;
    double target;           /* AXIS_MOVE: position, m; AXIS_HOME: unused */
    double speed;            /* m/s, > 0 */
};
/* The bus transactions of a command; number of steps or ERR_RANGE. */
int axis_build(const struct bench *b, const struct axis_command *c, struct map_step steps[MAP_STEPS], struct err *e);
/* STOP: its one transaction. */
int axis_build_stop(const struct bench *b, struct map_step steps[MAP_STEPS], struct err *e);
bool axis_is_motion(enum axis_order order);

/* The speed the drive will really run at, m/s. */
double axis_achievable_speed(const struct bench *b, double speed);
/* ERR_RANGE when the drive's quantum makes a speed 0 or more than axis.speed_error off; the message shows both. */
int axis_check_speed(const struct bench *b, double speed, const char *what, struct err *e);
#endif
