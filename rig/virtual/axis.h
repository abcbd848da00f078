/* axis.h -- the virtual linear axis: trapezoid profile, servo with following error, thrust limit.  SI; pure.
 * Positions are true ones: 0 at the home switch, positive down, towards the sample. */
#ifndef RIG_VIRTUAL_AXIS_H
#define RIG_VIRTUAL_AXIS_H
#include <stdbool.h>

enum axis_mode { AXIS_STILL, AXIS_MOVE, AXIS_JOG, AXIS_STOP };

struct axis {
    enum axis_mode mode;
    double at, speed;             /* commanded position m and velocity m/s (signed) */
    double target;                /* of a move, m */
    double limit;                 /* of a move: speed, m/s > 0; of a jog: signed speed */
    double accel, decel;          /* m/s2, > 0 */
    double lag;                   /* s, time constant of the servo: following error = speed x lag */
    double actual, actual_speed;  /* the encoder's */
    double thrust_down, thrust_up;/* N: the motor gives no more */
    bool   stalled;               /* fault: the shaft does not turn */
};

/* At rest at a true position. */
void axis_init(struct axis *a, double at, double lag);
/* Commands; speeds and accelerations must be > 0 (asserted).  A new command takes over from where the profile is. */
void axis_move(struct axis *a, double target, double speed, double accel, double decel);
void axis_jog(struct axis *a, double signed_speed, double accel);
void axis_stop(struct axis *a, double decel); /* does nothing when at rest */
/* One step of dt s against a force in N (> 0 pushes the axis up). */
void axis_step(struct axis *a, double force, double dt);
bool axis_is_moving(const struct axis *a);       /* profile running, or the shaft still catching up */
bool axis_is_decelerating(const struct axis *a);
#endif
