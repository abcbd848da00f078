/* fuzz_config.c -- libFuzzer target: any bytes as a configuration file, read, asked, overridden and written back. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/text/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every question at every node. */
static void visit(struct cnode at)
{
    struct err e = {0};
    double x;
    long i;
    const char *key;
    char subject[200];
    if (config_is_scalar(at)) {
        (void)config_quantity_at(at, "m", RANGE_POSITIVE, &x, &e);
        (void)config_number_at(at, RANGE_ANY, &x, NULL);
        (void)config_integer_at(at, 0, 10, &i, NULL);
    }
    for (size_t k = 0; k < config_count(at) && k < 50; k++)
        visit(config_is_map(at) ? config_pair(at, k, &key) : config_item(at, k));
    (void)config_subject(at, subject, sizeof subject);
    e = (struct err){0};
    config_fail(at, &e, ERR_PARSE, "here");
    assert(e.msg[0]);
}

static bool is_null(const char *text) { return !*text || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0; }

static bool is_same(struct cnode a, struct cnode b)
{
    const char *ka, *kb;
    if (config_is_scalar(a))
        return config_is_scalar(b) && (strcmp(config_text(a), config_text(b)) == 0 ||
                                       (is_null(config_text(a)) && is_null(config_text(b))));
    bool same = config_is_map(a) == config_is_map(b) && config_is_list(a) == config_is_list(b) &&
                config_count(a) == config_count(b);
    for (size_t k = 0; same && k < config_count(a) && k < 50; k++)
        same = config_is_map(a) ? is_same(config_pair(a, k, &ka), config_pair(b, k, &kb)) && strcmp(ka, kb) == 0
                                : is_same(config_item(a, k), config_item(b, k));
    return same;
}

/* What is written is read back the same. */
static void round_trip(struct cnode root)
{
    struct record *r;
    struct config *again;
    struct err e = {0};
    if (!config_is_map(root) || record_new(&r, &e))
        return;
    record_subtree(r, "top", root);
    char *text = record_string(r);
    record_free(r);
    if (!text)
        return;
    if (config_parse(&again, "again", text, strlen(text), &e)) {
        fprintf(stderr, "%s\n%s\n", e.msg, text);
        abort();
    }
    if (!is_same(config_get(config_root(again), "top"), root)) {
        fprintf(stderr, "--- written\n%s\n", text);
        abort();
    }
    config_close(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *c;
    struct err e = {0};
    if (config_parse(&c, "fuzz.yaml", (const char *)data, size, &e)) {
        assert(e.code && e.msg[0]);
        return 0;
    }
    visit(config_root(c));
    round_trip(config_root(c));
    char assignment[64];
    size_t n = size < sizeof assignment - 1 ? size : sizeof assignment - 1;
    memcpy(assignment, data, n);
    assignment[n] = '\0';
    (void)config_override(c, assignment, NULL);
    visit(config_root(c));
    config_close(c);
    return 0;
}
