/* proof.c -- see proof.h. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/provenance.h"
#include "rig/prove/proof.h"

#define PROOF_FORMAT "mn-proof-1"
#define PROOF_YAML "proof.yaml"
#define DAY 86400.0

/* ---- writing ---- */

static void write_devices(struct record *y, const struct prover *p)
{
    char path[96], constants[PROOF_CONSTANTS];
    for (size_t d = 0; d < BENCH_DEVICES; d++) {
        const struct bench_device *b = &p->bench->device[d];
        snprintf(path, sizeof path, "devices/%s/map", b->name);
        record_text(y, path, b->map.name);
        snprintf(path, sizeof path, "devices/%s/link", b->name);
        record_text(y, path, link_bus(p->link[b->link])->name);
        snprintf(path, sizeof path, "devices/%s/unit", b->name);
        record_integer(y, path, b->unit);
        snprintf(path, sizeof path, "devices/%s/constants", b->name);
        link_constants(p->link[b->link], d, constants, sizeof constants);
        record_text(y, path, constants);
    }
}

/* What was written and read back at start, in counts. */
static void write_registers(struct record *y, const struct prover *p)
{
    struct map_parameter q[BENCH_PARAMETERS];
    char path[96];
    bench_parameters(p->bench, q);
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        for (size_t i = 0; i < p->bench->device[d].map.verifies; i++) {
            const struct map_verify *v = &p->bench->device[d].map.verify[i];
            snprintf(path, sizeof path, "registers_read_back/%s/%s", p->bench->device[d].name, v->name);
            record_number(y, path, map_expected(v, q, BENCH_PARAMETERS));
        }
}

static void write_checks(struct record *y, const struct prover *p)
{
    char path[96];
    for (int i = 0; i < PROVE_CHECKS; i++) {
        const struct prove_result *r = &p->result[i];
        const struct { const char *key, *text; } part[] = {
            {"verdict", prove_verdict_names[r->verdict]}, {"measured", r->measured}, {"bound", r->bound}};
        for (size_t k = 0; k < 3; k++) {
            snprintf(path, sizeof path, "checks/%s/%s", prove_check_names[i], part[k].key);
            record_text(y, path, part[k].text);
        }
    }
}

int proof_write(const struct proof_report *r, struct err *e)
{
    const struct bench *b = r->prover->bench;
    char path[700], when[21];
    struct record *y = NULL;
    int rc = record_new(&y, e);
    if (rc)
        return rc;
    iso8601(r->started, when);
    record_text(y, "format", PROOF_FORMAT);
    record_bool(y, "virtual", r->identity.is_virtual);
    record_text(y, "date", when);
    record_text(y, "operator", r->operator_name);
    record_text(y, "verdict", prove_has_passed(r->prover) ? "passed" : "not passed");
    record_text(y, "bench/name", b->name);
    record_text(y, "bench/file", b->file);
    record_text(y, "bench/sha256", b->sha256);
    write_devices(y, r->prover);
    write_registers(y, r->prover);
    write_checks(y, r->prover);
    record_integer(y, "record/rows", (long long)r->sums.rows);
    record_text(y, "record/samples_sha256", r->sums.samples_sha256);
    record_integer(y, "record/events", (long long)r->sums.events);
    record_text(y, "record/events_chain", r->sums.events_chain);
    struct provenance p = {.program = "mnrig", .command = r->command, .configuration_sha256 = b->sha256,
                           .unix_time = r->started, .seed = -1};
    provenance_record(y, "provenance", &p);
    record_subtree(y, "configuration/bench", r->bench_doc);
    snprintf(path, sizeof path, "%s/" PROOF_YAML, r->folder);
    rc = provenance_write_sealed(y, path, e);
    record_free(y);
    return rc;
}

/* ---- finding ---- */

struct candidate { struct proof proof; int64_t at; char bench_name[64], bench_sha256[65]; bool passed; };

static bool read_date(const char *text, int64_t *out)
{
    struct tm t = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &t);
    *out = end && !*end ? (int64_t)timegm(&t) : 0;
    return end && !*end;
}

static int read_devices(struct candidate *c, struct cnode root, struct err *e)
{
    static const char *const names[BENCH_DEVICES] = {"axis", "force"};
    struct cnode all = {0}, at = {0};
    int rc = config_need(root, "devices", &all, e);
    for (size_t d = 0; d < BENCH_DEVICES && rc == 0; d++) {
        rc = config_need(all, names[d], &at, e);
        if (rc == 0) rc = config_string_copy(at, "constants", c->proof.constants[d], PROOF_CONSTANTS, e);
    }
    return rc;
}

/* A file that cannot be read proves nothing; it is passed over. */
static bool read_candidate(struct candidate *c, const char *path)
{
    struct config *doc = NULL;
    struct err e = {0};
    struct cnode bench = {0};
    const char *verdict = "", *format = "";
    memset(c, 0, sizeof *c);
    snprintf(c->proof.path, sizeof c->proof.path, "%s", path);
    int rc = config_open(&doc, path, &e);
    struct cnode root = {0};
    if (rc == 0) root = config_root(doc);
    if (rc == 0) rc = config_string(root, "format", &format, &e);
    if (rc == 0) rc = config_string(root, "verdict", &verdict, &e);
    if (rc == 0) rc = config_string_copy(root, "date", c->proof.when, sizeof c->proof.when, &e);
    if (rc == 0) rc = config_need(root, "bench", &bench, &e);
    if (rc == 0) rc = config_string_copy(bench, "name", c->bench_name, sizeof c->bench_name, &e);
    if (rc == 0) rc = config_string_copy(bench, "sha256", c->bench_sha256, sizeof c->bench_sha256, &e);
    if (rc == 0) rc = read_devices(c, root, &e);
    if (rc == 0) rc = sha256_file(path, c->proof.sha256, &e);
    bool ok = rc == 0 && strcmp(format, PROOF_FORMAT) == 0 && read_date(c->proof.when, &c->at);
    c->passed = strcmp(verdict, "passed") == 0;
    config_close(doc);
    return ok;
}

static int is_proof(const struct dirent *d) { return strstr(d->d_name, "_proof_") != NULL; }

/* The newest of this bench's; one of this very bench file before any other. */
static bool find_newest(struct candidate *best, const char *parent, const struct bench *b)
{
    struct dirent **names = NULL;
    int n = scandir(parent, &names, is_proof, alphasort);
    bool found = false;
    for (int i = 0; i < n; i++) {
        struct candidate c;
        char path[900];
        int length = snprintf(path, sizeof path, "%.600s/%.255s/" PROOF_YAML, parent, names[i]->d_name);
        free(names[i]);
        if (length < 0 || !read_candidate(&c, path) || strcmp(c.bench_name, b->name) != 0)
            continue;
        bool fits = strcmp(c.bench_sha256, b->sha256) == 0,
             best_fits = found && strcmp(best->bench_sha256, b->sha256) == 0;
        if (!found || (fits && !best_fits) || (fits == best_fits && c.at >= best->at))
            *best = c;
        found = true;
    }
    free(names);
    return found;
}

static int refuse(struct err *e, const struct bench *b, const char *what)
{
    err_set(e, ERR_RANGE, "bench '%s' is not proven: %s", b->name, what);
    err_hint(e, "mnrig prove --bench %s; or --no-proof REASON, which stands in the record", b->file);
    return ERR_RANGE;
}

int proof_find(struct proof *out, const char *parent, const struct bench *b, int64_t now, struct err *e)
{
    struct candidate c = {.at = 0};
    struct err unsealed = {0};
    char what[1400];
    memset(out, 0, sizeof *out);
    if (!find_newest(&c, parent, b)) {
        snprintf(what, sizeof what, "no proof of it below '%s'", parent);
        return refuse(e, b, what);
    }
    *out = c.proof;
    double age = (double)(now - c.at);
    if (strcmp(c.bench_sha256, b->sha256) != 0)
        snprintf(what, sizeof what, "%s is of another state of its files (or of other --set values)", c.proof.path);
    else if (provenance_check_seal(c.proof.path, &unsealed) != 0)
        snprintf(what, sizeof what, "%s", unsealed.msg);
    else if (!c.passed)
        snprintf(what, sizeof what, "%s: not every check passed", c.proof.path);
    else if (age < 0.0)
        snprintf(what, sizeof what, "%s is dated in the future, %s", c.proof.path, c.proof.when);
    else if (age > b->proof.max_age)
        snprintf(what, sizeof what, "%s is %.1f days old: proof/max_age is %.3g days", c.proof.path, age / DAY,
                 b->proof.max_age / DAY);
    else
        return 0;
    return refuse(e, b, what);
}

int proof_check_devices(const struct proof *f, const struct bench *b, struct link *const links[], struct err *e)
{
    char now[PROOF_CONSTANTS], what[700];
    for (size_t d = 0; d < BENCH_DEVICES; d++) {
        link_constants(links[b->device[d].link], d, now, sizeof now);
        if (strcmp(now, f->constants[d]) == 0)
            continue;
        snprintf(what, sizeof what, "'%s' is another device than at the proof: its constants read %.200s, then %.200s",
                 b->device[d].name, now, f->constants[d]);
        return refuse(e, b, what);
    }
    return 0;
}
