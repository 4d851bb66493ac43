/* Source URIs: file:PATH?OPTIONS into a pattern, a split and a range. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "quote.h"
#include "source.h"

/* A URI being parsed; at moves through it. */
struct parse {
	const char *text;
	const char *at;
	const char *options; // after the '?', or NULL
	struct source_uri *uri;
	uint32_t given; // options seen, one bit each
	char *error;
	size_t error_bytes;
};

enum option { OPTION_SPLIT = 1, OPTION_BYTES = 2, OPTION_RANGE = 4 };

__attribute__((format(printf, 2, 3))) static int refuse(struct parse *p, const char *format, ...)
{
	struct quoted quoted;
	va_list args;
	int at =
	    snprintf(p->error, p->error_bytes, "source '%s': ", quote_string(&quoted, p->text));

	va_start(args, format);
	if ((size_t)at < p->error_bytes)
		vsnprintf(p->error + at, p->error_bytes - (size_t)at, format, args);
	va_end(args);
	return -EINVAL;
}

/* --- Numbers --------------------------------------------------------------------------------- */

/* Decimal digits at *at, which moves past them. False without digits or beyond 64 bits. */
static bool number_parse(const char **at, const char *end, uint64_t *value)
{
	const char *start = *at;

	*value = 0;
	for (; *at < end && isdigit((unsigned char)**at); (*at)++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(**at - '0'), value))
			return false;
	return *at > start;
}

static bool size_parse(const char *at, const char *end, uint64_t *bytes)
{
	static const char *const units[] = {"", "KiB", "MiB", "GiB"};

	if (!number_parse(&at, end, bytes))
		return false;
	for (uint32_t i = 0; i < 4; i++) {
		size_t length = strlen(units[i]);

		if ((size_t)(end - at) == length && memcmp(at, units[i], length) == 0)
			return !__builtin_mul_overflow(*bytes, 1ull << 10 * i, bytes);
	}
	return false;
}

/* --- Options --------------------------------------------------------------------------------- */

static int split_parse(struct parse *p, const char *value, const char *end)
{
	struct quoted quoted;

	if (end - value == 4 && memcmp(value, "line", 4) == 0)
		p->uri->split_line = true;
	else if (end - value != 4 || memcmp(value, "none", 4) != 0)
		return refuse(p, "split=%s is not known: write split=line or split=none",
			      quote(&quoted, value, (size_t)(end - value)));
	p->uri->has_split = true;
	return 0;
}

static int bytes_parse(struct parse *p, const char *value, const char *end)
{
	struct quoted quoted;

	if (!size_parse(value, end, &p->uri->split_bytes) || p->uri->split_bytes == 0)
		return refuse(p,
			      "bytes=%s is no size: write a number from 1 on, "
			      "plain or with KiB, MiB or GiB",
			      quote(&quoted, value, (size_t)(end - value)));
	return 0;
}

static int range_parse(struct parse *p, const char *value, const char *end)
{
	const char *at = value;
	struct quoted quoted;
	uint64_t first;
	uint64_t last = UINT64_MAX;

	if (!number_parse(&at, end, &first) || at == end || *at++ != '-' ||
	    (at < end && !number_parse(&at, end, &last)) || at != end)
		return refuse(p,
			      "range=%s is no range of bytes: write range=FIRST-LAST, "
			      "counted from 0, or range=FIRST- for all the rest",
			      quote(&quoted, value, (size_t)(end - value)));
	if (last < first)
		return refuse(p, "range=%s ends before it begins: write range=FIRST-LAST",
			      quote(&quoted, value, (size_t)(end - value)));
	p->uri->range_first = first;
	p->uri->range_last = last;
	return 0;
}

static int option_parse(struct parse *p, const char *at, const char *end)
{
	static const struct {
		const char *name;
		enum option bit;
		int (*parse)(struct parse *p, const char *value, const char *end);
	} options[] = {
	    {"split=", OPTION_SPLIT, split_parse},
	    {"bytes=", OPTION_BYTES, bytes_parse},
	    {"range=", OPTION_RANGE, range_parse},
	};
	struct quoted quoted;

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		size_t length = strlen(options[i].name);

		if ((size_t)(end - at) < length || memcmp(at, options[i].name, length) != 0)
			continue;
		if (p->given & options[i].bit)
			return refuse(p, "%s is given twice: leave one out", options[i].name);
		p->given |= options[i].bit;
		return options[i].parse(p, at + length, end);
	}
	return refuse(p, "option '%s' is not known: there are split=, bytes= and range=",
		      quote(&quoted, at, (size_t)(end - at)));
}

static int options_parse(struct parse *p)
{
	struct source_uri *uri = p->uri;
	const char *at = p->options;

	while (at != NULL) {
		const char *end = strchrnul(at, '&');
		int rc = option_parse(p, at, end);

		if (rc < 0)
			return rc;
		at = *end == '&' ? end + 1 : NULL;
	}
	if ((p->given & OPTION_BYTES) != 0 && !uri->split_line)
		return refuse(p, "bytes= is the size of the pieces of split=line: add split=line");
	if (uri->split_line && uri->split_bytes == 0)
		uri->split_bytes = MR_SPLIT_BYTES_DEFAULT;
	return 0;
}

/* --- Path ------------------------------------------------------------------------------------ */

/* A '?' begins the options when letters and '=' follow; any other is a glob. */
static const char *options_find(const char *text)
{
	for (const char *mark = strchr(text, '?'); mark != NULL; mark = strchr(mark + 1, '?')) {
		const char *at = mark + 1;

		while (isalpha((unsigned char)*at))
			at++;
		if (at > mark + 1 && *at == '=')
			return mark;
	}
	return NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int path_put(struct parse *p, size_t *length, char c)
{
	if (*length + 1 >= sizeof(p->uri->path))
		return refuse(p, "its path is longer than %zu bytes", sizeof(p->uri->path) - 1);
	p->uri->path[(*length)++] = c;
	p->uri->path[*length] = '\0';
	return 0;
}

/* A byte that stands for itself, whatever it means in a pattern. */
static int path_put_literal(struct parse *p, size_t *length, char c)
{
	int rc = strchr("*?[]\\", c) != NULL ? path_put(p, length, '\\') : 0;

	return rc < 0 ? rc : path_put(p, length, c);
}

static int folder_put(struct parse *p, size_t *length)
{
	char folder[PATH_MAX];

	if (getcwd(folder, sizeof(folder)) == NULL)
		return refuse(p, "the current folder cannot be found (%s): write an absolute path",
			      strerror(errno));
	for (const char *c = folder; *c != '\0'; c++) {
		int rc = path_put_literal(p, length, *c);

		if (rc < 0)
			return rc;
	}
	return path_put(p, length, '/');
}

static int percent_decode(struct parse *p, const char *at, const char *end, char *c)
{
	int high = end - at > 2 ? hex_digit(at[1]) : -1;
	int low = end - at > 2 ? hex_digit(at[2]) : -1;

	if (high < 0 || low < 0)
		return refuse(p,
			      "%% at byte %td is not followed by two hexadecimal digits: "
			      "write %%25 for a percent sign",
			      at - p->text);
	*c = (char)(high << 4 | low);
	if (*c == '\0' || *c == '/')
		return refuse(p, "%%%.2s at byte %td cannot be part of a file's name", at + 1,
			      at - p->text);
	return 0;
}

/* Empty components and "." fall away; ".." stays, since links make it mean what the kernel says. */
static bool component_is_void(const char *at, const char *end)
{
	return at < end && (*at == '/' || (*at == '.' && (at + 1 == end || at[1] == '/')));
}

static int path_parse(struct parse *p, const char *end)
{
	const char *at = p->at;
	size_t length = 0;
	int rc = 0;

	if (at == end)
		return refuse(p, "it names no path: write file:PATH");
	rc = *at == '/' ? path_put(p, &length, *at++) : folder_put(p, &length);
	while (rc == 0 && at < end) {
		char c = *at;

		if (p->uri->path[length - 1] == '/' && component_is_void(at, end)) {
			at++;
			continue;
		}
		if (c == '%') {
			rc = percent_decode(p, at, end, &c);
			at += 3;
			if (rc == 0)
				rc = path_put_literal(p, &length, c);
			continue;
		}
		at++;
		rc = c == '\\' ? path_put_literal(p, &length, c) : path_put(p, &length, c);
	}
	if (rc == 0 && p->uri->path[length - 1] == '/')
		return refuse(p, "it ends in /, as a folder does: add ** for all the files below");
	return rc;
}

static int authority_parse(struct parse *p, const char *end)
{
	const char *name = p->at;
	const char *at = name;
	const char *slash = memchr(name, '/', (size_t)(end - name));
	struct quoted quoted;
	uint64_t node;

	if (slash == NULL)
		return refuse(p, "it names no path: write file:///PATH or file://NODE/PATH");
	p->at = slash;
	if (at == slash || (slash - at == 9 && memcmp(at, "localhost", 9) == 0))
		return 0;
	if (!number_parse(&at, slash, &node) || at != slash || node >= MR_NODES_MAX)
		return refuse(p,
			      "'%s' is no node: write its number, 0 to %d, as in file://0/PATH, "
			      "or three slashes, file:///PATH, for a path alone",
			      quote(&quoted, name, (size_t)(slash - name)), MR_NODES_MAX - 1);
	p->uri->node = (int32_t)node;
	return 0;
}

static int scheme_parse(struct parse *p)
{
	size_t length = strcspn(p->text, ":/");
	struct quoted quoted;

	if (p->text[length] != ':')
		return refuse(p, "it names no scheme: write file:PATH");
	if (length != 4 || strncasecmp(p->text, "file", 4) != 0)
		return refuse(p, "scheme '%s' is not known: write file:PATH",
			      quote(&quoted, p->text, length));
	p->at = p->text + length + 1;
	return 0;
}

int source_uri_parse(const char *text, struct source_uri *uri, char *error, size_t error_bytes)
{
	struct parse parse = {.text = text, .uri = uri, .error = error, .error_bytes = error_bytes};
	const char *end;
	int rc;

	memset(uri, 0, sizeof(*uri));
	uri->node = -1;
	uri->range_last = UINT64_MAX;
	rc = scheme_parse(&parse);
	if (rc < 0)
		return rc;
	end = options_find(parse.at);
	parse.options = end != NULL ? end + 1 : NULL;
	if (end == NULL)
		end = strchr(parse.at, '\0');
	if (strncmp(parse.at, "//", 2) == 0) {
		parse.at += 2;
		rc = authority_parse(&parse, end);
	}
	if (rc == 0)
		rc = path_parse(&parse, end);
	if (rc == 0)
		rc = options_parse(&parse);
	return rc;
}
