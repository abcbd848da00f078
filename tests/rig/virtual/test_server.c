/* test_server.c -- the server over real sockets and a real pty, with bytes typed by hand. */
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include "rig/virtual/server.h"
#include "tests/rig/suites.h"
#include "tests/rig/virtual/bench_kit.h"
#include "tests/rig/virtual/raw_client.h"

struct running {
    struct server *server;
    struct vbench *bench;
    pthread_t thread;
    atomic_int stop;
    int rc;
};

static void *run(void *arg)
{
    struct running *r = arg;
    r->rc = server_run(r->server, r->bench, &r->stop, NULL);
    return NULL;
}

static void launch(struct running *r, struct vbench *bench, const struct server_settings *set)
{
    *r = (struct running){.rc = -1, .bench = bench};
    CU_ASSERT_EQUAL_FATAL(server_open(&r->server, set, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&r->thread, NULL, run, r), 0);
}

static void start(struct running *r, const char *rtu, double idle_exit)
{
    struct server_settings set = {.bind = "127.0.0.1", .tcp_port = rtu ? -1 : 0, .rtu = rtu, .serial = {115200, 'E'},
                                  .seconds = 20.0, .idle_exit = idle_exit};
    launch(r, kit_bench(6), &set);
}

static void end(struct running *r)
{
    r->stop = 1;
    pthread_join(r->thread, NULL);
    CU_ASSERT_EQUAL(r->rc, 0);
    server_close(r->server);
    vbench_free(r->bench);
}

static void tcp_answers_whole_split_and_joined_requests(void)
{
    struct running r;
    start(&r, NULL, 0.0);
    int fd = raw_dial(server_port(r.server));
    raw_say(fd, "00 07 00 00 00 06 F7 03 F0 00 00 04");
    raw_expect(fd, "00 07 00 00 00 0B F7 03 08 4D 4E 42 45 4E 43 48 00");
    raw_say(fd, "00 08 00 00 00");
    usleep(20000);
    raw_say(fd, "06 01 03 00 00 00 02");
    raw_expect(fd, "00 08 00 00 00 07 01 03 04 00 00 00 00");
    raw_say(fd, "00 09 00 00 00 06 01 03 00 00 00 02 00 0A 00 00 00 06 01 01 00 00 00 01");
    raw_expect(fd, "00 09 00 00 00 07 01 03 04 00 00 00 00 00 0A 00 00 00 03 01 81 01");
    raw_say(fd, "00 0B 00 00 00 06 09 03 00 00 00 02 00 0C 00 00 00 06 01 01 00 00 00 01"); /* unit 9: nobody */
    raw_expect(fd, "00 0C 00 00 00 03 01 81 01");
    close(fd);
    end(&r);
}

static void tcp_clients_do_not_disturb_each_other(void)
{
    struct running r;
    int fd[8];
    start(&r, NULL, 0.0);
    for (int i = 0; i < 8; i++)
        fd[i] = raw_dial(server_port(r.server));
    raw_say(fd[0], "00 01 00 00"); /* begins and waits */
    for (int i = 1; i < 8; i++) {
        raw_say(fd[i], "00 02 00 00 00 06 01 03 00 00 00 02");
        raw_expect(fd[i], "00 02 00 00 00 07 01 03 04 00 00 00 00");
    }
    int ninth = raw_dial(server_port(r.server));
    CU_ASSERT(raw_is_hung_up(ninth)); /* full: refused at once */
    close(ninth);
    raw_say(fd[0], "00 06 01 03 00 00 00 02");
    raw_expect(fd[0], "00 01 00 00 00 07 01 03 04 00 00 00 00");
    for (int i = 0; i < 8; i++)
        close(fd[i]);
    end(&r);
}

static void junk_on_tcp_is_hung_up_on(void)
{
    static const char *const junk[] = {"47 45 54 20 2F 20 48 54 54 50", "00 01 00 07 00 06 01 03 00 00 00 02",
                                       "00 01 00 00 00 01 01", "00 01 00 00 01 00 01"};
    struct running r;
    start(&r, NULL, 0.0);
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        int fd = raw_dial(server_port(r.server));
        raw_say(fd, junk[i]);
        CU_ASSERT(raw_is_hung_up(fd));
        close(fd);
    }
    end(&r);
}

static void dropped_link_hangs_up_on_tcp_clients(void)
{
    struct running r;
    start(&r, NULL, 0.0);
    /* written before the server's thread can look: its time is still near 0 */
    r.stop = 1;
    pthread_join(r.thread, NULL);
    r.stop = 0;
    CU_ASSERT_EQUAL(fault_parse(&r.bench->faults, "f", "at 200 ms: drop link", NULL), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&r.thread, NULL, run, &r), 0);
    int fd = raw_dial(server_port(r.server));
    CU_ASSERT(raw_is_hung_up(fd));
    close(fd);
    end(&r);
}

static void server_ends_when_nobody_comes(void)
{
    struct running r;
    start(&r, NULL, 0.05);
    pthread_join(r.thread, NULL);
    CU_ASSERT_EQUAL(r.rc, 0);
    server_close(r.server);
    vbench_free(r.bench);
}

static void rtu_answers_good_frames_and_ignores_bad_ones(void)
{
    struct running r;
    uint8_t b[8];
    start(&r, "pty", 0.0);
    int fd = raw_open(server_rtu_name(r.server));
    raw_say(fd, "01 03 00 00 00 02 C4 0B");
    raw_expect(fd, "01 03 04 00 00 00 00 FA 33");
    raw_say(fd, "01 03 00 00 00 02 C4 0C"); /* bad CRC */
    struct pollfd p = {.fd = fd, .events = POLLIN};
    CU_ASSERT_EQUAL(poll(&p, 1, 50), 0);
    raw_say(fd, "09 03 00 00 00 02 C5 43"); /* another's */
    CU_ASSERT_EQUAL(poll(&p, 1, 50), 0);
    uint8_t flood[700] = {1, 3, 0, 0, 0, 2, 0xC4, 0x0B};
    CU_ASSERT_EQUAL(write(fd, flood, sizeof flood), (ssize_t)sizeof flood);
    usleep(50000);
    raw_say(fd, "01 03 00 00 00 02 C4 0B"); /* after a silence all is well again */
    raw_expect(fd, "01 03 04 00 00 00 00 FA 33");
    CU_ASSERT_EQUAL(raw_hear(fd, b, 0), 0);
    close(fd);
    end(&r);
}

static void rtu_waits_for_the_silence_before_it_answers(void)
{
    struct running r;
    start(&r, "pty", 0.0);
    int fd = raw_open(server_rtu_name(r.server));
    double from = raw_clock();
    raw_say(fd, "01 03 00 00 00 02 C4 0B");
    raw_expect(fd, "01 03 04 00 00 00 00 FA 33");
    CU_ASSERT(raw_clock() - from >= 1.7e-3);
    close(fd);
    end(&r);
}

/* Fastest of a few exchanges: a busy machine only adds. */
static double fastest(int fd, const char *request, const char *reply)
{
    double best = 9.0;
    for (int i = 0; i < 5; i++) {
        double from = raw_clock();
        raw_say(fd, request);
        raw_expect(fd, reply);
        best = fmin(best, raw_clock() - from);
        usleep(10000);
    }
    return best;
}

static void paced_rtu_takes_the_time_of_the_baud_rate(void)
{
    struct server_settings set = {.tcp_port = -1, .rtu = "pty", .serial = {9600, 'E'}, .paced = true, .seconds = 20.0};
    struct running r;
    launch(&r, kit_bench(6), &set);
    int fd = raw_open(server_rtu_name(r.server));
    /* 11 bits x (8 + 9 bytes) / 9600 + one silence of 38.5 / 9600 = 23.5 ms; the other silence is the client's */
    double took = fastest(fd, "01 03 00 00 00 02 C4 0B", "01 03 04 00 00 00 00 FA 33");
    CU_ASSERT(took >= 23.4e-3 && took < 33e-3);
    /* 8 + 35 bytes: 53.3 ms */
    uint8_t b[60];
    double from = raw_clock();
    raw_say(fd, "F7 03 F0 00 00 0F 22 58");
    CU_ASSERT_EQUAL(raw_hear(fd, b, 35), 35);
    took = raw_clock() - from;
    CU_ASSERT(took >= 11.0 * 43.0 / 9600.0 + 4e-3);
    close(fd);
    end(&r);
}

static void slow_transmitter_answers_late_and_the_drive_at_once(void)
{
    struct server_settings set = {.bind = "127.0.0.1", .seconds = 20.0};
    struct running r;
    struct vbench *v = kit_second_pair(6, 0.0);
    v->plant.set.tlb.reply_delay = 40e-3;
    launch(&r, v, &set);
    int fd = raw_dial(server_port(r.server));
    double force = fastest(fd, "00 01 00 00 00 06 02 03 00 0D 00 01", "00 01 00 00 00 05 02 03 02 04 0F");
    double axis = fastest(fd, "00 02 00 00 00 06 01 03 10 03 00 01", "00 02 00 00 00 05 01 03 02 00 00");
    CU_ASSERT(force >= 40e-3 && force < 60e-3);
    CU_ASSERT(axis < 20e-3);
    close(fd);
    end(&r);
}

static void ports_that_cannot_be_served_are_named(void)
{
    struct running r;
    struct server *s = NULL;
    struct err e = {0};
    start(&r, NULL, 0.0);
    struct server_settings set = {.bind = "127.0.0.1", .tcp_port = server_port(r.server), .serial = {115200, 'E'}};
    CU_ASSERT_EQUAL(server_open(&s, &set, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "cannot serve Modbus TCP on 127.0.0.1:");
    set = (struct server_settings){.bind = "localhost", .tcp_port = 0, .serial = {115200, 'E'}};
    e = (struct err){0};
    CU_ASSERT_EQUAL(server_open(&s, &set, &e), ERR_ARG);
    ASSERT_HAS(e.msg, "bind address 'localhost': must be an IPv4 address");
    set = (struct server_settings){.tcp_port = -1, .rtu = "/dev/none", .serial = {115200, 'E'}};
    e = (struct err){0};
    CU_ASSERT_EQUAL(server_open(&s, &set, &e), ERR_COMM);
    ASSERT_HAS(e.msg, "cannot open serial port '/dev/none'");
    set.serial = (struct serial_settings){12345, 'E'};
    e = (struct err){0};
    CU_ASSERT_EQUAL(server_open(&s, &set, &e), ERR_ARG);
    ASSERT_HAS(e.msg, "baud 12345: no such speed");
    end(&r);
}

CU_TestInfo virtual_server_tests[] = {
    {"TCP answers whole, split and joined requests", tcp_answers_whole_split_and_joined_requests},
    {"TCP clients do not disturb each other", tcp_clients_do_not_disturb_each_other},
    {"junk on TCP is hung up on", junk_on_tcp_is_hung_up_on},
    {"dropped link hangs up on TCP clients", dropped_link_hangs_up_on_tcp_clients},
    {"server ends when nobody comes", server_ends_when_nobody_comes},
    {"RTU answers good frames and ignores bad ones", rtu_answers_good_frames_and_ignores_bad_ones},
    {"RTU waits for the silence before it answers", rtu_waits_for_the_silence_before_it_answers},
    {"paced RTU takes the time of the baud rate", paced_rtu_takes_the_time_of_the_baud_rate},
    {"slow transmitter answers late, the drive at once", slow_transmitter_answers_late_and_the_drive_at_once},
    {"ports that cannot be served are named", ports_that_cannot_be_served_are_named},
    CU_TEST_INFO_NULL,
};
