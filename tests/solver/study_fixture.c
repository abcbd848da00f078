/* study_fixture.c -- see study_fixture.h. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/text/file.h"
#include "tests/runner.h"
#include "tests/solver/study_fixture.h"

static const char study[] =
    "study: \"Fixture\"\n"
    "drug: probe\n"
    "skin: slab\n"
    "needles: pins\n"
    "density: 137 /cm2\n"
    "insertion: {depth: 312 um}\n"
    "channel: {fill: diffusing, radius_ratio: 0.83}\n"
    "vehicle: {type: infinite, concentration: 7.3 mg/mL, K: 1.1}\n"
    "receptor: {type: sink}\n"
    "patch: {area: 2.3 cm2, remove_at: 5 h}\n"
    "schedule: {duration: 6 h, outputs: [0.5 h, 1 h, 2 h, 4 h, 6 h]}\n"
    "lab_window: {from: 1 h, to: 6 h}\n";
static const char drug[] =
    "name: probe\nmolar_mass: 211 g/mol\nsolubility: 50 mg/mL\n"
    "tissue:\n"
    "  stratum_corneum: {D: 6.1e-15 m2/s, K: 0.7}\n"
    "  dermis: {D: 1.7e-10 m2/s, K: 0.81, clearance: 4.3e-4 1/s}\n"
    "channel: {D: 5.3e-10 m2/s, K: 1}\n"
    "plasma: {volume: 63 L, clearance: 21 L/h}\n";
static const char skin[] =
    "name: slab\ntemperature: 32 degC\nlayers:\n"
    "  - {name: stratum_corneum, thickness: 16 um}\n"
    "  - {name: dermis, thickness: 430 um}\n";
static const char needles[] =
    "name: pins\nkind: array\nshape: cone\nlength: 610 um\nbase_diameter: 183 um\ntip_diameter: 12 um\n"
    "count: 274\npatch_area: 2 cm2\n";

void fixture_write(const struct fixture *f, const char *name, const char *text)
{
    char path[500];
    struct err e = {0};
    struct file_out o;
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    CU_ASSERT_EQUAL_FATAL(file_create(&o, path, &e), 0);
    fputs(text, o.f);
    CU_ASSERT_EQUAL_FATAL(file_commit(&o, &e), 0);
}

char *fixture_read(const struct fixture *f, const char *name)
{
    char path[500], *text = NULL;
    size_t n;
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    return file_read(path, 16 << 20, &text, &n, NULL) ? NULL : text;
}

void fixture_make(struct fixture *f)
{
    const char *tmp = getenv("TMPDIR");
    char path[300];
    *f = (struct fixture){0};
    snprintf(f->folder, sizeof f->folder, "%.150s/mn-study-XXXXXX", tmp ? tmp : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f->folder));
    const char *const folders[] = {"drugs", "skins", "needles"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", f->folder, folders[i]);
        CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
    }
    fixture_write(f, "drugs/probe.yaml", drug);
    fixture_write(f, "skins/slab.yaml", skin);
    fixture_write(f, "needles/pins.yaml", needles);
    fixture_write(f, "study.yaml", study);
    snprintf(f->text, sizeof f->text, "%s", study);
    snprintf(f->study, sizeof f->study, "%s/study.yaml", f->folder);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void fixture_remove(struct fixture *f) { nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

void fixture_change(struct fixture *f, const char *find, const char *put)
{
    char changed[sizeof f->text];
    const char *at = find[0] ? strstr(f->text, find) : f->text + strlen(f->text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - f->text), f->text, put, at + strlen(find));
    memcpy(f->text, changed, sizeof changed);
    fixture_write(f, "study.yaml", f->text);
}

int load_changed(const char *find, const char *put, struct err *e)
{
    struct fixture f;
    struct study *s = malloc(sizeof *s);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    *e = (struct err){0};
    fixture_make(&f);
    fixture_change(&f, find, put);
    int rc = study_load(s, f.study, NULL, e);
    if (!rc)
        study_release(s);
    fixture_remove(&f);
    free(s);
    return rc;
}
