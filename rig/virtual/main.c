/* main.c -- mnbench: the virtual bench as a Modbus server, and a proxy that spoils what passes. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/cli.h"
#include "base/place.h"
#include "base/text/file.h"
#include "base/text/number.h"
#include "base/text/units.h"
#include "rig/virtual/proxy_command.h"
#include "rig/virtual/server.h"
#include "rig/virtual/settings.h"

static atomic_int stop_asked; /* lock-free: a handler may set it */

static void ask_to_stop(int signal_number)
{
    (void)signal_number;
    stop_asked = 1;
}

struct options {
    struct server_settings server;
    const char *config, *out, *faults, *print_port;
    long seed;
    int pace;                    /* 1, 0, or -1: on for a pty alone */
};

enum { OPT_TCP = 1, OPT_RTU, OPT_BAUD, OPT_PARITY, OPT_PACE, OPT_BIND, OPT_CONFIG, OPT_SEED, OPT_OUT, OPT_FAULTS,
       OPT_PRINT_PORT, OPT_SECONDS, OPT_IDLE_EXIT };

static const struct option long_options[] = {
    {"tcp", required_argument, NULL, OPT_TCP},
    {"rtu", required_argument, NULL, OPT_RTU},
    {"baud", required_argument, NULL, OPT_BAUD},
    {"parity", required_argument, NULL, OPT_PARITY},
    {"pace", required_argument, NULL, OPT_PACE},
    {"bind", required_argument, NULL, OPT_BIND},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"seed", required_argument, NULL, OPT_SEED},
    {"out", required_argument, NULL, OPT_OUT},
    {"faults", required_argument, NULL, OPT_FAULTS},
    {"print-port", required_argument, NULL, OPT_PRINT_PORT},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"idle-exit", required_argument, NULL, OPT_IDLE_EXIT},
    {NULL, 0, NULL, 0},
};

static const char serve_help[] =
    "usage: mnbench serve [--tcp PORT] [--rtu PATH|pty] [options]\n"
    "\n"
    "Serves the virtual bench (drive: unit 1, load cell: unit 2, identity: unit 247) until SIGTERM, SIGINT or\n"
    "a limit.\n"
    "\n"
    "  --tcp PORT         Modbus TCP; 0 picks a free port (default 0, unless --rtu is given)\n"
    "  --rtu PATH|pty     Modbus RTU on a serial port, or on a new pseudo-terminal\n"
    "  --baud N           of the serial port, default 115200\n"
    "  --parity N|E|O     of the serial port, default E\n"
    "  --pace on|off      bytes take the time of the baud rate; default on for pty, off for a port, which has its own\n"
    "  --bind ADDRESS     IPv4 address to serve on, default 127.0.0.1\n"
    "  --config FILE      the virtual world, default config/benches/mnbench.yaml\n"
    "  --seed N           of specimens and noise, default 1\n"
    "  --out DIR          write truth.csv, writes.csv and specimen_N/ there\n"
    "  --faults FILE      device faults at given times or states (docs/reference/mnbench.md)\n"
    "  --print-port FILE  write the TCP port and the RTU port's name there, a line each, when ready\n"
    "  --seconds S        end after this long, default 3600\n"
    "  --idle-exit S      end when no client was there for this long, default 0: never\n"
    "\n"
    "example: mnbench serve --tcp 0 --seed 17 --out bench-out --print-port bench.port\n"
    "exit status: 0 ended as asked, 2 usage, 3 configuration or files, 5 a port cannot be served";

static int to_integer(const char *name, const char *text, long lo, long hi, long *out, struct err *e)
{
    if (!number_parse_integer(text, out) || *out < lo || *out > hi)
        return err_set(e, ERR_ARG, "--%s '%s': must be an integer from %ld to %ld", name, text, lo, hi);
    return 0;
}

static int to_seconds(const char *name, const char *text, double lo, double *out, struct err *e)
{
    if (!number_parse(text, out) || !(*out >= lo && *out <= 1e6))
        return err_set(e, ERR_ARG, "--%s '%s': must be %g to 1e6 seconds", name, text, lo);
    return 0;
}

static int to_switch(const char *name, const char *text, int *out, struct err *e)
{
    *out = strcmp(text, "on") == 0;
    return *out || strcmp(text, "off") == 0 ? 0 : err_set(e, ERR_ARG, "--%s '%s': must be on or off", name, text);
}

static int take_option(struct options *o, int code, const char *text, struct err *e)
{
    long n = 0;
    int rc = 0;
    switch (code) {
    case OPT_TCP:
        rc = to_integer("tcp", text, 0, 65535, &n, e);
        o->server.tcp_port = (int)n;
        break;
    case OPT_RTU:        o->server.rtu = text; break;
    case OPT_BAUD:       rc = to_integer("baud", text, 1, 10000000, &o->server.serial.baud, e); break;
    case OPT_PARITY:
        if (strlen(text) != 1)
            rc = err_set(e, ERR_ARG, "--parity '%s': must be N, E or O", text);
        o->server.serial.parity = text[0];
        break;
    case OPT_PACE:
        rc = to_switch("pace", text, &o->pace, e);
        break;
    case OPT_BIND:       o->server.bind = text; break;
    case OPT_CONFIG:     o->config = text; break;
    case OPT_SEED:       rc = to_integer("seed", text, 0, 0x7FFFFFFF, &o->seed, e); break;
    case OPT_OUT:        o->out = text; break;
    case OPT_FAULTS:     o->faults = text; break;
    case OPT_PRINT_PORT: o->print_port = text; break;
    case OPT_SECONDS:    rc = to_seconds("seconds", text, 0.1, &o->server.seconds, e); break;
    case OPT_IDLE_EXIT:  rc = to_seconds("idle-exit", text, 0.0, &o->server.idle_exit, e); break;
    default: break;
    }
    return rc;
}

static int read_options(struct options *o, int argc, char **argv, struct err *e)
{
    int code, rc = 0;
    opterr = 0;
    optind = 1;
    while (!rc && (code = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (code == '?' || code == ':') {
            rc = err_set(e, ERR_ARG, code == ':' ? "option '%s' needs a value" : "unknown option '%s'",
                         argv[optind - 1]);
            err_hint(e, "mnbench serve --help lists the options");
        } else {
            rc = take_option(o, code, optarg, e);
        }
    }
    if (!rc && optind < argc)
        rc = err_set(e, ERR_ARG, "unexpected argument '%s'", argv[optind]);
    if (!rc && o->server.tcp_port < 0 && !o->server.rtu)
        o->server.tcp_port = 0;
    o->server.paced = o->pace >= 0 ? o->pace : o->server.rtu && strcmp(o->server.rtu, "pty") == 0;
    return rc ? rc : serial_check(&o->server.serial, e);
}

static bool is_bench_there(const char *dir, int len, const char *below, char *path, size_t size)
{
    int n = snprintf(path, size, "%.*s%s/benches/mnbench.yaml", len, dir, below);
    return n > 0 && (size_t)n < size && access(path, R_OK) == 0;
}

/* The first of ./config, the folders of $MN_PATH (config/ itself, or what holds it) and PREFIX/share/mn/config that
 * holds the bench. */
static bool find_bench(char *path, size_t size)
{
    if (is_bench_there("config", 6, "", path, size))
        return true;
    for (const char *m = getenv("MN_PATH"); m && *m;) {
        int len = (int)strcspn(m, ":");
        if (len > 0
            && (is_bench_there(m, len, "", path, size) || is_bench_there(m, len, "/config", path, size)))
            return true;
        m += len + (m[len] == ':');
    }
    return is_bench_there(MN_PREFIX, 600, "/share/mn/config", path, size);
}

static int open_settings(struct plant_settings *out, const char *given, struct err *e)
{
    char path[1024];
    if (given || find_bench(path, sizeof path))
        return settings_open(out, given ? given : path, e);
    err_set(e, ERR_IO, "no benches/mnbench.yaml below config, $MN_PATH or %s", MN_PREFIX "/share/mn/config");
    err_hint(e, "give --config FILE");
    return ERR_IO;
}

static int write_ports(const struct server *s, const char *path, struct err *e)
{
    struct file_out o;
    int rc = place_check_ports(path, e);
    if (!rc)
        rc = file_create(&o, path, e);
    if (rc)
        return rc;
    if (server_port(s) >= 0)
        fprintf(o.f, "%d\n", server_port(s));
    if (server_rtu_name(s))
        fprintf(o.f, "%s\n", server_rtu_name(s));
    return file_commit(&o, e);
}

static void say_where(const struct server *s, const struct options *o)
{
    if (server_port(s) >= 0)
        printf("mnbench: Modbus TCP on %s:%d\n", o->server.bind, server_port(s));
    if (server_rtu_name(s))
        printf("mnbench: Modbus RTU on %s (%ld baud, parity %c)\n", server_rtu_name(s), o->server.serial.baud,
               o->server.serial.parity);
    printf("mnbench: seed %ld; drive unit 1, load cell unit 2, identity unit 247; ends after %g s\n", o->seed,
           o->server.seconds);
    fflush(stdout);
}

static int serve_bench(struct vbench *v, const struct options *o, struct err *e)
{
    struct server *s = NULL;
    int rc = server_open(&s, &o->server, e);
    if (!rc && o->print_port)
        rc = write_ports(s, o->print_port, e);
    if (!rc) {
        say_where(s, o);
        rc = server_run(s, v, &stop_asked, e);
    }
    server_close(s);
    return rc;
}

static int set_up_and_serve(struct options *o, struct err *e)
{
    struct plant_settings set;
    struct vbench *v = NULL;
    int rc = open_settings(&set, o->config, e);
    if (!rc)
        rc = vbench_new(&v, &set, (uint64_t)o->seed, e);
    if (!rc && o->faults)
        rc = fault_read(&v->faults, o->faults, e);
    if (!rc && o->out)
        rc = vbench_log_to(v, o->out, e);
    if (!rc) {
        rc = serve_bench(v, o, e);
        int closing = vbench_close_logs(v, e);
        rc = rc ? rc : closing;
    }
    vbench_free(v);
    return rc;
}

static void heed_signals(void)
{
    struct sigaction on_stop = {.sa_handler = ask_to_stop};
    sigaction(SIGTERM, &on_stop, NULL);
    sigaction(SIGINT, &on_stop, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int serve(int argc, char **argv, struct err *e)
{
    struct options o = {.server = {.bind = "127.0.0.1", .tcp_port = -1, .serial = {115200, 'E'}, .seconds = 3600.0},
                        .seed = 1, .pace = -1};
    int rc = read_options(&o, argc, argv, e);
    if (rc)
        return rc;
    heed_signals();
    rc = units_init(e);
    if (!rc)
        rc = set_up_and_serve(&o, e);
    units_release();
    return rc;
}

static int proxy(int argc, char **argv, struct err *e)
{
    int rc = units_init(e);
    heed_signals();
    if (!rc)
        rc = proxy_command(argc, argv, &stop_asked, e);
    units_release();
    return rc;
}

int main(int argc, char **argv)
{
    static const struct cli_command commands[] = {
        {"serve", "serve the virtual bench over Modbus TCP and RTU", serve_help, serve},
        {"proxy", "stand between client and server and spoil what passes", proxy_help, proxy},
        {NULL, NULL, NULL, NULL},
    };
    return cli_main("mnbench", "the virtual bench: a drive, a load cell and skin behind Modbus", commands, argc, argv);
}
