/* What readers and writers of all formats have in common. */
#include "table_stream.h"

#include <stdarg.h>
#include <stdio.h>

int table_fail(struct table_error *error, int rc, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return rc;
}

void table_reader_close(struct table_reader **reader)
{
	if (*reader != NULL)
		(*reader)->ops->close(*reader);
	*reader = NULL;
}

void table_writer_close(struct table_writer **writer)
{
	if (*writer != NULL)
		(*writer)->ops->close(*writer);
	*writer = NULL;
}
