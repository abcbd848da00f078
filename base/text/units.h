/* units.h -- text with a unit <-> SI numbers, through UDUNITS-2 (the only door to it is units.c).
 * Any thread may call (one lock guards the library); units_init() at start tells early that the unit database is
 * missing. Words UDUNITS lacks or reads otherwise: "needles/cm2", "/cm2", "C" (degree Celsius; alone a temperature,
 * in a compound a difference), "M", "mM" (mol/L), "Da", "kDa" (g/mol where a molar mass is expected, else a mass),
 * "cP", "mcg", "rpm" (turns, unless radians are expected), "um" and "µm", raised digits.  "IU" and "U" are refused
 * with a hint. */
#ifndef BASE_TEXT_UNITS_H
#define BASE_TEXT_UNITS_H
#include "base/err.h"

int  units_init(struct err *e);
void units_release(void);
/* "600 um" with si_unit "m" -> 6e-4.  ERR_PARSE: no number, no unit (unless si_unit is "1"), unknown unit, or a unit
 * of another dimension; the message names text and expected dimension with an example. */
int  units_parse(const char *text, const char *si_unit, double *out, struct err *e);
/* value in from_unit -> to_unit (both UDUNITS names).  ERR_PARSE when they do not convert. */
int  units_convert(double value, const char *from_unit, const char *to_unit, double *out, struct err *e);
#endif
