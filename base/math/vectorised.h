/* vectorised.h -- functions that are compiled once for each kind of processor; the program takes the best when it runs.
 * Products and sums are rounded apart (no fused operations): the same digits on every processor. */
#ifndef BASE_MATH_VECTORISED_H
#define BASE_MATH_VECTORISED_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define VECTORISED __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3", "fp-contract=off")))
/* For loops written for eight numbers at a time; only where is_wide. */
#define HAS_WIDE
#define WIDE __attribute__((target("avx512f"), optimize("O3", "fp-contract=off")))
static inline int is_wide(void) { return __builtin_cpu_supports("avx512f"); }
#else
#define VECTORISED
#endif

#endif
