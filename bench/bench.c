/* What benchmarks share: which cases are asked for, and the line of progress. */
#include "bench.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

bool bench_wants(const struct bench *bench, const char *name)
{
	return bench->options->pattern == NULL || fnmatch(bench->options->pattern, name, 0) == 0;
}

void bench_progress(const char *format, ...)
{
	va_list ap;

	if (!isatty(STDERR_FILENO))
		return;
	fputs("\r\033[K", stderr);
	if (format == NULL)
		return;
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fflush(stderr);
}
