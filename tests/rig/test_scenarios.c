/* test_scenarios.c -- runs every file of tests/scenarios in virtual time and judges it on the virtual bench's truth
 * log: a bench, a method, faults, and what must hold whatever happens (invariants below).  Each file states by how much
 * the true force may pass the force at the fault, derived by hand beside it.  SCENARIO_TABLE=1 prints what was
 * measured. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/config.h"
#include "base/text/table.h"
#include "base/text/units.h"
#include "rig/record/recover.h"
#include "tests/rig/simulation.h"
#include "tests/rig/suites.h"

#define FOLDER "tests/scenarios"
struct scenario { char name[64], bench[100], method[100], causes[160]; bool stop_reaches; };
struct one_case { char state[24], fault[80]; double force, bound; };
struct tally { size_t cases, broken; };

static void copy(char *out, size_t size, struct cnode at, const char *key, struct err *e)
{
    const char *text = "";
    if (config_string(at, key, &text, e) == 0)
        snprintf(out, size, "%s", text);
}

static bool is_listed(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
        if ((at == list || at[-1] == '|') && (at[n] == '\0' || at[n] == '|'))
            return true;
    return false;
}

struct truth_peak { double force, highest, lowest; }; /* N; m */

static bool read_truth(const struct simulation *s, struct truth_peak *p)
{
    struct table t = {0};
    char path[400];
    double *force = NULL, *position = NULL;
    struct err e = {0};
    snprintf(path, sizeof path, "%s/truth.csv", s->logs);
    bool ok = table_read(&t, path, &e) == 0 && table_numbers(&t, "force_N", false, &force, &e) == 0 &&
              table_numbers(&t, "position_um", false, &position, &e) == 0;
    *p = (struct truth_peak){0.0, INFINITY, -INFINITY};
    for (size_t i = 0; ok && i < t.rows; i++) {
        p->force = fmax(p->force, fabs(force[i]));
        p->highest = fmin(p->highest, position[i] * 1e-6);
        p->lowest = fmax(p->lowest, position[i] * 1e-6);
    }
    free(force);
    free(position);
    table_release(&t);
    return ok;
}

/* The first axis write after the trip: s after it, and whether it is STOP; infinite without any. */
static double first_write(const struct simulation *s, bool *is_stop)
{
    struct table w = {0};
    struct map_step stop[MAP_STEPS];
    char path[400];
    struct err e = {0};
    double after = INFINITY;
    snprintf(path, sizeof path, "%s/writes.csv", s->logs);
    *is_stop = false;
    if (axis_build_stop(&s->bench, stop, &e) != 1 || table_read(&w, path, &e))
        return after;
    for (size_t i = 0; i < w.rows && !isfinite(after); i++)
        if (atof(table_cell(&w, i, 0)) >= s->rig.latch.at - 1e-9 && strcmp(table_cell(&w, i, 1), "1") == 0) {
            after = atof(table_cell(&w, i, 0)) - s->rig.latch.at;
            *is_stop = strtol(table_cell(&w, i, 3), NULL, 0) == stop[0].address &&
                       strtol(table_cell(&w, i, 4), NULL, 0) == stop[0].regs[0];
        }
    table_release(&w);
    return after;
}

static const char *judge_record(const struct simulation *s, uint64_t rows)
{
    struct record_scan scan;
    struct err e = {0};
    char path[400];
    snprintf(path, sizeof path, "%s/samples.csv", s->folder);
    if (record_scan_samples(path, &scan, &e) || scan.good != scan.size || scan.rows != rows || rows != s->rig.ticks)
        return "the samples are not whole";
    snprintf(path, sizeof path, "%s/events.csv", s->folder);
    return record_scan_events(path, &scan, &e) || scan.good != scan.size ? "the events are not whole" : NULL;
}

/* What must hold; NULL, or the invariant that is broken. */
static const char *judge(struct simulation *s, const struct scenario *f, const struct one_case *c)
{
    char cause[240];
    bool is_stop;
    uint64_t rows = 0;
    struct truth_peak p;
    struct err e = {0}, ignored = {0};
    if (strcmp(rig_outcome(&s->rig, cause, sizeof cause), "tripped") != 0)
        return "it did not end as tripped";
    if (!is_listed(f->causes, safety_cause_names[s->rig.latch.first]))
        return "another cause than stated";
    if (rig_result(&s->rig, &ignored) != ERR_SAFETY)
        return "another exit status than 6";
    if (strcmp(sequence_stage(&s->rig.sequence), c->state) != 0)
        return "it tripped in another stage than stated";
    bool still_moves = carriage_is_moving(&s->world->plant.axis);
    if (simulation_close_logs(s, &rows, &e) || !read_truth(s, &p))
        return "no logs";
    if (still_moves)
        return "the axis still moves at the end";
    if (p.force > c->force + c->bound)
        return "the true force passed its bound";
    if (p.highest < s->limits.hard_from || p.lowest > s->limits.hard_to)
        return "the axis left its travel";
    double after = first_write(s, &is_stop);
    if (f->stop_reaches && !is_stop)
        return "the first axis write after the cause is not STOP";
    double slowest = s->bench.link[0].address.kind == BUS_KIND_TCP ? 0.002 : 0.065; /* a cell's time-out on one line */
    if (f->stop_reaches && after > s->bench.tick_period + slowest)
        return "STOP came later than a tick and a transaction";
    return judge_record(s, rows);
}

static void run_case(const struct scenario *f, const struct one_case *c, struct tally *sum)
{
    struct simulation *s = NULL;
    struct err e = {0};
    char text[240];
    struct truth_peak p = {0};
    sum->cases++;
    const char *broken = simulation_new(&s, f->bench, f->method, c->fault, &e) ? e.msg : NULL;
    if (!broken) {
        simulation_run(s, 90.0);
        broken = judge(s, f, c);
        read_truth(s, &p);
    }
    if (broken) {
        rig_outcome(&s->rig, text, sizeof text);
        printf("\n  %s, %s, \"%s\": %s [%s; true peak %.2f N of %.2f N]", f->name, c->state, c->fault, broken, text,
               p.force, c->force + c->bound);
        sum->broken++;
    } else if (getenv("SCENARIO_TABLE")) {
        printf("\n| %s | %s | %s | %.2f | %.2f |", f->name, c->state, safety_cause_names[s->rig.latch.first], p.force,
               c->force + c->bound);
    }
    simulation_free(s);
}

static void run_file(const char *name, struct tally *sum)
{
    char path[400];
    struct config *doc = NULL;
    struct scenario f = {0};
    struct err e = {0};
    snprintf(path, sizeof path, FOLDER "/%.200s", name);
    int rc = config_open(&doc, path, &e);
    struct cnode root = rc ? (struct cnode){0} : config_root(doc), cases = {0};
    if (rc == 0) {
        copy(f.name, sizeof f.name, root, "scenario", &e);
        copy(f.bench, sizeof f.bench, root, "bench", &e);
        copy(f.method, sizeof f.method, root, "method", &e);
        copy(f.causes, sizeof f.causes, root, "cause", &e);
        config_bool(root, "stop_reaches", &f.stop_reaches, &e);
        config_need(root, "cases", &cases, &e);
    }
    for (size_t i = 0; !e.code && i < config_count(cases); i++) {
        struct one_case c = {0};
        struct cnode at = config_item(cases, i);
        copy(c.state, sizeof c.state, at, "state", &e);
        copy(c.fault, sizeof c.fault, at, "fault", &e);
        config_quantity(at, "force", "N", RANGE_NONNEG, &c.force, &e);
        config_quantity(at, "bound", "N", RANGE_NONNEG, &c.bound, &e);
        if (!e.code)
            run_case(&f, &c, sum);
    }
    if (e.code) {
        printf("\n%s\n", e.msg);
        sum->broken++;
    }
    config_close(doc);
}

static int is_yaml(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0;
}

static void every_scenario_keeps_its_invariants(void)
{
    struct dirent **files = NULL;
    struct tally sum = {0};
    units_init(NULL);
    int n = scandir(FOLDER, &files, is_yaml, alphasort);
    for (int i = 0; i < n; i++) {
        run_file(files[i]->d_name, &sum);
        free(files[i]);
    }
    free(files);
    printf(" [%zu cases of %d files]", sum.cases, n);
    CU_ASSERT_TRUE(sum.cases >= 90);
    CU_ASSERT_EQUAL(sum.broken, 0);
}

CU_TestInfo scenarios_tests[] = {{"every_scenario_keeps_its_invariants", every_scenario_keeps_its_invariants},
                                 CU_TEST_INFO_NULL};
