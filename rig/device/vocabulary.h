/* vocabulary.h -- the names in a device map that mean something to this program, and what each measures.  A closed
 * list: a name beside it would be a register that nobody fills, or a value that nobody reads.  Pure. */
#ifndef RIG_DEVICE_VOCABULARY_H
#define RIG_DEVICE_VOCABULARY_H
#include <stdbool.h>

enum { VOCABULARY_MAX = 8 };
/* si: what it measures, "1" a plain number; or: a second possibility, NULL none. */
struct word { const char *name, *si, *or; bool is_needed; };
struct word_list { const char *of; struct word word[VOCABULARY_MAX]; }; /* ends with a name NULL */

/* The parameters of a command that this program sends; NULL for any other command, whose parameters are free. */
const struct word_list *vocabulary_of_command(const char *command);
const struct word_list *vocabulary_of_verify(void);           /* parameters of `verify` */
const struct word_list *vocabulary_of_values(bool is_axis);   /* values that this program takes as numbers */
const struct word *vocabulary_find(const struct word_list *l, const char *name); /* NULL: not in it */
/* Bits of the axis that the controller acts upon; NULL-terminated. */
extern const char *const vocabulary_axis_bits[];
#endif
