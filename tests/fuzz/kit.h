/* kit.h -- what the targets that need files share: a folder of their own in memory, removed at the end. */
#ifndef TESTS_FUZZ_KIT_H
#define TESTS_FUZZ_KIT_H
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline const char *kit_folder(void);

static inline void kit_clean(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", kit_folder());
    if (system(command) != 0)
        fprintf(stderr, "%s failed\n", command);
}

/* The folder's path; made at the first call. */
static inline const char *kit_folder(void)
{
    static char path[64];
    if (!path[0]) {
        snprintf(path, sizeof path, "%s/mn-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(path) || atexit(kit_clean))
            abort();
    }
    return path;
}

static inline const char *kit_path(const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", kit_folder(), name);
    return out;
}

static inline void kit_write(const char *name, const void *bytes, size_t n)
{
    char path[128];
    FILE *f = fopen(kit_path(name, path), "wb");
    if (!f || (n && fwrite(bytes, 1, n, f) != n) || fclose(f))
        abort();
}

static inline void kit_remove(const char *name)
{
    char path[128];
    unlink(kit_path(name, path));
}
#endif
