/* peer.h -- a tiny scripted Modbus TCP server on a loopback port, with manners as bad as wanted; one thread, stops by
 * itself. */
#ifndef TESTS_RIG_PEER_H
#define TESTS_RIG_PEER_H
#include <pthread.h>
#include "tests/rig/script.h"

enum peer_manners { PEER_POLITE, PEER_SILENT, PEER_TRICKLES, PEER_HANGS_UP, PEER_REFUSES, PEER_SHORT, PEER_WRONG_ID };
struct peer {
    struct script *script;
    enum peer_manners manners;
    int listener, port;
    pthread_t thread;
};
bool peer_start(struct peer *p, struct script *script, enum peer_manners manners);
void peer_stop(struct peer *p);
#endif
