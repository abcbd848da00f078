/* shelf.c -- see shelf.h. */
#include <stdlib.h>
#include <string.h>
#include "base/shelf.h"

struct place { void *thing; size_t bytes; void (*discard)(void *); };

struct board { /* things of one kind, the one given back last first */
    size_t n, bytes;
    struct place place[SHELF_PLACES];
    struct shelf_use use;
};

struct shelf { struct board board[SHELF_KINDS]; };

struct shelf *shelf_new(void) { return calloc(1, sizeof(struct shelf)); }

/* The thing leaves the board. */
static struct place remove_at(struct board *b, size_t i)
{
    struct place p = b->place[i];
    b->bytes -= p.bytes;
    b->n--;
    memmove(b->place + i, b->place + i + 1, (b->n - i) * sizeof *b->place);
    return p;
}

static void discard_last(struct board *b)
{
    struct place p = remove_at(b, b->n - 1);
    p.discard(p.thing);
}

void shelf_free(struct shelf *s)
{
    for (size_t k = 0; s && k < SHELF_KINDS; k++)
        while (s->board[k].n)
            discard_last(&s->board[k]);
    free(s);
}

void *shelf_take(struct shelf *s, enum shelf_kind kind, bool (*suits)(const void *, const void *), const void *wanted)
{
    if (!s) return NULL;
    struct board *b = &s->board[kind];
    b->use.asked++;
    for (size_t i = 0; i < b->n; i++)
        if (suits(b->place[i].thing, wanted)) {
            b->use.found++;
            return remove_at(b, i).thing;
        }
    return NULL;
}

void shelf_give(struct shelf *s, enum shelf_kind kind, void *thing, size_t bytes, void (*discard)(void *))
{
    if (!s || bytes > SHELF_BYTES) {
        discard(thing);
        return;
    }
    struct board *b = &s->board[kind];
    while (b->n == SHELF_PLACES || b->bytes + bytes > SHELF_BYTES)
        discard_last(b);
    memmove(b->place + 1, b->place, b->n * sizeof *b->place);
    b->place[0] = (struct place){thing, bytes, discard};
    b->n++;
    b->bytes += bytes;
}

struct shelf_use shelf_use(const struct shelf *s, enum shelf_kind kind)
{
    return s ? s->board[kind].use : (struct shelf_use){0};
}
