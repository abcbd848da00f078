/* identity.h -- mnbench's identity block, read over the bus: the only thing that allows a run without an operator. */
#ifndef RIG_LOOP_IDENTITY_H
#define RIG_LOOP_IDENTITY_H
#include "rig/bus/bus.h"
#include "rig/record/runfile.h"

/* Reads unit 247's block on an open bus.  is_virtual stays false when nobody, or somebody else, answers: no error. */
void bench_identity_read(struct bus *b, struct run_identity *out);
/* Asks the virtual bench for a fresh specimen and reads it back.  ERR_COMM. */
int bench_choose_specimen(struct bus *b, unsigned number, struct run_identity *out, struct err *e);
/* The virtual bench's hand (register 0xF011) does this from now on.  ERR_COMM. */
int bench_move_hand(struct bus *b, unsigned hand, struct err *e);
#endif
