/* script.c -- see script.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/rig/script.h"

static size_t read_hex(const char *text, uint8_t *out)
{
    size_t n = 0;
    char *end = NULL;
    for (unsigned long x = strtoul(text, &end, 16); end != text && n < SCRIPT_BYTES; x = strtoul(text, &end, 16)) {
        out[n++] = (uint8_t)x;
        text = end;
    }
    return n;
}

bool script_read(struct script *s, const char *name)
{
    char path[200], line[1200];
    snprintf(path, sizeof path, "tests/frames/%s.hex", name);
    FILE *f = fopen(path, "r");
    memset(s, 0, sizeof *s);
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "request:", 8) == 0 && s->frames < SCRIPT_FRAMES)
            s->frame[s->frames].n = read_hex(line + 8, s->frame[s->frames].request), s->frames++;
        else if (strncmp(line, "reply:", 6) == 0 && s->frames > 0)
            s->frame[s->frames - 1].m = read_hex(line + 6, s->frame[s->frames - 1].reply);
    }
    if (f)
        fclose(f);
    return f && s->frames > 0;
}

int script_pdu(void *self, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap)
{
    struct script *s = self;
    const struct script_frame *f = &s->frame[s->at];
    if (s->at == s->frames || f->n != n + 1 || f->request[0] != unit || memcmp(f->request + 1, pdu, n) != 0 ||
        f->m - 1 > cap) {
        s->is_broken = true;
        return 0;
    }
    memcpy(reply, f->reply + 1, f->m - 1);
    s->at++;
    return (int)f->m - 1;
}

bool script_is_done(const struct script *s) { return !s->is_broken && s->at == s->frames; }
