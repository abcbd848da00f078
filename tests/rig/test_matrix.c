/* test_matrix.c -- every cause of a trip has a scenario in every moving state on both pairs of devices; where there is
 * none, tests/scenarios/empty.csv says why there can be none.  SCENARIO_MATRIX=FILE.csv writes the matrix. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/table.h"
#include "base/text/units.h"
#include "tests/rig/scenario.h"
#include "tests/rig/suites.h"

#define REASONS SCENARIO_FOLDER "/empty.csv"

enum { PAIRS = 2, MORE_ROWS = 4, ROWS = SAFETY_CAUSES - SAFETY_ESTOP + MORE_ROWS };
static const char *const pairs[PAIRS] = {"scl_dad141", "em2rs_tlb"};
/* What is no cause of its own, and has to be stopped all the same. */
static const char *const more_rows[MORE_ROWS] = {"operator", "signal", "soft_limit", "stop_ignored"};

struct matrix {
    unsigned cases[ROWS][SCENARIO_MOVING][PAIRS];
    bool is_excused[ROWS][SCENARIO_MOVING][PAIRS];
    size_t files, unknown;
};

static const char *row_name(size_t row)
{
    return row < MORE_ROWS ? more_rows[row] : safety_cause_names[SAFETY_ESTOP + row - MORE_ROWS];
}

static size_t row_of(const char *name)
{
    size_t row = 0;
    while (row < ROWS && strcmp(row_name(row), name) != 0)
        row++;
    return row;
}

static void count_file(struct matrix *m, const char *name)
{
    struct scenario f;
    struct scenario_case cases[SCENARIO_CASES];
    struct err e = {0};
    size_t n = 0, pair = strstr(name, pairs[1]) != NULL;
    m->files++;
    if (scenario_read(name, &f, cases, &n, &e)) {
        printf("\n  %s", e.msg);
        m->unknown++;
    }
    for (size_t i = 0; i < n; i++) {
        size_t row = row_of(scenario_row(&f, &cases[i]));
        if (row < ROWS) {
            m->cases[row][cases[i].state == IN_TARE ? IN_HOLD : cases[i].state][pair]++;
        } else {
            printf("\n  %s: no row '%s'", name, scenario_row(&f, &cases[i]));
            m->unknown++;
        }
    }
}

static int is_scenario(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0;
}

static void count_cases(struct matrix *m)
{
    struct dirent **files = NULL;
    int n = scandir(SCENARIO_FOLDER, &files, is_scenario, alphasort);
    for (int i = 0; i < n; i++) {
        count_file(m, files[i]->d_name);
        free(files[i]);
    }
    free(files);
}

/* Is a word in a list ("home rapid search"; "*": every word is)? */
static bool is_listed(const char *list, const char *word)
{
    size_t n = strlen(word);
    if (strcmp(list, "*") == 0)
        return true;
    for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

/* Returns how many empty cells a reason excuses. */
static size_t excuse(struct matrix *m, size_t row, const char *states, const char *on)
{
    size_t n = 0;
    for (size_t s = 0; s < SCENARIO_MOVING; s++)
        for (size_t p = 0; p < PAIRS; p++)
            if (is_listed(states, scenario_states[s]) && is_listed(on, pairs[p]) && m->cases[row][s][p] == 0) {
                m->is_excused[row][s][p] = true;
                n++;
            }
    return n;
}

/* Every reason names a row and excuses something. */
static void read_reasons(struct matrix *m)
{
    struct table t = {0};
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(table_read(&t, REASONS, &e), 0);
    for (size_t i = 0; i < t.rows; i++) {
        size_t row = row_of(table_cell(&t, i, 0));
        bool is_of_use = row < ROWS && table_cell(&t, i, 3)[0] &&
                         excuse(m, row, table_cell(&t, i, 1), table_cell(&t, i, 2)) > 0;
        if (!is_of_use)
            printf("\n  " REASONS ": row %zu (%s) excuses no empty cell, or says no reason", i + 2,
                   table_cell(&t, i, 0));
        CU_ASSERT_TRUE(is_of_use);
    }
    table_release(&t);
}

static size_t tell_empty(const struct matrix *m)
{
    size_t n = 0;
    for (size_t r = 0; r < ROWS; r++)
        for (size_t s = 0; s < SCENARIO_MOVING; s++)
            for (size_t p = 0; p < PAIRS; p++)
                if (m->cases[r][s][p] == 0 && !m->is_excused[r][s][p]) {
                    printf("\n  no scenario: %s in %s on %s", row_name(r), scenario_states[s], pairs[p]);
                    n++;
                }
    return n;
}

/* How many cases each cell has on the one pair and on the other; "-": none, for a reason. */
static void write_matrix(const struct matrix *m, const char *path)
{
    const char *columns[SCENARIO_MOVING + 1] = {"cause"};
    struct table_out *t = NULL;
    struct err e = {0};
    memcpy(columns + 1, scenario_states, SCENARIO_MOVING * sizeof *columns);
    if (table_create(&t, path, columns, SCENARIO_MOVING + 1, &e)) {
        printf("\n  %s", e.msg);
        return;
    }
    for (size_t r = 0; r < ROWS; r++) {
        table_word(t, row_name(r));
        for (size_t s = 0; s < SCENARIO_MOVING; s++) {
            char cell[2][8], both[20];
            for (size_t p = 0; p < PAIRS; p++)
                snprintf(cell[p], sizeof cell[p], m->cases[r][s][p] ? "%u" : "-", m->cases[r][s][p]);
            snprintf(both, sizeof both, "%s / %s", cell[0], cell[1]);
            table_word(t, both);
        }
        table_end_row(t, &e);
    }
    CU_ASSERT_EQUAL(table_close(t, &e), 0);
}

static void every_cause_has_a_case_in_every_moving_state_on_both_pairs_or_a_reason(void)
{
    struct matrix m = {.files = 0};
    const char *path = getenv("SCENARIO_MATRIX");
    units_init(NULL);
    count_cases(&m);
    read_reasons(&m);
    CU_ASSERT_TRUE(m.files > 0);
    CU_ASSERT_EQUAL(m.unknown, 0);
    CU_ASSERT_EQUAL(tell_empty(&m), 0);
    if (path)
        write_matrix(&m, path);
}

CU_TestInfo matrix_tests[] = {{"every_cause_has_a_case_in_every_moving_state_on_both_pairs_or_a_reason",
                               every_cause_has_a_case_in_every_moving_state_on_both_pairs_or_a_reason},
                              CU_TEST_INFO_NULL};
