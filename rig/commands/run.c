/* run.c -- mnrig run: one specimen through one method. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "rig/commands/commands.h"
#include "rig/commands/options.h"
#include "rig/commands/session.h"
#include "rig/commands/signals.h"
#include "rig/loop/runner.h"
#include "rig/prove/proof.h"
#include "rig/screen/screen.h"

const char run_help[] =
    "usage: mnrig run --bench BENCH --method METHOD --specimen NAME --batch NAME [options]\n"
    "\n"
    "Presses one specimen.  mnrig is no safety system: the hard-wired E-stop and the drive's own watchdog protect "
    "people.\n"
    "Keys: a arm and start, space stop.  After a trip or a stop: u one step away from the sample, r reset, a arm for "
    "the\n"
    "way back, q end.\n"
    "\n"
    "  --bench BENCH          bench file\n"
    "  --method METHOD        method file\n"
    "  --specimen NAME        letters, digits, '.', '_', '-'\n"
    "  --batch NAME           as above\n"
    "  --operator NAME        who runs it (default: the login name)\n"
    "  -o DIR                 where run folders are made (default runs)\n"
    "  --proofs DIR           where `mnrig prove` left its proofs (default proofs)\n"
    "  --no-proof REASON      run although the bench is not proven; the reason stands in run.yaml\n"
    "  --plain                a machine-readable line instead of the status line (default when stdout is no terminal)\n"
    "  --realtime             SCHED_FIFO, memory locked; refused when the system does not permit it\n"
    "  --set PATH=VALUE       override a key of the bench file\n"
    "  --port N               TCP port of every TCP link\n"
    "  --unattended           no operator: only on the virtual bench\n"
    "  --specimen-number N    with --unattended: puts virtual specimen N on the bench first\n"
    "\n"
    "example: mnrig run --bench config/benches/virtual_tcp.yaml --method config/methods/press_10N_hold_5s.yaml --batch "
    "demo --specimen s1\n"
    "exit status: 0 done, 1 not completed (e.g. no contact), or the drive was not seen to switch off, "
    "2 usage,\n3 a file, 5 bus at start, 6 safety trip, 7 stopped by the operator";

struct run_options {
    struct session_options session;
    const char *method, *specimen, *batch, *operator_name, *out, *proofs, *no_proof;
    bool plain, unattended, realtime;
    long specimen_number; /* 0: not given */
};

static int read_options(struct run_options *o, int argc, char **argv, struct err *e)
{
    const char *port = NULL, *number = NULL;
    size_t words = 0;
    long n = 0;
    const struct option_spec specs[] = {
        {"bench", .text = &o->session.bench_path}, {"method", .text = &o->method}, {"specimen", .text = &o->specimen},
        {"batch", .text = &o->batch}, {"operator", .text = &o->operator_name}, {"o", .text = &o->out},
        {"plain", .flag = &o->plain}, {"realtime", .flag = &o->realtime},
        {"unattended", .flag = &o->unattended}, {"port", .text = &port},
        {"specimen-number", .text = &number}, {"proofs", .text = &o->proofs}, {"no-proof", .text = &o->no_proof},
        {"set", .list = o->session.overrides, .n = &o->session.n, .max = SESSION_OVERRIDES}, {.name = NULL}};
    int rc = options_read(specs, argc, argv, NULL, 0, &words, e);
    const struct { const char *name, *value; } needed[] = {
        {"bench", o->session.bench_path}, {"method", o->method}, {"specimen", o->specimen}, {"batch", o->batch}};
    for (size_t i = 0; i < 4 && rc == 0; i++)
        if (!needed[i].value)
            rc = err_set(e, ERR_ARG, "--%s is needed", needed[i].name);
    if (rc == 0 && port) {
        rc = options_integer("port", port, 1, 65535, &n, e);
        o->session.port = (int)n;
    }
    if (rc == 0 && number)
        rc = options_integer("specimen-number", number, 1, 65535, &o->specimen_number, e);
    if (rc == 0 && number && !o->unattended)
        rc = err_set(e, ERR_ARG,
                     "--specimen-number goes with --unattended: only the virtual bench changes specimens by itself");
    return rc;
}

/* Everything of one run; released in one place. */
struct run {
    struct run_options o;
    struct session s;
    struct method method;
    struct config *method_doc;
    struct safety_limits limits;
    struct run_identity id;
    char folder[600], command[1200], cause[240];
    int64_t started;
    struct recorder *recorder;
    struct rig rig;
    struct screen screen;
    const volatile sig_atomic_t *stop_signal;
    struct proof proof;
    struct run_proof proven;
};

static void join_command(struct run *r, int argc, char **argv)
{
    size_t n = (size_t)snprintf(r->command, sizeof r->command, "mnrig");
    for (int i = 0; i < argc && n + 1 < sizeof r->command; i++)
        n += (size_t)snprintf(r->command + n, sizeof r->command - n, " %s", argv[i]);
}

static int read_files(struct run *r, struct err *e)
{
    int rc = session_read(&r->s, &r->o.session, e);
    if (rc == 0) rc = method_read(&r->method, &r->method_doc, r->o.method, NULL, 0, e);
    if (rc == 0) rc = method_check(&r->method, config_root(r->method_doc), &r->s.bench, &r->s.limits, e);
    r->limits = method_limits(&r->method, &r->s.limits);
    if (rc == 0) session_warn(&r->s);
    return rc;
}

static int identify(struct run *r, struct err *e)
{
    bench_identity_read(session_axis_bus(&r->s), &r->id);
    if (!r->o.unattended)
        return 0;
    if (!r->id.is_virtual) {
        err_set(e, ERR_ARG, "--unattended refused: bench '%s' did not show the virtual bench's identity block",
                r->s.bench.name);
        err_hint(e, "a real bench is never run without an operator: leave --unattended out");
        return ERR_ARG;
    }
    return r->o.specimen_number
               ? bench_choose_specimen(session_axis_bus(&r->s), (unsigned)r->o.specimen_number, &r->id, e)
               : 0;
}

/* A bench runs on a proof of `mnrig prove`; without one only by name, which the record keeps. */
static int settle_proof(struct run *r, int rc, const struct err *why, struct err *e)
{
    struct run_proof *p = &r->proven;
    p->file = r->proof.path;
    p->date = r->proof.when;
    p->sha256 = r->proof.sha256;
    p->state = rc ? "overridden" : "valid";
    p->reason = rc ? r->o.no_proof : NULL;
    if (rc && r->o.no_proof)
        printf("mnrig: %s; run all the same: %s\n", why->msg, r->o.no_proof);
    else if (rc)
        *e = *why;
    return r->o.no_proof ? 0 : rc;
}

static int ask_for_proof(struct run *r, struct err *e)
{
    struct err why = {0};
    if (r->s.bench.proof.virtual_needs_none && r->id.is_virtual) {
        r->proven.state = "not needed: virtual bench";
        return 0;
    }
    return settle_proof(r, proof_find(&r->proof, r->o.proofs, &r->s.bench, (int64_t)time(NULL), &why), &why, e);
}

/* Of the same devices?  They have been read by now. */
static int check_proven_devices(struct run *r, struct err *e)
{
    struct err why = {0};
    if (strcmp(r->proven.state, "valid") != 0)
        return 0;
    return settle_proof(r, proof_check_devices(&r->proof, &r->s.bench, r->s.link, &why), &why, e);
}

static struct run_report report_of(const struct run *r)
{
    const char *login = getenv("USER");
    struct run_report p = {
        .folder = r->folder,
        .specimen = r->o.specimen,
        .batch = r->o.batch,
        .command = r->command,
        .started = r->started,
        .operator_name = r->o.unattended      ? "none (unattended)"
                         : r->o.operator_name ? r->o.operator_name
                         : login              ? login
                                              : "unknown",
        .bench = &r->s.bench,
        .method = &r->method,
        .bench_doc = config_root(r->s.doc),
        .method_doc = config_root(r->method_doc),
        .identity = r->id,
        .is_realtime = r->o.realtime,
        .proof = r->proven,
        .outcome = {.state = "aborted", .cause = "not finished", .samples_sha256 = "", .events_chain = ""}};
    method_worst(&r->method, &r->s.bench, &r->limits, &p.predicted);
    return p;
}

/* From here on there is a folder; it says "aborted, not finished" until the end. */
static int begin(struct run *r, struct err *e)
{
    r->started = (int64_t)time(NULL);
    int rc = run_folder_make(r->folder, sizeof r->folder, r->o.out, r->started, r->o.batch, r->o.specimen,
                             r->method.name, e);
    if (rc) {
        r->folder[0] = '\0'; /* there is none: nothing to finish */
        return rc;
    }
    struct run_report p = report_of(r);
    rc = run_report_write(&p, e);
    if (rc == 0) rc = recorder_open(&r->recorder, r->folder, e);
    if (rc == 0) rc = recorder_start(r->recorder, e);
    return rc;
}

static enum rig_key door_key(void *self) { return screen_key(&((struct run *)self)->screen); }
static void door_show(void *self, const struct rig *rig) { screen_show(&((struct run *)self)->screen, rig); }

static int go(struct run *r, struct err *e)
{
    struct runner_door door = {.key = door_key, .show = door_show, .self = r, .stop_signal = r->stop_signal};
    int rc = 0;
    for (size_t i = 0; i < r->s.links && rc == 0; i++)
        rc = link_prepare(r->s.link[i], e);
    if (rc == 0)
        rc = check_proven_devices(r, e);
    if (rc)
        return rc;
    rig_init(&r->rig, &r->s.bench, &r->limits, &r->method, r->s.link, r->recorder, runner_now());
    r->rig.is_unattended = r->o.unattended;
    screen_open(&r->screen, r->o.plain, !r->o.unattended);
    for (size_t i = 0; i < r->s.links && rc == 0; i++)
        rc = link_start(r->s.link[i], e);
    if (rc == 0) {
        runner_run(&r->rig, &door);
        rc = rig_result(&r->rig, e);
    }
    for (size_t i = 0; i < r->s.links; i++)
        link_quit(r->s.link[i]);
    screen_close(&r->screen);
    return rc;
}

enum { TIMINGS_MAX = 2 * BENCH_DEVICES + AXIS_ORDERS + 2, COUNTERS_MAX = 6 * BENCH_DEVICES + 2 * BENCH_LINKS + 3 };
struct measures {
    struct run_timing timing[TIMINGS_MAX];
    struct run_counter counter[COUNTERS_MAX];
    char name[TIMINGS_MAX + COUNTERS_MAX][64];
    size_t timings, counters, names;
};

static const char *name_of(struct measures *m, const char *first, const char *second)
{
    char *out = m->name[m->names++];
    snprintf(out, sizeof m->name[0], "%.30s_%.30s", first, second);
    return out;
}

static void add_timing(struct measures *m, const char *who, const char *what, const struct latency *l)
{
    struct run_timing *t = &m->timing[m->timings++];
    struct latency_step step[LATENCY_STEPS];
    *t = (struct run_timing){.name = name_of(m, who, what), .count = l->count, .p50 = latency_quantile(l, 0.5),
                             .p99 = latency_quantile(l, 0.99), .p999 = latency_quantile(l, 0.999), .max = l->max};
    t->steps = latency_histogram(l, step);
    for (size_t i = 0; i < t->steps; i++) {
        t->step[i].edge = step[i].edge;
        t->step[i].n = step[i].n;
    }
}

static void add_counter(struct measures *m, const char *who, const char *what, uint64_t value)
{
    m->counter[m->counters++] = (struct run_counter){name_of(m, who, what), value};
}

static void measure_device(struct measures *m, const char *name, const struct device_stats *d)
{
    add_counter(m, name, "requests", d->requests);
    add_counter(m, name, "timeouts", d->timeouts);
    add_counter(m, name, "garbled", d->garbled);
    add_counter(m, name, "exceptions", d->exceptions);
    add_counter(m, name, "lost", d->lost);
    add_counter(m, name, "canaries_failed", d->canaries_failed);
    add_timing(m, name, "read", &d->read);
    add_timing(m, name, "write", &d->write);
}

/* Per command: from the order to its trigger's echo; of STOP its own transaction. */
static void measure_orders(struct measures *m, const struct link_stats *t)
{
    add_timing(m, "command", "stop", &t->stop);
    for (int o = AXIS_NOTHING + 1; o < AXIS_ORDERS; o++)
        if (t->order[o].count > 0)
            add_timing(m, "command", axis_order_names[o], &t->order[o]);
}

static void measure(struct run *r, struct measures *m)
{
    add_timing(m, "tick", "lateness", &r->rig.lateness);
    add_counter(m, "tick", "count", r->rig.ticks);
    add_counter(m, "tick", "skipped", r->rig.skipped);
    add_counter(m, "unload", "steps", r->rig.unload_steps);
    for (size_t i = 0; i < r->s.links; i++) {
        struct link_stats t;
        link_statistics(r->s.link[i], &t);
        add_counter(m, r->s.bench.link[i].name, "reopened", t.opened);
        add_counter(m, r->s.bench.link[i].name, "stops", t.stops);
        for (size_t d = 0; d < BENCH_DEVICES; d++)
            if (r->s.bench.device[d].link == i)
                measure_device(m, r->s.bench.device[d].name, &t.device[d]);
        if (r->s.bench.device[BENCH_AXIS].link == i)
            measure_orders(m, &t);
    }
}

/* Closes the record and writes the outcome, whatever happened before. */
static int finish(struct run *r, int rc, struct err *e)
{
    struct measures m = {0};
    struct record_sums sums = {0};
    struct err late = {0};
    struct run_report p = report_of(r);
    bool has_run = r->rig.bench != NULL;
    int lost = r->recorder ? recorder_close(r->recorder, &sums, &late) : ERR_IO;
    r->recorder = NULL;
    struct sequence found = r->rig.sequence;
    if (has_run) {
        p.outcome.state = rig_outcome(&r->rig, r->cause, sizeof r->cause);
        p.outcome.cause = r->cause;
        found.contact_time -= r->rig.start;
        p.found = &found;
        p.duration = r->rig.now - r->rig.start;
        p.peak_force = r->rig.peak_force;
        measure(r, &m);
    } else {
        p.outcome.cause = e->msg;
    }
    p.outcome.rows = sums.rows;
    p.outcome.samples_sha256 = sums.samples_sha256;
    p.outcome.events = sums.events;
    p.outcome.events_chain = sums.events_chain;
    p.outcome.complete = has_run && rc == 0 && lost == 0;
    p.outcome.stop_not_proven = has_run && r->rig.stopper.has_given_up;
    p.timing = m.timing;
    p.timings = m.timings;
    p.counter = m.counter;
    p.counters = m.counters;
    p.outcome.off_not_seen = has_run && rig_is_left_on(&r->rig);
    struct err unwritten = {0};
    run_report_write(&p, &unwritten);
    if (rc == 0 && (lost || unwritten.code)) {
        *e = lost ? late : unwritten;
        return e->code;
    }
    if (rc == 0 && p.outcome.off_not_seen) { /* nobody, and no script, goes on to the next specimen */
        rc = err_set(e, ERR_FAILED, "the test is done and recorded, but the drive was NOT seen to switch off");
        err_hint(e, "press the E-stop before you reach in; events.csv has what was ordered, sent and acknowledged");
    }
    if (unwritten.code) { /* the first failure is the cause; that its record is not whole has to be said as well */
        size_t n = strlen(e->msg);
        snprintf(e->msg + n, sizeof e->msg - n, "\nthe outcome could not be recorded: %.600s", unwritten.msg);
    }
    return rc;
}

static void summarise(struct run *r)
{
    const struct sequence *s = &r->rig.sequence;
    const char *how = r->rig.state == RIG_ENDED ? r->cause : "";
    screen_end_line(&r->screen);
    printf("run: %s\n", r->folder);
    if (r->rig.bench == NULL)
        return;
    printf("outcome: %s%s%s", rig_outcome(&r->rig, (char[240]){0}, 240), how[0] ? ", " : "", how);
    if (!isnan(s->contact))
        printf("; contact at %.4f mm, peak %.3f N", s->contact * 1e3, s->peak_force);
    if (!isnan(s->travel_end))
        printf(", travel %.1f um", s->travel_end * 1e6);
    printf("%s\n", r->id.is_virtual ? " [virtual bench: rehearsal, not evidence]" : "");
    if (rig_is_left_on(&r->rig))
        printf("warning: THE DRIVE MAY STILL BE ON: it was not seen to switch off; press the E-stop before you reach "
               "in\n");
}

static void release(struct run *r)
{
    session_close(&r->s);
    config_close(r->method_doc);
    free(r);
}

int run_run(int argc, char **argv, struct err *e)
{
    struct run *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(e, ERR_NOMEM, "out of memory for a run");
    r->s.lock = -1;
    r->o.out = "runs";
    r->o.proofs = "proofs";
    r->proven.state = "not looked for";
    join_command(r, argc, argv);
    int rc = read_options(&r->o, argc, argv, e);
    if (rc == 0) rc = read_files(r, e);
    if (rc == 0) {
        r->stop_signal = signals_catch();
        rc = runner_prepare(r->o.realtime, e);
    }
    if (rc == 0) {
        printf("mnrig protects sample and load cell; people are protected by the hard-wired E-stop, not by this "
               "program.\n");
        fflush(stdout);
        rc = session_open(&r->s, e);
    }
    if (rc == 0) rc = identify(r, e);
    if (rc == 0) rc = ask_for_proof(r, e);
    if (rc == 0) {
        rc = begin(r, e);
        if (rc == 0) rc = go(r, e);
        if (r->folder[0]) {
            rc = finish(r, rc, e);
            session_leave(&r->s);
            signals_release();
            summarise(r); /* last: a terminal that is held (Ctrl-S) would keep the bench */
        }
    }
    release(r);
    return rc;
}
