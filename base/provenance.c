/* provenance.c -- see provenance.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/provenance.h"
#include "base/text/file.h"

#ifndef MN_VERSION
#define MN_VERSION "unknown"
#endif
#ifndef MN_COMMIT
#define MN_COMMIT "unknown"
#endif

enum { SEALED_MAX = 16 << 20 }; /* bytes */

const char *provenance_version(void) { return MN_VERSION; }
const char *provenance_commit(void) { return MN_COMMIT; }

/* ---- SHA-256, FIPS 180-4 sections 4.1.2, 4.2.2, 5.1.1, 6.2 ---- */

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotr(uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }

static void expand(const unsigned char *block, uint32_t w[64])
{
    for (int i = 0; i < 16; i++, block += 4)
        w[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = s1 + w[i - 7] + s0 + w[i - 16];
    }
}

static void compress(uint32_t h[8], const unsigned char *block)
{
    uint32_t w[64], v[8]; /* v: the standard's a b c d e f g h */
    expand(block, w);
    memcpy(v, h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25), ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
        uint32_t maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t t1 = v[7] + s1 + ch + K[i] + w[i], t2 = s0 + maj;
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        h[i] += v[i];
}

void sha256_start(struct sha256 *s)
{
    /* first 32 bits of the fractional parts of the square roots of the first 8 primes */
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->h, start, sizeof start);
    s->bytes = 0;
}

void sha256_add(struct sha256 *s, const void *data, size_t n)
{
    const unsigned char *p = data;
    while (n > 0) {
        size_t used = (size_t)(s->bytes % 64), take = 64 - used < n ? 64 - used : n;
        memcpy(s->block + used, p, take);
        s->bytes += take;
        p += take;
        n -= take;
        if (used + take == 64)
            compress(s->h, s->block);
    }
}

void sha256_end(struct sha256 *s, char hex[65])
{
    static const unsigned char padding[64] = {0x80};
    uint64_t bits = s->bytes * 8;
    size_t used = (size_t)(s->bytes % 64);
    unsigned char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    sha256_add(s, padding, used < 56 ? 56 - used : 120 - used);
    sha256_add(s, length, sizeof length);
    for (int i = 0; i < 8; i++)
        snprintf(hex + 8 * i, 9, "%08x", s->h[i]);
}

void sha256_hex(const void *data, size_t n, char hex[65])
{
    struct sha256 s;
    sha256_start(&s);
    sha256_add(&s, data, n);
    sha256_end(&s, hex);
}

int sha256_file(const char *path, char hex[65], struct err *e)
{
    unsigned char buf[1 << 14];
    struct sha256 s;
    size_t n;
    FILE *f = file_open(path, e);
    if (!f)
        return ERR_IO;
    sha256_start(&s);
    while ((n = fread(buf, 1, sizeof buf, f)) > 0)
        sha256_add(&s, buf, n);
    int bad = ferror(f), why = errno;
    fclose(f);
    if (bad)
        return err_set(e, ERR_IO, "%s: cannot be read: %s", path, strerror(why));
    sha256_end(&s, hex);
    return 0;
}

/* ---- dates and the record ---- */

/* Years 0 to 9999; what lies outside gives the zero date. */
static struct tm calendar(int64_t unix_time)
{
    time_t t = (time_t)unix_time;
    struct tm tm;
    if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
        tm = (struct tm){.tm_year = -1900, .tm_mday = 1};
    return tm;
}

void iso8601(int64_t unix_time, char out[21])
{
    struct tm tm = calendar(unix_time);
    if (strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        out[0] = '\0';
}

void iso8601_compact(int64_t unix_time, char out[17])
{
    struct tm tm = calendar(unix_time);
    if (strftime(out, 17, "%Y%m%dT%H%M%SZ", &tm) == 0)
        out[0] = '\0';
}

static void put(struct record *r, const char *path, const char *key, const char *value)
{
    char full[400]; /* room for a key below the longest path of its callers */
    snprintf(full, sizeof full, "%s/%s", path, key);
    if (value)
        record_text(r, full, value);
}

void provenance_record(struct record *r, const char *path, const struct provenance *p)
{
    char date[21], full[300];
    iso8601(p->unix_time, date);
    put(r, path, "program", p->program);
    put(r, path, "version", provenance_version());
    put(r, path, "commit", provenance_commit());
    put(r, path, "date", date);
    put(r, path, "command", p->command);
    put(r, path, "configuration_sha256", p->configuration_sha256);
    snprintf(full, sizeof full, "%s/seed", path);
    if (p->seed >= 0)
        record_integer(r, full, p->seed);
    for (const char *const *l = p->libraries; l && l[0] && l[1]; l += 2) {
        snprintf(full, sizeof full, "%s/libraries", path);
        put(r, full, l[0], l[1]);
    }
}

int provenance_write_sealed(struct record *r, const char *path, struct err *e)
{
    char hex[65];
    char *text = record_string(r);
    if (!text) /* memory, now or before: not a file without its seal */
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    sha256_hex(text, strlen(text), hex);
    record_text(r, "seal", hex);
    free(text);
    return record_write(r, path, e);
}

/* Where the last line begins. */
static size_t last_line(const char *text, size_t n)
{
    size_t at = n > 0 ? n - 1 : 0; /* its own end does not count */
    while (at > 0 && text[at - 1] != '\n')
        at--;
    return at;
}

int provenance_check_seal(const char *path, struct err *e)
{
    char hex[65], want[90];
    char *text = NULL;
    size_t n = 0;
    int rc = file_read(path, SEALED_MAX, &text, &n, e);
    if (rc)
        return rc;
    const size_t at = last_line(text, n);
    sha256_hex(text, at, hex);
    snprintf(want, sizeof want, "seal: \"%s\"\n", hex);
    if (strncmp(text + at, "seal: ", 6) != 0)
        rc = err_set(e, ERR_FAILED, "%s: not as written: its last line, the seal, is missing", path);
    else if (n - at != strlen(want) || memcmp(text + at, want, n - at) != 0)
        rc = err_set(e, ERR_FAILED, "%s: not as written: its text does not fit the seal in its last line", path);
    free(text);
    return rc;
}
