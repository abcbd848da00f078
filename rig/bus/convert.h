/* convert.h -- 16-bit registers <-> numbers: our own converters (libmodbus 3.1.6 on Debian swaps the bytes of floats it
 * writes), pure, with the word and byte order as an argument. */
#ifndef RIG_BUS_CONVERT_H
#define RIG_BUS_CONVERT_H
#include <stdint.h>
#include "base/err.h"

enum reg_type { REG_U16, REG_S16, REG_U32, REG_S32, REG_F32 };
/* Order of the bytes of a 32-bit value on the wire; A is the most significant.  16-bit values ignore it. */
enum word_order { ORDER_ABCD, ORDER_CDAB, ORDER_BADC, ORDER_DCBA };

extern const char *const reg_type_names[];   /* "u16", ..., NULL */
extern const char *const word_order_names[]; /* "ABCD", ..., NULL */

/* Registers a type takes: 1 or 2. */
unsigned reg_type_size(enum reg_type t);
/* Value of regs[0..size-1].  Every type fits a double exactly. */
double reg_get(const uint16_t *regs, enum reg_type t, enum word_order order);
/* The same bits as an unsigned number, for bit fields; a float's bits are returned as they are. */
uint32_t reg_bits(const uint16_t *regs, enum reg_type t, enum word_order order);
/* The least and the greatest count a type can hold. */
void reg_range(enum reg_type t, double *lo, double *hi);
/* Writes value, rounded to the nearest count.  ERR_RANGE when it does not fit the type or is NaN; regs is then
 * untouched: nothing is ever cut off or wrapped. */
int reg_put(uint16_t *regs, enum reg_type t, enum word_order order, double value, struct err *e);
/* The same, and ERR_RANGE outside lo to hi, counts: what the device takes, which may be less than the type. */
int reg_put_within(uint16_t *regs, enum reg_type t, enum word_order order, double value, double lo, double hi,
                   struct err *e);
#endif
