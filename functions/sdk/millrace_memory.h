/*
 * What the compiler calls by itself, where there is no libc: memcpy(), memmove(), memset() and
 * memcmp(). Included by millrace_function.h; weak, so that a libc's take their place.
 *
 * Wasm has single instructions for three of them. On x86-64 short lengths, which is most, are two
 * loads and two stores that may overlap; long ones are the processor's string instructions.
 */
#ifndef MILLRACE_MEMORY_H
#define MILLRACE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

__attribute__((weak)) int memcmp(const void *left, const void *right, size_t len);
__attribute__((weak)) void *memcpy(void *to, const void *from, size_t len);
__attribute__((weak)) void *memmove(void *to, const void *from, size_t len);
__attribute__((weak)) void *memset(void *to, int value, size_t len);

int memcmp(const void *left, const void *right, size_t len)
{
	const uint8_t *l = (const uint8_t *)left, *r = (const uint8_t *)right;

	for (; len > 0; len--, l++, r++)
		if (*l != *r)
			return *l - *r;
	return 0;
}

#ifdef __wasm__
void *memcpy(void *to, const void *from, size_t len)
{
	return __builtin_memcpy(to, from, len);
}
void *memmove(void *to, const void *from, size_t len)
{
	return __builtin_memmove(to, from, len);
}
void *memset(void *to, int value, size_t len)
{
	return __builtin_memset(to, value, len);
}
#else
#define MR_STRING_BYTES_MIN \
	512 /* shorter, the string instructions' start costs more than it saves */

typedef uint64_t mr_word __attribute__((may_alias, aligned(1)));
typedef uint32_t mr_half __attribute__((may_alias, aligned(1)));
typedef uint16_t mr_quarter __attribute__((may_alias, aligned(1)));
typedef long long mr_vector __attribute__((vector_size(16), may_alias, aligned(1)));

/* Up to 32 bytes, all read before any is written. */
static inline void mr_move_short(uint8_t *to, const uint8_t *from, size_t len)
{
	if (len >= 16) {
		const mr_vector first = *(const mr_vector *)from;
		const mr_vector last = *(const mr_vector *)(from + len - 16);

		*(mr_vector *)to = first;
		*(mr_vector *)(to + len - 16) = last;
	} else if (len >= 8) {
		const uint64_t first = *(const mr_word *)from;
		const uint64_t last = *(const mr_word *)(from + len - 8);

		*(mr_word *)to = first;
		*(mr_word *)(to + len - 8) = last;
	} else if (len >= 4) {
		const uint32_t first = *(const mr_half *)from;
		const uint32_t last = *(const mr_half *)(from + len - 4);

		*(mr_half *)to = first;
		*(mr_half *)(to + len - 4) = last;
	} else if (len >= 2) {
		const uint16_t first = *(const mr_quarter *)from;
		const uint16_t last = *(const mr_quarter *)(from + len - 2);

		*(mr_quarter *)to = first;
		*(mr_quarter *)(to + len - 2) = last;
	} else if (len == 1) {
		*to = *from;
	}
}

/* The empty instructions keep the compiler from seeing memcpy() in the loops of memcpy(). */
void *memcpy(void *to, const void *from, size_t len)
{
	uint8_t *t = (uint8_t *)to;
	const uint8_t *f = (const uint8_t *)from;

	if (len >= MR_STRING_BYTES_MIN) {
		__asm__ volatile("rep movsb" : "+D"(t), "+S"(f), "+c"(len) : : "memory");
		return to;
	}
	for (; len > 32; len -= 16, t += 16, f += 16) {
		*(mr_vector *)t = *(const mr_vector *)f;
		__asm__ volatile("" : : : "memory");
	}
	mr_move_short(t, f, len);
	return to;
}

void *memmove(void *to, const void *from, size_t len)
{
	uint8_t *t = (uint8_t *)to;
	const uint8_t *f = (const uint8_t *)from;

	if (len <= 32) {
		mr_move_short(t, f, len);
		return to;
	}
	if ((uintptr_t)t - (uintptr_t)f >= len)
		return memcpy(to, from, len);
	/* It moves up, onto itself: from the end. */
	for (; len >= 16; len -= 16) {
		*(mr_vector *)(t + len - 16) = *(const mr_vector *)(f + len - 16);
		__asm__ volatile("" : : : "memory");
	}
	mr_move_short(t, f, len);
	return to;
}

void *memset(void *to, int value, size_t len)
{
	uint8_t *t = (uint8_t *)to;
	const uint64_t word = 0x0101010101010101ull * (uint8_t)value;

	if (len >= MR_STRING_BYTES_MIN) {
		__asm__ volatile("rep stosb" : "+D"(t), "+c"(len) : "a"(value) : "memory");
		return to;
	}
	for (; len >= 8; len -= 8, t += 8) {
		*(mr_word *)t = word;
		__asm__ volatile("" : : : "memory");
	}
	for (; len > 0; len--, t++) {
		*t = (uint8_t)value;
		__asm__ volatile("" : : : "memory");
	}
	return to;
}
#endif

#endif
