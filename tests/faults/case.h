/* case.h -- one run of mnrig in a process of its own, with one fault, and the judgement on it. */
#ifndef TESTS_FAULTS_CASE_H
#define TESTS_FAULTS_CASE_H
#include "base/err.h"
#include "tests/faults/door.h"

struct case_bench { const char *name, *bench, *settings; };
extern const struct case_bench case_benches[];
#define CASE_GAP 7e-3    /* m, where short.yaml and soak.yaml expect the skin */
enum { CASE_BENCHES = 2 };

/* Filled by the child, in memory it shares with its parent. */
struct case_report {
    long calls[DOORS];
    uint8_t phase_of[DOORS][DOOR_CALLS + 1];
    bool is_done;            /* the child came to its own end */
    int  status;             /* what mnrig would exit with */
    bool has_struck;
    enum phase struck_in;
    long ticks;
    double peak_force;       /* N, true */
    char struck[80];
    char broken[400];        /* the invariant that does not hold; empty when all do */
    char message[400];       /* mnrig's own */
};
/* Starts it; the process' id.  The report must be in shared memory and is cleared. */
int case_start(const struct case_bench *b, enum way way, long n, struct case_report *out);
/* After the child with this exit status has ended: what is broken, or an empty text. */
const char *case_judge(struct case_report *r, int wait_status);
/* mnrig run of a method on a bench, unattended; its folders in DIR/runs.  What it would exit with, as an err_code. */
int case_run(const struct case_bench *b, const char *method, const char *dir, struct err *e);
/* Makes a folder below $TMPDIR; removes it and what is in it. */
bool case_folder(char out[200]);
void case_remove(const char *folder);
#endif
