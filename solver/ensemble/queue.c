/* queue.c -- see queue.h. */
#include <pthread.h>
#include <sched.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include "solver/ensemble/queue.h"

struct shared {
    const struct queue *q;
    pthread_mutex_t lock;
    size_t next, finished;
};

struct worker { struct shared *s; size_t number; };

static void *work(void *arg)
{
    const struct worker *me = arg;
    struct shared *s = me->s;
    for (;;) {
        pthread_mutex_lock(&s->lock);
        size_t i = s->next < s->q->jobs ? s->next++ : s->q->jobs;
        pthread_mutex_unlock(&s->lock);
        if (i == s->q->jobs)
            return NULL;
        s->q->job(s->q->self, me->number, i);
        pthread_mutex_lock(&s->lock);
        s->finished++;
        if (s->q->done)
            s->q->done(s->q->self, s->finished, s->q->jobs);
        pthread_mutex_unlock(&s->lock);
    }
}

/* Those that this program may use: taskset, a container or a batch system may allow fewer than there are. */
static size_t processors(void)
{
    cpu_set_t allowed;
    int n = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
    return n > 0 ? (size_t)n : 1;
}

/* Every job takes and gives back the same few megabytes.  Left alone, glibc returns them to the system from the
 * threads' arenas and fetches them again, page by page: up to a fifth of a sweep's time. */
static void keep_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_TOP_PAD, 1 << 20);
#endif
}

void queue_run(const struct queue *q, size_t threads)
{
    struct shared s = {.q = q, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t helper[QUEUE_WORKERS_MAX];
    struct worker worker[QUEUE_WORKERS_MAX];
    size_t wanted = threads ? threads : processors(), started = 0;
    keep_memory();
    if (wanted > q->jobs) wanted = q->jobs;
    if (wanted > QUEUE_WORKERS_MAX) wanted = QUEUE_WORKERS_MAX;
    for (size_t i = 0; i < QUEUE_WORKERS_MAX; i++)
        worker[i] = (struct worker){&s, i};
    while (started + 1 < wanted && pthread_create(&helper[started], NULL, work, &worker[started + 1]) == 0)
        started++;
    work(&worker[0]); /* the caller is one of them */
    for (size_t i = 0; i < started; i++)
        pthread_join(helper[i], NULL);
    pthread_mutex_destroy(&s.lock);
}
