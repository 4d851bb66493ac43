/* System calls without a libc. Each returns what the kernel does: -errno for errors. */
#ifndef ZYGOTE_SYSTEM_H
#define ZYGOTE_SYSTEM_H

#include <asm/unistd_64.h>
#include <stddef.h>
#include <stdint.h>

static inline long system_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define SYSTEM_6(number, a, b, c, d, e, f) \
	system_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYSTEM_4(number, a, b, c, d) SYSTEM_6(number, a, b, c, d, 0, 0)
#define SYSTEM_3(number, a, b, c) SYSTEM_4(number, a, b, c, 0)
#define SYSTEM_2(number, a, b) SYSTEM_3(number, a, b, 0)
#define SYSTEM_1(number, a) SYSTEM_2(number, a, 0)

/* Replaces every system call of the process from here on by what filter.c allows. 0 or -errno. */
int filter_install(void);
/* Everything that happens once: memory as children will have it, and the walls. Returns which walls
 * stand (enum process_wall), or -errno. */
struct process_setup;
int confine(const struct process_setup *setup);

#endif
