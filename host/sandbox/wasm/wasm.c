/* The wasm backend: native code made from a module, run in place on a region. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "backend.h"
#include "cache.h"
#include "wasm_module.h"
#include "wasm_object.h"

struct wasm_code {
	struct sandbox_code base;
	uint32_t stack_top; // of the stack that clang keeps in linear memory, 0: none
	void *handle;
	const struct mr_guest_module *module;
};

/* What the guest calls, on its own stack, when it traps. */
static _Noreturn void trap_take(int trap)
{
	guest_stop(wasm_trap_outcome((uint32_t)trap));
}

static int module_load(struct wasm_code *code, const char *cache_dir, const char *name, char *error,
		       size_t error_bytes)
{
	int rc = cache_open(cache_dir, name, &code->handle, error, error_bytes);

	if (rc < 0)
		return rc;
	code->module = dlsym(code->handle, "mr_guest_module");
	if (code->module == NULL || code->module->abi != MR_GUEST_ABI) {
		dlclose(code->handle);
		return backend_error(error, error_bytes, -ELIBBAD,
				     "%s/%s is not what this version makes; remove it", cache_dir,
				     name);
	}
	code->module->load(trap_take);
	return 0;
}

static int wasm_prepare(const void *bytes, size_t len, const char *cache_dir,
			struct sandbox_code **prepared, char *error, size_t error_bytes)
{
	struct wasm_code *code = calloc(1, sizeof(*code));
	struct wasm_object object;
	int rc;

	if (code == NULL)
		return backend_error(error, error_bytes, -ENOMEM,
				     "no memory for a function's code");
	code->base.ops = &sandbox_wasm;
	rc = wasm_object_make(bytes, len, cache_dir, &object, error, error_bytes);
	if (rc == 0) {
		rc = module_load(code, cache_dir, object.name, error, error_bytes);
		wasm_object_free(&object);
	}
	if (rc < 0) {
		free(code);
		return rc;
	}
	code->base.hash = object.hash;
	code->base.header_off = object.header_off;
	code->stack_top = object.stack_top;
	*prepared = &code->base;
	return 0;
}

static void wasm_release(struct sandbox_code *prepared)
{
	struct wasm_code *code = (struct wasm_code *)prepared;

	dlclose(code->handle);
	free(code);
}

/* The stack that clang keeps in linear memory lies at its bottom: past its end is out of bounds. */
static bool memory_stack_overflowed(const struct wasm_code *code, const void *block)
{
	return code->stack_top != 0 && code->module->stack_pointer(block) > code->stack_top;
}

static void wasm_run(struct sandbox_code *prepared, struct region *region, uint32_t header_off,
		     uint32_t time_limit_ms, struct sandbox_result *result)
{
	struct wasm_code *code = (struct wasm_code *)prepared;
	struct guest_report report;
	struct mr_guest *guest;
	uint8_t *block;

	if (!backend_region_fits(region, header_off, result))
		return;
	block = guest_scratch(code->module->block_bytes);
	if (block == NULL) {
		result->outcome = SANDBOX_FAILED;
		result->run_ns = 0;
		backend_error(result->text, sizeof(result->text), 0, "no memory for an instance");
		return;
	}
	guest = (struct mr_guest *)(void *)block;
	guest->memory = region->base;
	guest->memory_bytes = region->bytes;
	guest->tables = block + code->module->tables_off;
	guest->tables_end = block + code->module->block_bytes;
	guest_run(code->module->run, block, header_off, time_limit_ms, &report);
	if (report.outcome == SANDBOX_OUT_OF_BOUNDS && memory_stack_overflowed(code, block))
		report.outcome = SANDBOX_STACK_OVERFLOW;
	backend_result(&report, region, header_off, time_limit_ms, result);
}

const struct sandbox_ops sandbox_wasm = {
    .name = "wasm",
    .prepare = wasm_prepare,
    .release = wasm_release,
    .run = wasm_run,
    .code_suffix = ".wasm",
};
