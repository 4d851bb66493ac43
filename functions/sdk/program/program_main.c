/* The beginning and the end of a program that runs as a function. */
#define MR_WITH_MALLOC
#include <stdlib.h>

#include "program.h"

#define WORDS_BYTES 512 /* of standard error, in the reason of a failure */
#define ABORT_CODE 134  /* what a shell shows for SIGABRT */

extern void __wasm_call_ctors(void);
extern void __wasm_call_dtors(void);
noreturn void abort(void);
extern int __main_void(void); /* wasi-libc's: fetches arguments, calls main() */

struct mr_call *program_call;

static struct program_file output, errors;

struct program_file *program_output(uint32_t fd)
{
	return fd == 1 ? &output : &errors;
}

/* --- The end --------------------------------------------------------------------------------- */

/* What was printed, as the only item of a set, if that is declared. */
static int printed_ship(const char *name, const struct program_file *file)
{
	const struct mr_region *header = program_call->header;
	struct mr_set *set = mr_set_find(program_call, header->in_count, header->out_count, name);
	const struct mr_bytes bytes = {file->bytes, file->size};

	if (set == NULL)
		return 0;
	return mr_out_add(program_call, set, mr_text(name), mr_none(), bytes);
}

/* "exit code 2: " and the end of what it said on standard error. */
static int failure_tell(uint32_t code)
{
	uint8_t text[WORDS_BYTES + 32];
	struct mr_bytes words = {text, 0};
	uint32_t said = errors.size < WORDS_BYTES ? errors.size : WORDS_BYTES;

	__builtin_memcpy(text, "exit code ", 10);
	words.len = 10 + mr_decimal(text + 10, code);
	if (said > 0) {
		__builtin_memcpy(text + words.len, ": ", 2);
		__builtin_memcpy(text + words.len + 2, errors.bytes + errors.size - said, said);
		words.len += 2 + said;
	}
	return mr_fail_bytes(program_call, words);
}

static int end(uint32_t code)
{
	if (code != 0)
		return failure_tell(code);
	if (printed_ship("stdout", &output) != 0 || printed_ship("stderr", &errors) != 0)
		return MR_FAILED;
	return program_ship();
}

/* From the middle of a program there is no way back but a trap: the header says that it is meant.
 */
noreturn void program_exit(uint32_t code)
{
	if (end(code) == 0)
		program_call->header->status = MR_STATUS_ENDED;
	__builtin_trap();
}

/* What assert() and the like call: what they printed is the reason. */
noreturn void abort(void)
{
	program_exit(ABORT_CODE);
}

/* --- The beginning --------------------------------------------------------------------------- */

static int program(struct mr_call *call)
{
	int code;

	program_call = call;
	__wasm_call_ctors();
	code = __main_void();
	__wasm_call_dtors();
	return end((uint32_t)code);
}

MR_ENTRY(program)
