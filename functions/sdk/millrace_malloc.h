/*
 * For code written for a libc: malloc() and its family from the call's heap. Included by
 * millrace_function.h where MR_WITH_MALLOC is defined.
 *
 * Blocks are kept in lists by size, powers of two, so that what is freed is found again. malloc()
 * returns NULL at the end of memory and records nothing. In native shared objects libc's own is
 * used, and is not bounded. What the libc's stdio would ask of a system is answered here, too.
 */
#ifndef MILLRACE_MALLOC_H
#define MILLRACE_MALLOC_H

#include <stddef.h>
#include <stdint.h>

#if defined(__wasm__) || defined(MR_IMAGE)
#define MR_MALLOC_IS_OURS

#ifdef __wasm__
/* wasi-libc's stdio, which snprintf() brings along, would import these from a system: they
 * are answered here, "bad file descriptor" (WASI errno 8), so that printf() writes nowhere. */
int __imported_wasi_snapshot_preview1_fd_close(int fd);
int __imported_wasi_snapshot_preview1_fd_fdstat_get(int fd, int result);
int __imported_wasi_snapshot_preview1_fd_seek(int fd, long long offset, int whence, int result);
int __imported_wasi_snapshot_preview1_fd_write(int fd, int pieces, int count, int written);

__attribute__((weak)) int __imported_wasi_snapshot_preview1_fd_close(int fd)
{
	(void)fd;
	return 8;
}

__attribute__((weak)) int __imported_wasi_snapshot_preview1_fd_fdstat_get(int fd, int result)
{
	(void)fd, (void)result;
	return 8;
}

__attribute__((weak)) int __imported_wasi_snapshot_preview1_fd_seek(int fd, long long offset,
								    int whence, int result)
{
	(void)fd, (void)offset, (void)whence, (void)result;
	return 8;
}

__attribute__((weak)) int __imported_wasi_snapshot_preview1_fd_write(int fd, int pieces, int count,
								     int written)
{
	(void)fd, (void)pieces, (void)count, (void)written;
	return 8;
}

#else
/* musl's stdio writes by this function, which here fails: printf() writes nowhere. The flags that
 * FILE begins with say so (F_ERR). */
size_t __stdout_write(void *file, const unsigned char *bytes, size_t len);

__attribute__((weak)) size_t __stdout_write(void *file, const unsigned char *bytes, size_t len)
{
	(void)bytes, (void)len;
	*(unsigned int *)file |= 32;
	return 0;
}
#endif

#ifdef __wasm__
#define MR_ENOMEM 48 /* as WASI numbers it */
#else
#define MR_ENOMEM 12 /* as Linux does */
#endif

static struct mr_call *mr_current;
static void *mr_free_lists[32];

/* Before each block. */
struct mr_block {
	uint32_t class_bits; /* it has that power of two bytes, with this */
	uint32_t shift;      /* bytes from the start of the block: aligned ones begin later */
	uint64_t unused;     /* C promises 16 bytes of alignment */
};

static struct mr_block *mr_block_of(void *pointer)
{
	return (struct mr_block *)pointer - 1;
}

/* Bytes that are the caller's. */
static size_t mr_block_room(void *pointer)
{
	const struct mr_block *block = mr_block_of(pointer);

	return (1u << (block->class_bits & 31)) - sizeof(*block) - block->shift;
}

void *malloc(size_t bytes)
{
	struct mr_region *header = mr_current->header;
	uint32_t class_bits = 5;
	struct mr_block *block;
	uint64_t start;

	if (bytes > MR_REGION_BYTES_MAX / 4)
		return NULL;
	while ((1u << class_bits) < bytes + sizeof(*block))
		class_bits++;
	block = (struct mr_block *)mr_free_lists[class_bits];
	if (block != NULL) {
		mr_free_lists[class_bits] = *(void **)(block + 1);
		return block + 1;
	}
	start = ((uint64_t)header->heap_off + 15) & ~(uint64_t)15;
	if (start + (1u << class_bits) > mr_current->heap_end)
		return NULL;
	header->heap_off = (uint32_t)start + (1u << class_bits);
	block = (struct mr_block *)(void *)MR_POINTER(mr_current, start);
	block->class_bits = class_bits;
	block->shift = 0;
	return block + 1;
}

void free(void *pointer)
{
	struct mr_block *block;

	if (pointer == NULL)
		return;
	block = mr_block_of(pointer);
	block = (struct mr_block *)(void *)((uint8_t *)block - block->shift);
	*(void **)(block + 1) = mr_free_lists[block->class_bits & 31];
	mr_free_lists[block->class_bits & 31] = block;
}

void *calloc(size_t count, size_t bytes)
{
	const uint64_t total = (uint64_t)count * bytes;
	void *pointer = total <= MR_REGION_BYTES_MAX ? malloc((size_t)total) : NULL;

	return pointer != NULL ? __builtin_memset(pointer, 0, (size_t)total) : NULL;
}

void *realloc(void *pointer, size_t bytes)
{
	size_t room = pointer != NULL ? mr_block_room(pointer) : 0;
	void *larger;

	if (bytes <= room && pointer != NULL)
		return pointer;
	larger = malloc(bytes);
	if (larger != NULL && pointer != NULL) {
		__builtin_memcpy(larger, pointer, room);
		free(pointer);
	}
	return larger;
}

/* The rest of what wasi-libc defines beside malloc(): all of it has to be here, or its own comes.
 */
void *aligned_alloc(size_t align, size_t bytes);
int posix_memalign(void **pointer, size_t align, size_t bytes);
size_t malloc_usable_size(void *pointer);
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void __libc_free(void *pointer);

void *aligned_alloc(size_t align, size_t bytes)
{
	uint8_t *given, *aligned;

	if (align <= sizeof(struct mr_block))
		return malloc(bytes);
	if (bytes > MR_REGION_BYTES_MAX / 4 || align > MR_REGION_BYTES_MAX / 8)
		return NULL;
	given = (uint8_t *)malloc(bytes + align);
	if (given == NULL)
		return NULL;
	aligned = (uint8_t *)(((uintptr_t)given + align - 1) & ~(uintptr_t)(align - 1));
	if (aligned != given) {
		mr_block_of(aligned)->class_bits = mr_block_of(given)->class_bits;
		mr_block_of(aligned)->shift = (uint32_t)(aligned - given);
	}
	return aligned;
}

int posix_memalign(void **pointer, size_t align, size_t bytes)
{
	void *aligned = aligned_alloc(align, bytes);

	if (aligned == NULL)
		return MR_ENOMEM;
	*pointer = aligned;
	return 0;
}

size_t malloc_usable_size(void *pointer)
{
	return pointer != NULL ? mr_block_room(pointer) : 0;
}

void *__libc_malloc(size_t bytes)
{
	return malloc(bytes);
}

void *__libc_calloc(size_t count, size_t bytes)
{
	return calloc(count, bytes);
}

void __libc_free(void *pointer)
{
	free(pointer);
}
#endif

#endif
