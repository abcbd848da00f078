/* screen.c -- see screen.h. */
#include <ctype.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "rig/screen/screen.h"

#define SHOW_EVERY 0.2 /* s; at once when the state changes */
enum { COLUMNS_ELSE = 80 }; /* of a terminal that does not tell */

/* A reader that is stuck (Ctrl-S, a full pipe) loses lines; it never holds up the tick. */
static void put(const char *text, size_t n)
{
    struct pollfd p = {STDOUT_FILENO, POLLOUT, 0};
    if (poll(&p, 1, 0) > 0 && (p.revents & POLLOUT) && write(STDOUT_FILENO, text, n) < 0)
        return;
}

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
    s->has_terminal = false;
}

void screen_end_line(struct screen *s)
{
    if (s->has_line)
        putchar('\n');
    s->has_line = false;
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

static size_t columns_of_terminal(void)
{
    struct winsize w = {0};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : COLUMNS_ELSE;
}

/* The same but for its numbers? */
static bool says_the_same(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (isdigit((unsigned char)*a) || *a == '.' || *a == '-') a++;
        while (isdigit((unsigned char)*b) || *b == '.' || *b == '-') b++;
        if (*a != *b || !*a)
            return *a == *b;
    }
}

struct numbers { const char *state; double force, position, travel, age; }; /* N, mm, mm, ms */

static struct numbers numbers_of(const struct rig *r)
{
    return (struct numbers){
        .state = r->state == RIG_RUNNING ? sequence_stage(&r->sequence) : rig_state_names[r->state],
        .force = r->force.force,
        .position = r->axis.position * 1e3,
        .travel = sequence_travel(&r->sequence, r->axis.position, r->force.force) * 1e3,
        .age = fmin(fmax(r->inputs.age[BENCH_AXIS], r->inputs.age[BENCH_FORCE]) * 1e3, 1e9)};
}

size_t screen_status(const struct rig *r, size_t columns, bool *has_message, char *out, size_t size)
{
    char part[5][60];
    const struct numbers k = numbers_of(r);
    snprintf(part[0], sizeof part[0], "%-9.9s", k.state);
    snprintf(part[1], sizeof part[1], " F %8.3f / %.4g N", k.force, r->limits.force_push);
    snprintf(part[2], sizeof part[2], "  z %8.4f mm", k.position);
    snprintf(part[3], sizeof part[3], "  travel %8.4f mm", k.travel);
    snprintf(part[4], sizeof part[4], "  age %3.0f ms", k.age);
    size_t n = 0;
    for (size_t i = 0; i < 5 && n + strlen(part[i]) < columns && n + strlen(part[i]) < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s", part[i]);
    *has_message = n + 3 + strlen(r->message) < columns && n + 3 + strlen(r->message) < size;
    if (*has_message)
        n += (size_t)snprintf(out + n, size - n, "   %s", r->message);
    return n;
}

static size_t plain_line(const struct rig *r, char *out, size_t size)
{
    const struct numbers k = numbers_of(r);
    int n = snprintf(out, size, "<%s|z:%.4f|F:%.4f|travel:%.4f|age:%.0f>\n", k.state, k.position, k.force, k.travel,
                     k.age);
    return n < (int)size ? (size_t)n : size - 1;
}

void screen_say(struct screen *s, const char *text)
{
    char line[400];
    int n = snprintf(line, sizeof line, "%s%.390s\n", s->is_plain ? "" : "\r\033[K", text);
    put(line, (size_t)n);
}

/* A message that has no room behind the numbers stands above them, once: it tells which keys there are. */
static void show_line(struct screen *s, const struct rig *r)
{
    char line[400] = "\r\033[K";
    const size_t n = strlen(line);
    bool has_message;
    size_t used = screen_status(r, columns_of_terminal(), &has_message, line + n, sizeof line - n);
    if (!has_message && !says_the_same(r->message, s->said))
        screen_say(s, r->message);
    snprintf(s->said, sizeof s->said, "%s", has_message ? "" : r->message);
    put(line, n + used);
    s->has_line = true;
}

void screen_show(struct screen *s, const struct rig *r)
{
    char line[400];
    if (r->now - s->last < SHOW_EVERY && r->state == s->shown)
        return;
    s->last = r->now;
    s->shown = r->state;
    if (s->is_plain)
        put(line, plain_line(r, line, sizeof line));
    else
        show_line(s, r);
}
