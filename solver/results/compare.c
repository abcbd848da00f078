/* compare.c -- see compare.h: what the kinds of comparison share. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/provenance.h"
#include "base/show/plot.h"
#include "solver/results/compare.h"

const char *const role_word[] = {"FITTED", "PREDICTED", "SYNTHETIC"};

void compare_say(struct compare *c, const char *fmt, ...)
{
    if (c->n_lines >= LINES_MAX) return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(c->line[c->n_lines++], sizeof c->line[0], fmt, ap);
    va_end(ap);
}

void compare_judge(struct compare *c, const char *subject, enum role role, bool met, const char *fmt, ...)
{
    if (c->n_verdicts >= VERDICTS_MAX) return;
    struct verdict *v = &c->verdict[c->n_verdicts++];
    *v = (struct verdict){.role = role, .met = met};
    snprintf(v->subject, sizeof v->subject, "%s", subject);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v->text, sizeof v->text, fmt, ap);
    va_end(ap);
}

const char *compare_path(const struct compare *c, const char *name, char *buf, size_t size)
{
    const char *slash = strrchr(config_path(c->doc), '/');
    snprintf(buf, size, "%s", name);
    if (name[0] != '/' && access(name, F_OK) != 0 && slash)
        snprintf(buf, size, "%.*s/%s", (int)(slash - config_path(c->doc)), config_path(c->doc), name);
    return buf;
}

void compare_plot(struct compare *c, const struct plot *p, const char *name)
{
    struct err e = {0};
    if (plot_write(p, c->folder->temporary, name, &e)) compare_say(c, "no figure '%s': %.150s", name, e.msg);
}

static void record_verdicts(struct compare *c)
{
    for (size_t i = 0; i < c->n_verdicts; i++) {
        const struct verdict *v = &c->verdict[i];
        char at[60];
        snprintf(at, sizeof at, "verdicts/%zu/subject", i);
        record_text(c->record, at, v->subject);
        snprintf(at, sizeof at, "verdicts/%zu/role", i);
        record_text(c->record, at, role_word[v->role]);
        snprintf(at, sizeof at, "verdicts/%zu/criterion_met", i);
        record_bool(c->record, at, v->met);
        snprintf(at, sizeof at, "verdicts/%zu/text", i);
        record_text(c->record, at, v->text);
    }
}

static int read_head(struct compare *c, int *kind, struct err *e)
{
    static const char *const kinds[] = {"plasma", "ratio", "force_travel", NULL};
    static const char *const verdicts[] = {"reported", "required", NULL};
    const char *title;
    int verdict = 0;
    struct cnode root = config_root(c->doc);
    int rc = config_string(root, "comparison", &title, e);
    if (!rc) rc = config_choice(root, "kind", kinds, kind, e);
    if (!rc && config_is(config_get(root, "verdict"))) rc = config_choice(root, "verdict", verdicts, &verdict, e);
    if (rc) return rc;
    snprintf(c->title, sizeof c->title, "%s", title);
    c->is_required = verdict == 1;
    record_text(c->record, "comparison", title);
    record_text(c->record, "kind", kinds[*kind]);
    return 0;
}

int compare_run(struct compare *c, const char *path, const struct compare_options *o,
                const struct result_context *context, const struct folder *f, struct err *e)
{
    static int (*const kinds[])(struct compare *, struct err *) = {compare_plasma, compare_ratio, compare_force};
    char file[FOLDER_PATH + 100], hash[65] = "";
    int kind = 0;
    *c = (struct compare){.options = o, .folder = f};
    int rc = config_open(&c->doc, path, e);
    if (!rc) rc = record_new(&c->record, e);
    if (!rc) rc = read_head(c, &kind, e);
    if (!rc) rc = kinds[kind](c, e);
    if (!rc) rc = sha256_file(path, hash, e);
    if (rc) return rc;
    record_verdicts(c);
    record_bool(c->record, "all_criteria_met", compare_all_met(c));
    record_subtree(c->record, "as_asked", config_root(c->doc));
    const char *const libraries[] = {"SUNDIALS CVODES", integrator_version(), NULL};
    struct provenance who = {"mnsim", context->command, hash, context->unix_time, -1, libraries};
    provenance_record(c->record, "provenance", &who);
    return record_write(c->record, folder_file(f, "compare.yaml", file), e);
}

bool compare_all_met(const struct compare *c)
{
    for (size_t i = 0; i < c->n_verdicts; i++)
        if (!c->verdict[i].met) return false;
    return true;
}

void compare_release(struct compare *c)
{
    record_free(c->record);
    config_close(c->doc);
    c->record = NULL;
    c->doc = NULL;
}
