/* script.h -- frames typed by hand (tests/frames/NAME.hex): a peer that expects each request in turn and answers as
 * written. Lines: "# remark", "request: <hex>", "reply: <hex>"; bytes from the unit id on, without checksum or MBAP
 * header. */
#ifndef TESTS_RIG_SCRIPT_H
#define TESTS_RIG_SCRIPT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCRIPT_FRAMES = 32, SCRIPT_BYTES = 260 };
struct script_frame { size_t n, m; uint8_t request[SCRIPT_BYTES], reply[SCRIPT_BYTES]; };
struct script {
    size_t frames, at;
    bool   is_broken;   /* a request came that was not the next one */
    struct script_frame frame[SCRIPT_FRAMES];
};
/* False when the file cannot be read. */
bool script_read(struct script *s, const char *name);
/* A memory_peer's pdu function; self is the script. */
int  script_pdu(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap);
/* All was asked for, in this order, and nothing else. */
bool script_is_done(const struct script *s);
#endif
