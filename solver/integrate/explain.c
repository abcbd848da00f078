/* explain.c -- where an unknown lies, in words: what a failed step is blamed on. */
#include <stdio.h>
#include "solver/integrate/run.h"

/* Layer and depth of a node. */
static void name_node(const struct run *r, const char *what, size_t node, char *out, size_t size)
{
    double z = r->mesh.node_z[node], end = r->p->layer[0].h;
    size_t l = 0;
    while (l + 1 < r->p->n_layers && z > end)
        end += r->p->layer[++l].h;
    snprintf(out, size, "%s'%s' at %.1f um depth", what, r->p->layer[l].name, (z - skin_surface(r->p)) * 1e6);
}

/* The first node of an unknown of a core; mesh.n when there is none. */
static size_t node_of(const struct run *r, const struct core *c, size_t unknown)
{
    size_t i = 0;
    while (i < r->mesh.n && (c->node_dof[i] < 0 || (size_t)c->node_dof[i] != unknown))
        i++;
    return i;
}

static void name_in_core(const struct run *r, const struct core *c, const char *what, size_t unknown, char *out,
                         size_t size)
{
    if ((int)unknown == c->donor_dof)
        snprintf(out, size, "%sthe vehicle", what);
    else if ((int)unknown == c->receptor_dof)
        snprintf(out, size, "%sthe receptor", what);
    else
        name_node(r, what, node_of(r, c, unknown), out, size);
}

void run_name_unknown(const struct run *r, size_t unknown, char *out, size_t size)
{
    static const char *const border[BORDER_MAX] = {"plasma", "the second compartment", "the metabolite in plasma"};
    const struct system *s = &r->sys;
    if (unknown < s->drug.n)
        name_in_core(r, &s->drug, "", unknown, out, size);
    else if (unknown < s->at_met)
        name_node(r, "the drug bound in ", r->place[unknown - s->at_bound].node, out, size);
    else if (unknown < s->at_border)
        name_in_core(r, &s->met, "the metabolite in ", unknown - s->at_met, out, size);
    for (size_t i = 0; unknown >= s->at_border && i < BORDER_MAX; i++)
        if (s->border[i] == (int)(unknown - s->at_border))
            snprintf(out, size, "%s", border[i]);
}

int run_explain(struct run *r, size_t worst, struct err *e)
{
    char place[100];
    if (worst < r->sys.size) {
        run_name_unknown(r, worst, place, sizeof place);
        err_at(e, "largest error in %s", place);
    }
    return ERR_NUMERIC;
}
