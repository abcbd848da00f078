/* test_shelf.c -- what was put on a shelf is found by the one who wants it alone; the oldest goes first. */
#include <stdlib.h>
#include "base/shelf.h"
#include "tests/base/suites.h"

struct box { int mark, *gone; };

static bool is_marked(const void *thing, const void *wanted)
{
    return ((const struct box *)thing)->mark == *(const int *)wanted;
}

static void discard(void *thing)
{
    struct box *b = thing;
    ++*b->gone;
    free(b);
}

static void put(struct shelf *s, int mark, size_t bytes, int *gone)
{
    struct box *b = malloc(sizeof *b);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    *b = (struct box){mark, gone};
    shelf_give(s, SHELF_ANALYSES, b, bytes, discard);
}

static bool take(struct shelf *s, int mark)
{
    struct box *b = shelf_take(s, SHELF_ANALYSES, is_marked, &mark);
    bool found = b && b->mark == mark;
    free(b);
    return found;
}

static void a_thing_is_found_once_by_who_wants_it(void)
{
    struct shelf *s = shelf_new();
    int gone = 0, mark = 4177;
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    put(s, 4177, 100, &gone);
    put(s, 9203, 100, &gone);
    CU_ASSERT_FALSE(take(s, 4178));
    CU_ASSERT_PTR_NULL(shelf_take(s, SHELF_STIFFNESS, is_marked, &mark)); /* of another kind */
    CU_ASSERT(take(s, 4177));
    CU_ASSERT_FALSE(take(s, 4177)); /* it is the taker's now */
    CU_ASSERT_EQUAL(shelf_use(s, SHELF_ANALYSES).asked, 3);
    CU_ASSERT_EQUAL(shelf_use(s, SHELF_ANALYSES).found, 1);
    CU_ASSERT_EQUAL(gone, 0);
    shelf_free(s);
    CU_ASSERT_EQUAL(gone, 1);
}

static void the_one_put_there_longest_ago_makes_room(void)
{
    struct shelf *s = shelf_new();
    int gone = 0;
    for (int i = 0; i < SHELF_PLACES; i++)
        put(s, i, 3, &gone);
    CU_ASSERT(take(s, 0));
    put(s, 0, 3, &gone); /* used again: 1 is the oldest now */
    CU_ASSERT_EQUAL(gone, 0);
    put(s, 777, 3, &gone);
    CU_ASSERT_EQUAL(gone, 1);
    CU_ASSERT_FALSE(take(s, 1));
    CU_ASSERT(take(s, 0));
    CU_ASSERT(take(s, 2));
    shelf_free(s);
}

static void its_bytes_are_bounded(void)
{
    struct shelf *s = shelf_new();
    int gone = 0;
    put(s, 31, SHELF_BYTES / 2, &gone);
    put(s, 32, SHELF_BYTES / 2, &gone);
    CU_ASSERT_EQUAL(gone, 0);
    put(s, 33, SHELF_BYTES / 2, &gone);
    CU_ASSERT_EQUAL(gone, 1);
    CU_ASSERT_FALSE(take(s, 31));
    put(s, 34, SHELF_BYTES + 1, &gone); /* moves nothing aside: it has no place */
    CU_ASSERT_EQUAL(gone, 2);
    CU_ASSERT(take(s, 32));
    CU_ASSERT(take(s, 33));
    shelf_free(s);
}

static void without_a_shelf_nothing_is_kept(void)
{
    int gone = 0;
    put(NULL, 5, 10, &gone);
    CU_ASSERT_EQUAL(gone, 1);
    CU_ASSERT_FALSE(take(NULL, 5));
    CU_ASSERT_EQUAL(shelf_use(NULL, SHELF_ANALYSES).asked, 0);
    shelf_free(NULL);
}

CU_TestInfo shelf_tests[] = {
    {"a_thing_is_found_once_by_who_wants_it", a_thing_is_found_once_by_who_wants_it},
    {"the_one_put_there_longest_ago_makes_room", the_one_put_there_longest_ago_makes_room},
    {"its_bytes_are_bounded", its_bytes_are_bounded},
    {"without_a_shelf_nothing_is_kept", without_a_shelf_nothing_is_kept},
    CU_TEST_INFO_NULL,
};
