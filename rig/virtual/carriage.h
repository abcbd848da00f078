/* carriage.h -- the virtual linear axis: trapezoid profile, servo with following error, thrust limit.  SI; pure.
 * Positions are true ones: 0 at the home switch, positive down, towards the sample. */
#ifndef RIG_VIRTUAL_CARRIAGE_H
#define RIG_VIRTUAL_CARRIAGE_H
#include <stdbool.h>

enum carriage_mode { CARRIAGE_STILL, CARRIAGE_MOVE, CARRIAGE_JOG, CARRIAGE_STOP };

struct carriage {
    enum carriage_mode mode;
    double at, speed;             /* commanded position m and velocity m/s (signed) */
    double target;                /* of a move, m */
    double limit;                 /* of a move: speed, m/s > 0; of a jog: signed speed */
    double accel, decel;          /* m/s2, > 0 */
    double lag;                   /* s, time constant of the servo: following error = speed x lag */
    double actual, actual_speed;  /* the encoder's */
    double thrust_down, thrust_up;/* N: the motor gives no more */
    bool   stalled;               /* fault: the shaft does not turn */
    double creep;                 /* fault: shaft and target go on by themselves, m/s; only the encoder tells it */
};

/* At rest at a true position. */
void carriage_init(struct carriage *a, double at, double lag);
/* Commands; speeds and accelerations must be > 0 (asserted).  A new command takes over from where the profile is. */
void carriage_move(struct carriage *a, double target, double speed, double accel, double decel);
void carriage_jog(struct carriage *a, double signed_speed, double accel);
void carriage_stop(struct carriage *a, double decel); /* does nothing when at rest */
/* One step of dt s against a force in N (> 0 pushes the axis up). */
void carriage_step(struct carriage *a, double force, double dt);
bool carriage_is_moving(const struct carriage *a);       /* profile running, or the shaft still catching up */
bool carriage_is_decelerating(const struct carriage *a);
#endif
