/* test_files.c -- provenance, run folder, command table, figures and report. */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/cli.h"
#include "base/provenance.h"
#include "base/runfolder.h"
#include "base/show/plot.h"
#include "base/show/progress.h"
#include "base/show/report.h"
#include "base/text/file.h"
#include "tests/base/suites.h"

static void sha256_of_the_standards_vectors(void)
{
    char hex[65], folder[200], path[300];
    struct sha256 s;
    struct err e = {0};
    sha256_hex("", 0, hex);
    CU_ASSERT_STRING_EQUAL(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_hex("abc", 3, hex);
    CU_ASSERT_STRING_EQUAL(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    CU_ASSERT_STRING_EQUAL(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    sha256_start(&s);
    for (int i = 0; i < 1000000; i += 8)
        sha256_add(&s, "aaaaaaaa", 8);
    sha256_end(&s, hex);
    CU_ASSERT_STRING_EQUAL(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    temp_write(temp_path(temp_folder(folder), "abc", path), "abc");
    CU_ASSERT_EQUAL(sha256_file(path, hex, &e), 0);
    CU_ASSERT_STRING_EQUAL(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CU_ASSERT_EQUAL(sha256_file("/nowhere/x", hex, &e), ERR_IO);
    temp_remove(folder);
}

/* Nobody writes into the pipe: whoever opened it would wait without end (SIGALRM ends this test then). */
static void what_is_no_regular_file_is_refused_at_once(void)
{
    char folder[200], path[300], hex[65];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    temp_folder(folder);
    const struct { const char *path, *says; } odd[] = {
        {temp_path(folder, "pipe", path), "pipe: cannot be read: is a pipe, not a regular file"},
        {folder, ": cannot be read: is a directory, not a regular file"},
        {"/dev/zero", "/dev/zero: cannot be read: is a device, not a regular file"},
        {address.sun_path, "socket: cannot be read: is a socket, not a regular file"},
    };
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/socket", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    alarm(20);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct err e = {0}, again = {0};
        char *text = NULL;
        size_t n = 0;
        CU_ASSERT_EQUAL(file_read(odd[i].path, 4711, &text, &n, &e), ERR_IO);
        ASSERT_HAS(e.msg, odd[i].says);
        ASSERT_HAS(e.hint, "name of a file");
        CU_ASSERT_EQUAL(sha256_file(odd[i].path, hex, &again), ERR_IO);
        ASSERT_HAS(again.msg, odd[i].says);
    }
    alarm(0);
    close(fd);
    temp_remove(folder);
}

/* Any byte of it changed, lost or added. */
static void a_sealed_file_shows_every_change(void)
{
    char folder[200], path[300], other[300];
    struct record *r;
    struct err e = {0};
    temp_path(temp_folder(folder), "sealed.yaml", path);
    temp_path(folder, "other.yaml", other);
    CU_ASSERT_EQUAL_FATAL(record_new(&r, NULL), 0);
    record_text(r, "state", "done");
    record_quantity(r, "peak/force", 13.0725, "N");
    CU_ASSERT_EQUAL(provenance_write_sealed(r, path, &e), 0);
    record_free(r);
    CU_ASSERT_EQUAL(provenance_check_seal(path, &e), 0);
    char *text = temp_read(path);
    const size_t n = strlen(text);
    CU_ASSERT_TRUE(n > 70);
    for (size_t i = 0; i < n; i++) {
        text[i] ^= 1;
        temp_write(other, text);
        CU_ASSERT_EQUAL(provenance_check_seal(other, &e), ERR_FAILED);
        text[i] ^= 1;
    }
    temp_write(other, text + 1);
    CU_ASSERT_EQUAL(provenance_check_seal(other, &e), ERR_FAILED);
    text[n - 1] = '\0';
    temp_write(other, text);
    e = (struct err){0};
    CU_ASSERT_EQUAL(provenance_check_seal(other, &e), ERR_FAILED);
    ASSERT_HAS(e.msg, "other.yaml: not as written: its text does not fit the seal in its last line");
    temp_write(other, "");
    e = (struct err){0};
    CU_ASSERT_EQUAL(provenance_check_seal(other, &e), ERR_FAILED);
    ASSERT_HAS(e.msg, "its last line, the seal, is missing");
    e = (struct err){0};
    CU_ASSERT_EQUAL(provenance_check_seal("/nowhere/x", &e), ERR_IO);
    free(text);
    temp_remove(folder);
}

static void record_says_who_made_it(void)
{
    static const char *const libraries[] = {"SUNDIALS", "6.4.1", "libfyaml", "0.7.12", NULL};
    char date[21], compact[17];
    struct record *r;
    CU_ASSERT_EQUAL_FATAL(record_new(&r, NULL), 0);
    iso8601(1773065109, date);
    iso8601_compact(1773065109, compact);
    CU_ASSERT_STRING_EQUAL(date, "2026-03-09T14:05:09Z");
    CU_ASSERT_STRING_EQUAL(compact, "20260309T140509Z");
    provenance_record(r, "made_by",
                      &(struct provenance){"mnsim", "mnsim run a.yaml", "00ff", 1773065109, 42, libraries});
    char *text = record_string(r);
    ASSERT_HAS(text, "made_by:\n  program: mnsim\n  version: ");
    ASSERT_HAS(text, "command: mnsim run a.yaml");
    ASSERT_HAS(text, "seed: 42\n  libraries:\n    SUNDIALS: \"6.4.1\"\n    libfyaml: \"0.7.12\"\n");
    free(text);
    record_free(r);
}

CU_TestInfo provenance_tests[] = {
    {"SHA-256 of the standard's vectors", sha256_of_the_standards_vectors},
    {"what is no regular file is refused at once", what_is_no_regular_file_is_refused_at_once},
    {"a sealed file shows every change", a_sealed_file_shows_every_change},
    {"record says who made it", record_says_who_made_it},
    CU_TEST_INFO_NULL,
};

#define READING(mean)                                                                                                  \
    "format: mn-penetration-1\nmethod: oct\nfile: a.csv\ndepth: {mean: " mean ", sd: 22 um, n: 97}\n"                  \
    "penetrated_fraction: 0.97\nvirtual: true\n"

static void newest_penetration_counts(void)
{
    char folder[200], path[300], next[300];
    struct run_penetration p = {0};
    struct err e = {0};
    temp_folder(folder);
    CU_ASSERT_EQUAL(run_penetration_read(folder, &p, &e), ERR_IO);
    ASSERT_HAS(e.msg, "no penetration depth is recorded in this run folder");
    ASSERT_HAS(e.hint, "mnrig depth");
    e = (struct err){0};
    CU_ASSERT_EQUAL(run_penetration_next(folder, next, sizeof next, &e), 0);
    ASSERT_HAS(next, "/penetration_01.yaml");
    temp_write(next, READING("401 um"));
    temp_write(temp_path(folder, "penetration_12.yaml", path), READING("0.389 mm"));
    CU_ASSERT_EQUAL(run_penetration_next(folder, next, sizeof next, &e), 0);
    ASSERT_HAS(next, "/penetration_13.yaml");
    CU_ASSERT_EQUAL(run_penetration_read(folder, &p, &e), 0);
    ASSERT_REL(p.depth_mean, 389e-6, 1e-14);
    ASSERT_REL(p.depth_sd, 22e-6, 1e-14);
    CU_ASSERT_TRUE(p.n == 97 && p.fraction == 0.97 && p.is_virtual && strcmp(p.method, "oct") == 0);
    CU_ASSERT_STRING_EQUAL(p.file, path);
    temp_write(temp_path(folder, "penetration_99.yaml", path), "format: mn-run-7\n");
    CU_ASSERT_EQUAL(run_penetration_read(folder, &p, &e), ERR_PARSE);
    ASSERT_HAS(e.msg, "penetration_99.yaml:1:9: format: 'mn-run-7': this program reads mn-penetration-1");
    e = (struct err){0};
    CU_ASSERT_EQUAL(run_penetration_next(folder, next, sizeof next, &e), ERR_IO);
    ASSERT_HAS(e.msg, "all 99 penetration records are taken");
    e = (struct err){0};
    CU_ASSERT_EQUAL(run_penetration_read(path, &p, &e), ERR_IO);
    ASSERT_HAS(e.msg, "not a run folder");
    temp_remove(folder);
}

CU_TestInfo runfolder_tests[] = {
    {"newest penetration counts", newest_penetration_counts},
    CU_TEST_INFO_NULL,
};

/* Sends stdout and stderr to a file while a program's main runs. */
static int captured(int argc, char **argv, const struct cli_command *commands, char **text)
{
    char folder[200], path[300];
    temp_path(temp_folder(folder), "out", path);
    fflush(NULL);
    int out = dup(1), err = dup(2);
    FILE *f = fopen(path, "w");
    dup2(fileno(f), 1);
    dup2(fileno(f), 2);
    int status = cli_main("mnx", "tries commands", commands, argc, argv);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    fclose(f);
    *text = temp_read(path);
    temp_remove(folder);
    return status;
}

static int trip(int argc, char **argv, struct err *e)
{
    err_set(e, ERR_SAFETY, "%s %d: force too high", argv[0], argc);
    err_hint(e, "unload");
    return ERR_SAFETY;
}
static int say_no(int argc, char **argv, struct err *e)
{
    (void)argc; (void)argv; (void)e;
    return ERR_FAILED;
}

static void commands_are_found_helped_and_judged(void)
{
    static const struct cli_command commands[] = {{"press", "presses", "usage: mnx press\n", trip},
                                                  {"check", "checks", "usage: mnx check\n", say_no},
                                                  {NULL, NULL, NULL, NULL}};
    static const struct { const char *a, *b; int status; const char *text; } cases[] = {
        {NULL, NULL, 2, "usage: mnx COMMAND"},
        {"--help", NULL, 0, "  press      presses\n"},
        {"--version", NULL, 0, "mnx "},
        {"help", "press", 0, "usage: mnx press"},
        {"press", "--help", 0, "usage: mnx press"},
        {"press", "x", 6, "mnx: press 2: force too high\nhint: unload\n"},
        {"check", "x", 1, ""},
        {"pres", NULL, 2, "mnx: 'pres' is not a command\nhint: did you mean 'mnx press'?"},
        {"zzzzzzzz", NULL, 2, "hint: 'mnx --help' lists the commands"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *argv[] = {"mnx", (char *)cases[i].a, (char *)cases[i].b, NULL}, *text;
        int argc = cases[i].b ? 3 : cases[i].a ? 2 : 1;
        CU_ASSERT_EQUAL(captured(argc, argv, commands, &text), cases[i].status);
        ASSERT_HAS(text, cases[i].text);
        free(text);
    }
}

CU_TestInfo cli_tests[] = {
    {"commands are found, helped and judged", commands_are_found_helped_and_judged},
    CU_TEST_INFO_NULL,
};

static void figures_and_report_are_whole(void)
{
    static const double x[] = {1, 2, 3, 4}, y[] = {1, NAN, 3, 2.5}, up[] = {2, 3, 4, 5}, z[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const char *const header[] = {"quantity", "value"}, *const cells[] = {"flux <J>", "1.5 ug", "name", "a & b"};
    struct plot_series s[] = {{"a \"q\" `b`\n", PLOT_LINE, 4, x, y, NULL, 0}, {"band", PLOT_BAND, 4, x, y, up, 1}};
    struct plot_map map[] = {{"m", "x", "y", "z", false, false, false, 4, 2, x, x, z}};
    struct plot p = {.title = "T", .xlabel = "t / h", .ylabel = "J", .n = 2, .series = s};
    char folder[200], svg[300], html[300];
    struct report *r;
    struct err e = {0};
    temp_folder(folder);
    CU_ASSERT_EQUAL(plot_write(&p, folder, "a", &e), 0);
    CU_ASSERT_EQUAL(plot_maps_write("all", map, 1, folder, "b", &e), 0);
    CU_ASSERT_STRING_EQUAL(e.msg, "");
    CU_ASSERT_EQUAL_FATAL(report_open(&r, temp_path(folder, "r.html", html), "T <1>", "sub", &e), 0);
    report_section(r, "One");
    report_warning(r, "rehearsal");
    report_table(r, "numbers", header, cells, 2, 2);
    report_figure(r, temp_path(folder, "a.svg", svg), "curve", "rises \"fast\"");
    report_figure(r, svg, "again", "twice");
    report_figure(r, temp_path(folder, "b.svg", svg), "map", "bright at the right");
    CU_ASSERT_EQUAL(report_close(r, &e), 0);
    char *text = temp_read(html);
    ASSERT_HAS(text, "<h1>T &lt;1&gt;</h1>");
    ASSERT_HAS(text, "<th scope=\"row\">flux &lt;J&gt;</th><td>1.5 \xc2\xb5g</td>");
    ASSERT_HAS(text, "<caption>Table 1. numbers</caption>");
    ASSERT_HAS(text, "<svg role=\"img\" aria-labelledby=\"f1-title f1-desc\"");
    ASSERT_HAS(text, "<title id=\"f1-title\">Figure 1. curve</title>");
    ASSERT_HAS(text, "<desc id=\"f1-desc\">rises &quot;fast&quot;</desc>");
    ASSERT_HAS(text, "id='f2-gpPt0'");
    ASSERT_HAS(text, "<figcaption>Figure 2. again</figcaption>");
    ASSERT_HAS(text, "again</figcaption>\n</figure>\n<figure class=\"map\">"); /* whose colours a dark page keeps */
    CU_ASSERT_PTR_NULL(strstr(text, "<?xml"));
    CU_ASSERT_PTR_NULL(strstr(text, "id='gp"));
    free(text);
    temp_remove(folder);
}

static void figure_failures_are_told(void)
{
    static const double x[] = {1, 2}, y[] = {NAN, NAN};
    struct plot_series s = {NULL, PLOT_POINTS, 2, x, y, NULL, 0}, good = {NULL, PLOT_POINTS, 2, x, x, NULL, 0};
    struct plot p = {.n = 1, .series = &s}, q = {.n = 1, .series = &good};
    char folder[200], html[300];
    struct report *r;
    struct err e = {0};
    temp_folder(folder);
    CU_ASSERT_EQUAL(plot_write(&p, folder, "a", &e), ERR_FAILED);
    CU_ASSERT_STRING_EQUAL(e.msg, "figure 'a': no finite point to draw");
    e = (struct err){0};
    CU_ASSERT_EQUAL(plot_write(&q, folder, "../a", &e), ERR_ARG);
    e = (struct err){0};
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    CU_ASSERT_EQUAL(plot_write(&q, folder, "a", &e), ERR_FAILED);
    setenv("PATH", path, 1);
    free(path);
    ASSERT_HAS(e.msg, "gnuplot is not installed");
    ASSERT_HAS(e.hint, "gnuplot-nox");
    e = (struct err){0};
    q.has_xrange = true;
    q.xlo = q.xhi = 3;
    (void)plot_write(&q, folder, "a", &e); /* an empty range: gnuplot widens it or says why */
    CU_ASSERT_EQUAL_FATAL(report_open(&r, temp_path(folder, "r.html", html), "T", NULL, &(struct err){0}), 0);
    report_figure(r, "/nowhere/a.svg", "c", "a");
    e = (struct err){0};
    CU_ASSERT_EQUAL(report_close(r, &e), ERR_IO);
    ASSERT_HAS(e.msg, "r.html: not written: /nowhere/a.svg: cannot be opened");
    CU_ASSERT_PTR_NULL(temp_read(html));
    temp_remove(folder);
}

static void quiet_progress_is_quiet(void)
{
    struct progress p;
    progress_start(&p, "sweep", true, 1.0);
    progress_show(&p, 0.5, "x", 100.0);
    progress_done(&p, NULL, 200.0);
    CU_ASSERT_TRUE(p.started == 1.0 && p.last == 1.0);
}

/* What an earlier start had done says nothing about how quick this one is. */
static void time_left_is_told_once_at_the_rate_of_this_start(void)
{
    char folder[200], path[300];
    struct progress p;
    temp_folder(folder);
    int kept = dup(STDERR_FILENO), to = open(temp_path(folder, "said", path), O_CREAT | O_WRONLY, 0600);
    CU_ASSERT_FATAL(kept >= 0 && to >= 0 && dup2(to, STDERR_FILENO) >= 0);
    progress_start(&p, "sweep", false, 100.0);
    p.before = 0.4;
    progress_show(&p, 0.55, "case 11 of 20", 136.2); /* 0.15 in 36 s, 0.45 to go */
    p.before = 0.0;
    progress_show(&p, 0.6, "case 12 of 20", 145.0);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(to);
    char *said = temp_read(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(said);
    CU_ASSERT_STRING_EQUAL(said, "sweep:  55 %, 1 min 48 s left, case 11 of 20\n"
                                 "sweep:  60 %, 30 s left, case 12 of 20\n");
    free(said);
    temp_remove(folder);
}

CU_TestInfo show_tests[] = {
    {"figures and report are whole", figures_and_report_are_whole},
    {"figure failures are told", figure_failures_are_told},
    {"quiet progress is quiet", quiet_progress_is_quiet},
    {"time left is told once at the rate of this start", time_left_is_told_once_at_the_rate_of_this_start},
    CU_TEST_INFO_NULL,
};
