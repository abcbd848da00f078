/* shelf.h -- things that are costly to make and good for everybody who wants the same: kept until asked for again.  One
 * thread's own: nothing here is locked, and what a thread finds cannot depend on the others.  Whoever asks compares the
 * whole of what it wants with what is there, so that a thing from the shelf is what would have been made anew. */
#ifndef BASE_SHELF_H
#define BASE_SHELF_H
#include <stdbool.h>
#include <stddef.h>

enum shelf_kind { SHELF_ANALYSES, SHELF_STIFFNESS, SHELF_KINDS };
enum { SHELF_PLACES = 48 }; /* of each kind; what was given back longest ago goes first */
#define SHELF_BYTES (3u << 20) /* of each kind: more is not kept */

struct shelf;
struct shelf_use { size_t asked, found; };

/* NULL when there is no memory: everything else then works without one. */
struct shelf *shelf_new(void);
void shelf_free(struct shelf *s); /* and all on it; NULL is legal */
/* A thing for which suits(thing, wanted) holds, the caller's from now on; NULL when none is there. */
void *shelf_take(struct shelf *s, enum shelf_kind kind, bool (*suits)(const void *thing, const void *wanted),
                 const void *wanted);
/* Hands a thing over; it is discarded at once when there is no shelf or it is too large. */
void shelf_give(struct shelf *s, enum shelf_kind kind, void *thing, size_t bytes, void (*discard)(void *thing));
struct shelf_use shelf_use(const struct shelf *s, enum shelf_kind kind); /* {0} of NULL */
#endif
