/* synthetic.c -- see synthetic.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/runfolder.h"
#include "base/synthetic.h"
#include "base/text/config.h"
#include "base/text/file.h"
#include "base/text/table.h"

enum { SYNTHETIC_PATH = 4300 };

static bool means_virtual(const char *text)
{
    return text && (strstr(text, "SYNTHETIC") || strstr(text, "virtual bench"));
}

static bool says_virtual(struct cnode root)
{
    struct cnode labels = config_get(root, "labels");
    bool is_virtual = false;
    if (config_is(config_get(root, "virtual"))) (void)config_bool(root, "virtual", &is_virtual, NULL);
    is_virtual = is_virtual || means_virtual(config_text(config_get(root, "role")));
    for (size_t i = 0; i < config_count(labels); i++)
        is_virtual = is_virtual || means_virtual(config_text(config_item(labels, i)));
    return is_virtual;
}

static bool file_says_virtual(const char *path)
{
    struct config *doc = NULL;
    bool is_virtual = false;
    if (access(path, R_OK) != 0) return false;
    if (config_open(&doc, path, NULL) == 0) is_virtual = says_virtual(config_root(doc));
    config_close(doc);
    return is_virtual;
}

static bool is_marked(const char *path)
{
    struct table t = {0};
    size_t col;
    bool found = false;
    if (table_read(&t, path, NULL)) return false;
    if (table_col(&t, SYNTHETIC_COLUMN, &col, NULL) == 0)
        for (size_t i = 0; i < t.rows && !found; i++)
            found = *table_cell(&t, i, col) && strcmp(table_cell(&t, i, col), "0") != 0;
    table_release(&t);
    return found;
}

/* What stands beside file, as file_beside has it. */
static bool beside_says_virtual(const char *file)
{
    static const char *const told[] = {RUN_YAML,     "measured.yaml", "import.yaml", "summary.yaml", "compare.yaml",
                                       "sweep.yaml", "fit.yaml",      "penetration_01.yaml"};
    char path[SYNTHETIC_PATH];
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        file_beside(file, told[i], path, sizeof path);
        if (file_says_virtual(path)) return true;
    }
    return false;
}

bool synthetic_table(const char *path) { return beside_says_virtual(path) || is_marked(path); }

bool synthetic_folder(const char *folder)
{
    char path[SYNTHETIC_PATH];
    snprintf(path, sizeof path, "%.4200s/.", folder);
    return beside_says_virtual(path);
}
