/* case.c -- see case.h. */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/runfolder.h"
#include "base/text/config.h"
#include "base/text/units.h"
#include "rig/commands/commands.h"
#include "rig/record/recover.h"
#include "tests/faults/case.h"
#include "tests/faults/outside.h"

#define TARGET 5.0      /* N, to_force of short.yaml */
/* N, how far the true force may pass the target.  Worst of the budgets, (c) the PC or the link dies: the drive's own
 * watchdog (or the leash) stops after T = 0.35 s, v = 0.5 mm/s, k = 80 N/mm: 80 (0.5 x 0.35 + 0.5^2 / 200) = 14.1 N.
 * A normal stop has T < 0.1 s: 4.1 N. */
#define BOUND_DEAD 14.1
#define BOUND 4.1
#define WAIT 2.0        /* s after the end: the drive's watchdog has stopped it by then */

const struct case_bench case_benches[CASE_BENCHES] = {
    {"MOON'S SCL + Flintec DAD141.1, TCP", "config/benches/virtual_tcp.yaml", "config/benches/mnbench.yaml"},
    {"Leadshine EM2RS + Laumas TLB, RTU", "config/benches/virtual_em2rs_tlb.yaml",
     "config/benches/mnbench_em2rs_tlb.yaml"}};

/* ---- the record that is left ---- */

struct left {
    char folder[600], state[16], cause[240], sums[65];
    bool has_folder, is_complete, has_sums;
    long rows;
};

static void find_folder(const char *out, struct left *l)
{
    char runs[300];
    snprintf(runs, sizeof runs, "%.200s/runs", out);
    DIR *d = opendir(runs);
    for (struct dirent *f; d && (f = readdir(d));)
        if (f->d_name[0] != '.') {
            snprintf(l->folder, sizeof l->folder, "%s/%.250s", runs, f->d_name);
            l->has_folder = true;
        }
    if (d)
        closedir(d);
}

static bool exists(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0;
}

/* What run.yaml says; false when it is there but cannot be read. */
static bool read_yaml(struct left *l)
{
    char path[700];
    struct config *doc = NULL;
    struct cnode at = {0};
    const char *text = "";
    struct err e = {0};
    snprintf(path, sizeof path, "%s/%s", l->folder, RUN_YAML);
    if (!exists(path))
        return true;
    int rc = config_open(&doc, path, &e);
    if (rc == 0) rc = config_need(config_root(doc), "outcome", &at, &e);
    if (rc == 0) rc = config_bool(at, "complete", &l->is_complete, &e);
    if (rc == 0) rc = config_integer(at, "rows", 0, 2000000000L, &l->rows, &e);
    if (rc == 0) rc = config_string(at, "state", &text, &e);
    if (rc == 0) snprintf(l->state, sizeof l->state, "%s", text);
    if (rc == 0) rc = config_string(at, "cause", &text, &e);
    if (rc == 0) snprintf(l->cause, sizeof l->cause, "%s", text);
    if (rc == 0) rc = config_string(at, "samples_sha256", &text, &e);
    if (rc == 0) snprintf(l->sums, sizeof l->sums, "%s", text);
    l->has_sums = strlen(l->sums) == 64;
    config_close(doc);
    return rc == 0;
}

static const char *judge_record(const char *out, int rc, const struct err *said)
{
    struct left l = {0};
    struct record_scan s;
    struct err e = {0};
    char path[700];
    find_folder(out, &l);
    if (!l.has_folder)
        return rc == 0 ? "done without a run folder" : door_watch()->rows_synced ? "the run folder is gone" : NULL;
    if (!read_yaml(&l))
        return "run.yaml cannot be read";
    bool is_unsafe = strstr(said->msg, "written, but not safe from a power cut") != NULL;
    if (l.is_complete != (rc == 0) && !is_unsafe)
        return rc ? "run.yaml says complete, but mnrig failed" : "run.yaml does not say complete";
    snprintf(path, sizeof path, "%s/%s", l.folder, RUN_SAMPLES);
    if (!exists(path))
        return door_watch()->rows_synced || rc == 0 ? "samples.csv is not there" : NULL;
    if (record_scan_samples(path, &s, &e))
        return "samples.csv cannot be read";
    if (s.rows + 1 < door_watch()->rows_synced)
        return "committed rows are lost";
    if (l.has_sums && ((long)s.rows < l.rows || (s.good == s.size && strcmp(s.digest, l.sums) != 0)))
        return "the sums of run.yaml are not those of samples.csv";
    if (rc == 0 && (s.good != s.size || s.rows != outside()->ticks || !l.has_sums))
        return "done, but the rows are not whole";
    return NULL;
}

/* ---- the truth, and what mnrig says ---- */

static const char *judge_truth(void)
{
    const struct outside *o = outside();
    enum way way = door_watch()->way;
    bool is_dead = way == WAY_CUT || o->stop_not_proven;
    if (o->hangs)
        return "the run does not end";
    if (carriage_is_moving(&o->world->plant.axis))
        return "the axis still moves";
    if (o->peak_force > TARGET + (is_dead ? BOUND_DEAD : BOUND))
        return "the true force passed its bound";
    if (o->highest < -1e-3 || o->lowest > 19e-3)
        return "the axis left its travel";
    if (o->stop_not_proven && way != WAY_CUT)
        return "the stop was not proven";
    bool tripped = o->has_run && o->ended_from == RIG_TRIPPED;
    return tripped && o->was_told && !o->was_told_stop ? "the first word to the axis after the trip is not STOP" : NULL;
}

static bool has_one_of(const char *text, const char *const words[])
{
    for (; *words; words++)
        if (strstr(text, *words))
            return true;
    return false;
}

static const char *judge_message(int rc, const struct err *e)
{
    static const char *const words[DOORS][12] = {
        {"memory", NULL},
        {"Input/output error", "No space left", "Read-only file system", NULL},
        {"'axis'", "'force'", "link", "bus_failures", "axis_age", "force_age", "identity block", "drive", "cannot open",
         "ended short", NULL}};
    enum door d = way_door(door_watch()->way);
    if (!door_watch()->has_struck)
        return rc ? "mnrig failed without a fault" : NULL;
    if (rc == 0)
        return d == DOOR_BUS ? NULL : "a failure was passed over in silence";
    return has_one_of(e->msg, words[d]) ? NULL : "the message does not tell the cause";
}

/* Which family of failure may follow, by what failed and when (docs/reference/errors.md). */
static const char *judge_status(int rc)
{
    const struct door_watch *w = door_watch();
    bool before = w->struck_in <= PHASE_BEGIN, moving = w->struck_in >= PHASE_WAIT && w->struck_in <= PHASE_RETRACT;
    enum door d = way_door(w->way);
    bool ok = rc == 0;
    if (d == DOOR_MEMORY)
        ok = rc == ERR_NOMEM;
    else if (d == DOOR_DISK)
        ok = rc == (moving ? ERR_SAFETY : ERR_IO) || (w->struck_in == PHASE_END && rc == ERR_SAFETY);
    else if (rc)
        ok = before ? rc == ERR_COMM || rc == ERR_ARG : rc == ERR_SAFETY;
    return !w->has_struck || ok ? NULL : "another exit status than is documented";
}

/* ---- the child ---- */

int case_run(const struct case_bench *b, const char *method, const char *dir, struct err *e)
{
    char bench[200], press[200], folder[300];
    snprintf(bench, sizeof bench, "%s", b->bench);
    snprintf(press, sizeof press, "%s", method);
    snprintf(folder, sizeof folder, "%s/runs", dir);
    char *argv[] = {"run", "--bench", bench, "--method", press, "--specimen", "s1", "--batch", "b1",
                    "-o", folder, "--plain", "--unattended", NULL};
    setenv("MN_LOCK_DIR", dir, 1); /* its lock file is its own too */
    fflush(stdout);
    int said = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDOUT_FILENO); /* what it tells its operator would fill the screen */
    optind = 0;
    door_watch()->is_ours = true;
    int rc = units_init(e);
    if (rc == 0)
        rc = run_run((int)(sizeof argv / sizeof *argv) - 1, argv, e);
    units_release();
    door_watch()->is_ours = false;
    fflush(stdout);
    dup2(said, STDOUT_FILENO);
    close(said);
    close(null);
    return rc;
}

bool case_folder(char out[200])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(out, 200, "%.150s/mnrig-fault-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(out) != NULL;
}

void case_remove(const char *folder)
{
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", folder);
}

static void fill(struct case_report *r, int rc, const struct err *e)
{
    const struct door_watch *w = door_watch();
    memcpy(r->calls, w->calls, sizeof r->calls);
    memcpy(r->phase_of, w->phase_of, sizeof r->phase_of);
    r->status = err_exit_status(rc);
    r->has_struck = w->has_struck;
    r->struck_in = w->struck_in;
    r->ticks = (long)outside()->ticks;
    r->peak_force = outside()->peak_force;
    snprintf(r->struck, sizeof r->struck, "%s", w->struck);
    snprintf(r->message, sizeof r->message, "%.399s", e->msg);
}

static void be_the_case(const struct case_bench *b, enum way way, long n, struct case_report *r)
{
    char out[200];
    const char *broken = NULL;
    struct err e = {0}, mine = {0};
    door_reset(way, n);
    if (!case_folder(out) || units_init(&mine) || outside_begin(b->settings, CASE_GAP, &mine)) {
        snprintf(r->broken, sizeof r->broken, "no bench: %.300s", mine.msg);
        return;
    }
    units_release();
    int rc = case_run(b, "tests/faults/short.yaml", out, &e);
    outside_wait(WAIT);
    fill(r, rc, &e);
    if (rc && !e.msg[0]) broken = "it failed without a message";
    if (!broken) broken = judge_truth();
    if (!broken) broken = judge_record(out, rc, &e);
    if (!broken) broken = judge_message(rc, &e);
    if (!broken) broken = judge_status(rc);
    if (!broken && door_watch()->live) broken = "memory is not given back";
    snprintf(r->broken, sizeof r->broken, "%s", broken ? broken : "");
    outside_end();
    case_remove(out);
    r->is_done = true;
}

int case_start(const struct case_bench *b, enum way way, long n, struct case_report *out)
{
    memset(out, 0, sizeof *out);
    fflush(stdout);
    int child = fork();
    if (child == 0) {
        be_the_case(b, way, n, out);
        exit(0);
    }
    return child;
}

const char *case_judge(struct case_report *r, int wait_status)
{
    bool fine = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
    if (!r->broken[0] && (!r->is_done || !fine))
        snprintf(r->broken, sizeof r->broken,
                 WIFSIGNALED(wait_status) ? "killed by signal %d" : "the process ended with %d",
                 WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status));
    return r->broken;
}
