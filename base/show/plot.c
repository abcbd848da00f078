/* plot.c -- see plot.h: writes a gnuplot script with its data inline and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/show/plot.h"
#include "base/text/file.h"

#define TIME_LIMIT_S 30.0
enum { WIDTH = 760, HEIGHT = 480, PANEL_WIDTH = 400, SCALE_WIDTH = 125 }; /* a map's panels, their colour scale */

/* Okabe and Ito's palette, told apart with every common colour blindness; black first. */
static const char *const palette[] = {"#000000", "#0072b2", "#d55e00", "#009e73",
                                      "#cc79a7", "#56b4e9", "#e69f00", "#999999"};
enum { PALETTE = sizeof palette / sizeof palette[0] };

/* ---- the script ---- */

/* A gnuplot string in double quotes: no escapes, no line breaks, no way out of it. */
static void put_string(FILE *f, const char *text)
{
    putc('"', f);
    for (const char *s = text ? text : ""; *s; s++)
        if ((unsigned char)*s >= 0x20 && *s != '"' && *s != '\\' && *s != '`')
            putc(*s, f);
        else
            putc(*s == '"' ? '\'' : ' ', f);
    putc('"', f);
}

static void put_setting(FILE *f, const char *setting, const char *text)
{
    if (!text)
        return;
    fprintf(f, "set %s ", setting);
    put_string(f, text);
    fputs(" noenhanced\n", f);
}

/* A title in as many lines as it needs, broken between words: the figure cuts what is wider than itself. */
static void put_title(FILE *f, const char *setting, const char *text, int width)
{
    enum { LETTER = 9, LINE = 200 }; /* mean width of a letter; at most so many letters a line */
    char line[LINE + 1];
    size_t most = (size_t)(width / LETTER) < LINE ? (size_t)(width / LETTER) : LINE;
    if (!text) return;
    fprintf(f, "set %s ", setting);
    while (strlen(text) > most) {
        size_t n = most;
        while (n > 0 && text[n] != ' ')
            n--;
        if (n == 0) break;
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        put_string(f, line);
        fputs(".\"\\n\".", f);
        text += n + 1;
    }
    put_string(f, text);
    fputs(" noenhanced\n", f);
}

static void put_number(FILE *f, double x)
{
    if (isfinite(x))
        fprintf(f, " %.10g", x);
    else
        fputs(" NaN", f);
}

/* What every figure has: the SVG terminal, where it goes, plain axes and a light grid. */
static void put_head(FILE *f, const char *name, int width, int height)
{
    fprintf(f, "# Figure %s.  Change it here and run: gnuplot %s.gp\n", name, name);
    fprintf(f, "set terminal svg size %d,%d dynamic font 'sans-serif,15' background '#ffffff' name 'fig'\n", width,
            height);
    fprintf(f, "set output '%s.svg'\nset encoding utf8\n", name);
    fputs("set border 3 linewidth 1.2\nset tics nomirror out scale 0.6\nset xtics offset 0,0.4\n"
          "set xlabel offset 0,1.1\nset grid linecolor '#dddddd' linetype 1 linewidth 0.8\n",
          f);
    fputs("set datafile missing 'NaN'\nset key outside below center horizontal Left reverse\n", f); /* hides no data */
}

static void put_block(FILE *f, size_t i, const struct plot_series *s)
{
    fprintf(f, "$s%zu << EOD\n", i);
    for (size_t k = 0; k < s->n; k++) {
        bool is_gap = !isfinite(s->x[k]) || !isfinite(s->y[k]) || (s->err && !isfinite(s->err[k]));
        if (!is_gap) {
            put_number(f, s->x[k]);
            put_number(f, s->y[k]);
            if (s->err)
                put_number(f, s->err[k]);
        }
        putc('\n', f); /* a blank line breaks the curve */
    }
    fputs("EOD\n", f);
}

static const char *style_of(enum plot_style style)
{
    switch (style) {
    case PLOT_POINTS: return "using 1:2 with points pointtype 7 pointsize 0.6";
    case PLOT_LINEPOINTS: return "using 1:2 with linespoints linewidth 2 pointtype 7 pointsize 0.5";
    case PLOT_ERRORBARS: return "using 1:2:3 with yerrorbars linewidth 1.5 pointtype 7 pointsize 0.6";
    case PLOT_DASHED: return "using 1:2 with lines linewidth 2 dashtype 2";
    case PLOT_BAND: return "using 1:2:3 with filledcurves fillstyle transparent solid 0.25 noborder";
    case PLOT_AREA: return "using 1:2:3 with filledcurves fillstyle solid 0.6 noborder";
    case PLOT_STEPS: return "using 1:2 with steps linewidth 2";
    default: return "using 1:2 with lines linewidth 2";
    }
}

/* gnuplot stops at a data set without a point, so such a series is left out. */
static bool has_points(const struct plot_series *s)
{
    for (size_t k = 0; k < s->n; k++)
        if (isfinite(s->x[k]) && isfinite(s->y[k]) && (!s->err || isfinite(s->err[k])))
            return true;
    return false;
}

static void put_series(FILE *f, size_t i, const struct plot_series *s, bool is_first)
{
    const char *colour = palette[(unsigned)s->colour % PALETTE];
    fprintf(f, "%s$s%zu %s linecolor '%s' ", is_first ? "plot " : ", \\\n     ", i, style_of(s->style), colour);
    if (s->title) {
        fputs("title ", f);
        put_string(f, s->title);
        fputs(" noenhanced", f);
    } else {
        fputs("notitle", f);
    }
}

/* With an empty second line, which keeps the legend below clear of it. */
static void put_xlabel(FILE *f, const char *text)
{
    if (!text)
        return;
    fputs("set xlabel ", f);
    put_string(f, text);
    fputs(".\"\\n\" noenhanced\n", f);
}

static void put_axes(FILE *f, const struct plot *p)
{
    put_title(f, "title", p->title, WIDTH);
    put_xlabel(f, p->xlabel);
    put_setting(f, "ylabel", p->ylabel);
    if (p->logx)
        fputs("set logscale x\nset format x '%h'\n", f);
    if (p->logy)
        fputs("set logscale y\nset format y '%h'\n", f);
    if (p->has_xrange)
        fprintf(f, "set xrange [%.10g:%.10g]\n", p->xlo, p->xhi);
    if (p->has_yrange)
        fprintf(f, "set yrange [%.10g:%.10g]\n", p->ylo, p->yhi);
}

/* A legend of many rows, or a title of two lines, makes the figure higher and leaves the curves their room. */
static int more_height(const struct plot *p)
{
    enum { LETTER = 9, SAMPLE = 75, ROW = 22, ROWS_FREE = 2 };
    size_t widest = 0, entries = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->series[i].title && has_points(&p->series[i])) {
            size_t n = strlen(p->series[i].title);
            widest = n > widest ? n : widest;
            entries++;
        }
    int columns = (WIDTH - 120) / ((int)widest * LETTER + SAMPLE), all = (int)entries;
    int rows = (all + (columns > 1 ? columns : 1) - 1) / (columns > 1 ? columns : 1);
    int lines = p->title ? (int)strlen(p->title) * LETTER / WIDTH : 0;
    return ROW * ((rows > ROWS_FREE ? rows - ROWS_FREE : 0) + lines);
}

static void put_plot(FILE *f, const struct plot *p, const char *name)
{
    bool is_first = true;
    put_head(f, name, WIDTH, HEIGHT + more_height(p));
    put_axes(f, p);
    for (size_t i = 0; i < p->n; i++)
        if (has_points(&p->series[i]))
            put_block(f, i, &p->series[i]);
    for (size_t i = 0; i < p->n; i++)
        if (has_points(&p->series[i])) {
            put_series(f, i, &p->series[i], is_first);
            is_first = false;
        }
    putc('\n', f);
}

/* ---- maps ---- */

static void put_map_block(FILE *f, size_t i, const struct plot_map *m)
{
    fprintf(f, "$m%zu << EOD\n", i);
    for (size_t k = 0; k < m->ny; k++) {
        for (size_t j = 0; j < m->nx; j++) {
            put_number(f, m->x[j]);
            put_number(f, m->y[k]);
            put_number(f, m->z[k * m->nx + j]);
            putc('\n', f);
        }
        putc('\n', f); /* a blank line ends a row of the grid */
    }
    fputs("EOD\n", f);
}

/* One colour scale for all: the smallest and largest finite value (positive for a log scale). */
static bool scale_of(const struct plot_map *maps, size_t n, double *lo, double *hi)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < maps[i].nx * maps[i].ny; k++) {
            double z = maps[i].z[k];
            if (isfinite(z) && !(maps[i].logz && z <= 0.0)) {
                *lo = fmin(*lo, z);
                *hi = fmax(*hi, z);
            }
        }
    return *lo <= *hi;
}

/* The axis runs over the grid; its values are the tics where they have room. */
static void put_map_axis(FILE *f, char axis, const double *v, size_t n, bool is_log)
{
    enum { ROOM = 7 };
    double lo = v[0], hi = v[0];
    for (size_t i = 1; i < n; i++) {
        lo = fmin(lo, v[i]);
        hi = fmax(hi, v[i]);
    }
    fprintf(f, "%s logscale %c\n", is_log ? "set" : "unset", axis);
    if (isfinite(lo) && isfinite(hi) && lo < hi)
        fprintf(f, "set %crange [%.10g:%.10g]\n", axis, lo, hi);
    fprintf(f, "set %ctics ", axis);
    for (size_t i = 0; n <= ROOM && i < n; i++)
        fprintf(f, "%s%.6g", i ? ", " : "(", v[i]);
    fputs(n <= ROOM ? ")\n" : "autofreq\n", f);
}

/* Panel i of n; the last one carries the colour scale of all. */
static void put_map(FILE *f, size_t i, size_t n, const struct plot_map *m)
{
    double total = (double)(n * PANEL_WIDTH + SCALE_WIDTH), left = (double)(i * PANEL_WIDTH);
    put_setting(f, "title", m->title);
    put_setting(f, "xlabel", m->xlabel);
    put_setting(f, "ylabel", m->ylabel);
    put_map_axis(f, 'x', m->x, m->nx, m->logx);
    put_map_axis(f, 'y', m->y, m->ny, m->logy);
    if (i + 1 == n) {
        put_setting(f, "cblabel", m->zlabel);
        fprintf(f, "set colorbox user origin screen %.4f,0.17 size screen %.4f,0.64\n",
                (left + PANEL_WIDTH + 5.0) / total, 18.0 / total);
    }
    fprintf(f, "set lmargin at screen %.4f\nset rmargin at screen %.4f\n", (left + 85.0) / total,
            (left + PANEL_WIDTH - 15.0) / total);
    fputs("set tmargin at screen 0.81\nset bmargin at screen 0.17\n", f);
    fprintf(f,
            "splot $m%zu with pm3d notitle, $c%zu using 1:2:3 with lines linewidth 1.2 linecolor '#ffffff' notitle\n",
            i, i);
}

/* Contour lines of map i as the data block $c<i>. */
static void put_contours(FILE *f, size_t i)
{
    fprintf(f, "set table $c%zu\nsplot $m%zu with lines\nunset table\n", i, i);
}

static void put_maps(FILE *f, const char *title, const struct plot_map *maps, size_t n, double lo, double hi,
                     const char *name)
{
    put_head(f, name, (int)n * PANEL_WIDTH + SCALE_WIDTH, HEIGHT);
    if (lo == hi) { /* gnuplot refuses an empty range */
        lo -= maps[0].logz ? 0.1 * lo : 0.1 * fabs(lo) + 1e-12;
        hi += 0.1 * fabs(hi) + 1e-12;
    }
    /* viridis in six steps: even to the eye, readable in grey and with colour blindness */
    fputs("set palette defined (0 '#440154', 1 '#414487', 2 '#2a788e', 3 '#22a884', 4 '#7ad151', 5 '#fde725')\n", f);
    fprintf(f, "%sset cbrange [%.10g:%.10g]\n", maps[0].logz ? "set logscale zcb\n" : "", lo, hi);
    fputs("set format cb '%h'\nunset key\nset contour base\nset cntrparam levels auto 6\nunset surface\n", f);
    for (size_t i = 0; i < n; i++) {
        put_map_block(f, i, &maps[i]);
        put_contours(f, i);
    }
    fputs("unset contour\nset surface\nset view map\nset pm3d interpolate 4,4\nunset colorbox\n"
          "set xlabel offset 0,0.4\nset ylabel offset 0.4,0\nset cblabel offset 1,0\n", f);
    put_title(f, "multiplot title", title, (int)n * PANEL_WIDTH + SCALE_WIDTH);
    for (size_t i = 0; i < n; i++)
        put_map(f, i, n, &maps[i]);
    fputs("unset multiplot\n", f);
}

/* ---- running gnuplot ---- */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The child: only calls that are safe between fork and exec in a program with threads. */
static void become_gnuplot(const char *folder, const char *script, int errors)
{
    int null = open("/dev/null", O_RDWR);
    if (null >= 0 && chdir(folder) == 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && dup2(errors, 2) >= 0)
        execlp("gnuplot", "gnuplot", script, (char *)NULL);
    _exit(errno == ENOENT ? 127 : 126);
}

/* Reads the child's stderr until it closes or the time is over; false on time-out. */
static bool listen_to(int fd, char *said, size_t size)
{
    double stop = now_s() + TIME_LIMIT_S;
    size_t n = 0;
    char spill[256] = "";
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        double left = stop - now_s();
        int r = left > 0.0 ? poll(&p, 1, (int)(left * 1000.0) + 1) : 0;
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            break;
        bool is_full = n >= size - 1;
        ssize_t got = read(fd, is_full ? spill : said + n, is_full ? sizeof spill : size - 1 - n);
        if (got <= 0) {
            said[n] = '\0';
            return true;
        }
        n += is_full ? 0 : (size_t)got;
    }
    said[n] = '\0';
    return false;
}

/* gnuplot's complaint on one line. */
static void flatten(char *text)
{
    char *o = text;
    for (const char *s = text; *s; s++) {
        char c = (unsigned char)*s < 0x20 ? ' ' : *s;
        if (c != ' ' || (o > text && o[-1] != ' '))
            *o++ = c;
    }
    while (o > text && o[-1] == ' ')
        o--;
    *o = '\0';
}

static int judge(int status, bool in_time, char *said, const char *folder, const char *script, struct err *e)
{
    if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (!in_time)
        return err_set(e, ERR_FAILED, "gnuplot %s/%s: not done in %.0f s: stopped", folder, script, TIME_LIMIT_S);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        err_set(e, ERR_FAILED, "gnuplot is not installed: %s/%s was written but not drawn", folder, script);
        err_hint(e, "install the package gnuplot-nox (make deps), then run: gnuplot %s", script);
        return ERR_FAILED;
    }
    flatten(said);
    return err_set(e, ERR_FAILED, "gnuplot %s/%s failed: %.600s", folder, script, said[0] ? said : "no message");
}

static int run_gnuplot(const char *folder, const char *name, struct err *e)
{
    char script[256], said[800];
    int pipes[2], status = 0;
    snprintf(script, sizeof script, "%.200s.gp", name);
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return err_set(e, ERR_FAILED, "cannot start gnuplot: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0)
        become_gnuplot(folder, script, pipes[1]);
    int why = errno;
    close(pipes[1]);
    if (child < 0) {
        close(pipes[0]);
        return err_set(e, ERR_FAILED, "cannot start gnuplot: %s", strerror(why));
    }
    bool in_time = listen_to(pipes[0], said, sizeof said);
    close(pipes[0]);
    if (!in_time)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return judge(status, in_time, said, folder, script, e);
}

/* ---- the two figures ---- */

static int open_script(struct file_out *o, const char *folder, const char *name, struct err *e)
{
    char path[4096];
    if (!name[0] || strpbrk(name, "/'\"\\\n"))
        return err_set(e, ERR_ARG, "'%.80s' cannot name a figure", name);
    int n = snprintf(path, sizeof path, "%s/%s.gp", folder, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, ERR_IO, "%.200s...: the folder's path is too long", folder);
    return file_create(o, path, e);
}

int plot_write(const struct plot *p, const char *folder, const char *name, struct err *e)
{
    struct file_out o;
    size_t drawn = 0;
    for (size_t i = 0; i < p->n; i++)
        drawn += has_points(&p->series[i]);
    if (drawn == 0)
        return err_set(e, ERR_FAILED, "figure '%.80s': no finite point to draw", name);
    int r = open_script(&o, folder, name, e);
    if (r)
        return r;
    put_plot(o.f, p, name);
    r = file_commit(&o, e);
    return r ? r : run_gnuplot(folder, name, e);
}

int plot_maps_write(const char *title, const struct plot_map *maps, size_t n, const char *folder, const char *name,
                    struct err *e)
{
    struct file_out o;
    double lo, hi;
    if (n < 1 || !scale_of(maps, n, &lo, &hi))
        return err_set(e, ERR_FAILED, "figure '%.80s': no finite point to draw", name);
    int r = open_script(&o, folder, name, e);
    if (r)
        return r;
    put_maps(o.f, title, maps, n, lo, hi, name);
    r = file_commit(&o, e);
    return r ? r : run_gnuplot(folder, name, e);
}
