/* The texts of errors. */
#include <stdarg.h>
#include <stdio.h>

#include "fpga_error.h"

int fpga_fail(struct fpga_error *error, int rc, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return rc;
}
