/* yaml_set.c -- see yaml_set() in yaml.h: a value put into a tree by its path. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text/number.h"
#include "base/text/yaml.h"

struct walk { struct yaml_node *at; char *why; };

static bool is_index(const char *part)
{
    return strcmp(part, "-") == 0 || (part[0] && strspn(part, "0123456789") == strlen(part));
}

/* A missing value is as good as nothing: it becomes the map or list that the path asks for. */
static bool is_openable(struct yaml_node *n, const char *next_part)
{
    if (n->kind != YAML_SCALAR)
        return true;
    if (!yaml_is_null(n))
        return false;
    free(n->text);
    n->text = NULL;
    n->kind = is_index(next_part) ? YAML_LIST : YAML_MAP;
    return true;
}

/* The child that a part names: 0 and *child (NULL when it is to be made), or ERR_ARG. */
static int find(const struct walk *w, const char *part, struct yaml_node **child)
{
    long i;
    *child = NULL;
    if (w->at->kind == YAML_MAP) {
        *child = yaml_child(w->at, part);
        return 0;
    }
    if (strcmp(part, "-") == 0)
        return 0;
    if (!is_index(part) || !number_parse_integer(part, &i) || (size_t)i > w->at->count) {
        snprintf(w->why, 160, "'%.60s' is not an index into a list of %zu", part, w->at->count);
        return ERR_ARG;
    }
    *child = yaml_item(w->at, (size_t)i);
    return 0;
}

static int step_into(struct walk *w, const char *part, const char *next_part)
{
    struct yaml_node *child;
    int r = find(w, part, &child);
    if (r)
        return r;
    if (!child) {
        child = yaml_new(is_index(next_part) ? YAML_LIST : YAML_MAP, w->at->kind == YAML_MAP ? part : NULL, NULL);
        if (!child)
            return ERR_NOMEM;
        yaml_append(w->at, child);
    }
    if (!is_openable(child, next_part)) {
        snprintf(w->why, 160, "'%.60s' is a value, nothing can be set below it", part);
        return ERR_ARG;
    }
    w->at = child;
    return 0;
}

static int put(const struct walk *w, const char *part, struct yaml_node *value)
{
    struct yaml_node *old;
    int r = find(w, part, &old);
    if (r)
        return r;
    free(value->key);
    value->key = w->at->kind == YAML_MAP ? strdup(part) : NULL;
    if (w->at->kind == YAML_MAP && !value->key)
        return ERR_NOMEM;
    if (old)
        yaml_replace(old, value);
    else
        yaml_append(w->at, value);
    return 0;
}

static int height(const struct yaml_node *n)
{
    int most = 0;
    for (const struct yaml_node *c = n->first; c; c = c->next) {
        int h = height(c);
        most = h > most ? h : most;
    }
    return most + 1;
}

static int set_parts(struct yaml_node *root, char *parts, char separator, struct yaml_node *value, char why[160])
{
    struct walk w = {root, why};
    int r = 0, depth = height(value);
    if (root->kind != YAML_MAP && root->kind != YAML_LIST) {
        snprintf(why, 160, "the document is a single value");
        return ERR_ARG;
    }
    for (char *part = parts, *end; part; part = end) {
        end = strchr(part, separator);
        if (end)
            *end++ = '\0';
        if (!part[0] || ++depth > YAML_DEPTH) {
            snprintf(why, 160, part[0] ? "the path is too deep" : "a part of the path is empty");
            return ERR_ARG;
        }
        size_t n = end ? strcspn(end, (char[]){separator, '\0'}) : 0;
        char *next = end ? strndup(end, n) : NULL;
        if (end && !next)
            return ERR_NOMEM;
        r = end ? step_into(&w, part, next) : put(&w, part, value);
        free(next);
        if (r)
            return r;
    }
    return r;
}

int yaml_set(struct yaml_node *root, const char *path, char separator, struct yaml_node *value, char why[160])
{
    char *parts = strdup(path);
    int r = parts ? set_parts(root, parts, separator, value, why) : ERR_NOMEM;
    free(parts);
    if (r)
        yaml_free(value);
    return r;
}
