/* truth.c -- see truth.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/place.h"
#include "base/synthetic.h"
#include "base/text/table.h"
#include "rig/virtual/oct.h"
#include "rig/virtual/truth.h"

#define FORCE_WORTH_A_ROW 2e-3 /* N: the noise of the reading */
enum { PATH_SIZE = 1024, MAX_READINGS = 999 };

struct truth {
    char folder[PATH_SIZE];
    struct table_out *rows, *writes, *faults;
    const char *last_state;
    bool last_estop;
};

static int make_folder(const char *path, struct err *e)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return 0;
    return err_set(e, ERR_IO, "cannot make folder '%s': %s", path, strerror(errno));
}

static int join(char out[PATH_SIZE], const char *folder, const char *name, struct err *e)
{
    int n = snprintf(out, PATH_SIZE, "%s/%s", folder, name);
    return n < 0 || n >= PATH_SIZE ? err_set(e, ERR_IO, "path too long: '%s/%s'", folder, name) : 0;
}

static int create(struct table_out **o, const char *folder, const char *name, const char *const columns[], size_t n,
                  struct err *e)
{
    char path[PATH_SIZE];
    int rc = join(path, folder, name, e);
    if (rc)
        return rc;
    if (access(path, F_OK) == 0) {
        err_set(e, ERR_IO, "'%s' exists: logs are never overwritten", path);
        err_hint(e, "give --out a new folder");
        return ERR_IO;
    }
    return table_create_live(o, path, columns, n, e);
}

int truth_open(struct truth **out, const char *folder, struct err *e)
{
    static const char *const rows[] = {"time_s",     "position_um", "force_N", "tip_travel_um", "buried_um",
                                       "needles_in", "state",       "estop",   "specimen",      "requests",
                                       SYNTHETIC_COLUMN};
    static const char *const writes[] = {"time_s", "unit", "function", "address", "value", "answer", "request"};
    static const char *const faults[] = {"time_s", "requests", "fault"};
    struct truth *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(e, ERR_NOMEM, "no memory for the truth log");
    if (strlen(folder) >= PATH_SIZE - 64) {
        free(t);
        return err_set(e, ERR_IO, "folder name too long: '%s'", folder);
    }
    memcpy(t->folder, folder, strlen(folder) + 1);
    char inside[PATH_SIZE];
    snprintf(inside, sizeof inside, "%s/truth.csv", folder);
    int rc = place_check_outside_runs(inside, e);
    if (!rc)
        rc = make_folder(folder, e);
    if (!rc)
        rc = create(&t->rows, folder, "truth.csv", rows, sizeof rows / sizeof rows[0], e);
    if (!rc)
        rc = create(&t->writes, folder, "writes.csv", writes, sizeof writes / sizeof writes[0], e);
    if (!rc)
        rc = create(&t->faults, folder, "faults.csv", faults, sizeof faults / sizeof faults[0], e);
    if (rc) {
        truth_abandon(t);
        return rc;
    }
    *out = t;
    return 0;
}

static bool is_worth_a_row(const struct truth *t, const struct plant *p, const char *state)
{
    if (state != t->last_state || p->estop_pressed != t->last_estop)
        return true;
    bool whole_ms = p->steps % 2 == 0;
    return whole_ms && (carriage_is_moving(&p->axis) || fabs(plant_force(p)) > FORCE_WORTH_A_ROW);
}

int truth_step(struct truth *t, const struct plant *p, const char *state, long requests, struct err *e)
{
    if (!is_worth_a_row(t, p, state))
        return 0;
    t->last_state = state;
    t->last_estop = p->estop_pressed;
    table_number(t->rows, plant_time(p));
    table_number(t->rows, 1e6 * p->axis.actual);
    table_number(t->rows, plant_force(p));
    table_number(t->rows, 1e6 * plant_tip_travel(p));
    table_number(t->rows, 1e6 * skin_mean_depth(&p->skin));
    table_integer(t->rows, (long long)skin_needles_in(&p->skin));
    table_word(t->rows, state);
    table_integer(t->rows, p->estop_pressed);
    table_integer(t->rows, p->specimen);
    table_integer(t->rows, requests);
    table_integer(t->rows, 1);
    return table_end_row(t->rows, e);
}

int truth_write(struct truth *t, double time, int unit, int function, unsigned address, unsigned value, int answer,
                long request, struct err *e)
{
    table_number(t->writes, time);
    table_integer(t->writes, unit);
    table_integer(t->writes, function);
    table_integer(t->writes, address);
    table_integer(t->writes, value);
    table_integer(t->writes, answer);
    table_integer(t->writes, request);
    return table_end_row(t->writes, e);
}

int truth_fault(struct truth *t, double time, long requests, const char *text, struct err *e)
{
    table_number(t->faults, time);
    table_integer(t->faults, requests);
    table_word(t->faults, text);
    return table_end_row(t->faults, e);
}

/* name_K.csv with the first free K (name.csv for K = 1). */
static int free_name(char out[PATH_SIZE], const char *folder, const char *name, struct err *e)
{
    for (int k = 1; k <= MAX_READINGS; k++) {
        char file[64];
        if (k == 1)
            snprintf(file, sizeof file, "%s.csv", name);
        else
            snprintf(file, sizeof file, "%s_%d.csv", name, k);
        int rc = join(out, folder, file, e);
        if (rc)
            return rc;
        if (access(out, F_OK) != 0)
            return 0;
    }
    return err_set(e, ERR_IO, "'%s' holds %d readings already", folder, MAX_READINGS);
}

int truth_read_specimen(struct truth *t, const struct plant *p, struct err *e)
{
    char folder[PATH_SIZE], name[64], path[PATH_SIZE];
    snprintf(name, sizeof name, "specimen_%ld", p->specimen);
    int rc = join(folder, t->folder, name, e);
    if (!rc)
        rc = make_folder(folder, e);
    if (!rc)
        rc = free_name(path, folder, "true_holes", e);
    if (!rc)
        rc = oct_write_true(&p->skin, path, e);
    if (!rc)
        rc = free_name(path, folder, "virtual_oct", e);
    return rc ? rc : oct_write(&p->skin, p->seed + (uint64_t)p->specimen, path, e);
}

int truth_close(struct truth *t, struct err *e)
{
    int rc = table_close(t->rows, e), rc2 = table_close(t->writes, e), rc3 = table_close(t->faults, e);
    free(t);
    return rc ? rc : rc2 ? rc2 : rc3;
}

void truth_abandon(struct truth *t)
{
    if (!t)
        return;
    table_abandon(t->rows);
    table_abandon(t->writes);
    table_abandon(t->faults);
    free(t);
}
