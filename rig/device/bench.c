/* bench.c -- see bench.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/provenance.h"
#include "rig/device/bench_check.h"
#include "rig/device/lint.h"

const char *const bench_input_names[] = {"estop_healthy", "home_switch", "lower_limit", "door_closed", NULL};

/* "8E1" */
static int read_format(struct cnode at, struct bus_address *a, struct err *e)
{
    char f[8];
    int rc = config_string_copy(at, "format", f, sizeof f, e);
    if (rc)
        return rc;
    if (strlen(f) != 3 || (f[0] != '7' && f[0] != '8') || !strchr("NEO", f[1]) || (f[2] != '1' && f[2] != '2')) {
        config_fail(config_get(at, "format"), e, ERR_PARSE, "line format '%s': data bits, parity, stop bits", f);
        err_hint(e, "Modbus RTU's own default is 8E1; without parity 8N2, many devices use 8N1");
        return ERR_PARSE;
    }
    a->data_bits = f[0] - '0';
    a->parity = f[1];
    a->stop_bits = f[2] - '0';
    return 0;
}

static int read_link(struct cnode at, const char *key, struct bench_link *l, struct err *e)
{
    static const char *const tcp_keys[] = {"tcp", "port", "connect_timeout", NULL};
    static const char *const rtu_keys[] = {"rtu", "baud", "format", NULL};
    struct bus_address *a = &l->address;
    bool is_tcp = config_is(config_get(at, "tcp"));
    long n = 0;
    snprintf(l->name, sizeof l->name, "%s", key);
    int rc = config_known(at, is_tcp ? tcp_keys : rtu_keys, e);
    if (rc)
        return rc;
    a->kind = is_tcp ? BUS_KIND_TCP : BUS_KIND_RTU;
    a->connect_timeout = 1.0; /* opening a serial line does not wait */
    if (is_tcp) {
        rc = config_string_copy(at, "tcp", a->host, sizeof a->host, e);
        if (rc == 0) rc = config_integer(at, "port", 1, 65535, &n, e);
        if (rc == 0) rc = config_quantity(at, "connect_timeout", "s", RANGE_POSITIVE, &a->connect_timeout, e);
        a->port = (int)n;
        return rc;
    }
    rc = config_string_copy(at, "rtu", a->path, sizeof a->path, e);
    if (rc == 0) rc = config_integer(at, "baud", 300, 4000000, &n, e);
    if (rc == 0) rc = read_format(at, a, e);
    a->baud = (int)n;
    return rc;
}

static int read_links(struct bench *b, struct cnode root, struct err *e)
{
    struct cnode links = {0};
    int rc = config_need(root, "links", &links, e);
    if (rc)
        return rc;
    if (config_count(links) < 1 || config_count(links) > BENCH_LINKS)
        return config_fail(links, e, ERR_RANGE, "%zu links: 1 to %d", config_count(links), BENCH_LINKS);
    for (size_t i = 0; i < config_count(links) && rc == 0; i++) {
        const char *key = NULL;
        struct cnode at = config_pair(links, i, &key);
        rc = read_link(at, key, &b->link[b->links++], e);
    }
    return rc;
}

/* Device files are looked up beside the bench file. */
static void beside(const char *bench_path, const char *name, char *out, size_t size)
{
    const char *slash = strrchr(bench_path, '/');
    int dir = name[0] == '/' || !slash ? 0 : (int)(slash - bench_path + 1);
    snprintf(out, size, "%.*s%s", dir, bench_path, name);
}

static int read_map(struct bench_device *d, struct cnode at, const char *bench_path, struct sha256 *hash, struct err *e)
{
    const char *name = NULL;
    char path[600], hex[65];
    struct config *doc = NULL;
    int rc = config_string(at, "map", &name, e);
    if (rc)
        return rc;
    beside(bench_path, name, path, sizeof path);
    rc = config_open(&doc, path, e);
    if (rc == 0)
        rc = device_map_read(&d->map, doc, e);
    config_close(doc);
    if (rc == 0)
        rc = sha256_file(path, hex, e);
    if (rc == 0)
        sha256_add(hash, hex, 64);
    return rc;
}

static int find_link(const struct bench *b, struct cnode at, size_t *out, struct err *e)
{
    const char *names[BENCH_LINKS + 1] = {NULL};
    for (size_t i = 0; i < b->links; i++)
        names[i] = b->link[i].name;
    int k = 0, rc = config_choice(at, "link", names, &k, e);
    *out = (size_t)k;
    return rc;
}

static int read_device(struct bench *b, size_t i, struct cnode at, struct sha256 *hash, struct err *e)
{
    static const char *const known[] = {"map", "link", "unit", "timeout", "poll", NULL};
    struct bench_device *d = &b->device[i];
    long unit = 0;
    int rc = config_known(at, known, e);
    if (rc == 0) rc = find_link(b, at, &d->link, e);
    if (rc == 0) rc = config_integer(at, "unit", 1, 247, &unit, e);
    if (rc == 0) rc = config_quantity(at, "timeout", "s", RANGE_POSITIVE, &d->timeout, e);
    if (rc == 0) rc = config_quantity(at, "poll", "s", RANGE_POSITIVE, &d->poll, e);
    if (rc == 0) rc = read_map(d, at, b->file, hash, e);
    d->unit = (uint8_t)unit;
    if (rc == 0 && d->map.is_axis != (i == BENCH_AXIS))
        return config_fail(config_get(at, "map"), e, ERR_PARSE, "device '%s' of kind %s stands where %s belongs",
                           d->map.name, d->map.is_axis ? "axis" : "load_cell",
                           i == BENCH_AXIS ? "an axis" : "a load cell");
    return rc;
}

static int read_devices(struct bench *b, struct cnode root, struct sha256 *hash, struct err *e)
{
    static const char *const known[] = {"axis", "force", NULL};
    struct cnode devices = {0}, at = {0};
    int rc = config_need(root, "devices", &devices, e);
    if (rc == 0)
        rc = config_known(devices, known, e);
    for (size_t i = 0; i < BENCH_DEVICES && rc == 0; i++) {
        snprintf(b->device[i].name, MAP_NAME, "%s", known[i]);
        rc = config_need(devices, known[i], &at, e);
        if (rc == 0)
            rc = read_device(b, i, at, hash, e);
    }
    return rc;
}

static int read_axis(struct bench_axis *a, struct cnode root, struct err *e)
{
    static const char *const known[] = {
        "lead",       "steps_per_rev", "counts_per_rev", "positive",        "accel",
        "decel",      "stop_decel",    "latency",        "settle",          "position_tolerance",
        "compliance", "speed_error",   "watchdog_time",  "watchdog_action", "on_disable",
        "no_watchdog", "stroke",       NULL};
    static const char *const ways[] = {"towards_sample", "away_from_sample", NULL};
    static const char *const kinds[] = {"holds", "brakes", "falls", NULL};
    struct cnode at = {0};
    int way = 0, kind = 0, rc = config_need(root, "axis", &at, e);
    a->watchdog_action = NAN;
    if (rc == 0) rc = config_known(at, known, e);
    if (rc == 0) rc = config_quantity(at, "lead", "m", RANGE_POSITIVE, &a->mech.lead, e);
    if (rc == 0) rc = config_number(at, "steps_per_rev", RANGE_POSITIVE, &a->mech.steps_per_rev, e);
    if (rc == 0) rc = config_number(at, "counts_per_rev", RANGE_POSITIVE, &a->mech.counts_per_rev, e);
    if (rc == 0) rc = config_quantity(at, "stroke", "m", RANGE_POSITIVE, &a->stroke, e);
    if (rc == 0) rc = config_choice(at, "positive", ways, &way, e);
    if (rc == 0) rc = config_quantity(at, "accel", "m/s2", RANGE_POSITIVE, &a->accel, e);
    if (rc == 0) rc = config_quantity(at, "decel", "m/s2", RANGE_POSITIVE, &a->decel, e);
    if (rc == 0) rc = config_quantity(at, "stop_decel", "m/s2", RANGE_POSITIVE, &a->stop_decel, e);
    if (rc == 0) rc = config_quantity(at, "latency", "s", RANGE_NONNEG, &a->latency, e);
    if (rc == 0) rc = config_quantity(at, "settle", "s", RANGE_POSITIVE, &a->settle, e);
    if (rc == 0) rc = config_quantity(at, "position_tolerance", "m", RANGE_POSITIVE, &a->position_tolerance, e);
    if (rc == 0) rc = config_quantity(at, "compliance", "m/N", RANGE_POSITIVE, &a->compliance, e);
    if (rc == 0) rc = config_quantity(at, "speed_error", "1", RANGE_FRACTION, &a->speed_error, e);
    if (rc == 0) rc = config_quantity(at, "watchdog_time", "s", RANGE_POSITIVE, &a->watchdog_time, e);
    if (rc == 0 && config_is(config_get(at, "watchdog_action"))) /* check_watchdog: needed by some kinds */
        rc = config_number(at, "watchdog_action", RANGE_NONNEG, &a->watchdog_action, e);
    if (rc == 0 && config_is(config_get(at, "no_watchdog")))
        rc = config_string_copy(at, "no_watchdog", a->no_watchdog, sizeof a->no_watchdog, e);
    if (rc == 0) rc = config_choice(at, "on_disable", kinds, &kind, e);
    a->direction = way == 0 ? 1.0 : -1.0;
    a->on_disable = (enum on_disable)kind;
    return rc;
}

static int read_cell(struct bench_cell *c, struct cnode root, struct err *e)
{
    static const char *const known[] = {"slope",  "zero",      "capacity",   "calibrated", "filter_delay",
                                        "period", "noise_low", "noise_high", "max_offset", NULL};
    struct cnode at = {0};
    int rc = config_need(root, "load_cell", &at, e);
    if (rc == 0) rc = config_known(at, known, e);
    if (rc == 0) rc = config_number(at, "slope", RANGE_ANY, &c->slope, e);
    if (rc == 0) rc = config_quantity(at, "zero", "N", RANGE_ANY, &c->zero, e);
    if (rc == 0) rc = config_quantity(at, "capacity", "N", RANGE_POSITIVE, &c->capacity, e);
    if (rc == 0) rc = config_string_copy(at, "calibrated", c->calibrated, sizeof c->calibrated, e);
    if (rc == 0) rc = config_quantity(at, "filter_delay", "s", RANGE_NONNEG, &c->filter_delay, e);
    if (rc == 0) rc = config_quantity(at, "period", "s", RANGE_POSITIVE, &c->period, e);
    if (rc == 0) rc = config_quantity(at, "noise_low", "N", RANGE_NONNEG, &c->noise_low, e);
    if (rc == 0) rc = config_quantity(at, "noise_high", "N", RANGE_POSITIVE, &c->noise_high, e);
    if (rc == 0) rc = config_quantity(at, "max_offset", "N", RANGE_POSITIVE, &c->max_offset, e);
    if (rc == 0 && c->slope == 0.0)
        return config_fail(config_get(at, "slope"), e, ERR_RANGE, "slope: 0: must not be 0");
    return rc;
}

static int read_inputs(struct bench *b, struct cnode root, struct err *e)
{
    static const char *const known[] = {"value", "bit", "active", NULL};
    struct cnode all = {0}, at = {0};
    int rc = config_need(root, "interlocks", &all, e);
    if (rc == 0)
        rc = config_known(all, bench_input_names, e);
    for (int i = 0; i < BENCH_INPUTS && rc == 0; i++) {
        const char *value = NULL;
        long bit = 0, active = 0;
        rc = config_need(all, bench_input_names[i], &at, e);
        if (rc == 0) rc = config_known(at, known, e);
        if (rc == 0) rc = config_string(at, "value", &value, e);
        if (rc == 0) rc = config_integer(at, "bit", 0, 31, &bit, e);
        if (rc == 0) rc = config_integer(at, "active", 0, 1, &active, e);
        if (rc)
            return rc;
        b->input[i] = (struct bench_input){map_find_value(&b->device[BENCH_AXIS].map, value), (int)bit, active == 1};
        if (b->input[i].value < 0)
            return config_fail(config_get(at, "value"), e, ERR_PARSE, "the axis' map has no value '%s'", value);
    }
    static const int guards[] = {INPUT_ESTOP_HEALTHY, INPUT_DOOR_CLOSED};
    for (size_t i = 0; i < sizeof guards / sizeof *guards && rc == 0; i++)
        if (!b->input[guards[i]].active) { /* an open wire must read as "stop" */
            const char *name = bench_input_names[guards[i]];
            rc = config_fail(config_get(config_get(all, name), "active"), e, ERR_RANGE,
                             "interlocks/%s/active: 0: must be 1, a broken wire has to trip", name);
            err_hint(e, "wire the contact so that current flows while all is well");
        }
    return rc;
}

static int read_rest(struct bench *b, struct cnode root, struct err *e)
{
    static const char *const tick_keys[] = {"period", NULL};
    static const char *const unload_keys[] = {"speed", "step", NULL};
    struct cnode tick = {0}, unload = {0};
    const struct range period = {1e-3, 0.2, false, false};
    const struct range step = {0.0, 1e-3, true, false}; /* a step away is never more than 1 mm */
    int rc = config_need(root, "tick", &tick, e);
    if (rc == 0) rc = config_known(tick, tick_keys, e);
    if (rc == 0) rc = config_quantity(tick, "period", "s", period, &b->tick_period, e);
    if (rc == 0) rc = config_need(root, "unload", &unload, e);
    if (rc == 0) rc = config_known(unload, unload_keys, e);
    if (rc == 0) rc = config_quantity(unload, "speed", "m/s", RANGE_POSITIVE, &b->unload_speed, e);
    if (rc == 0) rc = config_quantity(unload, "step", "m", step, &b->unload_step, e);
    if (rc)
        return rc;
    double time =
        b->unload_step / b->unload_speed + 0.5 * b->unload_speed * (1.0 / b->axis.accel + 1.0 / b->axis.decel);
    if (!(time <= UNLOAD_LONGEST))
        return config_fail(config_get(unload, "step"), e, ERR_RANGE,
                           "a step of %.4g mm at %.4g mm/s takes %.0f ms: a key permits at most %.0f ms",
                           b->unload_step * 1e3, b->unload_speed * 1e3, time * 1e3, UNLOAD_LONGEST * 1e3);
    return 0;
}

/* The watchdog is tried in the last part of the way: it must be long enough for that. */
static int read_proof(struct bench *b, struct cnode root, struct err *e)
{
    static const char *const known[] = {"max_age", "speed", "depth", "on_virtual_bench", NULL};
    static const char *const needs[] = {"needed", "not_needed", NULL};
    struct cnode at = {0};
    struct bench_proof *p = &b->proof;
    int need = 0, rc = config_need(root, "proof", &at, e);
    if (rc == 0) rc = config_known(at, known, e);
    if (rc == 0) rc = config_quantity(at, "max_age", "s", RANGE_POSITIVE, &p->max_age, e);
    if (rc == 0) rc = config_quantity(at, "speed", "m/s", RANGE_POSITIVE, &p->speed, e);
    if (rc == 0) rc = config_quantity(at, "depth", "m", RANGE_POSITIVE, &p->depth, e);
    if (rc == 0 && config_is(config_get(at, "on_virtual_bench")))
        rc = config_choice(at, "on_virtual_bench", needs, &need, e);
    p->virtual_needs_none = need == 1;
    if (rc)
        return rc;
    double way =
        p->speed * (b->axis.watchdog_time + b->axis.latency + 0.1) + 0.5 * p->speed * p->speed / b->axis.stop_decel;
    if (!(0.4 * p->depth > way))
        return config_fail(config_get(at, "depth"), e, ERR_RANGE,
                           "depth %.4g mm: at %.4g mm/s the watchdog needs %.4g mm in 0.4 of it", p->depth * 1e3,
                           p->speed * 1e3, way * 1e3);
    return 0;
}

/* The first of the names that the map lacks, with what it is; NULL when it has all. */
static const char *lacks(const struct device_map *m, const char *const values[], const char *const bits[],
                         const char *const commands[], const char **what)
{
    *what = "value";
    for (int i = 0; values[i]; i++)
        if (map_find_value(m, values[i]) < 0)
            return values[i];
    *what = "bit";
    for (int i = 0; bits[i]; i++)
        if (map_find_bit(m, bits[i]) < 0)
            return bits[i];
    *what = "command";
    for (int i = 0; commands[i]; i++)
        if (map_find_command(m, commands[i]) < 0)
            return commands[i];
    return NULL;
}

/* The map must have what an axis or a load cell is made of. */
static int check_roles(const struct bench *b, struct err *e)
{
    static const char *const none[] = {NULL};
    static const char *const axis_values[] = {"alarm", "status", "position", NULL};
    static const char *const axis_bits[] = {"enabled", "fault", "moving", "homed", NULL};
    static const char *const axis_commands[] = {"stop", "enable", "disable", "alarm_reset", "home", "move", NULL};
    static const char *const cell_values[] = {"gross", NULL};
    static const char *const cell_bits[] = {"over", NULL};
    const struct device_map *axis = &b->device[BENCH_AXIS].map, *cell = &b->device[BENCH_FORCE].map;
    const char *what, *missing = lacks(axis, axis_values, axis_bits, axis_commands, &what);
    if (missing)
        return err_set(e, ERR_PARSE, "%s: the %s '%s' is missing: an axis needs it", axis->file, what, missing);
    missing = lacks(cell, cell_values, cell_bits, none, &what);
    if (missing)
        return err_set(e, ERR_PARSE, "%s: the %s '%s' is missing: a load cell needs it", cell->file, what, missing);
    return 0;
}

/* Something must stop the axis when the PC dies. */
static int check_watchdog(const struct bench *b, struct cnode root, struct err *e)
{
    struct cnode axis = config_get(root, "axis");
    const struct device_map *m = &b->device[BENCH_AXIS].map;
    bool takes_action = false;
    for (size_t i = 0; i < m->verifies; i++)
        takes_action = takes_action || strcmp(m->verify[i].parameter, "watchdog_action") == 0;
    if (m->watchdog == WATCHDOG_NONE && !b->axis.no_watchdog[0]) {
        config_fail(axis, e, ERR_RANGE, "'%s' has no watchdog: nothing would stop this axis when the PC dies", m->name);
        err_hint(e, "wire an external one (kind: external), use kind: leash, or write axis/no_watchdog with the reason "
                    "why it may run without");
        return ERR_RANGE;
    }
    if (takes_action && isnan(b->axis.watchdog_action))
        return config_fail(axis, e, ERR_PARSE, "missing key 'watchdog_action': '%s' verifies it", m->name);
    return 0;
}

/* What the linter takes for a mistake is refused here, by whatever command the bench is read for. */
static int check_lint(const struct bench *b, struct cnode root, struct err *e)
{
    struct lint found = {0};
    for (size_t i = 0; i < BENCH_DEVICES; i++)
        lint_map(&b->device[i].map, &found);
    lint_bench(b, root, &found);
    return lint_refuse(&found, e);
}

/* A force and its sign and flags must be of one and the same sample. */
static int check_one_group(const struct device_map *m, struct err *e)
{
    return m->groups == 1 ? 0
                          : err_set(e, ERR_PARSE, "%s: %zu groups: a load cell is read in one atomic request", m->file,
                                    m->groups);
}

static int read_all(struct bench *b, struct cnode root, struct sha256 *hash, struct err *e)
{
    static const char *const known[] = {"bench", "description", "links", "devices", "axis", "load_cell", "interlocks",
                                        "limits", "actions", "tick", "unload", "proof", NULL};
    int rc = config_known(root, known, e);
    if (rc == 0) rc = config_string_copy(root, "bench", b->name, sizeof b->name, e);
    if (rc == 0) rc = read_links(b, root, e);
    if (rc == 0) rc = read_devices(b, root, hash, e);
    if (rc == 0) rc = read_axis(&b->axis, root, e);
    if (rc == 0) rc = read_cell(&b->cell, root, e);
    if (rc == 0) rc = read_inputs(b, root, e);
    if (rc == 0) rc = read_rest(b, root, e);
    if (rc == 0) rc = read_proof(b, root, e);
    if (rc == 0) rc = check_roles(b, e);
    if (rc == 0) rc = check_watchdog(b, root, e);
    if (rc == 0) rc = check_one_group(&b->device[BENCH_FORCE].map, e);
    b->has_position_error = map_find_value(&b->device[BENCH_AXIS].map, "position_error") >= 0;
    for (size_t i = 0; i < BENCH_DEVICES && rc == 0; i++)
        rc = device_map_resolve(&b->device[i].map, i == BENCH_AXIS ? &b->axis.mech : NULL, e);
    if (rc == 0) rc = bench_check(b, root, e);
    return rc ? rc : check_lint(b, root, e);
}

int bench_read(struct bench *b, struct config **doc, const char *path, const char *const overrides[], size_t n,
               struct err *e)
{
    char hex[65];
    struct sha256 hash;
    memset(b, 0, sizeof *b);
    snprintf(b->file, sizeof b->file, "%s", path);
    int rc = config_open(doc, path, e);
    if (rc == 0)
        rc = sha256_file(path, hex, e);
    if (rc)
        return rc;
    sha256_start(&hash);
    sha256_add(&hash, hex, 64);
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = config_override(*doc, overrides[i], e);
        sha256_add(&hash, overrides[i], strlen(overrides[i]) + 1);
    }
    if (rc == 0)
        rc = read_all(b, config_root(*doc), &hash, e);
    sha256_end(&hash, b->sha256);
    return rc;
}

void bench_parameters(const struct bench *b, struct map_parameter p[BENCH_PARAMETERS])
{
    p[0] = (struct map_parameter){"watchdog_time", b->axis.watchdog_time};
    p[1] = (struct map_parameter){"watchdog_action", b->axis.watchdog_action};
    p[2] = (struct map_parameter){"stop_decel", b->axis.stop_decel};
}

#define TCP_TRANSACTION 12e-3 /* s: quiet LANs stay below 12 ms (TDK Genesys manual: 100 % < 12 ms) */

double bench_transaction_time(const struct bench *b, size_t device, uint8_t function, uint16_t count)
{
    const struct bench_device *d = &b->device[device];
    const struct bus_address *a = &b->link[d->link].address;
    if (a->kind == BUS_KIND_TCP)
        return TCP_TRANSACTION;
    struct bus_request r = {.function = function, .count = count};
    return bus_serial_time(a->baud, 1 + a->data_bits + (a->parity != 'N') + a->stop_bits, &r, d->map.latency);
}

double bench_patience(const struct bench *b, size_t device, uint8_t function, uint16_t count)
{
    return fmin(b->device[device].timeout, 1.5 * bench_transaction_time(b, device, function, count) + BUS_URGENT_SLICE);
}
