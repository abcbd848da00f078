/* prony.h -- a sum of decaying exponentials fitted to a force held at constant position. */
#ifndef SOLVER_INSERTION_PRONY_H
#define SOLVER_INSERTION_PRONY_H
#include <stddef.h>
#include "base/err.h"

enum { PRONY_TERMS = 3 };
struct prony_fit { /* F(t) = rest + sum amplitude_k exp(-t / tau_k), t from the first point; taus ascending */
    size_t terms;
    double rest, rest_u;                                     /* N */
    double amplitude[PRONY_TERMS], amplitude_u[PRONY_TERMS]; /* N */
    double tau[PRONY_TERMS], tau_u[PRONY_TERMS];             /* s */
    /* Of the fitted force at t = 0; the _u hold the covariance of all amplitudes, that of the start included. */
    double rest_share, rest_share_u, share[PRONY_TERMS], share_u[PRONY_TERMS];
    double residual;                                         /* N, root mean square */
};
/* Least squares with terms exponentials (1 to PRONY_TERMS); _u are standard deviations from the covariance and the
 * residuals, taken as independent.  ERR_NUMERIC when it does not converge, ERR_RANGE with fewer than 2 points per
 * unknown. */
int prony_fit(const double t[], const double F[], size_t n, size_t terms, struct prony_fit *fit, struct err *e);
/* As many terms as the data bear: one more only while it lowers Akaike's criterion by 10 and its times stay between two
 * samples and twice the record's length. */
int prony_fit_best(const double t[], const double F[], size_t n, struct prony_fit *fit, struct err *e);
#endif
