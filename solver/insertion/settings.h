/* settings.h -- the mechanical values of the insertion model: defaults with their sources, and reading them from a
 * file. */
#ifndef SOLVER_INSERTION_SETTINGS_H
#define SOLVER_INSERTION_SETTINGS_H
#include <stdbool.h>
#include "base/text/config.h"
#include "solver/insertion/model.h"

struct mechanics_setting {
    const char *key, *unit; /* unit: SI, as UDUNITS reads it */
    const char *text;       /* the default as a person writes it, "105 kPa" */
    double value;           /* the same in SI */
    struct range range;
    size_t offset; /* of the double in struct mechanics */
    const char *source;
};
enum { MECHANICS_MAX = 32 }; /* settings and one more, at most */
/* All but the relaxation, in the order of the documentation. */
size_t mechanics_settings(const struct mechanics_setting **list);
extern const char mechanics_relax_source[];

void mechanics_init(struct mechanics *m); /* the defaults */
/* Takes what the map states over what *m holds; the rest stays.  given[i] (may be NULL; one per setting, and one more
 * for the relaxation) says which were stated.  Refuses unknown keys and values out of bounds with their place. */
int mechanics_read(struct cnode map, struct mechanics *m, bool given[], struct err *e);
double mechanics_value(const struct mechanics *m, const struct mechanics_setting *s);
#endif
