/* One shell command, its failure told by what it printed. */
#include "shell.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "process.h"

#define SHELL_PATIENCE_S 30
#define SHELL_COMMAND_BYTES 1024

static int command_run(int netns_fd, char *error, size_t error_bytes, const char *format,
		       va_list ap)
{
	char command[SHELL_COMMAND_BYTES];
	const char *argv[] = {"sh", "-c", command, NULL};
	struct process_place place = {-1, netns_fd};
	char text[256];
	int rc;

	if (vsnprintf(command, sizeof(command), format, ap) >= (int)sizeof(command))
		return -E2BIG;
	rc = process_run(&place, argv, text, sizeof(text), SHELL_PATIENCE_S);
	if (rc == 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	snprintf(error, error_bytes, "%.200s: %s", command, rc < 0 ? strerror(-rc) : text);
	return rc < 0 ? rc : -EIO;
}

int shell_run(char *error, size_t error_bytes, const char *format, ...)
{
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = command_run(-1, error, error_bytes, format, ap);
	va_end(ap);
	return rc;
}

int shell_run_in(int netns_fd, char *error, size_t error_bytes, const char *format, ...)
{
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = command_run(netns_fd, error, error_bytes, format, ap);
	va_end(ap);
	return rc;
}
