/* cvodes.c -- see cvodes.h.  Set-up as measured: DIRECT linear solver with CVodeSetLinSysFn and an empty matrix, so
 * CVODE keeps its own refresh logic while the factorisation is ours; three N_Vector operations replaced by vectorised
 * ones (Debian's generic kernels are half the run below 4000 unknowns). */
#include <cvodes/cvodes.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sundials/sundials_version.h>
#include "base/math/vector.h"
#include "solver/integrate/cvodes.h"

#define MAX_STEPS 100000L /* between two events.  CVODE's own limit holds for one call, and ours make one step each */

#define ADVICE                                                                                                         \
    "look at the rates and coefficients of that place; numerics/level: 0.5 resolves a sharp front, "                   \
    "numerics/rtol: 1e-4 passes over a stiff law"

#define NO_WEIGHT 1e-30 /* of the integrals in the error norm: they ride along */

struct integrator {
    struct ode ode;
    SUNContext ctx;
    void *mem;
    N_Vector y, atol, emphasis, weight, local; /* y = [states | integrals] */
    SUNMatrix matrix;          /* empty: only there so that CVODE takes us for a direct, matrix-based solver */
    SUNLinearSolver solver;
    double *rate;              /* nq */
    double t_setup;            /* time and state of the last set-up; y_setup is CVODE's, valid during it */
    const double *y_setup;
    double gamma, rtol, t; /* gamma of the last set-up; t reached */
    long steps;
    bool root_ahead;           /* a root was met at t, beyond the last output asked for */
    int last_flag;
    size_t n_follow;
    N_Vector *follow, slope;   /* sensitivities; scratch */
    double *one;               /* n_follow: their parameters' scales */
    integrator_slopes rates;
    void *rates_self;
    char what[300];            /* CVODES' own message */
};

/* ---- vector operations ---- */

static void linear_sum(realtype a, N_Vector x, realtype b, N_Vector y, N_Vector z)
{
    vector_axpby((size_t)NV_LENGTH_S(x), a, NV_DATA_S(x), b, NV_DATA_S(y), NV_DATA_S(z));
}

static void scale(realtype c, N_Vector x, N_Vector z)
{
    vector_scale((size_t)NV_LENGTH_S(x), c, NV_DATA_S(x), NV_DATA_S(z));
}

static void fill(realtype c, N_Vector z)
{
    double *x = NV_DATA_S(z);
    if (c < 0.0 || c > 0.0)
        for (sunindextype i = 0; i < NV_LENGTH_S(z); i++)
            x[i] = c;
    else
        memset(x, 0, (size_t)NV_LENGTH_S(z) * sizeof *x);
}

static realtype wrms_norm(N_Vector x, N_Vector w)
{
    size_t n = (size_t)NV_LENGTH_S(x);
    return sqrt(vector_sumsq(n, NV_DATA_S(x), NV_DATA_S(w)) / (double)n);
}

/* A vector of n + m numbers: from[n], then more[m] (zeros when NULL). */
static N_Vector vector_of(size_t n, const double *from, size_t m, const double *more, SUNContext ctx)
{
    N_Vector v = N_VNew_Serial((sunindextype)(n + m), ctx);
    if (!v)
        return NULL;
    v->ops->nvlinearsum = linear_sum; /* clones inherit them */
    v->ops->nvscale = scale;
    v->ops->nvwrmsnorm = wrms_norm;
    v->ops->nvconst = fill;
    memcpy(NV_DATA_S(v), from, n * sizeof *from);
    for (size_t i = 0; i < m; i++)
        NV_Ith_S(v, n + i) = more ? more[i] : 0.0;
    return v;
}

/* ---- adapters ---- */

static int on_rhs(realtype t, N_Vector y, N_Vector dydt, void *user)
{
    struct integrator *it = user;
    int rc = it->ode.rhs(it->ode.self, t, NV_DATA_S(y), NV_DATA_S(dydt));
    return rc ? rc : it->ode.quad(it->ode.self, t, NV_DATA_S(y), NV_DATA_S(dydt) + it->ode.n);
}

static int on_weights(N_Vector y, N_Vector w, void *user)
{
    const struct integrator *it = user;
    vector_weights(it->ode.n, NV_DATA_S(it->emphasis), it->rtol, NV_DATA_S(y), NV_DATA_S(it->atol), NV_DATA_S(w));
    for (size_t i = it->ode.n; i < it->ode.n + it->ode.nq; i++)
        NV_Ith_S(w, i) = NO_WEIGHT;
    return 0;
}

static int on_root(realtype t, N_Vector y, realtype *g, void *user)
{
    struct integrator *it = user;
    return it->ode.root(it->ode.self, t, NV_DATA_S(y), NV_DATA_S(y) + it->ode.n, g);
}

static int on_linsys(realtype t, N_Vector y, N_Vector fy, SUNMatrix A, booleantype jok, booleantype *jcur,
                     realtype gamma, void *user, N_Vector a, N_Vector b, N_Vector c)
{
    struct integrator *it = user;
    (void)fy; (void)A; (void)jok; (void)a; (void)b; (void)c;
    it->gamma = gamma;
    it->t_setup = t;
    it->y_setup = NV_DATA_S(y);
    *jcur = SUNTRUE; /* the factorisation below is always of the current state */
    return 0;
}

static void on_error(int code, const char *module, const char *function, char *msg, void *user)
{
    struct integrator *it = user;
    (void)module; (void)function;
    if (code < 0)
        snprintf(it->what, sizeof it->what, "%s", msg);
}

static SUNMatrix_ID matrix_id(SUNMatrix A) { (void)A; return SUNMATRIX_CUSTOM; }
static int matrix_zero(SUNMatrix A) { (void)A; return 0; }
static SUNLinearSolver_Type solver_type(SUNLinearSolver S) { (void)S; return SUNLINEARSOLVER_DIRECT; }
static SUNLinearSolver_ID solver_id(SUNLinearSolver S) { (void)S; return SUNLINEARSOLVER_CUSTOM; }
static sunindextype solver_flag(SUNLinearSolver S) { return ((struct integrator *)S->content)->last_flag; }

static int solver_setup(SUNLinearSolver S, SUNMatrix A)
{
    struct integrator *it = S->content;
    (void)A;
    return it->last_flag = it->ode.setup(it->ode.self, it->t_setup, it->y_setup, it->gamma);
}

static int solver_solve(SUNLinearSolver S, SUNMatrix A, N_Vector x, N_Vector b, realtype tol)
{
    struct integrator *it = S->content;
    double gamma = it->gamma, t = it->t;
    (void)A; (void)tol;
    if (CVodeGetCurrentGamma(it->mem, &gamma) || CVodeGetCurrentTime(it->mem, &t))
        return it->last_flag = -1;
    size_t n = it->ode.n;
    double *v = NV_DATA_S(x);
    if (x != b)
        memcpy(v, NV_DATA_S(b), (n + it->ode.nq) * sizeof *v);
    it->last_flag = it->ode.solve(it->ode.self, t, gamma, v);
    if (!it->last_flag && !(it->last_flag = it->ode.quad_times(it->ode.self, v, it->rate)))
        for (size_t i = 0; i < it->ode.nq; i++) /* the integrals follow: their rows of I - gamma J are one-way */
            v[n + i] += gamma * it->rate[i];
    return it->last_flag;
}

/* ---- life cycle ---- */

static bool make_linear_solver(struct integrator *it)
{
    it->matrix = SUNMatNewEmpty(it->ctx);
    it->solver = SUNLinSolNewEmpty(it->ctx);
    if (!it->matrix || !it->solver)
        return false;
    it->matrix->ops->getid = matrix_id;
    it->matrix->ops->zero = matrix_zero;
    it->solver->content = it;
    it->solver->ops->gettype = solver_type;
    it->solver->ops->getid = solver_id;
    it->solver->ops->setup = solver_setup;
    it->solver->ops->solve = solver_solve;
    it->solver->ops->lastflag = solver_flag;
    return true;
}

static bool configure(struct integrator *it, double t0, double t_stop)
{
    void *m = it->mem;
    return CVodeSetErrHandlerFn(m, on_error, it) == CV_SUCCESS && CVodeSetUserData(m, it) == CV_SUCCESS &&
           CVodeInit(m, on_rhs, t0, it->y) == CV_SUCCESS && CVodeWFtolerances(m, on_weights) == CV_SUCCESS &&
           CVodeSetLinearSolver(m, it->solver, it->matrix) == CV_SUCCESS &&
           CVodeSetLinSysFn(m, on_linsys) == CV_SUCCESS &&
           CVodeSetLinearSolutionScaling(m, SUNFALSE) == CV_SUCCESS && /* our solve is for the current gamma */
           CVodeSetStopTime(m, t_stop) == CV_SUCCESS && (!it->ode.root || CVodeRootInit(m, 1, on_root) == CV_SUCCESS);
}

int integrator_new(struct integrator **out, const struct ode *ode, double t0, const double *y0, const double *q0,
                   double rtol, const double *atol, double t_stop, struct err *e)
{
    struct integrator *it = calloc(1, sizeof *it);
    *out = NULL;
    if (!it || SUNContext_Create(NULL, &it->ctx)) {
        free(it);
        return err_set(e, ERR_NOMEM, "out of memory for the integrator");
    }
    it->ode = *ode;
    it->rtol = rtol;
    it->t = t0;
    it->rate = calloc(ode->nq + 1, sizeof *it->rate);
    it->y = vector_of(ode->n, y0, ode->nq, q0, it->ctx);
    it->atol = vector_of(ode->n, atol, ode->nq, NULL, it->ctx);
    it->weight = vector_of(ode->n, y0, ode->nq, NULL, it->ctx);
    it->local = vector_of(ode->n, y0, ode->nq, NULL, it->ctx);
    it->emphasis = vector_of(ode->n, ode->emphasis ? ode->emphasis : atol, ode->nq, NULL, it->ctx);
    if (it->emphasis && !ode->emphasis)
        N_VConst(1.0, it->emphasis);
    it->mem = CVodeCreate(CV_BDF, it->ctx);
    bool ok =
        it->y && it->atol && it->emphasis && it->weight && it->local && it->rate && it->mem && make_linear_solver(it);
    if (!ok || !configure(it, t0, t_stop)) {
        int rc = err_set(e, ok ? ERR_NUMERIC : ERR_NOMEM, "cannot start the integrator: %s",
                         ok ? it->what : "out of memory");
        integrator_free(it);
        return rc;
    }
    *out = it;
    return 0;
}

/* ---- forward sensitivities ---- */

static int on_slopes(int n, realtype t, N_Vector y, N_Vector ydot, N_Vector *s, N_Vector *rate, void *user, N_Vector a,
                     N_Vector b)
{
    struct integrator *it = user;
    int rc = 0;
    (void)ydot; (void)a; (void)b;
    for (int i = 0; !rc && i < n; i++)
        rc = it->rates(it->rates_self, t, NV_DATA_S(y), (size_t)i, NV_DATA_S(s[i]), NV_DATA_S(rate[i]));
    return rc;
}

int integrator_follow(struct integrator *it, size_t n, const double *s0, integrator_slopes rates, void *self,
                      struct err *e)
{
    size_t length = it->ode.n + it->ode.nq;
    it->rates = rates;
    it->rates_self = self;
    it->n_follow = n;
    it->one = malloc(n * sizeof *it->one);
    it->follow = N_VCloneVectorArray((int)n, it->y);
    it->slope = N_VClone(it->y);
    if (!it->one || !it->follow || !it->slope)
        return err_set(e, ERR_NOMEM, "out of memory for %zu sensitivities", n);
    for (size_t i = 0; i < n; i++) {
        it->one[i] = 1.0;
        memcpy(NV_DATA_S(it->follow[i]), s0 + i * length, length * sizeof *s0);
    }
    if (CVodeSensInit(it->mem, (int)n, CV_STAGGERED, on_slopes, it->follow) == CV_SUCCESS &&
        CVodeSetSensParams(it->mem, NULL, it->one, NULL) == CV_SUCCESS &&
        CVodeSensEEtolerances(it->mem) == CV_SUCCESS && CVodeSetSensErrCon(it->mem, SUNFALSE) == CV_SUCCESS)
        return 0;
    return err_set(e, ERR_NUMERIC, "cannot start the sensitivities: %s", it->what);
}

int integrator_slope(struct integrator *it, double t, size_t i, double *s, struct err *e)
{
    if (CVodeGetSensDky1(it->mem, t, 0, (int)i, it->slope))
        return err_set(e, ERR_NUMERIC, "no sensitivity at t = %.6g s: %s", t, it->what);
    memcpy(s, NV_DATA_S(it->slope), (it->ode.n + it->ode.nq) * sizeof *s);
    return 0;
}

/* The component where weight times local is largest; n when all are zero. */
static size_t largest_share(const struct integrator *it)
{
    size_t worst = it->ode.n;
    double most = 0.0;
    for (size_t i = 0; i < it->ode.n; i++) {
        double share = fabs(NV_Ith_S(it->weight, i) * NV_Ith_S(it->local, i));
        if (share > most) {
            most = share;
            worst = i;
        }
    }
    return worst;
}

/* By the last step's local errors; before there is one, by the rates. */
static size_t worst_component(struct integrator *it)
{
    size_t n = it->ode.n, worst = n;
    if (CVodeGetErrWeights(it->mem, it->weight))
        return n;
    if (CVodeGetEstLocalErrors(it->mem, it->local) == CV_SUCCESS)
        worst = largest_share(it);
    if (worst == n && on_rhs(it->t, it->y, it->local, it) == 0)
        worst = largest_share(it);
    return worst;
}

int integrator_to(struct integrator *it, double *to, double *y, double *q, size_t *worst, struct err *e)
{
    double t = *to;
    bool met = it->root_ahead;
    *worst = it->ode.n;
    while (it->t < t && !met) { /* one step at a time: outputs inside a step are read off its polynomial */
        if (it->steps++ >= MAX_STEPS) {
            *worst = worst_component(it);
            err_set(e, ERR_NUMERIC, "integration stopped at t = %.6g s of %.6g s: more than %ld steps", it->t, t,
                    MAX_STEPS);
            err_hint(e, "%s", ADVICE);
            return ERR_NUMERIC;
        }
        int flag = CVode(it->mem, t, it->y, &it->t, CV_ONE_STEP);
        if (flag < 0) {
            *worst = worst_component(it);
            err_set(e, ERR_NUMERIC, "integration stopped at t = %.6g s of %.6g s: %s", it->t, t, it->what);
            err_hint(e, "%s", ADVICE);
            return ERR_NUMERIC;
        }
        met = flag == CV_ROOT_RETURN;
    }
    it->root_ahead = met && it->t >= t; /* CVODE reports a root once: one beyond this output is kept for the next */
    if (it->root_ahead)
        met = false;
    else if (met)
        t = *to = it->t;
    if (CVodeGetDky(it->mem, t, 0, it->y))
        return err_set(e, ERR_NUMERIC, "no output at t = %.6g s: %s", t, it->what);
    memcpy(y, NV_DATA_S(it->y), it->ode.n * sizeof *y);
    memcpy(q, NV_DATA_S(it->y) + it->ode.n, it->ode.nq * sizeof *q);
    return met ? 1 : 0;
}

void integrator_stats(const struct integrator *it, struct integrator_stats *out)
{
    long v = 0;
    double h = 0.0;
    if (!CVodeGetNumSteps(it->mem, &v)) out->steps += v;
    if (!CVodeGetNumRhsEvals(it->mem, &v)) out->rhs += v;
    if (!CVodeGetNumLinSolvSetups(it->mem, &v)) out->setups += v;
    if (!CVodeGetNumNonlinSolvConvFails(it->mem, &v)) out->nonlinear_fails += v;
    if (!CVodeGetNumErrTestFails(it->mem, &v)) out->error_fails += v;
    if (!CVodeGetLastStep(it->mem, &h)) out->last_step = h;
    if (!CVodeGetActualInitStep(it->mem, &h) && (out->smallest_step <= 0.0 || h < out->smallest_step))
        out->smallest_step = h;
}

void integrator_free(struct integrator *it)
{
    if (!it)
        return;
    if (it->mem) CVodeFree(&it->mem);
    if (it->solver) SUNLinSolFreeEmpty(it->solver);
    if (it->matrix) SUNMatFreeEmpty(it->matrix);
    N_Vector all[] = {it->y, it->atol, it->emphasis, it->weight, it->local, it->slope};
    if (it->follow) N_VDestroyVectorArray(it->follow, (int)it->n_follow);
    free(it->one);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]) N_VDestroy(all[i]);
    free(it->rate);
    SUNContext_Free(&it->ctx);
    free(it);
}

const char *integrator_version(void) { return SUNDIALS_VERSION; }
