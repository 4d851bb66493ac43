/*
 * What the process backend and its zygotes say to each other, and where a zygote's own things lie.
 *
 * Messages go over one SOCK_SEQPACKET pair. The host sends a setup once, then requests, one at a
 * time; the zygote answers each. A descriptor comes along with what needs one. Included by the
 * zygote, which has no libc, and by its assembly.
 */
#ifndef PROCESS_PROTOCOL_H
#define PROCESS_PROTOCOL_H

/* The zygote's address space beside that of image.h: its code, which a child unmaps; the page with
 * the few instructions that a child keeps; and its data, which no child has. */
#define ZYGOTE_CODE 0x60000000
#define ZYGOTE_CODE_BYTES 0x100000
#define ZYGOTE_GATE 0x60100000
#define ZYGOTE_GATE_BYTES 0x1000
#define ZYGOTE_DATA 0x60200000

#define ZYGOTE_STACK_BYTES 16384 /* several times what its few frames take */

#define ZYGOTE_SOCKET 3 /* its descriptors from the start */
#define ZYGOTE_IMAGE 4
#define ZYGOTE_FREE 5 /* and what follows is closed */

/* The addresses of image.h, for assembly; process.c asserts that they agree. */
#define PROCESS_STACK_TOP 0x30000000
#define PROCESS_REGION_BASE 0x100000000
#define PROCESS_THREAD_BYTES 256
#define PROCESS_SIGNAL_STACK_BYTES 65536 /* above the stack: AVX-512 and AMX state, with room */

/* Exit codes of a child. It may lie: it then only picks another error for its own run. */
#define CHILD_RETURNED 0 /* 0 */
#define CHILD_STATUS 1   /* something else: process_note.status */
#define CHILD_FAULTED 2  /* a signal: process_note */
#define CHILD_UNFIT 3    /* could not be confined: the function was not run */

/* Offsets in struct process_note, for assembly. */
#define NOTE_STATUS 0
#define NOTE_SIGNAL 4
#define NOTE_CODE 8
#define NOTE_CALL 12
#define NOTE_ADDRESS 16
#define NOTE_AT 24

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "image.h"

/* What a child leaves at the region's offset 0, where no image lies: how it ended. Untrusted. */
struct process_note {
	int32_t status; // returned by the function
	uint32_t signal;
	int32_t code;     // si_code
	uint32_t call;    // SIGSYS: the system call's number
	uint64_t address; // that the signal is about
	uint64_t at;      // the instruction
};
_Static_assert(sizeof(struct process_note) <= 64, "no image begins before 64");
_Static_assert(__builtin_offsetof(struct process_note, signal) == NOTE_SIGNAL, "assembly");
_Static_assert(__builtin_offsetof(struct process_note, code) == NOTE_CODE, "assembly");
_Static_assert(__builtin_offsetof(struct process_note, call) == NOTE_CALL, "assembly");
_Static_assert(__builtin_offsetof(struct process_note, address) == NOTE_ADDRESS, "assembly");
_Static_assert(__builtin_offsetof(struct process_note, at) == NOTE_AT, "assembly");

/* Host to zygote, once: what a child's address space begins with. */
struct process_setup {
	struct image_segment segments[IMAGE_SEGMENTS_MAX]; // file_off: in the descriptor, in pages
	uint32_t segment_count;
	uint32_t namespaces; // it has its own, pids among them
	uint64_t entry;
	uint64_t stack_bytes;
};

/* Host to zygote: one run. With a descriptor of the region's memory when it is not the last one. */
struct process_request {
	uint64_t run;
	uint64_t offset; // of the region in the descriptor: whole pages
	uint64_t bytes;  // of the region: whole pages
	uint32_t header_off;
	uint32_t time_limit_ms;
};

/* What confines a zygote and its children, as far as this machine has it. */
enum process_wall {
	PROCESS_LANDLOCK = 1,
	PROCESS_NAMESPACES = 2,
	PROCESS_BARE = 4, // nothing mapped but its own: no vdso, no first stack
};

/* Zygote to host: to the setup (run 0) and to each request. */
struct process_reply {
	uint64_t run;
	int32_t error;      // -errno: the run did not begin
	int32_t status;     // as of waitpid()
	uint32_t condemned; // it was killed: out of time, or interrupted
	uint32_t walls;     // of enum process_wall
};

#define PROCESS_INTERRUPT 10 /* SIGUSR1, with the run that is to end as its value */

#endif
#endif
