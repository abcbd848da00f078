/* screen.c -- see screen.h. */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "rig/screen/screen.h"

#define SHOW_EVERY 0.2 /* s; at once when the state changes */

void screen_open(struct screen *s, bool is_plain, bool reads_keys)
{
    *s = (struct screen){.is_plain = is_plain || !isatty(STDOUT_FILENO), .reads_keys = reads_keys, .last = -1e9};
    if (!reads_keys || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &s->before) != 0)
        return;
    struct termios single = s->before;
    single.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    single.c_cc[VMIN] = 0;
    single.c_cc[VTIME] = 0;
    s->has_terminal = tcsetattr(STDIN_FILENO, TCSAFLUSH, &single) == 0; /* FLUSH: type-ahead is discarded */
}

void screen_close(struct screen *s)
{
    if (s->has_terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &s->before);
    if (!s->is_plain) {
        printf("\n");
        fflush(stdout);
    }
    s->has_terminal = false;
}

static enum rig_key key_of(char c)
{
    switch (c) {
    case 'a': return KEY_ARM;
    case ' ': return KEY_STOP;
    case 'u': return KEY_UNLOAD;
    case 'r': return KEY_RESET;
    case 'q': return KEY_QUIT;
    case 's': return KEY_SKIP;
    default: return KEY_NONE;
    }
}

enum rig_key screen_key(struct screen *s)
{
    struct pollfd p = {STDIN_FILENO, POLLIN, 0};
    enum rig_key newest = KEY_NONE;
    if (!s->reads_keys || s->is_at_end || poll(&p, 1, 0) <= 0)
        return KEY_NONE;
    char buf[256];
    ssize_t n = read(STDIN_FILENO, buf, sizeof buf);
    if (n <= 0) {
        s->is_at_end = true;
        return KEY_QUIT; /* nobody can press stop any more */
    }
    for (ssize_t i = 0; i < n; i++) {
        enum rig_key k = key_of(buf[i]);
        if (k != KEY_NONE && newest != KEY_STOP && (newest != KEY_QUIT || k == KEY_STOP))
            newest = k;
    }
    return newest;
}

static int status_line(const struct screen *s, const struct rig *r, char *out, size_t size)
{
    const char *state = r->state == RIG_RUNNING ? sequence_stage(&r->sequence) : rig_state_names[r->state];
    double age = fmax(r->inputs.age[BENCH_AXIS], r->inputs.age[BENCH_FORCE]) * 1e3;
    double travel = sequence_travel(&r->sequence, r->axis.position, r->force.force);
    if (s->is_plain)
        return snprintf(out, size, "<%s|z:%.4f|F:%.4f|travel:%.4f|age:%.0f>\n", state, r->axis.position * 1e3,
                        r->force.force, travel * 1e3, age);
    return snprintf(out, size, "\r\033[K%-9s F %8.3f / %.4g N   z %8.4f mm   travel %8.4f mm   age %3.0f ms   %.80s",
                    state, r->force.force, r->limits.force_push, r->axis.position * 1e3, travel * 1e3, age, r->message);
}

/* A reader that is stuck (Ctrl-S, a full pipe) loses lines; it never holds up the tick. */
static void put(const char *text, size_t n)
{
    struct pollfd p = {STDOUT_FILENO, POLLOUT, 0};
    if (poll(&p, 1, 0) > 0 && (p.revents & POLLOUT) && write(STDOUT_FILENO, text, n) < 0)
        return;
}

void screen_say(struct screen *s, const char *text)
{
    char line[400];
    int n = snprintf(line, sizeof line, "%s%.390s\n", s->is_plain ? "" : "\r\033[K", text);
    put(line, (size_t)n);
}

void screen_show(struct screen *s, const struct rig *r)
{
    char line[400];
    if (r->now - s->last < SHOW_EVERY && r->state == s->shown)
        return;
    s->last = r->now;
    s->shown = r->state;
    int n = status_line(s, r, line, sizeof line);
    if (n > (int)sizeof line - 1)
        n = (int)sizeof line - 1;
    put(line, (size_t)n);
}
