/* simulation.h -- a whole run in virtual time: the controller over memory buses, the virtual bench behind them. */
#ifndef TESTS_RIG_SIMULATION_H
#define TESTS_RIG_SIMULATION_H
#include "base/text/config.h"
#include "rig/virtual/vbench.h"
#include "tests/rig/pace.h"

struct simulation {
    char folder[300], logs[340];     /* below $TMPDIR; removed by simulation_free */
    struct bench bench;
    struct safety_limits limits;
    struct method method;
    struct config *bench_doc, *method_doc;
    struct vbench *world;
    struct bus *bus[BENCH_LINKS];
    struct link *link[BENCH_LINKS];
    struct recorder *recorder;
    struct record_door disk;
    bool disk_is_full;               /* nothing more can be written */
    double cell_delay;               /* s that the transmitter takes for each reply */
    unsigned refusals;               /* so many next reads of the drive are answered by an exception */
    struct rig rig;
    struct pace pace;                /* the clock, and who is due when */
};
/* bench and method: file names below config/; faults: a fault script's text or NULL. */
int  simulation_new(struct simulation **out, const char *bench, const char *method, const char *faults, struct err *e);
void simulation_free(struct simulation *s);
/* One tick (and what the links do until it); false once the run has ended. */
bool simulation_tick(struct simulation *s, enum rig_key key);
/* Ticks until the end, at most `seconds` more. */
void simulation_run(struct simulation *s, double seconds);
/* Ends recorder and logs, so that their files can be read.  0 or the first failure. */
int  simulation_close_logs(struct simulation *s, uint64_t *rows, struct err *e);
/* Text of a file of the run folder (samples.csv, events.csv) or of the world's logs (truth.csv, writes.csv); free() it.
 */
char *simulation_text(const struct simulation *s, const char *name);
#endif
