/* recover.h -- reads back what the recorder wrote: how far it is whole, and whether it is what was written. */
#ifndef RIG_RECORD_RECOVER_H
#define RIG_RECORD_RECOVER_H
#include "rig/record/recorder.h"

/* One file, from its beginning up to the first row that is not whole. */
struct record_scan {
    uint64_t rows;         /* whole rows, without the header */
    long good, size;       /* bytes up to there; bytes of the file */
    double last_time;      /* s, of the last whole row; NaN without one */
    char digest[65];       /* samples: SHA-256 of the good bytes; events: the last row's chain */
    char wrong[160];       /* what is wrong with the first row that is not whole; empty when all are */
};
/* samples.csv: header, cells, sequence numbers without a gap.  ERR_IO when it cannot be read. */
int record_scan_samples(const char *path, struct record_scan *out, struct err *e);
/* events.csv: header and the chain of digests. */
int record_scan_events(const char *path, struct record_scan *out, struct err *e);
/* Cuts a file at scan->good; what is cut is kept beside it as PATH.torn.  Nothing is done to a whole file.  ERR_IO;
 * ERR_FAILED: a program still writes to it. */
int record_cut(const char *path, const struct record_scan *scan, struct err *e);
#endif
