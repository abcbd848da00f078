/* fuzz_relay.c -- libFuzzer target: any bytes from client and server, with any script of line faults, through the
 * proxy's pure part.  Nothing may be written outside, nothing may come from nowhere, and what is due must come. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "rig/virtual/relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct flow { size_t in, out; long messages; };

static void watch(void *user, const struct relay_record *r)
{
    struct flow *f = user;
    assert(r->n > 0 && r->n <= RELAY_IN && memchr(r->done, '\0', MANGLE_DONE));
    assert(!r->frame || (r->frame->n >= 1 && r->frame->n <= MANGLE_PDU));
    f->messages++;
}

static void take_all(struct relay *r, struct flow *f, double now)
{
    uint8_t out[97]; /* odd, so that parcels are cut anywhere */
    for (int side = 0; side < 2; side++)
        for (size_t n; (n = relay_give(r, (enum relay_side)side, out, sizeof out, now)) > 0;) {
            assert(n <= sizeof out);
            f->out += n;
        }
}

/* First byte: framings and pacing.  Then the script, up to a NUL.  Then pieces: a byte for side, pause and length. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const double pauses[4] = {0.0, 1e-4, 2e-3, 0.06};
    const uint8_t *nul = size > 1 ? memchr(data + 1, 0, size - 1) : NULL;
    struct relay_hub *hub = calloc(1, sizeof *hub);
    struct relay *r = calloc(1, sizeof *r);
    struct flow flow = {0};
    struct err e = {0};
    double now = 0.0;
    if (nul && hub && r) {
        struct relay_settings set = {data[0] & 1 ? MANGLE_RTU : MANGLE_TCP, data[0] & 2 ? MANGLE_RTU : MANGLE_TCP,
                                     data[0] & 4 ? 11.0 / 115200.0 : 0.0, data[0] & 8 ? 1.75e-3 : 0.0};
        hub->note = watch;
        hub->user = &flow;
        if (fault_parse(&hub->script, "fuzz", (const char *)data + 1, &e))
            assert(e.msg[0] && hub->script.n == 0);
        relay_init(r, hub, &set);
        for (const uint8_t *p = nul + 1, *end = data + size; p < end;) {
            size_t n = *p & 31, left = (size_t)(end - p - 1);
            enum relay_side side = *p & 32 ? RELAY_SERVER : RELAY_CLIENT;
            now += pauses[*p >> 6];
            n = n < left ? n : left;
            relay_hub_tick(hub, now);
            relay_take(r, side, p + 1, n, now);
            relay_tick(r, now);
            take_all(r, &flow, now);
            flow.in += n;
            p += 1 + n;
        }
        /* every message is at most doubled, lengthened by the junk of all faults, or a refusal of 9 bytes */
        assert(flow.out <= (size_t)flow.messages * 2 * MANGLE_MAX && (flow.messages > 0 || flow.out == 0));
        for (int i = 0; i < 4; i++) {
            now += 4000.0 + 3600.0 * 600.0; /* the slowest trickle of the longest message */
            relay_tick(r, now);
            take_all(r, &flow, now);
        }
        assert(relay_is_empty(r, RELAY_CLIENT) && relay_is_empty(r, RELAY_SERVER));
    }
    free(r);
    free(hub);
    return 0;
}
