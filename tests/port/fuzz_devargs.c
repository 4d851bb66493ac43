/* Any text given as a port: refused with a reason, or taken apart within its bounds. */
#include <assert.h>
#include <string.h>

#include "devargs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void spec_use(struct port_spec *spec)
{
	char value[16];

	assert(spec->name[0] != '\0' && strlen(spec->name) < sizeof(spec->name));
	assert(strlen(spec->devargs) < sizeof(spec->devargs));
	assert(strncmp(spec->devargs, spec->name, strlen(spec->name)) == 0);
	if (port_spec_value(spec, "iface", value, sizeof(value)))
		assert(strlen(value) < sizeof(value) && strchr(value, ',') == NULL);
	if (port_spec_default(spec, "framecnt", 1024) == 0)
		assert(strstr(spec->devargs, ",framecnt=") != NULL);
	assert(strlen(spec->devargs) < sizeof(spec->devargs));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[2 * DEVARGS_BYTES_MAX];
	char error[256] = "";
	struct port_spec spec;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (port_spec_parse(text, &spec, error, sizeof(error)) < 0)
		assert(error[0] != '\0');
	else
		spec_use(&spec);
	return 0;
}
