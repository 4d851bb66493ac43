/*
 * Kernels by instruction set: which there are, and which the machine has.
 *
 * A kernel file (*_kernels.c) is compiled once for each level, with its flags (meson.build), and
 * defines one table of functions under a name that ends in the level:
 *
 *   // hash_kernels.h                          // hash_kernels.c
 *   struct hash_kernels { void (*fixed)(...); };   const struct hash_kernels CPU_NAME(hash_kernels)
 * = {...}; CPU_DECLARE(struct hash_kernels, hash_kernels);
 *
 *   // who runs it, once, when a step opens
 *   const struct hash_kernels *kernels = CPU_PICK(hash_kernels);
 *
 * Loops that compilers turn into vectors, and vectors of GNU C, come first; intrinsics where they
 * pay. Every level gives the same bits: no contraction (-ffp-contract=off), no fast math. A kernel
 * neither allocates nor locks, takes columns and selections, and knows nothing of steps.
 */
#ifndef CPU_H
#define CPU_H

#include <stdbool.h>
#include <stdint.h>

enum cpu_level {
	CPU_PLAIN, /* C, not vectorised */
#if defined(__x86_64__)
	CPU_SSE42,  /* x86-64-v2 */
	CPU_AVX2,   /* x86-64-v3 */
	CPU_AVX512, /* x86-64-v4: F, BW, CD, DQ, VL */
#elif defined(__aarch64__)
	CPU_NEON,
#endif
	CPU_LEVELS,
};

/* The level of the machine, or the lower one that MILLRACE_CPU names (plain, sse4.2, avx2, avx512,
 * neon), or that was forced. */
enum cpu_level cpu_level(void);
/* Of this process, until it is forced otherwise: for tests. False when the machine lacks it. */
bool cpu_level_force(enum cpu_level level);
const char *cpu_level_name(enum cpu_level level);

#define CPU_JOIN_(name, level) name##_##level
#define CPU_JOIN(name, level) CPU_JOIN_(name, level)
/* CPU_SUFFIX is what meson.build compiles a kernel file for. */
#define CPU_NAME(name) CPU_JOIN(name, CPU_SUFFIX)

#if defined(__x86_64__)
#define CPU_DECLARE(type, name) \
	extern const type name##_plain, name##_sse42, name##_avx2, name##_avx512
#define CPU_PICK(name)                               \
	(cpu_level() == CPU_AVX512  ? &name##_avx512 \
	 : cpu_level() == CPU_AVX2  ? &name##_avx2   \
	 : cpu_level() == CPU_SSE42 ? &name##_sse42  \
				    : &name##_plain)
#elif defined(__aarch64__)
#define CPU_DECLARE(type, name) extern const type name##_plain, name##_neon
#define CPU_PICK(name) (cpu_level() == CPU_NEON ? &name##_neon : &name##_plain)
#else
#define CPU_DECLARE(type, name) extern const type name##_plain
#define CPU_PICK(name) (&name##_plain)
#endif

#endif
