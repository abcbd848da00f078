/* serial.c -- see serial.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>
#include "rig/virtual/serial.h"

static const struct { long baud; speed_t code; } speeds[] = {
    {1200, B1200}, {2400, B2400}, {4800, B4800}, {9600, B9600}, {19200, B19200}, {38400, B38400}, {57600, B57600},
    {115200, B115200}, {230400, B230400}, {460800, B460800}, {921600, B921600},
};
enum { SPEEDS = sizeof speeds / sizeof speeds[0] };

static int speed_code(long baud, speed_t *code)
{
    for (int i = 0; i < SPEEDS; i++)
        if (speeds[i].baud == baud) {
            *code = speeds[i].code;
            return 0;
        }
    return -1;
}

int serial_check(const struct serial_settings *set, struct err *e)
{
    speed_t code;
    if (speed_code(set->baud, &code)) {
        err_set(e, ERR_ARG, "baud %ld: no such speed", set->baud);
        err_hint(e, "one of 1200 2400 4800 9600 19200 38400 57600 115200 230400 460800 921600");
        return ERR_ARG;
    }
    return strchr("NEO", set->parity) && set->parity ? 0
           : err_set(e, ERR_ARG, "parity '%c': must be N, E or O", set->parity);
}

double serial_byte_time(const struct serial_settings *set)
{
    return 11.0 / (double)set->baud;
}

/* A pseudo-terminal knows no parity and refuses to be given one. */
static bool is_pseudo_terminal(int fd)
{
    enum { FIRST_MAJOR = 136, LAST_MAJOR = 143 }; /* Linux's devices.txt: Unix98 PTY slaves */
    struct stat st;
    return fstat(fd, &st) == 0 && major(st.st_rdev) >= FIRST_MAJOR && major(st.st_rdev) <= LAST_MAJOR;
}

static int set_up(int fd, const struct serial_settings *set)
{
    struct termios t;
    speed_t code;
    if (speed_code(set->baud, &code) || tcgetattr(fd, &t))
        return -1;
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | PARODD);
    if (!is_pseudo_terminal(fd)) {
        t.c_cflag |= set->parity == 'N' ? CSTOPB : PARENB;
        t.c_cflag |= set->parity == 'O' ? PARODD : 0;
        t.c_iflag |= set->parity == 'N' ? 0 : INPCK;
    }
    return cfsetispeed(&t, code) || cfsetospeed(&t, code) || tcsetattr(fd, TCSANOW, &t) ? -1 : 0;
}

int serial_open(int *fd, const char *path, const struct serial_settings *set, struct err *e)
{
    int rc = serial_check(set, e);
    if (rc)
        return rc;
    int f = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (f < 0)
        return err_set(e, ERR_COMM, "cannot open serial port '%s': %s", path, strerror(errno));
    if (set_up(f, set)) {
        err_set(e, ERR_COMM, "cannot set serial port '%s' to %ld baud, parity %c: %s", path, set->baud, set->parity,
                strerror(errno));
        close(f);
        return ERR_COMM;
    }
    *fd = f;
    return 0;
}

int serial_open_pty(int *fd, int *other, char *name, size_t size, struct err *e)
{
    const struct serial_settings any = {115200, 'E'}; /* a pseudo-terminal has no speed; raw is what matters */
    int f = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), o = -1;
    if (f >= 0 && !grantpt(f) && !unlockpt(f) && !ptsname_r(f, name, size))
        o = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (o < 0 || set_up(o, &any)) {
        err_set(e, ERR_COMM, "cannot open a pseudo-terminal: %s", strerror(errno));
        if (o >= 0)
            close(o);
        if (f >= 0)
            close(f);
        return ERR_COMM;
    }
    *fd = f;
    *other = o;
    return 0;
}
