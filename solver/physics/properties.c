/* properties.c -- see properties.h. */
#include <math.h>
#include "solver/physics/properties.h"

const double PH_TISSUE = 7.4, SC_THICKNESS = 15e-6, CLEARANCE_FLOOR = 1e-5;

static const double CM_PER_HOUR = 1e-2 / 3600.0, CM2 = 1e-4; /* m/s and m2 */

double neutral_fraction(double pKa, bool is_acid, double pH)
{
    return 1.0 / (1.0 + pow(10.0, is_acid ? pH - pKa : pKa - pH));
}

double solute_neutral_fraction(const struct solute *s, double pH)
{
    return s->kind == SOLUTE_NEUTRAL ? 1.0 : neutral_fraction(s->pKa, s->kind == SOLUTE_ACID, pH);
}

/* log10 D[cm2/s, 25 C] = -4.13 - 0.453 log10 MW, scaled by T / viscosity of water (Vogel). */
double diffusivity_in_water(double molar_mass, double T)
{
    double at_25 = CM2 * pow(10.0, -4.13 - 0.453 * log10(molar_mass * 1e3));
    double viscosity_ratio = pow(10.0, 247.8 / (298.15 - 140.0) - 247.8 / (T - 140.0));
    return at_25 * T / 298.15 * viscosity_ratio;
}

double permeability_potts_guy(double molar_mass, double log_kow)
{
    return CM_PER_HOUR * pow(10.0, -2.7437 + 0.71 * log_kow - 0.0061 * molar_mass * 1e3);
}

double diffusivity_free(double molar_mass) { return CM2 * pow(10.0, -4.15 - 0.655 * log10(molar_mass * 1e3)); }

/* Bound over free; a base binds by what is in octanol at this pH, an acid and a neutral drug by their neutral form. */
double unbound_in_albumin(const struct solute *s)
{
    double log_P = s->log_kow, bound;
    if (s->kind == SOLUTE_ACID)
        bound = 0.7936 * exp(log_P) + 0.2239;
    else if (s->kind == SOLUTE_BASE)
        bound = 0.5578 * exp(log_P + log10(solute_neutral_fraction(s, PH_TISSUE))) + 0.0188;
    else
        bound = 0.3127 * exp(log_P) + 0.5121;
    return 1.0 / (1.0 + bound);
}

double binding_factor(double unbound, double f, double log_kow)
{
    return 0.68 + 0.32 / unbound + 0.001 * f * pow(10.0, log_kow);
}

double diffusivity_dermis(double D_free, double unbound, double binding)
{
    double by_albumin = CM2 * 0.32e-7 * (1.0 - unbound) / unbound;
    return (D_free + by_albumin) / binding;
}

/* The wall, 100 times as permeable as stratum corneum, in series with the blood flow. */
double capillary_uptake(double kp)
{
    const double wall_per_volume = 100.0 * 1e2 /* 1/m */, blood_flow = 0.0022 /* 1/s */;
    return 1.0 / (1.0 / (100.0 * kp * wall_per_volume) + 1.0 / blood_flow);
}

double partition_sc(double log_kow) { return pow(10.0, 0.7 * log_kow); }
double diffusivity_sc(double kp, double K, double thickness) { return kp * thickness / K; }

void properties_predict(const struct solute *s, const struct measured_properties *m, double pH, double T,
                        struct properties *out)
{
    double potts_guy = permeability_potts_guy(s->molar_mass, s->log_kow), K_neutral = partition_sc(s->log_kow);
    struct properties p = {.f_tissue = solute_neutral_fraction(s, PH_TISSUE),
                           .f_water = solute_neutral_fraction(s, pH)};
    double to_water = p.f_water / p.f_tissue; /* from water of tissue pH to the water asked for */
    p.kp = isfinite(m->kp) ? m->kp : potts_guy;
    p.unbound = isfinite(m->unbound) ? m->unbound : unbound_in_albumin(s);
    p.binding = binding_factor(p.unbound, p.f_tissue, s->log_kow);
    p.sc_K = K_neutral * p.f_water;
    p.sc_D = diffusivity_sc(p.kp, K_neutral, SC_THICKNESS);
    p.sc_lag = SC_THICKNESS * SC_THICKNESS / (6.0 * p.sc_D);
    p.D_free = diffusivity_free(s->molar_mass);
    p.dermis_D = diffusivity_dermis(p.D_free, p.unbound, p.binding);
    p.dermis_K = 0.6 * p.binding * to_water;
    p.k_free = capillary_uptake(potts_guy);
    p.clearance = p.k_free / p.binding;
    p.uptake_depth = sqrt(p.dermis_D / p.clearance);
    p.channel_D = diffusivity_in_water(s->molar_mass, T);
    p.channel_K = to_water;
    *out = p;
}

unsigned property_limits(const struct solute *s, const struct properties *p)
{
    double g_mol = s->molar_mass * 1e3;
    unsigned limits = 0;
    if (g_mol > 1000.0) limits |= LIMIT_MACROMOLECULE;
    if (g_mol < 18.0 || g_mol > 505.0) limits |= LIMIT_MOLAR_MASS;
    if (s->log_kow < -3.0 || s->log_kow > 5.0) limits |= LIMIT_LOG_KOW;
    if (p->k_free < CLEARANCE_FLOOR) limits |= LIMIT_CLEARANCE;
    return limits;
}
