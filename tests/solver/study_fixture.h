/* study_fixture.h -- a small study with its parts in a folder of its own, and ways to change one line of it. */
#ifndef TESTS_SOLVER_STUDY_FIXTURE_H
#define TESTS_SOLVER_STUDY_FIXTURE_H
#include "solver/study/study.h"

struct fixture { char folder[200], study[300], text[6000]; };

/* A fresh folder under $TMPDIR with drugs/, skins/, needles/ and study.yaml; removed by fixture_remove. */
void fixture_make(struct fixture *f);
void fixture_remove(struct fixture *f);
/* Writes <folder>/<name>. */
void fixture_write(const struct fixture *f, const char *name, const char *text);
/* The whole text of <folder>/<name>; free() it; NULL when there is none. */
char *fixture_read(const struct fixture *f, const char *name);
/* study.yaml with the first occurrence of find replaced by put (find "": appended). */
void fixture_change(struct fixture *f, const char *find, const char *put);
/* Loads the study as it stands after one change of the original; gives the code, and what is printed of the error. */
int  load_changed(const char *find, const char *put, struct err *e);
#endif
