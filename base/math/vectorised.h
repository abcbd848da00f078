/* vectorised.h -- marks a function that is compiled once for each kind of processor; the program takes the best one
 * when it starts. */
#ifndef BASE_MATH_VECTORISED_H
#define BASE_MATH_VECTORISED_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
/* Products and sums are rounded apart (no fused operations): the same digits on every processor. */
#define VECTORISED __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3", "fp-contract=off")))
#else
#define VECTORISED
#endif

#endif
