/* bench_kit.h -- what the virtual bench's tests share: a bench in virtual time and typed frames. */
#ifndef TESTS_RIG_VIRTUAL_BENCH_KIT_H
#define TESTS_RIG_VIRTUAL_BENCH_KIT_H
#include "rig/virtual/vbench.h"
#include "tests/runner.h"

/* The settings of config/benches/mnbench.yaml, as numbers, so that a test does not depend on that file. */
struct plant_settings kit_settings(void);
struct vbench *kit_bench(uint64_t seed); /* asserts that there is memory */
/* The second pair, as in mnbench_em2rs_tlb.yaml but for the noise (N) and without drift. */
struct vbench *kit_second_pair(uint64_t seed, double noise);
/* "03 00 00 00 02" -> bytes; returns their number. */
size_t kit_hex(const char *text, uint8_t *out, size_t cap);
/* Sends a typed request (function and data) and compares the reply with a typed one; "" is no answer. */
#define ASSERT_REPLY(v, unit, request, reply) kit_reply((v), (unit), (request), (reply), __FILE__, __LINE__)
void kit_reply(struct vbench *v, uint8_t unit, const char *request, const char *reply, const char *file, int line);
/* Registers read with function 3, or -1 x exception. */
int kit_read(struct vbench *v, uint8_t unit, unsigned address, unsigned count, uint16_t *out);
int32_t kit_read_s32(struct vbench *v, uint8_t unit, unsigned address);
/* Returns 0 or the exception. */
int kit_write(struct vbench *v, uint8_t unit, unsigned address, unsigned value);
int kit_write_u32(struct vbench *v, uint8_t unit, unsigned address, uint32_t value);
/* Enabled and homed; moves: opcode 0x67 to mm at mm/s, waiting for its end (at most a minute). */
void kit_home(struct vbench *v);
void kit_start_move(struct vbench *v, double mm, double mm_s);
void kit_move(struct vbench *v, double mm, double mm_s);
bool kit_is_moving(struct vbench *v);
/* Ends a suite that parsed units; 0. */
int  kit_clean_up(void);
/* A folder under $TMPDIR, its name into out; and away with it and what it holds. */
void kit_folder(char *out, size_t size);
void kit_remove(const char *folder);
#endif
