/* screen.h -- what the operator sees and presses: one status line, keys, never in the tick's way (nothing
 * here blocks but screen_end_line). */
#ifndef RIG_SCREEN_SCREEN_H
#define RIG_SCREEN_SCREEN_H
#include <stdbool.h>
#include <termios.h>
#include "rig/loop/tick.h"

struct screen {
    bool is_plain;       /* one machine-readable line: <insert|z:0.831|F:12.40|age:18> */
    bool has_terminal;   /* stdin was switched to single keys; screen_close switches back */
    bool reads_keys, is_at_end; /* stdin has ended: no key can come any more */
    bool has_line;       /* the cursor stands behind the status line */
    struct termios before;
    double last;         /* when it was last shown */
    enum rig_state shown;
    char said[240];      /* the message that stands above the status line; empty: none */
};
/* Keys that were typed before are discarded. */
void screen_open(struct screen *s, bool is_plain, bool reads_keys);
void screen_close(struct screen *s);
/* Goes on below the status line.  It waits for the terminal: only when the record is closed. */
void screen_end_line(struct screen *s);
/* The newest key; stop and quit win over others that came with it. */
enum rig_key screen_key(struct screen *s);
/* A line of its own, now. */
void screen_say(struct screen *s, const char *text);
void screen_show(struct screen *s, const struct rig *r);
/* The status line in at most columns - 1 characters, so that it never wraps: what does not fit whole is left out, from
 * the right (age, travel, position ...); *has_message: the rig's message had room too.  Returns its length. */
size_t screen_status(const struct rig *r, size_t columns, bool *has_message, char *out, size_t size);
#endif
