/* check.c -- mnrig check: reads bench, device and method files and reports what is wrong, without moving anything. */
#include <stdio.h>
#include <string.h>
#include "rig/commands/commands.h"
#include "rig/commands/options.h"
#include "rig/commands/session.h"
#include "rig/device/lint.h"

const char check_help[] =
    "usage: mnrig check [--bench BENCH] FILE...\n"
    "\n"
    "Checks bench, device and method files; moves nothing, opens no link.\n"
    "\n"
    "  --bench BENCH  check methods also against this bench: limits, speeds, travel, predicted overshoot\n"
    "\n"
    "example: mnrig check --bench config/benches/virtual_tcp.yaml config/methods/press_10N_hold_5s.yaml\n"
    "exit status: 0 all good, 1 warnings, 2 usage, 3 a file cannot be read or means nonsense: no command takes it";

enum { FILES_MAX = 64 };

/* Prints what was found; adds the warnings; ERR_RANGE when there are errors. */
static int report(const char *path, const struct lint *l, size_t *warnings, struct err *e)
{
    size_t errors = lint_count(l, LINT_ERROR);
    lint_print(stdout, "", l, LINT_ERROR);
    lint_print(stdout, "", l, LINT_WARNING);
    *warnings += lint_count(l, LINT_WARNING);
    if (l->n == 0)
        printf("%s: good\n", path);
    return errors == 0 ? 0 : err_set(e, ERR_RANGE, "%s: %zu error%s: no command takes such a file", path, errors,
                                     errors == 1 ? "" : "s");
}

static int check_bench(const char *path, size_t *warnings, struct err *e)
{
    struct session_options o = {.bench_path = path};
    struct session s;
    struct lint l = {0};
    int rc = session_read(&s, &o, e);
    if (rc == 0) {
        session_lint(&s, &l);
        rc = report(path, &l, warnings, e);
    }
    session_close(&s);
    return rc;
}

static int check_device(const char *path, size_t *warnings, struct err *e)
{
    struct config *doc = NULL;
    struct device_map m;
    struct lint l = {0};
    int rc = config_open(&doc, path, e);
    if (rc == 0)
        rc = device_map_read(&m, doc, e);
    if (rc == 0) {
        lint_map(&m, &l);
        rc = report(path, &l, warnings, e);
    }
    config_close(doc);
    return rc;
}

static void show_overshoot(const struct method *m, const struct session *bench)
{
    struct method_overshoot w;
    method_worst(m, &bench->bench, &bench->limits, &w);
    printf("%s: worst overshoot %.3g N in %s at %.3g mm/s on %.3g N/mm (trip %.3g, sensor dies %.3g, PC dies %.3g N); "
           "limit %.3g N, "
           "'%s' bears %.3g N\n",
           m->file, w.budget.worst, stage_names[m->stage[w.stage].kind], w.speed * 1e3, w.k * 1e-3,
           w.budget.overshoot[0], w.budget.overshoot[1], w.budget.overshoot[2], m->force_push,
           bench->limits.weakest_name, bench->limits.weakest_load);
}

static int check_method(const char *path, const char *bench_path, struct err *e)
{
    struct config *doc = NULL;
    struct method m;
    int rc = method_read(&m, &doc, path, NULL, 0, e);
    if (rc || !bench_path) {
        config_close(doc);
        if (rc == 0)
            printf("%s: good (not held against a bench: --bench)\n", path);
        return rc;
    }
    struct session_options o = {.bench_path = bench_path};
    struct session s;
    rc = session_read(&s, &o, e);
    if (rc == 0)
        rc = method_check(&m, config_root(doc), &s.bench, &s.limits, e);
    if (rc == 0) {
        show_overshoot(&m, &s);
        printf("%s: good on %s\n", path, bench_path);
    }
    config_close(doc);
    session_close(&s);
    return rc;
}

/* What a file is stands in its first key. */
static int check_file(const char *path, const char *bench_path, size_t *warnings, struct err *e)
{
    struct config *doc = NULL;
    int rc = config_open(&doc, path, e);
    if (rc)
        return rc;
    struct cnode root = config_root(doc);
    bool is_bench = config_is(config_get(root, "bench")), is_device = config_is(config_get(root, "device"));
    bool is_method = config_is(config_get(root, "method"));
    if (!is_bench && !is_device && !is_method) {
        rc = config_fail(root, e, ERR_PARSE,
                         "neither a bench, a device nor a method: no key 'bench', 'device' or 'method'");
        err_hint(e, "docs/reference/rig-files.md shows the three kinds of file");
    }
    config_close(doc);
    if (rc)
        return rc;
    return is_bench    ? check_bench(path, warnings, e)
           : is_device ? check_device(path, warnings, e)
                       : check_method(path, bench_path, e);
}

int check_run(int argc, char **argv, struct err *e)
{
    const char *bench = NULL, *files[FILES_MAX];
    size_t n = 0, warnings = 0;
    const struct option_spec specs[] = {{"bench", .text = &bench}, {.name = NULL}};
    int rc = options_read(specs, argc, argv, files, FILES_MAX, &n, e);
    if (rc)
        return rc;
    if (n == 0)
        return err_set(e, ERR_ARG, "no file to check");
    for (size_t i = 0; i < n; i++) {
        struct err here = {0};
        if (check_file(files[i], bench, &warnings, &here) == 0)
            continue;
        if (rc == 0) { /* the first failure is the command's; the others are told on the way */
            *e = here;
            rc = here.code;
        } else {
            err_print(stderr, "mnrig", &here);
        }
    }
    if (rc == 0 && warnings)
        rc = err_set(e, ERR_FAILED, "%zu warning%s", warnings, warnings == 1 ? "" : "s");
    return rc;
}
