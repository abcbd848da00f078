/* provenance.h -- who made a result: version, commit, libraries, configuration hash, seed, command line. */
#ifndef BASE_PROVENANCE_H
#define BASE_PROVENANCE_H
#include <stddef.h>
#include <stdint.h>
#include "base/text/config.h"

const char *provenance_version(void); /* "0.1.0" */
const char *provenance_commit(void);  /* short hash, or "unknown" */
/* SHA-256 (FIPS 180-4) of a buffer / of a file, as 64 hex digits and a NUL. */
void sha256_hex(const void *data, size_t n, char hex[65]);
int  sha256_file(const char *path, char hex[65], struct err *e);
struct sha256 { uint32_t h[8]; uint64_t bytes; unsigned char block[64]; }; /* for streams */
void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t n);
void sha256_end(struct sha256 *s, char hex[65]); /* s may not be added to afterwards */
/* Writes under path/: program, version, commit, date (UTC, ISO 8601, from unix_time), command, configuration_sha256,
 * seed (when >= 0), libraries (name: version, as passed). */
struct provenance {
    const char *program, *command, *configuration_sha256;
    int64_t unix_time, seed;
    const char *const *libraries; /* name, version, name, version, ..., NULL */
};
void provenance_record(struct record *r, const char *path, const struct provenance *p);
/* As record_write, with a last line, seal: "<SHA-256 of all that stands above it>", so that a later edit is seen. */
int  provenance_write_sealed(struct record *r, const char *path, struct err *e);
/* Is a sealed file as it was written?  ERR_FAILED: changed, or the seal is missing; ERR_IO. */
int  provenance_check_seal(const char *path, struct err *e);
/* ISO 8601 UTC "2026-03-09T14:05:09Z" / compact "20260309T140509Z" of a unix time. */
void iso8601(int64_t unix_time, char out[21]);
void iso8601_compact(int64_t unix_time, char out[17]);
#endif
