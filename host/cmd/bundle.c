/* Reads a composition and the code of its functions. */
#include "bundle.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox.h"
#include "whole_file.h"

int bundle_plan(struct bundle *bundle, const struct locate_places *places, const char *composition,
		char *error, size_t error_bytes)
{
	struct compose_error wrong;
	int rc;

	memset(bundle, 0, sizeof(*bundle));
	rc = whole_file_read(places->composition_file, MR_SOURCE_BYTES_MAX, &bundle->text,
			     &bundle->text_bytes, error, error_bytes);
	if (rc < 0)
		return rc;
	rc = compose_plan(places->composition_file, bundle->text, bundle->text_bytes, composition,
			  &bundle->plan, &wrong);
	if (rc == -EINVAL)
		compose_error_print(&wrong, error, error_bytes);
	else if (rc < 0)
		snprintf(error, error_bytes, "%s: %s", places->composition_file, strerror(-rc));
	if (rc < 0)
		bundle_free(bundle);
	return rc;
}

/* What the sandbox takes; where it takes all, a wasm module before an image that lies beside it. */
static int code_load(struct job_code *code, const struct locate_places *places,
		     const char *function, const char *sandbox, char *error, size_t error_bytes)
{
	const char *suffix = sandbox_backend(sandbox)->code_suffix;
	const char *const any[] = {".wasm", ".elf"}, *const one[] = {suffix, NULL};
	char path[PATH_MAX];
	char *bytes;
	int rc =
	    locate_function(places, function, suffix != NULL ? one : any, path, error, error_bytes);

	if (rc == 0)
		rc = whole_file_read(path, MR_CODE_BYTES_MAX, &bytes, &code->byte_count, error,
				     error_bytes);
	if (rc < 0)
		return rc;
	code->function = function;
	code->bytes = bytes;
	return 0;
}

/* An operator's is in the plan. */
static int operator_code(struct job_code *code, const struct plan_function *function, char *error,
			 size_t error_bytes)
{
	code->function = function->name;
	code->bytes = strdup(function->operator_text);
	if (code->bytes == NULL) {
		snprintf(error, error_bytes, "out of memory");
		return -ENOMEM;
	}
	code->byte_count = strlen(function->operator_text);
	return 0;
}

int bundle_load(struct bundle *bundle, const struct locate_places *places, const char *composition,
		const char *sandbox, char *error, size_t error_bytes)
{
	int rc = bundle_plan(bundle, places, composition, error, error_bytes);

	if (rc < 0)
		return rc;
	bundle->codes = calloc(bundle->plan->function_count + 1, sizeof(*bundle->codes));
	if (bundle->codes == NULL) {
		snprintf(error, error_bytes, "out of memory");
		rc = -ENOMEM;
	}
	for (uint32_t i = 0; rc == 0 && i < bundle->plan->function_count; i++) {
		const struct plan_function *function = &bundle->plan->functions[i];

		rc = function->operator_text != NULL
			 ? operator_code(&bundle->codes[i], function, error, error_bytes)
			 : code_load(&bundle->codes[i], places, function->name, sandbox, error,
				     error_bytes);
	}
	if (rc < 0)
		bundle_free(bundle);
	return rc;
}

void bundle_free(struct bundle *bundle)
{
	for (uint32_t i = 0; bundle->codes != NULL && i < bundle->plan->function_count; i++)
		free((void *)bundle->codes[i].bytes);
	free(bundle->codes);
	plan_free(&bundle->plan);
	free(bundle->text);
	memset(bundle, 0, sizeof(*bundle));
}
