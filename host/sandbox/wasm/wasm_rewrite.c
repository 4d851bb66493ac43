/* Rewriting the C text of wasm2c: line by line, knowing the shape that version 1.0.32 gives it. */
#include "wasm_rewrite.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define INSTANCE "instance->"

struct rewriter {
	FILE *out;
	char memory[512];  // "instance->NAME" of the memory
	char pointer[512]; // "instance->NAME" of global 0
	bool in_globals;   // inside init_globals()
	bool in_body;      // after the prologue of a function
	bool has_barrier;  // the definition of the load barrier was found
};

static size_t identifier_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n;
}

/* Notes "instance->NAME" found at text. */
static bool member_note(char *member, size_t member_bytes, const char *text)
{
	const size_t prefix = strlen(INSTANCE);
	size_t n;

	if (text == NULL)
		return false;
	n = prefix + identifier_length(text + prefix);
	if (n == prefix || n >= member_bytes)
		return false;
	memcpy(member, text, n);
	member[n] = 0;
	return true;
}

/* Declarations before the functions tell how memory and stack pointer are called. */
static void declarations_note(struct rewriter *w, const char *line)
{
	if (strstr(line, "wasm_rt_allocate_memory(") != NULL)
		member_note(w->memory, sizeof(w->memory), strstr(line, INSTANCE));
	if (strncmp(line, "static void init_globals(", 25) == 0)
		w->in_globals = true;
	else if (w->in_globals && w->pointer[0] == 0)
		member_note(w->pointer, sizeof(w->pointer), strstr(line, INSTANCE));
	if (line[0] == '}')
		w->in_globals = false;
}

static void body_line_write(struct rewriter *w, const char *line)
{
	const size_t n = strlen(w->memory);
	const char *at = line;
	const char *hit;

	while ((hit = strstr(at, w->memory)) != NULL) {
		fwrite(at, 1, (size_t)(hit - at), w->out);
		fputs(identifier_length(hit + n) == 0 ? "memory_" : w->memory, w->out);
		at = hit + n;
	}
	fputs(at, w->out);
}

/* Macros that convert from floating point trap as division does when no integer holds the value:
 * let the two be told apart. */
static bool truncation_write(struct rewriter *w, const char *line)
{
	static const char trap[] = "TRAP(INT_OVERFLOW)";
	const char *hit = strstr(line, trap);

	if (hit == NULL || strstr(line, "< (max)") == NULL)
		return false;
	fprintf(w->out, "%.*sTRAP(INVALID_CONVERSION)%s", (int)(hit - line), line,
		hit + sizeof(trap) - 1);
	return true;
}

static void line_rewrite(struct rewriter *w, const char *line)
{
	static const char barrier[] = "#define wasm_asm __asm__";

	if (strncmp(line, barrier, sizeof(barrier) - 1) == 0) {
		fputs("#define wasm_asm(...)\n", w->out);
		w->has_barrier = true;
		return;
	}
	if (truncation_write(w, line))
		return;
	declarations_note(w, line);
	if (line[0] == '}')
		w->in_body = false;
	if (w->in_body && w->memory[0] != 0)
		body_line_write(w, line);
	else
		fputs(line, w->out);
	if (strcmp(line, "  FUNC_PROLOGUE;\n") == 0 && w->memory[0] != 0) {
		fprintf(w->out, "  wasm_rt_memory_t memory_ = %s;\n  (void)memory_;\n", w->memory);
		w->in_body = true;
	}
}

/* The instance follows its struct mr_guest; the tables follow the instance. */
static void shim_write(const struct rewriter *w, const struct wasm_facts *facts)
{
	fprintf(
	    w->out,
	    "\n"
	    "typedef Z_" WASM_REWRITE_NAME "_instance_t mr_instance;\n"
	    "_Static_assert(sizeof(struct mr_guest) == 64, \"instances are aligned\");\n"
	    "#define MR_TABLES_OFF ((64 + sizeof(mr_instance) + 63) / 64 * 64)\n"
	    "static void mr_load(void (*trap)(int)) {\n"
	    "  mr_guest_trap = trap;\n"
	    "  if (!s_module_initialized) Z_" WASM_REWRITE_NAME "_init_module();\n"
	    "}\n"
	    "static int32_t mr_run(void *block, uint32_t header_off) {\n"
	    "  mr_instance *instance = (mr_instance *)((struct mr_guest *)block + 1);\n"
	    "  Z_" WASM_REWRITE_NAME "_instantiate(instance);\n"
	    "  return (int32_t)Z_" WASM_REWRITE_NAME "Z_mr_entry(instance, header_off);\n"
	    "}\n"
	    "static uint32_t mr_stack_pointer(const void *block) {\n"
	    "  const mr_instance *instance = (const void *)((const struct mr_guest *)block + 1);\n"
	    "  return (uint32_t)%s;\n"
	    "}\n"
	    "__attribute__((visibility(\"default\"))) const struct mr_guest_module "
	    "mr_guest_module = {\n"
	    "  MR_GUEST_ABI, MR_TABLES_OFF + %uu * sizeof(wasm_rt_funcref_t), MR_TABLES_OFF,\n"
	    "  mr_load, mr_run, mr_stack_pointer,\n"
	    "};\n",
	    facts->stack_top != 0 ? w->pointer : "0", facts->table_entries);
}

int wasm_rewrite(FILE *in, FILE *out, const struct wasm_facts *facts)
{
	struct rewriter w = {.out = out};
	char *line = NULL;
	size_t room = 0;

	fprintf(out, "#define MR_GUEST_TYPES %u\n#define MR_GUEST_TYPE_BYTES %u\n", facts->types,
		facts->type_bytes);
	errno = 0;
	while (getline(&line, &room, in) >= 0)
		line_rewrite(&w, line);
	free(line);
	if (ferror(in))
		return errno != 0 ? -errno : -EIO;
	if (w.memory[0] == 0 || !w.has_barrier || (facts->stack_top != 0 && w.pointer[0] == 0))
		return -ENOTSUP;
	shim_write(&w, facts);
	if (fflush(out) != 0)
		return -errno;
	return 0;
}
