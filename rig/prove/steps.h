/* steps.h -- the inside of prove: one function a step, called once a tick; true when the step is over. */
#ifndef RIG_PROVE_STEPS_H
#define RIG_PROVE_STEPS_H
#include "rig/prove/prove.h"

bool prove_noise(struct prover *p, enum rig_key key);
bool prove_push(struct prover *p, enum rig_key key);
bool prove_estop(struct prover *p, enum rig_key key);
bool prove_door(struct prover *p, enum rig_key key);
bool prove_limit(struct prover *p, enum rig_key key);
bool prove_home(struct prover *p, enum rig_key key);
bool prove_soft(struct prover *p, enum rig_key key);
bool prove_stop(struct prover *p, enum rig_key key);
bool prove_hard(struct prover *p, enum rig_key key);
bool prove_watchdog(struct prover *p, enum rig_key key);
bool prove_off(struct prover *p, enum rig_key key); /* the drive, at the end */

/* The controller's tick in a step that moves: it arms by itself when unattended. */
void prove_move_tick(struct prover *p, double lateness, enum rig_key key);
/* A new controller, with p->method, in the place of the last. */
void prove_renew(struct prover *p, const struct safety_limits *l);
void prove_say(struct prover *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void prove_settle(struct prover *p, enum prove_check c, bool passed, const char *measured, const char *bound);
void prove_phase(struct prover *p, int phase);
#endif
