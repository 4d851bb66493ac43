/* What a wasm module becomes before anything runs it: checked, compiled or found in the cache. */
#include "wasm_object.h"

#include <errno.h>
#include <stdlib.h>

#include <millrace/hash.h>

#include "backend.h"
#include "cache.h"
#include "wasm_check.h"
#include "wasm_compile.h"
#include "wasm_module.h"

static int object_find(const void *module, size_t bytes, const struct wasm_facts *facts,
		       const char *cache_dir, struct wasm_object *object, char *error,
		       size_t error_bytes)
{
	int rc = wasm_cache_name(object->hash, object->name, error, error_bytes);

	if (rc < 0)
		return rc;
	rc = cache_read(cache_dir, object->name, module, bytes, &object->bytes, &object->byte_count,
			error, error_bytes);
	if (rc != -ENOENT)
		return rc;
	rc = wasm_compile(module, bytes, facts, cache_dir, object->name, error, error_bytes);
	if (rc < 0)
		return rc;
	rc = cache_read(cache_dir, object->name, module, bytes, &object->bytes, &object->byte_count,
			error, error_bytes);
	if (rc == -ENOENT)
		backend_error(error, error_bytes, rc,
			      "%s/%s vanished or was damaged right after it was written", cache_dir,
			      object->name);
	return rc;
}

int wasm_object_make(const void *module, size_t bytes, const char *cache_dir,
		     struct wasm_object *object, char *error, size_t error_bytes)
{
	struct wasm_facts facts;
	int rc = wasm_check(module, bytes, &facts, error, error_bytes);

	if (rc < 0)
		return rc;
	*object = (struct wasm_object){
	    .hash = mr_hash64(module, bytes),
	    .header_off = (facts.heap_base + MR_ALIGN - 1) & ~(uint32_t)(MR_ALIGN - 1),
	    .stack_top = facts.stack_top,
	};
	return object_find(module, bytes, &facts, cache_dir, object, error, error_bytes);
}

void wasm_object_free(struct wasm_object *object)
{
	free(object->bytes);
	object->bytes = NULL;
}

enum sandbox_outcome wasm_trap_outcome(uint32_t trap)
{
	static const enum sandbox_outcome outcomes[] = {
	    [MR_TRAP_NONE] = SANDBOX_UNREACHABLE,
	    [MR_TRAP_OUT_OF_BOUNDS] = SANDBOX_OUT_OF_BOUNDS,
	    [MR_TRAP_INT_OVERFLOW] = SANDBOX_DIVISION,
	    [MR_TRAP_DIV_BY_ZERO] = SANDBOX_DIVISION,
	    [MR_TRAP_CONVERSION] = SANDBOX_CONVERSION,
	    [MR_TRAP_UNREACHABLE] = SANDBOX_UNREACHABLE,
	    [MR_TRAP_CALL_INDIRECT] = SANDBOX_BAD_CALL,
	    [MR_TRAP_EXCEPTION] = SANDBOX_UNREACHABLE,
	    [MR_TRAP_EXHAUSTION] = SANDBOX_STACK_OVERFLOW,
	};

	return trap < sizeof(outcomes) / sizeof(outcomes[0]) ? outcomes[trap] : SANDBOX_UNREACHABLE;
}
