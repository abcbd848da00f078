/* prove.c -- mnrig prove: tries what has to stop the axis, and leaves a dated proof that runs ask for. */
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

const char prove_help[] =
    "usage: mnrig prove --bench BENCH [options]\n"
    "\n"
    "Tries what has to stop the axis: by hand the sign of the force, E-stop, door and limit switch; slowly and in free "
    "air\n"
    "home, the travel limits, STOP and the drive's watchdog.  Take array and specimen off first.  Leaves a dated "
    "proof\n"
    "that `mnrig run` asks for, bound to the bench file, its device files and the devices.\n"
    "Keys: a arm a move, space stop, s leave a check out (the bench is then not proven), q end.\n"
    "\n"
    "  --bench BENCH      bench file; its `proof` says how deep and how fast the moves are\n"
    "  --operator NAME    who tries it (default: the login name)\n"
    "  -o DIR             where proofs are kept (default proofs)\n"
    "  --plain            lines instead of a status line (default when stdout is no terminal)\n"
    "  --set PATH=VALUE   override a key of the bench file; the proof is then good for the same override only\n"
    "  --port N           TCP port of every TCP link\n"
    "  --unattended       no operator: only on the virtual bench, whose own hand presses and pushes\n"
    "\n"
    "example: mnrig prove --bench config/benches/virtual_tcp.yaml --unattended\n"
    "exit status: 0 every check passed, 1 not, 2 usage, 3 a file, 5 bus at start";

struct proving {
    struct session_options o;
    const char *operator_name, *out;
    bool plain, unattended;
    struct session s;
    struct run_identity id;
    char folder[600], command[1200];
    struct recorder *recorder;
    struct prover prover;
    struct screen screen;
    enum prove_hand hand;      /* as the virtual bench has it */
    unsigned said;
    bool is_told[PROVE_CHECKS];
};

static int read_options(struct proving *r, int argc, char **argv, struct err *e)
{
    const char *port = NULL;
    size_t words = 0;
    long n = 0;
    const struct option_spec specs[] = {
        {"bench", .text = &r->o.bench_path}, {"operator", .text = &r->operator_name}, {"o", .text = &r->out},
        {"plain", .flag = &r->plain}, {"unattended", .flag = &r->unattended}, {"port", .text = &port},
        {"set", .list = r->o.overrides, .n = &r->o.n, .max = SESSION_OVERRIDES}, {.name = NULL}};
    int rc = options_read(specs, argc, argv, NULL, 0, &words, e);
    if (rc == 0 && !r->o.bench_path)
        rc = err_set(e, ERR_ARG, "--bench is needed");
    if (rc == 0 && port)
        rc = options_integer("port", port, 1, 65535, &n, e);
    r->o.port = (int)n;
    return rc;
}

/* The virtual bench's hand.  The link's thread rests meanwhile: one owner of a bus at a time. */
static void move_hand(struct proving *r)
{
    struct err e = {0};
    size_t i = r->s.bench.device[BENCH_AXIS].link;
    link_quit(r->s.link[i]);
    if (bench_move_hand(link_bus(r->s.link[i]), (unsigned)r->prover.hand, &e) == 0)
        r->hand = r->prover.hand;
    link_post(r->s.link[i], &r->prover.rig.inbox[i]);
    if (link_start(r->s.link[i], &e))
        screen_say(&r->screen, e.msg);
}

static bool door_tick(void *self, double now, double lateness, enum rig_key key)
{
    struct proving *r = self;
    bool goes_on = prove_tick(&r->prover, now, lateness, key);
    if (r->unattended && r->prover.hand != r->hand)
        move_hand(r);
    return goes_on;
}

static void describe(const struct prover *p, int check, char *out, size_t size)
{
    const struct prove_result *c = &p->result[check];
    snprintf(out, size, "  %-14s %-9s %s%s%s%s", prove_check_names[check], prove_verdict_names[c->verdict], c->measured,
             c->bound[0] ? "   [" : "", c->bound, c->bound[0] ? "]" : "");
}

static enum rig_key door_key(void *self) { return screen_key(&((struct proving *)self)->screen); }

static void door_show(void *self, const struct rig *rig)
{
    struct proving *r = self;
    const struct prover *p = &r->prover;
    char line[400];
    for (int i = 0; i < PROVE_CHECKS; i++)
        if (p->result[i].verdict != PROVE_NOT_DONE && !r->is_told[i]) {
            describe(p, i, line, sizeof line);
            screen_say(&r->screen, line);
            r->is_told[i] = true;
        }
    if (p->said != r->said && p->prompt[0]) {
        snprintf(line, sizeof line, "> %s", p->prompt);
        screen_say(&r->screen, line);
    }
    r->said = p->said;
    screen_show(&r->screen, rig);
}

static int identify(struct proving *r, struct err *e)
{
    bench_identity_read(session_axis_bus(&r->s), &r->id);
    if (!r->unattended || r->id.is_virtual)
        return 0;
    err_set(e, ERR_ARG, "--unattended refused: bench '%s' did not show the virtual bench's identity block",
            r->s.bench.name);
    err_hint(e, "on a real bench a person presses the E-stop and watches the moves: leave --unattended out");
    return ERR_ARG;
}

static int go(struct proving *r, const volatile sig_atomic_t *stop_signal, struct err *e)
{
    struct runner_door door = {door_key, door_show, r, stop_signal, door_tick};
    int rc = recorder_open(&r->recorder, r->folder, e);
    if (rc == 0) rc = recorder_start(r->recorder, e);
    for (size_t i = 0; i < r->s.links && rc == 0; i++)
        rc = link_prepare(r->s.link[i], e);
    if (rc)
        return rc;
    prove_init(&r->prover, &r->s.bench, &r->s.limits, r->s.link, r->recorder, r->unattended, runner_now());
    screen_open(&r->screen, r->plain, !r->unattended);
    for (size_t i = 0; i < r->s.links && rc == 0; i++)
        rc = link_start(r->s.link[i], e);
    if (rc == 0)
        runner_run(&r->prover.rig, &door);
    for (size_t i = 0; i < r->s.links; i++)
        link_quit(r->s.link[i]);
    screen_close(&r->screen);
    return rc;
}

static int finish(struct proving *r, int64_t started, struct err *e)
{
    const char *login = getenv("USER");
    struct proof_report p = {.folder = r->folder,
                             .operator_name = r->unattended      ? "none (unattended)"
                                              : r->operator_name ? r->operator_name
                                              : login            ? login
                                                                 : "unknown",
                             .command = r->command, .started = started, .identity = r->id, .prover = &r->prover,
                             .bench_doc = config_root(r->s.doc)};
    char line[400];
    int open = 0, rc = recorder_close(r->recorder, &p.sums, e);
    r->recorder = NULL;
    if (rc == 0)
        rc = proof_write(&p, e);
    session_leave(&r->s);
    signals_release();
    screen_end_line(&r->screen); /* last: a terminal that is held (Ctrl-S) would keep the bench */
    printf("bench %s:\n", r->s.bench.name);
    for (int i = 0; i < PROVE_CHECKS; i++) {
        describe(&r->prover, i, line, sizeof line);
        printf("%s\n", line);
        open += r->prover.result[i].verdict != PROVE_PASSED;
    }
    printf("proof: %s%s\n", r->folder, r->id.is_virtual ? " [virtual bench: rehearsal, not evidence]" : "");
    if (rc == 0 && open)
        rc = err_set(e, ERR_FAILED, "bench '%s' is not proven: %d of %d checks did not pass", r->s.bench.name, open,
                     PROVE_CHECKS);
    return rc;
}

static void join_command(struct proving *r, int argc, char **argv)
{
    size_t n = (size_t)snprintf(r->command, sizeof r->command, "mnrig");
    for (int i = 0; i < argc && n + 1 < sizeof r->command; i++)
        n += (size_t)snprintf(r->command + n, sizeof r->command - n, " %s", argv[i]);
}

static int prove_on(struct proving *r, struct err *e)
{
    struct err ignored = {0};
    struct record_sums sums;
    int64_t started = (int64_t)time(NULL);
    const volatile sig_atomic_t *stop_signal = signals_catch();
    int rc = runner_prepare(false, e);
    if (rc)
        return rc;
    printf(
        "mnrig protects sample and load cell; people are protected by the hard-wired E-stop, not by this program.\n");
    fflush(stdout);
    rc = session_open(&r->s, e);
    if (rc == 0) rc = identify(r, e);
    if (rc == 0)
        rc = run_folder_make(r->folder, sizeof r->folder, r->out, started, "proof", r->s.bench.name, "prove", e);
    if (rc)
        return rc;
    rc = go(r, stop_signal, e);
    if (rc == 0)
        return finish(r, started, e);
    if (r->recorder)
        recorder_close(r->recorder, &sums, &ignored);
    r->recorder = NULL;
    return rc;
}

int prove_run(int argc, char **argv, struct err *e)
{
    struct proving *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(e, ERR_NOMEM, "out of memory for a proof");
    r->s.lock = -1;
    r->out = "proofs";
    join_command(r, argc, argv);
    int rc = read_options(r, argc, argv, e);
    if (rc == 0) rc = session_read(&r->s, &r->o, e);
    if (rc == 0) rc = axis_check_speed(&r->s.bench, r->s.bench.proof.speed, "proof/speed", e);
    if (rc == 0) session_warn(&r->s);
    if (rc == 0) rc = prove_on(r, e);
    session_close(&r->s);
    free(r);
    return rc;
}
