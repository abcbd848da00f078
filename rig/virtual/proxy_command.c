/* proxy_command.c -- see proxy_command.h. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "base/place.h"
#include "base/text/file.h"
#include "base/text/number.h"
#include "base/text/table.h"
#include "rig/virtual/proxy.h"
#include "rig/virtual/proxy_command.h"

const char proxy_help[] =
    "usage: mnbench proxy --listen tcp:PORT|pty --to tcp:HOST:PORT|serial:PATH [options]\n"
    "\n"
    "Stands between a Modbus client and a server and spoils what passes, as a script says.\n"
    "\n"
    "  --listen WHERE     tcp:PORT (0 picks a free one) or pty: where the client comes\n"
    "  --to WHERE         tcp:HOST:PORT or serial:PATH: the server\n"
    "  --faults FILE      line faults (docs/reference/mnbench.md); device faults in it are left to mnbench serve\n"
    "  --transcript FILE  CSV of every request and reply, a row each as they pass; must not exist\n"
    "  --baud N           of pty and serial port, default 115200\n"
    "  --parity N|E|O     of the serial port, default E\n"
    "  --pace on|off      the pty's bytes take the time of the baud rate, default on\n"
    "  --link PATH        symbolic link that always names the pty, also after `reset`\n"
    "  --bind ADDRESS     IPv4 address to listen on, default 127.0.0.1\n"
    "  --print-port FILE  write the TCP port or the pty's name there when ready\n"
    "  --seconds S        end after this long, default 3600\n"
    "  --idle-exit S      end when no client was there for this long, default 0: never\n"
    "\n"
    "example: mnbench proxy --listen tcp:0 --to tcp:127.0.0.1:1502 --faults faults.txt --print-port proxy.port\n"
    "exit status: 0 ended as asked, 2 usage, 3 faults or files, 5 a port cannot be opened or fails";

enum { OPT_LISTEN = 1, OPT_TO, OPT_FAULTS, OPT_TRANSCRIPT, OPT_BAUD, OPT_PARITY, OPT_PACE, OPT_LINK, OPT_BIND,
       OPT_PRINT_PORT, OPT_SECONDS, OPT_IDLE_EXIT };

static const struct option long_options[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"to", required_argument, NULL, OPT_TO},
    {"faults", required_argument, NULL, OPT_FAULTS},
    {"transcript", required_argument, NULL, OPT_TRANSCRIPT},
    {"baud", required_argument, NULL, OPT_BAUD},
    {"parity", required_argument, NULL, OPT_PARITY},
    {"pace", required_argument, NULL, OPT_PACE},
    {"link", required_argument, NULL, OPT_LINK},
    {"bind", required_argument, NULL, OPT_BIND},
    {"print-port", required_argument, NULL, OPT_PRINT_PORT},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"idle-exit", required_argument, NULL, OPT_IDLE_EXIT},
    {NULL, 0, NULL, 0},
};

struct options {
    struct proxy_settings proxy;
    const char *faults, *transcript, *print_port;
    bool listens;
    char host[256];
};

static int take_listen(struct options *o, const char *text, struct err *e)
{
    long port = 0;
    o->listens = true;
    if (strcmp(text, "pty") == 0) {
        o->proxy.listen_port = -1;
        return 0;
    }
    if (strncmp(text, "tcp:", 4) != 0 || !number_parse_integer(text + 4, &port) || port < 0 || port > 65535)
        return err_set(e, ERR_ARG, "--listen '%s': must be tcp:PORT (0 to 65535) or pty", text);
    o->proxy.listen_port = (int)port;
    return 0;
}

static int take_to(struct options *o, const char *text, struct err *e)
{
    long port = 0;
    if (strncmp(text, "serial:", 7) == 0 && text[7]) {
        o->proxy.to_serial = text + 7;
        return 0;
    }
    const char *colon = strrchr(text, ':'), *host = text + 4;
    if (strncmp(text, "tcp:", 4) != 0 || colon <= host || (size_t)(colon - host) >= sizeof o->host
        || !number_parse_integer(colon + 1, &port) || port < 1 || port > 65535)
        return err_set(e, ERR_ARG, "--to '%s': must be tcp:HOST:PORT or serial:PATH", text);
    memcpy(o->host, host, (size_t)(colon - host));
    o->proxy.to_host = o->host;
    o->proxy.to_port = (int)port;
    return 0;
}

static int take_seconds(const char *name, const char *text, double lo, double *out, struct err *e)
{
    if (!number_parse(text, out) || !(*out >= lo && *out <= 1e6))
        return err_set(e, ERR_ARG, "--%s '%s': must be %g to 1e6 seconds", name, text, lo);
    return 0;
}

static int take_line(struct options *o, int code, const char *text, struct err *e)
{
    if (code == OPT_BAUD)
        return number_parse_integer(text, &o->proxy.serial.baud)
                   ? 0 : err_set(e, ERR_ARG, "--baud '%s': must be an integer", text);
    if (code == OPT_PARITY) {
        o->proxy.serial.parity = strlen(text) == 1 ? text[0] : '?';
        return 0;
    }
    o->proxy.paced = strcmp(text, "on") == 0;
    return o->proxy.paced || strcmp(text, "off") == 0 ? 0
           : err_set(e, ERR_ARG, "--pace '%s': must be on or off", text);
}

static int take_option(struct options *o, int code, const char *text, struct err *e)
{
    switch (code) {
    case OPT_LISTEN:     return take_listen(o, text, e);
    case OPT_TO:         return take_to(o, text, e);
    case OPT_FAULTS:     o->faults = text; return 0;
    case OPT_TRANSCRIPT: o->transcript = text; return 0;
    case OPT_LINK:       o->proxy.link = text; return 0;
    case OPT_BIND:       o->proxy.bind = text; return 0;
    case OPT_PRINT_PORT: o->print_port = text; return 0;
    case OPT_SECONDS:    return take_seconds("seconds", text, 0.1, &o->proxy.seconds, e);
    case OPT_IDLE_EXIT:  return take_seconds("idle-exit", text, 0.0, &o->proxy.idle_exit, e);
    default:             return take_line(o, code, text, e);
    }
}

static int check_options(struct options *o, struct err *e)
{
    if (!o->listens || (!o->proxy.to_host && !o->proxy.to_serial)) {
        err_set(e, ERR_ARG, "--%s is needed", o->listens ? "to" : "listen");
        err_hint(e, "mnbench proxy --help shows an example");
        return ERR_ARG;
    }
    if (o->proxy.link && o->proxy.listen_port >= 0)
        return err_set(e, ERR_ARG, "--link names a pty: it goes with --listen pty");
    o->proxy.paced = o->proxy.paced && o->proxy.listen_port < 0;
    return serial_check(&o->proxy.serial, e);
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
            err_hint(e, "mnbench proxy --help lists the options");
        } else {
            rc = take_option(o, code, optarg, e);
        }
    }
    if (!rc && optind < argc)
        rc = err_set(e, ERR_ARG, "unexpected argument '%s'", argv[optind]);
    return rc ? rc : check_options(o, e);
}

/* ---- transcript ---- */

struct transcript { struct table_out *table; struct err failed; };

static void optional(struct table_out *o, bool there, long x)
{
    if (there)
        table_integer(o, x);
    else
        table_word(o, "");
}

static void write_row(void *user, const struct relay_record *r)
{
    struct transcript *t = user;
    const struct frame *f = r->frame;
    bool addressed = f && r->direction == FAULT_ON_REQUEST && f->n >= 5;
    char hex[2 * RELAY_IN + 1] = "";
    if (!t->table || t->failed.code)
        return;
    for (size_t i = 0; i < r->n && i < RELAY_IN; i++)
        snprintf(hex + 2 * i, 3, "%02X", r->bytes[i]);
    table_number(t->table, r->time);
    table_integer(t->table, r->connection);
    table_integer(t->table, r->number);
    table_word(t->table, r->direction == FAULT_ON_REQUEST ? "request" : "reply");
    optional(t->table, f, f ? f->unit : 0);
    optional(t->table, f, f ? f->pdu[0] : 0);
    optional(t->table, addressed, addressed ? f->pdu[1] << 8 | f->pdu[2] : 0);
    optional(t->table, addressed, addressed ? f->pdu[3] << 8 | f->pdu[4] : 0);
    table_word(t->table, hex);
    table_word(t->table, r->done);
    table_end_row(t->table, &t->failed);
}

static int open_transcript(struct transcript *t, const char *path, struct err *e)
{
    static const char *const columns[] = {"time_s",  "connection", "number", "direction", "unit",
                                          "function", "address",   "value",  "bytes",     "fault"};
    return path ? table_create_live(&t->table, path, columns, sizeof columns / sizeof columns[0], e) : 0;
}

static int close_transcript(struct transcript *t, struct err *e)
{
    if (t->failed.code)
        err_set(e, t->failed.code, "%s", t->failed.msg);
    int rc = t->table ? table_close(t->table, e) : 0;
    return t->failed.code ? t->failed.code : rc;
}

/* ---- running ---- */

static int write_port(const struct proxy *p, const char *path, struct err *e)
{
    struct file_out o;
    int rc = place_check_ports(path, e);
    if (!rc)
        rc = file_create(&o, path, e);
    if (rc)
        return rc;
    if (proxy_pty_name(p))
        fprintf(o.f, "%s\n", proxy_pty_name(p));
    else
        fprintf(o.f, "%d\n", proxy_port(p));
    return file_commit(&o, e);
}

static void say_where(const struct proxy *p, const struct options *o)
{
    if (proxy_pty_name(p))
        printf("mnbench: proxy on %s (%ld baud%s)\n", proxy_pty_name(p), o->proxy.serial.baud,
               o->proxy.paced ? "" : ", not paced");
    else
        printf("mnbench: proxy on %s:%d\n", o->proxy.bind, proxy_port(p));
    fflush(stdout);
}

static int run_proxy(const struct options *o, struct relay_hub *hub, const atomic_int *stop, struct err *e)
{
    struct proxy *p = NULL;
    int rc = proxy_open(&p, &o->proxy, hub, e);
    if (!rc && o->print_port)
        rc = write_port(p, o->print_port, e);
    if (!rc) {
        say_where(p, o);
        rc = proxy_run(p, stop, e);
    }
    proxy_close(p);
    return rc;
}

static int read_faults(const struct options *o, struct relay_hub *hub, struct err *e)
{
    enum mangle_framing client = o->proxy.listen_port < 0 ? MANGLE_RTU : MANGLE_TCP;
    int rc = o->faults ? fault_read(&hub->script, o->faults, e) : 0;
    if (!rc && (rc = relay_check(&hub->script, client, o->proxy.to_serial ? MANGLE_RTU : MANGLE_TCP, e)) != 0)
        err_at(e, "%s", o->faults);
    return rc;
}

int proxy_command(int argc, char **argv, const atomic_int *stop, struct err *e)
{
    struct options o = {.proxy = {.bind = "127.0.0.1", .serial = {115200, 'E'}, .paced = true, .seconds = 3600.0}};
    struct transcript t = {0};
    int rc = read_options(&o, argc, argv, e);
    if (rc)
        return rc;
    struct relay_hub *hub = calloc(1, sizeof *hub);
    if (!hub)
        return err_set(e, ERR_NOMEM, "no memory for the proxy");
    hub->note = write_row;
    hub->user = &t;
    rc = read_faults(&o, hub, e);
    if (!rc)
        rc = open_transcript(&t, o.transcript, e);
    if (!rc) {
        rc = run_proxy(&o, hub, stop, e);
        int closing = close_transcript(&t, e);
        rc = rc ? rc : closing;
    }
    free(hub);
    return rc;
}
