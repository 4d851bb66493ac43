/*
 * Compiling a function's source to what sandboxes run, with the compilers of this machine and the
 * options of docs/sandbox.md.
 */
#ifndef TOOLCHAIN_H
#define TOOLCHAIN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A module for the sandbox wasm, an image for process and kvm, an object for native. */
enum toolchain_kind { TOOLCHAIN_WASM, TOOLCHAIN_IMAGE, TOOLCHAIN_NATIVE, TOOLCHAIN_KINDS };

/* "wasm", "image", "native", and the endings ".wasm", ".elf", ".so" of what sandboxes run. */
const char *toolchain_kind_name(enum toolchain_kind kind);
const char *toolchain_kind_suffix(enum toolchain_kind kind);

enum toolchain_libc {
	TOOLCHAIN_LIBC_AUTO, /* when the source includes a header that only a libc has */
	TOOLCHAIN_LIBC_OFF,
	TOOLCHAIN_LIBC_ON,
};

struct toolchain_order {
	const char *source;  /* NAME.c */
	const char *out_dir; /* of NAME.wasm; NULL: where the source is */
	enum toolchain_libc libc;
	uint32_t stack_bytes; /* wasm: 0 is 16 KiB, with a libc 64 KiB; images: 64 KiB */
	bool verbose;         /* prints the command on standard error */
};

/* Compiles; what the compiler says goes to standard error. Path of the result in built, where
 * nothing is changed after an error. 0; -ENOENT without compiler, libc or SDK, -ENOEXEC when it
 * does not compile, else -errno; with error text. */
int toolchain_build(const struct toolchain_order *order, enum toolchain_kind kind,
		    char built[PATH_MAX], char *error, size_t error_bytes);

/* An ordinary program, of several sources, with main(): as a wasm function, with wasi-libc and, for
 * sources that are called *.cc, *.cpp or *.cxx, libc++. docs/sandbox.md says what it sees. */
struct toolchain_program {
	const char *name; /* of the function */
	const char *const *sources;
	size_t source_count;
	const char *const *arguments; /* for the compiler: -D, -I, ... */
	size_t argument_count;
	const char *out_dir;
	uint32_t stack_bytes; /* 0: 256 KiB */
	bool verbose;
};

/* As toolchain_build(): out_dir/NAME.wasm. */
int toolchain_build_program(const struct toolchain_program *program, char built[PATH_MAX],
			    char *error, size_t error_bytes);

#endif
