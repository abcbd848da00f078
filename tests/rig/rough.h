/* rough.h -- a small Modbus peer over a loopback port or a pseudo-terminal whose every reply can be spoilt; it knows
 * nothing of libmodbus or of mnbench.  Registers hold their own address, so that a reply of another request shows.
 * One thread; rough_stop ends it. */
#ifndef TESTS_RIG_ROUGH_H
#define TESTS_RIG_ROUGH_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rough_kind {
    ROUGH_FINE, ROUGH_SILENT, ROUGH_LATE /* by `delay` */, ROUGH_TRICKLE, ROUGH_SPLIT /* in two halves */, ROUGH_SHORT,
    ROUGH_JUNK /* instead of a reply */, ROUGH_TWICE, ROUGH_WRONG_UNIT, ROUGH_WRONG_LENGTH, ROUGH_WRONG_PROTOCOL,
    ROUGH_WRONG_ID, ROUGH_FOREIGN_ECHO, ROUGH_REFUSES, ROUGH_HANGS_UP, ROUGH_BAD_CHECKSUM,
    ROUGH_UNIT_0 /* the address of a broadcast, which libmodbus takes for anybody's */
};
struct rough_manner { enum rough_kind kind; double delay; };
enum { ROUGH_LOG = 512 };
struct rough {
    bool is_line;               /* a pseudo-terminal, RTU; else TCP */
    /* What becomes of the reply to the n-th request (from 0). */
    struct rough_manner (*manner)(const struct rough *r, unsigned n, uint8_t unit, const uint8_t *pdu);
    enum rough_kind kind;       /* for manners that want to know */
    double delay;
    int port;                   /* TCP: 0 takes a free one, which is then told here */
    char path[64];              /* line: the terminal's name */
    atomic_uint requests;
    uint8_t log[ROUGH_LOG][8];  /* unit, function, address, value or count of each request */
    int listener, fd, other;
    atomic_bool quit;
    pthread_t thread;
};
bool rough_start(struct rough *r);
void rough_stop(struct rough *r);
uint16_t rough_crc(const uint8_t *bytes, size_t n);
#endif
