/* column.h -- the unit in a column's name: "delivered_ug_cm2" is in ug/cm2, "time_h" in h.  The one list of suffixes.
 */
#ifndef BASE_TEXT_COLUMN_H
#define BASE_TEXT_COLUMN_H
#include <stddef.h>

/* The unit as units.h reads it, "ug/cm2"; "1" when the name ends in none.  Never NULL; lives for ever.
 * Per patch and per body are amounts: "delivered_ug_patch" is in ug. */
const char *column_unit(const char *name);
/* The name without its unit, into buf; returns buf. */
const char *column_stem(const char *name, char *buf, size_t size);
/* The unit of a result as people write it without "/patch" or "/body", into buf; returns buf. */
const char *column_plain_unit(const char *unit, char *buf, size_t size);
/* The suffixes for messages: "s, min, h, ...". */
const char *column_suffixes(char *buf, size_t size);
#endif
