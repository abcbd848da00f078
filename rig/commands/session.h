/* session.h -- a bench opened for a command: files read, lock taken, links open. */
#ifndef RIG_COMMANDS_SESSION_H
#define RIG_COMMANDS_SESSION_H
#include "rig/loop/identity.h"
#include "rig/loop/link.h"
#include "rig/method/method.h"

enum { SESSION_OVERRIDES = 16 };
struct session_options {
    const char *bench_path;
    const char *overrides[SESSION_OVERRIDES]; /* --set path=value, of the bench file */
    size_t n;
    int  port;                                /* --port: of every TCP link; 0: as in the file */
};
struct session {
    struct bench bench;
    struct safety_limits limits;
    struct config *doc;
    struct link *link[BENCH_LINKS];
    size_t links;
    int lock;                                 /* one master per bench */
};
/* Reads bench and limits.  session_close afterwards in any case. */
int  session_read(struct session *s, const struct session_options *o, struct err *e);
/* Every finding of a session that was read: warnings, for errors refuse the reading. */
void session_lint(const struct session *s, struct lint *out);
/* Says the warnings on stderr: before anything is planned or moved. */
void session_warn(const struct session *s);
/* Takes the lock and makes the links; opens none. */
int  session_take(struct session *s, struct err *e);
/* The same, and opens them all (not yet verified). */
int  session_open(struct session *s, struct err *e);
/* The bus that the axis is on; open. */
struct bus *session_axis_bus(struct session *s);
/* Frees the links and gives the lock back: from now on another mnrig may have the bench. */
void session_leave(struct session *s);
void session_close(struct session *s);
#endif
