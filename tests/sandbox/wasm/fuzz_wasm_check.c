/* The module checker on arbitrary bytes: no crash, and what it accepts can be stripped. */
#include <stdlib.h>
#include <string.h>

#include "wasm_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[256], error_again[256];
	struct wasm_facts facts, again;
	uint8_t *stripped;
	size_t len;

	if (wasm_check(data, size, &facts, error, sizeof(error)) != 0)
		return 0;
	stripped = malloc(size);
	len = wasm_strip(data, size, stripped);
	if (len > size ||
	    wasm_check(stripped, len, &again, error_again, sizeof(error_again)) != 0 ||
	    memcmp(&facts, &again, sizeof(facts)) != 0)
		abort();
	free(stripped);
	return 0;
}
