/*
 * Partitioning: which, how many, and to where.
 *
 * A row goes to its partition by way of a line of cache that collects the partition's rows, and is
 * written out when it is full: so as many partitions as L1 has lines cost no more misses than a
 * copy (Polychroniou and Ross, "A Comprehensive Study of Main-Memory Partitioning", SIGMOD
 * 2014, 3.2.1).
 */
#include "partition_kernels.h"

#include <stdbool.h>
#include <string.h>

#include <millrace/hash.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define LINE_BYTES 128 /* two of the cache: a branch is mispredicted once for each */
#define LINES_MAX 256  /* partitions that are collected for: 32 KiB, most of an L1 */
#define STREAM_BYTES                                                             \
	(8u << 20) /* outputs from this size on go past the caches: they are not \
		      read again before they have left L2 */

static void of_hashes(const uint64_t *restrict hashes, uint64_t count, uint32_t partitions,
		      uint16_t *restrict ids)
{
	for (uint64_t i = 0; i < count; i++)
		ids[i] = (uint16_t)((hashes[i] >> (64 - MR_KEY_GROUP_BITS)) * partitions >>
				    MR_KEY_GROUP_BITS);
}

/* Two tables, as an id that repeats would wait for its own counter. */
static void count(const uint16_t *ids, uint64_t rows, uint64_t *counts)
{
	uint32_t odd[MR_KEY_GROUPS] = {0};
	uint64_t i = 0;

	while (i < rows) {
		uint64_t end = rows - i > UINT32_MAX ? i + UINT32_MAX : rows;

		for (; i + 2 <= end; i += 2) {
			counts[ids[i]]++;
			odd[ids[i + 1]]++;
		}
		if (i < end)
			counts[ids[i++]]++;
		for (uint32_t p = 0; p < MR_KEY_GROUPS; p++)
			counts[p] += odd[p];
		memset(odd, 0, sizeof(odd));
	}
}

static inline void line_write(uint8_t *to, const uint8_t *line, bool stream)
{
	if (stream) {
#if defined(__AVX512F__)
		for (int i = 0; i < LINE_BYTES; i += 64)
			_mm512_stream_si512((void *)(to + i), _mm512_load_si512(line + i));
		return;
#elif defined(__SSE2__)
		for (int i = 0; i < LINE_BYTES; i += 16)
			_mm_stream_si128((__m128i *)(void *)(to + i),
					 _mm_load_si128((const __m128i *)(const void *)(line + i)));
		return;
#endif
	}
	memcpy(to, line, LINE_BYTES);
}

static inline void stream_end(void)
{
#if defined(__SSE2__)
	_mm_sfence();
#endif
}

/* A partition's line has the place in it that its rows have in a line of to; at[p] is where in
 * lines the next one goes. Of a line that begins before the partition, or is not full at the end,
 * only its own values are written. */
#define SCATTER(name, type)                                                                        \
	static void name##_direct(const type *restrict values, const uint16_t *restrict ids,       \
				  uint64_t count, uint64_t *restrict ends, type *restrict to)      \
	{                                                                                          \
		for (uint64_t i = 0; i < count; i++)                                               \
			to[ends[ids[i]]++] = values[i];                                            \
	}                                                                                          \
                                                                                                   \
	static uint64_t name##_part(const type *line, uint64_t start, uint64_t end, type *to)      \
	{                                                                                          \
		for (; start < end; start++)                                                       \
			to[start] = line[start % (LINE_BYTES / sizeof(type))];                     \
		return end;                                                                        \
	}                                                                                          \
                                                                                                   \
	static inline void name##_lines(const type *restrict values, const uint16_t *restrict ids, \
					uint64_t count, uint32_t partitions,                       \
					uint64_t *restrict ends, type *restrict to, bool stream)   \
	{                                                                                          \
		enum { PER_LINE = LINE_BYTES / sizeof(type) };                                     \
		_Alignas(64) type lines[LINES_MAX * PER_LINE];                                     \
		uint32_t at[LINES_MAX];                                                            \
                                                                                                   \
		for (uint32_t p = 0; p < partitions; p++)                                          \
			at[p] = (uint32_t)(p * PER_LINE + ends[p] % PER_LINE);                     \
		for (uint64_t i = 0; i < count; i++) {                                             \
			uint32_t p = ids[i], next = at[p] + 1;                                     \
                                                                                                   \
			lines[next - 1] = values[i];                                               \
			at[p] = next;                                                              \
			if (__builtin_expect(next % PER_LINE != 0, 1))                             \
				continue;                                                          \
			at[p] = next -= PER_LINE;                                                  \
			if (ends[p] % PER_LINE == 0) {                                             \
				line_write((uint8_t *)(to + ends[p]),                              \
					   (const uint8_t *)(lines + next), stream);               \
				ends[p] += PER_LINE;                                               \
			} else {                                                                   \
				ends[p] =                                                          \
				    name##_part(lines + next, ends[p],                             \
						ends[p] - ends[p] % PER_LINE + PER_LINE, to);      \
			}                                                                          \
		}                                                                                  \
		if (stream)                                                                        \
			stream_end();                                                              \
		for (uint32_t p = 0; p < partitions; p++)                                          \
			ends[p] =                                                                  \
			    name##_part(lines + p * PER_LINE, ends[p],                             \
					ends[p] - ends[p] % PER_LINE + at[p] % PER_LINE, to);      \
	}                                                                                          \
                                                                                                   \
	static void name(const type *values, const uint16_t *ids, uint64_t count,                  \
			 uint32_t partitions, uint64_t *ends, type *to)                            \
	{                                                                                          \
		if (partitions > LINES_MAX || (uintptr_t)to % 64 != 0)                             \
			name##_direct(values, ids, count, ends, to);                               \
		else if (count * sizeof(type) < STREAM_BYTES)                                      \
			name##_lines(values, ids, count, partitions, ends, to, false);             \
		else                                                                               \
			name##_lines(values, ids, count, partitions, ends, to, true);              \
	}
SCATTER(scatter4, uint32_t)
SCATTER(scatter8, uint64_t)

const struct partition_kernels CPU_NAME(partition_kernels) = {of_hashes, count, scatter4, scatter8};
