/* mangle.c -- see mangle.h. */
#include <stdio.h>
#include <string.h>
#include "rig/virtual/mangle.h"

static void wrap(struct mangled *m)
{
    size_t head = m->framing == MANGLE_TCP ? MBAP_HEAD : 1;
    memcpy(m->bytes + head, m->pdu, m->pdu_n);
    m->n = m->framing == MANGLE_TCP ? mbap_wrap(m->bytes, m->transaction, m->unit, m->pdu_n)
                                    : rtu_wrap(m->bytes, m->unit, m->pdu_n);
}

void mangle_frame(struct mangled *m, enum mangle_framing framing, const struct frame *f)
{
    *m = (struct mangled){.framing = framing, .is_frame = true, .unit = f->unit, .transaction = f->transaction,
                          .pdu_n = f->n < MANGLE_PDU ? f->n : MANGLE_PDU};
    memcpy(m->pdu, f->pdu, m->pdu_n);
    wrap(m);
}

void mangle_raw(struct mangled *m, enum mangle_framing framing, const uint8_t *bytes, size_t n)
{
    *m = (struct mangled){.framing = framing, .n = n < MANGLE_RAW_MAX ? n : MANGLE_RAW_MAX};
    memcpy(m->bytes, bytes, m->n);
}

static void tell(struct mangled *m, const char *word)
{
    size_t used = strlen(m->done);
    snprintf(m->done + used, sizeof m->done - used, "%s%s", used ? "; " : "", word);
}

static void become_exception(struct mangled *m, const struct fault *f)
{
    m->pdu[0] |= 0x80;
    m->pdu[1] = (uint8_t)f->amount;
    m->pdu_n = 2;
    m->back = f->side == FAULT_ON_REQUEST;
    tell(m, "exception");
}

static void change_frame(struct mangled *m, const struct fault *f)
{
    if (!m->is_frame)
        return;
    switch (f->action) {
    case FAULT_WRONG_UNIT:
        m->unit = (uint8_t)f->amount;
        tell(m, "wrong unit");
        break;
    case FAULT_WRONG_TRANSACTION:
        m->transaction = (uint16_t)(m->transaction + 1);
        tell(m, "wrong transaction");
        break;
    case FAULT_EXCEPTION: become_exception(m, f); break;
    default: return;
    }
    wrap(m);
}

static void add_junk(struct mangled *m, const struct fault *f, bool before)
{
    if (m->n + f->n_bytes > MANGLE_MAX)
        return;
    if (before)
        memmove(m->bytes + f->n_bytes, m->bytes, m->n);
    memcpy(m->bytes + (before ? 0 : m->n), f->bytes, f->n_bytes);
    m->n += f->n_bytes;
    tell(m, before ? "junk before" : "junk after");
}

static void change_bytes(struct mangled *m, const struct fault *f)
{
    size_t at = (size_t)f->amount;
    if (f->action == FAULT_FLIP && at < m->n) {
        m->bytes[at] ^= 1;
        tell(m, "flip");
    } else if (f->action == FAULT_CUT && at < m->n) {
        m->n = at;
        tell(m, "cut");
    } else if (f->action == FAULT_JUNK_BEFORE || f->action == FAULT_JUNK_AFTER) {
        add_junk(m, f, f->action == FAULT_JUNK_BEFORE);
    }
}

static void change_way(struct mangled *m, const struct fault *f)
{
    switch (f->action) {
    case FAULT_DROP:      m->dropped = true;       tell(m, "drop"); break;
    case FAULT_DELAY:     m->delay += f->amount;   tell(m, "delay"); break;
    case FAULT_TRICKLE:   m->interval = f->amount; tell(m, "trickle"); break;
    case FAULT_DUPLICATE: m->twice = true;         tell(m, "duplicate"); break;
    case FAULT_LATE:      m->late = true;          tell(m, "late"); break;
    case FAULT_REORDER:   m->reordered = true;     tell(m, "reorder"); break;
    default: break;
    }
}

void mangle_apply(struct mangled *m, const struct fault *const fault[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        change_frame(m, fault[i]);
    for (size_t i = 0; i < n; i++)
        change_bytes(m, fault[i]);
    for (size_t i = 0; i < n; i++)
        change_way(m, fault[i]);
}
