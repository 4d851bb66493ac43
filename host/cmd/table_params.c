/* Parameters of steps, from files. */
#include "table_params.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"

static size_t params_count(const char *given)
{
	size_t count = 1;

	for (; *given != '\0'; given++)
		count += *given == ',';
	return count;
}

static int file_read(const char *path, struct operator_parameter *parameter,
		     struct table_error *error)
{
	uint64_t bytes = 0;
	uint8_t *text;
	int fd = descriptor_open(path, &bytes), rc;

	if (fd < 0)
		return table_fail(error, fd, "--params: %.200s cannot be read: %s", path,
				  strerror(-fd));
	if (bytes == 0 || bytes > MR_PARAMETER_BYTES_MAX) {
		close(fd);
		return table_fail(error, -EINVAL,
				  "--params: %.200s has %llu bytes; from 1 to %u are taken", path,
				  (unsigned long long)bytes, MR_PARAMETER_BYTES_MAX);
	}
	text = malloc(bytes);
	rc = text == NULL ? -ENOMEM : descriptor_read(fd, text, bytes);
	close(fd);
	parameter->bytes = text;
	parameter->count = bytes;
	return rc < 0 ? table_fail(error, rc, "--params: %.200s cannot be read: %s", path,
				   strerror(-rc))
		      : 0;
}

int table_params_read(const char *given, struct table_params *params, struct table_error *error)
{
	size_t count = 0;
	char *rest, *text;
	int rc = 0;

	*params = (struct table_params){0};
	if (given == NULL)
		return 0;
	params->list = calloc(params_count(given) + 1, sizeof(*params->list));
	params->text = rest = strdup(given);
	if (params->list == NULL || params->text == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	while (rc == 0 && (text = strsep(&rest, ",")) != NULL) {
		char *equals = strchr(text, '=');

		if (equals == NULL || equals == text || equals[1] == '\0')
			return table_fail(error, -EINVAL,
					  "--params: NAME=FILE,... is needed, not %.200s", text);
		*equals = '\0';
		params->list[count].name = text;
		rc = file_read(equals + 1, &params->list[count++], error);
	}
	return rc;
}

void table_params_free(struct table_params *params)
{
	for (struct operator_parameter *p = params->list; p != NULL && p->name != NULL; p++) {
		void *bytes = (void *)(uintptr_t)p->bytes;

		if (bytes != NULL)
			explicit_bzero(bytes, p->count);
		free(bytes);
	}
	free(params->list);
	free(params->text);
	*params = (struct table_params){0};
}
