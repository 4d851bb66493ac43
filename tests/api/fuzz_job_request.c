/* The body of POST /jobs is anything at all: it is refused, or holds what its reader may rely on.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "job_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request_check(const struct job_request *request)
{
	assert(request->text != NULL && request->file != NULL);
	assert(request->input_count <= MR_SETS_MAX && request->output_count <= MR_SETS_MAX);
	for (uint32_t i = 0; i < request->input_count; i++)
		assert(name_valid(request->inputs[i].set) && request->inputs[i].uri != NULL);
	for (uint32_t i = 0; i < request->output_count; i++) {
		/* It becomes the name of a file. */
		assert(strpbrk(request->outputs[i], "/.") == NULL);
		assert(strlen(request->outputs[i]) < MR_NAME_BYTES_MAX);
	}
	for (uint32_t i = 0; i < request->code_count; i++)
		assert(name_valid(request->codes[i].function));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct job_request *request = NULL;

	if (job_request_parse((const char *)data, size, &request, error, sizeof(error)) == 0) {
		request_check(request);
		job_request_free(&request);
	} else {
		assert(error[0] != '\0' && request == NULL);
	}
	return 0;
}
