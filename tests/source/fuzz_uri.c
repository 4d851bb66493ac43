/* Fuzzes the URI parser: what it accepts is absolute, bounded and listable as a pattern. */
#include "source.h"
#include "test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct source_uri uri;
	char error[MR_ERROR_BYTES_MAX] = "";
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	if (source_uri_parse(text, &uri, error, sizeof(error)) == 0) {
		size_t length = strlen(uri.path);

		if (uri.path[0] != '/' || uri.path[length - 1] == '/')
			abort();
		if (uri.node < -1 || uri.node >= MR_NODES_MAX)
			abort();
		if (uri.range_first > uri.range_last)
			abort();
		if (uri.split_line != (uri.split_bytes > 0) || (uri.split_line && !uri.has_split))
			abort();
	} else if (error[0] == '\0') {
		abort();
	}
	free(text);
	return 0;
}
