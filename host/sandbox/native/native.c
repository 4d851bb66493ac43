/* The native backend: a shared object run in this process, confined by nothing. For debugging. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#include "backend.h"
#include "cache.h"

struct native_code {
	struct sandbox_code base;
	void *handle;
	guest_fn entry;
};

static int native_prepare(const void *bytes, size_t len, const char *cache_dir,
			  struct sandbox_code **prepared, char *error, size_t error_bytes)
{
	struct native_code *code = calloc(1, sizeof(*code));
	char name[64];
	int rc;

	if (code == NULL)
		return backend_error(error, error_bytes, -ENOMEM,
				     "no memory for a function's code");
	code->base.ops = &sandbox_native;
	code->base.hash = mr_hash64(bytes, len);
	code->base.header_off = MR_ALIGN; /* offset 0 means "none" */
	if (len < 4 || memcmp(bytes, "\177ELF", 4) != 0) {
		rc = backend_error(error, error_bytes, -ENOEXEC,
				   "this is no native shared object (ELF)");
		goto err_free;
	}
	/* A file in the cache, so that a debugger finds it and one name never means two codes. */
	snprintf(name, sizeof(name), "native-%016llx.so", (unsigned long long)code->base.hash);
	rc = cache_load(cache_dir, name, bytes, len, &code->handle, error, error_bytes);
	if (rc == -ENOENT) {
		rc = cache_publish(cache_dir, name, bytes, len, bytes, len, error, error_bytes);
		if (rc == 0)
			rc = cache_load(cache_dir, name, bytes, len, &code->handle, error,
					error_bytes);
		if (rc == -ENOENT)
			backend_error(error, error_bytes, rc, "%s/%s vanished", cache_dir, name);
	}
	if (rc < 0)
		goto err_free;
	code->entry = (guest_fn)(uintptr_t)dlsym(code->handle, "mr_entry");
	if (code->entry == NULL) {
		rc =
		    backend_error(error, error_bytes, -ENOEXEC,
				  "the native object does not export `mr_entry`: use MR_ENTRY() of "
				  "millrace_function.h");
		goto err_close;
	}
	*prepared = &code->base;
	return 0;
err_close:
	dlclose(code->handle);
err_free:
	free(code);
	return rc;
}

static void native_release(struct sandbox_code *prepared)
{
	struct native_code *code = (struct native_code *)prepared;

	dlclose(code->handle);
	free(code);
}

static void native_run(struct sandbox_code *prepared, struct region *region, uint32_t header_off,
		       uint32_t time_limit_ms, struct sandbox_result *result)
{
	const struct native_code *code = (const struct native_code *)prepared;
	struct guest_report report;

	if (!backend_region_fits(region, header_off, result))
		return;
	guest_run(code->entry, region->base, header_off, time_limit_ms, &report);
	backend_result(&report, region, header_off, time_limit_ms, result);
}

const struct sandbox_ops sandbox_native = {
    .name = "native",
    .prepare = native_prepare,
    .release = native_release,
    .run = native_run,
    .code_suffix = ".so",
};
