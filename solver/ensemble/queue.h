/* queue.h -- independent jobs on the processors of one machine.  Which thread takes which job does not matter to any
 * result: a job writes only what belongs to its own number. */
#ifndef SOLVER_ENSEMBLE_QUEUE_H
#define SOLVER_ENSEMBLE_QUEUE_H
#include <stddef.h>

enum { QUEUE_WORKERS_MAX = 64 };
struct queue {
    size_t jobs;
    void *self;
    void (*job)(void *self, size_t worker, size_t i); /* worker: which of the threads, below QUEUE_WORKERS_MAX */
    void (*done)(void *self, size_t finished, size_t jobs); /* after each, one call at a time; may be NULL */
};
/* Runs all jobs and waits.  threads 0: as many as there are processors for this program; never more than jobs.  Falls
 * back to fewer threads, at last to the caller's own, when the system gives none. */
void queue_run(const struct queue *q, size_t threads);
#endif
