/* freshness.h -- does a device still measure, or does it repeat itself?  Per device, told in its map (`freshness`):
 *   counter          a value that counts the device's samples: must change always
 *   raw              a reading so fine that noise moves it: must change always
 *   expected_change  must change while it has to: a force while the axis moves under load, a position while it moves
 *   not_detectable   nothing is judged: the travel limits are what is left
 * Repeats at rest are not "frozen".  Pure. */
#ifndef RIG_SAFETY_FRESHNESS_H
#define RIG_SAFETY_FRESHNESS_H
#include "rig/device/registers.h"

struct freshness {
    uint64_t seen;       /* samples judged */
    uint32_t last;
    double since;        /* s: the last change, or the last moment at which none was expected */
};
/* A new look at a sample (count: its number).  has_to_change: by what else is known.  Returns for how long it has not
 * changed although it should have, s; 0 when nothing is wrong. */
double freshness_look(struct freshness *f, enum freshness_kind kind, double now, uint64_t count, uint32_t raw,
                      bool has_to_change);
#endif
