/* runfolder.h -- the files that mnrig writes and mnsim reads: names, columns, version.  The one place both include.
 *
 *   run.yaml           who, when, specimen, method, bench, versions, outcome            (schema below)
 *   samples.csv        one row a tick, columns RUN_SAMPLES_COLUMNS
 *   events.csv         state changes, faults, operator keys, columns RUN_EVENTS_COLUMNS
 *   penetration_NN.yaml  a depth reading, added later by `mnrig depth`; the newest (highest NN) counts
 *
 * travel is what the axis measures from contact, minus machine compliance: it holds the skin's sink and is never
 * depth. */
#ifndef BASE_RUNFOLDER_H
#define BASE_RUNFOLDER_H
#include <stddef.h>
#include <stdbool.h>
#include "base/err.h"

#define RUN_FORMAT          "mn-run-1"
#define RUN_PENETRATION_FORMAT "mn-penetration-1"
#define RUN_YAML            "run.yaml"
#define RUN_SAMPLES         "samples.csv"
#define RUN_EVENTS          "events.csv"
#define RUN_PENETRATION_FMT "penetration_%02d.yaml" /* 1 to 99 */

/* samples.csv.  seq counts rows from 0; time_s is monotonic seconds since the run's start; position_um is the axis
 * as read; travel_um is NaN (empty) before contact; force_N is from the calibration zero, net_force_N from the run's
 * tare. */
#define RUN_SAMPLES_COLUMNS "seq", "time_s", "state", "position_um", "travel_um", "raw_travel_um", "force_N", \
                            "net_force_N", "axis_age_ms", "force_age_ms", "axis_status", "axis_alarm", "inputs"
/* events.csv.  time_s as above; kind: state | trip | command | operator | note | link.
 * chain: SHA-256 of the row before's chain (of the first: 64 zeros) and this row's text up to its last comma. */
#define RUN_EVENTS_COLUMNS  "time_s", "kind", "subject", "value", "detail", "chain"

/* run.yaml, keys that mnsim reads (all under the root):
 *   format: mn-run-1          virtual: true|false       started: ISO 8601 UTC
 *   specimen: text            batch: text               method: {name, file, sha256}
 *   needles: {name, count, length: "600 um", area: "1 cm2"}   from the method's array; where it states them also
 *            tip_diameter, base_diameter: "10 um"
 *   outcome: {state: done|tripped|stopped|aborted, cause: text, complete: bool, rows: n, samples_sha256: hex,
 *             events: n, events_chain: hex}
 *   contact: {position: "8123.4 um", time: "3.21 s"}   peak_force: "12.3 N"   travel_end: "1310 um"
 * penetration_NN.yaml:
 *   format: mn-penetration-1   method: oct|histology|dye|parafilm|model   file: name   file_sha256: hex
 *   depth: {mean: "401 um", sd: "22 um", n: 100}   penetrated_fraction: 0.98   virtual: true|false   recorded: ISO
 * 8601 */
struct run_penetration {
    double depth_mean, depth_sd; /* m, over the needles that went in */
    long   n;                    /* needles read */
    double fraction;             /* penetrated fraction, 0..1 */
    bool   is_virtual;
    char   method[16];
    char   file[300];            /* path of the penetration_NN.yaml read */
};
/* Newest penetration record of a run folder.  ERR_IO when there is none (hint: mnrig depth). */
int run_penetration_read(const char *folder, struct run_penetration *out, struct err *e);
/* Is there any penetration record?  False also when the folder cannot be read. */
bool run_has_penetration(const char *folder);
/* First free penetration_NN.yaml name into path; ERR_IO when 99 are taken. */
int run_penetration_next(const char *folder, char *path, size_t size, struct err *e);
#endif
