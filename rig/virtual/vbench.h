/* vbench.h -- the whole virtual bench behind Modbus PDUs, in virtual time: tests drive it directly, mnbench serves it.
 *
 *   unit 1    the drive (drive.h or em2rs.h)   unit 2    the transmitter (transmitter.h or tlb.h): the settings' pair
 *   unit 247  the identity block (nameplate.h): what tells a virtual bench from a real one
 *
 * Function codes 3, 4, 6 and 16, as far as the device knows them; all others answer exception 1. */
#ifndef RIG_VIRTUAL_VBENCH_H
#define RIG_VIRTUAL_VBENCH_H
#include "base/err.h"
#include "rig/virtual/drive.h"
#include "rig/virtual/em2rs.h"
#include "rig/virtual/fault.h"
#include "rig/virtual/plant.h"
#include "rig/virtual/tlb.h"
#include "rig/virtual/transmitter.h"

enum { VBENCH_AXIS = 1, VBENCH_FORCE = 2, VBENCH_IDENTITY = 247, VBENCH_PDU_MAX = 253 };

struct truth;

struct vbench {
    struct plant plant;
    struct drive drive;             /* of the pair scl_dad141 */
    struct transmitter transmitter;
    struct em2rs em2rs;             /* of the pair em2rs_tlb */
    struct tlb tlb;
    struct fault_script faults;
    bool axis_silent, force_silent; /* faults: that unit neither hears nor answers */
    unsigned link_drops;            /* counts `drop link`: who serves the bench hangs up when it changes */
    double deaf_until;              /* s: nothing is heard before, the link is down */
    bool touched;                   /* this specimen has been pressed and not yet read */
    struct fault_traffic traffic;   /* requests that were heard */
    double owed;                    /* s of time given but not yet stepped */
    struct truth *truth;            /* the logs, or NULL */
    struct err log_error;           /* the first failure to write a log; logging then ends */
};

/* A bench at time 0, drive disabled, specimen 1.  Yours: vbench_free. */
int  vbench_new(struct vbench **out, const struct plant_settings *set, uint64_t seed, struct err *e);
void vbench_free(struct vbench *v); /* abandons open logs; NULL is legal */
/* Writes truth.csv, writes.csv and specimen_N/ below folder (made if missing), which must hold none of them yet. */
int  vbench_log_to(struct vbench *v, const char *folder, struct err *e);
/* Reads a specimen that was not read yet, ends the logs under their final names.  Returns the first failure of any
 * write. */
int  vbench_close_logs(struct vbench *v, struct err *e);
/* One request (function code and data, n bytes) to a unit.  Returns the length of the reply, at most VBENCH_PDU_MAX <=
 * cap, or 0: no such unit, or a silent one, or an empty request: no answer. */
int  vbench_pdu(struct vbench *v, uint8_t unit, const uint8_t *pdu, size_t n, uint8_t *reply, size_t cap);
/* What this unit waits between request and reply, s, beside the line's own time. */
double vbench_reply_delay(const struct vbench *v, uint8_t unit);
/* Lets dt_s >= 0 pass, in steps of PLANT_STEP; the rest is kept for the next call. */
void vbench_advance(struct vbench *v, double dt_s);
double vbench_time(const struct vbench *v); /* s since it was made */
#endif
