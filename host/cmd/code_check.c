/* Prepares a function's code and lets it go again. */
#include "code_check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <millrace/limits.h>

#include "image.h"
#include "sandbox.h"
#include "whole_file.h"

static int code_prepare(const char *sandbox, const char *bytes, size_t count, char *why,
			size_t why_bytes)
{
	struct sandbox_code *code = NULL;
	char cache_dir[PATH_MAX];
	int rc = sandbox_cache_dir(cache_dir, sizeof(cache_dir));

	if (rc == 0)
		rc = sandbox_backend(sandbox)->prepare(bytes, count, cache_dir, &code, why,
						       why_bytes);
	sandbox_release(&code);
	return rc;
}

int code_check(enum toolchain_kind kind, const char *path, char *error, size_t error_bytes)
{
	char why[MR_ERROR_BYTES_MAX] = "";
	struct image image;
	char *bytes;
	size_t count;
	int rc = whole_file_read(path, MR_CODE_BYTES_MAX, &bytes, &count, error, error_bytes);

	if (rc != 0)
		return rc;
	if (kind == TOOLCHAIN_IMAGE)
		rc = image_check((const uint8_t *)bytes, count, &image, why, sizeof(why));
	else
		rc = code_prepare(toolchain_kind_name(kind), bytes, count, why, sizeof(why));
	if (rc != 0)
		snprintf(error, error_bytes, "%s: %s", path, why);
	free(bytes);
	return rc;
}
