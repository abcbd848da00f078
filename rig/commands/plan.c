/* plan.c -- mnrig plan: what a method would do on a bench, before power is on. */
#include <math.h>
#include <stdio.h>
#include "rig/commands/commands.h"
#include "rig/commands/options.h"
#include "rig/commands/session.h"

const char plan_help[] =
    "usage: mnrig plan --bench BENCH --method METHOD [--set PATH=VALUE]...\n"
    "\n"
    "Prints every stage with speed (asked for and as the drive can do it), travel, time, rows, and how far the force\n"
    "could overshoot in each of the three budgets, and how far an axis whose position is not known any more could run\n"
    "on; then the sum against what the weakest part bears.  Opens no link.\n"
    "\n"
    "  --bench BENCH      bench file\n"
    "  --method METHOD    method file\n"
    "  --set PATH=VALUE   override a key of the bench file\n"
    "\n"
    "example: mnrig plan --bench config/benches/virtual_tcp.yaml --method config/methods/press_10N_hold_5s.yaml\n"
    "exit status: 0 the bench may run it, 2 usage, 3 it must not, or a file is wrong (the plan is printed all the "
    "same)";

static void show_speed(const struct bench *b, const struct method_phase *p)
{
    double does = p->speed > 0.0 ? axis_achievable_speed(b, p->speed) : NAN;
    if (does > 0.0)
        printf(" %8.4g %10.4g", p->speed * 1e3, does * 1e3);
    else if (p->speed > 0.0)
        printf(" %8.4g %10s", p->speed * 1e3, "cannot");
    else
        printf(" %8s %10s", "-", "-");
}

static void show_phase(const struct bench *b, const struct method_phase *p)
{
    printf("%-17s", p->name);
    show_speed(b, p);
    printf(" %9.4g %9.4g %8.3g %7.0f", p->travel * 1e3, p->target * 1e3, p->time, ceil(p->time / b->tick_period));
    if (p->presses)
        printf(" %8.3g %8.3g %8.3g", p->budget.overshoot[0], p->budget.overshoot[1], p->budget.overshoot[2]);
    if (p->travel != 0.0)
        printf("%*s %8.3g", p->presses ? 0 : 27, "", p->budget.blind_way * 1e3);
    printf("\n");
}

/* Which causes are followed by what. */
static void show_actions(const struct safety_limits *l)
{
    enum { WIDTH = 110, INDENT = 20 };
    printf("after a trip:\n");
    for (int a = 0; safety_action_names[a]; a++) {
        int at = printf("  %-*s", INDENT - 2, safety_action_names[a]);
        for (int c = SAFETY_ESTOP; c < SAFETY_CAUSES; c++) {
            if (l->action[c] != (enum safety_action)a)
                continue;
            if (at > WIDTH)
                at = printf("\n%*s", INDENT, "") - 1;
            at += printf("%s ", safety_cause_names[c]);
        }
        printf("\n");
    }
}

/* A second fault on top of the one that asks for STOP: told, not refused. */
static void show_ignored(const struct method *m, const struct bench *b, const struct safety_limits *l,
                         const struct method_phase *p, size_t n)
{
    const struct method_phase *w = NULL;
    for (size_t i = 0; i < n; i++)
        if (p[i].presses && (!w || !(p[i].budget.ignored <= w->budget.ignored)))
            w = &p[i];
    if (!w)
        return;
    double force = m->force_push + w->budget.ignored;
    bool has_none = b->device[BENCH_AXIS].map.watchdog == WATCHDOG_NONE;
    printf("STOP is ignored: trip, proof that it goes on, off, silence, %s: %.0f ms; %s at %.4g mm/s: %.4g N + %.4g N = "
           "%.4g N%s\n",
           b->device[BENCH_AXIS].map.watchdog == WATCHDOG_LEASH ? "end of the hop" : "its watchdog",
           w->budget.ignored_time * 1e3, w->name, w->speed * 1e3, m->force_push, w->budget.ignored, force,
           has_none ? "; nothing stops it then" : "");
    if (!(force <= l->weakest_load))
        printf("  warning: a drive that also ignores STOP passes what '%s' bears, %.4g N; not refused: it takes two "
               "faults\n",
               l->weakest_name, l->weakest_load);
}

static void show_plan(const struct method *m, const struct bench *b, const struct safety_limits *l)
{
    struct method_phase p[METHOD_PHASES];
    struct method_overshoot w;
    size_t n = method_phases(m, b, l, p);
    double time = 0.0, k = m->stiffness > 0.0 ? m->stiffness : 1.0 / b->axis.compliance;
    printf("method %s on bench %s; specimen up to %.4g N/mm%s\n\n", m->name, b->name, k * 1e-3,
           m->stiffness > 0.0 ? "" : " (none stated: the machine's own, as if pressed on steel)");
    printf("%-17s %8s %10s %9s %9s %8s %7s %8s %8s %8s %8s\n", "", "speed", "drive does", "travel", "deepest", "time",
           "rows", "trip", "sensor", "PC dies", "unseen");
    printf("%-17s %8s %10s %9s %9s %8s %7s %8s %8s %8s %8s\n", "stage", "mm/s", "mm/s", "mm", "mm", "s", "", "N over",
           "N over", "N over", "mm on");
    for (size_t i = 0; i < n; i++) {
        show_phase(b, &p[i]);
        time += p[i].time;
    }
    method_worst(m, b, l, &w);
    printf("\nat most %.3g s, %.0f rows\n", time, ceil(time / b->tick_period));
    printf("limits: push %.4g N, pull %.4g N, rate %.4g N/s, travel %.4g to %.4g mm (hard %.4g to %.4g mm)\n",
           m->force_push, m->force_pull, l->force_rate, l->soft_from * 1e3, l->soft_to * 1e3, l->hard_from * 1e3,
           l->hard_to * 1e3);
    show_actions(l);
    struct budget blind;
    budget_judge(b, l, 0.0, 0.0, INFINITY, &blind);
    printf("unseen: position, E-stop, door and alarms of an axis that falls silent or repeats itself are believed "
           "for at most %.0f ms (max_age_axis %.0f ms)\n",
           blind.blind_time * 1e3, l->max_age[BENCH_AXIS] * 1e3);
    show_ignored(m, b, l, p, n);
    printf("worst: %.4g N + %.4g N = %.4g N; '%s' bears %.4g N\n", m->force_push, w.budget.worst,
           m->force_push + w.budget.worst, l->weakest_name, l->weakest_load);
}

int plan_run(int argc, char **argv, struct err *e)
{
    struct session_options o = {0};
    const char *method = NULL;
    size_t words = 0;
    const struct option_spec specs[] = {{"bench", .text = &o.bench_path}, {"method", .text = &method},
                                        {"set", .list = o.overrides, .n = &o.n, .max = SESSION_OVERRIDES},
                                        {.name = NULL}};
    int rc = options_read(specs, argc, argv, NULL, 0, &words, e);
    if (rc == 0 && !o.bench_path)
        rc = err_set(e, ERR_ARG, "--bench is needed");
    if (rc == 0 && !method)
        rc = err_set(e, ERR_ARG, "--method is needed");
    if (rc)
        return rc;
    struct session s;
    struct method m;
    struct config *doc = NULL;
    rc = session_read(&s, &o, e);
    if (rc == 0)
        rc = method_read(&m, &doc, method, NULL, 0, e);
    if (rc == 0) {
        session_warn(&s);
        show_plan(&m, &s.bench, &s.limits);
        rc = method_check(&m, config_root(doc), &s.bench, &s.limits, e);
    }
    config_close(doc);
    session_close(&s);
    return rc;
}
