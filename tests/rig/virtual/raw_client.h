/* raw_client.h -- bytes typed by hand over real sockets and terminals. */
#ifndef TESTS_RIG_VIRTUAL_RAW_CLIENT_H
#define TESTS_RIG_VIRTUAL_RAW_CLIENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int    raw_dial(int port);                 /* connects to 127.0.0.1; asserted */
int    raw_open(const char *terminal);     /* raw, asserted */
void   raw_say(int fd, const char *hex);
/* Reads n bytes within a second each; returns how many came (fewer also when hung up on). */
size_t raw_hear(int fd, uint8_t *b, size_t n);
/* Asserts that exactly these bytes come next. */
#define raw_expect(fd, hex) raw_expect_at((fd), (hex), __FILE__, __LINE__)
void   raw_expect_at(int fd, const char *hex, const char *file, int line);
bool   raw_is_silent(int fd, int ms);      /* nothing comes for so long */
bool   raw_is_hung_up(int fd);             /* within a second */
double raw_clock(void);                    /* s */
#endif
