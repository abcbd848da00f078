/* recover.c -- mnrig recover: makes an interrupted run readable; mnrig verify: is a record what was written? */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/provenance.h"
#include "base/runfolder.h"
#include "base/text/config.h"
#include "rig/commands/commands.h"
#include "rig/commands/options.h"
#include "rig/record/recover.h"

const char recover_help[] =
    "usage: mnrig recover RUN\n"
    "\n"
    "Cuts the torn end off the samples and events of a run that was interrupted (power, kill -9, disk) and says what\n"
    "was lost.  What is cut is kept as samples.csv.torn and events.csv.torn; recovered.yaml says what is left.\n"
    "run.yaml stays as it is: it says \"not finished\", and that is true.\n"
    "\n"
    "example: mnrig recover runs/20260309T140509Z_demo_pig1_press_10N_hold_5s_r01\n"
    "exit status: 0 recovered, or nothing to do; 1 the run still goes on, or its files were changed; 2 usage; 3 a file";

const char verify_help[] =
    "usage: mnrig verify RUN\n"
    "\n"
    "Compares run.yaml with its seal (the SHA-256 in its last line), samples.csv and events.csv with the sums in\n"
    "run.yaml (or recovered.yaml), and each event with the digest that chains it to the one before.  This finds\n"
    "edits, rows left out and damage.  It does not find a forger who computes seal, sums and digests anew, nor rows\n"
    "lost at the end of a run that has no sums, nor what lies beside the run (penetration_NN.yaml, an analysis).\n"
    "\n"
    "example: mnrig verify runs/20260309T140509Z_demo_pig1_press_10N_hold_5s_r01\n"
    "exit status: 0 as written, 1 not as written, 2 usage, 3 a file cannot be read";

#define RECOVERED "recovered.yaml"

struct run_files { char samples[700], events[700], yaml[700], recovered[700]; };
struct run_scans { struct record_scan samples, events; };

static int read_run(int argc, char **argv, struct run_files *f, struct run_scans *s, struct err *e)
{
    const char *word[1] = {NULL};
    size_t n = 0;
    const struct option_spec specs[] = {{.name = NULL}};
    int rc = options_read(specs, argc, argv, word, 1, &n, e);
    if (rc == 0 && n != 1)
        rc = err_set(e, ERR_ARG, "a run folder is needed");
    if (rc)
        return rc;
    snprintf(f->samples, sizeof f->samples, "%.600s/%s", word[0], RUN_SAMPLES);
    snprintf(f->events, sizeof f->events, "%.600s/%s", word[0], RUN_EVENTS);
    snprintf(f->yaml, sizeof f->yaml, "%.600s/%s", word[0], RUN_YAML);
    snprintf(f->recovered, sizeof f->recovered, "%.600s/%s", word[0], RECOVERED);
    rc = record_scan_samples(f->samples, &s->samples, e);
    return rc ? rc : record_scan_events(f->events, &s->events, e);
}

static bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

static int write_recovered(const struct run_files *f, const struct run_scans *s, struct err *e)
{
    char when[21];
    struct record *y = NULL;
    int rc = record_new(&y, e);
    if (rc)
        return rc;
    iso8601((int64_t)time(NULL), when);
    record_text(y, "format", "mn-recovered-1");
    record_text(y, "recovered", when);
    record_integer(y, "outcome/rows", (long long)s->samples.rows);
    record_text(y, "outcome/samples_sha256", s->samples.digest);
    record_integer(y, "outcome/events", (long long)s->events.rows);
    record_text(y, "outcome/events_chain", s->events.digest);
    record_integer(y, "lost/samples_bytes", s->samples.size - s->samples.good);
    record_integer(y, "lost/events_bytes", s->events.size - s->events.good);
    if (!isnan(s->samples.last_time))
        record_quantity(y, "lost/after", s->samples.last_time, "s");
    record_quantity(y, "lost/at_most", RECORD_COMMIT, "s");
    rc = provenance_write_sealed(y, f->recovered, e);
    record_free(y);
    return rc;
}

static void tell(const char *name, const struct record_scan *s)
{
    printf("%s: %llu whole rows", name, (unsigned long long)s->rows);
    if (!isnan(s->last_time))
        printf(", up to %.3f s", s->last_time);
    if (s->good < s->size)
        printf("; %ld bytes at the end cut: the next row is not whole (%s)", s->size - s->good, s->wrong);
    printf("\n");
}

/* The sums that a run left: run.yaml's, when it came to its end, else those of its recovery. */
struct sums { bool are_there, is_recovered; long rows, events; char samples[65], chain[65]; };

static int read_sums(const struct run_files *f, struct sums *out, struct err *e)
{
    struct config *doc = NULL;
    const char *text = NULL;
    struct cnode at = {0};
    *out = (struct sums){.is_recovered = exists(f->recovered)};
    int rc = config_open(&doc, out->is_recovered ? f->recovered : f->yaml, e);
    if (rc == 0) rc = config_need(config_root(doc), "outcome", &at, e);
    if (rc == 0) rc = config_integer(at, "rows", 0, 2000000000L, &out->rows, e);
    if (rc == 0) rc = config_string(at, "samples_sha256", &text, e);
    if (rc == 0) {
        snprintf(out->samples, sizeof out->samples, "%s", text);
        out->are_there = strlen(text) == 64;
    }
    if (rc == 0 && out->are_there) rc = config_integer(at, "events", 0, 2000000000L, &out->events, e);
    if (rc == 0 && out->are_there) rc = config_string(at, "events_chain", &text, e);
    if (rc == 0 && out->are_there) snprintf(out->chain, sizeof out->chain, "%s", text);
    config_close(doc);
    return rc;
}

static bool is_whole(const struct run_scans *s)
{
    return s->samples.good == s->samples.size && s->events.good == s->events.size;
}

static bool fits(const struct run_scans *s, const struct sums *sums)
{
    return (long)s->samples.rows == sums->rows && strcmp(s->samples.digest, sums->samples) == 0 &&
           (long)s->events.rows == sums->events && strcmp(s->events.digest, sums->chain) == 0;
}

/* A run whose disk failed has the sums of its whole rows, and perhaps half a row behind them.  Any other difference
 * from the sums is not torn but changed: that is not cut away. */
static int judge_sums(const struct run_files *f, const struct run_scans *s, const struct sums *sums, struct err *e)
{
    if (fits(s, sums))
        return 0;
    err_set(e, ERR_FAILED, "%s: the files are not what was written: nothing is cut", f->yaml);
    err_hint(e, "'mnrig verify' says where they differ");
    return ERR_FAILED;
}

/* Sums can be believed only when the file that holds them is as it was written. */
static int check_seals(const struct run_files *f, struct err *e)
{
    int rc = provenance_check_seal(f->yaml, e);
    return rc == 0 && exists(f->recovered) ? provenance_check_seal(f->recovered, e) : rc;
}

int recover_run(int argc, char **argv, struct err *e)
{
    struct run_files f;
    struct run_scans s;
    struct sums sums;
    int rc = read_run(argc, argv, &f, &s, e);
    if (rc == 0) rc = check_seals(&f, e);
    if (rc == 0) rc = read_sums(&f, &sums, e);
    if (rc)
        return rc;
    if (sums.are_there && is_whole(&s)) {
        printf("nothing to do: the run %s\n", sums.is_recovered ? "was recovered before" : "came to its end");
        return 0;
    }
    if (sums.are_there) rc = judge_sums(&f, &s, &sums, e);
    if (rc == 0) rc = record_cut(f.samples, &s.samples, e);
    if (rc == 0) rc = record_cut(f.events, &s.events, e);
    if (rc == 0) rc = write_recovered(&f, &s, e);
    if (rc)
        return rc;
    tell(RUN_SAMPLES, &s.samples);
    tell(RUN_EVENTS, &s.events);
    if (sums.are_there)
        printf("lost: what came after the disk had failed\n");
    else
        printf("lost: what came after, at most %.0f ms of rows before a power cut (the commit interval)\n",
               RECORD_COMMIT * 1e3);
    return 0;
}

int verify_run(int argc, char **argv, struct err *e)
{
    struct run_files f;
    struct run_scans s;
    struct sums sums;
    int rc = read_run(argc, argv, &f, &s, e);
    if (rc == 0) rc = check_seals(&f, e);
    if (rc == 0) rc = read_sums(&f, &sums, e);
    if (rc)
        return rc;
    if (!sums.are_there) {
        err_set(e, ERR_FAILED, "%s: the run has no sums: it was interrupted", f.yaml);
        err_hint(e, "mnrig recover makes it readable and writes them");
        return ERR_FAILED;
    }
    if (s.events.good != s.events.size)
        return err_set(e, ERR_FAILED, "%s: row %llu: %s", f.events, (unsigned long long)s.events.rows + 1,
                       s.events.wrong);
    if (s.samples.good != s.samples.size)
        return err_set(e, ERR_FAILED, "%s: row %llu: %s", f.samples, (unsigned long long)s.samples.rows + 1,
                       s.samples.wrong);
    if ((long)s.events.rows != sums.events || strcmp(s.events.digest, sums.chain) != 0)
        return err_set(e, ERR_FAILED, "%s: %llu rows: the sums tell %ld, or another last digest", f.events,
                       (unsigned long long)s.events.rows, sums.events);
    if ((long)s.samples.rows != sums.rows || strcmp(s.samples.digest, sums.samples) != 0)
        return err_set(e, ERR_FAILED,
                       "%s: not what was written: %llu rows (the sums tell %ld), SHA-256 %.12s... (%.12s...)",
                       f.samples, (unsigned long long)s.samples.rows, sums.rows, s.samples.digest, sums.samples);
    printf("as written: %llu samples, %llu events%s\n", (unsigned long long)s.samples.rows,
           (unsigned long long)s.events.rows, sums.is_recovered ? " (recovered)" : "");
    return 0;
}
