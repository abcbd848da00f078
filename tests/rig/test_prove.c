/* test_prove.c -- mnrig prove in virtual time: a good bench passes, and each thing that is wrong with one is found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/provenance.h"
#include "base/text/units.h"
#include "rig/prove/proof.h"
#include "tests/rig/simulation.h"
#include "tests/rig/suites.h"

#define PRESS "methods/press_10N_hold_5s.yaml"
#define TCP "benches/virtual_tcp.yaml"
#define RTU "benches/virtual_rtu.yaml"
#define SECOND "benches/virtual_em2rs_tlb.yaml"

struct trial {
    struct simulation *s;
    struct prover p;
    bool has_hand;               /* the virtual bench's hand does what is asked for */
};

static bool tick(void *self, double now, double lateness, enum rig_key key)
{
    struct trial *t = self;
    bool goes_on = prove_tick(&t->p, now, lateness, key);
    if (t->has_hand)
        plant_hand(&t->s->world->plant, (unsigned)t->p.hand);
    return goes_on;
}

static struct trial *begin(const char *bench)
{
    struct trial *t = calloc(1, sizeof *t);
    struct err e = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    if (simulation_new(&t->s, bench, PRESS, NULL, &e)) {
        printf("\n%s\n%s\n", e.msg, e.hint);
        CU_FAIL_FATAL("the simulation could not be made");
    }
    t->has_hand = true;
    prove_init(&t->p, &t->s->bench, &t->s->limits, t->s->link, t->s->recorder, true, t->s->pace.clock.now);
    t->s->pace.tick = tick;
    t->s->pace.self = t;
    t->s->pace.rig = &t->p.rig;
    return t;
}

static void end(struct trial *t)
{
    simulation_free(t->s);
    free(t);
}

static void show(const struct trial *t)
{
    for (int i = 0; i < PROVE_CHECKS; i++)
        printf("\n  %-14s %-9s %-55s %s", prove_check_names[i], prove_verdict_names[t->p.result[i].verdict],
               t->p.result[i].measured, t->p.result[i].bound);
}

static void a_good_bench_passes_every_check(void)
{
    static const char *const benches[] = {TCP, RTU, SECOND};
    for (size_t i = 0; i < 3; i++) {
        struct trial *t = begin(benches[i]);
        simulation_run(t->s, 120.0);
        CU_ASSERT_TRUE(t->p.is_over);
        CU_ASSERT_TRUE(prove_has_passed(&t->p));
        if (!prove_has_passed(&t->p))
            show(t);
        CU_ASSERT_FALSE(carriage_is_moving(&t->s->world->plant.axis));
        CU_ASSERT_FALSE(t->p.rig.axis.enabled); /* switched off at the end */
        end(t);
    }
}

static enum prove_verdict verdict(struct trial *t, enum prove_check c, const char *measured)
{
    simulation_run(t->s, 120.0);
    CU_ASSERT_TRUE(t->p.is_over);
    CU_ASSERT_FALSE(prove_has_passed(&t->p));
    ASSERT_HAS(t->p.result[c].measured, measured);
    CU_ASSERT_FALSE(carriage_is_moving(&t->s->world->plant.axis));
    return t->p.result[c].verdict;
}

static void a_wrong_sign_an_unplugged_cell_and_a_dead_input_are_found(void)
{
    struct trial *t = begin(TCP);
    t->s->bench.cell.slope = -1.0;
    CU_ASSERT_EQUAL(verdict(t, PROVE_FORCE_SIGN, "(least -3"), PROVE_FAILED);
    end(t);
    t = begin(TCP);
    t->s->world->plant.cell.frozen = true;
    CU_ASSERT_EQUAL(verdict(t, PROVE_NOISE, "e-0"), PROVE_FAILED);
    end(t);
    t = begin(TCP);
    t->s->bench.input[INPUT_ESTOP_HEALTHY].bit = 3; /* the door's: the E-stop wired to something else */
    CU_ASSERT_EQUAL(verdict(t, PROVE_ESTOP, "never seen, gone"), PROVE_FAILED);
    end(t);
    t = begin(TCP);
    t->s->bench.input[INPUT_LOWER_LIMIT].active = false;
    CU_ASSERT_EQUAL(verdict(t, PROVE_LOWER_LIMIT, "never seen, stays"), PROVE_FAILED);
    end(t);
}

static void a_wrong_home_switch_and_something_in_the_way_are_found(void)
{
    struct trial *t = begin(TCP);
    t->s->bench.input[INPUT_HOME].bit = 0; /* always closed */
    CU_ASSERT_EQUAL(verdict(t, PROVE_HOME, "switch closed there, closed below"), PROVE_FAILED);
    end(t);
    t = begin(TCP);
    t->s->world->plant.skin.surface -= 8e-3; /* a specimen left on the table, 4 mm below home */
    CU_ASSERT_EQUAL(verdict(t, PROVE_HOME, ""), PROVE_FAILED);
    CU_ASSERT_EQUAL(t->p.result[PROVE_WATCHDOG].verdict, PROVE_NOT_DONE); /* nothing else is tried */
    CU_ASSERT_TRUE(plant_force(&t->s->world->plant) < 3.0);
    end(t);
}

static void a_slow_stop_and_a_missing_watchdog_are_found(void)
{
    struct trial *t = begin(SECOND);
    t->s->world->plant.set.em2rs.quick_stop *= 20.0;
    CU_ASSERT_EQUAL(verdict(t, PROVE_STOP_DISTANCE, "the drive acknowledged STOP and went on"), PROVE_FAILED);
    end(t);
    t = begin(SECOND);
    t->s->bench.device[BENCH_AXIS].map.watchdog = WATCHDOG_EXTERNAL; /* as somebody said; there is none */
    CU_ASSERT_EQUAL(verdict(t, PROVE_WATCHDOG, " mm on"), PROVE_FAILED);
    end(t);
}

static void a_person_arms_each_move_and_may_stop_or_leave_out(void)
{
    struct trial *t = begin(TCP);
    t->p.is_unattended = t->has_hand = false;
    simulation_run(t->s, 2.0);
    ASSERT_HAS(t->p.prompt, "Push the cell by hand");
    simulation_run(t->s, 20.0); /* a person may take their time */
    ASSERT_HAS(t->p.prompt, "s = leave out");
    for (int i = 0; i < 4; i++)
        simulation_tick(t->s, KEY_SKIP);
    simulation_run(t->s, 5.0);
    ASSERT_HAS(t->p.prompt, "a = arm");
    CU_ASSERT_FALSE(t->p.rig.axis.enabled); /* nothing moves without the key */
    simulation_tick(t->s, KEY_ARM);
    for (int i = 0; i < 500 && !(t->p.rig.state == RIG_RUNNING && t->p.rig.axis.position > 2e-3 &&
                                 t->p.rig.sequence.stage == 2); i++)
        simulation_tick(t->s, KEY_NONE);
    CU_ASSERT_TRUE(carriage_is_moving(&t->s->world->plant.axis));
    simulation_tick(t->s, KEY_STOP);
    simulation_run(t->s, 3.0);
    CU_ASSERT_TRUE(t->p.is_over);
    CU_ASSERT_FALSE(carriage_is_moving(&t->s->world->plant.axis));
    CU_ASSERT_EQUAL(t->p.result[PROVE_NOISE].verdict, PROVE_PASSED);
    CU_ASSERT_EQUAL(t->p.result[PROVE_ESTOP].verdict, PROVE_NOT_DONE);
    CU_ASSERT_EQUAL(t->p.result[PROVE_HOME].verdict, PROVE_FAILED);
    ASSERT_HAS(t->p.result[PROVE_HOME].measured, "stopped by the operator");
    end(t);
}

/* A proof as a file, dated so many days ago, and what a run says of it. */
struct shelf { char folder[200]; struct bench bench; struct config *doc; };

static void put_proof(const struct shelf *h, const char *name, double days_ago, const char *sha256, const char *verdict)
{
    char path[500], when[21];
    snprintf(path, sizeof path, "%s/%s_proof_x_prove_r01", h->folder, name);
    CU_ASSERT_EQUAL(mkdir(path, 0777), 0);
    strncat(path, "/proof.yaml", sizeof path - strlen(path) - 1);
    iso8601(1772798709 - (int64_t)(days_ago * 86400.0), when);
    struct record *y = NULL;
    CU_ASSERT_EQUAL_FATAL(record_new(&y, NULL), 0);
    const struct { const char *path, *text; } part[] = {
        {"format", "mn-proof-1"}, {"date", when}, {"verdict", verdict}, {"bench/name", "virtual_tcp"},
        {"bench/sha256", sha256}, {"devices/axis/constants", "1F03"}, {"devices/force/constants", "77C1"}};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        record_text(y, part[i].path, part[i].text);
    CU_ASSERT_EQUAL(provenance_write_sealed(y, path, NULL), 0);
    record_free(y);
}

static void edit_proof(const struct shelf *h, const char *name)
{
    char command[700];
    snprintf(command, sizeof command, "sed -i 's/1F03/1F04/' '%s/%s_proof_x_prove_r01/proof.yaml'", h->folder, name);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void says(const struct shelf *h, const char *what)
{
    struct proof f;
    struct err e = {0};
    int rc = proof_find(&f, h->folder, &h->bench, 1772798709, &e);
    CU_ASSERT_EQUAL(rc, what ? ERR_RANGE : 0);
    if (what)
        ASSERT_HAS(e.msg, what);
    else
        CU_ASSERT_STRING_EQUAL(f.constants[BENCH_FORCE], "77C1");
}

static void a_run_takes_only_a_proof_that_is_passed_recent_and_of_its_files(void)
{
    struct shelf h;
    struct err e = {0};
    char command[300];
    const char *tmp = getenv("TMPDIR");
    snprintf(h.folder, sizeof h.folder, "%.100s/mnrig-proof-XXXXXX", tmp ? tmp : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(h.folder));
    CU_ASSERT_EQUAL_FATAL(units_init(&e), 0);
    CU_ASSERT_EQUAL_FATAL(bench_read(&h.bench, &h.doc, "config/benches/virtual_tcp.yaml", NULL, 0, &e), 0);
    says(&h, "no proof of it below");
    put_proof(&h, "a", 90.5, h.bench.sha256, "passed");
    says(&h, "is 90.5 days old: proof/max_age is 90 days");
    put_proof(&h, "b", 89.5, h.bench.sha256, "not passed");
    says(&h, "not every check passed");
    put_proof(&h, "c", 89.0, h.bench.sha256, "passed");
    says(&h, NULL);
    put_proof(&h, "d", 3.0, "00ff", "passed"); /* newer, but of other files: the one that fits counts */
    says(&h, NULL);
    edit_proof(&h, "c");
    says(&h, "not as written: its text does not fit the seal");
    put_proof(&h, "e", -0.5, h.bench.sha256, "passed");
    says(&h, "is dated in the future");
    h.bench.sha256[0] = h.bench.sha256[0] == '0' ? '1' : '0';
    says(&h, "is of another state of its files");
    config_close(h.doc);
    snprintf(command, sizeof command, "rm -rf '%s'", h.folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void a_proof_is_of_these_devices_only(void)
{
    struct trial *t = begin(TCP);
    struct proof f = {.when = ""};
    struct err e = {0};
    for (size_t d = 0; d < BENCH_DEVICES; d++)
        link_constants(t->s->link[t->s->bench.device[d].link], d, f.constants[d], PROOF_CONSTANTS);
    CU_ASSERT_STRING_EQUAL(f.constants[BENCH_AXIS],
                           "0000 0001 0000 012C 0000 0001"); /* watchdog on, 300 ms, action 1 */
    CU_ASSERT_EQUAL(proof_check_devices(&f, &t->s->bench, t->s->link, &e), 0);
    f.constants[BENCH_FORCE][2] ^= 1; /* another serial number */
    CU_ASSERT_EQUAL(proof_check_devices(&f, &t->s->bench, t->s->link, &e), ERR_RANGE);
    ASSERT_HAS(e.msg, "'force' is another device than at the proof");
    end(t);
}

CU_TestInfo prove_tests[] = {
    {"a_run_takes_only_a_proof_that_is_passed_recent_and_of_its_files",
     a_run_takes_only_a_proof_that_is_passed_recent_and_of_its_files},
    {"a_proof_is_of_these_devices_only", a_proof_is_of_these_devices_only},
    {"a_good_bench_passes_every_check", a_good_bench_passes_every_check},
    {"a_wrong_sign_an_unplugged_cell_and_a_dead_input_are_found",
     a_wrong_sign_an_unplugged_cell_and_a_dead_input_are_found},
    {"a_wrong_home_switch_and_something_in_the_way_are_found", a_wrong_home_switch_and_something_in_the_way_are_found},
    {"a_slow_stop_and_a_missing_watchdog_are_found", a_slow_stop_and_a_missing_watchdog_are_found},
    {"a_person_arms_each_move_and_may_stop_or_leave_out", a_person_arms_each_move_and_may_stop_or_leave_out},
    CU_TEST_INFO_NULL};
