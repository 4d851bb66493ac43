/* `millrace test`: functions on folders of items. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command_line.h"
#include "commands.h"
#include "function_test.h"

static const char test_help[] =
    "Usage: millrace test [FILE.mr | DIR] [options]\n"
    "Runs functions on items that lie in folders, and compares what they make with what is\n"
    "expected. A case of a function is a folder in test/ beside FILE.mr (in test/FUNCTION/ where\n"
    "there are several functions): in/SET/ITEM are its inputs, out/SET/ITEM its outputs.\n"
    "A file's name is the item's: [KEY=]NAME[~N].\n"
    "\n"
    "  --function NAME       only that function; default: all that have cases\n"
    "  --case NAME           only that case\n"
    "  --tests DIR           where cases are, instead of test/\n"
    "  --sandbox KIND        wasm (default), wasm-process, process, kvm, native (no\n"
    "                        isolation, for debugging) or auto\n"
    "  --functions DIR       search DIR first for the code\n"
    "  --out DIR             write outputs to DIR/CASE/SET/ITEM, beside what lies there\n"
    "  --accept              write outputs to the case's out/, in place of what lies there: from\n"
    "                        now on they are expected\n"
    "  --json                one JSON object on standard output\n"
    "  --help                this text\n"
    "\n"
    "Exit codes: 0 all passed, 1 one failed, 2 wrong usage, 3 error in the composition or its "
    "code,\n"
    "4 a folder or file is missing or cannot be written.\n"
    "\n"
    "Examples:\n"
    "  millrace test shout\n"
    "  gdb --args millrace test shout --sandbox native --case hello\n";

struct test {
	const struct command_line *line;
	struct test_options options;
	const char *place;
	const char *function; /* NULL: all */
	const char *functions_dir;
	bool json;
	uint32_t passed;
	uint32_t failed;
	cJSON *cases; /* --json */
};

/* --- Results --------------------------------------------------------------------------------- */

static void result_add(struct test *test, const struct test_result *result)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "function", result->function);
	cJSON_AddStringToObject(object, "case", result->name);
	cJSON_AddBoolToObject(object, "passed", result->passed);
	cJSON_AddBoolToObject(object, "compared", result->compared);
	cJSON_AddStringToObject(object, "outcome", sandbox_outcome_text(result->ran.outcome));
	cJSON_AddNumberToObject(object, "run_us", (double)result->ran.run_ns / 1000);
	cJSON_AddNumberToObject(object, "region_bytes", (double)result->region_bytes);
	if (!result->passed)
		cJSON_AddStringToObject(object, "why", result->why);
	cJSON_AddItemToArray(test->cases, object);
}

static void tell(void *opaque, const struct test_result *result)
{
	struct test *test = opaque;

	test->passed += result->passed;
	test->failed += !result->passed;
	if (test->json)
		result_add(test, result);
	else if (!result->passed)
		printf("FAILED  %s %s: %s\n", result->function, result->name, result->why);
	else
		printf("ok      %s %s (%.1f us)%s\n", result->function, result->name,
		       (double)result->ran.run_ns / 1000,
		       result->compared || test->options.accept ? "" : ": nothing expected");
}

static void results_print(struct test *test)
{
	cJSON *object;
	char *text;

	if (!test->json) {
		printf("%u passed, %u failed\n", test->passed, test->failed);
		return;
	}
	object = cJSON_CreateObject();
	cJSON_AddNumberToObject(object, "passed", test->passed);
	cJSON_AddNumberToObject(object, "failed", test->failed);
	cJSON_AddItemToObject(object, "cases", test->cases);
	text = cJSON_PrintUnformatted(object);
	if (text != NULL)
		puts(text);
	free(text);
	cJSON_Delete(object);
}

/* --- What is tested -------------------------------------------------------------------------- */

/* FILE.mr, or the only one of a folder. */
static int composition_find(const char *place, char file[PATH_MAX], char *error, size_t error_bytes)
{
	struct stat status;
	glob_t found;
	int rc = -ENOENT;

	if (stat(place, &status) != 0) {
		rc = -errno;
		snprintf(error, error_bytes, "%s: %s", place, strerror(-rc));
		return rc;
	}
	if (!S_ISDIR(status.st_mode)) {
		snprintf(file, PATH_MAX, "%s", place);
		return 0;
	}
	snprintf(file, PATH_MAX, "%s/*.mr", place);
	if (glob(file, 0, NULL, &found) == 0) {
		if (found.gl_pathc == 1) {
			snprintf(file, PATH_MAX, "%s", found.gl_pathv[0]);
			rc = 0;
		}
		globfree(&found);
	}
	if (rc != 0)
		snprintf(error, error_bytes,
			 "%s: one NAME.mr is needed in it; name the file itself if there are "
			 "several, or begin with 'millrace new NAME'",
			 place);
	return rc;
}

static int function_run(struct test *test, const struct bundle *bundle, uint32_t index)
{
	char error[2 * MR_ERROR_BYTES_MAX];
	int rc = function_test(&test->options, bundle, index, tell, test, error, sizeof(error));

	if (rc == -ENOEXEC || rc == -EBADMSG)
		return command_line_failed(test->line, error, RUN_COMPOSITION);
	return rc >= 0 ? RUN_OK : command_line_failed(test->line, error, RUN_CANNOT_START);
}

static int no_case(const struct test *test)
{
	fprintf(stderr,
		"millrace test: %s: no case %s%sof %s in it; a case is a folder with in/SET/ITEM, "
		"and out/SET/ITEM to compare with\n",
		test->options.tests, test->options.only != NULL ? test->options.only : "",
		test->options.only != NULL ? " " : "",
		test->function != NULL ? test->function : "any function");
	return RUN_CANNOT_START;
}

static int bundle_test(struct test *test, const struct bundle *bundle)
{
	const struct plan *plan = bundle->plan;
	bool found = test->function == NULL;
	int code = RUN_OK;

	for (uint32_t i = 0; code == RUN_OK && i < plan->function_count; i++) {
		if (test->function != NULL && strcmp(test->function, plan->functions[i].name) != 0)
			continue;
		found = true;
		code = function_run(test, bundle, i);
	}
	if (!found)
		return command_line_wrong(test->line, "the composition has no function ",
					  test->function);
	if (code == RUN_OK && test->passed + test->failed == 0)
		return no_case(test);
	return code;
}

static int all_test(struct test *test)
{
	char error[4 * MR_ERROR_BYTES_MAX], file[PATH_MAX], dir[PATH_MAX], tests[PATH_MAX + 8];
	struct locate_places places = {file, &test->functions_dir, test->functions_dir != NULL};
	struct bundle bundle;
	int code = RUN_CANNOT_START;

	if (composition_find(test->place, file, error, sizeof(error)) != 0)
		return command_line_failed(test->line, error, RUN_CANNOT_START);
	snprintf(dir, sizeof(dir), "%s", file);
	snprintf(tests, sizeof(tests), "%s/test", dirname(dir));
	if (test->options.tests == NULL)
		test->options.tests = tests;
	if (bundle_load(&bundle, &places, NULL, test->options.sandbox, error, sizeof(error)) < 0)
		return command_line_failed(test->line, error, RUN_COMPOSITION);
	if (sandbox_runtime_start() != 0)
		snprintf(error, sizeof(error), "no signal handlers for sandboxes");
	else if (sandbox_thread_enter() != 0)
		snprintf(error, sizeof(error), "no memory for a sandbox's stack");
	else
		code = RUN_OK;
	if (code == RUN_OK) {
		code = bundle_test(test, &bundle);
		sandbox_thread_leave();
		sandbox_runtime_stop();
	} else {
		command_line_failed(test->line, error, code);
	}
	bundle_free(&bundle);
	return code;
}

/* --- The command line ------------------------------------------------------------------------ */

int command_test(int argc, char **argv)
{
	struct test test = {.options = {.sandbox = "wasm"}, .place = "."};
	const struct command_option options[] = {
	    {"function", &test.function, NULL},
	    {"case", &test.options.only, NULL},
	    {"tests", &test.options.tests, NULL},
	    {"sandbox", &test.options.sandbox, NULL},
	    {"functions", &test.functions_dir, NULL},
	    {"out", &test.options.out, NULL},
	    {"accept", NULL, &test.options.accept},
	    {"json", NULL, &test.json},
	    {0},
	};
	const struct command_line line = {"test", test_help, "FILE.mr or DIR", 0, 1, options};
	struct command_operands places;
	int code;

	if (!command_line_read(&line, argc, argv, &places, &code))
		return code;
	if (sandbox_backend(test.options.sandbox) == NULL)
		return command_line_wrong(&line, "--sandbox is " SANDBOX_NAMES ", not ",
					  test.options.sandbox);
	test.line = &line;
	if (places.count > 0)
		test.place = places.values[0];
	test.cases = cJSON_CreateArray();
	code = all_test(&test);
	if (code != RUN_OK) {
		cJSON_Delete(test.cases);
		return code;
	}
	if (!test.json)
		cJSON_Delete(test.cases);
	results_print(&test);
	return test.failed > 0 ? RUN_JOB_FAILED : RUN_OK;
}
