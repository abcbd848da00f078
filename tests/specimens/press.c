/* press.c -- presses specimens of the virtual bench in virtual time, through the whole controller, and leaves a run
 * folder for each, as mnrig does:  press FIRST LAST FOLDER  writes FOLDER/s<number>/{run.yaml,samples.csv}.
 * What is hidden in the specimens stays hidden: readings alone are written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/runfolder.h"
#include "base/text/config.h"
#include "tests/rig/simulation.h"

#define BENCH "benches/virtual_tcp.yaml"
#define METHOD "methods/press_10N_hold_5s.yaml"
#define SPECIMEN_REGISTER 0xF00B /* of the identity block: puts a fresh specimen under the axis */
#define RUN_SECONDS 60.0         /* a run takes 15 s */

static int write_yaml(const struct simulation *s, unsigned specimen, const char *state, const char *path, struct err *e)
{
    char name[20];
    struct record *r;
    struct cnode method = config_root(s->method_doc);
    int rc = record_new(&r, e);
    if (rc) return rc;
    snprintf(name, sizeof name, "s%u", specimen);
    record_text(r, "format", RUN_FORMAT);
    record_bool(r, "virtual", true);
    record_text(r, "specimen", name);
    record_subtree(r, "needles", config_get(method, "needles"));
    record_text(r, "outcome/state", state);
    record_quantity(r, "peak_force", s->rig.peak_force, "N");
    record_subtree(r, "configuration/bench", config_root(s->bench_doc));
    record_subtree(r, "configuration/method", method);
    rc = record_write(r, path, e);
    record_free(r);
    return rc;
}

static int write_samples(const struct simulation *s, const char *path, struct err *e)
{
    char *text = simulation_text(s, RUN_SAMPLES);
    FILE *f = text ? fopen(path, "w") : NULL;
    bool bad = !f || fputs(text, f) < 0;
    if (f) bad = fclose(f) != 0 || bad;
    free(text);
    return bad ? err_set(e, ERR_IO, "%s: cannot be written", path) : 0;
}

static int write_run(const struct simulation *s, unsigned specimen, const char *parent, struct err *e)
{
    char path[400], outcome[240];
    const char *state = rig_outcome(&s->rig, outcome, sizeof outcome);
    if (strcmp(state, "done") != 0) return err_set(e, ERR_FAILED, "specimen %u: %s: %s", specimen, state, outcome);
    snprintf(path, sizeof path, "%.300s/s%u", parent, specimen);
    if (mkdir(path, 0755)) return err_set(e, ERR_IO, "%s: cannot be made", path);
    snprintf(path, sizeof path, "%.300s/s%u/%s", parent, specimen, RUN_YAML);
    int rc = write_yaml(s, specimen, state, path, e);
    snprintf(path, sizeof path, "%.300s/s%u/%s", parent, specimen, RUN_SAMPLES);
    return rc ? rc : write_samples(s, path, e);
}

static int press(unsigned specimen, const char *parent)
{
    struct simulation *s = NULL;
    struct err e = {0};
    uint8_t exchange[5] = {6, SPECIMEN_REGISTER >> 8, SPECIMEN_REGISTER & 0xFF, (uint8_t)(specimen >> 8),
                           (uint8_t)(specimen & 0xFF)},
            reply[VBENCH_PDU_MAX];
    uint64_t rows = 0;
    int rc = simulation_new(&s, BENCH, METHOD, NULL, &e);
    if (!rc && vbench_pdu(s->world, VBENCH_IDENTITY, exchange, sizeof exchange, reply, sizeof reply) != 5)
        rc = err_set(&e, ERR_COMM, "specimen %u: the bench does not take it", specimen);
    if (!rc) simulation_run(s, RUN_SECONDS);
    if (!rc) rc = simulation_close_logs(s, &rows, &e);
    if (!rc) rc = write_run(s, specimen, parent, &e);
    if (rc) fprintf(stderr, "press: %s\n", e.msg);
    simulation_free(s);
    return rc;
}

int main(int argc, char **argv)
{
    unsigned first = argc == 4 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    unsigned last = argc == 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    if (first < 1 || last < first || last > 65535) {
        fprintf(stderr, "usage: press FIRST LAST FOLDER\n");
        return 2;
    }
    for (unsigned i = first; i <= last; i++)
        if (press(i, argv[3])) return 1;
    return 0;
}
