/* test_proxy.c -- the fault proxy between a raw client and a served bench, over real sockets and terminals. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "rig/virtual/proxy.h"
#include "rig/virtual/server.h"
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"
#include "tests/rig/virtual/raw_client.h"

#define ASK "00 07 00 00 00 06 F7 03 F0 00 00 04"
#define TELL "00 07 00 00 00 0B F7 03 08 4D 4E 42 45 4E 43 48 00"
#define OTHER "00 08 00 00 00 06 F7 03 F0 08 00 01"
#define OTHER_TELL "00 08 00 00 00 05 F7 03 02 00 01"
#define RTU_ASK "F7 03 F0 08 00 01 22 5E"
#define RTU_TELL "F7 03 02 00 01 B1 91"

struct chain {                 /* bench - server - proxy */
    struct vbench *bench;
    struct server *server;
    struct proxy *proxy;
    struct relay_hub *hub;
    pthread_t serving, passing;
    atomic_int stop;
    int rc;
};

static void *serve(void *arg)
{
    struct chain *c = arg;
    (void)server_run(c->server, c->bench, &c->stop, NULL);
    return NULL;
}

static void *pass(void *arg)
{
    struct chain *c = arg;
    c->rc = proxy_run(c->proxy, &c->stop, NULL);
    return NULL;
}

static void start_server(struct chain *c, bool rtu)
{
    struct server_settings set = {.bind = "127.0.0.1", .tcp_port = rtu ? -1 : 0, .rtu = rtu ? "pty" : NULL,
                                  .serial = {115200, 'E'}, .seconds = 20.0};
    *c = (struct chain){.bench = kit_bench(6), .rc = -1};
    CU_ASSERT_EQUAL_FATAL(server_open(&c->server, &set, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&c->serving, NULL, serve, c), 0);
}

static void start_proxy(struct chain *c, struct proxy_settings set, const char *script)
{
    struct err e = {0};
    set.bind = "127.0.0.1";
    set.seconds = 20.0;
    if (!set.serial.baud)
        set.serial = (struct serial_settings){115200, 'E'};
    if (server_rtu_name(c->server)) {
        set.to_serial = server_rtu_name(c->server);
    } else {
        set.to_host = "localhost";
        set.to_port = server_port(c->server);
    }
    c->hub = calloc(1, sizeof *c->hub);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c->hub);
    if (fault_parse(&c->hub->script, "f", script, &e) || proxy_open(&c->proxy, &set, c->hub, &e)) {
        printf("\n%s", e.msg);
        CU_FAIL_FATAL("proxy");
    }
    CU_ASSERT_EQUAL_FATAL(pthread_create(&c->passing, NULL, pass, c), 0);
}

static void start(struct chain *c, const char *script)
{
    start_server(c, false);
    start_proxy(c, (struct proxy_settings){.listen_port = 0}, script);
}

static void end(struct chain *c)
{
    c->stop = 1;
    pthread_join(c->passing, NULL);
    pthread_join(c->serving, NULL);
    CU_ASSERT_EQUAL(c->rc, 0);
    proxy_close(c->proxy);
    server_close(c->server);
    vbench_free(c->bench);
    free(c->hub);
}

/* The raw client asks once under a script and hears this. */
static void hears(const char *script, const char *reply)
{
    struct chain c;
    start(&c, script);
    int fd = raw_dial(proxy_port(c.proxy));
    raw_say(fd, ASK);
    if (*reply)
        raw_expect(fd, reply);
    CU_ASSERT(raw_is_silent(fd, 30));
    close(fd);
    end(&c);
}

static void raw_client_sees_each_fault_of_a_message(void)
{
    hears("", TELL);
    hears("at request 1: drop request", "");
    hears("at request 1: drop reply", "");
    hears("at request 1: cut reply 8", "00 07 00 00 00 0B F7 03");
    hears("at request 1: junk before reply DE AD", "DE AD " TELL);
    hears("at request 1: junk after reply BE EF", TELL " BE EF");
    hears("at request 1: flip reply 16", "00 07 00 00 00 0B F7 03 08 4D 4E 42 45 4E 43 48 01");
    hears("at request 1: wrong unit reply 9", "00 07 00 00 00 0B 09 03 08 4D 4E 42 45 4E 43 48 00");
    hears("at request 1: wrong transaction reply", "00 08 00 00 00 0B F7 03 08 4D 4E 42 45 4E 43 48 00");
    hears("at request 1: exception request 4", "00 07 00 00 00 03 F7 83 04");
    hears("at request 1: exception reply 6", "00 07 00 00 00 03 F7 83 06");
    hears("at request 1: duplicate reply", TELL " " TELL);
    hears("at request 1: wrong unit request 9", ""); /* nobody there */
}

static void delayed_and_trickled_replies_take_their_time(void)
{
    struct chain c;
    uint8_t b[17];
    start(&c, "at request 1: delay reply 60 ms\nat request 2: trickle reply 4 ms");
    int fd = raw_dial(proxy_port(c.proxy));
    double from = raw_clock();
    raw_say(fd, ASK);
    raw_expect(fd, TELL);
    CU_ASSERT(raw_clock() - from >= 0.06);
    from = raw_clock();
    raw_say(fd, ASK);
    for (int i = 0; i < 17; i++) {
        CU_ASSERT_EQUAL(raw_hear(fd, b, 1), 1);
        CU_ASSERT(raw_clock() - from >= 4e-3 * (i + 1) - 1e-4);
    }
    close(fd);
    end(&c);
}

static void late_reply_stands_where_the_next_is_expected(void)
{
    struct chain c;
    start(&c, "at request 1: late reply\nat request 3: reorder reply");
    int fd = raw_dial(proxy_port(c.proxy));
    raw_say(fd, ASK);
    CU_ASSERT(raw_is_silent(fd, 50));
    raw_say(fd, OTHER);
    raw_expect(fd, TELL);
    raw_expect(fd, OTHER_TELL);
    raw_say(fd, ASK);
    raw_say(fd, OTHER);
    raw_expect(fd, OTHER_TELL " " TELL);
    close(fd);
    end(&c);
}

static void reset_breaks_every_connection_and_the_next_one_works(void)
{
    struct chain c;
    char byte;
    start(&c, "at request 3: reset");
    int fd = raw_dial(proxy_port(c.proxy)), other = raw_dial(proxy_port(c.proxy));
    raw_say(fd, ASK);
    raw_expect(fd, TELL);
    raw_say(other, ASK);
    raw_expect(other, TELL);
    raw_say(fd, ASK);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    CU_ASSERT_EQUAL(poll(&p, 1, 1000), 1);
    CU_ASSERT(recv(fd, &byte, 1, 0) < 0); /* reset, not closed */
    CU_ASSERT(raw_is_hung_up(other));
    close(fd);
    close(other);
    fd = raw_dial(proxy_port(c.proxy));
    raw_say(fd, ASK);
    raw_expect(fd, TELL);
    close(fd);
    end(&c);
}

static bool can_dial(int port)
{
    char command[80];
    snprintf(command, sizeof command, "bash -c '</dev/tcp/127.0.0.1/%d' 2>/dev/null", port);
    return system(command) == 0;
}

static void refused_connections_come_back_on_the_same_port(void)
{
    struct chain c;
    start(&c, "at request 1: refuse 300 ms");
    int port = proxy_port(c.proxy), fd = raw_dial(port);
    raw_say(fd, ASK);
    raw_expect(fd, TELL); /* the one that was there stays */
    CU_ASSERT_FALSE(can_dial(port));
    usleep(350000);
    int again = raw_dial(port);
    raw_say(again, ASK);
    raw_expect(again, TELL);
    close(again);
    close(fd);
    end(&c);
}

static void server_that_goes_takes_its_clients_along(void)
{
    struct chain c;
    start(&c, "");
    int fd = raw_dial(proxy_port(c.proxy));
    raw_say(fd, "00 01 00 07 00 06"); /* junk: the server hangs up */
    CU_ASSERT(raw_is_hung_up(fd));
    close(fd);
    end(&c);
}

static void terminal_client_of_a_tcp_server(void)
{
    struct chain c;
    start_server(&c, false);
    start_proxy(&c, (struct proxy_settings){.listen_port = -1, .serial = {9600, 'E'}, .paced = true},
                "at request 6: drop reply");
    int fd = raw_open(proxy_pty_name(c.proxy));
    double best = 9.0;
    for (int i = 0; i < 5; i++) {
        double from = raw_clock();
        raw_say(fd, RTU_ASK);
        raw_expect(fd, RTU_TELL);
        double took = raw_clock() - from;
        best = took < best ? took : best;
        usleep(5000);
    }
    /* 11 bits x (8 + 7 bytes) / 9600 + one silence: 21.2 ms */
    CU_ASSERT(best >= 21.1e-3 && best < 32e-3);
    raw_say(fd, RTU_ASK);
    CU_ASSERT(raw_is_silent(fd, 60));
    close(fd);
    end(&c);
}

static void terminal_client_of_a_terminal_server(void)
{
    struct chain c;
    start_server(&c, true);
    start_proxy(&c, (struct proxy_settings){.listen_port = -1},
                "at request 2: flip reply 3\nat request 3: junk before reply 00");
    int fd = raw_open(proxy_pty_name(c.proxy));
    raw_say(fd, RTU_ASK);
    raw_expect(fd, RTU_TELL);
    raw_say(fd, RTU_ASK);
    raw_expect(fd, "F7 03 02 01 01 B1 91");
    raw_say(fd, RTU_ASK);
    raw_expect(fd, "00 " RTU_TELL);
    close(fd);
    end(&c);
}

static void tcp_client_of_a_terminal_server(void)
{
    struct chain c;
    start_server(&c, true);
    start_proxy(&c, (struct proxy_settings){.listen_port = 0}, "");
    int fd = raw_dial(proxy_port(c.proxy)), second = raw_dial(proxy_port(c.proxy));
    raw_say(fd, OTHER);
    raw_expect(fd, OTHER_TELL);
    CU_ASSERT(raw_is_hung_up(second)); /* a serial line has one master */
    close(second);
    close(fd);
    end(&c);
}

static void pulled_adapter_comes_back_under_its_link(void)
{
    char folder[300], link[340], was[300], is[300];
    struct chain c;
    kit_folder(folder, sizeof folder);
    snprintf(link, sizeof link, "%s/ttyBENCH", folder);
    start_server(&c, false);
    start_proxy(&c, (struct proxy_settings){.listen_port = -1, .link = link},
                "at request 2: reset\nat request 2: refuse 200 ms");
    int fd = raw_open(link);
    ssize_t n = readlink(link, was, sizeof was);
    raw_say(fd, RTU_ASK);
    raw_expect(fd, RTU_TELL);
    raw_say(fd, RTU_ASK);
    usleep(50000);
    char byte;
    CU_ASSERT(read(fd, &byte, 1) <= 0); /* hung up */
    CU_ASSERT_EQUAL(access(link, F_OK), -1);
    usleep(300000);
    ssize_t m = readlink(link, is, sizeof is); /* while the old one is still open its name is not given again */
    CU_ASSERT(m != n || memcmp(was, is, (size_t)n) != 0);
    close(fd);
    fd = raw_open(link);
    raw_say(fd, RTU_ASK);
    raw_expect(fd, RTU_TELL);
    close(fd);
    end(&c);
    CU_ASSERT_EQUAL(access(link, F_OK), -1);
    kit_remove(folder);
}

static void what_cannot_be_opened_is_named(void)
{
    struct proxy_settings set = {.bind = "127.0.0.1", .listen_port = 0, .to_host = "no.such.host.invalid",
                                 .to_port = 502, .serial = {115200, 'E'}};
    struct proxy *p = NULL;
    struct relay_hub hub = {0};
    struct err e = {0};
    char folder[300], file[340];
    CU_ASSERT_EQUAL(proxy_open(&p, &set, &hub, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "cannot resolve 'no.such.host.invalid'");
    e = (struct err){0};
    set.to_host = NULL;
    set.to_serial = "/dev/none";
    CU_ASSERT_EQUAL(proxy_open(&p, &set, &hub, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "cannot open serial port '/dev/none'");
    e = (struct err){0};
    set = (struct proxy_settings){.bind = "::1", .to_host = "127.0.0.1", .to_port = 502, .serial = {115200, 'E'}};
    CU_ASSERT_EQUAL(proxy_open(&p, &set, &hub, &e), ERR_ARG);
    ASSERT_HAS(e.msg, "bind address '::1'");
    e = (struct err){0};
    kit_folder(folder, sizeof folder);
    snprintf(file, sizeof file, "%s/precious", folder);
    fclose(fopen(file, "w"));
    set.listen_port = -1;
    set.link = file;
    CU_ASSERT_EQUAL(proxy_open(&p, &set, &hub, &e), ERR_ARG);
    ASSERT_HAS(e.msg, "a file of that name exists");
    CU_ASSERT_EQUAL(access(file, F_OK), 0);
    kit_remove(folder);
}

CU_TestInfo virtual_proxy_tests[] = {
    {"raw client sees each fault of a message", raw_client_sees_each_fault_of_a_message},
    {"delayed and trickled replies take their time", delayed_and_trickled_replies_take_their_time},
    {"late reply stands where the next is expected", late_reply_stands_where_the_next_is_expected},
    {"reset breaks every connection, the next one works", reset_breaks_every_connection_and_the_next_one_works},
    {"refused connections come back on the same port", refused_connections_come_back_on_the_same_port},
    {"server that goes takes its clients along", server_that_goes_takes_its_clients_along},
    {"terminal client of a TCP server", terminal_client_of_a_tcp_server},
    {"terminal client of a terminal server", terminal_client_of_a_terminal_server},
    {"TCP client of a terminal server", tcp_client_of_a_terminal_server},
    {"pulled adapter comes back under its link", pulled_adapter_comes_back_under_its_link},
    {"what cannot be opened is named", what_cannot_be_opened_is_named},
    CU_TEST_INFO_NULL,
};
