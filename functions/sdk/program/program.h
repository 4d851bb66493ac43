/*
 * An ordinary program as a function: what its libc asks a system for is answered from the sets of
 * the call. Compiled with the program's own sources by `millrace build --program`, for wasm32 with
 * wasi-libc; docs/sandbox.md says what a program sees.
 *
 * program_main.c begins and ends it, program_files.c has what it reads and writes;
 * program_descriptors.c, program_paths.c and program_wasi.c answer wasi-libc's calls, WASI preview
 * 1, and program_posix.c what wasi-libc leaves out. There is one call in a module's life: its
 * memory is new for each, and so is all that is static here.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdnoreturn.h>

#include <millrace_function.h>

extern struct mr_call *program_call;

/* --- What a path means ----------------------------------------------------------------------- */

#define PROGRAM_PATH_BYTES_MAX                                             \
	1024 /* of a path, without the leading '/' and what is superfluous \
	      */

/* A file that was written, or a folder that was made. */
struct program_file {
	struct program_file *next;
	char *path;
	uint32_t path_bytes;
	uint8_t *bytes;
	uint32_t size;
	uint32_t room;
	bool folder;
	bool removed; /* it goes when nothing has it open: never, before the call ends */
};

enum program_kind {
	PROGRAM_NOTHING,
	PROGRAM_FOLDER,
	PROGRAM_ITEM, /* of an input set */
	PROGRAM_FILE, /* written */
};

/* What lies at a path. */
struct program_node {
	enum program_kind kind;
	struct mr_bytes item;
	struct program_file *file;
	uint32_t path_bytes;
	char path[PROGRAM_PATH_BYTES_MAX];
};

/* 0, or a WASI error number: ENAMETOOLONG, ENOENT for a path out of the root. What is not there is
 * PROGRAM_NOTHING. */
uint16_t program_find(const char *path, uint32_t path_bytes, struct program_node *node);
/* A new file or folder where nothing is: EROFS below /in, ENOENT where no such set is put out or
 * the folder it is to lie in is not there, ENOSPC without memory. */
uint16_t program_create(struct program_node *node, bool folder);
/* Room for size bytes, zeroes where there was nothing; ENOSPC without memory. */
uint16_t program_resize(struct program_file *file, uint32_t size);
uint16_t program_rename(struct program_node *from, const struct program_node *to);
/* Entry number index of a folder, false behind the last. */
bool program_entry(const struct program_node *folder, uint32_t index, struct mr_bytes *name,
		   bool *is_folder);
/* Everything that was written below /out, as items of the output sets; 0 or MR_FAILED. */
int program_ship(void);

/* --- Sets that are not files ----------------------------------------------------------------- */

/* The items of an input set, one after the other; no bytes where there is no such set. */
struct mr_bytes program_input(const char *set);
struct program_file *program_output(uint32_t fd); /* 1: of the set stdout, 2: of stderr */

/* Ends the call: exit code 0 is success, with all that was written. */
noreturn void program_exit(uint32_t code);

#endif
