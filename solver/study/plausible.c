/* plausible.c -- values that can be computed with and hardly be meant: each is warned of with its bound. */
#include <math.h>
#include "solver/study/read.h"

/* Above these a slip of a unit is likelier than the value.  Sources: docs/reference/config.md, "Values that are warned
 * of". */
#define DENSITY_USUAL     3000.0 /* kg/m3 */
#define DIFFUSIVITY_USUAL 1e-8   /* m2/s */
#define PARTITION_USUAL   1e9
#define VEHICLE_USUAL     0.1    /* m */
#define AREA_USUAL        2.0    /* m2 */

static void warn_of_diffusivity(struct study *s, const char *where, double D)
{
    if (D > DIFFUSIVITY_USUAL)
        note_add(s, NOTE_WARNING, "", "",
                 "%s: D %.4g m2/s: above %g m2/s, quicker than any ion or small molecule in water (mind m2 and cm2)",
                 where, D, DIFFUSIVITY_USUAL);
}

static void warn_of_partition(struct study *s, const char *where, double K)
{
    if (K > PARTITION_USUAL || K < 1.0 / PARTITION_USUAL)
        note_add(s, NOTE_WARNING, "", "",
                 "%s: K %.4g: outside %g to %g, where no partition coefficient has been measured (is this log K?)",
                 where, K, 1.0 / PARTITION_USUAL, PARTITION_USUAL);
}

static void warn_of_vehicle(struct study *s, const struct donor *d)
{
    warn_of_partition(s, "vehicle", d->K);
    if (d->C0 > DENSITY_USUAL)
        note_add(s, NOTE_WARNING, "", "",
                 "vehicle: concentration %.4g mg/mL: above %g mg/mL, denser than any drug (mind g, mg and ug)", d->C0,
                 DENSITY_USUAL);
    if (d->H > VEHICLE_USUAL)
        note_add(s, NOTE_WARNING, "", "", "vehicle: thickness %.4g cm: above %g cm", d->H * 100.0, VEHICLE_USUAL * 100);
}

void warn_of_implausible(struct study *s)
{
    const struct problem *p = &s->problem;
    for (size_t i = 0; i < p->n_layers; i++) {
        warn_of_diffusivity(s, p->layer[i].name, p->layer[i].D);
        if (i || !p->vehicle_layer) warn_of_partition(s, p->layer[i].name, p->layer[i].K);
    }
    for (size_t i = 0; i < s->n_vehicles; i++)
        warn_of_vehicle(s, i ? &p->dose[i] : &p->donor);
    if (s->has_channel && p->channel.fill == CHANNEL_DIFFUSING) {
        warn_of_diffusivity(s, "channel", p->channel.D);
        warn_of_partition(s, "channel", p->channel.K);
    }
    if (p->area > AREA_USUAL)
        note_add(s, NOTE_WARNING, "", "", "patch: area %.4g m2: above %g m2, the skin of a whole person", p->area,
                 AREA_USUAL);
}
