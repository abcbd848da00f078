/* registers.c -- see registers.h: look-ups, decoding, building of commands.  The reader is registers_read.c. */
#include <math.h>
#include <string.h>
#include "base/text/units.h"
#include "rig/device/registers.h"

int map_find_value(const struct device_map *m, const char *name)
{
    for (size_t i = 0; i < m->values; i++)
        if (strcmp(m->value[i].name, name) == 0)
            return (int)i;
    return -1;
}

int map_find_bit(const struct device_map *m, const char *name)
{
    for (size_t i = 0; i < m->bits; i++)
        if (strcmp(m->bit[i].name, name) == 0)
            return (int)i;
    return -1;
}

int map_find_command(const struct device_map *m, const char *name)
{
    for (size_t i = 0; i < m->commands; i++)
        if (strcmp(m->command[i].name, name) == 0)
            return (int)i;
    return -1;
}

static const uint16_t *place(const struct device_map *m, size_t value, const uint16_t *sample)
{
    const struct map_value *v = &m->value[value];
    const struct map_group *g = &m->group[v->group];
    return sample + g->at + (v->number.address - g->address);
}

static double to_si(const struct map_number *n, double counts)
{
    return n->is_reciprocal ? n->scale / counts : n->scale * counts + n->offset;
}

static double to_counts(const struct map_number *n, double si)
{
    return n->is_reciprocal ? n->scale / si : (si - n->offset) / n->scale;
}

double map_decode(const struct device_map *m, size_t value, const uint16_t *sample)
{
    const struct map_value *v = &m->value[value];
    double counts = v->width ? (double)map_raw(m, value, sample)
                             : reg_get(place(m, value, sample), v->number.type, v->number.order);
    double x = to_si(&v->number, counts);
    if (v->decimals_value >= 0)
        x *= pow(10.0, -(double)map_raw(m, (size_t)v->decimals_value, sample));
    return v->sign_bit >= 0 && map_bit_is_set(m, (size_t)v->sign_bit, sample) ? -x : x;
}

uint32_t map_raw(const struct device_map *m, size_t value, const uint16_t *sample)
{
    const struct map_value *v = &m->value[value];
    uint32_t raw = reg_bits(place(m, value, sample), v->number.type, v->number.order);
    return v->width ? raw >> v->shift & ((1u << v->width) - 1u) : raw;
}

bool map_bit_is_set(const struct device_map *m, size_t bit, const uint16_t *sample)
{
    return map_raw(m, m->bit[bit].value, sample) >> m->bit[bit].bit & 1u;
}

/* SI value of one `unit`.  The turning units need the mechanics; the rest is UDUNITS' business. */
static int unit_in_si(const char *unit, const struct mechanics *mech, double *out, struct err *e)
{
    static const char *const si[] = {"N", "m", "m/s", "m/s2", "s", "1", "A", "N m", NULL};
    if (unit[0] == '\0') {
        *out = 1.0;
        return 0;
    }
    struct { const char *name; double value; } turning[] = {
        {"rev", mech ? mech->lead : NAN},
        {"step", mech ? mech->lead / mech->steps_per_rev : NAN},
        {"count", mech ? mech->lead / mech->counts_per_rev : NAN},
    };
    for (size_t i = 0; i < sizeof turning / sizeof *turning; i++) {
        size_t n = strlen(turning[i].name);
        const char *rest = strncmp(unit, turning[i].name, n) == 0 ? unit + n : "no";
        if (*rest && strcmp(rest, "/s") != 0 && strcmp(rest, "/s2") != 0)
            continue;
        *out = turning[i].value;
        return isfinite(*out) ? 0 : err_set(e, ERR_PARSE, "unit '%s' needs an axis with a lead", unit);
    }
    for (size_t i = 0; si[i]; i++) {
        struct err ignored = {0};
        if (units_convert(1.0, unit, si[i], out, &ignored) == 0)
            return 0;
    }
    err_set(e, ERR_PARSE,
            "unit '%s' is neither rev, step, count (also /s, /s2) nor a unit of force, length, speed or time", unit);
    return ERR_PARSE;
}

bool map_measures(const struct map_number *n, const char *si)
{
    static const char *const turning[] = {"rev", "step", "count"};
    double ignored = 0.0;
    if (n->unit[0] == '\0')
        return strcmp(si, "1") == 0;
    for (size_t i = 0; i < sizeof turning / sizeof *turning; i++) {
        size_t length = strlen(turning[i]);
        if (strncmp(n->unit, turning[i], length) == 0 && (n->unit[length] == '\0' || n->unit[length] == '/'))
            return si[0] == 'm' && strcmp(n->unit + length, si + 1) == 0;
    }
    return units_convert(1.0, n->unit, si, &ignored, NULL) == 0;
}

static int resolve_number(struct map_number *n, const struct mechanics *mech, struct err *e)
{
    double unit = 1.0;
    int rc = unit_in_si(n->unit, mech, &unit, e);
    if (rc == 0)
        n->scale = n->is_reciprocal ? unit * n->per : unit / n->per;
    n->offset = unit * n->from;
    return rc;
}

int device_map_resolve(struct device_map *m, const struct mechanics *mech, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; i < m->values && rc == 0; i++)
        if ((rc = resolve_number(&m->value[i].number, mech, e)) != 0)
            err_at(e, "%s: value '%s'", m->file, m->value[i].name);
    for (size_t i = 0; i < m->commands && rc == 0; i++)
        for (size_t k = 0; k < m->command[i].n && rc == 0; k++)
            if ((rc = resolve_number(&m->command[i].write[k].number, mech, e)) != 0)
                err_at(e, "%s: command '%s'", m->file, m->command[i].name);
    for (size_t i = 0; i < m->verifies && rc == 0; i++)
        if ((rc = resolve_number(&m->verify[i].number, mech, e)) != 0)
            err_at(e, "%s: verify '%s'", m->file, m->verify[i].name);
    return rc;
}

static double parameter(const struct map_parameter *p, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(p[i].name, name) == 0)
            return p[i].value;
    return NAN;
}

/* Appends one write to the last step when it continues its block, else starts a step. */
static int add_write(struct map_step steps[], int n, bool may_join, const struct map_write *w, double counts,
                     struct err *e)
{
    uint16_t regs[2] = {0, 0};
    const struct map_number *num = &w->number;
    int rc = reg_put_within(regs, num->type, num->order, counts, num->lo, num->hi, e);
    if (rc)
        return rc;
    unsigned size = reg_type_size(num->type);
    bool after_coil = n > 0 && (steps[n - 1].function == BUS_WRITE_COIL || steps[n - 1].function == BUS_WRITE_COILS);
    bool joins = may_join && n > 0 && w->is_coil == after_coil && steps[n - 1].is_write &&
                 steps[n - 1].address + steps[n - 1].count == num->address;
    struct map_step *s = joins ? &steps[n - 1] : &steps[n];
    if (!joins) {
        *s = (struct map_step){.is_write = true, .address = num->address};
        n++;
    }
    memcpy(&s->regs[s->count], regs, size * sizeof *regs);
    s->count = (uint16_t)(s->count + size);
    s->function = w->is_coil ? (s->count == 1 ? BUS_WRITE_COIL : BUS_WRITE_COILS)
                             : (s->count == 1 ? BUS_WRITE_ONE : BUS_WRITE_MANY);
    return n;
}

/* What was written is read back before anything moves. */
static int add_read_backs(struct map_step steps[], int writes)
{
    int k = writes;
    for (int j = 0; j < writes; j++) {
        steps[k] = steps[j];
        steps[k].is_write = false;
        bool is_coil = steps[j].function == BUS_WRITE_COIL || steps[j].function == BUS_WRITE_COILS;
        steps[k++].function = is_coil ? BUS_READ_COILS : BUS_READ_HOLDING;
    }
    return k;
}

/* What acts on its edge counts the rise: it is put down first, held up for `pulse`, and put down again. */
static int add_pulse(struct map_step steps[], int n, const struct map_write *w)
{
    const struct map_step down = {.is_write = true, .function = w->is_coil ? BUS_WRITE_COIL : BUS_WRITE_ONE,
                                  .address = w->number.address, .count = 1};
    for (int k = 0; k < 3; k++)
        steps[n + k] = down;
    steps[n + 1].regs[0] = w->is_coil ? 1 : (uint16_t)w->constant;
    steps[n + 1].wait = steps[n + 2].wait = w->pulse;
    return n + 3;
}

static int add_expectation(const struct device_map *m, const struct map_command *c, struct map_step steps[], int n)
{
    const struct map_bit *bit = &m->bit[c->expect_bit];
    const struct map_value *v = &m->value[bit->value];
    unsigned at = bit->bit + v->shift, size = reg_type_size(v->number.type);
    bool low_word_first = v->number.order == ORDER_CDAB || v->number.order == ORDER_DCBA;
    bool in_second = size == 2 && (at < 16) != low_word_first;
    uint16_t mask = (uint16_t)(1u << at % 16);
    steps[n] = (struct map_step){.function = m->group[v->group].function, .count = 1, .mask = mask,
                                 .address = (uint16_t)(v->number.address + (in_second ? 1 : 0)),
                                 .within = c->expect_within};
    steps[n].regs[0] = c->expect_set ? mask : 0;
    return n + 1;
}

int map_build(const struct device_map *m, size_t command, const struct map_parameter *p, size_t n,
              struct map_step steps[MAP_STEPS], struct err *e)
{
    const struct map_command *c = &m->command[command];
    int k = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct map_write *w = &c->write[i];
        bool is_trigger = i + 1 == c->n;
        double counts = w->parameter[0] ? to_counts(&w->number, parameter(p, n, w->parameter)) : w->constant;
        if (is_trigger && !c->is_one_request)
            k = add_read_backs(steps, k);
        k = w->pulse > 0.0 ? add_pulse(steps, k, w)
                           : add_write(steps, k, !is_trigger || c->is_one_request, w, counts, e);
        if (k < 0) {
            err_at(e, "command '%s' of %s, parameter '%s'", c->name, m->name,
                   w->parameter[0] ? w->parameter : "(constant)");
            return k;
        }
    }
    return c->expect[0] ? add_expectation(m, c, steps, k) : k;
}

/* A reciprocal number of 0 counts would be endless: no device takes it. */
static double counts_of(const struct map_number *n, double value)
{
    double counts = to_counts(n, value);
    counts = n->type == REG_F32 ? counts : round(counts);
    return n->is_reciprocal && counts == 0.0 ? NAN : counts;
}

bool map_holds(const struct map_number *n, double value, char why[], size_t size)
{
    double counts = counts_of(n, value), lo = n->lo, hi = n->hi;
    if (counts >= lo && counts <= hi)
        return true;
    if (n->is_reciprocal) {
        lo = n->per / n->hi;
        hi = n->lo > 0.0 ? n->per / n->lo : n->per;
    } else {
        lo = lo / n->per + n->from;
        hi = hi / n->per + n->from;
    }
    snprintf(why, size, "register %u takes %.6g to %.6g%s%s (%.10g to %.10g counts; this is %.10g)", n->address, lo, hi,
             n->unit[0] ? " " : "", n->unit, n->lo, n->hi, round(to_counts(n, value)));
    return false;
}

double map_achievable(const struct device_map *m, size_t command, const char *name, double value)
{
    const struct map_command *c = &m->command[command];
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->write[i].parameter, name) == 0) {
            const struct map_number *n = &c->write[i].number;
            double counts = counts_of(n, value);
            return counts >= n->lo && counts <= n->hi ? to_si(n, counts) : NAN;
        }
    return NAN;
}

double map_expected(const struct map_verify *v, const struct map_parameter *p, size_t n)
{
    return v->parameter[0] ? round(to_counts(&v->number, parameter(p, n, v->parameter))) : v->constant;
}
