/* The cases of a function: found, run, compared. */
#include "function_test.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "item_folder.h"
#include "operator_backend.h"

/* One function's cases, and what runs them. */
struct testing {
	const struct test_options *options;
	const struct plan_function *function;
	struct sandbox_code *code;
	char dir[PATH_MAX]; /* of its cases */
};

static int code_prepare(struct testing *testing, const struct job_code *code, char *error,
			size_t error_bytes)
{
	char cache_dir[PATH_MAX];
	int rc = sandbox_cache_dir(cache_dir, sizeof(cache_dir));

	if (rc != 0) {
		snprintf(error, error_bytes, "the path of the cache is too long");
		return rc;
	}
	return operator_or(testing->function, sandbox_backend(testing->options->sandbox))
	    ->prepare(code->bytes, code->byte_count, cache_dir, &testing->code, error, error_bytes);
}

/* A folder of a case that is there. */
static bool folder_is(const struct testing *testing, const char *name, const char *part)
{
	char path[PATH_MAX + NAME_MAX + 8];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s/%s", testing->dir, name, part);
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void sets_free(struct folder_set *sets, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		folder_set_free(&sets[i]);
}

static int inputs_read(const struct testing *testing, const char *name, struct folder_set *in,
		       char *error, size_t error_bytes)
{
	char dir[PATH_MAX + NAME_MAX + 8];
	int rc = 0;

	snprintf(dir, sizeof(dir), "%s/%s/in", testing->dir, name);
	for (uint32_t i = 0; rc == 0 && i < testing->function->in_count; i++)
		rc =
		    folder_set_read(&in[i], dir, testing->function->in[i].name, error, error_bytes);
	return rc;
}

/* Each set to its folder in dir: by folder_set_write() or folder_set_replace(). */
static int outputs_write(const struct testing *testing, const char *dir,
			 const struct folder_set *out, typeof(folder_set_write) *set_write,
			 char *error, size_t error_bytes)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < testing->function->out_count; i++)
		rc = set_write(&out[i], dir, testing->function->out[i].name, error, error_bytes);
	return rc;
}

/* Compares with what is expected, set by set. */
static void outputs_compare(const struct testing *testing, const struct folder_set *out,
			    struct test_result *result)
{
	char dir[PATH_MAX + NAME_MAX + 8];

	snprintf(dir, sizeof(dir), "%s/%s/out", testing->dir, result->name);
	for (uint32_t i = 0; result->passed && i < testing->function->out_count; i++) {
		const char *set = testing->function->out[i].name;
		struct folder_set wanted;
		char differs[MR_ERROR_BYTES_MAX];

		if (folder_set_read(&wanted, dir, set, result->why, sizeof(result->why)) != 0) {
			result->passed = false;
		} else if (folder_set_differs(&wanted, &out[i], differs, sizeof(differs))) {
			result->passed = false;
			snprintf(result->why, sizeof(result->why), "%s/%s", set, differs);
		}
		folder_set_free(&wanted);
	}
}

/* What is to be done with outputs of a case that ran: written, taken as right, or compared. */
static int outputs_settle(const struct testing *testing, struct folder_set *out,
			  struct test_result *result, char *error, size_t error_bytes)
{
	const struct test_options *options = testing->options;
	char dir[PATH_MAX + NAME_MAX + 8];
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < testing->function->out_count; i++)
		rc = folder_set_name(&out[i], error, error_bytes);
	if (rc == 0 && options->out != NULL) {
		snprintf(dir, sizeof(dir), "%s/%s", options->out, result->name);
		rc = outputs_write(testing, dir, out, folder_set_write, error, error_bytes);
	}
	if (rc != 0)
		return rc;
	if (options->accept) {
		snprintf(dir, sizeof(dir), "%s/%s/out", testing->dir, result->name);
		return outputs_write(testing, dir, out, folder_set_replace, error, error_bytes);
	}
	result->compared = folder_is(testing, result->name, "out");
	if (result->compared)
		outputs_compare(testing, out, result);
	return 0;
}

/* 0, or -errno when the case could not be run, or its files not be written. */
static int case_run(const struct testing *testing, const char *name, struct test_result *result,
		    char *error, size_t error_bytes)
{
	struct folder_set in[MR_SETS_MAX] = {0};
	struct function_answer *answer = calloc(1, sizeof(*answer));
	const struct function_call call = {testing->function, testing->code, in};
	int rc = -ENOMEM;

	*result =
	    (struct test_result){.function = testing->function->name, .name = name, .passed = true};
	if (answer == NULL)
		snprintf(error, error_bytes, "out of memory");
	else
		rc = inputs_read(testing, name, in, error, error_bytes);
	if (rc == 0)
		rc = function_call(&call, answer, error, error_bytes);
	if (rc == 0) {
		result->ran = answer->result;
		result->region_bytes = answer->region_bytes;
		result->passed = answer->result.outcome == SANDBOX_OK;
		if (result->passed)
			rc = outputs_settle(testing, answer->out, result, error, error_bytes);
		else
			snprintf(result->why, sizeof(result->why), "%s", answer->result.text);
		function_answer_free(answer);
	}
	sets_free(in, MR_SETS_MAX);
	free(answer);
	return rc;
}

/* The number of cases, or -errno. */
static int cases_run(const struct testing *testing,
		     void (*tell)(void *opaque, const struct test_result *result), void *opaque,
		     char *error, size_t error_bytes)
{
	const char *only = testing->options->only;
	struct test_result *result = malloc(sizeof(*result));
	struct dirent **entries = NULL;
	int count = result != NULL ? scandir(testing->dir, &entries, NULL, versionsort) : 0;
	int cases = 0;
	int rc = 0;

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (rc == 0 && name[0] != '.' && (only == NULL || strcmp(name, only) == 0) &&
		    folder_is(testing, name, "in")) {
			rc = case_run(testing, name, result, error, error_bytes);
			if (rc == 0)
				tell(opaque, result);
			cases++;
		}
		free(entries[i]);
	}
	free(entries);
	free(result);
	return rc != 0 ? rc : cases;
}

int function_test(const struct test_options *options, const struct bundle *bundle, uint32_t index,
		  void (*tell)(void *opaque, const struct test_result *result), void *opaque,
		  char *error, size_t error_bytes)
{
	struct testing testing = {.options = options, .function = &bundle->plan->functions[index]};
	bool only_function = bundle->plan->function_count == 1;
	int rc;

	if (snprintf(testing.dir, sizeof(testing.dir), "%s%s%s", options->tests,
		     only_function ? "" : "/",
		     only_function ? "" : testing.function->name) >= (int)sizeof(testing.dir)) {
		snprintf(error, error_bytes, "%s: the path is too long", options->tests);
		return -ENAMETOOLONG;
	}
	rc = code_prepare(&testing, &bundle->codes[index], error, error_bytes);
	if (rc == 0)
		rc = cases_run(&testing, tell, opaque, error, error_bytes);
	sandbox_release(&testing.code);
	return rc;
}
