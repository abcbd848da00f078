/* cvodes.h -- SUNDIALS CVODE behind plain arrays (the only door to it): BDF, Newton, our own linear solver, and running
 * integrals of functionals of the state, outside the error control.  The integrals are carried as further states rather
 * than as CVODES quadratures: those lost up to 1e-6 of the drug at a change of order (6.4.1, measured), states lose
 * none. */
#ifndef SOLVER_INTEGRATE_CVODES_H
#define SOLVER_INTEGRATE_CVODES_H
#include <stddef.h>
#include "base/err.h"

/* What is integrated.  All callbacks get self; they return 0, > 0 to ask for a smaller step, < 0 to give up. */
struct ode {
    size_t n, nq;
    void *self;
    const double
        *emphasis; /* n factors >= 1 on the error weights, borrowed until integrator_new returns; NULL: all 1.  CVODE's
                    * norm is a mean over components: one that stands alone (plasma, a receptor) would be diluted */
    int (*rhs)(void *self, double t, const double *y, double *dydt);
    int (*quad)(void *self, double t, const double *y, double *rate);      /* rate[nq] of the running integrals */
    int (*quad_times)(void *self, const double *x, double *rate);          /* (d rate / d y) x */
    int (*setup)(void *self, double t, const double *y, double gamma); /* factorise I - gamma J at (t, y) */
    int (*solve)(void *self, double t, double gamma, double *v);       /* v := (I - gamma J)^-1 v */
    int (*root)(void *self, double t, const double *y, const double *q,
                double *g); /* *g crosses zero at an event; or NULL */
};

struct integrator_stats {
    long steps, rhs, setups, nonlinear_fails, error_fails;
    double smallest_step, last_step;
    long linear, stepped,
        failed_over; /* segments on the linear path, by steps, and by steps because the path did not settle */
    long vectors;                      /* of the linear path's bases, in all */
};

struct integrator;
/* Starts at t0 with y0[n] and q0[nq] (copied).  atol[n] > 0.  ERR_NOMEM or ERR_NUMERIC. */
int  integrator_new(struct integrator **out, const struct ode *ode, double t0, const double *y0, const double *q0,
                    double rtol, const double *atol, double t_stop, struct err *e);
/* Advances to *t (<= t_stop, not before the last one asked) and writes y[n], q[nq] there.  Returns 0; 1 when the root
 * was met first, with its time in *t; or ERR_NUMERIC, with the time reached in the message and in *worst the component
 * with the largest weighted error, when known (else n). */
int  integrator_to(struct integrator *it, double *t, double *y, double *q, size_t *worst, struct err *e);
/* Forward sensitivities: n differences s of the state (each ode.n + ode.nq numbers, integrals last) obey ds/dt =
 * rate(t, y, s) and follow the state's steps with its factorisation, outside the error control.  To be called before
 * the first step; s0 holds the n starts one after another. */
typedef int (*integrator_slopes)(void *self, double t, const double *y, size_t i, const double *s, double *rate);
int  integrator_follow(struct integrator *it, size_t n, const double *s0, integrator_slopes rate, void *self,
                       struct err *e);
int  integrator_slope(struct integrator *it, double t, size_t i, double *s, struct err *e); /* at a time passed last */
void integrator_stats(const struct integrator *it, struct integrator_stats *out); /* adds to *out */
void integrator_free(struct integrator *it);
const char *integrator_version(void); /* of SUNDIALS */
#endif
