/* properties.h -- properties of a drug in skin predicted from molar mass, lipophilicity and pKa.  Pure functions, SI
 * units; sources, ranges and known errors: docs/reference/equations.md under the keys named. */
#ifndef SOLVER_PHYSICS_PROPERTIES_H
#define SOLVER_PHYSICS_PROPERTIES_H
#include <stdbool.h>

enum solute_kind { SOLUTE_ACID, SOLUTE_BASE, SOLUTE_NEUTRAL };
struct solute {
    double molar_mass; /* kg/mol */
    double log_kow;    /* of the neutral form */
    enum solute_kind kind;
    double pKa; /* of the one group that counts; NAN for neutral */
};

/* What is predicted.  K is total drug in the layer over total drug in water of the pH asked for. */
struct properties {
    double f_tissue, f_water;       /* neutral fraction at pH_TISSUE, and at the pH of the water */
    double unbound;                 /* fraction in 2.7 % albumin at pH_TISSUE */
    double binding;                 /* factor B: total over free drug in dermis */
    double kp;                      /* m/s, neutral form, from water */
    double sc_K, sc_D, sc_lag;      /* -, m2/s, s: stratum corneum of SC_THICKNESS */
    double D_free, dermis_D;        /* m2/s */
    double dermis_K, clearance;     /* -, 1/s */
    double k_free;                  /* 1/s: capillary uptake relative to free drug */
    double uptake_depth;            /* m: sqrt(D/clearance) of the dermis */
    double channel_D, channel_K;    /* m2/s, -: water of tissue pH in a channel */
};

extern const double PH_TISSUE;    /* 7.4 */
extern const double SC_THICKNESS; /* m: the thickness that D of the stratum corneum is stated for */

/* Neutral fraction of a drug with one ionisable group at a pH  (E23). */
double neutral_fraction(double pKa, bool is_acid, double pH);
double solute_neutral_fraction(const struct solute *s, double pH); /* 1 for a neutral one */
/* Diffusivity in water at temperature T, K, of a drug of molar_mass, kg/mol: m2/s  (E19). */
double diffusivity_in_water(double molar_mass, double T);
/* Permeability of stratum corneum to the neutral form, from water: m/s  (E20, Potts and Guy). */
double permeability_potts_guy(double molar_mass, double log_kow);
/* Dermis and viable tissue  (E21): free diffusivity, m2/s; fraction unbound in 2.7 % albumin at pH_TISSUE; binding
 * factor for a neutral fraction f; diffusivity with what albumin carries, m2/s; capillary uptake of free drug, 1/s, for
 * a permeability kp, m/s, of stratum corneum. */
double diffusivity_free(double molar_mass);
double unbound_in_albumin(const struct solute *s);
double binding_factor(double unbound, double f, double log_kow);
double diffusivity_dermis(double D_free, double unbound, double binding);
double capillary_uptake(double kp);
/* Stratum corneum as one layer  (E22): K of the neutral form; D, m2/s, from kp, m/s, that K and a thickness, m. */
double partition_sc(double log_kow);
double diffusivity_sc(double kp, double K, double thickness);

/* Measured values that replace predicted ones; NAN: predict. */
struct measured_properties {
    double kp;      /* m/s, neutral form, from water */
    double unbound; /* in 2.7 % albumin */
};
/* All of them, for water of a pH and skin of a temperature T, K.  Capillary uptake goes by the predicted kp in any
 * case: its correlation was made with that. */
void properties_predict(const struct solute *s, const struct measured_properties *m, double pH, double T,
                        struct properties *out);

/* Where the inputs leave the range of a correlation. */
enum property_limit {
    LIMIT_MACROMOLECULE = 1, /* above 1000 g/mol: D_free and channel_D alone, as extrapolations */
    LIMIT_MOLAR_MASS = 2,    /* outside 18 to 505 g/mol, the records' */
    LIMIT_LOG_KOW = 4,       /* outside -3 to 5 */
    LIMIT_CLEARANCE = 8      /* k_free below CLEARANCE_FLOOR: capillaries have pores the correlation does not know */
};
unsigned property_limits(const struct solute *s, const struct properties *p);
extern const double CLEARANCE_FLOOR; /* 1e-5 1/s, assumed as clearance where k_free is predicted smaller */
#endif
