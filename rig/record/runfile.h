/* runfile.h -- the run folder's name and its run.yaml.  run.yaml is written twice: at the start, as "aborted, not
 * finished, complete: false", and at the end with the outcome; each time to a temporary name and renamed,
 * and sealed: its last line is the SHA-256 of all above it. */
#ifndef RIG_RECORD_RUNFILE_H
#define RIG_RECORD_RUNFILE_H
#include <stdbool.h>
#include <stdint.h>
#include "base/text/config.h"
#include "rig/method/sequence.h"

struct run_identity {        /* mnbench's identity block, unit 247, registers 0xF000.. */
    bool is_virtual;         /* the block was read */
    uint32_t seed;
    unsigned version, specimen, needles;
};
struct run_outcome {
    const char *state, *cause; /* done | tripped | stopped | aborted */
    bool complete;           /* the method ran to its end and every row reached the disk */
    bool stop_not_proven;
    bool off_not_seen;       /* the drive was told to switch off at the end, and may be on */
    uint64_t rows, events;
    const char *samples_sha256, *events_chain;
};
enum { RUN_TIMING_STEPS = 24 };
struct run_timing {          /* s */
    const char *name;
    uint64_t count;
    double p50, p99, p999, max;
    size_t steps;            /* of a small histogram: n times up to an edge and above the one before */
    struct { double edge; uint64_t n; } step[RUN_TIMING_STEPS];
};
struct run_counter { const char *name; uint64_t value; };
struct run_proof {           /* what `mnrig prove` said of the bench */
    const char *state;       /* "valid", "overridden", "not needed: virtual bench", "not looked for" */
    const char *file, *date, *sha256; /* of the proof; NULL or "" none */
    const char *reason;      /* why it was overridden, or NULL */
};
struct run_report {
    const char *folder, *specimen, *batch, *operator_name, *command;
    int64_t started;         /* unix time */
    const struct bench *bench;
    const struct method *method;
    struct cnode bench_doc, method_doc; /* as resolved, copied into the record */
    struct method_overshoot predicted;
    struct run_identity identity;
    struct run_outcome outcome;
    struct run_proof proof;
    const struct sequence *found;        /* contact, tare, peak; NULL before the run */
    double duration, peak_force;         /* s; N */
    bool   is_realtime;                  /* SCHED_FIFO, memory locked */
    size_t timings, counters;
    const struct run_timing *timing;
    const struct run_counter *counter;
};
int run_report_write(const struct run_report *r, struct err *e);

/* Makes parent/YYYYMMDDTHHMMSSZ_<batch>_<specimen>_<method>_rNN, never one that is there; parents are made.
 * ERR_ARG: a name with other characters than letters, digits, '.', '_', '-'; ERR_IO. */
int run_folder_make(char *out, size_t size, const char *parent, int64_t unix_time, const char *batch,
                    const char *specimen, const char *method, struct err *e);
#endif
