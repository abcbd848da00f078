/* serial.h -- a serial port, or a pseudo-terminal that stands for one.  Raw, non-blocking. */
#ifndef RIG_VIRTUAL_SERIAL_H
#define RIG_VIRTUAL_SERIAL_H
#include <stddef.h>
#include "base/err.h"

struct serial_settings { long baud; char parity; }; /* N, E or O; 8 data bits; 1 stop bit, 2 with N (the Modbus rule) */

/* Is this a speed that the port can be set to?  Unlisted ones are refused, never replaced by another. */
int serial_check(const struct serial_settings *set, struct err *e);
/* Time that one character takes on the line: 11 bits, with any parity. */
double serial_byte_time(const struct serial_settings *set);
int serial_open(int *fd, const char *path, const struct serial_settings *set, struct err *e);
/* fd is the bench's end.  name is what a client opens.  other is the client's end, held open so that a client may come
 * and go. */
int serial_open_pty(int *fd, int *other, char *name, size_t size, struct err *e);
#endif
