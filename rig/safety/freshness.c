/* freshness.c -- see freshness.h. */
#include "rig/safety/freshness.h"

double freshness_look(struct freshness *f, enum freshness_kind kind, double now, uint64_t count, uint32_t raw,
                      bool has_to_change)
{
    bool is_judged = kind == FRESH_COUNTER || kind == FRESH_RAW || (kind == FRESH_EXPECTED_CHANGE && has_to_change);
    bool is_new = count != f->seen;
    if (!is_judged || f->seen == 0 || (is_new && raw != f->last))
        f->since = now;
    if (is_new) {
        f->seen = count;
        f->last = raw;
    }
    return now - f->since;
}
