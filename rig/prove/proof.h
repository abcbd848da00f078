/* proof.h -- the file a proof leaves, <out>/<date>_proof_<bench>_prove_rNN/proof.yaml, and how a run finds one that is
 * good for its bench: of the same bench and device files (their SHA-256), passed, not too old, of the same devices. */
#ifndef RIG_PROVE_PROOF_H
#define RIG_PROVE_PROOF_H
#include "rig/prove/prove.h"
#include "rig/record/runfile.h"

enum { PROOF_CONSTANTS = 160 };
struct proof {
    char path[900], sha256[65], when[21];          /* ISO 8601 UTC */
    char constants[BENCH_DEVICES][PROOF_CONSTANTS]; /* what the devices' canaries read: serial numbers, settings */
};
struct proof_report {
    const char *folder, *operator_name, *command;
    int64_t started;                               /* unix time */
    struct run_identity identity;
    const struct prover *prover;
    struct cnode bench_doc;
    struct record_sums sums;
};
/* Writes folder/proof.yaml.  ERR_IO. */
int proof_write(const struct proof_report *r, struct err *e);
/* The newest proof below parent for this bench file.  ERR_RANGE says what is wrong: none there, of another bench file,
 * failed, changed after it was written (its seal), older than proof/max_age, dated in the future. */
int proof_find(struct proof *out, const char *parent, const struct bench *b, int64_t now, struct err *e);
/* Are the devices that answer now those of the proof?  ERR_RANGE names the one that is not. */
int proof_check_devices(const struct proof *f, const struct bench *b, struct link *const links[], struct err *e);
#endif
