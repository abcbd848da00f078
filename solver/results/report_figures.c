/* report_figures.c -- figures, remarks and provenance of a result folder in a report; see report_parts.h. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text/number.h"
#include "solver/results/report_parts.h"

enum { FIGURES_MAX = 40, PATH = 1100 };

/* Captions of the figures that mnsim draws, in the order in which they are shown; what the text alternative adds from
 * the results. */
static const struct {
    const char *name, *caption, *result, *told;
} known[] = {
    {"force_travel", "Force over travel; travel holds the skin's sink and is not depth", "peak_force",
     "greatest force"},
    {"force_time", "Force over time", NULL, NULL},
    {"depth_force", "Buried depth over force, estimated by the insertion model", "buried_depth", "depth at the end"},
    {"delivered", "Delivered amount over time", "delivered_end", "delivered at the end"},
    {"flux", "Flux over time", "J_max", "greatest flux"},
    {"plasma", "Plasma level over time", "plasma_max", "greatest level"},
    {"metabolite", "Metabolite delivered over time", NULL, NULL},
    {"openness", "Openness of the channels over time", NULL, NULL},
    {"shares", "Where the drug is over time", NULL, NULL},
    {"profiles", "Activity over depth at several times", NULL, NULL},
    {"map", "Map of the sweep; all panels share one scale", NULL, NULL},
    {"ratio", "Ratio: measured and predicted", NULL, NULL},
    {"overlay", "Measured and simulated, with bands", NULL, NULL},
    {"overlay_log", "The same with a logarithmic axis", NULL, NULL},
    {"fit", "Data and fitted curve", NULL, NULL},
    {"fit_profiles", "Profiles: the sum of squares with one parameter held and the others fitted again", NULL, NULL},
    {"residuals", "Residuals: which is taken from which stands at the axis", NULL, NULL},
    {"observed_predicted", "Predicted against observed; on the line they agree", NULL, NULL},
    {"predicted_observed", "Predicted against observed; on the line they agree", NULL, NULL},
    {"bland_altman", "Difference over mean of measured and simulated (Bland-Altman)", NULL, NULL},
};
enum { KNOWN = sizeof known / sizeof known[0] };

struct gallery {
    char name[FIGURES_MAX][80]; /* without .svg */
    size_t n;
};

/* "overlay_log_2" is the overlay_log of the second group of cases; a plain name is of the first. */
static size_t rank_of(const char *name, long *group)
{
    for (size_t i = 0; i < KNOWN; i++) {
        size_t n = strlen(known[i].name);
        *group = 1;
        if (strcmp(known[i].name, name) == 0) return i;
        if (strncmp(name, known[i].name, n) == 0 && name[n] == '_' && number_parse_integer(name + n + 1, group))
            return i;
    }
    *group = 1;
    return KNOWN;
}

static int by_group_rank_and_name(const void *a, const void *b)
{
    long g, h;
    size_t x = rank_of(a, &g), y = rank_of(b, &h);
    if ((x == KNOWN) != (y == KNOWN)) return x == KNOWN ? 1 : -1;
    if (g != h) return g < h ? -1 : 1;
    return x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

/* What is known of the figure's name, and of which cases of a comparison it is. */
static void caption_of(const struct part *p, const char *name, char *out, size_t size)
{
    char words[100];
    long group;
    size_t rank = rank_of(name, &group);
    const char *cases = sheet_word(config_get(p->root, "figures"), name);
    key_words(name, words, sizeof words);
    words[0] = (char)(words[0] >= 'a' && words[0] <= 'z' ? words[0] - 32 : words[0]);
    int n = snprintf(out, size, "%s", rank < KNOWN ? known[rank].caption : words);
    if (n < 0 || (size_t)n >= size) return;
    if (cases)
        snprintf(out + n, size - (size_t)n, ": %s", cases);
    else if (group > 1)
        snprintf(out + n, size - (size_t)n, " (group %ld of the cases)", group);
}

void part_missing(const struct part *p, const char *file, const char *what)
{
    char path[PATH], text[300];
    snprintf(path, sizeof path, "%.1000s/%.90s", p->folder, file);
    if (access(path, R_OK) == 0) return;
    snprintf(text, sizeof text, "Not in the folder, so not shown: %.90s (%.150s).", file, what);
    report_warning(p->r, text);
}

static void gallery_open(struct gallery *g, const char *folder)
{
    g->n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *f; d && (f = readdir(d)) && g->n < FIGURES_MAX;) {
        size_t n = strlen(f->d_name);
        if (n > 4 && n < sizeof g->name[0] && strcmp(f->d_name + n - 4, ".svg") == 0)
            snprintf(g->name[g->n++], sizeof g->name[0], "%.*s", (int)(n - 4), f->d_name);
    }
    if (d)
        closedir(d);
    qsort(g->name, g->n, sizeof g->name[0], by_group_rank_and_name);
}

/* "Curves of the table timeseries.csv.  Greatest level: 1.5 ng/mL." */
static void alternative(const struct part *p, size_t rank, const char *caption, char *out, size_t size)
{
    char value[64];
    struct cnode at = {0};
    if (rank < KNOWN && known[rank].result)
        at = config_get(config_get(p->root, "results"), known[rank].result);
    short_number(sheet_word(at, "value"), value);
    if (*value)
        snprintf(out, size, "%s; %s: %s %.40s. Its numbers stand in the tables of the folder.", caption,
                 known[rank].told, value, sheet_word(at, "unit") ? sheet_word(at, "unit") : "");
    else
        snprintf(out, size, "%s. Its numbers stand in the tables of the folder.", caption);
}

void part_figures(const struct part *p)
{
    struct gallery g;
    gallery_open(&g, p->folder);
    for (size_t i = 0; i < g.n; i++) {
        char path[PATH], caption[480], alt[700];
        long group;
        size_t rank = rank_of(g.name[i], &group);
        caption_of(p, g.name[i], caption, sizeof caption);
        alternative(p, rank, caption, alt, sizeof alt);
        snprintf(path, sizeof path, "%.900s/%.80s.svg", p->folder, g.name[i]);
        report_figure(p->r, path, caption, alt);
    }
}

void part_provenance(const struct part *p)
{
    struct cnode at = config_get(p->root, "provenance");
    char text[1600];
    if (!config_is(at))
        return;
    const char *program = sheet_word(at, "program"), *version = sheet_word(at, "version"),
               *date = sheet_word(at, "date"), *commit = sheet_word(at, "commit"),
               *sum = sheet_word(at, "configuration_sha256"), *command = sheet_word(at, "command"),
               *seed = sheet_word(at, "seed");
    int n = snprintf(text, sizeof text, "%.40s %.40s (%.40s), %.40s", program ? program : "", version ? version : "",
                     commit ? commit : "", date ? date : "");
    size_t used = n < 0 ? 0 : (size_t)n;
    snprintf(text + used, sizeof text - used, "%s%.16s%s%.20s\n%.1000s", sum && *sum ? ", configuration " : "",
             sum ? sum : "", seed ? ", seed " : "", seed ? seed : "", command ? command : "");
    report_subsection(p->r, "Provenance");
    sheet_fact(p->sheet, "folder", p->folder);
    sheet_put(p->sheet, p->r, "Where it is, and what made it", NULL, 2);
    report_preformatted(p->r, text);
}

/* ---- sources ---- */

enum { SOURCES_DEEP = 8 };

static void sources_below(struct sheet *s, struct cnode at, const char *path, int depth)
{
    char below[300];
    for (size_t i = 0; i < config_count(at) && depth < SOURCES_DEEP; i++) {
        const char *key = NULL;
        struct cnode child = config_is_list(at) ? config_item(at, i) : config_pair(at, i, &key);
        const char *name = sheet_word(child, "name");
        if (key && strcmp(key, "source") == 0 && config_text(child)) {
            sheet_add(s, *path ? path : "study");
            sheet_add(s, config_text(child));
        } else if (!config_is_scalar(child)) {
            snprintf(below, sizeof below, "%s%s%s", path, *path ? ", " : "", key ? key : name ? name : "");
            for (char *c = below; *c; c++)
                *c = *c == '_' ? ' ' : *c;
            sources_below(s, child, below, depth + 1);
        }
    }
}

void part_sources(const struct part *p)
{
    static const char *const header[] = {"input", "source"};
    char path[PATH];
    struct config *doc;
    struct err ignored = {0}; /* a folder without study.yaml, such as an analysis, has no such table */
    snprintf(path, sizeof path, "%.1000s/study.yaml", p->folder);
    if (config_open(&doc, path, &ignored))
        return;
    sources_below(p->sheet, config_root(doc), "", 0);
    sheet_put(p->sheet, p->r, "Where the inputs come from, as their files say", header, 2);
    config_close(doc);
}

void part_remarks(const struct part *p, const char *heading, const char *key)
{
    struct cnode list = config_get(p->root, key);
    if (config_count(list) == 0)
        return;
    report_subsection(p->r, heading);
    sheet_bullets(p->sheet, p->r, list, "");
}

void part_boxes(const struct part *p, const char *key, const char *lead)
{
    struct cnode list = config_get(p->root, key);
    char text[700];
    for (size_t i = 0; i < config_count(list); i++) {
        const char *item = config_text(config_item(list, i));
        snprintf(text, sizeof text, "%s%.600s", lead, item ? item : "");
        report_warning(p->r, text);
    }
}
