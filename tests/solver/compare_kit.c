/* compare_kit.c -- see compare_kit.h. */
#include <stdio.h>
#include "tests/runner.h"
#include "tests/solver/compare_kit.h"

int compare_text_with(struct fixture *f, const char *text, const char *const overrides[], struct compare *c,
                      struct err *e)
{
    const struct compare_options options = {overrides, NULL, NULL, 0};
    static const struct result_context context = {"test", 0, 0.0};
    char file[400], out[400];
    struct folder folder;
    fixture_write(f, "comparison.yaml", text);
    snprintf(file, sizeof file, "%s/comparison.yaml", f->folder);
    snprintf(out, sizeof out, "%s/compared", f->folder);
    CU_ASSERT_EQUAL_FATAL(folder_open(&folder, out, true, e), 0);
    int rc = compare_run(c, file, &options, &context, &folder, e);
    if (rc)
        folder_abandon(&folder);
    else
        rc = folder_commit(&folder, e);
    c->options = NULL; /* it ends here */
    return rc;
}

int compare_text(struct fixture *f, const char *text, struct compare *c, struct err *e)
{
    return compare_text_with(f, text, NULL, c, e);
}
