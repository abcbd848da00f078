/* recorder.h -- samples.csv and events.csv of a run: the tick puts rows into rings and never waits; a writer thread
 * appends them and makes them durable every 200 ms.  A ring that is full or a write that fails stops the test
 * (recorder_has_failed). */
#ifndef RIG_RECORD_RECORDER_H
#define RIG_RECORD_RECORDER_H
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "rig/record/door.h"

struct record_row {            /* SI; NaN becomes an empty cell */
    double time, position, travel, raw_travel, force, net_force, axis_age, force_age;
    uint32_t axis_status, axis_alarm, inputs;
    char state[16];
};
struct record_event { double time; char kind[12], subject[32], value[48], detail[200]; };

#define RECORD_COMMIT 0.2 /* s between two group commits: what a power cut can take */
struct record_sums {           /* what the closed files hold */
    uint64_t rows, events;
    char samples_sha256[65], events_chain[65];
};

struct recorder;
/* Creates both files in a folder (which must be new: O_EXCL) with their header rows. */
int  recorder_open(struct recorder **out, const char *folder, struct err *e);
/* The same through another door (tests). */
int  recorder_open_by(struct recorder **out, const char *folder, const struct record_door *door, struct err *e);
int  recorder_start(struct recorder *r, struct err *e); /* the writer thread; without it call recorder_pump */
void recorder_row(struct recorder *r, const struct record_row *row);
void recorder_event(struct recorder *r, const struct record_event *event);
bool recorder_has_failed(const struct recorder *r);
/* Why, in words; empty when it has not.  Any thread; a row that is not whole is the file's last. */
const char *recorder_trouble(const struct recorder *r);
/* The writer's side: writes what the rings hold.  Called by the thread, or by a test. */
void recorder_pump(struct recorder *r);
/* The writer's other half: makes durable what was written.  Called by the thread, or by a test. */
void recorder_commit(struct recorder *r);
/* Ends the thread, writes the rest, syncs, closes.  ERR_IO when anything was lost; the sums are then those of the whole
 * rows that are there. */
int  recorder_close(struct recorder *r, struct record_sums *sums, struct err *e);
#endif
