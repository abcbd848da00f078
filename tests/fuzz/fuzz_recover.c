/* fuzz_recover.c -- libFuzzer target: any bytes as what an interrupted run left: samples.csv, events.csv and run.yaml,
 * with a byte 0x1E between them.  `recover` cuts nothing that is whole, what it leaves is whole, keeps what it cut, is
 * content with its own work, and `verify` accepts that; neither ever changes run.yaml. */
#include <fcntl.h>
#include "base/runfolder.h"
#include "rig/commands/commands.h"
#include "rig/record/recover.h"
#include "tests/fuzz/kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { SEPARATOR = 0x1E };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    int null = open("/dev/null", O_WRONLY);
    (void)argc, (void)argv;
    return dup2(null, STDOUT_FILENO) < 0; /* the commands tell what they did */
}

static size_t part(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *stop = memchr(*at, SEPARATOR, (size_t)(end - *at));
    size_t n = (size_t)((stop ? stop : end) - *at);
    *at = stop ? stop + 1 : end;
    return n;
}

static int command(int (*run)(int, char **, struct err *), struct err *e)
{
    char folder[128], name[] = "command";
    char *argv[] = {name, folder, NULL};
    snprintf(folder, sizeof folder, "%s", kit_folder());
    *e = (struct err){0};
    optind = 0;
    int rc = run(2, argv, e);
    assert(rc == 0 || (rc == e->code && e->msg[0]));
    return rc;
}

static void scan(const char *name, bool is_samples, struct record_scan *s)
{
    char path[128];
    struct err e = {0};
    if ((is_samples ? record_scan_samples : record_scan_events)(kit_path(name, path), s, &e))
        abort();
    assert(s->good >= 0 && s->good <= s->size && (s->good < s->size) <= (s->wrong[0] != '\0'));
}

static void clean(void)
{
    static const char *const names[] = {RUN_SAMPLES, RUN_EVENTS, RUN_YAML, "recovered.yaml", RUN_SAMPLES ".torn",
                                        RUN_EVENTS ".torn"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        kit_remove(names[i]);
}

static long size_of(const char *name)
{
    struct stat s;
    char path[128];
    return stat(kit_path(name, path), &s) == 0 ? (long)s.st_size : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {RUN_SAMPLES, RUN_EVENTS, RUN_YAML};
    const uint8_t *at = data, *end = data + size;
    struct record_scan before[2], after[2];
    struct err e;
    for (size_t i = 0; i < 3; i++) {
        const uint8_t *from = at;
        size_t n = part(&at, end);
        kit_write(names[i], from, n);
    }
    long yaml = size_of(RUN_YAML);
    scan(RUN_SAMPLES, true, &before[0]);
    scan(RUN_EVENTS, false, &before[1]);
    int rc = command(recover_run, &e);
    scan(RUN_SAMPLES, true, &after[0]);
    scan(RUN_EVENTS, false, &after[1]);
    for (size_t i = 0; i < 2; i++) {
        assert(after[i].good == before[i].good && after[i].rows == before[i].rows);
        assert(strcmp(after[i].digest, before[i].digest) == 0);
        assert(rc || (after[i].size == after[i].good));
        assert(after[i].size + size_of(i ? RUN_EVENTS ".torn" : RUN_SAMPLES ".torn") >= before[i].size);
    }
    assert(size_of(RUN_YAML) == yaml);
    if (rc == 0) {
        bool is_recovered = size_of("recovered.yaml") > 0;
        assert(command(recover_run, &e) == 0);
        assert(command(verify_run, &e) == 0 || !is_recovered);
    }
    clean();
    return 0;
}
