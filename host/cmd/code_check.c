/* Prepares a function's code and lets it go again. */
#include "code_check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <millrace/limits.h>

#include "sandbox.h"
#include "whole_file.h"

int code_check(const char *sandbox, const char *path, char *error, size_t error_bytes)
{
	struct sandbox_code *code = NULL;
	char why[MR_ERROR_BYTES_MAX] = "";
	char cache_dir[PATH_MAX];
	char *bytes;
	size_t count;
	int rc = whole_file_read(path, MR_CODE_BYTES_MAX, &bytes, &count, error, error_bytes);

	if (rc != 0)
		return rc;
	rc = sandbox_cache_dir(cache_dir, sizeof(cache_dir));
	if (rc == 0)
		rc = sandbox_backend(sandbox)->prepare(bytes, count, cache_dir, &code, why,
						       sizeof(why));
	if (rc != 0)
		snprintf(error, error_bytes, "%s: %s", path, why);
	sandbox_release(&code);
	free(bytes);
	return rc;
}
