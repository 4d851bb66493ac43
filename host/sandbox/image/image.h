/*
 * Images: native functions for the backends that confine them (process, kvm).
 *
 * An image is a static x86-64 ELF executable without a system below it: no interpreter, no
 * relocations, no thread-local variables, linked at a fixed address by functions/sdk/
 * millrace_function.ld. Its bytes are a stranger's: image_check() trusts no field, and what it
 * returns is all that a backend looks at.
 *
 * A run begins at `entry` as a function of the System V ABI, int32_t mr_entry(void *base, uint32_t
 * header_off), with
 *
 *	rdi, esi      the region's address and the offset of its header
 *	rsp           in a stack of image.stack_bytes, the return address on top (rsp + 8 is a
 *	              multiple of 16)
 *	FS base       IMAGE_THREAD_BYTES of zeroes at the top of the stack but for the first eight
 *	              bytes, which hold their own address: what compilers and libcs expect of %fs
 *	memory        the segments, with their own rights, the stack and the region, and no more
 *
 * and ends when that function returns. Any system call, and any fault, ends it too.
 *
 * Source: System V ABI, AMD64 supplement, and the ELF-64 object file format, version 1.5.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where things lie in a function's address space, for every backend: an address in an error text
 * means the same everywhere. Below the stack there is nothing down to 0, so that no frame, however
 * large, steps over a guard into something. */
#define IMAGE_STACK_TOP 0x30000000ull    /* grows down from here */
#define IMAGE_STACK_LOW 0x10000000ull    /* and a fault from here to the stack is its overflow */
#define IMAGE_LOW 0x40000000ull          /* segments: from here, below 2 GiB (code model small) */
#define IMAGE_HIGH 0x48000000ull         /* to here */
#define IMAGE_REGION_BASE 0x100000000ull /* of the region: 4 GiB aligned, at most 4 GiB long */

#define IMAGE_PAGE_BYTES 4096u
#define IMAGE_THREAD_BYTES 256u /* of the block at FS */
#define IMAGE_SEGMENTS_MAX 4u   /* code and data are two; constants may be a third */
#define IMAGE_PARTS_MAX 16u     /* program headers: linkers write a few more than segments */
#define IMAGE_STACK_BYTES_DEFAULT (64u << 10) /* of an image that does not say */
#define IMAGE_STACK_BYTES_MAX (64u << 20)     /* 64 times what a thread gets by default elsewhere */

enum image_right { IMAGE_READ = 1, IMAGE_WRITE = 2, IMAGE_EXECUTE = 4 };

/* A range of whole pages with the same rights: file_bytes from the file, zeroes behind them. */
struct image_segment {
	uint64_t address; // multiple of IMAGE_PAGE_BYTES
	uint64_t bytes;   // multiple of IMAGE_PAGE_BYTES
	uint64_t file_off;
	uint64_t file_bytes; // at most bytes
	unsigned int rights; // of enum image_right: read, read and write, or read and execute
};

/* What a checked image asks for: segments by rising address, apart, in [IMAGE_LOW, IMAGE_HIGH). */
struct image {
	uint64_t entry;       // in the file's bytes of an executable segment
	uint64_t stack_bytes; // multiple of IMAGE_PAGE_BYTES
	struct image_segment segments[IMAGE_SEGMENTS_MAX];
	uint32_t segment_count;
};

/* Checks the bytes of an ELF file. 0, or -ENOEXEC with what is wrong and what to do in error. */
int image_check(const uint8_t *file, size_t bytes, struct image *image, char *error,
		size_t error_bytes);
/* Bytes of all segments that a run may write, and of its stack: what it takes beside its region. */
uint64_t image_private_bytes(const struct image *image);
/* Fills memory, of segment->bytes, with what the segment holds at the start of a run. */
void image_segment_fill(const struct image_segment *segment, const uint8_t *file, uint8_t *memory);
/* Is there a `ud2` at this address: what compilers leave where code must not be reached? file is
 * what was checked. */
bool image_gave_up(const struct image *image, const uint8_t *file, uint64_t address);

#endif
