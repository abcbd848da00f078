/* raw_client.c -- see raw_client.h. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "tests/rig/virtual/bench_kit.h"
#include "tests/rig/virtual/raw_client.h"

int raw_dial(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

int raw_open(const char *terminal)
{
    int fd = open(terminal, O_RDWR | O_NOCTTY);
    struct termios t;
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(tcgetattr(fd, &t), 0);
    cfmakeraw(&t);
    CU_ASSERT_EQUAL(tcsetattr(fd, TCSANOW, &t), 0);
    return fd;
}

void raw_say(int fd, const char *hex)
{
    uint8_t b[600];
    size_t n = kit_hex(hex, b, sizeof b);
    CU_ASSERT_EQUAL(write(fd, b, n), (ssize_t)n);
}

size_t raw_hear(int fd, uint8_t *b, size_t n)
{
    size_t got = 0;
    while (got < n) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 1000) <= 0)
            break;
        ssize_t k = read(fd, b + got, n - got);
        if (k <= 0)
            break;
        got += (size_t)k;
    }
    return got;
}

void raw_expect_at(int fd, const char *hex, const char *file, int line)
{
    uint8_t want[300], got[300];
    size_t n = kit_hex(hex, want, sizeof want), n_got = raw_hear(fd, got, n);
    bool same = n_got == n && memcmp(got, want, n) == 0;
    if (!same) {
        printf("\n%s:%d: want %s, got", file, line, hex);
        for (size_t i = 0; i < n_got; i++)
            printf(" %02X", got[i]);
    }
    CU_assertImplementation(same, (unsigned)line, hex, file, "", CU_FALSE);
}

bool raw_is_silent(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) == 0;
}

bool raw_is_hung_up(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char c;
    return poll(&p, 1, 1000) == 1 && recv(fd, &c, 1, 0) <= 0;
}

double raw_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
