/* limits.c -- see limits.h. */
#include <math.h>
#include <stdio.h>
#include "solver/insertion/limits.h"

static const double PI = 3.14159265358979323846;

#define TIP_NARROWEST 5e-6 /* m, Roemgens 2014 */
#define TIP_WIDEST 160e-6  /* m, Davis 2004 */
#define PRESSURE_MOST 1e6  /* Pa; press tests go to 50 N on about 1 cm2 (Larraneta 2014) */
#define SINK_MOST 0.75     /* of the backing's depth: a quarter would be left of it */

size_t insertion_limits(const struct insertion_case *c, double force, double sink,
                        char text[INSERTION_LIMITS][INSERTION_LIMIT])
{
    const struct insertion_needles *n = &c->needles;
    double pressure = force / n->area, pitch = sqrt(n->area / (double)n->count), H = c->skin.backing_depth;
    size_t k = 0;
    if (n->tip_diameter < TIP_NARROWEST || n->tip_diameter > TIP_WIDEST)
        snprintf(text[k++], INSERTION_LIMIT,
                 "tips of %.3g um lie outside the 5 to 160 um that the puncture law comes from: %s",
                 n->tip_diameter * 1e6,
                 n->tip_diameter < TIP_NARROWEST ? "taken as 5 um there" : "its line is drawn on");
    if (pressure > PRESSURE_MOST)
        snprintf(text[k++], INSERTION_LIMIT,
                 "%.4g N on %.3g cm2 are %.3g MPa: press tests stay below 1 MPa, and skin under the base plate is not "
                 "a spring at that", force, n->area * 1e4, pressure * 1e-6);
    if (sink > SINK_MOST * H)
        snprintf(text[k++], INSERTION_LIMIT,
                 "the skin sinks %.4g um into a backing of %.4g um: its law does not hold there", sink * 1e6, H * 1e6);
    if (n->count > 1 && PI * n->base_diameter * n->base_diameter / 4.0 > 0.5 * pitch * pitch)
        snprintf(
            text[k++], INSERTION_LIMIT,
            "needles of %.4g um stand every %.4g um: they fill more than half of the skin, and the model lets them "
            "not feel each other",
            n->base_diameter * 1e6, pitch * 1e6);
    return k;
}
