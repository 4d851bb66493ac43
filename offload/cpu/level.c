/* What the machine has, asked once. */
#include "cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[CPU_LEVELS] = {
    [CPU_PLAIN] = "plain",
#if defined(__x86_64__)
    [CPU_SSE42] = "sse4.2",
    [CPU_AVX2] = "avx2",
    [CPU_AVX512] = "avx512",
#elif defined(__aarch64__)
    [CPU_NEON] = "neon",
#endif
};

static atomic_int level = -1; // any thread; the same value, but for tests that force another

static enum cpu_level machine_level(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2"))
		return CPU_AVX512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
	    __builtin_cpu_supports("fma"))
		return CPU_AVX2;
	return __builtin_cpu_supports("sse4.2") ? CPU_SSE42 : CPU_PLAIN;
#elif defined(__aarch64__)
	return CPU_NEON; /* every ARMv8-A has it */
#else
	return CPU_PLAIN;
#endif
}

static enum cpu_level wanted_level(void)
{
	const char *name = getenv("MILLRACE_CPU");
	enum cpu_level best = machine_level();

	for (int i = 0; name != NULL && i < (int)best; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum cpu_level)i;
	return best;
}

enum cpu_level cpu_level(void)
{
	int known = atomic_load_explicit(&level, memory_order_relaxed);

	if (known < 0) {
		known = (int)wanted_level();
		atomic_store_explicit(&level, known, memory_order_relaxed);
	}
	return (enum cpu_level)known;
}

bool cpu_level_force(enum cpu_level forced)
{
	if (forced > machine_level())
		return false;
	atomic_store_explicit(&level, (int)forced, memory_order_relaxed);
	return true;
}

const char *cpu_level_name(enum cpu_level which)
{
	return names[which];
}
